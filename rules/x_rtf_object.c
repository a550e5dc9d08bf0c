/* SPDX-License-Identifier: GPL-3.0-or-later
 * What RTF gathers beside text: objects, pictures, fields and properties. */
#include "rules/sax_label.h"
#include "rules/x_ole_native.h"
#include "rules/x_rtf.h"

#include <stdio.h>

#define OLE1_LINKED 1
#define OLE1_EMBEDDED 2
#define OBJECTS_MAX 2000 /* objects and pictures of one document */

static bool take(struct rtf *t, struct span bytes)
{
    if (!bytes.n)
        return false;
    if (!writer_ok(&t->raw) || ++t->objects > OBJECTS_MAX) {
        extract_unread(t->x, UNREAD_TOO_LARGE);
        return false;
    }
    return extract_budget(t->x, bytes.n);
}

static struct span ansi_string(struct reader *r)
{
    struct span s = reader_take(r, reader_le32(r));

    while (s.n && s.p[s.n - 1] == 0)
        s.n--;
    return s;
}

void rtf_object(struct rtf *t, struct span bytes)
{
    struct reader r = reader_span(bytes);
    struct span class, native;
    char name[32];
    uint32_t form;

    if (!take(t, bytes))
        return;
    snprintf(name, sizeof(name), "object-%u", t->objects);
    reader_skip(&r, 4); /* version: anything */
    form = reader_le32(&r);
    class = ansi_string(&r);
    ansi_string(&r); /* topic */
    ansi_string(&r); /* item */
    if (form == OLE1_LINKED)
        t->external++;
    if (form != OLE1_EMBEDDED || !reader_ok(&r)) {
        /* Not what the specification says: exploits are often so. Looked at as it is. */
        extract_child(t->x, span_str(name), bytes);
        return;
    }
    native = reader_take(&r, reader_le32(&r));
    if (!reader_ok(&r)) {
        extract_unread(t->x, UNREAD_CORRUPT);
        native = reader_ok(&r) ? native : span_part(bytes, r.pos, bytes.n);
    }
    if (!span_eq_nocase(class, "Package") || !ole_native_package(t->x, native))
        extract_child(t->x, span_str(name), native);
}

void rtf_picture(struct rtf *t, struct span bytes)
{
    char name[32];

    if (!t->picture || t->now.result || !take(t, bytes))
        return;
    snprintf(name, sizeof(name), "picture-%u.%s", t->objects, t->picture);
    extract_child(t->x, span_str(name), bytes);
}

/* Field types that fetch something from elsewhere (ECMA-376-1, 17.16.5). */
static bool fetches(struct span field)
{
    static const char *const names[] = {"INCLUDEPICTURE", "INCLUDETEXT", "IMPORT", "LINK", "DDE",
                                        "DDEAUTO",        "DATABASE",    "RD "};

    for (size_t i = 0; i < GH_COUNT(names); i++)
        if (span_starts_nocase(field, names[i]))
            return true;
    return false;
}

static void say(struct rtf *t, enum place place, struct span s)
{
    if (!s.n)
        return;
    extract_text(t->x, place, 0, s, NULL);
    extract_line(t->x, place, 0);
}

void rtf_field_end(struct rtf *t, enum rtf_dest dest)
{
    struct span value = span_trim(writer_span(&t->field));
    struct span name = span_str(t->name);

    switch (dest) {
    case RTF_FIELD:
        t->external += fetches(value);
        say(t, PLACE_HIDDEN, value);
        break;
    case RTF_NAME:
        snprintf(t->name, sizeof(t->name), "%.*s",
                 (int)(value.n < sizeof(t->name) ? value.n : sizeof(t->name) - 1), (const char *)value.p);
        break;
    case RTF_PROPERTY:
        sax_label_property(t->x, name, value);
        break;
    case RTF_SHAPE: /* word art: the text of most watermarks */
        if (span_eq_nocase(name, "gtextUNICODE"))
            say(t, t->now.place, value);
        else if (span_eq_nocase(name, "wzDescription"))
            say(t, PLACE_HIDDEN, value);
        else if (span_eq_nocase(name, "pibName") && span_find(value, span_str("://"), 0) >= 0)
            t->external++;
        break;
    case RTF_TEMPLATE:
        if (span_find(value, span_str("://"), 0) >= 0 || span_starts(value, "\\\\"))
            t->external++;
        say(t, PLACE_HIDDEN, value);
        break;
    default:
        break;
    }
    writer_clear(&t->field);
}
