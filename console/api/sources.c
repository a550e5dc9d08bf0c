/* SPDX-License-Identifier: GPL-3.0-or-later
 * Policies, rules, lists and settings: list, read, write. Two people who edit one draft do not overwrite each
 * other: a save names the revision that it was made from. */
#include "console/api/sources.h"
#include "console/api/once.h"
#include "console/http/head.h"

#include <stdio.h>

static bool kind_of(struct span name, enum source_kind *ret)
{
    for (int i = 0; i < SOURCE_KINDS; i++)
        if (span_eq(name, span_str(source_kind_names[i]))) {
            *ret = (enum source_kind)i;
            return true;
        }
    return false;
}

void api_sources_list(struct worker *w, struct request *r)
{
    static const char *const names[] = {"kind"};
    const struct span *kind = query_get(&r->query, "kind");
    enum source_kind k = SOURCE_KINDS;
    struct jw j;
    int rc;

    if (!query_fields(r, names, 1))
        return;
    if (kind && !kind_of(*kind, &k)) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'kind' is one of policy, rules, lists, settings.");
        return;
    }
    reply_json(r, 200, &j);
    jw_obj(&j);
    jw_kbool(&j, "two_persons", w->app->conf->console_two_persons);
    jw_kbool(&j, "workbench", helpers_have(w->app->helpers, ROLE_WORKBENCH));
    rc = sources_put(w->db, kind ? (int)k : -1, &j);
    reply_object_end(r, &j, rc);
}

static void reply_source(struct request *r, struct db *d, int64_t id, int rc)
{
    struct jw j;

    reply_json(r, 200, &j);
    jw_obj(&j);
    if (!rc)
        rc = source_put(d, id, &j);
    jw_end_obj(&j);
    reply_json_end(r);
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such policy, rule set, list or settings.");
    else if (rc)
        app_fail(r, rc);
}

void api_source_get(struct worker *w, struct request *r)
{
    if (query_fields(r, NULL, 0))
        reply_source(r, w->db, r->id, 0);
}

static void reply_version(struct request *r, struct db *d, int64_t id, int64_t revision)
{
    struct jw j;
    int rc;

    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = source_version_put(d, id, revision, &j);
    jw_end_obj(&j);
    reply_json_end(r);
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such version.");
    else if (rc)
        app_fail(r, rc);
}

void api_version_get(struct worker *w, struct request *r)
{
    static const char *const names[] = {"revision"};
    int64_t revision = 0;

    if (query_fields(r, names, 1) && query_number(r, "revision", 1, INT64_MAX, &revision))
        reply_version(r, w->db, r->id, revision);
}

bool version_of(struct worker *w, struct request *r, struct db *d, struct arena *a,
                struct source_version *ret)
{
    int rc = a ? source_version(d, a, r->id, ret) : ST_NOMEM;

    (void)w;
    if (rc == ST_NOT_FOUND)
        reply_problem_say(r, PROBLEM_NOT_FOUND, "There is no such version.");
    else if (rc)
        app_fail(r, rc);
    return rc == 0;
}

bool files_of(struct request *r, struct arena *a, const struct source_version *v, struct source_files *ret)
{
    const struct json *files = json_get(r->json, "files");
    char why[256];
    int rc;

    if (!files) {
        rc = source_files_parse(a, v, ret);
        if (rc)
            app_fail(r, rc);
        return rc == 0;
    }
    rc = source_files_read(files, v->kind, ret, why, sizeof(why));
    if (rc)
        reply_problem_say(r, rc == ST_LIMIT ? PROBLEM_TOO_LARGE : PROBLEM_BAD_FIELD, "%s", why);
    return rc == 0;
}

/* "kind name", for the audit. */
static const char *object_of(const struct source_version *v, char buf[static 160])
{
    snprintf(buf, 160, "%s %s, version %lld", source_kind_names[v->kind], v->name, (long long)v->id);
    return buf;
}

static int audit_version(struct db *d, const struct request *r, const char *action,
                         const struct source_version *v, const char *detail)
{
    char object[160];

    return audit_append(d, r->who.name, r->address, action, object_of(v, object), detail);
}

static void limit_problem(struct request *r)
{
    reply_problem_say(r, PROBLEM_TOO_LARGE,
                      "There are too many of them already: at most %d names, %d versions of each.",
                      SOURCES_MAX, SOURCE_VERSIONS_MAX);
}

/* ---- new ones ---- */

/* The files that a new draft begins with: the body's, or those of the version that it names. */
static bool first_files(struct request *r, struct db *d, struct arena *a, enum source_kind kind,
                        int64_t *ret_base, struct source_files *ret)
{
    const struct json *from = json_get(r->json, "from"), *files = json_get(r->json, "files");
    struct source_version base;
    char why[256];
    int rc;

    *ret_base = 0;
    if (from && (from->type != JSON_NUMBER || !from->integer || source_version(d, a, from->i, &base) != 0 ||
                 base.kind != kind)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'from' is no version of that kind.");
        return false;
    }
    if (from)
        *ret_base = base.id;
    if (files || !from)
        rc = source_files_read(files, kind, ret, why, sizeof(why));
    else
        rc = source_files_parse(a, &base, ret);
    if (rc)
        reply_problem_say(r, rc == ST_LIMIT ? PROBLEM_TOO_LARGE : PROBLEM_BAD_FIELD, "%s",
                          files || !from ? why : "The version cannot be read.");
    return rc == 0;
}

static int add_draft(struct db *d, struct request *r, struct arena *a, int64_t source, int64_t base,
                     const struct source_files *files, struct span note, int64_t *ret_id)
{
    const char *text = arena_dup(a, note.p, note.n);
    struct source_version v;
    struct writer w;
    int rc = text ? 0 : ST_NOMEM;

    writer_init(&w, 4 * SOURCE_BYTES_MAX);
    source_files_write(files, &w);
    if (!rc)
        rc = writer_ok(&w) ? source_draft(d, source, base, r->who.name, writer_span(&w), text, ret_id)
                           : ST_LIMIT;
    writer_done(&w);
    if (!rc)
        rc = source_version(d, a, *ret_id, &v);
    return rc ? rc : audit_version(d, r, "source_drafted", &v, text);
}

/* Ends a step that made or changed a version. */
static void finish(struct worker *w, struct request *r, struct db *d, int rc, int64_t id)
{
    if (rc == ST_LIMIT) {
        limit_problem(r);
        rc = 0;
    } else if (!rc && !r->reply.status) {
        reply_version(r, d, id, 0);
    }
    (void)once_end(w, r, d, rc);
}

void api_source_add(struct worker *w, struct request *r)
{
    static const char *const names[] = {"kind", "name", "from", "files", "note"};
    struct span kind = {NULL, 0}, name = {NULL, 0}, note = {NULL, 0};
    struct arena *a = arena_new(SOURCE_ARENA);
    struct source_files files;
    enum source_kind k = SOURCE_KINDS;
    int64_t base, source, id = 0;
    struct db *d;
    int rc;

    if (!a || !body_fields(r, names, GH_COUNT(names)) || !body_text(r, "kind", 16, true, &kind) ||
        !body_text(r, "name", 64, true, &name) || !body_text(r, "note", SOURCE_NOTE_MAX, false, &note))
        goto out;
    if (!kind_of(kind, &k) || !source_name_is_good(name)) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'kind' is one of policy, rules, lists, settings; 'name' has letters, digits, '-' "
                          "and '_', at most %d.",
                          SOURCE_NAME_MAX);
        goto out;
    }
    if (!first_files(r, w->db, a, k, &base, &files) || !once_begin(w, r, &d))
        goto out;
    rc = source_add(d, k, arena_dup(a, name.p, name.n), r->who.name, false, &source);
    if (rc == ST_EXISTS) {
        reply_problem_say(r, PROBLEM_NAME_TAKEN, "There is one of that name already; make a draft of it.");
        rc = 0;
    } else if (!rc) {
        rc = add_draft(d, r, a, source, base, &files, note, &id);
    }
    finish(w, r, d, rc, id);
out:
    arena_free(a);
}

static int kind_of_source(struct db *d, int64_t id, enum source_kind *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT kind FROM source WHERE id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = (enum source_kind)db_i64(s, 0);
    db_reset(s);
    return (unsigned)*ret < SOURCE_KINDS ? 0 : ST_IO;
}

void api_source_draft(struct worker *w, struct request *r)
{
    static const char *const names[] = {"from", "files", "note"};
    struct arena *a = arena_new(SOURCE_ARENA);
    struct source_files files;
    struct span note = {NULL, 0};
    enum source_kind k;
    int64_t base, id = 0;
    struct db *d;
    int rc;

    if (!a || !body_fields(r, names, GH_COUNT(names)) || !body_text(r, "note", SOURCE_NOTE_MAX, false, &note))
        goto out;
    rc = kind_of_source(w->db, r->id, &k);
    if (rc) {
        app_fail(r, rc);
        goto out;
    }
    if (!first_files(r, w->db, a, k, &base, &files) || !once_begin(w, r, &d))
        goto out;
    rc = add_draft(d, r, a, r->id, base, &files, note, &id);
    finish(w, r, d, rc, id);
out:
    arena_free(a);
}

/* ---- saving ---- */

/* Is the version one that may be written, and still the one that the body was made from? */
static bool may_save(struct request *r, const struct source_version *v)
{
    const struct json *revision = json_get(r->json, "revision");

    if (!revision || revision->type != JSON_NUMBER || !revision->integer) {
        reply_problem_say(r, PROBLEM_BAD_FIELD,
                          "'revision' is the number of the text that yours was made from.");
        return false;
    }
    if (v->state != SOURCE_DRAFT && v->state != SOURCE_REFUSED) {
        reply_problem_with(r, PROBLEM_WRONG_STATE, "state", 0, source_state_names[v->state]);
        return false;
    }
    if (revision->i != v->revision) {
        reply_problem_with(r, PROBLEM_EDITED, "revision", (uint64_t)v->revision, NULL);
        return false;
    }
    return true;
}

void api_version_save(struct worker *w, struct request *r)
{
    static const char *const names[] = {"revision", "files", "note"};
    struct arena *a = arena_new(SOURCE_ARENA);
    struct span note = {NULL, 0};
    struct source_version v;
    struct source_files files;
    const char *text;
    int64_t revision;
    struct writer out;
    struct db *d;
    int rc;

    if (!a || !body_fields(r, names, GH_COUNT(names)) ||
        !body_text(r, "note", SOURCE_NOTE_MAX, false, &note) || !version_of(w, r, w->db, a, &v) ||
        !files_of(r, a, &v, &files) || !once_begin(w, r, &d))
        goto out;
    writer_init(&out, 4 * SOURCE_BYTES_MAX);
    source_files_write(&files, &out);
    text = arena_dup(a, note.p, note.n);
    rc = !text ? ST_NOMEM : !writer_ok(&out) ? ST_LIMIT : 0;
    if (!rc && version_of(w, r, d, a, &v) &&
        may_save(r, &v)) { /* anew: as it is now that nobody else can write */
        rc = source_save(d, &v, r->who.name, writer_span(&out), text, &revision);
        if (!rc)
            rc = audit_version(d, r, "source_saved", &v, text);
    }
    writer_done(&out);
    finish(w, r, d, rc, v.id);
out:
    arena_free(a);
}
