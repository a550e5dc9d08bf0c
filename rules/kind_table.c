/* SPDX-License-Identifier: GPL-3.0-or-later
 * THE table of first bytes. The first row that fits wins; rows of several parts of one family stand together.
 * Sources: the formats' own specifications and IANA's media types. */
#include "rules/kind_inside.h"

#define ROW(off, text, name, type)                                                                           \
    {                                                                                                        \
        off, sizeof(text) - 1, false, text,                                                                  \
        {                                                                                                    \
            name, type                                                                                       \
        }                                                                                                    \
    }
#define ANY(off, text, name, type)                                                                           \
    {                                                                                                        \
        off, sizeof(text) - 1, true, text,                                                                   \
        {                                                                                                    \
            name, type                                                                                       \
        }                                                                                                    \
    }

const struct kind_row kind_rows[] = {
    ROW(0, "%PDF-", "pdf", "application/pdf"),
    ROW(0, "PK\3\4", "zip", "application/zip"),
    ROW(0, "PK\5\6", "zip", "application/zip"),
    ROW(0, "PK\7\10PK\3\4", "zip", "application/zip"),
    ROW(0, "PK00PK\3\4", "zip", "application/zip"),
    ROW(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole", "application/x-ole-storage"),
    ROW(0, "{\\rtf", "rtf", "text/rtf"),
    /* packed streams and archives */
    ROW(0, "\x1f\x8b\x08", "gzip", "application/gzip"),
    ROW(0, "BZh", "bzip2", "application/x-bzip2"),
    ROW(0,
        "\xfd"
        "7zXZ\0",
        "xz", "application/x-xz"),
    ROW(0, "\x28\xb5\x2f\xfd", "zstd", "application/zstd"),
    ROW(0, "\x04\x22\x4d\x18", "lz4", "application/x-lz4"),
    ROW(0, "LZIP", "lzip", "application/x-lzip"),
    ROW(0, "\x1f\x9d", "compress", "application/x-compress"),
    ROW(0, "\x5d\0\0\x80\0", "lzma", "application/x-lzma"),
    ROW(0, "7z\xbc\xaf\x27\x1c", "7z", "application/x-7z-compressed"),
    ROW(0, "Rar!\x1a\x07", "rar", "application/x-rar"),
    ROW(257, "ustar", "tar", "application/x-tar"),
    ROW(0, "MSCF\0\0\0\0", "cab", "application/vnd.ms-cab-compressed"),
    ROW(0, "!<arch>\ndebian-binary", "ar", "application/vnd.debian.binary-package"),
    ROW(0, "!<arch>\n", "ar", "application/x-archive"),
    ROW(0, "070701", "cpio", "application/x-cpio"),
    ROW(0, "070702", "cpio", "application/x-cpio"),
    ROW(0, "070707", "cpio", "application/x-cpio"),
    ROW(0, "\xc7\x71", "cpio", "application/x-cpio"),
    ROW(0, "\xed\xab\xee\xdb", "rpm", "application/x-rpm"),
    ROW(0, "xar!", "xar", "application/x-xar"),
    ANY(2, "-lh?-", "lha", "application/x-lha"),
    ROW(0, "\x60\xea", "arj", "application/x-arj"),
    ROW(32769, "CD001", "iso", "application/x-iso9660-image"),
    /* pictures */
    ROW(0, "\x89PNG\r\n\x1a\n", "image", "image/png"),
    ROW(0, "\xff\xd8\xff", "image", "image/jpeg"),
    ROW(0, "GIF8", "image", "image/gif"),
    ROW(0, "II*\0", "image", "image/tiff"),
    ROW(0, "MM\0*", "image", "image/tiff"),
    ANY(0, "RIFF????WEBP", "image", "image/webp"),
    ANY(0, "BM????\0\0\0\0", "image", "image/bmp"),
    ROW(0, "\0\0\1\0", "image", "image/vnd.microsoft.icon"),
    ROW(0, "8BPS", "image", "image/vnd.adobe.photoshop"),
    ROW(0, "\0\0\0\x0cjP  \r\n", "image", "image/jp2"),
    ROW(4, "ftypheic", "image", "image/heic"),
    ROW(4, "ftypmif1", "image", "image/heif"),
    ROW(4, "ftypavif", "image", "image/avif"),
    ROW(0, "AT&TFORM", "djvu", "image/vnd.djvu"),
    ROW(0, "\xd7\xcd\xc6\x9a", "wmf", "image/wmf"),
    ROW(40, " EMF", "emf", "image/emf"),
    ROW(0, "AC10", "dwg", "image/vnd.dwg"),
    /* sound and film */
    ANY(0, "RIFF????WAVE", "audio", "audio/wav"),
    ANY(0, "RIFF????AVI ", "video", "video/x-msvideo"),
    ROW(0, "ID3", "audio", "audio/mpeg"),
    ROW(0, "\xff\xfb", "audio", "audio/mpeg"),
    ROW(0, "OggS", "audio", "audio/ogg"),
    ROW(0, "fLaC", "audio", "audio/flac"),
    ROW(0, "#!AMR", "audio", "audio/amr"),
    ROW(4, "ftyp", "video", "video/mp4"),
    ROW(0, "\x1a\x45\xdf\xa3", "video", "video/x-matroska"),
    ROW(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video", "video/x-ms-asf"),
    ROW(0, "FLV\1", "video", "video/x-flv"),
    /* programs */
    ROW(0, "MZ", "exe", "application/vnd.microsoft.portable-executable"),
    ROW(0,
        "\x7f"
        "ELF",
        "elf", "application/x-elf"),
    ROW(0, "\xca\xfe\xba\xbe\0\0\0", "class", "application/java-vm"),
    ROW(0, "\xcf\xfa\xed\xfe", "macho", "application/x-mach-binary"),
    ROW(0, "\xce\xfa\xed\xfe", "macho", "application/x-mach-binary"),
    ROW(0, "dex\n0", "dex", "application/x-dex"),
    ROW(0, "\0asm", "wasm", "application/wasm"),
    ROW(0, "FWS", "swf", "application/vnd.adobe.flash.movie"),
    ROW(0, "CWS", "swf", "application/vnd.adobe.flash.movie"),
    ROW(0, "\x4c\0\0\0\1\x14\2\0", "lnk", "application/x-ms-shortcut"),
    /* documents and data that are known and not read */
    ROW(0, "%!PS", "ps", "application/postscript"),
    ROW(0, "\x78\x9f\x3e\x22", "tnef", "application/vnd.ms-tnef"),
    ROW(0, "!BDN", "pst", "application/vnd.ms-outlook-pst"),
    ROW(0, "ITSF", "chm", "application/vnd.ms-htmlhelp"),
    ROW(0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "onenote", "application/onenote"),
    ROW(0,
        "\xff"
        "WPC",
        "wpd", "application/vnd.wordperfect"),
    ROW(0, "HWP Document File", "hwp", "application/x-hwp"),
    ROW(0, "SQLite format 3", "sqlite", "application/vnd.sqlite3"),
    ROW(4, "Standard Jet DB", "mdb", "application/vnd.ms-access"),
    ROW(4, "Standard ACE DB", "mdb", "application/vnd.ms-access"),
    ROW(0, "\xd4\xc3\xb2\xa1", "pcap", "application/vnd.tcpdump.pcap"),
    ROW(0, "\x0a\x0d\x0d\x0a", "pcap", "application/vnd.tcpdump.pcap"),
    ROW(0, "wOFF", "font", "font/woff"),
    ROW(0, "wOF2", "font", "font/woff2"),
    ROW(0, "OTTO\0", "font", "font/otf"),
    ROW(0, "\0\1\0\0\0", "font", "font/ttf"),
    ROW(0, "ElfFile\0", "evtx", "application/x-ms-evtx"),
    /* old Excel without a compound file: BOF of BIFF 2, 3 and 4 */
    ROW(0, "\x09\x00\x04\x00", "biff", "application/vnd.ms-excel"),
    ROW(0, "\x09\x02\x06\x00", "biff", "application/vnd.ms-excel"),
    ROW(0, "\x09\x04\x06\x00", "biff", "application/vnd.ms-excel"),
    /* secret by cipher */
    ROW(0, "\x85\1", "pgp", "application/pgp-encrypted"),
    ROW(0, "\x85\2", "pgp", "application/pgp-encrypted"),
    ROW(0, "\x84\x5e", "pgp", "application/pgp-encrypted"),
    ROW(0, "\xc1\xc0\x4c\3", "pgp", "application/pgp-encrypted"),
    ROW(0, "\x8c\x0d\4", "pgp", "application/pgp-encrypted"),
    ROW(0, "LUKS\xba\xbe", "luks", "application/x-luks"),
    ROW(0, "\x03\xd9\xa2\x9a", "keepass", "application/x-keepass2"),
    ROW(0, "Salted__", "encrypted", "application/x-openssl-encrypted"),
    ROW(0, "age-encryption.org/v1", "encrypted", "application/age-encryption"),
};
const size_t kind_rows_count = GH_COUNT(kind_rows);
