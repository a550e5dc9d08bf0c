/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_eml: a mail (RFC 5322, MIME RFC 2045 to 2047, MHTML RFC 2557). Bodies are text of the mail itself;
 * everything with a name, every message inside and whatever is not text is a member. Multiparts nest without
 * being members, so that they have a depth limit of their own. */
#include "rules/formats.h"

#include "rules/charset.h"
#include "rules/x_eml_code.h"
#include "rules/x_eml_head.h"
#include "rules/x_html.h"

#include <stdio.h>

#define MULTIPARTS_MAX 32 /* nested; real mail has five at most */
#define PARTS_MAX 10000   /* of one mail */
#define NAME_MAX_BYTES 1024
#define BOUNDARY_MAX 256 /* RFC 2046 allows 70 */

struct mail {
    struct extract *x;
    unsigned parts;
    bool stop; /* a budget is spent */
};
enum transfer { PLAIN, BASE64, QUOTED, UU };
struct part {
    struct span type, disposition, body; /* body still encoded */
    struct span type_value;              /* with parameters */
    enum transfer transfer;
    struct writer name;
};

static void read_entity(struct mail *m, struct span in, unsigned depth, bool digest);

/* Fields that a label may hide in are told as labels whatever they say: mark_label() knows which state a
 * level. */
static void field(struct extract *x, const struct head_field *f)
{
    static const char *const labels[] = {"sensitivity",
                                         "x-classification",
                                         "x-protective-marking",
                                         "msip_labels",
                                         "sio-label",
                                         "x-sio-label",
                                         "x-security-classification",
                                         "x-titus-label",
                                         "x-titus-classification",
                                         "x-message-classification"};
    static const char *const people[] = {"from",     "to",           "cc",          "bcc",
                                         "reply-to", "sender",       "date",        "keywords",
                                         "comments", "organization", "thread-topic"};
    bool subject = span_eq_nocase(f->name, "subject"), label = false, person = false;
    struct writer w;

    for (size_t i = 0; i < GH_COUNT(labels); i++)
        label |= span_eq_nocase(f->name, labels[i]);
    for (size_t i = 0; i < GH_COUNT(people); i++)
        person |= span_eq_nocase(f->name, people[i]);
    if (!subject && !label && !person)
        return;
    writer_init(&w, 256u << 10);
    head_text(f->value, &w);
    if (label)
        extract_label(x, "header", f->name, writer_span(&w));
    if (subject) {
        extract_text(x, PLACE_HEADER, 0, writer_span(&w), NULL);
        extract_line(x, PLACE_HEADER, 0);
    } else {
        extract_text(x, PLACE_METADATA, 0, f->name, NULL);
        extract_text(x, PLACE_METADATA, 0, span_str(": "), NULL);
        extract_text(x, PLACE_METADATA, 0, writer_span(&w), NULL);
        extract_line(x, PLACE_METADATA, 0);
    }
    writer_done(&w);
}

static enum transfer transfer_of(struct span value)
{
    struct span how = head_main(value);

    if (span_eq_nocase(how, "base64"))
        return BASE64;
    if (span_eq_nocase(how, "quoted-printable"))
        return QUOTED;
    return span_eq_nocase(how, "x-uuencode") || span_eq_nocase(how, "uuencode") ||
                   span_eq_nocase(how, "x-uue")
               ? UU
               : PLAIN;
}

/* The head of the mail (top) or of a part. */
static void read_head(struct mail *m, struct reader *r, bool top, struct part *p)
{
    struct head_field f;
    struct span disposition = {NULL, 0}, location = {NULL, 0};

    for (unsigned n = 0; head_next(r, &f); n++) {
        if (n >= HEAD_FIELDS_MAX) {
            extract_unread(m->x, UNREAD_TOO_LARGE);
            break;
        }
        if (span_eq_nocase(f.name, "content-type") && !p->type_value.n) {
            p->type_value = f.value;
            p->type = head_main(f.value);
        } else if (span_eq_nocase(f.name, "content-transfer-encoding")) {
            p->transfer = transfer_of(f.value);
        } else if (span_eq_nocase(f.name, "content-disposition")) {
            disposition = f.value;
            p->disposition = head_main(f.value);
        } else if (span_eq_nocase(f.name, "content-location")) {
            location = span_trim(f.value);
        } else if (top) {
            field(m->x, &f);
        }
    }
    writer_init(&p->name, 16 * NAME_MAX_BYTES);
    if (!head_parameter(disposition, "filename", &p->name) &&
        !head_parameter(p->type_value, "name", &p->name) && location.n && location.n < NAME_MAX_BYTES &&
        !span_starts_nocase(p->type, "text/html"))
        writer_put(&p->name, location);
}

/* The body decoded: in w, or in place when nothing is to do. False when the budget does not allow it. */
static bool decode(struct mail *m, const struct part *p, struct writer *w, struct span *ret)
{
    struct span name;

    *ret = p->body;
    if (p->transfer == PLAIN)
        return true;
    if (!extract_budget(m->x, p->body.n)) {
        m->stop = true;
        return false;
    }
    if (p->transfer == BASE64)
        base64_decode(p->body, w);
    else if (p->transfer == QUOTED)
        quoted_decode(p->body, false, w);
    else if (!uu_decode(p->body, w, &name))
        return true;
    if (!writer_ok(w)) {
        extract_unread(m->x, UNREAD_TOO_LARGE);
        return false;
    }
    *ret = writer_span(w);
    return true;
}

static void body_text(struct mail *m, const struct part *p, struct span text)
{
    struct writer charset;
    const char *name = NULL;

    writer_init(&charset, 256);
    if (head_parameter(p->type_value, "charset", &charset))
        name = writer_cstr(&charset);
    extract_line(m->x, PLACE_BODY, 0);
    if (span_eq_nocase(p->type, "text/html") || span_eq_nocase(p->type, "application/xhtml+xml"))
        html_text(m->x, text, name && charset_known(name) ? name : NULL);
    else
        extract_bytes(m->x, PLACE_BODY, 0, text, name);
    extract_line(m->x, PLACE_BODY, 0);
    if (span_find(text, span_str("-----BEGIN PGP MESSAGE-----"), 0) >= 0)
        extract_unread(m->x, UNREAD_ENCRYPTED);
    writer_done(&charset);
}

static void member(struct mail *m, const struct part *p, struct span bytes)
{
    char made[64];
    struct span name = span_trim(writer_span(&p->name));

    if (!name.n) {
        const char *end = span_eq_nocase(p->type, "message/rfc822") ? ".eml" : "";
        snprintf(made, sizeof(made), "part-%u%s", m->parts, end);
        name = span_str(made);
    }
    if (extract_child(m->x, name, bytes) != 0)
        m->stop = true;
}

static bool is_body(const struct part *p)
{
    if (span_eq_nocase(p->disposition, "attachment") || p->name.n)
        return false;
    return !p->type.n || span_eq_nocase(p->type, "text/plain") || span_eq_nocase(p->type, "text/html") ||
           span_eq_nocase(p->type, "text/enriched") || span_eq_nocase(p->type, "application/xhtml+xml") ||
           span_eq_nocase(p->type, "text") || span_eq_nocase(p->type, "message/delivery-status") ||
           span_eq_nocase(p->type, "text/rfc822-headers");
}

/* Offset of the next line "--boundary" at or after from; *ret_next: behind that line; *ret_last: it was the
 * closing one. */
static ptrdiff_t next_boundary(struct span s, struct span mark, size_t from, size_t *ret_next, bool *ret_last)
{
    for (ptrdiff_t at; (at = span_find(s, mark, from)) >= 0; from = (size_t)at + 1) {
        size_t end = (size_t)at + mark.n;
        struct span rest = span_part(s, end, s.n), line;
        struct reader r = reader_span(rest);
        if (at > 0 && !span_starts(span_part(s, (size_t)at - 1, 1), "\n"))
            continue;
        line = span_part(rest, 0, 80);
        *ret_last = span_starts(line, "--");
        line = span_part(line, *ret_last ? 2 : 0, line.n);
        if (line.n && line.p[0] > ' ') /* a longer boundary that begins alike */
            continue;
        *ret_next = reader_line(&r, &line) ? end + r.pos : s.n;
        return at;
    }
    return -1;
}

/* The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1). */
static struct span part_of(struct span body, size_t from, size_t to)
{
    if (to > from && to < body.n && body.p[to - 1] == '\n')
        to--;
    if (to > from && to < body.n && body.p[to] == '\n' && body.p[to - 1] == '\r')
        to--;
    return span_part(body, from, to - from);
}

static void read_multipart(struct mail *m, const struct part *p, unsigned depth)
{
    struct writer mark;
    size_t at = 0, next;
    bool last = false;
    ptrdiff_t found;

    writer_init(&mark, BOUNDARY_MAX);
    writer_str(&mark, "--");
    if (!head_parameter(p->type_value, "boundary", &mark) || !writer_ok(&mark) || mark.n <= 2 ||
        (found = next_boundary(p->body, writer_span(&mark), 0, &next, &last)) < 0) {
        /* No boundary, or it never comes: what is there is read as one text. */
        extract_bytes(m->x, PLACE_BODY, 0, p->body, NULL);
        extract_unread(m->x, UNREAD_CORRUPT);
        writer_done(&mark);
        return;
    }
    if (found > 0) { /* nobody sees what stands before the first part */
        extract_bytes(m->x, PLACE_HIDDEN, 0, span_part(p->body, 0, (size_t)found), NULL);
        extract_line(m->x, PLACE_HIDDEN, 0);
    }
    while (!last && !m->stop) {
        at = next;
        found = next_boundary(p->body, writer_span(&mark), at, &next, &last);
        if (found < 0) {
            found = (ptrdiff_t)p->body.n;
            last = true;
            next = p->body.n;
        }
        read_entity(m, part_of(p->body, at, (size_t)found), depth + 1,
                    span_eq_nocase(p->type, "multipart/digest"));
    }
    if (!m->stop && next < p->body.n) {
        extract_bytes(m->x, PLACE_HIDDEN, 0, span_part(p->body, next, p->body.n), NULL);
        extract_line(m->x, PLACE_HIDDEN, 0);
    }
    writer_done(&mark);
}

static void read_part(struct mail *m, const struct part *p, unsigned depth)
{
    struct writer w;
    struct span bytes;

    if (span_starts_nocase(p->type, "multipart/")) {
        if (span_eq_nocase(p->type, "multipart/encrypted"))
            extract_unread(m->x, UNREAD_ENCRYPTED);
        if (depth >= MULTIPARTS_MAX)
            extract_unread(m->x, UNREAD_TOO_DEEP);
        else
            read_multipart(m, p, depth);
        return;
    }
    writer_init(&w, p->body.n + 16);
    if (!decode(m, p, &w, &bytes))
        extract_child_unread(m->x, writer_span(&p->name), p->body.n, UNREAD_TOO_LARGE);
    else if (is_body(p))
        body_text(m, p, bytes);
    else if (bytes.n || p->name.n)
        member(m, p, bytes);
    writer_done(&w);
}

static void read_entity(struct mail *m, struct span in, unsigned depth, bool digest)
{
    struct reader r = reader_span(in);
    struct part p = {.transfer = PLAIN};

    if (++m->parts > PARTS_MAX || extract_expired(m->x)) {
        extract_unread(m->x, m->parts > PARTS_MAX ? UNREAD_TOO_LARGE : UNREAD_TIMEOUT);
        m->stop = true;
        return;
    }
    read_head(m, &r, depth == 0, &p);
    if (!p.type.n && digest)
        p.type = span_str("message/rfc822"); /* RFC 2046, 5.1.5 */
    p.body = reader_rest(&r);
    read_part(m, &p, depth);
    writer_done(&p.name);
}

void x_eml(struct extract *x, struct span in)
{
    struct mail m = {.x = x};
    struct reader r = reader_span(in);
    struct span line;

    while ((span_starts(in, "From ") || span_starts(in, ">From ")) && reader_line(&r, &line)) {
        in = span_part(in, r.pos, in.n);
        r = reader_span(in);
    }
    read_entity(&m, in, 0, false);
}
