// SPDX-License-Identifier: GPL-3.0-or-later
// Dashboards and search in a real browser: figures lead to what they count, keyboard and brush, both languages, both themes, three widths.
//   page.mjs WEB-DIR ORIGIN PASSWORD SCREENSHOT-DIR
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, browser, check, end, origin, password, shots } from "../console_http/browser.mjs";

const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" });
const page = await context.newPage(), problems = [];
// nine pages within seconds are more streams than a session may have; what else fails is told by "response"
page.on("console", (m) => { if (m.type() === "error" && !/status of [45]\d\d/.test(m.text())) problems.push(m.text()); });
page.on("pageerror", (e) => problems.push(String(e)));
page.on("response", (r) => { if (r.status() >= 500 && !/stream/.test(r.url())) r.text().then((text) => /events_away/.test(text) || problems.push(`${r.status()} ${r.url()} ${text}`)).catch(() => undefined); });
page.on("request", (r) => { if (!r.url().startsWith(origin)) problems.push("outside request: " + r.url()); });
const shot = (name, fullPage = true) => page.screenshot({ path: join(shots, name + ".png"), fullPage });
const narrow = async (name) => check(`no sideways scrolling: ${name}`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), await page.evaluate(() => document.documentElement.scrollWidth));
async function everyWay(name, address, ready) {
  for (const [lang, theme, width] of [["vi", "light", 1280], ["en", "dark", 1280], ["vi", "dark", 360], ["en", "light", 360], ["vi", "light", 1920]]) {
    await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
    await page.evaluate(([l, th]) => { localStorage.setItem("gatehouse.lang", l); localStorage.setItem("gatehouse.theme", th); }, [lang, theme]);
    await page.goto(origin + "/" + address);
    await page.reload();
    await page.locator(ready).first().waitFor();
    await page.waitForTimeout(300);
    await narrow(`${name} ${lang} ${width}`);
    await shot(`${name}-${lang}-${theme}-${width}`);
    await accessible(page, `${name} ${lang} ${theme} ${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.evaluate(() => { localStorage.setItem("gatehouse.lang", "vi"); localStorage.setItem("gatehouse.theme", "light"); });
  await page.goto(origin + "/" + address);
  await page.reload();
  await page.locator(ready).first().waitFor();
}

try {
  await page.goto(origin);
  await page.getByLabel("Tên").fill("lan");
  await page.getByLabel("Mật khẩu").fill(password);
  await page.keyboard.press("Enter");
  await page.locator("header.top").waitFor();
  await everyWay("dash", "#/overview?r=30d", ".dashchart rect.bar");

  // what came from the wire is text
  check("a rule's name is text", (await page.locator(".dash img").count()) === 0 && (await page.getByText("<img src=x onerror=alert(1)>").count()) > 0);

  // the keyboard's cursor says what stands there, and draws a stretch
  await page.locator(".dashchart svg").focus();
  await page.keyboard.press("End");
  await page.locator(".tip").waitFor();
  check("said for screen readers", /\d/.test(await page.locator(".dashchart [role=status]").innerText()));
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Shift+ArrowLeft");
  await shot("dash-tip", false);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /from=/.test(location.hash));
  check("the stretch is the address", !/r=30d/.test(page.url()), page.url());
  await page.locator(".dashchart rect.bar").first().waitFor();

  // the pointer draws, too
  await page.goto(origin + "/#/overview?r=30d");
  await page.reload(); /* until then the chart of the stretch may still stand there */
  await page.locator(".dashchart rect.bar").first().waitFor();
  const b = await page.locator(".dashchart svg").boundingBox();
  await page.mouse.move(b.x + b.width * 0.5, b.y + 60);
  await page.mouse.down();
  await page.mouse.move(b.x + b.width * 0.7, b.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => /from=/.test(location.hash));

  // a figure leads to what it counts
  await page.goto(origin + "/#/overview?r=30d");
  await page.reload();
  const link = page.locator("section.card", { has: page.getByText("mã hóa") }).locator("tbody tr").first().locator("a");
  await link.waitFor();
  const n = Number((await link.innerText()).replace(/\D/g, ""));
  await link.click();
  await page.locator(".found").first().waitFor();
  check("the search lists as many", (await page.locator(".found").count()) === Math.min(50, n), `${await page.locator(".found").count()} of ${n}`);

  await everyWay("find", "#/search?in=events&q=app_proto:smtp", ".found");
  await page.locator(".foundrow").first().click();
  await page.locator(".found pre").waitFor();
  await shot("find-open", false);
  await page.locator("input[type=search]").fill("dest_z");
  await page.locator("#offers li").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator("#offers li", { hasText: "internet" }).waitFor();
  check("zones are completed", true);
  await page.locator("input[type=search]").fill("khong co gi nhu the nay");
  await page.locator(".examples").waitFor();
  await shot("find-none", false);
  await accessible(page, "nothing found");

  // the fleet: calm about a ship, a map without the internet, an appliance let in with six words
  await everyWay("fleet", "#/appliances", ".boxrow");
  const ship = page.locator(".box", { hasText: "tau-hq-09" });
  await ship.locator(".boxrow").click();
  await ship.locator(".boxmore").waitFor();
  await shot("fleet-open");
  await accessible(page, "an appliance");
  // a region is a row that unfolds into its appliances, and says of each whether both sides agree
  const region = page.locator(".box", { hasText: "Miền Bắc" });
  await region.locator(".boxrow").click();
  await region.locator(".origin").nth(1).waitFor();
  check("an account that adds up", /1\.080 .*= 1 .*1\.079/.test(await region.locator(".origin", { hasText: "lang-son-1" }).locator(".account").innerText()), await region.locator(".origin", { hasText: "lang-son-1" }).innerText());
  check("both agree", (await region.locator(".origin", { hasText: "hai bên khớp nhau" }).count()) === 1);
  check("a hole and a difference are said", (await region.locator(".origin", { hasText: "hai bên không khớp" }).getByText("4 lô bị thiếu").count()) === 1);
  check("an appliance's name is text", (await page.locator(".origins img").count()) === 0);
  for (const [lang, width] of [["vi", 1280], ["en", 1280], ["vi", 360], ["en", 360]]) {
    await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
    await page.evaluate((l) => localStorage.setItem("gatehouse.lang", l), lang);
    await page.reload();
    await region.locator(".boxrow").click();
    await region.locator(".origin").nth(1).waitFor();
    await narrow(`region ${lang} ${width}`);
    await shot(`region-${lang}-${width}`);
    await accessible(page, `region ${lang} ${width}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.evaluate(() => localStorage.setItem("gatehouse.lang", "vi"));
  await page.reload();
  await region.locator(".boxrow").click();
  await region.locator(".origin a", { hasText: "<img" }).click();
  await page.locator(".found").first().waitFor();
  check("the link finds what it reported", (await page.locator(".found").count()) === 1, await page.locator(".found").count());
  await page.locator(".found a").click();
  await page.locator(".alerthead .meta", { hasText: "Miền Bắc › tỉnh" }).waitFor();
  await shot("region-alert", false);
  await accessible(page, "a region's alert");

  // in a region's own console: what goes up
  await page.route("**/api/v1/parent", (r) => r.fulfill({ json: { region: "Miền Bắc", on: true, policy: "alerts@1", trouble: "the policy of this region is faulty", waiting: 2, recorded: 31, received: 29, since: "2026-11-24T06:00:00.000000Z",
    ledger: { in: 1080, forwarded: 11, redacted: 3, filtered: { otherwise: 1066 }, lost: {} } } }));
  await page.goto(origin + "/#/appliances");
  await page.reload();
  await page.locator(".parent summary").click();
  check("what goes up", /31.*2 lô cấp trên chưa nhận.*2 lô.*faulty/s.test(await page.locator(".parent summary").innerText()), await page.locator(".parent summary").innerText());
  await shot("parent", false);
  await accessible(page, "a console above");
  await page.unroute("**/api/v1/parent");
  await page.getByRole("button", { name: "Mời thiết bị…" }).click();
  await page.getByLabel("Tên tại đây").fill("Đồn Sa Pa");
  await shot("fleet-invite", false);
  await page.getByRole("button", { name: "Tạo mã" }).click();
  await page.locator(".invitecode").waitFor();
  check("a code of eight groups", (await page.locator(".invitecode span").count()) === 8);
  await page.locator(".invitation", { hasText: "Đồn Sa Pa" }).waitFor();
  await shot("fleet-invited", false);
  await accessible(page, "an invitation");
  await page.locator(".invitation").getByRole("button", { name: "Thu hồi" }).click();
  await page.locator(".invitation").waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Ghi danh bằng tệp…" }).click();
  await page.locator("input[type=file]").setInputFiles(process.argv[6]);
  await page.locator(".phrase").waitFor();
  check("six words", (await page.locator(".phrase span").count()) === 6);
  await shot("fleet-enrol", false);
  await accessible(page, "enrolment");
  await page.getByRole("button", { name: "Cho phép" }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Tải tệp trả lời" }).click()]);
  const answer = JSON.parse(readFileSync(await download.path(), "utf8"));
  check("the answer", answer.gatehouse === "enrol-answer-v1", JSON.stringify(answer));
  await page.keyboard.press("Escape");
  await page.locator(".box", { hasText: "moi-1" }).waitFor();
  check("let in", (await page.locator(".box.never", { hasText: "moi-1" }).count()) === 1);

  // the server with events is away: said on both pages, with what it means
  await page.route("**/api/v1/stats?*", async (r) => { const a = await r.fetch(), s = await a.json(); Object.assign(s.events, { engine: "clickhouse", waiting: 1200, away_since: "2026-11-24T06:00:00.000000Z" }); await r.fulfill({ response: a, json: s }); });
  await everyWay("away", "#/overview?r=30d", ".away");
  check("how many wait", /1\.200 sự kiện đang chờ/.test(await page.locator(".away").innerText()), await page.locator(".away").innerText());
  await page.goto(origin + "/#/search?in=events&q=app_proto:smtp");
  await page.locator(".find .away").waitFor();
  await page.route("**/api/v1/search?*", (r) => r.fulfill({ status: 503, contentType: "application/problem+json", json: { status: 503, code: "events_away", detail: "away" } }));
  await page.reload();
  await page.locator(".find .away").waitFor();
  await shot("away-find", false);
  await accessible(page, "a search without its server");
  check("a refused question says why, too", /máy chủ lưu sự kiện/.test(await page.locator(".find .error").innerText()), await page.locator(".find .error").innerText());
  await page.unroute("**/api/v1/search?*");
  await page.unroute("**/api/v1/stats?*");

  // reports: made without gh-report beside it, said so, figures as CSV
  await page.goto(origin + "/#/reports");
  await page.getByRole("button", { name: "Lập", exact: true }).click();
  await page.locator(".reportlist tbody tr").first().waitFor();
  await everyWay("reports", "#/reports", ".reportlist tbody tr");
  check("no errors", problems.length === 0, problems.join("\n  "));
} catch (e) {
  check("the journey", false, String(e));
  await shot("failed").catch(() => undefined);
}
await end();
