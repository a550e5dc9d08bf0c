/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_text: plain text in any encoding; one page for each form feed, as printers see it. */
#include "rules/formats.h"

void x_empty(struct extract *x, struct span in)
{
    (void)x;
    (void)in;
}

void x_text(struct extract *x, struct span in)
{
    extract_bytes(x, PLACE_BODY, 0, in, NULL);
}
