// SPDX-License-Identifier: GPL-3.0-or-later
// The inbox: alerts by state, arriving by themselves; beside it, or instead of it on a narrow screen, the chosen alert.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AlertView } from "./alert";
import { get, Problem } from "./api";
import { t, lang, type Key } from "./i18n";
import { Action, Empty, ErrorNote, Severity, Stamp, Time } from "./parts";
import { bytes } from "./format";
import type { Live } from "./live";
import type { AlertPage, AlertRow, State } from "./types";

const PAGE = 50;
const tabs: { state: State | "all"; key: Key }[] = [
  { state: "new", key: "stateNew" }, { state: "acknowledged", key: "stateAcknowledged" }, { state: "closed", key: "stateClosed" }, { state: "all", key: "stateAll" },
];

function query(state: string, q: string, before?: number): string {
  const p = new URLSearchParams({ limit: String(PAGE) });
  if (state !== "all") p.set("state", state);
  if (q.trim()) p.set("q", q.trim());
  if (before) p.set("before", String(before));
  return "/alerts?" + p.toString();
}

function Row({ a, open, fresh, select }: { a: AlertRow; open: boolean; fresh: boolean; select: () => void }) {
  const title = (lang() === "vi" ? a.title?.vi : a.title?.en) ?? a.signature;
  return (
    <li class={fresh ? "fresh" : ""}>
      <a href={`#/alerts/${a.id}`} class={`row${open ? " open" : ""} state-${a.state}`} aria-current={open ? "true" : undefined}
        onClick={(e) => { e.preventDefault(); select(); }}>
        <Severity n={a.severity} />
        <span class="what">
          <span class="line1"><strong>{title}</strong><Time iso={a.time} /></span>
          <span class="line2">
            <Stamp level={a.level} /><Action action={a.action} />
            <span class="file">{a.file?.name ?? a.category ?? ""}</span>
            {a.file?.size ? <span class="dim">{bytes(a.file.size)}</span> : null}
          </span>
          <span class="line3">
            <span class="dim">{a.src.ip ?? "?"} → {a.dest.ip ?? "?"}{a.app_proto ? ` · ${a.app_proto.toUpperCase()}` : ""} · {a.appliance.name}</span>
            {a.taken_by ? <span class="taken">{a.taken_by}</span> : null}
            {a.same_document > 1 ? <span class="dim">{a.same_document}× {t("sameDocument")}</span> : null}
          </span>
        </span>
      </a>
    </li>
  );
}

export function Alerts({ chosen, live, canAct, go }: { chosen: number | null; live: Live; canAct: boolean; go: (hash: string) => void }) {
  const [state, setState] = useState<State | "all">("new"), [q, setQ] = useState("");
  const [page, setPage] = useState<AlertPage | null>(null), [error, setError] = useState("");
  const [older, setOlder] = useState<AlertRow[]>([]), [next, setNext] = useState<number | null>(null);
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const searchBox = useRef<HTMLInputElement>(null);
  const known = useRef<ReadonlySet<number>>(new Set());

  const load = useCallback(async () => {
    try {
      const p = await get<AlertPage>(query(state, q));
      const before = known.current;
      if (before.size) setFresh(new Set(p.items.filter((a) => !before.has(a.id)).map((a) => a.id)));
      known.current = new Set(p.items.map((a) => a.id));
      setPage(p);
      setNext((n) => (older.length ? n : p.next));
      setError("");
    } catch (e) {
      setError(e instanceof Problem && e.status === 0 ? t("offline") : t("failed"));
    }
  }, [state, q, older.length]);

  useEffect(() => {
    known.current = new Set();
    setOlder([]);
    const id = setTimeout(() => void load(), q ? 250 : 0);
    return () => clearTimeout(id);
  }, [state, q]);
  useEffect(() => live.listen(() => void load()), [live, load]);

  const rows = useMemo(() => {
    const first = page?.items ?? [], ids = new Set(first.map((a) => a.id));
    return [...first, ...older.filter((a) => !ids.has(a.id))];
  }, [page, older]);
  const index = rows.findIndex((a) => a.id === chosen);
  const select = (id: number) => go(`#/alerts/${id}`);

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const in_text = e.target instanceof HTMLElement && /INPUT|TEXTAREA|SELECT/.test(e.target.tagName);
      if (in_text || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
      const move = e.key === "j" || e.key === "ArrowDown" ? 1 : e.key === "k" || e.key === "ArrowUp" ? -1 : 0;
      if (move) {
        const to = rows[Math.min(Math.max(index + move, 0), rows.length - 1)];
        if (to) select(to.id);
        e.preventDefault();
      } else if (e.key === "/") {
        searchBox.current?.focus();
        e.preventDefault();
      } else if (e.key === "Escape" && chosen !== null) {
        go("#/alerts");
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [rows, index, chosen]);

  const showMore = async () => {
    if (!next) return;
    try {
      const p = await get<AlertPage>(query(state, q, next));
      setOlder((o) => [...o, ...p.items]);
      setNext(p.next);
    } catch {
      setError(t("failed"));
    }
  };
  const count = (s: State | "all") => (page ? (s === "all" ? page.counts.new + page.counts.acknowledged + page.counts.closed : page.counts[s]) : null);

  return (
    <div class={`split${chosen !== null ? " chosen" : ""}`}>
      <section class="list" aria-label={t("alerts")}>
        <h1 class="sr">{t("alerts")}</h1>
        <div class="listhead">
          <div class="tabs" role="group" aria-label={t("alerts")}>
            {tabs.map((x) => (
              <button key={x.state} type="button" aria-pressed={state === x.state} onClick={() => setState(x.state)}>
                {t(x.key)} <span class="count">{count(x.state) ?? "·"}</span>
              </button>
            ))}
          </div>
          <input ref={searchBox} type="search" value={q} placeholder={t("search")} aria-label={t("search")} onInput={(e) => setQ(e.currentTarget.value)} />
        </div>
        {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
        {!page && !error ? <div class="empty">{t("loading")}</div> : null}
        {page && !rows.length ? <Empty title={t("noAlerts")} text={state === "new" && !q ? t("noAlertsNew") : t("noAlertsOther")} /> : null}
        <ol class="rows">
          {rows.map((a) => <Row key={a.id} a={a} open={a.id === chosen} fresh={fresh.has(a.id)} select={() => select(a.id)} />)}
        </ol>
        {next ? <button type="button" class="more" onClick={() => void showMore()}>{t("more")}</button> : null}
      </section>
      <div class="detail">
        {chosen === null ? <Empty title={t("choose")} /> : (
          <AlertView key={chosen} id={chosen} live={live} canAct={canAct} back={() => go("#/alerts")} changed={() => void load()} open={select} />
        )}
      </div>
    </div>
  );
}
