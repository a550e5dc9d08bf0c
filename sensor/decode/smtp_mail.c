/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/smtp_mail.h"

#define HELO_MAX 512u

void smtp_mail_init(struct smtp_mail *m)
{
    *m = (struct smtp_mail){0};
    writer_init(&m->helo, HELO_MAX);
    writer_init(&m->from, SMTP_ADDRESS_MAX);
    writer_init(&m->rcpt, SMTP_RCPT_MAX * (SMTP_ADDRESS_MAX + 1));
}

void smtp_mail_done(struct smtp_mail *m)
{
    writer_done(&m->helo);
    writer_done(&m->from);
    writer_done(&m->rcpt);
}

void smtp_mail_reset(struct smtp_mail *m)
{
    writer_clear(&m->from);
    writer_clear(&m->rcpt);
    m->n_rcpt = 0;
    m->numbered = false;
}

void smtp_mail_helo(struct smtp_mail *m, struct span name)
{
    writer_clear(&m->helo);
    writer_put(&m->helo, span_part(span_trim(name), 0, HELO_MAX));
}

/* The address in front of the ESMTP parameters: up to the '>' of "<a@b> SIZE=1", or the first blank. */
static struct span address(struct span s)
{
    s = span_trim(s);
    ptrdiff_t end = s.n && s.p[0] == '<' ? span_find_byte(s, '>', 0) : span_find_byte(s, ' ', 0);
    if (end >= 0)
        s.n = (size_t)end + (s.p[end] == '>');
    return span_part(s, 0, SMTP_ADDRESS_MAX);
}

void smtp_mail_from(struct smtp_mail *m, struct span s)
{
    writer_clear(&m->from);
    writer_put(&m->from, address(s));
}

void smtp_mail_rcpt(struct smtp_mail *m, struct span s)
{
    if (m->n_rcpt >= SMTP_RCPT_MAX)
        return;
    m->n_rcpt++;
    writer_put(&m->rcpt, address(s));
    writer_u8(&m->rcpt, '\n');
}

/* A header list of addresses as an array: at commas outside quotes, brackets and comments (RFC 5322
 * section 3.4). */
static void put_list(struct jw *j, const char *key, struct span list, size_t most)
{
    size_t start = 0;
    unsigned comment = 0, n = 0;
    bool quoted = false, angle = false;

    if (!list.n)
        return;
    list = span_part(list, 0, most);
    jw_karr(j, key);
    for (size_t i = 0; i <= list.n && n < SMTP_RCPT_MAX; i++) {
        uint8_t c = i < list.n ? list.p[i] : ',';
        if (i < list.n && quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
            continue;
        }
        quoted = c == '"';
        if (c == '<' || c == '>')
            angle = c == '<';
        if (c == '(')
            comment++;
        if (c == ')' && comment)
            comment--;
        if (c != ',' || (i < list.n && (angle || comment)))
            continue;
        struct span one = span_trim(span_part(list, start, i - start));
        start = i + 1;
        if (!one.n)
            continue;
        jw_str(j, span_part(one, 0, SMTP_ADDRESS_MAX));
        n++;
    }
    jw_end_karr(j, key);
}

static void put_email(const struct mime_facts *f, bool complete, size_t most, struct jw *j)
{
    const struct {
        const char *key;
        struct span value;
    } rows[] = {{"subject", f->subject}, {"date", f->date}, {"message_id", f->message_id}};
    size_t names = most;

    jw_kobj(j, "email");
    jw_kcstr(j, "status", complete ? "PARSE_DONE" : f->body_seen ? "BODY_STARTED" : "HEADER_STARTED");
    if (f->from.n)
        jw_kstr(j, "from", span_part(f->from, 0, most));
    put_list(j, "to", f->to, most);
    put_list(j, "cc", f->cc, most);
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        if (rows[i].value.n)
            jw_kstr(j, rows[i].key, span_part(rows[i].value, 0, most));
    if (f->n_attachments) {
        jw_karr(j, "attachment");
        for (size_t i = 0; i < f->n_attachments && f->attachments[i].n <= names; i++) {
            jw_str(j, f->attachments[i]);
            names -= f->attachments[i].n;
        }
        jw_end_karr(j, "attachment");
    }
    jw_end_obj(j);
}

static void put_smtp(const struct smtp_mail *m, size_t most, struct jw *j)
{
    struct reader r = reader_span(span_part(writer_span(&m->rcpt), 0, most));
    struct span one;

    jw_kobj(j, "smtp");
    if (m->helo.n)
        jw_kstr(j, "helo", writer_span(&m->helo));
    if (m->from.n)
        jw_kstr(j, "mail_from", writer_span(&m->from));
    if (m->n_rcpt) {
        jw_karr(j, "rcpt_to");
        while (reader_line(&r, &one))
            jw_str(j, one);
        jw_end_karr(j, "rcpt_to");
    }
    jw_end_obj(j);
}

void smtp_mail_members(const struct smtp_mail *m, const struct mime_facts *facts, bool complete, size_t max,
                       struct writer *out)
{
    static const size_t most[] = {8192, 2048, 512, 64};
    struct writer w;
    struct jw j;

    writer_init(&w, max);
    for (size_t i = 0; i < GH_COUNT(most); i++) {
        writer_clear(&w);
        jw_init(&j, &w);
        jw_obj(&j);
        if (m)
            put_smtp(m, most[i], &j);
        if (facts)
            put_email(facts, complete, most[i], &j);
        jw_end_obj(&j);
        if (!writer_ok(&w))
            continue;
        writer_put(out, span_part(writer_span(&w), 1, w.n - 2));
        break;
    }
    writer_done(&w);
}
