// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a document: its markings with their place, how far it was read, what is inside.
import { bytes, number } from "./format";
import { levelName, t, word, type Key } from "./i18n";
import { Facts, Hash, Section, Stamp } from "./parts";
import type { Doc, Marking } from "./types";

function MarkingRow({ m, inside }: { m: Marking; inside: string }) {
  const place = [word("where_", m.where), m.page ? `${t("page")} ${m.page}` : "", inside ? `${t("inside")} ${inside}` : ""].filter(Boolean).join(", ");
  return (
    <li class="marking">
      <mark>{m.text}</mark>
      {m.level && m.level !== "none" ? <Stamp level={m.level} /> : null}
      <span>{place}</span>
      {m.confidence !== undefined ? <span class="dim">{Math.round(m.confidence * 100)} % {t("sure")}</span> : null}
    </li>
  );
}

function* markings(d: Doc, inside = "", depth = 0): Generator<{ m: Marking; inside: string }> {
  for (const m of d.markings ?? []) yield { m, inside };
  if (depth < 20) for (const c of d.members ?? []) yield* markings(c, c.file ?? "?", depth + 1);
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
  const found = [...markings(d)].slice(0, 100);
  const unread = d.read && d.read !== "full";
  return (
    <Section title={t("document")}>
      <p class="docname"><span class="file">{name ?? d.file ?? "?"}</span>
        <span class={`chip ${unread ? "warn" : "ok"}`}>{word("read_", d.read)}{d.unread_reason ? `: ${word("why_", d.unread_reason)}` : ""}</span></p>
      {unread ? <p class="note">{t("unreadNote")}</p> : null}
      <h4>{t("markings")}</h4>
      {found.length ? <ul class="markings">{found.map((x, i) => <MarkingRow key={i} m={x.m} inside={x.inside} />)}</ul> : <p class="dim">{t("noMarkings")}</p>}
      <Facts rows={[
        [t("level"), d.level && d.level !== "none" ? `${levelName(d.level)}${d.level_source ? ` (${d.level_source})` : ""}` : ""],
        [t("labels"), d.labels?.map((l) => `${l.kind ?? ""} ${l.value ?? ""}`).join("; ") ?? ""],
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
