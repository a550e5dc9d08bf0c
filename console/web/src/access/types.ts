// SPDX-License-Identifier: GPL-3.0-or-later
// What the API says of people, units, tokens, sessions and unlocking.
import type { Level, Right, Role } from "../types";

export interface Clearance { vn: Level; other: Level }
export interface UnitName { id: number; name: string }
export type Units = "all" | UnitName[];
export interface Person {
  id: number; name: string; roles: Role[]; created: string; last_sign_in: string | null; disabled: boolean; second_factor: boolean;
  clearance: Clearance; sessions: number; tokens: number; units: Units;
}
export interface Unit { id: number; name: string; created: string; people: number; appliances: { id: string; name: string }[] }
export interface SessionRow { id: number; created: string; seen: string; address: string; current: boolean }
export interface Token { id: number; name: string; rights: Right[]; created: string; expires: string; used: string | null; over: boolean; units: Units }
export interface Unlock {
  id: number; alert: number; asked_by: string; asked: string; reason: string; minutes: number; state: "asked" | "granted" | "refused"; over: boolean;
  decided_by: string | null; decided: string | null; until: string | null; level: Level; rule: string | null; appliance: string;
}
export interface AuditRow { id: number; time: string; actor: string; address: string | null; action: string; object: string | null; detail: string | null; hash: string }
export interface AuditPage { items: AuditRow[]; next: number | null; head: { head: string; signed: string } | null }
export const roles: Role[] = ["viewer", "analyst", "policy_author", "approver", "administrator", "auditor"];
export const vnLevels: Level[] = ["none", "mat", "toi_mat", "tuyet_mat"];
export const otherLevels: Level[] = ["none", "restricted", "confidential", "secret", "top_secret"];
