/* SPDX-License-Identifier: GPL-3.0-or-later
 * Macros (MS-OVBA): the source text of modules, unpacked. */
#include "rules/x_ole.h"

#include "rules/charset.h"

#include <stdio.h>

#define CHUNK 4096u            /* bytes that a chunk unpacks to */
#define SOURCE_MAX (16u << 20) /* bytes of one module's source */
#define MODULES_MAX 2000
#define RECORD_VERSION 0x0009 /* its size says 4, and it has 6 */
#define RECORD_CODEPAGE 0x0003
#define RECORD_STREAM_NAME 0x001A
#define RECORD_STREAM_NAME_WIDE 0x0032
#define RECORD_OFFSET 0x0031

/* One chunk of a compressed container (2.4.1.3.3), appended to out, where it began at from. */
static void unpack_chunk(struct reader *r, struct writer *out, size_t from)
{
    while (reader_left(r)) {
        uint8_t flags = reader_u8(r);
        for (unsigned bit = 0; bit < 8 && reader_left(r); bit++) {
            size_t at = out->n - from, bits = 4, back, n;
            uint16_t token;
            if (at >= CHUNK || !writer_ok(out))
                return;
            if (!(flags >> bit & 1)) {
                writer_u8(out, reader_u8(r));
                continue;
            }
            while (((size_t)1 << bits) < at)
                bits++;
            token = reader_le16(r);
            back = (size_t)(token >> (16 - bits)) + 1;
            n = (token & (0xFFFFu >> bits)) + 3;
            if (!reader_ok(r) || back > at)
                return;
            for (; n > 0 && out->n - from < CHUNK && writer_ok(out); n--)
                writer_u8(out, out->p[out->n - back]);
        }
    }
}

/* A compressed container; false when it is none. */
static bool unpack(struct ole *o, struct span in, struct writer *out)
{
    struct reader r = reader_span(in);

    if (reader_u8(&r) != 1)
        return false;
    while (reader_left(&r) >= 2 && writer_ok(out)) {
        uint16_t header = reader_le16(&r);
        size_t size = (header & 0xFFFu) + 1, left = reader_left(&r);
        struct reader chunk = reader_sub(&r, size < left ? size : left);
        if ((header >> 12 & 7) != 3 || !extract_budget(o->x, CHUNK))
            break;
        if (header & 0x8000)
            unpack_chunk(&chunk, out, out->n);
        else
            writer_put(out, reader_rest(&chunk));
    }
    return true;
}

static void module(struct ole *o, uint32_t vba, const char *name, uint32_t offset, const char *charset)
{
    struct writer w, source;

    writer_init(&source, SOURCE_MAX);
    if (ole_load_named(o, vba, name, &w) && offset < w.n &&
        unpack(o, span_part(writer_span(&w), offset, w.n), &source) && source.n) {
        extract_bytes(o->x, PLACE_HIDDEN, 0, writer_span(&source), charset);
        extract_line(o->x, PLACE_HIDDEN, 0);
    }
    writer_done(&w);
    writer_done(&source);
}

/* The dir stream (2.3.4.2) names the modules' streams and where in them their source begins. */
static void modules(struct ole *o, uint32_t vba, struct span dir)
{
    struct reader r = reader_span(dir);
    char charset[16] = "cp1252", name[128] = "";
    unsigned n = 0;

    while (reader_left(&r) >= 6 && n < MODULES_MAX) {
        uint16_t id = reader_le16(&r);
        uint32_t size = reader_le32(&r);
        struct reader body = reader_sub(&r, id == RECORD_VERSION ? 6 : size);
        struct writer w;

        writer_fixed(&w, name, sizeof(name) - 1);
        if (id == RECORD_CODEPAGE) {
            snprintf(charset, sizeof(charset), "cp%u", reader_le16(&body));
        } else if (id == RECORD_STREAM_NAME) {
            charset_decode(reader_rest(&body), charset, &w);
            name[w.n] = 0;
        } else if (id == RECORD_STREAM_NAME_WIDE) {
            charset_decode(reader_rest(&body), "utf-16le", &w);
            name[w.n] = 0;
        } else if (id == RECORD_OFFSET) {
            n++;
            module(o, vba, name, reader_le32(&body), charset);
        }
    }
}

void ole_macros(struct ole *o, uint32_t vba)
{
    struct writer w, dir;

    o->macros++;
    writer_init(&dir, SOURCE_MAX);
    if (ole_load_named(o, vba, "dir", &w) && unpack(o, writer_span(&w), &dir))
        modules(o, vba, writer_span(&dir));
    writer_done(&w);
    writer_done(&dir);
}
