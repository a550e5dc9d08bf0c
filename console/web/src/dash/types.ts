// SPDX-License-Identifier: GPL-3.0-or-later
// What GET /dashboard sends. A row whose name is "" holds what its list leaves out.
import type { Level } from "../types";

export interface Totals { events: number; alerts: number; documents: number; marked: number; unread: number }
export type Total = keyof Totals;
export type Step = [number, number, number, number, number, number]; /* seconds, then the totals in that order */
export interface Figures {
  from: string;
  to: string;
  step: "hour" | "day";
  since: string | null;
  totals: Totals;
  before: Totals;
  series: Step[];
  protocols: { name: string; n: number; bytes: number }[];
  sources: { ip: string; n: number; bytes: number }[];
  destinations: { ip: string; n: number; bytes: number }[];
  levels: { level: Level; n: number }[];
  alert_levels: { level: Level; n: number }[];
  severities: { severity: string; n: number }[];
  rules: { rule: string; n: number }[];
  unread: { reason: string; n: number }[];
  zones: { zone: string; dest_zone: string; level: Level; n: number }[];
  ledger: { seen: { part: string; n: number }[]; lost: { part: string; reason: string; n: number }[] };
  open: { new: number; acknowledged: number; by_level: Record<string, number> };
}
export const totals: Total[] = ["events", "alerts", "documents", "marked", "unread"];
