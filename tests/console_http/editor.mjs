// SPDX-License-Identifier: GPL-3.0-or-later
// A policy in the browser: written, found faulty, mended, tested, replayed, proposed, approved by another person, rolled out. Started by test_editor.py.
//   editor.mjs WEB-DIR ORIGIN PASSWORD SCREENSHOT-DIR
import { join } from "node:path";
import { accessible, browser, check, end, origin, password, shots } from "./browser.mjs";

const problems = [];
async function person(name, viewport = { width: 1280, height: 800 }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" });
  const page = await context.newPage();
  page.on("console", (m) => { if (m.type() === "error" && !/status of (4\d\d|503)|ERR_INTERNET_DISCONNECTED/.test(m.text())) problems.push(m.text()); });
  page.on("pageerror", (e) => problems.push(String(e)));
  page.setDefaultTimeout(30000);
  await page.goto(origin);
  await page.getByLabel("Tên").fill(name);
  await page.getByLabel("Mật khẩu").fill(password);
  await page.keyboard.press("Enter");
  await page.locator("nav a").first().waitFor();
  return page;
}
const shot = (page, name) => page.screenshot({ path: join(shots, name + ".png"), fullPage: true });
async function both(page, name) {
  await shot(page, `${name}-vi`);
  await accessible(page, name);
}
const field = (page) => page.locator(".paper textarea");
const says = (page, text) => page.locator(".verdict", { hasText: text }).first().waitFor().then(() => true, () => false);

try {
  const page = await person("binh");
  await page.goto(`${origin}/#/policies`);
  await page.getByRole("link", { name: "mail-out" }).waitFor();
  await both(page, "1-list");
  check("the workbench is there", (await page.getByText("Tiến trình thử nghiệm không chạy").count()) === 0);

  // a new policy of one's own
  await page.getByRole("button", { name: "Tạo mới…" }).click();
  await page.getByLabel("Tên").fill("cua-toi");
  await both(page, "2-new");
  await page.getByRole("button", { name: "Tạo bản nháp" }).click();
  await field(page).waitFor();
  await both(page, "3-draft");

  // a fault has its line in the margin
  const good = await field(page).inputValue();
  await field(page).fill(good.replace("fileinfo.size", "fileinfo.siez"));
  await field(page).press("Control+Enter");
  check("faults are told", await says(page, "Có lỗi"));
  check("in the margin", (await page.locator(".gutter .bad").count()) === 1);
  await both(page, "4-fault");
  await page.locator(".faults button").first().click();
  check("and lead there", await field(page).evaluate((e) => document.activeElement === e && e.value.slice(0, e.selectionStart).split("\n").length > 1));

  // typed and not saved: it is there after a reload
  await page.reload();
  await page.getByText("đã được khôi phục").waitFor();
  check("unsaved text survives", (await field(page).inputValue()).includes("siez"));
  await field(page).fill(good);
  await page.getByRole("button", { name: "Thông tin luật có thể hỏi" }).click();
  await page.locator(".facts-side li").first().waitFor();
  await page.getByPlaceholder("mức mật").fill("document level");
  check("the facts of a document are found", (await page.locator(".facts-side li code").allInnerTexts()).includes("e.document.level"));
  await both(page, "5-facts");
  await page.getByRole("button", { name: "Thông tin luật có thể hỏi" }).click();

  // keyboard: Tab indents, Escape lets go
  await field(page).focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Tab");
  check("Tab indents", (await field(page).inputValue()).startsWith("  rule"));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  check("Escape lets go", !(await field(page).evaluate((e) => document.activeElement === e)));
  await field(page).fill(good);

  // tests
  await page.getByRole("button", { name: "Chạy các phép thử" }).click();
  await page.locator(".verdict").first().waitFor();
  check("all tests pass", await says(page, "mọi phép thử đều đạt"), await page.locator(".bench").innerText());
  await page.locator(".filetabs button", { hasText: "_test.lua" }).click();
  const tests = await field(page).inputValue();
  await field(page).fill(tests.replace('"log"', '"block"'));
  await page.getByRole("button", { name: "Chạy các phép thử" }).click();
  check("one that does not is told with its line", await says(page, "Có phép thử không đạt") && (await page.locator(".faults .sev-error code").first().innerText()) === "cua_toi_test.lua:4",
    await page.locator(".bench").innerText());
  await field(page).fill(tests);
  await page.getByRole("button", { name: "Chạy các phép thử" }).click();
  check("and again", await says(page, "mọi phép thử đều đạt"));
  await page.locator(".filetabs button", { hasText: "policy.lua" }).click();
  await field(page).fill(`${good}-- saved\n`);
  await field(page).press("Control+s");
  await page.getByText("Đã lưu").first().waitFor();
  await both(page, "6-tested");

  // an alert explained, recorded events judged anew
  await page.getByRole("button", { name: "Giải thích cảnh báo", exact: true }).click();
  await page.getByLabel("Số của cảnh báo").fill("1");
  await page.keyboard.press("Enter");
  await page.locator(".faults .match").first().waitFor();
  await both(page, "7-explained");
  await page.getByRole("button", { name: "Xét lại sự kiện đã ghi" }).first().click();
  await page.locator("form.inline button.primary", { hasText: "Xét lại" }).click();
  check("what would change", await says(page, "sẽ thay đổi"));
  await page.locator(".changes tbody tr").first().waitFor();
  check("with links to alerts", (await page.locator(".changes a[href^='#/alerts/']").count()) >= 1);
  await both(page, "8-replay");

  // somebody else saves meanwhile: both texts stay
  const other = await person("binh");
  await other.goto(page.url());
  await field(other).waitFor();
  await other.locator(".filetabs button", { hasText: "policy.lua" }).click();
  await field(other).fill(`${good}-- other\n`);
  await field(other).press("Control+s");
  await other.getByText("Đã lưu").first().waitFor();
  await page.locator(".filetabs button", { hasText: "policy.lua" }).click();
  await field(page).fill(`${good}-- mine\n`);
  await field(page).press("Control+s");
  await page.locator(".conflict").waitFor();
  check("both texts are shown", /other/.test(await page.locator(".conflict").innerText()) && /mine/.test(await page.locator(".conflict").innerText()));
  await both(page, "9-conflict");
  await page.getByRole("button", { name: "Lưu bản của tôi" }).click();
  await page.locator(".conflict").waitFor({ state: "detached" });

  // proposed; approved by another person
  await page.getByRole("button", { name: "Đề xuất" }).click();
  await page.locator("dialog textarea").fill("Xin duyệt");
  await page.locator("dialog button.primary").click();
  await page.locator("h1 .vstate-proposed").waitFor();
  check("the author cannot approve", (await page.getByRole("button", { name: "Duyệt", exact: true }).count()) === 0);
  await both(page, "10-proposed");
  const second = await person("dung");
  await second.goto(page.url());
  await second.getByRole("button", { name: "Duyệt", exact: true }).first().click();
  await second.locator("dialog button.primary").click();
  await second.locator("h1 .vstate-approved").waitFor();
  await both(second, "11-approved");

  // rolled out
  await second.getByRole("button", { name: "Triển khai" }).click();
  await second.getByText("các thiết bị này").click();
  await second.locator("dialog").getByText("post-0").click();
  await both(second, "12-plan");
  await second.locator("dialog button.primary").click();
  await second.locator(".rstate-running").first().waitFor();
  check("its first appliance is told", (await second.locator(".bstate-sent").count()) === 1 && (await second.locator(".bstate-planned").count()) === 2);
  await both(second, "13-rollout");
  await second.getByRole("button", { name: "Thu hồi" }).click();
  await second.locator("dialog textarea").fill("thử đường về");
  await second.locator("dialog button.primary").click();
  await second.locator("h1 .rstate-back").waitFor();
  await second.goto(`${origin}/#/rollouts`);
  await second.locator(".rollbar").first().waitFor();
  await both(second, "14-rollouts");
  // as a shadow, from the version's own page
  await second.goto(page.url());
  const differs = second.getByRole("link", { name: /khi thử bóng, sẽ quyết định khác: 59$/ });
  check("where it decides otherwise is counted", await differs.waitFor().then(() => true, () => false));
  await second.getByRole("button", { name: "Triển khai" }).click();
  await second.getByText("Thử bóng: chạy song song").click();
  await second.getByText("các thiết bị này").click();
  await second.locator("dialog").getByText("post-1").click();
  await both(second, "14-shadow-plan");
  await second.locator("dialog button.primary").click();
  await second.locator("h1", { hasText: "Chính sách thử bóng" }).waitFor();
  await second.locator(".rstate-running").first().waitFor();
  await both(second, "14-shadow");
  await second.goto(`${origin}/#/rollouts`);
  await second.locator(".rollbar").nth(1).waitFor();
  await second.locator(".rings tbody tr").nth(2).waitFor();
  check("rings are shown to who may not set them", (await second.locator(".rings tbody tr").count()) === 3 && (await second.locator(".rings input").count()) === 0);
  const third = await person("lan");
  await third.goto(`${origin}/#/rollouts`);
  const ring = third.getByLabel("Vòng: post-1", { exact: true });
  await ring.fill("vòng một");
  await ring.press("Enter");
  check("a ring's name that is none is told", await third.getByText("Tên vòng gồm").waitFor().then(() => true, () => false));
  await ring.fill("canary");
  await third.getByRole("button", { name: "Đặt: post-1" }).click();
  await third.locator(".ringsum", { hasText: "canary: 1" }).waitFor();
  await both(third, "14-rings");
  await third.reload();
  await third.locator(".ringsum", { hasText: "canary: 1" }).waitFor();
  check("a ring is kept", (await ring.inputValue()) === "canary");

  // versions and what differs
  await page.goto(`${origin}/#/policies`);
  await page.getByRole("link", { name: "standard" }).first().click();
  await page.getByRole("button", { name: "Sửa trong bản nháp mới" }).click();
  await field(page).waitFor();
  await page.locator(".filetabs button", { hasText: "settings.lua" }).click();
  await field(page).fill(`${await field(page).inputValue()}off("danger-documents/macros-from-outside")\n`);
  await page.getByRole("button", { name: "Thay đổi", exact: true }).click();
  await page.locator(".diff .plus").waitFor();
  check("what differs", (await page.locator(".diff .plus").innerText()).includes("macros-from-outside"));
  await both(page, "15-diff");
  await field(page).press("Control+s");
  await page.getByText("Đã lưu").first().waitFor();
  await page.getByRole("link", { name: "← standard" }).click();
  await page.locator("table tbody tr").nth(1).waitFor();
  await page.getByRole("button", { name: "So sánh" }).click();
  await page.locator(".diff").waitFor();
  await both(page, "16-versions");

  // what an alert's page prepared
  await page.goto(`${origin}/#/policies?${new URLSearchParams({ policy: "state-secrets", file: "lists/except-released.csv", add: "ab12,2027-01-31,lan,#1 báo cáo", why: "alert 1" })}`);
  await page.getByRole("button", { name: "Mở trong bản nháp mới" }).waitFor();
  await both(page, "17-prepared");
  await page.getByRole("button", { name: "Mở trong bản nháp mới" }).click();
  await field(page).waitFor();
  check("the line is in the file, not saved yet", (await field(page).inputValue()).endsWith("ab12,2027-01-31,lan,#1 báo cáo\n") && await page.getByRole("button", { name: /^Lưu/ }).isEnabled());
  await page.goto(`${origin}/#/policies/tutorial`);
  await page.locator(".tutorial h1").waitFor();
  await both(page, "18-tutorial");

  // English, dark, narrow
  await page.evaluate(() => { localStorage.setItem("gatehouse.lang", "en"); document.documentElement.dataset.theme = "dark"; localStorage.setItem("gatehouse.theme", "dark"); });
  await page.goto(`${origin}/#/policies`);
  await page.reload();
  await page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
  await page.getByRole("link", { name: "cua-toi" }).first().waitFor();
  await shot(page, "20-list-en-dark");
  await accessible(page, "list, dark");
  await page.getByRole("link", { name: "cua-toi" }).first().click();
  await page.locator("table a").first().click();
  await field(page).waitFor();
  await shot(page, "21-version-en-dark");
  await accessible(page, "version, dark");
  await page.setViewportSize({ width: 360, height: 740 });
  await shot(page, "22-version-en-dark-360");
  await accessible(page, "version, narrow");
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check("a version does not push the page wide", (await wide()) <= 0, String(await wide()));
  for (const [name, hash] of [["23-list-360", "policies"], ["24-rollout-360", "rollouts/1"], ["25-rollouts-360", "rollouts"]]) {
    await page.goto(`${origin}/#/${hash}`);
    await page.locator("h1").first().waitFor();
    await page.waitForTimeout(300);
    await shot(page, name);
    check(`${name} does not push the page wide`, (await wide()) <= 0, String(await wide()));
    await accessible(page, name);
  }
} catch (e) {
  check("goes through", false, e.stack ?? String(e));
}
check("the browser complains of nothing", problems.length === 0, problems.join("\n"));
await end();
