/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_cms: S/MIME and other CMS objects (RFC 5652, RFC 8551), DER, BER or PEM. What is only signed or
 * compressed is read; signatures are not judged. */
#include "rules/formats.h"
#include "rules/x_eml_code.h"
#include "rules/x_zip.h"

#define NESTING 16 /* of BER elements of indefinite length, and of strings in pieces */

struct element {
    uint8_t tag;
    struct span content;
};

/* One BER element; of indefinite length, its content is what stands before the end mark. */
static bool element(struct reader *r, struct element *ret, unsigned depth)
{
    uint8_t first;
    size_t from;

    ret->tag = reader_u8(r);
    first = reader_u8(r);
    if ((ret->tag & 0x1f) == 0x1f || depth > NESTING)
        return false;
    if (first < 0x80) {
        ret->content = reader_take(r, first);
    } else if (first > 0x80 && first <= 0x84) {
        ret->content = reader_take(r, (size_t)reader_be(r, first & 0x7f));
    } else if (first == 0x80) {
        struct element e;
        from = r->pos;
        do {
            if (!element(r, &e, depth + 1))
                return false;
        } while (e.tag || e.content.n);
        ret->content = span_part(span_of(r->p, r->n), from, r->pos - from - 2);
    } else {
        return false;
    }
    return reader_ok(r);
}

/* The element at r must have that tag; r moves behind it. */
static bool expect(struct reader *r, uint8_t tag, struct reader *ret)
{
    struct element e;

    if (!element(r, &e, 0) || e.tag != tag)
        return false;
    *ret = reader_span(e.content);
    return true;
}

/* An OCTET STRING, whole or in pieces. */
static bool octets(struct span in, struct writer *out, unsigned depth)
{
    struct reader r = reader_span(in);
    struct element e;

    while (reader_left(&r)) {
        if (depth > NESTING || !element(&r, &e, 0))
            return false;
        if (e.tag == 0x04)
            writer_put(out, e.content);
        else if (e.tag == 0x24 && !octets(e.content, out, depth + 1))
            return false;
    }
    return writer_ok(out);
}

/* "message.p7m" -> "message", for the name of what is inside. */
static struct span inner_name(struct extract *x)
{
    struct span name = extract_name(x);

    for (size_t i = name.n; i-- > 0;)
        if (name.p[i] == '/' || name.p[i] == '\\') {
            name = span_part(name, i + 1, name.n);
            break;
        }
    if (name.n > 4 && (span_eq_nocase(span_part(name, name.n - 4, 4), ".p7m") ||
                       span_eq_nocase(span_part(name, name.n - 4, 4), ".p7s")))
        return name.n > 9 && span_eq_nocase(name, "smime.p7m") ? span_str("content.eml")
                                                               : span_part(name, 0, name.n - 4);
    return span_str("content");
}

/* EncapsulatedContentInfo: type, then maybe the content. *ret_here false when it is not there (a detached
 * signature). */
static bool encapsulated(struct reader *r, struct writer *out, bool *ret_here)
{
    struct reader info, type, content;

    *ret_here = false;
    if (!expect(r, 0x30, &info) || !expect(&info, 0x06, &type))
        return false;
    if (!reader_left(&info))
        return true;
    *ret_here = true;
    return expect(&info, 0xa0, &content) && octets(reader_rest(&content), out, 0);
}

static bool signed_data(struct extract *x, struct reader *r)
{
    struct reader data, skip;
    struct writer w;
    bool here, ok;

    if (!expect(r, 0x30, &data) || !expect(&data, 0x02, &skip) || !expect(&data, 0x31, &skip))
        return false;
    writer_init(&w, data.n + 16);
    ok = encapsulated(&data, &w, &here);
    if (ok && here && extract_budget(x, w.n))
        extract_child(x, inner_name(x), writer_span(&w));
    writer_done(&w);
    return ok;
}

static bool compressed_data(struct extract *x, struct reader *r)
{
    struct reader data, skip;
    struct writer packed, w;
    bool here, ok;

    if (!expect(r, 0x30, &data) || !expect(&data, 0x02, &skip) || !expect(&data, 0x30, &skip))
        return false;
    writer_init(&packed, data.n + 16);
    writer_init(&w, (size_t)extract_budget_left(x) + 1);
    ok = encapsulated(&data, &packed, &here) && here;
    if (ok) {
        int rc = zip_inflate(x, writer_span(&packed), ZIP_ZLIB, &w, NULL);
        ok = !rc || w.n;
        if (ok)
            extract_child_part(x, inner_name(x), writer_span(&w),
                               rc == 0          ? UNREAD_NONE
                               : rc == ST_LIMIT ? UNREAD_TOO_LARGE
                                                : UNREAD_CORRUPT);
    }
    writer_done(&w);
    writer_done(&packed);
    return ok;
}

static bool plain_data(struct extract *x, struct reader *r)
{
    struct writer w;
    bool ok;

    writer_init(&w, r->n + 16);
    ok = octets(reader_rest(r), &w, 0) && extract_budget(x, w.n);
    if (ok)
        extract_child(x, inner_name(x), writer_span(&w));
    writer_done(&w);
    return ok;
}

static bool encrypted(struct extract *x, struct reader *r)
{
    (void)r;
    extract_unread_all(x, UNREAD_ENCRYPTED);
    return true;
}

static const struct {
    const char *oid; /* DER content */
    size_t n;
    bool (*read)(struct extract *x, struct reader *content);
} types[] = {
#define PKCS7 "\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define SMIME "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01"
    {PKCS7 "\x01", 9, plain_data}, {PKCS7 "\x02", 9, signed_data}, {PKCS7 "\x03", 9, encrypted},
    {PKCS7 "\x04", 9, encrypted},  {PKCS7 "\x06", 9, encrypted},   {SMIME "\x09", 11, compressed_data},
    {SMIME "\x17", 11, encrypted},
};

static void read_der(struct extract *x, struct span in)
{
    struct reader r = reader_span(in), info, oid, content;
    struct span id;

    if (!expect(&r, 0x30, &info) || !expect(&info, 0x06, &oid)) {
        extract_unread_all(x, UNREAD_CORRUPT);
        return;
    }
    id = reader_rest(&oid);
    for (size_t i = 0; i < GH_COUNT(types); i++) {
        if (!span_eq(id, span_of(types[i].oid, types[i].n)))
            continue;
        /* A cut enciphered object is enciphered all the same. */
        if (types[i].read != encrypted && !expect(&info, 0xa0, &content))
            break;
        if (types[i].read(x, &content))
            return;
        break;
    }
    extract_unread_all(x, UNREAD_CORRUPT);
}

void x_cms(struct extract *x, struct span in)
{
    struct writer w;
    ptrdiff_t begin, end;

    if (!span_starts(span_trim(in), "-----BEGIN")) {
        read_der(x, in);
        return;
    }
    begin = span_find_byte(in, '\n', 0);
    end = begin < 0 ? -1 : span_find(in, span_str("-----END"), (size_t)begin);
    writer_init(&w, in.n + 16);
    base64_decode(span_part(in, begin < 0 ? in.n : (size_t)begin, end < 0 ? in.n : (size_t)(end - begin)),
                  &w);
    read_der(x, writer_span(&w));
    writer_done(&w);
}

void x_cipher(struct extract *x, struct span in)
{
    (void)in;
    extract_unread_all(x, UNREAD_ENCRYPTED);
}
