// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for the editor: Lua, YARA, JSON and lists, line by line. Nothing here decides anything; what is not understood stays plain.
export type Ink = "" | "word" | "name" | "text" | "number" | "note";
export interface Piece { ink: Ink; text: string }
type Rest = "" | "long" | "note"; /* what an earlier line began: a long string, a long comment */

const WORDS = new Set("and break do else elseif end false for function goto if in local nil not or repeat return then true until while".split(" "));
const NAMES = new Set("rule zone calendar setting set off test settings at_least any all count each contains starts_with ends_with lower after_last domain_of extension_of in_list times distinct e".split(" "));
const YARA = new Set("rule private global meta strings condition and or not any all of them for in at true false import ascii wide nocase fullword".split(" "));

function lua(line: string, rest: Rest): [Piece[], Rest] {
  const out: Piece[] = [];
  let at = 0;
  const put = (ink: Ink, end: number) => { if (end > at) out.push({ ink, text: line.slice(at, end) }); at = end; };
  if (rest) {
    const close = line.indexOf("]]");
    put(rest === "note" ? "note" : "text", close < 0 ? line.length : close + 2);
    if (close < 0) return [out, rest];
  }
  while (at < line.length) {
    const tail = line.slice(at);
    let m: RegExpExecArray | null;
    if (tail.startsWith("--[[")) {
      const close = line.indexOf("]]", at + 4);
      put("note", close < 0 ? line.length : close + 2);
      if (close < 0) return [out, "note"];
    } else if (tail.startsWith("--")) put("note", line.length);
    else if (tail.startsWith("[[")) {
      const close = line.indexOf("]]", at + 2);
      put("text", close < 0 ? line.length : close + 2);
      if (close < 0) return [out, "long"];
    } else if ((m = /^"(?:\\.|[^"\\])*"?|^'(?:\\.|[^'\\])*'?/.exec(tail))) put("text", at + m[0].length);
    else if ((m = /^(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(tail))) put("number", at + m[0].length);
    else if ((m = /^[A-Za-z_]\w*/.exec(tail))) put(WORDS.has(m[0]) ? "word" : NAMES.has(m[0]) ? "name" : "", at + m[0].length);
    else put("", at + (/^[^\w"'[-]+/.exec(tail)?.[0].length ?? 1));
  }
  return [out, ""];
}
function simple(line: string, note: string, words: Set<string>): Piece[] {
  const out: Piece[] = [];
  let rest = line;
  while (rest) {
    let m: RegExpExecArray | null, ink: Ink = "";
    if (note && rest.startsWith(note)) { out.push({ ink: "note", text: rest }); break; }
    if ((m = /^"(?:\\.|[^"\\])*"?/.exec(rest))) ink = "text";
    else if ((m = /^(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?)/.exec(rest))) ink = "number";
    else if ((m = /^[A-Za-z_$#]\w*/.exec(rest))) ink = words.has(m[0]) ? "word" : "";
    const text = m?.[0] ?? rest[0] ?? "";
    out.push({ ink, text });
    rest = rest.slice(text.length);
  }
  return out;
}
const NONE = new Set<string>(), LITERALS = new Set(["true", "false", "null"]);
export function colours(path: string, text: string): Piece[][] {
  const lines = text.split("\n");
  if (path.endsWith(".lua")) {
    let rest: Rest = "";
    return lines.map((l) => {
      const [pieces, next] = lua(l, rest);
      rest = next;
      return pieces;
    });
  }
  if (/\.yara?$/.test(path)) return lines.map((l) => simple(l, "//", YARA));
  if (path.endsWith(".json")) return lines.map((l) => simple(l, "", LITERALS));
  if (/\.(csv|txt|list|hosts|conf)$/.test(path)) return lines.map((l) => simple(l, "#", NONE));
  return lines.map((l) => [{ ink: "", text: l }]);
}
