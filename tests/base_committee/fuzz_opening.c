/* SPDX-License-Identifier: GPL-3.0-or-later
 * The committee's file, requests, shares and receipts as they may come from a stick. The first byte chooses; a share or receipt
 * is read against a request without content, which is enough for its layout. */
#include "base/opening.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct opening_request blank;
    struct opening_request q;
    struct opening_receipt p;
    struct opening_share s;
    struct committee c;
    struct span rest = span_part(span_of(data, size), 1, size);

    if (!size || seal_init() != 0)
        return 0;
    blank.committee.n = 3;
    blank.committee.quorum = 2;
    switch (data[0]) {
    case 'c':
        if (committee_read(rest, &c) == 0)
            gh_check(c.n && c.quorum <= c.n && committee_own_size(&c) <= COMMITTEE_OWN_MAX);
        break;
    case 'q':
        (void)opening_request_read(rest, &q);
        break;
    case 's':
        (void)opening_share_read(&blank, rest, &s);
        break;
    default:
        (void)opening_receipt_read(&blank, rest, &p);
    }
    return 0;
}
