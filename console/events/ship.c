/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/events/ship.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/seal.h"
#include "console/events/retain.h"
#include "console/events/ship_rows.h"

#include <stdio.h>
#include <stdlib.h>

#define LEASE_S 15 /* a node that is gone holds up the others so long; what it had begun is settled anyway */
#define ASK_MS 30000
#define INSERT_MS 60000
#define DOUBT_ROWS 500000
#define CLEAN_ROWS 5000

struct ship {
    struct store *store;
    struct db *db;
    struct click *click;
    struct ship_batch batch;
    int64_t owner;
    bool in_doubt, has_table;
    int64_t *there; /* numbers beyond events_shipped that ClickHouse has all the same */
    size_t n_there;
    int64_t settled; /* shipped so long ago as settled_ms */
    uint64_t settled_ms;
    char why[CLICK_MESSAGE];
};

struct ship *ship_new(struct store *store, struct db *db)
{
    struct ship *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->store = store;
    s->db = db;
    s->click = far_of(db)->click;
    s->in_doubt = true;
    s->settled_ms = clock_mono_ms();
    s->settled = far_shipped(db);
    seal_random(&s->owner, sizeof(s->owner));
    s->owner &= INT64_MAX;
    if (ship_batch_init(&s->batch, SHIP_ROWS) != 0) {
        ship_free(s);
        return NULL;
    }
    return s;
}

void ship_free(struct ship *s)
{
    if (!s)
        return;
    ship_batch_done(&s->batch);
    free(s->there);
    free(s);
}

const char *ship_why(const struct ship *s)
{
    return s->why;
}

/* rc, and the sentence that belongs to it. */
static int failed(struct ship *s, int rc)
{
    const char *said = click_message(s->click);

    snprintf(s->why, sizeof(s->why), "%s", *said ? said : status_text(rc));
    return rc;
}

static int set(struct db *d, const char *name, int64_t n)
{
    return db_exec(d, "INSERT INTO counter(name, n) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET n = ?2",
                   "si", name, n);
}

/* What is beyond "events_shipped" there may be deleted: so it must be this console's, and nobody else's. */
static int own(struct ship *s)
{
    static const char table[] = "CREATE TABLE IF NOT EXISTS owner(id Int64) ENGINE = MergeTree ORDER BY id";
    int64_t mine = counter_get(s->db, "events_owner"), theirs, events = 0;
    struct writer row;
    struct db *d;
    int rc = click_run(s->click, span_str(table), ASK_MS), rc2 = 0;

    theirs = rc ? 0 : click_number(s->click, 0, ASK_MS, &rc, "SELECT toInt64(max(id)) FROM owner");
    if (!rc)
        events = click_number(s->click, 0, ASK_MS, &rc2, "SELECT toInt64(count()) FROM event");
    if (rc || rc2)
        return failed(s, rc ? rc : rc2);
    if (mine && theirs == mine)
        return 0;
    if (theirs > 0 || events) {
        snprintf(s->why, sizeof(s->why), "the database of console.events has the events of another console: name an empty one");
        return ST_DENIED;
    }
    if (!mine) {
        mine = s->owner;
        d = store_begin(s->store, &rc);
        if (d)
            rc = store_end(s->store, set(d, "events_owner", mine));
    }
    writer_init(&row, 16);
    writer_le(&row, (uint64_t)mine, 8);
    if (!rc)
        rc = click_insert(s->click, "owner", writer_span(&row), INSERT_MS);
    writer_done(&row);
    return rc ? failed(s, rc) : 0;
}

int ship_table(struct ship *s)
{
    static const char table[] = "CREATE TABLE IF NOT EXISTS event(" FAR_TABLE_COLUMNS
                                ") ENGINE = MergeTree PARTITION BY intDiv(id, 67108864) "
                                "ORDER BY id SETTINGS index_granularity = 1024";
    int rc = s->has_table ? 0 : click_run(s->click, span_str(table), ASK_MS);

    if (rc)
        return failed(s, rc);
    if (!s->has_table)
        rc = own(s);
    s->has_table = rc == 0;
    return rc;
}

/* Is it this node's turn, and stays so for LEASE_S? 1, 0 or a code. */
static int take_lease(struct ship *s)
{
    int64_t now = (int64_t)(clock_wall_us() / 1000000);
    bool mine;
    int rc;
    struct db *d = store_begin(s->store, &rc);

    if (!d)
        return rc;
    mine = db_is_sqlite(d) || counter_get(d, "ship_owner") == s->owner || counter_get(d, "ship_until") < now ||
           counter_get(d, "ship_until") > now + LEASE_S;
    if (mine && counter_get(d, "ship_owner") != s->owner)
        s->in_doubt = true; /* what the other has begun is not known here */
    if (mine)
        rc = set(d, "ship_owner", s->owner);
    if (mine && !rc)
        rc = set(d, "ship_until", now + LEASE_S);
    rc = store_end(s->store, rc);
    return rc ? rc : mine;
}

/* ---- what became of the last insert? ---- */

/* Are these the records that wait here under the same numbers, each once? */
static int compare(struct ship *s, struct span rows, bool *ret_wrong)
{
    struct reader in = reader_span(rows);
    int64_t last = 0;

    s->n_there = 0;
    while (reader_left(&in) && !*ret_wrong) {
        int64_t v[5];
        for (size_t i = 0; i < GH_COUNT(v); i++)
            v[i] = (int64_t)reader_le64(&in);
        if (!reader_ok(&in))
            return ST_MALFORMED;
        *ret_wrong =
            v[0] == last || s->n_there == DOUBT_ROWS ||
            !db_number(s->db, 0,
                       "SELECT 1 FROM event WHERE id = ? AND appliance = ? AND run = ? AND n = ? AND k = ?",
                       "iiiii", v[0], v[1], v[2], v[3], v[4]);
        last = v[0];
        if (!*ret_wrong)
            s->there[s->n_there++] = v[0];
    }
    return 0;
}

static int delete_beyond(struct ship *s, int64_t shipped)
{
    char cond[64];
    int rc;

    log_warn("ClickHouse has events beyond number %lld that are not those that wait here: they are deleted "
             "there and sent anew",
             (long long)shipped);
    snprintf(cond, sizeof(cond), "id > %lld", (long long)shipped);
    rc = far_delete(s->click, span_str(cond));
    return rc ? rc : ST_AGAIN;
}

/* Asks what ClickHouse has beyond the number. ST_AGAIN: something must end first. */
static int settle(struct ship *s, int64_t shipped)
{
    struct writer out;
    char sql[160];
    bool wrong = false;
    int busy = click_inserting(s->click), rc;

    if (busy)
        return busy < 0 ? ST_CLOSED : ST_AGAIN;
    rc = far_deleting(s->click);
    if (rc)
        return rc < 0 ? rc : ST_AGAIN;
    if (!s->there)
        s->there = calloc(DOUBT_ROWS, sizeof(*s->there));
    if (!s->there)
        return ST_NOMEM;
    writer_init(&out, CLICK_ANSWER_MAX);
    snprintf(sql, sizeof(sql),
             "SELECT id, appliance, run, n, k FROM event WHERE id > %lld ORDER BY id LIMIT %d",
             (long long)shipped, DOUBT_ROWS + 1);
    rc = click_ask(s->click, span_str(sql), ASK_MS, &out);
    if (!rc)
        rc = compare(s, writer_span(&out), &wrong);
    writer_done(&out);
    if (!rc && wrong)
        rc = delete_beyond(s, shipped);
    if (!rc)
        s->in_doubt = false;
    return rc;
}

/* Are they all there, and once? */
static int verify(struct ship *s, int64_t shipped)
{
    int rc, rc2;
    int64_t all = click_number(s->click, 0, ASK_MS, &rc,
                               "SELECT toInt64(count()) FROM event WHERE id > %lld AND id <= %lld",
                               (long long)shipped, (long long)s->batch.last);
    int64_t once = click_number(s->click, 0, ASK_MS, &rc2,
                                "SELECT toInt64(uniqExact(id)) FROM event WHERE id > %lld AND id <= %lld",
                                (long long)shipped, (long long)s->batch.last);

    if (rc || rc2)
        return rc ? rc : rc2;
    return all == once && all == (int64_t)s->batch.n ? 0 : ST_AGAIN;
}

static int lower(struct db *d, const char *name, int64_t n)
{
    int64_t had = counter_get(d, name);

    return n && (!had || n < had) ? set(d, name, n) : 0;
}

/* It is so: in the database, where everybody looks. */
static int commit(struct ship *s, int64_t shipped)
{
    int64_t first = s->batch.record[0].id;
    int rc;
    struct db *d = store_begin(s->store, &rc);

    if (!d)
        return rc;
    if (counter_get(d, "ship_owner") != s->owner || counter_get(d, "events_shipped") != shipped)
        rc = ST_AGAIN;
    if (!rc)
        rc = ship_batch_note(d, &s->batch);
    if (!rc)
        rc = lower(d, "events_first", first);
    if (!rc)
        rc = lower(d, "events_oldest", s->batch.oldest);
    if (!rc)
        rc = set(d, "events_shipped", s->batch.last);
    return store_end(s->store, rc);
}

int ship_step(struct ship *s, size_t *ret_moved)
{
    int64_t shipped;
    int rc = take_lease(s);

    *ret_moved = 0;
    if (rc != 1)
        return rc;
    rc = ship_table(s);
    shipped = far_shipped(s->db);
    if (!rc && s->in_doubt)
        rc = settle(s, shipped);
    if (!rc)
        rc = ship_batch_read(s->db, shipped, s->there, s->n_there, &s->batch);
    if (rc == ST_DENIED)
        return rc; /* own() has said why */
    if (rc || !s->batch.n)
        return rc ? failed(s, rc) : 0;
    s->in_doubt = true; /* until it is known what became of it */
    if (s->batch.to_insert)
        rc = click_insert(s->click, "event", writer_span(&s->batch.rows), INSERT_MS);
    if (!rc)
        rc = verify(s, shipped);
    if (rc)
        return failed(s, rc);
    rc = commit(s, shipped);
    if (rc)
        return failed(s, rc);
    *ret_moved = s->batch.n;
    s->in_doubt =
        s->n_there && s->there[s->n_there - 1] > s->batch.last; /* the rest is asked for once more */
    s->n_there = 0;
    return 0;
}

/* ---- what is no longer needed here ---- */

static int clean_step(struct ship *s, int64_t upto, bool *ret_more)
{
    int64_t from, to, undecided;
    int rc;
    struct db *d = store_begin(s->store, &rc);

    *ret_more = false;
    if (!d)
        return rc;
    from = counter_get(d, "events_cleaned");
    to = db_number(d, upto, "SELECT id FROM event WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?", "ii", from,
                   (int64_t)CLEAN_ROWS);
    if (to > upto)
        to = upto;
    /* what a region's policy has not decided on yet is still read here */
    undecided = db_number(d, INT64_MAX, "SELECT first FROM forward_queue WHERE first > 0 ORDER BY first LIMIT 1", "");
    if (to >= undecided)
        to = undecided - 1;
    if (to > from) {
        rc = db_exec(d, "DELETE FROM event_words WHERE id > ? AND id <= ?", "ii", from, to);
        if (!rc)
            rc = db_exec(d,
                         "DELETE FROM event WHERE id > ? AND id <= ? AND NOT EXISTS(SELECT 1 FROM alert "
                         "WHERE alert.event = event.id)",
                         "ii", from, to);
        if (!rc)
            rc = set(d, "events_cleaned", to);
        *ret_more = to < upto && undecided > upto;
    }
    return store_end(s->store, rc);
}

bool ship_clean(struct ship *s, bool all)
{
    uint64_t now = clock_mono_ms();
    bool more = false;

    if (all)
        s->settled = far_shipped(s->db);
    if (counter_get(s->db, "events_cleaned") < s->settled && (all || now - s->settled_ms >= SHIP_GRACE_MS)) {
        if (clean_step(s, s->settled, &more) != 0)
            return false;
        if (more)
            return true;
    }
    if (now - s->settled_ms >= SHIP_GRACE_MS) {
        s->settled = far_shipped(s->db);
        s->settled_ms = now;
    }
    return false;
}

bool ship_retain(struct ship *s)
{
    return take_lease(s) == 1 && ship_table(s) == 0 && retain_step(s->store, s->db, s->click);
}

void ship_note_away(struct ship *s, int64_t since_us)
{
    int rc;
    struct db *d;

    if (counter_get(s->db, "events_away") == since_us)
        return;
    d = store_begin(s->store, &rc);
    if (d)
        (void)store_end(s->store, set(d, "events_away", since_us));
}
