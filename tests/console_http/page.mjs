// SPDX-License-Identifier: GPL-3.0-or-later
// The search box and steps on many alerts, in a real browser. Started by test_page.py.
//   page.mjs WEB-DIR ORIGIN PASSWORD SCREENSHOT-DIR
import { join } from "node:path";
import { accessible, browser, check, end, origin, password, shots } from "./browser.mjs";

const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" });
const page = await context.newPage(), problems = [];
page.on("console", (m) => { if (m.type() === "error" && !/status of 4\d\d/.test(m.text())) problems.push(m.text()); });
page.on("pageerror", (e) => problems.push(String(e)));
const shot = (name) => page.screenshot({ path: join(shots, name + ".png") });
const box = page.locator("input[type=search]"), rows = page.locator(".row"), line = page.locator(".undo span");
const count = async (n) => { await page.waitForFunction((want) => document.querySelectorAll(".row").length === want, n, { timeout: 20000 }).catch(() => undefined); return rows.count(); };

try {
  await page.goto(origin);
  await page.getByLabel("Tên").fill("lan");
  await page.getByLabel("Mật khẩu").fill(password);
  await page.keyboard.press("Enter");
  await rows.first().waitFor();

  // completed while it is typed
  await page.keyboard.press("/");
  await page.keyboard.type("le");
  await page.locator("#offers li").first().waitFor();
  await shot("1-fields");
  await accessible(page, "completion");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.type("toi");
  await page.locator("#offers li", { hasText: "toi_mat" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  check("completed", (await box.inputValue()) === "level:toi_mat ", await box.inputValue());
  check("what matches", (await count(10)) === 10, await rows.count());
  await page.locator(".histogram").waitFor();
  await shot("2-found");
  await accessible(page, "found");
  check("the address is the view", /q=level%3Atoi_mat/.test(page.url()), page.url());

  // a fault stands under its word
  await box.fill("-rule:x lvel>=mat");
  await page.locator(".fault").waitFor();
  check("under its word", (await page.locator(".fault mark").innerText()) === "lvel", await page.locator(".fault mark").innerText());
  check("what was perhaps meant", /level/.test(await page.locator(".fault").innerText()));
  await shot("3-fault");
  await accessible(page, "fault");
  await box.fill("<img src=x onerror=alert(1)>");
  await page.locator(".fault").waitFor();
  check("what was typed is text", (await page.locator(".fault img").count()) === 0);

  // all that match, and back
  await box.fill("level:toi_mat");
  await page.locator(".all").waitFor();
  await page.locator(".all button", { hasText: "Đóng" }).click();
  await page.locator("dialog input[value=false_alarm]").check();
  await shot("4-all");
  await accessible(page, "all");
  await page.locator("dialog button.primary").click();
  await line.waitFor();
  check("honest counts", /10/.test(await line.innerText()), await line.innerText());
  check("closed", (await count(0)) === 0);
  await page.keyboard.press("z");
  check("undone", (await count(10)) === 10, await rows.count());

  // in the dark, on a telephone; kept and opened again
  await page.locator(".top .switches select").selectOption("dark");
  await page.setViewportSize({ width: 360, height: 740 });
  check("no sideways scrolling", await page.evaluate(() => document.documentElement.scrollWidth <= 360));
  await shot("5-360-dark");
  await accessible(page, "dark");
  const view = page.url();
  await page.goto(origin + "/#/overview");
  await page.goto(view);
  check("the view comes back", (await count(10)) === 10 && (await box.inputValue()) === "level:toi_mat", await box.inputValue());
  check("no errors", problems.length === 0, problems.join("\n  "));
} catch (e) {
  check("the journey", false, String(e));
  await shot("failed").catch(() => undefined);
}
await end();
