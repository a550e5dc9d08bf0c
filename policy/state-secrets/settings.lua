-- SPDX-License-Identifier: GPL-3.0-or-later
setting { name = "guard_from", default = "mat", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Từ độ mật này trở lên, tài liệu bị chặn khi rời vùng được giữ nó",
            en = "from this level on a document is blocked when it leaves the zones that may hold it" } }
setting { name = "watch_from", default = "restricted", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Từ độ mật này trở lên (dưới mức chặn), việc rời vùng được cảnh báo",
            en = "from this level on (below the one that is blocked) leaving is told" } }
setting { name = "unread_from", default = "tuyet_mat", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Tài liệu không đọc hết được cảnh báo khi rời vùng được giữ từ độ mật này trở lên",
            en = "a document that was not read through is told when it leaves a zone that may hold this level or higher" } }
