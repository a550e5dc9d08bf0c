// SPDX-License-Identifier: GPL-3.0-or-later
// One alert: why in one sentence, then everything that a person needs to decide. All of it is text.
import { UnlockCard } from "../access/unlock";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem } from "../api";
import { bytes, number, text } from "../format";
import { lang, t, word } from "../i18n";
import { Due } from "../inbox/clock";
import { originLink, regionLink } from "../fleet/region";
import type { Live } from "../live";
import { Packets } from "../packets";
import { Action, ErrorNote, Facts, Section, Severity, Stamp, Time } from "../parts";
import type { AlertDetail, HistoryStep } from "../types";
import { Actions } from "./actions";
import "./alert.css";
import { Neighbours, Related } from "./around";
import { contradictions, DocumentCard } from "./document";
import { Transfer } from "./diagram";
import { Policy } from "./policy";

/** Who reported it: an appliance, or a region and the appliance behind it. */
function From({ a }: { a: AlertDetail }) {
  if (!a.origin) return <bdi>{a.appliance.name}</bdi>;
  return <><a href={regionLink(a.appliance.name)}><bdi>{a.appliance.name}</bdi></a> › <a href={originLink(a.appliance.name, a.origin.name)}><bdi>{a.origin.name}</bdi></a></>;
}

function Connection({ a }: { a: AlertDetail }) {
  const c = a.connection, f = c.flow, n = c.ndpi, risks = n?.risks ?? [];
  return (
    <Section title={t("connection")}>
      {risks.length ? <div class="contradictions"><h4>{t("risks")}</h4><ul>{risks.map((r, i) => <li key={i}>{text(r)}</li>)}</ul></div> : null}
      <Facts rows={[
        [t("time"), <Time iso={a.time} long />], [t("received"), <Time iso={a.received} long />],
        [t("appliance"), <><From a={a} />{c.in_iface ? ` · ${c.in_iface}` : ""}</>],
        [t("protocol"), [n?.proto, n?.category].filter(Boolean).join(" · ") || `${c.proto ?? ""} ${c.app_proto ?? ""}`],
        [t("flow"), f ? `${number(Number(f["pkts_toserver"] ?? 0) + Number(f["pkts_toclient"] ?? 0))} ${t("packets")}, ${
          bytes(Number(f["bytes_toserver"] ?? 0) + Number(f["bytes_toclient"] ?? 0))} · ${text(f["state"])}` : ""],
        ["community_id", c.community_id ? <code>{c.community_id}</code> : ""], ["flow_id", c.flow_id ? <code>{c.flow_id}</code> : ""],
        [t("alert_sameFlow"), a.related.same_flow.length ? <a href={`#/search?${new URLSearchParams({ q: `flow_id:${c.flow_id ?? ""}`, in: "events" }).toString()}`}>{number(a.related.same_flow.length)} {t("alert_events")}</a> : ""],
      ]} />
    </Section>
  );
}

function Step({ s }: { s: HistoryStep }) {
  const into = s.action === "escalate" || s.action === "withdraw";
  return (
    <li>
      <p><strong>{s.user ?? t("nobody")}</strong> {word("did_", s.action)}{s.action === "assign" && s.text ? ` → ${s.text}` : ""}{into && s.text ? <> <a href={`#/cases/${s.text}`}>#{s.text}</a></> : null}{s.reason ? `: ${word("reason_", s.reason)}` : ""} <Time iso={s.time} /></p>
      {s.text && s.action !== "assign" && !into ? <blockquote>{s.text}</blockquote> : null}
    </li>
  );
}

export function AlertView({ id, live, me, canAct, mayWrite, maySource, keys, back, changed, open }: {
  id: number; live: Live; me: string | null; canAct: boolean; mayWrite: boolean; maySource: boolean; keys: boolean; back: () => void; changed: () => void; open: (id: number) => void;
}) {
  const [a, setA] = useState<AlertDetail | null>(null), [error, setError] = useState(""), top = useRef<HTMLElement>(null);
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
  const title = (lang() === "vi" ? a.title?.vi : a.title?.en) ?? a.signature ?? a.rule ?? `#${a.id}`;
  const why = a.redacted ? t("alert_withheld") : ((lang() === "vi" ? a.verdict?.reason_vi : a.verdict?.reason) ?? a.signature);
  const wrong = a.document && !a.redacted ? contradictions(a.document) : [];
  return (
    <article class="alert" aria-label={title} tabIndex={-1} ref={top}>
      <button type="button" class="quiet backlink" onClick={back}>← {t("back")}</button>
      <header class="alerthead">
        <p class="meta"><Severity n={a.severity} />#{a.id} · <Time iso={a.time} long /> · <From a={a} />{a.shadow ? ` · ${t("shadow")}` : ""}</p>
        <h2>{title}</h2>
        <p class="stampline"><Stamp level={a.level} large /><Action action={a.action} error={!!a.verdict?.error} />
          <span class={`chip state-${a.state}`}>{word("state", a.state.charAt(0).toUpperCase() + a.state.slice(1))}{a.reason ? `: ${word("alert_reason_", a.reason)}` : ""}</span>
          <span class="dim">{a.state === "closed" ? (a.taken_by ?? "") : a.taken_by ? `${t("takenBy")} ${a.taken_by}` : t("nobody")}</span><Due a={a} long />
          {a.case ? <a class="chip" href={`#/cases/${a.case}`}>{t("cases_case")} {a.case}</a> : null}</p>
        <p class="why">{why}</p>
        {wrong.length ? <p class="chip warn">⚠ {wrong[0]}</p> : null}
        {canAct ? <Actions a={a} me={me} keys={keys} mayWrite={mayWrite} done={() => { void load(); changed(); }} /> : null}
      </header>
      {error ? <ErrorNote text={error} /> : null}
      <div class="cards">
        <UnlockCard alert={a.id} redacted={a.redacted} unlock={a.unlock} canAct={canAct} done={() => void load()} />
        <Transfer a={a} />
        {a.document && !a.redacted ? <DocumentCard d={a.document} name={a.file?.name ?? null} /> : null}
        {a.verdict ? <Policy v={a.verdict} a={a} maySource={maySource} /> : null}
        <Connection a={a} />
        <Related a={a} open={open} />
        <Neighbours a={a} />
        <Packets a={a} canAct={canAct} done={() => void load()} />
        <Section title={t("history")}>
          {a.history.length ? <ol class="history">{a.history.map((s) => <Step key={s.id} s={s} />)}</ol> : <p class="dim">{t("alert_noHistory")}</p>}
        </Section>
        <details class="card raw"><summary>{t("raw")}</summary><pre tabIndex={0}>{JSON.stringify(a.event, null, 2)}</pre></details>
      </div>
    </article>
  );
}
