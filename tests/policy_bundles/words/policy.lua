-- SPDX-License-Identifier: GPL-3.0-or-later
-- The file name holds what a word is given, the subject what it must give.

local function rule_of(word, call)
  rule { id = word, title = word, reason = word, action = "alert",
    when = function(e) return e.ftp.command == word and call(e.fileinfo.filename, e.ftp.command_data) == e.email.subject end }
end

rule_of("after_last", after_last)
rule_of("domain_of", domain_of)
rule_of("extension_of", extension_of)
