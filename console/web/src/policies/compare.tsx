// SPDX-License-Identifier: GPL-3.0-or-later
// Two texts side by side in one column, line by line; signs, not colours alone, say what is what.
import { t } from "../i18n";
import { around, diff } from "./diff";
import type { Files } from "./types";

export function Compare({ a, b, left, right }: { a: Files; b: Files; left: string; right: string }) {
  const paths = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().filter((p) => a[p] !== b[p]);
  if (!paths.length) return <p class="note">{t("policies_same")}</p>;
  return (
    <div class="compare">
      <p class="dim"><span class="minus">− {left}</span> · <span class="plus">+ {right}</span></p>
      {paths.map((p) => (
        <section key={p}><p><strong><code>{p}</code></strong>{a[p] === undefined ? ` (${t("policies_new")})` : b[p] === undefined ? ` (${t("policies_gone")})` : ""}</p>
          <pre class="diff" tabIndex={0}>{around(diff(a[p] ?? "", b[p] ?? "")).map((r, i) => r
            ? <span key={i} class={r.sign === "+" ? "plus" : r.sign === "-" ? "minus" : ""}><i>{r.a ?? ""}</i><i>{r.b ?? ""}</i>{r.sign === "-" ? "−" : r.sign} {r.text}{"\n"}</span>
            : <span key={i} class="gap">⋯{"\n"}</span>)}</pre></section>
      ))}
    </div>
  );
}
