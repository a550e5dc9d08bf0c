-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local function alert(severity, level)
  return { event_type = "alert", alert = { severity = severity }, gatehouse = { document = { level = level } } }
end
local function says(name, facts, action, rule)
  test { name, facts = facts, expect = { action = action, rule = rule } }
end

says("an alert goes up", alert(2, "none"), "forward", "alerts")
says("also the mildest", alert(4, "toi_mat"), "forward", "alerts")
says("the content of the highest level stays", alert(1, "tuyet_mat"), "redact", "content-stays")
says("an alert about no document", { event_type = "alert", alert = { severity = 1 } }, "forward", "alerts")
says("a ledger goes up", { event_type = "stats", gatehouse = { ledger = {} } }, "forward", "ledgers")
says("numbers that are no ledger stay", { event_type = "stats" }, "drop", "otherwise")
says("a connection stays", { event_type = "flow" }, "drop", "otherwise")
says("a document that nobody complained about stays", { event_type = "fileinfo", document = { level = "mat" } }, "drop", "otherwise")
