// SPDX-License-Identifier: GPL-3.0-or-later
// What the API sends (console/api/openapi.json). Everything that stems from the wire is unknown text.

export type Level = "none" | "restricted" | "confidential" | "secret" | "top_secret" | "mat" | "toi_mat" | "tuyet_mat";
export type State = "new" | "acknowledged" | "closed";
export type CloseReason = "confirmed" | "false_alarm" | "permitted";
export type ActionName = "acknowledge" | "comment" | "close" | "reopen" | "assign" | "undo" | "escalate" | "withdraw";

export type Role = "viewer" | "analyst" | "administrator" | "policy_author" | "approver" | "auditor";
export type Right = "SELF" | "SEE" | "ACT" | "PACKETS" | "EVIDENCE" | "EVIDENCE_ASK" | "POLICY_READ" | "POLICY_WRITE" | "APPROVE" | "ROLLOUT" | "FLEET" | "PEOPLE" | "SETTINGS" | "AUDIT" | "REPORT";

export interface Session {
  signed_in: boolean;
  setup: boolean;
  user?: { name: string; roles: Role[]; rights: Right[]; second_factor: boolean; second_factor_owed: boolean; units: "all" | { id: number; name: string }[] };
  console: { name: string; version: string };
}
export interface Endpoint {
  ip: string | null;
  port: number | null;
}
export interface AlertRow {
  id: number;
  seq: number;
  time: string;
  received: string;
  state: State;
  severity: number;
  level: Level;
  signature: string;
  title: { en?: string; vi?: string } | null;
  category: string | null;
  rule: string | null;
  policy: string | null;
  action: string;
  shadow: boolean;
  file: { name: string | null; size: number | null; kind: string | null; sha256: string | null } | null;
  src: Endpoint;
  dest: Endpoint;
  app_proto: string | null;
  appliance: { id: string; name: string };
  taken_by: string | null;
  reason: CloseReason | null;
  comments: number;
  due: string | null;      /* when the running clock is over */
  case: number | null;
  same_document: number | null;
  redacted: boolean;       /* its content is above the clearance of who asks */
}
export interface AlertPage {
  items: AlertRow[];
  next: number | null;
  counts: Record<State, number>;
  late: number;
}
/** How far a search has looked. */
export interface Searched {
  complete: boolean;
  from: string | null;
  words_from: string | null;
  withheld: boolean;
}
export interface SearchPage {
  items: AlertRow[];
  next: number | null;
  searched: Searched;
}
export interface Histogram {
  from: string | null;
  to: string | null;
  width_s: number;
  buckets: number[];
  matched: number;
  searched: Searched;
}
export interface SearchField {
  name: string;
  example: string;
  en: string;
  vi: string;
  values: string[];
}
export interface SearchPlace {
  column: number;
  length: number;
  kind: string;
  near: string | null;
}
export interface SearchFault extends SearchPlace {
  text: string;
}
/** What came of a step on many alerts, or of undoing one. */
export interface ManyResult {
  matched: number;
  changed: number;
  unchanged: number;
  failed: { id: number; code: string }[];
  remaining: number;
  undo: number | null;
}
export interface Marking {
  text?: string;
  level?: Level;
  where?: string;
  page?: number;
  offset?: number;
  confidence?: number;
  scheme?: string;
}
export interface Doc {
  file?: string;
  sha256?: string;
  size?: number;
  mime?: string;
  kind?: string;
  level?: Level;
  level_source?: string;
  scheme?: string;
  lang?: string;
  encoding?: string;
  markings?: Marking[];
  labels?: { kind?: string; key?: string; value?: string; level?: Level }[];
  matches?: { rule?: string; where?: string; meta?: Record<string, unknown> }[];
  identifiers?: { kind?: string; count?: number }[];
  similar?: { document?: string; containment?: number; level?: Level }[];
  features?: { encrypted?: boolean; macros?: boolean; external_refs?: number; embedded?: number; javascript?: boolean; label_conflict?: boolean; extension_mismatch?: boolean };
  members?: Doc[];
  read?: string;
  unread_reason?: string;
}
export interface Verdict {
  action?: string;
  policy?: string;
  rule?: string;
  reason?: string;
  reason_vi?: string;
  facts?: { path?: string; value?: unknown }[];
  where?: string;
  error?: string;
  enforced?: boolean;
  enforced_reason?: string;
  quarantined?: boolean;
  quarantine_reason?: string;
}
export interface PacketsFile {
  file: string;
  state: "recording" | "kept" | "wanted" | "here" | "gone" | "refused";
  packets: number | null;
  bytes: number | null;
  complete: boolean | null;
  whole: boolean | null;
  sha256: string | null;
  why: string | null;
  requested: string | null;
  requested_by: string | null;
  received: string | null;
  have: number;
  total: number;
}
export interface HistoryStep {
  id: number;
  time: string;
  user: string | null;
  action: ActionName;
  from: State;
  to: State;
  reason: CloseReason | null;
  text: string | null;
}
export interface AlertDetail extends Omit<AlertRow, "appliance"> {
  appliance: Appliance;
  origin: { id: string; name: string } | null; /* the appliance behind a region */
  document: Doc | null;
  verdict: Verdict | null;
  fileinfo: Record<string, unknown> | null;
  protocol: Record<string, Record<string, unknown>>;
  connection: {
    flow_id?: string;
    community_id?: string;
    proto?: string;
    app_proto?: string;
    direction?: string;
    in_iface?: string;
    flow?: Record<string, unknown> | null;
    ndpi?: { proto?: string; category?: string; risks?: unknown[]; hostname?: string } | null;
  };
  history: HistoryStep[];
  pcap: PacketsFile | null;
  unlock: import("./access/types").Unlock | null;
  related: {
    same_document: { id: number; time: string; state: State; src: Endpoint; dest: Endpoint; app_proto: string | null; file?: { name: string | null } | null;
      appliance: { name: string } }[];
    same_document_total: number;
    sightings: number;
    first_seen: string | null;
    same_flow: { id: number; time: string; type: string }[];
  };
  event: Record<string, unknown>;
}
export interface LedgerRow {
  in: number;
  out: number;
  lost: Record<string, number>;
}
export interface Appliance {
  id: string;
  name: string;
  state: "active" | "retired";
  enrolled: string;
  last_heard: string | null;
  address: string | null;
  clock_offset_ms: number | null;
  batches: number;
  records: number;
  alerts: number;
  lost: number;
  ledger: Record<string, LedgerRow> | null;
  ledger_time: string | null;
  versions: Record<string, string>;
  offered: number | null;
  holes: { first: number; last: number; missing: number; accepted: string; by: string; reason: string }[];
}
export interface Stats {
  hours: number;
  alerts: { by_state: Record<State, number>; open_by_severity: Record<string, number>; open_by_level: Record<string, number> };
  documents: { seen: number; transfers: number; by_level: Record<string, number>; unread: number };
  by_hour: [number, number, number, number][];
  rules: { rule: string; n: number }[];
  events: { total: number; oldest: string | null; database_bytes: number; engine: string; waiting: number; away_since: string | null };
}
