// SPDX-License-Identifier: GPL-3.0-or-later
// How noisy each rule is: what it raised, how that ended, and which rules take more attention than they are worth.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { number } from "../format";
import { t } from "../i18n";
import type { Live } from "../live";
import { Empty, ErrorNote, Time } from "../parts";

interface Noise { rule: string; alerts: number; open: number; confirmed: number; false_alarm: number; permitted: number; last: string | null; policy: string | null }
const spans = [7, 30, 90, 365], ENOUGH = 5;

export function RuleNoise({ live }: { live: Live }) {
  const [days, setDays] = useState(30), [rows, setRows] = useState<Noise[] | null>(null), [error, setError] = useState(false);
  const load = () => { get<{ items: Noise[] }>(`/noise?days=${days}`).then((r) => { setRows(r.items); setError(false); }).catch(() => setError(true)); };
  useEffect(load, [days]);
  useEffect(() => live.listen(load), [live, days]);
  const closed = (r: Noise) => r.confirmed + r.false_alarm + r.permitted, right = (r: Noise) => (closed(r) ? Math.round((100 * (r.confirmed + r.permitted)) / closed(r)) : null);
  const wasted = rows?.reduce((n, r) => n + r.false_alarm, 0) ?? 0, all = rows?.reduce((n, r) => n + closed(r), 0) ?? 0;
  return (
    <div class="pagepad noise">
      <h1>{t("noise_title")}</h1>
      <p class="dim">{t("noise_explained")}</p>
      <div class="order"><label><span class="sr">{t("noise_days")}</span><select value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>{spans.map((d) => <option key={d} value={d}>{number(d)} {t("clock_days")}</option>)}</select></label></div>
      {error ? <ErrorNote text={t("failed")} retry={load} /> : null}
      {rows && all ? <p>{t("noise_budget")}: <strong>{number(Math.round((100 * wasted) / all))} %</strong> ({number(wasted)} / {number(all)}) {wasted >= days / 10 ? ` · ${number(Math.round((10 * wasted) / days) / 10)} ${t("noise_perDay")}` : ""}</p> : null}
      {rows && !rows.length ? <Empty title={t("noise_none")} text={t("noise_noneHint")} /> : null}
      {rows?.length ? (
        <div class="card scrollx" tabIndex={0} role="group" aria-label={t("noise_title")}>
          <table class="plain"><thead><tr>{[t("rule"), t("noise_alerts"), t("inbox_open"), t("noise_confirmed"), t("noise_permitted"), t("noise_false"), t("noise_right"), t("noise_last")].map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead><tbody>
            {rows.map((r) => {
              const p = right(r), noisy = p !== null && p < 50 && closed(r) >= ENOUGH;
              return (
                <tr key={r.rule}><th scope="row"><a href={`#/alerts?${new URLSearchParams({ q: `rule:"${r.rule}" last:${days}d`, state: "all" }).toString()}`}><code>{r.rule}</code></a> {noisy ? <span class="chip warn">{t("noise_noisy")}</span> : null}</th>
                  <td>{number(r.alerts)}</td><td>{number(r.open)}</td><td>{number(r.confirmed)}</td><td>{number(r.permitted)}</td><td>{number(r.false_alarm)}</td>
                  <td>{p === null ? "–" : <><meter min={0} max={100} low={50} optimum={100} value={p} aria-label={`${r.rule}: ${p} %`} /> {p} %</>}</td><td><Time iso={r.last} /></td></tr>
              );
            })}
          </tbody></table>
        </div>
      ) : null}
    </div>
  );
}
