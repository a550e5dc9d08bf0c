/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_gzip: gzip (RFC 1952; several members one behind the other are one content) and bare zlib streams (RFC
 * 1950). */
#include "rules/formats.h"
#include "rules/x_archive.h"
#include "rules/x_zip.h"

#define NAME_MAX_BYTES 1024

struct span packed_name(struct extract *x)
{
    static const char *const tars[] = {".tgz", ".taz", ".tbz2", ".tbz", ".txz", ".tlz", ".tzst"};
    struct span name = extract_name(x);

    for (size_t i = name.n; i-- > 0;)
        if (name.p[i] == '/' || name.p[i] == '\\') {
            name = span_part(name, i + 1, name.n);
            break;
        }
    name = span_part(name, 0, NAME_MAX_BYTES);
    for (size_t i = name.n; i-- > 1;) {
        char *tar = NULL;
        if (name.p[i] != '.')
            continue;
        for (size_t k = 0; k < GH_COUNT(tars) && !tar; k++)
            if (span_eq_nocase(span_part(name, i, name.n), tars[k]))
                tar = arena_printf(extract_arena(x), "%.*s.tar", (int)i, (const char *)name.p);
        return tar ? span_str(tar) : span_part(name, 0, i);
    }
    return span_str("content");
}

/* The name in the first member's header, else one made from the file's own. */
static struct span stored_name(struct extract *x, struct span in)
{
    struct reader r = reader_span(in);
    uint8_t flags;
    struct span rest;
    ptrdiff_t end;

    reader_skip(&r, 3);
    flags = reader_u8(&r);
    reader_skip(&r, 6);
    if (flags & 4)
        reader_skip(&r, reader_le16(&r));
    rest = span_part(reader_rest(&r), 0, NAME_MAX_BYTES);
    end = flags & 8 ? span_find_byte(rest, 0, 0) : -1;
    return end > 0 ? span_part(rest, 0, (size_t)end) : packed_name(x);
}

static bool is_gzip(struct span s)
{
    return span_starts(s, "\x1f\x8b\x08");
}

static bool all_zero(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            return false;
    return true;
}

static enum unread why_of(int rc)
{
    switch (rc) {
    case 0:
        return UNREAD_NONE;
    case ST_LIMIT:
    case ST_NOMEM:
        return UNREAD_TOO_LARGE;
    case ST_TIMEOUT:
        return UNREAD_TIMEOUT;
    default:
        return UNREAD_CORRUPT;
    }
}

void x_gzip(struct extract *x, struct span in)
{
    bool gzip = is_gzip(in);
    struct writer w;
    struct span rest = in;
    size_t used = 0;
    int rc;

    writer_init(&w, (size_t)extract_budget_left(x) + 1);
    do {
        rc = zip_inflate(x, rest, gzip ? ZIP_GZIP : ZIP_ZLIB, &w, &used);
        rest = span_part(rest, used, rest.n);
    } while (!rc && used && gzip && is_gzip(rest));
    if (!rc && !all_zero(rest))
        extract_unread(x, UNREAD_CORRUPT); /* something stands behind the stream that belongs to no stream */
    if (!gzip && rc == ST_MALFORMED && !w.n) { /* two bytes that looked like a zlib header, no more */
        extract_type(x, "data", "application/octet-stream");
        extract_unread_all(x, UNREAD_UNSUPPORTED);
    } else if (!rc || w.n) {
        extract_child_part(x, gzip ? stored_name(x, in) : packed_name(x), writer_span(&w), why_of(rc));
    } else {
        extract_child_unread(x, packed_name(x), 0, why_of(rc));
    }
    writer_done(&w);
}
