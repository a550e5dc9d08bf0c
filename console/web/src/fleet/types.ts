// SPDX-License-Identifier: GPL-3.0-or-later
// What GET /fleet and GET /goods/states send.
export type Health = "heard" | "away" | "overdue" | "silent" | "never" | "retired";
export type Profile = "office" | "post" | "ship";
export interface Item {
  number: number;
  id: string;
  name: string;
  health: Health;
  last_heard: string | null;
  expected: string | null;
  profile: Profile;
  expect_s: number;
  lat: number | null;
  lon: number | null;
  place: string;
  queue: number;
  units: string[];
  ring: string;
  lost_day: number;
  alerts_day: number;
  kind: "appliance" | "region";
  origins?: Origin[];
}
// What became of records: in = forwarded + redacted + filtered (by rule) + lost (by reason).
export interface Account {
  in: number;
  forwarded: number;
  redacted: number;
  filtered: Record<string, number>;
  lost: Record<string, number>;
}
// An appliance behind a region, as the region's signed accounts tell of it.
export interface Origin {
  id: string;
  name: string;
  first_batch: number;
  newest_batch: number;
  missing_batches: number;
  received: number;
  alerts: number;
  last_heard: string | null;
  lost: number;
  account: Account;
  agrees: boolean;
}
// GET /parent: what this console tells the one above it.
export interface Parent {
  region: string;
  on: boolean;
  policy: string;
  trouble: string;
  waiting: number;
  recorded: number;
  received: number;
  since: string | null;
  ledger: Account;
}
// How things stand with the NATS broker, where there is one.
export interface Broker {
  connected: boolean;
  trouble: string;
  taken: number;
  put_back: number;
  terminated: number;
  questions: number;
  refused: number;
  under_way: number;
}
export interface GoodsState {
  appliance: string;
  kind: string;
  state: string;
  reason: string | null;
  wanted: { name: string; version: string } | null;
  running: { name: string; version: string } | null;
}
