// SPDX-License-Identifier: GPL-3.0-or-later
// What the API says of cases.
import type { AlertRow, Level } from "../types";

export type CaseState = "open" | "closed" | "merged";
export type Outcome = "violation" | "mistake" | "permitted" | "unfounded";
export const outcomes: Outcome[] = ["violation", "mistake", "permitted", "unfounded"];
export interface CaseRow {
  id: number;
  title: string;
  state: CaseState;
  outcome: Outcome | null;
  severity: number;
  owner: string | null;
  created: string;
  created_by: string;
  changed: string;
  merged_into: number | null;
  alerts: number;
  open_alerts: number;
  late_alerts: number;
  tasks_all: number;
  tasks_done: number;
  level: Level;
}
export interface CasePage { items: CaseRow[]; next: number | null; counts: Record<CaseState, number> }
export interface Task { id: number; text: string; done: string | null; done_by: string | null }
export interface Entry { id: number; time: string; user: string; kind: string; text: string | null; withheld: boolean; ref: number | null }
export interface CaseDetail extends CaseRow {
  tasks: Task[];
  items: AlertRow[];
  documents: { sha256: string; alerts: number; level: Level; name: string | null }[];
  hosts: { ip: string; alerts: number; sent: number }[];
  merged: { id: number; title: string }[];
  timeline: Entry[];
}
