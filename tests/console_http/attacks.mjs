// SPDX-License-Identifier: GPL-3.0-or-later
// The attack table in a real browser: nothing of it runs, asks anybody or breaks the layout. Started by test_attacks.py.
//   attacks.mjs WEB-DIR ORIGIN PASSWORD ALERT,ALERT,...
import { createRequire } from "node:module";
import { join } from "node:path";

const [web, origin, password, ids] = process.argv.slice(2);
const { chromium } = createRequire(join(web, "package.json"))("playwright-core");
let passed = 0, failed = 0;
function check(name, good, detail = "") {
  if (good) passed++;
  else {
    failed++;
    console.log("FAILED:", name, detail);
  }
}
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: "vi-VN" });
const page = await context.newPage(), problems = [];
page.on("dialog", (d) => { problems.push("dialog: " + d.message()); void d.dismiss(); });
page.on("request", (r) => { if (!r.url().startsWith(origin)) problems.push("request: " + r.url().slice(0, 200)); });
page.on("pageerror", (e) => problems.push("error: " + e));
page.on("console", (m) => { if (m.type() === "error" && !/status of 4\d\d/.test(m.text())) problems.push("console: " + m.text().slice(0, 300)); });
context.on("page", (p) => { if (p !== page) problems.push("a window was opened: " + p.url()); });
/** Elements that the page never makes itself, attributes that run, and what sticks out. */
const look = () => page.evaluate(() => {
  const bad = [...document.querySelectorAll("main script, main iframe, main object, main embed, main video, main base, main link, main meta, main style, main math, main form[action], main img, main svg[onload]")].map((e) => e.outerHTML.slice(0, 120));
  for (const e of document.querySelectorAll("main *")) for (const a of e.attributes) if (/^on/i.test(a.name) || /^\s*(javascript|data):/i.test(a.value) && /^(href|src|action|xlink:href)$/i.test(a.name)) bad.push(`${e.tagName} ${a.name}`);
  const wide = document.documentElement.scrollWidth - innerWidth;
  return { bad, wide, url: location.origin };
});
try {
  await page.goto(origin);
  await page.getByLabel("Tên", { exact: true }).fill("lan");
  await page.getByLabel("Mật khẩu").fill(password);
  await page.keyboard.press("Enter");
  await page.locator(".row").first().waitFor();
  for (const place of ["alerts", "overview", "search?q=level:mat", "noise", "people", "audit", "cases", "reports", "evidence"]) {
    await page.goto(`${origin}/#/${place}`);
    await page.waitForTimeout(700);
    const seen = await look();
    check(`${place}: only what the page makes`, seen.bad.length === 0, seen.bad.join(" "));
    check(`${place}: still our origin`, seen.url === origin, seen.url);
    check(`${place}: not wider than the window`, seen.wide <= 0, seen.wide);
  }
  for (const id of ids.split(",")) {
    await page.goto(`${origin}/#/alerts/${id}`);
    await page.locator("article.alert").waitFor({ timeout: 20000 });
    await page.waitForTimeout(60);
    const seen = await look();
    check(`alert ${id}: only what the page makes`, seen.bad.length === 0, seen.bad.join(" "));
    check(`alert ${id}: not wider than the window`, seen.wide <= 0, seen.wide);
  }
  check("no dialog, no foreign request, no window, no error", problems.length === 0, [...new Set(problems)].slice(0, 10).join("\n  "));
} catch (e) {
  check("the walk goes to its end", false, String(e).slice(0, 800));
}
await browser.close();
console.log(`page: ${passed + failed} checks, ${failed} failed`);
process.exit(failed ? 1 : 0);
