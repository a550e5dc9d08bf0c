/* SPDX-License-Identifier: GPL-3.0-or-later
 * Indicators of compromise: each event is looked through before it leaves, as it is written, so that what is
 * found is what the policy and the officer see, whichever parser wrote it. What to look at is one table.
 * Addresses are looked up once a flow; only a flow that has a hit pays for it again. */
#include "base/log.h"
#include "sensor/decode/host_impl.h"

#define HITS_SHOWN 8
#define PATH_MAX_BYTES 48
#define DEPTH 8 /* of members that the table names */
#define VALUE_MAX 512

enum look {
    LOOK_HOST = 1, /* a name, or a literal address */
    LOOK_MAIL,     /* of an address of mail the domain */
    LOOK_SHA256,
    LOOK_JA3,
    LOOK_JA3S,
    LOOK_JA4
};
/* Members in which indicators are looked for; "[]" is each element. */
#define ROW(path, look, where)                                                                               \
    {                                                                                                        \
        path, sizeof(path) - 1, look, where                                                                  \
    }
static const struct {
    const char *path;
    uint8_t n;
    enum look look;
    const char *where; /* told in the event */
} table[] = {
    ROW("tls.sni", LOOK_HOST, "sni"),
    ROW("tls.ja3.hash", LOOK_JA3, "ja3"),
    ROW("tls.ja3s.hash", LOOK_JA3S, "ja3s"),
    ROW("tls.ja4", LOOK_JA4, "ja4"),
    ROW("quic.sni", LOOK_HOST, "sni"),
    ROW("quic.ja3.hash", LOOK_JA3, "ja3"),
    ROW("quic.ja3s.hash", LOOK_JA3S, "ja3s"),
    ROW("quic.ja4", LOOK_JA4, "ja4"),
    ROW("dns.rrname", LOOK_HOST, "dns.rrname"),
    ROW("dns.queries[].rrname", LOOK_HOST, "dns.rrname"),
    ROW("dns.answers[].rrname", LOOK_HOST, "dns.rrname"),
    ROW("dns.answers[].rdata", LOOK_HOST, "dns.rdata"),
    ROW("http.hostname", LOOK_HOST, "hostname"),
    ROW("smtp.helo", LOOK_HOST, "smtp.helo"),
    ROW("smtp.mail_from", LOOK_MAIL, "smtp.mail_from"),
    ROW("email.from", LOOK_MAIL, "email.from"),
    ROW("fileinfo.sha256", LOOK_SHA256, "sha256"),
    ROW("ndpi.hostname", LOOK_HOST, "ndpi.hostname"),
};
#undef ROW

struct found {
    size_t list;
    enum ioc_kind kind;
    const char *where;
    char value[IOC_DOMAIN_MAX + 1];
    char entry[IOC_DOMAIN_MAX + 2]; /* "" when it is the value itself */
};
struct search {
    struct proto_host *h;
    struct found found[HITS_SHOWN];
    size_t n;
    uint64_t more;
    struct span own; /* the event's "gatehouse" object */
    struct span fileinfo;
};

/* ---- values ---- */

static bool is_found(const struct search *s, size_t list, const char *where, struct span value)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->found[i].list == list && s->found[i].where == where &&
            span_eq(span_str(s->found[i].value), value))
            return true;
    return false;
}

static void found(struct search *s, size_t list, const struct ioc_query *q, const struct ioc_hit *hit,
                  const char *where, struct span value)
{
    struct found *f = &s->found[s->n];
    struct reader r = reader_span(value);
    struct writer w;

    if (is_found(s, list, where, value))
        return;
    lists_hit(s->h->lists, list);
    if (s->n == HITS_SHOWN || value.n >= sizeof(f->value)) {
        s->more++;
        return;
    }
    *f = (struct found){.list = list, .kind = q->kind, .where = where};
    reader_copy(&r, f->value, value.n);
    writer_fixed(&w, f->entry, sizeof(f->entry) - 1);
    if (ioc_hit_entry(q, hit, &w))
        f->entry[writer_ok(&w) ? w.n : 0] = 0;
    s->n++;
}

static void look_up(struct search *s, const struct ioc_query *q, const char *where, struct span value)
{
    struct lists *l = s->h->lists;
    struct ioc_hit hit;

    for (size_t i = 0; i < lists_count(l); i++)
        if (lists_find(l, i, q, s->h->ioc_now_s, &hit))
            found(s, i, q, &hit, where, value);
}

static void look_host(struct search *s, struct span text, const char *where)
{
    struct ioc_query *q = &s->h->ioc_query;
    struct span host = text;

    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = span_part(host, 1, host.n - 2);
    if (lists_have(s->h->lists, IOC_IP) && ioc_query_parse(q, IOC_IP, host))
        look_up(s, q, where, host);
    else if (lists_have(s->h->lists, IOC_DOMAIN) && ioc_query_parse(q, IOC_DOMAIN, host))
        look_up(s, q, where, span_of(q->text, q->text_n));
}

/* "Name <user@domain>", "<user@domain>", "user@domain". */
static void look_mail(struct search *s, struct span text, const char *where)
{
    size_t at = text.n, n = 0;
    struct span domain;

    while (at && text.p[at - 1] != '@')
        at--;
    domain = span_part(text, at, text.n);
    while (n < domain.n && domain.p[n] != '>' && domain.p[n] != ' ' && domain.p[n] != ',')
        n++;
    if (at)
        look_host(s, span_part(domain, 0, n), where);
}

static void look_at(struct search *s, enum look look, struct span text, const char *where)
{
    static const enum ioc_kind kinds[] = {
        [LOOK_SHA256] = IOC_SHA256, [LOOK_JA3] = IOC_JA3, [LOOK_JA3S] = IOC_JA3S, [LOOK_JA4] = IOC_JA4};
    struct ioc_query *q = &s->h->ioc_query;

    if (text.n > VALUE_MAX || memchr(text.p, '\\', text.n)) /* escapes are in no indicator */
        return;
    if (look == LOOK_HOST)
        look_host(s, text, where);
    else if (look == LOOK_MAIL)
        look_mail(s, text, where);
    else if (lists_have(s->h->lists, kinds[look]) && ioc_query_parse(q, kinds[look], text))
        look_up(s, q, where, text);
}

/* ---- the event's text: our own writer's, so it is JSON; should it not be, the reader ends ---- */

static void skip_string(struct reader *r) /* behind its first quote */
{
    while (reader_left(r)) {
        uint8_t c = reader_u8(r);
        if (c == '\\')
            reader_skip(r, 1);
        else if (c == '"')
            return;
    }
    reader_skip(r, 1);
}

static struct span take_string(struct reader *r)
{
    struct reader from = *r;
    size_t start = r->pos;

    reader_skip(r, 1);
    skip_string(r);
    return reader_ok(r) ? span_part(reader_take(&from, r->pos - start), 1, r->pos - start - 2)
                        : reader_take(r, 0);
}

static struct span take_value(struct reader *r)
{
    struct reader from = *r;
    size_t start = r->pos;
    unsigned depth = 0;

    do {
        uint8_t c = reader_peek(r, 0);
        if (!depth && (c == ',' || c == '}' || c == ']'))
            break;
        reader_skip(r, 1);
        if (c == '"')
            skip_string(r);
        else if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
    } while (reader_left(r));
    return reader_take(&from, r->pos - start);
}

static void walk_object(struct search *s, struct span object, struct writer *path, unsigned depth);

/* Is path the beginning of one that the table names? Its row when it is one. */
static bool leads_on(struct span path, int *ret_row)
{
    bool on = false;

    *ret_row = -1;
    if (!path.n)
        return false;
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        /* Nearly all names differ in their first or last letter: no call for those. */
        if (path.n > table[i].n || path.p[0] != (uint8_t)table[i].path[0] ||
            path.p[path.n - 1] != (uint8_t)table[i].path[path.n - 1] ||
            memcmp(table[i].path, path.p, path.n) != 0)
            continue;
        on = true;
        if (path.n == table[i].n) {
            *ret_row = (int)i;
            return true;
        }
    }
    return on;
}

static void walk_value(struct search *s, struct span value, struct writer *path, unsigned depth)
{
    struct reader in = reader_span(value);
    size_t n = path->n;
    int row;

    if (!writer_ok(path) || depth == DEPTH || !leads_on(writer_span(path), &row))
        return;
    if (reader_peek(&in, 0) == '"') {
        if (row >= 0)
            look_at(s, table[row].look, take_string(&in), table[row].where);
    } else if (reader_peek(&in, 0) == '{') {
        writer_u8(path, '.');
        walk_object(s, value, path, depth + 1);
    } else if (reader_peek(&in, 0) == '[') {
        writer_str(path, "[]");
        reader_skip(&in, 1);
        while (reader_left(&in) > 1) {
            walk_value(s, take_value(&in), path, depth + 1);
            reader_skip(&in, 1);
        }
    }
    path->n = n;
}

static void walk_object(struct search *s, struct span object, struct writer *path, unsigned depth)
{
    struct reader in = reader_span(object);
    size_t n = path->n;

    reader_skip(&in, 1);
    while (reader_left(&in) > 1) {
        struct span name = take_string(&in), value;
        reader_skip(&in, 1); /* ':' */
        value = take_value(&in);
        reader_skip(&in, 1); /* ',' or '}' */
        if (!reader_ok(&in))
            return;
        if (depth == 1 && span_eq(name, span_str("gatehouse")))
            s->own = value;
        if (depth == 1 && span_eq(name, span_str("fileinfo")))
            s->fileinfo = name;
        if (name.n + n < PATH_MAX_BYTES) {
            writer_put(path, name);
            walk_value(s, value, path, depth);
        }
        path->n = n;
    }
}

/* ---- addresses ---- */

static bool look_address(struct search *s, const uint8_t addr[16], bool ipv6, const char *where)
{
    struct ioc_query *q = &s->h->ioc_query;
    char ip[FLOW_IP_SIZE];
    size_t before = s->n;

    ioc_query_address(q, addr, ipv6);
    look_up(s, q, where, span_str(flow_ip(addr, ipv6, ip)));
    return s->n > before;
}

/* A flow's addresses are looked up when its first event is written; afterwards only those that were listed.
 * What ends in the meantime or comes with other lists is found by later flows, or when the generation
 * changes. */
static void look_flow(struct search *s)
{
    struct flow *f = s->h->ioc_flow;
    bool fresh;

    if (!f || !lists_have(s->h->lists, IOC_IP))
        return;
    fresh = f->ioc_generation != lists_generation(s->h->lists);
    for (int i = 0; i < 2; i++) {
        enum direction side = i ? !s->h->ioc_dir : s->h->ioc_dir;
        if (!fresh && !(f->ioc_listed >> side & 1))
            continue;
        bool listed = look_address(s, f->addr[side], f->ipv6, i ? "dest_ip" : "src_ip");
        f->ioc_listed = (uint8_t)((f->ioc_listed & ~(1u << side)) | (unsigned)listed << side);
    }
    f->ioc_generation = lists_generation(s->h->lists);
}

/* ---- what is told ---- */

static void write_found(const struct search *s, struct jw *j)
{
    jw_karr(j, "ioc");
    for (size_t i = 0; i < s->n; i++) {
        const struct found *f = &s->found[i];
        jw_obj(j);
        jw_kcstr(j, "list", lists_name(s->h->lists, f->list));
        jw_kcstr(j, "kind", ioc_kind_name(f->kind));
        jw_kcstr(j, "value", f->value);
        if (*f->entry)
            jw_kcstr(j, "entry", f->entry);
        jw_kcstr(j, "where", f->where);
        jw_end_obj(j);
    }
    jw_end_arr(j);
    if (s->more)
        jw_ku64(j, "ioc_more", s->more);
}

/* Puts text into the batch at that place of it. */
static void insert(struct writer *batch, size_t at, struct span text)
{
    size_t tail = batch->n - at;
    uint8_t *room = writer_reserve(batch, text.n);

    if (!room)
        return;
    memmove(batch->p + at + text.n, batch->p + at, tail);
    memcpy(batch->p + at, text.p, text.n);
    writer_advance(batch, text.n);
}

/* Into the event's own "gatehouse" object, or as one before "fileinfo", which the core wants to be the last
 * member, or as the last one. */
static void tell(const struct search *s, struct span event)
{
    struct proto_host *h = s->h;
    char bytes[8192];
    struct writer w;
    struct jw j;
    size_t at = (size_t)(event.p - h->box.chunk->events.p);

    writer_fixed(&w, bytes, sizeof(bytes));
    if (s->own.n) {
        at += (size_t)(s->own.p - event.p) + 1;
    } else {
        at += s->fileinfo.n ? (size_t)(s->fileinfo.p - event.p) - 1 : event.n - 1;
        writer_str(&w, s->fileinfo.n ? "\"gatehouse\":" : ",\"gatehouse\":");
    }
    jw_init(&j, &w);
    jw_obj(&j);
    write_found(s, &j);
    jw_end_obj(&j);
    gh_check(writer_ok(&w));
    if (s->own.n) { /* the members without their braces */
        bytes[w.n - 1] = ',';
        insert(&h->box.chunk->events, at, span_of(bytes + 1, w.n - 1 - (s->own.n == 2)));
        return;
    }
    if (s->fileinfo.n)
        writer_u8(&w, ',');
    insert(&h->box.chunk->events, at, writer_span(&w));
}

void ioc_event(struct proto_host *h, enum event_type type)
{
    struct span event =
        span_part(writer_span(&h->box.chunk->events), h->record + EVENT_RECORD_HEAD, h->box.chunk->events.n);
    struct search s = {.h = h};
    char text[PATH_MAX_BYTES + 16];
    struct writer path;

    if (!h->lists || !lists_count(h->lists) || !writer_ok(&h->box.chunk->events) || type == EVENT_STATS)
        return;
    look_flow(&s);
    writer_fixed(&path, text, sizeof(text));
    walk_object(&s, event, &path, 1);
    if (s.n)
        tell(&s, event);
}

/* ---- change of lists ---- */

static void take_rules(struct proto_host *h)
{
    int rc = labels_load(h->labels, lists_rules(h->lists, LABEL_PROTOCOLS),
                         lists_rules(h->lists, LABEL_CATEGORIES));

    h->rules_wait = rc == ST_AGAIN;
    if (rc && rc != ST_AGAIN)
        log_error("nDPI does not take the rules of sensor.ndpi_protocols or sensor.ndpi_categories (%s): "
                  "those of before "
                  "go on",
                  status_text(rc));
}

void ioc_take(struct proto_host *h)
{
    struct lists *l = atomic_exchange(&h->offered, NULL), *before = h->lists;
    bool changed = false;

    if (!l)
        return;
    h->lists = l;
    for (int f = 0; f < LABEL_FILES; f++)
        changed |= !span_eq(lists_rules(l, (enum label_file)f),
                            before ? lists_rules(before, (enum label_file)f) : span_str(""));
    if (changed || h->rules_wait)
        take_rules(h);
    lists_unref(before);
}

void ioc_tick(struct proto_host *h)
{
    if (h->rules_wait)
        take_rules(h);
}

void host_lists(struct proto_host *h, struct lists *l)
{
    lists_unref(atomic_exchange(&h->offered, lists_ref(l)));
}

void host_lists_fault(struct proto_host *h, struct span reason, uint64_t wall_us)
{
    struct jw j;

    if (!h->live) /* the events of a replay are the same each time */
        return;
    event_begin(h, EVENT_ANOMALY, wall_us, 0, &j);
    jw_kobj(&j, "anomaly");
    jw_kcstr(&j, "type", "gatehouse");
    jw_kcstr(&j, "event", "lists.refused");
    jw_end_obj(&j);
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "lists");
    jw_kstr(&j, "refused", reason);
    jw_end_obj(&j);
    jw_end_obj(&j);
    event_end(h, &j, 0);
}
