// SPDX-License-Identifier: GPL-3.0-or-later
// An officer's first minutes with the console, in a real browser. Started by browser_test.py.
//   browser.mjs WEB-DIR LINK SCREENSHOT-DIR
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [web, link, shots] = process.argv.slice(2);
const require = createRequire(join(web, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(shots, { recursive: true });

let passed = 0, failed = 0;
function check(name, good, detail = "") {
  if (good) passed++;
  else {
    failed++;
    console.log("FAIL", name, detail);
  }
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" });
const page = await context.newPage();
const foreign = [], problems = [];
const origin = new URL(link).origin;
page.on("request", (r) => { if (!r.url().startsWith(origin) && !r.url().startsWith("data:")) foreign.push(r.url()); });
page.on("console", (m) => { if (m.type() === "error" && !/status of 4\d\d/.test(m.text())) problems.push(m.text()); });
page.on("pageerror", (e) => problems.push(String(e)));

const shot = (name) => page.screenshot({ path: join(shots, name + ".png"), fullPage: false });
async function accessible(name) {
  // Run in an isolated evaluation: the page's own policy forbids injected scripts, and should.
  const found = await page.evaluate(async (source) => {
    (0, Function)(source)();
    const r = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join("; ")}`);
  }, axe).catch((e) => [String(e)]);
  check(`axe finds nothing: ${name}`, found.length === 0, found.join("\n  "));
}

try {
  // the one-time link
  await page.goto(link);
  await page.getByLabel("Tên").waitFor();
  check("the token has left the address bar", !page.url().includes("invite"), page.url());
  await shot("01-invite");
  await page.getByLabel("Tên").fill("lan");
  await page.getByLabel("Mật khẩu mới").fill("bon tu khong lien quan");
  await page.getByLabel("Nhập lại mật khẩu").fill("bon tu khong lien quan");
  await page.getByRole("button", { name: "Tạo tài khoản" }).click();

  // alerts arrive by themselves
  const row = page.locator(".row", { hasText: "ke-hoach-quy-4.docx" });
  await row.waitFor({ timeout: 20000 });
  await page.locator(".row", { hasText: "cable.txt" }).waitFor({ timeout: 20000 });
  check("four alerts wait", (await page.locator(".row").count()) === 4, await page.locator(".row").count());
  check("live", await page.locator(".live.on").count());
  await shot("02-alerts-vi");
  await accessible("list");

  // one click deeper: why
  await row.click();
  const why = page.locator(".why");
  await why.waitFor();
  check("the reason is one sentence that names the marking and the zones", /MẬT/.test(await why.innerText()) && /intranet/.test(await why.innerText()), await why.innerText());
  check("the marking with its place", /MẬT/.test(await page.locator(".marking").first().innerText()) && /đầu trang/.test(await page.locator(".marking").first().innerText()),
    await page.locator(".marking").first().innerText());
  check("the rule and its line", /marked-leaving/.test(await page.locator(".cards").innerText()) && /policy\.lua:\d+/.test(await page.locator(".cards").innerText()));
  check("who sent what to whom", /10\.20\.1\.15/.test(await page.locator(".transfer").innerText()) && /203\.0\.113\.80/.test(await page.locator(".transfer").innerText()));
  await shot("03-alert-vi");
  await accessible("alert");

  // its packets: fetched from the appliance, downloaded, and what tcpdump finds in them
  const packets = page.locator(".card", { has: page.getByRole("heading", { name: "Gói tin" }) });
  await packets.getByText("Thiết bị đang giữ các gói tin").waitFor({ timeout: 30000 });
  await packets.scrollIntoViewIfNeeded();
  await shot("03a-packets-kept-vi");
  await packets.getByRole("button", { name: "Lấy gói tin về" }).click();
  await packets.getByText(/Đã yêu cầu|Đang gửi về|Đã có ở đây/).waitFor();
  await packets.getByText("Đã có ở đây").waitFor({ timeout: 60000 });
  await packets.scrollIntoViewIfNeeded();
  await shot("03b-packets-here-vi");
  await accessible("packets");
  const [download] = await Promise.all([page.waitForEvent("download"), packets.getByRole("link", { name: "Tải gói tin" }).click()]);
  check("the file's name", /^alert-\d+-\d+-\d+\.pcap$/.test(download.suggestedFilename()), download.suggestedFilename());
  const file = join(shots, "alert.pcap");
  await download.saveAs(file);
  check("the file is a pcap", readFileSync(file).readUInt32LE(0) === 0xa1b2c3d4);
  if (existsSync("/usr/bin/tcpdump")) {
    const lines = execFileSync("/usr/bin/tcpdump", ["-nr", file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim().split("\n");
    check("tcpdump reads it", lines.length > 5, lines.length);
    check("only this connection is in it", lines.every((l) => /10\.20\.1\.15/.test(l) && /203\.0\.113\.80/.test(l)), lines.find((l) => !/203\.0\.113\.80/.test(l)) ?? "");
  }

  // in English, in the dark, on a telephone, on a wall
  await page.getByRole("button", { name: "English" }).click();
  check("English", /goes from zone intranet/.test(await why.innerText()), await why.innerText());
  await shot("04-alert-en");
  check("packets in English", (await page.getByText("Here. The file opens with tcpdump or Wireshark.").count()) === 1);
  await page.getByRole("link", { name: "Download the packets" }).scrollIntoViewIfNeeded();
  await shot("04a-packets-en");
  await page.locator(".top .switches select").selectOption("dark");
  await shot("05-alert-en-dark");
  await accessible("alert, dark");
  await page.setViewportSize({ width: 360, height: 740 });
  check("no sideways scrolling at 360 px", await page.evaluate(() => document.documentElement.scrollWidth <= 360), await page.evaluate(() => document.documentElement.scrollWidth));
  await shot("06-alert-360-dark");
  await page.goto(origin + "/#/alerts");
  await page.locator(".row").first().waitFor();
  await shot("07-list-360-dark");
  await page.setViewportSize({ width: 1920, height: 1080 });
  await row.click();
  await why.waitFor();
  await shot("08-alert-1920-dark");
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.locator(".top .switches select").selectOption("light");
  await page.getByRole("button", { name: "Tiếng Việt" }).click();

  // take it, write, close
  await page.getByRole("button", { name: /Nhận xử lý/ }).click();
  await page.locator(".stampline", { hasText: "đang do lan" }).waitFor();
  await page.keyboard.press("c");
  await page.getByLabel("Bạn đã tìm hiểu được gì?").fill("Đã gọi văn thư. <img src=x onerror=alert(1)>");
  await shot("09-comment");
  await page.getByRole("button", { name: "Lưu" }).click();
  await page.locator("blockquote", { hasText: "Đã gọi văn thư" }).waitFor();
  check("what was written is text", (await page.locator("blockquote img").count()) === 0);
  await page.keyboard.press("x");
  await page.getByLabel("Xác nhận: vi phạm thật").check();
  await shot("10-close");
  await page.locator("dialog").getByRole("button", { name: "Đóng" }).click();
  await page.locator(".stampline", { hasText: "Đã đóng" }).waitFor();
  check("three steps in the history", (await page.locator(".history li").count()) === 3);
  check("three alerts are left", /3/.test(await page.locator(".tabs button").first().innerText()), await page.locator(".tabs button").first().innerText());
  await shot("11-closed");

  // keyboard, search, the other views
  await page.locator("body").press("j");
  await page.locator(".row.open").waitFor();
  check("j goes to the next alert", !/ke-hoach/.test(await page.locator(".row.open").innerText()));
  await page.keyboard.press("/");
  await page.keyboard.type("bao-cao");
  await page.locator(".row", { hasText: "cable.txt" }).waitFor({ state: "detached" });
  check("search", (await page.locator(".row").count()) === 1);
  await page.goto(origin + "/#/overview");
  await page.locator(".figure").first().waitFor();
  await shot("12-overview");
  await accessible("overview");
  await page.goto(origin + "/#/appliances");
  await page.locator(".boxrow").click();
  await page.locator(".boxmore table").waitFor();
  check("the appliance's ledger", /Gói tin/.test(await page.locator(".boxmore").innerText()), await page.locator(".boxmore").innerText());
  await shot("13-appliances");
  await accessible("appliances");
  await page.keyboard.press("?");
  await page.locator("dialog").waitFor();
  await shot("14-keyboard");
  await page.keyboard.press("Escape");

  // out, and in again with the password
  await page.getByRole("button", { name: "Đăng xuất" }).click();
  await page.getByLabel("Mật khẩu").waitFor();
  await shot("15-sign-in");
  await accessible("sign-in");
  await page.getByLabel("Tên").fill("lan");
  await page.getByLabel("Mật khẩu").fill("wrong password here");
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  await page.getByText("Sai tên hoặc mật khẩu.").waitFor();
  await page.getByLabel("Mật khẩu").fill("bon tu khong lien quan");
  await page.getByRole("button", { name: "Đăng nhập" }).click();
  await page.locator(".top").waitFor();
  // the link is spent
  await page.getByRole("button", { name: "Đăng xuất" }).click();
  await page.getByLabel("Mật khẩu").waitFor();
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByText(/đã dùng hoặc đã quá hạn/).waitFor();
  check("the page asks nobody else", foreign.length === 0, foreign.join(" "));
  check("no error in the browser's console", problems.filter((p) => !/EvalError|unsafe-eval/.test(p)).length === 0, problems.join("\n"));
} catch (e) {
  failed++;
  console.log("FAIL", String(e));
  await shot("99-failure").catch(() => undefined);
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
