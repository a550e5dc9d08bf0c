// SPDX-License-Identifier: GPL-3.0-or-later
// The committee's reports: make one, what is made by itself, and those that were made.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, step } from "../api";
import { number } from "../format";
import { t, word } from "../i18n";
import { Empty, ErrorNote, Section, Time } from "../parts";
import "./reports.css";

interface Report { id: number; kind: "week" | "month" | "own"; state: "making" | "made" | "failed"; name: string; lang: "vi" | "en"; made: string; by: string | null; pages: number; bytes: number; why: string | null }
interface Page { items: Report[]; next: number | null; schedule: { week: string; month: string }; can_draw: boolean }
const pad = (n: number) => String(n).padStart(2, "0");
const plans = ["", "vi", "en", "vi,en"] as const;

function Make({ done }: { done: () => void }) {
  const now = new Date(), last = new Date(now.getFullYear(), now.getMonth() - 1, 1);
  const [kind, setKind] = useState<"month" | "week">("month"), [month, setMonth] = useState(`${last.getFullYear()}-${pad(last.getMonth() + 1)}`);
  const [day, setDay] = useState(`${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`), [lang, setLang] = useState<"vi" | "en">("vi");
  const [busy, setBusy] = useState(false), [error, setError] = useState("");
  const key = useRef(crypto.randomUUID());
  const make = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      await step("/reports", { period: kind === "month" ? month : day, lang }, key.current);
      key.current = crypto.randomUUID();
      setError("");
      done();
    } catch (err) {
      setError(err instanceof Problem && err.message ? err.message : t("failed"));
    }
    setBusy(false);
  };
  return (
    <Section top title={t("reports_make")}>
      <form class="reportform" onSubmit={(e) => void make(e)}>
        <label>{t("reports_kind")}<select value={kind} onChange={(e) => setKind(e.currentTarget.value as "month" | "week")}>
          <option value="month">{t("reports_kind_month")}</option><option value="week">{t("reports_kind_week")}</option></select></label>
        {kind === "month" ? <label>{t("reports_month")}<input type="month" required value={month} min="2020-01" onInput={(e) => setMonth(e.currentTarget.value)} /></label> :
          <label>{t("reports_day")}<input type="date" required value={day} min="2020-01-01" onInput={(e) => setDay(e.currentTarget.value)} /></label>}
        <label>{t("reports_lang")}<select value={lang} onChange={(e) => setLang(e.currentTarget.value as "vi" | "en")}><option value="vi">{t("reports_vi")}</option><option value="en">{t("reports_en")}</option></select></label>
        <button type="submit" class="primary" disabled={busy}>{t("reports_go")}</button>
      </form>
      {error ? <ErrorNote text={error} /> : null}
    </Section>
  );
}

function Schedule({ plan, may, done }: { plan: Page["schedule"]; may: boolean; done: () => void }) {
  const [said, setSaid] = useState("");
  const name = (p: string) => (p === "" ? t("reports_none") : p === "vi,en" ? t("reports_both") : word("reports_", p));
  const set = async (change: Partial<Page["schedule"]>) => {
    try {
      await step("/reports/schedule", { ...plan, ...change }, crypto.randomUUID());
      setSaid(t("reports_saved"));
      done();
    } catch {
      setSaid(t("failed"));
    }
  };
  return (
    <Section top title={t("reports_schedule")}>
      <p class="dim">{t("reports_scheduleText")}</p>
      <div class="reportform">
        {(["month", "week"] as const).map((k) => (
          <label key={k}>{t(`reports_every_${k}`)}
            {may ? <select value={plan[k]} onChange={(e) => void set({ [k]: e.currentTarget.value })}>{plans.map((p) => <option key={p} value={p}>{name(p)}</option>)}</select> : <strong>{name(plan[k])}</strong>}
          </label>))}
        <span role="status" class="dim">{said}</span>
      </div>
    </Section>
  );
}

export function Reports({ maySchedule }: { maySchedule: boolean }) {
  const [page, setPage] = useState<Page | null>(null), [error, setError] = useState("");
  const load = useCallback(async () => {
    try {
      setPage(await get<Page>("/reports?limit=100"));
      setError("");
    } catch {
      setError(t("failed"));
    }
  }, []);
  useEffect(() => void load(), [load]);
  const making = page?.items.some((r) => r.state === "making") ?? false;
  useEffect(() => {
    if (!making) return;
    const id = setInterval(() => void load(), 1500);
    return () => clearInterval(id);
  }, [making, load]);
  return (
    <section class="pagepad reports" aria-label={t("reports_title")}>
      <h1>{t("reports_title")}</h1>
      {page && !page.can_draw ? <p class="note">{t("reports_noDrawer")}</p> : null}
      <div class="two"><Make done={() => void load()} />{page ? <Schedule plan={page.schedule} may={maySchedule} done={() => void load()} /> : null}</div>
      {error ? <ErrorNote text={error} retry={() => void load()} /> : null}
      {page && !page.items.length ? <Empty title={t("reports_empty")} text={t("reports_emptyText")} /> : null}
      {page?.items.length ? (
        <Section top title={t("reports_list")}>
          <table class="reportlist">
            <thead><tr><th scope="col">{t("reports_kind_own")}</th><th scope="col">{t("reports_lang")}</th><th scope="col">{t("reports_when")}</th><th scope="col">{t("reports_files")}</th></tr></thead>
            <tbody>{page.items.map((r) => (
              <tr key={r.id}>
                <th scope="row">{word("reports_kind_", r.kind)} <strong>{r.name}</strong></th>
                <td>{word("reports_", r.lang)}</td>
                <td><Time iso={r.made} long /> <span class="dim">{r.by ? `${t("reports_by")} ${r.by}` : t("reports_bySchedule")}</span></td>
                <td>{r.state === "made" ? <a href={`/api/v1/reports/${r.id}/pdf`} download>PDF</a> : <span class={r.state === "failed" ? "lost" : "dim"} title={r.why ?? ""}>{word("reports_state_", r.state)}</span>}
                  {r.state === "made" ? <span class="dim"> {number(r.pages)} {t("reports_pages")}</span> : null} · <a href={`/api/v1/reports/${r.id}/csv`} download>CSV</a>
                  {r.why ? <p class="dim why">{r.why}</p> : null}</td>
              </tr>))}</tbody>
          </table>
        </Section>) : null}
    </section>
  );
}
