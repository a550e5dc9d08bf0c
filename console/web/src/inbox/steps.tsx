// SPDX-License-Identifier: GPL-3.0-or-later
// Steps on several alerts at once: those that were picked, a heap, or all that match. Says how many before, what came of
// it afterwards, and leaves a way back. What was typed survives a failure; a repeated click happens once.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, step } from "../api";
import { number } from "../format";
import { t, word, type Key } from "../i18n";
import { free, useKeys } from "../keys";
import { Dialog, ErrorNote } from "../parts";
import { announce } from "../undo";
import { CaseChoice, type Chosen } from "../cases/choice";
import type { CloseReason, ManyResult } from "../types";
import { zone } from "./model";

export type Target = { ids: number[] } | { query: string };
type Kind = "acknowledge" | "assign" | "comment" | "close" | "escalate";
export const reasons: CloseReason[] = ["confirmed", "false_alarm", "permitted"];
const titles: Record<Kind, Key> = { acknowledge: "acknowledge", assign: "inbox_assign", comment: "comment", close: "closeTitle", escalate: "cases_escalate" };
const verbs: Record<Kind, Key> = { acknowledge: "acknowledge", assign: "inbox_assign", comment: "comment", close: "close", escalate: "cases_escalate" };

/** Who can be given an alert. */
export function Hands({ value, set, me }: { value: string; set: (name: string) => void; me: string | null }) {
  const [names, setNames] = useState<string[] | null>(null), [error, setError] = useState(false);
  useEffect(() => { get<{ items: { name: string }[] }>("/hands").then((r) => setNames(r.items.map((x) => x.name))).catch(() => setError(true)); }, []);
  if (error) return <ErrorNote text={t("failed")} />;
  return (
    <label>{t("inbox_to")}
      <select required value={value} onChange={(e) => set(e.currentTarget.value)}>
        <option value="" disabled>{names ? t("inbox_choose") : t("loading")}</option>
        {names?.map((n) => <option key={n} value={n}>{n}{n === me ? ` (${t("inbox_me")})` : ""}</option>)}
      </select>
    </label>
  );
}

export function outcome(r: ManyResult): string {
  return `${t("matched")}: ${number(r.matched)} · ${t("changed")}: ${number(r.changed)} · ${t("untouched")}: ${number(r.unchanged)}${
    r.failed.length ? ` · ${t("failedCount")}: ${number(r.failed.length)}` : ""}${r.remaining ? ` · ${t("moreRemain")}` : ""}`;
}

function Step({ kind, target, label, me, suggest, close, done }: { kind: Kind; target: Target; label: string; me: string | null; suggest: string; close: () => void; done: () => void }) {
  const [reason, setReason] = useState<CloseReason | null>(null), [text, setText] = useState(""), [to, setTo] = useState(""), [chosen, setChosen] = useState<Chosen | null>(null);
  const [busy, setBusy] = useState(false), [error, setError] = useState(""), key = useRef(crypto.randomUUID());
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError("");
    try {
      const into = kind === "escalate" && chosen ? await chosen.make() : null;
      const r = await step<ManyResult>("/alerts/actions", { action: kind, ...target, ...("query" in target ? { tz: zone() } : {}), ...(kind === "close" && reason ? { reason } : {}),
        ...(kind === "assign" ? { to } : {}), ...(into ? { case: into } : {}), ...(text.trim() ? { text: text.trim() } : {}) }, key.current);
      announce(`${into ? `${t("cases_case")} ${into} · ` : ""}${outcome(r)}`, kind === "comment" ? null : r.undo);
      close();
      done();
    } catch (x) {
      setError(x instanceof Problem && x.status === 0 ? t("offline") : `${t("failed")}: ${x instanceof Problem ? x.message : ""}`);
      if (x instanceof Problem && x.status > 0 && x.status < 500) key.current = crypto.randomUUID();
    }
    setBusy(false);
  };
  return (
    <Dialog title={`${t(titles[kind])} · ${label}`} onClose={close}>
      <form onSubmit={(e) => void submit(e)}>
        {"query" in target ? <p>{t("allExplained")} <code>{target.query}</code></p> : null}
        {kind === "assign" ? <Hands value={to} set={setTo} me={me} /> : null}
        {kind === "escalate" ? <CaseChoice set={setChosen} suggest={suggest} me={me} /> : null}
        {kind === "close" ? (
          <fieldset><legend class="sr">{t("closeTitle")}</legend>
            {reasons.map((r) => <label key={r} class="choice"><input type="radio" name="reason" value={r} required checked={reason === r} onChange={() => setReason(r)} />{word("reason_", r)}</label>)}
          </fieldset>
        ) : null}
        {kind === "close" || kind === "comment" ? (
          <label>{kind === "close" ? t("closeText") : t("commentText")}
            <textarea rows={3} maxLength={4000} required={kind === "comment"} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
        ) : null}
        {error ? <ErrorNote text={error} /> : null}
        <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button>
          <button class="primary" disabled={busy || (kind === "escalate" && !chosen)}>{busy ? t("loading") : `${t(verbs[kind])} · ${label}`}</button></div>
      </form>
    </Dialog>
  );
}

/** The steps as buttons; with keys they answer to e a c x s, too. */
export function Steps({ target, label, name, me, suggest, keys, clear, done }: {
  target: Target; label: string; name: string; me: string | null; suggest: string; keys?: boolean; clear?: () => void; done: () => void;
}) {
  const [kind, setKind] = useState<Kind | null>(null);
  const kinds: [Kind, string][] = [["acknowledge", "e"], ["assign", "a"], ["comment", "c"], ["close", "x"], ["escalate", "s"]];
  useKeys((e) => {
    const found = keys && kinds.find(([, k]) => k === e.key);
    if (!found || !free(e)) return;
    setKind(found[0]);
    e.preventDefault();
  });
  return (
    <div class="all" role="group" aria-label={name}>
      <span class="dim">{name} ({label}):</span>
      {kinds.map(([k]) => <button key={k} type="button" class="small" onClick={() => setKind(k)}>{t(k === "escalate" ? "cases_escalateShort" : verbs[k])}</button>)}
      {clear ? <button type="button" class="quiet small" onClick={clear}>{t("inbox_clear")}</button> : null}
      {kind ? <Step kind={kind} target={target} label={label} me={me} suggest={suggest} close={() => setKind(null)} done={done} /> : null}
    </div>
  );
}
