// SPDX-License-Identifier: GPL-3.0-or-later
// The day in figures.
import { useCallback, useEffect, useState } from "preact/hooks";
import { get } from "./api";
import { bytes, number } from "./format";
import { lang, t } from "./i18n";
import type { Live } from "./live";
import { ErrorNote, Section, Stamp } from "./parts";
import type { Stats } from "./types";

const W = 720, H = 180, PAD = 24;

/** Every hour has its place, also one in which nothing happened. */
function everyHour(given: Stats["by_hour"]): Stats["by_hour"] {
  const known = new Map(given.map((r) => [r[0], r]));
  const last = Math.floor(Date.now() / 3600000) * 3600;
  return Array.from({ length: 24 }, (_, i) => {
    const at = last - (23 - i) * 3600;
    return known.get(at) ?? [at, 0, 0, 0];
  });
}

function Hours({ given }: { given: Stats["by_hour"] }) {
  const rows = everyHour(given);
  const max = Math.max(1, ...rows.map((r) => Math.max(r[1], r[3])));
  const w = (W - PAD) / Math.max(rows.length, 1);
  const hour = (s: number) => new Intl.DateTimeFormat(lang() === "vi" ? "vi-VN" : "en-GB", { hour: "2-digit" }).format(new Date(s * 1000));
  const bar = (n: number) => (n ? Math.max(2, ((H - 40) * n) / max) : 0);
  return (
    <svg viewBox={`0 0 ${W} ${H}`} class="chart" role="img" aria-label={t("byHour")}>
      <text x="0" y="12" class="axis">{number(max)}</text>
      <line x1={PAD} x2={W} y1={H - 20} y2={H - 20} class="base" />
      {rows.map((r, i) => (
        <g key={r[0]}>
          <rect class="bar docs" x={PAD + i * w + w * 0.15} width={w * 0.32} y={H - 20 - bar(r[3])} height={bar(r[3])}><title>{`${hour(r[0])}: ${r[3]} ${t("documentsPerHour")}`}</title></rect>
          <rect class="bar alerts" x={PAD + i * w + w * 0.5} width={w * 0.32} y={H - 20 - bar(r[1])} height={bar(r[1])}><title>{`${hour(r[0])}: ${r[1]} ${t("alertsPerHour")}`}</title></rect>
          {i % 4 === 0 ? <text x={PAD + i * w + w / 2} y={H - 4} class="axis" text-anchor="middle">{hour(r[0])}</text> : null}
        </g>
      ))}
    </svg>
  );
}

export function Overview({ live }: { live: Live }) {
  const [s, setS] = useState<Stats | null>(null), [error, setError] = useState("");
  const load = useCallback(async () => {
    try {
      setS(await get<Stats>("/stats?hours=24"));
      setError("");
    } catch {
      setError(t("failed"));
    }
  }, []);
  useEffect(() => void load(), [load]);
  useEffect(() => live.listen(() => void load()), [live, load]);
  if (!s) return error ? <ErrorNote text={error} retry={() => void load()} /> : <div class="empty">{t("loading")}</div>;
  const open = s.alerts.by_state.new + s.alerts.by_state.acknowledged;
  return (
    <section class="pagepad" aria-label={t("overview")}>
      <h1>{t("overview")}</h1>
      <div class="figures">
        <p class={open ? "figure hot" : "figure"}><strong>{number(open)}</strong>{t("openAlerts")}</p>
        <p class="figure"><strong>{number(s.documents.seen)}</strong>{t("documentsSeen")}</p>
        <p class="figure"><strong>{number(s.documents.transfers)}</strong>{t("transfers")}</p>
        <p class={s.documents.unread ? "figure warm" : "figure"}><strong>{number(s.documents.unread)}</strong>{t("unread")}</p>
        <p class="figure"><strong>{number(s.events.total)}</strong>{t("storedEvents")} ({bytes(s.events.database_bytes)})</p>
      </div>
      <Section top title={t("byHour")}>
        <Hours given={s.by_hour} />
        <p class="legend"><span class="key alerts" />{t("alertsPerHour")} <span class="key docs" />{t("documentsPerHour")}</p>
      </Section>
      <div class="two">
        <Section top title={t("byLevel")}>
          <table class="plain"><tbody>
            {Object.entries(s.documents.by_level).filter(([k, n]) => k !== "none" && n > 0).map(([k, n]) => <tr key={k}><th scope="row"><Stamp level={k} /></th><td>{number(n)}</td></tr>)}
          </tbody></table>
        </Section>
        <Section top title={t("topRules")}>
          <table class="plain"><tbody>{s.rules.map((r) => <tr key={r.rule}><th scope="row"><code>{r.rule}</code></th><td>{number(r.n)}</td></tr>)}</tbody></table>
        </Section>
      </div>
    </section>
  );
}
