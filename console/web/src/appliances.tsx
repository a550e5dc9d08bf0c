// SPDX-License-Identifier: GPL-3.0-or-later
// Appliances: when each was last heard, and its ledger: what came in, what went out, what was lost and why.
import { useCallback, useEffect, useState } from "preact/hooks";
import { get } from "./api";
import { ago, number, utc } from "./format";
import { t, word } from "./i18n";
import type { Live } from "./live";
import { Empty, ErrorNote, Time } from "./parts";
import type { Appliance, LedgerRow } from "./types";

function Ledger({ ledger }: { ledger: Record<string, LedgerRow> }) {
  return (
    <table class="ledger">
      <thead><tr><th scope="col">{t("ledger")}</th><th scope="col">{t("in")}</th><th scope="col">{t("out")}</th><th scope="col">{t("lost")}</th></tr></thead>
      <tbody>
        {Object.entries(ledger).map(([name, r]) => {
          const lost = Object.entries(r.lost ?? {}).filter(([, n]) => n > 0);
          return (
            <tr key={name}>
              <th scope="row">{word("ledger_", name)}</th><td>{number(r.in)}</td><td>{number(r.out)}</td>
              <td class={lost.length ? "lost" : "dim"}>{lost.length ? lost.map(([k, n]) => `${k} ${number(n)}`).join(", ") : t("nothingLost")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function One({ a }: { a: Appliance }) {
  const age = a.last_heard ? Date.now() - new Date(a.last_heard).getTime() : Infinity;
  return (
    <li class="card appliance">
      <header><span class={`dot ${age < 120000 ? "on" : "off"}`} aria-hidden="true" /><h2>{a.name}</h2>
        <span class="dim" title={utc(a.last_heard)}>{t("heard")}: {ago(a.last_heard)}</span></header>
      <p class="dim">{number(a.alerts)} {t("alerts").toLowerCase()} · {number(a.records)} {t("records")} · {number(a.batches)} {t("batches")}
        {a.clock_offset_ms !== null && Math.abs(a.clock_offset_ms) > 60000 ? ` · ${t("clock")} ${number(Math.round(a.clock_offset_ms / 1000))} s` : ""}
        {Object.entries(a.versions).map(([k, v]) => ` · ${k} ${v}`).join("")}</p>
      {a.ledger ? <><Ledger ledger={a.ledger} /><p class="dim"><Time iso={a.ledger_time} long /></p></> : <p class="dim">{t("ledgerNone")}</p>}
      {a.offered !== null && a.offered > a.batches + 1 ? <p class="lost">{t("waitsFor")} {number(a.batches + 1)}–{number(a.offered - 1)}</p> : null}
      {a.holes.map((h) => (
        <p key={h.first} class={h.missing ? "lost" : "dim"}>{t("hole")} {number(h.first)}–{number(h.last)} ({number(h.missing)} {t("missing")}): {h.reason}</p>
      ))}
      <p class="dim"><code>{a.id}</code></p>
    </li>
  );
}

export function Appliances({ live }: { live: Live }) {
  const [list, setList] = useState<Appliance[] | null>(null), [error, setError] = useState("");
  const load = useCallback(async () => {
    try {
      setList((await get<{ items: Appliance[] }>("/appliances")).items);
      setError("");
    } catch {
      setError(t("failed"));
    }
  }, []);
  useEffect(() => void load(), [load]);
  useEffect(() => live.listen(() => void load()), [live, load]);
  useEffect(() => {
    const id = setInterval(() => void load(), 30000);
    return () => clearInterval(id);
  }, [load]);
  return (
    <section class="pagepad" aria-label={t("appliances")}>
      <h1>{t("appliances")}</h1>
      {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
      {list && !list.length ? <Empty title={t("appliances")} text={t("noAppliances")} /> : null}
      <ul class="grid">{(list ?? []).map((a) => <One key={a.id} a={a} />)}</ul>
    </section>
  );
}
