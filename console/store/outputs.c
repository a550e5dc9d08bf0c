/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/outputs.h"
#include "console/events/find.h"
#include "base/clock.h"

#include <stdio.h>

#define COLUMNS                                                                                              \
    "SELECT id, revision, kind, format, auth, source, enabled, name, target, query, ca, cursor, before, "    \
    "tries, next FROM output "

const char *const output_kind_names[OUTPUT_KIND_COUNT] = {"webhook", "syslog", "file"};
const char *const output_auth_names[OUTPUT_AUTH_COUNT] = {"none", "hmac-sha256", "ed25519"};

static int within(int64_t n, int count)
{
    return n >= 0 && n < count ? (int)n : 0;
}

static void read_row(struct db_stmt *s, struct output *o)
{
    memset(o, 0, sizeof(*o));
    o->id = db_i64(s, 0);
    o->revision = db_i64(s, 1);
    o->kind = (enum output_kind)within(db_i64(s, 2), OUTPUT_KIND_COUNT);
    o->format = (enum output_format)within(db_i64(s, 3), FORMAT_COUNT);
    o->auth = (enum output_auth)within(db_i64(s, 4), OUTPUT_AUTH_COUNT);
    o->source = db_i64(s, 5) ? QUERY_EVENTS : QUERY_ALERTS;
    o->enabled = db_i64(s, 6) != 0;
    snprintf(o->name, sizeof(o->name), "%s", db_cstr(s, 7));
    snprintf(o->target, sizeof(o->target), "%s", db_cstr(s, 8));
    snprintf(o->query, sizeof(o->query), "%s", db_cstr(s, 9));
    snprintf(o->ca, sizeof(o->ca), "%s", db_cstr(s, 10));
    o->cursor = db_i64(s, 11);
    o->before = db_i64(s, 12);
    o->tries = db_i64(s, 13);
    o->next_us = db_i64(s, 14);
}

int output_all(struct db *d, struct output *list, size_t *ret_n)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, COLUMNS "ORDER BY name", "");

    *ret_n = 0;
    while (!rc && (rc = db_step(s)) == 1) {
        if (*ret_n < OUTPUTS_MAX)
            read_row(s, &list[(*ret_n)++]);
        rc = 0;
    }
    return rc;
}

int output_find(struct db *d, int64_t id, struct output *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, COLUMNS "WHERE id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    read_row(s, ret);
    db_reset(s);
    return 0;
}

int output_add(struct db *d, struct output *o, const char *user)
{
    int rc;

    if (db_number(d, 0, "SELECT count(*) FROM output", "") >= OUTPUTS_MAX)
        return ST_FULL;
    o->cursor = o->before = events_newest(d);
    rc = db_exec(d,
                 "INSERT INTO output(revision, kind, format, auth, source, enabled, name, target, query, ca, "
                 "cursor, before, created, "
                 "created_by) VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?10, ?10, ?11, ?12)",
                 "iiiiissssiis", (int64_t)o->kind, (int64_t)o->format, (int64_t)o->auth,
                 (int64_t)(o->source == QUERY_EVENTS), (int64_t)o->enabled, o->name, o->target, o->query,
                 o->ca, o->cursor, (int64_t)clock_wall_us(), user);
    if (!rc)
        o->id = db_last_id(d);
    return rc;
}

int output_change(struct db *d, const struct output *o)
{
    return db_exec(d,
                   "UPDATE output SET revision = revision + 1, format = ?, auth = ?, source = ?, enabled = "
                   "?, name = ?, target = ?, query = "
                   "?, ca = ?, tries = 0, next = 0 WHERE id = ?",
                   "iiiissssi", (int64_t)o->format, (int64_t)o->auth, (int64_t)(o->source == QUERY_EVENTS),
                   (int64_t)o->enabled, o->name, o->target, o->query, o->ca, o->id);
}

int output_remove(struct db *d, int64_t id)
{
    static const char *const statements[] = {
        "DELETE FROM output_secret WHERE output = ?", "DELETE FROM output_dead WHERE output = ?",
        "DELETE FROM output_lost WHERE output = ?", "DELETE FROM output WHERE id = ?"};
    int rc = 0;

    for (size_t i = 0; i < GH_COUNT(statements) && !rc; i++)
        rc = db_exec(d, statements[i], "i", id);
    return rc;
}

int output_secret_put(struct db *d, int64_t id, const struct seal_public *console, struct span secret,
                      struct span public_part)
{
    struct writer w;
    int rc;

    writer_init(&w, 1024);
    rc = seal_box(console, secret, &w);
    if (!rc)
        rc = db_exec(d,
                     "INSERT INTO output_secret(output, sealed, public) VALUES(?1, ?2, ?3) ON "
                     "CONFLICT(output) DO UPDATE SET sealed = ?2, "
                     "public = ?3",
                     "ibb", id, writer_span(&w), public_part);
    writer_done(&w);
    return rc;
}

int output_secret_get(struct db *d, int64_t id, const struct seal_keys *console, struct writer *out)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT sealed FROM output_secret WHERE output = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    rc = seal_box_open(console, db_blob(s, 0), out);
    db_reset(s);
    return rc;
}

/* A change of the output's settings since the batch was made does not undo what was sent, but its cursor may
 * have been moved. */
#define SAME " WHERE id = ? AND cursor = ?"

int output_sent(struct db *d, const struct output *o, int64_t upto, int64_t n, int64_t now_us)
{
    return db_exec(d,
                   "UPDATE output SET before = cursor, cursor = ?, sent = sent + ?, tries = 0, next = 0, "
                   "last_sent = iif(?2 > 0, ?3, last_sent)" SAME,
                   "iiiii", upto, n, now_us, o->id, o->cursor);
}

int output_failed(struct db *d, const struct output *o, int64_t next_us, const char *reason, int64_t now_us)
{
    return db_exec(d,
                   "UPDATE output SET tries = tries + 1, next = ?, failed = failed + 1, last_error = ?, "
                   "last_error_time = ? WHERE id = ?",
                   "isii", next_us, reason, now_us, o->id);
}

int output_stale(struct db *d, const struct output *o, const char *reason, int64_t now_us)
{
    return db_exec(
        d, "UPDATE output SET cursor = before, again = again + 1, last_error = ?, last_error_time = ?" SAME,
        "siii", reason, now_us, o->id, o->cursor);
}

int output_refused(struct db *d, const struct output *o, int64_t event, const char *reason, int64_t now_us)
{
    int rc = db_exec(d,
                     "UPDATE output SET before = cursor, cursor = ?1, dead = dead + 1, tries = 0, next = 0, "
                     "last_error = ?2, "
                     "last_error_time = ?3 WHERE id = ?4 AND cursor = ?5",
                     "isiii", event, reason, now_us, o->id, o->cursor);

    if (!rc && db_changes(d))
        rc = db_exec(d, "INSERT INTO output_dead(output, event, time, reason) VALUES(?, ?, ?, ?)", "iiis",
                     o->id, event, now_us, reason);
    if (!rc)
        rc = db_exec(d,
                     "DELETE FROM output_dead WHERE output = ?1 AND id <= (SELECT id FROM output_dead WHERE "
                     "output = ?1 ORDER BY id DESC "
                     "LIMIT 1 OFFSET ?2)",
                     "ii", o->id, (int64_t)OUTPUT_DEAD_MAX);
    return rc;
}

int output_lost(struct db *d, const struct output *o, int64_t upto, int64_t n, const char *reason)
{
    int rc = db_exec(d, "UPDATE output SET before = ?1, cursor = ?1 WHERE id = ?2 AND cursor = ?3", "iii",
                     upto, o->id, o->cursor);

    if (!rc && n && db_changes(d))
        rc = db_exec(d,
                     "INSERT INTO output_lost(output, reason, n) VALUES(?1, ?2, ?3) ON CONFLICT(output, "
                     "reason) DO UPDATE SET n = n + ?3",
                     "isi", o->id, reason, n);
    return rc;
}

int output_dead_clear(struct db *d, int64_t id)
{
    return db_exec(d, "DELETE FROM output_dead WHERE output = ?", "i", id);
}
