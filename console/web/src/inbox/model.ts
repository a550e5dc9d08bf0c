// SPDX-License-Identifier: GPL-3.0-or-later
// What the inbox shows, as an address and as questions to the server. Everything that can be chosen is in the address.
import { get } from "../api";
import type { AlertPage, AlertRow, Level, Searched, SearchPage, State } from "../types";

export type Tab = State | "all";
export type GroupBy = "" | "document" | "rule" | "host" | "appliance";
export type Sort = "" | "due" | "severity";
export interface Inbox { state: Tab; q: string; group: GroupBy; sort: Sort }
export interface Group {
  key: string | null;
  query: string | null;
  alerts: number;
  open: number;
  late: number;
  severity: number;
  level: Level;
  first: string;
  last: string;
  newest: AlertRow;
}
export interface GroupPage { groups: Group[]; matched: number; others: number; unsorted: number; searched: Searched }
export type Page = Partial<AlertPage> & SearchPage;

export const PAGE = 50;
/** Characters that stand before what was typed. */
export const SKIP = 1;
export const tabs: readonly Tab[] = ["new", "acknowledged", "closed", "all"];
export const groups: readonly GroupBy[] = ["", "document", "rule", "host", "appliance"];
export const sorts: readonly Sort[] = ["", "due", "severity"];
const one = <T extends string>(list: readonly T[], v: string | null, other: T): T => (list.includes(v as T) ? (v as T) : other);

export function read(asked: string): Inbox {
  const p = new URLSearchParams(asked);
  return { q: p.get("q") ?? "", state: one(tabs, p.get("state"), "new"), group: one(groups, p.get("group"), ""), sort: one(sorts, p.get("sort"), "") };
}
export function address(v: Inbox, id: number | null = null): string {
  const p = new URLSearchParams();
  if (v.q.trim()) p.set("q", v.q);
  if (v.state !== "new") p.set("state", v.state);
  if (v.group) p.set("group", v.group);
  if (v.sort) p.set("sort", v.sort);
  const text = p.toString();
  return `#/alerts${id === null ? "" : `/${id}`}${text ? "?" + text : ""}`;
}
export const zone = () => -new Date().getTimezoneOffset();
/** Words and state as one question; more narrows it. */
export function question(v: Inbox, more = ""): string {
  return [v.q.trim() ? `(${v.q.trim()})` : "", v.state === "all" ? "" : `status:${v.state}`, more].filter(Boolean).join(" ");
}
function ask(v: Inbox, more = ""): URLSearchParams {
  return new URLSearchParams({ q: question(v, more), tz: String(zone()) });
}
const whole: Searched = { complete: true, from: null, words_from: null, withheld: false };

/** One page of alerts. Without words it is the plain list, which also counts the states. */
export async function pageOf(v: Inbox, before: number | null, more = ""): Promise<Page> {
  if (v.sort) {
    const p = ask(v, more);
    p.set("sort", v.sort);
    p.set("limit", String(PAGE));
    if (before) p.set("after", String(before));
    return { ...(await get<SearchPage>("/alerts/sorted?" + p.toString())), searched: whole };
  }
  if (v.q.trim() || more) {
    const p = ask(v, more);
    p.set("limit", String(PAGE));
    if (before) p.set("before", String(before));
    return get<SearchPage>("/search?" + p.toString());
  }
  const p = new URLSearchParams({ limit: String(PAGE) });
  if (v.state !== "all") p.set("state", v.state);
  if (before) p.set("before", String(before));
  return { ...(await get<AlertPage>("/alerts?" + p.toString())), searched: whole };
}
/** How many there are in each state, and how many are late: of all, whatever is shown. */
export const countsOf = () => get<AlertPage>("/alerts?limit=1");
export function groupsOf(v: Inbox): Promise<GroupPage> {
  const p = ask(v);
  p.set("by", v.group);
  return get<GroupPage>("/alerts/groups?" + p.toString());
}
export const histogramAddress = (v: Inbox) => "/search/histogram?" + ask(v).toString();
