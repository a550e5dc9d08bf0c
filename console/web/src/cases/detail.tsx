// SPDX-License-Identifier: GPL-3.0-or-later
// One case: its alerts, tasks, notes, what it is about, and how it ends.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, step } from "../api";
import { number } from "../format";
import { t, word } from "../i18n";
import { Hands } from "../inbox/steps";
import { Row } from "../inbox/row";
import { free, useKeys } from "../keys";
import type { Live } from "../live";
import { Dialog, ErrorNote, Facts, Hash, Section, Severity, Stamp, Time } from "../parts";
import { announce } from "../undo";
import type { ManyResult } from "../types";
import { stateOf } from "./cases";
import { outcomes, type CaseDetail, type CasePage, type CaseRow, type Entry, type Outcome } from "./model";

type Body = Record<string, unknown>;
type Act = (body: Body, said?: string) => Promise<boolean>;
type Kind = "edit" | "close" | "merge";
const notes = new Map<number, string>(); /* what is being written to a case, so that it survives a change of the view */

function useActs(id: number, done: () => void): { act: Act; busy: boolean; error: string } {
  const [busy, setBusy] = useState(false), [error, setError] = useState(""), key = useRef(crypto.randomUUID());
  const act: Act = async (body, said) => {
    setBusy(true);
    setError("");
    try {
      await step(`/cases/${id}/actions`, body, key.current);
      key.current = crypto.randomUUID();
      if (said) announce(`${t("cases_case")} ${id}: ${said}`, null);
      done();
      setBusy(false);
      return true;
    } catch (e) {
      setError(e instanceof Problem && e.status === 0 ? t("offline") : `${t("failed")}: ${e instanceof Problem ? e.message : ""}`);
      if (e instanceof Problem && e.status > 0 && e.status < 500) key.current = crypto.randomUUID();
      setBusy(false);
      return false;
    }
  };
  return { act, busy, error };
}

function Edit({ c, me, act, close }: { c: CaseDetail; me: string | null; act: Act; close: () => void }) {
  const [title, setTitle] = useState(c.title), [severity, setSeverity] = useState(c.severity), [owner, setOwner] = useState(c.owner ?? "");
  return (
    <form onSubmit={(e) => { e.preventDefault(); void act({ action: "edit", ...(title.trim() !== c.title ? { title: title.trim() } : {}), severity, ...(owner && owner !== c.owner ? { owner } : {}) }, t("save")).then((ok) => { if (ok) close(); }); }}>
      <label>{t("cases_title")}<input required maxLength={200} value={title} onInput={(e) => setTitle(e.currentTarget.value)} /></label>
      <label>{t("severity")}<select value={severity} onChange={(e) => setSeverity(Number(e.currentTarget.value))}>{[1, 2, 3, 4].map((n) => <option key={n} value={n}>{word("severity", String(n))}</option>)}</select></label>
      <Hands value={owner} set={setOwner} me={me} />
      <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary">{t("save")}</button></div>
    </form>
  );
}
function Close({ c, act, close }: { c: CaseDetail; act: Act; close: () => void }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null), [text, setText] = useState(""), [all, setAll] = useState(true);
  return (
    <form onSubmit={(e) => { e.preventDefault(); void act({ action: "close", outcome, close_alerts: all && c.open_alerts > 0, ...(text.trim() ? { text: text.trim() } : {}) }, t("cases_closed")).then((ok) => { if (ok) close(); }); }}>
      <fieldset><legend class="sr">{t("closeTitle")}</legend>{outcomes.map((o) => <label key={o} class="choice"><input type="radio" name="outcome" value={o} required checked={outcome === o} onChange={() => setOutcome(o)} />{word("cases_outcome_", o)}</label>)}</fieldset>
      <label>{t("cases_closeText")}<textarea rows={4} maxLength={4000} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
      {c.open_alerts ? <label class="choice"><input type="checkbox" checked={all} onChange={() => setAll(!all)} />{t("cases_closeAlerts")} ({number(c.open_alerts)})</label> : null}
      <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary">{t("cases_close")}</button></div>
    </form>
  );
}
function Merge({ c, act, close }: { c: CaseDetail; act: Act; close: () => void }) {
  const [open, setOpen] = useState<CaseRow[] | null>(null), [into, setInto] = useState("");
  useEffect(() => { get<CasePage>("/cases?state=open&limit=100").then((p) => setOpen(p.items.filter((x) => x.id !== c.id))).catch(() => setOpen([])); }, [c.id]);
  return (
    <form onSubmit={(e) => { e.preventDefault(); void act({ action: "merge", into: Number(into) }, `${t("cases_inCase")} ${into}`).then((ok) => { if (ok) close(); }); }}>
      <p>{t("cases_mergeExplained")}</p>
      {open?.length === 0 ? <p class="note">{t("cases_mergeNone")}</p> : (
        <label>{t("cases_into")}<select required value={into} onChange={(e) => setInto(e.currentTarget.value)}><option value="" disabled>{open ? t("cases_chooseOne") : t("loading")}</option>{open?.map((x) => <option key={x.id} value={x.id}>{`#${x.id} ${x.title}`}</option>)}</select></label>)}
      <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary" disabled={!into}>{t("cases_merge")}</button></div>
    </form>
  );
}

function Tasks({ c, act, canAct }: { c: CaseDetail; act: Act; canAct: boolean }) {
  const [text, setText] = useState("");
  const may = canAct && c.state === "open";
  return (
    <Section title={`${t("cases_tasks")} (${number(c.tasks_done)}/${number(c.tasks_all)})`}>
      {c.tasks.length ? (
        <ul class="tasks">{c.tasks.map((x) => (
          <li key={x.id}><label class="choice"><input type="checkbox" checked={!!x.done} disabled={!may} onChange={() => void act({ action: x.done ? "task_open" : "task_done", task: x.id })} /><span class={x.done ? "done" : ""}>{x.text}</span></label>
            {x.done ? <span class="dim">{x.done_by} · <Time iso={x.done} /></span> : null}</li>
        ))}</ul>
      ) : <p class="dim">{t("cases_noTasks")}</p>}
      {may ? <form class="inline" onSubmit={(e) => { e.preventDefault(); void act({ action: "task", text: text.trim() }).then((ok) => { if (ok) setText(""); }); }}>
        <input required maxLength={400} value={text} aria-label={t("cases_addTask")} placeholder={t("cases_addTask")} onInput={(e) => setText(e.currentTarget.value)} /><button>{t("cases_add")}</button></form> : null}
    </Section>
  );
}

function what(e: Entry): string {
  switch (e.kind) {
    case "severity": return `${t("severity")}: ${word("severity", String(e.ref ?? ""))}`;
    case "owner": return `${t("cases_owner")}: ${e.text ?? t("nobody")}`;
    case "title": return `${t("cases_title")}: ${e.text ?? ""}`;
    case "added": return `${word("cases_did_", e.kind)}: ${number(e.ref ?? 1)}`;
    case "removed": return `${word("cases_did_", e.kind)}: #${e.ref ?? ""}`;
    case "closed": return `${word("cases_did_", e.kind)}: ${word("cases_outcome_", outcomes[(e.ref ?? 1) - 1])}`;
    case "merged": case "into": case "unmerged": return `${word("cases_did_", e.kind)} #${e.ref ?? ""}`;
    case "task": case "task_done": case "task_open": return `${word("cases_did_", e.kind)}: ${e.text ?? ""}`;
    default: return word("cases_did_", e.kind);
  }
}
function Timeline({ c, act, canAct, busy }: { c: CaseDetail; act: Act; canAct: boolean; busy: boolean }) {
  const [text, setText] = useState(notes.get(c.id) ?? ""), field = useRef<HTMLTextAreaElement>(null);
  useKeys((e) => { if (e.key === "c" && free(e)) { field.current?.focus(); e.preventDefault(); } });
  return (
    <Section title={t("cases_timeline")}>
      {canAct && c.state !== "merged" ? <form onSubmit={(e) => { e.preventDefault(); void act({ action: "note", text: text.trim() }).then((ok) => { if (ok) { setText(""); notes.delete(c.id); } }); }}>
        <label><span class="sr">{t("cases_note")}</span><textarea ref={field} rows={3} maxLength={4000} required placeholder={t("cases_note")} value={text} onInput={(e) => { setText(e.currentTarget.value); notes.set(c.id, e.currentTarget.value); }} /></label>
        <div class="buttons"><button disabled={busy || !text.trim()}>{t("cases_write")} <kbd>c</kbd></button></div></form> : null}
      <ol class="history">
        {[...c.timeline].reverse().map((e) => (
          <li key={e.id}><p><strong>{e.user}</strong> {what(e)} <Time iso={e.time} /></p>
            {e.withheld ? <p class="dim">{t("find_withheld")}</p> : e.text && (e.kind === "note" || e.kind === "closed") ? <blockquote>{e.text}</blockquote> : null}</li>
        ))}
      </ol>
    </Section>
  );
}

function About({ c }: { c: CaseDetail }) {
  return (
    <Section title={t("cases_about")}>
      <Facts rows={[[t("cases_opened"), <><Time iso={c.created} long /> · {c.created_by}</>], [t("cases_owner"), c.owner ?? t("nobody")],
        [t("cases_merged"), c.merged.length ? <>{c.merged.map((m) => <a key={m.id} href={`#/cases/${m.id}`}>#{m.id} {m.title} </a>)}</> : ""]]} />
      {c.documents.length ? <><h4>{t("cases_documents")}</h4><ul class="related">{c.documents.map((d) => <li key={d.sha256}><a href={`#/alerts?${new URLSearchParams({ q: `sha256:${d.sha256}`, state: "all" }).toString()}`}><bdi>{d.name ?? d.sha256.slice(0, 16)}</bdi></a> <Stamp level={d.level} /> <span class="dim">{number(d.alerts)}×</span> <Hash value={d.sha256} /></li>)}</ul></> : null}
      {c.hosts.length ? <><h4>{t("cases_hosts")}</h4><ul class="related">{c.hosts.map((h) => <li key={h.ip}><a href={`#/alerts?${new URLSearchParams({ q: `ip:${h.ip}`, state: "all" }).toString()}`}>{h.ip}</a> <span class="dim">{number(h.alerts)}× · {t("cases_sent")} {number(h.sent)}</span></li>)}</ul></> : null}
    </Section>
  );
}

function Alerts({ c, canAct, done, go }: { c: CaseDetail; canAct: boolean; done: () => void; go: (address: string) => void }) {
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set()), [error, setError] = useState("");
  const may = canAct && c.state === "open";
  const takeOut = async () => {
    try {
      const r = await step<ManyResult>("/alerts/actions", { action: "withdraw", ids: [...picked] }, crypto.randomUUID());
      announce(`${t("cases_out")}: ${number(r.changed)}`, r.undo);
      setPicked(new Set());
      done();
    } catch (e) {
      setError(e instanceof Problem && e.status === 0 ? t("offline") : t("failed"));
    }
  };
  return (
    <Section title={`${t("alerts")} (${number(c.alerts)})`}>
      {error ? <ErrorNote text={error} /> : null}
      {c.items.length ? <ol class="rows boxed">{c.items.map((a) => <Row key={a.id} a={a} inside open={false} fresh={false} picked={picked.has(a.id)} pick={may ? () => setPicked((o) => { const n = new Set(o); if (!n.delete(a.id)) n.add(a.id); return n; }) : null} select={() => go(`#/alerts/${a.id}?state=all&q=case%3A${c.id}`)} />)}</ol>
        : <p class="dim">{t("cases_noAlerts")}</p>}
      {picked.size ? <button type="button" onClick={() => void takeOut()}>{t("cases_takeOut")} ({number(picked.size)})</button> : null}
      {c.alerts > c.items.length ? <a href={`#/alerts?state=all&q=case%3A${c.id}`}>{t("cases_allAlerts")}</a> : null}
    </Section>
  );
}

export function CaseView({ id, live, me, canAct, mayExport, back, changed, go }: {
  id: number; live: Live; me: string | null; canAct: boolean; mayExport: boolean; back: () => void; changed: () => void; go: (address: string) => void;
}) {
  const [c, setC] = useState<CaseDetail | null>(null), [gone, setGone] = useState(""), [dialog, setDialog] = useState<Kind | null>(null);
  const load = useCallback(async () => {
    try {
      setC(await get<CaseDetail>(`/cases/${id}`));
      setGone("");
    } catch (e) {
      setGone(e instanceof Problem && e.status === 404 ? t("cases_gone") : e instanceof Problem && e.status === 0 ? t("offline") : t("failed"));
    }
  }, [id]);
  const done = () => { void load(); changed(); };
  const { act, busy, error } = useActs(id, done);
  useEffect(() => void load(), [load]);
  useEffect(() => live.listen(() => void load()), [live, load]);
  useKeys((e) => { if (e.key === "x" && free(e) && canAct && c?.state === "open") { setDialog("close"); e.preventDefault(); } });
  if (!c) return gone ? <ErrorNote text={gone} retry={() => void load()} /> : <div class="empty">{t("loading")}</div>;
  const open = c.state === "open", close = () => setDialog(null);
  return (
    <article class="alert case" aria-label={c.title} tabIndex={-1}>
      <button type="button" class="quiet backlink" onClick={back}>← {t("back")}</button>
      <header class="alerthead">
        <p class="meta"><Severity n={c.severity} />{t("cases_case")} {c.id} · {t("cases_changed")} <Time iso={c.changed} long /></p>
        <h2>{c.title}</h2>
        <p class="stampline"><Stamp level={c.level} large /><span class="chip">{stateOf(c)}</span><span class="dim">{c.owner ? `${t("takenBy")} ${c.owner}` : t("nobody")}</span>
          {c.late_alerts ? <span class="due late">{number(c.late_alerts)} {t("inbox_late")}</span> : null}</p>
        <div class="actions">
          {canAct && open ? <><button type="button" onClick={() => setDialog("edit")}>{t("cases_edit")}</button><button type="button" onClick={() => setDialog("merge")}>{t("cases_merge")}</button>
            <button type="button" class="primary" onClick={() => setDialog("close")}>{t("cases_close")} <kbd>x</kbd></button></> : null}
          {canAct && c.state === "closed" ? <button type="button" disabled={busy} onClick={() => void act({ action: "reopen" }, t("reopen"))}>{t("reopen")}</button> : null}
          {canAct && c.state === "merged" ? <button type="button" disabled={busy} onClick={() => void act({ action: "unmerge" }, t("cases_unmerge"))}>{t("cases_unmerge")}</button> : null}
          {mayExport ? <><a class="button" href={`/api/v1/cases/${c.id}/export`} download>{t("cases_export")} (zip)</a><a class="button" href={`/api/v1/cases/${c.id}/export?format=json`} download>JSON</a></> : null}
        </div>
        {c.state === "merged" ? <p class="note">{t("cases_mergedNote")} <a href={`#/cases/${c.merged_into ?? ""}`}>#{c.merged_into}</a></p> : null}
        {error && !dialog ? <ErrorNote text={error} /> : null}
      </header>
      <div class="cards">
        <Alerts c={c} canAct={canAct} done={done} go={go} />
        <Tasks c={c} act={act} canAct={canAct} />
        <About c={c} />
        <Timeline c={c} act={act} canAct={canAct} busy={busy} />
      </div>
      {dialog ? <Dialog title={t(dialog === "edit" ? "cases_edit" : dialog === "merge" ? "cases_merge" : "closeTitle")} onClose={close}>
        {dialog === "edit" ? <Edit c={c} me={me} act={act} close={close} /> : dialog === "merge" ? <Merge c={c} act={act} close={close} /> : <Close c={c} act={act} close={close} />}
        {error ? <ErrorNote text={error} /> : null}
      </Dialog> : null}
    </article>
  );
}
