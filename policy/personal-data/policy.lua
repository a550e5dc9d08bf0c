-- SPDX-License-Identifier: GPL-3.0-or-later
-- personal-data: lists of people that leave. The numbers are counted where the document is read; they are
-- never in an event themselves.

local function leaves_with(e, kind, number)
  return e.leaving and any(e.document.identifiers, function(found)
    return found.kind == kind and found.count >= number
  end)
end

rule {
  id = "list-of-citizens-leaving",
  title = { vi = "Danh sách công dân rời khỏi vùng", en = "A list of citizens is leaving its zone" },
  category = "Personal data leaving",
  severity = 1,
  when = function(e) return leaves_with(e, "cccd", settings.list) end,
  action = "quarantine",
  reason = {
    vi = "{fileinfo.filename} chứa nhiều số CCCD và đi từ vùng {zone.src} sang vùng {zone.dest}.",
    en = "{fileinfo.filename} holds many citizen numbers and goes from zone {zone.src} to zone {zone.dest}.",
  },
}

rule {
  id = "citizens-leaving",
  title = { vi = "Số CCCD rời khỏi vùng", en = "Citizen numbers are leaving their zone" },
  category = "Personal data leaving",
  severity = 3,
  when = function(e) return leaves_with(e, "cccd", settings.some) end,
  action = "alert",
  reason = {
    vi = "{fileinfo.filename} chứa số CCCD và đi từ vùng {zone.src} sang vùng {zone.dest}.",
    en = "{fileinfo.filename} holds citizen numbers and goes from zone {zone.src} to zone {zone.dest}.",
  },
}

rule {
  id = "passports-leaving",
  title = { vi = "Thông tin hộ chiếu rời khỏi vùng", en = "Passports are leaving their zone" },
  category = "Personal data leaving",
  severity = 2,
  when = function(e) return leaves_with(e, "passport_mrz", settings.passports) end,
  action = "alert",
  reason = {
    vi = "{fileinfo.filename} chứa vùng đọc máy của hộ chiếu và đi từ vùng {zone.src} sang vùng {zone.dest}.",
    en = "{fileinfo.filename} holds machine readable zones of passports and goes from zone {zone.src} to zone {zone.dest}.",
  },
}

rule {
  id = "cards-leaving",
  title = { vi = "Số thẻ thanh toán rời khỏi vùng", en = "Payment card numbers are leaving their zone" },
  category = "Personal data leaving",
  severity = 3,
  when = function(e) return leaves_with(e, "card", settings.cards) end,
  action = "alert",
  reason = {
    vi = "{fileinfo.filename} chứa số thẻ thanh toán và đi từ vùng {zone.src} sang vùng {zone.dest}.",
    en = "{fileinfo.filename} holds payment card numbers and goes from zone {zone.src} to zone {zone.dest}.",
  },
}

rule {
  id = "drip",
  title = { vi = "Dữ liệu cá nhân rời đi từng ít một", en = "Personal data leaves little by little" },
  category = "Personal data leaving",
  severity = 2,
  when = function(e)
    return e.leaving and #e.document.identifiers > 0 and times(e.src_ip, "1h") >= settings.drip
  end,
  action = "alert",
  reason = {
    vi = "Máy {src_ip} gửi nhiều tài liệu có định danh cá nhân ra ngoài vùng trong một giờ.",
    en = "Host {src_ip} sends many documents with personal identifiers out of its zone within an hour.",
  },
}
