// SPDX-License-Identifier: GPL-3.0-or-later
// The inbox: alerts by state, arriving by themselves; beside it, or instead of it on a narrow screen, the chosen alert.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AlertView } from "./alert";
import { get, Problem } from "./api";
import { t, lang, type Key } from "./i18n";
import { Action, Empty, ErrorNote, Severity, Stamp, Time } from "./parts";
import { bytes } from "./format";
import type { Live } from "./live";
import { All } from "./undo";
import { Fault, faultOf, Histogram, SearchBox } from "./search";
import type { AlertPage, AlertRow, Histogram as Counts, SearchFault, SearchPage, State } from "./types";

const PAGE = 50;
const tabs: { state: State | "all"; key: Key }[] = [
  { state: "new", key: "stateNew" }, { state: "acknowledged", key: "stateAcknowledged" }, { state: "closed", key: "stateClosed" }, { state: "all", key: "stateAll" },
];

const SKIP = 1; /* characters that the page puts before what was typed */

/** What is asked of the server: words and state as one question, in the zone of who asks. */
function question(state: string, q: string): URLSearchParams {
  const p = new URLSearchParams({ tz: String(-new Date().getTimezoneOffset()) });
  p.set("q", `(${q.trim()})${state === "all" ? "" : ` status:${state}`}`);
  return p;
}
/** One page. Without words it is the plain list, which also counts the states. */
async function page_of(state: string, q: string, before: number | null): Promise<Partial<AlertPage> & SearchPage> {
  if (q.trim()) {
    const p = question(state, q);
    p.set("limit", String(PAGE));
    if (before) p.set("before", String(before));
    return get<SearchPage>("/search?" + p.toString());
  }
  const p = new URLSearchParams({ limit: String(PAGE) });
  if (state !== "all") p.set("state", state);
  if (before) p.set("before", String(before));
  return { ...(await get<AlertPage>("/alerts?" + p.toString())), searched: { complete: true, from: null, words_from: null } };
}
/** The view as a part of the address: it can be kept as a bookmark and given to others. */
function view_of(state: string, q: string): string {
  const p = new URLSearchParams();
  if (q.trim()) p.set("q", q);
  if (state !== "new") p.set("state", state);
  const text = p.toString();
  return text ? "?" + text : "";
}

function Row({ a, open, fresh, select }: { a: AlertRow; open: boolean; fresh: boolean; select: () => void }) {
  const title = (lang() === "vi" ? a.title?.vi : a.title?.en) ?? a.signature;
  return (
    <li class={fresh ? "fresh" : ""}>
      <a href={`#/alerts/${a.id}`} class={`row${open ? " open" : ""} state-${a.state}`} aria-current={open ? "true" : undefined}
        onClick={(e) => { e.preventDefault(); select(); }}>
        <Severity n={a.severity} />
        <span class="what">
          <span class="line1"><strong>{title}</strong><Time iso={a.time} /></span>
          <span class="line2">
            <Stamp level={a.level} /><Action action={a.action} />
            <span class="file">{a.file?.name ?? a.category ?? ""}</span>
            {a.file?.size ? <span class="dim">{bytes(a.file.size)}</span> : null}
          </span>
          <span class="line3">
            <span class="dim">{a.src.ip ?? "?"} → {a.dest.ip ?? "?"}{a.app_proto ? ` · ${a.app_proto.toUpperCase()}` : ""} · {a.appliance.name}</span>
            {a.taken_by ? <span class="taken">{a.taken_by}</span> : null}
            {a.same_document > 1 ? <span class="dim">{a.same_document}× {t("sameDocument")}</span> : null}
          </span>
        </span>
      </a>
    </li>
  );
}

export function Alerts({ chosen, asked, live, me, canAct, go }: { me: string | null; chosen: number | null; asked: string; live: Live; canAct: boolean; go: (hash: string) => void }) {
  const [state, setState] = useState<State | "all">("new"), [q, setQ] = useState("");
  const [page, setPage] = useState<(Partial<AlertPage> & SearchPage) | null>(null), [error, setError] = useState("");
  const [fault, setFault] = useState<SearchFault | null>(null), [counts, setCounts] = useState<Counts | null>(null);
  const turn = useRef(0); /* answers that were overtaken by a newer question are dropped */
  const [older, setOlder] = useState<AlertRow[]>([]), [next, setNext] = useState<number | null>(null);
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const searchBox = useRef<HTMLInputElement>(null);
  const known = useRef<ReadonlySet<number>>(new Set());

  const load = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const p = await page_of(state, q, null);
      if (mine !== turn.current) return;
      const before = known.current;
      if (before.size) setFresh(new Set(p.items.filter((a) => !before.has(a.id)).map((a) => a.id)));
      known.current = new Set(p.items.map((a) => a.id));
      setPage(p);
      setNext((n) => (older.length ? n : p.next));
      setError("");
      setFault(null);
      if (!q.trim()) setCounts(null);
      else {
        const h = await get<Counts>("/search/histogram?" + question(state, q).toString());
        if (mine === turn.current) setCounts(h);
      }
    } catch (e) {
      if (mine !== turn.current) return;
      const f = faultOf(e);
      setFault(f);
      setError(f ? "" : e instanceof Problem && e.status === 0 ? t("offline") : t("failed"));
    }
  }, [state, q, older.length]);

  useEffect(() => {
    const p = new URLSearchParams(asked), s = p.get("state");
    setQ(p.get("q") ?? "");
    setState(tabs.some((x) => x.state === s) ? (s as State | "all") : "new");
  }, [asked]);
  useEffect(() => {
    known.current = new Set();
    setOlder([]);
    const id = setTimeout(() => {
      history.replaceState(null, "", `#/alerts${chosen === null ? "" : `/${chosen}`}${view_of(state, q)}`);
      void load();
    }, q ? 250 : 0);
    return () => clearTimeout(id);
  }, [state, q]);
  useEffect(() => live.listen(() => void load()), [live, load]);

  const rows = useMemo(() => {
    const first = page?.items ?? [], ids = new Set(first.map((a) => a.id));
    return [...first, ...older.filter((a) => !ids.has(a.id))];
  }, [page, older]);
  const index = rows.findIndex((a) => a.id === chosen);
  const list = `#/alerts${view_of(state, q)}`, select = (id: number) => go(`#/alerts/${id}${view_of(state, q)}`);

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const in_text = e.target instanceof HTMLElement && /INPUT|TEXTAREA|SELECT/.test(e.target.tagName);
      if (in_text || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
      const move = e.key === "j" || e.key === "ArrowDown" ? 1 : e.key === "k" || e.key === "ArrowUp" ? -1 : 0;
      if (move) {
        const to = rows[Math.min(Math.max(index + move, 0), rows.length - 1)];
        if (to) select(to.id);
        e.preventDefault();
      } else if (e.key === "/") {
        searchBox.current?.focus();
        e.preventDefault();
      } else if (e.key === "Escape" && chosen !== null) {
        go(list);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [rows, index, chosen]);

  const showMore = async () => {
    if (!next) return;
    try {
      const p = await page_of(state, q, next);
      setOlder((o) => [...o, ...p.items]);
      setNext(p.next);
    } catch {
      setError(t("failed"));
    }
  };
  const count = (s: State | "all") => (page?.counts ? (s === "all" ? page.counts.new + page.counts.acknowledged + page.counts.closed : page.counts[s]) : null);
  const brush = (from: Date, to: Date) => {
    const iso = (d: Date) => d.toISOString().slice(0, 19) + "Z";
    setQ((old) => `${old.replace(/\s*\b(last|from|to):\S+/g, "").trim()} from:${iso(from)} to:${iso(to)}`.trim());
  };

  return (
    <div class={`split${chosen !== null ? " chosen" : ""}`}>
      <section class="list" aria-label={t("alerts")}>
        <h1 class="sr">{t("alerts")}</h1>
        <div class="listhead">
          <div class="tabs" role="group" aria-label={t("alerts")}>
            {tabs.map((x) => (
              <button key={x.state} type="button" aria-pressed={state === x.state} onClick={() => setState(x.state)}>
                {t(x.key)} {count(x.state) === null ? null : <span class="count">{count(x.state)}</span>}
              </button>
            ))}
          </div>
          <SearchBox q={q} set={setQ} box={searchBox} faulty={fault ? "fault" : null} />
          {fault ? <Fault q={q} fault={fault} skip={SKIP} id="fault" /> : null}
          {!fault && counts && q.trim() ? <Histogram h={counts} brush={brush} /> : null}
          {canAct && !fault && counts && counts.matched && q.trim() ? <All query={question(state, q).get("q") ?? ""} count={counts.matched} exact={counts.searched.complete} done={() => void load()} /> : null}
        </div>
        {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
        {!page && !error ? <div class="empty">{t("loading")}</div> : null}
        {page && !fault && !rows.length ? <Empty title={t("noAlerts")} text={state === "new" && !q ? t("noAlertsNew") : `${t("noAlertsOther")} ${t("searchHelp")}`} /> : null}
        <ol class="rows">
          {(fault ? [] : rows).map((a) => <Row key={a.id} a={a} open={a.id === chosen} fresh={fresh.has(a.id)} select={() => select(a.id)} />)}
        </ol>
        {page?.searched.words_from ? <p class="hint searched">{t("wordsFrom")} <Time iso={page.searched.words_from} long /></p> : null}
        {page && !page.searched.complete ? <p class="hint searched">{t("searchedTo")} <Time iso={page.searched.from} long /></p> : null}
        {next && !fault ? <button type="button" class="more" onClick={() => void showMore()}>{page && !page.searched.complete ? t("goOn") : t("more")}</button> : null}
      </section>
      <div class="detail">
        {chosen === null ? <Empty title={t("choose")} /> : (
          <AlertView key={chosen} id={chosen} live={live} me={me} canAct={canAct} back={() => go(list)} changed={() => void load()} open={select} />
        )}
      </div>
    </div>
  );
}
