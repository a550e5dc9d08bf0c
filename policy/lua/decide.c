/* SPDX-License-Identifier: GPL-3.0-or-later
 * Deciding: every rule in order, the strictest match first; a rule that fails counts as the safe verdict and
 * says why. */
#include "policy/lua/bundle.h"
#include "policy/lua/lua_door.h"
#include "policy/lua/quick.h"

#include <stdio.h>

/* Arguments: view (light userdata), rule's function reference. */
static int call_when(lua_State *l)
{
    struct view *v = lua_touserdata(l, 1);
    int when = (int)lua_tointeger(l, 2);

    lua_rawgeti(l, LUA_REGISTRYINDEX, when);
    view_push(l, v);
    lua_call(l, 1, 1);
    lua_pushboolean(l, lua_toboolean(l, -1));
    return 1;
}

/* One rule with notes of what it reads, and a look at what it must not change. */
static int try_rule(struct bundle *b, const struct rule *r, char *err, size_t cap)
{
    lua_State *l = cage_lua(b->cage);
    char changed[512];
    bool hit = false;
    int rc;

    view_forget(&b->view);
    b->view.noting = true;
    b->now = r;
    lua_pushcfunction(l, call_when);
    lua_pushlightuserdata(l, &b->view);
    lua_pushinteger(l, r->when);
    rc = cage_call(b->cage, 2, 1, err, cap);
    b->now = NULL;
    b->view.noting = false;
    if (!rc) {
        hit = lua_toboolean(l, -1);
        lua_pop(l, 1);
    }
    if (cage_unchanged(b->cage, changed, sizeof(changed)) || rc)
        return rc ? rc : hit;
    snprintf(err, cap, "%s", changed);
    return ST_USAGE;
}

static bool applies(const struct bundle *b, const struct rule *r)
{
    return !r->off && (r->types >> b->view.type & 1);
}

/* All rules in one go, without notes: what each said. */
struct round {
    struct bundle *b;
    size_t at;
    int8_t said[RULES_MAX]; /* 1, 0, -1: it failed */
    int rc[RULES_MAX];      /* of those that failed */
    const char *message[RULES_MAX];
};

static int run_rules(lua_State *l)
{
    struct round *t = lua_touserdata(l, 1);
    struct bundle *b = t->b;

    quick_push(b->quick, l, &b->view);
    for (; t->at < b->n_rules; t->at++) {
        struct rule *r = &b->rules[t->at];
        if (!applies(b, r))
            continue;
        b->now = r;
        r->tried++;
        lua_rawgeti(l, LUA_REGISTRYINDEX, r->when);
        lua_pushvalue(l, 2);
        lua_call(l, 1, 1);
        t->said[t->at] = (int8_t)lua_toboolean(l, -1);
        lua_pop(l, 1);
    }
    return 0;
}

static void note_failure(struct round *t, struct arena *a, int rc, const char *err)
{
    t->said[t->at] = -1;
    t->rc[t->at] = rc;
    t->message[t->at] = arena_dup(a, err, strlen(err));
    t->at++;
}

/* The budget is for the whole decision: a rule that spends it ends the round. */
static void quick_round(struct bundle *b, struct arena *a, struct round *t)
{
    lua_State *l = cage_lua(b->cage);
    char err[1024];

    cage_begin(b->cage);
    while (t->at < b->n_rules) {
        int rc;
        lua_pushcfunction(l, run_rules);
        lua_pushlightuserdata(l, t);
        rc = cage_call(b->cage, 1, 0, err, sizeof(err));
        if (rc)
            note_failure(t, a, rc, err);
        if (rc == ST_LIMIT)
            break;
    }
    b->now = NULL;
    quick_end(b->quick, l);
}

/* A rule changed what lies outside of it: all are tried again one by one, each with a look at what it left.
 */
static void strict_round(struct bundle *b, struct arena *a, struct round *t)
{
    char err[1024];

    memset(t->said, 0, sizeof(t->said));
    cage_begin(b->cage);
    for (t->at = 0; t->at < b->n_rules;) {
        int hit = applies(b, &b->rules[t->at]) ? try_rule(b, &b->rules[t->at], err, sizeof(err)) : 0;
        if (hit >= 0)
            t->said[t->at++] = (int8_t)hit;
        else
            note_failure(t, a, hit, err);
        if (hit == ST_LIMIT)
            break;
    }
}

static const struct json *shown_part(const struct json *e)
{
    return e->type != JSON_OBJECT ? e : json_get(e, "text") ? json_get(e, "text") : e->child;
}

static bool seen_before(const struct json *list, const struct json *e)
{
    for (const struct json *p = list->child; p != e; p = p->next)
        if (shown_part(p) && shown_part(e) && span_eq(shown_part(p)->raw, shown_part(e)->raw))
            return true;
    return false;
}

/* A fact in a sentence: texts as they are (cut), levels as people write them, the different elements of a
 * list, absent ones as "–". */
static void put_fact(struct writer *w, const struct json *j)
{
    if (!j || j->type == JSON_NULL) {
        writer_str(w, "–");
    } else if (j->type == JSON_STRING) {
        const char *level = event_level_shown(j->s);
        if (level)
            writer_str(w, level);
        else
            writer_put(w, span_part(j->s, 0, 200));
    } else if (j->type == JSON_ARRAY) {
        size_t n = 0;
        json_each(e, j)
        {
            if (n < 5 && seen_before(j, e))
                continue;
            if (n++ == 5) {
                writer_str(w, ", …");
                break;
            }
            if (n > 1)
                writer_str(w, ", ");
            put_fact(w, shown_part(e));
        }
        if (!n)
            writer_str(w, "–");
    } else {
        writer_put(w, span_part(j->raw, 0, 60));
    }
}

static void put_setting(struct writer *w, const struct part *p, const char *name)
{
    for (size_t i = 0; i < p->n_settings; i++)
        if (!strcmp(p->settings[i].name, name))
            writer_str(w, p->settings[i].now);
}

static const char *fill_reason(struct bundle *b, struct arena *a, const struct rule *r, const char *text)
{
    struct span rest = span_str(text);
    struct writer w;
    const char *s;
    ptrdiff_t open;

    writer_init(&w, 8192);
    while ((open = span_find_byte(rest, '{', 0)) >= 0) {
        ptrdiff_t close = span_find_byte(rest, '}', (size_t)open);
        char path[RULE_TEXT];
        if (close < 0)
            break;
        writer_put(&w, span_part(rest, 0, (size_t)open));
        snprintf(path, sizeof(path), "%.*s", (int)(close - open - 1), (const char *)rest.p + open + 1);
        if (!strncmp(path, "settings.", 9))
            put_setting(&w, &b->parts[r->part], path + 9);
        else
            put_fact(&w, view_path(&b->view, path));
        rest = span_part(rest, (size_t)close + 1, rest.n);
    }
    writer_put(&w, rest);
    s = writer_ok(&w) ? arena_dup(a, w.p, w.n) : NULL;
    writer_done(&w);
    return s ? s : text;
}

static void keep_reads(struct bundle *b, struct arena *a, struct verdict *v)
{
    struct view_read *copy = arena_array(a, b->view.n_reads ? b->view.n_reads : 1, sizeof(*copy));

    if (!copy)
        return;
    memcpy(copy, b->view.reads, b->view.n_reads * sizeof(*copy));
    v->reads = copy;
    v->n_reads = b->view.n_reads;
}

static void add_failure(struct bundle *b, struct arena *a, const struct rule *r, const char *message,
                        enum action safe, struct decision *d)
{
    struct verdict *v = &d->v[d->n++];

    *v = (struct verdict){.action = safe, .rule = r};
    v->error = arena_dup(a, message, strlen(message));
    if (!v->error)
        v->error = "not enough memory for the message";
    v->reason_en = arena_printf(a, "Rule %s of %s could not decide, so the safe verdict '%s' holds: %s",
                                r->id, b->name, bundle_action_name(b, safe), v->error);
    v->reason_vi =
        arena_printf(a, "Luật %s của %s không quyết định được nên áp dụng kết luận an toàn '%s': %s", r->id,
                     b->name, bundle_action_name(b, safe), v->error);
    keep_reads(b, a, v);
}

static void add_match(struct bundle *b, struct arena *a, const struct rule *r, struct decision *d)
{
    struct verdict *v = &d->v[d->n++];

    *v = (struct verdict){.action = r->action, .rule = r};
    v->reason_en = fill_reason(b, a, r, r->reason_en);
    v->reason_vi = fill_reason(b, a, r, r->reason_vi);
    keep_reads(b, a, v);
}

/* The strictest first; among equals a failure, then the earlier rule. */
static void strictest_first(struct decision *d)
{
    struct verdict first;
    size_t best = 0;

    for (size_t i = 1; i < d->n; i++)
        if (d->v[i].action > d->v[best].action ||
            (d->v[i].action == d->v[best].action && d->v[i].error && !d->v[best].error))
            best = i;
    first = d->v[best];
    memmove(&d->v[1], &d->v[0], best * sizeof(first));
    d->v[0] = first;
}

static int begin(struct bundle *b, struct arena *a, struct span event)
{
    int rc = view_begin(&b->view, a, event, &b->world);

    if (!rc)
        history_event(b->history, b->view.time_us);
    return rc;
}

/* What is told is looked at once more, with notes: what did it read, and what exactly failed? */
static void tell(struct bundle *b, struct arena *a, const struct round *t, size_t i, bool *spent,
                 enum action safe, struct decision *d)
{
    struct rule *r = &b->rules[i];
    char err[1024];
    int again = ST_LIMIT;

    view_forget(&b->view);
    if (!*spent && (t->said[i] > 0 || t->rc[i] != ST_LIMIT))
        again = try_rule(b, r, err, sizeof(err));
    *spent = *spent || again == ST_LIMIT;
    if (t->said[i] > 0)
        add_match(b, a, r, d);
    else
        add_failure(b, a, r,
                    again == ST_USAGE ? err
                    : t->message[i]   ? t->message[i]
                                      : "not enough memory",
                    bundle_safe(b, r, safe), d);
    r->matched += t->said[i] > 0;
}

int bundle_decide(struct bundle *b, struct arena *a, struct span event, enum action safe,
                  struct decision *ret)
{
    struct round t = {.b = b};
    char err[512];
    bool spent = false;
    int rc = begin(b, a, event);

    ret->n = 0;
    if (rc)
        return rc;
    quick_round(b, a, &t);
    if (!cage_unchanged(b->cage, err,
                        sizeof(err))) /* history counts an event once, however often it is judged */
        strict_round(b, a, &t);
    cage_begin(b->cage);
    for (size_t i = 0; i < b->n_rules; i++)
        if (t.said[i])
            tell(b, a, &t, i, &spent, safe, ret);
    if (!ret->n)
        ret->v[ret->n++] = (struct verdict){.action = b->otherwise,
                                            .reason_en = "No rule of the policy speaks of it.",
                                            .reason_vi = "Không có luật nào của chính sách áp dụng."};
    strictest_first(ret);
    view_end(&b->view);
    return 0;
}

static void facts_json(const struct verdict *v, struct jw *j)
{
    jw_karr(j, "facts");
    for (size_t i = 0; i < v->n_reads; i++) {
        struct span value = v->reads[i].value;
        if (!value.n || value.n > 1000)
            continue; /* absent, or too long to help a reader */
        jw_obj(j);
        jw_kcstr(j, "path", v->reads[i].path);
        jw_kraw(j, "value", value);
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

/* What the deciding verdict says of failures: its own, or that of another rule, which must not go untold. */
static const char *told_error(const struct decision *d, size_t i)
{
    if (i == 0)
        for (size_t k = 1; k < d->n && !d->v[0].error; k++)
            if (d->v[k].error)
                return d->v[k].error;
    return d->v[i].error;
}

void decision_json(const struct bundle *b, const struct decision *d, bool shadow, struct jw *j)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct verdict *v = &d->v[i];
        const char *error = told_error(d, i);
        bool failed = error && (v->error || v->action < ACTION_ALERT);
        char text[128];
        jw_obj(j);
        jw_kcstr(j, "action", bundle_action_name(b, v->action));
        snprintf(text, sizeof(text), "%s@%s", b->name, b->version);
        jw_kcstr(j, "policy", text);
        jw_kcstr(j, "rule", v->rule ? v->rule->id : "otherwise");
        jw_kcstr(j, "reason", v->reason_en);
        jw_kcstr(j, "reason_vi", v->reason_vi);
        jw_kobj(j, "title");
        jw_kcstr(j, "en", failed ? "The policy failed" : v->rule ? v->rule->title_en : "No rule matched");
        jw_kcstr(j, "vi",
                 failed    ? "Chính sách gặp lỗi"
                 : v->rule ? v->rule->title_vi
                           : "Không có luật áp dụng");
        jw_end_obj(j);
        jw_ku64(j, "severity", failed ? 1 : v->rule ? v->rule->severity : 4);
        jw_kcstr(j, "category", failed ? "Policy failure" : v->rule ? v->rule->category : "None");
        facts_json(v, j);
        jw_kcstr(j, "error", error);
        jw_kbool(j, "shadow", shadow);
        if (v->rule) {
            snprintf(text, sizeof(text), "%spolicy.lua:%d", b->parts[v->rule->part].prefix, v->rule->line);
            jw_kcstr(j, "where", text);
        }
        jw_end_obj(j);
    }
}

int explain_begin(struct bundle *b, struct arena *a, struct span event)
{
    return begin(b, a, event);
}

int explain_rule(struct bundle *b, size_t i, char *err, size_t cap)
{
    if (!applies(b, &b->rules[i]))
        return EXPLAIN_NOT_ASKED;
    cage_begin(b->cage);
    return try_rule(b, &b->rules[i], err, cap);
}

void explain_end(struct bundle *b)
{
    view_end(&b->view);
}
