/* SPDX-License-Identifier: GPL-3.0-or-later
 * The audit: entries by who, what and when; as CSV; its signed head. Taking a copy away is an entry itself.
 */
#include "base/clock.h"
#include "console/api/access.h"
#include "console/http/head.h"
#include "console/store/audit_head.h"
#include "console/store/audit_list.h"

#include <stdio.h>

#define TEXT_MAX 200
#define CSV_MAX (15u << 20)

static bool text_of(struct request *r, const char *name, struct span *ret)
{
    const struct span *v = query_get(&r->query, name);

    if (!v)
        return true;
    if (v->n > TEXT_MAX || memchr(v->n ? (const void *)v->p : "", 0, v->n)) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'%s' is a text of at most %d bytes.", name, TEXT_MAX);
        return false;
    }
    *ret = *v;
    return true;
}

static bool time_of(struct request *r, const char *name, int64_t *ret)
{
    const struct span *v = query_get(&r->query, name);
    uint64_t us;

    if (!v)
        return true;
    if (!v->n || !clock_parse_iso((const char *)v->p, v->n, &us) || us > INT64_MAX) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'%s' is a time like 2026-11-24T06:00:00Z.", name);
        return false;
    }
    *ret = (int64_t)us;
    return true;
}

static bool asked(struct request *r, struct audit_filter *f, int64_t *limit)
{
    static const char *const names[] = {"actor", "action", "object", "from", "to", "before", "limit"};

    audit_filter_init(f);
    return query_fields(r, names, limit ? GH_COUNT(names) : GH_COUNT(names) - 1) &&
           text_of(r, "actor", &f->actor) && text_of(r, "action", &f->action) &&
           text_of(r, "object", &f->object) && time_of(r, "from", &f->from) && time_of(r, "to", &f->to) &&
           query_number(r, "before", 1, INT64_MAX, &f->before) &&
           (!limit || query_number(r, "limit", 1, PAGE_MAX, limit));
}

static void put_head(struct db *d, struct jw *j)
{
    char text[AUDIT_HEAD_TEXT];
    struct audit_head h;

    jw_key(j, "head");
    if (audit_head_newest(d, &h) != 0) {
        jw_null(j);
        return;
    }
    jw_obj(j);
    jw_kcstr(j, "head", audit_head_text(&h, text));
    jw_ktime(j, "signed", h.time);
    jw_khex(j, "signature", h.signature, sizeof(h.signature));
    jw_end_obj(j);
}

void api_audit_list(struct worker *w, struct request *r)
{
    int64_t limit = PAGE_DEFAULT;
    struct audit_filter f;
    struct jw j;
    int rc;

    if (!asked(r, &f, &limit))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = audit_find(w->db, &f, limit, &j);
    put_head(w->db, &j);
    reply_object_end(r, &j, rc);
}

/* Who took a copy away, before it leaves. */
static int note(struct worker *w, const struct request *r)
{
    int rc = 0;
    struct db *d = store_begin(w->app->store, &rc);

    if (!d)
        return rc;
    rc = audit_append(d, r->who.name, r->address, "audit_exported", "CSV", NULL);
    return store_end(w->app->store, rc);
}

void api_audit_csv(struct worker *w, struct request *r)
{
    struct audit_filter f;
    int64_t next = 0;
    int rc;

    if (!asked(r, &f, NULL))
        return;
    rc = note(w, r);
    writer_done(&r->reply.body);
    writer_init(&r->reply.body, CSV_MAX);
    if (!rc)
        rc = audit_csv(w->db, &f, &r->reply.body, &next);
    if (!rc && !writer_ok(&r->reply.body))
        rc = ST_NOMEM;
    if (rc) {
        app_fail(r, rc);
        return;
    }
    r->reply.status = 200;
    r->reply.content_type = "text/csv; charset=utf-8";
    reply_header(r, "Content-Disposition", "attachment; filename=\"gatehouse-audit.csv\"");
    if (next)
        reply_header(r, "X-Gatehouse-Next", arena_printf(r->arena, "%lld", (long long)next));
}

void api_audit_head(struct worker *w, struct request *r)
{
    struct audit_head h;
    struct db *d;
    struct jw j;
    int rc;

    if (!body_fields(r, NULL, 0) || !once_begin(w, r, &d))
        return;
    rc = audit_head_sign(d, w->app->keys, &h);
    if (rc == ST_EXISTS || rc == ST_NOT_FOUND)
        rc = 0;
    reply_json(r, 200, &j);
    jw_obj(&j);
    put_head(d, &j);
    jw_end_obj(&j);
    reply_json_end(r);
    once_end(w, r, d, rc);
}
