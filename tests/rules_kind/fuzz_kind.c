/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes have a kind, the same one each time. */
#include "rules/charset.h"
#include "rules/kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kind a, b;

    if (charset_warm_up() != 0)
        return 0;
    a = kind_of(span_of(data, size));
    b = kind_of(span_of(data, size));
    gh_check(a.kind == b.kind && a.mime == b.mime && a.kind[0] && strchr(a.mime, '/'));
    return 0;
}
