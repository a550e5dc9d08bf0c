// SPDX-License-Identifier: GPL-3.0-or-later
// What policy_test.py's author does in the browser.
//   policy.mjs WEB-DIR ORIGIN PASSWORD write|back
import { createRequire } from "node:module";
import { join } from "node:path";

const [web, origin, password, what] = process.argv.slice(2);
const { chromium } = createRequire(join(web, "package.json"))("playwright-core");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const page = await (await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, locale: "vi-VN" })).newPage();
page.setDefaultTimeout(60000);
let failed = 0;
try {
  await page.goto(origin);
  await page.getByLabel("Tên").fill("binh");
  await page.getByLabel("Mật khẩu").fill(password);
  await page.keyboard.press("Enter");
  await page.locator("nav a").first().waitFor();
  if (what === "write") {
    const field = page.locator(".paper textarea");
    await page.goto(`${origin}/#/policies`);
    await page.getByRole("button", { name: "Tạo mới…" }).click();
    await page.getByLabel("Tên").fill("cua-toi");
    await page.getByRole("button", { name: "Tạo bản nháp" }).click();
    await field.waitFor();
    await page.locator(".filetabs button", { hasText: "bundle.json" }).click();
    await field.fill('{ "name": "cua-toi", "version": "1" }\n');
    await page.locator(".filetabs button", { hasText: "_test.lua" }).click();
    await field.fill('test { "a file", facts = { fileinfo = { size = 1 } }, expect = { action = "alert", rule = "every-file" } }\n' +
      'test { "no file", facts = { fileinfo = { filename = "a" } }, expect = { action = "log" } }\n');
    await page.locator(".filetabs button", { hasText: "policy.lua" }).click();
    await field.fill('rule { id = "every-file", title = { vi = "Mọi tệp", en = "Every file" }, reason = { vi = "Có tệp.", en = "A file." }, severity = 4, action = "alert",\n' +
      "  when = function(e) return e.fileinfo.size ~= nil end }\n");
    await page.getByRole("button", { name: "Chạy các phép thử" }).click();
    await page.locator(".verdict.good").waitFor();
    await field.press("Control+s");
    await page.getByText("Đã lưu").first().waitFor();
    await page.getByRole("button", { name: "Đề xuất" }).click();
    await page.locator("dialog button.primary").click();
    await page.locator("h1 .vstate-approved").waitFor(); /* one person is enough here */
    await page.getByRole("button", { name: "Triển khai" }).click();
    await page.getByText("tất cả cùng lúc").click();
    await page.locator("dialog button.primary").click();
    await page.locator(".bstate-running").waitFor();
  } else {
    await page.goto(`${origin}/#/rollouts`);
    await page.locator(".plainlist a").first().click();
    await page.getByRole("button", { name: "Thu hồi" }).click();
    await page.locator("dialog textarea").fill("thử xong");
    await page.locator("dialog button.primary").click();
    await page.locator("h1 .rstate-back").waitFor();
  }
} catch (e) {
  console.log(String(e), "\n", await page.locator("main").innerText().catch(() => ""));
  failed = 1;
}
await browser.close();
process.exit(failed);
