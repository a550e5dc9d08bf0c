/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/sources.h"
#include "base/clock.h"

#include <stdio.h>

const char *const source_state_names[SOURCE_STATES] = {"draft", "proposed", "approved", "refused", "dropped"};

static int64_t now(void)
{
    return (int64_t)clock_wall_us();
}

static struct span hash_of(struct span files, uint8_t out[static SEAL_HASH])
{
    source_hash(files, out);
    return span_of(out, SEAL_HASH);
}

static int count_of(struct db *d, const char *sql, int64_t arg, int64_t *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, sql, "i", arg);

    if (!rc && (rc = db_step(s)) == 1) {
        *ret = db_i64(s, 0);
        db_reset(s);
        return 0;
    }
    return rc ? rc : ST_NOT_FOUND;
}

int source_find(struct db *d, enum source_kind kind, const char *name, int64_t *ret_id)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id FROM source WHERE kind = ? AND name = ?", "is", (int64_t)kind, name);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret_id = db_i64(s, 0);
    db_reset(s);
    return 0;
}

int source_add(struct db *d, enum source_kind kind, const char *name, const char *who, bool shipped,
               int64_t *ret_id)
{
    int64_t n = 0;
    int rc = source_find(d, kind, name, ret_id);

    if (rc == 0)
        return ST_EXISTS;
    if (rc != ST_NOT_FOUND)
        return rc;
    rc = count_of(d, "SELECT count(*) FROM source WHERE id > ?", 0, &n);
    if (!rc && n >= SOURCES_MAX)
        return ST_LIMIT;
    if (!rc)
        rc = db_exec(d, "INSERT INTO source(kind, name, shipped, created, created_by) VALUES(?, ?, ?, ?, ?)",
                     "isiis", (int64_t)kind, name, (int64_t)shipped, now(), who);
    *ret_id = db_last_id(d);
    return rc;
}

/* The text as a revision of its own; the oldest ones go. */
static int keep_revision(struct db *d, int64_t version, int64_t revision, const char *who, struct span files,
                         struct span hash)
{
    int rc = db_exec(
        d, "INSERT INTO source_revision(version, revision, time, user, hash, files) VALUES(?, ?, ?, ?, ?, ?)",
        "iiisbt", version, revision, now(), who, hash, files);

    return rc ? rc
              : db_exec(d, "DELETE FROM source_revision WHERE version = ? AND revision <= ?", "ii", version,
                        revision - REVISIONS_KEPT);
}

int source_draft(struct db *d, int64_t source, int64_t base, const char *who, struct span files,
                 const char *note, int64_t *ret_id)
{
    uint8_t hash[SEAL_HASH];
    int64_t n = 0;
    int rc = count_of(d, "SELECT count(*) FROM source_version WHERE source = ?", source, &n);

    if (!rc && n >= SOURCE_VERSIONS_MAX)
        return ST_LIMIT;
    if (!rc)
        rc = db_exec(d,
                     "INSERT INTO source_version(source, state, revision, base, author, note, made, changed, "
                     "changed_by, hash, files) VALUES(?1, 0, 1, nullif(?2, 0), ?3, ?4, ?5, ?5, ?3, ?6, ?7)",
                     "iissibt", source, base, who, note, now(), hash_of(files, hash), files);
    *ret_id = db_last_id(d);
    return rc ? rc : keep_revision(d, *ret_id, 1, who, files, span_of(hash, SEAL_HASH));
}

#define COLUMNS                                                                                              \
    "v.id, v.source, ifnull(v.number, 0), v.revision, ifnull(v.base, 0), ifnull(v.goods, 0), v.state, "      \
    "s.kind, s.name, v.author, v.files FROM source_version v JOIN source s ON s.id = v.source "

static int read_version(struct db_stmt *s, struct arena *a, struct source_version *ret)
{
    struct span files;
    char *copy;
    int rc = db_step(s);

    if (rc != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = (struct source_version){.id = db_i64(s, 0),
                                   .source = db_i64(s, 1),
                                   .number = db_i64(s, 2),
                                   .revision = db_i64(s, 3),
                                   .base = db_i64(s, 4),
                                   .goods = db_i64(s, 5)};
    ret->state = (enum source_state)db_i64(s, 6);
    ret->kind = (enum source_kind)db_i64(s, 7);
    snprintf(ret->name, sizeof(ret->name), "%s", db_cstr(s, 8));
    snprintf(ret->author, sizeof(ret->author), "%.64s", db_cstr(s, 9));
    files = db_text(s, 10);
    copy = arena_dup(a, files.p, files.n);
    ret->files = span_of(copy, files.n);
    db_reset(s);
    return copy && (unsigned)ret->state < SOURCE_STATES && (unsigned)ret->kind < SOURCE_KINDS ? 0 : ST_NOMEM;
}

int source_version(struct db *d, struct arena *a, int64_t id, struct source_version *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT " COLUMNS "WHERE v.id = ?", "i", id);

    return rc ? rc : read_version(s, a, ret);
}

int source_newest(struct db *d, struct arena *a, enum source_kind kind, const char *name,
                  struct source_version *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s,
                      "SELECT " COLUMNS "WHERE s.kind = ? AND s.name = ? AND v.state = 2 ORDER BY v.number "
                      "DESC LIMIT 1",
                      "is", (int64_t)kind, name);

    return rc ? rc : read_version(s, a, ret);
}

int source_save(struct db *d, const struct source_version *v, const char *who, struct span files,
                const char *note, int64_t *ret_revision)
{
    uint8_t hash[SEAL_HASH];
    int rc =
        db_exec(d,
                "UPDATE source_version SET state = 0, revision = ?1, changed = ?2, changed_by = ?3, hash = "
                "?4, files = ?5, note = ?6, proposed = NULL, proposed_by = NULL WHERE id = ?7",
                "iisbtsi", v->revision + 1, now(), who, hash_of(files, hash), files, note, v->id);

    *ret_revision = v->revision + 1;
    return rc ? rc : keep_revision(d, v->id, *ret_revision, who, files, span_of(hash, SEAL_HASH));
}

int source_set_state(struct db *d, const struct source_version *v, enum source_state state, const char *who,
                     const char *why)
{
    if (state == SOURCE_PROPOSED)
        return db_exec(d,
                       "UPDATE source_version SET state = 1, proposed = ?, proposed_by = ?, decided = NULL, "
                       "decided_by = NULL, why = NULL WHERE id = ?",
                       "isi", now(), who, v->id);
    if (state == SOURCE_DRAFT)
        return db_exec(
            d, "UPDATE source_version SET state = 0, proposed = NULL, proposed_by = NULL WHERE id = ?", "i",
            v->id);
    return db_exec(d,
                   "UPDATE source_version SET state = ?, decided = ?, decided_by = ?, why = ? WHERE id = ?",
                   "iissi", (int64_t)state, now(), who, why, v->id);
}

/* The version as it is called on appliances: the bundle's own and our number, "1.4-7". */
static void goods_version(const char *label, int64_t number, char out[static GOODS_NAME])
{
    snprintf(out, GOODS_NAME, "%.30s-%lld", label, (long long)number);
    if (!*label || !goods_name_is_good(span_str(out)))
        snprintf(out, GOODS_NAME, "%lld", (long long)number);
}

int source_approve(struct db *d, struct arena *a, const struct source_version *v, const char *label,
                   const char *who, const char *why, const char **ret_why)
{
    struct source_files *files = arena_alloc(a, sizeof(*files));
    struct source_bag *bag = arena_alloc(a, sizeof(*bag));
    char version[GOODS_NAME];
    int64_t number = 0, id = 0;
    int rc = files && bag ? source_files_parse(a, v, files) : ST_NOMEM;

    *ret_why = "";
    if (!rc)
        rc = source_bag_add(a, files, "", bag);
    if (!rc && v->kind == SOURCE_POLICY)
        rc = source_bag_used(d, a, files, "used", bag);
    if (!rc)
        rc = count_of(d, "SELECT ifnull(max(number), 0) + 1 FROM source_version WHERE source = ?", v->source,
                      &number);
    goods_version(label, number, version);
    if (!rc)
        rc = goods_add(d, source_goods(v->kind), v->name, version, "", bag->v, bag->n, who, &id, ret_why);
    if (rc)
        return rc;
    return db_exec(d,
                   "UPDATE source_version SET state = 2, number = ?, label = ?, goods = ?, decided = ?, "
                   "decided_by = ?, why = ? WHERE id = ?",
                   "isiissi", number, label, id, now(), who, why, v->id);
}
