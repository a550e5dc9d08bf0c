-- SPDX-License-Identifier: GPL-3.0-or-later
-- danger-documents: documents that run something on the machine of who opens them.

local programs = { exe = true, elf = true, macho = true, lnk = true, class = true, dex = true, swf = true }

-- Extensions under which people expect a document or a picture, and the kinds that may stand behind each.
local expected = {
  pdf = { "pdf" },
  doc = { "ole", "rtf", "ooxml", "html", "xml", "eml" }, xls = { "ole", "biff", "ooxml", "html", "xml", "text" }, ppt = { "ole", "ooxml" },
  docx = { "ooxml", "ole" }, xlsx = { "ooxml", "ole" }, pptx = { "ooxml", "ole" },
  docm = { "ooxml", "ole" }, xlsm = { "ooxml", "ole" }, pptm = { "ooxml", "ole" }, xlsb = { "ooxml", "ole" },
  odt = { "odf" }, ods = { "odf" }, odp = { "odf" },
  rtf = { "rtf" }, msg = { "ole" }, eml = { "eml" },
  jpg = { "image" }, jpeg = { "image" }, png = { "image" }, gif = { "image" }, tif = { "image" }, tiff = { "image" }, bmp = { "image" },
  zip = { "zip", "ooxml", "odf", "epub", "iwork" }, rar = { "rar" }, ["7z"] = { "7z" }, gz = { "gzip", "tar" },
}

local function from_outside(e)
  return e.dest_ip and e.zone.src == "unknown"
end

-- The document, or one inside of it, for which test is true.
local function within(document, test)
  return test(document) or any(document.members, function(member) return within(member, test) end)
end

local function matched(e, test)
  return any(e.document.matches, test)
end

local function tagged(match, tag)
  return any(match.tags, function(t) return t == tag end)
end

rule {
  id = "dde-command",
  title = {
    vi = "Tài liệu chạy lệnh qua DDE",
    en = "A document runs a command by DDE",
  },
  category = "Dangerous document",
  severity = 1,
  when = function(e)
    return matched(e, function(m) return m.rule == "office_dde_command" end)
  end,
  action = "block",
  reason = {
    vi = "Tài liệu {fileinfo.filename} chứa trường DDE chạy chương trình khi mở.",
    en = "The document {fileinfo.filename} has a DDE field that starts a program when it is opened.",
  },
}

rule {
  id = "remote-template",
  title = {
    vi = "Tài liệu nạp mẫu từ máy khác",
    en = "A document loads its template from another machine",
  },
  category = "Dangerous document",
  severity = 1,
  when = function(e)
    return matched(e, function(m) return ends_with(m.rule, "_remote_template") end)
  end,
  action = "quarantine",
  reason = {
    vi = "Tài liệu {fileinfo.filename} nạp mẫu từ địa chỉ bên ngoài khi mở.",
    en = "The document {fileinfo.filename} loads a template from an outside address when it is opened.",
  },
}

rule {
  id = "exploit",
  title = {
    vi = "Tài liệu chứa mã khai thác",
    en = "A document carries an exploit",
  },
  category = "Dangerous document",
  severity = 1,
  when = function(e)
    return matched(e, function(m) return tagged(m, "exploit") end)
  end,
  action = "quarantine",
  reason = {
    vi = "Tài liệu {fileinfo.filename} khớp luật phát hiện khai thác: {document.matches}.",
    en = "The document {fileinfo.filename} matches rules for exploits: {document.matches}.",
  },
}

rule {
  id = "program-disguised",
  title = {
    vi = "Chương trình giả dạng tài liệu",
    en = "A program is disguised as a document",
  },
  category = "Dangerous document",
  severity = 1,
  when = function(e)
    return (programs[e.document.kind] and expected[extension_of(e.fileinfo.filename)])
      or matched(e, function(m) return tagged(m, "disguise") end)
  end,
  action = "quarantine",
  reason = {
    vi = "{fileinfo.filename} là hoặc chứa một chương trình giả dạng tài liệu ({document.mime}).",
    en = "{fileinfo.filename} is, or hides, a program in the dress of a document ({document.mime}).",
  },
}

rule {
  id = "macro-runs-by-itself",
  title = {
    vi = "Macro tự chạy khi mở tài liệu từ bên ngoài",
    en = "A document from outside runs macros when it is opened",
  },
  category = "Dangerous document",
  severity = 1,
  when = function(e)
    return from_outside(e) and matched(e, function(m) return tagged(m, "macro") end)
  end,
  action = "quarantine",
  reason = {
    vi = "Tài liệu {fileinfo.filename} từ {src_ip} có macro tự chạy khi mở.",
    en = "The document {fileinfo.filename} from {src_ip} has macros that run by themselves.",
  },
}

rule {
  id = "macro-wave",
  title = {
    vi = "Một tài liệu có macro được gửi tới nhiều máy",
    en = "One document with macros comes to many hosts",
  },
  category = "Dangerous document",
  severity = 1,
  when = function(e)
    return from_outside(e) and e.document.features.macros
      and distinct(e.document.sha256, e.dest_ip, "1h") >= settings.macro_wave
  end,
  action = "quarantine",
  reason = {
    vi = "Tài liệu có macro {fileinfo.filename} từ bên ngoài đã tới nhiều máy trong một giờ.",
    en = "The document {fileinfo.filename} with macros came to many hosts from outside within an hour.",
  },
}

rule {
  id = "macros-from-outside",
  title = {
    vi = "Tài liệu có macro đến từ bên ngoài",
    en = "A document with macros comes from outside",
  },
  category = "Dangerous document",
  severity = 3,
  when = function(e)
    return from_outside(e) and e.document.features.macros
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu {fileinfo.filename} từ {src_ip} có macro.",
    en = "The document {fileinfo.filename} from {src_ip} carries macros.",
  },
}

rule {
  id = "program-inside",
  title = {
    vi = "Chương trình nằm trong tài liệu hoặc tệp nén từ bên ngoài",
    en = "A program is inside a document or archive from outside",
  },
  category = "Dangerous document",
  severity = 2,
  when = function(e)
    return from_outside(e) and not programs[e.document.kind]
      and within(e.document, function(document) return programs[document.kind] end)
  end,
  action = "alert",
  reason = {
    vi = "{fileinfo.filename} từ {src_ip} chứa một chương trình.",
    en = "{fileinfo.filename} from {src_ip} has a program inside.",
  },
}

rule {
  id = "extension-mismatch",
  title = {
    vi = "Đuôi tệp không đúng với nội dung",
    en = "A file's name does not fit its content",
  },
  category = "Dangerous document",
  severity = 3,
  when = function(e)
    local kinds = expected[extension_of(e.fileinfo.filename)]
    return kinds and e.document.kind ~= "empty" and (not e.http.status or e.http.status < 300)
      and not any(kinds, function(kind) return kind == e.document.kind end)
  end,
  action = "alert",
  reason = {
    vi = "{fileinfo.filename} thực ra là {document.mime}.",
    en = "{fileinfo.filename} really is {document.mime}.",
  },
}

rule {
  id = "pdf-javascript",
  title = {
    vi = "PDF có JavaScript đến từ bên ngoài",
    en = "A PDF with JavaScript comes from outside",
  },
  category = "Dangerous document",
  severity = 3,
  when = function(e)
    return from_outside(e) and e.document.kind == "pdf" and e.document.features.javascript
  end,
  action = "alert",
  reason = {
    vi = "PDF {fileinfo.filename} từ {src_ip} có JavaScript.",
    en = "The PDF {fileinfo.filename} from {src_ip} carries JavaScript.",
  },
}

rule {
  id = "outside-references",
  title = {
    vi = "Tài liệu Office từ bên ngoài tham chiếu tới nơi khác",
    en = "An Office document from outside refers to other places",
  },
  category = "Dangerous document",
  severity = 3,
  when = function(e)
    local office = e.document.kind == "ooxml" or e.document.kind == "ole" or e.document.kind == "rtf"
    return from_outside(e) and office and e.document.features.external_refs
      and e.document.features.external_refs >= settings.external_refs
  end,
  action = "alert",
  reason = {
    vi = "Tài liệu {fileinfo.filename} từ {src_ip} có {document.features.external_refs} tham chiếu ra ngoài (mẫu, đối tượng liên kết).",
    en = "The document {fileinfo.filename} from {src_ip} has {document.features.external_refs} outside references (templates, linked objects).",
  },
}
