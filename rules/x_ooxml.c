/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_ooxml_sheet.h"

#include "rules/formats.h"

void x_ooxml(struct extract *x, struct span in)
{
    struct ooxml o = {.x = x, .arena = extract_arena(x)};

    if (ooxml_open(&o, in))
        ooxml_read_parts(&o);
    sheet_strings_done(&o);
    if (o.external)
        extract_feature(x, FEATURE_EXTERNAL_REFS, o.external);
}
