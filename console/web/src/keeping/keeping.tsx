// SPDX-License-Identifier: GPL-3.0-or-later
// How long events stay, with what a rule would do before it is made; and legal holds.
import { useCallback, useEffect, useState } from "preact/hooks";
import { del, get, post, Problem } from "../api";
import { number } from "../format";
import { levelName, t, word } from "../i18n";
import { Empty, ErrorNote, Time } from "../parts";

interface Rule { id: number; event_type: string | null; level: string | null; days: number; forgotten: number; last_pass: string | null; created_by: string }
interface Hold { id: number; kind: string; number: number | null; identity: string | null; name: string | null; reason: string; created: string; created_by: string; ended: string | null; ended_by: string | null }
interface Preview { complete: boolean; older_than: string; events: number; held: number }
const types = ["flow", "fileinfo", "http", "smtp", "dns", "tls", "anomaly", "stats", "ftp", "smb", "nfs", "ssh", "quic", "dhcp", "krb5", "rdp", "imap", "pop3", "ldap", "audit"];
const levels = ["none", "restricted", "confidential", "secret", "top_secret", "mat", "toi_mat", "tuyet_mat"];
const kinds = ["case", "alert", "document", "appliance"];

function said(e: unknown): string {
  return e instanceof Problem ? (e.message || t("failed")) : t("failed");
}
function RuleForm({ done }: { done: () => void }) {
  const [type, setType] = useState(""), [level, setLevel] = useState(""), [days, setDays] = useState("90");
  const [preview, setPreview] = useState<Preview | null>(null), [fault, setFault] = useState("");
  const run = async (f: () => Promise<void>) => {
    try {
      await f();
      setFault("");
    } catch (e) {
      setFault(said(e));
    }
  };
  const look = () => run(async () => setPreview(await get<Preview>(`/retention/preview?days=${encodeURIComponent(days)}${type ? `&event_type=${type}` : ""}${level ? `&level=${level}` : ""}`)));
  const make = (e: Event) => {
    e.preventDefault();
    void run(async () => {
      await post("/retention", { days: Number(days), ...(type ? { event_type: type } : {}), ...(level ? { level } : {}) });
      setPreview(null);
      done();
    });
  };
  return (
    <form class="card inline" onSubmit={make}>
      <label>{t("keeping_type")}<select value={type} onChange={(e) => { setType(e.currentTarget.value); setPreview(null); }}><option value="">{t("keeping_any")}</option>{types.map((x) => <option key={x} value={x}>{x}</option>)}</select></label>
      <label>{t("keeping_level")}<select value={level} onChange={(e) => { setLevel(e.currentTarget.value); setPreview(null); }}><option value="">{t("keeping_any")}</option>{levels.map((x) => <option key={x} value={x}>{levelName(x)}</option>)}</select></label>
      <label>{t("keeping_days")}<input type="number" min={1} max={36500} required value={days} onInput={(e) => { setDays(e.currentTarget.value); setPreview(null); }} /></label>
      <p role="status" class={preview ? "okay" : "sr"}>{preview ? (preview.complete ?
        <>{t("keeping_would")} <strong>{number(preview.events)}</strong> {t("keeping_older")} <Time iso={preview.older_than} long />{preview.held ? <> · {number(preview.held)} {t("keeping_but")}</> : null}. {t("keeping_sure")}</> : t("keeping_slow")) : ""}</p>
      {fault ? <p class="fault" role="alert">{fault}</p> : null}
      <p class="buttons"><button type="button" onClick={() => void look()}>{t("keeping_preview")}</button><button type="submit" class="primary" disabled={!preview}>{t("keeping_add")}</button></p>
    </form>
  );
}
function HoldForm({ done }: { done: () => void }) {
  const [kind, setKind] = useState("case"), [ref, setRef] = useState(""), [reason, setReason] = useState(""), [fault, setFault] = useState("");
  const make = async (e: Event) => {
    e.preventDefault();
    const named = kind === "document" || kind === "appliance";
    try {
      await post("/holds", { kind, reason, ...(named ? { identity: ref.trim().toLowerCase() } : { number: Number(ref) }) });
      setRef("");
      setReason("");
      setFault("");
      done();
    } catch (x) {
      setFault(said(x));
    }
  };
  return (
    <form class="card inline" onSubmit={(e) => void make(e)}>
      <label>{t("keeping_kind")}<select value={kind} onChange={(e) => setKind(e.currentTarget.value)}>{kinds.map((k) => <option key={k} value={k}>{word("keeping_kind_", k)}</option>)}</select></label>
      <label>{t("keeping_ref")}<input required maxLength={64} value={ref} onInput={(e) => setRef(e.currentTarget.value)} /></label>
      <label>{t("keeping_reason")}<input required maxLength={500} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
      {fault ? <p class="fault" role="alert">{fault}</p> : null}
      <p class="buttons"><button type="submit" class="primary">{t("keeping_hold")}</button></p>
    </form>
  );
}
export function Keeping() {
  const [rules, setRules] = useState<Rule[] | null>(null), [holds, setHolds] = useState<Hold[] | null>(null), [error, setError] = useState("");
  const load = useCallback(async () => {
    try {
      const [r, h] = await Promise.all([get<{ items: Rule[] }>("/retention"), get<{ items: Hold[] }>("/holds")]);
      setRules(r.items);
      setHolds(h.items);
      setError("");
    } catch {
      setError(t("failed"));
    }
  }, []);
  const act = async (f: () => Promise<unknown>) => {
    try {
      await f();
    } catch (e) {
      setError(said(e));
    }
    void load();
  };
  useEffect(() => void load(), [load]);
  return (
    <section class="pagepad" aria-label={t("keeping")}>
      <h1>{t("keeping")}</h1>
      <p class="dim">{t("keeping_intro")}</p>
      {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
      <h2>{t("keeping_rules")}</h2>
      {rules && !rules.length ? <Empty title={t("keeping_rules")} text={t("keeping_noRules")} /> : null}
      <ul class="grid">{(rules ?? []).map((r) => (
        <li key={r.id} class="card">
          <p><strong>{r.event_type ?? t("keeping_any")} · {r.level ? levelName(r.level) : t("keeping_any")} · {number(r.days)} {t("keeping_daysOf")}</strong></p>
          <p class="dim">{number(r.forgotten)} {t("keeping_forgotten")} · {t("keeping_pass")} <Time iso={r.last_pass} /> · {r.created_by}</p>
          <p class="buttons"><button type="button" onClick={() => void act(() => del(`/retention/${r.id}`))}>{t("keeping_remove")}</button></p>
        </li>))}
      </ul>
      <RuleForm done={() => void load()} />
      <h2>{t("keeping_holds")}</h2>
      {holds && !holds.length ? <Empty title={t("keeping_holds")} text={t("keeping_noHolds")} /> : null}
      <ul class="grid">{(holds ?? []).map((h) => (
        <li key={h.id} class="card">
          <p><strong>{word("keeping_kind_", h.kind)} {h.name ?? h.number ?? ""}</strong></p>
          {h.identity && !h.name ? <p class="file"><code>{h.identity}</code></p> : null}
          <p>{h.reason}</p>
          <p class="dim">{t("keeping_since")} <Time iso={h.created} long /> · {h.created_by}{h.ended ? <> · {t("keeping_ended")} <Time iso={h.ended} long /> · {h.ended_by}</> : null}</p>
          {h.ended ? null : <p class="buttons"><button type="button" onClick={() => void act(() => post(`/holds/${h.id}/end`, {}))}>{t("keeping_end")}</button></p>}
        </li>))}
      </ul>
      <HoldForm done={() => void load()} />
    </section>
  );
}
