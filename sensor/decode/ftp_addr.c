/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp_addr.h"

#include <arpa/inet.h>

/* Decimal digits at the reader, at most max. */
static bool number(struct reader *r, unsigned max, unsigned *ret)
{
    unsigned digits = 0, v = 0;

    while (digits < 6 && reader_left(r) && reader_peek(r, 0) >= '0' && reader_peek(r, 0) <= '9') {
        v = v * 10 + (unsigned)(reader_u8(r) - '0');
        digits++;
    }
    *ret = v;
    return digits && v <= max;
}

static bool six(struct span text, struct ftp_addr *ret)
{
    struct reader r = reader_span(text);
    unsigned n[6];

    for (size_t i = 0; i < GH_COUNT(n); i++)
        if ((i && reader_u8(&r) != ',') || !number(&r, 255, &n[i]))
            return false;
    *ret = (struct ftp_addr){.has_addr = true, .port = (uint16_t)(n[4] << 8 | n[5])};
    for (size_t i = 0; i < 4; i++)
        ret->addr[i] = (uint8_t)n[i];
    return ret->port != 0;
}

bool ftp_addr_numbers(struct span text, struct ftp_addr *ret)
{
    bool digit, before = false;

    for (size_t i = 0; i < text.n; i++, before = digit) {
        digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (digit && !before && six(span_part(text, i, 24), ret))
            return true;
    }
    return false;
}

/* What stands before the next delimiter, and past that. */
static struct span field(struct reader *r, uint8_t delimiter)
{
    struct reader look = *r;
    struct span rest = reader_rest(&look);
    ptrdiff_t end = span_find_byte(rest, delimiter, 0);
    struct span s = reader_take(r, end < 0 ? rest.n + 1 : (size_t)end);

    reader_skip(r, 1);
    return s;
}

bool ftp_addr_extended(struct span text, struct ftp_addr *ret)
{
    ptrdiff_t open = span_find_byte(text, '(', 0);
    struct reader r = reader_span(span_trim(span_part(text, open < 0 ? 0 : (size_t)open + 1, text.n)));
    uint8_t delimiter = reader_u8(&r);
    struct span family = field(&r, delimiter), host = field(&r, delimiter), port = field(&r, delimiter);
    uint64_t n;
    char buf[INET6_ADDRSTRLEN];

    *ret = (struct ftp_addr){0};
    if (!reader_ok(&r) || !span_number(port, 65535, &n) || !n)
        return false;
    ret->port = (uint16_t)n;
    if (!host.n)
        return true;
    if (host.n >= sizeof(buf))
        return false;
    memcpy(buf, host.p, host.n);
    buf[host.n] = 0;
    ret->ipv6 = span_eq(family, span_str("2"));
    ret->has_addr = inet_pton(ret->ipv6 ? AF_INET6 : AF_INET, buf, ret->addr) == 1;
    return ret->has_addr;
}
