// SPDX-License-Identifier: GPL-3.0-or-later
// The dashboards: a period and an appliance (both in the address), what happened over time, who, what, why not, and what was lost.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../api";
import { Away } from "../away";
import { full, number } from "../format";
import { levelName, t, word } from "../i18n";
import type { Live } from "../live";
import { ErrorNote, Section, Stamp, Time } from "../parts";
import type { Appliance } from "../types";
import { Bars, fill, type Serie } from "./chart";
import "./dash.css";
import { List, Losses, Zones, type Row } from "./lists";
import type { Figures, Total } from "./types";

const presets = ["today", "24h", "7d", "30d", "month", "last"] as const;
type Preset = (typeof presets)[number];
const REFRESH_MS = 15000; /* while alerts come in quick succession */

function stretch(r: string | null, from: string | null, to: string | null): { from: Date; to: Date; name: Preset | null } {
  const now = new Date(), day = new Date(now.getFullYear(), now.getMonth(), now.getDate()), back = (h: number) => new Date(now.getTime() - h * 3600000);
  const own = from && to ? { from: new Date(from), to: new Date(to) } : null;
  if (!r && own && own.from < own.to) return { ...own, name: null };
  if (r === "today") return { from: day, to: now, name: r };
  if (r === "7d") return { from: back(168), to: now, name: r };
  if (r === "30d") return { from: back(720), to: now, name: r };
  if (r === "month") return { from: new Date(now.getFullYear(), now.getMonth(), 1), to: now, name: r };
  if (r === "last") return { from: new Date(now.getFullYear(), now.getMonth() - 1, 1), to: new Date(now.getFullYear(), now.getMonth(), 1), name: r };
  return { from: back(23), to: now, name: "24h" };
}
/** The address of a search for what a figure counts. */
export function searchLink(where: "alerts" | "events", words: string, f: { from: string; to: string }, appliance: string | null): string {
  const iso = (s: string) => s.slice(0, 19) + "Z";
  const q = `${words} from:${iso(f.from)} to:${iso(f.to)}${appliance ? ` appliance:${appliance}` : ""}`.trim();
  return `#/search?${new URLSearchParams({ q, in: where }).toString()}`;
}
export const quoted = (v: string) => (/^[\w.:@/+-]+$/.test(v) ? v : `"${v.replace(/["\\]/g, "\\$&")}"`);

function Figure({ n, before, name, link, hot }: { n: number; before?: number; name: string; link: string | null; hot?: boolean }) {
  return (
    <p class={`figure${hot && n ? " hot" : ""}`}>
      <strong>{link ? <a href={link}>{number(n)}</a> : number(n)}</strong>{name}
      {before !== undefined ? <span class="dim before">{t("dash_before")}: {number(before)}</span> : null}
    </p>
  );
}

export function Dash({ live, asked, go }: { live: Live; asked: string; go: (address: string) => void }) {
  const p = useMemo(() => new URLSearchParams(asked), [asked]), box = p.get("a");
  const [f, setF] = useState<Figures | null>(null), [error, setError] = useState(""), [boxes, setBoxes] = useState<Appliance[]>([]), turn = useRef(0), [kind, setKind] = useState<Total>("alerts");
  const chosen = stretch(p.get("r"), p.get("from"), p.get("to"));
  const load = useCallback(async () => {
    const mine = ++turn.current, s = stretch(p.get("r"), p.get("from"), p.get("to"));
    const q = new URLSearchParams({ from: s.from.toISOString(), to: s.to.toISOString(), ...(box ? { appliance: box } : {}) });
    try {
      const got = await get<Figures>("/dashboard?" + q.toString());
      if (mine !== turn.current) return;
      setF(got);
      setError("");
    } catch {
      if (mine === turn.current) setError(t("failed"));
    }
  }, [p, box]);
  useEffect(() => void load(), [load]);
  useEffect(() => { get<{ items: Appliance[] }>("/appliances").then((a) => setBoxes(a.items)).catch(() => undefined); }, []);
  useEffect(() => {
    let due = 0;
    const stop = live.listen(() => { due ||= window.setTimeout(() => { due = 0; void load(); }, REFRESH_MS); });
    return () => { stop(); clearTimeout(due); };
  }, [live, load]);
  const view = (change: Record<string, string | null>) => {
    const n = new URLSearchParams(p);
    for (const [k, v] of Object.entries(change)) if (v === null) n.delete(k); else n.set(k, v);
    go(`#/overview?${n.toString()}`);
  };
  const find = (where: "alerts" | "events", words: string) => (f ? searchLink(where, words, f, box) : "");
  const rows = useMemo(() => (f ? fill(f.series, f.from, f.to, f.step) : []), [f]);
  const series: Serie[] = kind === "events" ? [{ index: 1, name: t("dash_events"), tone: "docs" }] : kind === "alerts" ? [{ index: 2, name: t("dash_alerts"), tone: "alerts" }] :
    [{ index: 3, name: t("dash_documents"), tone: "docs" }, { index: 4, name: t("dash_marked"), tone: "alerts" }, { index: 5, name: t("dash_unread"), tone: "unread" }];
  const talkers = (list: Figures["sources"], field: string): Row[] => list.map((s) => ({ name: s.ip, shown: <code>{s.ip}</code>, n: s.n, bytes: s.bytes, link: find("events", `type:flow ${field}:${quoted(s.ip)}`) }));
  return (
    <section class="pagepad dash" aria-label={t("dash_title")}>
      <header class="dashhead">
        <h1>{t("dash_title")}</h1>
        <div class="segmented" role="group" aria-label={t("dash_range")}>
          {presets.map((r) => <button key={r} type="button" aria-pressed={chosen.name === r} onClick={() => view({ r, from: null, to: null })}>{t(`dash_r_${r}`)}</button>)}
          {chosen.name === null ? <button type="button" aria-pressed={true}>{t("dash_r_own")}</button> : null}
        </div>
        <label class="select"><span class="sr">{t("appliance")}</span>
          <select value={box ?? ""} onChange={(e) => view({ a: e.currentTarget.value || null })}>
            <option value="">{t("dash_all")}</option>{boxes.map((b) => <option key={b.id} value={b.id}>{b.name}</option>)}
          </select></label>
        <button type="button" class="quiet noprint" onClick={() => print()}>{t("dash_print")}</button>
        <p class="dim span">{f ? `${full(f.from)} – ${full(f.to)}` : " "}</p>
      </header>
      <Away />
      {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
      {!f ? (error ? null : <div class="empty">{t("loading")}</div>) : (
        <>
          {f.since && f.since > f.from ? <p class="note">{t("dash_since")} <Time iso={f.since} long /></p> : null}
          <div class="figures">
            <Figure n={f.open.new + f.open.acknowledged} name={t("dash_open")} link="#/alerts" hot />
            <Figure n={f.totals.alerts} before={f.before.alerts} name={t("dash_alerts")} link={find("alerts", "")} />
            <Figure n={f.totals.documents} before={f.before.documents} name={t("dash_documents")} link={find("events", "type:fileinfo")} />
            <Figure n={f.totals.marked} before={f.before.marked} name={t("dash_marked")} link={find("events", "type:fileinfo level!=none")} />
            <Figure n={f.totals.unread} before={f.before.unread} name={t("dash_unread")} link={find("events", "type:fileinfo read:partial,none")} />
            <Figure n={f.totals.events} before={f.before.events} name={t("dash_events")} link={find("events", "")} />
          </div>
          {!f.totals.events ? <p class="note">{t("dash_noneAll")}</p> : null}
          <Section top title={t("dash_over")}>
            <div class="segmented noprint" role="group" aria-label={t("dash_over")}>
              {(["alerts", "documents", "events"] as const).map((k) => <button key={k} type="button" aria-pressed={kind === k} onClick={() => setKind(k)}>{t(`dash_${k}`)}</button>)}
            </div>
            <Bars rows={rows} series={series} step={f.step} title={t("dash_over")}
              zoom={(from, to) => view({ r: null, from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString() })} />
            <p class="legend">{series.map((s) => <span key={s.index}><span class={`key ${s.tone}`} />{s.name}</span>)}</p>
          </Section>
          <Zones zones={f.zones} link={(zone, dest, level) => find("alerts", `level:${level}${zone ? ` zone:${quoted(zone)}` : ""}${dest ? ` dest_zone:${quoted(dest)}` : ""}`)} />
          <div class="two">
            <List title={t("dash_rules")} head={t("dash_rule")} count={t("dash_alerts")} rows={f.rules.map((r) => ({ name: r.rule, shown: <code>{r.rule}</code>, n: r.n, link: find("alerts", `rule:${quoted(r.rule)}`) }))} />
            <List title={t("dash_levels")} head={t("dash_level")} count={t("dash_count")}
              rows={f.levels.map((l) => ({ name: l.level, shown: l.level === "none" ? <span class="dim">{levelName(l.level)}</span> : <Stamp level={l.level} />, n: l.n, link: find("events", `type:fileinfo level:${l.level}`) }))} />
            <List title={t("dash_unreadTitle")} head={t("dash_reason")} count={t("dash_count")} rows={f.unread.map((u) => ({ name: u.reason, shown: word("unread_", u.reason), n: u.n, link: find("events", `type:fileinfo unread:${quoted(u.reason)}`) }))} />
            <List title={t("dash_protocols")} head={t("dash_protocol")} count={t("dash_connections")} rows={f.protocols.map((x) => ({ name: x.name, shown: <bdi>{x.name}</bdi>, n: x.n, bytes: x.bytes, link: find("events", `type:flow app_proto:${quoted(x.name)}`) }))} />
            <List title={t("dash_sources")} head={t("dash_address")} count={t("dash_connections")} rows={talkers(f.sources, "src_ip")} />
            <List title={t("dash_destinations")} head={t("dash_address")} count={t("dash_connections")} rows={talkers(f.destinations, "dest_ip")} />
          </div>
          <Losses ledger={f.ledger} />
        </>
      )}
    </section>
  );
}
