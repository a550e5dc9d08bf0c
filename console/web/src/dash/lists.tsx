// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of names with bars, each a table, and the matrix of ways and levels. Every figure is a link to what it counts.
import type { ComponentChildren } from "preact";
import { bytes, number } from "../format";
import { levelName, t, word } from "../i18n";
import { Section, Stamp } from "../parts";
import type { Level } from "../types";
import type { Figures } from "./types";

export interface Row { name: string; shown: ComponentChildren; n: number; bytes?: number; link: string | null }

export function Bar({ part }: { part: number }) {
  return <svg class="minibar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width={Math.max(0.8, part * 100)} height="8" /></svg>;
}
/** Rows in the order given; the last, whose name is empty, is the others. */
export function List({ title, head, rows, count }: { title: string; head: string; rows: Row[]; count: string }) {
  const size = (r: Row) => r.bytes ?? r.n, with_bytes = rows.some((r) => r.bytes !== undefined);
  const max = Math.max(1, ...rows.filter((r) => r.name).map(size)), sum = Math.max(1, rows.reduce((a, r) => a + size(r), 0));
  return (
    <Section top title={title}>
      {rows.length ? (
        <table class="dashtable">
          <thead><tr><th scope="col">{head}</th><th class="wide"><span class="sr">{t("dash_share")}</span></th>{with_bytes ? <th scope="col" class="n">{t("dash_bytes")}</th> : null}<th scope="col" class="n">{count}</th></tr></thead>
          <tbody>{rows.map((r) => (
            <tr key={r.name}>
              <th scope="row">{r.name ? r.shown : <span class="dim">{t("dash_others")}</span>}</th>
              <td class="wide">{r.name ? <Bar part={size(r) / max} /> : null}<span class="sr">{`${Math.round((100 * size(r)) / sum)} %`}</span></td>
              {with_bytes ? <td class="n">{bytes(r.bytes)}</td> : null}
              <td class="n">{r.link && r.name ? <a href={r.link}>{number(r.n)}</a> : number(r.n)}</td>
            </tr>))}</tbody>
        </table>
      ) : <p class="dim">{t("dash_none")}</p>}
    </Section>
  );
}

const columns: Level[] = ["tuyet_mat", "toi_mat", "mat", "top_secret", "secret", "confidential", "restricted", "none"];

export function Zones({ zones, link }: { zones: Figures["zones"]; link: (zone: string, dest: string, level: Level) => string }) {
  const used = columns.filter((l) => zones.some((z) => z.level === l));
  const ways = [...new Map(zones.map((z) => [`${z.zone}\u0000${z.dest_zone}`, z])).values()];
  const max = Math.max(1, ...zones.map((z) => z.n)), name = (z: string) => z || t("dash_zoneNone");
  return (
    <Section top title={t("dash_zones")}>
      {ways.length ? (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("dash_zones")}>
          <table class="dashtable matrix">
            <thead><tr><th scope="col">{t("dash_way")}</th>{used.map((l) => <th key={l} scope="col" class="n">{l === "none" ? levelName(l) : <Stamp level={l} />}</th>)}</tr></thead>
            <tbody>{ways.map((w) => (
              <tr key={`${w.zone}→${w.dest_zone}`}>
                <th scope="row"><bdi>{name(w.zone)}</bdi> → <bdi>{name(w.dest_zone)}</bdi></th>
                {used.map((l) => {
                  const n = zones.find((z) => z.zone === w.zone && z.dest_zone === w.dest_zone && z.level === l)?.n ?? 0;
                  return <td key={l} class={`n heat${n ? Math.ceil((4 * n) / max) : 0}`}>{n ? <a href={link(w.zone, w.dest_zone, l)}>{number(n)}</a> : <span class="dim">–</span>}</td>;
                })}
              </tr>))}</tbody>
          </table>
        </div>
      ) : <p class="dim">{t("dash_none")}</p>}
    </Section>
  );
}

export function Losses({ ledger }: { ledger: Figures["ledger"] }) {
  return (
    <Section top title={t("dash_losses")}>
      {ledger.seen.length ? (
        <table class="dashtable">
          <thead><tr><th scope="col">{t("dash_part")}</th><th scope="col" class="n">{t("dash_in")}</th><th scope="col" class="n">{t("dash_lost")}</th><th scope="col">{t("dash_lostWhy")}</th></tr></thead>
          <tbody>{ledger.seen.map((s) => {
            const lost = ledger.lost.filter((l) => l.part === s.part), sum = lost.reduce((a, l) => a + l.n, 0);
            return (
              <tr key={s.part}>
                <th scope="row">{word("ledger_", s.part)}</th><td class="n">{number(s.n)}</td><td class={`n${sum ? " lost" : ""}`}>{number(sum)}</td>
                <td>{lost.length ? lost.map((l) => `${l.reason} ${number(l.n)}`).join(", ") : <span class="dim">{t("dash_loss_none")}</span>}</td>
              </tr>);
          })}</tbody>
        </table>
      ) : <p class="dim">{t("dash_none")}</p>}
    </Section>
  );
}
