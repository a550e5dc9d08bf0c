// SPDX-License-Identifier: GPL-3.0-or-later
// One alert: why in one sentence, then everything that a person needs to decide. All of it is text.
import { useCallback, useEffect, useState } from "preact/hooks";
import { Actions } from "./actions";
import { get, Problem } from "./api";
import { DocumentCard } from "./document";
import { bytes, number, text } from "./format";
import { lang, sentence, t, word } from "./i18n";
import type { Live } from "./live";
import { Packets } from "./packets";
import { Action, ErrorNote, Facts, Section, Severity, Stamp, Time } from "./parts";
import type { AlertDetail, Endpoint, HistoryStep, Verdict } from "./types";

const address = (e: Endpoint) => (e.ip ?? "?") + (e.port ? `:${e.port}` : "");

function End({ e, role, name }: { e: Endpoint; role: string; name: string }) {
  return (
    <div class="end"><span class="dim">{role}</span><strong>{e.ip ?? "?"}</strong>{e.port ? <span class="dim">:{e.port}</span> : null}
      {name && name !== "–" ? <span class="who">{name}</span> : null}</div>
  );
}

/** Sender → what by which protocol → receiver. */
function Transfer({ a }: { a: AlertDetail }) {
  const mail = a.protocol["email"], smtp = a.protocol["smtp"], http = a.protocol["http"];
  const sent_up = a.connection.direction !== "to_client";
  return (
    <Section title={t("transfer")}>
      <div class="transfer">
        <End e={a.src} role={t("from")} name={mail ? text(mail["from"] ?? smtp?.["mail_from"]) : sent_up ? "" : text(http?.["hostname"])} />
        <div class="arrow" aria-hidden="true"><span>{(a.app_proto ?? a.connection.proto ?? "").toUpperCase()}</span></div>
        <End e={a.dest} role={t("to")} name={mail ? text(mail["to"] ?? smtp?.["rcpt_to"]) : sent_up ? text(http?.["hostname"]) : ""} />
      </div>
      <Facts rows={[
        [t("subject"), mail ? text(mail["subject"]) : ""], [t("cc"), mail ? text(mail["cc"]) : ""], [t("attachments"), mail ? text(mail["attachment"]) : ""],
        [t("url"), http ? `${text(http["http_method"])} ${text(http["hostname"])}${text(http["url"])}` : ""], [t("status"), http ? text(http["status"]) : ""],
        [t("agent"), http ? text(http["http_user_agent"]) : ""],
      ]} />
    </Section>
  );
}

function Policy({ v, a }: { v: Verdict; a: AlertDetail }) {
  const yesno = (value: boolean | undefined, yes: string, no: string, why?: string) => (value === undefined ? "" : value ? yes : why ? `${no}: ${sentence(why)}` : no);
  return (
    <Section title={t("policy")}>
      <Facts rows={[
        [t("rule"), <code>{v.rule ?? a.rule ?? ""}{v.where ? ` · ${v.where}` : ""}</code>], [t("version"), v.policy ?? ""],
        [t("verdict"), <Action action={v.action} />],
        [t("enforced"), yesno(v.enforced, t("enforcedYes"), t("enforcedNo"), v.enforced_reason)],
        [t("quarantined"), yesno(v.quarantined, t("quarantinedYes"), t("quarantinedNo"), v.quarantine_reason)],
      ]} />
      {v.facts?.length ? (
        <details open>
          <summary>{t("decidedBy")}</summary>
          <table class="plain"><tbody>
            {v.facts.map((f, i) => <tr key={i}><th scope="row"><code>{f.path}</code></th><td>{text(f.value).slice(0, 300)}</td></tr>)}
          </tbody></table>
        </details>
      ) : null}
    </Section>
  );
}

function Connection({ a }: { a: AlertDetail }) {
  const c = a.connection, f = c.flow, n = c.ndpi;
  return (
    <Section title={t("connection")}>
      <Facts rows={[
        [t("time"), <Time iso={a.time} long />], [t("received"), <Time iso={a.received} long />],
        [t("appliance"), `${a.appliance.name}${c.in_iface ? ` · ${c.in_iface}` : ""}`],
        [t("protocol"), [n?.proto, n?.category].filter(Boolean).join(" · ") || `${c.proto ?? ""} ${c.app_proto ?? ""}`],
        [t("risks"), n?.risks?.length ? n.risks.map(text).join("; ") : ""],
        [t("flow"), f ? `${number(Number(f["pkts_toserver"] ?? 0) + Number(f["pkts_toclient"] ?? 0))} ${t("packets")}, ${
          bytes(Number(f["bytes_toserver"] ?? 0) + Number(f["bytes_toclient"] ?? 0))} · ${text(f["state"])}` : ""],
        ["community_id", c.community_id ? <code>{c.community_id}</code> : ""], ["flow_id", c.flow_id ? <code>{c.flow_id}</code> : ""],
      ]} />
    </Section>
  );
}

function Step({ s }: { s: HistoryStep }) {
  return (
    <li>
      <p><strong>{s.user ?? t("nobody")}</strong> {word("did_", s.action)}{s.action === "assign" && s.text ? ` → ${s.text}` : ""}{s.reason ? `: ${word("reason_", s.reason)}` : ""} <Time iso={s.time} /></p>
      {s.text && s.action !== "assign" ? <blockquote>{s.text}</blockquote> : null}
    </li>
  );
}

function Related({ a, open }: { a: AlertDetail; open: (id: number) => void }) {
  if (!a.related.same_document.length) return null;
  return (
    <Section title={`${t("related")} (${number(a.related.same_document_total)})`}>
      <table class="plain"><tbody>
        {a.related.same_document.map((r) => (
          <tr key={r.id}>
            <td><Time iso={r.time} /></td><td>{address(r.src)} → {address(r.dest)}</td><td>{r.file_name}</td><td>{r.appliance.name}</td>
            <td><a href={`#/alerts/${r.id}`} onClick={(e) => { e.preventDefault(); open(r.id); }}>#{r.id}</a></td>
          </tr>
        ))}
      </tbody></table>
    </Section>
  );
}

export function AlertView({ id, live, me, canAct, back, changed, open }: {
  id: number; live: Live; me: string | null; canAct: boolean; back: () => void; changed: () => void; open: (id: number) => void;
}) {
  const [a, setA] = useState<AlertDetail | null>(null), [error, setError] = useState("");
  const load = useCallback(async () => {
    try {
      setA(await get<AlertDetail>(`/alerts/${id}`));
      setError("");
    } catch (e) {
      setError(e instanceof Problem && e.status === 404 ? t("gone") : e instanceof Problem && e.status === 0 ? t("offline") : t("failed"));
    }
  }, [id]);
  useEffect(() => void load(), [load]);
  useEffect(() => live.listen((alert) => { if (alert === id) void load(); }), [live, load, id]);

  if (!a) return error ? <ErrorNote text={error} retry={() => void load()} /> : <div class="empty">{t("loading")}</div>;
  const title = (lang() === "vi" ? a.title?.vi : a.title?.en) ?? a.signature;
  const why = (lang() === "vi" ? a.verdict?.reason_vi : a.verdict?.reason) ?? a.signature;
  return (
    <article class="alert" aria-label={title}>
      <button type="button" class="quiet backlink" onClick={back}>← {t("back")}</button>
      <header class="alerthead">
        <p class="meta"><Severity n={a.severity} />#{a.id} · <Time iso={a.time} long /> · {a.appliance.name}{a.shadow ? ` · ${t("shadow")}` : ""}</p>
        <h2>{title}</h2>
        <p class="stampline"><Stamp level={a.level} large /><Action action={a.action} error={!!a.verdict?.error} />
          <span class={`chip state-${a.state}`}>{word("state", a.state.charAt(0).toUpperCase() + a.state.slice(1))}</span>
          <span class="dim">{a.taken_by ? `${t("takenBy")} ${a.taken_by}` : t("nobody")}</span></p>
        <p class="why">{why}</p>
        {canAct ? <Actions a={a} me={me} done={() => { void load(); changed(); }} /> : null}
      </header>
      {error ? <ErrorNote text={error} /> : null}
      <div class="cards">
        {a.document ? <DocumentCard d={a.document} name={a.file?.name ?? null} /> : null}
        <Transfer a={a} />
        {a.verdict ? <Policy v={a.verdict} a={a} /> : null}
        <Connection a={a} />
        <Packets a={a} canAct={canAct} done={() => void load()} />
        <Section title={t("history")}>
          {a.history.length ? <ol class="history">{a.history.map((s) => <Step key={s.id} s={s} />)}</ol> : <p class="dim">{t("nobody")}</p>}
        </Section>
        <Related a={a} open={open} />
        <details class="card raw"><summary>{t("raw")}</summary><pre tabIndex={0}>{JSON.stringify(a.event, null, 2)}</pre></details>
      </div>
    </article>
  );
}
