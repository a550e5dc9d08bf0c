// SPDX-License-Identifier: GPL-3.0-or-later
// What differs between two texts, line by line.
export interface Row { sign: " " | "+" | "-"; a: number | null; b: number | null; text: string }
const MOST = 4000; /* lines of the middle part; beyond that it is told as one block */

/** The longest common part by Hunt and Szymanski's table would be faster for long files; policies are short. */
export function diff(a: string, b: string): Row[] {
  const x = a.split("\n"), y = b.split("\n"), rows: Row[] = [];
  let head = 0, tail = 0;
  while (head < x.length && head < y.length && x[head] === y[head]) head++;
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail++;
  for (let i = 0; i < head; i++) rows.push({ sign: " ", a: i + 1, b: i + 1, text: x[i] ?? "" });
  const m = x.slice(head, x.length - tail), n = y.slice(head, y.length - tail);
  const minus = (i: number) => rows.push({ sign: "-", a: head + i + 1, b: null, text: m[i] ?? "" });
  const plus = (k: number) => rows.push({ sign: "+", a: null, b: head + k + 1, text: n[k] ?? "" });
  if (m.length * n.length > MOST * MOST / 4) {
    m.forEach((_, i) => minus(i));
    n.forEach((_, k) => plus(k));
  } else {
    const w = n.length + 1, best = new Uint16Array((m.length + 1) * w);
    for (let i = m.length - 1; i >= 0; i--)
      for (let k = n.length - 1; k >= 0; k--)
        best[i * w + k] = m[i] === n[k] ? (best[(i + 1) * w + k + 1] ?? 0) + 1 : Math.max(best[(i + 1) * w + k] ?? 0, best[i * w + k + 1] ?? 0);
    let i = 0, k = 0;
    while (i < m.length || k < n.length) {
      if (i < m.length && k < n.length && m[i] === n[k]) {
        rows.push({ sign: " ", a: head + i + 1, b: head + k + 1, text: m[i] ?? "" });
        i++;
        k++;
      } else if (i < m.length && (k >= n.length || (best[(i + 1) * w + k] ?? 0) >= (best[i * w + k + 1] ?? 0))) minus(i++);
      else plus(k++);
    }
  }
  for (let i = 0; i < tail; i++) rows.push({ sign: " ", a: x.length - tail + i + 1, b: y.length - tail + i + 1, text: x[x.length - tail + i] ?? "" });
  return rows;
}
/** Only what changed, with three lines around; a null stands for what is left out. */
export function around(rows: Row[], near = 3): (Row | null)[] {
  const keep = rows.map((_, i) => rows.slice(Math.max(0, i - near), i + near + 1).some((r) => r.sign !== " "));
  const out: (Row | null)[] = [];
  rows.forEach((r, i) => {
    if (keep[i]) out.push(r);
    else if (out.length && out[out.length - 1] !== null) out.push(null);
  });
  return out;
}
