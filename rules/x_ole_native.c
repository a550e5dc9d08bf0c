/* SPDX-License-Identifier: GPL-3.0-or-later
 * The layout of Packager's data is not specified by its maker; it is as written in many readers: a version
 * word 2, label, original path, two words, then a length and the temporary path, then the length and the
 * bytes of the file. */
#include "rules/x_ole_native.h"

#define STRING_MAX 1024u

/* A string that a zero byte ends. */
static struct span zero_string(struct reader *r)
{
    size_t n = 0;

    while (n < STRING_MAX && n < reader_left(r) && reader_peek(r, n))
        n++;
    if (reader_peek(r, n) || n >= reader_left(r)) {
        r->bad = true;
        return span_of("", 0);
    }
    struct span s = reader_take(r, n);
    reader_skip(r, 1);
    return s;
}

bool ole_native_package(struct extract *x, struct span bytes)
{
    struct reader r = reader_span(bytes);
    struct span label, path, file;

    if (reader_le16(&r) != 2)
        return false;
    label = zero_string(&r);
    path = zero_string(&r);
    reader_skip(&r, 4);
    reader_skip(&r, reader_le32(&r));
    file = reader_take(&r, reader_le32(&r));
    if (!reader_ok(&r))
        return false;
    extract_child(x, label.n ? label : path, file);
    return true;
}
