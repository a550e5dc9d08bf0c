/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/asn1.h"

#define MULTI_BYTE 0x1F /* tag numbers from 31 on take more bytes */

/* Tag and length. False when one of them is not of our kind. */
static bool head(struct reader *in, uint8_t *ret_tag, size_t *ret_length)
{
    uint8_t first;

    *ret_tag = reader_u8(in);
    first = reader_u8(in);
    *ret_length = first;
    if (first >= 0x80) {
        if (first == 0x80 || first > 0x84)
            return false;
        *ret_length = (size_t)reader_be(in, first & 7u);
    }
    return !reader_ok(in) || (*ret_tag & MULTI_BYTE) != MULTI_BYTE;
}

bool asn1_next(struct reader *in, uint8_t *ret_tag, struct span *ret_content)
{
    uint8_t tag;
    size_t length;
    struct span content;

    if (!reader_left(in))
        return false;
    if (!head(in, &tag, &length)) {
        in->bad = true;
        return false;
    }
    content = reader_take(in, length);
    if (!reader_ok(in))
        return false;
    *ret_tag = tag;
    *ret_content = content;
    return true;
}

struct span asn1_take(struct reader *in, uint8_t tag)
{
    struct span content;
    uint8_t found;

    if (asn1_next(in, &found, &content) && found == tag)
        return content;
    in->bad = true;
    return (struct span){NULL, 0};
}

bool asn1_find(struct span content, uint8_t tag, struct span *ret)
{
    struct reader in = reader_span(content);
    struct span each;
    uint8_t found;

    while (asn1_next(&in, &found, &each)) {
        if (found == tag) {
            *ret = each;
            return true;
        }
    }
    return false;
}

bool asn1_number(struct span content, int64_t *ret)
{
    struct reader in = reader_span(content);
    uint64_t v;

    if (!content.n || content.n > 8)
        return false;
    v = reader_peek(&in, 0) & 0x80 ? UINT64_MAX : 0;
    while (reader_left(&in))
        v = v << 8 | reader_u8(&in);
    *ret = (int64_t)v;
    return true;
}

size_t asn1_size(struct span s)
{
    struct reader in = reader_span(s);
    uint8_t tag;
    size_t length;

    if (!head(&in, &tag, &length))
        return SIZE_MAX;
    return reader_ok(&in) ? in.pos + length : 0;
}
