-- SPDX-License-Identifier: GPL-3.0-or-later
-- state-secrets: a marked document stays where its level may be held.

-- Documents that were released are named by their SHA-256 in lists/except-released.csv, with an owner and an end.
local function marked(e, level)
  return at_least(e.document.level, level) and not in_list("except-released", e.document.sha256)
end

rule {
  id = "marked-leaving",
  title = {
    vi = "Tài liệu có dấu mật rời khỏi vùng của nó",
    en = "A classified document is leaving its zone",
  },
  category = "Classified document leaving",
  severity = 1,
  when = function(e)
    return e.leaving and not e.dest_may_hold and marked(e, settings.guard_from)
  end,
  action = "block",
  reason = {
    vi = "Tài liệu mang dấu {document.level} đi từ vùng {zone.src} sang vùng {zone.dest}, nơi không được giữ độ mật này.",
    en = "A document marked {document.level} goes from zone {zone.src} to zone {zone.dest}, which may not hold it.",
  },
}

rule {
  id = "restricted-leaving",
  title = {
    vi = "Tài liệu hạn chế rời khỏi vùng của nó",
    en = "A restricted document is leaving its zone",
  },
  category = "Classified document leaving",
  severity = 3,
  when = function(e)
    return e.leaving and not e.dest_may_hold and marked(e, settings.watch_from)
      and not at_least(e.document.level, settings.guard_from)
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu mang dấu {document.level} đi từ vùng {zone.src} sang vùng {zone.dest}, nơi không được giữ độ mật này.",
    en = "A document marked {document.level} goes from zone {zone.src} to zone {zone.dest}, which may not hold it.",
  },
}

rule {
  id = "marked-in-wrong-zone",
  title = {
    vi = "Tài liệu có dấu mật nằm trong vùng không được giữ nó",
    en = "A classified document is in a zone that may not hold it",
  },
  category = "Classified document misplaced",
  severity = 2,
  when = function(e)
    return e.dest_ip and not e.leaving and not e.dest_may_hold and marked(e, settings.guard_from)
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu mang dấu {document.level} được truyền trong vùng {zone.dest}, nơi chỉ được giữ đến {zone.dest_holds}.",
    en = "A document marked {document.level} travels in zone {zone.dest}, which may hold {zone.dest_holds} at most.",
  },
}

rule {
  id = "label-understates",
  title = {
    vi = "Nhãn điện tử thấp hơn dấu mật trong văn bản",
    en = "A label states less than the marking in the text",
  },
  category = "Contradicting classification",
  severity = 2,
  when = function(e)
    return e.document.level_source == "marking" and marked(e, settings.guard_from)
      and any(e.document.labels, function(label)
        return label.level and not at_least(label.level, e.document.level)
      end)
  end,
  action = "alert",
  reason = {
    vi = "Văn bản mang dấu {document.level} nhưng nhãn điện tử ghi thấp hơn: {document.labels}.",
    en = "The text is marked {document.level} but a label states less: {document.labels}.",
  },
}

rule {
  id = "label-without-marking",
  title = {
    vi = "Nhãn điện tử ghi độ mật nhưng văn bản không có dấu",
    en = "A label states a level but the text bears no marking",
  },
  category = "Contradicting classification",
  severity = 3,
  when = function(e)
    return e.document.level_source == "label" and marked(e, settings.guard_from)
      and count(e.document.markings, function(m) return m.where ~= "filename" end) == 0
  end,
  action = "alert",
  reason = {
    vi = "Nhãn điện tử ghi {document.level} nhưng không có dấu mật nào trong văn bản: dấu đã bị bỏ hay nhãn sai.",
    en = "A label states {document.level} but there is no marking in the text: it was removed, or the label is wrong.",
  },
}

rule {
  id = "unread-leaving",
  title = {
    vi = "Tài liệu không đọc hết rời khỏi vùng lưu trữ",
    en = "A document that was not read through leaves a guarded zone",
  },
  category = "Unreadable document leaving",
  severity = 3,
  when = function(e)
    return e.leaving and e.document.read ~= "full" and not e.document.features.encrypted
      and at_least(e.zone.src_holds, settings.unread_from)
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu đi từ vùng {zone.src} sang vùng {zone.dest} mà không đọc hết được ({document.unread_reason}).",
    en = "A document goes from zone {zone.src} to zone {zone.dest} and was not read through ({document.unread_reason}).",
  },
}
