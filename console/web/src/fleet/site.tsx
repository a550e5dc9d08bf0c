// SPDX-License-Identifier: GPL-3.0-or-later
// The administrator's dialogs: where an appliance is and what is usual for it, letting one in, letting one go.
import { useRef, useState } from "preact/hooks";
import { post, Problem, step } from "../api";
import { t } from "../i18n";
import { Dialog, ErrorNote } from "../parts";
import type { Item, Profile } from "./types";

const profiles: Profile[] = ["office", "post", "ship"], usual: Record<Profile, number> = { office: 300, post: 86400, ship: 604800 };
const units = [{ s: 86400, key: "fleet_days" }, { s: 3600, key: "fleet_hours" }, { s: 60, key: "fleet_minutes" }] as const;
const said = (e: unknown) => (e instanceof Problem && e.message ? e.message : t("failed"));

export function Site({ item, close, done }: { item: Item; close: () => void; done: () => void }) {
  const first = units.find((u) => item.expect_s % u.s === 0) ?? units[2];
  const [profile, setProfile] = useState(item.profile), [unit, setUnit] = useState<number>(first.s), [n, setN] = useState(String(item.expect_s / first.s));
  const [lat, setLat] = useState(item.lat === null ? "" : String(item.lat)), [lon, setLon] = useState(item.lon === null ? "" : String(item.lon)), [place, setPlace] = useState(item.place), [error, setError] = useState("");
  const pick = (p: Profile) => {
    const u = units.find((x) => usual[p] % x.s === 0) ?? units[2];
    setProfile(p);
    setUnit(u.s);
    setN(String(usual[p] / u.s));
  };
  const save = async (e: Event) => {
    e.preventDefault();
    try {
      await step(`/fleet/${item.number}/site`, { profile, expect_s: Math.round(Number(n) * unit), lat: lat === "" ? null : Number(lat), lon: lon === "" ? null : Number(lon), place: place.trim() }, crypto.randomUUID());
      done();
    } catch (err) {
      setError(said(err));
    }
  };
  return (
    <Dialog title={`${item.name}: ${t("fleet_site")}`} onClose={close}>
      <form onSubmit={(e) => void save(e)}>
        <label>{t("fleet_profile")}<select value={profile} onChange={(e) => pick(e.currentTarget.value as Profile)}>{profiles.map((p) => <option key={p} value={p}>{t(`fleet_p_${p}`)}</option>)}</select></label>
        <div class="pair"><label>{t("fleet_expect")}<input type="number" min="1" max="10000" step="any" required value={n} onInput={(e) => setN(e.currentTarget.value)} /></label>
          <label><span class="sr">{t("fleet_expect")}</span><select value={String(unit)} onChange={(e) => setUnit(Number(e.currentTarget.value))}>{units.map((u) => <option key={u.s} value={String(u.s)}>{t(u.key)}</option>)}</select></label></div>
        <label>{t("fleet_place")}<input type="text" maxLength={60} value={place} onInput={(e) => setPlace(e.currentTarget.value)} /></label>
        <div class="pair"><label>{t("fleet_lat")}<input type="number" min="-90" max="90" step="any" value={lat} required={lon !== ""} onInput={(e) => setLat(e.currentTarget.value)} /></label>
          <label>{t("fleet_lon")}<input type="number" min="-180" max="180" step="any" value={lon} required={lat !== ""} onInput={(e) => setLon(e.currentTarget.value)} /></label></div>
        {error ? <ErrorNote text={error} /> : null}
        <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button type="submit" class="primary">{t("save")}</button></div>
      </form>
    </Dialog>
  );
}

export function Retire({ item, close, done }: { item: Item; close: () => void; done: () => void }) {
  const [name, setName] = useState(""), [error, setError] = useState("");
  const go = async (e: Event) => {
    e.preventDefault();
    try {
      await step(`/fleet/${item.number}/retire`, { name }, crypto.randomUUID());
      done();
    } catch (err) {
      setError(said(err));
    }
  };
  return (
    <Dialog title={`${item.name}: ${t("fleet_retire")}`} onClose={close}>
      <form onSubmit={(e) => void go(e)}>
        <label>{t("fleet_retireText")}<input type="text" value={name} autocomplete="off" onInput={(e) => setName(e.currentTarget.value)} /></label>
        {error ? <ErrorNote text={error} /> : null}
        <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button type="submit" class="primary" disabled={name !== item.name}>{t("fleet_retire")}</button></div>
      </form>
    </Dialog>
  );
}

interface Look { name: string; id: string; phrase: string; known_as: string | null; url: string }
interface Answer { name: string; phrase: string; answer: unknown }

export function Enrol({ close, done }: { close: () => void; done: () => void }) {
  const [request, setRequest] = useState<unknown>(null), [look, setLook] = useState<Look | null>(null), [url, setUrl] = useState(""), [answer, setAnswer] = useState<Answer | null>(null), [error, setError] = useState("");
  const key = useRef(crypto.randomUUID());
  const read = async (file: File | undefined) => {
    setLook(null);
    setError("");
    if (!file) return;
    try {
      if (file.size > 65536) throw new Error();
      const json: unknown = JSON.parse(await file.text());
      const l = await post<Look>("/enrolments/look", { request: json });
      setRequest(json);
      setLook(l);
      setUrl(l.url);
      key.current = crypto.randomUUID();
    } catch (e) {
      setError(e instanceof Problem && e.message ? e.message : t("fleet_enrolBad"));
    }
  };
  const approve = async (e: Event) => {
    e.preventDefault();
    try {
      setAnswer(await step<Answer>("/enrolments", { request, phrase: look?.phrase ?? "", url }, key.current));
      setError("");
      done();
    } catch (err) {
      setError(said(err));
    }
  };
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(answer?.answer) + "\n"], { type: "application/json" }));
    link.download = "answer.json";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const phrase = (p: string) => <p class="phrase">{p.split(/[\s-]+/).map((w, i) => <span key={i}>{w}</span>)}</p>;
  return (
    <Dialog title={t("fleet_enrolTitle")} onClose={close}>
      {answer ? (
        <div>
          <p>{t("fleet_enrol3")}</p>{phrase(answer.phrase)}
          <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button type="button" class="primary" onClick={download}>{t("fleet_enrolDownload")}</button></div>
        </div>
      ) : (
        <form onSubmit={(e) => void approve(e)}>
          <p>{t("fleet_enrol1")}</p>
          <label>{t("fleet_enrolFile")}<input type="file" accept=".json,application/json" onChange={(e) => void read(e.currentTarget.files?.[0])} /></label>
          {look ? (
            <>
              <p><strong><bdi>{look.name}</bdi></strong> <code class="dim">{look.id}</code></p>
              {look.known_as ? <p class="note">{t("fleet_enrolKnown")} <bdi>{look.known_as}</bdi></p> : null}
              <p>{t("fleet_enrol2")}</p>{phrase(look.phrase)}
              <label>{t("fleet_enrolUrl")}<input type="url" required value={url} onInput={(e) => setUrl(e.currentTarget.value)} /></label>
            </>) : null}
          {error ? <ErrorNote text={error} /> : null}
          <div class="buttons"><button type="button" onClick={close}>{t("cancel")}</button><button type="submit" class="primary" disabled={!look}>{t("fleet_enrolGo")}</button></div>
        </form>
      )}
    </Dialog>
  );
}
