// SPDX-License-Identifier: GPL-3.0-or-later
// Programs and scripts that pretend to be documents, and the agreed test file of virus scanners.

private rule is_program
{
    meta:
        description = "Windows program, ELF or Mach-O file"
    condition:
        (uint16(0) == 0x5A4D and uint32(0x3C) < 0x10000 and uint32(uint32(0x3C)) == 0x00004550) or
        uint32be(0) == 0x7F454C46 or uint32(0) == 0xFEEDFACF or uint32(0) == 0xFEEDFACE
}

rule program_as_document : disguise
{
    meta:
        description = "A program under the name of a document or picture"
        description_vi = "Chương trình mang tên tài liệu hoặc hình ảnh"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    condition:
        is_program and
        filename matches /\.(pdf|docx?|xlsx?|pptx?|rtf|od[tsp]|txt|csv|jpe?g|png|gif|tiff?|eml|msg|html?)$/i
}

rule program_double_name : disguise
{
    meta:
        description = "A name that shows a document's ending before the real one of a program or script"
        description_vi = "Tên tệp có đuôi tài liệu giả trước đuôi chương trình hoặc tập lệnh"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    condition:
        filename matches /\.(pdf|docx?|xlsx?|pptx?|rtf|txt|jpe?g|png)[ _]*\.(exe|scr|com|pif|bat|cmd|js|jse|vbs|vbe|wsf|ps1|hta|lnk)$/i
}

rule shortcut_command : disguise exploit
{
    meta:
        description = "A Windows shortcut that starts a command interpreter"
        description_vi = "Lối tắt (LNK) gọi trình thông dịch lệnh"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    strings:
        $run1 = "powershell" ascii wide nocase
        $run2 = "cmd.exe" ascii wide nocase
        $run3 = "mshta" ascii wide nocase
        $run4 = "wscript" ascii wide nocase
        $run5 = "rundll32" ascii wide nocase
    condition:
        uint32be(0) == 0x4C000000 and uint32be(4) == 0x01140200 and any of them
}

rule script_encoded_command : exploit
{
    meta:
        description = "A hidden PowerShell command in encoded form"
        description_vi = "Lệnh PowerShell ẩn ở dạng mã hóa"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    strings:
        $encoded = /powershell(\.exe)?["']?[ \t][^\r\n]{0,120}-e(nc|ncodedcommand|c)?[ \t]{1,4}["']?[a-z0-9+\/]{40}/ nocase
    condition:
        $encoded
}

rule eicar_test_file : test
{
    meta:
        description = "The agreed test file of virus scanners; harmless, shows that the chain works"
        description_vi = "Tệp thử EICAR; vô hại, dùng để kiểm tra hệ thống"
        author = "Gatehouse"
        severity = 3
        scan = "raw"
    strings:
        $eicar = "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    condition:
        filesize < 200 and $eicar
}
