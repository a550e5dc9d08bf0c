// SPDX-License-Identifier: GPL-3.0-or-later
// What the API says of policies, replays and roll-outs.
export type Kind = "policy" | "rules" | "lists" | "settings";
export type VersionState = "draft" | "proposed" | "approved" | "refused" | "dropped";
export type Files = Record<string, string>;
export interface SourceRow {
  id: number; kind: Kind; name: string; shipped: boolean; created: string; created_by: string; drafts: number; proposed: number;
  newest: { id: number; number: number; label: string; decided: string | null; author: string; goods: number | null } | null;
}
export interface SourceList { two_persons: boolean; workbench: boolean; items: SourceRow[] }
export interface VersionRow {
  id: number; number: number | null; state: VersionState; revision: number; base: number | null; author: string; note: string; label: string; made: string;
  changed: string; changed_by: string; hash: string; proposed: string | null; proposed_by: string | null; decided: string | null; decided_by: string | null;
  why: string | null; goods: number | null; source: number; kind: Kind; name: string;
}
export interface Version extends VersionRow { files: Files; revisions: { revision: number; time: string; user: string; hash: string }[] }
export interface Source { id: number; kind: Kind; name: string; shipped: boolean; versions: VersionRow[] }
export interface Fault { file: string; line: number; column: number; severity: "error" | "warning"; text: string }
export interface Rule { id: string; title: string; title_vi: string; action: string; severity: number; part: string; line: number; off: boolean }
export interface TestResult { name: string; file: string; line: number; good: boolean; want: string; want_rule: string; got: string; got_rule: string; reason: string }
export interface Bench {
  good: boolean; faults: Fault[]; name?: string; version?: string; rules?: Rule[]; uses?: { name: string; version: string }[]; judges?: string[];
  tests?: TestResult[]; count?: number; passed?: number; failed?: number; complete?: boolean; uncovered?: { rule: string; line: number; always: boolean }[];
}
export interface Explained {
  good: boolean; faults: Fault[];
  rules?: { id: string; part: string; line: number; result: "match" | "no" | "failed" | "not_asked"; error?: string; reads?: { path: string; value: unknown }[] }[];
  verdicts?: { action: string; rule: string; reason: string; reason_vi: string }[];
}
export interface Change {
  event: number; alert: number | null; type: string; timestamp: string; old: string; old_rule: string; new: string; new_rule: string; subject: string; reason: string; reason_vi: string; redacted: boolean;
}
export interface Replay {
  id: number; state: "waiting" | "running" | "done" | "failed" | "cancelled"; name: string; version: number; against: number | null; since: string; until: string; at: string;
  events: number; complete: boolean; why: string | null; changes: Change[];
  counts: { judged: number; skipped: number; bad: number; failed: number; changed: number; by_action: Record<string, number>; from_to: { from: string; to: string; n: number }[] } | null;
}
export type RolloutState = "proposed" | "running" | "paused" | "done" | "stopped" | "back";
export interface Rollout {
  id: number; goods: number; step: number; steps: number; wait_s: number; need: number; most_failed: number; most_alerts: number; planned: number; taken: number;
  running: number; failed: number; kind: string; name: string; version: string; state: RolloutState; since: string | null; made: string; made_by: string;
  approved: string | null; approved_by: string | null; why: string | null; ended: string | null; reason: string | null;
}
export interface RolloutFull extends Rollout {
  appliances: { appliance: string; name: string; step: number; ring: string | null; heard: string | null; state: "planned" | "sent" | "running" | "refused" | "failed"; reason: string | null }[];
}
export interface Goods { id: number; kind: string; name: string; version: string; note: string; added: string; added_by: string }
