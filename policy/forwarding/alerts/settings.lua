-- SPDX-License-Identifier: GPL-3.0-or-later
setting {
  name = "content_below",
  title = {
    vi = "Mức mật từ đó nội dung ở lại vùng; never: nội dung luôn được gửi",
    en = "Level from which on the content stays in the region; never: it always goes",
  },
  default = "tuyet_mat",
  values = { "never", "mat", "toi_mat", "tuyet_mat" },
}
