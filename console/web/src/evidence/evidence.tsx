// SPDX-License-Identifier: GPL-3.0-or-later
// Evidence: who may open it, what lies sealed where, and the requests under way. Files are carried by people; nothing is opened here.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, post, Problem } from "../api";
import { handIn } from "../files";
import { bytes, number } from "../format";
import { t, word } from "../i18n";
import type { Live } from "../live";
import { Dialog, Empty, ErrorNote, Hash, Section, Stamp, Time } from "../parts";

const TYPE = "application/vnd.gatehouse.evidence";
interface Committee { divided: boolean; members: string[]; quorum?: number; generation?: number; made?: string; key?: string }
interface Sealed {
  id: number; sha256: string; time: string; size: number; appliance: { id: string; name: string }; level: string; alert: number | null;
  opening: { id: number; state: string } | null; recorded: string | null;
}
interface Share { id: number; member: string; received: string; received_by: string; used: boolean }
interface Opening {
  id: number; kind: "document" | "renew"; sha256: string | null; by: string; reason: string; quorum: number; shares_here: number; made: string;
  received: string; received_by: string; state: string; ended: string | null; shares?: Share[];
}
interface Page<T> { items: T[]; next: number | null }

function said(e: unknown): string {
  return e instanceof Problem ? (e.message || t("failed")) : t("failed");
}
/** A button that asks for a file and hands it in. */
function Give({ label, path, done, failed }: { label: string; path: string; done: () => void; failed: (s: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const chosen = async () => {
    const file = input.current?.files?.[0];
    if (!file) return;
    try {
      await handIn<Opening>(path, file, TYPE);
      done();
    } catch (e) {
      failed(said(e));
    }
    if (input.current) input.current.value = "";
  };
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>{label}</button>
      <input ref={input} type="file" class="sr" tabIndex={-1} aria-label={label} onChange={() => void chosen()} />
    </>
  );
}
function Who({ c }: { c: Committee }) {
  if (!c.divided) return <Section title={t("evidence_who")} top><p class="fault">{t("evidence_whole")}</p></Section>;
  return (
    <Section title={t("evidence_who")} top>
      <p><strong>{number(c.quorum)} {t("evidence_of")} {number(c.members.length)} {t("evidence_quorum")}</strong> <span class="dim">· {t("evidence_divided")} {number(c.generation)}, <Time iso={c.made} long /></span></p>
      <ul class="chips">{c.members.map((m) => <li key={m} class="chip">{m}</li>)}</ul>
      <p><a class="button" href="/api/v1/evidence/committee/file">{t("evidence_file")}</a></p>
    </Section>
  );
}
function stateOf(o: Opening): string {
  return o.state === "waiting" && o.shares_here >= o.quorum ? "ready" : o.state;
}
function Request({ o, may, changed, failed }: { o: Opening; may: boolean; changed: () => void; failed: (s: string) => void }) {
  const [whole, setWhole] = useState<Opening | null>(null), [sure, setSure] = useState(false);
  const open = o.state === "waiting";
  useEffect(() => {
    get<Opening>(`/evidence/openings/${o.id}`).then(setWhole, () => setWhole(null));
  }, [o.id, o.shares_here, o.state]);
  const withdraw = async () => {
    setSure(false);
    try {
      await post(`/evidence/openings/${o.id}/withdraw`, {});
      changed();
    } catch (e) {
      failed(said(e));
    }
  };
  return (
    <li class="card">
      <header class="line1"><strong>{o.kind === "renew" ? t("evidence_renew") : t("evidence_document")}</strong><span class="chip">{word("evidence_state_", stateOf(o))}</span></header>
      {o.sha256 ? <Hash value={o.sha256} /> : null}
      <p>{o.by}: {o.reason}</p>
      <p class="dim"><Time iso={o.made} long /> · {number(o.shares_here)}/{number(o.quorum)} {t("evidence_agreed")}{o.ended ? <> · {word("evidence_state_", o.state)} <Time iso={o.ended} long /></> : null}</p>
      {whole?.shares?.length ? (
        <ul class="plain">{whole.shares.map((s) => (
          <li key={s.id}>{s.member} <span class="dim"><Time iso={s.received} /> {s.used ? `· ${t("evidence_used")}` : ""}</span>
            {may && open ? <> <a href={`/api/v1/evidence/shares/${s.id}`}>{t("evidence_takeShare")}</a></> : null}</li>))}
        </ul>) : <p class="dim">{t("evidence_nobody")}</p>}
      <p class="buttons">
        <a class="button" href={`/api/v1/evidence/openings/${o.id}/file`}>{t("evidence_takeRequest")}</a>
        {may && open ? <>
          <Give label={t("evidence_giveShare")} path={`/evidence/openings/${o.id}/shares`} done={changed} failed={failed} />
          <Give label={t("evidence_giveReceipt")} path={`/evidence/openings/${o.id}/receipt`} done={changed} failed={failed} />
          <button type="button" onClick={() => setSure(true)}>{t("evidence_withdraw")}</button></> : null}
      </p>
      {sure ? <Dialog title={t("evidence_withdraw")} onClose={() => setSure(false)}>
        <p>{t("evidence_withdrawSure")}</p>
        <p class="buttons"><button type="button" class="primary" onClick={() => void withdraw()}>{t("evidence_withdraw")}</button><button type="button" onClick={() => setSure(false)}>{t("cancel")}</button></p>
      </Dialog> : null}
    </li>
  );
}
function SealedTable({ items }: { items: Sealed[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("evidence_sealed")}>
      <table class="ledger">
        <thead><tr><th scope="col">{t("evidence_when")}</th><th scope="col">{t("evidence_level")}</th><th scope="col">{t("evidence_where")}</th><th scope="col">SHA-256</th><th scope="col">{t("evidence_size")}</th><th scope="col">{t("evidence_state")}</th></tr></thead>
        <tbody>{items.map((s) => (
          <tr key={s.id}>
            <td><Time iso={s.time} /></td><td><Stamp level={s.level} /></td><td>{s.appliance.name}</td>
            <td><Hash value={s.sha256} /></td><td>{bytes(s.size)}</td>
            <td>{s.opening ? word("evidence_state_", s.opening.state) : <span class="dim">{t("evidence_never")}</span>}
              {s.recorded ? <span class="dim"> · {t("evidence_recorded")} <Time iso={s.recorded} /></span> : null}
              {s.alert !== null ? <> · <a href={`#/alerts/${s.alert}`}>{t("evidence_alert")} {s.alert}</a></> : null}</td>
          </tr>))}
        </tbody>
      </table>
    </div>
  );
}
export function Evidence({ live, may }: { live: Live; may: boolean }) {
  const [committee, setCommittee] = useState<Committee | null>(null), [sealed, setSealed] = useState<Page<Sealed> | null>(null);
  const [openings, setOpenings] = useState<Page<Opening> | null>(null), [error, setError] = useState(""), [fault, setFault] = useState("");
  const load = useCallback(async () => {
    try {
      const [c, s, o] = await Promise.all([get<Committee>("/evidence/committee"), get<Page<Sealed>>("/evidence"), get<Page<Opening>>("/evidence/openings?limit=20")]);
      setCommittee(c);
      setSealed(s);
      setOpenings(o);
      setError("");
    } catch {
      setError(t("failed"));
    }
  }, []);
  const changed = () => {
    setFault("");
    void load();
  };
  const older = async () => {
    if (!sealed?.next) return;
    const more = await get<Page<Sealed>>(`/evidence?before=${sealed.next}`);
    setSealed({ items: [...sealed.items, ...more.items], next: more.next });
  };
  useEffect(() => void load(), [load]);
  useEffect(() => live.listen(() => void load()), [live, load]);
  return (
    <section class="pagepad" aria-label={t("evidence")}>
      <h1>{t("evidence")}</h1>
      <p class="dim">{t("evidence_intro")}</p>
      {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
      {fault ? <ErrorNote text={`${t("evidence_failed")} ${fault}`} /> : null}
      {committee ? <Who c={committee} /> : null}
      {openings ? <>
        <div class="line1"><h2>{t("evidence_requests")}</h2>{may && committee?.divided ? <Give label={t("evidence_add")} path="/evidence/openings" done={changed} failed={setFault} /> : null}</div>
        {openings.items.length ? <ul class="grid">{openings.items.map((o) => <Request key={o.id} o={o} may={may} changed={changed} failed={setFault} />)}</ul> :
          <Empty title={t("evidence_requests")} text={t("evidence_noRequests")} />}
      </> : null}
      {sealed ? <>
        <h2>{t("evidence_sealed")}</h2>
        {sealed.items.length ? <SealedTable items={sealed.items} /> : <Empty title={t("evidence_sealed")} text={t("evidence_noSealed")} />}
        {sealed.next ? <button type="button" onClick={() => void older()}>{t("evidence_older")}</button> : null}
      </> : null}
    </section>
  );
}
