/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_tnef: winmail.dat, as Outlook wraps mail for Outlook (MS-OXTNEF): attributes one behind the other,
 * attachments among them, and MAPI properties inside two of those. */
#include "rules/formats.h"

#include "rules/x_html.h"

#include <stdio.h>

#define ATTRIBUTES_MAX 20000
#define PROPERTIES_MAX 5000

enum { /* MS-OXTNEF 2.1.3.2 */
       ATT_SUBJECT = 0x00018004,
       ATT_BODY = 0x0002800c,
       ATT_TITLE = 0x00018010,
       ATT_DATA = 0x0006800f,
       ATT_RENDER = 0x00069002,
       ATT_MESSAGE_PROPS = 0x00069003,
       ATT_ATTACHMENT_PROPS = 0x00069005,
       ATT_CODEPAGE = 0x00069007
};
enum { /* MS-OXPROPS */
       PR_SUBJECT = 0x0037,
       PR_BODY = 0x1000,
       PR_RTF = 0x1009,
       PR_HTML = 0x1013,
       PR_DATA = 0x3701,
       PR_LONG_NAME = 0x3707
};

struct tnef {
    struct extract *x;
    char charset[16];
    struct span title, long_name, data; /* of the attachment under way */
    bool long_wide;                     /* long_name is UTF-16 */
    bool open, has_body, has_rtf, stop;
    unsigned n;
};

/* Text in the mail's code page, up to its NUL. */
static struct span cut(struct span s)
{
    ptrdiff_t end = span_find_byte(s, 0, 0);

    return end < 0 ? s : span_part(s, 0, (size_t)end);
}

static void attachment_end(struct tnef *t)
{
    char made[32];
    struct span name = t->long_name.n && !t->long_wide ? cut(t->long_name) : cut(t->title);

    if (!t->open)
        return;
    t->open = false;
    if (!name.n) {
        snprintf(made, sizeof(made), "attachment-%u", t->n);
        name = span_str(made);
    }
    if (extract_child(t->x, name, t->data) != 0)
        t->stop = true;
    t->title = t->long_name = t->data = span_of(NULL, 0);
}

static void text_property(struct tnef *t, unsigned id, struct span v, bool wide)
{
    const char *charset = wide ? "utf-16le" : t->charset[0] ? t->charset : NULL;

    if (!wide)
        v = cut(v);
    if (id == PR_SUBJECT) {
        extract_bytes(t->x, PLACE_HEADER, 0, v, charset);
        extract_line(t->x, PLACE_HEADER, 0);
    } else if (id == PR_BODY) {
        t->has_body |= v.n > 0;
        extract_bytes(t->x, PLACE_BODY, 0, v, charset);
        extract_line(t->x, PLACE_BODY, 0);
    } else if (id == PR_HTML) {
        t->has_body |= v.n > 0;
        html_text(t->x, v, NULL);
    }
}

/* Bytes of a value of fixed size, 0 for those with a length. */
static unsigned fixed_size(unsigned type)
{
    switch (type & 0x0fff) {
    case 0x02: /* 16 bit, padded */
    case 0x03:
    case 0x04:
    case 0x0a:
    case 0x0b:
        return 4;
    case 0x05:
    case 0x06:
    case 0x07:
    case 0x14:
    case 0x40:
        return 8;
    case 0x48:
        return 16;
    default:
        return 0;
    }
}

static struct span padded(struct reader *r, size_t n)
{
    struct span s = reader_take(r, n);

    reader_skip(r, reader_ok(r) ? (4 - n % 4) % 4 : 0);
    return s;
}

static void property(struct tnef *t, unsigned type, unsigned id, struct span v, bool of_attachment)
{
    if (of_attachment && id == PR_LONG_NAME && v.n) {
        t->long_name = v;
        t->long_wide = (type & 0xfff) == 0x1f;
    } else if (of_attachment && id == PR_DATA && !t->data.n) {
        t->data = v.n > 16 ? span_part(v, 16, v.n)
                           : v; /* an interface identifier stands before an object's bytes */
    } else if (!of_attachment && id == PR_RTF) {
        t->has_rtf = true;
    } else if (!of_attachment) {
        text_property(t, id, v, (type & 0xfff) == 0x1f);
    }
}

static void properties(struct tnef *t, struct span in, bool of_attachment)
{
    struct reader r = reader_span(in);
    uint32_t count = reader_le32(&r);

    for (uint32_t i = 0; i < count && i < PROPERTIES_MAX && reader_left(&r); i++) {
        unsigned type = reader_le16(&r), id = reader_le16(&r), size = fixed_size(type);
        uint32_t values = 1;
        if (id >= 0x8000) { /* named: whose, then by number or by name */
            reader_skip(&r, 16);
            if (reader_le32(&r) == 0)
                reader_skip(&r, 4);
            else
                padded(&r, reader_le32(&r));
        }
        if (type & 0x1000 || !size)
            values = reader_le32(&r);
        for (uint32_t k = 0; k < values && reader_left(&r); k++) {
            struct span v = size ? reader_take(&r, size) : padded(&r, reader_le32(&r));
            if (reader_ok(&r))
                property(t, type, id, v, of_attachment);
        }
    }
    if (!reader_ok(&r))
        extract_unread(t->x, UNREAD_CORRUPT);
}

static void attribute(struct tnef *t, uint32_t id, struct span v)
{
    struct reader r = reader_span(v);

    switch (id) {
    case ATT_CODEPAGE:
        snprintf(t->charset, sizeof(t->charset), "cp%u", (unsigned)reader_le32(&r));
        break;
    case ATT_SUBJECT:
        text_property(t, PR_SUBJECT, v, false);
        break;
    case ATT_BODY:
        text_property(t, PR_BODY, v, false);
        break;
    case ATT_MESSAGE_PROPS:
        properties(t, v, false);
        break;
    case ATT_RENDER:
        attachment_end(t);
        t->open = true;
        t->n++;
        break;
    case ATT_TITLE:
        t->title = v;
        break;
    case ATT_DATA:
        t->data = v;
        break;
    case ATT_ATTACHMENT_PROPS:
        properties(t, v, true);
        break;
    default:
        break;
    }
}

void x_tnef(struct extract *x, struct span in)
{
    struct tnef t = {.x = x};
    struct reader r = reader_span(in);
    unsigned n = 0;

    reader_skip(&r, 6);
    while (reader_left(&r) && !t.stop && n++ < ATTRIBUTES_MAX) {
        uint32_t id, size;
        struct span v;
        reader_u8(&r);
        id = reader_le32(&r);
        size = reader_le32(&r);
        v = reader_take(&r, size);
        reader_skip(&r, 2);
        if (v.n == size)
            attribute(&t, id, v);
    }
    if (!t.stop)
        attachment_end(&t);
    if (!reader_ok(&r))
        extract_unread(x, UNREAD_CORRUPT);
    if (reader_left(&r))
        extract_unread(x, UNREAD_TOO_LARGE);
    if (t.has_rtf && !t.has_body)
        extract_unread(x, UNREAD_UNSUPPORTED);
}
