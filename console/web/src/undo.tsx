// SPDX-License-Identifier: GPL-3.0-or-later
// What was done just now, in one line with the way back; and steps on all alerts that match a question.
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, step } from "./api";
import { number } from "./format";
import { t, word } from "./i18n";
import { Dialog, ErrorNote } from "./parts";
import type { ActionName, CloseReason, ManyResult } from "./types";

interface Done { text: string; undo: number | null }
const SHOWN_MS = 20000;
const listeners = new Set<(d: Done) => void>();
export function announce(text: string, undo: number | null): void {
  for (const f of listeners) f({ text, undo });
}

/** The line, and the key z. */
export function UndoLine() {
  const [done, setDone] = useState<Done | null>(null), key = useRef("");
  useEffect(() => {
    const f = (d: Done) => { key.current = crypto.randomUUID(); setDone(d); };
    listeners.add(f);
    return () => { listeners.delete(f); };
  }, []);
  const back = async () => {
    if (!done?.undo) return;
    try {
      const r = await step<ManyResult>(`/undo/${done.undo}`, {}, key.current);
      setDone({ text: `${t("undone")}: ${number(r.changed)}${r.unchanged ? ` · ${t("untouched")}: ${number(r.unchanged)}` : ""}`, undo: null });
    } catch (e) {
      setDone({ text: e instanceof Problem && e.status === 0 ? t("offline") : t("failed"), undo: e instanceof Problem && e.status === 0 ? done.undo : null });
    }
  };
  useEffect(() => {
    if (!done) return;
    const id = setTimeout(() => setDone(null), SHOWN_MS);
    const onKey = (e: KeyboardEvent) => {
      const in_text = e.target instanceof HTMLElement && /INPUT|TEXTAREA|SELECT/.test(e.target.tagName);
      if (e.key === "z" && !in_text && !e.ctrlKey && !e.metaKey && !e.altKey && !document.querySelector("dialog[open]")) void back();
    };
    addEventListener("keydown", onKey);
    return () => { clearTimeout(id); removeEventListener("keydown", onKey); };
  }, [done]);
  return (
    <div class="undo" role="status" hidden={!done}>
      {done ? <><span>{done.text}</span>{done.undo ? <button type="button" onClick={() => void back()}>{t("undo")} <kbd>z</kbd></button> : null}</> : null}
    </div>
  );
}

const reasons: CloseReason[] = ["confirmed", "false_alarm", "permitted"];

/** One step on all that match: says how many before, and afterwards what came of it. */
export function All({ query, count, exact, done }: { query: string; count: number; exact: boolean; done: () => void }) {
  const [action, setAction] = useState<ActionName | null>(null), [reason, setReason] = useState<CloseReason | null>(null), [text, setText] = useState("");
  const [busy, setBusy] = useState(false), [error, setError] = useState(""), key = useRef(crypto.randomUUID());
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError("");
    try {
      const r = await step<ManyResult>("/alerts/actions", { action, query, tz: -new Date().getTimezoneOffset(), ...(action === "close" && reason ? { reason } : {}),
        ...(text.trim() ? { text: text.trim() } : {}) }, key.current);
      announce(`${t("matched")}: ${number(r.matched)} · ${t("changed")}: ${number(r.changed)} · ${t("untouched")}: ${number(r.unchanged)}${
        r.failed.length ? ` · ${t("failedCount")}: ${number(r.failed.length)}` : ""}${r.remaining ? ` · ${t("moreRemain")}` : ""}`, r.undo);
      key.current = crypto.randomUUID();
      setAction(null);
      done();
    } catch (x) {
      setError(x instanceof Problem && x.status === 0 ? t("offline") : `${t("failed")}: ${x instanceof Problem ? x.message : ""}`);
      if (x instanceof Problem && x.status > 0 && x.status < 500) key.current = crypto.randomUUID();
    }
    setBusy(false);
  };
  const label = `${number(count)}${exact ? "" : "+"}`;
  return (
    <div class="all">
      <span class="dim">{t("allMatching")} ({label}):</span>
      <button type="button" class="small" onClick={() => setAction("acknowledge")}>{t("acknowledge")}</button>
      <button type="button" class="small" onClick={() => setAction("close")}>{t("close")}</button>
      {action ? (
        <Dialog title={`${action === "close" ? t("closeTitle") : t("acknowledge")} · ${label}`} onClose={() => setAction(null)}>
          <form onSubmit={(e) => void submit(e)}>
            <p>{t("allExplained")} <code>{query}</code></p>
            {action === "close" ? (
              <>
                <fieldset><legend class="sr">{t("closeTitle")}</legend>
                  {reasons.map((r) => <label key={r} class="choice"><input type="radio" name="reason" value={r} required checked={reason === r} onChange={() => setReason(r)} />{word("reason_", r)}</label>)}
                </fieldset>
                <label>{t("closeText")}<textarea rows={3} maxLength={4000} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
              </>
            ) : null}
            {error ? <ErrorNote text={error} /> : null}
            <div class="buttons"><button type="button" onClick={() => setAction(null)}>{t("cancel")}</button>
              <button class="primary" disabled={busy}>{busy ? t("loading") : `${action === "close" ? t("close") : t("acknowledge")} · ${label}`}</button></div>
          </form>
        </Dialog>
      ) : null}
    </div>
  );
}
