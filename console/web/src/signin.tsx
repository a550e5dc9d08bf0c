// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in, and the one-time link. The token is taken out of the address bar at once.
import { type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem, post } from "./api";
import { t } from "./i18n";
import { ErrorNote } from "./parts";
import { said, SetUp } from "./access/second";
import { Switches } from "./switches";
import type { Role } from "./types";

function message(e: unknown): string {
  if (!(e instanceof Problem)) return t("failed");
  if (e.status === 401) return t("wrong");
  if (e.status === 429 || e.status === 503) return t("tooMany");
  if (e.status === 410) return t("inviteGone");
  if (e.status === 0) return t("offline");
  return `${t("failed")}: ${e.message}`;
}

function Door({ title, console: name, children }: { title: string; console: string; children: ComponentChildren }) {
  return (
    <main class="door">
      <div class="doorbox">
        <header><img src="/favicon.svg" alt="" width="40" height="40" /><div><p class="brand">{name}</p><h1>{title}</h1></div></header>
        {children}
      </div>
      <footer><Switches /></footer>
    </main>
  );
}

export function SignIn({ name, setup, over, done }: { name: string; setup: boolean; over: boolean; done: () => void }) {
  const [user, setUser] = useState(""), [password, setPassword] = useState("");
  const [error, setError] = useState(""), [busy, setBusy] = useState(false), [second, setSecond] = useState(false), [code, setCode] = useState("");
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError("");
    try {
      await post("/session", { name: user, password, ...(second ? { code } : {}) });
      setPassword("");
      setCode("");
      setSecond(false);
      done();
    } catch (x) {
      if (x instanceof Problem && x.code === "code_needed") setSecond(true);
      else setError(x instanceof Problem && x.code === "bad_code" ? said(x) : message(x));
    }
    setBusy(false);
  };
  if (setup) return <Door title={t("signInTitle")} console={name}><p>{t("setup")}</p></Door>;
  return (
    <Door title={t("signInTitle")} console={name}>
      {over ? <p class="note">{t("sessionOver")}</p> : null}
      <form onSubmit={(e) => void submit(e)}>
        <label>{t("name")}<input name="name" autocomplete="username" required maxLength={64} value={user} onInput={(e) => setUser(e.currentTarget.value)} /></label>
        <label>{t("password")}<input name="password" type="password" autocomplete="current-password" required maxLength={256} value={password}
          onInput={(e) => setPassword(e.currentTarget.value)} /></label>
        {second ? <><p role="status">{t("access_codeNow")}</p>
          <label>{t("access_code")}<input name="code" autocomplete="one-time-code" required maxLength={32} autofocus value={code} onInput={(e) => setCode(e.currentTarget.value)} /></label></> : null}
        {error ? <ErrorNote text={error} /> : null}
        <button class="primary" disabled={busy}>{busy ? t("loading") : t("signIn")}</button>
      </form>
    </Door>
  );
}

/** Signed in, but the role needs a second factor first. */
export function Owed({ name, done, leave }: { name: string; done: () => void; leave: () => void }) {
  return <Door title={t("access_second")} console={name}><p>{t("access_owed")}</p><SetUp done={done} /><button type="button" class="quiet" onClick={leave}>{t("signOut")}</button></Door>;
}

interface Invite {
  roles: Role[];
  name: string | null;
}
export function UseInvite({ token, name, first, done, leave }: { token: string; name: string; first: boolean; done: () => void; leave: () => void }) {
  const [invite, setInvite] = useState<Invite | null>(null), [gone, setGone] = useState("");
  const [user, setUser] = useState(""), [password, setPassword] = useState(""), [again, setAgain] = useState("");
  const [error, setError] = useState(""), [busy, setBusy] = useState(false);
  useEffect(() => {
    post<Invite>("/invite/check", { token }).then(setInvite).catch((e) => setGone(message(e)));
  }, [token]);
  const submit = async (e: Event) => {
    e.preventDefault();
    if (password !== again) {
      setError(t("passwordsDiffer"));
      return;
    }
    setBusy(true);
    setError("");
    try {
      await post("/invite", { token, password, ...(invite?.name ? {} : { name: user }) });
      done();
    } catch (x) {
      setError(message(x));
    }
    setBusy(false);
  };
  return (
    <Door title={invite?.name ? t("inviteReset") : t("inviteTitle")} console={name}>
      {gone ? <><ErrorNote text={gone} /><button type="button" onClick={leave}>{t("signIn")}</button></> : null}
      {invite ? (
        <form onSubmit={(e) => void submit(e)}>
          <p>{first ? t("inviteFirst") : t("inviteOther")}</p>
          {invite.name ? <p><strong>{invite.name}</strong></p> : (
            <label>{t("name")}<input name="name" autocomplete="username" required minLength={2} maxLength={64} pattern="[A-Za-z0-9._\-]+" value={user}
              onInput={(e) => setUser(e.currentTarget.value)} /></label>
          )}
          <label>{t("newPassword")}<input name="password" type="password" autocomplete="new-password" required minLength={12} maxLength={256} value={password}
            aria-describedby="rules" onInput={(e) => setPassword(e.currentTarget.value)} /></label>
          <p id="rules" class="hint">{t("inviteRules")}</p>
          <label>{t("passwordAgain")}<input name="again" type="password" autocomplete="new-password" required maxLength={256} value={again}
            onInput={(e) => setAgain(e.currentTarget.value)} /></label>
          {error ? <ErrorNote text={error} /> : null}
          <button class="primary" disabled={busy}>{busy ? t("loading") : t("create")}</button>
        </form>
      ) : null}
    </Door>
  );
}
