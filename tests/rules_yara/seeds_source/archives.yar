// SPDX-License-Identifier: GPL-3.0-or-later
// Archives that hide what they hold.

rule zip_encrypted : encrypted archive
{
    meta:
        description = "A zip archive whose first member is encrypted"
        description_vi = "Tệp zip có thành phần đầu tiên được mã hóa"
        author = "Gatehouse"
        severity = 3
        scan = "raw"
    condition:
        uint32be(0) == 0x504B0304 and uint16(6) & 1 == 1
}

rule zip_encrypted_program : encrypted archive disguise
{
    meta:
        description = "An encrypted zip archive that holds a program or script"
        description_vi = "Tệp zip mã hóa chứa chương trình hoặc tập lệnh"
        author = "Gatehouse"
        severity = 1
        scan = "raw"
    strings:
        $entry = /PK\x01\x02[\x00-\xff]{42}[^\x00]{1,200}\.(exe|scr|com|pif|bat|cmd|js|jse|vbs|vbe|wsf|ps1|hta|lnk|msi)/ nocase
    condition:
        uint32be(0) == 0x504B0304 and uint16(6) & 1 == 1 and $entry
}

rule rar_encrypted_names : encrypted archive
{
    meta:
        description = "A RAR archive that encrypts even the names of its members"
        description_vi = "Tệp RAR mã hóa cả tên các thành phần"
        author = "Gatehouse"
        severity = 2
        scan = "raw"
    strings:
        $rar5 = { 52 61 72 21 1A 07 01 00 ?? ?? ?? ?? ?? 04 }
        $rar4 = { 52 61 72 21 1A 07 00 ?? ?? 73 (80 | 81 | 82 | 83 | 84 | 88 | 89 | 8A | 8B | 8C | 90 | 91 | 98 | 99) }
    condition:
        $rar5 at 0 or $rar4 at 0
}

rule disk_image_autorun : disguise archive
{
    meta:
        description = "A disk image with a program or shortcut inside, a way around the mark of the web"
        description_vi = "Ảnh đĩa chứa chương trình hoặc lối tắt, né dấu hiệu tệp tải từ mạng"
        author = "Gatehouse"
        severity = 2
        scan = "raw"
    strings:
        $volume = "CD001"
        $name = /[A-Z0-9_]{1,30}\.(EXE|LNK|BAT|CMD|JS|VBS|HTA|SCR|DLL);1/
    condition:
        $volume at 32769 and $name
}
