// SPDX-License-Identifier: GPL-3.0-or-later
// Office files that act by themselves. Macro projects inside a zip package are members of their own and meet these rules
// there. Names are searched as the project's tables hold them; compressed source need not be unpacked for that.

rule office_macro_autoexec : macro
{
    meta:
        description = "Office macros that start by themselves when the file is opened or closed"
        description_vi = "Macro Office tự chạy khi mở hoặc đóng tệp"
        author = "Gatehouse"
        severity = 2
        scan = "raw"
    strings:
        $project = "_VBA_PROJECT" wide
        $auto1 = /auto_?(open|close|exec|exit|new)\b/ ascii wide nocase
        $auto2 = /document_?(open|close|new|beforeclose)\b/ ascii wide nocase
        $auto3 = /workbook_?(open|activate|beforeclose)\b/ ascii wide nocase
        $auto4 = "presentation_open" ascii wide nocase
    condition:
        uint32(0) == 0xE011CFD0 and $project and any of ($auto*)
}

rule office_macro_shell : macro exploit
{
    meta:
        description = "Self-starting Office macros that start programs or fetch files"
        description_vi = "Macro Office tự chạy, gọi chương trình hoặc tải tệp về"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    strings:
        $project = "_VBA_PROJECT" wide
        $auto1 = /auto_?(open|close|exec|exit|new)\b/ ascii wide nocase
        $auto2 = /document_?(open|close|new|beforeclose)\b/ ascii wide nocase
        $auto3 = /workbook_?(open|activate|beforeclose)\b/ ascii wide nocase
        $run1 = "WScript.Shell" ascii wide nocase
        $run2 = "Shell.Application" ascii wide nocase
        $run3 = "powershell" ascii wide nocase
        $run4 = "cmd.exe" ascii wide nocase
        $run5 = "ShellExecute" ascii wide nocase
        $run6 = "mshta" ascii wide nocase
        $run7 = "Win32_Process" ascii wide nocase
        $get1 = "URLDownloadToFile" ascii wide nocase
        $get2 = "XMLHTTP" ascii wide nocase
        $get3 = "ADODB.Stream" ascii wide nocase
        $get4 = "WinHttpRequest" ascii wide nocase
    condition:
        uint32(0) == 0xE011CFD0 and $project and any of ($auto*) and any of ($run*, $get*)
}

rule office_dde_command : exploit
{
    meta:
        description = "A field or cell that starts a program by DDE"
        description_vi = "Trường hoặc ô gọi chương trình qua DDE"
        author = "Gatehouse"
        severity = 1
        scan = "text"
    strings:
        $field = /\bdde(auto)? {0,3}(["']|[a-z]:\\).{0,80}(cmd\.exe|cmd \/c|powershell|mshta|rundll32|regsvr32|wscript|cscript)/
        $cell = /[=+@-](cmd|msexcel|powershell|rundll32)\|['"]/
    condition:
        any of them
}

rule office_encrypted : encrypted
{
    meta:
        description = "An Office file that is encrypted with a password or by rights management"
        description_vi = "Tệp Office được mã hóa bằng mật khẩu hoặc quản lý quyền"
        author = "Gatehouse"
        severity = 3
        scan = "raw"
    strings:
        $package = "EncryptedPackage" wide
        $spaces = "\x06DataSpaces" wide
        $info = "EncryptionInfo" wide
    condition:
        uint32(0) == 0xE011CFD0 and $package and any of ($spaces, $info)
}
