// SPDX-License-Identifier: GPL-3.0-or-later
// What happened around an alert: the same hosts before and after it, the same document elsewhere, documents it resembles.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { about } from "../find/view";
import { number, text } from "../format";
import { t, word } from "../i18n";
import { ErrorNote, Section, Stamp, Time } from "../parts";
import type { AlertDetail, Endpoint, Searched } from "../types";

const WINDOW_MS = 15 * 60000, SHOWN = 60;
interface EventRow { id: number; time: string; type: string; event: Record<string, unknown> }
const address = (e: Endpoint) => (e.ip ?? "?") + (e.port ? `:${e.port}` : "");

function question(a: AlertDetail): string | null {
  const at = Date.parse(a.time), iso = (ms: number) => new Date(ms).toISOString().slice(0, 19) + "Z";
  const hosts = [a.src.ip, a.dest.ip].filter((ip): ip is string => !!ip && /^[0-9a-fA-F.:]+$/.test(ip));
  return hosts.length && !Number.isNaN(at) ? `(${hosts.map((ip) => `ip:${ip}`).join(" OR ")}) from:${iso(at - WINDOW_MS)} to:${iso(at + WINDOW_MS)}` : null;
}

/** Events of both ends a quarter of an hour before and after, looked for only when somebody asks. */
export function Neighbours({ a }: { a: AlertDetail }) {
  const [open, setOpen] = useState(false), [rows, setRows] = useState<EventRow[] | null>(null), [error, setError] = useState(false), [complete, setComplete] = useState(true);
  const q = question(a);
  useEffect(() => {
    if (!open || !q || rows) return;
    get<{ items: EventRow[]; next: number | null; searched: Searched }>("/search?" + new URLSearchParams({ in: "events", q, limit: String(SHOWN) }).toString())
      .then((p) => { setRows([...p.items].sort((x, y) => Date.parse(x.time) - Date.parse(y.time))); setComplete(!p.next && p.searched.complete); }).catch(() => setError(true));
  }, [open, q]);
  if (!q) return null;
  const at = Date.parse(a.time), end = (e: Record<string, unknown>, side: string) => (e[`${side}_ip`] ? text(e[`${side}_ip`]) : "?");
  return (
    <Section title={t("alert_around")}>
      <details onToggle={(e) => setOpen(e.currentTarget.open)}>
        <summary>{t("alert_aroundShow")}</summary>
        {error ? <ErrorNote text={t("failed")} /> : !rows ? <p class="dim">{t("loading")}</p> : !rows.length ? <p class="dim">{t("alert_aroundNone")}</p> : (
          <ol class="around">
            {rows.map((r) => {
              const s = Math.round((Date.parse(r.time) - at) / 1000), self = r.type === "alert" && ["timestamp", "flow_id", "src_ip"].every((k) => text(r.event[k]) === text(a.event[k]));
              return (
                <li key={r.id} class={self ? "self" : ""}>
                  <span class="offset" title={r.time}>{s > 0 ? "+" : s < 0 ? "−" : "±"}{Math.abs(s) < 120 ? `${Math.abs(s)} s` : `${Math.round(Math.abs(s) / 60)} min`}</span>
                  <span class="chip">{r.type}</span>
                  <span>{end(r.event, "src")} → {end(r.event, "dest")}</span> <bdi class="dim">{about(r.event)}</bdi>
                </li>
              );
            })}
          </ol>
        )}
        {rows && !complete ? <p class="hint">{t("alert_aroundMore")}</p> : null}
        <a href={`#/search?${new URLSearchParams({ q, in: "events" }).toString()}`}>{t("alert_aroundAll")}</a>
      </details>
    </Section>
  );
}

export function Related({ a, open }: { a: AlertDetail; open: (id: number) => void }) {
  const similar = a.document?.similar ?? [], rows = a.related.same_document;
  if (!rows.length && !similar.length && a.related.sightings < 2) return null;
  const sha = a.document?.sha256 ?? a.file?.sha256;
  return (
    <Section title={`${t("related")} (${number(a.related.same_document_total)})`}>
      {a.related.sightings ? <p>{t("alert_sightings")}: <strong>{number(a.related.sightings)}</strong> · {t("alert_firstSeen")} <Time iso={a.related.first_seen} long />{sha ? <> · <a href={`#/search?${new URLSearchParams({ q: `sha256:${sha}`, in: "events" }).toString()}`}>{t("alert_everywhere")}</a></> : null}</p> : null}
      {rows.length ? (
        <ul class="elsewhere">
          {rows.map((r) => (
            <li key={r.id}><Time iso={r.time} /> <a href={`#/alerts/${r.id}`} onClick={(e) => { e.preventDefault(); open(r.id); }}>#{r.id}</a> <span>{address(r.src)} → {address(r.dest)}</span> <bdi>{r.file?.name ?? ""}</bdi> <span class="dim">{r.appliance.name} · {word("state", r.state.charAt(0).toUpperCase() + r.state.slice(1))}</span></li>
          ))}
        </ul>
      ) : null}
      {similar.length ? (
        <>
          <h4>{t("alert_similar")}</h4>
          <ul class="similar">{similar.map((s, i) => <li key={i}><meter min={0} max={1} value={s.containment ?? 0} aria-label={`${s.document ?? ""}: ${Math.round((s.containment ?? 0) * 100)} %`} /> <strong>{Math.round((s.containment ?? 0) * 100)} %</strong> {t("alert_ofDocument")} <code>{s.document}</code> <Stamp level={s.level} /></li>)}</ul>
        </>
      ) : null}
    </Section>
  );
}
