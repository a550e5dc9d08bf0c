// SPDX-License-Identifier: GPL-3.0-or-later
// Roll-outs: how far each is, what each appliance said, and the way back in one click.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, step } from "../api";
import { ago, number } from "../format";
import { t, word } from "../i18n";
import type { Live } from "../live";
import { Dialog, Empty, ErrorNote, Section, Time } from "../parts";
import { said } from "./bench";
import { ringNames, Rings } from "./rings";
import type { Goods, Rollout, RolloutFull } from "./types";
import type { Rights } from "./view";

type Plan = "canary" | "percent" | "all" | "named";
export function Begin({ goods, policy, title, close, done }: { goods: number; policy: boolean; title: string; close: () => void; done: (r: Rollout) => void }) {
  const [boxes, setBoxes] = useState<{ id: string; name: string }[]>([]), [rings, setRings] = useState<string[]>([]), [plan, setPlan] = useState<Plan>("percent"), [named, setNamed] = useState<string[]>([]);
  const [ring, setRing] = useState(""), [percent, setPercent] = useState("10"), [wait, setWait] = useState("60"), [most, setMost] = useState("0"), [alerts, setAlerts] = useState("200"), [then, setThen] = useState(true), [shadow, setShadow] = useState(false);
  const [why, setWhy] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false), key = useRef(crypto.randomUUID());
  useEffect(() => {
    get<{ items: { id: string; name: string }[] }>("/appliances").then((l) => setBoxes(l.items), () => undefined);
    get<{ items: { ring: string }[] }>("/fleet").then((l) => {
      const found = ringNames(l.items);
      setRings(found);
      setRing(found.includes("canary") ? "canary" : found[0] ?? "");
    }, () => undefined);
  }, []);
  const submit = async (e: Event) => {
    e.preventDefault();
    const first = plan === "named" ? { appliances: named } : plan === "canary" ? { ring } : plan === "percent" ? { percent: Number(percent) } : { all: true };
    setBusy(true);
    try {
      const r = await step<Rollout>("/rollouts", { goods, steps: [first, ...(plan !== "all" && then ? [{ all: true }] : [])], wait_minutes: Number(wait), most_failed: Number(most), most_alerts: Number(alerts), ...(shadow ? { shadow } : {}), ...(why.trim() ? { why: why.trim() } : {}) }, key.current);
      close();
      done(r);
    } catch (x) {
      if (x instanceof Problem && x.status > 0) key.current = crypto.randomUUID();
      setError(said(x));
    }
    setBusy(false);
  };
  const choice = (p: Plan, label: string) => <label class="choice"><input type="radio" name="plan" value={p} checked={plan === p} onChange={() => setPlan(p)} />{label}</label>;
  return (
    <Dialog title={`${t("rollouts_begin")}: ${title}`} onClose={close}>
      <form onSubmit={(e) => void submit(e)}>
        {policy ? <><label class="choice"><input type="checkbox" checked={shadow} aria-describedby="shadowhelp" onChange={(e) => setShadow(e.currentTarget.checked)} />{t("rollouts_shadow")}</label><p class="hint" id="shadowhelp">{t("rollouts_shadowAbout")}</p></> : null}
        <fieldset><legend>{t("rollouts_first")}</legend>
          {choice("percent", t("rollouts_percent"))}
          {plan === "percent" ? <label class="sub"><span class="sr">{t("rollouts_percent")}</span><input type="number" min="1" max="100" required value={percent} onInput={(e) => setPercent(e.currentTarget.value)} /></label> : null}
          {rings.length ? choice("canary", t("rollouts_ring")) : null}
          {plan === "canary" ? <label class="sub"><span class="sr">{t("rollouts_ring")}</span><select value={ring} onChange={(e) => setRing(e.currentTarget.value)}>{rings.map((r) => <option key={r} value={r}>{r}</option>)}</select></label> : null}
          {choice("named", t("rollouts_named"))}
          {plan === "named" ? <div class="sub">{boxes.map((b) => <label key={b.id} class="choice"><input type="checkbox" checked={named.includes(b.id)} onChange={(e) => setNamed(e.currentTarget.checked ? [...named, b.id] : named.filter((x) => x !== b.id))} />{b.name}</label>)}</div> : null}
          {choice("all", t("rollouts_all"))}
        </fieldset>
        {plan !== "all" ? <label class="choice"><input type="checkbox" checked={then} onChange={(e) => setThen(e.currentTarget.checked)} />{t("rollouts_then")}</label> : null}
        <label>{t("rollouts_wait")}<input type="number" min="0" required value={wait} onInput={(e) => setWait(e.currentTarget.value)} /></label>
        <label>{t("rollouts_most")}<input type="number" min="0" required value={most} onInput={(e) => setMost(e.currentTarget.value)} /></label>
        <label>{t("rollouts_alerts")}<input type="number" min="0" required value={alerts} onInput={(e) => setAlerts(e.currentTarget.value)} /></label>
        <label>{t("policies_why")}<textarea rows={2} maxLength={500} value={why} onInput={(e) => setWhy(e.currentTarget.value)} /></label>
        {error ? <ErrorNote text={error} /> : null}
        <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary" disabled={busy || (plan === "named" && !named.length)}>{t("rollouts_begin")}</button></div>
      </form>
    </Dialog>
  );
}

function Bar({ r }: { r: Rollout }) {
  const label = `${number(r.running)} ${t("rollouts_run")}, ${number(r.taken)} ${t("rollouts_sent")}, ${number(r.planned)} ${t("rollouts_planned")}${r.failed ? `, ${number(r.failed)} ${t("rollouts_failed")}` : ""}`;
  return <div class="rollbar"><progress max={Math.max(1, r.planned)} value={r.running} aria-label={label} /><span class="dim">{label}</span></div>;
}
type Act = "approve" | "pause" | "resume" | "next" | "stop" | "back";
const ACTS: Record<Act, RolloutState[]> = { approve: ["proposed"], pause: ["running"], resume: ["paused"], next: ["running"], stop: ["proposed", "running", "paused"], back: ["running", "paused", "done", "stopped"] };
type RolloutState = Rollout["state"];

function One({ id, rights, live, two }: { id: number; rights: Rights; live: Live; two: boolean }) {
  const [r, setR] = useState<RolloutFull | null>(null), [error, setError] = useState(""), [asking, setAsking] = useState<Act | null>(null), [why, setWhy] = useState(""), key = useRef(crypto.randomUUID());
  const load = useCallback(() => { get<RolloutFull>(`/rollouts/${id}`).then((x) => { setR(x); setError(""); }).catch((x: unknown) => setError(said(x))); }, [id]);
  useEffect(load, [load]);
  useEffect(() => live.listen(load), [live, load]);
  useEffect(() => { const h = setInterval(load, 3000); return () => clearInterval(h); }, [load]);
  const run = async (a: Act) => {
    try {
      setR(await step<RolloutFull>(`/rollouts/${id}/${a}`, why.trim() ? { why: why.trim() } : {}, key.current));
      setError("");
      setAsking(null);
      setWhy("");
    } catch (x) {
      setError(x instanceof Problem && x.code === "self_approval" ? t("policies_self") : said(x));
    }
    key.current = crypto.randomUUID();
  };
  const acts = (["approve", "back", "pause", "resume", "next", "stop"] as Act[]).filter((a) => r && ACTS[a].includes(r.state) && (a === "approve" ? rights.approve && !(two && r.made_by === rights.me) : rights.rollout));
  return (
    <section class="pagepad" aria-label={t("rollouts_title")}>
      <p><a href="#/rollouts">← {t("rollouts_title")}</a></p>
      {error && !asking ? <ErrorNote text={error} retry={load} /> : null}
      {r ? (
        <>
          <header class="line1"><h1>{word("rollouts_kind_", r.kind)} {r.name} {r.version} <span class={`chip rstate-${r.state}`}>{word("rollouts_state_", r.state)}</span></h1>
            <span class="buttons">{acts.map((a) => <button key={a} type="button" class={a === "back" || a === "approve" ? "primary" : undefined} onClick={() => (a === "back" || a === "stop" ? setAsking(a) : void run(a))}>{t(`rollouts_act_${a}`)}</button>)}</span></header>
          {r.reason ? <p class={r.state === "back" ? "fault" : "note"}>{r.reason}</p> : null}
          <Bar r={r} />
          <p class="dim">{t("rollouts_step")} {Math.max(0, r.step + 1)} / {r.steps} · {t("rollouts_waits")} {number(Math.round(r.wait_s / 60))} min · {t("rollouts_mostShort")} {number(r.most_failed)}{r.most_alerts ? ` · ${t("rollouts_alertsShort")} ${number(r.most_alerts)} %` : ""}
            <br />{t("policies_by")} {r.made_by}, <Time iso={r.made} long />{r.approved_by ? <> · {t("policies_decidedBy")} {r.approved_by}</> : null}{r.why ? ` · ${r.why}` : ""}</p>
          <Section title={t("appliances")} top>
            <div class="scroll" tabIndex={0} role="region" aria-label={t("appliances")}><table class="plain">
              <thead><tr><th scope="col">{t("name")}</th><th scope="col">{t("rollouts_step")}</th><th scope="col">{t("rollouts_ringShort")}</th><th scope="col">{t("policies_stateHead")}</th><th scope="col">{t("heard")}</th></tr></thead>
              <tbody>{r.appliances.map((a) => <tr key={a.appliance}><th scope="row">{a.name}</th><td>{a.step + 1}</td><td>{a.ring ?? ""}</td><td><span class={`chip bstate-${a.state}`}>{word("rollouts_box_", a.state)}</span> {a.reason ?? ""}</td><td>{ago(a.heard)}</td></tr>)}</tbody></table></div>
          </Section>
        </>
      ) : null}
      {asking ? (
        <Dialog title={t(`rollouts_act_${asking}`)} onClose={() => setAsking(null)}><form onSubmit={(e) => { e.preventDefault(); void run(asking); }}>
          <p>{t(asking === "back" ? "rollouts_aboutBack" : "rollouts_aboutStop")}</p>
          <label>{t("policies_why")}<textarea rows={3} required maxLength={500} value={why} onInput={(e) => setWhy(e.currentTarget.value)} /></label>
          {error ? <ErrorNote text={error} /> : null}
          <div class="buttons"><button type="button" onClick={() => setAsking(null)}>{t("cancel")}</button><button class="primary">{t(`rollouts_act_${asking}`)}</button></div></form></Dialog>
      ) : null}
    </section>
  );
}

export function Rollouts({ arg, rights, live, go }: { arg: string | undefined; rights: Rights; live: Live; go: (a: string) => void }) {
  const [data, setData] = useState<{ two_persons: boolean; items: Rollout[] } | null>(null), [goods, setGoods] = useState<Goods[]>([]), [error, setError] = useState(""), [chosen, setChosen] = useState(""), [begin, setBegin] = useState<Goods | null>(null);
  const load = useCallback(() => { get<{ two_persons: boolean; items: Rollout[] }>("/rollouts").then((x) => { setData(x); setError(""); }).catch((x: unknown) => setError(said(x))); }, []);
  useEffect(load, [load, arg]);
  useEffect(() => { get<{ items: Goods[] }>("/goods").then((l) => { setGoods(l.items); setChosen(String(l.items[0]?.id ?? "")); }, () => undefined); }, []);
  if (arg && /^\d+$/.test(arg)) return <One key={arg} id={Number(arg)} rights={rights} live={live} two={!!data?.two_persons} />;
  return (
    <section class="pagepad" aria-label={t("rollouts_title")}>
      <p><a href="#/policies">← {t("policies_title")}</a></p>
      <h1>{t("rollouts_title")}</h1>
      {error ? <ErrorNote text={error} retry={load} /> : null}
      {rights.rollout && goods.length ? (
        <form class="inline" onSubmit={(e) => { e.preventDefault(); setBegin(goods.find((g) => g.id === Number(chosen)) ?? null); }}>
          <label>{t("rollouts_what")}<select value={chosen} onChange={(e) => setChosen(e.currentTarget.value)}>{goods.map((g) => <option key={g.id} value={g.id}>{word("rollouts_kind_", g.kind)} {g.name} {g.version}</option>)}</select></label>
          <button class="primary">{t("rollouts_begin")}</button></form>
      ) : null}
      {data && !data.items.length ? <Empty title={t("rollouts_none")} text={t("rollouts_noneText")} /> : null}
      <ul class="plainlist">{(data?.items ?? []).map((r) => (
        <li key={r.id} class="card"><header class="line1"><a href={`#/rollouts/${r.id}`}><strong>{word("rollouts_kind_", r.kind)} {r.name} {r.version}</strong></a><span class={`chip rstate-${r.state}`}>{word("rollouts_state_", r.state)}</span></header>
          <Bar r={r} /><p class="dim">{r.made_by}, <Time iso={r.made} long />{r.reason ? ` · ${r.reason}` : ""}</p></li>
      ))}</ul>
      <Rings may={rights.fleet} />
      {begin ? <Begin goods={begin.id} policy={begin.kind === "policy"} title={`${begin.name} ${begin.version}`} close={() => setBegin(null)} done={(r) => go(`#/rollouts/${r.id}`)} /> : null}
    </section>
  );
}
