/* SPDX-License-Identifier: GPL-3.0-or-later
 * Lists of servers and prefixes of subjects: whatever is taken is printable, bounded, and one word each. */
#include "base/broker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct broker_list list;
    struct writer err;
    char buf[256];
    int count;

    writer_fixed(&err, buf, sizeof(buf));
    count = broker_list_parse(span_of(data, n), &list, &err);
    gh_check(count <= BROKER_SERVERS);
    for (int i = 0; i < count; i++)
        for (size_t k = 0; k < list.server[i].n; k++)
            gh_check(list.server[i].p[k] > ' ' && list.server[i].p[k] <= '~' && list.server[i].p[k] != '@');
    if (broker_prefix_check(span_of(data, n), &err) == 0)
        gh_check(n && n <= BROKER_PREFIX && span_find_byte(span_of(data, n), '*', 0) < 0 && span_find_byte(span_of(data, n), '>', 0) < 0);
    return 0;
}
