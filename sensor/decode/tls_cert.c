/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/tls_cert.h"
#include "base/digest.h"
#include "base/writer.h"

#include <arpa/inet.h>
#include <stdio.h>

enum tag {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_OID = 0x06,
    TAG_T61 = 0x14,
    TAG_UTC_TIME = 0x17,
    TAG_GENERAL_TIME = 0x18,
    TAG_UNIVERSAL = 0x1C,
    TAG_BMP = 0x1E,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_VERSION = 0xA0,
    TAG_EXTENSIONS = 0xA3,
    /* GeneralName */
    TAG_ALT_MAIL = 0x81,
    TAG_ALT_DNS = 0x82,
    TAG_ALT_URI = 0x86,
    TAG_ALT_IP = 0x87
};

/* One element: its content, and past it. DER has definite lengths only; tags above 30 do not occur in what we
 * read. */
static struct span element(struct reader *in, uint8_t *ret_tag)
{
    size_t length;

    *ret_tag = reader_u8(in);
    length = reader_u8(in);
    if (length & 0x80) {
        unsigned bytes = length & 0x7F;
        if (bytes < 1 || bytes > 4)
            in->bad = true;
        else
            length = (size_t)reader_be(in, bytes);
    }
    if ((*ret_tag & 0x1F) == 0x1F)
        in->bad = true;
    return reader_take(in, length);
}

static struct span expect(struct reader *in, uint8_t tag)
{
    uint8_t got;
    struct span content = element(in, &got);

    if (got != tag)
        in->bad = true;
    return reader_ok(in) ? content : (struct span){NULL, 0};
}

/* Attribute types with a short name (RFC 4519, 5280; the last three of EV certificates). */
static const struct {
    const char *name;
    uint8_t n;
    uint8_t oid[11];
} attributes[] = {
    {"CN", 3, {0x55, 4, 3}},
    {"SN", 3, {0x55, 4, 4}},
    {"serialNumber", 3, {0x55, 4, 5}},
    {"C", 3, {0x55, 4, 6}},
    {"L", 3, {0x55, 4, 7}},
    {"ST", 3, {0x55, 4, 8}},
    {"street", 3, {0x55, 4, 9}},
    {"O", 3, {0x55, 4, 10}},
    {"OU", 3, {0x55, 4, 11}},
    {"title", 3, {0x55, 4, 12}},
    {"description", 3, {0x55, 4, 13}},
    {"businessCategory", 3, {0x55, 4, 15}},
    {"postalCode", 3, {0x55, 4, 17}},
    {"name", 3, {0x55, 4, 41}},
    {"GN", 3, {0x55, 4, 42}},
    {"initials", 3, {0x55, 4, 43}},
    {"dnQualifier", 3, {0x55, 4, 46}},
    {"pseudonym", 3, {0x55, 4, 65}},
    {"organizationIdentifier", 3, {0x55, 4, 97}},
    {"subjectAltName", 3, {0x55, 29, 17}},
    {"emailAddress", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1}},
    {"unstructuredName", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 2}},
    {"UID", 10, {0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 1}},
    {"DC", 10, {0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25}},
    {"jurisdictionL", 11, {0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x3C, 2, 1, 1}},
    {"jurisdictionST", 11, {0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x3C, 2, 1, 2}},
    {"jurisdictionC", 11, {0x2B, 6, 1, 4, 1, 0x82, 0x37, 0x3C, 2, 1, 3}},
};

/* Base-128 arcs; the first byte holds two (X.690 section 8.19). */
static void write_oid(struct writer *w, struct span oid)
{
    struct reader in = reader_span(oid);
    uint64_t arc = 0;
    bool first = true;

    for (size_t i = 0; i < GH_COUNT(attributes); i++)
        if (span_eq(oid, span_of(attributes[i].oid, attributes[i].n))) {
            writer_str(w, attributes[i].name);
            return;
        }
    while (reader_left(&in) && writer_ok(w)) {
        uint8_t b = reader_u8(&in);
        arc = arc << 7 | (b & 0x7F);
        if (b & 0x80)
            continue;
        if (first) {
            unsigned top = arc < 40 ? 0 : arc < 80 ? 1 : 2;
            writer_dec(w, top);
            arc -= top * 40;
        }
        writer_u8(w, '.');
        writer_dec(w, arc);
        arc = 0;
        first = false;
    }
}

static void write_rune(struct writer *w, uint32_t c)
{
    if (c < 0x80) {
        writer_u8(w, (uint8_t)c);
    } else if (c < 0x800) {
        writer_u8(w, (uint8_t)(0xC0 | c >> 6));
        writer_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        writer_u8(w, (uint8_t)(0xE0 | c >> 12));
        writer_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        writer_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
    } else {
        writer_u8(w, (uint8_t)(0xF0 | (c >> 18 & 7)));
        writer_u8(w, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        writer_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        writer_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
    }
}

/* A directory string as UTF-8. T61 is taken for Latin-1, as everybody means it. Others are ASCII or UTF-8
 * already; the JSON writer repairs what is not. */
static void write_value(struct writer *w, uint8_t tag, struct span value)
{
    unsigned width = tag == TAG_BMP ? 2 : tag == TAG_UNIVERSAL ? 4 : tag == TAG_T61 ? 1 : 0;
    struct reader in = reader_span(value);

    if (!width) {
        writer_put(w, value);
        return;
    }
    while (reader_left(&in) >= width && writer_ok(w))
        write_rune(w, (uint32_t)reader_be(&in, width));
}

/* Attributes of one set are joined by " + ", sets by ", ". */
static void write_name(struct span name, struct tls_name *ret)
{
    static const char more_follows[] = ", …";
    struct reader in = reader_span(name);
    struct writer w;
    size_t whole = 0; /* end of the last attribute that fitted */

    writer_fixed(&w, ret->text, sizeof(ret->text) - sizeof(more_follows));
    while (reader_left(&in) && writer_ok(&w)) {
        struct reader set = reader_span(expect(&in, TAG_SET));
        bool first = true;
        while (reader_left(&set) && writer_ok(&w)) {
            struct reader pair = reader_span(expect(&set, TAG_SEQUENCE));
            struct span oid = expect(&pair, TAG_OID), value;
            uint8_t tag;
            value = element(&pair, &tag);
            if (!reader_ok(&pair))
                break;
            if (whole)
                writer_str(&w, first ? ", " : " + ");
            write_oid(&w, oid);
            writer_u8(&w, '=');
            write_value(&w, tag, value);
            if (writer_ok(&w))
                whole = w.n;
            first = false;
        }
    }
    if (!writer_ok(&w)) {
        writer_fixed(&w, ret->text, sizeof(ret->text));
        w.n = whole;
        writer_str(&w, more_follows);
        whole = w.n;
    }
    ret->n = whole;
}

/* Hex digits joined by colons. */
static void write_bytes(struct span bytes, bool upper, char *out, size_t cap)
{
    out[0] = 0;
    for (size_t i = 0; i < bytes.n && 3 * i + 3 <= cap; i++) {
        if (i)
            out[3 * i - 1] = ':';
        snprintf(out + 3 * i, 3, upper ? "%02X" : "%02x", bytes.p[i]);
    }
}

static unsigned two(struct reader *in)
{
    uint8_t a = reader_u8(in), b = reader_u8(in);

    if (a < '0' || a > '9' || b < '0' || b > '9')
        in->bad = true;
    return (unsigned)(a - '0') * 10 + (unsigned)(b - '0');
}

/* UTCTime with a pivot of 50 (RFC 5280 section 4.1.2.5.1) or GeneralizedTime, both in UTC. */
static void write_time(struct reader *validity, char out[static 20])
{
    uint8_t tag;
    struct reader in = reader_span(element(validity, &tag));
    unsigned year, month, day, hour, minute, second = 0;

    if (tag == TAG_GENERAL_TIME) {
        year = two(&in) * 100;
        year += two(&in);
    } else {
        year = two(&in);
        year += year < 50 ? 2000 : 1900;
    }
    month = two(&in);
    day = two(&in);
    hour = two(&in);
    minute = two(&in);
    if (reader_peek(&in, 0) != 'Z') /* old certificates leave the seconds out */
        second = two(&in);
    out[0] = 0;
    if (!reader_ok(&in) || (tag != TAG_GENERAL_TIME && tag != TAG_UTC_TIME) || month < 1 || month > 12 ||
        day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return;
    snprintf(out, 20, "%04u-%02u-%02uT%02u:%02u:%02u", year % 10000, month, day, hour, minute, second);
}

static void put_alt(struct writer *w, struct span name)
{
    size_t before = w->n;

    writer_be(w, name.n, 2);
    writer_put(w, name);
    if (!writer_ok(w)) { /* the others may be shorter */
        w->n = before;
        w->bad = false;
    }
}

/* GeneralName (RFC 5280 section 4.2.1.6). */
static void write_alt(struct writer *w, uint8_t tag, struct span name)
{
    char text[INET6_ADDRSTRLEN];

    if (tag == TAG_ALT_MAIL || tag == TAG_ALT_DNS || tag == TAG_ALT_URI)
        put_alt(w, name);
    else if (tag == TAG_ALT_IP && (name.n == 4 || name.n == 16) &&
             inet_ntop(name.n == 4 ? AF_INET : AF_INET6, name.p, text, sizeof(text)))
        put_alt(w, span_str(text));
}

/* Behind the subject. A certificate that is damaged here keeps what was read before. */
static void write_alts(struct reader tbs, struct tls_cert *ret)
{
    static const uint8_t oid[] = {0x55, 0x1D, 0x11}; /* 2.5.29.17 */
    struct reader list = {0};
    struct writer w;
    uint8_t tag = 0;

    expect(&tbs, TAG_SEQUENCE); /* public key */
    while (reader_left(&tbs) && tag != TAG_EXTENSIONS)
        list = reader_span(element(&tbs, &tag));
    if (tag != TAG_EXTENSIONS)
        return;
    list = reader_span(expect(&list, TAG_SEQUENCE));
    writer_fixed(&w, ret->alt, sizeof(ret->alt));
    while (reader_left(&list)) {
        struct reader one = reader_span(expect(&list, TAG_SEQUENCE)), names;
        struct span id = expect(&one, TAG_OID), value;
        value = element(&one, &tag);
        if (tag == TAG_BOOLEAN)
            value = element(&one, &tag);
        if (!reader_ok(&one) || !span_eq(id, span_of(oid, sizeof(oid))))
            continue;
        names = reader_span(value);
        names = reader_span(expect(&names, TAG_SEQUENCE));
        while (reader_left(&names)) {
            struct span name = element(&names, &tag);
            if (reader_ok(&names))
                write_alt(&w, tag, name);
        }
    }
    ret->alt_n = w.n;
}

bool tls_cert_read(struct span der, struct tls_cert *ret)
{
    struct reader in = reader_span(der), certificate, tbs, validity;
    uint8_t sha1[20];

    *ret = (struct tls_cert){0};
    digest_sha1(der.p, der.n, sha1);
    write_bytes(span_of(sha1, sizeof(sha1)), false, ret->fingerprint, sizeof(ret->fingerprint));
    certificate = reader_span(expect(&in, TAG_SEQUENCE));
    tbs = reader_span(expect(&certificate, TAG_SEQUENCE));
    if (reader_peek(&tbs, 0) == TAG_VERSION)
        expect(&tbs, TAG_VERSION);
    write_bytes(expect(&tbs, TAG_INTEGER), true, ret->serial, sizeof(ret->serial));
    expect(&tbs, TAG_SEQUENCE); /* signature algorithm */
    write_name(expect(&tbs, TAG_SEQUENCE), &ret->issuer);
    validity = reader_span(expect(&tbs, TAG_SEQUENCE));
    write_time(&validity, ret->not_before);
    write_time(&validity, ret->not_after);
    write_name(expect(&tbs, TAG_SEQUENCE), &ret->subject);
    write_alts(tbs, ret);
    return reader_ok(&in) && reader_ok(&certificate) && reader_ok(&tbs) && reader_ok(&validity);
}
