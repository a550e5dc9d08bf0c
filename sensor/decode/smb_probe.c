/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smb_probe.h"
#include "sensor/decode/smb_state.h"

bool smb_mark(struct span mark, uint8_t *ret_kind)
{
    struct reader r = reader_span(mark);
    uint8_t kind = reader_u8(&r);

    if (kind < 0xFC || reader_be24(&r) != 0x534D42 || !reader_ok(&r))
        return false;
    *ret_kind = kind;
    return true;
}

/* Is this the beginning of a message? For bytes of unknown standing: strict. */
static bool header_here(struct span s)
{
    struct reader r = reader_span(s);
    uint8_t kind;

    if (reader_u8(&r) != NETBIOS_MESSAGE || reader_be24(&r) < 32 || !smb_mark(reader_take(&r, 4), &kind))
        return false;
    return kind != 0xFE || (reader_le16(&r) == SMB2_HEAD && reader_ok(&r));
}

ptrdiff_t smb_header_find(struct span s)
{
    static const struct span name = {(const uint8_t *)"SMB", 3};

    for (ptrdiff_t at = 0; (at = span_find(s, name, (size_t)at)) >= 0; at++)
        if (at >= 5 && header_here(span_part(s, (size_t)at - 5, SMB_HEADER_TRIAL)))
            return at - 5;
    return -1;
}

/* Does the message say that it is an answer? */
static bool is_answer(struct span message)
{
    struct reader r = reader_span(message);

    reader_skip(&r, NETBIOS_HEAD);
    uint8_t kind = reader_u8(&r);
    reader_skip(&r, kind == 0xFF ? 8 : 15);
    uint8_t flags = reader_u8(&r);
    return kind == 0xFF ? flags & 0x80 : kind == 0xFE && (flags & 0x01);
}

/* A session service packet that comes before the first message (RFC 1002 4.3.2): where it ends; 0 when it is
 * none. */
static size_t session_packet(struct span s)
{
    struct reader r = reader_span(s);
    uint8_t type = reader_u8(&r);
    uint32_t n = reader_be24(&r);

    if (!reader_ok(&r) || n > 72)
        return 0;
    return type == NETBIOS_REQUEST || (type == NETBIOS_POSITIVE && !n) ? NETBIOS_HEAD + n : 0;
}

enum probe smb_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    struct reader r = reader_span(first);
    uint8_t type = reader_u8(&r), kind;

    if (first.n < NETBIOS_HEAD && (type == NETBIOS_REQUEST || type == NETBIOS_POSITIVE))
        return PROBE_MORE;
    first = span_part(first, session_packet(first), first.n);
    /* Where a connection begins, the name alone tells: what is bad behind it is SMB that lies. */
    r = reader_span(first);
    if (reader_u8(&r) == NETBIOS_MESSAGE && reader_be24(&r) && smb_mark(reader_take(&r, 4), &kind)) {
        /* Who is client was guessed, and wrongly: the host gets its chance to turn them round. */
        return cx->midstream && dir == TO_SERVER && is_answer(first) ? PROBE_NO : PROBE_YES;
    }
    if (cx->midstream && smb_header_find(first) > 0)
        return PROBE_YES;
    r = reader_span(first);
    if (first.n >= SMB_HEADER_TRIAL || reader_u8(&r) != NETBIOS_MESSAGE)
        return first.n ? PROBE_NO : PROBE_MORE;
    reader_skip(&r, 3);
    return reader_u8(&r) >= 0xFC || !reader_ok(&r) ? PROBE_MORE : PROBE_NO;
}
