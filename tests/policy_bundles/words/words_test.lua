-- SPDX-License-Identifier: GPL-3.0-or-later

local function row(word, given, gives, mark)
  test { word .. " of " .. tostring(given) .. " is " .. tostring(gives),
    facts = { fileinfo = { filename = given }, email = { subject = gives }, ftp = { command = word, command_data = mark } },
    expect = { action = "alert", rule = word } }
end

row("after_last", "TLS.Dropbox", "Dropbox", ".")
row("after_last", "DNS", "DNS", ".")
row("after_last", "a.b.c", "c", ".")
row("after_last", "a--b-c", "b-c", "--")
row("after_last", "end.", "", ".")
row("after_last", "", "", ".")
row("after_last", nil, nil, ".")
row("domain_of", "an@bo.example", "bo.example")
row("domain_of", "<an@Bo.Example>", "bo.example")
row("domain_of", "An <an@bo.example> x", "bo.example")
row("domain_of", "\"a@b\" <an@bo.example>", "bo.example")
row("domain_of", "nobody", "")
row("domain_of", "an@", "")
row("domain_of", "", "")
row("domain_of", nil, "")
row("extension_of", "A.DOCX", "docx")
row("extension_of", "a.tar.gz", "gz")
row("extension_of", "README", "")
row("extension_of", ".profile", "")
row("extension_of", "dir.d/README", "")
row("extension_of", "C:\\dir.d\\a.Pdf", "pdf")
row("extension_of", "end.", "")
row("extension_of", "", "")
row("extension_of", nil, "")
