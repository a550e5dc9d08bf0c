// SPDX-License-Identifier: GPL-3.0-or-later
// The second factor: set it up with a code to scan or a secret to type, recovery codes, give it up.
import { useMemo, useState } from "preact/hooks";
import { post, Problem } from "../api";
import { t } from "../i18n";
import { ErrorNote } from "../parts";
import { qr } from "./qr";
import "./access.css";

export function said(e: unknown): string {
  if (!(e instanceof Problem)) return t("failed");
  if (e.status === 0) return t("offline");
  if (e.code === "bad_credentials") return t("access_wrongPassword");
  if (e.code === "bad_code") return t("access_wrongCode");
  if (e.status === 429) return t("tooMany");
  return e.message || t("failed");
}
function Code({ text }: { text: string }) {
  const rows = useMemo(() => qr(text), [text]);
  if (!rows) return null;
  const n = rows.length + 8, path = rows.flatMap((row, y) => row.map((on, x) => (on ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  return <svg class="qr" viewBox={`0 0 ${n} ${n}`} role="img" aria-label={t("access_qr")} shape-rendering="crispEdges"><rect width={n} height={n} fill="#fff" /><path d={path} fill="#000" /></svg>;
}
export function Codes({ codes, done }: { codes: string[]; done: () => void }) {
  return (
    <>
      <p><strong>{t("access_codesTitle")}</strong></p>
      <p class="dim">{t("access_codesHelp")}</p>
      <ol class="codes">{codes.map((c) => <li key={c}><code>{c}</code></li>)}</ol>
      <p class="buttons"><button type="button" onClick={() => window.print()}>{t("access_print")}</button><button type="button" class="primary" onClick={done}>{t("access_codesKept")}</button></p>
    </>
  );
}
/** Password, then the code to scan, then the first code, then the recovery codes. */
export function SetUp({ done }: { done: () => void }) {
  const [password, setPassword] = useState(""), [code, setCode] = useState(""), [error, setError] = useState(""), [busy, setBusy] = useState(false);
  const [secret, setSecret] = useState<{ secret: string; uri: string } | null>(null), [codes, setCodes] = useState<string[] | null>(null);
  const go = (f: () => Promise<void>) => (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError("");
    f().catch((x) => setError(said(x))).finally(() => setBusy(false));
  };
  if (codes) return <Codes codes={codes} done={done} />;
  if (!secret) return (
    <form class="form" onSubmit={go(async () => { setSecret(await post("/session/second-factor", { password })); setPassword(""); })}>
      <p>{t("access_setupHelp")}</p>
      <label>{t("password")}<input type="password" autocomplete="current-password" required maxLength={256} value={password} onInput={(e) => setPassword(e.currentTarget.value)} /></label>
      {error ? <ErrorNote text={error} /> : null}
      <p class="buttons"><button class="primary" disabled={busy}>{t("access_setup")}</button></p>
    </form>
  );
  return (
    <form class="form" onSubmit={go(async () => setCodes((await post<{ recovery_codes: string[] }>("/session/second-factor/confirm", { code })).recovery_codes))}>
      <p>{t("access_scan")}</p>
      <Code text={secret.uri} />
      <p class="dim">{t("access_orType")}</p>
      <p><code class="secret">{secret.secret.replace(/(.{4})/g, "$1 ").trim()}</code></p>
      <label>{t("access_firstCode")}<input inputMode="numeric" autocomplete="one-time-code" required pattern="[0-9]{6}" maxLength={6} value={code} onInput={(e) => setCode(e.currentTarget.value)} /></label>
      {error ? <ErrorNote text={error} /> : null}
      <p class="buttons"><button class="primary" disabled={busy}>{t("access_confirm")}</button></p>
    </form>
  );
}
/** Asks for both factors once more, for new recovery codes or for giving it up. */
export function Again({ path, label, done, close }: { path: string; label: string; done: (codes: string[] | null) => void; close: () => void }) {
  const [password, setPassword] = useState(""), [code, setCode] = useState(""), [error, setError] = useState("");
  const send = async (e: Event) => {
    e.preventDefault();
    try {
      const a = await post<{ recovery_codes?: string[] } | undefined>(path, { password, code });
      done(a?.recovery_codes ?? null);
    } catch (x) {
      setError(said(x));
    }
  };
  return (
    <form class="form" onSubmit={(e) => void send(e)}>
      <label>{t("password")}<input type="password" autocomplete="current-password" required maxLength={256} value={password} onInput={(e) => setPassword(e.currentTarget.value)} /></label>
      <label>{t("access_code")}<input autocomplete="one-time-code" required maxLength={32} value={code} onInput={(e) => setCode(e.currentTarget.value)} /></label>
      {error ? <ErrorNote text={error} /> : null}
      <p class="buttons"><button class="primary">{label}</button><button type="button" onClick={close}>{t("cancel")}</button></p>
    </form>
  );
}
