-- SPDX-License-Identifier: GPL-3.0-or-later
setting { name = "external_refs", default = 1, min = 1, max = 10000,
  title = { vi = "Từ số tham chiếu ngoài này, tài liệu Office từ bên ngoài được cảnh báo",
            en = "an Office document from outside with so many outside references is told" } }
setting { name = "macro_wave", default = 3, min = 2, max = 1000,
  title = { vi = "Số máy nhận cùng một tài liệu có macro trong một giờ thì giữ lại",
            en = "so many hosts that get the same macro document within an hour are a wave" } }
