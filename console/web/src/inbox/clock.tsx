// SPDX-License-Identifier: GPL-3.0-or-later
// How long an alert may still wait, in words and colour; and the plan behind it, for whom may change it.
import { useEffect, useState } from "preact/hooks";
import { get, post, Problem } from "../api";
import { full, number, utc } from "../format";
import { levelName, t, word } from "../i18n";
import { Dialog, ErrorNote } from "../parts";
import { announce } from "../undo";
import type { AlertRow, Level } from "../types";

const MINUTE = 60000, SOON = 60 * MINUTE;

/** Minutes as people say them: 5 min, 3 h, 2 days. */
export function span(minutes: number): string {
  const n = Math.abs(minutes);
  if (n < 90) return `${number(Math.max(1, Math.round(n)))} ${t("clock_min")}`;
  if (n < 2160) return `${number(Math.round(n / 60))} ${t("clock_h")}`;
  return `${number(Math.round(n / 1440))} ${t("clock_days")}`;
}

/** The running clock; it is drawn anew every half minute. */
export function Due({ a, long }: { a: Pick<AlertRow, "due" | "state">; long?: boolean }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const id = setInterval(() => setNow(Date.now()), MINUTE / 2);
    return () => clearInterval(id);
  }, []);
  if (!a.due) return null;
  const left = Date.parse(a.due) - now, late = left < 0;
  const what = t(a.state === "new" ? "clock_take" : "clock_close");
  const label = late ? `${t("clock_late")} ${span(left / MINUTE)}` : `${t("clock_left")} ${span(left / MINUTE)}`;
  return <span class={`due${late ? " late" : left < SOON ? " soon" : ""}`} title={`${what}: ${full(a.due)} (${utc(a.due)})`}>{long ? `${what}: ` : ""}{label}</span>;
}

interface Pair { take: number; close: number }
interface Plan {
  severity: Pair[];
  level: Record<string, Pair>;
  business: { on: boolean; days: number[]; from: number; to: number; zone: number; always: number[] };
  changed: string | null;
  by: string | null;
}
const levels: Level[] = ["restricted", "confidential", "secret", "top_secret", "mat", "toi_mat", "tuyet_mat"];
const clock = (m: number) => `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`;
const minutes = (s: string) => Number(s.slice(0, 2)) * 60 + Number(s.slice(3, 5));

function PairRow({ name, pair, set, optional }: { name: string; pair: Pair | undefined; set: (p: Pair | null) => void; optional?: boolean }) {
  const field = (k: "take" | "close") => (
    <td><input type="number" min={1} max={525600} required={!optional || !!pair} aria-label={`${name}: ${t(k === "take" ? "clock_take" : "clock_close")} (${t("clock_min")})`} value={pair?.[k] ?? ""}
      onInput={(e) => { const v = e.currentTarget.value; set(v ? { take: pair?.take ?? Number(v), close: pair?.close ?? Number(v), [k]: Number(v) } : optional ? null : { take: 0, close: 0, ...pair, [k]: 0 }); }} /><span class="dim">{pair && pair[k] >= 90 ? `= ${span(pair[k])}` : ""}</span></td>
  );
  return <tr><th scope="row">{name}</th>{field("take")}{field("close")}</tr>;
}

export function PlanDialog({ close, done }: { close: () => void; done: () => void }) {
  const [p, setP] = useState<Plan | null>(null), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  useEffect(() => { get<Plan>("/sla").then(setP).catch(() => setError(t("failed"))); }, []);
  const save = async (e: Event) => {
    e.preventDefault();
    if (!p) return;
    setBusy(true);
    try {
      const { severity, level, business } = p;
      const r = await post<{ open: number }>("/sla", { severity, level, business });
      announce(`${t("clock_saved")}: ${number(r.open)}`, null);
      done();
      close();
    } catch (x) {
      setError(x instanceof Problem && x.status === 0 ? t("offline") : `${t("failed")}: ${x instanceof Problem ? x.message : ""}`);
    }
    setBusy(false);
  };
  const b = p?.business, business = (v: Partial<Plan["business"]>) => p && setP({ ...p, business: { ...p.business, ...v } });
  const toggle = (list: number[], n: number) => (list.includes(n) ? list.filter((x) => x !== n) : [...list, n].sort());
  return (
    <Dialog title={t("clock_title")} onClose={close}>
      {p && b ? (
        <form class="plan" onSubmit={(e) => void save(e)}>
          <p class="dim">{t("clock_explained")}</p>
          <div class="scroll" tabIndex={0} role="group" aria-label={t("clock_title")}>
            <table class="plain"><thead><tr><th scope="col">{t("severity")} / {t("level")}</th><th scope="col">{t("clock_take")} ({t("clock_min")})</th><th scope="col">{t("clock_close")} ({t("clock_min")})</th></tr></thead><tbody>
              {p.severity.map((x, i) => <PairRow key={i} name={word("severity", String(i + 1))} pair={x} set={(v) => v && setP({ ...p, severity: p.severity.map((y, k) => (k === i ? v : y)) })} />)}
              {levels.map((l) => <PairRow key={l} name={levelName(l)} pair={p.level[l]} optional set={(v) => {
                const level = { ...p.level };
                if (v) level[l] = v;
                else delete level[l];
                setP({ ...p, level });
              }} />)}
            </tbody></table>
          </div>
          <label class="choice"><input type="checkbox" checked={b.on} onChange={() => business({ on: !b.on })} />{t("clock_business")}</label>
          {b.on ? (
            <>
              <fieldset class="days"><legend>{t("clock_daysOpen")}</legend>{[1, 2, 3, 4, 5, 6, 7].map((d) => <label key={d} class="choice"><input type="checkbox" checked={b.days.includes(d)} onChange={() => business({ days: toggle(b.days, d) })} />{word("clock_day", String(d))}</label>)}</fieldset>
              <div class="pair"><label>{t("clock_from")}<input type="time" required value={clock(b.from)} onInput={(e) => business({ from: minutes(e.currentTarget.value) })} /></label>
                <label>{t("clock_to")}<input type="time" required value={clock(b.to)} onInput={(e) => business({ to: minutes(e.currentTarget.value) })} /></label></div>
              <fieldset class="days"><legend>{t("clock_always")}</legend>{[1, 2, 3, 4].map((s) => <label key={s} class="choice"><input type="checkbox" checked={b.always.includes(s)} onChange={() => business({ always: toggle(b.always, s) })} />{word("severity", String(s))}</label>)}</fieldset>
            </>
          ) : null}
          {p.by ? <p class="hint">{t("clock_by")} {p.by}, {full(p.changed)}</p> : null}
          {error ? <ErrorNote text={error} /> : null}
          <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button class="primary" disabled={busy}>{t("save")}</button></div>
        </form>
      ) : error ? <ErrorNote text={error} /> : <p class="dim">{t("loading")}</p>}
    </Dialog>
  );
}
