-- SPDX-License-Identifier: GPL-3.0-or-later
-- working-hours: what moves when nobody should be at work. zones.lua holds the calendar; who has leave to work at
-- night stands in lists/except-night.csv, by address, with an owner and an end.

local function after_hours(e)
  return e.time.working == false and not in_list("except-night", e.src_ip) and not in_list("except-night", e.dest_ip)
end

rule {
  id = "leaving-after-hours",
  title = { vi = "Tài liệu rời khỏi vùng ngoài giờ làm việc", en = "A document leaves its zone outside working hours" },
  category = "Outside working hours",
  severity = 2,
  when = function(e)
    return after_hours(e) and e.leaving and at_least(e.document.level, settings.level)
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu mang dấu {document.level} đi từ vùng {zone.src} sang vùng {zone.dest} lúc {time.hour} giờ ngày {time.date}, ngoài giờ làm việc.",
    en = "A document marked {document.level} goes from zone {zone.src} to zone {zone.dest} on {time.date} in hour {time.hour}, outside working hours.",
  },
}

rule {
  id = "secret-after-hours",
  title = { vi = "Tài liệu có dấu mật được lấy ra ngoài giờ làm việc", en = "A classified document is fetched outside working hours" },
  category = "Outside working hours",
  severity = 3,
  when = function(e)
    return after_hours(e) and e.dest_ip and at_least(e.document.level, settings.fetch_level)
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu mang dấu {document.level} đi từ {src_ip} tới {dest_ip} lúc {time.hour} giờ ngày {time.date}, ngoài giờ làm việc.",
    en = "A document marked {document.level} goes from {src_ip} to {dest_ip} on {time.date} in hour {time.hour}, outside working hours.",
  },
}

rule {
  id = "bulk-after-hours",
  title = { vi = "Một máy lấy nhiều tài liệu ngoài giờ làm việc", en = "One host gets many documents outside working hours" },
  category = "Outside working hours",
  severity = 2,
  when = function(e)
    return after_hours(e) and e.zone.src ~= "unknown"
      and distinct(e.dest_ip, e.document.sha256, "1h") >= settings.bulk
  end,
  action = "alert",
  reason = {
    vi = "Máy {dest_ip} lấy nhiều tài liệu khác nhau từ vùng {zone.src} trong một giờ, ngoài giờ làm việc ({time.date}).",
    en = "Host {dest_ip} gets many different documents from zone {zone.src} within an hour, outside working hours ({time.date}).",
  },
}

rule {
  id = "remote-after-hours",
  on = { "flow" },
  title = { vi = "Điều khiển máy từ xa ngoài giờ làm việc", en = "Remote control outside working hours" },
  category = "Outside working hours",
  severity = 2,
  when = function(e)
    return after_hours(e) and e.ndpi.category == "RemoteAccess" and e.zone.src ~= e.zone.dest
  end,
  action = "alert",
  reason = {
    vi = "{src_ip} (vùng {zone.src}) mở {ndpi.proto} tới {dest_ip} (vùng {zone.dest}) lúc {time.hour} giờ ngày {time.date}.",
    en = "{src_ip} (zone {zone.src}) opens {ndpi.proto} to {dest_ip} (zone {zone.dest}) on {time.date} in hour {time.hour}.",
  },
}
