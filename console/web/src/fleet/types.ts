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
