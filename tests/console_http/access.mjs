// SPDX-License-Identifier: GPL-3.0-or-later
// People, the second factor, tokens, the audit and unlocking in a real browser. Started by test_access_page.py.
//   access.mjs WEB-DIR ORIGIN PASSWORD SCREENSHOT-DIR
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { accessible, browser, check, end, origin, password, shots } from "./browser.mjs";

/** The code of a base32 secret (RFC 6238), steps from now. */
function totp(secret, steps = 0) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2))), counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest(), at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}
/** Reads a QR code of version 5 to 9, level L, mask 0, without its correction: what a scanner would see. */
function read(rows) {
  const n = rows.length, v = (n - 17) / 4, align = { 5: [6, 30], 6: [6, 34], 7: [6, 22, 38], 8: [6, 24, 42], 9: [6, 26, 46] }[v];
  const [room, blocks] = { 5: [108, 1], 6: [136, 2], 7: [156, 2], 8: [194, 2], 9: [232, 2] }[v];
  const taken = (r, c) => r === 6 || c === 6 || (r < 9 && c < 9) || (r < 9 && c > n - 9) || (r > n - 9 && c < 9) ||
    (v >= 7 && ((r < 6 && c > n - 12) || (c < 6 && r > n - 12))) ||
    align.some((y) => align.some((x) => !((y === 6 && (x === 6 || x === n - 7)) || (y === n - 7 && x === 6)) && Math.abs(r - y) < 3 && Math.abs(c - x) < 3));
  const bits = [];
  for (let right = n - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right--;
    for (let i = 0; i < n; i++) for (const c of [right, right - 1]) {
      const r = up ? n - 1 - i : i;
      if (!taken(r, c)) bits.push(rows[r][c] !== ((r + c) % 2 === 0) ? 1 : 0);
    }
  }
  const words = [];
  for (let i = 0; i + 8 <= bits.length; i += 8) words.push(parseInt(bits.slice(i, i + 8).join(""), 2));
  const data = [];
  for (let b = 0; b < blocks; b++) for (let i = 0; i < room / blocks; i++) data.push(words[i * blocks + b]);
  const stream = data.map((w) => w.toString(2).padStart(8, "0")).join("");
  const length = parseInt(stream.slice(4, 12), 2);
  return stream.slice(0, 4) === "0100" ? Buffer.from(stream.slice(12, 12 + 8 * length).match(/.{8}/g).map((x) => parseInt(x, 2))).toString() : "";
}
const problems = [];
async function open(width = 1280) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width, height: 900 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh" });
  const page = await context.newPage();
  page.on("console", (m) => { if (m.type() === "error" && !/status of 4\d\d/.test(m.text())) problems.push(m.text()); });
  page.on("pageerror", (e) => problems.push(String(e)));
  page.on("dialog", (d) => { problems.push("dialog: " + d.message()); void d.dismiss(); });
  page.on("request", (r) => { if (!r.url().startsWith(origin)) problems.push("request: " + r.url()); });
  return page;
}
async function signIn(page, name, word = password) {
  await page.goto(origin);
  await page.getByLabel("Tên", { exact: true }).fill(name);
  await page.getByLabel("Mật khẩu").fill(word);
  await page.keyboard.press("Enter");
}

try {
  const page = await open();
  const shot = (name, p = page) => p.screenshot({ path: join(shots, name + ".png"), fullPage: true });
  await signIn(page, "lan");
  await page.locator("nav").waitFor();

  // a unit, a newcomer
  await page.goto(origin + "/#/people");
  await page.getByRole("button", { name: "Thêm đơn vị" }).click();
  await page.getByLabel("Tên đơn vị").fill("Miền Bắc");
  await page.getByLabel("ha-noi-1").check();
  await shot("1-unit");
  await accessible(page, "unit");
  await page.getByRole("button", { name: "Lưu" }).click();
  await page.getByText("ha-noi-1").waitFor();
  await page.getByRole("button", { name: "Mời người mới" }).click();
  await page.getByRole("dialog").getByLabel(/Cán bộ xử lý/).check();
  await page.getByRole("dialog").getByLabel(/Người phê duyệt/).check();
  await page.getByLabel("Dấu mật Việt Nam").selectOption("mat");
  await shot("2-invite");
  await accessible(page, "invite");
  await page.getByRole("dialog").getByRole("button", { name: "Mời người mới" }).click();
  const link = await page.locator("code.secret").innerText();
  check("a link", link.startsWith(origin + "/#invite="), link);
  await accessible(page, "link");
  await page.getByRole("button", { name: "OK" }).click();

  // he comes in and sets up his authenticator, because a role of his needs it
  const other = await open();
  await other.goto(link);
  await other.getByLabel("Tên", { exact: true }).fill("minh");
  await other.getByLabel("Mật khẩu mới").fill(password);
  await other.getByLabel("Nhập lại").fill(password);
  await other.keyboard.press("Enter");
  await other.getByText("Vai trò của bạn cần").waitFor();
  await other.getByLabel("Mật khẩu").fill(password);
  await other.keyboard.press("Enter");
  await other.locator("svg.qr").waitFor();
  const secret = (await other.locator("code.secret").innerText()).replaceAll(" ", "");
  const path = await other.locator("svg.qr path").getAttribute("d"), size = Number((await other.locator("svg.qr").getAttribute("viewBox")).split(" ")[2]) - 8;
  const rows = Array.from({ length: size }, () => new Array(size).fill(false));
  for (const m of path.matchAll(/M(\d+) (\d+)h/g)) rows[Number(m[2]) - 4][Number(m[1]) - 4] = true;
  const uri = read(rows);
  check("the code that is scanned says the same", uri === `otpauth://totp/Gatehouse:minh?secret=${secret}&issuer=Gatehouse&algorithm=SHA1&digits=6&period=30`, uri);
  await shot("3-qr", other);
  await accessible(other, "second factor");
  await other.getByLabel("Sáu chữ số đang hiển thị").fill(totp(secret));
  await other.keyboard.press("Enter");
  await other.locator(".codes li").first().waitFor();
  check("ten recovery codes", await other.locator(".codes li").count() === 10);
  const recovery = await other.locator(".codes code").first().innerText();
  await shot("4-codes", other);
  await other.getByRole("button", { name: "Tôi đã cất giữ" }).click();
  await other.locator("nav").waitFor();

  // signing in asks for the code
  const again = await open();
  await signIn(again, "minh");
  await again.getByLabel(/Mã xác thực/).waitFor();
  await accessible(again, "code");
  await again.getByLabel(/Mã xác thực/).fill(recovery);
  await again.keyboard.press("Enter");
  await again.locator("nav").waitFor();
  check("a recovery code opens", true);

  // what is withheld, asked for and granted
  await other.locator(".row").first().click();
  await other.getByText("vượt quá độ mật").first().waitFor();
  check("the name of the file is nowhere", !(await other.content()).includes("Zulu9"));
  await other.getByRole("button", { name: "Yêu cầu được xem" }).click();
  await other.getByLabel("Vì sao cần xem").fill("<img src=x onerror=alert(1)> vụ việc 7");
  await accessible(other, "asking");
  await other.getByRole("dialog").getByRole("button", { name: "Yêu cầu được xem" }).click();
  await other.getByText("đang chờ người phê duyệt").waitFor();
  await shot("5-asked", other);
  const approver = await open();
  await signIn(approver, "hoa");
  await approver.locator("nav").waitFor();
  await approver.goto(origin + "/#/unlocks");
  await approver.getByText("vụ việc 7").waitFor();
  check("what was written is text", await approver.locator("main img").count() === 0);
  await shot("6-unlocks", approver);
  await accessible(approver, "unlocks");
  await approver.getByRole("button", { name: "Cho phép" }).click();
  await approver.getByText("đã cho phép").waitFor();
  await other.reload();
  await other.getByText("Zulu9").first().waitFor({ timeout: 20000 });
  check("it is open", true);
  await shot("7-opened", other);

  // account: token, sessions; audit
  await other.goto(origin + "/#/account");
  await other.getByRole("button", { name: "Tạo thẻ truy cập" }).click();
  await other.getByLabel("Dùng để làm gì").fill("SIEM");
  await other.getByRole("dialog").getByRole("button", { name: "Tạo thẻ truy cập" }).click();
  const token = await other.locator("code.secret").innerText();
  check("a token", /^ght_[0-9a-f]{64}$/.test(token), token);
  await other.getByRole("button", { name: "OK" }).click();
  await other.getByText("SIEM").waitFor();
  await shot("8-account", other);
  await accessible(other, "account");
  await page.goto(origin + "/#/people");
  await page.locator("table.people td").first().waitFor();
  await shot("9-people");
  await accessible(page, "people");
  await page.goto(origin + "/#/audit");
  await page.getByText("cho xem nội dung", { exact: true }).waitFor();
  await shot("10-audit");
  await accessible(page, "audit");
  await page.getByRole("button", { name: "Ký ngay" }).click();
  await page.locator(".hash code").waitFor();
  for (const [lang, width] of [["en", 360], ["vi", 360], ["en", 1920]]) {
    const small = await open(width);
    await signIn(small, "lan");
    await small.locator("nav").waitFor();
    await small.evaluate((l) => localStorage.setItem("gatehouse.lang", l), lang);
    for (const place of ["people", "audit", "account"]) {
      await small.goto(`${origin}/#/${place}`);
      await small.reload();
      await small.locator("h1").waitFor();
      const wide = await small.evaluate(() => Math.max(0, ...[...document.querySelectorAll("main > *")].map((e) => Math.round(e.getBoundingClientRect().right))) - innerWidth);
      check(`no wider than the window: ${place} ${lang} ${width}`, wide <= 0, wide);
      await shot(`11-${place}-${lang}-${width}`, small);
    }
  }
  check("no errors, no dialogs, no foreign requests", problems.length === 0, problems.join("\n  "));
} catch (e) {
  check("the journey goes to its end", false, String(e).slice(0, 1500));
}
await end();
