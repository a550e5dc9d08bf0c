// SPDX-License-Identifier: GPL-3.0-or-later
// Journeys through inbox, alert page and cases. Started by test_journey.py.
//   journey.mjs WEB-DIR ORIGIN PASSWORD SCREENSHOT-DIR
import { join } from "node:path";
import { accessible, browser, check, end, origin, password, shots } from "./browser.mjs";

let clicks = 0;
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 }, locale: "vi-VN", timezoneId: "Asia/Ho_Chi_Minh", acceptDownloads: true });
const page = await context.newPage(), problems = [];
page.setDefaultTimeout(30000);
page.on("console", (m) => { if (m.type() === "error" && !/status of 4\d\d/.test(m.text())) problems.push(m.text()); });
page.on("pageerror", (e) => problems.push(String(e)));
const shot = (name) => page.screenshot({ path: join(shots, name + ".png") });
const rows = page.locator(".list .row"), said = page.locator(".undo span"), head = page.locator(".alerthead"), dialog = page.locator("dialog");
const go = (address) => page.evaluate((a) => { location.hash = a; }, address);
const key = (k) => page.keyboard.press(k);
const narrow = async (name) => check(`no sideways scrolling: ${name}`, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), await page.evaluate(() => document.documentElement.scrollWidth));
const theme = (v) => page.evaluate((x) => { document.documentElement.dataset.theme = x; }, v);
const size = (width, height) => page.setViewportSize({ width, height });

try {
  await page.goto(origin);
  await page.getByLabel("Tên").fill("lan");
  await page.getByLabel("Mật khẩu").fill(password);
  await key("Enter");
  await rows.first().waitFor();

  // the first minute: a part-time officer, knowing nothing, only what the screen says
  const click = async (l) => { clicks++; await l.click(); };
  check("what waits is what is shown", (await page.locator(".tabs button[aria-pressed=true]").innerText()).includes("24"), await page.locator(".tabs").innerText());
  check("how long it may wait is said", /còn \d+ phút/.test(await rows.first().innerText()), await rows.first().innerText());
  await shot("01-inbox-vi");
  await accessible(page, "inbox");
  await click(rows.first());
  await page.locator(".why").waitFor();
  check("why, in one sentence", /mang dấu (TUYỆT MẬT|TỐI MẬT|MẬT|CONFIDENTIAL) đi từ vùng/.test(await page.locator(".why").innerText()), await page.locator(".why").innerText());
  check("the next step is the one bold button", (await page.locator(".actions .primary").count()) === 1 && /Nhận xử lý/.test(await page.locator(".actions .primary").innerText()));
  await click(page.locator(".actions .primary"));
  await page.locator(".stampline", { hasText: "đang do lan" }).waitFor();
  await click(page.getByRole("button", { name: /Ghi chú/ }).first());
  await page.locator("dialog textarea").fill("Văn thư xác nhận gửi nhầm địa chỉ.");
  await click(dialog.locator("button.primary"));
  await page.locator(".history blockquote", { hasText: "gửi nhầm" }).waitFor();
  check("explained and taken in four clicks", clicks === 4, clicks);

  // the alert page
  await go("#/alerts?q=rule%3Astate-secrets%2Fmarked-leaving+file%3A%22k%E1%BA%BF+ho%E1%BA%A1ch%22&state=all");
  await page.waitForFunction(() => document.querySelectorAll(".list .row").length === 7);
  await key("j");
  await page.locator(".why", { hasText: "TUYỆT MẬT" }).waitFor();
  const cards = page.locator(".cards");
  check("what contradicts itself is said at the top", /Nhãn điện tử ghi thấp hơn dấu mật/.test(await head.innerText()), await head.innerText());
  check("the marking and its place", /đầu trang, trang 1/.test(await page.locator(".marking").first().innerText()), await page.locator(".marking").first().innerText());
  check("who sent what to whom, as picture and text", (await page.locator("figure.transfer svg.wide").getAttribute("aria-label")).includes("Kế hoạch quý IV.docx (HTTP)") && /10\.(20|30)\./.test(await page.locator("figure.transfer figcaption").innerText()));
  check("resembles a registered document", /82 %/.test(await cards.innerText()));
  check("what is inside", /phụ lục\.zip/.test(await cards.innerText()) && /bị mã hóa/.test(await cards.innerText()));
  check("where it was decided", /state-secrets\/policy\.lua:17/.test(await cards.innerText()));
  check("the same document elsewhere", (await page.locator(".card", { hasText: "Cùng tài liệu này" }).locator(".elsewhere li").count()) === 6);
  await page.getByText("Mã nguồn của luật").click();
  await page.locator(".source .deciding").waitFor();
  check("the deciding line stands among its neighbours", (await page.locator(".source li").count()) > 8 && /when = function/.test(await page.locator(".source").innerText()), await page.locator(".source").innerText());
  await page.getByText("Hai máy này đã làm gì").click();
  await page.locator(".around .self").waitFor();
  await shot("02-alert-vi");
  await accessible(page, "alert");
  await page.locator("figure.transfer").scrollIntoViewIfNeeded();
  await shot("03-alert-lower-vi");
  const before = await page.evaluate(() => document.querySelector(".list").scrollTop), open = page.url();
  await page.locator(".card", { hasText: "Cùng tài liệu này" }).locator(".elsewhere a").first().click();
  await page.waitForFunction((u) => location.href !== u, open);
  await page.goBack();
  await page.locator(".row.open").waitFor();
  check("back is where it was", page.url() === open && (await page.evaluate(() => document.querySelector(".list").scrollTop)) === before, page.url());

  // heaps by keys
  await go("#/alerts");
  await page.waitForFunction(() => document.querySelectorAll(".list .row").length === 23);
  await key("Escape");
  await key("g");
  await page.locator(".heap").nth(3).waitFor();
  check("by document", (await page.locator(".heap").count()) === 4);
  await key("j");
  await key("v");
  await page.locator(".inside .row").first().waitFor();
  await shot("04-heaps-vi");
  await accessible(page, "heaps");
  check("the heap is in the address", /group=document/.test(page.url()), page.url());
  await page.locator(".inside .all button", { hasText: "Giao cho" }).click();
  await dialog.locator("select").selectOption("minh");
  await shot("05-assign-vi");
  await dialog.locator("button.primary").click();
  await said.waitFor();
  await page.locator(".undo", { hasText: "Khớp: 7 · đã đổi: 7" }).waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog[open]"));
  await key("z");
  await page.locator(".undo", { hasText: "Đã hoàn tác: 7" }).waitFor();
  await key("g");
  await page.locator(".heap", { hasText: "<img" }).waitFor();
  check("what was sent is text", (await page.locator(".heap img").count()) === 0);
  await page.evaluate(() => { for (let i = 0; i < 3; i++) dispatchEvent(new KeyboardEvent("keydown", { key: "g" })); }); /* quicker than the page is drawn */
  // picked by keys, commented together, put into a case
  await page.waitForFunction(() => document.querySelectorAll(".list .row:not(.heap)").length === 23);
  await key("j");
  await page.locator(".row.open").waitFor();
  await key("Space");
  await page.evaluate(() => { for (let i = 0; i < 2; i++) dispatchEvent(new KeyboardEvent("keydown", { key: "J", shiftKey: true })); });
  await page.waitForFunction(() => document.querySelectorAll("li.picked").length === 3);
  await key("c");
  await dialog.locator("textarea").fill("Cùng một đợt gửi. <b>");
  await dialog.locator("button.primary").click();
  await page.waitForFunction(() => document.querySelectorAll("li.picked").length === 0);
  await key("*");
  await key("n");
  await key("Space");
  await key("k");
  await key("Space");
  await page.waitForFunction(() => document.querySelectorAll("li.picked").length === 2);
  await key("s");
  await dialog.getByLabel("Tên vụ việc").fill("Công điện gửi nhầm ra ngoài");
  await shot("06-escalate-vi");
  await accessible(page, "into a case");
  await dialog.locator("button.primary").click();
  await page.locator(".undo", { hasText: "vụ việc 1" }).waitFor();
  await key("*");
  await key("a");
  await page.waitForFunction(() => document.querySelectorAll("li.picked").length === 21);
  await shot("07-picked-vi");
  await accessible(page, "picked");
  await key("Escape");

  // false alarm: what to do so that it does not come again
  await go("#/alerts?q=rule%3Astate-secrets%2Fmarked-leaving&sort=due");
  await page.waitForFunction(() => /TUYỆT MẬT/.test(document.querySelector(".list .row")?.textContent ?? "") && document.querySelectorAll(".list .row").length === 20);
  await key("v");
  await page.locator(".why").waitFor();
  await key("x");
  await dialog.getByLabel(/Báo nhầm/).check();
  await dialog.locator("button.primary").click();
  await dialog.locator(".would strong").waitFor();
  const hidden = Number(await dialog.locator(".would strong").innerText());
  check("what it would have hidden", hidden >= 5, hidden);
  check("a line for the list of releases", /^[0-9a-f]{64},20\d\d-\d\d-\d\d,lan,/.test(await dialog.locator(".snippet").innerText()), await dialog.locator(".snippet").innerText());
  await shot("08-exception-vi");
  await accessible(page, "exception");
  await key("Escape");

  // a view, kept for all
  await page.getByRole("button", { name: /Chế độ xem/ }).click();
  await page.getByRole("button", { name: /Lưu chế độ xem/ }).click();
  await dialog.getByLabel("Tên").fill("Rò rỉ tuần này");
  await dialog.getByLabel("cho mọi người").check();
  await dialog.locator("button.primary").click();
  await page.locator(".menu li", { hasText: "Rò rỉ tuần này" }).locator("a").waitFor();
  await shot("09-views-vi");
  await accessible(page, "views");
  await page.keyboard.press("Escape");

  // how right the rules are; the deadlines
  await go("#/noise");
  await page.locator(".noise tbody tr").first().waitFor();
  await shot("10-noise-vi");
  await accessible(page, "noise");
  await go("#/alerts");
  await page.getByRole("button", { name: "Thời hạn…" }).click();
  await dialog.locator("tbody tr").first().waitFor();
  await dialog.getByLabel("Chỉ tính giờ làm việc").check();
  await shot("11-deadlines-vi");
  await accessible(page, "deadlines");
  await dialog.locator("button.primary").click();
  await page.locator(".undo", { hasText: "Đã đặt lại thời hạn" }).waitFor();

  // the case
  await go("#/cases/1");
  await page.locator(".case h2", { hasText: "Công điện gửi nhầm" }).waitFor();
  await page.getByLabel("Công việc mới").fill("Gọi văn thư");
  await key("Enter");
  await page.locator(".tasks li").waitFor();
  await page.locator(".tasks input").click();
  await page.locator(".tasks .done").waitFor();
  await key("c");
  await page.keyboard.type("Người gửi nhận lỗi. <script>");
  await page.getByRole("button", { name: /Ghi lại/ }).click();
  await page.locator(".history blockquote").first().waitFor();
  await shot("12-case-vi");
  await accessible(page, "case");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /zip/ }).click()]);
  check("the file for a court", download.suggestedFilename() === "case-1.zip", download.suggestedFilename());
  await key("x");
  await dialog.getByLabel("Lộ lọt do sơ suất").check();
  await shot("13-case-close-vi");
  await dialog.locator("button.primary").click();
  await page.locator(".stampline", { hasText: "sơ suất" }).waitFor();

  // in English, in the dark, on a telephone, on a wall
  await page.getByRole("button", { name: "English" }).click();
  await theme("dark");
  await shot("14-case-en-dark");
  await accessible(page, "case, dark");
  await size(360, 740);
  await narrow("case");
  await shot("15-case-360-dark");
  await go("#/cases?state=all");
  await page.locator(".list .row").first().waitFor();
  await shot("16-cases-360-dark");
  await go("#/alerts?group=host&state=all");
  await page.locator(".heap").first().waitFor();
  await narrow("inbox");
  await shot("17-heaps-360-dark");
  await accessible(page, "heaps, 360, dark");
  await go("#/alerts?state=all");
  await page.locator(".list .row:not(.heap)").first().waitFor();
  await narrow("inbox, one by one");
  await shot("18-inbox-360-dark");
  await page.locator(".list .row").first().click();
  await page.locator(".why").waitFor();
  await narrow("alert");
  await shot("19-alert-360-dark");
  await page.locator("figure.transfer").scrollIntoViewIfNeeded();
  await shot("20-alert-360-dark-lower");
  await size(1920, 1080);
  await theme("light");
  await shot("21-alert-1920-en");
  await go("#/cases?state=all");
  await page.locator(".list .row").first().waitFor();
  await key("j");
  await page.locator(".case h2").waitFor();
  await shot("22-case-1920-en");
  await go("#/noise");
  await page.locator(".noise tbody tr").first().waitFor();
  await size(360, 740);
  await narrow("noise");
  await shot("23-noise-360-en");

  // who is not cleared sees that it happened, and nothing of what it says
  await size(1280, 800);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Name").fill("thu");
  await page.getByLabel("Password").fill(password);
  await key("Enter");
  await go("#/alerts?state=all");
  await page.waitForFunction(() => document.querySelectorAll(".list .row:not(.heap)").length === 24);
  await page.locator(".list .row", { hasText: "content withheld" }).first().click();
  await page.locator(".why").waitFor();
  check("why it says no more", /above your clearance/.test(await page.locator(".why").innerText()), await page.locator(".why").innerText());
  check("nothing of it is there", !/Kế hoạch|Công điện 17|cable\.txt/.test(await page.locator("#main").innerText()));
  await shot("24-withheld-en");
  await accessible(page, "withheld");
  check("no errors", problems.length === 0, problems.join("\n  "));
} catch (e) {
  check("the journey", false, String(e));
  await shot("failed").catch(() => undefined);
}
await end();
