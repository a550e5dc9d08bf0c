// SPDX-License-Identifier: GPL-3.0-or-later
// A QR code (ISO/IEC 18004): bytes, correction level L, versions 5 to 9, whose blocks are all of one size. Enough for the
// address that an authenticator scans. The result is rows of dark and light modules without a margin.

/* version: bytes in all, correction bytes of a block, blocks, where alignment patterns stand */
const versions: Record<number, { all: number; ec: number; blocks: number; align: number[] }> = {
  5: { all: 134, ec: 26, blocks: 1, align: [6, 30] },
  6: { all: 172, ec: 18, blocks: 2, align: [6, 34] },
  7: { all: 196, ec: 20, blocks: 2, align: [6, 22, 38] },
  8: { all: 242, ec: 24, blocks: 2, align: [6, 24, 42] },
  9: { all: 292, ec: 30, blocks: 2, align: [6, 26, 46] },
};
/* powers of 2 in GF(256) by x^8+x^4+x^3+x^2+1 */
const exp: number[] = [], log: number[] = [];
for (let i = 0, x = 1; i < 255; i++) {
  exp[i] = x;
  log[x] = i;
  x = x << 1 ^ (x & 128 ? 0x11d : 0);
}
function times(a: number, b: number): number {
  return a && b ? exp[((log[a] ?? 0) + (log[b] ?? 0)) % 255] ?? 0 : 0;
}
/** Remainder of the data by the generator polynomial of that many roots. */
export function correction(data: number[], n: number): number[] {
  let g = [1];
  for (let i = 0; i < n; i++) {
    const next: number[] = new Array<number>(g.length + 1).fill(0);
    g.forEach((c, k) => { next[k] = (next[k] ?? 0) ^ c; next[k + 1] = (next[k + 1] ?? 0) ^ times(c, exp[i] ?? 0); });
    g = next;
  }
  const rest: number[] = [...data, ...new Array<number>(n).fill(0)];
  for (let i = 0; i < data.length; i++) {
    const lead = rest[i] ?? 0;
    g.forEach((c, k) => { rest[i + k] = (rest[i + k] ?? 0) ^ times(c, lead); });
  }
  return rest.slice(data.length);
}
/** value, then its remainder by poly (a BCH code). */
function bch(value: number, poly: number, bits: number): number {
  let rest = value << bits;
  const top = 31 - Math.clz32(poly);
  for (let i = 31 - Math.clz32(rest); i >= top; i--) if (rest >> i & 1) rest ^= poly << (i - top);
  return value << bits | rest;
}

function codewords(text: Uint8Array, v: number): number[] {
  const { all, ec, blocks } = versions[v] ?? { all: 0, ec: 0, blocks: 1 };
  const room = all - ec * blocks, bits: number[] = [];
  const put = (value: number, n: number) => { for (let i = n - 1; i >= 0; i--) bits.push(value >> i & 1); };
  put(4, 4); /* bytes */
  put(text.length, 8);
  text.forEach((b) => put(b, 8));
  put(0, Math.min(4, room * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  const data: number[] = [];
  for (let i = 0; i < bits.length; i += 8) data.push(bits.slice(i, i + 8).reduce((a, b) => a << 1 | b, 0));
  for (let i = 0; data.length < room; i++) data.push(i % 2 ? 0x11 : 0xec);
  const size = room / blocks, parts = Array.from({ length: blocks }, (_, i) => data.slice(i * size, (i + 1) * size));
  const checks = parts.map((p) => correction(p, ec)), out: number[] = [];
  for (let i = 0; i < size; i++) for (const p of parts) out.push(p[i] ?? 0);
  for (let i = 0; i < ec; i++) for (const c of checks) out.push(c[i] ?? 0);
  return out;
}

/** Null when the text is too long. */
export function qr(text: string): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  const v = [5, 6, 7, 8, 9].find((n) => { const x = versions[n]; return x && bytes.length <= x.all - x.ec * x.blocks - 2; });
  if (!v) return null;
  const n = 17 + 4 * v, dark = Array.from({ length: n }, () => new Array<boolean>(n).fill(false));
  const taken = Array.from({ length: n }, () => new Array<boolean>(n).fill(false));
  const set = (r: number, c: number, on: boolean) => {
    const row = dark[r], t = taken[r];
    if (!row || !t || c < 0 || c >= n) return;
    row[c] = on;
    t[c] = true;
  };
  const square = (r: number, c: number, half: number, light: number) => {
    for (let y = -half; y <= half; y++) for (let x = -half; x <= half; x++) { const d = Math.max(Math.abs(x), Math.abs(y)); set(r + y, c + x, d !== light && d !== half + (half === 4 ? 0 : 1)); }
  };
  for (let i = 0; i < n; i++) { set(6, i, i % 2 === 0); set(i, 6, i % 2 === 0); }
  for (const [r, c] of [[3, 3], [3, n - 4], [n - 4, 3]] as [number, number][]) square(r, c, 4, 2);
  const align = versions[v]?.align ?? [];
  for (const r of align) for (const c of align) if (!((r === 6 && (c === 6 || c === n - 7)) || (r === n - 7 && c === 6))) square(r, c, 2, 1);
  const format = bch(0b01000, 0b10100110111, 10) ^ 0b101010000010010; /* level L, mask 0 */
  for (let i = 0; i < 15; i++) {
    const on = (format >> i & 1) === 1;
    if (i < 8) set(i < 6 ? i : i + 1, 8, on); else set(n - 15 + i, 8, on);
    if (i < 8) set(8, n - 1 - i, on); else set(8, i === 8 ? 7 : 14 - i, on);
  }
  set(n - 8, 8, true);
  if (v >= 7) {
    const info = bch(v, 0b1111100100101, 12);
    for (let i = 0; i < 18; i++) { const on = (info >> i & 1) === 1; set(Math.floor(i / 3), n - 11 + i % 3, on); set(n - 11 + i % 3, Math.floor(i / 3), on); }
  }
  const words = codewords(bytes, v);
  let bit = 0;
  for (let right = n - 1; right > 0; right -= 2) {
    if (right === 6) right = 5; /* the timing pattern's column */
    for (let i = 0; i < n; i++) {
      const r = ((right + 1) & 2) === 0 ? n - 1 - i : i;
      for (const c of [right, right - 1]) {
        if (taken[r]?.[c]) continue;
        const on = ((words[bit >> 3] ?? 0) >> (7 - bit % 8) & 1) === 1;
        bit++;
        const row = dark[r];
        if (row) row[c] = on !== ((r + c) % 2 === 0);
      }
    }
  }
  return dark;
}
