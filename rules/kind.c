/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/kind_inside.h"

#include "rules/x_zip.h"

#define PDF_WITHIN 1024 /* ISO 32000-1, annex H.3.4.1: readers accept junk before the header */

static bool row_fits(const struct kind_row *row, struct span in)
{
    struct span there = span_part(in, row->at, row->n);

    if (there.n != row->n)
        return false;
    if (!row->any)
        return memcmp(there.p, row->bytes, row->n) == 0;
    for (size_t i = 0; i < row->n; i++)
        if (row->bytes[i] != '?' && there.p[i] != (uint8_t)row->bytes[i])
            return false;
    return true;
}

/* A tar from before its magic number: the header's sum says so (POSIX.1 ustar: sum of bytes, its own field as
 * blanks). */
static bool is_old_tar(struct span in)
{
    struct span sum = span_trim(span_part(in, 148, 6));
    uint64_t want = 0, got = 0;

    if (in.n < 512 || in.p[0] == 0)
        return false;
    while (sum.n && sum.p[sum.n - 1] == 0)
        sum.n--;
    for (size_t i = 0; i < sum.n; i++) {
        if (sum.p[i] < '0' || sum.p[i] > '7')
            return false;
        want = want * 8 + (uint64_t)(sum.p[i] - '0');
    }
    for (size_t i = 0; i < 512; i++)
        got += i >= 148 && i < 156 ? ' ' : in.p[i];
    return sum.n && got == want;
}

/* RFC 1950: method 8, window at most 32 KiB, header divisible by 31; then a deflate block type that exists.
 */
static bool is_zlib(struct span in)
{
    return in.n > 6 && (in.p[0] & 0x8f) == 8 && (in.p[0] >> 4) <= 7 && (in.p[0] << 8 | in.p[1]) % 31 == 0 &&
           !(in.p[1] & 0x20) && (in.p[2] & 6) != 6;
}

/* DER or BER of a CMS ContentInfo: SEQUENCE, then the OID pkcs7-… (1.2.840.113549.1.7). */
static bool is_cms(struct span in)
{
    static const uint8_t oid[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07};

    return in.n > 20 && in.p[0] == 0x30 && span_find(span_part(in, 0, 24), span_of(oid, sizeof(oid)), 2) >= 2;
}

static bool by_structure(struct span in, struct kind *ret)
{
    if (span_find(span_part(in, 0, PDF_WITHIN), span_str("%PDF-"), 0) >= 0)
        *ret = (struct kind){"pdf", "application/pdf"};
    else if (is_old_tar(in))
        *ret = (struct kind){"tar", "application/x-tar"};
    else if (zip_ends(in))
        *ret = (struct kind){"zip", "application/zip"};
    else if (is_cms(in))
        *ret = (struct kind){"cms", "application/pkcs7-mime"};
    else
        return false;
    return true;
}

static const struct kind_row *row_of(struct span in)
{
    for (size_t i = 0; i < kind_rows_count; i++)
        if (row_fits(&kind_rows[i], in))
            return &kind_rows[i];
    return NULL;
}

struct kind kind_magic(struct span in)
{
    const struct kind_row *row = row_of(in);

    return row ? row->k : (struct kind){"data", "application/octet-stream"};
}

struct kind kind_of(struct span in)
{
    const struct kind_row *row = row_of(in);
    struct kind k = kind_magic(in), text;

    if (!in.n)
        return (struct kind){"empty", "application/x-empty"};
    if (strcmp(k.kind, "zip") == 0) {
        kind_inside_zip(in, &k);
    } else if (strcmp(k.kind, "ole") == 0) {
        kind_inside_ole(in, &k);
    } else if (!row) {
        if (!by_structure(in, &k) && !kind_inside_text(in, &k) && is_zlib(in))
            k = (struct kind){"zlib", "application/zlib"};
    } else if (row->n <= 4 && kind_inside_text(in, &text)) {
        k = text; /* so few letters prove nothing when the whole is text: "MZ", "BZh", "ID3" */
    }
    return k;
}
