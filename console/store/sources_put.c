/* SPDX-License-Identifier: GPL-3.0-or-later
 * Sources and versions as the API shows them. */
#include "console/store/sources.h"

#define VERSIONS_SHOWN 200

static void put_number(struct jw *j, const char *key, struct db_stmt *s, int column)
{
    jw_key(j, key);
    if (db_is_null(s, column))
        jw_null(j);
    else
        jw_i64(j, db_i64(s, column));
}

static const char *name_at(const char *const *names, size_t n, int64_t i)
{
    return i >= 0 && (size_t)i < n ? names[i] : "?";
}

int sources_put(struct db *d, int kind, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT s.id, s.kind, s.name, s.shipped, s.created, s.created_by, v.id, v.number, v.label, "
        "v.decided, "
        "v.author, (SELECT count(*) FROM source_version o WHERE o.source = s.id AND o.state = 0), "
        "(SELECT count(*) FROM source_version o WHERE o.source = s.id AND o.state = 1), v.goods "
        "FROM source s LEFT JOIN source_version v ON v.id = (SELECT id FROM source_version n WHERE n.source "
        "= "
        "s.id AND n.state = 2 ORDER BY n.number DESC LIMIT 1) WHERE ?1 < 0 OR s.kind = ?1 ORDER BY s.kind, "
        "s.name",
        "i", (int64_t)kind);

    jw_karr(j, "items");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "id", db_i64(s, 0));
        jw_kcstr(j, "kind", name_at(source_kind_names, SOURCE_KINDS, db_i64(s, 1)));
        jw_kstr(j, "name", db_text(s, 2));
        jw_kbool(j, "shipped", db_i64(s, 3) != 0);
        jw_ktime(j, "created", db_i64(s, 4));
        jw_kstr(j, "created_by", db_text(s, 5));
        jw_key(j, "newest");
        if (db_is_null(s, 6)) {
            jw_null(j);
        } else {
            jw_obj(j);
            jw_ki64(j, "id", db_i64(s, 6));
            jw_ki64(j, "number", db_i64(s, 7));
            jw_kstr(j, "label", db_text(s, 8));
            jw_ktime(j, "decided", db_i64(s, 9));
            jw_kstr(j, "author", db_text(s, 10));
            put_number(j, "goods", s, 13);
            jw_end_obj(j);
        }
        jw_ki64(j, "drafts", db_i64(s, 11));
        jw_ki64(j, "proposed", db_i64(s, 12));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

#define ROW                                                                                                  \
    "v.id, v.number, v.state, v.revision, v.base, v.author, v.note, v.label, v.made, v.changed, "            \
    "v.changed_by, v.hash, v.proposed, v.proposed_by, v.decided, v.decided_by, v.why, v.goods, v.source, "   \
    "s.kind, s.name FROM source_version v JOIN source s ON s.id = v.source "

/* The columns of ROW as members of an open object. */
static void put_row(struct db_stmt *s, struct jw *j)
{
    jw_ki64(j, "id", db_i64(s, 0));
    put_number(j, "number", s, 1);
    jw_kcstr(j, "state", name_at(source_state_names, SOURCE_STATES, db_i64(s, 2)));
    jw_ki64(j, "revision", db_i64(s, 3));
    put_number(j, "base", s, 4);
    jw_kstr(j, "author", db_text(s, 5));
    jw_kstr(j, "note", db_text(s, 6));
    jw_kstr(j, "label", db_text(s, 7));
    jw_ktime(j, "made", db_i64(s, 8));
    jw_ktime(j, "changed", db_i64(s, 9));
    jw_kstr(j, "changed_by", db_text(s, 10));
    jw_khex(j, "hash", db_blob(s, 11).p, db_blob(s, 11).n);
    jw_ktime(j, "proposed", db_i64(s, 12));
    jw_ktext(j, "proposed_by", db_text(s, 13));
    jw_ktime(j, "decided", db_i64(s, 14));
    jw_ktext(j, "decided_by", db_text(s, 15));
    jw_ktext(j, "why", db_text(s, 16));
    put_number(j, "goods", s, 17);
    jw_ki64(j, "source", db_i64(s, 18));
    jw_kcstr(j, "kind", name_at(source_kind_names, SOURCE_KINDS, db_i64(s, 19)));
    jw_kstr(j, "name", db_text(s, 20));
}

int source_put(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id, kind, name, shipped, created, created_by FROM source WHERE id = ?",
                      "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    jw_ki64(j, "id", db_i64(s, 0));
    jw_kcstr(j, "kind", name_at(source_kind_names, SOURCE_KINDS, db_i64(s, 1)));
    jw_kstr(j, "name", db_text(s, 2));
    jw_kbool(j, "shipped", db_i64(s, 3) != 0);
    jw_ktime(j, "created", db_i64(s, 4));
    jw_kstr(j, "created_by", db_text(s, 5));
    db_reset(s);
    rc = db_query(d, &s, "SELECT " ROW "WHERE v.source = ? ORDER BY v.id DESC LIMIT ?", "ii", id,
                  (int64_t)VERSIONS_SHOWN);
    jw_karr(j, "versions");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        put_row(s, j);
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put_revisions(struct db *d, int64_t id, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT revision, time, user, hash FROM source_revision WHERE version = ? ORDER BY revision DESC",
        "i", id);

    jw_karr(j, "revisions");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "revision", db_i64(s, 0));
        jw_ktime(j, "time", db_i64(s, 1));
        jw_kstr(j, "user", db_text(s, 2));
        jw_khex(j, "hash", db_blob(s, 3).p, db_blob(s, 3).n);
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}

static int put_files(struct db *d, int64_t id, int64_t revision, struct jw *j)
{
    struct db_stmt *s;
    int rc = revision
                 ? db_query(d, &s, "SELECT files FROM source_revision WHERE version = ? AND revision = ?",
                            "ii", id, revision)
                 : db_query(d, &s, "SELECT files FROM source_version WHERE id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    jw_kraw(j, "files", db_text(s, 0));
    db_reset(s);
    return 0;
}

int source_version_put(struct db *d, int64_t id, int64_t revision, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT " ROW "WHERE v.id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    put_row(s, j);
    db_reset(s);
    rc = put_files(d, id, revision, j);
    return rc ? rc : put_revisions(d, id, j);
}
