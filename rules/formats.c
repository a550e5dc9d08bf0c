/* SPDX-License-Identifier: GPL-3.0-or-later
 * formats: which reader reads which kind. A new format is a file, a row here, rows in kind_table.c, a fuzz
 * target, a case. */
#include "rules/formats.h"

const struct format formats[] = {
    {"empty", x_empty, NULL},
    {"text", x_text, NULL},
#ifdef GH_OCR
    {"image", x_image, x_image_warm_up},
#endif
    {"html", x_html, NULL},
    {"xml", x_xml, NULL},
    {"eml", x_eml, NULL},
    {"mbox", x_mbox, NULL},
    {"cms", x_cms, NULL},
    {"tnef", x_tnef, NULL},
    {"pgp", x_cipher, NULL},
    {"luks", x_cipher, NULL},
    {"keepass", x_cipher, NULL},
    {"encrypted", x_cipher, NULL},
    {"zip", x_zip, NULL},
    {"epub", x_zip, NULL},
    {"iwork", x_zip, NULL},
    {"gzip", x_gzip, NULL},
    {"zlib", x_gzip, NULL},
    {"7z", x_archive, x_archive_warm_up},
    {"rar", x_archive, x_archive_warm_up},
    {"tar", x_archive, x_archive_warm_up},
    {"cab", x_archive, x_archive_warm_up},
    {"ar", x_archive, x_archive_warm_up},
    {"cpio", x_archive, x_archive_warm_up},
    {"rpm", x_archive, x_archive_warm_up},
    {"xar", x_archive, x_archive_warm_up},
    {"lha", x_archive, x_archive_warm_up},
    {"iso", x_archive, x_archive_warm_up},
    {"bzip2", x_packed, x_archive_warm_up},
    {"xz", x_packed, x_archive_warm_up},
    {"lzma", x_packed, x_archive_warm_up},
    {"lzip", x_packed, x_archive_warm_up},
    {"zstd", x_packed, x_archive_warm_up},
    {"lz4", x_packed, x_archive_warm_up},
    {"compress", x_packed, x_archive_warm_up},
    {"pdf", x_pdf, x_pdf_warm_up},
    {"ooxml", x_ooxml, NULL},
    {"odf", x_odf, NULL},
    {"fod", x_odf_flat, NULL},
    {"rtf", x_rtf, NULL},
};
const size_t formats_count = GH_COUNT(formats);
