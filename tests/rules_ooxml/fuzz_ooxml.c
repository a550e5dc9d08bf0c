/* SPDX-License-Identifier: GPL-3.0-or-later
 * One part of a package, named by the first byte, so that the fuzzer works on XML and records, not on zip. */
#include "rules/formats.h"
#include "tests/rules_ooxml/zipper.h"
#include "tests/rules_pdf/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {
        "word/document.xml",        "word/styles.xml",     "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",     "xl/styles.xml",       "xl/workbook.xml",
        "ppt/slides/slide1.xml",    "[Content_Types].xml", "docProps/custom.xml",
        "customXml/item1.xml",      "xl/workbook.bin",     "xl/sharedStrings.bin",
        "xl/worksheets/sheet1.bin", "Documents/1.fpage",   "word/_rels/document.xml.rels",
        "xl/comments1.xml"};
    struct zipper z;
    struct extract x;

    if (size < 1)
        return 0;
    zipper_init(&z);
    zipper_add(&z, paths[data[0] % GH_COUNT(paths)], span_of(data + 1, size - 1));
    recorder_init(&x);
    x_ooxml(&x, zipper_end(&z));
    recorder_done(&x);
    zipper_done(&z);
    return 0;
}
