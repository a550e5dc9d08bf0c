// SPDX-License-Identifier: GPL-3.0-or-later
// Consoles above one another: the appliances behind a region with the region's account of each, and what this console tells the one above it.
import { quoted } from "../dash/view";
import { number } from "../format";
import { t, word } from "../i18n";
import { Time } from "../parts";
import type { Account, Origin, Parent } from "./types";

const sum = (by: Record<string, number>) => Object.values(by).reduce((a, n) => a + n, 0);
const alerts = (q: string) => `#/search?${new URLSearchParams({ q, in: "alerts" }).toString()}`;

/** The search for what a region's appliances reported, and for one of them. */
export const regionLink = (name: string) => alerts(`region:${quoted(name)}`);
export const originLink = (region: string, name: string) => alerts(`region:${quoted(region)} origin:${quoted(name)}`);

function By({ by, prefix }: { by: Record<string, number>; prefix: string }) {
  const rows = Object.entries(by);
  return rows.length ? <span class="dim"> ({rows.map(([k, n], i) => <span key={k}>{i ? ", " : ""}<bdi>{word(prefix, k)}</bdi> {number(n)}</span>)})</span> : null;
}
/** in = forwarded + redacted + filtered (by rule) + lost (by reason) */
export function Sum({ a }: { a: Account }) {
  return (
    <p class="account">
      <strong>{number(a.in)}</strong> {t("fleet_r_in")} = <strong>{number(a.forwarded)}</strong> {t("fleet_r_forwarded")} + <strong>{number(a.redacted)}</strong> {t("fleet_r_redacted")}
      {" + "}<strong>{number(sum(a.filtered))}</strong> {t("fleet_r_filtered")}<By by={a.filtered} prefix="fleet_rf_" />
      {" + "}<strong class={sum(a.lost) ? "lost" : ""}>{number(sum(a.lost))}</strong> {t("fleet_r_lost")}<By by={a.lost} prefix="fleet_rl_" />
    </p>
  );
}

export function Origins({ region, origins }: { region: string; origins: Origin[] }) {
  return (
    <div class="origins">
      <p><a href={regionLink(region)}>{t("fleet_r_alerts")}</a></p>
      {origins.length ? (
        <ul>{origins.map((o) => (
          <li key={o.id} class="origin">
            <p class="originhead">
              <strong><a href={originLink(region, o.name)}><bdi>{o.name}</bdi></a></strong>
              <span class="dim">{t("fleet_heard")}: <Time iso={o.last_heard} long /></span>
              <span class="dim">{t("fleet_r_batches")} {number(o.first_batch)}–{number(o.newest_batch)}</span>
              <span class="dim">{number(o.alerts)} {t("fleet_r_alertcount")}</span>
              {o.missing_batches ? <span class="chip warn">{number(o.missing_batches)} {t("fleet_r_missing")}</span> : null}
              {o.lost ? <span class="chip warn">{number(o.lost)} {t("fleet_r_boxlost")}</span> : null}
              <span class={o.agrees ? "chip" : "chip warn"}>{o.agrees ? "✓" : "⚠"} {t(o.agrees ? "fleet_r_agrees" : "fleet_r_differs")}</span>
            </p>
            <Sum a={o.account} />
            {o.agrees ? null : <p class="note">{t("fleet_r_differsText")} {number(o.received)} {t("fleet_r_came")}, {number(o.account.forwarded + o.account.redacted)} {t("fleet_r_claimed")}.</p>}
            {o.missing_batches ? <p class="note">{t("fleet_r_missingText")}</p> : null}
            <p class="dim"><code>{o.id}</code></p>
          </li>))}</ul>) : <p class="dim">{t("fleet_r_none")}</p>}
    </div>
  );
}

/** In a region's own console: one line on what goes up, and the account behind it. */
export function ParentNote({ p }: { p: Parent }) {
  if (!p.on) return null;
  const way = Math.max(0, p.recorded - p.received);
  return (
    <details class={p.trouble ? "note parent" : "parent"}>
      <summary>{t("fleet_u_reports")} <strong><bdi>{p.region}</bdi></strong>: {t("fleet_u_newest")} {number(p.recorded)}
        {way ? `, ${number(way)} ${t("fleet_u_way")}` : `, ${t("fleet_u_all")}`}{p.waiting ? ` · ${number(p.waiting)} ${t("fleet_u_waiting")}` : ""}
        {p.trouble ? <> · {t("fleet_u_trouble")}: <bdi>{p.trouble}</bdi></> : null}</summary>
      <Sum a={p.ledger} />
      <p class="dim">{t("fleet_u_policy")} <bdi>{p.policy || "–"}</bdi> · {t("fleet_u_since")} <Time iso={p.since} long /></p>
    </details>
  );
}
