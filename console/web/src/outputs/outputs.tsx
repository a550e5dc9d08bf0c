// SPDX-License-Identifier: GPL-3.0-or-later
// Outputs: where events go outward, how each of them fares, and a form to make and change them.
import { useCallback, useEffect, useState } from "preact/hooks";
import { del, get, post, Problem } from "../api";
import { number } from "../format";
import { type Key, t, word } from "../i18n";
import { Dialog, Empty, ErrorNote, Facts, Hash, Time } from "../parts";

interface Output {
  id: number; name: string; kind: string; format: string; source: string; query: string; target: string; auth: string; public_key: string | null;
  own_authority: boolean; enabled: boolean; created: string; created_by: string; sent: number; failed: number; refused: number; sent_again: number;
  failures_in_a_row: number; next_try: string | null; last_sent: string | null; last_error: string | null; last_error_time: string | null; behind: number;
  lost: Record<string, number>;
}
interface Changed { output: Output; secret: string | null }
interface Refused { items: { id: number; event: number; time: string; reason: string }[] }
type Draft = { name: string; kind: string; format: string; source: string; query: string; target: string; auth: string; ca: string; enabled: boolean };
const choices: Record<"kind" | "format" | "source" | "auth", string[]> = {
  kind: ["webhook", "syslog", "file"], format: ["eve", "ecs", "ocsf", "cef"], source: ["alerts", "events"], auth: ["none", "hmac-sha256", "ed25519"],
};
const fresh: Draft = { name: "", kind: "webhook", format: "ecs", source: "alerts", query: "", target: "", auth: "hmac-sha256", ca: "", enabled: true };

export function said(e: unknown): string {
  return e instanceof Problem ? (e.message || t("failed")) : t("failed");
}
function Form({ of, done, close }: { of: Output | null; done: (c: Changed) => void; close: () => void }) {
  const [d, setD] = useState<Draft>(of ? { name: of.name, kind: of.kind, format: of.format, source: of.source, query: of.query, target: of.target, auth: of.auth, ca: "", enabled: of.enabled } : fresh);
  const [fault, setFault] = useState("");
  const set = (k: keyof Draft, v: string | boolean) => setD({ ...d, [k]: v });
  const save = async (e: Event) => {
    e.preventDefault();
    const { kind, ca, ...rest } = d;
    try {
      done(await post<Changed>(of ? `/outputs/${of.id}` : "/outputs", { ...rest, ...(of ? {} : { kind }), ...(ca ? { ca } : {}) }));
    } catch (x) {
      setFault(said(x));
    }
  };
  const pick = (k: keyof typeof choices, off = false) => (
    <label>{t(`outputs_${k}` as Key)}
      <select value={d[k]} disabled={off} onChange={(e) => set(k, e.currentTarget.value)}>{choices[k].map((c) => <option key={c} value={c}>{word(`outputs_${k}_`, c)}</option>)}</select>
    </label>);
  return (
    <Dialog title={of ? `${t("outputs_change")}: ${of.name}` : t("outputs_add")} onClose={close}>
      <form class="form" onSubmit={(e) => void save(e)}>
        <label>{t("outputs_name")}<input value={d.name} required maxLength={64} onInput={(e) => set("name", e.currentTarget.value)} /></label>
        {pick("kind", of !== null)}{pick("format")}{pick("source")}
        <label>{t("outputs_target")}<input value={d.target} required maxLength={1024} aria-describedby="outputs-target" onInput={(e) => set("target", e.currentTarget.value)} /></label>
        <p class="dim" id="outputs-target">{t("outputs_targetHelp")}</p>
        <label>{t("outputs_query")}<input value={d.query} maxLength={2048} onInput={(e) => set("query", e.currentTarget.value)} /></label>
        {d.kind === "webhook" ? pick("auth") : null}
        {d.kind !== "file" ? <label>{t("outputs_ca")}<textarea rows={3} value={d.ca} maxLength={16384} onInput={(e) => set("ca", e.currentTarget.value)} /></label> : null}
        <label class="check"><input type="checkbox" checked={d.enabled} onChange={(e) => set("enabled", e.currentTarget.checked)} /> {t("outputs_enabled")}</label>
        {fault ? <p class="fault" role="alert">{fault}</p> : null}
        <p class="buttons"><button type="submit" class="primary">{t("outputs_save")}</button><button type="button" onClick={close}>{t("cancel")}</button></p>
      </form>
    </Dialog>
  );
}
function RefusedList({ o, close, cleared }: { o: Output; close: () => void; cleared: () => void }) {
  const [list, setList] = useState<Refused | null>(null);
  useEffect(() => {
    get<Refused>(`/outputs/${o.id}/refused`).then(setList, () => setList({ items: [] }));
  }, [o.id]);
  return (
    <Dialog title={`${t("outputs_refused")}: ${o.name}`} onClose={close}>
      <ul class="plain">{(list?.items ?? []).map((r) => <li key={r.id}><Time iso={r.time} /> · {number(r.event)} · {r.reason}</li>)}</ul>
      <p class="buttons"><button type="button" onClick={cleared}>{t("outputs_refusedClear")}</button><button type="button" onClick={close}>{t("outputs_close")}</button></p>
    </Dialog>
  );
}
function One({ o, changed, shown }: { o: Output; changed: () => void; shown: (secret: string | null) => void }) {
  const [open, setOpen] = useState<"" | "form" | "sure" | "refused">(""), [trial, setTrial] = useState(""), [good, setGood] = useState(false), [busy, setBusy] = useState(false);
  const act = async (f: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await f();
    } catch (e) {
      setGood(false);
      setTrial(said(e));
    }
    setBusy(false);
    setOpen("");
    changed();
  };
  const test = () => act(async () => {
    const r = await post<{ ok: boolean; reason: string | null }>(`/outputs/${o.id}/test`, {});
    setGood(r.ok);
    setTrial(r.ok ? t("outputs_testGood") : `${t("outputs_testBad")} ${r.reason ?? ""}`);
  });
  const lost = Object.entries(o.lost);
  return (
    <li class="card">
      <header class="line1"><span><span class={`dot ${o.enabled && !o.failures_in_a_row ? "on" : "off"}`} aria-hidden="true" /> <strong>{o.name}</strong></span>
        <span class="chip">{o.enabled ? t("outputs_enabled") : t("outputs_off")}</span></header>
      <p class="dim file">{word("outputs_kind_", o.kind)} · {word("outputs_format_", o.format)} · {word("outputs_source_", o.source)}{o.query ? <> · <code>{o.query}</code></> : null}</p>
      <p class="file">{o.target}</p>
      <p><strong>{number(o.sent)}</strong> {t("outputs_sent")} · {number(o.behind)} {t("outputs_behind")} · {number(o.failed)} {t("outputs_failed")}
        {o.refused ? <> · <span class="lost">{number(o.refused)} {t("outputs_refused")}</span></> : null}</p>
      {lost.length ? <p class="lost">{t("outputs_lost")}: {lost.map(([k, n]) => `${number(n)} ${word("outputs_lost_", k)}`).join(", ")}</p> : null}
      <Facts rows={[[t("outputs_last"), <Time iso={o.last_sent} long />], [t("outputs_next"), o.failures_in_a_row ? <Time iso={o.next_try} long /> : null],
        [t("outputs_lastError"), o.last_error ? <>{o.last_error} <span class="dim"><Time iso={o.last_error_time} /></span></> : null],
        [t("outputs_publicKey"), o.public_key ? <Hash value={o.public_key} /> : null]]} />
      <p role="status" class={trial ? (good ? "okay" : "fault") : "sr"}>{trial}</p>
      <p class="buttons">
        {o.refused ? <button type="button" onClick={() => setOpen("refused")}>{t("outputs_refusedShow")}</button> : null}
        {o.auth !== "none" ? <button type="button" disabled={busy} onClick={() => void act(async () => shown((await post<Changed>(`/outputs/${o.id}/secret`, {})).secret))}>{t("outputs_secretNew")}</button> : null}
        <button type="button" disabled={busy} onClick={() => void test()}>{t("outputs_test")}</button>
        <button type="button" onClick={() => setOpen("form")}>{t("outputs_change")}</button>
        <button type="button" onClick={() => setOpen("sure")}>{t("outputs_remove")}</button>
      </p>
      {open === "form" ? <Form of={o} close={() => setOpen("")} done={(c) => { setOpen(""); shown(c.secret); changed(); }} /> : null}
      {open === "refused" ? <RefusedList o={o} close={() => setOpen("")} cleared={() => void act(() => post(`/outputs/${o.id}/refused/clear`, {}))} /> : null}
      {open === "sure" ? <Dialog title={`${t("outputs_remove")}: ${o.name}`} onClose={() => setOpen("")}>
        <p>{t("outputs_removeSure")}</p>
        <p class="buttons"><button type="button" class="primary" onClick={() => void act(() => del(`/outputs/${o.id}`))}>{t("outputs_remove")}</button><button type="button" onClick={() => setOpen("")}>{t("cancel")}</button></p>
      </Dialog> : null}
    </li>
  );
}
export function Outputs() {
  const [list, setList] = useState<{ items: Output[]; outlet: boolean } | null>(null), [error, setError] = useState("");
  const [form, setForm] = useState(false), [secret, setSecret] = useState<string | null>(null);
  const load = useCallback(async () => {
    try {
      setList(await get<{ items: Output[]; outlet: boolean }>("/outputs"));
      setError("");
    } catch {
      setError(t("failed"));
    }
  }, []);
  useEffect(() => {
    void load();
    const id = setInterval(() => void load(), 10000);
    return () => clearInterval(id);
  }, [load]);
  return (
    <section class="pagepad" aria-label={t("outputs")}>
      <div class="line1"><h1>{t("outputs")}</h1><button type="button" class="primary" onClick={() => setForm(true)}>{t("outputs_add")}</button></div>
      <p class="dim">{t("outputs_intro")}</p>
      {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
      {list && !list.outlet ? <p class="fault">{t("outputs_outlet")}</p> : null}
      {secret ? <div class="card"><p>{t("outputs_secret")}</p><p><code class="file">{secret}</code></p><p class="buttons"><button type="button" onClick={() => setSecret(null)}>{t("outputs_close")}</button></p></div> : null}
      {list && !list.items.length ? <Empty title={t("outputs")} text={t("outputs_none")} /> : null}
      <ul class="grid">{(list?.items ?? []).map((o) => <One key={o.id} o={o} changed={() => void load()} shown={setSecret} />)}</ul>
      {form ? <Form of={null} close={() => setForm(false)} done={(c) => { setForm(false); setSecret(c.secret); void load(); }} /> : null}
    </section>
  );
}
