// SPDX-License-Identifier: GPL-3.0-or-later
// Which rule decided, where it stands, and what it looked at.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { text } from "../format";
import { sentence, t } from "../i18n";
import { Action, Facts, Section } from "../parts";
import type { AlertDetail, Verdict } from "../types";

const AROUND = 12;
interface Source { id: number; name: string; versions?: { id: number; number: number | null; label: string; state: string }[] }
interface Version { label: string; files: Record<string, string> }
interface Lines { path: string; version: string; first: number; at: number; lines: string[] }

/** "state-secrets/policy.lua:17": a used bundle's file and its line. */
export function place(where: string): { bundle: string; file: string; line: number } | null {
  const m = /^(?:([^/:]+)\/)?([^:]+):(\d+)$/.exec(where);
  return m ? { bundle: m[1] ?? "", file: m[2] ?? "", line: Number(m[3]) } : null;
}
/** The lines around the one that decided, from what this console keeps of the policy; null: it keeps none of this version. */
async function linesOf(a: AlertDetail, where: string): Promise<Lines | null> {
  const p = place(where), at = (a.policy ?? "").split("@"), name = p?.bundle || at[0] || "";
  if (!p) return null;
  const list = (await get<{ items: Source[] }>("/policies")).items.filter((s) => s.name === name || s.name === at[0]);
  for (const s of list) {
    const versions = ((await get<Source>(`/policies/${s.id}`)).versions ?? []).filter((v) => v.number !== null);
    const kept = versions.find((v) => s.name === at[0] && v.label === at[1]) ?? versions[0];
    const version = kept ? await get<Version>(`/policies/versions/${kept.id}`) : null, source = version?.files[p.file];
    if (!version || !source) continue;
    const first = Math.max(1, p.line - 3);
    return { path: `${s.name}/${p.file}`, version: version.label, first, at: p.line, lines: source.split("\n").slice(first - 1, p.line + AROUND) };
  }
  return null;
}

function RuleSource({ a, where }: { a: AlertDetail; where: string }) {
  const [lines, setLines] = useState<Lines | null | undefined>(undefined);
  useEffect(() => {
    let over = false;
    linesOf(a, where).then((l) => { if (!over) setLines(l); }).catch(() => { if (!over) setLines(null); });
    return () => { over = true; };
  }, [a.id, where]);
  if (!lines) return lines === null ? <p class="dim">{t("alert_noSource")}</p> : null;
  return (
    <div class="source" role="group" tabIndex={0} aria-label={`${lines.path}:${lines.at}`}>
      <p class="dim">{lines.path} · {lines.version}</p>
      <ol start={lines.first}>{lines.lines.map((l, i) => <li key={i} class={lines.first + i === lines.at ? "deciding" : ""}><code>{l || " "}</code></li>)}</ol>
    </div>
  );
}

export function Policy({ v, a, maySource }: { v: Verdict; a: AlertDetail; maySource: boolean }) {
  const yesno = (value: boolean | undefined, yes: string, no: string, why?: string) => (value === undefined ? "" : value ? yes : why ? `${no}: ${sentence(why)}` : no);
  return (
    <Section title={t("policy")}>
      <Facts rows={[
        [t("rule"), <a href={`#/alerts?${new URLSearchParams({ q: `rule:"${v.rule ?? a.rule ?? ""}"`, state: "all" }).toString()}`}><code>{v.rule ?? a.rule ?? ""}</code></a>],
        [t("alert_where"), v.where ? <code>{v.where}</code> : ""], [t("version"), v.policy ?? ""],
        [t("verdict"), <Action action={v.action} />],
        [t("enforced"), yesno(v.enforced, t("enforcedYes"), t("enforcedNo"), v.enforced_reason)],
        [t("quarantined"), yesno(v.quarantined, t("quarantinedYes"), t("quarantinedNo"), v.quarantine_reason)],
      ]} />
      {v.facts?.length ? (
        <details open>
          <summary>{t("decidedBy")}</summary>
          <table class="plain"><tbody>
            {v.facts.map((f, i) => <tr key={i}><th scope="row"><code>{f.path}</code></th><td>{text(f.value).slice(0, 300)}</td></tr>)}
          </tbody></table>
        </details>
      ) : null}
      {v.where && maySource ? <details><summary>{t("alert_source")}</summary><RuleSource a={a} where={v.where} /></details> : null}
    </Section>
  );
}
