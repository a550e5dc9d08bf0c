// SPDX-License-Identifier: GPL-3.0-or-later
// Views that are kept: one's own and those for all. A view is an address of the inbox under a name.
import { useEffect, useRef, useState } from "preact/hooks";
import { del, get, post, Problem } from "../api";
import { t } from "../i18n";
import { Dialog, ErrorNote } from "../parts";

interface Kept { id: number; name: string; address: string; shared: boolean; by: string; own: boolean }
const built: { key: "inbox_viewMine" | "inbox_viewLate" | "inbox_viewSecret"; address: string }[] = [
  { key: "inbox_viewMine", address: "#/alerts?q=assigned%3Ame+status%3Aopen&state=all&sort=due" },
  { key: "inbox_viewLate", address: "#/alerts?q=clock%3Alate&state=all&sort=due" },
  { key: "inbox_viewSecret", address: "#/alerts?q=level%3E%3Dtoi_mat&state=all" },
];

export function KeptViews({ now, mayShare, go }: { now: string; mayShare: boolean; go: (address: string) => void }) {
  const [list, setList] = useState<Kept[]>([]), [open, setOpen] = useState(false), [adding, setAdding] = useState(false);
  const [name, setName] = useState(""), [shared, setShared] = useState(false), [error, setError] = useState(""), box = useRef<HTMLDivElement>(null);
  const load = () => { get<{ items: Kept[] }>("/views").then((r) => setList(r.items)).catch(() => setError(t("failed"))); };
  useEffect(() => { if (open) load(); }, [open]);
  useEffect(() => {
    if (!open) return;
    const away = (e: Event) => { if (e.target instanceof Node && !box.current?.contains(e.target)) setOpen(false); };
    const key = (e: KeyboardEvent) => { if (e.key === "Escape") { setOpen(false); e.stopPropagation(); } };
    addEventListener("pointerdown", away);
    addEventListener("keydown", key, true);
    return () => { removeEventListener("pointerdown", away); removeEventListener("keydown", key, true); };
  }, [open]);
  const keep = async (e: Event) => {
    e.preventDefault();
    try {
      await post("/views", { name: name.trim(), address: now, shared });
      setAdding(false);
      setName("");
      load();
    } catch (x) {
      setError(x instanceof Problem && x.code === "name_taken" ? t("inbox_nameTaken") : x instanceof Problem && x.status === 0 ? t("offline") : t("failed"));
    }
  };
  const follow = (address: string) => (e: Event) => { e.preventDefault(); setOpen(false); go(address); };
  return (
    <div class="kept" ref={box}>
      <button type="button" class="small" aria-expanded={open} aria-controls="kept" onClick={() => setOpen((o) => !o)}>{t("inbox_views")} <span aria-hidden="true">▾</span></button>
      <div id="kept" class="menu" hidden={!open}>
        <ul>
          {built.map((v) => <li key={v.key}><a href={v.address} onClick={follow(v.address)}>{t(v.key)}</a></li>)}
          {list.map((v) => (
            <li key={v.id}><a href={v.address} onClick={follow(v.address)}><bdi>{v.name}</bdi>{v.shared ? <span class="dim"> · {v.own ? t("inbox_forAll") : v.by}</span> : null}</a>
              {v.own ? <button type="button" class="quiet small" aria-label={`${t("inbox_forget")}: ${v.name}`} onClick={() => void del(`/views/${v.id}`).then(load).catch(() => setError(t("failed")))}>✕</button> : null}</li>
          ))}
        </ul>
        {error && !adding ? <ErrorNote text={error} /> : null}
        <button type="button" class="quiet" onClick={() => { setError(""); setAdding(true); }}>{t("inbox_keep")}</button>
      </div>
      {adding ? (
        <Dialog title={t("inbox_keep")} onClose={() => setAdding(false)}>
          <form onSubmit={(e) => void keep(e)}>
            <p class="dim"><code>{decodeURIComponent(now.replace(/\+/g, " "))}</code></p>
            <label>{t("name")}<input required maxLength={60} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
            {mayShare ? <label class="choice"><input type="checkbox" checked={shared} onChange={() => setShared(!shared)} />{t("inbox_forAll")}</label> : null}
            {error ? <ErrorNote text={error} /> : null}
            <div class="buttons"><button type="button" onClick={() => setAdding(false)}>{t("cancel")}</button><button class="primary">{t("save")}</button></div>
          </form>
        </Dialog>
      ) : null}
    </div>
  );
}
