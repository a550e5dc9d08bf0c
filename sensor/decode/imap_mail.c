/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/imap_mail.h"
#include "sensor/decode/smtp_mail.h"

#define CONTEXT_MAX (16u << 10)
#define EVENT_MAX (48u << 10)
#define HEAD_MAX (8u << 10)

void imap_mail_init(struct imap_mail *m, struct proto_ctx *cx, enum direction dir, const char *command)
{
    *m = (struct imap_mail){.cx = cx, .dir = dir, .command = command};
    writer_init(&m->head, HEAD_MAX);
}

static void write_extra(struct imap_mail *m)
{
    struct writer w;
    struct jw j;

    writer_fixed(&w, m->extra, sizeof(m->extra));
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kobj(&j, "imap");
    jw_kcstr(&j, "command", m->command);
    if (m->section_n)
        jw_kstr(&j, "section", span_of(m->section, m->section_n));
    jw_end_obj(&j);
    jw_end_obj(&j);
    gh_check(writer_ok(&w)); /* each byte of a section is at most six in JSON */
    m->extra_n = w.n - 2;
    memmove(m->extra, m->extra + 1, m->extra_n);
}

static void part_context(void *arg, struct mime *mime, struct writer *out)
{
    (void)arg;
    smtp_mail_members(NULL, mime_facts(mime), false, CONTEXT_MAX, out);
}

/* The mail is over. */
static void finish(struct imap_mail *m, bool complete)
{
    struct writer w;
    struct jw j;

    if (!m->mime)
        return;
    complete = complete && !m->headless;
    mime_end(m->mime, complete);
    writer_init(&w, EVENT_MAX);
    smtp_mail_members(NULL, mime_facts(m->mime), complete, EVENT_MAX, &w);
    proto_event_begin(m->cx, EVENT_IMAP, m->dir, m->tx, &j);
    jw_raw(&j, writer_span(&w));
    jw_kobj(&j, "gatehouse");
    jw_raw(&j, span_of(m->extra, m->extra_n));
    jw_end_obj(&j);
    proto_event_end(m->cx, &j, 0);
    writer_done(&w);
    mime_free(m->mime);
    m->mime = NULL;
    m->partial = false;
}

void imap_mail_done(struct imap_mail *m)
{
    imap_mail_end(m, false);
    finish(m, false);
    writer_done(&m->head);
}

static void open_mail(struct imap_mail *m, const struct imap_item *item)
{
    m->tx = m->cx->tx_next++;
    m->headless = item->origin != 0;
    m->partial = item->partial;
    m->next = item->origin;
    m->chunk = 0;
    m->section_n = span_part(item->section, 0, IMAP_SECTION).n;
    if (m->section_n)
        memcpy(m->section, item->section.p, m->section_n);
    m->sniff_n = 0;
    m->sniffing = false;
    m->mime = mime_new(m->cx, MIME_MAIL, m->dir, m->tx, span_str(""), part_context, m);
    if (!m->mime) {
        proto_anomaly(m->cx, m->dir, "imap.no_memory");
        return;
    }
    write_extra(m);
    mime_extra(m->mime, span_of(m->extra, m->extra_n));
    if (item->kind == ITEM_MAIL && !item->origin)
        return;
    if (item->kind == ITEM_PART && !item->origin && m->head.n &&
        span_eq(span_of(m->head_section, m->head_section_n), span_of(m->section, m->section_n)))
        mime_feed(m->mime, writer_span(&m->head));
    else if (item->kind == ITEM_PART && !item->origin)
        m->sniffing = true;
    else
        mime_feed(m->mime, span_str("\r\n"));
}

static bool goes_on(const struct imap_mail *m, const struct imap_item *item, uint64_t number)
{
    return m->mime && m->partial && item->partial && item->origin == m->next && number == m->number &&
           span_eq(item->section, span_of(m->section, m->section_n));
}

void imap_mail_begin(struct imap_mail *m, const struct imap_item *item, uint64_t number, uint64_t n)
{
    m->taking = m->heading = false;
    if (item->kind == ITEM_NONE || item->kind == ITEM_HEADER)
        return;
    if (item->kind == ITEM_MIME) {
        struct span part = span_part(item->section, 0, item->section.n - strlen(".MIME"));
        writer_clear(&m->head);
        m->heading = !item->partial && part.n <= IMAP_SECTION;
        m->head_section_n = m->heading ? part.n : 0;
        if (m->head_section_n)
            memcpy(m->head_section, part.p, part.n);
        return;
    }
    if (!goes_on(m, item, number)) {
        finish(m, false); /* whether more was to come is not known */
        if (!n)
            return;
        m->number = number;
        open_mail(m, item);
    }
    m->taking = m->mime != NULL;
    m->next += n;
    if (!m->chunk)
        m->chunk = n;
    if (m->partial && (n < m->chunk || (m->want && n < m->want)))
        m->partial = false; /* the last piece */
}

/* Base64 is known by its lines: 60 to 76 characters of its alphabet. */
static bool looks_base64(struct span s)
{
    size_t n = 0;

    while (n < s.n && ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'z'))
        n++;
    for (; n < s.n && s.p[n] != '\r' && s.p[n] != '\n'; n++) {
        uint8_t c = s.p[n];
        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '+' && c != '/' &&
            c != '=')
            return false;
    }
    return n >= 40 && n <= 76 && n % 4 == 0;
}

static void sniffed(struct imap_mail *m)
{
    struct span s = span_of(m->sniff, m->sniff_n);

    m->sniffing = false;
    mime_feed(m->mime, span_str(looks_base64(s) ? "Content-Transfer-Encoding: base64\r\n\r\n" : "\r\n"));
    mime_feed(m->mime, s);
}

void imap_mail_bytes(struct imap_mail *m, struct span bytes)
{
    struct span part;

    if (m->heading)
        writer_put(&m->head, bytes);
    if (!m->taking)
        return;
    if (m->sniffing) {
        part = span_part(bytes, 0, IMAP_SNIFF - m->sniff_n);
        if (part.n)
            memcpy(m->sniff + m->sniff_n, part.p, part.n);
        m->sniff_n += part.n;
        bytes = span_part(bytes, part.n, bytes.n);
        if (m->sniff_n == IMAP_SNIFF)
            sniffed(m);
    }
    if (bytes.n)
        mime_feed(m->mime, bytes);
}

void imap_mail_gap(struct imap_mail *m, uint64_t missing)
{
    if (m->heading) {
        writer_clear(&m->head);
        m->heading = false;
    }
    if (!m->taking)
        return;
    if (m->sniffing)
        sniffed(m);
    mime_gap(m->mime, missing);
}

void imap_mail_end(struct imap_mail *m, bool whole)
{
    if (m->heading && (!whole || !writer_ok(&m->head)))
        writer_clear(&m->head);
    m->heading = false;
    if (!m->taking)
        return;
    m->taking = false;
    if (m->sniffing && (!m->partial || !whole))
        sniffed(m);
    if (!m->partial || !whole)
        finish(m, whole);
}
