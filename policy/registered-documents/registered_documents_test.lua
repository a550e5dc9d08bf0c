-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local archive, office, guest, outside = "10.1.0.5", "10.2.0.5", "10.9.0.5", "203.0.113.9"

local function document(from, to, similar, more)
  more = more or {}
  return { timestamp = more.timestamp, src_ip = from, dest_ip = to, fileinfo = { filename = "a.docx" },
    document = { level = more.level or "none", read = "full", sha256 = more.sha256 or "aa", similar = similar } }
end

local function similar(containment, share, level, name)
  return { { document = name or "reg-1", containment = containment, share = share, level = level } }
end

local function says(name, facts, action, rule, before)
  test { name, facts = facts, before = before, expect = { action = action, rule = rule } }
end

says("a whole copy to the outside", document(office, outside, similar(0.8, 0.1)), "block", "whole-copy-leaving")
says("a little less than whole", document(office, outside, similar(0.799, 0.1)), "alert", "part-leaving")
says("a whole copy of a marked document to guests", document(office, guest, similar(1, 1, "mat"), { level = "mat" }), "block", "whole-copy-leaving")
says("a whole copy from the archive to an office that may hold it", document(archive, office, similar(1, 1, "mat"), { level = "mat" }), "log", "otherwise")
says("a whole copy inside an office", document(office, office, similar(1, 1, "tuyet_mat"), { level = "tuyet_mat" }), "log", "otherwise")
says("a whole copy that comes in", document(outside, office, similar(1, 1, "mat"), { level = "mat" }), "log", "otherwise")
says("the second of two", document(office, outside, { similar(0.01, 0.01)[1], similar(1, 1, "none", "reg-2")[1] }), "block", "whole-copy-leaving")
says("a passage of a TỐI MẬT document", document(office, outside, similar(0.05, 0.05, "toi_mat")), "quarantine", "secret-passage-leaving")
says("a passage of a MẬT document", document(office, outside, similar(0.05, 0.05, "mat")), "log", "otherwise")
says("a passage of a TỐI MẬT document stays", document(office, office, similar(0.05, 0.05, "toi_mat")), "log", "otherwise")
says("a fifth of a document", document(office, outside, similar(0.2, 0.01)), "alert", "part-leaving")
says("a little less than a fifth", document(office, outside, similar(0.199, 0.01)), "log", "otherwise")
says("half of what leaves is registered", document(office, outside, similar(0.01, 0.5)), "alert", "part-leaving")
says("a little less than half", document(office, outside, similar(0.01, 0.499)), "log", "otherwise")
says("a part that stays", document(office, office, similar(0.5, 0.5)), "log", "otherwise")
says("nothing registered in it", document(office, outside, {}), "log", "otherwise")
says("what was published", document(office, outside, similar(1, 1, "tuyet_mat", "tb-2026-01")), "log", "otherwise")
says("what was published beside what was not", document(office, outside, { similar(1, 1, "none", "tb-2026-01")[1], similar(0.2, 0.1)[1] }),
  "alert", "part-leaving")

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

local function sent(seconds, i, from, to, microseconds)
  return document(from or office, to or outside, similar(0.05, 0.05), { timestamp = at(seconds, microseconds), sha256 = "s" .. i })
end
local four = repeated(4, function(i) return sent(0, i) end)
says("the fifth document with registered content within an hour", sent(3599, 5, nil, nil, 999999), "quarantine", "many-registered", four)
says("a moment later", sent(3600, 5), "log", "otherwise", four)
says("the fourth again", sent(60, 4), "log", "otherwise", four)
says("the first of another host", sent(60, 5, archive), "log", "otherwise", four)
says("the fifth stays", sent(60, 5, office, office), "log", "otherwise", four)
local function plain(seconds, i) return document(office, outside, {}, { timestamp = at(seconds), sha256 = "s" .. i }) end
says("the fifth document without", plain(60, 5), "log", "otherwise", repeated(4, function(i) return plain(0, i) end))
