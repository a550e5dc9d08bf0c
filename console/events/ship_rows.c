/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/events/ship_rows.h"
#include "base/json.h"
#include "console/events/find_sql.h"
#include "console/events/ship.h"
#include "console/store/search_text.h"

#include <stdlib.h>

#define EVENT_ARENA (256u << 20)
#define WORDS_MAX (256u << 10)
#define SLACK (16u << 20) /* the last row of a batch may be some MB */

int ship_batch_init(struct ship_batch *b, size_t cap)
{
    *b = (struct ship_batch){.cap = cap, .record = calloc(cap, sizeof(*b->record))};
    writer_init(&b->rows, SHIP_BYTES + SLACK);
    return b->record ? 0 : ST_NOMEM;
}

void ship_batch_done(struct ship_batch *b)
{
    writer_done(&b->rows);
    free(b->record);
    b->record = NULL;
}

/* " k0123… k4567… " as an array of numbers. */
static void put_keys(struct writer *w, struct span text)
{
    uint64_t n = 0, key;

    for (int round = 0; round < 2; round++) {
        struct span rest = text;
        while (rest.n) {
            ptrdiff_t end = span_find_byte(rest, ' ', 0);
            struct span one = span_part(rest, 0, end < 0 ? rest.n : (size_t)end);
            rest = span_part(rest, end < 0 ? rest.n : (size_t)end + 1, rest.n);
            if (!scan_key(one, &key))
                continue;
            if (round)
                writer_le(w, key, 8);
            else
                n++;
        }
        if (!round)
            click_put_count(w, n);
    }
}

/* What was recorded before there was a ClickHouse has no words beside it: they are made now. */
static int make_words(struct db_stmt *s, struct writer *w)
{
    struct arena *a = arena_new(EVENT_ARENA);
    struct json *event = NULL;
    struct search_columns c;
    struct writer one;
    int rc = a ? json_parse(a, db_text(s, 11), 64, &event, NULL) : ST_NOMEM;

    if (rc == 0) {
        rc = search_columns_of(&c, (int)db_i64(s, 5), db_i64(s, 6), event);
        writer_init(&one, WORDS_MAX);
        for (size_t i = 0; i < COLUMNS && !rc; i++) {
            writer_clear(&one);
            scan_words_put(c.column[i], &one);
            if (!writer_ok(&one))
                rc = ST_NOMEM;
            else if (i == COLUMN_KEYS)
                put_keys(w, writer_span(&one));
            else
                click_put_text(w, writer_span(&one));
        }
        writer_done(&one);
        search_columns_done(&c);
    } else if (rc != ST_NOMEM) { /* no JSON: filed under nothing */
        for (size_t i = 0; i < COLUMNS; i++)
            writer_u8(w, 0);
        rc = 0;
    }
    arena_free(a);
    return rc;
}

static int put_row(struct db_stmt *s, struct writer *w)
{
    static const uint8_t none[32] = {0};
    struct span hash = db_blob(s, 8);
    bool has_hash = hash.n == sizeof(none);
    uint8_t flags = (uint8_t)((db_is_null(s, 7) ? 0 : FAR_FLOW) | (has_hash ? FAR_SHA256 : 0) |
                              (db_i64(s, 12) ? FAR_ALERT : 0));

    for (int i = 0; i < 5; i++)
        writer_le(w, (uint64_t)db_i64(s, i), 8);
    writer_u8(w, (uint8_t)db_i64(s, 5));
    writer_le(w, (uint64_t)db_i64(s, 6), 8);
    writer_le(w, (uint64_t)db_i64(s, 7), 8);
    writer_put(w, has_hash ? hash : span_of(none, sizeof(none)));
    writer_u8(w, db_is_null(s, 9) ? 0xff : (uint8_t)db_i64(s, 9));
    writer_u8(w, flags);
    click_put_text(w, db_text(s, 10));
    click_put_text(w, db_text(s, 11));
    if (db_is_null(s, 13))
        return make_words(s, w);
    put_keys(w, db_text(s, 13));
    for (int i = 14; i < 19; i++)
        click_put_text(w, db_text(s, i));
    return 0;
}

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

    return a < b ? -1 : a > b;
}

int ship_batch_read(struct db *d, int64_t shipped, const int64_t *there, size_t n_there, struct ship_batch *b)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT " NEAR_COLUMNS ", e.community, e.json, (SELECT 1 FROM alert a WHERE a.event = "
                                             "e.id LIMIT 1), f.keys, f.file, f.host, "
                      "f.mail, f.words, f.exact FROM event e LEFT JOIN event_words f ON f.id = e.id WHERE "
                      "e.id > ? ORDER BY e.id LIMIT ?",
                      "ii", shipped, (int64_t)b->cap);

    writer_clear(&b->rows);
    b->n = b->to_insert = 0;
    b->oldest = 0;
    while (!rc && b->n < b->cap && b->rows.n < SHIP_BYTES && (rc = db_step(s)) == 1) {
        struct shipped_record *r = &b->record[b->n++];
        int64_t time = db_i64(s, 6);
        *r = (struct shipped_record){db_i64(s, 0), db_i64(s, 1), db_i64(s, 2), db_i64(s, 3), db_i64(s, 4)};
        b->last = r->id;
        if (!b->oldest || time < b->oldest)
            b->oldest = time;
        rc = 0;
        if (n_there && bsearch(&r->id, there, n_there, sizeof(*there), by_number))
            continue;
        b->to_insert++;
        rc = put_row(s, &b->rows);
    }
    if (!rc)
        db_reset(s);
    return rc ? rc : writer_ok(&b->rows) ? 0 : ST_NOMEM;
}

static int by_record(const void *x, const void *y)
{
    const struct shipped_record *a = x, *b = y;

    if (a->appliance != b->appliance)
        return a->appliance < b->appliance ? -1 : 1;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    if (a->k != b->k)
        return a->k < b->k ? -1 : 1;
    return a->n < b->n ? -1 : a->n > b->n;
}

/* One range, joined with those that it touches. */
static int note_range(struct db *d, const struct shipped_record *r, int64_t last)
{
    int64_t first = r->n, touch, end;

    touch = db_number(d, -1,
                      "SELECT first FROM event_shipped WHERE appliance = ? AND run = ? AND k = ? AND first < "
                      "? ORDER BY first DESC LIMIT 1",
                      "iiii", r->appliance, r->run, r->k, first);
    if (touch >= 0 &&
        db_number(d, -2,
                  "SELECT last FROM event_shipped WHERE appliance = ? AND run = ? AND k = ? AND first = ?",
                  "iiii", r->appliance, r->run, r->k, touch) == first - 1)
        first = touch;
    end = last == INT64_MAX
              ? -1
              : db_number(
                    d, -1,
                    "SELECT last FROM event_shipped WHERE appliance = ? AND run = ? AND k = ? AND first = ?",
                    "iiii", r->appliance, r->run, r->k, last + 1);
    if (end >= 0) {
        int rc =
            db_exec(d, "DELETE FROM event_shipped WHERE appliance = ? AND run = ? AND k = ? AND first = ?",
                    "iiii", r->appliance, r->run, r->k, last + 1);
        if (rc)
            return rc;
        last = end;
    }
    return db_exec(d,
                   "INSERT INTO event_shipped(appliance, run, k, first, last) VALUES(?1, ?2, ?3, ?4, ?5) ON "
                   "CONFLICT(appliance, run, k, first) DO UPDATE "
                   "SET last = ?5",
                   "iiiii", r->appliance, r->run, r->k, first, last);
}

int ship_batch_note(struct db *d, struct ship_batch *b)
{
    int rc = 0;

    qsort(b->record, b->n, sizeof(*b->record), by_record);
    for (size_t i = 0, end; i < b->n && !rc; i = end) {
        const struct shipped_record *r = &b->record[i];
        for (end = i + 1; end < b->n; end++) {
            const struct shipped_record *next = &b->record[end];
            if (next->appliance != r->appliance || next->run != r->run || next->k != r->k ||
                next->n - 1 != b->record[end - 1].n)
                break;
        }
        rc = note_range(d, r, b->record[end - 1].n);
    }
    return rc;
}
