/* SPDX-License-Identifier: GPL-3.0-or-later
 * Hangul documents, version 5 (Hancom's published "HWP 5.0" format): records of paragraphs in deflated
 * streams. */
#include "rules/x_ole.h"
#include "rules/x_zip.h"

#include <stdio.h>

#define SECTIONS_MAX 4096u
#define PARA_TEXT 67u /* tag of a paragraph's text */
#define F_PACKED 1u
#define F_PASSWORD 2u
#define F_DISTRIBUTION 4u
#define F_CERTIFICATE 0x100u
#define FIRST_TEXT 32u /* smaller units are controls */
#define CONTROL_UNITS 8u

/* Controls of one unit end a line or are blanks; all others take eight units. */
static void paragraph(struct extract *x, unsigned page, struct span in, struct writer *line)
{
    struct reader r = reader_span(in);

    writer_clear(line);
    while (reader_left(&r) >= 2) {
        uint16_t u = reader_le16(&r);
        bool single = u == 0 || u == 10 || u == 13 || (u >= 24 && u < FIRST_TEXT);
        if (u >= FIRST_TEXT) {
            writer_le(line, u, 2);
            continue;
        }
        if (u == 9 || u == 10 || u == 30 || u == 31)
            writer_le(line, u == 10 ? '\n' : u == 9 ? '\t' : ' ', 2);
        else if (u == 24)
            writer_le(line, '-', 2);
        if (!single && reader_left(&r) >= 2 * (CONTROL_UNITS - 1))
            reader_skip(&r, 2 * (CONTROL_UNITS - 1));
    }
    ole_say_utf16(x, PLACE_BODY, page, writer_span(line));
    extract_line(x, PLACE_BODY, page);
}

static void records(struct extract *x, unsigned page, struct span in)
{
    struct reader r = reader_span(in);
    struct writer line;

    writer_init(&line, OLE_STREAM_MAX);
    while (reader_left(&r) >= 4 && !extract_expired(x)) {
        uint32_t head = reader_le32(&r);
        size_t n = head >> 20;
        if (n == 0xFFF)
            n = reader_le32(&r);
        if (n > reader_left(&r)) {
            extract_unread(x, UNREAD_CORRUPT);
            n = reader_left(&r);
        }
        struct span body = reader_take(&r, n);
        if ((head & 0x3FF) == PARA_TEXT)
            paragraph(x, page, body, &line);
    }
    writer_done(&line);
}

/* Stream i as it was before it was packed, in a fresh writer. */
static bool unpacked(struct ole *o, uint32_t i, bool packed, struct writer *out)
{
    struct writer raw;
    int rc;

    if (!packed)
        return ole_load(o, i, out);
    writer_init(out, OLE_STREAM_MAX);
    if (ole_load(o, i, &raw)) {
        rc = zip_inflate(o->x, writer_span(&raw), ZIP_RAW, out, NULL);
        if (rc && rc != ST_LIMIT)
            extract_unread(o->x, UNREAD_CORRUPT);
    }
    writer_done(&raw);
    return out->n > 0;
}

/* Pictures and objects; whether one is packed, DocInfo says: what does not inflate is handed on as it is. */
static void objects(struct ole *o, uint32_t folder, bool packed)
{
    struct writer raw, out, name;

    for (uint32_t i = 0; i < cfb_count(o->cfb) && !extract_expired(o->x); i++) {
        if (cfb_at(o->cfb, i)->parent != folder || cfb_at(o->cfb, i)->type != CFB_STREAM)
            continue;
        writer_init(&out, OLE_STREAM_MAX);
        writer_init(&name, 256);
        cfb_name(o->cfb, i, &name);
        if (ole_load(o, i, &raw)) {
            bool good = packed && zip_inflate(o->x, writer_span(&raw), ZIP_RAW, &out, NULL) == 0 && out.n;
            extract_child(o->x, writer_span(&name), good ? writer_span(&out) : writer_span(&raw));
        }
        writer_done(&raw);
        writer_done(&out);
        writer_done(&name);
    }
}

/* What a reader without the key is meant to see. */
static void preview(struct ole *o, uint32_t storage)
{
    struct writer w;

    if (ole_load_named(o, storage, "PrvText", &w)) {
        ole_say_utf16(o->x, PLACE_BODY, 0, writer_span(&w));
        extract_line(o->x, PLACE_BODY, 0);
    }
    writer_done(&w);
}

static void sections(struct ole *o, uint32_t body, bool packed)
{
    char name[24];
    struct writer w;

    for (unsigned n = 0; n < SECTIONS_MAX && !extract_expired(o->x); n++) {
        snprintf(name, sizeof(name), "Section%u", n);
        uint32_t i = cfb_find(o->cfb, body, name);
        if (i == CFB_NONE)
            break;
        if (unpacked(o, i, packed, &w))
            records(o->x, n + 1, writer_span(&w));
        writer_done(&w);
    }
}

/* Programs that run when the document is opened; every document has one, mostly empty. */
static void script(struct ole *o, uint32_t folder, bool packed)
{
    uint32_t i = folder == CFB_NONE ? CFB_NONE : cfb_find(o->cfb, folder, "DefaultJScript");
    struct writer w;

    if (i == CFB_NONE)
        return;
    if (unpacked(o, i, packed, &w)) {
        ole_say_utf16(o->x, PLACE_HIDDEN, 0, writer_span(&w));
        extract_line(o->x, PLACE_HIDDEN, 0);
    }
    writer_done(&w);
}

void ole_hwp(struct ole *o, uint32_t storage)
{
    uint32_t body = cfb_find(o->cfb, storage, "BodyText"), bin = cfb_find(o->cfb, storage, "BinData"), i;
    uint32_t flags = 0;
    struct writer w;

    extract_type(o->x, "ole", "application/x-hwp");
    if (ole_load_named(o, storage, "FileHeader", &w)) {
        struct reader r = reader_span(span_part(writer_span(&w), 36, 4));
        flags = reader_le32(&r);
    }
    writer_done(&w);
    i = cfb_find(o->cfb, storage, "\5HwpSummaryInformation");
    if (i != CFB_NONE) {
        if (ole_load(o, i, &w))
            ole_properties(o, writer_span(&w));
        writer_done(&w);
    }
    if (flags & (F_PASSWORD | F_DISTRIBUTION | F_CERTIFICATE)) {
        preview(o, storage);
        extract_unread(o->x, UNREAD_ENCRYPTED);
        return;
    }
    if (body == CFB_NONE) {
        preview(o, storage);
        extract_unread(o->x, UNREAD_CORRUPT);
    } else {
        sections(o, body, flags & F_PACKED);
    }
    script(o, cfb_find(o->cfb, storage, "Scripts"), flags & F_PACKED);
    if (bin != CFB_NONE)
        objects(o, bin, flags & F_PACKED);
}
