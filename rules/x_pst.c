/* SPDX-License-Identifier: GPL-3.0-or-later
 * Mail stores of Outlook: every message with its sender, subject, bodies and attachments. A message's number
 * in the file is its page; its attachments and its formatted bodies are members named folder/subject/name. */
#include "rules/x_pst.h"

#include "rules/charset.h"
#include "rules/formats.h"
#include "rules/x_msg_head.h"
#include "rules/x_msg_rtf.h"

#include <stdio.h>

#define DEPTH_MAX 4 /* messages attached to messages */
#define SUBJECT_MAX 120

enum { /* MS-OXPROPS */
       PR_SUBJECT = 0x0037,
       PR_HEADERS = 0x007D,
       PR_BODY = 0x1000,
       PR_RTF = 0x1009,
       PR_HTML = 0x1013,
       PR_DISPLAY_NAME = 0x3001,
       PR_DATA = 0x3701,
       PR_SHORT_NAME = 0x3704,
       PR_LONG_NAME = 0x3707,
       PR_CODEPAGE = 0x3FFD
};
enum { T_STRING8 = 0x001E, T_STRING = 0x001F, T_OBJECT = 0x000D, T_BINARY = 0x0102 };

struct store {
    struct pst p;
    struct extract *x;
    unsigned page;
    unsigned depth;
    bool full; /* no more members may be told */
};

static void say(struct store *s, enum place place, struct span text)
{
    while (text.n && text.p[text.n - 1] == 0)
        text.n--;
    extract_text(s->x, place, s->page, text, NULL);
    extract_line(s->x, place, s->page);
}

/* A string property as UTF-8 in out, fresh. */
static bool string(struct pst_props *c, uint16_t id, struct writer *out)
{
    char name[16];
    struct writer raw;
    uint16_t type = 0;
    bool good = pst_prop(c, id, &type, &raw) && (type == T_STRING || type == T_STRING8);

    writer_init(out, 2 * (size_t)PST_VALUE_MAX);
    if (good) {
        snprintf(name, sizeof(name), "cp%u", (unsigned)(pst_prop_u32(c, PR_CODEPAGE, 1252) & 0xFFFF));
        charset_decode(writer_span(&raw),
                       type == T_STRING      ? "utf-16le"
                       : charset_known(name) ? name
                                             : charset_detect(writer_span(&raw), NULL, NULL),
                       out);
    }
    writer_done(&raw);
    return out->n > 0;
}

/* A subject begins with 0x01 and a count when Outlook knows where its prefix ends (MS-PST 2.5.3.1.1.1). */
static struct span subject_of(struct span s)
{
    size_t n = 1;

    if (!s.n || s.p[0] != 1)
        return s;
    while (n < s.n && n < 5 && (s.p[n] & 0xC0) == 0x80)
        n++;
    return span_part(s, n + 1, s.n);
}

/* Properties that are no text of anybody: keys, classes, addresses of systems. */
static bool is_noise(uint16_t id)
{
    static const uint16_t ids[] = {0x001A, 0x003B,     0x0041,     0x0043,  0x0064, 0x0065, 0x0070,
                                   0x0071, 0x0075,     0x0077,     0x0078,  0x0C1D, 0x0C1E, 0x300B,
                                   0x3002, 0x3A20,     0x1035,     0x1039,  0x1042, 0x3FF8, 0x3FFA,
                                   0x0E1D, PR_SUBJECT, PR_HEADERS, PR_BODY, PR_HTML};

    for (size_t i = 0; i < GH_COUNT(ids); i++)
        if (ids[i] == id)
            return true;
    return false;
}

static void strings(struct store *s, struct pst_props *c)
{
    uint16_t id, type;
    struct writer w;

    for (size_t i = 0; pst_prop_at(c, i, &id, &type); i++) {
        if ((type != T_STRING && type != T_STRING8) || is_noise(id))
            continue;
        if (string(c, id, &w))
            say(s, PLACE_METADATA, writer_span(&w));
        writer_done(&w);
    }
}

static void member(struct store *s, struct span prefix, const char *name, struct span bytes)
{
    struct writer path;

    writer_init(&path, 8192);
    writer_put(&path, prefix);
    writer_u8(&path, '/');
    writer_str(&path, name);
    if (!s->full && extract_child(s->x, writer_span(&path), bytes) == ST_LIMIT)
        s->full = true;
    writer_done(&path);
}

static void bodies(struct store *s, struct pst_props *c, struct span prefix)
{
    struct writer w, out;
    uint16_t type = 0;
    bool formatted;

    if (string(c, PR_BODY, &w))
        say(s, PLACE_BODY, writer_span(&w));
    writer_done(&w);
    formatted = pst_prop(c, PR_HTML, &type, &w);
    if (formatted && type != T_BINARY) {
        writer_done(&w);
        formatted = string(c, PR_HTML, &w);
    }
    if (formatted)
        member(s, prefix, "body.html", writer_span(&w));
    writer_done(&w);
    if (formatted)
        return;
    writer_init(&out, PST_VALUE_MAX);
    if (pst_prop(c, PR_RTF, &type, &w) && msg_rtf_unpack(s->x, writer_span(&w), &out))
        member(s, prefix, "body.rtf", writer_span(&out));
    writer_done(&w);
    writer_done(&out);
}

static void message(struct store *s, const struct pst_node *n, struct span folder);

struct attachments {
    struct store *s;
    struct span prefix;
};

static void attachment_name(struct pst_props *c, struct writer *name)
{
    static const uint16_t ids[] = {PR_LONG_NAME, PR_SHORT_NAME, PR_DISPLAY_NAME};

    for (size_t i = 0; i < GH_COUNT(ids); i++) {
        if (string(c, ids[i], name))
            return;
        writer_done(name);
    }
    writer_init(name, 64);
    writer_str(name, "attachment");
}

static bool attachment(void *arg, const struct pst_node *n)
{
    struct attachments *a = arg;
    struct pst_props c;
    struct writer name, data;
    struct pst_node inner;
    uint16_t type = 0;

    if ((n->id & 0x1F) != PST_ATTACHMENT)
        return true;
    if (pst_props_open(&c, &a->s->p, n)) {
        attachment_name(&c, &name);
        if (pst_prop(&c, PR_DATA, &type, &data) && type == T_OBJECT) {
            struct reader r = reader_span(writer_span(&data));
            if (pst_find_sub(&a->s->p, n, reader_le32(&r), &inner))
                message(a->s, &inner, a->prefix);
        } else if (data.n) {
            member(a->s, a->prefix, writer_cstr(&name), writer_span(&data));
        }
        writer_done(&data);
        writer_done(&name);
    }
    pst_props_done(&c);
    return !a->s->full && !extract_expired(a->s->x);
}

static void message(struct store *s, const struct pst_node *n, struct span folder)
{
    struct attachments a = {.s = s};
    struct pst_props c;
    struct writer w, path;

    if (s->depth >= DEPTH_MAX) {
        extract_unread(s->x, UNREAD_TOO_DEEP);
        return;
    }
    s->depth++;
    if (pst_props_open(&c, &s->p, n)) {
        s->page++;
        writer_init(&path, 4096);
        writer_put(&path, folder);
        if (string(&c, PR_SUBJECT, &w)) {
            struct span subject = subject_of(writer_span(&w));
            say(s, PLACE_HEADER, subject);
            writer_str(&path, path.n ? "/" : "");
            writer_put(&path, span_part(subject, 0, SUBJECT_MAX));
        }
        writer_done(&w);
        strings(s, &c);
        a.prefix = writer_span(&path);
        bodies(s, &c, a.prefix);
        if (string(&c, PR_HEADERS, &w)) {
            say(s, PLACE_METADATA, writer_span(&w));
            msg_head_labels(s->x, writer_span(&w));
        }
        writer_done(&w);
        pst_each_sub(&s->p, n, attachment, &a);
        writer_done(&path);
    } else if (c.data.n) {
        s->p.damaged = true;
    }
    pst_props_done(&c);
    s->depth--;
}

static bool node(void *arg, const struct pst_node *n)
{
    struct store *s = arg;
    struct pst_props c;
    struct pst_node parent;
    struct writer folder;

    if ((n->id & 0x1F) != PST_MESSAGE || !n->data)
        return true;
    writer_init(&folder, 4096);
    if (pst_find(&s->p, n->parent, &parent)) {
        if (pst_props_open(&c, &s->p, &parent)) {
            writer_done(&folder);
            string(&c, PR_DISPLAY_NAME, &folder);
        }
        pst_props_done(&c);
    }
    message(s, n, writer_span(&folder));
    writer_done(&folder);
    return !extract_expired(s->x);
}

void x_pst(struct extract *x, struct span in)
{
    struct store s = {.x = x};
    int rc = pst_open(&s.p, x, in);

    if (rc) {
        extract_unread_all(x, rc == ST_UNSUPPORTED ? UNREAD_UNSUPPORTED : UNREAD_CORRUPT);
        return;
    }
    pst_each(&s.p, node, &s);
    if (extract_expired(x))
        extract_unread(x, UNREAD_TIMEOUT);
    if (s.p.damaged)
        extract_unread(x, UNREAD_CORRUPT);
}
