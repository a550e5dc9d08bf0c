/* SPDX-License-Identifier: GPL-3.0-or-later
 * No text has more identifiers than room for them. */
#include "rules/ident.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ident_counts c = {.bare = 0};

    ident_scan(span_of(data, size), &c);
    ident_settle(&c);
    gh_check(c.found[IDENT_CCCD] <= size / 12 && c.found[IDENT_PASSPORT_MRZ] <= size / 44 &&
             c.found[IDENT_CARD] <= size / 13);
    return 0;
}
