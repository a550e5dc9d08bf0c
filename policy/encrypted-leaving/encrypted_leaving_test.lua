-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local archive, office, outside, partner = "10.1.0.5", "10.2.0.5", "203.0.113.9", "192.0.2.7"

local function document(from, to, more)
  more = more or {}
  return { timestamp = more.timestamp, src_ip = from, dest_ip = to, document = { level = "none", kind = more.kind or "zip", read = more.read or "none",
    features = { encrypted = more.encrypted ~= false } } }
end

local function says(name, facts, action, rule, before)
  test { name, facts = facts, before = before, expect = { action = action, rule = rule } }
end

says("an encrypted document leaves an office", document(office, outside), "alert", "encrypted-leaving")
says("one that was read in part", document(office, outside, { read = "partial" }), "alert", "encrypted-leaving")
says("one that was read with a known password", document(office, outside, { read = "full" }), "log", "otherwise")
says("one that is not encrypted", document(office, outside, { encrypted = false }), "log", "otherwise")
says("one that stays", document(office, office), "log", "otherwise")
says("one that comes in", document(outside, office), "log", "otherwise")
says("one for a partner with whom ciphers are agreed", document(office, partner), "log", "otherwise")
says("one from the archive", document(archive, office), "quarantine", "encrypted-from-archive")
says("one from the archive to itself", document(archive, archive), "log", "otherwise")
says("a document in clear from the archive", document(archive, office, { encrypted = false }), "log", "otherwise")

for _, kind in ipairs { "keepass", "luks" } do
  says("a store of kind " .. kind, document(office, outside, { kind = kind, encrypted = false }), "quarantine", "vault-leaving")
  says("a store of kind " .. kind .. " stays", document(office, office, { kind = kind }), "log", "otherwise")
end

local function share(from, to, encrypted)
  return { event_type = "smb", src_ip = from, dest_ip = to, gatehouse = { smb = { encrypted = encrypted } } }
end
says("an encrypted share outside", share(office, outside, true), "alert", "encrypted-share")
says("a share in clear outside", share(office, outside, false), "log", "otherwise")
says("an encrypted share inside", share(office, office, true), "log", "otherwise")
says("an encrypted share of a partner", share(office, partner, true), "log", "otherwise")

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

local function sent(seconds, from, to, microseconds)
  return document(from or office, to or outside, { timestamp = at(seconds, microseconds) })
end
local four = repeated(4, function() return sent(0) end)
says("the fifth encrypted document of a host within an hour", sent(3599, nil, nil, 999999), "quarantine", "many-encrypted", four)
says("the fifth a moment later", sent(3600), "alert", "encrypted-leaving", four)
says("the fourth", sent(60), "alert", "encrypted-leaving", repeated(3, function() return sent(0) end))
says("the first of another host", sent(60, "10.2.0.6"), "alert", "encrypted-leaving", four)
says("the fifth that stays", sent(60, office, office), "log", "otherwise", four)
says("the fifth for a partner", sent(60, office, partner), "log", "otherwise", four)
