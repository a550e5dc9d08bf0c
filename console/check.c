/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/check.h"
#include "base/digest.h"
#include "console/store/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define LINE 512
#define FAULTS_SHOWN 20

struct checking {
    struct db *d;
    check_fn *fn;
    void *arg;
    unsigned bad;
};

static void say(struct checking *c, bool good, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(struct checking *c, bool good, const char *fmt, ...)
{
    char line[LINE];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    c->bad += !good;
    c->fn(c->arg, good, line);
}

static int structure(struct checking *c, bool full)
{
    struct db_stmt *s;
    unsigned faults = 0;
    int rc = db_query(c->d, &s, full ? "PRAGMA integrity_check" : "PRAGMA quick_check", "");

    while (!rc && (rc = db_step(s)) == 1) {
        if (strcmp(db_cstr(s, 0), "ok") != 0 && faults++ < FAULTS_SHOWN)
            say(c, false, "database: %s", db_cstr(s, 0));
        rc = 0;
    }
    if (!rc && !faults)
        say(c, true, "database: its structure is whole%s", full ? ", every page and index was read" : "");
    return rc;
}

static int audit(struct checking *c)
{
    int64_t bad = 0;
    uint64_t n = 0;
    int rc = audit_verify(c->d, &bad, &n);

    if (rc == ST_BAD_SIGNATURE)
        say(c, false, "audit: entry %lld does not fit the chain; %llu entries before it do", (long long)bad,
            (unsigned long long)n);
    else if (!rc)
        say(c, true, "audit: whole, %llu entries", (unsigned long long)n);
    return rc == ST_BAD_SIGNATURE ? 0 : rc;
}

/* Batches of each appliance: as many as its newest number says, but for accepted holes. */
static int batches(struct checking *c)
{
    struct db_stmt *s;
    uint64_t all = 0;
    int rc = db_query(c->d, &s,
                      "SELECT a.name, a.batches, (SELECT count(*) FROM batch b WHERE b.appliance = a.id AND "
                      "b.number <= a.batches), "
                      "coalesce((SELECT sum(min(h.last, a.batches) - h.first + 1 - (SELECT count(*) FROM "
                      "batch b WHERE b.appliance = a.id AND "
                      "b.number BETWEEN h.first AND h.last)) FROM hole h WHERE h.appliance = a.id AND "
                      "h.first <= a.batches), 0), "
                      "(SELECT b.hash = a.hash FROM batch b WHERE b.appliance = a.id AND b.number = "
                      "a.batches) FROM appliance a",
                      "");
    unsigned faults = 0;

    while (!rc && (rc = db_step(s)) == 1) {
        int64_t newest = db_i64(s, 1), here = db_i64(s, 2), holes = db_i64(s, 3);
        all += (uint64_t)here;
        if (here + holes != newest && ++faults)
            say(c, false, "batches of %.200s: %lld are recorded, %lld should be", db_cstr(s, 0),
                (long long)here, (long long)(newest - holes));
        else if (!db_is_null(s, 4) && !db_i64(s, 4) && ++faults)
            say(c, false, "batches of %.200s: number %lld is not the one that the chain ends with",
                db_cstr(s, 0), (long long)newest);
        rc = 0;
    }
    if (!rc && !faults)
        say(c, true, "batches: %llu, no hole but those that were accepted", (unsigned long long)all);
    return rc;
}

static int packets(struct checking *c, const char *dir)
{
    struct db_stmt *s;
    unsigned n = 0, faults = 0;
    int rc = db_query(c->d, &s, "SELECT id, sealed FROM pcap WHERE state = 2", "");

    while (!rc && (rc = db_step(s)) == 1) {
        char path[1024];
        struct stat st;
        snprintf(path, sizeof(path), "%s/pcap/%lld.ghe", dir, (long long)db_i64(s, 0));
        n++;
        if (stat(path, &st) != 0 || st.st_size != db_i64(s, 1)) {
            faults++;
            say(c, false, "packets: %s is missing or has another length; it can be fetched again", path);
        }
        rc = 0;
    }
    if (!rc && !faults)
        say(c, true, "packets: %u files, all there", n);
    return rc;
}

/* FTS5 checks itself when it is told to, which needs a handle that may write; nothing is changed. */
static int words(struct checking *c, const char *dir)
{
    char path[1024], sql[256], name[64][48];
    struct db *d = NULL;
    struct db_stmt *s;
    unsigned faults = 0;
    size_t n = 0;
    int rc = db_query(
        c->d, &s, "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%' LIMIT 64", "");

    while (!rc && (rc = db_step(s)) == 1) {
        snprintf(name[n++], sizeof(name[0]), "%.40s", db_cstr(s, 0));
        rc = 0;
    }
    snprintf(path, sizeof(path), "%s/console.db", dir);
    if (!rc)
        rc = db_open(path, DB_WRITE, &d);
    for (size_t i = 0; i < n && !rc; i++) {
        snprintf(sql, sizeof(sql), "INSERT INTO \"%.40s\"(\"%.40s\") VALUES('integrity-check')", name[i], name[i]);
        if (db_exec(d, sql, "") != 0) {
            faults++;
            say(c, false, "words: the index %s is damaged; searches may miss events", name[i]);
        }
    }
    db_close(d);
    if (!rc && !faults)
        say(c, true, "words: %zu indexes are whole", n);
    return rc;
}

int check_state(const char *state_dir, bool full, check_fn *fn, void *arg, unsigned *ret_bad)
{
    struct checking c = {.fn = fn, .arg = arg};
    char path[1024];
    int rc;

    *ret_bad = 0;
    snprintf(path, sizeof(path), "%s/console.db", state_dir);
    rc = db_open(path, DB_READ, &c.d);
    if (!rc)
        rc = structure(&c, full);
    if (!rc)
        rc = audit(&c);
    if (!rc)
        rc = batches(&c);
    if (!rc)
        rc = packets(&c, state_dir);
    if (!rc && full)
        rc = words(&c, state_dir);
    db_close(c.d);
    *ret_bad = c.bad;
    return rc;
}
