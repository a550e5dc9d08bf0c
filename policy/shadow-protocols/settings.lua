-- SPDX-License-Identifier: GPL-3.0-or-later
setting { name = "upload_mb", default = 500, min = 1, max = 1000000,
  title = { vi = "Số MB một kết nối gửi ra ngoài thì cảnh báo",
            en = "so many MB that one connection carries out are told" } }
setting { name = "scan_hosts", default = 20, min = 2, max = 10000,
  title = { vi = "Số máy mà một máy điều khiển từ xa trong mười phút thì cảnh báo",
            en = "so many hosts that one host controls remotely within ten minutes are told" } }
