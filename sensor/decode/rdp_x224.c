/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/rdp_x224.h"

#define TPKT_VERSION 3
#define TPKT_HEAD 4u
#define X224_HEAD 7u /* length, code, two references, class */
#define CONNECT_REQUEST 0xE0
#define CONNECT_CONFIRM 0xD0
#define NEGOTIATION 8u /* size of each of its structures */

enum negotiation { NEG_REQUEST = 1, NEG_RESPONSE, NEG_FAILURE };

size_t rdp_tpkt_size(struct span s)
{
    struct reader in = reader_span(s);
    uint8_t version = reader_u8(&in);
    uint16_t length;

    reader_skip(&in, 1);
    length = reader_be16(&in);
    if (s.n && version != TPKT_VERSION)
        return SIZE_MAX;
    if (!reader_ok(&in))
        return 0;
    return length < TPKT_HEAD + 3 ? SIZE_MAX : length;
}

/* Stands behind the fixed part of that X.224 message. */
static bool x224(struct span s, uint8_t code, struct reader *ret)
{
    uint8_t length, found;

    *ret = reader_span(s);
    reader_skip(ret, TPKT_HEAD);
    length = reader_u8(ret);
    found = reader_u8(ret);
    reader_skip(ret, X224_HEAD - 2);
    return reader_ok(ret) && found == code && rdp_tpkt_size(s) == s.n && TPKT_HEAD + 1 + length == s.n;
}

static bool negotiation(struct reader *in, uint8_t *ret_type, uint8_t *ret_flags, uint32_t *ret_value)
{
    *ret_type = reader_u8(in);
    *ret_flags = reader_u8(in);
    if (reader_le16(in) != NEGOTIATION)
        return false;
    *ret_value = reader_le32(in);
    return reader_ok(in);
}

bool rdp_request_read(struct span s, struct rdp_request *ret)
{
    struct reader in;
    struct span rest;
    ptrdiff_t end;
    uint8_t type;

    *ret = (struct rdp_request){.negotiates = false};
    if (!x224(s, CONNECT_REQUEST, &in))
        return false;
    rest = span_part(s, in.pos, SIZE_MAX);
    if (span_starts_nocase(rest, "Cookie: ")) {
        struct span line;
        end = span_find(rest, span_str("\r\n"), 0);
        if (end < 0)
            return false;
        line = span_part(rest, 8, (size_t)end - 8);
        if (span_starts_nocase(line, "mstshash="))
            ret->cookie = span_part(line, 9, SIZE_MAX);
        else
            ret->token = line;
        reader_skip(&in, (size_t)end + 2);
    }
    if (!reader_left(&in))
        return true;
    ret->negotiates = negotiation(&in, &type, &ret->flags, &ret->protocols) && type == NEG_REQUEST;
    return ret->negotiates;
}

bool rdp_response_read(struct span s, struct rdp_response *ret)
{
    struct reader in;
    uint8_t type;

    *ret = (struct rdp_response){.negotiates = false};
    if (!x224(s, CONNECT_CONFIRM, &in))
        return false;
    if (!reader_left(&in)) /* a server of before RDP 5.2 */
        return true;
    if (!negotiation(&in, &type, &ret->flags, &ret->value) || (type != NEG_RESPONSE && type != NEG_FAILURE))
        return false;
    ret->negotiates = true;
    ret->failed = type == NEG_FAILURE;
    return true;
}
