// SPDX-License-Identifier: GPL-3.0-or-later
// Alerts in heaps: what belongs together is one line, which opens into its alerts and can be acted on as a whole.
import { useEffect, useState } from "preact/hooks";
import { number } from "../format";
import { t } from "../i18n";
import { ErrorNote, Severity, Stamp, Time } from "../parts";
import type { Live } from "../live";
import { pageOf, question, type Group, type GroupBy, type GroupPage, type Inbox, type Page } from "./model";
import { Row, titleOf } from "./row";
import { Steps } from "./steps";

export const keyOf = (g: Group) => g.key ?? "";

/** What a heap is called: by what its alerts have in common. */
export function nameOf(g: Group, by: GroupBy): string {
  if (by === "appliance") return g.newest.appliance.name;
  if (by === "document") return g.key === null ? t("inbox_noDocument") : (g.newest.file?.name ?? g.key.slice(0, 20) + "…");
  return g.key ?? t("inbox_nothing");
}

function Inside({ v, g, live, chosen, select, act, me }: { v: Inbox; g: Group; live: Live; chosen: number | null; select: (id: number) => void; act: boolean; me: string | null }) {
  const [page, setPage] = useState<Page | null>(null), [error, setError] = useState(false);
  const load = () => { pageOf(v, null, g.query ?? "").then((p) => { setPage(p); setError(false); }).catch(() => setError(true)); };
  useEffect(load, [v.state, v.q, v.sort, g.query]);
  useEffect(() => live.listen(load), [live, v.state, v.q, v.sort, g.query]);
  const more = async () => {
    if (!page?.next) return;
    try {
      const p = await pageOf(v, page.next, g.query ?? "");
      setPage({ ...p, items: [...page.items, ...p.items] });
    } catch {
      setError(true);
    }
  };
  return (
    <div class="inside">
      {act ? <Steps target={{ query: question(v, g.query ?? "") }} label={number(g.alerts)} name={t("inbox_heap")} me={me} suggest={nameOf(g, v.group)} done={load} /> : null}
      {error ? <ErrorNote text={t("failed")} retry={load} /> : null}
      <ol class="rows">{page?.items.map((a) => <Row key={a.id} a={a} open={a.id === chosen} fresh={false} picked={false} pick={null} select={() => select(a.id)} />)}</ol>
      {page?.next ? <button type="button" class="more" onClick={() => void more()}>{t("more")}</button> : null}
    </div>
  );
}

export function Heaps({ v, page, cursor, opened, toggle, live, chosen, select, act, me }: {
  v: Inbox; page: GroupPage; cursor: number; opened: ReadonlySet<string>; toggle: (key: string) => void; live: Live;
  chosen: number | null; select: (id: number) => void; act: boolean; me: string | null;
}) {
  return (
    <>
      <ol class="rows heaps">
        {page.groups.map((g, i) => {
          const open = opened.has(keyOf(g)), line = (
            <>
              <Severity n={g.severity} />
              <span class="what">
                <span class="line1"><strong class="file">{nameOf(g, v.group)}</strong><Time iso={g.last} /></span>
                <span class="line2"><span class="count big">{number(g.alerts)}</span><Stamp level={g.level} />
                  <span>{titleOf(g.newest)}</span></span>
                <span class="line3">{g.late ? <span class="due late">{number(g.late)} {t("inbox_late")}</span> : null}
                  <span class="dim">{number(g.open)} {t("inbox_open")}{v.group === "document" || v.group === "rule" ? ` · ${g.newest.src.ip ?? "?"} → ${g.newest.dest.ip ?? "?"}` : ""}</span></span>
              </span>
            </>
          );
          return (
            <li key={keyOf(g)}>
              {g.query === null ? <a class={`row heap${i === cursor ? " open" : ""}`} href={`#/alerts/${g.newest.id}`} onClick={(e) => { e.preventDefault(); select(g.newest.id); }}>{line}</a> : (
                <button type="button" class={`row heap${i === cursor ? " open" : ""}`} aria-expanded={open} onClick={() => toggle(keyOf(g))}>{line}<span class="turn" aria-hidden="true">{open ? "▾" : "▸"}</span></button>)}
              {open ? <Inside v={v} g={g} live={live} chosen={chosen} select={select} act={act} me={me} /> : null}
            </li>
          );
        })}
      </ol>
      {page.others || page.unsorted ? <p class="hint searched">{t("inbox_others")}: {number(page.others)}{page.unsorted ? ` · ${t("inbox_unsorted")}: ${number(page.unsorted)}` : ""}</p> : null}
    </>
  );
}
