// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests in a real browser share: the browser, checks that are counted, axe, and the end.
//   NAME.mjs WEB-DIR ORIGIN PASSWORD SCREENSHOT-DIR [MORE...]
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const [web, origin, password, shots, ...more] = process.argv.slice(2);
const require = createRequire(join(web, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
let passed = 0, failed = 0;

export function check(name, good, detail = "") {
  if (good) passed++;
  else {
    failed++;
    console.log("FAILED:", name, detail);
  }
}
export const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
/** Runs axe in an evaluation of its own: the page's policy forbids injected scripts, and should. */
export async function accessible(page, name) {
  const found = await page.evaluate(async (source) => {
    (0, Function)(source)();
    const r = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join("; ")}`);
  }, axe);
  check(`axe finds nothing: ${name}`, found.length === 0, found.join("\n  "));
}
export async function end() {
  await browser.close();
  console.log(`${passed + failed} checks, ${failed} failed`);
  process.exit(failed || !passed ? 1 : 0);
}
