/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/runs.h"
#include "base/clock.h"

const char runs_schema[] = "CREATE TABLE run(run INTEGER PRIMARY KEY, name TEXT NOT NULL, live INTEGER NOT "
                           "NULL, started_us INTEGER NOT NULL,"
                           " recorded BLOB NOT NULL);";

static struct open_run *find(const struct runs *r, uint64_t run)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].run == run)
            return (struct open_run *)&r->v[i];
    return NULL;
}

static void forget(struct open_run *o)
{
    ranges_done(&o->known);
    ranges_done(&o->recorded);
}

void runs_done(struct runs *r)
{
    while (r->n)
        forget(&r->v[--r->n]);
}

static int load(struct open_run *o, struct db *db)
{
    struct db_stmt *s;
    int rc = db_query(db, &s, "SELECT recorded FROM run WHERE run=?", "i", (int64_t)o->run);

    if (rc)
        return rc;
    rc = db_step(s);
    if (rc == 1) {
        rc = ranges_get(&o->recorded, db_blob(s, 0));
        if (!rc)
            rc = ranges_get(&o->known, db_blob(s, 0));
        db_reset(s);
    }
    return rc;
}

int runs_open(struct runs *r, struct db *db, uint64_t run, bool live, struct span name)
{
    struct open_run o = {.run = run, .live = live};
    int rc;

    if (find(r, run))
        return 0;
    rc = load(&o, db);
    if (!rc)
        rc = db_exec(db, "INSERT OR IGNORE INTO run VALUES(?,?,?,?,x'')", "itii", (int64_t)run, name,
                     (int64_t)live, (int64_t)clock_wall_us());
    if (rc && rc != ST_FULL) {
        forget(&o);
        return rc;
    }
    if (r->n == RUNS_OPEN)
        forget(&r->v[--r->n]);
    memmove(&r->v[1], &r->v[0], r->n * sizeof(o));
    r->v[0] = o;
    r->n++;
    return 0;
}

bool runs_known(const struct runs *r, uint64_t run, uint64_t n)
{
    const struct open_run *o = find(r, run);
    return o && !o->live && ranges_has(&o->known, n);
}

void runs_claim(struct runs *r, uint64_t run, uint64_t n)
{
    struct open_run *o = find(r, run);

    if (o && !o->live)
        (void)ranges_add(&o->known,
                         n); /* past the ceiling a repetition would come twice; the console drops it */
}

void runs_recorded(struct runs *r, uint64_t run, uint64_t n)
{
    struct open_run *o = find(r, run);

    if (!o || o->live)
        return;
    (void)ranges_add(&o->recorded, n);
    o->dirty = true;
}

int runs_store(struct runs *r, struct db *db)
{
    int rc = 0;

    for (size_t i = 0; i < r->n && !rc; i++) {
        struct writer w;
        if (!r->v[i].dirty)
            continue;
        writer_init(&w, 16 * RANGES_MAX);
        ranges_put(&r->v[i].recorded, &w);
        /* The row may be missing when the disk was full as the run began. */
        rc = db_exec(
            db,
            "INSERT INTO run VALUES(?,'',0,?,?) ON CONFLICT(run) DO UPDATE SET recorded=excluded.recorded",
            "iib", (int64_t)r->v[i].run, (int64_t)clock_wall_us(), writer_span(&w));
        writer_done(&w);
    }
    return rc;
}

void runs_stored(struct runs *r)
{
    for (size_t i = 0; i < r->n; i++)
        r->v[i].dirty = false;
}
