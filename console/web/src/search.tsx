// SPDX-License-Identifier: GPL-3.0-or-later
// The search box: one question in the console's language, completed while it is typed, with its fault under the word;
// and below it what matches over time, where a stretch can be drawn out with the pointer.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";
import { get, Problem } from "./api";
import { full, number, short } from "./format";
import { lang, t, word } from "./i18n";
import type { Histogram, SearchField, SearchFault } from "./types";

/** What stands under the cursor and could be completed: from where, and the texts that would take its place. */
export interface Offer { from: number; items: { text: string; hint: string }[] }

export function offers(fields: SearchField[], q: string, at: number): Offer {
  const before = q.slice(0, at), start = Math.max(...[" ", "(", "-"].map((c) => before.lastIndexOf(c))) + 1;
  const token = before.slice(start), m = /^([a-z_]+)(:|=|!=|<=|>=|<|>)(.*)$/i.exec(token);
  if ((before.split('"').length - 1) % 2 || !token) return { from: at, items: [] };
  if (!m) {
    const items = fields.filter((f) => f.name.startsWith(token.toLowerCase())).map((f) => ({ text: f.name + ":", hint: (lang() === "vi" ? f.vi : f.en) + " · " + f.example }));
    return { from: start, items: items.slice(0, 8) };
  }
  const [, name = "", op = ":", list = ""] = m, values = fields.find((f) => f.name === name.toLowerCase())?.values ?? [];
  const typed = list.slice(list.lastIndexOf(",") + 1), from = at - typed.length;
  const quoted = (v: string) => (/[\s(),"]/.test(v) ? `"${v.replace(/["\\]/g, "\\$&")}"` : v);
  return { from, items: values.filter((v) => v.toLowerCase().startsWith(typed.toLowerCase()) && v !== typed).slice(0, 8).map((v) => ({ text: quoted(v) + " ", hint: name + op })) };
}

/** The question once more with the faulty word marked, and what is wrong with it. */
export function Fault({ q, fault, skip, id }: { q: string; fault: SearchFault; skip: number; id: string }) {
  const letters = [...q], from = Math.max(0, fault.column - 1 - skip), to = Math.max(from + 1, from + fault.length);
  const sentence = lang() === "vi" ? word("fault_", fault.kind) + (fault.near ? ` ${t("faultNear")} ${fault.near}` : "") : fault.text;
  return (
    <div class="fault" id={id} role="alert">
      <p aria-hidden="true"><code>{letters.slice(0, from).join("")}<mark>{letters.slice(from, to).join("") || "▲"}</mark>{letters.slice(to).join("")}</code></p>
      <p>{sentence}</p>
    </div>
  );
}

export function SearchBox({ q, set, box, faulty }: { q: string; set: (q: string) => void; box: RefObject<HTMLInputElement>; faulty: string | null }) {
  const [fields, setFields] = useState<SearchField[]>([]), [at, setAt] = useState(-1), [chosen, setChosen] = useState(-1);
  const loaded = useRef(false), caret = useRef<number | null>(null);
  const load = () => {
    if (loaded.current) return;
    loaded.current = true;
    get<{ fields: SearchField[] }>("/search/fields").then((f) => setFields(f.fields)).catch(() => { loaded.current = false; });
  };
  const offer = useMemo(() => (at < 0 ? { from: 0, items: [] } : offers(fields, q, at)), [fields, q, at]);
  const open = offer.items.length > 0;
  const take = (i: number) => {
    const text = offer.items[i]?.text ?? "", next = q.slice(0, offer.from) + text + q.slice(at);
    set(next);
    setChosen(-1);
    setAt(offer.from + text.length);
    caret.current = offer.from + text.length;
  };
  useLayoutEffect(() => { // before the next key: whoever types on at once must not find the caret elsewhere
    if (caret.current === null) return;
    box.current?.focus();
    box.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });
  const onKey = (e: KeyboardEvent) => {
    if (e.key === "Escape") {
      if (open) setAt(-1);
      else box.current?.blur();
      e.stopPropagation();
    } else if (open && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      setChosen((c) => (c + (e.key === "ArrowDown" ? 1 : -1) + offer.items.length) % offer.items.length);
      e.preventDefault();
    } else if (open && (e.key === "Tab" || e.key === "Enter") && chosen >= 0) {
      take(chosen);
      e.preventDefault();
    }
  };
  return (
    <div class="searchbox">
      <input ref={box} type="search" value={q} placeholder={t("search")} aria-label={t("search")} autocomplete="off" spellcheck={false} maxLength={1000}
        role="combobox" aria-expanded={open} aria-controls="offers" aria-autocomplete="list" aria-invalid={faulty ? "true" : undefined} aria-describedby={faulty ?? undefined}
        aria-activedescendant={open && chosen >= 0 ? `offer${chosen}` : undefined}
        onFocus={load} onBlur={() => setAt(-1)} onKeyDown={onKey}
        onInput={(e) => { set(e.currentTarget.value); setAt(e.currentTarget.selectionStart ?? e.currentTarget.value.length); setChosen(-1); }} />
      <ul id="offers" role="listbox" aria-label={t("searchOffers")} hidden={!open}>
        {offer.items.map((o, i) => (
          <li key={o.text} id={`offer${i}`} role="option" aria-selected={i === chosen} onPointerDown={(e) => { e.preventDefault(); take(i); }}>
            <code>{o.text}</code> <span class="dim">{o.hint}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const W = 400, H = 46;

/** How many match, over time. Drawing a stretch asks for it: the question says so afterwards. */
export function Histogram({ h, brush }: { h: Histogram; brush: (from: Date, to: Date) => void }) {
  const [drawn, setDrawn] = useState<[number, number] | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  useEffect(() => setDrawn(null), [h]);
  if (!h.from || !h.buckets.length) return null;
  const max = Math.max(1, ...h.buckets), w = W / h.buckets.length, start = Date.parse(h.from);
  const time = (x: number) => new Date(start + Math.floor(x / w) * h.width_s * 1000);
  const place = (e: PointerEvent) => {
    const r = svg.current?.getBoundingClientRect();
    return r ? Math.min(W - 0.01, Math.max(0, ((e.clientX - r.left) / r.width) * W)) : 0;
  };
  const ends: [number, number] | null = drawn ? [Math.min(...drawn), Math.max(...drawn)] : null;
  return (
    <figure class="histogram">
      <svg ref={svg} viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" role="img" aria-label={`${t("histogram")}: ${number(h.matched)}`}
        onPointerDown={(e) => { svg.current?.setPointerCapture(e.pointerId); setDrawn([place(e), place(e)]); }}
        onPointerMove={(e) => setDrawn((d) => (d ? [d[0], place(e)] : null))}
        onPointerUp={() => { if (ends) brush(time(ends[0]), time(ends[1] + w)); setDrawn(null); }}>
        {ends ? <rect class="brush" x={Math.floor(ends[0] / w) * w} width={(Math.floor(ends[1] / w) - Math.floor(ends[0] / w) + 1) * w} y="0" height={H} /> : null}
        {h.buckets.map((n, i) => (n ? (
          <rect key={i} class="bar alerts" x={i * w} width={Math.max(0.5, w * 0.85)} y={H - Math.max(2, ((H - 4) * n) / max)} height={Math.max(2, ((H - 4) * n) / max)}>
            <title>{`${short(time(i * w).toISOString())}: ${number(n)}`}</title>
          </rect>) : null))}
      </svg>
      <figcaption><span>{full(h.from)}</span><strong>{number(h.matched)}{h.searched.complete ? "" : "+"} {t("found")}</strong><span>{full(h.to)}</span></figcaption>
    </figure>
  );
}

/** The fault of a question, when that is what the server complains of. */
export function faultOf(e: unknown): SearchFault | null {
  return e instanceof Problem && e.code === "bad_search" && e.at ? { ...e.at, text: e.message } : null;
}
