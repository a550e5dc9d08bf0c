// SPDX-License-Identifier: GPL-3.0-or-later
// Words of the search page: [English, Vietnamese].
import type { Words } from "./index";

export const find = {
  find_title: ["Search", "Tìm kiếm"],
  find_in: ["Search in", "Tìm trong"],
  find_alerts: ["Alerts", "Cảnh báo"],
  find_events: ["Everything recorded", "Mọi sự kiện"],
  find_brush: ["Drag over the bars to narrow the time.", "Kéo trên biểu đồ để thu hẹp thời gian."],
  find_none: ["Nothing matches", "Không có kết quả"],
  find_noneText: ["Take a word away, or widen the time. Examples:", "Hãy bỏ bớt từ hoặc mở rộng thời gian. Ví dụ:"],
  find_start: ["What are you looking for?", "Bạn cần tìm gì?"],
  find_startText: ["Words, addresses, hashes, or fields with values; they are completed while you type. Examples:", "Từ, địa chỉ, mã băm hoặc trường và giá trị; hệ thống gợi ý khi bạn gõ. Ví dụ:"],
  find_eventsAway: ["The server that keeps the events cannot be reached. Alerts, cases and everything else work. Try again shortly.", "Không kết nối được với máy chủ lưu sự kiện. Cảnh báo, vụ việc và các chức năng khác vẫn hoạt động. Hãy thử lại sau ít phút."],
  find_slow: ["The question took too long and was stopped. Narrow the time or add a word.", "Tìm kiếm quá lâu nên đã dừng. Hãy thu hẹp thời gian hoặc thêm từ."],
  find_whole: ["As recorded", "Nguyên gốc"],
  find_took: ["Answered in", "Trả lời trong"],
  away_what: ["The server that keeps the events (ClickHouse) cannot be reached", "Không kết nối được máy chủ lưu sự kiện (ClickHouse)"],
  away_since: ["since", "từ"],
  away_means: ["Nothing is lost: new events wait here. Alerts and cases work; searches and figures over older events are incomplete or fail.", "Không mất dữ liệu: sự kiện mới chờ tại đây. Cảnh báo và vụ việc vẫn dùng được; tìm kiếm và số liệu về sự kiện cũ có thể thiếu hoặc lỗi."],
  away_waiting: ["events wait.", "sự kiện đang chờ."],
  away_do: ["Check that this server runs and that the network leads to it; the console goes on by itself then.", "Hãy kiểm tra máy chủ này có chạy và mạng có thông tới đó không; sau đó hệ thống tự tiếp tục."],
  find_withheld: ["content withheld: above your clearance", "nội dung bị ẩn: vượt quyền tiếp cận của bạn"],
} as const satisfies Words;
