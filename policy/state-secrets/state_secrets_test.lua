-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local archive, office, counter, guest, outside = "10.1.0.5", "10.2.0.5", "10.3.0.5", "10.9.0.5", "203.0.113.9"

local function document(level, more)
  local d = { level = level, level_source = level == "none" and "none" or "marking", read = "full", sha256 = "00",
    features = { encrypted = false }, labels = {}, markings = {} }
  if more then
    for _, k in ipairs { "level_source", "read", "unread_reason", "features", "labels", "markings", "sha256" } do
      if more[k] ~= nil then d[k] = more[k] end
    end
  end
  return d
end

local function travels(name, from, to, doc, action, rule)
  test { name, facts = { src_ip = from, dest_ip = to, document = doc }, expect = { action = action, rule = rule } }
end

travels("MẬT from an office to the Internet is blocked", office, outside, document("mat"), "block", "marked-leaving")
travels("TUYỆT MẬT likewise", office, outside, document("tuyet_mat"), "block", "marked-leaving")
travels("CONFIDENTIAL by another country's rules likewise", office, outside, document("confidential"), "block", "marked-leaving")
travels("TUYỆT MẬT from the archive to the offices, which may hold TỐI MẬT", archive, office, document("tuyet_mat"), "block", "marked-leaving")
travels("TỐI MẬT from the archive to the offices is right", archive, office, document("toi_mat"), "log", "otherwise")
travels("MẬT from an office to the counter is blocked", office, counter, document("mat"), "block", "marked-leaving")
travels("RESTRICTED to the Internet is told", office, outside, document("restricted"), "alert", "restricted-leaving")
travels("RESTRICTED to the counter, which may hold it", office, counter, document("restricted"), "log", "otherwise")
travels("RESTRICTED from an office to the guests is told", office, guest, document("restricted"), "alert", "restricted-leaving")
travels("RESTRICTED that comes in from outside", outside, guest, document("restricted"), "log", "otherwise")
travels("a clean document may leave", office, outside, document("none"), "log", "otherwise")
travels("MẬT between two guests is in the wrong place", guest, guest, document("mat"), "alert", "marked-in-wrong-zone")
travels("MẬT that comes in to the guests likewise", outside, guest, document("mat"), "alert", "marked-in-wrong-zone")
travels("RESTRICTED between guests is not worth an alert", guest, guest, document("restricted"), "log", "otherwise")
travels("MẬT that comes in to the offices is only logged", outside, office, document("mat"), "log", "otherwise")
travels("MẬT inside the offices is only logged", office, office, document("mat"), "log", "otherwise")
travels("IPv6 counts as well", "fd00:2::5", "2001:db8::1", document("mat"), "block", "marked-leaving")
test { "a document from disk has no zones", facts = { document = document("tuyet_mat") }, expect = { action = "log", rule = "otherwise" } }

local below = { { kind = "msip", level = "restricted", value = "General" } }
local same = { { kind = "msip", level = "mat", value = "Secret" } }
local without = { { kind = "tlp", value = "TLP:RED" } }
travels("a label below the marking", office, office, document("mat", { labels = below }), "alert", "label-understates")
travels("one of two labels below it", office, office, document("mat", { labels = { same[1], below[1] } }), "alert", "label-understates")
travels("a label that agrees", office, office, document("mat", { labels = same }), "log", "otherwise")
travels("a label without a level", office, office, document("mat", { labels = without }), "log", "otherwise")
travels("a low label beside a higher one, no marking", office, office,
  document("mat", { level_source = "label", labels = below, markings = { { where = "header", level = "mat" } } }), "log", "otherwise")
travels("a label of no level beside RESTRICTED", office, office, document("restricted", { labels = { { kind = "msip", level = "none" } } }),
  "log", "otherwise")
travels("a label and no marking", office, office, document("mat", { level_source = "label", labels = same }), "alert", "label-without-marking")
travels("a label, and a marking only in the name", office, office,
  document("mat", { level_source = "label", labels = same, markings = { { where = "filename", level = "mat" } } }), "alert", "label-without-marking")
travels("a label and a marking", office, office,
  document("mat", { level_source = "label", labels = same, markings = { { where = "body", level = "mat" } } }), "log", "otherwise")
travels("a label below what is guarded", office, office, document("restricted", { level_source = "label" }), "log", "otherwise")
travels("a level found by a rule needs no marking", office, office, document("mat", { level_source = "rule" }), "log", "otherwise")

local unread = { read = "partial", unread_reason = "corrupt" }
travels("unread from the archive", archive, outside, document("none", unread), "alert", "unread-leaving")
travels("read through from the archive", archive, outside, document("none"), "log", "otherwise")
travels("unread inside the archive", archive, archive, document("none", unread), "log", "otherwise")
travels("unread from an office", office, outside, document("none", unread), "log", "otherwise")
travels("encrypted is another bundle's matter", archive, outside,
  document("none", { read = "none", unread_reason = "encrypted", features = { encrypted = true } }), "log", "otherwise")

local released = "4a0b7fcbf1b3a7b5f9f7d8f0e6a6a3f0c8f2c5d4b1e0f9a8b7c6d5e4f3a2b1c0"
local function on(day, action, rule)
  test { "a released document leaves on " .. day, facts = { timestamp = day .. "T05:00:00.000000+0000", src_ip = office, dest_ip = outside,
    document = document("mat", { sha256 = released }) }, expect = { action = action, rule = rule } }
end
on("2026-12-31", "log", "otherwise")
on("2027-01-01", "block", "marked-leaving")
