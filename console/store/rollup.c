/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/rollup.h"
#include "base/event.h"
#include "base/text.h"

#include <stdlib.h>
#include <time.h>

#define CELLS 4096 /* sums kept in memory before they are written */
#define SLOTS 8192
#define HOUR_US INT64_C(3600000000)
#define LEDGER_PARTS 64 /* parts and reasons read of one ledger */
#define GROUPS 64
#define TIDY_AFTER_S 7200 /* a day is summed up so long after its end */

struct cell {
    int64_t at, n, bytes;
    uint8_t kind, length;
    char key[ROLLUP_KEY];
};
struct rollup {
    int64_t appliance;
    size_t n;
    struct cell cell[CELLS];
    uint16_t slot[SLOTS]; /* number of a cell + 1 */
};

struct rollup *rollup_new(int64_t appliance)
{
    struct rollup *r = calloc(1, sizeof(*r));

    if (r)
        r->appliance = appliance;
    return r;
}

void rollup_free(struct rollup *r)
{
    free(r);
}

int64_t rollup_day(int64_t at)
{
    time_t t = (time_t)at;
    struct tm tm;

    if (!localtime_r(&t, &tm))
        return at - at % 86400;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm);
}

int64_t rollup_next_day(int64_t at)
{
    return rollup_day(rollup_day(at) + 129600); /* noon of the next day, whatever clocks were changed */
}

int64_t rollup_since(struct db *d)
{
    return db_number(d, 0, "SELECT n FROM counter WHERE name = ?", "s", "rollup_since");
}

/* FNV-1a; the table is the intake's own and bounded: who makes keys collide only slows down his own batch. */
static uint32_t hash_of(int kind, int64_t at, struct span key)
{
    uint32_t h = 2166136261u ^ (uint32_t)kind ^ (uint32_t)(at / 3600) * 16777619u;

    for (size_t i = 0; i < key.n; i++)
        h = (h ^ key.p[i]) * 16777619u;
    return h;
}

/* Adds to a sum; the table is never full, as rollup_event writes it out in time. */
static void add(struct rollup *r, int kind, int64_t at, struct span key, int64_t n, int64_t bytes)
{
    uint32_t i;

    if (key.n > ROLLUP_KEY)
        key = span_part(key, 0, text_utf8_prefix(span_part(key, 0, ROLLUP_KEY)));
    for (i = hash_of(kind, at, key) % SLOTS; r->slot[i]; i = (i + 1) % SLOTS) {
        struct cell *c = &r->cell[r->slot[i] - 1];
        if (c->kind == kind && c->at == at && span_eq(span_of(c->key, c->length), key)) {
            c->n += n;
            c->bytes += bytes;
            return;
        }
    }
    if (r->n == CELLS)
        return;
    r->slot[i] = (uint16_t)(r->n + 1);
    r->cell[r->n] =
        (struct cell){.at = at, .n = n, .bytes = bytes, .kind = (uint8_t)kind, .length = (uint8_t)key.n};
    if (key.n)
        memcpy(r->cell[r->n].key, key.p, key.n);
    r->n++;
}

static struct span text_of(const struct json *j)
{
    return j && j->type == JSON_STRING ? j->s : (struct span){NULL, 0};
}

static int64_t count_of(const struct json *j)
{
    int64_t n = json_i64(j, 0);
    return n < 0 || n > INT64_C(1) << 50 ? 0 : n;
}

/* Parts of a name, with the separator between. */
static struct span joined(char buf[static ROLLUP_KEY], struct span a, struct span b, struct span c)
{
    struct writer w;
    struct span part[3] = {a, b, c};

    writer_fixed(&w, buf, ROLLUP_KEY);
    for (size_t i = 0; i < 3; i++) {
        if (!part[i].p)
            continue;
        if (i)
            writer_u8(&w, ROLLUP_SEP);
        writer_put(&w, span_part(part[i], 0, text_utf8_prefix(span_part(part[i], 0, 30))));
    }
    return writer_span(&w);
}

static void add_flow(struct rollup *r, const struct json *event, int64_t at)
{
    const struct json *flow = json_get(event, "flow");
    int64_t bytes = count_of(json_get(flow, "bytes_toserver")) + count_of(json_get(flow, "bytes_toclient"));
    struct span app = text_of(json_get(event, "app_proto"));

    add(r, ROLLUP_PROTOCOL, at, app.n ? app : span_str("unknown"), 1, bytes);
    add(r, ROLLUP_SOURCE, at, text_of(json_get(event, "src_ip")), 1, bytes);
    add(r, ROLLUP_DESTINATION, at, text_of(json_get(event, "dest_ip")), 1, bytes);
}

/* The zones that a verdict's facts name, as the search index files them (search_text.c). */
static void zones_of(const struct json *event, struct span zone[static 2])
{
    json_each(fact, json_path(event, "gatehouse.verdict.facts"))
    {
        struct span path = text_of(json_get(fact, "path")), value = text_of(json_get(fact, "value"));
        if (value.n && span_find(path, span_str("zone"), 0) >= 0)
            zone[span_find(path, span_str("dest"), 0) >= 0] = value;
    }
}

static void add_alert(struct rollup *r, const struct facts *f, int64_t at)
{
    struct span level = span_str(level_names[f->level > 0 ? f->level : 0]), zone[2] = {{NULL, 0}, {NULL, 0}};
    char buf[ROLLUP_KEY];
    uint8_t severity = (uint8_t)('0' + f->severity);

    add(r, ROLLUP_TOTAL, at, span_str("alerts"), 1, 0);
    add(r, ROLLUP_RULE, at, f->rule, 1, 0);
    add(r, ROLLUP_ALERT_LEVEL, at, level, 1, 0);
    add(r, ROLLUP_SEVERITY, at, span_of(&severity, 1), 1, 0);
    zones_of(f->event, zone);
    if (zone[0].n || zone[1].n)
        add(r, ROLLUP_ZONE, at, joined(buf, zone[0], zone[1].n ? zone[1] : span_str(""), level), 1, 0);
}

static void add_transfer(struct rollup *r, const struct facts *f, int64_t at)
{
    struct span reason = text_of(json_path(f->event, "gatehouse.document.unread_reason"));

    add(r, ROLLUP_TOTAL, at, span_str("documents"), 1, 0);
    if (f->level > 0)
        add(r, ROLLUP_TOTAL, at, span_str("marked"), 1, 0);
    if (f->level >= 0)
        add(r, ROLLUP_LEVEL, at, span_str(level_names[f->level]), 1, 0);
    if (!f->unread)
        return;
    add(r, ROLLUP_TOTAL, at, span_str("unread"), 1, 0);
    add(r, ROLLUP_UNREAD, at, reason.n ? reason : span_str("unknown"), 1, 0);
}

/* A ledger counts from the start of its run on. What was new in it is what exceeds the largest seen of that
 * run: so late and repeated ones, in whatever order, count once. */
static int add_growth(struct db *d, struct rollup *r, int kind, uint64_t run, struct span name, int64_t now,
                      int64_t at)
{
    struct db_stmt *s;
    int64_t had = 0;
    int rc =
        db_query(d, &s, "SELECT n FROM ledger_seen WHERE appliance = ? AND run = ? AND kind = ? AND name = ?",
                 "iiit", r->appliance, (int64_t)run, (int64_t)kind, name);

    if (!rc && (rc = db_step(s)) == 1) {
        had = db_i64(s, 0);
        db_reset(s);
    }
    if (rc < 0 || now <= had)
        return rc < 0 ? rc : 0;
    add(r, kind, at, name, now - had, 0);
    return db_exec(d,
                   "INSERT INTO ledger_seen(appliance, run, kind, name, n) VALUES(?1, ?2, ?3, ?4, ?5) ON "
                   "CONFLICT(appliance, run, kind, name) DO UPDATE SET n = ?5",
                   "iiiti", r->appliance, (int64_t)run, (int64_t)kind, name, now);
}

static int add_ledger(struct db *d, struct rollup *r, const struct json *event, uint64_t run, int64_t at)
{
    char buf[ROLLUP_KEY];
    size_t parts = 0;
    int rc = 0;

    json_each(part, json_path(event, "gatehouse.ledger"))
    {
        if (rc || part->type != JSON_OBJECT || parts++ == LEDGER_PARTS)
            break;
        rc = add_growth(d, r, ROLLUP_SEEN, run,
                        joined(buf, part->key, (struct span){NULL, 0}, (struct span){NULL, 0}),
                        count_of(json_get(part, "in")), at);
        json_each(reason, json_get(part, "lost"))
        {
            if (rc || parts++ == LEDGER_PARTS)
                break;
            rc =
                add_growth(d, r, ROLLUP_LOST, run,
                           joined(buf, part->key, reason->key, (struct span){NULL, 0}), count_of(reason), at);
        }
    }
    return rc;
}

int rollup_event(struct db *d, struct rollup *r, const struct facts *f, uint64_t run, int64_t signed_us)
{
    int64_t at = signed_us / HOUR_US * 3600;
    int rc = 0;

    if (r->n + 2 * LEDGER_PARTS > CELLS)
        rc = rollup_write(d, r);
    add(r, ROLLUP_TOTAL, at, span_str("events"), 1, 0);
    if (rc || f->malformed || !f->event)
        return rc;
    if (f->type == EVENT_FLOW)
        add_flow(r, f->event, at);
    else if (f->type == EVENT_ALERT)
        add_alert(r, f, at);
    else if (f->type == EVENT_FILEINFO)
        add_transfer(r, f, at);
    else if (f->type == EVENT_STATS)
        rc = add_ledger(d, r, f->event, run, at);
    return rc;
}

/* How many names of a kind and hour there are, asked once for each. */
struct groups {
    struct {
        int64_t at, n;
        int kind;
    } v[GROUPS];
    size_t n;
};

static int64_t *group_of(struct db *d, struct groups *g, const struct rollup *r, const struct cell *c)
{
    struct db_stmt *s;
    size_t i = 0;

    while (i < g->n && (g->v[i].kind != c->kind || g->v[i].at != c->at))
        i++;
    if (i < g->n)
        return &g->v[i].n;
    i = g->n < GROUPS ? g->n++ : 0;
    g->v[i].kind = c->kind;
    g->v[i].at = c->at;
    g->v[i].n = ROLLUP_KEYS;
    if (db_query(d, &s,
                 "SELECT count(*) FROM rollup WHERE kind = ? AND width = 0 AND at = ? AND appliance = ?",
                 "iii", (int64_t)c->kind, c->at, r->appliance) == 0 &&
        db_step(s) == 1) {
        g->v[i].n = db_i64(s, 0);
        db_reset(s);
    }
    return &g->v[i].n;
}

static int put(struct db *d, const struct rollup *r, const struct cell *c, int64_t width, int64_t at,
               struct span key)
{
    return db_exec(
        d,
        "INSERT INTO rollup(kind, width, at, appliance, key, n, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON "
        "CONFLICT(kind, width, at, appliance, key) DO UPDATE SET n = n + ?6, bytes = bytes + ?7",
        "iiiitii", (int64_t)c->kind, width, at, r->appliance, key, c->n, c->bytes);
}

int rollup_write(struct db *d, struct rollup *r)
{
    int64_t folded = db_number(d, 0, "SELECT n FROM counter WHERE name = ?", "s", "rollup_days");
    struct groups groups = {.n = 0};
    int rc = 0;

    for (size_t i = 0; i < r->n && !rc; i++) {
        const struct cell *c = &r->cell[i];
        struct span key = span_of(c->key, c->length);
        int64_t *have = group_of(d, &groups, r, c);
        rc = db_exec(d,
                     "UPDATE rollup SET n = n + ?, bytes = bytes + ? WHERE kind = ? AND width = 0 AND at = ? "
                     "AND appliance = "
                     "? AND key = ?",
                     "iiiiit", c->n, c->bytes, (int64_t)c->kind, c->at, r->appliance, key);
        if (!rc && db_changes(d) == 0) {
            if (*have >= ROLLUP_KEYS)
                key = span_str("");
            rc = put(d, r, c, 0, c->at, key);
            ++*have;
        }
        if (!rc && c->at < folded) /* the day's sums are made already */
            rc = put(d, r, c, 1, rollup_day(c->at), key);
    }
    r->n = 0;
    memset(r->slot, 0, sizeof(r->slot));
    return rc;
}

static int set_counter(struct db *d, const char *name, int64_t n)
{
    return db_exec(d, "INSERT INTO counter(name, n) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET n = ?2", "si",
                   name, n);
}

static bool is_address(int kind)
{
    return kind == ROLLUP_SOURCE || kind == ROLLUP_DESTINATION;
}

/* The day's sums of one kind from its hours: the largest names, the rest under the empty one. */
static int fold_kind(struct db *d, int64_t kind, int64_t day, int64_t next)
{
    return db_exec(
        d,
        "INSERT INTO rollup(kind, width, at, appliance, key, n, bytes) "
        "SELECT ?1, 1, ?2, appliance, iif(rank <= ?4, key, ''), sum(n), sum(bytes) FROM ("
        " SELECT appliance, key, sum(n) AS n, sum(bytes) AS bytes,"
        "  row_number() OVER (PARTITION BY appliance ORDER BY sum(bytes) DESC, sum(n) DESC) AS rank"
        " FROM rollup WHERE kind = ?1 AND width = 0 AND at >= ?2 AND at < ?3 GROUP BY appliance, key) x "
        "GROUP BY 4, 5 ON CONFLICT(kind, width, at, appliance, key) DO UPDATE SET n = excluded.n, bytes = excluded.bytes",
        "iiii", kind, day, next, (int64_t)ROLLUP_DAY_KEYS);
}

int rollup_tidy(struct db *d, int64_t now_s, bool *ret_more)
{
    int64_t day = db_number(d, 0, "SELECT n FROM counter WHERE name = ?", "s", "rollup_days"), next;
    int rc = 0;

    *ret_more = false;
    if (!day) /* from the oldest hour on */
        day = db_number(d, 0, "SELECT coalesce(min(at), 0) FROM rollup WHERE width = 0 AND ? NOTNULL", "s", "");
    day = rollup_day(day ? day : now_s);
    next = rollup_next_day(day);
    if (next + TIDY_AFTER_S > now_s)
        return set_counter(d, "rollup_days", day);
    for (int kind = 0; kind < ROLLUP_KINDS && !rc; kind++) {
        rc = fold_kind(d, kind, day, next);
        if (!rc)
            rc = db_exec(d, "DELETE FROM rollup WHERE kind = ? AND width = 0 AND at < ?", "ii", (int64_t)kind,
                         now_s - (is_address(kind) ? ROLLUP_ADDRESS_HOURS_S + 86400 : ROLLUP_HOURS_S) < next
                             ? now_s - (is_address(kind) ? ROLLUP_ADDRESS_HOURS_S + 86400 : ROLLUP_HOURS_S)
                             : next);
    }
    *ret_more = !rc;
    return rc ? rc : set_counter(d, "rollup_days", next);
}

void rollup_range(int64_t now_s, int64_t *from, int64_t *to)
{
    if (*from >= now_s - ROLLUP_ADDRESS_HOURS_S) {
        *from -= *from % 3600;
        *to += (3600 - *to % 3600) % 3600;
        return;
    }
    *from = rollup_day(*from);
    if (rollup_day(*to) != *to)
        *to = rollup_next_day(*to);
}

/* Hours outside the days that are summed up, days inside; each a range of the primary key. */
#define PART(width, low, high)                                                                               \
    "SELECT at, appliance, key, n, bytes FROM rollup WHERE kind = ?1 AND width = " width " AND at >= " low   \
    " AND at < " high " "
#define RANGE                                                                                                \
    "FROM (" PART("0", "?2", "?3") "UNION ALL " PART("1", "?3", "?4") "UNION ALL " PART(                     \
        "0", "?4", "?5") ") x "                                                                              \
                         "WHERE ?6 >= 0 AND (?7 ISNULL OR appliance IN (SELECT value FROM json_each(?7))) "

static void split(struct db *d, const struct rollup_filter *f, int64_t *low, int64_t *high)
{
    int64_t folded = db_number(d, 0, "SELECT n FROM counter WHERE name = ?", "s", "rollup_days");

    *low = rollup_day(f->from) == f->from ? f->from : rollup_next_day(f->from);
    *high = rollup_day(f->to < folded ? f->to : folded);
    if (*low > *high)
        *low = *high = f->from;
}

int rollup_query(struct db *d, const struct rollup_filter *f, enum rollup_kind kind, bool by_bytes,
                 int64_t limit, struct db_stmt **ret)
{
    int64_t low, high;

    split(d, f, &low, &high);
    return db_query(d, ret,
                    by_bytes ? "SELECT key, sum(n) AS n, sum(bytes) AS b " RANGE
                               "GROUP BY key ORDER BY b DESC, n DESC, key LIMIT ?6"
                             : "SELECT key, sum(n) AS n, sum(bytes) AS b " RANGE
                               "GROUP BY key ORDER BY n DESC, key LIMIT ?6",
                    "iiiiiis", (int64_t)kind, f->from, low, high, f->to, limit, f->appliances);
}

int rollup_series(struct db *d, const struct rollup_filter *f, enum rollup_kind kind, bool days,
                  struct db_stmt **ret)
{
    int64_t low, high;

    split(d, f, &low, &high);
    if (!days) /* hours of what is not an address are kept for a month */
        low = high = f->from;
    return db_query(d, ret, "SELECT at, key, sum(n) " RANGE "GROUP BY at, key ORDER BY at", "iiiiiis",
                    (int64_t)kind, f->from, low, high, f->to, (int64_t)0, f->appliances);
}
