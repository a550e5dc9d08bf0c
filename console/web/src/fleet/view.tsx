// SPDX-License-Identifier: GPL-3.0-or-later
// The fleet: who is in touch and who need not be, where they stand, what they run, what they lost.
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { get } from "../api";
import { Ledger } from "../appliances";
import { ago, number } from "../format";
import { t, word } from "../i18n";
import type { Live } from "../live";
import { Empty, ErrorNote, Facts, Section, Time } from "../parts";
import type { Appliance } from "../types";
import "./fleet.css";
import { Invite } from "./invite";
import { Map } from "./map";
import { Origins, ParentNote } from "./region";
import { Enrol, Retire, Site } from "./site";
import type { Broker, GoodsState, Health, Item, Parent } from "./types";

const healths: Health[] = ["silent", "overdue", "never", "away", "heard", "retired"];
const REFRESH_MS = 30000;

function span(s: number): string {
  const [n, key] = s % 86400 === 0 ? [s / 86400, "fleet_days" as const] : s % 3600 === 0 ? [s / 3600, "fleet_hours" as const] : [Math.round(s / 60), "fleet_minutes" as const];
  return `${number(n)} ${t(key)}`;
}
function Goods({ states }: { states: GoodsState[] }) {
  return (
    <ul class="goods">{states.map((g) => (
      <li key={g.kind}>{word("fleet_g_", g.kind)}: <strong>{g.running ? `${g.running.name}@${g.running.version}` : "–"}</strong>
        {g.wanted && (g.wanted.version !== g.running?.version || g.wanted.name !== g.running.name) ? <span class="chip warn">{t("fleet_ordered")}: {g.wanted.name}@{g.wanted.version} · {g.state}</span> : null}
        {g.reason ? <span class="dim"> {g.reason}</span> : null}</li>))}</ul>
  );
}

function One({ item, more, goods, open, toggle, may, edit, retire }: {
  item: Item; more: Appliance | undefined; goods: GoodsState[]; open: boolean; toggle: () => void; may: boolean; edit: () => void; retire: () => void;
}) {
  const origins = item.origins ?? [], amiss = origins.filter((o) => !o.agrees).length, missing = origins.reduce((n, o) => n + o.missing_batches, 0);
  const version = more?.versions.gatehouse, policy = more?.versions.policy;
  return (
    <li class={`box ${item.health}`} id={`box-${item.id}`}>
      <button type="button" class="boxrow" aria-expanded={open} onClick={toggle}>
        <span class={`site ${item.health}`} aria-hidden="true" />
        <strong class="boxname"><bdi>{item.name}</bdi>{item.kind === "region" ? <> <span class="chip">{t("fleet_r_region")}</span></> : null}</strong>
        <span class="boxplace dim"><bdi>{item.place}</bdi></span>
        <span class="boxhealth">{word("fleet_h_", item.health)}</span>
        <span class="dim boxheard">{item.last_heard ? ago(item.last_heard) : ""}</span>
        <span class="boxmarks">
          {item.kind === "region" ? <span class="dim">{number(origins.length)} {t("fleet_r_behind")}</span> : null}
          {amiss ? <span class="chip warn">⚠ {t("fleet_r_differs")}: {number(amiss)}</span> : null}
          {missing ? <span class="chip warn">{number(missing)} {t("fleet_r_missing")}</span> : null}
          {item.lost_day ? <span class="chip warn">{number(item.lost_day)} {t("fleet_lost")}</span> : null}
          {item.queue ? <span class="chip">{number(item.queue)} {t("fleet_queue")}</span> : null}
          {version ? <span class="dim">{version}</span> : null}{policy ? <span class="dim">{policy}</span> : null}
        </span>
      </button>
      {open ? (
        <div class="boxmore">
          {item.health !== "heard" && item.health !== "retired" ? <p class={item.health === "away" ? "calm" : "note"}>{t(`fleet_t_${item.health}`)}</p> : null}
          <Facts rows={[
            [t("fleet_heard"), item.last_heard ? <Time iso={item.last_heard} long /> : null], [t("fleet_next"), item.expected && item.health !== "retired" ? <Time iso={item.expected} long /> : null],
            [t("fleet_profile"), `${t(`fleet_p_${item.profile}`)} · ${t("fleet_expect").toLowerCase()} ${span(item.expect_s)}`],
            [t("fleet_units"), item.units.join(", ")], [t("fleet_ring"), item.ring], [t("fleet_alerts"), number(item.alerts_day)], [t("fleet_lost"), number(item.lost_day)],
            [t("clock"), more && more.clock_offset_ms !== null && Math.abs(more.clock_offset_ms) > 60000 && item.profile === "office" ? `${number(Math.round(more.clock_offset_ms / 1000))} s` : null],
            [t("fleet_runs"), goods.length ? <Goods states={goods} /> : Object.entries(more?.versions ?? {}).map(([k, v]) => `${k} ${v}`).join(" · ")],
          ]} />
          {item.kind === "region" ? <Origins region={item.name} origins={origins} /> : more?.ledger ? <div class="scroll" tabIndex={0} role="region" aria-label={t("ledger")}><Ledger ledger={more.ledger} /></div> : <p class="dim">{t("ledgerNone")}</p>}
          {more && more.offered !== null && more.offered > more.batches + 1 ? <p class="lost">{t("waitsFor")} {number(more.batches + 1)}–{number(more.offered - 1)}</p> : null}
          {more?.holes.map((h) => <p key={h.first} class={h.missing ? "lost" : "dim"}>{t("hole")} {number(h.first)}–{number(h.last)} ({number(h.missing)} {t("missing")}): {h.reason}</p>)}
          <p class="dim"><code>{item.id}</code></p>
          {may && item.health !== "retired" ? <div class="buttons"><button type="button" class="quiet" onClick={retire}>{t("fleet_retire")}</button><button type="button" onClick={edit}>{t("fleet_site")}…</button></div> : null}
        </div>) : null}
    </li>
  );
}

function BrokerNote({ broker }: { broker: Broker }) {
  return (
    <p class={broker.connected && !broker.trouble ? "dim" : "note"}>
      {t(broker.connected ? "fleet_b_there" : "fleet_b_gone")}{broker.trouble ? <> (<bdi>{broker.trouble}</bdi>)<br /></> : " "}
      {t("fleet_b_taken")}: {number(broker.taken)}{broker.put_back ? ` · ${t("fleet_b_back")}: ${number(broker.put_back)}` : ""}{broker.terminated + broker.refused ? ` · ${t("fleet_b_never")}: ${number(broker.terminated + broker.refused)}` : ""}
    </p>
  );
}

export function Fleet({ live, chosen, may }: { live: Live; chosen: number | null; may: boolean }) {
  const [items, setItems] = useState<Item[] | null>(null), [broker, setBroker] = useState<Broker | null>(null), [parent, setParent] = useState<Parent | null>(null), [more, setMore] = useState<Appliance[]>([]), [goods, setGoods] = useState<GoodsState[]>([]), [error, setError] = useState("");
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set()), [filter, setFilter] = useState(""), [health, setHealth] = useState<Health | "">("");
  const [dialog, setDialog] = useState<{ kind: "site" | "retire"; item: Item } | { kind: "enrol" | "invite" } | null>(null);
  const load = useCallback(async () => {
    try {
      const [f, a, g, p] = await Promise.all([get<{ items: Item[]; broker?: Broker }>("/fleet"), get<{ items: Appliance[] }>("/appliances"), get<{ items: GoodsState[] }>("/goods/states").catch(() => ({ items: [] })), may ? get<Parent>("/parent").catch(() => null) : null]);
      setItems(f.items);
      setBroker(f.broker ?? null);
      setParent(p);
      setMore(a.items);
      setGoods(g.items);
      setError("");
    } catch {
      setError(t("failed"));
    }
  }, [may]);
  useEffect(() => void load(), [load]);
  useEffect(() => {
    let due = 0;
    const stop = live.listen((alert) => { if (alert === null) due ||= window.setTimeout(() => { due = 0; void load(); }, 3000); });
    const id = setInterval(() => void load(), REFRESH_MS);
    return () => { stop(); clearTimeout(due); clearInterval(id); };
  }, [live, load]);
  const show = (id: string) => {
    setOpen((o) => new Set(o).add(id));
    setTimeout(() => document.getElementById(`box-${id}`)?.scrollIntoView({ block: "center" }), 0);
  };
  useEffect(() => {
    const item = chosen === null ? undefined : items?.find((i) => i.number === chosen);
    if (item) show(item.id);
  }, [chosen, items === null]);
  const shown = useMemo(() => (items ?? []).filter((i) => (!health || i.health === health) && `${i.name} ${i.place} ${i.units.join(" ")} ${(i.origins ?? []).map((o) => o.name).join(" ")}`.toLowerCase().includes(filter.trim().toLowerCase()))
    .sort((a, b) => healths.indexOf(a.health) - healths.indexOf(b.health) || a.name.localeCompare(b.name)), [items, health, filter]);
  const done = () => { setDialog(null); void load(); };
  return (
    <section class="pagepad fleet" aria-label={t("appliances")}>
      <header class="dashhead">
        <h1>{t("appliances")}</h1>
        {may ? <div class="buttons"><button type="button" onClick={() => setDialog({ kind: "enrol" })}>{t("fleet_enrol")}</button><button type="button" class="primary" onClick={() => setDialog({ kind: "invite" })}>{t("fleet_invite")}</button></div> : null}
      </header>
      {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
      {broker ? <BrokerNote broker={broker} /> : null}
      {parent ? <ParentNote p={parent} /> : null}
      {!items && !error ? <div class="empty">{t("loading")}</div> : null}
      {items && !items.length ? <Empty title={t("fleet_none")} text={t("fleet_noneText")} /> : null}
      {items?.length ? (
        <>
          <Section top title={t("fleet_map")}><Map items={items} choose={show} /></Section>
          <div class="fleetbar">
            <input type="search" value={filter} placeholder={t("fleet_filter")} aria-label={t("fleet_filter")} onInput={(e) => setFilter(e.currentTarget.value)} />
            <div class="healths" role="group" aria-label={t("appliances")}>
              <button type="button" aria-pressed={!health} onClick={() => setHealth("")}>{t("fleet_all")} <span class="count">{number(items.length)}</span></button>
              {healths.filter((h) => items.some((i) => i.health === h)).map((h) => (
                <button key={h} type="button" aria-pressed={health === h} onClick={() => setHealth(h)}><span class={`site ${h}`} aria-hidden="true" /> {word("fleet_h_", h)} <span class="count">{number(items.filter((i) => i.health === h).length)}</span></button>))}
            </div>
          </div>
          <ul class="boxes">{shown.map((i) => (
            <One key={i.id} item={i} more={more.find((a) => a.id === i.id)} goods={goods.filter((g) => g.appliance === i.id)} open={open.has(i.id)} may={may}
              toggle={() => setOpen((o) => { const n = new Set(o); if (!n.delete(i.id)) n.add(i.id); return n; })}
              edit={() => setDialog({ kind: "site", item: i })} retire={() => setDialog({ kind: "retire", item: i })} />))}</ul>
        </>) : null}
      {dialog?.kind === "site" ? <Site item={dialog.item} close={() => setDialog(null)} done={done} /> : null}
      {dialog?.kind === "retire" ? <Retire item={dialog.item} close={() => setDialog(null)} done={done} /> : null}
      {dialog?.kind === "invite" ? <Invite close={() => setDialog(null)} done={() => void load()} /> : null}
      {dialog?.kind === "enrol" ? <Enrol close={() => setDialog(null)} done={() => void load()} /> : null}
    </section>
  );
}
