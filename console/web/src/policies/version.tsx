// SPDX-License-Identifier: GPL-3.0-or-later
// One version: its files in the editor, what the workbench says of them, and the steps to approval. What is typed is kept in this browser tab until it
// is saved, through reloads, sign-outs and a lost connection; when somebody else saved meanwhile both texts are shown.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get, post, Problem, step } from "../api";
import { number } from "../format";
import { t, word } from "../i18n";
import type { Live } from "../live";
import { Dialog, ErrorNote, Time } from "../parts";
import { announce } from "../undo";
import { Checked, Explain, ReplayPanel, said } from "./bench";
import { Compare } from "./compare";
import { Editor, toLine } from "./editor";
import { Facts } from "./facts";
import { Begin } from "./rollouts";
import type { Bench, Files, Source, Version, VersionRow } from "./types";
import type { Rights } from "./view";

interface Kept { revision: number; files: Files }
const slot = (id: number) => `gatehouse.text.${id}`;
const memory = new Map<number, Kept>(); /* where the browser keeps nothing */
export function keepText(id: number, revision: number, files: Files | null): void {
  if (files) memory.set(id, { revision, files });
  else memory.delete(id);
  try {
    if (files) sessionStorage.setItem(slot(id), JSON.stringify({ revision, files }));
    else sessionStorage.removeItem(slot(id));
  } catch { /* full or forbidden: the memory has it */ }
}
function keptText(id: number): Kept | null {
  try {
    const s = sessionStorage.getItem(slot(id));
    if (s) return JSON.parse(s) as Kept;
  } catch { /* as if there were none */ }
  return memory.get(id) ?? null;
}
const same = (a: Files, b: Files) => Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((k) => a[k] === b[k]);

function NameDialog({ title, label, value, close, done }: { title: string; label: string; value: string; close: () => void; done: (s: string) => void }) {
  const [s, setS] = useState(value);
  return (
    <Dialog title={title} onClose={close}><form onSubmit={(e) => { e.preventDefault(); done(s.trim()); close(); }}>
      <label>{label}<input required value={s} maxLength={100} onInput={(e) => setS(e.currentTarget.value)} /></label>
      <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary">OK</button></div></form></Dialog>
  );
}
type StepName = "propose" | "approve" | "refuse" | "withdraw" | "drop";
function StepDialog({ v, name, close, done }: { v: Version; name: StepName; close: () => void; done: (v: Version) => void }) {
  const [why, setWhy] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false), key = useRef(crypto.randomUUID());
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      done(await step<Version>(`/policies/versions/${v.id}/${name}`, why.trim() ? { why: why.trim() } : {}, key.current));
      close();
    } catch (x) {
      if (x instanceof Problem && x.status > 0) key.current = crypto.randomUUID();
      setError(x instanceof Problem && x.code === "not_good" ? t("policies_notGood") : x instanceof Problem && x.code === "self_approval" ? t("policies_self") : said(x));
    }
    setBusy(false);
  };
  return (
    <Dialog title={t(`policies_step_${name}`)} onClose={close}><form onSubmit={(e) => void submit(e)}>
      <p>{t(`policies_about_${name}`)}</p>
      <label>{t("policies_why")}<textarea rows={3} maxLength={500} required={name === "refuse"} value={why} onInput={(e) => setWhy(e.currentTarget.value)} /></label>
      {error ? <ErrorNote text={error} /> : null}
      <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary" disabled={busy}>{busy ? t("loading") : t(`policies_step_${name}`)}</button></div></form></Dialog>
  );
}

interface Matched { matched: number; searched: { complete: boolean } }
/** Where this policy, running as a shadow, would have decided otherwise; nothing while it never did. */
function Shadowed({ files }: { files: Files }) {
  const [n, setN] = useState<Matched | null>(null);
  const q = useMemo(() => {
    try {
      const b = JSON.parse(files["bundle.json"] ?? "") as { name?: unknown; version?: unknown };
      return typeof b.name === "string" && typeof b.version === "string" ? `shadow:"${b.name}@${b.version}"` : null;
    } catch {
      return null;
    }
  }, [files]);
  useEffect(() => { if (q) get<Matched>(`/search/histogram?${new URLSearchParams({ q, in: "events" }).toString()}`).then(setN, () => undefined); }, [q]);
  if (!q || !n?.matched) return null;
  return <p class="note"><a href={`#/search?${new URLSearchParams({ q, in: "events" }).toString()}`}>{t("policies_shadowDiffers")}: {number(n.matched)}{n.searched.complete ? "" : "+"}</a></p>;
}

type Panel = "check" | "explain" | "replay" | "changes";
export function Draft({ id, asked, rights, two, live, go }: { id: number; asked: URLSearchParams; rights: Rights; two: boolean; live: Live; go: (a: string) => void }) {
  const [v, setV] = useState<Version | null>(null), [files, setFiles] = useState<Files>({}), [path, setPath] = useState(""), [line, setLine] = useState<number | null>(null);
  const [error, setError] = useState(""), [bench, setBench] = useState<Bench | null>(null), [busy, setBusy] = useState(""), [panel, setPanel] = useState<Panel>("check");
  const [theirs, setTheirs] = useState<Version | null>(null), [restored, setRestored] = useState(false), [dialog, setDialog] = useState<"add" | StepName | "rollout" | null>(null);
  const [base, setBase] = useState<Version | null>(null), [approved, setApproved] = useState<VersionRow[]>([]), [facts, setFacts] = useState(false);
  const now = useRef(files), saveKey = useRef(crypto.randomUUID());
  now.current = files;
  const open = (x: Version, mine: Files | null) => {
    const f = mine ?? x.files, wanted = asked.get("file");
    setV(x);
    setFiles(f);
    setPath((p) => (p && p in f ? p : wanted && wanted in f ? wanted : "policy.lua" in f ? "policy.lua" : Object.keys(f)[0] ?? ""));
  };
  const load = () => {
    get<Version>(`/policies/versions/${id}`).then((x) => {
      const kept = keptText(id), mine = kept && (x.state === "draft" || x.state === "refused") && !same(kept.files, x.files) ? kept : null;
      if (mine && mine.revision !== x.revision) setTheirs(x);
      open(mine ? { ...x, revision: mine.revision } : x, mine?.files ?? null);
      setRestored(!!mine);
      setError("");
      if (asked.get("line")) setLine(Number(asked.get("line")));
      get<Source>(`/policies/${x.source}`).then((s) => {
        setApproved(s.versions.filter((y) => y.state === "approved"));
        const before = s.versions.find((y) => (x.base ? y.id === x.base : y.state === "approved" && y.id < x.id));
        if (before) get<Version>(`/policies/versions/${before.id}`).then(setBase, () => setBase(null));
      }).catch(() => undefined);
    }).catch((x: unknown) => setError(said(x)));
  };
  useEffect(load, [id]);
  useEffect(() => live.status((on) => { if (on && !v) load(); }), [live, v === null]);
  const writable = !!v && rights.write && (v.state === "draft" || v.state === "refused");
  const dirty = !!v && !same(files, v.files);
  useEffect(() => {
    const warn = (e: BeforeUnloadEvent) => { if (dirty) e.preventDefault(); };
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [dirty]);
  const change = (f: Files) => {
    setFiles(f);
    if (v) keepText(id, v.revision, same(f, v.files) ? null : f);
  };
  const goTo = (file: string, at: number, column = 0) => {
    if (!(file in files)) return;
    setPath(file);
    setLine(at);
    if (file === path) {
      const el = document.querySelector<HTMLTextAreaElement>(".paper textarea");
      if (el) toLine(el, at, column);
    }
  };
  const save = async (revision?: number): Promise<boolean> => {
    if (!v || !writable) return false;
    setBusy("save");
    try {
      const x = await step<Version>(`/policies/versions/${id}`, { revision: revision ?? v.revision, files: now.current }, saveKey.current);
      keepText(id, x.revision, null);
      setV(x);
      setRestored(false);
      setTheirs(null);
      setError("");
      announce(t("policies_saved"), null);
      saveKey.current = crypto.randomUUID();
      setBusy("");
      return true;
    } catch (x) {
      if (x instanceof Problem && x.code === "edited") get<Version>(`/policies/versions/${id}`).then(setTheirs, () => undefined);
      else setError(said(x));
      if (x instanceof Problem && x.status > 0) saveKey.current = crypto.randomUUID();
      setBusy("");
      return false;
    }
  };
  const ask = async (what: "check" | "test") => {
    setBusy(what);
    setPanel("check");
    try {
      setBench(await post<Bench>(`/policies/versions/${id}/${what}`, { files: now.current }));
      setError("");
    } catch (x) {
      setError(said(x));
    }
    setBusy("");
  };
  const insert = (text: string) => {
    const el = document.querySelector<HTMLTextAreaElement>(".paper textarea");
    if (!el || !writable) return;
    el.setRangeText(text, el.selectionStart, el.selectionEnd, "end");
    el.focus();
    change({ ...files, [path]: el.value });
  };
  const faults = useMemo(() => bench?.faults ?? [], [bench]);
  if (!v) return <section class="pagepad">{error ? <ErrorNote text={error} retry={load} /> : <p>{t("loading")}</p>}</section>;
  const tried = v.kind === "policy" || v.kind === "rules", mayDecide = rights.approve && v.state === "proposed" && !(two && (v.author === rights.me || v.proposed_by === rights.me));
  const panels: [Panel, string][] = [["check", t("policies_check")], ...(v.kind === "policy" && rights.write ? [["explain", t("policies_explain")], ["replay", t("policies_replay")]] as [Panel, string][] : []), ["changes", t("policies_changes")]];
  return (
    <section class="pagepad wide" aria-label={`${v.name} ${v.number ?? v.id}`}>
      <p><a href={`#/policies/s${v.source}`}>← {v.name}</a></p>
      <header class="line1"><h1>{v.name} {v.number ? `#${v.number}` : ""} <span class={`chip vstate-${v.state}`}>{word("policies_state_", v.state)}</span></h1>
        <span class="buttons">
          {writable ? <button type="button" class="primary" disabled={!dirty || busy !== ""} onClick={() => void save()}>{t("save")} <kbd>Ctrl S</kbd></button> : null}
          {writable ? <button type="button" disabled={busy !== ""} onClick={() => { void (dirty ? save() : Promise.resolve(true)).then((good) => { if (good) setDialog("propose"); }); }}>{t("policies_step_propose")}</button> : null}
          {mayDecide ? <><button type="button" class="primary" onClick={() => setDialog("approve")}>{t("policies_step_approve")}</button><button type="button" onClick={() => setDialog("refuse")}>{t("policies_step_refuse")}</button></> : null}
          {rights.write && v.state === "proposed" ? <button type="button" onClick={() => setDialog("withdraw")}>{t("policies_step_withdraw")}</button> : null}
          {rights.write && v.state !== "approved" && v.state !== "dropped" ? <button type="button" onClick={() => setDialog("drop")}>{t("policies_step_drop")}</button> : null}
          {v.state === "approved" && v.goods && rights.rollout ? <button type="button" class="primary" onClick={() => setDialog("rollout")}>{t("rollouts_begin")}</button> : null}
        </span></header>
      <p class="dim">{t("policies_by")} {v.author}, <Time iso={v.changed} long /> · {t("policies_revision")} {v.revision}{v.decided_by ? <> · {t("policies_decidedBy")} {v.decided_by}, <Time iso={v.decided} long /></> : null}{v.why ? ` · ${v.why}` : ""}</p>
      {v.state === "approved" && v.kind === "policy" ? <Shadowed files={v.files} /> : null}
      {v.state === "proposed" && two && !mayDecide ? <p class="note">{t("policies_waitsSecond")}</p> : null}
      {restored && dirty ? <p class="note" role="status">{t("policies_restored")} <button type="button" class="small" onClick={() => { keepText(id, v.revision, null); setRestored(false); setTheirs(null); load(); }}>{t("policies_discard")}</button></p> : null}
      {error ? <ErrorNote text={error} /> : null}
      {theirs ? (
        <div class="conflict" role="alert"><p><strong>{theirs.changed_by}</strong> {t("policies_edited")}</p>
          <Compare a={theirs.files} b={files} left={theirs.changed_by} right={rights.me} />
          <div class="buttons"><button type="button" onClick={() => { keepText(id, theirs.revision, null); setTheirs(null); setRestored(false); open(theirs, null); }}>{t("policies_takeTheirs")}</button>
            <button type="button" class="primary" onClick={() => void save(theirs.revision)}>{t("policies_saveOver")}</button></div></div>
      ) : null}
      <div class={`desk${facts ? " withfacts" : ""}`}>
        <div class="work">
          <div class="filetabs" role="group" aria-label={t("policies_files")}>
            {Object.keys(files).sort().map((f) => {
              const bad = faults.some((x) => x.file === f && x.severity === "error");
              return <button key={f} type="button" aria-pressed={f === path} class={bad ? "bad" : undefined} onClick={() => { setPath(f); setLine(null); }}>{f}{v.files[f] !== files[f] ? " •" : ""}{bad ? <span class="sr"> {t("policies_faulty")}</span> : null}</button>;
            })}
            {writable ? <button type="button" class="quiet" onClick={() => setDialog("add")}>+ {t("policies_addFile")}</button> : null}
            {writable && Object.keys(files).length > 1 ? <button type="button" class="quiet" onClick={() => { const { [path]: _, ...rest } = files; setPath(Object.keys(rest)[0] ?? ""); change(rest); }}>{t("policies_removeFile")}</button> : null}
            {v.kind === "policy" ? <button type="button" class="quiet" aria-pressed={facts} onClick={() => setFacts(!facts)}>{t("policies_facts")}</button> : null}
          </div>
          <Editor path={path} text={files[path] ?? ""} faults={faults} line={line} readOnly={!writable} change={(s) => change({ ...files, [path]: s })} save={() => void save()} check={() => void ask("check")} />
          <p class="hint" id="editorhelp">{writable ? t("policies_editorHelp") : t("policies_readOnly")}</p>
        </div>
        {facts ? <Facts insert={insert} /> : null}
      </div>
      <div class="tabs" role="group" aria-label={t("policies_workbench")}>{panels.map(([p, label]) => <button key={p} type="button" aria-pressed={p === panel} onClick={() => setPanel(p)}>{label}</button>)}</div>
      {panel === "check" ? (
        <div>{tried && rights.write ? <p class="buttons left"><button type="button" disabled={busy !== ""} onClick={() => void ask("check")}>{busy === "check" ? t("loading") : t("policies_check")} <kbd>Ctrl ↵</kbd></button>
          {v.kind === "policy" ? <button type="button" disabled={busy !== ""} onClick={() => void ask("test")}>{busy === "test" ? t("loading") : t("policies_test")}</button> : null}</p> : <p class="dim">{t("policies_untried")}</p>}
          {bench ? <Checked b={bench} goTo={goTo} /> : null}</div>
      ) : panel === "explain" ? <Explain version={id} files={() => now.current} goTo={goTo} first={asked.get("alert") ?? ""} />
        : panel === "replay" ? <ReplayPanel version={id} files={() => now.current} approved={approved} />
        : base ? <Compare a={base.files} b={files} left={base.number ? `#${base.number}` : String(base.id)} right={v.number ? `#${v.number}` : t("policies_this")} />
        : dirty ? <Compare a={v.files} b={files} left={t("policies_savedText")} right={t("policies_this")} /> : <p class="note">{t("policies_same")}</p>}
      {dialog === "add" ? <NameDialog title={t("policies_addFile")} label={t("policies_fileName")} value={v.kind === "policy" ? "lists/except-.csv" : ""} close={() => setDialog(null)}
        done={(s) => { if (s && !(s in files)) { change({ ...files, [s]: s.endsWith(".csv") ? "value,until,owner,note\n" : "" }); setPath(s); } }} /> : null}
      {dialog === "rollout" && v.goods ? <Begin goods={v.goods} policy={v.kind === "policy"} title={`${v.name} #${v.number ?? ""}`} close={() => setDialog(null)} done={(r) => go(`#/rollouts/${r.id}`)} /> : null}
      {dialog && dialog !== "add" && dialog !== "rollout" ? <StepDialog v={v} name={dialog} close={() => setDialog(null)} done={(x) => { keepText(id, x.revision, null); open(x, null); setRestored(false); announce(`${x.name}: ${word("policies_state_", x.state)}`, null); if (dialog === "drop") go(`#/policies/s${x.source}`); }} /> : null}
    </section>
  );
}
