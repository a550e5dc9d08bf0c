// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a document: its markings with their place, what contradicts itself, how far it was read, what is inside.
import { bytes, number } from "../format";
import { levelName, t, word, type Key } from "../i18n";
import { Facts, Hash, Section, Stamp } from "../parts";
import type { Doc, Marking } from "../types";

const ranks: Record<string, number> = { none: 0, restricted: 1, confidential: 2, mat: 2, secret: 3, toi_mat: 3, top_secret: 4, tuyet_mat: 4 };
const rank = (level: string | undefined) => ranks[level ?? "none"] ?? 0;

/** A sheet of paper with the marking where it stands: at the top, the bottom, in the text, or around the text. */
function Sheet({ where }: { where: string | undefined }) {
  const y = where === "header" ? 4 : where === "footer" ? 27 : where === "body" || where === "text" ? 13 : null;
  return (
    <svg class="sheet" viewBox="0 0 28 36" width="28" height="36" aria-hidden="true">
      <path class="paper" d="M2 2h17l7 7v25H2z" /><path class="rule" d="M6 12h16M6 17h16M6 22h16M6 27h10" />
      {y === null ? <rect class="spot" x="2" y="2" width="24" height="32" /> : <rect class="spot" x="5" y={y} width="18" height="6" />}
    </svg>
  );
}
function MarkingRow({ m, inside }: { m: Marking; inside: string }) {
  const place = [word("where_", m.where), m.page ? `${t("page")} ${m.page}` : "", inside ? `${t("inside")} ${inside}` : ""].filter(Boolean).join(", ");
  return (
    <li class="marking">
      <Sheet where={m.where} />
      <div><mark>{m.text}</mark> {m.level && m.level !== "none" ? <Stamp level={m.level} /> : null}
        <p><span>{place}</span>{m.confidence !== undefined ? <span class="dim"> · {Math.round(m.confidence * 100)} % {t("sure")}</span> : null}
          {m.offset ? <span class="dim"> · {t("alert_offset")} {number(m.offset)}</span> : null}</p></div>
    </li>
  );
}

function* markings(d: Doc, inside = "", depth = 0): Generator<{ m: Marking; inside: string }> {
  for (const m of d.markings ?? []) yield { m, inside };
  if (depth < 20) for (const c of d.members ?? []) yield* markings(c, c.file ?? "?", depth + 1);
}

/** What does not agree: labels with markings, the name with the content. Each as one sentence. */
export function contradictions(d: Doc): string[] {
  const out: string[] = [], marks = [...markings(d)].map((x) => x.m), top = Math.max(0, ...marks.filter((m) => m.where !== "filename").map((m) => rank(m.level)));
  const name = (l: string | undefined) => levelName(l);
  for (const l of d.labels ?? []) {
    if (!l.level) continue;
    const said = `${l.key ?? l.kind ?? ""} ${l.value ?? ""}`.trim();
    if (rank(l.level) < top) out.push(`${t("alert_labelLower")}: ${said} (${name(l.level)}) · ${t("alert_textSays")} ${name(marks.find((m) => rank(m.level) === top)?.level)}`);
    else if (rank(l.level) > 0 && top === 0) out.push(`${t("alert_labelAlone")}: ${said} (${name(l.level)})`);
    else if (rank(l.level) > top) out.push(`${t("alert_labelHigher")}: ${said} (${name(l.level)})`);
  }
  if (!out.length && d.features?.label_conflict) out.push(t("alert_labelConflict"));
  if (d.features?.extension_mismatch) out.push(`${t("alert_wrongName")}: ${d.file ?? "?"} · ${d.kind ?? ""}`);
  const levels = new Set(marks.filter((m) => m.level && m.level !== "none" && m.scheme === marks[0]?.scheme).map((m) => m.level));
  if (levels.size > 1) out.push(`${t("alert_severalLevels")}: ${[...levels].map((l) => name(l)).join(", ")}`);
  return out;
}

function Members({ list, depth }: { list: Doc[]; depth: number }) {
  return (
    <ul class="members">
      {list.slice(0, 200).map((m, i) => (
        <li key={i}>
          <span class="file">{m.file ?? "?"}</span> <span class="dim">{m.kind ?? ""} {bytes(m.size)}</span> <Stamp level={m.level} />
          {m.read && m.read !== "full" ? <span class="chip warn">{word("read_", m.read)}{m.unread_reason ? `: ${word("why_", m.unread_reason)}` : ""}</span> : null}
          {m.members?.length && depth < 20 ? <Members list={m.members} depth={depth + 1} /> : null}
        </li>
      ))}
      {list.length > 200 ? <li class="dim">… {number(list.length - 200)}</li> : null}
    </ul>
  );
}

function features(d: Doc): string {
  const f = d.features ?? {};
  const out: string[] = [];
  for (const k of ["encrypted", "macros", "javascript"] as const) if (f[k]) out.push(t(k as Key));
  if (f.embedded) out.push(`${number(f.embedded)} ${t("embedded")}`);
  if (f.external_refs) out.push(`${number(f.external_refs)} ${t("external")}`);
  return out.join(", ");
}

export function DocumentCard({ d, name }: { d: Doc; name: string | null }) {
  const found = [...markings(d)].slice(0, 100), wrong = contradictions(d);
  const unread = d.read && d.read !== "full";
  return (
    <Section title={t("document")}>
      <p class="docname"><span class="file">{name ?? d.file ?? "?"}</span>
        <span class={`chip ${unread ? "warn" : "ok"}`}>{word("read_", d.read)}{d.unread_reason ? `: ${word("why_", d.unread_reason)}` : ""}</span></p>
      {unread ? <p class="note">{t("unreadNote")}</p> : null}
      {wrong.length ? <div class="contradictions"><h4>{t("alert_contradictions")}</h4><ul>{wrong.map((w) => <li key={w}>{w}</li>)}</ul></div> : null}
      <h4>{t("markings")}</h4>
      {found.length ? <ul class="markings">{found.map((x, i) => <MarkingRow key={i} m={x.m} inside={x.inside} />)}</ul> : <p class="dim">{t("noMarkings")}</p>}
      <Facts rows={[
        [t("level"), d.level && d.level !== "none" ? `${levelName(d.level)}${d.level_source ? ` (${word("alert_source_", d.level_source)})` : ""}` : ""],
        [t("labels"), d.labels?.map((l) => [l.key ?? l.kind, l.value].filter(Boolean).join(" = ")).join("; ") ?? ""],
        [t("type"), [d.kind, d.mime].filter(Boolean).join(" · ")], [t("size"), bytes(d.size)],
        [t("encoding"), d.encoding ?? ""], [t("language"), d.lang ?? ""], [t("features"), features(d)],
        [t("rules"), d.matches?.map((m) => m.rule ?? "").join(", ") ?? ""],
        [t("identifiers"), d.identifiers?.map((x) => `${x.kind ?? ""} × ${number(x.count)}`).join(", ") ?? ""],
        [t("hash"), d.sha256 ? <Hash value={d.sha256} /> : ""],
      ]} />
      {d.members?.length ? <details open={d.members.length < 12}><summary>{t("members")} ({number(d.members.length)})</summary><Members list={d.members} depth={0} /></details> : null}
    </Section>
  );
}
