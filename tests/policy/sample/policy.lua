-- SPDX-License-Identifier: GPL-3.0-or-later
-- One rule, one thought; the strictest rule that matches decides.
--   when    what must be true; `e` holds the facts of the event (policy/README.md lists them)
--   action  allow, log, alert, quarantine (also alerts) or block (also quarantines and alerts)
--   reason  what the officer reads; {fact} is filled in

rule {
  id = "marked-leaving",
  title = {
    vi = "Tài liệu có dấu mật rời khỏi vùng của nó",
    en = "A classified document is leaving its zone",
  },
  category = "Classified document leaving",
  severity = 1,
  when = function(e)
    return e.leaving and not e.dest_may_hold and at_least(e.document.level, "mat")
  end,
  action = "block",
  reason = {
    vi = "Tài liệu mang dấu {document.level} đi từ vùng {zone.src} sang vùng {zone.dest}, nơi không được giữ độ mật này.",
    en = "A document marked {document.level} goes from zone {zone.src} to zone {zone.dest}, which may not hold it.",
  },
}

rule {
  id = "encrypted-leaving",
  title = {
    vi = "Tài liệu mã hóa không đọc được rời khỏi vùng của nó",
    en = "An encrypted document that cannot be read is leaving its zone",
  },
  category = "Unreadable document leaving",
  severity = 2,
  when = function(e)
    return e.leaving and e.document.features.encrypted and e.document.read ~= "full"
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu mã hóa đi từ vùng {zone.src} sang vùng {zone.dest}: không thể biết bên trong có gì.",
    en = "An encrypted document goes from zone {zone.src} to zone {zone.dest}: nobody can tell what is inside.",
  },
}
