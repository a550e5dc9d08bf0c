// SPDX-License-Identifier: GPL-3.0-or-later
// The steps on an alert. What was typed survives a failure; a repeated click or request happens once.
import { useRef, useState } from "preact/hooks";
import { Problem, step } from "../api";
import { CaseChoice, type Chosen } from "../cases/choice";
import { t, word } from "../i18n";
import { Hands, reasons } from "../inbox/steps";
import { titleOf } from "../inbox/row";
import { free, useKeys } from "../keys";
import { Dialog, ErrorNote } from "../parts";
import { announce } from "../undo";
import type { ActionName, AlertDetail, AlertRow, CloseReason } from "../types";
import { Exception } from "./exception";

type More = { reason?: CloseReason; text?: string; to?: string; case?: number };
type Kind = "comment" | "close" | "assign" | "escalate";
const drafts = new Map<string, string>(); /* text by alert and kind, so that nothing typed is lost when the view changes */

function useStep(id: number, done: () => void) {
  const [busy, setBusy] = useState(false), [error, setError] = useState("");
  const key = useRef(crypto.randomUUID());
  const run = async (action: ActionName, more: More): Promise<boolean> => {
    setBusy(true);
    setError("");
    try {
      const r = await step<{ undo: number }>(`/alerts/${id}/actions`, { action, ...more }, key.current);
      announce(`#${id}: ${word("did_", action)}${more.to ? ` → ${more.to}` : more.case ? ` ${more.case}` : ""}`, action === "comment" ? null : r.undo);
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
  return { busy, error, setError, run };
}
type Run = ReturnType<typeof useStep>;

function Ask({ a, kind, me, close, steps, closed }: { a: AlertDetail; kind: Kind; me: string | null; close: () => void; steps: Run; closed: (reason: CloseReason) => void }) {
  const draft = `${a.id}.${kind}`;
  const [text, setText] = useState(drafts.get(draft) ?? ""), [reason, setReason] = useState<CloseReason | null>(null), [to, setTo] = useState(""), [chosen, setChosen] = useState<Chosen | null>(null);
  const { busy, error, run, setError } = steps;
  const submit = async (e: Event) => {
    e.preventDefault();
    let into: number | null = null;
    try {
      into = kind === "escalate" && chosen ? await chosen.make() : null;
    } catch (x) {
      setError(x instanceof Problem && x.status === 0 ? t("offline") : t("failed"));
      return;
    }
    const good = await run(kind, { ...(text.trim() ? { text: text.trim() } : {}), ...(kind === "close" && reason ? { reason } : {}), ...(to ? { to } : {}), ...(into ? { case: into } : {}) });
    if (good) {
      drafts.delete(draft);
      close();
      if (kind === "close" && reason) closed(reason);
    }
  };
  const titles = { close: t("closeTitle"), comment: t("comment"), assign: t("inbox_to"), escalate: t("cases_escalate") };
  return (
    <Dialog title={titles[kind]} onClose={close}>
      <form onSubmit={(e) => void submit(e)}>
        {kind === "close" ? (
          <fieldset>
            <legend class="sr">{t("closeTitle")}</legend>
            {reasons.map((r) => (
              <label key={r} class="choice"><input type="radio" name="reason" value={r} required checked={reason === r} onChange={() => setReason(r)} />{word("reason_", r)}</label>
            ))}
          </fieldset>
        ) : null}
        {kind === "assign" ? <Hands value={to} set={setTo} me={me} /> : null}
        {kind === "escalate" ? <CaseChoice set={setChosen} suggest={[titleOf(a as unknown as AlertRow), a.file?.name].filter(Boolean).join(": ").slice(0, 190)} me={me} /> : null}
        {kind === "close" || kind === "comment" ? (
          <label>{kind === "close" ? t("closeText") : t("commentText")}
            <textarea rows={4} maxLength={4000} required={kind === "comment"} value={text}
              onInput={(e) => { setText(e.currentTarget.value); drafts.set(draft, e.currentTarget.value); }} /></label>
        ) : null}
        {error ? <ErrorNote text={error} /> : null}
        <div class="buttons">
          <button type="button" onClick={close}>{t("cancel")}</button>
          <button class="primary" disabled={busy || (kind === "escalate" && !chosen)}>{kind === "close" ? t("close") : kind === "assign" ? t("inbox_assign") : kind === "escalate" ? t("cases_escalate") : t("save")}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Actions({ a, me, keys, mayWrite, done }: { a: AlertDetail; me: string | null; keys: boolean; mayWrite: boolean; done: () => void }) {
  const steps = useStep(a.id, done), { busy, error, run } = steps;
  const [dialog, setDialog] = useState<Kind | null>(null), [wrong, setWrong] = useState(false);
  useKeys((e) => {
    if (!keys || !free(e)) return;
    if (e.key === "e" && a.state === "new") void run("acknowledge", {});
    else if (e.key === "a" && a.state !== "closed") setDialog("assign");
    else if (e.key === "c") setDialog("comment");
    else if (e.key === "x" && a.state !== "closed") setDialog("close");
    else if (e.key === "s" && !a.case) setDialog("escalate");
    else return;
    e.preventDefault();
  });
  return (
    <div class={`actions${keys ? "" : " keyless"}`}>
      {a.state === "new" ? <button type="button" class="primary" disabled={busy} onClick={() => void run("acknowledge", {})}>{t("acknowledge")} <kbd>e</kbd></button> : null}
      {a.state === "acknowledged" && me && a.taken_by !== me ? <button type="button" disabled={busy} onClick={() => void run("assign", {})}>{t("assign")}</button> : null}
      {a.state !== "closed" ? <button type="button" onClick={() => setDialog("assign")}>{t("inbox_assign")} <kbd>a</kbd></button> : null}
      <button type="button" onClick={() => setDialog("comment")}>{t("comment")} <kbd>c</kbd></button>
      {a.case ? null : <button type="button" onClick={() => setDialog("escalate")}>{t("cases_escalate")} <kbd>s</kbd></button>}
      {a.state !== "closed" ? <button type="button" onClick={() => setDialog("close")}>{t("close")} <kbd>x</kbd></button> :
        <button type="button" disabled={busy} onClick={() => void run("reopen", {})}>{t("reopen")}</button>}
      {a.reason === "false_alarm" ? <button type="button" onClick={() => setWrong(true)}>{t("alert_exception")}</button> : null}
      {error && !dialog ? <ErrorNote text={error} /> : null}
      {dialog ? <Ask a={a} kind={dialog} me={me} close={() => setDialog(null)} steps={steps} closed={(reason) => setWrong(reason === "false_alarm" && !a.redacted)} /> : null}
      {wrong ? <Exception a={a} me={me} mayWrite={mayWrite} close={() => setWrong(false)} /> : null}
    </div>
  );
}
