/* SPDX-License-Identifier: GPL-3.0-or-later
 * Outputs as people and Prometheus see them. */
#include "console/store/outputs.h"
#include "console/events/find.h"

#include <stdio.h>

#define SELECT_OUTPUT                                                                                        \
    "SELECT o.id, o.name, o.kind, o.format, o.source, o.query, o.target, o.auth, o.ca <> '', o.enabled, "    \
    "o.created, o.created_by, "                                                                              \
    "o.sent, o.failed, o.dead, o.again, o.tries, o.next, o.last_sent, o.last_error, o.last_error_time, "     \
    "max(" EVENTS_NEWEST_SQL " - o.cursor, 0), s.public FROM output o LEFT JOIN "         \
    "output_secret s ON s.output = o.id "

static const char *const formats_of_source[] = {"alerts", "events"};

static const char *named(const char *const *names, int64_t n, int count)
{
    return names[n >= 0 && n < count ? n : 0];
}

static int put_lost(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT reason, n FROM output_lost WHERE output = ? ORDER BY reason", "i", id);

    jw_kobj(j, "lost");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_ki64(j, db_cstr(s, 0), db_i64(s, 1)); /* reasons are words of ours */
        rc = 0;
    }
    jw_end_obj(j);
    return rc;
}

static void put_row(struct db_stmt *s, struct jw *j)
{
    jw_ki64(j, "id", db_i64(s, 0));
    jw_kstr(j, "name", db_text(s, 1));
    jw_kcstr(j, "kind", named(output_kind_names, db_i64(s, 2), OUTPUT_KIND_COUNT));
    jw_kcstr(j, "format", named(output_format_names, db_i64(s, 3), FORMAT_COUNT));
    jw_kcstr(j, "source", named(formats_of_source, db_i64(s, 4), 2));
    jw_kstr(j, "query", db_text(s, 5));
    jw_kstr(j, "target", db_text(s, 6));
    jw_kcstr(j, "auth", named(output_auth_names, db_i64(s, 7), OUTPUT_AUTH_COUNT));
    jw_key(j, "public_key");
    if (db_i64(s, 7) == OUTPUT_ED25519 && db_blob(s, 22).n)
        jw_hex(j, db_blob(s, 22).p, db_blob(s, 22).n);
    else
        jw_null(j);
    jw_kbool(j, "own_authority", db_i64(s, 8) != 0);
    jw_kbool(j, "enabled", db_i64(s, 9) != 0);
    jw_ktime(j, "created", db_i64(s, 10));
    jw_kstr(j, "created_by", db_text(s, 11));
    jw_ki64(j, "sent", db_i64(s, 12));
    jw_ki64(j, "failed", db_i64(s, 13));
    jw_ki64(j, "refused", db_i64(s, 14));
    jw_ki64(j, "sent_again", db_i64(s, 15));
    jw_ki64(j, "failures_in_a_row", db_i64(s, 16));
    jw_ktime(j, "next_try", db_i64(s, 17));
    jw_ktime(j, "last_sent", db_i64(s, 18));
    jw_ktext(j, "last_error", db_text(s, 19));
    jw_ktime(j, "last_error_time", db_i64(s, 20));
    jw_ki64(j, "behind", db_i64(s, 21));
}

int output_put(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, SELECT_OUTPUT "WHERE o.id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    jw_obj(j);
    put_row(s, j);
    db_reset(s);
    rc = put_lost(d, id, j);
    jw_end_obj(j);
    return rc;
}

int output_list(struct db *d, struct jw *j)
{
    int64_t id[OUTPUTS_MAX];
    struct db_stmt *s;
    size_t n = 0;
    int rc = db_query(d, &s, "SELECT id FROM output ORDER BY name", "");

    while (!rc && (rc = db_step(s)) == 1) {
        if (n < GH_COUNT(id))
            id[n++] = db_i64(s, 0);
        rc = 0;
    }
    jw_karr(j, "items");
    for (size_t i = 0; i < n && !rc; i++)
        rc = output_put(d, id[i], j);
    jw_end_arr(j);
    return rc;
}

int output_dead_list(struct db *d, int64_t id, int64_t before, int64_t limit, struct jw *j)
{
    struct db_stmt *s;
    int64_t n = 0, last = 0;
    int rc = db_query(d, &s,
                      "SELECT id, event, time, reason FROM output_dead WHERE output = ? AND id < ? ORDER BY "
                      "id DESC LIMIT ?",
                      "iii", id, before, limit);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        last = db_i64(s, 0);
        jw_obj(j);
        jw_ki64(j, "id", last);
        jw_ki64(j, "event", db_i64(s, 1));
        jw_ktime(j, "time", db_i64(s, 2));
        jw_kstr(j, "reason", db_text(s, 3));
        jw_end_obj(j);
        n++;
        rc = 0;
    }
    jw_end_arr(j);
    jw_key(j, "next");
    if (n == limit && last > 1)
        jw_i64(j, last);
    else
        jw_null(j);
    return rc;
}

static void put_label(struct writer *w, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' || s.p[i] == '"')
            writer_u8(w, '\\');
        writer_u8(w, s.p[i] < 0x20 ? ' ' : s.p[i]);
    }
}

int output_metrics(struct db *d, struct writer *w)
{
    static const struct {
        const char *name, *type, *help;
        int column;
    } rows[] = {
        {"gatehouse_output_sent_total", "counter", "Events that an output has sent.", 12},
        {"gatehouse_output_failures_total", "counter", "Batches that could not be sent and are tried again.",
         13},
        {"gatehouse_output_refused_total", "counter", "Events that the receiver refused for good.", 14},
        {"gatehouse_output_behind", "gauge", "Events that the output has not looked at yet.", 21},
        {"gatehouse_output_last_sent_seconds", "gauge",
         "When the output last sent something, seconds since 1970.", 18},
    };
    struct db_stmt *s;
    int rc = 0;

    for (size_t i = 0; i < GH_COUNT(rows) && !rc; i++) {
        writer_printf(w, "# HELP %s %s\n# TYPE %s %s\n", rows[i].name, rows[i].help, rows[i].name,
                      rows[i].type);
        rc = db_query(d, &s, SELECT_OUTPUT "ORDER BY o.name", "");
        while (!rc && (rc = db_step(s)) == 1) {
            writer_printf(w, "%s{output=\"", rows[i].name);
            put_label(w, db_text(s, 1));
            writer_printf(w, "\"} %lld\n",
                          (long long)(db_i64(s, rows[i].column) / (rows[i].column == 18 ? 1000000 : 1)));
            rc = 0;
        }
    }
    writer_str(w, "# HELP gatehouse_output_lost_total Events that an output skipped.\n# TYPE "
                  "gatehouse_output_lost_total counter\n");
    if (!rc)
        rc = db_query(
            d, &s,
            "SELECT o.name, l.reason, l.n FROM output_lost l JOIN output o ON o.id = l.output ORDER BY 1, 2",
            "");
    while (!rc && (rc = db_step(s)) == 1) {
        writer_str(w, "gatehouse_output_lost_total{output=\"");
        put_label(w, db_text(s, 0));
        writer_printf(w, "\",reason=\"%s\"} %lld\n", db_cstr(s, 1), (long long)db_i64(s, 2));
        rc = 0;
    }
    return rc;
}
