// SPDX-License-Identifier: GPL-3.0-or-later
// Language and theme; both are remembered by the browser.
import { useState } from "preact/hooks";
import { lang, setLang, t, word, type Lang } from "./i18n";

type Theme = "auto" | "light" | "dark";
let redraw: () => void = () => {};
export function onSwitch(f: () => void): void {
  redraw = f;
}
function theme(): Theme {
  const v = localStorage.getItem("gatehouse.theme");
  return v === "light" || v === "dark" ? v : "auto";
}
export function applyTheme(): void {
  document.documentElement.dataset["theme"] = theme();
}

export function Switches() {
  const [now, setNow] = useState<Theme>(theme());
  const choose = (v: Theme) => {
    localStorage.setItem("gatehouse.theme", v);
    applyTheme();
    setNow(v);
  };
  return (
    <div class="switches">
      <div class="segmented" role="group" aria-label="Ngôn ngữ / Language">
        {(["vi", "en"] as Lang[]).map((l) => (
          <button key={l} type="button" lang={l} aria-pressed={lang() === l} onClick={() => { setLang(l); redraw(); }}>{l === "vi" ? "Tiếng Việt" : "English"}</button>
        ))}
      </div>
      <label class="select"><span class="sr">{t("theme")}</span>
        <select value={now} onChange={(e) => choose(e.currentTarget.value as Theme)}>
          {(["auto", "light", "dark"] as Theme[]).map((v) => <option key={v} value={v}>{`${t("theme")}: ${word("theme_", v)}`}</option>)}
        </select>
      </label>
    </div>
  );
}
