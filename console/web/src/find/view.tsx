// SPDX-License-Identifier: GPL-3.0-or-later
// Search in alerts or in everything that was recorded: the question is the address, so that it can be kept and given to others.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem } from "../api";
import { Away } from "../away";
import { number, text } from "../format";
import { lang, t } from "../i18n";
import { free, useKeys } from "../keys";
import { Action, ErrorNote, Severity, Stamp, Time } from "../parts";
import { Fault, faultOf, Histogram, SearchBox } from "../search";
import type { AlertRow, Histogram as Counts, Searched, SearchFault } from "../types";
import "./find.css";

const PAGE = 50, WAIT_MS = 250;
const examples = ["level>=mat dest_zone:internet last:7d", "\"tối mật\" app_proto:smtp", "type:flow src_ip:10.0.0.0/8 dest_port:443", "type:fileinfo read:partial,none"];
type Where = "alerts" | "events";
interface EventRow { id: number; time: string; type: string; appliance: { name: string }; flow_id: string | null; event: Record<string, unknown> }
interface Page { items: (AlertRow | EventRow)[]; next: number | null; searched: Searched }

function member(e: Record<string, unknown>, path: string): unknown {
  return path.split(".").reduce<unknown>((o, k) => (typeof o === "object" && o !== null ? (o as Record<string, unknown>)[k] : undefined), e);
}
function said(e: unknown): string {
  if (!(e instanceof Problem)) return t("failed");
  return e.status === 0 ? t("offline") : e.code === "events_away" ? t("find_eventsAway") : e.code === "too_slow" ? t("find_slow") : t("failed");
}

/** What an event is about, in a few words of its own. */
export function about(e: Record<string, unknown>): string {
  const paths = ["fileinfo.filename", "alert.signature", "http.hostname", "http.url", "tls.sni", "quic.sni", "dns.rrname", "email.subject", "smtp.mail_from", "smb.filename", "nfs.filename", "ssh.client.software_version", "anomaly.event"];
  const found = paths.map((p) => member(e, p)).filter((v) => v !== undefined && v !== null && v !== "").map(text);
  const queries = member(e, "dns.queries");
  if (Array.isArray(queries)) found.push(...queries.map((q) => text((q as Record<string, unknown>).rrname)));
  return found.slice(0, 3).join(" · ");
}

function Event({ r }: { r: EventRow }) {
  const [open, setOpen] = useState(false), e = r.event, end = (side: string) => { const ip = e[`${side}_ip`], port = e[`${side}_port`]; return ip ? `${text(ip)}${port ? `:${text(port)}` : ""}` : null; };
  const src = end("src"), dest = end("dest"), level = member(e, "gatehouse.document.level");
  return (
    <li class="found">
      <button type="button" class="foundrow" aria-expanded={open} onClick={() => setOpen((o) => !o)}>
        <Time iso={r.time} /> <span class="chip">{r.type}</span>
        {typeof level === "string" ? <Stamp level={level} /> : null}
        <span class="what">{member(e, "gatehouse.redacted") === true ? <span class="dim">{t("find_withheld")}</span> : <bdi>{about(e)}</bdi>}</span>
        <span class="dim ends">{src ? `${src} → ${dest ?? "?"}` : ""}{e.app_proto ? ` · ${text(e.app_proto)}` : ""} · {r.appliance.name}</span>
      </button>
      {open ? <pre tabIndex={0} aria-label={t("find_whole")}>{JSON.stringify(e, null, 2)}</pre> : null}
    </li>
  );
}
function Alert({ a }: { a: AlertRow }) {
  return (
    <li class="found">
      <a class="foundrow" href={`#/alerts/${a.id}`}>
        <Time iso={a.time} /> <Severity n={a.severity} /> <Stamp level={a.level} /> <Action action={a.action} />
        <span class="what"><bdi>{(lang() === "vi" ? a.title?.vi : a.title?.en) ?? a.signature}</bdi>{a.file?.name ? <bdi class="dim"> {a.file.name}</bdi> : null}</span>
        <span class="dim ends">{a.src.ip ?? "?"} → {a.dest.ip ?? "?"}{a.app_proto ? ` · ${a.app_proto}` : ""} · {a.appliance.name}</span>
      </a>
    </li>
  );
}

function ask(where: Where, q: string): URLSearchParams {
  return new URLSearchParams({ q, in: where, tz: String(-new Date().getTimezoneOffset()) });
}

export function Find({ asked }: { asked: string }) {
  const first = new URLSearchParams(asked);
  const [q, setQ] = useState(first.get("q") ?? ""), [where, setWhere] = useState<Where>(first.get("in") === "alerts" ? "alerts" : "events");
  const [page, setPage] = useState<Page | null>(null), [more, setMore] = useState<Page["items"]>([]), [next, setNext] = useState<number | null>(null);
  const [counts, setCounts] = useState<Counts | null>(null), [fault, setFault] = useState<SearchFault | null>(null), [error, setError] = useState(""), [took, setTook] = useState(0);
  const box = useRef<HTMLInputElement>(null), turn = useRef(0);
  useEffect(() => {
    const p = new URLSearchParams(asked);
    setQ(p.get("q") ?? "");
    setWhere(p.get("in") === "alerts" ? "alerts" : "events");
  }, [asked]);
  const load = useCallback(async () => {
    const mine = ++turn.current, p = ask(where, q), began = performance.now();
    try {
      p.set("limit", String(PAGE));
      const got = await get<Page>("/search?" + p.toString());
      if (mine !== turn.current) return;
      setTook(performance.now() - began);
      setPage(got);
      setMore([]);
      setNext(got.next);
      setFault(null);
      setError("");
      const h = await get<Counts>("/search/histogram?" + ask(where, q).toString());
      if (mine === turn.current) setCounts(h);
    } catch (e) {
      if (mine !== turn.current) return;
      const f = faultOf(e);
      setFault(f);
      setError(f ? "" : said(e));
    }
  }, [q, where]);
  useEffect(() => {
    const id = setTimeout(() => {
      history.replaceState(null, "", `#/search?${new URLSearchParams({ q, in: where }).toString()}`);
      void load();
    }, WAIT_MS);
    return () => clearTimeout(id);
  }, [load]);
  useKeys((e) => {
    if (e.key !== "/" || !free(e)) return;
    box.current?.focus();
    e.preventDefault();
  });
  const older = async () => {
    if (!next) return;
    const p = ask(where, q);
    p.set("limit", String(PAGE));
    p.set("before", String(next));
    try {
      const got = await get<Page>("/search?" + p.toString());
      setMore((m) => [...m, ...got.items]);
      setNext(got.next);
    } catch {
      setError(t("failed"));
    }
  };
  const brush = (from: Date, to: Date) => {
    const iso = (d: Date) => d.toISOString().slice(0, 19) + "Z";
    setQ((old) => `${old.replace(/\s*\b(last|from|to):\S+/g, "").trim()} from:${iso(from)} to:${iso(to)}`.trim());
  };
  const items = [...(page?.items ?? []), ...more];
  return (
    <section class="pagepad find" aria-label={t("find_title")}>
      <h1>{t("find_title")}</h1>
      <div class="segmented" role="group" aria-label={t("find_in")}>
        {(["alerts", "events"] as const).map((w) => <button key={w} type="button" aria-pressed={where === w} onClick={() => setWhere(w)}>{t(`find_${w}`)}</button>)}
      </div>
      <SearchBox q={q} set={setQ} box={box} faulty={fault ? "findfault" : null} />
      {fault ? <Fault q={q} fault={fault} skip={0} id="findfault" /> : null}
      {!fault && counts?.matched ? <div class="card"><Histogram h={counts} brush={brush} /><p class="dim brushhelp">{t("find_brush")} {page ? `${t("find_took")} ${number(Math.round(took))} ms.` : ""}</p></div> : null}
      <Away />
      {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
      {!page && !error && !fault ? <div class="empty">{t("loading")}</div> : null}
      {page && !fault && !items.length ? (
        <div class="empty"><strong>{t(q ? "find_none" : "find_start")}</strong><p>{t(q ? "find_noneText" : "find_startText")}</p>
          <ul class="examples">{examples.map((x) => <li key={x}><button type="button" class="quiet" onClick={() => setQ(x)}><code>{x}</code></button></li>)}</ul></div>
      ) : null}
      <ol class="founds">{(fault ? [] : items).map((r) => ("event" in r ? <Event key={r.id} r={r} /> : <Alert key={r.id} a={r} />))}</ol>
      {page?.searched.words_from ? <p class="hint">{t("wordsFrom")} <Time iso={page.searched.words_from} long /></p> : null}
      {page && !fault && !page.searched.complete ? <p class="hint">{t("searchedTo")} <Time iso={page.searched.from} long /></p> : null}
      {next && !fault ? <button type="button" class="more" onClick={() => void older()}>{page && !page.searched.complete ? t("goOn") : t("more")}</button> : null}
    </section>
  );
}
