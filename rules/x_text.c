/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_text: plain text in any encoding. */
#include "rules/formats.h"

void x_empty(struct extract *x, struct span in)
{
    (void)x;
    (void)in;
}

void x_text(struct extract *x, struct span in)
{
    extract_bytes(x, PLACE_BODY, 0, in, NULL);
    if (span_find(in, span_str("-----BEGIN PGP MESSAGE-----"), 0) >= 0)
        extract_unread(x, UNREAD_ENCRYPTED);
}
