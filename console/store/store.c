/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/store.h"
#include "base/clock.h"
#include "base/db_pg.h"
#include "base/log.h"
#include "console/events/find.h"
#include "console/store/search_text.h"
#include "console/store/sla.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 640
#define STORE_READERS 24
#define GROUP_MOST 32 /* members of one transaction: the first of them waits for all */
#define WRITER_CACHE_KIB "65536"
#define READER_CACHE_KIB "16384"
#define CHECKPOINT_PAGES "8000"

/* Who did his part of the open transaction and waits for its end. On his own stack. */
struct member {
    struct member *next;
    int rc;
    bool done;
};
struct store {
    char path[PATH_SIZE];
    struct db *writer;
    pthread_mutex_t lock; /* guards all that follows; the writer belongs to who set taken */
    pthread_cond_t turn;
    bool taken;               /* somebody writes */
    bool open;                /* a transaction that others may join */
    unsigned joiners, others; /* who waits to join, and who wants a transaction of his own */
    struct member *members;
    unsigned n_members;
    struct db *spare[STORE_READERS]; /* connections that wait for store_reader */
    size_t spares;
    struct clicks *clicks; /* NULL: events are in the database */
    struct far far[STORE_READERS + 1];
    size_t fars;
    int64_t most;
};

/* Open alerts that an older version recorded have no clock yet. */
static int wind_clocks(struct db *d)
{
    struct sla plan;
    uint64_t n;
    int rc = sla_load(d, &plan);

    if (!rc)
        rc = db_begin(d);
    if (rc)
        return rc;
    rc = sla_refile(d, &plan, false, &n);
    if (rc) {
        db_rollback(d);
        return rc;
    }
    return db_commit(d);
}

static int store_ready(struct store *s, struct store **ret)
{
    int rc = db_migrate(s->writer, schema_steps, schema_step_count);

    if (!rc)
        rc = search_text_begin(s->writer);
    if (!rc)
        rc = wind_clocks(s->writer);
    if (rc)
        store_close(s);
    else
        *ret = s;
    return rc;
}

int store_open(const char *dir, struct store **ret)
{
    struct store *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return ST_NOMEM;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->turn, NULL);
    snprintf(s->path, sizeof(s->path), "%s/console.db", dir);
    rc = db_open(s->path, DB_WRITE_FULL, &s->writer);
    if (!rc) /* indexes of hashes are hit all over: in a cache of 2 MiB each row costs reading */
        rc = db_exec(s->writer, "PRAGMA cache_size = -" WRITER_CACHE_KIB, "");
    if (!rc) /* a page that many batches change is copied into the database once for all of them */
        rc = db_number(s->writer, 0, "PRAGMA wal_autocheckpoint = " CHECKPOINT_PAGES, "") > 0 ? 0 : ST_IO;
    if (!rc)
        return store_ready(s, ret);
    store_close(s);
    return rc;
}

/* Nothing can be answered any more; another connection cannot be made from here. */
static void on_lost(void)
{
    _exit(3);
}

int store_open_pg(const char *url, size_t readers, struct store **ret, char *err, size_t cap)
{
    struct store *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return ST_NOMEM;
    gh_check(readers <= STORE_READERS);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->turn, NULL);
    rc = db_pg_open(url, DB_WRITE_FULL, on_lost, &s->writer, err, cap);
    while (!rc && s->spares < readers) {
        rc = db_pg_open(url, DB_READ, on_lost, &s->spare[s->spares], err, cap);
        s->spares += !rc;
    }
    if (rc) {
        store_close(s);
        return rc;
    }
    rc = store_ready(s, ret);
    if (rc)
        snprintf(err, cap, "%s", rc == ST_USAGE ? "the database was made by a newer version of this program"
                                                : "the database's tables cannot be made; its log says why");
    return rc;
}

bool store_fill_search(struct store *s, int64_t n)
{
    bool left = false;
    int rc;
    struct db *d = store_begin(s, &rc);

    if (!d)
        return false;
    rc = search_text_low(d) > 0 ? search_text_fill(d, n, &left) : 0;
    rc = store_end(s, rc);
    return !rc && left;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    db_close(s->writer);
    while (s->spares)
        db_close(s->spare[--s->spares]);
    pthread_cond_destroy(&s->turn);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* A connection to ClickHouse beside the handle. */
static int put_beside(struct store *s, struct db *d)
{
    struct far *f = NULL;

    if (!s->clicks)
        return 0;
    pthread_mutex_lock(&s->lock);
    if (s->fars < GH_COUNT(s->far))
        f = &s->far[s->fars];
    if (f && (f->click = clicks_take(s->clicks)) != NULL) {
        f->most = s->most;
        s->fars++;
        db_set_beside(d, f);
    } else {
        f = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    if (!f)
        log_error("all connections to ClickHouse are in use");
    return f ? 0 : ST_LIMIT;
}

int store_set_far(struct store *s, struct clicks *c, int64_t most, bool move)
{
    int rc;

    s->clicks = c;
    s->most = most;
    if (!store_had_far(s) && !move && db_number(s->writer, 0, "SELECT count(*) FROM (SELECT 1 FROM event LIMIT 1) x", "") > 0)
        return ST_USAGE;
    rc = put_beside(s, s->writer);
    if (!rc) /* there is no index of words to be filled */
        rc = db_exec(s->writer, "UPDATE counter SET n = 0 WHERE name = 'search_low'", "");
    if (!rc)
        rc = db_exec(s->writer, "INSERT INTO counter(name, n) VALUES('events_shipped', 0) ON CONFLICT DO NOTHING", "");
    return rc;
}

bool store_had_far(struct store *s)
{
    return db_number(s->writer, 0, "SELECT count(*) FROM counter WHERE name = 'events_shipped'", "") > 0;
}

int store_reader(struct store *s, struct db **ret)
{
    if (*s->path) {
        int rc = db_open(s->path, DB_READ, ret);
        if (!rc)
            rc = db_exec(*ret, "PRAGMA cache_size = -" READER_CACHE_KIB, "");
        return rc ? rc : put_beside(s, *ret);
    }
    pthread_mutex_lock(&s->lock);
    *ret = s->spares ? s->spare[--s->spares] : NULL;
    pthread_mutex_unlock(&s->lock);
    if (!*ret)
        log_error("all connections to the database are in use");
    return *ret ? put_beside(s, *ret) : ST_LIMIT;
}

static void give_turn(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    s->taken = false;
    pthread_cond_broadcast(&s->turn);
    pthread_mutex_unlock(&s->lock);
}

struct db *store_begin(struct store *s, int *ret_rc)
{
    pthread_mutex_lock(&s->lock);
    s->others++;
    while (s->taken || s->open)
        pthread_cond_wait(&s->turn, &s->lock);
    s->others--;
    s->taken = true;
    pthread_mutex_unlock(&s->lock);
    *ret_rc = db_begin(s->writer);
    if (!*ret_rc)
        return s->writer;
    give_turn(s);
    return NULL;
}

int store_commit(struct store *s)
{
    int rc = db_commit(s->writer);

    if (rc)
        db_rollback(s->writer);
    give_turn(s);
    return rc;
}

void store_rollback(struct store *s)
{
    db_rollback(s->writer);
    give_turn(s);
}

/* Ends the open transaction, of who has the turn, and tells all members. broken: it cannot be kept. */
static void end_group(struct store *s, int broken)
{
    int rc = broken ? broken : db_commit(s->writer);

    if (rc)
        db_rollback(s->writer);
    pthread_mutex_lock(&s->lock);
    for (struct member *m = s->members, *next; m; m = next) {
        next = m->next; /* once it is done it may be gone */
        m->rc = m->rc ? m->rc : rc;
        m->done = true;
    }
    s->members = NULL;
    s->n_members = 0;
    s->open = s->taken = false;
    pthread_cond_broadcast(&s->turn);
    pthread_mutex_unlock(&s->lock);
}

struct db *store_join(struct store *s, int *ret_rc)
{
    bool begins;

    pthread_mutex_lock(&s->lock);
    s->joiners++;
    while (s->taken || (s->others && !s->open))
        pthread_cond_wait(&s->turn, &s->lock);
    s->joiners--;
    s->taken = true;
    begins = !s->open;
    s->open = true;
    pthread_mutex_unlock(&s->lock);
    *ret_rc = begins ? db_begin(s->writer) : 0;
    if (!*ret_rc)
        *ret_rc = db_exec(s->writer, "SAVEPOINT joined", "");
    if (!*ret_rc)
        return s->writer;
    end_group(s, *ret_rc);
    return NULL;
}

int store_leave(struct store *s, int rc)
{
    struct member me = {.rc = rc};
    int broken = rc ? db_exec(s->writer, "ROLLBACK TO joined", "") : 0;
    bool last;

    if (!broken) /* an engine may have ended the whole transaction: then there is nothing to go back to */
        broken = db_exec(s->writer, "RELEASE joined", "");
    pthread_mutex_lock(&s->lock);
    me.next = s->members;
    s->members = &me;
    last = broken || !s->joiners || s->others || ++s->n_members >= GROUP_MOST;
    if (!last) {
        s->taken = false;
        pthread_cond_broadcast(&s->turn);
        while (!me.done)
            pthread_cond_wait(&s->turn, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    if (last)
        end_group(s, broken);
    return me.rc;
}

int store_end(struct store *s, int rc)
{
    if (!rc)
        return store_commit(s);
    store_rollback(s);
    return rc;
}

struct db *store_handle(struct store *s)
{
    return s->writer;
}

uint64_t store_bytes(struct db *d)
{
    if (!db_is_sqlite(d))
        return (uint64_t)db_number(d, 0, "SELECT pg_database_size(current_database())", "");
    return (uint64_t)((db_number(d, 0, "PRAGMA page_count", "") - db_number(d, 0, "PRAGMA freelist_count", "")) *
                      db_number(d, 0, "PRAGMA page_size", ""));
}

const char *time_text(uint64_t us, char buf[static TIME_TEXT])
{
    time_t t = (time_t)(us / 1000000);
    struct tm tm;

    gmtime_r(&t, &tm);
    snprintf(buf, TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)(tm.tm_year + 1900) % 10000u,
             (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
             (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u, (unsigned)(us % 1000000));
    return buf;
}

void jw_ktime(struct jw *j, const char *key, int64_t us)
{
    char buf[TIME_TEXT];

    jw_key(j, key);
    jw_cstr(j, us > 0 ? time_text((uint64_t)us, buf) : NULL);
}

void jw_ktext(struct jw *j, const char *key, struct span s)
{
    jw_key(j, key);
    if (s.n)
        jw_str(j, s);
    else
        jw_null(j);
}

int counter_add(struct db *d, const char *name, int64_t n)
{
    return db_exec(d,
                   "INSERT INTO counter(name, n) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET n = n + ?2",
                   "si", name, n);
}

int64_t counter_get(struct db *d, const char *name)
{
    return db_number(d, 0, "SELECT n FROM counter WHERE name = ?", "s", name);
}
