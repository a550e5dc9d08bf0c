/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a compiled list: what opens is looked up in with each kind; what opens whole must answer for
 * its rows. */
#include "base/ioc.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const values[IOC_KIND_COUNT] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "192.0.2.7",
        "a.b.c.evil.example",
        "d41d8cd98f00b204e9800998ecf8427e",
        "d41d8cd98f00b204e9800998ecf8427e",
        "t13d1516h2_8daaf6152771_b186095e22b6"};
    static struct ioc_query q;
    struct ioc_list *l = NULL;
    struct ioc_hit hit;
    const char *why = NULL;

    for (int whole = 0; whole < 2; whole++) {
        if (ioc_open(span_of(data, size), whole, &l, &why) != 0)
            continue;
        for (int k = 0; k < IOC_KIND_COUNT; k++) {
            gh_check(ioc_query_parse(&q, (enum ioc_kind)k, span_str(values[k])));
            (void)ioc_find(l, &q, 1, &hit);
        }
        ioc_query_address(&q, (const uint8_t *)"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", true);
        (void)ioc_find(l, &q, 1, &hit);
        ioc_close(l);
        l = NULL;
    }
    for (int k = 0; k < IOC_KIND_COUNT; k++) { /* and as a value */
        struct ioc_entry e;
        (void)ioc_entry_parse(span_of(data, size), (enum ioc_kind)k, false, &e);
        (void)ioc_query_parse(&q, (enum ioc_kind)k, span_of(data, size));
    }
    return 0;
}
