/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/label_rules.h"

#include <arpa/inet.h>

#define FAULTS_SHOWN 20
#define NAME_BYTES 32 /* of a protocol */
#define HOST_BYTES 200
#define PORT_MAX 65534 /* a loop of nDPI's never ends at 65535 */

/* Splits at the first c; false when there is none (then all is in *head). */
static bool split(struct span s, uint8_t c, struct span *head, struct span *tail)
{
    ptrdiff_t at = span_find_byte(s, c, 0);

    *head = at < 0 ? s : span_part(s, 0, (size_t)at);
    *tail = at < 0 ? span_part(s, s.n, 0) : span_part(s, (size_t)at + 1, s.n);
    return at >= 0;
}

/* Printable ASCII, none of the given ones; 1 to max bytes. */
static bool plain(struct span s, const char *but, size_t max)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if (c <= 0x20 || c >= 0x7f || strchr(but, c))
            return false;
    }
    return s.n && s.n <= max;
}

static bool is_ipv4(struct span s)
{
    char buf[16];
    struct reader r = reader_span(s);
    struct in_addr a;

    if (!s.n || s.n >= sizeof(buf))
        return false;
    reader_copy(&r, buf, s.n);
    buf[s.n] = 0;
    return inet_pton(AF_INET, buf, &a) == 1;
}

static bool is_network(struct span s)
{
    struct span address, bits;
    uint64_t n;

    return split(s, '/', &address, &bits) ? is_ipv4(address) && span_number(bits, 32, &n) : is_ipv4(address);
}

static const char *ports(struct span s)
{
    struct span low, high;
    uint64_t a, b;
    bool range = split(s, '-', &low, &high);

    if (!span_number(low, PORT_MAX, &a) || !a || (range && (!span_number(high, PORT_MAX, &b) || b < a)))
        return "ports are a number or a range from 1 to 65534";
    return NULL;
}

/* 192.0.2.1, 192.0.2.0/24, 192.0.2.1:443, 192.0.2.0/24:443 */
static const char *address(struct span s)
{
    struct span network, port;
    uint64_t n;

    if (split(s, ':', &network, &port) && (!span_number(port, UINT16_MAX, &n) || !n))
        return "the port behind the address is none";
    return is_network(network) ? NULL : "nDPI knows IPv4 addresses and networks only here";
}

static struct span unquoted(struct span s)
{
    return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? span_part(s, 1, s.n - 2) : s;
}

static const char *host(struct span s)
{
    return plain(unquoted(s), "\",@", HOST_BYTES) ? NULL
                                                  : "a host is a part of a name in quotes, at most 200 bytes";
}

static const char *element(struct span e)
{
    static const struct {
        const char *key;
        const char *(*check)(struct span s);
    } keys[] = {{"tcp:", ports}, {"udp:", ports}, {"ip:", address}, {"host:", host}};

    for (size_t i = 0; i < GH_COUNT(keys); i++)
        if (span_starts(e, keys[i].key))
            return keys[i].check(span_part(e, strlen(keys[i].key), e.n));
    return "elements are tcp:, udp:, ip: and host:, with commas between them and @NAME at the end";
}

static const char *elements(struct span list)
{
    struct span one;
    const char *why;
    bool more;

    do {
        more = split(list, ',', &one, &list);
        why = element(one);
    } while (!why && more);
    return why;
}

/* Lines without '@'. */
static const char *exception(struct span line)
{
    struct span key, value, what, mask;
    uint64_t n;

    if (!split(line, ':', &key, &value))
        return "the name of a protocol is missing: ...@NAME";
    if (span_eq(key, span_str("trusted_issuer_dn"))) {
        struct reader r = reader_span(unquoted(value));
        while (reader_left(&r)) {
            uint8_t c = reader_u8(&r);
            if (c < 0x20 || c >= 0x7f || c == '"')
                return "an issuer is printable ASCII in quotes";
        }
        return value.n > 2 && value.n <= HOST_BYTES ? NULL : "an issuer has 1 to 200 bytes";
    }
    if (!split(value, '=', &what, &mask) || !span_number(mask, UINT64_MAX, &n))
        return "the name of a protocol (...@NAME) or a mask (...=NUMBER) is missing";
    if (span_eq(key, span_str("ip_risk_mask")))
        return is_network(what) ? NULL : "nDPI knows IPv4 addresses and networks only here";
    if (span_eq(key, span_str("host_risk_mask")))
        return host(what);
    return "lines without @NAME are ip_risk_mask:, host_risk_mask: and trusted_issuer_dn:";
}

static const char *protocol_line(struct label_rule *r)
{
    struct span list = r->line;

    while (list.n && list.p[list.n - 1] != '@')
        list.n--;
    if (!list.n)
        return exception(r->line);
    r->protocol = span_part(r->line, list.n, r->line.n);
    if (!plain(r->protocol, ",@", NAME_BYTES))
        return "a protocol's name has 1 to 32 letters, digits and signs, no blank";
    return elements(span_part(list, 0, list.n - 1));
}

static const char *category_line(struct label_rule *r)
{
    struct span number;
    uint64_t n;

    if (!split(r->line, '\t', &r->name, &number))
        return "a line is a name or an address, a tab, and the number of a category";
    if (!span_number(span_trim(number), LABEL_CATEGORY_MAX, &n) || !n)
        return "the number of a category is 1 to 105";
    r->category = (unsigned)n;
    if (!plain(r->name, "\",@", HOST_BYTES))
        return "a name has 1 to 200 bytes without blanks";
    if (span_find_byte(r->name, '/', 0) >= 0 && !is_network(r->name))
        return "nDPI knows IPv4 networks only here";
    return span_find_byte(r->name, ':', 0) < 0 ? NULL : "nDPI knows IPv4 addresses only here";
}

const char *label_rule_read(enum label_file f, struct span line, struct label_rule *ret)
{
    *ret = (struct label_rule){.line = span_trim(line)};
    if (ret->line.n && ret->line.p[0] == '#')
        ret->line.n = 0;
    if (!ret->line.n)
        return NULL;
    if (ret->line.n > LABEL_RULE_LINE)
        return "the line is too long";
    return f == LABEL_PROTOCOLS ? protocol_line(ret) : category_line(ret);
}

struct names {
    struct span seen[LABEL_PROTOCOLS_MAX];
    size_t n;
};

static bool has_room(struct names *names, struct span name)
{
    if (!name.n)
        return true;
    for (size_t i = 0; i < names->n; i++)
        if (names->seen[i].n == name.n && span_same_nocase(name.p, (const char *)names->seen[i].p, name.n))
            return true;
    if (names->n == GH_COUNT(names->seen))
        return false;
    names->seen[names->n++] = name;
    return true;
}

uint64_t label_rules_check(enum label_file f, struct span text, label_rules_fault_fn *fault, void *arg)
{
    struct names names = {.n = 0};
    uint64_t line = 0, faults = 0;
    struct label_rule rule;
    struct span one;
    bool more = true;

    if (text.n > LABEL_RULES_MAX) {
        if (fault)
            fault(arg, 1, "the file is larger than 1 MiB");
        return 1;
    }
    while (more) {
        more = split(text, '\n', &one, &text);
        line++;
        const char *why = label_rule_read(f, one, &rule);
        if (!why && !has_room(&names, rule.protocol))
            why = "a file may name 200 protocols";
        if (why && faults++ < FAULTS_SHOWN && fault)
            fault(arg, line, why);
    }
    return faults;
}
