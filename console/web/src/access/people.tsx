// SPDX-License-Identifier: GPL-3.0-or-later
// People and units: who may come in, with which roles, and what each one sees.
import { useCallback, useEffect, useState } from "preact/hooks";
import { del, get, post } from "../api";
import { levelName, t, word } from "../i18n";
import { Dialog, Empty, ErrorNote, Section, Time } from "../parts";
import type { Appliance, Level, Role } from "../types";
import { said } from "./second";
import { otherLevels, roles, vnLevels, type Clearance, type Person, type Unit, type Units, type UnitName } from "./types";

export function unitsText(u: Units): string {
  return u === "all" ? t("access_allUnits") : u.map((x) => x.name).join(", ") || t("access_noUnit");
}
export function UnitPicker({ units, value, set }: { units: UnitName[]; value: "all" | number[]; set: (v: "all" | number[]) => void }) {
  const chosen = value === "all" ? [] : value;
  return (
    <fieldset><legend>{t("access_units")}</legend>
      <label class="check"><input type="checkbox" checked={value === "all"} onChange={(e) => set(e.currentTarget.checked ? "all" : [])} /> {t("access_allUnits")}</label>
      {value === "all" ? null : units.map((u) => <label key={u.id} class="check"><input type="checkbox" checked={chosen.includes(u.id)}
        onChange={(e) => set(e.currentTarget.checked ? [...chosen, u.id] : chosen.filter((x) => x !== u.id))} /> {u.name}</label>)}
    </fieldset>
  );
}
interface Draft { roles: Role[]; units: "all" | number[]; clearance: Clearance }
function Form({ start, units, label, send, close }: { start: Draft; units: Unit[]; label: string; send: (d: Draft) => Promise<void>; close: () => void }) {
  const [d, setD] = useState(start), [error, setError] = useState("");
  const level = (scheme: "vn" | "other", list: Level[], name: string) => (
    <label>{name}<select value={d.clearance[scheme]} onChange={(e) => setD({ ...d, clearance: { ...d.clearance, [scheme]: e.currentTarget.value as Level } })}>
      {list.map((l) => <option key={l} value={l}>{l === "none" ? t("access_unmarked") : levelName(l)}</option>)}</select></label>);
  return (
    <form class="form" onSubmit={(e) => { e.preventDefault(); send(d).catch((x) => setError(said(x))); }}>
      <fieldset><legend>{t("access_roles")}</legend>{roles.map((r) => <label key={r} class="check"><input type="checkbox" checked={d.roles.includes(r)}
        onChange={(e) => setD({ ...d, roles: e.currentTarget.checked ? [...d.roles, r] : d.roles.filter((x) => x !== r) })} /> <span><strong>{word("access_role_", r)}</strong> <span class="dim">{word("access_roleHelp_", r)}</span></span></label>)}</fieldset>
      <UnitPicker units={units} value={d.units} set={(v) => setD({ ...d, units: v })} />
      <fieldset><legend>{t("access_clearance")}</legend><p class="dim">{t("access_clearanceHelp")}</p>{level("vn", vnLevels, t("access_vn"))}{level("other", otherLevels, t("access_other"))}</fieldset>
      {error ? <ErrorNote text={error} /> : null}
      <p class="buttons"><button class="primary" disabled={!d.roles.length}>{label}</button><button type="button" onClick={close}>{t("cancel")}</button></p>
    </form>
  );
}
function Link({ token, close }: { token: string; close: () => void }) {
  return (
    <Dialog title={t("access_link")} onClose={close}>
      <p>{t("access_linkHelp")}</p>
      <p><code class="secret">{`${location.origin}/#invite=${token}`}</code></p>
      <p class="buttons"><button type="button" class="primary" onClick={close}>OK</button></p>
    </Dialog>
  );
}
function Row({ p, units, changed, fail, link }: { p: Person; units: Unit[]; changed: () => void; fail: (s: string) => void; link: (token: string) => void }) {
  const [open, setOpen] = useState<"" | "change" | "off">("");
  const act = (f: Promise<unknown>) => { f.then(changed, (x) => fail(said(x))); };
  return (
    <tr class={p.disabled ? "dim" : ""}>
      <th scope="row">{p.name}{p.disabled ? <> <span class="chip">{t("access_disabled")}</span></> : null}</th>
      <td>{p.roles.map((r) => word("access_role_", r)).join(", ")}</td>
      <td>{unitsText(p.units)}</td>
      <td>{levelName(p.clearance.vn)} / {levelName(p.clearance.other)}</td>
      <td>{p.second_factor ? t("access_yes") : t("access_no")}</td>
      <td>{p.last_sign_in ? <Time iso={p.last_sign_in} /> : t("access_never")} <span class="dim">({p.sessions})</span></td>
      <td class="buttons">
        <button type="button" class="small" onClick={() => setOpen("change")}>{t("access_change")}</button>
        <details class="more"><summary class="small">{t("access_more")}</summary>
          <button type="button" class="small" onClick={() => void post<{ token: string }>(`/users/${p.id}/link`, {}).then((x) => link(x.token), (x) => fail(said(x)))}>{t("access_reset")}</button>
          {p.second_factor ? <button type="button" class="small" onClick={() => act(post(`/users/${p.id}`, { reset_second_factor: true }))}>{t("access_resetSecond")}</button> : null}
          <button type="button" class="small" onClick={() => act(del(`/users/${p.id}/sessions`))}>{t("access_endAll")}</button>
          <button type="button" class="small" onClick={() => (p.disabled ? act(post(`/users/${p.id}`, { disabled: false })) : setOpen("off"))}>{p.disabled ? t("access_enable") : t("access_disable")}</button>
        </details>
        {open === "change" ? <Dialog title={`${t("access_change")}: ${p.name}`} onClose={() => setOpen("")}>
          <Form start={{ roles: p.roles, units: p.units === "all" ? "all" : p.units.map((u) => u.id), clearance: p.clearance }} units={units} label={t("save")} close={() => setOpen("")}
            send={async (d) => { await post(`/users/${p.id}`, d); setOpen(""); changed(); }} /></Dialog> : null}
        {open === "off" ? <Dialog title={`${t("access_disable")}: ${p.name}`} onClose={() => setOpen("")}><p>{t("access_disableSure")}</p>
          <p class="buttons"><button type="button" class="primary" onClick={() => { setOpen(""); act(post(`/users/${p.id}`, { disabled: true })); }}>{t("access_disable")}</button><button type="button" onClick={() => setOpen("")}>{t("cancel")}</button></p></Dialog> : null}
      </td>
    </tr>
  );
}
function UnitForm({ unit, boxes, send, close }: { unit: Unit | null; boxes: Appliance[]; send: (name: string, ids: string[]) => Promise<void>; close: () => void }) {
  const [name, setName] = useState(unit?.name ?? ""), [ids, setIds] = useState(unit?.appliances.map((a) => a.id) ?? []), [error, setError] = useState("");
  return (
    <form class="form" onSubmit={(e) => { e.preventDefault(); send(name, ids).catch((x) => setError(said(x))); }}>
      <label>{t("access_unitName")}<input required maxLength={64} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
      <fieldset><legend>{t("appliances")}</legend>{boxes.map((b) => <label key={b.id} class="check"><input type="checkbox" checked={ids.includes(b.id)}
        onChange={(e) => setIds(e.currentTarget.checked ? [...ids, b.id] : ids.filter((x) => x !== b.id))} /> {b.name}</label>)}</fieldset>
      {error ? <ErrorNote text={error} /> : null}
      <p class="buttons"><button class="primary">{t("save")}</button><button type="button" onClick={close}>{t("cancel")}</button></p>
    </form>
  );
}
function UnitCard({ units, changed, fail }: { units: Unit[]; changed: () => void; fail: (s: string) => void }) {
  const [open, setOpen] = useState<Unit | "new" | null>(null), [boxes, setBoxes] = useState<Appliance[]>([]);
  useEffect(() => { get<{ items: Appliance[] }>("/appliances").then((x) => setBoxes(x.items), () => undefined); }, []);
  const unit = open === "new" ? null : open;
  return (
    <Section title={t("access_unitsTitle")} top>
      {units.length ? <ul class="plain">{units.map((u) => (
        <li key={u.id}><strong>{u.name}</strong> <span class="dim">{u.appliances.map((a) => a.name).join(", ") || t("access_noAppliance")} · {u.people} {t("access_peopleCount")}</span>{" "}
          <button type="button" class="small" onClick={() => setOpen(u)}>{t("access_change")}</button>{" "}
          <button type="button" class="small" onClick={() => void del(`/units/${u.id}`).then(changed, (x) => fail(said(x)))}>{t("access_removeUnit")}</button></li>))}</ul>
        : <Empty title={t("access_noUnits")} text={t("access_noUnitsHelp")} />}
      <p class="buttons"><button type="button" onClick={() => setOpen("new")}>{t("access_unitNew")}</button></p>
      {open ? <Dialog title={unit ? unit.name : t("access_unitNew")} onClose={() => setOpen(null)}><UnitForm unit={unit} boxes={boxes} close={() => setOpen(null)}
        send={async (name, appliances) => { await post(unit ? `/units/${unit.id}` : "/units", { name, appliances }); setOpen(null); changed(); }} /></Dialog> : null}
    </Section>
  );
}
export function People() {
  const [rows, setRows] = useState<Person[]>([]), [units, setUnits] = useState<Unit[]>([]), [next, setNext] = useState<number | null>(null);
  const [error, setError] = useState(""), [inviting, setInviting] = useState(false), [token, setToken] = useState("");
  const load = useCallback(() => {
    get<{ items: Person[]; next: number | null }>("/users?limit=200").then((x) => { setRows(x.items); setNext(x.next); setError(""); }, (x) => setError(said(x)));
    get<{ items: Unit[] }>("/units").then((x) => setUnits(x.items), () => undefined);
  }, []);
  useEffect(load, [load]);
  const older = () => { void get<{ items: Person[]; next: number | null }>(`/users?limit=200&before=${next}`).then((x) => { setRows([...rows, ...x.items]); setNext(x.next); }); };
  return (
    <div class="pagebody">
      <h1>{t("access_people")}</h1>
      <p class="buttons"><button type="button" class="primary" onClick={() => setInviting(true)}>{t("access_invite")}</button></p>
      {error ? <ErrorNote text={error} retry={load} /> : null}
      <div class="scroll" tabIndex={0} role="region" aria-label={t("access_people")}>
        <table class="plain people"><thead><tr>{(["name", "access_roles", "access_units", "access_clearance", "access_second", "access_lastSeen", "access_change"] as const).map((k) => <th key={k} scope="col">{t(k)}</th>)}</tr></thead>
          <tbody>{[...rows].sort((a, b) => a.name.localeCompare(b.name)).map((p) => <Row key={p.id} p={p} units={units} changed={load} fail={setError} link={setToken} />)}</tbody></table>
      </div>
      {next ? <p class="buttons"><button type="button" onClick={older}>{t("access_olderPeople")}</button></p> : null}
      <UnitCard units={units} changed={load} fail={setError} />
      {inviting ? <Dialog title={t("access_invite")} onClose={() => setInviting(false)}>
        <Form start={{ roles: ["viewer"], units: "all", clearance: { vn: "none", other: "none" } }} units={units} label={t("access_invite")} close={() => setInviting(false)}
          send={async (d) => { const a = await post<{ token: string }>("/invites", d); setInviting(false); setToken(a.token); }} /></Dialog> : null}
      {token ? <Link token={token} close={() => setToken("")} /> : null}
    </div>
  );
}
