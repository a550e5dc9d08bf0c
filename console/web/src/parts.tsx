// SPDX-License-Identifier: GPL-3.0-or-later
// Small pieces that every view uses.
import { type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { full, short, utc } from "./format";
import { levelName, t, word } from "./i18n";
import type { Level } from "./types";

const ranks: Record<string, number> = { none: 0, restricted: 1, confidential: 2, mat: 2, secret: 3, toi_mat: 3, top_secret: 4, tuyet_mat: 4 };

/** The level as a stamp: two border lines, as on paper. */
export function Stamp({ level, large }: { level: Level | string | undefined; large?: boolean }) {
  if (!level || level === "none") return null;
  return <span class={`stamp rank${ranks[level] ?? 0}${large ? " large" : ""}`}>{levelName(level)}</span>;
}
export function Action({ action, error }: { action: string | undefined; error?: boolean }) {
  if (!action) return null;
  return <span class={`chip act-${action}`}>{error ? t("policyFailed") : word("act_", action)}</span>;
}
export function Severity({ n }: { n: number }) {
  const label = `${t("severity")}: ${word("severity", String(n))}`;
  return <span class={`severity s${n}`} title={label} role="img" aria-label={label} />;
}
export function Time({ iso, long }: { iso: string | null | undefined; long?: boolean }) {
  if (!iso) return <span>–</span>;
  return <time dateTime={iso} title={utc(iso)}>{long ? full(iso) : short(iso)}</time>;
}
export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  const shown = rows.filter(([, v]) => v !== null && v !== undefined && v !== "" && v !== "–");
  if (!shown.length) return null;
  return (
    <dl class="facts">
      {shown.map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}
    </dl>
  );
}
export function Section({ title, children, top }: { title: string; children: ComponentChildren; top?: boolean }) {
  return <section class="card">{top ? <h2 class="label">{title}</h2> : <h3 class="label">{title}</h3>}{children}</section>;
}
export function Empty({ title, text }: { title: string; text?: string }) {
  return <div class="empty"><strong>{title}</strong>{text ? <p>{text}</p> : null}</div>;
}
export function Hash({ value }: { value: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const id = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(id);
  }, [copied]);
  return (
    <span class="hash">
      <code title={value}>{value.length > 24 ? value.slice(0, 20) + "…" : value}</code>
      <button type="button" class="quiet small" onClick={() => void navigator.clipboard?.writeText(value).then(() => setCopied(true))}>
        {copied ? t("copied") : t("copy")}
      </button>
    </span>
  );
}
export function ErrorNote({ text, retry }: { text: string; retry?: () => void }) {
  return (
    <div class="error" role="alert">
      <span>{text}</span>
      {retry ? <button type="button" onClick={retry}>{t("retry")}</button> : null}
    </div>
  );
}
/** A modal question; Escape and the backdrop close it. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const d = ref.current;
    d?.showModal();
    return () => d?.close();
  }, []);
  return (
    <dialog ref={ref} aria-label={title} onCancel={(e) => { e.preventDefault(); onClose(); }}
      onClick={(e) => { if (e.target === ref.current) onClose(); }}>
      <div class="dialog"><h2>{title}</h2>{children}</div>
    </dialog>
  );
}
