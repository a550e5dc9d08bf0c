// SPDX-License-Identifier: GPL-3.0-or-later
// My account: second factor, password, where I am signed in, tokens for programs.
import { useCallback, useEffect, useState } from "preact/hooks";
import { del, get, post } from "../api";
import { t, word } from "../i18n";
import { Dialog, Empty, ErrorNote, Section, Time } from "../parts";
import type { Right, Session } from "../types";
import { Again, Codes, said, SetUp } from "./second";
import { UnitPicker, unitsText } from "./people";
import type { SessionRow, Token } from "./types";

const never: Right[] = ["SELF", "PEOPLE", "APPROVE"];

function Factor({ has, changed }: { has: boolean; changed: () => void }) {
  const [open, setOpen] = useState<"" | "setup" | "codes" | "remove">(""), [codes, setCodes] = useState<string[] | null>(null);
  const end = () => { setOpen(""); setCodes(null); changed(); };
  return (
    <Section title={t("access_second")} top>
      <p>{has ? t("access_secondOn") : t("access_secondOff")}</p>
      <p class="buttons">{has ? <><button type="button" onClick={() => setOpen("codes")}>{t("access_newCodes")}</button><button type="button" onClick={() => setOpen("remove")}>{t("access_remove")}</button></>
        : <button type="button" class="primary" onClick={() => setOpen("setup")}>{t("access_setup")}</button>}</p>
      {open === "setup" ? <Dialog title={t("access_second")} onClose={end}><SetUp done={end} /></Dialog> : null}
      {open === "codes" ? <Dialog title={t("access_newCodes")} onClose={end}>{codes ? <Codes codes={codes} done={end} />
        : <Again path="/session/recovery-codes" label={t("access_newCodes")} done={setCodes} close={() => setOpen("")} />}</Dialog> : null}
      {open === "remove" ? <Dialog title={t("access_remove")} onClose={() => setOpen("")}><Again path="/session/second-factor/remove" label={t("access_remove")} done={end} close={() => setOpen("")} /></Dialog> : null}
    </Section>
  );
}
function Password() {
  const [old, setOld] = useState(""), [next, setNext] = useState(""), [again, setAgain] = useState(""), [error, setError] = useState(""), [good, setGood] = useState(false);
  const send = async (e: Event) => {
    e.preventDefault();
    setGood(false);
    if (next !== again) { setError(t("passwordsDiffer")); return; }
    try {
      await post("/session/password", { old, new: next });
      setOld(""); setNext(""); setAgain(""); setError(""); setGood(true);
    } catch (x) {
      setError(said(x));
    }
  };
  const field = (label: string, v: string, set: (s: string) => void, kind: "current-password" | "new-password") => (
    <label>{label}<input type="password" autocomplete={kind} required maxLength={256} value={v} onInput={(e) => set(e.currentTarget.value)} /></label>);
  return (
    <Section title={t("access_password")} top>
      <form class="form" onSubmit={(e) => void send(e)}>
        {field(t("access_oldPassword"), old, setOld, "current-password")}{field(t("newPassword"), next, setNext, "new-password")}{field(t("passwordAgain"), again, setAgain, "new-password")}
        <p class="hint">{t("inviteRules")}</p>
        {error ? <ErrorNote text={error} /> : null}
        {good ? <p role="status">{t("access_passwordDone")}</p> : null}
        <p class="buttons"><button class="primary">{t("save")}</button></p>
      </form>
    </Section>
  );
}
function Sessions() {
  const [rows, setRows] = useState<SessionRow[]>([]);
  const load = useCallback(() => { get<{ items: SessionRow[] }>("/sessions").then((x) => setRows(x.items), () => undefined); }, []);
  useEffect(load, [load]);
  return (
    <Section title={t("access_sessions")} top>
      <ul class="plain">{rows.map((s) => (
        <li key={s.id}>{s.address} <span class="dim">· {t("access_since")} <Time iso={s.created} long /> · {t("access_seen")} <Time iso={s.seen} /></span> {s.current ? <span class="chip">{t("access_thisOne")}</span>
          : <button type="button" class="small" onClick={() => void del(`/sessions/${s.id}`).finally(load)}>{t("access_end")}</button>}</li>))}</ul>
    </Section>
  );
}
function NewToken({ session, close }: { session: Session; close: () => void }) {
  const own = (session.user?.rights ?? []).filter((r) => !never.includes(r));
  const [name, setName] = useState(""), [rights, setRights] = useState<Right[]>(["SEE"]), [days, setDays] = useState(90), [error, setError] = useState(""), [token, setToken] = useState("");
  const [units, setUnits] = useState<"all" | number[]>("all");
  const mine = session.user?.units;
  const send = async (e: Event) => {
    e.preventDefault();
    try {
      setToken((await post<{ token: string }>("/tokens", { name, rights, units, days })).token);
    } catch (x) {
      setError(said(x));
    }
  };
  if (token) return <Dialog title={t("access_tokenMade")} onClose={close}><p>{t("access_tokenOnce")}</p><p><code class="secret">{token}</code></p><p class="dim">Authorization: Bearer …</p><p class="buttons"><button type="button" class="primary" onClick={close}>OK</button></p></Dialog>;
  return (
    <Dialog title={t("access_tokenNew")} onClose={close}>
      <form class="form" onSubmit={(e) => void send(e)}>
        <label>{t("access_tokenName")}<input required maxLength={64} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
        <fieldset><legend>{t("access_rights")}</legend>{own.map((r) => <label key={r} class="check"><input type="checkbox" checked={rights.includes(r)}
          onChange={(e) => setRights(e.currentTarget.checked ? [...rights, r] : rights.filter((x) => x !== r))} /> {word("access_right_", r)}</label>)}</fieldset>
        <UnitPicker units={Array.isArray(mine) ? mine : []} value={units} set={setUnits} />
        <label>{t("access_days")}<input type="number" min={1} max={730} required value={days} onInput={(e) => setDays(Number(e.currentTarget.value))} /></label>
        {error ? <ErrorNote text={error} /> : null}
        <p class="buttons"><button class="primary" disabled={!rights.length}>{t("access_tokenNew")}</button><button type="button" onClick={close}>{t("cancel")}</button></p>
      </form>
    </Dialog>
  );
}
function Tokens({ session }: { session: Session }) {
  const [rows, setRows] = useState<Token[]>([]), [open, setOpen] = useState(false);
  const load = useCallback(() => { get<{ items: Token[] }>("/tokens").then((x) => setRows(x.items), () => undefined); }, []);
  useEffect(load, [load]);
  return (
    <Section title={t("access_tokens")} top>
      {rows.length ? <ul class="plain">{rows.map((k) => (
        <li key={k.id}><strong>{k.name}</strong> <span class="dim">{k.rights.map((r) => word("access_right_", r)).join(", ")} · {unitsText(k.units)} · {k.over ? t("access_over") : <>{t("access_until")} <Time iso={k.expires} long /></>} · {k.used ? <>{t("access_used")} <Time iso={k.used} /></> : t("access_neverUsed")}</span>{" "}
          <button type="button" class="small" onClick={() => void del(`/tokens/${k.id}`).finally(load)}>{t("access_end")}</button></li>))}</ul>
        : <Empty title={t("access_noTokens")} text={t("access_noTokensHelp")} />}
      <p class="buttons"><button type="button" onClick={() => setOpen(true)}>{t("access_tokenNew")}</button></p>
      {open ? <NewToken session={session} close={() => { setOpen(false); load(); }} /> : null}
    </Section>
  );
}
export function Account({ session }: { session: Session }) {
  const [has, setHas] = useState(session.user?.second_factor ?? false);
  const load = () => { get<Session>("/session").then((s) => setHas(s.user?.second_factor ?? false), () => undefined); };
  return (
    <div class="pagebody">
      <h1>{t("access_account")}: {session.user?.name}</h1>
      <p class="dim">{session.user?.roles.map((r) => word("access_role_", r)).join(", ")} · {t("access_units")}: {unitsText(session.user?.units ?? "all")}</p>
      <div class="cards"><Factor has={has} changed={load} /><Sessions /><Tokens session={session} /><Password /></div>
    </div>
  );
}
