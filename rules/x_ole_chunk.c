/* SPDX-License-Identifier: GPL-3.0-or-later
 * Publisher's and Works' stories: a stream that begins with "CHNK", a directory of chunks, among them TEXT in
 * UTF-16. Layout from Apache POI's notes on Quill and from the Works filters' documentation. */
#include "rules/x_ole.h"

#define DIRECTORY 0x18u /* of chunks: a count, then blocks of entries */
#define ENTRY 24u
#define ENTRIES_MAX 4096u

static unsigned texts(struct ole *o, struct span in)
{
    struct reader r = reader_span(in);
    unsigned found = 0;

    reader_skip(&r, DIRECTORY + 8);
    for (unsigned i = 0; i < ENTRIES_MAX && reader_left(&r) >= ENTRY; i++) {
        struct reader e = reader_sub(&r, ENTRY);
        uint16_t size = reader_le16(&e);
        struct span name = reader_take(&e, 4);
        reader_skip(&e, 6);
        struct span type = reader_take(&e, 4);
        uint32_t from = reader_le32(&e), n = reader_le32(&e);
        if (size != ENTRY)
            break;
        if (!span_eq(name, span_str("TEXT")) || !span_eq(type, span_str("TEXT")))
            continue;
        if (from > in.n || n > in.n - from)
            extract_unread(o->x, UNREAD_CORRUPT);
        ole_say_utf16(o->x, PLACE_BODY, 0, span_part(in, from, n));
        extract_line(o->x, PLACE_BODY, 0);
        found++;
    }
    return found;
}

bool ole_chunks(struct ole *o, uint32_t stream)
{
    struct writer w;
    bool is = false;

    if (ole_load(o, stream, &w) && span_starts(writer_span(&w), "CHNK")) {
        is = true;
        if (!texts(o, writer_span(&w)))
            extract_unread(o->x, UNREAD_UNSUPPORTED);
    }
    writer_done(&w);
    return is;
}

void ole_publisher(struct ole *o, uint32_t quill)
{
    uint32_t sub = cfb_find(o->cfb, quill, "QuillSub"),
             stream = sub == CFB_NONE ? CFB_NONE : cfb_find(o->cfb, sub, "CONTENTS");

    if (stream == CFB_NONE || !ole_chunks(o, stream))
        extract_unread(o->x, UNREAD_CORRUPT);
}
