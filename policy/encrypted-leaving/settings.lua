-- SPDX-License-Identifier: GPL-3.0-or-later
setting { name = "strict_from", default = "tuyet_mat", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Từ vùng được giữ độ mật này trở lên, tài liệu mã hóa bị giữ lại",
            en = "encrypted documents from a zone that may hold this level or higher are quarantined" } }
setting { name = "burst", default = 5, min = 2, max = 1000,
  title = { vi = "Số tài liệu mã hóa trong một giờ từ một máy thì cảnh báo nặng",
            en = "so many encrypted documents from one host in an hour are a matter of their own" } }
