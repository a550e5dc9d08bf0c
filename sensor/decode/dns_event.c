/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/dns_event.h"
#include "sensor/decode/dns_message.h"

#include <stdio.h>

#define QUESTIONS_SHOWN 32
#define RECORDS_SHOWN 128
#define EVENT_ROOM (16 * 1024) /* for each of answers, grouped and authorities */
#define VALUE_SHOWN 1024       /* bytes of one opaque value */

static struct span format_address(struct span a, char *buf, size_t cap)
{
    int n = 0;

    if (a.n == 4)
        n = snprintf(buf, cap, "%u.%u.%u.%u", a.p[0], a.p[1], a.p[2], a.p[3]);
    else
        for (size_t i = 0; i + 1 < a.n; i += 2) /* EVE never shortens */
            n += snprintf(buf + n, cap - (size_t)n, "%s%02x%02x", i ? ":" : "", a.p[i], a.p[i + 1]);
    return span_of(buf, (size_t)n);
}

static void name_value(struct jw *j, struct reader *in)
{
    struct dns_name name;

    dns_name_read(in, &name);
    jw_str(j, reader_ok(in) ? dns_name_span(&name) : span_str(""));
}

static void srv_value(struct jw *j, struct reader *in)
{
    struct dns_name name;

    jw_obj(j);
    jw_ku64(j, "priority", reader_be16(in));
    jw_ku64(j, "weight", reader_be16(in));
    jw_ku64(j, "port", reader_be16(in));
    dns_name_read(in, &name);
    jw_kstr(j, "name", reader_ok(in) ? dns_name_span(&name) : span_str(""));
    jw_end_obj(j);
}

struct soa {
    struct dns_name mname, rname;
    uint32_t number[5];
};
static const char *const soa_numbers[] = {"serial", "refresh", "retry", "expire", "minimum"};

static bool soa_read(struct reader *in, struct soa *ret)
{
    dns_name_read(in, &ret->mname);
    dns_name_read(in, &ret->rname);
    for (size_t i = 0; i < GH_COUNT(ret->number); i++)
        ret->number[i] = reader_be32(in);
    return reader_ok(in);
}

/* The schema knows SOA objects among the authorities only; an answer carries the zone-file line. */
static void soa_member(struct jw *j, struct reader *in, bool authority)
{
    struct soa s;
    char line[640];
    int n;

    if (!soa_read(in, &s))
        return;
    if (!authority) {
        n = snprintf(line, sizeof(line), "%.*s %.*s %u %u %u %u %u", (int)s.mname.n,
                     (const char *)s.mname.text, (int)s.rname.n, (const char *)s.rname.text, s.number[0],
                     s.number[1], s.number[2], s.number[3], s.number[4]);
        jw_kstr(j, "rdata", span_of(line, n > 0 && (size_t)n < sizeof(line) ? (size_t)n : 0));
        return;
    }
    jw_kobj(j, "soa");
    jw_kstr(j, "mname", dns_name_span(&s.mname));
    jw_kstr(j, "rname", dns_name_span(&s.rname));
    for (size_t i = 0; i < GH_COUNT(soa_numbers); i++)
        jw_ku64(j, soa_numbers[i], s.number[i]);
    jw_end_obj(j);
}

/* Is the record's data one JSON string? */
static bool plain(const struct dns_record *r)
{
    switch (r->type) {
    case DNS_A:
        return r->data.n == 4;
    case DNS_AAAA:
        return r->data.n == 16;
    case DNS_MX:
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_DNAME:
    case DNS_NULL:
        return true;
    default:
        return false;
    }
}

/* That string. in stands on the data. */
static void plain_value(struct jw *j, const struct dns_record *r, struct reader *in)
{
    char text[48];

    switch (r->type) {
    case DNS_A:
    case DNS_AAAA:
        jw_str(j, format_address(r->data, text, sizeof(text)));
        break;
    case DNS_NULL:
        jw_str(j, span_part(r->data, 0, VALUE_SHOWN));
        break;
    case DNS_MX:
        reader_skip(in, 2); /* preference */
        name_value(j, in);
        break;
    default:
        name_value(j, in);
        break;
    }
}

/* One record as an object; TXT becomes one for each of its strings, as Suricata shows them. False when the
 * room up to limit did not suffice: a TXT record may hold 65000 empty strings. */
static bool record_object(struct jw *j, struct span message, const struct dns_record *r, bool authority,
                          size_t limit)
{
    struct reader in = dns_record_reader(message, r);
    char buf[8];

    do {
        jw_obj(j);
        jw_kstr(j, "rrname", dns_name_span(&r->name));
        jw_kcstr(j, "rrtype", dns_type_name(r->type, buf));
        jw_ku64(j, "ttl", r->ttl);
        if (r->type == DNS_TXT) {
            jw_kstr(j, "rdata", reader_take(&in, reader_u8(&in)));
        } else if (r->type == DNS_SRV && !authority) {
            jw_key(j, "srv");
            srv_value(j, &in);
        } else if (r->type == DNS_SOA) {
            soa_member(j, &in, authority);
        } else if (plain(r)) {
            jw_key(j, "rdata");
            plain_value(j, r, &in);
        }
        jw_end_obj(j);
    } while (r->type == DNS_TXT && reader_left(&in) && j->w->n < limit);
    return r->type != DNS_TXT || !reader_left(&in);
}

/* "answers" or "authorities": the next count records of in. False when not all of them are shown. */
static bool records_array(struct jw *j, struct span message, struct reader *in, bool authority,
                          unsigned count)
{
    size_t limit = j->w->n + EVENT_ROOM;
    const char *key = authority ? "authorities" : "answers";
    bool all = true;

    jw_karr(j, key);
    for (unsigned i = 0; i < count; i++) {
        struct dns_record r;
        dns_record_read(in, &r);
        if (!reader_ok(in))
            return jw_end_karr(j, key), false;
        all = all && i < RECORDS_SHOWN && j->w->n < limit && record_object(j, message, &r, authority, limit);
    }
    jw_end_karr(j, key);
    return all;
}

/* The values of one record in its type's list. */
static void group_values(struct jw *j, struct span message, const struct dns_record *r, size_t limit)
{
    struct reader in = dns_record_reader(message, r);

    switch (r->type) {
    case DNS_SRV:
        srv_value(j, &in);
        break;
    case DNS_TXT:
        do
            jw_str(j, reader_take(&in, reader_u8(&in)));
        while (reader_left(&in) && j->w->n < limit);
        break;
    default:
        if (plain(r))
            plain_value(j, r, &in);
        break;
    }
}

/* Values by type. The schema names the types that may stand here. */
static void grouped(struct jw *j, struct span message, struct reader answers, unsigned count)
{
    static const uint16_t kinds[] = {DNS_A, DNS_AAAA, DNS_CNAME, DNS_MX, DNS_NULL, DNS_PTR, DNS_SRV, DNS_TXT};
    size_t limit = j->w->n + EVENT_ROOM;
    char buf[8];

    jw_kobj(j, "grouped");
    for (size_t k = 0; k < GH_COUNT(kinds); k++) {
        struct reader in = answers;
        bool open = false;
        for (unsigned i = 0; i < count && i < RECORDS_SHOWN && j->w->n < limit; i++) {
            struct dns_record r;
            dns_record_read(&in, &r);
            if (!reader_ok(&in))
                break;
            if (r.type != kinds[k])
                continue;
            if (!open)
                jw_karr(j, dns_type_name(r.type, buf));
            open = true;
            group_values(j, message, &r, limit);
        }
        if (open)
            jw_end_karr(j, dns_type_name(kinds[k], buf));
    }
    jw_end_obj(j);
}

static void on_query(struct proto_ctx *cx, const struct dns_head *h, struct reader in)
{
    uint32_t tx = cx->tx_next++;
    char buf[8];

    for (unsigned i = 0; i < h->questions; i++) {
        struct dns_question q;
        struct jw j;
        dns_question_read(&in, &q);
        if (!reader_ok(&in))
            return proto_anomaly(cx, TO_SERVER, "dns.malformed_data");
        if (i == QUESTIONS_SHOWN)
            return proto_anomaly(cx, TO_SERVER, "dns.too_many_questions");
        proto_event_begin(cx, EVENT_DNS, TO_SERVER, -1, &j);
        jw_kobj(&j, "dns");
        jw_ku64(&j, "version", 2);
        jw_kcstr(&j, "type", "query");
        jw_ku64(&j, "id", h->id);
        jw_kstr(&j, "rrname", dns_name_span(&q.name));
        jw_kcstr(&j, "rrtype", dns_type_name(q.type, buf));
        jw_ku64(&j, "tx_id", tx);
        if (h->flags & DNS_Z)
            jw_kbool(&j, "z", true);
        jw_end_obj(&j);
        proto_event_end(cx, &j, 0);
    }
}

static void answer_head(struct jw *j, const struct dns_head *h, const struct dns_question *q)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } bits[] = {{DNS_QR, "qr"}, {DNS_AA, "aa"}, {DNS_RD, "rd"}, {DNS_RA, "ra"}, {DNS_Z, "z"}};
    char buf[8], flags[8];

    jw_ku64(j, "version", 2);
    jw_kcstr(j, "type", "answer");
    jw_ku64(j, "id", h->id);
    snprintf(flags, sizeof(flags), "%x", h->flags);
    jw_kcstr(j, "flags", flags);
    for (size_t i = 0; i < GH_COUNT(bits); i++)
        if (h->flags & bits[i].bit)
            jw_kbool(j, bits[i].name, true);
    if (q) {
        jw_kstr(j, "rrname", dns_name_span(&q->name));
        jw_kcstr(j, "rrtype", dns_type_name(q->type, buf));
    }
    jw_kcstr(j, "rcode", dns_rcode_name(h->flags, buf));
}

static void on_answer(struct proto_ctx *cx, struct span message, const struct dns_head *h, struct reader in)
{
    struct dns_question first = {0}, q;
    struct reader answers;
    bool all = true, asked = false;
    struct jw j;

    cx->tx_next++;
    for (unsigned i = 0; i < h->questions && reader_ok(&in); i++) {
        dns_question_read(&in, i ? &q : &first);
        asked |= reader_ok(&in);
    }
    answers = in;
    proto_event_begin(cx, EVENT_DNS, TO_SERVER, -1, &j);
    jw_kobj(&j, "dns");
    answer_head(&j, h, asked ? &first : NULL);
    if (h->answers && reader_ok(&in)) {
        all &= records_array(&j, message, &in, false, h->answers);
        grouped(&j, message, answers, h->answers);
    }
    if (h->authorities && reader_ok(&in))
        all &= records_array(&j, message, &in, true, h->authorities);
    jw_end_obj(&j);
    proto_event_end(cx, &j, 0);
    if (!reader_ok(&in)) /* said behind the event: two cannot be open at once */
        proto_anomaly(cx, TO_CLIENT, "dns.malformed_data");
    else if (!all)
        proto_anomaly(cx, TO_CLIENT, "dns.too_many_records");
}

void dns_event_message(struct proto_ctx *cx, enum direction dir, struct span message)
{
    struct reader in = reader_span(message);
    struct dns_head h;

    dns_head_read(&in, &h);
    if (!reader_ok(&in))
        proto_anomaly(cx, dir, "dns.malformed_data");
    else if (h.flags & DNS_QR)
        on_answer(cx, message, &h, in);
    else
        on_query(cx, &h, in);
}
