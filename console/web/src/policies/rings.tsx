// SPDX-License-Identifier: GPL-3.0-or-later
// Which ring each appliance belongs to: a step of a roll-out goes to one ring.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, step } from "../api";
import { number } from "../format";
import { t } from "../i18n";
import { ErrorNote, Section } from "../parts";
import { said } from "./bench";

interface Member { id: string; name: string; ring: string; health: string }
/** Rings that somebody belongs to, in order. */
export function ringNames(items: { ring: string | null }[]): string[] {
  return [...new Set(items.map((x) => x.ring ?? "").filter(Boolean))].sort();
}

function Row({ m, may, set }: { m: Member; may: boolean; set: (ring: string) => void }) {
  const [ring, setRing] = useState(m.ring), [error, setError] = useState(""), [busy, setBusy] = useState(false), key = useRef(crypto.randomUUID());
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const r = await step<{ ring: string }>("/rollouts/rings", { appliance: m.id, ring: ring.trim() }, key.current);
      setRing(r.ring);
      set(r.ring);
      setError("");
    } catch (x) {
      setError(x instanceof Problem && x.code === "bad_field" ? t("rollouts_ringBad") : said(x));
    }
    key.current = crypto.randomUUID();
    setBusy(false);
  };
  return (
    <tr><th scope="row">{m.name}</th>
      <td>{may ? (
        <form class="ringset" onSubmit={(e) => void submit(e)}>
          <input list="ringnames" maxLength={63} aria-label={`${t("rollouts_ringShort")}: ${m.name}`} value={ring} placeholder={t("rollouts_ringNone")} onInput={(e) => setRing(e.currentTarget.value)} />
          <button class="small" aria-label={`${t("rollouts_ringSet")}: ${m.name}`} disabled={busy || ring.trim() === m.ring}>{t("rollouts_ringSet")}</button>
        </form>) : m.ring || <span class="dim">{t("rollouts_ringNone")}</span>}
        {error ? <ErrorNote text={error} /> : null}</td></tr>
  );
}

export function Rings({ may }: { may: boolean }) {
  const [items, setItems] = useState<Member[] | null>(null), [error, setError] = useState("");
  const load = useCallback(() => { get<{ items: Member[] }>("/fleet").then((l) => { setItems(l.items.filter((m) => m.health !== "retired")); setError(""); }).catch((x: unknown) => setError(said(x))); }, []);
  useEffect(load, [load]);
  if (!items?.length)
    return error ? <ErrorNote text={error} retry={load} /> : null;
  const names = ringNames(items), of = (ring: string) => items.filter((m) => m.ring === ring).length;
  return (
    <Section title={t("rollouts_rings")} top>
      <p class="dim">{t("rollouts_ringsAbout")}</p>
      <p class="ringsum">{names.map((r) => <span key={r} class="chip">{r}: {number(of(r))}</span>)}<span class="chip">{t("rollouts_ringNone")}: {number(of(""))}</span></p>
      <datalist id="ringnames">{[...new Set(["canary", ...names])].map((r) => <option key={r} value={r} />)}</datalist>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("rollouts_rings")}><table class="plain rings">
        <thead><tr><th scope="col">{t("name")}</th><th scope="col">{t("rollouts_ringShort")}</th></tr></thead>
        <tbody>{items.map((m) => <Row key={m.id} m={m} may={may} set={(ring) => setItems((l) => l && l.map((x) => (x.id === m.id ? { ...x, ring } : x)))} />)}</tbody></table></div>
    </Section>
  );
}
