-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local inside, outside = "10.1.2.3", "203.0.113.9"

local function document(level)
  return { level = level, read = "full", features = { encrypted = false } }
end

test { "a document marked MẬT that leaves the intranet is blocked",
  facts = { src_ip = inside, dest_ip = outside, document = document("mat") },
  expect = { action = "block", rule = "marked-leaving" } }

test { "so is one marked TUYỆT MẬT",
  facts = { src_ip = inside, dest_ip = outside, document = document("tuyet_mat") },
  expect = { action = "block", rule = "marked-leaving" } }

test { "and one marked CONFIDENTIAL by another country's rules",
  facts = { src_ip = inside, dest_ip = outside, document = document("confidential") },
  expect = { action = "block", rule = "marked-leaving" } }

test { "RESTRICTED is below MẬT and is only logged",
  facts = { src_ip = inside, dest_ip = outside, document = document("restricted") },
  expect = { action = "log", rule = "otherwise" } }

test { "a marked document inside the intranet is only logged",
  facts = { src_ip = inside, dest_ip = "10.9.9.9", document = document("toi_mat") },
  expect = { action = "log", rule = "otherwise" } }

test { "a marked document that comes in from outside does not leave its zone",
  facts = { src_ip = outside, dest_ip = inside, document = document("mat") },
  expect = { action = "log", rule = "otherwise" } }

test { "a clean document may leave",
  facts = { src_ip = inside, dest_ip = outside, document = document("none") },
  expect = { action = "log", rule = "otherwise" } }

test { "IPv6 counts as well",
  facts = { src_ip = "fd00::5", dest_ip = "2001:db8::1", document = document("mat") },
  expect = { action = "block", rule = "marked-leaving" } }

test { "an encrypted document that leaves raises an alert",
  facts = { src_ip = inside, dest_ip = outside,
    document = { level = "none", read = "none", unread_reason = "encrypted", features = { encrypted = true } } },
  expect = { action = "alert", rule = "encrypted-leaving" } }

test { "an encrypted document inside the intranet is only logged",
  facts = { src_ip = inside, dest_ip = "192.168.1.1",
    document = { level = "none", read = "none", unread_reason = "encrypted", features = { encrypted = true } } },
  expect = { action = "log", rule = "otherwise" } }

test { "a document from disk has no zones and is only logged",
  facts = { document = document("tuyet_mat") },
  expect = { action = "log", rule = "otherwise" } }
