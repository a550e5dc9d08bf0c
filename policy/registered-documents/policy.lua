-- SPDX-License-Identifier: GPL-3.0-or-later
-- registered-documents: copies of what was registered with `gatehouse register`, without regard to form and
-- marking. What was published since is in lists/published.csv, by its registered name.

-- Inside the house a copy may go wherever its level may be held; to the outside none may go.
local function goes_astray(e)
  return e.leaving and (e.zone.dest == "unknown" or not e.dest_may_hold)
end

local function copies(e, test)
  return any(e.document.similar, function(s)
    return not in_list("published", s.document) and test(s)
  end)
end

rule {
  id = "whole-copy-leaving",
  title = { vi = "Bản sao toàn bộ tài liệu đăng ký rời khỏi vùng", en = "A whole registered document is leaving its zone" },
  category = "Registered document leaving",
  severity = 1,
  when = function(e)
    return goes_astray(e) and copies(e, function(s) return s.containment >= settings.whole end)
  end,
  action = "block",
  reason = {
    vi = "{fileinfo.filename} là bản sao của tài liệu đăng ký {document.similar}, đi từ vùng {zone.src} sang vùng {zone.dest}.",
    en = "{fileinfo.filename} is a copy of the registered document {document.similar} and goes from zone {zone.src} to zone {zone.dest}.",
  },
}

rule {
  id = "secret-passage-leaving",
  title = { vi = "Một đoạn của tài liệu mật đăng ký rời khỏi vùng", en = "A passage of a registered secret is leaving its zone" },
  category = "Registered document leaving",
  severity = 1,
  when = function(e)
    return goes_astray(e) and copies(e, function(s) return at_least(s.level, settings.quote_from) end)
  end,
  action = "quarantine",
  reason = {
    vi = "{fileinfo.filename} có đoạn trùng với tài liệu mật đăng ký {document.similar}, đi từ vùng {zone.src} sang vùng {zone.dest}.",
    en = "{fileinfo.filename} repeats passages of the registered secret {document.similar} and goes from zone {zone.src} to zone {zone.dest}.",
  },
}

rule {
  id = "part-leaving",
  title = { vi = "Bản sao một phần tài liệu đăng ký rời khỏi vùng", en = "Part of a registered document is leaving its zone" },
  category = "Registered document leaving",
  severity = 2,
  when = function(e)
    return goes_astray(e) and copies(e, function(s) return s.containment >= settings.part or s.share >= settings.share end)
  end,
  action = "alert",
  reason = {
    vi = "{fileinfo.filename} chứa một phần tài liệu đăng ký {document.similar}, đi từ vùng {zone.src} sang vùng {zone.dest}.",
    en = "{fileinfo.filename} has part of the registered document {document.similar} and goes from zone {zone.src} to zone {zone.dest}.",
  },
}

rule {
  id = "many-registered",
  title = { vi = "Một máy gửi đi nhiều tài liệu đăng ký", en = "One host sends many registered documents away" },
  category = "Registered document leaving",
  severity = 1,
  when = function(e)
    return goes_astray(e) and copies(e, function() return true end)
      and distinct(e.src_ip, e.document.sha256, "1h") >= settings.burst
  end,
  action = "quarantine",
  reason = {
    vi = "Máy {src_ip} gửi đi nhiều tài liệu có nội dung đăng ký trong một giờ.",
    en = "Host {src_ip} sends many documents with registered content away within an hour.",
  },
}
