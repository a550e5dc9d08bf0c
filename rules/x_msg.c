/* SPDX-License-Identifier: GPL-3.0-or-later
 * Outlook messages (MS-OXMSG): properties in streams named by number and type, recipients and attachments in
 * storages. */
#include "rules/x_msg_head.h"
#include "rules/x_msg_rtf.h"
#include "rules/x_ole.h"

#include "rules/charset.h"

#include <stdio.h>

#define PROPERTY_NAME 32

enum { /* MS-OXPROPS */
       PR_HEADERS = 0x007D,
       PR_BODY = 0x1000,
       PR_RTF = 0x1009,
       PR_HTML = 0x1013,
       PR_DATA = 0x3701,
       PR_SHORT_NAME = 0x3704,
       PR_LONG_NAME = 0x3707,
       PR_DISPLAY_NAME = 0x3001,
       PR_CODEPAGE = 0x3FFD, /* of 8-bit strings */
       PR_BODY_CODEPAGE = 0x3FDE
};
enum { T_STRING8 = 0x001E, T_STRING = 0x001F, T_BINARY = 0x0102 };

struct message {
    struct ole *o;
    uint32_t storage;
    unsigned codepage, body_codepage;
};

static uint32_t find(struct message *m, uint32_t storage, unsigned id, unsigned type)
{
    char name[PROPERTY_NAME];

    snprintf(name, sizeof(name), "__substg1.0_%04X%04X", id, type);
    return cfb_find(m->o->cfb, storage, name);
}

/* A string property as UTF-8 in out (fresh; the caller frees). */
static bool string(struct message *m, uint32_t storage, unsigned id, struct writer *out)
{
    uint32_t wide = find(m, storage, id, T_STRING), narrow = find(m, storage, id, T_STRING8);
    struct writer raw;
    char name[16];

    writer_init(out, OLE_STREAM_MAX * 2u);
    if (wide == CFB_NONE && narrow == CFB_NONE)
        return false;
    snprintf(name, sizeof(name), "cp%u", m->codepage);
    if (ole_load(m->o, wide != CFB_NONE ? wide : narrow, &raw))
        charset_decode(writer_span(&raw),
                       wide != CFB_NONE      ? "utf-16le"
                       : charset_known(name) ? name
                                             : "windows-1252",
                       out);
    writer_done(&raw);
    return out->n > 0;
}

static void say(struct message *m, enum place place, struct span s)
{
    while (s.n && s.p[s.n - 1] == 0)
        s.n--;
    extract_text(m->o->x, place, 0, s, NULL);
    extract_line(m->o->x, place, 0);
}

static void say_property(struct message *m, uint32_t storage, unsigned id, enum place place)
{
    struct writer w;

    if (string(m, storage, id, &w))
        say(m, place, writer_span(&w));
    writer_done(&w);
}

/* ---- properties of fixed size: the code pages ---- */

static void code_pages(struct message *m, bool embedded)
{
    struct writer w;
    struct reader r;

    m->codepage = m->body_codepage = 1252;
    if (ole_load_named(m->o, m->storage, "__properties_version1.0", &w)) {
        r = reader_span(writer_span(&w));
        reader_skip(&r, embedded ? 24 : 32);
        while (reader_left(&r) >= 16) {
            unsigned type = reader_le16(&r), id = reader_le16(&r);
            reader_skip(&r, 4);
            uint64_t value = reader_le64(&r);
            if (type == 3 && id == PR_CODEPAGE)
                m->codepage = (unsigned)value & 0xFFFF;
            else if (type == 3 && id == PR_BODY_CODEPAGE)
                m->body_codepage = (unsigned)value & 0xFFFF;
        }
    }
    writer_done(&w);
}

/* ---- the message ---- */

/* String properties that are no text of anybody: keys, addresses of systems, classes. */
static bool is_noise(unsigned id)
{
    static const uint16_t ids[] = {0x001A, 0x003B, 0x0041, 0x0043, 0x0064, 0x0065, 0x0070,
                                   0x0071, 0x0075, 0x0077, 0x0078, 0x0C1D, 0x0C1E, 0x300B,
                                   0x3002, 0x3A20, 0x1035, 0x1039, 0x1042, 0x3FF8, 0x3FFA};

    if (id == PR_HEADERS || id == PR_BODY || id == PR_HTML)
        return true;
    for (size_t i = 0; i < GH_COUNT(ids); i++)
        if (ids[i] == id)
            return true;
    return false;
}

static unsigned hex4(const uint16_t *units)
{
    unsigned v = 0;

    for (unsigned i = 0; i < 4; i++) {
        uint16_t u = units[i];
        unsigned d = u >= '0' && u <= '9'                     ? u - (unsigned)'0'
                     : (u | 0x20) >= 'a' && (u | 0x20) <= 'f' ? (u | 0x20) - 'a' + 10u
                                                              : 16;
        if (d > 15)
            return UINT32_MAX;
        v = v << 4 | d;
    }
    return v;
}

/* Every other string: subject, sender, recipients' line, and what contacts, tasks and forms hold. */
static void other_strings(struct message *m)
{
    for (uint32_t i = 0; i < cfb_count(m->o->cfb); i++) {
        const struct cfb_entry *e = cfb_at(m->o->cfb, i);
        unsigned id, type;
        if (e->parent != m->storage || e->type != CFB_STREAM || !cfb_starts(m->o->cfb, i, "__substg1.0_"))
            continue;
        id = hex4(e->name + 12);
        type = hex4(e->name + 16);
        if ((type == T_STRING || type == T_STRING8) && !is_noise(id))
            say_property(m, m->storage, id, PLACE_METADATA);
    }
}

static void bodies(struct message *m)
{
    uint32_t html = find(m, m->storage, PR_HTML, T_BINARY), rtf = find(m, m->storage, PR_RTF, T_BINARY);
    struct writer w, out;

    say_property(m, m->storage, PR_BODY, PLACE_BODY);
    if (string(m, m->storage, PR_HTML, &w))
        extract_child(m->o->x, span_str("body.html"), writer_span(&w));
    writer_done(&w);
    if (html != CFB_NONE) {
        if (ole_load(m->o, html, &w))
            extract_child(m->o->x, span_str("body.html"), writer_span(&w));
        writer_done(&w);
    }
    if (rtf == CFB_NONE)
        return;
    writer_init(&out, OLE_STREAM_MAX);
    if (ole_load(m->o, rtf, &w) && msg_rtf_unpack(m->o->x, writer_span(&w), &out))
        extract_child(m->o->x, span_str("body.rtf"), writer_span(&out));
    else if (w.n)
        extract_child_unread(m->o->x, span_str("body.rtf"), w.n, UNREAD_CORRUPT);
    writer_done(&w);
    writer_done(&out);
}

static void attachment(struct message *m, uint32_t storage)
{
    uint32_t data = find(m, storage, PR_DATA, T_BINARY), object = find(m, storage, PR_DATA, 0x000D);
    struct writer name, w;

    if (!string(m, storage, PR_LONG_NAME, &name)) {
        writer_done(&name);
        if (!string(m, storage, PR_SHORT_NAME, &name)) {
            writer_done(&name);
            string(m, storage, PR_DISPLAY_NAME, &name);
        }
    }
    while (name.n && name.p[name.n - 1] == 0)
        name.n--;
    if (!name.n)
        writer_str(&name, "attachment");
    if (data != CFB_NONE) {
        if (ole_load(m->o, data, &w))
            extract_child(m->o->x, writer_span(&name), writer_span(&w));
        writer_done(&w);
    } else if (object != CFB_NONE && cfb_at(m->o->cfb, object)->type == CFB_STORAGE) {
        say(m, PLACE_METADATA, writer_span(&name));
        ole_storage(m->o, object);
    }
    writer_done(&name);
}

void ole_message(struct ole *o, uint32_t storage, bool embedded)
{
    struct message m = {.o = o, .storage = storage};
    struct writer w;

    code_pages(&m, embedded);
    other_strings(&m);
    bodies(&m);
    if (string(&m, storage, PR_HEADERS, &w)) {
        say(&m, PLACE_METADATA, writer_span(&w));
        msg_head_labels(o->x, writer_span(&w));
    }
    writer_done(&w);
    for (uint32_t i = 0; i < cfb_count(o->cfb) && !extract_expired(o->x); i++) {
        const struct cfb_entry *e = cfb_at(o->cfb, i);
        if (e->parent != storage || e->type != CFB_STORAGE)
            continue;
        if (cfb_starts(o->cfb, i, "__recip_version1.0_")) {
            say_property(&m, i, PR_DISPLAY_NAME, PLACE_METADATA);
            say_property(&m, i, 0x39FE, PLACE_METADATA);
        } else if (cfb_starts(o->cfb, i, "__attach_version1.0_")) {
            attachment(&m, i);
        }
    }
}
