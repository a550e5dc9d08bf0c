// SPDX-License-Identifier: GPL-3.0-or-later
// What the workbench says: faults, tests, one event explained, recorded events judged anew.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post, Problem } from "../api";
import { full, number } from "../format";
import { lang, t, word } from "../i18n";
import { Action, ErrorNote } from "../parts";
import type { Bench, Change, Explained, Fault, Files, Replay, VersionRow } from "./types";

export function said(e: unknown): string {
  return e instanceof Problem ? (e.status === 0 ? t("offline") : e.message || t("failed")) : t("failed");
}
export type GoTo = (file: string, line: number, column?: number) => void;

export function Faults({ faults, goTo }: { faults: Fault[]; goTo: GoTo }) {
  return (
    <ul class="faults">{faults.map((f, i) => (
      <li key={i} class={`sev-${f.severity}`}>
        {f.file ? <button type="button" class="quiet small" onClick={() => goTo(f.file, f.line || 1, f.column)}><code>{f.file}:{f.line}{f.column ? `:${f.column}` : ""}</code></button> : null}
        <span>{f.text}</span>
      </li>
    ))}</ul>
  );
}
export function Checked({ b, goTo }: { b: Bench; goTo: GoTo }) {
  const rules = (b.rules ?? []).filter((r) => !r.off), bad = (b.tests ?? []).filter((x) => !x.good);
  return (
    <div class="bench">
      <p class={b.good ? "verdict good" : "verdict bad"} role="status">
        {b.good ? t(b.tests ? "policies_testsGood" : "policies_good") : b.faults.some((f) => f.severity === "error") ? t("policies_faulty") : t("policies_testsBad")}
        {b.tests ? ` · ${number(b.passed)} ${t("policies_passed")}, ${number(b.failed)} ${t("policies_failed")}` : ""}
      </p>
      <Faults faults={b.faults} goTo={goTo} />
      {bad.length ? <ul class="faults">{bad.map((x, i) => (
        <li key={i} class="sev-error"><button type="button" class="quiet small" onClick={() => goTo(x.file, x.line)}><code>{x.file}:{x.line}</code></button>
          <span><strong>{x.name}</strong>: {t("policies_want")} {word("act_", x.want)} {x.want_rule}, {t("policies_got")} {word("act_", x.got)} ({x.got_rule}) {x.reason}</span></li>
      ))}</ul> : null}
      {b.uncovered?.length ? <ul class="faults">{b.uncovered.map((u) => (
        <li key={u.rule} class="sev-warning"><button type="button" class="quiet small" onClick={() => goTo("policy.lua", u.line)}><code>policy.lua:{u.line}</code></button>
          <span><strong>{u.rule}</strong>: {t(u.always ? "policies_always" : "policies_never")}</span></li>
      ))}</ul> : null}
      {b.complete === false && b.tests ? <p class="note">{t("policies_testsCut")}</p> : null}
      {rules.length ? (
        <details><summary>{t("policies_rules")}: {number(rules.length)}{b.uses?.length ? ` · ${t("policies_uses")} ${b.uses.map((u) => u.name).join(", ")}` : ""}</summary>
          <table class="plain"><tbody>{rules.map((r) => (
            <tr key={r.id}><th scope="row"><code>{r.id}</code></th><td><Action action={r.action} /></td><td>{lang() === "vi" ? r.title_vi || r.title : r.title}</td></tr>
          ))}</tbody></table></details>
      ) : null}
    </div>
  );
}

export function Explain({ version, files, goTo, first }: { version: number; files: () => Files; goTo: GoTo; first: string }) {
  const [id, setId] = useState(first), [e, setE] = useState<Explained | null>(null), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  const ask = async (ev: Event) => {
    ev.preventDefault();
    setBusy(true);
    try {
      setE(await post<Explained>(`/policies/versions/${version}/explain`, { files: files(), alert: Number(id) }));
      setError("");
    } catch (x) {
      setError(said(x));
    }
    setBusy(false);
  };
  const v = e?.verdicts?.[0];
  return (
    <div class="bench">
      <form class="inline" onSubmit={(ev) => void ask(ev)}>
        <label>{t("policies_alertNumber")}<input inputMode="numeric" pattern="\d+" required value={id} onInput={(ev) => setId(ev.currentTarget.value)} /></label>
        <button disabled={busy}>{busy ? t("loading") : t("policies_explain")}</button>
      </form>
      {error ? <ErrorNote text={error} /> : null}
      {e && !e.good ? <Faults faults={e.faults} goTo={goTo} /> : null}
      {v ? <p class="verdict"><Action action={v.action} /> <code>{v.rule}</code> {lang() === "vi" ? v.reason_vi : v.reason}</p> : null}
      <ul class="faults">{(e?.rules ?? []).filter((r) => r.result !== "not_asked").map((r) => (
        <li key={r.id} class={r.result === "match" ? "match" : r.result === "failed" ? "sev-error" : ""}>
          <button type="button" class="quiet small" onClick={() => goTo(r.id.includes("/") ? `${r.part}/policy.lua` : "policy.lua", r.line)}><code>{r.id}</code></button>
          <span>{t(r.result === "match" ? "policies_match" : r.result === "failed" ? "policies_fails" : "policies_noMatch")} {r.error ?? ""}
            {r.reads?.length ? <details><summary>{t("policies_reads")}</summary><ul>{r.reads.map((x, i) => <li key={i}><code>{x.path} = {x.value === null ? "nil" : JSON.stringify(x.value)}</code></li>)}</ul></details> : null}</span>
        </li>
      ))}</ul>
    </div>
  );
}

function Changes({ list, total }: { list: Change[]; total: number }) {
  return (
    <>
      <table class="plain changes">
        <thead><tr><th scope="col">{t("policies_when")}</th><th scope="col">{t("policies_what")}</th><th scope="col">{t("policies_before")}</th><th scope="col">{t("policies_after")}</th></tr></thead>
        <tbody>{list.map((c) => (
          <tr key={c.event}>
            <td>{c.timestamp ? full(c.timestamp.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")) : "–"}</td>
            <td>{c.redacted ? <em>{t("policies_redacted")}</em> : c.alert ? <a href={`#/alerts/${c.alert}`}>{c.subject || `#${c.alert}`}</a> : c.subject} <span class="dim">{c.type}</span></td>
            <td><Action action={c.old} /> <span class="dim">{c.old_rule}</span></td>
            <td><Action action={c.new} /> <span class="dim">{c.new_rule}</span>{c.reason ? <div>{lang() === "vi" ? c.reason_vi : c.reason}</div> : null}</td>
          </tr>
        ))}</tbody>
      </table>
      {total > list.length ? <p class="dim">{number(total - list.length)} {t("policies_notListed")}</p> : null}
    </>
  );
}
const OVER = ["done", "failed", "cancelled"];
export function ReplayPanel({ version, files, approved }: { version: number; files: () => Files; approved: VersionRow[] }) {
  const [days, setDays] = useState("7"), [against, setAgainst] = useState(""), [r, setR] = useState<Replay | null>(null), [error, setError] = useState("");
  const timer = useRef(0);
  const follow = (id: number) => {
    get<Replay>(`/replays/${id}`).then((x) => {
      setR(x);
      setError("");
      if (!OVER.includes(x.state)) timer.current = window.setTimeout(() => follow(id), 1000);
    }).catch((x: unknown) => {
      setError(said(x));
      if (x instanceof Problem && x.status === 0) timer.current = window.setTimeout(() => follow(id), 3000);
    });
  };
  useEffect(() => {
    get<{ items: Replay[] }>("/replays").then((l) => { const mine = l.items.find((x) => x.version === version); if (mine) follow(mine.id); }).catch(() => undefined);
    return () => clearTimeout(timer.current);
  }, [version]);
  const start = async (e: Event) => {
    e.preventDefault();
    clearTimeout(timer.current);
    try {
      const x = await post<Replay>(`/policies/versions/${version}/replays`, { files: files(), days: Number(days), ...(against ? { against: Number(against) } : {}) });
      setR(x);
      setError("");
      follow(x.id);
    } catch (x) {
      setError(said(x));
    }
  };
  const span = r ? new Date(r.until).getTime() - new Date(r.since).getTime() : 1, part = r ? (new Date(r.at).getTime() - new Date(r.since).getTime()) / span : 0;
  const strict = (f: string) => ["allow", "log", "alert", "quarantine", "block"].indexOf(f);
  return (
    <div class="bench">
      <form class="inline" onSubmit={(e) => void start(e)}>
        <label>{t("policies_days")}<input type="number" min="1" max="90" required value={days} onInput={(e) => setDays(e.currentTarget.value)} /></label>
        <label>{t("policies_against")}<select value={against} onChange={(e) => setAgainst(e.currentTarget.value)}>
          <option value="">{t("policies_recorded")}</option>{approved.map((v) => <option key={v.id} value={v.id}>{v.name} {v.label} #{v.number}</option>)}</select></label>
        <button class="primary" disabled={!!r && !OVER.includes(r.state)}>{t("policies_replay")}</button>
      </form>
      {error ? <ErrorNote text={error} /> : null}
      {r ? (
        <>
          {!OVER.includes(r.state) ? (
            <p class="line2"><progress max="1" value={r.state === "waiting" ? 0 : part} aria-label={t("policies_replay")} />
              <span>{number(r.events)} {t("policies_events")}</span><button type="button" onClick={() => void post(`/replays/${r.id}/cancel`, {}).catch(() => undefined)}>{t("cancel")}</button></p>
          ) : null}
          {r.state === "failed" ? <ErrorNote text={`${t("failed")}: ${r.why ?? ""}`} /> : null}
          {r.state === "cancelled" ? <p class="note">{t("policies_cancelled")}</p> : null}
          {r.state === "done" && !r.complete ? <p class="note">{t("policies_incomplete")} {full(r.at)}</p> : null}
          {r.counts ? (
            <>
              <p class="verdict" role="status"><strong>{number(r.counts.changed)}</strong> {t("policies_wouldChange")} {number(r.counts.judged)}{r.counts.failed ? ` · ${number(r.counts.failed)} ${t("policies_ruleErrors")}` : ""}</p>
              <ul class="fromto">{r.counts.from_to.map((x) => (
                <li key={x.from + x.to} class={strict(x.to) > strict(x.from) ? "stricter" : "softer"}><Action action={x.from} /> → <Action action={x.to} /> <strong>{number(x.n)}</strong></li>
              ))}</ul>
              {r.changes.length ? <Changes list={r.changes} total={r.counts.changed} /> : null}
            </>
          ) : r.state === "done" ? <p class="note">{t("policies_nothing")}</p> : null}
        </>
      ) : <p class="hint">{t("policies_replayHint")}</p>}
    </div>
  );
}
