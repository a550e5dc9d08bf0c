/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/region/portion.h"
#include "base/event.h"

int portion_put(const struct record *r, struct writer *out)
{
    if (r->json.n > PORTION_RECORD_MAX)
        return ST_LIMIT;
    writer_le(out, r->run, 8);
    writer_le(out, r->n, 8);
    writer_le(out, r->k, 4);
    writer_u8(out, r->type);
    writer_le(out, r->json.n, 4);
    writer_put(out, r->json);
    return writer_ok(out) ? 0 : ST_LIMIT;
}

int portion_next(struct reader *r, struct record *ret)
{
    struct record one;
    uint32_t length;

    if (!reader_left(r))
        return 0;
    one.run = reader_le64(r);
    one.n = reader_le64(r);
    one.k = reader_le32(r);
    one.type = reader_u8(r);
    length = reader_le32(r);
    if (!reader_ok(r) || one.type >= EVENT_TYPE_COUNT || !length || length > PORTION_RECORD_MAX)
        return ST_MALFORMED;
    one.json = reader_take(r, length);
    if (!reader_ok(r))
        return ST_MALFORMED;
    *ret = one;
    return 1;
}
