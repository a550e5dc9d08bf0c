-- SPDX-License-Identifier: GPL-3.0-or-later
setting { name = "block_from", default = "mat", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Từ độ mật này trở lên không được gửi thư ra ngoài, kể cả cho đối tác",
            en = "from this level on nothing is mailed outside, partners included" } }
setting { name = "alert_from", default = "restricted", values = { "restricted", "mat", "toi_mat", "tuyet_mat" },
  title = { vi = "Từ độ mật này trở lên, thư gửi cho người không phải đối tác được cảnh báo",
            en = "from this level on mail to others than partners is told" } }
setting { name = "most_outsiders", default = 20, min = 1, max = 1000,
  title = { vi = "Số người nhận bên ngoài nhiều nhất của một thư có tài liệu",
            en = "at most so many recipients outside for one mail with a document" } }
setting { name = "burst", default = 30, min = 2, max = 10000,
  title = { vi = "Số tài liệu một người gửi ra ngoài trong một giờ thì cảnh báo",
            en = "so many documents mailed outside by one sender in an hour are told" } }
