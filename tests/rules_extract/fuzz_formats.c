/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every reader of the table in formats.c, whatever the bytes look like: the first byte chooses the row, so
 * that a new row is under the fuzzer from the day it is added. Poppler and tesseract are left to their
 * worker, which may die of them. */
#include "rules/formats.h"
#include "tests/rules_extract/fuzz_as.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct format *f;

    if (!size)
        return 0;
    f = &formats[data[0] % formats_count];
    if (strcmp(f->kind, "pdf") == 0 || strcmp(f->kind, "image") == 0)
        return 0;
    return fuzz_as(f->read, data + 1, size - 1);
}
