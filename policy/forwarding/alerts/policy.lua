-- SPDX-License-Identifier: GPL-3.0-or-later
-- alerts: what the console above is told. What no rule names stays in the region, and is counted.

local function stays(e)
  return settings.content_below ~= "never" and at_least(e.document.level, settings.content_below)
end

rule {
  id = "alerts",
  title = { vi = "Cảnh báo", en = "Alerts" },
  when = function(e) return not stays(e) end,
  action = "forward",
  reason = {
    vi = "Cảnh báo mức {alert.severity} được gửi lên trên.",
    en = "An alert of severity {alert.severity} goes up.",
  },
}

rule {
  id = "content-stays",
  title = { vi = "Cảnh báo, nội dung ở lại vùng", en = "Alerts whose content stays in the region" },
  when = stays,
  action = "redact",
  reason = {
    vi = "Tài liệu ở mức {document.level}: nơi gửi, nơi nhận và luật được gửi lên, nội dung thì không.",
    en = "The document is {document.level}: places and rule go up, the content does not.",
  },
}

rule {
  id = "ledgers",
  on = { "stats" },
  title = { vi = "Sổ cái", en = "Ledgers" },
  when = function(e) return e.gatehouse.ledger ~= nil end,
  action = "forward",
  reason = {
    vi = "Sổ cái của thiết bị được gửi lên trên.",
    en = "The appliance's ledger goes up.",
  },
}
