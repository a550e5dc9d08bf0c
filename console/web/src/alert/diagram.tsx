// SPDX-License-Identifier: GPL-3.0-or-later
// Who sent what to whom by which protocol: a small picture, and the same as text.
import { bytes, text } from "../format";
import { t } from "../i18n";
import { Facts, Section } from "../parts";
import type { AlertDetail, Endpoint } from "../types";

/** Strings of the wire cut to what fits a picture; the whole stands below it. */
const cut = (s: string, n: number) => ([...s].length > n ? [...s].slice(0, n - 1).join("") + "…" : s);
const strip = (s: string) => s.replace(/^<|>$/g, "");
const known = (v: unknown) => { const s = v === undefined || v === null ? "" : text(v); return s === "–" ? "" : s; };

function people(a: AlertDetail): [string, string] {
  const mail = a.protocol["email"], smtp = a.protocol["smtp"], http = a.protocol["http"], tls = a.protocol["tls"];
  if (mail ?? smtp) return [strip(known(mail?.["from"] ?? smtp?.["mail_from"])), strip(known(mail?.["to"] ?? smtp?.["rcpt_to"]))];
  const host = known(http?.["hostname"] ?? tls?.["sni"]);
  return a.connection.direction === "to_client" ? [host, ""] : ["", host];
}

function Machine({ x, y, e, role, who, zone }: { x: number; y: number; e: Endpoint; role: string; who: string; zone: string }) {
  return (
    <g transform={`translate(0 ${y})`}>
      <rect class="machine" x={x} y="12" width="150" height="96" rx="9" />
      <text class="role" x={x + 75} y="31">{role}{zone ? ` · ${cut(zone, 14)}` : ""}</text>
      <path class="glyph" d={`M${x + 59} 40h32v20h-32z M${x + 53} 65h44`} />
      <text class="ip" x={x + 75} y="84">{cut(e.ip ?? "?", 21)}</text>
      <text class="whom" x={x + 75} y="100">{cut(who || (e.port ? `:${e.port}` : ""), 24)}</text>
    </g>
  );
}

export function Transfer({ a }: { a: AlertDetail }) {
  const mail = a.protocol["email"], http = a.protocol["http"], tls = a.protocol["tls"], smb = a.protocol["smb"];
  const [from, to] = people(a), app = (a.app_proto ?? a.connection.app_proto ?? a.connection.proto ?? "").toUpperCase();
  const name = a.file?.name ?? "", stopped = a.verdict?.enforced === true || a.action === "block";
  const zones = (a.verdict?.facts ?? []).reduce<Record<string, string>>((z, f) => (f.path === "zone.src" || f.path === "zone.dest" ? { ...z, [f.path]: text(f.value) } : z), {});
  const label = name || (a.redacted ? t("alert_withheldName") : t("alert_noFile")), size = a.file?.size ? bytes(a.file.size) : "", how = `${app}${a.dest.port ? ` · ${a.connection.proto ?? ""}/${a.dest.port}` : ""}`;
  const said = `${from || a.src.ip || "?"} → ${to || a.dest.ip || "?"}: ${name} (${app})`;
  return (
    <Section title={t("transfer")}>
      <figure class="transfer">
        <svg class="wide" viewBox="0 0 560 120" role="img" aria-label={said}>
          <Machine x={4} y={0} e={a.src} role={t("from")} who={from} zone={zones["zone.src"] ?? ""} />
          <Machine x={406} y={0} e={a.dest} role={t("to")} who={to} zone={zones["zone.dest"] ?? ""} />
          <path class={`flow${stopped ? " stopped" : ""}`} d="M160 62H396" />
          <path class={`head${stopped ? " stopped" : ""}`} d="M386 56l12 6-12 6z" />
          <text class="what" x="278" y="32">{cut(label, 32)}</text>
          <text class="how" x="278" y="47">{size}</text>
          <text class="how" x="278" y="84">{how}</text>
          {stopped ? <path class="cut" d="M270 54l16 16M286 54l-16 16" /> : null}
        </svg>
        <svg class="tall" viewBox="0 0 300 276" role="img" aria-label={said}>
          <Machine x={75} y={-8} e={a.src} role={t("from")} who={from} zone={zones["zone.src"] ?? ""} />
          <Machine x={75} y={160} e={a.dest} role={t("to")} who={to} zone={zones["zone.dest"] ?? ""} />
          <path class={`flow${stopped ? " stopped" : ""}`} d="M60 106V160" />
          <path class={`head${stopped ? " stopped" : ""}`} d="M54 156l6 12 6-12z" />
          <text class="what" x="178" y="123">{cut(label, 30)}</text>
          <text class="how" x="178" y="139">{size}</text>
          <text class="how" x="178" y="155">{how}</text>
          {stopped ? <path class="cut" d="M52 124l16 16M68 124l-16 16" /> : null}
        </svg>
        <figcaption class="ends"><span><strong>{a.src.ip ?? "?"}</strong>{a.src.port ? `:${a.src.port}` : ""} {from ? <bdi>{from}</bdi> : null}</span><span aria-hidden="true">→</span>
          <span><strong>{a.dest.ip ?? "?"}</strong>{a.dest.port ? `:${a.dest.port}` : ""} {to ? <bdi>{to}</bdi> : null}</span></figcaption>
      </figure>
      <Facts rows={[
        [t("subject"), mail ? text(mail["subject"]) : ""], [t("cc"), mail ? text(mail["cc"]) : ""], [t("attachments"), mail ? text(mail["attachment"]) : ""],
        [t("url"), http ? `${text(http["http_method"])} ${text(http["hostname"])}${text(http["url"])}` : ""], [t("status"), http ? known(http["status"]) : ""],
        [t("agent"), http ? known(http["http_user_agent"]) : ""],
        [t("alert_share"), smb ? [known(smb["share"]), known(smb["filename"])].filter(Boolean).join(" ") : ""],
        ["TLS", tls ? [known(tls["version"]), known(tls["sni"]), known(tls["subject"]), known(tls["issuerdn"])].filter(Boolean).join(" · ") : ""],
        ["JA4", tls ? known(tls["ja4"]) : ""],
      ]} />
    </Section>
  );
}
