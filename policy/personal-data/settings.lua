-- SPDX-License-Identifier: GPL-3.0-or-later
setting { name = "list", default = 50, min = 1, max = 1000000,
  title = { vi = "Từ số lượng CCCD này, tài liệu rời vùng bị giữ lại",
            en = "a leaving document with so many citizen numbers is quarantined" } }
setting { name = "some", default = 10, min = 1, max = 1000000,
  title = { vi = "Từ số lượng CCCD này, tài liệu rời vùng được cảnh báo",
            en = "a leaving document with so many citizen numbers is told" } }
setting { name = "passports", default = 3, min = 1, max = 1000000,
  title = { vi = "Từ số hộ chiếu này, tài liệu rời vùng được cảnh báo",
            en = "a leaving document with so many passports is told" } }
setting { name = "cards", default = 5, min = 1, max = 1000000,
  title = { vi = "Từ số thẻ thanh toán này, tài liệu rời vùng được cảnh báo",
            en = "a leaving document with so many payment cards is told" } }
setting { name = "drip", default = 20, min = 2, max = 100000,
  title = { vi = "Số tài liệu có định danh cá nhân rời đi từ một máy trong một giờ thì cảnh báo",
            en = "so many leaving documents with any identifier from one host within an hour are told" } }
