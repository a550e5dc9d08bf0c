/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ioc.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdlib.h>

#define JA4_TEXT 36
#define ADDRESS_TEXT 46

void ioc_mask(uint8_t *addr, size_t n, unsigned bits)
{
    for (size_t i = 0; i < n; i++) {
        unsigned left = bits > 8 * i ? bits - (unsigned)(8 * i) : 0;
        if (left < 8)
            addr[i] = (uint8_t)(addr[i] & (0xFF00u >> left));
    }
}

bool ioc_address(struct span text, uint8_t out[static 16], bool *ret_ipv6)
{
    char buf[ADDRESS_TEXT + 1];
    struct reader r = reader_span(text);
    uint8_t addr[16] = {0};
    bool ipv6;

    if (!text.n || text.n > ADDRESS_TEXT || memchr(text.p, 0, text.n))
        return false;
    reader_copy(&r, buf, text.n);
    buf[text.n] = 0;
    ipv6 = strchr(buf, ':') != NULL;
    if (inet_pton(ipv6 ? AF_INET6 : AF_INET, buf, addr) != 1)
        return false;
    memcpy(out, addr, sizeof(addr));
    *ret_ipv6 = ipv6;
    return true;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_bytes(struct span text, uint8_t *out, size_t n)
{
    struct reader r = reader_span(text);

    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int hi = hex_digit(reader_u8(&r)), lo = hex_digit(reader_u8(&r));
        if (hi < 0 || lo < 0)
            return false;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}

/* t13d1516h2_8daaf6152771_b186095e22b6: transport, version, SNI, two counts, ALPN; two cut digests. */
bool ioc_ja4(struct span text)
{
    struct reader r = reader_span(text);

    if (text.n != JA4_TEXT)
        return false;
    for (size_t i = 0; i < JA4_TEXT; i++) {
        uint8_t c = reader_u8(&r);
        bool good = i == 10 || i == 23 ? c == '_'
                    : i < 10           ? (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                                       : hex_digit(c) >= 0 && (c < 'A' || c > 'F');
        if (!good)
            return false;
    }
    return true;
}

/* RFC 1035 and the underscore that services use; labels of 1 to 63 bytes. */
static bool domain_plain(struct span text, char out[static IOC_DOMAIN_MAX + 1], size_t *ret_n)
{
    struct reader r = reader_span(text);
    size_t label = 0;
    bool number = true; /* the label has digits only */

    if (!text.n || text.n > IOC_DOMAIN_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = reader_u8(&r);
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if (c == '.'
                ? !label
                : label == 63 || !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
        number = c == '.' || (number && c >= '0' && c <= '9');
        label = c == '.' ? 0 : label + 1;
        out[i] = (char)c;
    }
    out[text.n] = 0;
    *ret_n = text.n;
    return label > 0 && !number; /* 192.0.2.300 is no name */
}

static bool is_ascii(struct span s)
{
    struct reader r = reader_span(s);

    while (reader_left(&r))
        if (reader_u8(&r) >= 0x80)
            return false;
    return true;
}

bool ioc_domain(struct span text, char out[static IOC_DOMAIN_MAX + 1], size_t *ret_n)
{
    char buf[4 * IOC_DOMAIN_MAX + 1], *ascii = NULL;
    struct reader r;
    bool good;

    if (text.n && text.p[text.n - 1] == '.')
        text.n--;
    if (is_ascii(text))
        return domain_plain(text, out, ret_n);
    /* As browsers do (UTS 46): case folded, composed, then Punycode. */
    if (text.n >= sizeof(buf) || !text_is_utf8(text) || memchr(text.p, 0, text.n))
        return false;
    r = reader_span(text);
    reader_copy(&r, buf, text.n);
    buf[text.n] = 0;
    if (idn2_to_ascii_8z(buf, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return false;
    good = domain_plain(span_str(ascii), out, ret_n);
    idn2_free(ascii);
    return good;
}

static const char *parse_network(struct span text, struct ioc_entry *e)
{
    ptrdiff_t slash = span_find_byte(text, '/', 0);
    uint8_t addr[16];
    uint64_t bits;
    bool ipv6;

    if (!ioc_address(slash < 0 ? text : span_part(text, 0, (size_t)slash), addr, &ipv6))
        return "this is no IP address";
    bits = ipv6 ? 128 : 32;
    if (slash >= 0 && !span_number(span_part(text, (size_t)slash + 1, text.n), bits, &bits))
        return "the length behind the slash is wrong";
    if (!bits)
        return "a network of length 0 would be every address";
    if (ipv6 && bits >= 96 && !memcmp(addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12)) { /* ::ffff:192.0.2.1 */
        memmove(addr, addr + 12, 4);
        bits -= 96;
        ipv6 = false;
        if (!bits)
            return "a network of length 0 would be every address";
    }
    e->cls = ipv6 ? IOC_C_IP6 : IOC_C_IP4;
    e->bits = (uint8_t)bits;
    memcpy(e->key, addr, ipv6 ? 16 : 4);
    ioc_mask(e->key, ipv6 ? 16 : 4, e->bits);
    return NULL;
}

static const char *parse_name(struct span text, bool subdomains, struct ioc_entry *e)
{
    char name[IOC_DOMAIN_MAX + 1];
    size_t n;

    e->cls = subdomains ? IOC_C_TREE : IOC_C_DOMAIN;
    if (span_starts(text, "*.") || span_starts(text, ".")) {
        e->cls = IOC_C_TREE;
        text = span_part(text, text.p[0] == '*' ? 2 : 1, text.n);
    }
    if (!ioc_domain(text, name, &n))
        return "this is no domain name";
    ioc_domain_hash(name, n, e->key);
    return NULL;
}

const char *ioc_entry_parse(struct span text, enum ioc_kind kind, bool subdomains, struct ioc_entry *ret)
{
    struct ioc_entry e = {0};
    const char *why = NULL;

    switch (kind) {
    case IOC_SHA256:
        e.cls = IOC_C_SHA256;
        if (!hex_bytes(text, e.key, 32))
            why = "a SHA-256 has 64 hexadecimal digits";
        break;
    case IOC_JA3:
    case IOC_JA3S:
        e.cls = kind == IOC_JA3 ? IOC_C_JA3 : IOC_C_JA3S;
        if (!hex_bytes(text, e.key, 16))
            why = "a JA3 has 32 hexadecimal digits";
        break;
    case IOC_JA4:
        e.cls = IOC_C_JA4;
        if (!ioc_ja4(text))
            why = "a JA4 looks like t13d1516h2_8daaf6152771_b186095e22b6";
        else
            memcpy(e.key, text.p, JA4_TEXT);
        break;
    case IOC_IP:
        why = parse_network(text, &e);
        break;
    default:
        why = parse_name(text, subdomains, &e);
        break;
    }
    if (!why)
        *ret = e;
    return why;
}
