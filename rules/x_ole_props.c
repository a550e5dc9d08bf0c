/* SPDX-License-Identifier: GPL-3.0-or-later
 * Property sets (MS-OLEPS): what a document says of itself, and what its owner added (labels among it). */
#include "rules/x_ole.h"

#include "rules/charset.h"
#include "rules/sax_label.h"

#include <stdio.h>

#define SECTIONS_MAX 8
#define PROPERTIES_MAX 4096
#define STRING_MAX 65536u
#define STRING_LIST_MAX 4096 /* strings of one vector */

enum {
    VT_I2 = 2,
    VT_I4 = 3,
    VT_BOOL = 11,
    VT_LPSTR = 30,
    VT_LPWSTR = 31,
    VT_VECTOR = 0x1000,
    VT_VARIANT = 12
};
enum { PID_DICTIONARY = 0, PID_CODEPAGE = 1 };

struct set {
    struct extract *x;
    struct span section;
    struct span dictionary; /* empty: properties have no names of their own */
    unsigned codepage;
    struct writer text; /* of the property at hand */
    bool is_text;       /* it is a string */
};

static void decode(struct set *s, struct span bytes, bool wide, struct writer *out)
{
    char name[16];

    snprintf(name, sizeof(name), "cp%u", s->codepage);
    if (wide || s->codepage == 1200)
        charset_decode(bytes, "utf-16le", out);
    else
        charset_decode(bytes, charset_known(name) ? name : "windows-1252", out);
    while (out->n && out->p[out->n - 1] == 0)
        out->n--;
}

/* A string value; r stands behind its type. */
static void string(struct set *s, struct reader *r, unsigned type)
{
    uint32_t n = reader_le32(r);
    size_t bytes = type == VT_LPWSTR ? (size_t)n * 2 : n;

    if (bytes > STRING_MAX) {
        r->bad = true;
        return;
    }
    decode(s, reader_take(r, bytes), type == VT_LPWSTR, &s->text);
    reader_skip(r, reader_left(r) < (4 - bytes % 4) % 4 ? reader_left(r) : (4 - bytes % 4) % 4);
}

static void value(struct set *s, struct reader *r)
{
    uint32_t type = reader_le32(r), n;

    s->is_text = (type & 0xFFF) == VT_LPSTR || (type & 0xFFF) == VT_LPWSTR;
    if (type == VT_LPSTR || type == VT_LPWSTR) {
        string(s, r, type);
    } else if (type == (VT_VECTOR | VT_LPSTR) || type == (VT_VECTOR | VT_LPWSTR)) {
        n = reader_le32(r);
        for (uint32_t i = 0; i < n && i < STRING_LIST_MAX && reader_left(r); i++) {
            string(s, r, type & 0xFFF);
            writer_u8(&s->text, '\n');
        }
    } else if (type == VT_I4 || type == VT_I2) {
        writer_printf(&s->text, "%d", type == VT_I4 ? (int32_t)reader_le32(r) : (int16_t)reader_le16(r));
    } else if (type == VT_BOOL) {
        writer_str(&s->text, reader_le16(r) ? "true" : "false");
    }
}

/* The name of a property of the owner's, from the dictionary (2.17). */
static void name_of(struct set *s, uint32_t id, struct writer *out)
{
    struct reader r = reader_span(s->dictionary);
    uint32_t n = reader_le32(&r);

    for (uint32_t i = 0; i < n && i < PROPERTIES_MAX && reader_left(&r); i++) {
        uint32_t entry = reader_le32(&r), length = reader_le32(&r);
        size_t bytes = s->codepage == 1200 ? (size_t)length * 2 : length;
        struct span name = reader_take(&r, bytes);
        if (s->codepage == 1200 && bytes % 4)
            reader_skip(&r, reader_left(&r) < 2 ? reader_left(&r) : 2);
        if (entry == id && reader_ok(&r)) {
            decode(s, name, false, out);
            return;
        }
    }
}

static void property(struct set *s, uint32_t id, uint32_t offset)
{
    struct reader r = reader_span(s->section);
    struct writer name;

    if (id <= PID_CODEPAGE || id >= 0x80000000u)
        return;
    reader_seek(&r, offset);
    writer_clear(&s->text);
    writer_init(&name, STRING_MAX);
    value(s, &r);
    if (s->dictionary.n)
        name_of(s, id, &name);
    if (name.n) {
        sax_label_property(s->x, writer_span(&name), span_trim(writer_span(&s->text)));
    } else if (s->text.n && s->is_text) {
        extract_text(s->x, PLACE_METADATA, 0, writer_span(&s->text), NULL);
        extract_line(s->x, PLACE_METADATA, 0);
    }
    writer_done(&name);
}

static void section(struct set *s, bool named)
{
    struct reader r = reader_span(s->section), ids;
    uint32_t n;

    reader_skip(&r, 4);
    n = reader_le32(&r);
    n = n < PROPERTIES_MAX ? n : PROPERTIES_MAX;
    ids = r;
    for (uint32_t i = 0; i < n && reader_left(&ids); i++) {
        uint32_t id = reader_le32(&ids);
        struct reader at = reader_span(s->section);
        reader_seek(&at, reader_le32(&ids));
        if (id == PID_CODEPAGE) {
            reader_skip(&at, 4);
            s->codepage = reader_le16(&at);
        } else if (id == PID_DICTIONARY && named) {
            s->dictionary = reader_rest(&at);
        }
    }
    for (uint32_t i = 0; i < n && reader_left(&r); i++) {
        uint32_t id = reader_le32(&r);
        property(s, id, reader_le32(&r));
    }
}

void ole_properties(struct ole *o, struct span in)
{
    struct reader r = reader_span(in);
    struct set s = {.x = o->x};
    uint32_t n;

    if (reader_le16(&r) != 0xFFFE) {
        extract_unread(o->x, UNREAD_CORRUPT);
        return;
    }
    reader_skip(&r, 22);
    n = reader_le32(&r);
    writer_init(&s.text, STRING_MAX);
    for (uint32_t i = 0; i < n && i < SECTIONS_MAX && reader_left(&r); i++) {
        struct reader at = reader_span(in);
        reader_skip(&r, 16);
        reader_seek(&at, reader_le32(&r));
        s.section = reader_rest(&at);
        s.dictionary = span_of(NULL, 0);
        s.codepage = 1252;
        section(&s, i > 0); /* only the owner's section has names */
    }
    writer_done(&s.text);
}
