// SPDX-License-Identifier: GPL-3.0-or-later
// Every sentence of the page, [English, Vietnamese], one file for each part of it. Keys of a part begin with its name
// (cases_title), so that two parts never mean different things by one key.
import { alert } from "./alert";
import { cases } from "./cases";
import { access } from "./access";
import { common } from "./common";
import { policies } from "./policies";
import { dash } from "./dash";
import { find } from "./find";
import { fleet } from "./fleet";
import { evidence } from "./evidence";
import { reports } from "./reports";
import { outputs } from "./outputs";
import { inbox } from "./inbox";
import { keeping } from "./keeping";

export type Words = Record<string, readonly [string, string]>;
export const words = { ...access, ...common, ...inbox, ...alert, ...cases, ...dash, ...find, ...evidence, ...reports, ...outputs, ...fleet, ...policies, ...keeping };
export type Key = keyof typeof words;
