// SPDX-License-Identifier: GPL-3.0-or-later
import { render } from "preact";
import { App } from "./app";
import "./app.css";
import { lang, setLang } from "./i18n";
import { applyTheme } from "./switches";

setLang(lang());
applyTheme();
const root = document.getElementById("app");
if (root) render(<App />, root);
