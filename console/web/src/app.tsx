// SPDX-License-Identifier: GPL-3.0-or-later
// The frame: who is signed in, where in the page we are (the address behind '#'), the header, the keyboard help.
import { useEffect, useMemo, useState } from "preact/hooks";
import { del, get, onSignedOut } from "./api";
import { t, type Key } from "./i18n";
import { free, useKeys } from "./keys";
import { Live } from "./live";
import { Dialog, ErrorNote } from "./parts";
import { Owed, SignIn, UseInvite } from "./signin";
import { onSwitch, Switches } from "./switches";
import { UndoLine } from "./undo";
import { may, views } from "./views";
import type { Session } from "./types";

function takeInvite(): string | null {
  const m = /^#invite=(.+)$/.exec(location.hash);
  if (m) history.replaceState(null, "", location.pathname); /* a one-time secret does not stay in the address bar */
  return m?.[1] ? decodeURIComponent(m[1]) : null;
}
const firstInvite = takeInvite();

function Help({ close }: { close: () => void }) {
  const rows: [string, Key][] = [["j k", "key_jk"], ["v", "key_v"], ["g", "key_g"], ["Space", "key_pick"], ["* a", "key_all"], ["e", "key_e"], ["a", "key_a"], ["s", "key_s"], ["c", "key_c"], ["x", "key_x"], ["z", "key_z"], ["/", "key_search"], ["Esc", "key_esc"], ["?", "key_help"]];
  return (
    <Dialog title={t("keys")} onClose={close}>
      <table class="plain"><tbody>{rows.map(([k, key]) => <tr key={k}><th scope="row">{k.split(" ").map((x) => <kbd key={x}>{x}</kbd>)}</th><td>{t(key)}</td></tr>)}</tbody></table>
      <div class="buttons"><button type="button" class="primary" onClick={close}>OK</button></div>
    </Dialog>
  );
}

function Header({ session, view, on, leave, help }: { session: Session; view: string; on: boolean; leave: () => void; help: () => void }) {
  const links = views.filter((v) => !v.aside && may(session, v.right));
  return (
    <header class="top">
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById("main")?.focus(); }}>{t("skip")}</a>
      <span class="logo"><img src="/favicon.svg" alt="" width="26" height="26" /><strong>{session.console.name}</strong></span>
      <nav aria-label={t("menu")}>{links.map(({ name, label }) => <a key={name} href={`#/${name}`} aria-current={view === name ? "page" : undefined}>{t(label)}</a>)}</nav>
      <span class={`live ${on ? "on" : "off"}`} role="status"><span class={`dot ${on ? "on" : "off"}`} aria-hidden="true" />{on ? t("live") : t("offline")}</span>
      <Switches />
      <button type="button" class="quiet" aria-label={t("keys")} title={t("keys")} onClick={help}>?</button>
      <span class="user"><a href="#/account" aria-current={view === "account" ? "page" : undefined}>{session.user?.name}</a> <button type="button" class="quiet" onClick={leave}>{t("signOut")}</button></span>
    </header>
  );
}

export function App() {
  const [session, setSession] = useState<Session | null>(null), [error, setError] = useState("");
  const [invite, setInvite] = useState(firstInvite), [over, setOver] = useState(false);
  const [hash, setHash] = useState(location.hash), [, redraw] = useState(0), [on, setOn] = useState(false), [help, setHelp] = useState(false);
  const live = useMemo(() => new Live(), []);
  const load = () => {
    get<Session>("/session").then((s) => { setSession(s); setError(""); }).catch(() => setError(t("offline")));
  };
  useEffect(load, []);
  useEffect(() => onSwitch(() => redraw((n) => n + 1)), []);
  useEffect(() => live.status(setOn), [live]);
  useEffect(() => onSignedOut(() => { setOver(true); setSession((s) => (s ? { ...s, signed_in: false } : s)); }), []);
  useEffect(() => {
    const f = () => {
      const token = takeInvite();
      if (token) setInvite(token);
      setHash(location.hash);
    };
    addEventListener("hashchange", f);
    return () => removeEventListener("hashchange", f);
  }, []);
  useKeys((e) => { if (e.key === "?" && free(e)) setHelp(true); });
  const signedIn = !!session?.signed_in;
  useEffect(() => {
    if (signedIn) live.start();
    return () => live.stop();
  }, [signedIn, live]);

  if (!session) return error ? <main class="door"><ErrorNote text={error} retry={load} /></main> : <main class="door"><div class="empty">{t("loading")}</div></main>;
  const done = () => { setInvite(null); setOver(false); load(); };
  if (invite) return <UseInvite token={invite} name={session.console.name} first={session.setup} done={done} leave={() => setInvite(null)} />;
  if (!signedIn) return <SignIn name={session.console.name} setup={session.setup} over={over} done={done} />;
  if (session.user?.second_factor_owed) return <Owed name={session.console.name} done={done} leave={() => { del("/session").catch(() => undefined).finally(load); }} />;
  const [path = "", asked = ""] = hash.split("?", 2), [, view = "alerts", arg] = path.split("/");
  const go = (h: string) => { location.hash = h; };
  const leave = () => { del("/session").catch(() => undefined).finally(() => { setOver(false); load(); }); };
  const shown = views.find((v) => v.name === view && may(session, v.right)) ?? views[0];
  return (
    <>
      <Header session={session} view={shown?.name ?? ""} on={on} leave={leave} help={() => setHelp(true)} />
      <main id="main" tabIndex={-1}>
        {shown?.draw({ session, live, arg, asked, go })}
      </main>
      <UndoLine />
      {help ? <Help close={() => setHelp(false)} /> : null}
    </>
  );
}
