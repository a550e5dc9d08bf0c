// SPDX-License-Identifier: GPL-3.0-or-later
// What a rule may ask for, beside the editor; and the tutorial. Both come with the program.
import { useEffect, useState } from "preact/hooks";
import { lang, t } from "../i18n";
import { ErrorNote } from "../parts";

interface Node { $ref?: string; $defs?: Record<string, Node>; description?: string; description_vi?: string; properties?: Record<string, Node>; items?: Node; type?: string }
interface Fact { path: string; en: string; vi: string; type: string }
let kept: Fact[] | null = null, book: string | null = null;

/** A document's members may be documents again: as deep as a rule would ask. */
function flatten(root: Node, node: Node, at: string, out: Fact[], depth = 0): void {
  for (const [name, given] of Object.entries(node.properties ?? {})) {
    const n = (given.$ref && root.$defs?.[given.$ref.replace("#/$defs/", "")]) || given;
    if (at === "gatehouse" && name === "document") continue; /* e.document is short for it */
    const path = at ? `${at}.${name}` : name;
    if (n.description) out.push({ path, en: n.description, vi: n.description_vi ?? n.description, type: n.type ?? "" });
    if (depth > 5 || (given.$ref && depth > 0)) continue;
    flatten(root, n, path, out, depth + 1);
    if (n.items) flatten(root, (n.items.$ref && root.$defs?.[n.items.$ref.replace("#/$defs/", "")] && depth > 1 ? {} : n.items), `${path}[]`, out, depth + 1);
  }
}
async function load(name: string): Promise<Response> {
  const r = await fetch(name, { credentials: "same-origin" });
  if (!r.ok) throw new Error(name);
  return r;
}
export function Facts({ insert }: { insert: (text: string) => void }) {
  const [facts, setFacts] = useState(kept), [asked, setAsked] = useState(""), [failed, setFailed] = useState(false);
  useEffect(() => {
    if (kept) return;
    load("/facts.json").then((r) => r.json()).then((j: Node) => {
      const out: Fact[] = [];
      flatten(j, j, "", out);
      kept = out;
      setFacts(out);
    }).catch(() => setFailed(true));
  }, []);
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = (facts ?? []).filter((f) => words.every((w) => `${f.path} ${f.en} ${f.vi}`.toLowerCase().includes(w))).slice(0, 60);
  return (
    <section class="facts-side" aria-label={t("policies_facts")}>
      <label>{t("policies_facts")}<input type="search" value={asked} placeholder={t("policies_factsAsk")} onInput={(e) => setAsked(e.currentTarget.value)} /></label>
      {failed ? <ErrorNote text={t("failed")} /> : null}
      <ul>{shown.map((f) => (
        <li key={f.path}><button type="button" class="quiet small" title={t("policies_insert")} onClick={() => insert(`e.${f.path.replace(/\[\].*$/, "")}`)}><code>e.{f.path}</code></button>
          <span>{lang() === "vi" ? f.vi : f.en}</span></li>
      ))}</ul>
      <p class="hint"><a href="#/policies/tutorial">{t("policies_tutorial")}</a></p>
    </section>
  );
}

/** As much of Markdown as the tutorial uses. */
function Marked({ text }: { text: string }) {
  const blocks = text.split(/\n(?=```)|(?<=\n```)\n|\n\n/);
  const inline = (s: string) => s.split(/(`[^`]+`|\*[^*]+\*)/).map((p, i) => p.startsWith("`") ? <code key={i}>{p.slice(1, -1)}</code> : /^\*[^*]+\*$/.test(p) ? <em key={i}>{p.slice(1, -1)}</em> : p.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1"));
  const out: preact.ComponentChildren[] = [];
  let code: string[] | null = null;
  blocks.forEach((b, i) => {
    if (code === null && b.startsWith("```")) code = [];
    if (code !== null) {
      code.push(b);
      const whole = code.join("\n\n");
      if (/^```[\s\S]*\n```\s*$/.test(whole)) {
        out.push(<pre key={i} class="snippet" tabIndex={0}>{whole.replace(/^```.*\n/, "").replace(/\n```\s*$/, "")}</pre>);
        code = null;
      }
      return;
    }
    const head = /^(#{1,3}) (.*)/.exec(b);
    if (head) {
      out.push(head[1] === "#" ? <h1 key={i}>{inline(head[2] ?? "")}</h1> : <h2 key={i}>{inline(head[2] ?? "")}</h2>);
      const rest = b.slice(head[0].length).trim();
      if (rest) out.push(<p key={`${i}r`}>{inline(rest)}</p>);
    } else if (b.startsWith("> ")) out.push(<blockquote key={i}>{inline(b.replace(/^> ?/gm, ""))}</blockquote>);
    else if (b.trim()) out.push(<p key={i}>{inline(b)}</p>);
  });
  return <>{out}</>;
}
export function Tutorial() {
  const [text, setText] = useState(book), [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!book) load("/tutorial.txt").then((r) => r.text()).then((s) => { book = s; setText(s); }).catch(() => setFailed(true));
  }, []);
  return (
    <article class="pagepad tutorial" lang="en">
      <p><a href="#/policies">← {t("policies_title")}</a></p>
      {failed ? <ErrorNote text={t("failed")} /> : text ? <Marked text={text} /> : <p>{t("loading")}</p>}
    </article>
  );
}
