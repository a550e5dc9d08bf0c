// SPDX-License-Identifier: GPL-3.0-or-later
// One alert in a list.
import { lang, t } from "../i18n";
import { Action, Severity, Stamp, Time } from "../parts";
import type { AlertRow } from "../types";
import { Due } from "./clock";

export function titleOf(a: AlertRow): string {
  return (lang() === "vi" ? a.title?.vi : a.title?.en) ?? a.signature ?? a.rule ?? `#${a.id}`;
}

export interface RowProps { a: AlertRow; open: boolean; fresh: boolean; picked: boolean; pick: ((more: boolean) => void) | null; select: () => void; inside?: boolean }

export function Row({ a, open, fresh, picked, pick, select, inside }: RowProps) {
  return (
    <li class={`${fresh ? "fresh" : ""}${picked ? " picked" : ""}`}>
      {pick ? <label class="pick"><input type="checkbox" checked={picked} aria-label={`${t("inbox_pick")} #${a.id}`} onClick={(e) => pick(e.shiftKey)} onChange={() => undefined} /></label> : null}
      <a href={`#/alerts/${a.id}`} class={`row${open ? " open" : ""} state-${a.state}`} aria-current={open ? "true" : undefined}
        onClick={(e) => { if (e.ctrlKey || e.metaKey) return; e.preventDefault(); select(); }}>
        <Severity n={a.severity} />
        <span class="what">
          <span class="line1"><strong title={titleOf(a)}>{titleOf(a)}</strong><Time iso={a.time} /></span>
          <span class="line2">
            <Stamp level={a.level} />
            {a.redacted ? <span class="dim file">{t("find_withheld")}</span> : <span class="file" title={a.file?.name ?? undefined}>{a.file?.name ?? a.category ?? ""}</span>}
            <Action action={a.action} />
          </span>
          <span class="line3">
            <Due a={a} />
            <span class="dim">{a.src.ip ?? "?"} → {a.dest.ip ?? "?"}{a.app_proto ? ` · ${a.app_proto.toUpperCase()}` : ""} · {a.appliance.name}</span>
            {a.taken_by ? <span class="taken">{a.taken_by}</span> : null}
            {a.case && !inside ? <span class="chip">{t("cases_case")} {a.case}</span> : null}
            {(a.same_document ?? 0) > 1 ? <span class="dim" title={t("sameDocument")}>×{a.same_document}</span> : null}
          </span>
        </span>
      </a>
    </li>
  );
}
