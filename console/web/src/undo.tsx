// SPDX-License-Identifier: GPL-3.0-or-later
// What was done just now, in one line with the way back.
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, step } from "./api";
import { number } from "./format";
import { t } from "./i18n";
import { free, useKeys } from "./keys";
import type { ManyResult } from "./types";

interface Done { text: string; undo: number | null }
const SHOWN_MS = 20000;
const listeners = new Set<(d: Done) => void>();
export function announce(text: string, undo: number | null): void {
  for (const f of listeners) f({ text, undo });
}

/** The line, and the key z. */
export function UndoLine() {
  const [done, setDone] = useState<Done | null>(null), key = useRef("");
  useEffect(() => {
    const f = (d: Done) => { key.current = crypto.randomUUID(); setDone(d); };
    listeners.add(f);
    return () => { listeners.delete(f); };
  }, []);
  const back = async () => {
    if (!done?.undo) return;
    try {
      const r = await step<ManyResult>(`/undo/${done.undo}`, {}, key.current);
      setDone({ text: `${t("undone")}: ${number(r.changed)}${r.unchanged ? ` · ${t("untouched")}: ${number(r.unchanged)}` : ""}`, undo: null });
    } catch (e) {
      setDone({ text: e instanceof Problem && e.status === 0 ? t("offline") : t("failed"), undo: e instanceof Problem && e.status === 0 ? done.undo : null });
    }
  };
  useEffect(() => {
    if (!done) return;
    const id = setTimeout(() => setDone(null), SHOWN_MS);
    return () => clearTimeout(id);
  }, [done]);
  useKeys((e) => { if (e.key === "z" && free(e)) void back(); });
  return (
    <div class="undo" role="status" hidden={!done}>
      {done ? <><span>{done.text}</span>{done.undo ? <button type="button" onClick={() => void back()}>{t("undo")} <kbd>z</kbd></button> : null}</> : null}
    </div>
  );
}
