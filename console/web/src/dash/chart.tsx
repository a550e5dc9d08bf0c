// SPDX-License-Identifier: GPL-3.0-or-later
// Bars over time: a tooltip under the pointer or the keyboard's cursor, a stretch drawn out by either, and the same figures as a table.
import { useEffect, useRef, useState } from "preact/hooks";
import { number } from "../format";
import { lang, t } from "../i18n";
import type { Step } from "./types";

export interface Serie { index: number; name: string; tone: string } /* index: place in a Step */
const H = 220, LEFT = 46, BOTTOM = 26, TOP = 10;
const locale = () => (lang() === "vi" ? "vi-VN" : "en-GB");

/** Every step has its place, also one in which nothing happened. */
export function fill(series: Step[], from: string, to: string, step: "hour" | "day"): Step[] {
  const known = new Map(series.map((s) => [s[0], s])), out: Step[] = [], end = Date.parse(to) / 1000;
  const at = new Date(from);
  for (let i = 0; at.getTime() / 1000 < end && i < 1000; i++) {
    const s = at.getTime() / 1000;
    out.push(known.get(s) ?? [s, 0, 0, 0, 0, 0]);
    if (step === "day") at.setDate(at.getDate() + 1);
    else at.setTime(at.getTime() + 3600000);
  }
  return out;
}
/** 1, 2 or 5 times a power of ten, not below n. */
export function ceiling(n: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, n)));
  return [1, 2, 5, 10].map((f) => f * power).find((f) => f >= n) ?? n;
}
export function label(s: number, step: "hour" | "day", long = false): string {
  const options: Intl.DateTimeFormatOptions = step === "day" ? { day: "2-digit", month: "2-digit", ...(long ? { weekday: "long", year: "numeric" } : {}) } :
    { hour: "2-digit", minute: "2-digit", ...(long ? { weekday: "short", day: "2-digit", month: "2-digit" } : {}) };
  return new Intl.DateTimeFormat(locale(), options).format(new Date(s * 1000));
}

export function Bars({ rows, series, step, title, zoom }: { rows: Step[]; series: Serie[]; step: "hour" | "day"; title: string; zoom: (from: number, to: number) => void }) {
  const [at, setAt] = useState<number | null>(null), [from, setFrom] = useState<number | null>(null), [drag, setDrag] = useState(false);
  const svg = useRef<SVGSVGElement>(null), W = innerWidth < 600 ? 420 : 960; /* letters stay as large on a telephone */
  useEffect(() => { setAt(null); setFrom(null); setDrag(false); }, [rows]);
  if (!rows.length) return null;
  const max = ceiling(Math.max(1, ...rows.flatMap((r) => series.map((s) => r[s.index] ?? 0))));
  const w = (W - LEFT) / rows.length, y = (n: number) => TOP + (H - TOP - BOTTOM) * (1 - n / max), each = Math.ceil(rows.length / (W / 120));
  const width = step === "day" ? 86400 : 3600;
  const place = (e: PointerEvent) => {
    const r = svg.current?.getBoundingClientRect();
    return r ? Math.min(rows.length - 1, Math.max(0, Math.floor((((e.clientX - r.left) / r.width) * W - LEFT) / w))) : 0;
  };
  const ends = at === null || from === null ? null : [Math.min(at, from), Math.max(at, from)] as const;
  const take = () => {
    const a = ends ? rows[ends[0]] : null, b = ends ? rows[ends[1]] : null;
    if (a && b) zoom(a[0], b[0] + width);
  };
  const onKey = (e: KeyboardEvent) => {
    const move = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : e.key === "Home" ? -rows.length : e.key === "End" ? rows.length : 0;
    if (move) {
      const next = Math.min(rows.length - 1, Math.max(0, (at ?? (move > 0 ? -1 : rows.length)) + move));
      setFrom(e.shiftKey ? from ?? at ?? next : null);
      setAt(next);
    } else if (e.key === "Enter" && ends) take();
    else if (e.key === "Escape" && at !== null) { setAt(null); setFrom(null); }
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  const shown = at === null ? null : rows[at];
  const say = shown ? `${label(shown[0], step, true)}: ${series.map((s) => `${number(shown[s.index])} ${s.name}`).join(", ")}` : "";
  return (
    <figure class="dashchart">
      <div class="dashplot">
        <svg ref={svg} viewBox={`0 0 ${W} ${H}`} role="img" aria-label={`${title}. ${t("dash_overHelp")}`} tabIndex={0} onKeyDown={onKey}
          onPointerMove={(e) => setAt(place(e))} onPointerLeave={() => { if (!drag) { setAt(null); setFrom(null); } }}
          onPointerDown={(e) => { svg.current?.setPointerCapture(e.pointerId); setDrag(true); setFrom(place(e)); setAt(place(e)); }}
          onPointerUp={() => { if (drag && ends && ends[0] !== ends[1]) take(); setDrag(false); setFrom(null); }}
          onBlur={() => { setAt(null); setFrom(null); }}>
          {[0, 0.5, 1].map((f) => (
            <g key={f}><line x1={LEFT} x2={W} y1={y(max * f)} y2={y(max * f)} class="base" /><text x={LEFT - 6} y={y(max * f) + 4} class="axis" text-anchor="end">{number(max * f)}</text></g>
          ))}
          {ends ? <rect class="brush" x={LEFT + ends[0] * w} width={(ends[1] - ends[0] + 1) * w} y={TOP} height={H - TOP - BOTTOM} /> : null}
          {at !== null ? <rect class="cursor" x={LEFT + at * w} width={w} y={TOP} height={H - TOP - BOTTOM} /> : null}
          {rows.map((r, i) => (
            <g key={r[0]}>
              {series.map((s, k) => {
                const n = r[s.index] ?? 0, b = (w * 0.8) / series.length;
                return n ? <rect key={s.index} class={`bar ${s.tone}`} x={LEFT + i * w + w * 0.1 + k * b} width={Math.max(0.6, b - 0.6)} y={Math.min(y(n), H - BOTTOM - 1.5)} height={Math.max(1.5, H - BOTTOM - y(n))} /> : null;
              })}
              {i % each === 0 ? <text x={LEFT + i * w + w / 2} y={H - 8} class="axis" text-anchor="middle">{label(r[0], step)}</text> : null}
            </g>
          ))}
        </svg>
        {shown && at !== null ? (
          <div class={`tip${at > rows.length / 2 ? " left" : ""}`} style={{ left: `${((LEFT + (at + 0.5) * w) / W) * 100}%` }} aria-hidden="true">
            <strong>{label(shown[0], step, true)}</strong>
            {series.map((s) => <span key={s.index}><span class={`key ${s.tone}`} />{number(shown[s.index])} {s.name}</span>)}
          </div>
        ) : null}
      </div>
      <p class="sr" role="status">{say}</p>
      <details>
        <summary>{t("dash_table")}</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={t("dash_table")}>
          <table class="dashtable">
            <thead><tr><th scope="col">{t("dash_time")}</th>{series.map((s) => <th key={s.index} scope="col" class="n">{s.name}</th>)}</tr></thead>
            <tbody>{rows.filter((r) => series.some((s) => r[s.index])).map((r) => <tr key={r[0]}><th scope="row">{label(r[0], step, true)}</th>{series.map((s) => <td key={s.index} class="n">{number(r[s.index])}</td>)}</tr>)}</tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
