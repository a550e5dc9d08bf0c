// SPDX-License-Identifier: GPL-3.0-or-later
// Cases: what belongs to one matter. The list goes by the same keys as the inbox; the chosen case stands beside it.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, step } from "../api";
import { number } from "../format";
import { t, word, type Key } from "../i18n";
import { free, useAt, useKeys } from "../keys";
import type { Live } from "../live";
import { Dialog, Empty, ErrorNote, Severity, Stamp, Time } from "../parts";
import { announce } from "../undo";
import "./cases.css";
import { CaseView } from "./detail";
import type { CasePage, CaseRow, CaseState } from "./model";

type Tab = "open" | "closed" | "all";
const tabs: { state: Tab; key: Key }[] = [{ state: "open", key: "cases_open" }, { state: "closed", key: "cases_closed" }, { state: "all", key: "stateAll" }];
const PAGE = 50, WAIT_MS = 250;
interface Shown { state: Tab; q: string; mine: boolean }

function read(asked: string): Shown {
  const p = new URLSearchParams(asked), s = p.get("state");
  return { state: s === "closed" || s === "all" ? s : "open", q: p.get("q") ?? "", mine: p.get("owner") === "me" };
}
function address(v: Shown, id: number | null = null): string {
  const p = new URLSearchParams();
  if (v.q.trim()) p.set("q", v.q);
  if (v.state !== "open") p.set("state", v.state);
  if (v.mine) p.set("owner", "me");
  const text = p.toString();
  return `#/cases${id === null ? "" : `/${id}`}${text ? "?" + text : ""}`;
}
function pageOf(v: Shown, before: number | null): Promise<CasePage> {
  const p = new URLSearchParams({ limit: String(PAGE), state: v.state });
  if (v.q.trim()) p.set("q", v.q.trim());
  if (v.mine) p.set("owner", "me");
  if (before) p.set("before", String(before));
  return get<CasePage>("/cases?" + p.toString());
}

export function stateOf(c: CaseRow): string {
  return c.state === "closed" ? `${t("cases_closed")}: ${word("cases_outcome_", c.outcome)}` : c.state === "merged" ? `${t("cases_inCase")} ${c.merged_into ?? ""}` : t("cases_open");
}

function Row({ c, open, select }: { c: CaseRow; open: boolean; select: () => void }) {
  return (
    <li>
      <a href={`#/cases/${c.id}`} class={`row${open ? " open" : ""} state-${c.state === "open" ? "new" : "closed"}`} aria-current={open ? "true" : undefined} onClick={(e) => { if (e.ctrlKey || e.metaKey) return; e.preventDefault(); select(); }}>
        <Severity n={c.severity} />
        <span class="what">
          <span class="line1"><strong class="file">{c.title}</strong><Time iso={c.changed} /></span>
          <span class="line2"><span class="dim">#{c.id}</span><Stamp level={c.level} /><span class="chip">{stateOf(c)}</span>{c.late_alerts ? <span class="due late">{number(c.late_alerts)} {t("inbox_late")}</span> : null}</span>
          <span class="line3"><span class="dim">{number(c.alerts)} {t("cases_alerts")} ({number(c.open_alerts)} {t("inbox_open")}) · {number(c.tasks_done)}/{number(c.tasks_all)} {t("cases_tasksDone")}</span>
            <span class={c.owner ? "taken" : "dim"}>{c.owner ?? t("nobody")}</span></span>
        </span>
      </a>
    </li>
  );
}

function NewCase({ me, close, made }: { me: string | null; close: () => void; made: (id: number) => void }) {
  const [title, setTitle] = useState(""), [severity, setSeverity] = useState(2), [text, setText] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  const key = useRef(crypto.randomUUID());
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const r = await step<{ case: CaseRow }>("/cases", { title: title.trim(), severity, owner: me ?? "", ...(text.trim() ? { text: text.trim() } : {}) }, key.current);
      announce(`${t("cases_case")} ${r.case.id}: ${t("cases_made")}`, null);
      made(r.case.id);
    } catch (x) {
      setError(x instanceof Problem && x.status === 0 ? t("offline") : `${t("failed")}: ${x instanceof Problem ? x.message : ""}`);
      if (x instanceof Problem && x.status > 0 && x.status < 500) key.current = crypto.randomUUID();
    }
    setBusy(false);
  };
  return (
    <Dialog title={t("cases_new")} onClose={close}>
      <form onSubmit={(e) => void submit(e)}>
        <label>{t("cases_title")}<input required maxLength={200} value={title} onInput={(e) => setTitle(e.currentTarget.value)} /></label>
        <label>{t("severity")}<select value={severity} onChange={(e) => setSeverity(Number(e.currentTarget.value))}>{[1, 2, 3, 4].map((n) => <option key={n} value={n}>{word("severity", String(n))}</option>)}</select></label>
        <label>{t("cases_first")}<textarea rows={3} maxLength={4000} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
        {error ? <ErrorNote text={error} /> : null}
        <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary" disabled={busy}>{t("cases_new")}</button></div>
      </form>
    </Dialog>
  );
}

export function Cases({ chosen, asked, live, me, canAct, mayExport, go }: {
  chosen: number | null; asked: string; live: Live; me: string | null; canAct: boolean; mayExport: boolean; go: (hash: string) => void;
}) {
  const [v, setV] = useState<Shown>(() => read(asked)), [page, setPage] = useState<CasePage | null>(null), [error, setError] = useState(""), [adding, setAdding] = useState(false);
  const box = useRef<HTMLInputElement>(null), list = useRef<HTMLElement>(null), now = useRef(chosen), turn = useRef(0), shown = address(v);
  now.current = chosen;
  const load = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const p = await pageOf(v, null);
      if (mine !== turn.current) return;
      setPage(p);
      setError("");
    } catch (e) {
      if (mine === turn.current) setError(e instanceof Problem && e.status === 0 ? t("offline") : t("failed"));
    }
  }, [shown]);
  useEffect(() => {
    const asks = read(asked);
    setV((now) => (address(asks) === address(now) ? now : asks));
  }, [asked]);
  useEffect(() => {
    const id = setTimeout(() => { history.replaceState(null, "", address(v, now.current)); void load(); }, v.q ? WAIT_MS : 0);
    return () => clearTimeout(id);
  }, [shown]);
  useEffect(() => live.listen(() => void load()), [live, load]);
  useEffect(() => { list.current?.querySelector(".row.open")?.scrollIntoView({ block: "nearest" }); }, [chosen]);
  const rows: CaseRow[] = page?.items ?? [], at = useAt(chosen), select = (id: number) => { at.current = id; go(address(v, id)); };
  useKeys((e) => {
    if (!free(e)) return;
    const index = rows.findIndex((c) => c.id === at.current), move = e.key === "j" || e.key === "ArrowDown" ? 1 : e.key === "k" || e.key === "ArrowUp" ? -1 : 0, to = rows[Math.min(Math.max(index + move, 0), rows.length - 1)];
    if (move && to) select(to.id);
    else if (e.key === "/") box.current?.focus();
    else if (e.key === "n" && canAct) setAdding(true);
    else if (e.key === "v") { if (chosen === null && rows[0]) select(rows[0].id); else document.querySelector<HTMLElement>("article.alert")?.focus(); }
    else if (e.key === "Escape" && chosen !== null) go(shown);
    else return;
    e.preventDefault();
  });
  const more = async () => {
    if (!page?.next) return;
    try {
      const p = await pageOf(v, page.next);
      setPage({ ...p, items: [...page.items, ...p.items] });
    } catch {
      setError(t("failed"));
    }
  };
  const count = (s: Tab) => (page ? (s === "all" ? page.counts.open + page.counts.closed + page.counts.merged : page.counts[s as CaseState]) : null);
  return (
    <div class={`split${chosen !== null ? " chosen" : ""}`}>
      <section class="list" aria-label={t("cases_menu")} ref={list}>
        <h1 class="sr">{t("cases_menu")}</h1>
        <div class="listhead">
          <div class="tabs" role="group" aria-label={t("cases_menu")}>
            {tabs.map((x) => <button key={x.state} type="button" aria-pressed={v.state === x.state} onClick={() => setV({ ...v, state: x.state })}>{t(x.key)} <span class="count">{count(x.state) === null ? "…" : number(count(x.state))}</span></button>)}
          </div>
          <input ref={box} type="search" value={v.q} placeholder={t("cases_search")} aria-label={t("cases_search")} maxLength={200} onInput={(e) => setV({ ...v, q: e.currentTarget.value })} onKeyDown={(e) => { if (e.key === "Escape") box.current?.blur(); }} />
          <div class="order"><label class="choice"><input type="checkbox" checked={v.mine} onChange={() => setV({ ...v, mine: !v.mine })} />{t("cases_mine")}</label>
            {canAct ? <button type="button" class="small" onClick={() => setAdding(true)}>{t("cases_new")} <kbd>n</kbd></button> : null}</div>
        </div>
        {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
        {!page && !error ? <div class="empty">{t("loading")}</div> : null}
        {page && !rows.length ? <Empty title={t("cases_none")} text={t(v.q || v.mine || v.state !== "open" ? "cases_noneFits" : "cases_noneHint")} /> : null}
        <ol class="rows">{rows.map((c) => <Row key={c.id} c={c} open={c.id === chosen} select={() => select(c.id)} />)}</ol>
        {page?.next ? <button type="button" class="more" onClick={() => void more()}>{t("more")}</button> : null}
      </section>
      <div class="detail">
        {chosen === null ? <Empty title={t("cases_choose")} text={t("cases_hint")} /> : <CaseView key={chosen} id={chosen} live={live} me={me} canAct={canAct} mayExport={mayExport} back={() => go(shown)} changed={() => void load()} go={go} />}
      </div>
      {adding ? <NewCase me={me} close={() => setAdding(false)} made={(id) => { setAdding(false); void load(); select(id); }} /> : null}
    </div>
  );
}
