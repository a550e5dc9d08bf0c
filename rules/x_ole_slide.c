/* SPDX-License-Identifier: GPL-3.0-or-later
 * PowerPoint's binary presentations (MS-PPT): a tree of records; text lies in atoms, and the containers
 * around them say what it is. The whole stream is walked, also what an incremental save left behind: it is in
 * the file, so it can be read. */
#include "rules/x_ole.h"

#include "rules/charset.h"

#include <stdio.h>

#define DEPTH_MAX 32
#define RECORDS_MAX 2000000
#define PICTURES_MAX 2000
#define CURRENT_ENCRYPTED 0xF3D1C4DFu /* 2.3.2: headerToken */

enum {
    T_SLIDE = 0x03EE,
    T_NOTES = 0x03F0,
    T_PERSIST = 0x03F3, /* SlidePersistAtom */
    T_MASTER = 0x03F8,
    T_CHARS = 0x0FA0,
    T_BYTES = 0x0FA8,
    T_STRING = 0x0FBA,
    T_HEADERS = 0x0FD9,
    T_LIST = 0x0FF0, /* SlideListWithText */
    T_OBJECT = 0x1011,
    T_COMMENT = 0x2EE0,
    T_CRYPT = 0x2F14
};

struct show {
    struct ole *o;
    unsigned depth;
    unsigned records;
    unsigned slides; /* containers seen */
    unsigned list;   /* slides named in the list of texts */
    unsigned objects;
};
/* What an open container makes of the text in it. */
struct scope {
    enum place place;
    unsigned page;
    bool headers, comment;
};

static void text(struct show *p, const struct scope *s, struct span bytes, const char *charset)
{
    struct writer w;

    if (!bytes.n)
        return;
    writer_init(&w, bytes.n * 4 + 16);
    charset_decode(bytes, charset, &w);
    for (size_t i = 0; i < w.n; i++) /* ends of paragraphs and lines */
        if (w.p[i] == '\r' || w.p[i] == 0x0B)
            w.p[i] = '\n';
    extract_text(p->o->x, s->place, s->page, writer_span(&w), NULL);
    extract_line(p->o->x, s->place, s->page);
    writer_done(&w);
}

/* CString: what it is depends on the container and on its number in it. */
static void string(struct show *p, const struct scope *s, unsigned instance, struct span bytes)
{
    struct scope here = *s;

    if (s->headers)
        here.place = instance == 1 ? PLACE_HEADER : PLACE_FOOTER;
    else if (!s->comment)
        here.place = PLACE_HIDDEN; /* names of slides, designs, programs */
    text(p, &here, bytes, "utf-16le");
}

/* An object: a compound file, packed (instance 1, behind its size) or not. */
static void object(struct show *p, unsigned instance, struct span bytes)
{
    char name[40];

    snprintf(name, sizeof(name), "object-%u", ++p->objects);
    if (instance == 1 && bytes.n > 4)
        bytes = span_part(bytes, 4, bytes.n);
    if (bytes.n)
        extract_child(p->o->x, span_str(name), bytes);
}

static struct scope enter(struct show *p, const struct scope *s, unsigned type, unsigned instance)
{
    struct scope in = *s;

    switch (type) {
    case T_SLIDE:
        in.page = ++p->slides;
        break;
    case T_NOTES:
        in.place = PLACE_NOTES;
        break;
    case T_MASTER:
        in.place = PLACE_HIDDEN; /* mostly prompts that no show displays */
        break;
    case T_LIST:
        p->list = 0;
        in.place = instance == 1 ? PLACE_HIDDEN : instance == 2 ? PLACE_NOTES : PLACE_BODY;
        break;
    case T_HEADERS:
        in.headers = true;
        break;
    case T_COMMENT:
        in.comment = true;
        in.place = PLACE_COMMENT;
        break;
    default:
        break;
    }
    return in;
}

static void walk(struct show *p, struct reader r, struct scope s)
{
    while (reader_left(&r) >= 8 && p->records++ < RECORDS_MAX) {
        uint16_t head = reader_le16(&r), type = reader_le16(&r);
        uint32_t size = reader_le32(&r);
        unsigned instance = head >> 4;
        struct reader body = reader_sub(&r, size < reader_left(&r) ? size : reader_left(&r));

        if ((p->records & 0xFFF) == 0 && extract_expired(p->o->x)) {
            extract_unread(p->o->x, UNREAD_TIMEOUT);
            return;
        }
        if ((head & 15) == 15) {
            if (p->depth >= DEPTH_MAX) {
                extract_unread(p->o->x, UNREAD_TOO_DEEP);
                continue;
            }
            p->depth++;
            walk(p, body, enter(p, &s, type, instance));
            p->depth--;
        } else if (type == T_CHARS) {
            text(p, &s, reader_rest(&body), "utf-16le");
        } else if (type == T_BYTES) {
            text(p, &s, reader_rest(&body), "iso-8859-1"); /* the lower halves of UTF-16 units */
        } else if (type == T_STRING) {
            string(p, &s, instance, reader_rest(&body));
        } else if (type == T_PERSIST) {
            s.page = ++p->list;
        } else if (type == T_OBJECT) {
            object(p, instance, reader_rest(&body));
        } else if (type == T_CRYPT) {
            extract_unread_all(p->o->x, UNREAD_ENCRYPTED);
        }
    }
}

/* Pictures (MS-ODRAW 2.2.23): records of one or two 16-byte marks, a few bytes, and the file. */
static void pictures(struct show *p, struct span in)
{
    struct reader r = reader_span(in);
    char name[40];

    for (unsigned n = 1; reader_left(&r) >= 8 && n <= PICTURES_MAX; n++) {
        unsigned instance = reader_le16(&r) >> 4, type = reader_le16(&r);
        uint32_t size = reader_le32(&r);
        struct reader body = reader_sub(&r, size < reader_left(&r) ? size : reader_left(&r));
        bool two = instance & 1; /* an odd instance means a second mark */

        if (type != 0xF01D && type != 0xF01E)
            continue; /* metafiles and bitmaps of Windows are packed in ways of their own */
        reader_skip(&body, two ? 33 : 17);
        snprintf(name, sizeof(name), "picture-%u.%s", n, type == 0xF01D ? "jpeg" : "png");
        if (reader_ok(&body) && extract_child(p->o->x, span_str(name), reader_rest(&body)) == ST_LIMIT)
            return;
    }
}

static bool encrypted(struct ole *o, uint32_t storage)
{
    struct writer w;
    struct reader r;
    bool yes = false;

    if (ole_load_named(o, storage, "Current User", &w)) {
        r = reader_span(writer_span(&w));
        reader_skip(&r, 12);
        yes = reader_le32(&r) == CURRENT_ENCRYPTED;
    }
    writer_done(&w);
    return yes;
}

void ole_slides(struct ole *o, uint32_t storage)
{
    struct show p = {.o = o};
    struct writer w;

    if (encrypted(o, storage)) {
        extract_unread_all(o->x, UNREAD_ENCRYPTED);
        return;
    }
    if (ole_load_named(o, storage, "PowerPoint Document", &w))
        walk(&p, reader_span(writer_span(&w)), (struct scope){.place = PLACE_BODY});
    if (p.records > RECORDS_MAX)
        extract_unread(o->x, UNREAD_TOO_LARGE);
    writer_done(&w);
    if (ole_load_named(o, storage, "Pictures", &w))
        pictures(&p, writer_span(&w));
    writer_done(&w);
}
