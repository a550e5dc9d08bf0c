// SPDX-License-Identifier: GPL-3.0-or-later
// The steps on an alert. What was typed survives a failure; a repeated click or request happens once.
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, step } from "./api";
import { t, word } from "./i18n";
import { Dialog, ErrorNote } from "./parts";
import { announce } from "./undo";
import type { ActionName, AlertDetail, CloseReason } from "./types";

const reasons: CloseReason[] = ["confirmed", "false_alarm", "permitted"];
const drafts = new Map<string, string>(); /* text by alert and kind, so that nothing typed is lost when the view changes */

function useStep(id: number, done: () => void) {
  const [busy, setBusy] = useState(false), [error, setError] = useState("");
  const key = useRef(crypto.randomUUID());
  const run = async (action: ActionName, more: { reason?: CloseReason; text?: string }): Promise<boolean> => {
    setBusy(true);
    setError("");
    try {
      const r = await step<{ undo: number }>(`/alerts/${id}/actions`, { action, ...more }, key.current);
      announce(`#${id}: ${word("did_", action)}`, action === "comment" ? null : r.undo);
      key.current = crypto.randomUUID();
      setBusy(false);
      done();
      return true;
    } catch (e) {
      setError(e instanceof Problem && e.status === 0 ? t("offline") : `${t("failed")}: ${e instanceof Problem ? e.message : ""}`);
      if (e instanceof Problem && e.status > 0 && e.status < 500) key.current = crypto.randomUUID();
      setBusy(false);
      return false;
    }
  };
  return { busy, error, run };
}

function TextStep({ a, kind, close, run, busy, error }: {
  a: AlertDetail; kind: "comment" | "close"; close: () => void; busy: boolean; error: string;
  run: (action: ActionName, more: { reason?: CloseReason; text?: string }) => Promise<boolean>;
}) {
  const draft = `${a.id}.${kind}`;
  const [text, setText] = useState(drafts.get(draft) ?? ""), [reason, setReason] = useState<CloseReason | null>(null);
  const submit = async (e: Event) => {
    e.preventDefault();
    const good = await run(kind, { ...(text.trim() ? { text: text.trim() } : {}), ...(kind === "close" && reason ? { reason } : {}) });
    if (good) {
      drafts.delete(draft);
      close();
    }
  };
  return (
    <Dialog title={kind === "close" ? t("closeTitle") : t("comment")} onClose={close}>
      <form onSubmit={(e) => void submit(e)}>
        {kind === "close" ? (
          <fieldset>
            <legend class="sr">{t("closeTitle")}</legend>
            {reasons.map((r) => (
              <label key={r} class="choice"><input type="radio" name="reason" value={r} required checked={reason === r} onChange={() => setReason(r)} />{word("reason_", r)}</label>
            ))}
          </fieldset>
        ) : null}
        <label>{kind === "close" ? t("closeText") : t("commentText")}
          <textarea rows={4} maxLength={4000} required={kind === "comment"} value={text}
            onInput={(e) => { setText(e.currentTarget.value); drafts.set(draft, e.currentTarget.value); }} /></label>
        {error ? <ErrorNote text={error} /> : null}
        <div class="buttons">
          <button type="button" onClick={close}>{t("cancel")}</button>
          <button class="primary" disabled={busy}>{kind === "close" ? t("close") : t("save")}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Actions({ a, me, done }: { a: AlertDetail; me: string | null; done: () => void }) {
  const { busy, error, run } = useStep(a.id, done);
  const [dialog, setDialog] = useState<"comment" | "close" | null>(null);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const in_text = e.target instanceof HTMLElement && /INPUT|TEXTAREA|SELECT/.test(e.target.tagName);
      if (in_text || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
      if (e.key === "e" && a.state === "new") void run("acknowledge", {});
      else if (e.key === "a" && a.state !== "closed" && me && a.taken_by !== me) void run("assign", {});
      else if (e.key === "c") setDialog("comment");
      else if (e.key === "x" && a.state !== "closed") setDialog("close");
      else return;
      e.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [a.state, a.id, a.taken_by, me]);
  return (
    <div class="actions">
      {a.state === "new" ? <button type="button" class="primary" disabled={busy} onClick={() => void run("acknowledge", {})}>{t("acknowledge")} <kbd>e</kbd></button> : null}
      {a.state === "acknowledged" && me && a.taken_by !== me ? <button type="button" disabled={busy} onClick={() => void run("assign", {})}>{t("assign")} <kbd>a</kbd></button> : null}
      <button type="button" onClick={() => setDialog("comment")}>{t("comment")} <kbd>c</kbd></button>
      {a.state !== "closed" ? <button type="button" onClick={() => setDialog("close")}>{t("close")} <kbd>x</kbd></button> :
        <button type="button" disabled={busy} onClick={() => void run("reopen", {})}>{t("reopen")}</button>}
      {error && !dialog ? <ErrorNote text={error} /> : null}
      {dialog ? <TextStep a={a} kind={dialog} close={() => setDialog(null)} run={run} busy={busy} error={error} /> : null}
    </div>
  );
}
