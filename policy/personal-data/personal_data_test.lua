-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local archive, office, outside = "10.1.0.5", "10.2.0.5", "203.0.113.9"

local function document(from, to, kind, number, stamp)
  return { timestamp = stamp, src_ip = from, dest_ip = to, fileinfo = { filename = "a.xlsx" },
    document = { level = "none", read = "full", sha256 = "aa", identifiers = kind and { { kind = kind, count = number } } or {} } }
end

local function says(name, facts, action, rule, before)
  test { name, facts = facts, before = before, expect = { action = action, rule = rule } }
end

says("50 citizens leave", document(office, outside, "cccd", 50), "quarantine", "list-of-citizens-leaving")
says("49 citizens leave", document(office, outside, "cccd", 49), "alert", "citizens-leaving")
says("10 citizens leave", document(office, outside, "cccd", 10), "alert", "citizens-leaving")
says("9 citizens leave", document(office, outside, "cccd", 9), "log", "otherwise")
says("50 citizens go from the archive to an office", document(archive, office, "cccd", 50), "quarantine", "list-of-citizens-leaving")
says("50 citizens stay", document(office, office, "cccd", 50), "log", "otherwise")
says("50 citizens come in", document(outside, office, "cccd", 50), "log", "otherwise")
says("3 passports leave", document(office, outside, "passport_mrz", 3), "alert", "passports-leaving")
says("2 passports leave", document(office, outside, "passport_mrz", 2), "log", "otherwise")
says("3 passports stay", document(office, office, "passport_mrz", 3), "log", "otherwise")
says("5 cards leave", document(office, outside, "card", 5), "alert", "cards-leaving")
says("4 cards leave", document(office, outside, "card", 4), "log", "otherwise")
says("5 cards stay", document(office, office, "card", 5), "log", "otherwise")
says("50 of a kind that no rule counts", document(office, outside, "other", 50), "log", "otherwise")
says("a document without any", document(office, outside), "log", "otherwise")
local both = document(office, outside, "card", 4)
both.document.identifiers[2] = { kind = "cccd", count = 50 }
says("two kinds in one document", both, "quarantine", "list-of-citizens-leaving")

-- So long after ten o'clock in Hanoi.
local function at(seconds, microseconds)
  local function two(n) return string.sub("0" .. n, -2) end
  return "2026-11-24T" .. two(3 + seconds // 3600) .. ":" .. two(seconds // 60 % 60) .. ":" .. two(seconds % 60) .. "." ..
    string.sub("00000" .. (microseconds or 0), -6) .. "+0000"
end

local function repeated(n, make)
  local list = {}
  for i = 1, n do list[i] = make(i) end
  return list
end

local function sent(seconds, from, microseconds) return document(from or office, outside, "cccd", 1, at(seconds, microseconds)) end
local before = repeated(19, function() return sent(0) end)
says("the twentieth document with a number from one host within an hour", sent(3599, nil, 999999), "alert", "drip", before)
says("a moment later", sent(3600), "log", "otherwise", before)
says("the nineteenth", sent(60), "log", "otherwise", repeated(18, function() return sent(0) end))
says("the first of another host", sent(60, archive), "log", "otherwise", before)
says("the twentieth that stays", document(office, office, "cccd", 1, at(60)), "log", "otherwise", before)
says("the twentieth without any number", document(office, outside, nil, nil, at(60)), "log", "otherwise",
  repeated(19, function() return document(office, outside, nil, nil, at(0)) end))
