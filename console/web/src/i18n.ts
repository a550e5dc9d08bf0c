// SPDX-License-Identifier: GPL-3.0-or-later
// The language of the page, and what comes as data in words of both (words/ holds the sentences).
import { words, type Key } from "./words";

export type { Key };
export type Lang = "vi" | "en";
let current: Lang = localStorage.getItem("gatehouse.lang") === "en" ? "en" : "vi";

export function lang(): Lang {
  return current;
}
export function setLang(l: Lang): void {
  current = l;
  localStorage.setItem("gatehouse.lang", l);
  document.documentElement.lang = l;
}
export function t(key: Key): string {
  return words[key][current === "vi" ? 1 : 0];
}
/** A word that comes from data: its translation where there is one, otherwise the word itself. */
export function word(prefix: string, value: string | undefined | null): string {
  const key = (prefix + (value ?? "")) as Key;
  return Object.hasOwn(words, key) ? t(key) : (value ?? "");
}
/** Sentences that appliances send in English, for readers of Vietnamese; one that is not known stays as it is. */
const sentences: Record<string, string> = {
  "offline: the connection is over": "phát lại: kết nối đã kết thúc",
  "offline: inspect keeps no evidence": "phát lại: lệnh inspect không giữ chứng cứ",
  "its packets were overwritten before the alert": "các gói tin đã bị ghi đè trước khi có cảnh báo",
  "the sensor ended before it answered": "cảm biến dừng trước khi trả lời",
  "the sensor did not answer": "cảm biến không trả lời",
  "the appliance no longer keeps it": "thiết bị không còn giữ tệp",
  "enforce.enabled is off": "việc thi hành đang tắt (enforce.enabled)",
  "gh-enforce is not there": "tiến trình gh-enforce không chạy",
  "gh-enforce cannot be asked": "không hỏi được gh-enforce",
  "the connection was over already": "kết nối đã kết thúc trước đó",
  "no committee key: this appliance is not enrolled with a console": "chưa có khóa của tiểu ban: thiết bị chưa ghi danh với bảng điều khiển",
  "the evidence directory cannot be opened": "không mở được thư mục chứng cứ",
  "the document was not kept": "tài liệu không được giữ lại",
  "evidence.max is reached: take evidence off this appliance": "đã đầy evidence.max: hãy lấy chứng cứ ra khỏi thiết bị",
  "the disk is full": "đĩa đã đầy",
  "one of the two addresses is on the protected list (enforce.protect)": "một trong hai địa chỉ nằm trong danh sách bảo vệ (enforce.protect)",
  "more actions a minute than enforce.rate allows": "quá số lần thi hành mỗi phút cho phép (enforce.rate)",
};
export function sentence(s: string | undefined): string {
  return s && current === "vi" ? (sentences[s] ?? s) : (s ?? "");
}
const levels: Record<string, [string, string]> = {
  none: ["không có", "none"], restricted: ["RESTRICTED", "RESTRICTED"], confidential: ["CONFIDENTIAL", "CONFIDENTIAL"], secret: ["SECRET", "SECRET"],
  top_secret: ["TOP SECRET", "TOP SECRET"], mat: ["MẬT", "MẬT"], toi_mat: ["TỐI MẬT", "TỐI MẬT"], tuyet_mat: ["TUYỆT MẬT", "TUYỆT MẬT"],
};
/** Names of levels are never translated: published translations of the Vietnamese ones disagree. */
export function levelName(level: string | undefined): string {
  const names = levels[level ?? "none"];
  return names ? names[current === "vi" ? 0 : 1] : (level ?? "");
}
