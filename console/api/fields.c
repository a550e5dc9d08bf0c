/* SPDX-License-Identifier: GPL-3.0-or-later
 * Members of bodies and queries: what is unknown or of the wrong form is refused by name. */
#include "base/text.h"
#include "console/api/app.h"
#include "console/http/head.h"

static bool is_known(struct span name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq(name, span_str(names[i])))
            return true;
    return false;
}

static void say_unknown(struct request *r, enum problem p, const char *what, struct span name,
                        const char *const *names, size_t n)
{
    char word[64];
    const char *near;

    name = span_part(name, 0, sizeof(word) - 1);
    memset(word, 0, sizeof(word));
    if (name.p)
        memcpy(word, name.p, name.n);
    near = text_nearest(word, names, n);
    reply_problem_say(r, p, "Unknown %s '%s'%s%s%s", what, word, near ? "; did you mean '" : ".",
                      near ? near : "", near ? "'?" : "");
}

bool body_fields(struct request *r, const char *const *names, size_t n)
{
    if (!r->json || r->json->type != JSON_OBJECT) {
        reply_problem_say(r, PROBLEM_BAD_JSON, "The body must be a JSON object.");
        return false;
    }
    json_each(m, r->json)
    {
        if (!is_known(m->key, names, n)) {
            say_unknown(r, PROBLEM_BAD_FIELD, "member", m->key, names, n);
            return false;
        }
    }
    return true;
}

bool body_text(struct request *r, const char *name, size_t max, bool required, struct span *ret)
{
    const struct json *v = json_get(r->json, name);

    if (!v && !required)
        return true;
    if (!v || v->type != JSON_STRING) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' must be a string.", name);
        return false;
    }
    if (v->s.n > max) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' is longer than %zu bytes.", name, max);
        return false;
    }
    *ret = v->s;
    return true;
}

bool query_fields(struct request *r, const char *const *names, size_t n)
{
    for (size_t i = 0; i < r->query.n; i++)
        if (!is_known(r->query.v[i].name, names, n)) {
            say_unknown(r, PROBLEM_BAD_QUERY, "query parameter", r->query.v[i].name, names, n);
            return false;
        }
    return true;
}

bool query_number(struct request *r, const char *name, int64_t lo, int64_t hi, int64_t *ret)
{
    const struct span *v = query_get(&r->query, name);
    uint64_t n;

    if (!v)
        return true;
    if (!span_number(*v, (uint64_t)hi, &n) || (int64_t)n < lo) {
        reply_problem_say(r, PROBLEM_BAD_QUERY, "'%s' must be a number from %lld to %lld.", name,
                          (long long)lo, (long long)hi);
        return false;
    }
    *ret = (int64_t)n;
    return true;
}

bool query_page(struct request *r, int64_t *before, int64_t *limit)
{
    *before = INT64_MAX;
    *limit = PAGE_DEFAULT;
    return query_number(r, "before", 1, INT64_MAX, before) && query_number(r, "limit", 1, PAGE_MAX, limit);
}

bool page_asked(struct request *r, int64_t *before, int64_t *limit)
{
    static const char *const names[] = {"before", "limit"};

    return query_fields(r, names, GH_COUNT(names)) && query_page(r, before, limit);
}

void reply_object_end(struct request *r, struct jw *j, int rc)
{
    jw_end_obj(j);
    if (rc)
        app_fail(r, rc);
    else
        reply_json_end(r);
}
