// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the page: what the menu shows, who may see it, what draws it. The address is #/name/argument?question.
import type { ComponentChildren } from "preact";
import { Policies, type Rights } from "./policies/view";
import { Rollouts } from "./policies/rollouts";
import "./policies/policies.css";
import { Account } from "./access/account";
import { Audit } from "./access/audit";
import { People } from "./access/people";
import { Unlocks } from "./access/unlock";
import { Dash } from "./dash/view";
import { Find } from "./find/view";
import { Cases } from "./cases/cases";
import { Inbox } from "./inbox/inbox";
import { RuleNoise } from "./inbox/noise";
import { Fleet } from "./fleet/view";
import { Evidence } from "./evidence/evidence";
import type { Key } from "./i18n";
import type { Live } from "./live";
import { Reports } from "./reports/view";
import { Outputs } from "./outputs/outputs";
import { Keeping } from "./keeping/keeping";
import type { Right, Session } from "./types";

export interface Place {
  session: Session;
  live: Live;
  arg: string | undefined; /* what follows the name in the address */
  asked: string;           /* what follows the question mark */
  go: (address: string) => void;
}
export interface View {
  name: string;
  label: Key;
  right: Right;
  aside?: true; /* not in the menu: another part leads there */
  draw: (p: Place) => ComponentChildren;
}
export function may(session: Session, right: Right): boolean {
  return session.user?.rights.includes(right) ?? false;
}
/** A number that the address names; null when it names none. */
export function numbered(arg: string | undefined): number | null {
  return arg && /^\d+$/.test(arg) ? Number(arg) : null;
}
function policyRights(s: Session): Rights {
  return { write: may(s, "POLICY_WRITE"), approve: may(s, "APPROVE"), rollout: may(s, "ROLLOUT"), fleet: may(s, "FLEET"), me: s.user?.name ?? "" };
}
/** In the order of the menu; the first is where one comes in. */
export const views: View[] = [
  { name: "alerts", label: "alerts", right: "SEE", draw: (p) => <Inbox chosen={numbered(p.arg)} asked={p.asked} live={p.live} me={p.session.user?.name ?? null} canAct={may(p.session, "ACT")} maySet={may(p.session, "SETTINGS")} mayWrite={may(p.session, "POLICY_WRITE")} maySource={may(p.session, "POLICY_READ")} go={p.go} /> },
  { name: "cases", label: "cases_menu", right: "SEE", draw: (p) => <Cases chosen={numbered(p.arg)} asked={p.asked} live={p.live} me={p.session.user?.name ?? null} canAct={may(p.session, "ACT")} mayExport={may(p.session, "EVIDENCE")} go={p.go} /> },
  { name: "overview", label: "overview", right: "SEE", draw: (p) => <Dash live={p.live} asked={p.asked} go={p.go} /> },
  { name: "search", label: "find_title", right: "SEE", draw: (p) => <Find asked={p.asked} /> },
  { name: "noise", label: "noise_menu", right: "SEE", draw: (p) => <RuleNoise live={p.live} /> },
  { name: "appliances", label: "appliances", right: "SEE", draw: (p) => <Fleet live={p.live} chosen={numbered(p.arg)} may={may(p.session, "FLEET")} /> },
  { name: "evidence", label: "evidence", right: "EVIDENCE", draw: (p) => <Evidence live={p.live} may={may(p.session, "EVIDENCE_ASK")} /> },
  { name: "reports", label: "reports_title", right: "REPORT", draw: (p) => <Reports maySchedule={may(p.session, "SETTINGS")} /> },
  { name: "outputs", label: "outputs", right: "SETTINGS", draw: () => <Outputs /> },
  { name: "policies", label: "policies_title", right: "POLICY_READ", draw: (p) => <Policies arg={p.arg} asked={p.asked} rights={policyRights(p.session)} live={p.live} go={p.go} /> },
  { name: "rollouts", label: "rollouts_title", aside: true, right: "POLICY_READ", draw: (p) => <Rollouts arg={p.arg} rights={policyRights(p.session)} live={p.live} go={p.go} /> },
  { name: "unlocks", label: "access_unlocks", right: "APPROVE", draw: (p) => <Unlocks live={p.live} me={p.session.user?.name ?? null} /> },
  { name: "people", label: "access_people", right: "PEOPLE", draw: () => <People /> },
  { name: "audit", label: "access_audit", right: "AUDIT", draw: () => <Audit /> },
  { name: "account", label: "access_account", right: "SELF", aside: true, draw: (p) => <Account session={p.session} /> },
  { name: "keeping", label: "keeping", right: "SETTINGS", draw: () => <Keeping /> },
];
