/* SPDX-License-Identifier: GPL-3.0-or-later
 * Columns of tables, by the names that abuse.ch, MISP, OTX and others give them. */
#include "sensor/lists/text.h"

#define NAME_MAX_CHARS 40

static const struct {
    const char *name; /* lower case, letters and digits only */
    enum text_column what;
    bool kind_given, url;
    enum ioc_kind kind;
} columns[] = {
    {"sha256", COLUMN_VALUE, true, false, IOC_SHA256},
    {"sha256hash", COLUMN_VALUE, true, false, IOC_SHA256},
    {"sha256digest", COLUMN_VALUE, true, false, IOC_SHA256},
    {"filehashsha256", COLUMN_VALUE, true, false, IOC_SHA256},
    {"ip", COLUMN_VALUE, true, false, IOC_IP},
    {"ipaddress", COLUMN_VALUE, true, false, IOC_IP},
    {"dstip", COLUMN_VALUE, true, false, IOC_IP},
    {"srcip", COLUMN_VALUE, true, false, IOC_IP},
    {"ipdst", COLUMN_VALUE, true, false, IOC_IP},
    {"ipsrc", COLUMN_VALUE, true, false, IOC_IP},
    {"ipv4", COLUMN_VALUE, true, false, IOC_IP},
    {"ipv6", COLUMN_VALUE, true, false, IOC_IP},
    {"network", COLUMN_VALUE, true, false, IOC_IP},
    {"cidr", COLUMN_VALUE, true, false, IOC_IP},
    {"domain", COLUMN_VALUE, true, false, IOC_DOMAIN},
    {"domainname", COLUMN_VALUE, true, false, IOC_DOMAIN},
    {"hostname", COLUMN_VALUE, true, false, IOC_DOMAIN},
    {"fqdn", COLUMN_VALUE, true, false, IOC_DOMAIN},
    {"host", COLUMN_VALUE, false, false, IOC_DOMAIN}, /* may be an address */
    {"url", COLUMN_VALUE, false, true, IOC_DOMAIN},
    {"ja3", COLUMN_VALUE, true, false, IOC_JA3},
    {"ja3md5", COLUMN_VALUE, true, false, IOC_JA3},
    {"ja3hash", COLUMN_VALUE, true, false, IOC_JA3},
    {"ja3s", COLUMN_VALUE, true, false, IOC_JA3S},
    {"ja3smd5", COLUMN_VALUE, true, false, IOC_JA3S},
    {"ja3shash", COLUMN_VALUE, true, false, IOC_JA3S},
    {"ja4", COLUMN_VALUE, true, false, IOC_JA4},
    {"ja4fingerprint", COLUMN_VALUE, true, false, IOC_JA4},
    {"value", COLUMN_VALUE, false, false, IOC_SHA256},
    {"indicator", COLUMN_VALUE, false, false, IOC_SHA256},
    {"ioc", COLUMN_VALUE, false, false, IOC_SHA256},
    {"iocvalue", COLUMN_VALUE, false, false, IOC_SHA256},
    {"type", COLUMN_TYPE, false, false, IOC_SHA256},
    {"indicatortype", COLUMN_TYPE, false, false, IOC_SHA256},
    {"ioctype", COLUMN_TYPE, false, false, IOC_SHA256},
    {"until", COLUMN_UNTIL, false, false, IOC_SHA256},
    {"expires", COLUMN_UNTIL, false, false, IOC_SHA256},
    {"expiry", COLUMN_UNTIL, false, false, IOC_SHA256},
    {"expiration", COLUMN_UNTIL, false, false, IOC_SHA256},
    {"validuntil", COLUMN_UNTIL, false, false, IOC_SHA256},
};
static const struct {
    const char *name;
    enum ioc_kind kind;
    bool url;
} types[] = {
    {"sha256", IOC_SHA256, false},     {"filehashsha256", IOC_SHA256, false},
    {"sha256hash", IOC_SHA256, false}, {"ip", IOC_IP, false},
    {"ipv4", IOC_IP, false},           {"ipv6", IOC_IP, false},
    {"ipdst", IOC_IP, false},          {"ipsrc", IOC_IP, false},
    {"ipport", IOC_IP, false},         {"ipdstport", IOC_IP, false},
    {"ipsrcport", IOC_IP, false},      {"ipv4addr", IOC_IP, false},
    {"ipv6addr", IOC_IP, false},       {"cidr", IOC_IP, false},
    {"network", IOC_IP, false},        {"domain", IOC_DOMAIN, false},
    {"hostname", IOC_DOMAIN, false},   {"domainname", IOC_DOMAIN, false},
    {"fqdn", IOC_DOMAIN, false},       {"host", IOC_DOMAIN, false},
    {"url", IOC_DOMAIN, true},         {"uri", IOC_DOMAIN, true},
    {"ja3", IOC_JA3, false},           {"ja3md5", IOC_JA3, false},
    {"ja3hash", IOC_JA3, false},       {"ja3fingerprintmd5", IOC_JA3, false},
    {"ja3s", IOC_JA3S, false},         {"ja3shash", IOC_JA3S, false},
    {"ja4", IOC_JA4, false},           {"ja4fingerprint", IOC_JA4, false},
};

/* Letters in lower case and digits; everything else is left out. */
static struct span plain(struct span name, char buf[static NAME_MAX_CHARS])
{
    struct reader r = reader_span(name);
    size_t n = 0;

    while (reader_left(&r) && n < NAME_MAX_CHARS) {
        uint8_t c = reader_u8(&r);
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            buf[n++] = (char)c;
    }
    return span_of(buf, n);
}

/* A quoted field up to the comma behind it; RFC 4180: a doubled quote is one. */
static void quoted_field(struct reader *line, struct writer *out)
{
    while (reader_left(line)) {
        uint8_t c = reader_u8(line);
        if (c == '"' && reader_peek(line, 0) != '"')
            break;
        reader_skip(line, c == '"');
        writer_u8(out, c);
    }
    while (reader_left(line) && reader_peek(line, 0) != ',')
        reader_skip(line, 1);
}

bool text_field(struct reader *line, struct writer *out, struct span *ret)
{
    size_t start = out->n;

    if (!reader_ok(line))
        return false;
    while (reader_peek(line, 0) == ' ' || reader_peek(line, 0) == '\t')
        reader_skip(line, 1);
    if (reader_peek(line, 0) == '"') {
        reader_skip(line, 1);
        quoted_field(line, out);
    } else {
        while (reader_left(line) && reader_peek(line, 0) != ',')
            writer_u8(out, reader_u8(line));
    }
    *ret = span_trim(span_part(writer_span(out), start, out->n));
    reader_skip(line, 1); /* the comma; past the last field the reader fails, which ends the line */
    return writer_ok(out);
}

/* Names have letters, digits, blanks and a few signs; what looks like a value is none. */
static bool is_name(struct span s)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r), low = c | 0x20;
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && !memchr("_- #()|", c, 7))
            return false;
    }
    return s.n <= NAME_MAX_CHARS;
}

static bool column(struct span name, struct text_table *t)
{
    char buf[NAME_MAX_CHARS];
    struct span p = plain(name, buf);

    for (size_t i = 0; i < GH_COUNT(columns); i++)
        if (span_eq(p, span_str(columns[i].name))) {
            t->columns[t->n].what = columns[i].what;
            t->columns[t->n].kind_given = columns[i].kind_given;
            t->columns[t->n].kind = columns[i].kind;
            t->columns[t->n].url = columns[i].url;
            return columns[i].what == COLUMN_VALUE;
        }
    return false;
}

bool text_table_head(struct span line, struct text_table *ret)
{
    uint8_t buf[1024];
    struct reader r = reader_span(line);
    struct text_table t = {0};
    struct writer fields;
    struct span field;
    bool values = false;

    if (line.n > sizeof(buf) || span_find_byte(line, ',', 0) < 0)
        return false;
    writer_fixed(&fields, buf, sizeof(buf));
    while (t.n < TEXT_COLUMNS && text_field(&r, &fields, &field)) {
        if (!is_name(field))
            return false;
        values |= column(field, &t);
        t.n++;
    }
    if (values)
        *ret = t;
    return values;
}

bool text_type(struct span type, enum ioc_kind *ret, bool *ret_url)
{
    char buf[NAME_MAX_CHARS];
    struct span p = plain(type, buf);

    for (size_t i = 0; i < GH_COUNT(types); i++)
        if (span_eq(p, span_str(types[i].name))) {
            *ret = types[i].kind;
            *ret_url = types[i].url;
            return true;
        }
    return false;
}
