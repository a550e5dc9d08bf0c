/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/derive.h"

#include <stdio.h>
#include <time.h>

enum derived { D_ZONE, D_LEAVING, D_MAY_HOLD, D_TIME, D_TRANSFER };

static struct json *new_json(struct view *v, enum json_type type)
{
    struct json *j = arena_alloc(v->arena, sizeof(*j));

    if (j)
        j->type = type;
    return j;
}

/* Behind the members that parent has. */
static void adopt(struct json *parent, const char *key, struct json *j)
{
    struct json **last = &parent->child;

    if (!j)
        return; /* no memory: the fact is absent */
    while (*last)
        last = &(*last)->next;
    if (key)
        j->key = span_str(key);
    *last = j;
    parent->count++;
}

/* A text and its JSON form. */
static struct json *text(struct view *v, struct span s)
{
    struct json *j = new_json(v, JSON_STRING);
    struct writer w;
    struct jw quoted;

    if (!j)
        return NULL;
    writer_init(&w, 6 * s.n + 16);
    jw_init(&quoted, &w);
    jw_str(&quoted, s);
    j->s = span_of(arena_dup(v->arena, s.p, s.n), s.n);
    j->raw = span_of(arena_dup(v->arena, w.p, w.n), w.n);
    writer_done(&w);
    return j->s.p && j->raw.p ? j : NULL;
}

/* A member that the event has already, under another name. */
static struct json *same(struct view *v, const struct json *from)
{
    struct json *j = from ? new_json(v, from->type) : NULL;

    if (j) {
        *j = *from;
        j->next = NULL;
    }
    return j;
}

static struct json *boolean(struct view *v, bool is)
{
    struct json *j = new_json(v, is ? JSON_TRUE : JSON_FALSE);

    if (j)
        j->raw = span_str(is ? "true" : "false");
    return j;
}

static struct json *integer(struct view *v, int64_t i)
{
    struct json *j = new_json(v, JSON_NUMBER);
    char *s;

    if (!j || !(s = arena_printf(v->arena, "%lld", (long long)i)))
        return NULL;
    j->integer = true;
    j->i = i;
    j->d = (double)i;
    j->raw = span_str(s);
    return j;
}

static struct zone_seen seen_where(const struct json *event)
{
    struct zone_seen s = {.interface = view_text(view_member(event, span_str("in_iface")))};

    json_each(e, view_member(event, span_str("vlan")))
    {
        if (s.n_vlans < ZONE_SEEN_VLANS && e->type == JSON_NUMBER && e->integer)
            s.vlans[s.n_vlans++] = (uint16_t)e->i;
    }
    return s;
}

static void make_zones(struct view *v)
{
    const struct zones *z = v->world->zones;
    struct zone_seen seen = seen_where(v->event);
    const struct json *to = view_member(v->event, span_str("dest_ip"));
    unsigned src = zones_find(z, view_text(view_member(v->event, span_str("src_ip"))), &seen);
    unsigned dest = zones_find(z, view_text(to), &seen);
    int rank = event_level_rank(view_text(json_path(v->event, "gatehouse.document.level")));
    int holds = event_level_rank(span_str(z->zone[dest].holds));
    struct json *zone = new_json(v, JSON_OBJECT);

    if (zone) {
        adopt(zone, "src", text(v, span_str(z->zone[src].name)));
        adopt(zone, "dest", text(v, span_str(z->zone[dest].name)));
        adopt(zone, "src_holds", text(v, span_str(z->zone[src].holds)));
        adopt(zone, "dest_holds", text(v, span_str(z->zone[dest].holds)));
    }
    v->derived[D_ZONE] = zone;
    v->derived[D_LEAVING] = boolean(v, src != 0 && src != dest && to);
    v->derived[D_MAY_HOLD] = boolean(v, (rank < 0 ? 0 : rank) <= holds);
}

static void make_time(struct view *v)
{
    time_t t = (time_t)(v->time_us / 1000000) + (time_t)v->world->utc_offset_min * 60;
    struct json *o = new_json(v, JSON_OBJECT);
    struct tm tm;
    int weekday;

    v->derived[D_TIME] = o;
    if (!o || !v->time_us || !gmtime_r(&t, &tm) || !strftime(v->date, sizeof(v->date), "%Y-%m-%d", &tm))
        return;
    weekday = tm.tm_wday ? tm.tm_wday : 7;
    adopt(o, "date", text(v, span_str(v->date)));
    adopt(o, "hour", integer(v, tm.tm_hour));
    adopt(o, "minute", integer(v, tm.tm_min));
    adopt(o, "weekday", integer(v, weekday));
    adopt(o, "working",
          boolean(v, calendar_working(v->world->calendar, v->date, weekday, tm.tm_hour * 60 + tm.tm_min)));
}

/* "Nguyễn An <An@Bo.example>" to "an@bo.example"; empty when it is no address. */
static struct span mail_address(struct view *v, struct span s)
{
    ptrdiff_t open = span_find_byte(s, '<', 0), close = open < 0 ? -1 : span_find_byte(s, '>', (size_t)open);
    uint8_t *p;

    if (close > open)
        s = span_part(s, (size_t)open + 1, (size_t)(close - open) - 1);
    s = span_trim(s);
    p = s.n ? (uint8_t *)arena_dup(v->arena, s.p, s.n) : NULL;
    if (!p)
        return (struct span){NULL, 0};
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] += 32;
    return span_of(p, s.n);
}

static void add_addresses(struct view *v, struct json *list, const struct json *from)
{
    json_each(e, from && from->type == JSON_ARRAY ? from : NULL)
    {
        struct span address = mail_address(v, view_text(e));
        bool there = !address.n;
        json_each(a, list) there = there || span_eq(a->s, address);
        if (!there)
            adopt(list, NULL, text(v, address));
    }
}

static struct json *recipients(struct view *v)
{
    struct json *list = new_json(v, JSON_ARRAY);
    struct writer w;

    if (!list)
        return NULL;
    add_addresses(v, list, json_path(v->event, "smtp.rcpt_to"));
    add_addresses(v, list, json_path(v->event, "email.to"));
    add_addresses(v, list, json_path(v->event, "email.cc"));
    if (!list->count)
        return NULL;
    writer_init(&w, 1u << 20);
    json_each(a, list)
    {
        writer_u8(&w, w.n ? ',' : '[');
        writer_put(&w, a->raw);
    }
    writer_u8(&w, ']');
    list->raw = span_of(arena_dup(v->arena, w.p, w.n), w.n);
    writer_done(&w);
    return list->raw.p ? list : NULL;
}

/* The first of these paths that is a text, not empty. */
static const struct json *first_of(const struct view *v, const char *const *paths)
{
    for (; *paths; paths++) {
        const struct json *j = json_path(v->event, *paths);
        if (view_text(j).n)
            return j;
    }
    return NULL;
}

static struct json *url(struct view *v)
{
    struct span path = view_text(json_path(v->event, "http.url")),
                host = view_text(json_path(v->event, "http.hostname"));
    struct span scheme = span_str("://");
    char *s;

    if (!path.n)
        return NULL;
    if (span_find(path, scheme, 0) > 0 || !host.n)
        return text(v, path);
    s = arena_printf(v->arena, "http://%.*s%.*s", (int)(host.n < 1024 ? host.n : 1024), (const char *)host.p,
                     (int)(path.n < 65536 ? path.n : 65536), (const char *)path.p);
    return s ? text(v, span_str(s)) : NULL;
}

static void make_transfer(struct view *v)
{
    static const char *const user[] = {"smb.ntlmssp.user", "krb5.cname", "ldap.request.bind_request.name",
                                       "rdp.cookie", NULL};
    static const char *const from[] = {"smtp.mail_from", "email.from", NULL};
    static const char *const host[] = {"http.hostname", "tls.sni",       "quic.sni",
                                       "dns.rrname",    "ndpi.hostname", NULL};
    static const char *const path[] = {"smb.filename", "nfs.filename", "ftp_data.filename", "tftp.file",
                                       NULL};
    struct span direction = view_text(view_member(v->event, span_str("direction")));
    struct json *o = new_json(v, JSON_OBJECT);
    const struct json *sender = first_of(v, from);

    v->derived[D_TRANSFER] = o;
    if (!o)
        return;
    adopt(o, "user", same(v, first_of(v, user)));
    if (sender)
        adopt(o, "from", text(v, mail_address(v, sender->s)));
    adopt(o, "to", recipients(v));
    adopt(o, "subject", same(v, json_path(v->event, "email.subject")));
    adopt(o, "url", url(v));
    adopt(o, "host", same(v, first_of(v, host)));
    adopt(o, "share", same(v, json_path(v->event, "smb.share")));
    adopt(o, "path", same(v, first_of(v, path)));
    if (direction.n)
        adopt(o, "upload", boolean(v, span_eq(direction, span_str("to_server"))));
}

const struct json *derive_fact(struct view *v, struct span name)
{
    static const struct {
        const char *name;
        void (*make)(struct view *v);
    } facts[] = {[D_ZONE] = {"zone", make_zones},
                 [D_LEAVING] = {"leaving", make_zones},
                 [D_MAY_HOLD] = {"dest_may_hold", make_zones},
                 [D_TIME] = {"time", make_time},
                 [D_TRANSFER] = {"transfer", make_transfer}};

    for (size_t i = 0; i < GH_COUNT(facts); i++) {
        if (!span_eq(span_str(facts[i].name), name))
            continue;
        if (!v->derived[i])
            facts[i].make(v);
        return v->derived[i];
    }
    return NULL;
}
