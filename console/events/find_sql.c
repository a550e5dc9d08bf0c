/* SPDX-License-Identifier: GPL-3.0-or-later
 * In ClickHouse's text values are numbers, hashes in hex and words of letters and digits; any other text goes
 * through click_text. */
#include "console/events/find_sql.h"

#include <stdio.h>

void event_ask_init(struct event_ask *q, const struct sight *who)
{
    *q = (struct event_ask){.sight = *who,
                            .low = 0,
                            .high = INT64_MAX,
                            .from = INT64_MIN,
                            .to = INT64_MAX,
                            .types = -1,
                            .levels = -1,
                            .ms = 10000};
}

void far_row(struct reader *in, struct event_row *r)
{
    uint8_t flags;

    *r = (struct event_row){.far = true};
    r->id = (int64_t)reader_le64(in);
    r->appliance = (int64_t)reader_le64(in);
    r->run = (int64_t)reader_le64(in);
    r->n = (int64_t)reader_le64(in);
    r->k = (int64_t)reader_le64(in);
    r->type = reader_u8(in);
    r->time = (int64_t)reader_le64(in);
    r->flow = (int64_t)reader_le64(in);
    reader_copy(in, r->sha256, sizeof(r->sha256));
    r->level = (int8_t)reader_u8(in);
    flags = reader_u8(in);
    r->has_flow = flags & FAR_FLOW;
    r->has_sha256 = flags & FAR_SHA256;
    r->length = (size_t)reader_le64(in);
}

/* One column of numbers as "(1,2,3)". */
static int list(struct db *d, struct db_stmt *s, int rc, struct writer *w)
{
    bool any = false;

    (void)d;
    writer_u8(w, '(');
    while (!rc && (rc = db_step(s)) == 1) {
        writer_printf(w, "%s%lld", any ? "," : "", (long long)db_i64(s, 0));
        any = true;
        rc = 0;
    }
    writer_str(w, any ? ")" : "0)");
    return rc;
}

int scope_list(struct db *d, const struct sight *who, struct writer *w)
{
    char sql[SIGHT_SQL + 64], scope[SIGHT_SQL];
    struct db_stmt *s;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT p.id FROM appliance p WHERE %s", sight_scope_sql(who, "p.id", scope));
    rc = db_query(d, &s, sql, "");
    return list(d, s, rc, w);
}

/* The compiled question, its appliances by name as lists of numbers. */
static int put_question(struct db *d, const struct query_sql *q, enum scan_form form, struct writer *w)
{
    struct span rest = span_str(q->scan[form]);
    ptrdiff_t at;
    int rc = 0;

    writer_str(w, " AND (");
    while (!rc && (at = span_find_byte(rest, '{', 0)) >= 0) {
        ptrdiff_t end = span_find_byte(rest, '}', (size_t)at);
        struct db_stmt *s;
        uint64_t i = QUERY_SLOTS;
        if (end < 0 ||
            !span_number(span_part(rest, (size_t)at + 1, (size_t)(end - at) - 1), QUERY_SLOTS - 1, &i))
            return ST_MALFORMED;
        writer_put(w, span_part(rest, 0, (size_t)at));
        rest = span_part(rest, (size_t)end + 1, rest.n);
        rc = db_query(d, &s,
                      "SELECT id FROM appliance WHERE name = ?1 COLLATE NOCASE OR lower(hex(identity)) = ?1 OR (kind = 1 AND "
                      "('region=' || name = ?1 COLLATE NOCASE OR 'region=' || lower(hex(identity)) = ?1 OR 'region=' = ?1))",
                      "s", q->box[i]);
        rc = list(d, s, rc, w);
    }
    writer_put(w, rest);
    writer_u8(w, ')');
    return rc;
}

struct arguments {
    struct db_value *values;
    size_t *n;
};

static unsigned argument(struct arguments *a, struct db_value v)
{
    gh_check(*a->n < FIND_VALUES);
    a->values[(*a->n)++] = v;
    return (unsigned)*a->n;
}

static unsigned number(struct arguments *a, int64_t i)
{
    return argument(a, (struct db_value){.letter = 'i', .i = i});
}

/* The columns that an index is on; '+' keeps SQLite from choosing the worse one. */
static void near_narrow(const struct event_ask *q, struct arguments *a, struct writer *w)
{
    if (q->by_sha256)
        writer_printf(
            w, " AND e.sha256 = ?%u",
            argument(a, (struct db_value){.letter = 'b', .v = span_of(q->sha256, sizeof(q->sha256))}));
    if (q->by_flow)
        writer_printf(w, " AND %se.flow = ?%u", q->by_sha256 ? "+" : "", number(a, q->flow));
    if (q->community) /* flow events carry it in an index; the others of that flow are found by flow_id */
        writer_printf(w, " AND e.community = ?%u AND e.type = 0",
                      argument(a, (struct db_value){.letter = 't', .v = span_str(q->community)}));
    if (q->by_record) {
        unsigned run = number(a, q->run), n = number(a, q->n);
        writer_printf(w, " AND e.run = ?%u AND e.n = ?%u", run, n);
    }
}

int near_where(struct db *d, const struct event_ask *q, int64_t above, struct writer *w,
               struct db_value *values, size_t *n)
{
    char scope[SIGHT_SQL], clear[SIGHT_SQL];
    struct arguments a = {values, n};
    bool by_time = q->order == EVENT_BY_TIME;
    unsigned x, y;

    x = number(&a, q->high);
    writer_str(w, q->q ? " FROM event_words f CROSS JOIN event e ON e.id = f.id WHERE e.id < "
                       : " FROM event e WHERE e.id < ");
    writer_printf(w, "?%u", x);
    if (q->low > above + 1 || above > 0)
        writer_printf(w, " AND e.id >= ?%u", number(&a, q->low > above ? q->low : above + 1));
    near_narrow(q, &a, w);
    if (q->types != -1)
        writer_printf(w, " AND (?%u >> e.type & 1) <> 0", number(&a, q->types));
    if (q->levels != -1)
        writer_printf(w, " AND (?%u >> coalesce(e.level, 63) & 1) <> 0", number(&a, q->levels));
    if (q->appliance)
        writer_printf(w, " AND e.appliance = ?%u", number(&a, q->appliance));
    if (by_time) {
        x = number(&a, q->after_time);
        y = number(&a, q->after_id);
        writer_printf(w, " AND e.time >= ?%u AND (e.time, e.id) > (?%u, ?%u)", x, x, y);
    }
    if (q->from != INT64_MIN)
        writer_printf(w, " AND %se.time >= ?%u", by_time ? "" : "+", number(&a, q->from));
    if (q->to != INT64_MAX)
        writer_printf(w, " AND %se.time < ?%u", by_time ? "" : "+", number(&a, q->to));
    writer_printf(w, " AND %s", sight_scope_sql(&q->sight, "e.appliance", scope));
    if (q->content)
        writer_printf(w, " AND %s", sight_clear_sql(&q->sight, "e", clear));
    return q->q ? put_question(d, q->q, SCAN_LIKE, w) : 0;
}

int far_where(struct db *d, const struct event_ask *q, int64_t low, int64_t high, struct writer *w)
{
    int rc = 0;

    writer_printf(w, " FROM event WHERE id >= %lld AND id < %lld", (long long)low, (long long)high);
    if (q->by_sha256) {
        writer_printf(w, " AND bitAnd(flags, %d) != 0 AND sha256 = ", FAR_SHA256);
        click_bytes(w, span_of(q->sha256, sizeof(q->sha256)));
    }
    if (q->by_flow)
        writer_printf(w, " AND flow = %lld AND bitAnd(flags, %d) != 0", (long long)q->flow, FAR_FLOW);
    if (q->community) {
        writer_str(w, " AND type = 0 AND community = ");
        click_text(w, span_str(q->community));
    }
    if (q->by_record)
        writer_printf(w, " AND run = %lld AND n = %lld", (long long)q->run, (long long)q->n);
    if (q->types != -1)
        writer_printf(w, " AND bitAnd(bitShiftRight(toInt64(%lld), type), 1) != 0", (long long)q->types);
    if (q->levels != -1)
        writer_printf(w, " AND level >= 0 AND bitAnd(bitShiftRight(toInt64(%d), level), 1) != 0", q->levels);
    if (q->appliance)
        writer_printf(w, " AND appliance = %lld", (long long)q->appliance);
    if (q->order == EVENT_BY_TIME)
        writer_printf(w, " AND (time > %lld OR (time = %lld AND id > %lld))", (long long)q->after_time,
                      (long long)q->after_time, (long long)q->after_id);
    if (q->from != INT64_MIN)
        writer_printf(w, " AND time >= %lld", (long long)q->from);
    if (q->to != INT64_MAX)
        writer_printf(w, " AND time < %lld", (long long)q->to);
    if (!sight_all_units(&q->sight)) {
        writer_str(w, " AND appliance IN ");
        rc = scope_list(d, &q->sight, w);
    }
    return rc || !q->q ? rc : put_question(d, q->q, SCAN_CLICK, w);
}

void find_order(const struct event_ask *q, const char *prefix, size_t limit, struct writer *w)
{
    if (q->order == EVENT_BY_TIME)
        writer_printf(w, " ORDER BY %stime, %sid", prefix, prefix);
    else
        writer_printf(w, " ORDER BY %sid%s", prefix, q->order == EVENT_NEWEST ? " DESC" : "");
    writer_printf(w, " LIMIT %zu", limit);
}
