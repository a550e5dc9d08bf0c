// SPDX-License-Identifier: GPL-3.0-or-later
// Which case alerts go into: one that is open, or a new one.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, step } from "../api";
import { t, word } from "../i18n";
import { ErrorNote } from "../parts";
import type { CasePage, CaseRow } from "./model";

/** Gives the number of the case, which may have to be made first; the same one however often it is asked. */
export interface Chosen { make: () => Promise<number> }

export function CaseChoice({ set, suggest, me }: { set: (c: Chosen | null) => void; suggest: string; me: string | null }) {
  const [open, setOpen] = useState<CaseRow[] | null>(null), [error, setError] = useState(false), [id, setId] = useState<number | null>(null);
  const [title, setTitle] = useState(suggest), [severity, setSeverity] = useState(2), key = useRef(crypto.randomUUID());
  useEffect(() => { get<CasePage>("/cases?state=open&limit=100").then((p) => setOpen(p.items)).catch(() => setError(true)); }, []);
  useEffect(() => {
    if (id !== null) set({ make: () => Promise.resolve(id) });
    else if (title.trim()) {
      key.current = crypto.randomUUID();
      const k = key.current, body = { title: title.trim(), severity, owner: me ?? "" };
      set({ make: async () => (await step<{ case: CaseRow }>("/cases", body, k)).case.id });
    } else set(null);
  }, [id, title, severity]);
  return (
    <>
      {error ? <ErrorNote text={t("failed")} /> : null}
      {open?.length ? (
        <label>{t("cases_into")}
          <select value={id ?? ""} onChange={(e) => setId(e.currentTarget.value ? Number(e.currentTarget.value) : null)}>
            <option value="">{t("cases_new")}</option>
            {open.map((c) => <option key={c.id} value={c.id}>{`#${c.id} ${c.title}`}</option>)}
          </select>
        </label>
      ) : null}
      {id === null ? (
        <>
          <label>{t("cases_title")}<input required maxLength={200} value={title} onInput={(e) => setTitle(e.currentTarget.value)} /></label>
          <label>{t("severity")}<select value={severity} onChange={(e) => setSeverity(Number(e.currentTarget.value))}>{[1, 2, 3, 4].map((n) => <option key={n} value={n}>{word("severity", String(n))}</option>)}</select></label>
        </>
      ) : null}
      <p class="hint">{t("cases_taken")}</p>
    </>
  );
}
