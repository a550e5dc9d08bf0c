// SPDX-License-Identifier: GPL-3.0-or-later
// What to do so that a false alarm does not come again: a prepared change of the policy, with an end, and what it would
// have hidden. Nothing changes here: who may write policies takes it into the editor, where it is checked and approved.
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { number } from "../format";
import { t } from "../i18n";
import { Dialog } from "../parts";
import { zone } from "../inbox/model";
import type { AlertDetail, Histogram } from "../types";

type Way = "document" | "sender" | "rule";
interface Prepared { way: Way; file: string; text: string; query: string }
const LIST = "except-released";

const quoted = (v: string) => `"${v.replace(/["\\]/g, "\\$&")}"`;
/** A cell of a list's CSV file (RFC 4180). */
const cell = (v: string) => (/[",\r\n]/.test(v) ? `"${v.replace(/"/g, '""')}"` : v);

/** The rule without its bundle's name in front. */
export function prepared(a: AlertDetail, way: Way, until: string, owner: string): Prepared | null {
  const rule = a.rule ?? "", note = `#${a.id} ${a.file?.name ?? ""}`.trim(), short = rule.slice(rule.indexOf("/") + 1);
  const sha = a.document?.sha256 ?? a.file?.sha256;
  if (way === "document" && sha) return { way, file: `lists/${LIST}.csv`, text: [sha, until, owner, note].map(cell).join(","), query: `rule:${quoted(rule)} sha256:${sha}` };
  if (way === "sender" && a.src.ip && a.dest.ip) {
    const list = `except-${short}`.replace(/[^a-z0-9-]/g, "-");
    return {
      way, file: "policy.lua", query: `rule:${quoted(rule)} src_ip:${a.src.ip} dest_ip:${a.dest.ip}`,
      text: `-- lists/${list}.csv (value,until,owner,note):\n--   ${[a.src.ip, until, owner, note].map(cell).join(",")}\n-- ${short}, at the beginning of its when:\nif in_list("${list}", e.src_ip) and e.dest_ip == "${a.dest.ip}" then return false end`,
    };
  }
  if (way === "rule" && rule) return { way, file: "settings.lua", text: `off(${quoted(rule)}) -- ${note}`, query: `rule:${quoted(rule)}` };
  return null;
}

export function Exception({ a, me, mayWrite, close }: { a: AlertDetail; me: string | null; mayWrite: boolean; close: () => void }) {
  const ways = (["document", "sender", "rule"] as Way[]).filter((w) => prepared(a, w, "", ""));
  const [way, setWay] = useState<Way>(ways[0] ?? "rule"), [hidden, setHidden] = useState<Histogram | null | undefined>(undefined), [copied, setCopied] = useState(false);
  const [until, setUntil] = useState(() => new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10));
  const p = prepared(a, way, until, me ?? "");
  useEffect(() => {
    setHidden(undefined);
    if (!p) return;
    let over = false;
    get<Histogram>("/search/histogram?" + new URLSearchParams({ q: `${p.query} last:30d`, tz: String(zone()) }).toString()).then((h) => { if (!over) setHidden(h); }).catch(() => { if (!over) setHidden(null); });
    return () => { over = true; };
  }, [p?.query]);
  const policy = (a.policy ?? "").replace(/@.*$/, "");
  const address = p ? "#/policies?" + new URLSearchParams({ policy, file: p.file, add: p.text, why: `alert ${a.id}` }).toString() : "";
  return (
    <Dialog title={t("alert_exceptionTitle")} onClose={close}>
      <form onSubmit={(e) => e.preventDefault()}>
        <p>{t("alert_exceptionIntro")}</p>
        <fieldset><legend class="sr">{t("alert_exceptionTitle")}</legend>
          {ways.map((w) => <label key={w} class="choice"><input type="radio" name="way" value={w} checked={way === w} onChange={() => setWay(w)} />{t(`alert_way_${w}`)}</label>)}
        </fieldset>
        {way !== "rule" ? <label>{t("alert_until")}<input type="date" required value={until} min={new Date().toISOString().slice(0, 10)} onInput={(e) => setUntil(e.currentTarget.value)} /></label> : <p class="note">{t("alert_ruleOff")}</p>}
        <p role="status" class="would">{hidden === undefined ? t("loading") : hidden === null ? t("failed") : <>{t("alert_wouldHide")} <a href={`#/alerts?${new URLSearchParams({ q: `${p?.query ?? ""} last:30d`, state: "all" }).toString()}`} onClick={close}><strong>{number(hidden.matched)}{hidden.searched.complete ? "" : "+"}</strong></a></>}</p>
        {p ? <><p class="dim"><code>{policy}/{p.file}</code></p><pre class="snippet" tabIndex={0}>{p.text}</pre></> : null}
        <div class="buttons">
          <button type="button" onClick={() => p && void navigator.clipboard?.writeText(p.text).then(() => setCopied(true))}>{copied ? t("copied") : t("copy")}</button>
          {mayWrite ? <a class="button" href={address} onClick={close}>{t("alert_editor")}</a> : null}
          <button type="button" class="primary" onClick={close}>OK</button>
        </div>
        {mayWrite ? null : <p class="hint">{t("alert_notWriter")}</p>}
      </form>
    </Dialog>
  );
}
