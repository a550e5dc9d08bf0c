// SPDX-License-Identifier: GPL-3.0-or-later
// The inbox: alerts by state, arriving by themselves, one by one or in heaps; beside it, or instead of it on a narrow
// screen, the chosen alert. What is shown is the address, so that it can be kept, given to others and gone back to.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AlertView } from "../alert/view";
import { get, Problem } from "../api";
import { number } from "../format";
import { t, type Key } from "../i18n";
import { free, useAt, useKeys } from "../keys";
import type { Live } from "../live";
import { Empty, ErrorNote, Time } from "../parts";
import { Fault, faultOf, Histogram, SearchBox } from "../search";
import type { AlertRow, Histogram as Counts, SearchFault, State } from "../types";
import { PlanDialog } from "./clock";
import { Heaps, keyOf, nameOf } from "./heaps";
import "./inbox.css";
import { KeptViews } from "./kept";
import { address, countsOf, groups, groupsOf, histogramAddress, pageOf, question, read, SKIP, sorts, type GroupBy, type GroupPage, type Inbox as View, type Page, type Sort, type Tab } from "./model";
import { Row, titleOf } from "./row";
import { Steps } from "./steps";

const tabs: { state: Tab; key: Key }[] = [
  { state: "new", key: "stateNew" }, { state: "acknowledged", key: "stateAcknowledged" }, { state: "closed", key: "stateClosed" }, { state: "all", key: "stateAll" },
];
const WAIT_MS = 250;
type Numbers = { counts: Record<State, number>; late: number };

export function Inbox({ chosen, asked, live, me, canAct, maySet, mayWrite, maySource, go }: {
  chosen: number | null; asked: string; live: Live; me: string | null; canAct: boolean; maySet: boolean; mayWrite: boolean; maySource: boolean; go: (hash: string) => void;
}) {
  const [v, setV] = useState<View>(() => read(asked)), [page, setPage] = useState<Page | null>(null), [heaps, setHeaps] = useState<GroupPage | null>(null);
  const [numbers, setNumbers] = useState<Numbers | null>(null), [histogram, setHistogram] = useState<Counts | null>(null);
  const [error, setError] = useState(""), [fault, setFault] = useState<SearchFault | null>(null);
  const [older, setOlder] = useState<AlertRow[]>([]), [next, setNext] = useState<number | null>(null);
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set()), [picked, setPicked] = useState<ReadonlySet<number>>(new Set());
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set()), [cursor, setCursor] = useState(-1), [plan, setPlan] = useState(false);
  const box = useRef<HTMLInputElement>(null), list = useRef<HTMLElement>(null), now = useRef(chosen), at = useAt(chosen);
  const turn = useRef(0), known = useRef<ReadonlySet<number>>(new Set()), star = useRef(false), from = useRef(-1);

  now.current = chosen; /* what a timer finds when it is over */

  const load = useCallback(async () => {
    const mine = ++turn.current; /* answers that were overtaken by a newer question are dropped */
    try {
      const [p, g] = v.group ? [null, await groupsOf(v)] : [await pageOf(v, null), null];
      if (mine !== turn.current) return;
      setHeaps(g);
      if (p) {
        const before = known.current;
        if (before.size) setFresh(new Set(p.items.filter((a) => !before.has(a.id)).map((a) => a.id)));
        known.current = new Set(p.items.map((a) => a.id));
        setNext((n) => (older.length ? n : p.next));
      }
      setPage(p);
      setError("");
      setFault(null);
      const n = p?.counts ? { counts: p.counts, late: p.late ?? 0 } : await countsOf();
      const h = v.q.trim() ? await get<Counts>(histogramAddress(v)) : null;
      if (mine !== turn.current) return;
      setNumbers({ counts: n.counts, late: n.late ?? 0 });
      setHistogram(h);
    } catch (e) {
      if (mine !== turn.current) return;
      const f = faultOf(e);
      setFault(f);
      setError(f ? "" : e instanceof Problem && e.status === 0 ? t("offline") : t("failed"));
    }
  }, [v, older.length]);

  useEffect(() => {
    const asks = read(asked);
    setV((now) => (address(asks) === address(now) ? now : asks));
  }, [asked]);
  const shown = address(v);
  useEffect(() => {
    known.current = new Set();
    setOlder([]);
    setPicked(new Set());
    setOpened(new Set());
    setCursor(-1);
    const id = setTimeout(() => {
      history.replaceState(null, "", address(v, now.current));
      void load();
    }, v.q ? WAIT_MS : 0);
    return () => clearTimeout(id);
  }, [shown]);
  useEffect(() => live.listen(() => void load()), [live, load]);

  const rows = useMemo(() => {
    const first = page?.items ?? [], ids = new Set(first.map((a) => a.id));
    return [...first, ...older.filter((a) => !ids.has(a.id))];
  }, [page, older]);
  const place = () => rows.findIndex((a) => a.id === at.current), heap = heaps?.groups[cursor];
  const select = (id: number) => { at.current = id; go(address(v, id)); };
  const set = (more: Partial<View>) => setV((old) => ({ ...old, ...more }));
  const toggle = (key: string) => setOpened((o) => { const n = new Set(o); if (!n.delete(key)) n.add(key); return n; });
  /** Picks one, or takes it back; more: everything from the last one on. */
  const pick = (i: number, more: boolean) => {
    const a = rows[i];
    if (!a) return;
    const begin = from.current;
    setPicked((old) => {
      const n = new Set(old);
      if (more && begin >= 0) for (let k = Math.min(begin, i); k <= Math.max(begin, i); k++) n.add(rows[k]?.id ?? a.id);
      else if (!n.delete(a.id)) n.add(a.id);
      return n;
    });
    from.current = i;
  };
  /* The alert that is open stays in view, and back from it the list is where it was. */
  useEffect(() => { list.current?.querySelector(".row.open")?.scrollIntoView({ block: "nearest" }); }, [chosen, cursor]);

  useKeys((e) => {
    if (!free(e)) return;
    const index = place(), after = star.current, move = e.key === "j" || e.key === "ArrowDown" || e.key === "J" ? 1 : e.key === "k" || e.key === "ArrowUp" || e.key === "K" ? -1 : 0;
    star.current = false;
    if (after && (e.key === "a" || e.key === "n")) setPicked(e.key === "a" ? new Set(rows.map((a) => a.id)) : new Set());
    else if (move && heaps) setCursor((c) => Math.min(Math.max(c + move, 0), heaps.groups.length - 1));
    else if (move) {
      const to = Math.min(Math.max(index + move, 0), rows.length - 1), a = rows[to];
      if (e.shiftKey && index >= 0) { from.current = index; pick(to, true); }
      if (a) select(a.id);
    } else if (e.key === "*") star.current = true;
    else if (e.key === " " && index >= 0 && !(e.target instanceof HTMLElement && e.target.closest("button, a, summary, input"))) pick(index, false);
    else if (e.key === "v" || e.key === "Enter") {
      if (e.key === "Enter" && e.target instanceof HTMLElement && e.target.closest("button, a, summary, input")) return;
      if (heap) { if (heap.query === null) select(heap.newest.id); else toggle(keyOf(heap)); }
      else if (chosen === null && rows[0]) select(rows[0].id);
      else document.querySelector<HTMLElement>("article.alert")?.focus();
    } else if (e.key === "g") setV((old) => ({ ...old, group: groups[(groups.indexOf(old.group) + 1) % groups.length] ?? "" }));
    else if (e.key === "/") box.current?.focus();
    else if (e.key === "Escape" && picked.size) setPicked(new Set());
    else if (e.key === "Escape" && chosen !== null) go(shown);
    else return;
    e.preventDefault();
    e.stopImmediatePropagation(); /* "* a" is not "a" */
  }, true);

  const showMore = async () => {
    if (!next) return;
    try {
      const p = await pageOf(v, next);
      setOlder((o) => [...o, ...p.items]);
      setNext(p.next);
    } catch {
      setError(t("failed"));
    }
  };
  const count = (s: Tab) => (numbers ? (s === "all" ? numbers.counts.new + numbers.counts.acknowledged + numbers.counts.closed : numbers.counts[s]) : null);
  const brush = (a: Date, b: Date) => {
    const iso = (d: Date) => d.toISOString().slice(0, 19) + "Z";
    set({ q: `${v.q.replace(/\s*\b(last|from|to):\S+/g, "").trim()} from:${iso(a)} to:${iso(b)}`.trim() });
  };
  const nothing = v.group ? heaps && !heaps.groups.length : page && !rows.length;
  const searched = page?.searched ?? heaps?.searched;
  const changed = () => { setPicked(new Set()); void load(); };
  const one = picked.size ? rows.find((a) => picked.has(a.id)) : undefined;

  return (
    <div class={`split${chosen !== null ? " chosen" : ""}`}>
      <section class="list" aria-label={t("alerts")} ref={list}>
        <h1 class="sr">{t("alerts")}</h1>
        <div class="listhead">
          <div class="tabs" role="group" aria-label={t("alerts")}>
            {tabs.map((x) => (
              <button key={x.state} type="button" aria-pressed={v.state === x.state} onClick={() => set({ state: x.state })}>
                {t(x.key)} <span class="count">{count(x.state) === null ? "…" : number(count(x.state))}</span>
              </button>
            ))}
          </div>
          <SearchBox q={v.q} set={(q) => set({ q })} box={box} faulty={fault ? "fault" : null} />
          <div class="order">
            <label><span class="sr">{t("inbox_group")}</span><select value={v.group} onChange={(e) => set({ group: e.currentTarget.value as GroupBy })}>
              {groups.map((g) => <option key={g} value={g}>{t(`inbox_by${g}` as Key)}</option>)}</select></label>
            <label><span class="sr">{t("inbox_sort")}</span><select value={v.sort} disabled={!!v.group && !opened.size} onChange={(e) => set({ sort: e.currentTarget.value as Sort })}>
              {sorts.map((s) => <option key={s} value={s}>{t(s ? (`inbox_sort${s}` as Key) : "inbox_sort_newest")}</option>)}</select></label>
            <KeptViews now={shown} mayShare={canAct} go={go} />
            {numbers?.late ? <a class="due late" href="#/alerts?q=clock%3Alate&state=all&sort=due">{number(numbers.late)} {t("inbox_late")}</a> : null}
            {maySet ? <button type="button" class="small quiet" onClick={() => setPlan(true)}>{t("clock_plan")}</button> : null}
          </div>
          {fault ? <Fault q={v.q} fault={fault} skip={SKIP} id="fault" /> : null}
          {!fault && histogram && v.q.trim() ? <Histogram h={histogram} brush={brush} /> : null}
          {canAct && picked.size ? <Steps target={{ ids: [...picked] }} label={number(picked.size)} name={t("inbox_picked")} me={me} keys suggest={one ? titleOf(one) : ""} clear={() => setPicked(new Set())} done={changed} />
            : canAct && !fault && histogram?.matched && v.q.trim() ? <Steps target={{ query: question(v) }} label={`${number(histogram.matched)}${histogram.searched.complete ? "" : "+"}`} name={t("allMatching")} me={me} suggest={v.q} done={changed} /> : null}
        </div>
        {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
        {!page && !heaps && !error && !fault ? <div class="empty">{t("loading")}</div> : null}
        {nothing && !fault ? <Empty title={t("noAlerts")} text={v.state === "new" && !v.q ? t("noAlertsNew") : `${t("noAlertsOther")} ${t("searchHelp")}`} /> : null}
        {fault ? null : heaps ? <Heaps v={v} page={heaps} cursor={cursor} opened={opened} toggle={toggle} live={live} chosen={chosen} select={select} act={canAct} me={me} /> : (
          <ol class="rows">
            {rows.map((a, i) => <Row key={a.id} a={a} open={a.id === chosen} fresh={fresh.has(a.id)} picked={picked.has(a.id)} pick={canAct ? (more) => pick(i, more) : null} select={() => select(a.id)} />)}
          </ol>
        )}
        {searched?.withheld ? <p class="hint searched">{t("inbox_withheld")}</p> : null}
        {searched?.words_from ? <p class="hint searched">{t("wordsFrom")} <Time iso={searched.words_from} long /></p> : null}
        {searched && !searched.complete ? <p class="hint searched">{t("searchedTo")} <Time iso={searched.from} long /></p> : null}
        {next && !fault && !heaps ? <button type="button" class="more" onClick={() => void showMore()}>{page && !page.searched.complete ? t("goOn") : t("more")}</button> : null}
      </section>
      <div class="detail">
        {chosen === null ? <Empty title={heap ? nameOf(heap, v.group) : t("choose")} text={t("inbox_hint")} /> : (
          <AlertView key={chosen} id={chosen} live={live} me={me} canAct={canAct} mayWrite={mayWrite} maySource={maySource} keys={!picked.size} back={() => go(shown)} changed={() => void load()} open={select} />
        )}
      </div>
      {plan ? <PlanDialog close={() => setPlan(false)} done={() => void load()} /> : null}
    </div>
  );
}
