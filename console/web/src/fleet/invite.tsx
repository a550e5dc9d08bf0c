// SPDX-License-Identifier: GPL-3.0-or-later
// Enrolment by invitation: a code for one appliance, and who waits with one. Both screens show the same six words, or somebody else is asking.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { del, get, Problem, step } from "../api";
import { t, word } from "../i18n";
import { Dialog, ErrorNote, Time } from "../parts";

interface Invitation { id: number; state: "open" | "waiting" | "approved" | "withdrawn" | "expired"; until: string; name: string | null; unit: string | null; made_by: string; address: string | null; asks_as?: string; phrase?: string }
interface Made { id: number; until: string; url: string; code?: string; file?: unknown }
interface Unit { id: number; name: string }
const LOOK_MS = 3000, hours = [1, 8, 24, 72, 168] as const;
const said = (e: unknown) => (e instanceof Problem && e.message ? e.message : t("failed"));

function download(file: unknown) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(file) + "\n"], { type: "application/json" }));
  link.download = "invitation.json";
  link.click();
  URL.revokeObjectURL(link.href);
}
export const Phrase = ({ text }: { text: string }) => <p class="phrase">{text.split(/[\s-]+/).map((w, i) => <span key={i}>{w}</span>)}</p>;

function Waiting({ item, done }: { item: Invitation; done: () => void }) {
  const [same, setSame] = useState(false), [error, setError] = useState("");
  const key = useRef(crypto.randomUUID());
  const act = async (f: () => Promise<unknown>) => {
    try {
      await f();
      done();
    } catch (e) {
      setError(said(e));
    }
  };
  const approve = () => act(() => step(`/enrolments/invitations/${item.id}`, { phrase: item.phrase ?? "" }, key.current));
  const withdraw = () => act(() => del(`/enrolments/invitations/${item.id}`));
  return (
    <li class="invitation">
      <p><strong><bdi>{item.name ?? item.asks_as ?? `№ ${item.id}`}</bdi></strong> {item.unit ? <span class="chip"><bdi>{item.unit}</bdi></span> : null} <span class="dim">{word("fleet_i_", item.state)} · {t("fleet_inviteUntil")} <Time iso={item.until} /></span></p>
      {item.phrase ? (
        <>
          <p>{t("fleet_inviteCompare")} <bdi>{item.asks_as}</bdi> <code class="dim">{item.address}</code></p><Phrase text={item.phrase} />
          <label class="check"><input type="checkbox" checked={same} onChange={(e) => setSame(e.currentTarget.checked)} /> {t("fleet_inviteSame")}</label>
        </>) : null}
      {error ? <ErrorNote text={error} /> : null}
      <div class="buttons"><button type="button" class="quiet" onClick={() => void withdraw()}>{t("fleet_inviteWithdraw")}</button>
        {item.phrase ? <button type="button" class="primary" disabled={!same} onClick={() => void approve()}>{t("fleet_enrolGo")}</button> : null}</div>
    </li>
  );
}

export function Invite({ close, done }: { close: () => void; done: () => void }) {
  const [items, setItems] = useState<Invitation[]>([]), [units, setUnits] = useState<Unit[]>([]), [made, setMade] = useState<Made | null>(null), [error, setError] = useState("");
  const [h, setH] = useState("24"), [unit, setUnit] = useState(""), [name, setName] = useState("");
  const key = useRef(crypto.randomUUID());
  const load = useCallback(async () => {
    try {
      setItems((await get<{ items: Invitation[] }>("/enrolments/invitations")).items);
    } catch (e) {
      setError(said(e));
    }
  }, []);
  useEffect(() => {
    void load();
    void get<{ items: Unit[] }>("/units").then((u) => setUnits(u.items)).catch(() => undefined);
    const id = setInterval(() => void load(), LOOK_MS);
    return () => clearInterval(id);
  }, [load]);
  const make = async (e: Event) => {
    e.preventDefault();
    try {
      setMade(await step<Made>("/enrolments/invitations", { hours: Number(h), ...(unit ? { unit: Number(unit) } : {}), ...(name.trim() ? { name: name.trim() } : {}) }, key.current));
      key.current = crypto.randomUUID();
      setError("");
      void load();
    } catch (err) {
      setError(said(err));
    }
  };
  const open = items.filter((i) => i.state === "open" || i.state === "waiting");
  const acted = () => { void load(); done(); };
  return (
    <Dialog title={t("fleet_inviteTitle")} onClose={close}>
      {made?.code ? (
        <div>
          <p>{t("fleet_inviteCode")}</p>
          <p class="invitecode">{made.code.split("-").map((g, i) => <span key={i}>{g}</span>)}</p>
          <p class="dim"><code>gatehouse enrol --invitation CODE --console {made.url}</code> · {t("fleet_inviteUntil")} <Time iso={made.until} long /></p>
          <div class="buttons"><button type="button" onClick={() => download(made.file)}>{t("fleet_inviteFile")}</button><button type="button" class="primary" onClick={() => setMade(null)}>{t("fleet_inviteNext")}</button></div>
        </div>
      ) : (
        <form onSubmit={(e) => void make(e)}>
          <p>{t("fleet_inviteText")}</p>
          <label>{t("fleet_inviteName")}<input type="text" maxLength={60} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
          <div class="pair"><label>{t("fleet_inviteUnit")}<select value={unit} onChange={(e) => setUnit(e.currentTarget.value)}><option value="">–</option>{units.map((u) => <option key={u.id} value={String(u.id)}>{u.name}</option>)}</select></label>
            <label>{t("fleet_inviteHours")}<select value={h} onChange={(e) => setH(e.currentTarget.value)}>{hours.map((n) => <option key={n} value={String(n)}>{n}</option>)}</select></label></div>
          <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button type="submit" class="primary">{t("fleet_inviteMake")}</button></div>
        </form>
      )}
      {error ? <ErrorNote text={error} /> : null}
      {open.length ? <><h3>{t("fleet_inviteOpen")}</h3><ul class="invitations">{open.map((i) => <Waiting key={i.id} item={i} done={acted} />)}</ul></> : null}
    </Dialog>
  );
}
