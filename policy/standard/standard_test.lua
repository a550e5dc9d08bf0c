-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local inside, outside = "10.1.2.3", "203.0.113.9"

local function document(level)
  return { level = level, read = "full", features = { encrypted = false } }
end

test { "a document marked MẬT that leaves the intranet is blocked",
  facts = { src_ip = inside, dest_ip = outside, document = document("mat") },
  expect = { action = "block", rule = "state-secrets/marked-leaving" } }

test { "so is one marked TUYỆT MẬT",
  facts = { src_ip = inside, dest_ip = outside, document = document("tuyet_mat") },
  expect = { action = "block", rule = "state-secrets/marked-leaving" } }

test { "and one marked CONFIDENTIAL by another country's rules",
  facts = { src_ip = inside, dest_ip = outside, document = document("confidential") },
  expect = { action = "block", rule = "state-secrets/marked-leaving" } }

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
  expect = { action = "block", rule = "state-secrets/marked-leaving" } }

test { "an encrypted document that leaves raises an alert",
  facts = { src_ip = inside, dest_ip = outside,
    document = { level = "none", read = "none", unread_reason = "encrypted", features = { encrypted = true } } },
  expect = { action = "alert", rule = "encrypted-leaving/encrypted-leaving" } }

test { "an encrypted document inside the intranet is only logged",
  facts = { src_ip = inside, dest_ip = "192.168.1.1",
    document = { level = "none", read = "none", unread_reason = "encrypted", features = { encrypted = true } } },
  expect = { action = "log", rule = "otherwise" } }

test { "a document from disk has no zones and is only logged",
  facts = { document = document("tuyet_mat") },
  expect = { action = "log", rule = "otherwise" } }

-- How the used bundles are tuned; their own tests lie beside them.

test { "an unread document that leaves raises an alert",
  facts = { src_ip = inside, dest_ip = outside, document = { level = "none", read = "partial", unread_reason = "corrupt", features = { encrypted = false } } },
  expect = { action = "alert", rule = "state-secrets/unread-leaving" } }

test { "macros from outside are only logged",
  facts = { src_ip = outside, dest_ip = inside, document = { level = "none", read = "full", features = { encrypted = false, macros = true } } },
  expect = { action = "log", rule = "otherwise" } }

test { "macros that run by themselves are held back",
  facts = { src_ip = outside, dest_ip = inside, document = { level = "none", read = "full", features = { encrypted = false, macros = true },
    matches = { { rule = "office_macro_autoexec", tags = { "macro" } } } } },
  expect = { action = "quarantine", rule = "danger-documents/macro-runs-by-itself" } }

test { "a list of people that leaves is held back",
  facts = { src_ip = inside, dest_ip = outside, document = { level = "none", read = "full", features = { encrypted = false },
    identifiers = { { kind = "cccd", count = 50 } } } },
  expect = { action = "quarantine", rule = "personal-data/list-of-citizens-leaving" } }

test { "a copy of a registered document that leaves is blocked",
  facts = { src_ip = inside, dest_ip = outside, document = { level = "none", read = "full", features = { encrypted = false },
    similar = { { document = "r1", containment = 1, share = 1 } } } },
  expect = { action = "block", rule = "registered-documents/whole-copy-leaving" } }

test { "Tor is blocked",
  facts = { event_type = "flow", src_ip = inside, dest_ip = outside, ndpi = { proto = "TLS.Tor", category = "VPN" } },
  expect = { action = "block", rule = "shadow-protocols/tor" } }
