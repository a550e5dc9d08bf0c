// SPDX-License-Identifier: GPL-3.0-or-later
// Opening by two what is beyond one's clearance: asking on the alert's page, deciding in a list.
import { useCallback, useEffect, useState } from "preact/hooks";
import { get, post } from "../api";
import type { Live } from "../live";
import { t, word } from "../i18n";
import { Dialog, Empty, ErrorNote, Section, Stamp, Time } from "../parts";
import { said } from "./second";
import type { Unlock } from "./types";

export function UnlockCard({ alert, redacted, unlock, canAct, done }: { alert: number; redacted: boolean; unlock: Unlock | null; canAct: boolean; done: () => void }) {
  const [open, setOpen] = useState(false), [reason, setReason] = useState(""), [minutes, setMinutes] = useState(60), [error, setError] = useState("");
  if (!redacted && unlock?.state !== "granted") return null;
  const waits = unlock?.state === "asked" && !unlock.over;
  const send = async (e: Event) => {
    e.preventDefault();
    try {
      await post(`/alerts/${alert}/unlock`, { reason, minutes });
      setOpen(false);
      done();
    } catch (x) {
      setError(said(x));
    }
  };
  return (
    <Section title={t("access_unlock")}>
      {redacted ? <p>{t("access_unlockWhy")}</p> : <p><strong>{t("access_unlocked")}</strong> {t("access_until")} <Time iso={unlock?.until} long />. {t("access_everyView")}</p>}
      {waits ? <p class="chip">{t("access_unlockWaits")}</p> : null}
      {redacted && unlock?.state === "refused" ? <p class="dim">{t("access_unlockRefused")} {unlock.decided_by}</p> : null}
      {redacted && canAct && !waits ? <p class="buttons"><button type="button" onClick={() => setOpen(true)}>{t("access_unlockAsk")}</button></p> : null}
      {open ? <Dialog title={t("access_unlockAsk")} onClose={() => setOpen(false)}>
        <form class="form" onSubmit={(e) => void send(e)}>
          <label>{t("access_reason")}<textarea required maxLength={1000} rows={3} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></label>
          <label>{t("access_minutes")}<input type="number" required min={5} max={480} value={minutes} onInput={(e) => setMinutes(Number(e.currentTarget.value))} /></label>
          {error ? <ErrorNote text={error} /> : null}
          <p class="buttons"><button class="primary">{t("access_unlockAsk")}</button><button type="button" onClick={() => setOpen(false)}>{t("cancel")}</button></p>
        </form></Dialog> : null}
    </Section>
  );
}
export function Unlocks({ live, me }: { live: Live; me: string | null }) {
  const [rows, setRows] = useState<Unlock[]>([]), [error, setError] = useState("");
  const load = useCallback(() => { get<{ items: Unlock[] }>("/unlocks?limit=100").then((x) => { setRows(x.items); setError(""); }, (x) => setError(said(x))); }, []);
  useEffect(load, [load]);
  useEffect(() => live.listen(load), [live, load]);
  const decide = (id: number, decision: string) => { post(`/unlocks/${id}`, { decision }).then(load, (x) => setError(said(x))); };
  return (
    <div class="pagebody">
      <h1>{t("access_unlocks")}</h1>
      <p class="dim">{t("access_unlocksHelp")}</p>
      {error ? <ErrorNote text={error} /> : null}
      {rows.length ? <ul class="plain">{rows.map((u) => (
        <li key={u.id} class="card">
          <p class="stampline"><Stamp level={u.level} /> <a href={`#/alerts/${u.alert}`}>#{u.alert}</a> <span class="dim">{u.appliance} · {u.rule}</span> <span class="chip">{u.over ? t("access_over") : word("access_state_", u.state)}</span></p>
          <p><strong>{u.asked_by}</strong>: <bdi>{u.reason}</bdi></p>
          <p class="dim"><Time iso={u.asked} long /> · {u.minutes} {t("access_min")}{u.decided_by ? ` · ${u.decided_by}` : ""}</p>
          {u.state === "asked" && !u.over && u.asked_by !== me ? <p class="buttons"><button type="button" class="primary" onClick={() => decide(u.id, "grant")}>{t("access_grant")}</button><button type="button" onClick={() => decide(u.id, "refuse")}>{t("access_refuse")}</button></p> : null}
        </li>))}</ul> : <Empty title={t("access_noUnlocks")} />}
    </div>
  );
}
