/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any text as a question: it is refused with a place inside it, or becomes SQL that SQLite takes. */
#include "base/db.h"
#include "console/query/query.h"
#include "console/store/search.h"
#include "house.h"
#include "tests/store_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct store *store;
static struct db *db;
static char dir[] = "/tmp/gh-fuzz-query-XXXXXX";

static void clean(void)
{
    db_close(db);
    store_close(store);
    store_files_remove(dir);
    rmdir(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct query_context c = {
        .target = size % 2 ? QUERY_EVENTS : QUERY_ALERTS, .now_us = 1790000000000000ull, .user = "lan"};
    struct arena *a = arena_new(1 << 20);
    struct query_error e;
    struct query_sql q;
    struct writer w;
    struct jw j;
    int rc;

    if (!store) {
        gh_check(mkdtemp(dir) && store_open(dir, &store) == 0 && store_reader(store, &db) == 0);
        atexit(clean);
        house_fill(store_begin(store, &rc), true);
        gh_check(store_commit(store) == 0);
    }
    rc = query_compile(a, span_of(data, size), &c, &q, &e);
    if (rc == ST_MALFORMED)
        gh_check(*e.text && e.column >= 1 && e.column <= size + 1 && e.length <= size + 1);
    if (rc == 0) {
        writer_init(&w, 1 << 20);
        jw_init(&j, &w);
        jw_obj(&j);
        rc = search_page(db, &sight_everything, &q, c.target, INT64_MAX, 5, &j);
        if (rc)
            fprintf(stderr, "%s: %s | %s\n", db_message(db), q.match ? q.match : "-", q.where);
        gh_check(rc == 0);
        writer_done(&w);
    }
    arena_free(a);
    return 0;
}
