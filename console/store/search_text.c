/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/search_text.h"
#include "base/event.h"
#include "base/text.h"
#include "console/query/keys.h"
#include "console/store/fold.h"
#include "console/store/store.h"

#include <stdio.h>

#define PART_MAX 8192  /* bytes of one column */
#define VALUE_MAX 1024 /* of one value of the wire */
#define EVENT_ARENA (256u << 20)

enum part { PART_FILE, PART_HOST, PART_MAIL, PART_WORDS, PARTS }; /* as COLUMN_FILE and those behind it */
/* Where texts stand. A path that ends at an array takes its strings. */
static const struct {
    enum part part;
    const char *path;
} texts[] = {
    {PART_FILE, "fileinfo.filename"},
    {PART_FILE, "smb.filename"},
    {PART_FILE, "gatehouse.document.file"},
    {PART_FILE, "email.attachment"},
    {PART_HOST, "http.hostname"},
    {PART_HOST, "http.url"},
    {PART_HOST, "tls.sni"},
    {PART_HOST, "dns.rrname"},
    {PART_MAIL, "email.from"},
    {PART_MAIL, "email.to"},
    {PART_MAIL, "email.cc"},
    {PART_MAIL, "email.subject"},
    {PART_MAIL, "smtp.mail_from"},
    {PART_MAIL, "smtp.rcpt_to"},
    {PART_WORDS, "alert.signature"},
    {PART_WORDS, "gatehouse.verdict.title.en"},
    {PART_WORDS, "gatehouse.verdict.title.vi"},
    {PART_WORDS, "gatehouse.verdict.rule"},
    {PART_WORDS, "gatehouse.verdict.reason"},
    {PART_WORDS, "gatehouse.verdict.reason_vi"},
    {PART_WORDS, "smb.share"},
    {PART_WORDS, "anomaly.event"},
    {PART_WORDS, "tls.subject"},
    {PART_WORDS, "http.http_user_agent"},
};
static const struct {
    const char *name, *path;
} keys[] = {
    {"proto", "proto"},
    {"app_proto", "app_proto"},
    {"rule", "gatehouse.verdict.rule"},
    {"policy", "gatehouse.verdict.policy"},
    {"action", "gatehouse.verdict.action"},
    {"category", "alert.category"},
    {"kind", "gatehouse.document.kind"},
    {"community_id", "community_id"},
    {"origin", "gatehouse.origin.name"},
    {"origin", "gatehouse.origin.appliance"},
};

static struct span text_of(const struct json *j)
{
    return j && j->type == JSON_STRING ? j->s : (struct span){NULL, 0};
}

static void put_one(struct writer *part, struct writer *exact, struct span s)
{
    size_t before = exact->n;
    bool special;

    s = span_part(s, 0, text_utf8_prefix(span_part(s, 0, VALUE_MAX)));
    if (!s.n || part->n > PART_MAX / 2 || exact->n > PART_MAX / 2)
        return;
    fold_text(part, s);
    writer_u8(part, ' ');
    key_put_exact(exact, s, &special);
    writer_str(exact, " z ");
    if (!special && writer_ok(exact))
        exact->n = before; /* without accents it is found by the folded words */
}

static void put_zones(struct writer *w, const struct json *event)
{
    json_each(fact, json_path(event, "gatehouse.verdict.facts"))
    {
        struct span path = text_of(json_get(fact, "path")), value = text_of(json_get(fact, "value"));
        if (!value.n || span_find(path, span_str("zone"), 0) < 0)
            continue;
        key_put(w, span_find(path, span_str("dest"), 0) >= 0 ? "dest_zone" : "zone", value);
        writer_u8(w, ' ');
    }
}

static void put_number(struct writer *w, const char *name, const struct json *v)
{
    char text[32];

    if (!v || v->type != JSON_NUMBER || !v->integer)
        return;
    snprintf(text, sizeof(text), "%lld", (long long)v->i);
    key_put(w, name, span_str(text));
    writer_u8(w, ' ');
}

/* Whether a document was read, and why not. */
static void put_read(struct writer *w, const struct json *document)
{
    const char *read = json_cstr(json_get(document, "read"), "full");

    key_put(w, "read", span_str(read));
    writer_u8(w, ' ');
    if (!strcmp(read, "full"))
        return;
    key_put(w, "unread", span_str(json_cstr(json_get(document, "unread_reason"), "unknown")));
    writer_u8(w, ' ');
}

/* A policy that ran beside the one in force and would have done something else: "yes", and its name and
 * version. */
static void put_shadow(struct writer *w, const struct json *event)
{
    const struct json *all = json_path(event, "gatehouse.shadow"),
                      *one = all && all->type == JSON_ARRAY ? all->child : NULL;
    const struct json *did = json_path(event, "gatehouse.verdict.action");
    const char *would = json_cstr(json_get(one, "action"), "");

    if (!did)
        did = json_path(event, "gatehouse.document.verdict.action");
    if (!*would || !strcmp(would, json_cstr(did, "log")))
        return;
    key_put(w, "shadow", span_str("yes"));
    writer_u8(w, ' ');
    if (text_of(json_get(one, "policy")).n)
        key_put(w, "shadow", text_of(json_get(one, "policy")));
    writer_u8(w, ' ');
}

static void put_keys(struct writer *w, int type, int64_t time, const struct json *event)
{
    const struct json *document = json_path(event, "gatehouse.document");
    struct span hash = text_of(json_get(document, "sha256"));

    key_put(w, "all", span_str(""));
    writer_u8(w, ' ');
    key_put(w, "type", span_str(event_type_name((enum event_type)type)));
    writer_u8(w, ' ');
    key_put_time(w, time);
    for (size_t i = 0; i < GH_COUNT(keys); i++) {
        struct span v = text_of(json_path(event, keys[i].path));
        if (!v.n)
            continue;
        key_put(w, keys[i].name, v);
        writer_u8(w, ' ');
    }
    key_put_address(w, "s", text_of(json_get(event, "src_ip")));
    key_put_address(w, "d", text_of(json_get(event, "dest_ip")));
    put_number(w, "dest_port", json_get(event, "dest_port"));
    put_number(w, "flow_id", json_get(event, "flow_id"));
    put_zones(w, event);
    put_shadow(w, event);
    if (document || type == EVENT_ALERT) {
        key_put(w, "level",
                span_str(level_names[level_number(json_cstr(json_get(document, "level"), "none"))]));
        writer_u8(w, ' ');
    }
    if (document)
        put_read(w, document);
    if (type == EVENT_ALERT) {
        int64_t severity = json_i64(json_path(event, "alert.severity"), 3);
        key_put_number(w, "severity", severity < 1 ? 1 : severity > 4 ? 4 : severity);
        writer_u8(w, ' ');
    }
    if (!hash.n)
        hash = text_of(json_path(event, "fileinfo.sha256"));
    if (hash.n)
        key_put(w, "sha256", hash);
}

static void put_texts(struct writer part[static PARTS], struct writer *exact, const struct json *event)
{
    for (size_t i = 0; i < GH_COUNT(texts); i++) {
        const struct json *v = json_path(event, texts[i].path);
        put_one(&part[texts[i].part], exact, text_of(v));
        if (v && v->type == JSON_ARRAY)
            json_each(one, v) put_one(&part[texts[i].part], exact, text_of(one));
    }
    json_each(query, json_path(event, "dns.queries"))
        put_one(&part[PART_HOST], exact, text_of(json_get(query, "rrname")));
    json_each(marking, json_path(event, "gatehouse.document.markings"))
        put_one(&part[PART_WORDS], exact, text_of(json_get(marking, "text")));
}

void search_text_table(const struct db *d, int64_t row, char table[static SEARCH_TABLE])
{
    if (!db_is_sqlite(d)) {
        snprintf(table, SEARCH_TABLE, "event_text");
        return;
    }
    snprintf(table, SEARCH_TABLE, "event_text_%lld", (long long)(row / SEARCH_SHARD));
}

/* The columns of SQLite's table, or the one of PostgreSQL's. out: they are taken out again. */
static int file(struct db *d, const char *table, bool out, int64_t row, const struct span column[static COLUMNS])
{
    char sql[256];
    struct writer w;
    int rc;

    if (db_is_sqlite(d)) {
        snprintf(sql, sizeof(sql),
                 out ? "INSERT INTO %s(%s, rowid, keys, file, host, mail, words, exact) VALUES('delete', ?, ?, ?, ?, "
                       "?, ?, ?)"
                     : "INSERT INTO %s(rowid, keys, file, host, mail, words, exact) VALUES(?, ?, ?, ?, ?, ?, ?)",
                 table, table);
        return db_exec(d, sql, "itttttt", row, column[COLUMN_KEYS], column[COLUMN_FILE], column[COLUMN_HOST],
                       column[COLUMN_MAIL], column[COLUMN_WORDS], column[COLUMN_EXACT]);
    }
    snprintf(sql, sizeof(sql), "INSERT INTO %s(rowid, v) VALUES(?1, CAST(?2 AS TSVECTOR))", table);
    writer_init(&w, 16 * PART_MAX * COLUMNS);
    tsvector_put(column, &w);
    rc = writer_ok(&w) ? db_exec(d, sql, "it", row, writer_span(&w)) : ST_NOMEM;
    writer_done(&w);
    return rc;
}

int search_columns_of(struct search_columns *c, int type, int64_t time, const struct json *event)
{
    bool good = true;

    writer_init(&c->w[COLUMN_EXACT], 2 * PART_MAX);
    writer_init(&c->w[COLUMN_KEYS], PART_MAX);
    for (size_t i = 0; i < PARTS; i++)
        writer_init(&c->w[COLUMN_FILE + i], 2 * PART_MAX);
    put_keys(&c->w[COLUMN_KEYS], type, time, event);
    put_texts(&c->w[COLUMN_FILE], &c->w[COLUMN_EXACT], event);
    for (size_t i = 0; i < COLUMNS; i++) {
        good = good && writer_ok(&c->w[i]);
        c->column[i] = writer_span(&c->w[i]);
    }
    return good ? 0 : ST_NOMEM;
}

void search_columns_done(struct search_columns *c)
{
    for (size_t i = 0; i < COLUMNS; i++)
        writer_done(&c->w[i]);
}

static int change(struct db *d, const char *table, bool out, int64_t row, int type, int64_t time,
                  const struct json *event)
{
    struct search_columns c;
    int rc = search_columns_of(&c, type, time, event);

    if (!rc)
        rc = file(d, table, out, row, c.column);
    search_columns_done(&c);
    return rc;
}

/* Where events go on to ClickHouse their words wait beside them, in a table that is looked through. */
static int wait_beside(struct db *d, int64_t row, int type, int64_t time, const struct json *event)
{
    struct search_columns c;
    struct writer w[COLUMNS];
    int rc = search_columns_of(&c, type, time, event);

    for (size_t i = 0; i < COLUMNS; i++) {
        writer_init(&w[i], 4 * PART_MAX);
        scan_words_put(c.column[i], &w[i]);
        if (!writer_ok(&w[i]))
            rc = ST_NOMEM;
    }
    if (!rc)
        rc = db_exec(d, "INSERT INTO event_words(id, keys, file, host, mail, words, exact) VALUES(?, ?, ?, ?, ?, ?, ?)", "itttttt", row,
                     writer_span(&w[COLUMN_KEYS]), writer_span(&w[COLUMN_FILE]), writer_span(&w[COLUMN_HOST]), writer_span(&w[COLUMN_MAIL]),
                     writer_span(&w[COLUMN_WORDS]), writer_span(&w[COLUMN_EXACT]));
    for (size_t i = 0; i < COLUMNS; i++)
        writer_done(&w[i]);
    search_columns_done(&c);
    return rc;
}

int search_text_add(struct db *d, int64_t row, int type, int64_t time, const struct json *event)
{
    char table[SEARCH_TABLE], sql[256];
    int rc = 0;

    if (type == EVENT_ALERT) /* these are never forgotten */
        rc = change(d, "alert_text", false, row, type, time, event);
    if (rc)
        return rc;
    if (db_beside(d))
        return wait_beside(d, row, type, time, event);
    search_text_table(d, row, table);
    rc = change(d, table, false, row, type, time, event);
    if (!rc || search_text_has(d, table))
        return rc;
    /* once in a million rows: the statement could not even be prepared */
    snprintf(sql, sizeof(sql), "CREATE VIRTUAL TABLE %s USING fts5(" SEARCH_FTS ")", table);
    rc = db_exec(d, sql, "");
    return rc ? rc : change(d, table, false, row, type, time, event);
}

bool search_text_has(struct db *d, const char *table)
{
    struct db_stmt *s;
    int rc;

    if (!db_is_sqlite(d))
        return true; /* search_text_begin made it */
    rc = db_query(d, &s, "SELECT 1 FROM sqlite_schema WHERE name = ?", "s", table);
    if (!rc)
        rc = db_step(s);
    if (rc == 1)
        db_reset(s);
    return rc == 1;
}

int search_text_remove(struct db *d, int64_t row, int type, int64_t time, const struct json *event)
{
    char table[SEARCH_TABLE];

    if (!db_is_sqlite(d))
        return db_exec(d, "DELETE FROM event_text WHERE rowid = ?", "i", row);
    search_text_table(d, row, table);
    return change(d, table, true, row, type, time, event);
}

int search_text_begin(struct db *d)
{
    int rc = 0;

    if (!db_is_sqlite(d)) {
        rc = db_exec(d, "CREATE TABLE IF NOT EXISTS event_text(rowid BIGINT PRIMARY KEY, v TSVECTOR NOT NULL)", "");
        if (!rc)
            rc = db_exec(d, "CREATE INDEX IF NOT EXISTS event_text_words ON event_text USING gin(v)", "");
    }
    if (rc)
        return rc;
    return db_exec(
        d,
        "INSERT INTO counter(name, n) SELECT 'search_low', coalesce((SELECT max(id) FROM event), 0) + 1 "
        "ON CONFLICT DO NOTHING",
        "");
}

int64_t search_text_low(struct db *d)
{
    return counter_get(d, "search_low");
}

/* One row below low that is not filed: 1, 0 none, or an error. */
static int fill_one(struct db *d, struct arena *a, int64_t *low)
{
    struct db_stmt *s;
    struct json *event = NULL;
    int64_t time;
    int type,
        rc = db_query(d, &s, "SELECT id, type, time, json FROM event WHERE id < ? ORDER BY id DESC LIMIT 1",
                      "i", *low);

    if (rc || (rc = db_step(s)) != 1)
        return rc;
    *low = db_i64(s, 0);
    type = (int)db_i64(s, 1);
    time = db_i64(s, 2);
    rc = json_parse(a, db_text(s, 3), 64, &event, NULL);
    if (rc == 0) /* the tree may point into the statement's text: file it before the statement ends */
        rc = search_text_add(d, *low, type, time, event);
    else if (rc != ST_NOMEM)
        rc = 0;
    db_reset(s);
    arena_reset(a);
    return rc ? rc : 1;
}

int search_text_fill(struct db *d, int64_t n, bool *ret_left)
{
    struct arena *a = arena_new(EVENT_ARENA);
    int64_t low = search_text_low(d);
    int rc = a ? 1 : ST_NOMEM;

    while (rc == 1 && n-- > 0)
        rc = fill_one(d, a, &low);
    *ret_left = rc == 1;
    arena_free(a);
    if (rc == 0)
        low = 0;
    return rc < 0 ? rc : db_exec(d, "UPDATE counter SET n = ? WHERE name = 'search_low'", "i", low);
}
