-- SPDX-License-Identifier: GPL-3.0-or-later
-- Run by: gatehouse policy test

local inside, outside = "10.2.0.5", "203.0.113.9"

local function clean() return { encrypted = false, macros = false, external_refs = 0, embedded = 0, javascript = false } end

-- A document of a kind under a name; more facts of the document may be given.
local function document(kind, name, more)
  local d = { kind = kind, mime = "x/" .. kind, read = "full", level = "none", features = clean(), matches = {}, members = {}, sha256 = "aa" }
  for _, k in ipairs { "features", "matches", "members", "sha256" } do
    if more and more[k] then d[k] = more[k] end
  end
  return { src_ip = outside, dest_ip = inside, fileinfo = { filename = name, state = "CLOSED" }, document = d }
end

local function from_inside(facts)
  facts.src_ip, facts.dest_ip = inside, outside
  return facts
end

local function says(name, facts, action, rule, before)
  test { name, facts = facts, before = before, expect = { action = action, rule = rule } }
end

local function match(rule, ...) return { { rule = rule, tags = { ... }, where = "raw" } } end

local function feature(key, value)
  local f = clean()
  f[key] = value
  return f
end

says("a clean document", document("ooxml", "a.docx"), "log", "otherwise")
says("a DDE command is blocked", document("ooxml", "a.docx", { matches = match("office_dde_command", "exploit") }), "block", "dde-command")
says("also from inside", from_inside(document("ooxml", "a.docx", { matches = match("office_dde_command", "exploit") })), "block", "dde-command")
says("a remote template", document("rtf", "a.rtf", { matches = match("rtf_remote_template", "exploit") }), "quarantine", "remote-template")
says("an exploit", document("rtf", "a.rtf", { matches = match("rtf_equation_editor", "exploit") }), "quarantine", "exploit")
says("an exploit among other matches", document("rtf", "a.rtf", { matches = { match("vn_mat", "marking")[1], match("pdf_launch", "x", "exploit")[1] } }),
  "quarantine", "exploit")
says("a marking is no exploit", document("ooxml", "a.docx", { matches = match("vn_mat", "marking", "vn") }), "log", "otherwise")
says("a disguise by content", document("zip", "a.bin", { matches = match("zip_encrypted_program", "encrypted", "disguise") }), "quarantine", "program-disguised")
says("also from inside", from_inside(document("zip", "a.bin", { matches = match("zip_encrypted_program", "disguise") })), "quarantine", "program-disguised")

for _, kind in ipairs { "exe", "elf", "macho", "lnk", "class", "dex", "swf" } do
  says("a program (" .. kind .. ") named as a document", document(kind, "Bao cao.PDF"), "quarantine", "program-disguised")
  says("a program (" .. kind .. ") under its own name", document(kind, "setup." .. kind), "log", "otherwise")
  says("a program (" .. kind .. ") in an archive", document("zip", "a.zip", { members = { { kind = "text" }, { kind = kind } } }), "alert", "program-inside")
end
says("two levels down", document("zip", "a.zip", { members = { { kind = "zip", members = { { kind = "exe" } } } } }), "alert", "program-inside")
says("an archive from inside", from_inside(document("zip", "a.zip", { members = { { kind = "exe" } } })), "log", "otherwise")
says("a program that has programs inside", document("exe", "setup.exe", { members = { { kind = "exe" } } }), "log", "otherwise")

says("macros from outside", document("ooxml", "a.xlsm", { features = feature("macros", true) }), "alert", "macros-from-outside")
says("macros inside", from_inside(document("ooxml", "a.xlsm", { features = feature("macros", true) })), "log", "otherwise")
says("macros that run by themselves", document("ooxml", "a.docm", { features = feature("macros", true), matches = match("office_macro_autoexec", "macro") }),
  "quarantine", "macro-runs-by-itself")
says("the same from inside", from_inside(document("ooxml", "a.docm", { features = feature("macros", true), matches = match("office_macro_autoexec", "macro") })),
  "log", "otherwise")
local disk = document("ooxml", "a.docm", { features = feature("macros", true) })
disk.src_ip, disk.dest_ip = nil, nil
says("macros in a file from disk come from nowhere", disk, "log", "otherwise")

says("JavaScript in a PDF", document("pdf", "a.pdf", { features = feature("javascript", true) }), "alert", "pdf-javascript")
says("a PDF without", document("pdf", "a.pdf"), "log", "otherwise")
says("JavaScript in a page is usual", document("html", "a.html", { features = feature("javascript", true) }), "log", "otherwise")
says("JavaScript in a PDF from inside", from_inside(document("pdf", "a.pdf", { features = feature("javascript", true) })), "log", "otherwise")

for _, kind in ipairs { "ooxml", "ole", "rtf" } do
  local name = "a." .. (kind == "rtf" and "rtf" or "doc")
  says("one outside reference in " .. kind, document(kind, name, { features = feature("external_refs", 1) }), "alert", "outside-references")
end
says("no outside reference", document("ooxml", "a.docx", { features = feature("external_refs", 0) }), "log", "otherwise")
says("references in a page are usual", document("html", "a.html", { features = feature("external_refs", 9) }), "log", "otherwise")
says("outside references from inside", from_inside(document("ooxml", "a.docx", { features = feature("external_refs", 1) })), "log", "otherwise")

local fits = {
  pdf = { "pdf" },
  doc = { "ole", "rtf", "ooxml", "html", "xml", "eml" }, xls = { "ole", "biff", "ooxml", "html", "xml", "text" }, ppt = { "ole", "ooxml" },
  docx = { "ooxml", "ole" }, xlsx = { "ooxml", "ole" }, pptx = { "ooxml", "ole" },
  docm = { "ooxml", "ole" }, xlsm = { "ooxml", "ole" }, pptm = { "ooxml", "ole" }, xlsb = { "ooxml", "ole" },
  odt = { "odf" }, ods = { "odf" }, odp = { "odf" }, rtf = { "rtf" }, msg = { "ole" }, eml = { "eml" },
  jpg = { "image" }, jpeg = { "image" }, png = { "image" }, gif = { "image" }, tif = { "image" }, tiff = { "image" }, bmp = { "image" },
  zip = { "zip", "ooxml", "odf", "epub", "iwork" }, rar = { "rar" }, ["7z"] = { "7z" }, gz = { "gzip", "tar" },
}
for _, extension in ipairs { "pdf", "doc", "xls", "ppt", "docx", "xlsx", "pptx", "docm", "xlsm", "pptm", "xlsb", "odt", "ods", "odp", "rtf", "msg", "eml",
  "jpg", "jpeg", "png", "gif", "tif", "tiff", "bmp", "zip", "rar", "7z", "gz" } do
  for _, kind in ipairs(fits[extension]) do
    says("." .. extension .. " may be " .. kind, document(kind, "a." .. extension), "log", "otherwise")
  end
  says("." .. extension .. " that is something else", document("data", "a." .. extension), "alert", "extension-mismatch")
end
says("also on its way out", from_inside(document("zip", "anh.jpg")), "alert", "extension-mismatch")
says("an empty file fits every name", document("empty", "a.pdf"), "log", "otherwise")
says("an unknown extension", document("data", "a.xyz"), "log", "otherwise")
says("no extension", document("data", "README"), "log", "otherwise")

local page = document("html", "a.pdf")
page.http = { status = 299 }
says("a page under a document's name", page, "alert", "extension-mismatch")
page.http = { status = 300 }
says("a page that says the document is not there", page, "log", "otherwise")

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

local function arrives(seconds, to, sha256, microseconds)
  local facts = document("ooxml", "a.xlsm", { features = feature("macros", true), sha256 = sha256 })
  facts.timestamp, facts.dest_ip = at(seconds, microseconds), to
  return facts
end
local two = { arrives(0, "10.2.0.1"), arrives(0, "10.2.0.2") }
says("a macro document at the third host within an hour", arrives(3599, inside, nil, 999999), "quarantine", "macro-wave", two)
says("a moment later", arrives(3600, inside), "alert", "macros-from-outside", two)
says("a second time at the second host", arrives(60, "10.2.0.2"), "alert", "macros-from-outside", two)
says("another macro document at the third host", arrives(60, inside, "bb"), "alert", "macros-from-outside", two)
local plain, sent = arrives(60, inside), arrives(60, inside)
plain.document.features = clean()
says("the same without macros", plain, "log", "otherwise", repeated(2, function(i)
  local facts = arrives(0, "10.2.0." .. i)
  facts.document.features = clean()
  return facts
end))
sent.src_ip = inside
says("a wave inside", sent, "log", "otherwise", repeated(2, function(i)
  local facts = arrives(0, "10.2.0." .. i)
  facts.src_ip = inside
  return facts
end))
