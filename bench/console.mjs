// SPDX-License-Identifier: GPL-3.0-or-later
// One real browser beside the clients of console.py: follows live, goes from page to page, counts what goes wrong.
//   console.mjs WEB-DIR ORIGIN PASSWORD SECONDS
import { createRequire } from "node:module";
import { join } from "node:path";

const [web, origin, password, seconds] = process.argv.slice(2);
const { chromium } = createRequire(join(web, "package.json"))("playwright-core");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" });
const page = await context.newPage(), until = Date.now() + Number(seconds) * 1000;
let faults = 0, pages = 0;
page.on("pageerror", () => faults++);
page.on("response", (r) => { if (r.status() >= 500) faults++; });
try {
  await page.goto(origin);
  await page.getByLabel("Tên").fill("lan");
  await page.getByLabel("Mật khẩu").fill(password);
  await page.keyboard.press("Enter");
  await page.locator("header.top").waitFor();
  const places = ["#/alerts", "#/overview", "#/search?in=events&q=bao", "#/appliances", "#/overview?r=30d"];
  for (let i = 0; Date.now() < until; i++, pages++) {
    await page.goto(`${origin}/${places[i % places.length]}`);
    await page.locator("h1").first().waitFor();
    await page.waitForTimeout(1500);
  }
} catch {
  faults++;
}
await browser.close();
console.log(`${pages} pages, ${faults} faults`);
