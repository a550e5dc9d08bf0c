// SPDX-License-Identifier: GPL-3.0-or-later
// Policies: what there is, one with its versions, one version in the editor. Addresses: #/policies, /s4 a policy, /v12 a version, /tutorial;
// ?policy=NAME&file=PATH&add=TEXT&why=… opens a draft of that policy with the text added, as an alert's page prepares it.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, step } from "../api";
import { number } from "../format";
import { t, word } from "../i18n";
import type { Live } from "../live";
import { Dialog, Empty, ErrorNote, Section, Time } from "../parts";
import { said } from "./bench";
import { Compare } from "./compare";
import { Tutorial } from "./facts";
import { Begin } from "./rollouts";
import { Draft, keepText } from "./version";
import type { Files, Kind, Source, SourceList, SourceRow, Version, VersionRow } from "./types";

export interface Rights { write: boolean; approve: boolean; rollout: boolean; fleet: boolean; me: string }
const KINDS: Kind[] = ["policy", "rules", "lists", "settings"];
const FIRST: Record<Kind, (name: string) => Files> = {
  policy: (name) => ({
    "bundle.json": JSON.stringify({ name, version: "1", utc_offset: "+07:00", use: ["standard"] }, null, 2) + "\n",
    "policy.lua": `rule {\n  id = "large-file",\n  title = { vi = "Tệp rất lớn rời khỏi vùng", en = "A very large file is leaving its zone" },\n  severity = 3,\n  when = function(e)\n    return e.leaving and e.fileinfo.size and e.fileinfo.size > 50000000\n  end,\n  action = "alert",\n  reason = { vi = "Tệp {fileinfo.size} byte rời vùng {zone.src}.", en = "A file of {fileinfo.size} bytes leaves zone {zone.src}." },\n}\n`,
    [`${name.replace(/-/g, "_")}_test.lua`]: `test { "a very large file leaves",\n  facts = { src_ip = "10.0.0.5", dest_ip = "203.0.113.9", document = { level = "none", read = "full" }, fileinfo = { size = 60000000 } },\n  expect = { action = "alert", rule = "large-file" } }\ntest { "a small one",\n  facts = { src_ip = "10.0.0.5", dest_ip = "203.0.113.9", document = { level = "none", read = "full" }, fileinfo = { size = 1000 } },\n  expect = { action = "log" } }\n`,
  }),
  rules: () => ({ "mine.yar": "rule my_rule {\n  meta:\n    scan = \"text\"\n  strings:\n    $a = \"TUYỆT MẬT\"\n  condition:\n    $a\n}\n" }),
  lists: () => ({ "mine.csv": "value,until,owner,note\n" }),
  settings: () => ({ "settings.conf": "" }),
};

function New({ items, close, go }: { items: SourceRow[]; close: () => void; go: (a: string) => void }) {
  const [kind, setKind] = useState<Kind>("policy"), [name, setName] = useState(""), [from, setFrom] = useState(""), [error, setError] = useState("");
  const key = useRef(crypto.randomUUID());
  const submit = async (e: Event) => {
    e.preventDefault();
    try {
      const body = { kind, name, ...(from ? { from: Number(from) } : { files: FIRST[kind](name) }) };
      const v = await step<Version>("/policies", body, key.current);
      close();
      go(`#/policies/v${v.id}`);
    } catch (x) {
      key.current = crypto.randomUUID();
      setError(said(x));
    }
  };
  const bases = items.filter((i) => i.kind === kind && i.newest);
  return (
    <Dialog title={t("policies_newTitle")} onClose={close}>
      <form onSubmit={(e) => void submit(e)}>
        <label>{t("policies_kind")}<select value={kind} onChange={(e) => { setKind(e.currentTarget.value as Kind); setFrom(""); }}>{KINDS.map((k) => <option key={k} value={k}>{word("policies_kind_", k)}</option>)}</select></label>
        <label>{t("name")}<input required pattern="[A-Za-z0-9_][A-Za-z0-9_\-]*" maxLength={48} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
        <p class="hint">{t("policies_nameHint")}</p>
        <label>{t("policies_begin")}<select value={from} onChange={(e) => setFrom(e.currentTarget.value)}><option value="">{t("policies_empty")}</option>
          {bases.map((b) => <option key={b.id} value={b.newest?.id}>{t("policies_copyOf")} {b.name}</option>)}</select></label>
        {error ? <ErrorNote text={error} /> : null}
        <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary">{t("policies_make")}</button></div>
      </form>
    </Dialog>
  );
}

function List({ data, rights, go }: { data: SourceList; rights: Rights; go: (a: string) => void }) {
  const [fresh, setFresh] = useState(false);
  const waiting = data.items.filter((i) => i.proposed > 0);
  return (
    <section class="pagepad" aria-label={t("policies_title")}>
      <header class="line1"><h1>{t("policies_title")}</h1>
        <span class="buttons"><a class="button" href="#/rollouts">{t("rollouts_title")}</a>{rights.write ? <button type="button" class="primary" onClick={() => setFresh(true)}>{t("policies_newTitle")}</button> : null}</span></header>
      {!data.workbench ? <p class="note">{t("policies_noWorkbench")}</p> : null}
      <p class="dim">{t(data.two_persons ? "policies_two" : "policies_one")}</p>
      {waiting.length ? <Section title={t("policies_waiting")} top><ul class="plainlist">{waiting.map((i) => <li key={i.id}><a href={`#/policies/s${i.id}`}>{i.name}</a> <span class="dim">{number(i.proposed)}</span></li>)}</ul></Section> : null}
      {KINDS.map((k) => {
        const items = data.items.filter((i) => i.kind === k);
        return (
          <Section key={k} title={word("policies_kind_", k)} top>
            {items.length ? (
              <div class="scroll" tabIndex={0} role="region" aria-label={`${word("policies_kind_", k)}: ${t("policies_newest")}`}><table class="plain">
                <thead><tr><th scope="col">{t("name")}</th><th scope="col">{t("policies_newest")}</th><th scope="col">{t("policies_byHead")}</th><th scope="col">{t("policies_drafts")}</th></tr></thead>
                <tbody>{items.map((i) => (
                  <tr key={i.id}><th scope="row"><a href={`#/policies/s${i.id}`}>{i.name}</a></th>
                    <td>{i.newest ? <>{i.newest.label || "–"} <span class="dim">#{i.newest.number}</span></> : "–"}</td>
                    <td>{i.newest ? <>{i.newest.author} <span class="dim"><Time iso={i.newest.decided} /></span></> : i.created_by}</td>
                    <td>{i.drafts ? number(i.drafts) : ""}{i.proposed ? <span class="chip warn">{t("policies_state_proposed")} {number(i.proposed)}</span> : null}</td></tr>
                ))}</tbody></table></div>
            ) : <p class="dim">{t("policies_none")}</p>}
          </Section>
        );
      })}
      {fresh ? <New items={data.items} close={() => setFresh(false)} go={go} /> : null}
    </section>
  );
}

/** A draft of a version, or of the newest one. */
export async function draftOf(source: number, from: number, key: string, files?: Files, note?: string): Promise<Version> {
  return step<Version>(`/policies/${source}/drafts`, { from, ...(files ? { files } : {}), ...(note ? { note } : {}) }, key);
}

function One({ id, rights, go }: { id: number; rights: Rights; go: (a: string) => void }) {
  const [s, setS] = useState<Source | null>(null), [error, setError] = useState(""), [two, setTwo] = useState<[Version, Version] | null>(null), [goods, setGoods] = useState<VersionRow | null>(null);
  const [left, setLeft] = useState(0), [right, setRight] = useState(0), key = useRef(crypto.randomUUID());
  const load = useCallback(() => {
    get<Source>(`/policies/${id}`).then((x) => {
      setS(x);
      setError("");
      setRight(x.versions[0]?.id ?? 0);
      setLeft(x.versions[1]?.id ?? x.versions[0]?.id ?? 0);
    }).catch((x: unknown) => setError(said(x)));
  }, [id]);
  useEffect(load, [load]);
  const edit = async (from: number) => {
    try {
      const v = await draftOf(id, from, key.current);
      go(`#/policies/v${v.id}`);
    } catch (x) {
      setError(said(x));
    }
    key.current = crypto.randomUUID();
  };
  const compare = async () => {
    try {
      setTwo(await Promise.all([get<Version>(`/policies/versions/${left}`), get<Version>(`/policies/versions/${right}`)]));
    } catch (x) {
      setError(said(x));
    }
  };
  const name = (v: VersionRow) => (v.number ? `#${v.number}${v.label ? ` (${v.label})` : ""}` : `${word("policies_state_", v.state)} ${v.id}, ${v.author}`);
  const newest = s?.versions.find((v) => v.state === "approved");
  return (
    <section class="pagepad" aria-label={s?.name}>
      <p><a href="#/policies">← {t("policies_title")}</a></p>
      <header class="line1"><h1>{s?.name ?? t("loading")}</h1>
        {s && rights.write ? <button type="button" class="primary" onClick={() => void edit(newest?.id ?? s.versions[0]?.id ?? 0)}>{t("policies_edit")}</button> : null}</header>
      {error ? <ErrorNote text={error} retry={load} /> : null}
      {s ? (
        <>
          <Section title={t("policies_history")} top>
            <div class="scroll" tabIndex={0} role="region" aria-label={t("policies_history")}><table class="plain">
              <thead><tr><th scope="col">{t("policies_version")}</th><th scope="col">{t("policies_stateHead")}</th><th scope="col">{t("policies_byHead")}</th><th scope="col">{t("policies_decidedHead")}</th><th scope="col">{t("policies_why")}</th><th scope="col"><span class="sr">{t("policies_do")}</span></th></tr></thead>
              <tbody>{s.versions.map((v) => (
                <tr key={v.id}><th scope="row"><a href={`#/policies/v${v.id}`}>{v.number ? name(v) : `${v.id}.${v.revision}`}</a></th>
                  <td><span class={`chip vstate-${v.state}`}>{word("policies_state_", v.state)}</span></td>
                  <td>{v.author} <span class="dim"><Time iso={v.changed} /></span></td><td>{v.decided_by ?? ""}</td><td>{v.why || v.note}</td>
                  <td class="buttons">{v.state === "approved" && rights.write && v.id !== newest?.id ? <button type="button" class="small" onClick={() => void edit(v.id)}>{t("policies_again")}</button> : null}
                    {v.state === "approved" && v.goods && rights.rollout ? <button type="button" class="small" onClick={() => setGoods(v)}>{t("rollouts_begin")}</button> : null}</td></tr>
              ))}</tbody></table></div>
          </Section>
          {s.versions.length > 1 ? (
            <Section title={t("policies_compare")} top>
              <form class="inline" onSubmit={(e) => { e.preventDefault(); void compare(); }}>
                <label>−<select value={left} onChange={(e) => setLeft(Number(e.currentTarget.value))}>{s.versions.map((v) => <option key={v.id} value={v.id}>{name(v)}</option>)}</select></label>
                <label>+<select value={right} onChange={(e) => setRight(Number(e.currentTarget.value))}>{s.versions.map((v) => <option key={v.id} value={v.id}>{name(v)}</option>)}</select></label>
                <button>{t("policies_compare")}</button>
              </form>
              {two ? <Compare a={two[0].files} b={two[1].files} left={name(two[0])} right={name(two[1])} /> : null}
            </Section>
          ) : null}
        </>
      ) : null}
      {goods?.goods ? <Begin goods={goods.goods} policy={goods.kind === "policy"} title={`${goods.name} ${name(goods)}`} close={() => setGoods(null)} done={(r) => go(`#/rollouts/${r.id}`)} /> : null}
    </section>
  );
}

/** What an alert's page prepared: a draft of that policy, the text added at the end of the file, not saved yet. */
function Prepared({ data, asked, rights, go }: { data: SourceList; asked: URLSearchParams; rights: Rights; go: (a: string) => void }) {
  const [error, setError] = useState(""), key = useRef(crypto.randomUUID());
  const name = asked.get("policy") ?? "", file = asked.get("file") ?? "policy.lua", add = asked.get("add") ?? "", why = asked.get("why") ?? "";
  const s = data.items.find((i) => i.kind === "policy" && i.name === name);
  const make = async () => {
    if (!s?.newest) return;
    try {
      const v = await draftOf(s.id, s.newest.id, key.current, undefined, why);
      const old = v.files[file] ?? (file.endsWith(".csv") ? "value,until,owner,note\n" : "");
      keepText(v.id, v.revision, { ...v.files, [file]: old + (old && !old.endsWith("\n") ? "\n" : "") + add + "\n" });
      go(`#/policies/v${v.id}?${new URLSearchParams({ file, line: String(old.split("\n").length) }).toString()}`);
    } catch (x) {
      setError(x instanceof Problem ? said(x) : t("failed"));
    }
  };
  return (
    <section class="pagepad" aria-label={t("policies_prepared")}>
      <h1>{t("policies_prepared")}</h1>
      <p><code>{name}/{file}</code> {why ? `· ${why}` : ""}</p>
      <pre class="snippet" tabIndex={0}>{add}</pre>
      {!s?.newest ? <Empty title={t("policies_unknown")} /> : !rights.write ? <p class="note">{t("policies_notWriter")}</p> :
        <p><button type="button" class="primary" onClick={() => void make()}>{t("policies_intoDraft")}</button></p>}
      {error ? <ErrorNote text={error} /> : null}
    </section>
  );
}

export function Policies({ arg, asked, rights, live, go }: { arg: string | undefined; asked: string; rights: Rights; live: Live; go: (a: string) => void }) {
  const [data, setData] = useState<SourceList | null>(null), [error, setError] = useState("");
  const load = useCallback(() => { get<SourceList>("/policies").then((x) => { setData(x); setError(""); }).catch((x: unknown) => setError(said(x))); }, []);
  useEffect(load, [load, arg]);
  useEffect(() => live.status((on) => { if (on) load(); }), [live, load]);
  const m = /^([sv])(\d+)$/.exec(arg ?? ""), query = new URLSearchParams(asked);
  if (arg === "tutorial") return <Tutorial />;
  if (!data) return <section class="pagepad">{error ? <ErrorNote text={error} retry={load} /> : <p>{t("loading")}</p>}</section>;
  if (m?.[1] === "v") return <Draft key={m[2]} id={Number(m[2])} asked={query} rights={rights} two={data.two_persons} live={live} go={go} />;
  if (m?.[1] === "s") return <One key={m[2]} id={Number(m[2])} rights={rights} go={go} />;
  if (query.get("policy")) return <Prepared data={data} asked={query} rights={rights} go={go} />;
  return <List data={data} rights={rights} go={go} />;
}
