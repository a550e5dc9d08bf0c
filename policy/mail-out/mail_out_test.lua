-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local own, partner, stranger, private = "<an@bo.example>", "<b@doi-tac.example>", "<c@khac.example>", "<d@gmail.com>"

local function mail(level, from, to, more)
  more = more or {}
  return { timestamp = more.timestamp, src_ip = "10.2.0.5", dest_ip = "10.2.0.25", smtp = { mail_from = from, rcpt_to = to },
    email = { to = more.to or to, cc = more.cc or {} }, fileinfo = { filename = more.filename or "a.docx" },
    document = { level = level, read = "full", sha256 = "aa" } }
end

local function says(name, facts, action, rule, before)
  test { name, facts = facts, before = before, expect = { action = action, rule = rule } }
end

says("MẬT to a stranger", mail("mat", own, { stranger }), "block", "secret-mailed-out")
says("MẬT to a partner", mail("mat", own, { partner }), "block", "secret-mailed-out")
says("MẬT to a colleague and a partner", mail("tuyet_mat", own, { "<em@bo.example>", partner }), "block", "secret-mailed-out")
says("MẬT to colleagues", mail("mat", own, { "<em@bo.example>", "<EM@BO.EXAMPLE>" }), "log", "otherwise")
says("RESTRICTED to a stranger", mail("restricted", own, { partner, stranger }), "alert", "restricted-to-stranger")
says("RESTRICTED to a partner", mail("restricted", own, { partner }), "log", "otherwise")
says("RESTRICTED to a colleague", mail("restricted", own, { own }), "log", "otherwise")
says("an unmarked document to a stranger", mail("none", own, { stranger }), "log", "otherwise")
says("a marked text, not attached", mail("restricted", own, { stranger }, { filename = "" }), "alert", "restricted-to-stranger")
test { "a document that was not mailed", facts = { src_ip = "10.2.0.5", dest_ip = "203.0.113.9", document = { level = "mat" } },
  expect = { action = "log", rule = "otherwise" } }

for _, domain in ipairs { "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "yahoo.com.vn", "icloud.com", "me.com",
  "proton.me", "protonmail.com", "mail.ru", "yandex.ru", "yandex.com", "gmx.com", "gmx.net", "aol.com", "zoho.com", "tutanota.com", "qq.com", "163.com",
  "126.com" } do
  says("a document to a mailbox at " .. domain, mail("none", own, { "<d@" .. domain .. ">" }), "alert", "document-to-private-mailbox")
end
says("in capitals as well", mail("none", own, { "<D@Gmail.COM>" }), "alert", "document-to-private-mailbox")
says("a text to a private mailbox", mail("none", own, { private }, { filename = "" }), "log", "otherwise")
says("a document from a private mailbox to another", mail("none", "<x@yahoo.com>", { private }), "log", "otherwise")
says("a document from a private mailbox to us", mail("none", private, { own }), "log", "otherwise")
local nameless = mail("none", own, { private })
nameless.fileinfo = nil
says("a mail's text has no name at all", nameless, "log", "otherwise")

local function many(n, domain)
  local list = {}
  for i = 1, n do list[i] = "<a" .. i .. "@" .. domain .. ">" end
  return list
end
says("20 strangers", mail("none", own, many(20, "khac.example")), "log", "otherwise")
says("21 strangers", mail("none", own, many(21, "khac.example")), "alert", "many-outsiders")
says("21 strangers get a text", mail("none", own, many(21, "khac.example"), { filename = "" }), "log", "otherwise")
says("21 partners", mail("none", own, many(21, "doi-tac.example")), "log", "otherwise")
says("a stranger writes to 21 strangers", mail("none", stranger, many(21, "khac.example")), "log", "otherwise")

says("a recipient whom the headers do not name", mail("none", own, { partner, stranger }, { to = { partner } }), "alert", "hidden-recipient")
says("one who is copied openly", mail("none", own, { partner, stranger }, { to = { partner }, cc = { "C <c@khac.example>" } }), "log", "otherwise")
says("one who is named in other capitals", mail("none", own, { "<C@khac.example>" }, { to = { "C <c@Khac.example>" } }), "log", "otherwise")
says("a hidden partner", mail("none", own, { partner }, { to = { own } }), "log", "otherwise")
says("a hidden colleague", mail("none", own, { "<em@bo.example>" }, { to = { partner } }), "log", "otherwise")
says("a hidden recipient of a text", mail("none", own, { stranger }, { to = { partner }, filename = "" }), "log", "otherwise")
says("a stranger hides a recipient", mail("none", stranger, { "<e@khac.example>" }, { to = { own } }), "log", "otherwise")

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

local function sent(seconds, from, to, more)
  return mail("none", from or own, { to or stranger }, { timestamp = at(seconds, more and more.us), filename = more and more.filename })
end
local many_before = repeated(29, function() return sent(0) end)
says("the thirtieth document of a sender within an hour", sent(3599, nil, nil, { us = 999999 }), "alert", "mail-burst", many_before)
says("to a partner as well", sent(60, nil, partner), "alert", "mail-burst", many_before)
says("in other capitals", sent(60, "<An@Bo.example>"), "alert", "mail-burst", many_before)
says("the thirtieth a moment later", sent(3600), "log", "otherwise", many_before)
says("the twenty-ninth", sent(60), "log", "otherwise", repeated(28, function() return sent(0) end))
says("the first of another sender", sent(60, "<em@bo.example>"), "log", "otherwise", many_before)
says("the thirtieth to a colleague", sent(60, nil, "<em@bo.example>"), "log", "otherwise", many_before)
says("the thirtieth text", sent(60, nil, nil, { filename = "" }), "log", "otherwise", many_before)
says("the thirtieth of a stranger", sent(60, stranger), "log", "otherwise", repeated(29, function() return sent(0, stranger) end))
