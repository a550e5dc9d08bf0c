// SPDX-License-Identifier: GPL-3.0-or-later
// An appliance's ledger: what came in, what went out, what was lost and why.
import { number } from "./format";
import { t, word } from "./i18n";
import type { LedgerRow } from "./types";

export function Ledger({ ledger }: { ledger: Record<string, LedgerRow> }) {
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
