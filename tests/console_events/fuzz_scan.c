/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any text as an expression of the index of words, and as a question of the search box: it is refused, or
 * becomes a condition in which values stay inside their strings, and which SQLite takes. */
#include "console/events/find_sql.h"
#include "console/query/tsquery.h"
#include "console/store/store.h"
#include "sound.h"
#include "tests/store_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct store *store;
static struct db *db;
static char dir[] = "/tmp/gh-fuzz-scan-XXXXXX";

static void clean(void)
{
    db_close(db);
    store_close(store);
    store_files_remove(dir);
    rmdir(dir);
}

static void ask(const struct event_ask *q)
{
    struct db_value values[FIND_VALUES];
    struct writer w;
    struct db_stmt *s;
    size_t n = 0;
    int rc;

    writer_init(&w, 1 << 20);
    writer_str(&w, "SELECT " NEAR_COLUMNS);
    rc = near_where(db, q, 0, &w, values, &n);
    find_order(q, "e.", 10, &w);
    gh_check(rc == 0);
    if (writer_ok(&w)) {
        rc = db_query_values(db, &s, writer_cstr(&w), values, n);
        if (rc)
            fprintf(stderr, "%s: %s\n", db_message(db), writer_cstr(&w));
        gh_check(rc == 0);
        rc = db_step(s);
        gh_check(rc >= 0);
        db_reset(s);
    }
    writer_clear(&w);
    gh_check(far_where(db, q, 1, 1000, &w) == 0);
    gh_check(!writer_ok(&w) || sound(writer_span(&w)));
    writer_done(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct query_context c = {.target = QUERY_EVENTS, .now_us = 1790000000000000ull, .user = "lan"};
    struct arena *a = arena_new(1 << 20);
    struct query_error e;
    struct query_sql q;
    struct writer w;

    if (!store) {
        gh_check(mkdtemp(dir) && store_open(dir, &store) == 0 && store_reader(store, &db) == 0);
        atexit(clean);
    }
    writer_init(&w, 1 << 20);
    for (int form = 0; form < SCAN_FORMS; form++) {
        writer_clear(&w);
        if (scan_put(span_of(data, size), (enum scan_form)form, &w) == 0)
            gh_check(sound(writer_span(&w)));
    }
    writer_done(&w);
    if (query_compile(a, span_of(data, size), &c, &q, &e) == 0) {
        struct event_ask asked;
        event_ask_init(&asked, &sight_everything);
        asked.q = &q;
        ask(&asked);
    }
    arena_free(a);
    return 0;
}
