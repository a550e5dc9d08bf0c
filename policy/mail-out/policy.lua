-- SPDX-License-Identifier: GPL-3.0-or-later
-- mail-out: what is mailed to addresses outside the house. The envelope is asked (RCPT TO), not the headers:
-- it is where the mail really goes. The house is lists/own-domains.csv.

local function outsider(address)
  return not in_list("own-domains", domain_of(address))
end

local function stranger(address)
  return outsider(address) and not in_list("partner-domains", domain_of(address))
end

-- A mail's plain text is a document without a name.
local function is_attachment(e)
  return e.fileinfo.filename and e.fileinfo.filename ~= ""
end

rule {
  id = "secret-mailed-out",
  title = {
    vi = "Tài liệu mật được gửi thư ra ngoài cơ quan",
    en = "A classified document is mailed out of the house",
  },
  category = "Classified document mailed out",
  severity = 1,
  when = function(e)
    return at_least(e.document.level, settings.block_from) and any(e.smtp.rcpt_to, outsider)
  end,
  action = "block",
  reason = {
    vi = "Tài liệu mang dấu {document.level} do {smtp.mail_from} gửi tới {smtp.rcpt_to}.",
    en = "A document marked {document.level} is mailed by {smtp.mail_from} to {smtp.rcpt_to}.",
  },
}

rule {
  id = "restricted-to-stranger",
  title = {
    vi = "Tài liệu hạn chế được gửi cho người không phải đối tác",
    en = "A restricted document is mailed to somebody who is no partner",
  },
  category = "Classified document mailed out",
  severity = 2,
  when = function(e)
    return at_least(e.document.level, settings.alert_from) and not at_least(e.document.level, settings.block_from)
      and any(e.smtp.rcpt_to, stranger)
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu mang dấu {document.level} do {smtp.mail_from} gửi tới {smtp.rcpt_to}, không có trong danh sách đối tác.",
    en = "A document marked {document.level} is mailed by {smtp.mail_from} to {smtp.rcpt_to}, not all of them partners.",
  },
}

rule {
  id = "document-to-private-mailbox",
  title = {
    vi = "Tài liệu được gửi tới hộp thư cá nhân",
    en = "A document is mailed to a private mailbox",
  },
  category = "Document mailed out",
  severity = 3,
  when = function(e)
    return is_attachment(e) and not outsider(e.smtp.mail_from)
      and any(e.smtp.rcpt_to, function(address) return in_list("private-mail", domain_of(address)) end)
  end,
  action = "alert",
  reason = {
    vi = "{smtp.mail_from} gửi tài liệu {fileinfo.filename} tới hộp thư cá nhân: {smtp.rcpt_to}.",
    en = "{smtp.mail_from} mails the document {fileinfo.filename} to a private mailbox: {smtp.rcpt_to}.",
  },
}

rule {
  id = "many-outsiders",
  title = {
    vi = "Một tài liệu được gửi cho nhiều người bên ngoài",
    en = "One document is mailed to many outsiders",
  },
  category = "Document mailed out",
  severity = 3,
  when = function(e)
    return is_attachment(e) and not outsider(e.smtp.mail_from)
      and count(e.smtp.rcpt_to, stranger) > settings.most_outsiders
  end,
  action = "alert",
  reason = {
    vi = "{smtp.mail_from} gửi tài liệu {fileinfo.filename} cho nhiều người ngoài cơ quan: {smtp.rcpt_to}.",
    en = "{smtp.mail_from} mails the document {fileinfo.filename} to many outsiders: {smtp.rcpt_to}.",
  },
}

rule {
  id = "hidden-recipient",
  title = {
    vi = "Tài liệu được gửi cho người nhận ẩn ở bên ngoài",
    en = "A document is mailed to a hidden recipient outside",
  },
  category = "Document mailed out",
  severity = 2,
  when = function(e)
    -- the envelope names a stranger whom neither To nor Cc shows
    return is_attachment(e) and not outsider(e.smtp.mail_from)
      and any(e.smtp.rcpt_to, function(address)
        local function same(shown) return contains(lower(shown), lower(address)) end
        return stranger(address) and not any(e.email.to, same) and not any(e.email.cc, same)
      end)
  end,
  action = "alert",
  reason = {
    vi = "{smtp.mail_from} gửi {fileinfo.filename} tới {smtp.rcpt_to} nhưng thư chỉ ghi {email.to} {email.cc}.",
    en = "{smtp.mail_from} mails {fileinfo.filename} to {smtp.rcpt_to} but the mail names only {email.to} {email.cc}.",
  },
}

rule {
  id = "mail-burst",
  title = {
    vi = "Một người gửi nhiều tài liệu ra ngoài",
    en = "One sender mails many documents out",
  },
  category = "Document mailed out",
  severity = 2,
  when = function(e)
    return is_attachment(e) and not outsider(e.smtp.mail_from) and any(e.smtp.rcpt_to, outsider)
      and times(lower(e.smtp.mail_from), "1h") >= settings.burst
  end,
  action = "alert",
  reason = {
    vi = "{smtp.mail_from} gửi nhiều tài liệu ra ngoài cơ quan trong một giờ.",
    en = "{smtp.mail_from} mails many documents out of the house within an hour.",
  },
}
