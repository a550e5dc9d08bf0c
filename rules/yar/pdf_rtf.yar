// SPDX-License-Identifier: GPL-3.0-or-later
// PDF and RTF files that do more than show text.

rule pdf_javascript_on_open : exploit
{
    meta:
        description = "A PDF that runs JavaScript when it is opened"
        description_vi = "Tệp PDF chạy JavaScript khi được mở"
        author = "Gatehouse"
        severity = 2
        scan = "raw"
    strings:
        $head = "%PDF-"
        $script1 = /\/JavaScript\b/
        $script2 = /\/JS[ \t\r\n(<\/]/
        $open1 = /\/OpenAction[ \t\r\n]{0,4}(<<|[0-9])/
        $open2 = /\/AA[ \t\r\n]{0,4}(<<|[0-9])/
    condition:
        $head in (0 .. 1024) and any of ($script*) and any of ($open*)
}

rule pdf_launch : exploit
{
    meta:
        description = "A PDF that starts a program"
        description_vi = "Tệp PDF gọi chạy chương trình"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    strings:
        $head = "%PDF-"
        $launch = /\/S[ \t\r\n]{0,4}\/Launch\b/
        $what1 = /\/Win[ \t\r\n]{0,4}<</
        $what2 = /\/F[ \t\r\n]{0,4}\([^)]{0,200}\.(exe|com|bat|cmd|scr|js|vbs|ps1|hta|lnk)\)/ nocase
        $what3 = /\((cmd|powershell|mshta)(\.exe)?\)/ nocase
    condition:
        $head in (0 .. 1024) and $launch and any of ($what*)
}

rule pdf_program_attached : disguise
{
    meta:
        description = "A PDF with a program or script attached"
        description_vi = "Tệp PDF đính kèm chương trình hoặc tập lệnh"
        author = "Gatehouse"
        severity = 2
        scan = "raw"
    strings:
        $head = "%PDF-"
        $attached = /\/EmbeddedFiles?\b/
        $name = /\/U?F[ \t\r\n]{0,4}\([^)]{1,200}\.(exe|com|bat|cmd|scr|js|jse|vbs|vbe|wsf|ps1|hta|lnk|msi|dll|iso)\)/ nocase
    condition:
        $head in (0 .. 1024) and $attached and $name
}

rule rtf_equation_editor : exploit
{
    meta:
        description = "RTF with an object of the old equation editor (CVE-2017-11882 and its kin)"
        description_vi = "RTF chứa đối tượng Equation Editor cũ (CVE-2017-11882 và tương tự)"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    strings:
        $object = "\\objdata"
        $class = "\\objclass Equation." nocase
        $name = /45[\s]{0,4}71[\s]{0,4}75[\s]{0,4}61[\s]{0,4}74[\s]{0,4}69[\s]{0,4}6f[\s]{0,4}6e[\s]{0,4}2e/ nocase
        $clsid = "02ce020000000000c000000000000046" nocase
    condition:
        uint32(0) == 0x74725C7B and $object and any of ($class, $name, $clsid)
}

rule rtf_program_attached : disguise
{
    meta:
        description = "RTF with a packaged file whose name says program or script"
        description_vi = "RTF đính kèm gói tệp là chương trình hoặc tập lệnh"
        author = "Gatehouse"
        severity = 2
        scan = "raw"
    strings:
        $object = "\\objdata"
        $class = "\\objclass Package" nocase
        $exe = "2e65786500" nocase
        $scr = "2e73637200" nocase
        $vbs = "2e76627300" nocase
        $js = "2e6a7300" nocase
        $bat = "2e62617400" nocase
        $hta = "2e68746100" nocase
        $lnk = "2e6c6e6b00" nocase
    condition:
        uint32(0) == 0x74725C7B and $object and $class and any of ($exe, $scr, $vbs, $js, $bat, $hta, $lnk)
}

rule rtf_remote_template : exploit
{
    meta:
        description = "RTF that fetches its template from the network"
        description_vi = "RTF tải tệp mẫu (template) từ mạng"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    strings:
        $template = /\{\\\*\\template[ \r\n]{1,4}(https?:|\\\\\\\\|ftp:)/ nocase
    condition:
        uint32(0) == 0x74725C7B and $template
}
