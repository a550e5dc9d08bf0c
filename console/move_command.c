/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/move_command.h"
#include "console/events/ship.h"
#include "console/store/move.h"
#include "console/store/store.h"

#include <stdio.h>
#include <unistd.h>

static void tell(void *arg, const struct move_told *t)
{
    int64_t *all = arg;
    bool terminal = isatty(STDERR_FILENO);

    if (t->rows == t->of && t->of)
        *all += t->rows;
    if (terminal)
        fprintf(stderr, "\r\033[K%s: %lld of %lld", t->table, (long long)t->rows, (long long)t->of);
}

/* Events of before to ClickHouse, in the same way as those of every day. */
static int move_events(struct state *s)
{
    struct db *d = NULL;
    struct ship *ship = NULL;
    int64_t all = 0, done = 0, there = -1, alerts = 0;
    int rc = store_reader(s->store, &d);

    if (!rc && !(ship = ship_new(s->store, d)))
        rc = ST_NOMEM;
    if (!rc)
        all = db_number(d, 0, "SELECT count(*) FROM event WHERE id > ?", "i", far_shipped(d));
    while (!rc && done < all) {
        size_t moved = 0;
        rc = ship_step(ship, &moved);
        done += (int64_t)moved;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[Kevents: %lld of %lld", (long long)done, (long long)all);
        if (rc == ST_AGAIN || (!rc && !moved)) { /* something of before must end first, or another node is at it */
            usleep(500000);
            rc = 0;
        }
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (!rc)
        there = click_number(far_of(d)->click, -1, 60000, &rc, "SELECT toInt64(count()) FROM event WHERE id <= %lld", (long long)far_shipped(d));
    while (!rc && ship_clean(ship, true))
        continue;
    if (!rc) {
        alerts = db_number(d, 0, "SELECT count(*) FROM event", "");
        printf("%lld events moved; ClickHouse counts %lld. %lld that alerts are about stay in the database as well. Start the console\n", (long long)done,
               (long long)there, (long long)alerts);
    } else {
        fprintf(stderr, "gatehouse console migrate: %lld of %lld events moved, then: %s. Nothing is lost: mend it and call this again\n", (long long)done,
                (long long)all, ship && *ship_why(ship) ? ship_why(ship) : status_text(rc));
    }
    ship_free(ship);
    db_close(d);
    return rc ? 3 : 0;
}

static int move_database(struct state *s);

int move_command(struct state *s)
{
    char path[STATE_PATH];
    int rc;

    if (*s->conf->console_database && (!s->clicks || access(state_path(s->conf, "console.db", path), F_OK) == 0)) {
        rc = move_database(s);
        if (rc || !s->clicks)
            return rc;
    }
    return s->clicks ? move_events(s) : move_database(s);
}

static int move_database(struct state *s)
{
    char path[STATE_PATH];
    struct db *from = NULL, *to;
    int64_t rows = 0;
    int rc, code;

    if (!*s->conf->console_database) {
        fprintf(stderr,
                "gatehouse console migrate: neither console.database nor console.events names a database to move to\n");
        return 2;
    }
    state_path(s->conf, "console.db", path);
    if (access(path, F_OK) != 0) {
        fprintf(stderr, "gatehouse console migrate: there is no %s to move from\n", path);
        return 2;
    }
    rc = db_open(path, DB_WRITE_FULL, &from);
    if (!rc)
        rc = db_migrate(from, schema_steps, schema_step_count);
    if (!rc)
        rc = db_begin(from); /* nobody writes meanwhile */
    if (rc) {
        fprintf(stderr, "gatehouse console migrate: %s: %s\n", path,
                rc == ST_AGAIN   ? "it is in use: stop the console first"
                : rc == ST_USAGE ? "it was made by a newer version of this program"
                                 : status_text(rc));
        db_close(from);
        return 2;
    }
    to = store_handle(s->store);
    code = store_move(from, to, tell, &rows);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (code == ST_EXISTS)
        fprintf(stderr, "gatehouse console migrate: the database is in use already: it has people, "
                        "appliances or events. Nothing was changed\n");
    else if (code)
        fprintf(stderr, "gatehouse console migrate: nothing was moved: %s%s%s\n", status_text(code),
                *db_message(to) ? ": " : "", db_message(to));
    else
        printf("%lld rows moved and counted on both sides. Start the console; it files what is searched by "
               "words in the background. %s is no longer "
               "used: keep it until you have looked, then remove it\n",
               (long long)rows, path);
    db_rollback(from);
    db_close(from);
    return code ? (code == ST_EXISTS ? 2 : 3) : 0;
}
