-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test. Times are UTC; the post lives seven hours later.

local archive, office, outside = "10.1.0.5", "10.2.0.5", "203.0.113.9"

local function document(stamp, from, to, level, sha256)
  return { event_type = "fileinfo", timestamp = stamp .. ":00.000000+0000", src_ip = from, dest_ip = to,
    document = { level = level, read = "full", sha256 = sha256 or "aa" } }
end

local function says(name, facts, action, rule, before)
  test { name, facts = facts, before = before, expect = { action = action, rule = rule } }
end

local leaves = { "alert", "leaving-after-hours" }
local function at(stamp, expect)
  local leaving = document(stamp, office, outside, "restricted")
  says("RESTRICTED leaves at " .. stamp .. " UTC", leaving, expect and expect[1] or "log", expect and expect[2] or "otherwise")
end
at("2026-11-24T00:29", leaves) -- Tuesday, 07:29
at("2026-11-24T00:30")         -- 07:30
at("2026-11-24T10:29")         -- 17:29
at("2026-11-24T10:30", leaves) -- 17:30
at("2026-11-23T05:00")         -- Monday noon
at("2026-11-24T05:00")
at("2026-11-25T05:00")
at("2026-11-26T05:00")
at("2026-11-27T05:00")
at("2026-11-28T05:00", leaves) -- Saturday
at("2026-11-29T05:00", leaves) -- Sunday
for _, day in ipairs { "2026-01-01", "2026-04-30", "2026-05-01", "2026-09-01", "2026-09-02" } do
  at(day .. "T05:00", leaves)
end

local night, noon = "2026-11-24T15:00", "2026-11-24T05:00"
says("an unmarked document leaves at night", document(night, office, outside, "none"), "log", "otherwise")
says("RESTRICTED goes to a colleague at night", document(night, office, office, "restricted"), "log", "otherwise")
says("TỐI MẬT goes to a colleague at night", document(night, office, office, "toi_mat"), "alert", "secret-after-hours")
says("MẬT goes to a colleague at night", document(night, office, office, "mat"), "log", "otherwise")
says("TỐI MẬT goes to a colleague at noon", document(noon, office, office, "toi_mat"), "log", "otherwise")
test { "TỐI MẬT on a disk at night", facts = { timestamp = night .. ":00.000000+0000", document = { level = "toi_mat" } },
  expect = { action = "log", rule = "otherwise" } }
test { "an event without a time", facts = { src_ip = office, dest_ip = outside, document = { level = "toi_mat" } },
  expect = { action = "log", rule = "otherwise" } }

local function flow(stamp, from, to, category)
  return { event_type = "flow", timestamp = stamp .. ":00.000000+0000", src_ip = from, dest_ip = to, ndpi = { proto = "RDP", category = category } }
end
says("remote control at night", flow(night, outside, office, "RemoteAccess"), "alert", "remote-after-hours")
says("remote control at noon", flow(noon, outside, office, "RemoteAccess"), "log", "otherwise")
says("remote control inside an office at night", flow(night, office, office, "RemoteAccess"), "log", "otherwise")
says("a page at night", flow(night, office, outside, "Web"), "log", "otherwise")

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

local function got(seconds, i, from, to, microseconds)
  local facts = document("", from or archive, to or office, "none", "s" .. i)
  facts.timestamp = string.sub(at(seconds, microseconds), 1, 11) .. "1" .. string.sub(at(seconds, microseconds), 13) -- ten hours later: night
  return facts
end
local nineteen = repeated(19, function(i) return got(0, i) end)
says("the twentieth document of one host within an hour at night", got(3599, 20, nil, nil, 999999), "alert", "bulk-after-hours", nineteen)
says("a moment later", got(3600, 20), "log", "otherwise", nineteen)
says("the nineteenth again", got(60, 19), "log", "otherwise", nineteen)
says("the first of another host", got(60, 20, nil, "10.2.0.6"), "log", "otherwise", nineteen)
says("the twentieth from outside", got(60, 20, outside), "log", "otherwise", repeated(19, function(i) return got(0, i, outside) end))
local function day(seconds, i)
  local facts = got(seconds, i)
  facts.timestamp = at(seconds)
  return facts
end
says("the twentieth at noon", day(60, 20), "log", "otherwise", repeated(19, function(i) return day(0, i) end))

says("the officer on duty sends", document(night, "10.2.0.77", outside, "restricted"), "log", "otherwise")
says("the officer on duty gets", document(night, archive, "10.2.0.77", "toi_mat"), "log", "otherwise")
says("on the last day of his leave", document("2026-12-31T15:00", "10.2.0.77", outside, "restricted"), "log", "otherwise")
says("on the day after", document("2027-01-01T15:00", "10.2.0.77", outside, "restricted"), "alert", "leaving-after-hours")
