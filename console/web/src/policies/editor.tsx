// SPDX-License-Identifier: GPL-3.0-or-later
// The editor: a plain text field (so that keyboards, screen readers and input methods work as everywhere) over its own coloured copy, with line
// numbers and faults in the margin. Tab indents; after Escape it leaves the field, as elsewhere.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../i18n";
import { colours, type Piece } from "./lua";
import type { Fault } from "./types";

const cache = new WeakMap<Piece[], preact.ComponentChildren>();
function painted(pieces: Piece[]): preact.ComponentChildren {
  let made = cache.get(pieces);
  if (!made) cache.set(pieces, made = pieces.map((p, i) => (p.ink ? <span key={i} class={`ink-${p.ink}`}>{p.text}</span> : p.text)));
  return made;
}
export interface EditorProps {
  path: string; text: string; faults: Fault[]; line: number | null; readOnly: boolean;
  change: (text: string) => void; save: () => void; check: () => void;
}
/** Puts the cursor into a line, from 1, and brings it into view. */
export function toLine(field: HTMLTextAreaElement, line: number, column = 0): void {
  const before = field.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  field.focus({ preventScroll: true });
  field.setSelectionRange(before + Math.max(0, column - 1), before + Math.max(0, column - 1));
  const box = field.closest(".code");
  if (box) box.scrollTop = Math.max(0, (line - 4) * 20.8);
}
export function Editor({ path, text, faults, line, readOnly, change, save, check }: EditorProps) {
  const field = useRef<HTMLTextAreaElement>(null), free = useRef(false);
  const lines = useMemo(() => colours(path, text), [path, text]);
  const marks = new Map<number, Fault>();
  for (const f of faults) if (f.file === path && (!marks.has(f.line) || f.severity === "error")) marks.set(f.line, f);
  useEffect(() => {
    if (line && field.current) toLine(field.current, line);
  }, [line, path]);
  const key = (e: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
    const el = e.currentTarget;
    if ((e.ctrlKey || e.metaKey) && e.key === "s") { e.preventDefault(); save(); return; }
    if ((e.ctrlKey || e.metaKey) && e.key === "Enter") { e.preventDefault(); check(); return; }
    if (e.key === "Escape") { free.current = true; return; }
    if (e.key === "Tab" && !e.shiftKey && !free.current && !readOnly) {
      e.preventDefault();
      const at = el.selectionStart;
      el.setRangeText("  ", at, el.selectionEnd, "end");
      change(el.value);
    }
    if (e.key !== "Shift") free.current = false;
  };
  return (
    <div class="code">
      <div class="codegrid">
        <pre class="gutter" aria-hidden="true">{lines.map((_, i) => {
          const m = marks.get(i + 1);
          return <span key={i} class={m ? `bad sev-${m.severity}` : undefined} title={m?.text}>{i + 1}</span>;
        })}</pre>
        <div class="paper">
          <pre class="paint" aria-hidden="true">{lines.map((p, i) => <span key={i} class={`cl${marks.has(i + 1) ? " bad sev-" + (marks.get(i + 1)?.severity ?? "") : ""}${line === i + 1 ? " here" : ""}`}>{painted(p)}{"\n"}</span>)}</pre>
          <textarea ref={field} value={text} readOnly={readOnly} spellcheck={false} autocapitalize="off" autocomplete="off" wrap="off"
            aria-label={`${t("policies_text")} ${path}`} aria-describedby="editorhelp" aria-invalid={marks.size > 0} onInput={(e) => change(e.currentTarget.value)} onKeyDown={key} />
        </div>
      </div>
    </div>
  );
}
