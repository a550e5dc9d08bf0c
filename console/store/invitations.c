/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/invitations.h"
#include "base/clock.h"
#include "console/enrol.h"

#include <stdio.h>

#define COLUMNS "SELECT id, unit, state, until, name, url, identity, request FROM invitation "
#define OPEN_STATES "state IN (0, 1)"

int invitation_add(struct db *d, const struct invitation_row *i, const uint8_t hash[static SEAL_HASH], const char *by, int64_t until,
                   int64_t *ret_id)
{
    int64_t now = (int64_t)clock_wall_us();
    int rc;

    if (db_number(d, 0, "SELECT count(*) FROM invitation WHERE " OPEN_STATES " AND until > ?", "i", now) >= INVITATIONS_OPEN)
        return ST_LIMIT;
    rc = db_exec(d, "INSERT INTO invitation(hash, unit, name, url, made, made_by, until) VALUES(?, ?, ?, ?, ?, ?, ?)", "bissisi",
                     span_of(hash, SEAL_HASH), i->unit, i->name, i->url, now, by, until);
    if (!rc)
        *ret_id = db_last_id(d);
    return rc;
}

static int take(struct db_stmt *s, struct invitation_row *ret)
{
    int rc = db_step(s);

    if (rc != 1)
        return rc ? rc : ST_NOT_FOUND;
    ret->id = db_i64(s, 0);
    ret->unit = db_i64(s, 1);
    ret->state = (enum invitation_state)db_i64(s, 2);
    ret->over = db_i64(s, 3) <= (int64_t)clock_wall_us();
    snprintf(ret->name, sizeof(ret->name), "%s", db_cstr(s, 4));
    snprintf(ret->url, sizeof(ret->url), "%s", db_cstr(s, 5));
    if (db_blob(s, 6).n == SEAL_ID)
        memcpy(ret->identity, db_blob(s, 6).p, SEAL_ID);
    writer_clear(&ret->request);
    writer_put(&ret->request, db_text(s, 7));
    db_reset(s);
    return writer_ok(&ret->request) ? 0 : ST_LIMIT;
}

int invitation_by_hash(struct db *d, const uint8_t hash[static SEAL_HASH], struct invitation_row *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, COLUMNS "WHERE hash = ?", "b", span_of(hash, SEAL_HASH));

    return rc ? rc : take(s, ret);
}

int invitation_by_id(struct db *d, int64_t id, struct invitation_row *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, COLUMNS "WHERE id = ?", "i", id);

    return rc ? rc : take(s, ret);
}

int invitation_join(struct db *d, int64_t id, const uint8_t identity[static SEAL_ID], struct span request, const char *address)
{
    int64_t now = (int64_t)clock_wall_us();
    int rc = db_exec(d,
                     "UPDATE invitation SET state = 1, identity = ?, request = ?, joined = ?, address = ? WHERE id = ? AND state = 0 AND "
                     "until > ?",
                     "btisii", span_of(identity, SEAL_ID), request, now, address, id, now);

    return rc ? rc : db_changes(d) ? 0 : ST_EXISTS;
}

int invitation_end(struct db *d, int64_t id, enum invitation_state state, const char *by)
{
    int64_t now = (int64_t)clock_wall_us();
    int rc = state == INVITATION_APPROVED
                 ? db_exec(d, "UPDATE invitation SET state = 2, ended = ?, ended_by = ? WHERE id = ? AND state = 1 AND until > ?", "isii", now,
                           by, id, now)
                 : db_exec(d, "UPDATE invitation SET state = 3, ended = ?, ended_by = ? WHERE id = ? AND " OPEN_STATES, "isi", now, by, id);

    return rc ? rc : db_changes(d) ? 0 : ST_EXISTS;
}

int invitation_withdraw_all(struct db *d, const char *by)
{
    return db_exec(d, "UPDATE invitation SET state = 3, ended = ?, ended_by = ? WHERE " OPEN_STATES, "is", (int64_t)clock_wall_us(), by);
}

/* Who asks, and the words that its screen shows. */
static void put_request(struct span text, const struct seal_public *console, struct jw *j)
{
    struct enrol_request q;
    char phrase[128];
    const char *why;

    if (!text.n || enrol_read(text, &q, &why) != 0)
        return;
    seal_phrase(&q.keys, console, phrase, sizeof(phrase));
    jw_kcstr(j, "asks_as", q.name);
    jw_kcstr(j, "phrase", phrase);
}

int invitation_list(struct db *d, const struct seal_public *console, struct jw *j)
{
    static const char *const states[] = {"open", "waiting", "approved", "withdrawn"};
    int64_t now = (int64_t)clock_wall_us();
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT i.id, i.state, i.until, i.name, u.name, i.made, i.made_by, i.joined, i.address, i.identity, i.request, i.ended, "
                      "i.ended_by FROM invitation i LEFT JOIN unit u ON u.id = i.unit ORDER BY i.id DESC LIMIT 200",
                      "");

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        int64_t state = db_i64(s, 1);
        bool over = state <= INVITATION_JOINED && db_i64(s, 2) <= now;
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kcstr(j, "state", over ? "expired" : state >= 0 && state < INVITATION_STATES ? states[state] : "");
        jw_ktime(j, "until", db_i64(s, 2));
        jw_ktext(j, "name", db_text(s, 3));
        jw_ktext(j, "unit", db_text(s, 4));
        jw_ktime(j, "made", db_i64(s, 5));
        jw_kstr(j, "made_by", db_text(s, 6));
        jw_ktime(j, "asked", db_i64(s, 7));
        jw_ktext(j, "address", db_text(s, 8));
        if (db_blob(s, 9).n)
            jw_khex(j, "appliance", db_blob(s, 9).p, db_blob(s, 9).n);
        put_request(db_text(s, 10), console, j);
        jw_ktime(j, "ended", db_i64(s, 11));
        jw_ktext(j, "ended_by", db_text(s, 12));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}
