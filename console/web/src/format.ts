// SPDX-License-Identifier: GPL-3.0-or-later
// Times in the reader's zone, sizes, numbers.
import { lang, t } from "./i18n";

const locale = () => (lang() === "vi" ? "vi-VN" : "en-GB");

export function number(n: number | null | undefined): string {
  return n === null || n === undefined ? "–" : new Intl.NumberFormat(locale()).format(n);
}
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB"];
  let i = 0, v = n;
  while (v >= 1024 && i < units.length - 1) {
    v /= 1024;
    i++;
  }
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: i ? 1 : 0 }).format(v) + " " + units[i];
}
function date(iso: string): Date | null {
  const d = new Date(iso.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  return Number.isNaN(d.getTime()) ? null : d;
}
export function full(iso: string | null | undefined): string {
  const d = iso ? date(iso) : null;
  return d ? new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "medium" }).format(d) : "–";
}
/** Time of day for today, otherwise the date: short enough for a list. */
export function short(iso: string): string {
  const d = date(iso);
  if (!d) return "–";
  const today = new Date().toDateString() === d.toDateString();
  return new Intl.DateTimeFormat(locale(), today ? { hour: "2-digit", minute: "2-digit", second: "2-digit" } :
    { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" }).format(d);
}
export function utc(iso: string | null | undefined): string {
  const d = iso ? date(iso) : null;
  return d ? d.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC") : "";
}
export function ago(iso: string | null): string {
  const d = iso ? date(iso) : null;
  if (!d) return t("never");
  const s = Math.max(0, Math.round((Date.now() - d.getTime()) / 1000));
  if (s < 90) return `${s} ${t("seconds")}`;
  if (s < 5400) return `${Math.round(s / 60)} ${t("minutes")}`;
  if (s < 129600) return `${Math.round(s / 3600)} ${t("hours")}`;
  return `${Math.round(s / 86400)} ${t("days")}`;
}
/** Any value of an event as text; objects as compact JSON. */
export function text(v: unknown): string {
  if (v === null || v === undefined) return "–";
  if (typeof v === "string") return v;
  if (typeof v === "number" || typeof v === "boolean") return String(v);
  if (Array.isArray(v)) return v.map(text).join(", ");
  return JSON.stringify(v);
}
