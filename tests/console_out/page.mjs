// SPDX-License-Identifier: GPL-3.0-or-later
// Evidence, outputs and retention in a real browser: made, looked at in both languages, light and dark, narrow and wide. Started by test_pages.py.
//   page.mjs WEB-DIR ORIGIN PASSWORD SCREENSHOT-DIR REQUEST-FILE
import { join } from "node:path";
import { accessible, browser, check, end, more, origin, password, shots } from "../console_http/browser.mjs";

const [request] = more;
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" });
const page = await context.newPage(), problems = [];
page.on("console", (m) => { if (m.type() === "error" && !/status of (4\d\d|503)/.test(m.text())) problems.push(m.text()); });
page.on("pageerror", (e) => problems.push(String(e)));
const wide = () => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1);

try {
  await page.goto(origin);
  await page.getByLabel("Tên").fill("lan");
  await page.getByLabel("Mật khẩu").fill(password);
  await page.keyboard.press("Enter");
  await page.locator(".top").waitFor();

  // a request is handed in, and withdrawn after a question
  await page.goto(origin + "#/evidence");
  await page.getByRole("heading", { name: "Đang niêm phong" }).waitFor();
  await page.locator("input[type=file]").first().setInputFiles(request);
  await page.locator(".chip", { hasText: "đang chờ" }).waitFor();
  check("the reason is text", (await page.locator("li.card", { hasText: "<b>vụ 12</b>" }).count()) === 1);

  // an output by the form, with a fault first
  await page.goto(origin + "#/outputs");
  await page.getByRole("button", { name: "Thêm đầu ra" }).click();
  const form = page.locator("dialog");
  await form.getByLabel("Tên").fill("siem");
  await form.getByLabel("Gửi tới").fill("http://siem.example.vn/");
  await form.getByRole("button", { name: "Lưu" }).click();
  await form.locator(".fault").waitFor();
  await form.getByLabel("Gửi tới").fill("https://siem.example.vn/hook");
  await accessible(page, "the form of an output");
  await page.screenshot({ path: join(shots, "outputs-form.png") });
  await form.getByRole("button", { name: "Lưu" }).click();
  await page.locator("code.file").waitFor();
  check("the secret is shown", /^[0-9a-f]{64}$/.test(await page.locator("code.file").first().innerText()));
  await page.locator("li.card", { hasText: "siem" }).getByRole("button", { name: "Gửi thử" }).click();
  await page.locator("li.card .fault").waitFor();

  // what a rule would do is looked at before it is made
  await page.goto(origin + "#/keeping");
  const make = page.getByRole("button", { name: "Tạo quy tắc" });
  check("not before one has looked", await make.isDisabled());
  await page.getByRole("button", { name: "Sẽ xóa gì?" }).click();
  await page.locator(".okay").waitFor();
  await make.click();
  await page.getByRole("button", { name: "Xóa quy tắc" }).waitFor();
  await page.getByLabel("Đối tượng").selectOption("alert");
  await page.getByLabel(/^Số hiệu/).fill("1");
  await page.getByLabel("Lý do").fill("lệnh 12/2026");
  await page.getByRole("button", { name: "Giữ lại" }).click();
  await page.getByRole("button", { name: "Bỏ lệnh giữ" }).waitFor();

  for (const [lang, theme, width] of [["vi", "light", 1280], ["en", "dark", 1280], ["vi", "dark", 360], ["en", "light", 360]]) {
    await page.setViewportSize({ width, height: width < 500 ? 740 : 800 });
    await page.evaluate(([l, th]) => {
      localStorage.setItem("gatehouse.lang", l);
      localStorage.setItem("gatehouse.theme", th);
    }, [lang, theme]);
    for (const name of ["evidence", "outputs", "keeping"]) {
      await page.goto(origin + "#/" + name);
      await page.reload();
      await page.locator("section.pagepad h1").waitFor();
      await page.locator("section.pagepad .card, section.pagepad .empty").first().waitFor();
      await page.waitForTimeout(300);
      check(`${name} fits ${width}`, await wide());
      await accessible(page, `${name}, ${lang}, ${theme}, ${width}`);
      await page.screenshot({ path: join(shots, `${name}-${lang}-${theme}-${width}.png`), fullPage: true });
    }
  }
} catch (e) {
  await page.screenshot({ path: join(shots, "stopped.png"), fullPage: true });
  check("the journey came to its end", false, String(e).slice(0, 600));
}
check("no fault in the page", problems.length === 0, problems.join("\n"));
await end();
