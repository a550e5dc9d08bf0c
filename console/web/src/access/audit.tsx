// SPDX-License-Identifier: GPL-3.0-or-later
// The audit: who did what, when, from where; filtered, as a file, and its signed head.
import { useCallback, useEffect, useState } from "preact/hooks";
import { get, post } from "../api";
import { t, word } from "../i18n";
import { Empty, ErrorNote, Hash, Time } from "../parts";
import { said } from "./second";
import type { AuditPage, AuditRow } from "./types";

function question(f: { actor: string; action: string; object: string }): string {
  return Object.entries(f).filter(([, v]) => v).map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join("&");
}
export function Audit() {
  const [f, setF] = useState({ actor: "", action: "", object: "" }), [asked, setAsked] = useState("");
  const [rows, setRows] = useState<AuditRow[]>([]), [next, setNext] = useState<number | null>(null), [head, setHead] = useState<AuditPage["head"]>(null), [error, setError] = useState("");
  const load = useCallback((before: number | null) => {
    get<AuditPage>(`/audit?limit=100${asked ? "&" + asked : ""}${before ? `&before=${before}` : ""}`).then((p) => {
      setRows((r) => (before ? [...r, ...p.items] : p.items));
      setNext(p.next);
      setHead(p.head);
      setError("");
    }, (x) => setError(said(x)));
  }, [asked]);
  useEffect(() => load(null), [load]);
  const sign = () => { post<{ head: AuditPage["head"] }>("/audit/head", {}).then((x) => setHead(x.head), (x) => setError(said(x))); };
  const field = (k: "actor" | "action" | "object") => <label>{t(`access_audit_${k}`)}<input maxLength={200} value={f[k]} onInput={(e) => setF({ ...f, [k]: e.currentTarget.value })} /></label>;
  return (
    <div class="pagebody">
      <h1>{t("access_audit")}</h1>
      <p class="dim">{t("access_auditHelp")}</p>
      <form class="filters" onSubmit={(e) => { e.preventDefault(); setAsked(question(f)); }}>
        {field("actor")}{field("action")}{field("object")}
        <button class="primary">{t("access_filter")}</button>
        <a class="button" href={`/api/v1/audit/csv${asked ? "?" + asked : ""}`} download="gatehouse-audit.csv">CSV</a>
      </form>
      {error ? <ErrorNote text={error} retry={() => load(null)} /> : null}
      {rows.length ? (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("access_audit")}>
          <table class="plain"><thead><tr><th scope="col">{t("time")}</th><th scope="col">{t("access_audit_actor")}</th><th scope="col">{t("access_audit_action")}</th><th scope="col">{t("access_audit_object")}</th><th scope="col">{t("access_audit_address")}</th></tr></thead>
            <tbody>{rows.map((r) => (
              <tr key={r.id}><td><Time iso={r.time} long /></td><td><bdi>{r.actor}</bdi></td><td>{word("access_did_", r.action)}</td><td><bdi>{r.object}</bdi>{r.detail ? <span class="dim"> <bdi>{r.detail}</bdi></span> : null}</td><td>{r.address}</td></tr>))}</tbody></table>
        </div>) : <Empty title={t("access_auditNone")} />}
      {next ? <p class="buttons"><button type="button" onClick={() => load(next)}>{t("access_older")}</button></p> : null}
      <p class="dim">{t("access_head")} {head ? <><Hash value={head.head} /> <Time iso={head.signed} long /></> : "–"} <button type="button" class="small" onClick={sign}>{t("access_sign")}</button></p>
    </div>
  );
}
