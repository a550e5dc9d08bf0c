-- SPDX-License-Identifier: GPL-3.0-or-later
setting { name = "level", default = "restricted", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Từ độ mật này trở lên, tài liệu di chuyển ngoài giờ được cảnh báo",
            en = "from this level on a document that moves outside working hours is told" } }
setting { name = "bulk", default = 20, min = 2, max = 100000,
  title = { vi = "Số tài liệu khác nhau một máy lấy trong một giờ ngoài giờ làm việc thì cảnh báo",
            en = "so many different documents that one host gets within an hour outside working hours are told" } }
setting { name = "fetch_level", default = "toi_mat", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Từ độ mật này trở lên, việc lấy tài liệu trong cơ quan ngoài giờ cũng được cảnh báo",
            en = "from this level on fetching a document inside the house outside working hours is told as well" } }
