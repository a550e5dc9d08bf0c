-- SPDX-License-Identifier: GPL-3.0-or-later
setting { name = "whole", default = 0.8, min = 0.01, max = 1,
  title = { vi = "Từ phần này của tài liệu đăng ký trở lên là bản sao toàn bộ",
            en = "so much of a registered document is a whole copy" } }
setting { name = "part", default = 0.2, min = 0.01, max = 1,
  title = { vi = "Từ phần này của tài liệu đăng ký trở lên là bản sao một phần",
            en = "so much of a registered document is a partial copy" } }
setting { name = "quote_from", default = "toi_mat", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Từ độ mật này trở lên, mọi đoạn trích rời vùng đều bị giữ lại",
            en = "from this level on any passage that leaves is quarantined" } }
setting { name = "share", default = 0.5, min = 0.01, max = 1,
  title = { vi = "Từ tỷ lệ này của tài liệu gửi đi là nội dung đăng ký thì cảnh báo",
            en = "a document of which so much is registered content is told" } }
setting { name = "burst", default = 5, min = 2, max = 1000,
  title = { vi = "Số tài liệu khác nhau có nội dung đăng ký từ một máy trong một giờ thì giữ lại",
            en = "so many different documents with registered content from one host within an hour are quarantined" } }
