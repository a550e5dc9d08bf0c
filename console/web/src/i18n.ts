// SPDX-License-Identifier: GPL-3.0-or-later
// Every sentence of the page in Vietnamese and English. The English table gives the keys; a missing Vietnamese one does not compile.

const en = {
  product: "Gatehouse",
  alerts: "Alerts", appliances: "Appliances", overview: "Overview",
  signIn: "Sign in", signOut: "Sign out", name: "Name", password: "Password", newPassword: "New password", passwordAgain: "Password again",
  signInTitle: "Sign in to the console", inviteTitle: "Make your account", inviteReset: "Set a new password",
  inviteFirst: "You are the first administrator of this console. Choose a name and a password; nobody else can use this link afterwards.",
  inviteOther: "This link makes an account for you. It works once.",
  inviteRules: "At least 12 characters. Four words that do not belong together are easy to remember and hard to guess.",
  inviteGone: "This link was used or is too old. Ask the administrator for a new one: gatehouse console link",
  passwordsDiffer: "The two passwords differ.", create: "Make the account",
  setup: "This console has no administrator yet. Open the one-time link that it printed when it was started, or print a new one with: gatehouse console link",
  wrong: "Name or password is wrong.", tooMany: "Too many tries. Wait a moment, then try again.",
  stateNew: "New", stateAcknowledged: "In work", stateClosed: "Closed", stateAll: "All",
  search: "Search file, address, rule, hash…", noAlerts: "No alerts here",
  noAlertsNew: "Nothing waits for you. New alerts appear here by themselves, with no need to reload.",
  noAlertsOther: "No alert has this state, or none fits the search.",
  noAppliances: "No appliance is enrolled yet. On the appliance: gatehouse enrol request -o request.json; here: gatehouse console enrol-approve request.json -o answer.json",
  more: "Show older", choose: "Choose an alert on the left to see why it was raised.",
  why: "Why", document: "Document", transfer: "Who sent what to whom", policy: "Policy", connection: "Connection", history: "History",
  related: "The same document elsewhere", raw: "The event as recorded", markings: "Markings found", noMarkings: "No marking was found in the text.",
  where_header: "page header", where_footer: "page footer", where_body: "text", where_metadata: "properties", where_image: "picture", where_filename: "file name",
  where_notes: "notes", where_comment: "comment", where_hidden: "hidden text", page: "page", sure: "sure", inside: "inside",
  read_full: "read in full", read_partial: "read in part", read_none: "could not be read",
  why_encrypted: "it is encrypted", why_too_large: "it is too large", why_too_deep: "it is nested too deeply", why_timeout: "reading took too long",
  why_corrupt: "it is damaged", why_unsupported: "its form is not supported", why_crash: "the reader failed on it",
  unreadNote: "Not read is not clean: nobody knows what is inside.",
  level: "Level", type: "Type", size: "Size", hash: "SHA-256", encoding: "Encoding", language: "Language", features: "Features", rules: "YARA rules", labels: "Labels",
  identifiers: "Identifiers", members: "Inside it", macros: "macros", encrypted: "encrypted", javascript: "JavaScript", embedded: "embedded objects", external: "outside references",
  rule: "Rule", version: "Policy", decidedBy: "Facts that decided", verdict: "Verdict", enforced: "Enforcement",
  enforcedYes: "the connection was cut", enforcedNo: "not carried out", quarantined: "Quarantine", quarantinedYes: "sealed for the committee", quarantinedNo: "not sealed",
  act_allow: "allowed", act_log: "logged", act_alert: "alert", act_quarantine: "quarantine", act_block: "block", policyFailed: "The policy failed",
  from: "From", to: "To", cc: "Cc", subject: "Subject", attachments: "Attachments", url: "Address", method: "Method", status: "Answer", agent: "Program", host: "Host",
  protocol: "Protocol", risks: "Risks", flow: "Flow", packets: "packets", bytes: "bytes", appliance: "Appliance", heard: "last heard", time: "Time", received: "received",
  packetsTitle: "Packets", packetsRecording: "The appliance is recording this connection.", packetsKept: "The appliance keeps them. They are sent only when somebody asks.",
  packetsBefore: "The appliance keeps what came before the alert; the rest may follow.", packetsWanted: "Asked for. The appliance hears of it the next time it reports, which behind a thin link may take a while.",
  packetsComing: "On their way", packetsHere: "Here. The file opens with tcpdump or Wireshark.", packetsGone: "No longer kept.",
  packetsRefused: "What came was not the file that the appliance had signed for, so it was thrown away.", packetsComplete: "Extent", packetsAll: "every packet of the connection",
  packetsPart: "a part of the connection", packetsAskedBy: "Asked for by", packetsFetch: "Fetch the packets", packetsDownload: "Download the packets", packetsRole: "Officers can fetch and download them.",
  acknowledge: "Take it", comment: "Comment", close: "Close", reopen: "Open again", cancel: "Cancel", save: "Save", closeTitle: "How does it end?",
  reason_confirmed: "Confirmed: a real violation", reason_false_alarm: "False alarm: nothing was wrong", reason_permitted: "Permitted: somebody answers for it",
  closeText: "A word on why (helps to improve the policy)", commentText: "What did you find out?",
  did_acknowledge: "took it", did_comment: "wrote", did_close: "closed it", did_reopen: "opened it again", nobody: "nobody yet", takenBy: "in the hands of",
  live: "live", offline: "connection lost, trying again", loading: "Loading…", failed: "This did not work", retry: "Try again", gone: "This alert does not exist.",
  sessionOver: "Your session is over. Sign in again; nothing you typed is lost.", copied: "copied", copy: "copy",
  severity1: "high", severity2: "raised", severity3: "medium", severity4: "low", severity: "Severity",
  ledger: "Ledger of losses", ledgerNone: "No ledger was reported yet.", in: "in", out: "out", lost: "lost", nothingLost: "nothing lost", clock: "clock off by", batches: "batches", waitsFor: "Waits for batches", hole: "Accepted hole, batches", missing: "missing", records: "events",
  ledger_packets: "Packets", ledger_segments: "Segments", ledger_flows: "Flows", ledger_documents: "Documents", ledger_events: "Events",
  openAlerts: "open alerts", documentsSeen: "documents", transfers: "transfers", unread: "not read", byHour: "Last 24 hours", alertsPerHour: "alerts", documentsPerHour: "documents",
  topRules: "Rules that fired most", byLevel: "Documents by level", storedEvents: "events stored", theme: "Theme", theme_auto: "as the system", theme_light: "light", theme_dark: "dark",
  keys: "Keyboard", key_jk: "next and previous alert", key_enter: "open", key_e: "take it", key_c: "comment", key_x: "close", key_search: "search", key_esc: "back", key_help: "this help",
  undo: "Undo", undone: "Undone", untouched: "left as they were", matched: "Matched", changed: "changed", failedCount: "failed", moreRemain: "more remain: repeat it",
  allMatching: "All that match", allExplained: "This happens to every alert that matches:", assign: "Take it over", did_assign: "gave it into other hands", did_undo: "took the last step back",
  key_a: "take it over", key_z: "undo",
  searchOffers: "Completions", found: "found", histogram: "Matches over time", searchedTo: "The time was over: searched back to", goOn: "Search further back",
  wordsFrom: "Still being indexed, not searched by words: what is older than", fault_unknown_field: "There is no such field.", fault_bad_value: "The value does not fit this field.",
  fault_no_value: "Something is missing here.", fault_bad_operator: "This field has no order.", fault_quote: "The closing quote is missing.", fault_parenthesis: "The parentheses do not match.",
  fault_too_long: "This is too much for one question.", fault_too_deep: "Too many parentheses.", fault_no_words: "Nothing to search for here.", fault_no_text: "This is no text.",
  fault_alerts_only: "Known of alerts only.", faultNear: "Perhaps:", searchHelp: "Examples: level>=mat dest_zone:internet · \"tối mật\" last:7d · file:report -rule:test · 10.1.0.0/16",
  back: "Back to the list", sameDocument: "same document", skip: "Skip to the content", menu: "Menu", shadow: "shadow", seconds: "s ago", minutes: "min ago", hours: "h ago", days: "days ago", never: "never",
};
export type Key = keyof typeof en;

const vi: Record<Key, string> = {
  product: "Gatehouse",
  alerts: "Cảnh báo", appliances: "Thiết bị", overview: "Tổng quan",
  signIn: "Đăng nhập", signOut: "Đăng xuất", name: "Tên", password: "Mật khẩu", newPassword: "Mật khẩu mới", passwordAgain: "Nhập lại mật khẩu",
  signInTitle: "Đăng nhập bảng điều khiển", inviteTitle: "Tạo tài khoản", inviteReset: "Đặt mật khẩu mới",
  inviteFirst: "Bạn là quản trị viên đầu tiên của bảng điều khiển này. Hãy chọn tên và mật khẩu; sau đó không ai dùng lại được đường dẫn này.",
  inviteOther: "Đường dẫn này tạo tài khoản cho bạn và chỉ dùng được một lần.",
  inviteRules: "Ít nhất 12 ký tự. Bốn từ không liên quan tới nhau vừa dễ nhớ vừa khó đoán.",
  inviteGone: "Đường dẫn này đã dùng hoặc đã quá hạn. Hãy xin quản trị viên đường dẫn mới: gatehouse console link",
  passwordsDiffer: "Hai mật khẩu không giống nhau.", create: "Tạo tài khoản",
  setup: "Bảng điều khiển này chưa có quản trị viên. Hãy mở đường dẫn dùng một lần đã in ra khi khởi động, hoặc in đường dẫn mới bằng: gatehouse console link",
  wrong: "Sai tên hoặc mật khẩu.", tooMany: "Thử quá nhiều lần. Hãy chờ một lát rồi thử lại.",
  stateNew: "Mới", stateAcknowledged: "Đang xử lý", stateClosed: "Đã đóng", stateAll: "Tất cả",
  search: "Tìm tên tệp, địa chỉ, luật, mã băm…", noAlerts: "Không có cảnh báo",
  noAlertsNew: "Không có việc nào đang chờ. Cảnh báo mới tự hiện ra ở đây, không cần tải lại trang.",
  noAlertsOther: "Không có cảnh báo nào ở trạng thái này hoặc khớp với tìm kiếm.",
  noAppliances: "Chưa có thiết bị nào được ghi danh. Trên thiết bị: gatehouse enrol request -o request.json; tại đây: gatehouse console enrol-approve request.json -o answer.json",
  more: "Xem cũ hơn", choose: "Chọn một cảnh báo ở bên trái để biết vì sao nó xuất hiện.",
  why: "Vì sao", document: "Tài liệu", transfer: "Ai gửi gì cho ai", policy: "Chính sách", connection: "Kết nối", history: "Lịch sử xử lý",
  related: "Cùng tài liệu này ở nơi khác", raw: "Sự kiện nguyên gốc", markings: "Dấu mật tìm thấy", noMarkings: "Không tìm thấy dấu mật trong văn bản.",
  where_header: "đầu trang", where_footer: "chân trang", where_body: "nội dung", where_metadata: "thuộc tính", where_image: "hình ảnh", where_filename: "tên tệp",
  where_notes: "ghi chú", where_comment: "nhận xét", where_hidden: "chữ ẩn", page: "trang", sure: "tin cậy", inside: "bên trong",
  read_full: "đọc được toàn bộ", read_partial: "chỉ đọc được một phần", read_none: "không đọc được",
  why_encrypted: "bị mã hóa", why_too_large: "quá lớn", why_too_deep: "lồng nhau quá sâu", why_timeout: "đọc quá lâu",
  why_corrupt: "bị hỏng", why_unsupported: "dạng chưa hỗ trợ", why_crash: "bộ đọc gặp lỗi",
  unreadNote: "Không đọc được không có nghĩa là an toàn: chưa ai biết bên trong có gì.",
  level: "Độ mật", type: "Loại", size: "Kích thước", hash: "SHA-256", encoding: "Bảng mã", language: "Ngôn ngữ", features: "Đặc điểm", rules: "Luật YARA", labels: "Nhãn",
  identifiers: "Định danh", members: "Bên trong", macros: "macro", encrypted: "mã hóa", javascript: "JavaScript", embedded: "đối tượng nhúng", external: "tham chiếu ngoài",
  rule: "Luật", version: "Chính sách", decidedBy: "Dữ kiện quyết định", verdict: "Kết luận", enforced: "Thi hành",
  enforcedYes: "đã cắt kết nối", enforcedNo: "chưa thi hành", quarantined: "Cách ly", quarantinedYes: "đã niêm phong cho tiểu ban", quarantinedNo: "chưa niêm phong",
  act_allow: "cho phép", act_log: "ghi nhận", act_alert: "cảnh báo", act_quarantine: "cách ly", act_block: "chặn", policyFailed: "Chính sách gặp lỗi",
  from: "Người gửi", to: "Người nhận", cc: "Đồng nhận", subject: "Tiêu đề", attachments: "Tệp đính kèm", url: "Địa chỉ", method: "Phương thức", status: "Trả lời", agent: "Chương trình", host: "Máy chủ",
  protocol: "Giao thức", risks: "Rủi ro", flow: "Luồng", packets: "gói", bytes: "byte", appliance: "Thiết bị", heard: "liên lạc cuối", time: "Thời gian", received: "nhận lúc",
  packetsTitle: "Gói tin", packetsRecording: "Thiết bị đang ghi kết nối này.", packetsKept: "Thiết bị đang giữ các gói tin và chỉ gửi khi có người yêu cầu.",
  packetsBefore: "Thiết bị đang giữ phần trước cảnh báo; phần còn lại có thể đến sau.", packetsWanted: "Đã yêu cầu. Thiết bị sẽ biết vào lần báo cáo tới; với đường truyền yếu có thể phải chờ lâu.",
  packetsComing: "Đang gửi về", packetsHere: "Đã có ở đây. Mở tệp bằng tcpdump hoặc Wireshark.", packetsGone: "Không còn được giữ.",
  packetsRefused: "Dữ liệu nhận được không phải tệp mà thiết bị đã ký xác nhận nên đã bị bỏ.", packetsComplete: "Phạm vi", packetsAll: "toàn bộ gói tin của kết nối",
  packetsPart: "một phần của kết nối", packetsAskedBy: "Người yêu cầu", packetsFetch: "Lấy gói tin về", packetsDownload: "Tải gói tin", packetsRole: "Cán bộ xử lý có thể lấy và tải các gói tin.",
  acknowledge: "Nhận xử lý", comment: "Ghi chú", close: "Đóng", reopen: "Mở lại", cancel: "Thôi", save: "Lưu", closeTitle: "Kết thúc thế nào?",
  reason_confirmed: "Xác nhận: vi phạm thật", reason_false_alarm: "Báo nhầm: không có gì sai", reason_permitted: "Được phép: có người chịu trách nhiệm",
  closeText: "Vài chữ về lý do (giúp cải tiến chính sách)", commentText: "Bạn đã tìm hiểu được gì?",
  did_acknowledge: "đã nhận xử lý", did_comment: "đã ghi chú", did_close: "đã đóng", did_reopen: "đã mở lại", nobody: "chưa có ai", takenBy: "đang do",
  live: "trực tiếp", offline: "mất kết nối, đang thử lại", loading: "Đang tải…", failed: "Không thực hiện được", retry: "Thử lại", gone: "Không có cảnh báo này.",
  sessionOver: "Phiên làm việc đã hết. Hãy đăng nhập lại; nội dung đang nhập không bị mất.", copied: "đã chép", copy: "chép",
  severity1: "cao", severity2: "khá cao", severity3: "trung bình", severity4: "thấp", severity: "Mức độ",
  ledger: "Sổ mất mát", ledgerNone: "Chưa có sổ nào được báo về.", in: "vào", out: "ra", lost: "mất", nothingLost: "không mất gì", clock: "đồng hồ lệch", batches: "lô", waitsFor: "Đang chờ các lô", hole: "Khoảng trống đã chấp nhận, lô", missing: "thiếu", records: "sự kiện",
  ledger_packets: "Gói tin", ledger_segments: "Phân đoạn", ledger_flows: "Luồng", ledger_documents: "Tài liệu", ledger_events: "Sự kiện",
  openAlerts: "cảnh báo đang mở", documentsSeen: "tài liệu", transfers: "lượt truyền", unread: "không đọc được", byHour: "24 giờ qua", alertsPerHour: "cảnh báo", documentsPerHour: "tài liệu",
  topRules: "Luật báo nhiều nhất", byLevel: "Tài liệu theo độ mật", storedEvents: "sự kiện đã lưu", theme: "Giao diện", theme_auto: "theo hệ thống", theme_light: "sáng", theme_dark: "tối",
  keys: "Bàn phím", key_jk: "cảnh báo sau và trước", key_enter: "mở", key_e: "nhận xử lý", key_c: "ghi chú", key_x: "đóng", key_search: "tìm kiếm", key_esc: "quay lại", key_help: "bảng này",
  undo: "Hoàn tác", undone: "Đã hoàn tác", untouched: "giữ nguyên", matched: "Khớp", changed: "đã đổi", failedCount: "không được", moreRemain: "vẫn còn: hãy làm lại",
  allMatching: "Tất cả kết quả", allExplained: "Việc này áp dụng cho mọi cảnh báo khớp với:", assign: "Nhận thay", did_assign: "đã giao lại", did_undo: "đã hoàn tác bước trước",
  key_a: "nhận thay", key_z: "hoàn tác",
  searchOffers: "Gợi ý", found: "kết quả", histogram: "Kết quả theo thời gian", searchedTo: "Hết thời gian: mới tìm ngược tới", goOn: "Tìm tiếp về trước",
  wordsFrom: "Đang lập chỉ mục, chưa tìm theo từ được: những gì cũ hơn", fault_unknown_field: "Không có trường này.", fault_bad_value: "Giá trị không hợp với trường này.",
  fault_no_value: "Ở đây còn thiếu.", fault_bad_operator: "Trường này không so sánh được.", fault_quote: "Thiếu dấu ngoặc kép đóng.", fault_parenthesis: "Dấu ngoặc không khớp.",
  fault_too_long: "Câu hỏi quá dài.", fault_too_deep: "Quá nhiều dấu ngoặc.", fault_no_words: "Ở đây không có gì để tìm.", fault_no_text: "Đây không phải văn bản.",
  fault_alerts_only: "Chỉ cảnh báo mới có.", faultNear: "Có lẽ là:", searchHelp: "Ví dụ: level>=mat dest_zone:internet · \"tối mật\" last:7d · file:báo -rule:test · 10.1.0.0/16",
  back: "Về danh sách", sameDocument: "cùng tài liệu", skip: "Tới nội dung", menu: "Trình đơn", shadow: "thử bóng", seconds: "giây trước", minutes: "phút trước", hours: "giờ trước", days: "ngày trước", never: "chưa bao giờ",
};

export type Lang = "vi" | "en";
const tables = { vi, en };
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
  return tables[current][key];
}
/** A word that comes from data: its translation where there is one, otherwise the word itself. */
export function word(prefix: string, value: string | undefined | null): string {
  const key = (prefix + (value ?? "")) as Key;
  return Object.hasOwn(en, key) ? tables[current][key] : (value ?? "");
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
