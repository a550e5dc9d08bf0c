/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse policy facts: what the checker knows, for people (a table) and for programs (JSON, of which the
 * editor's definitions, the reference pages and the JSON schema are made). */
#include "policy/lua/policy_cmd.h"

#include <stdio.h>

#define PATH_LONGEST 256

typedef void (*fact_fn)(void *arg, const char *path, const struct schema_node *n);

static const char *const types[] = {"text", "number", "yes/no", "list", "object"};

static void each_fact(const struct schema_node *n, char *path, size_t len, fact_fn fn, void *arg)
{
    for (const struct schema_node *c = n->child; c; c = c->next) {
        int more = snprintf(path + len, PATH_LONGEST - len, "%s%s", len ? "." : "", c->name);
        if (more < 0 || (size_t)more + 3 >= PATH_LONGEST - len)
            continue; /* our own table has no such long names */
        if (c->en)
            fn(arg, path, c);
        if (c->type == FIELD_ARR)
            more += snprintf(path + len + more, 3, "[]");
        each_fact(c, path, len + (size_t)more, fn, arg);
        path[len] = 0;
    }
}

static void print_fact(void *arg, const char *path, const struct schema_node *n)
{
    (void)arg;
    printf("%s\t%s\t%s\t%s\n", path, types[n->type], n->en, n->vi);
}

static void fact_json(void *arg, const char *path, const struct schema_node *n)
{
    struct jw *j = arg;

    jw_obj(j);
    jw_kcstr(j, "path", path);
    jw_kcstr(j, "type", types[n->type]);
    jw_kcstr(j, "en", n->en);
    jw_kcstr(j, "vi", n->vi);
    if (n->types != UINT64_MAX) { /* otherwise every event may have it */
        jw_karr(j, "events");
        for (int t = 0; t < EVENT_TYPE_COUNT; t++)
            if (n->types >> t & 1)
                jw_cstr(j, event_type_name((enum event_type)t));
        jw_end_arr(j);
    }
    jw_end_obj(j);
}

static void words_json(struct jw *j)
{
    enum { WORD_MAKE, WORD_CALL, WORD_TABLE, WORD_LUA };
    static const char *const kinds[] = {"make", "word", "table", "lua"};
    static const struct {
        const char *name, *params, *result, *en, *vi;
        int kind;
    } words[] = {
#define WORD(name, kind, params, result, en, vi) {name, params, result, en, vi, kind},
#include "policy/lua/words.def"
    };

    jw_karr(j, "words");
    for (size_t i = 0; i < GH_COUNT(words); i++) {
        jw_obj(j);
        jw_kcstr(j, "name", words[i].name);
        jw_kcstr(j, "kind", kinds[words[i].kind]);
        jw_kcstr(j, "params", words[i].params);
        jw_kcstr(j, "result", words[i].result);
        jw_kcstr(j, "en", words[i].en);
        jw_kcstr(j, "vi", words[i].vi);
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

static void keys_json(struct jw *j)
{
    static const struct {
        const char *word, *key, *type, *en, *vi;
    } keys[] = {
#define KEY(word, key, type, en, vi) {#word, key, type, en, vi},
#include "policy/lua/words.def"
    };

    jw_karr(j, "keys");
    for (size_t i = 0; i < GH_COUNT(keys); i++) {
        jw_obj(j);
        jw_kcstr(j, "word", keys[i].word);
        jw_kcstr(j, "key", keys[i].key);
        jw_kcstr(j, "type", keys[i].type);
        jw_kcstr(j, "en", keys[i].en);
        jw_kcstr(j, "vi", keys[i].vi);
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

static void names_json(struct jw *j)
{
    static const char *const levels[] = {
#define EVENT_LEVEL(name, rank, shown) name,
#include "base/event.def"
    };

    jw_karr(j, "levels");
    for (size_t i = 0; i < GH_COUNT(levels); i++) {
        jw_obj(j);
        jw_kcstr(j, "name", levels[i]);
        jw_ku64(j, "rank", (uint64_t)event_level_rank(span_str(levels[i])));
        jw_kcstr(j, "shown", event_level_shown(span_str(levels[i])));
        jw_end_obj(j);
    }
    jw_end_arr(j);
    jw_karr(j, "events");
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        jw_cstr(j, event_type_name((enum event_type)i));
    jw_end_arr(j);
    jw_karr(j, "judged"); /* those that on = { … } may name */
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (schema_judged((enum event_type)i))
            jw_cstr(j, event_type_name((enum event_type)i));
    jw_end_arr(j);
    jw_karr(j, "actions");
    for (int i = 0; i < ACTION_COUNT; i++)
        jw_cstr(j, action_name((enum action)i));
    jw_end_arr(j);
}

int policy_cmd_facts(struct policy_cmd *c, int argc, char **argv)
{
    char path[PATH_LONGEST] = "";
    struct writer w;
    struct jw j;
    int rc = 0;

    (void)argv;
    if (argc) {
        fprintf(stderr, "usage: gatehouse policy facts [--json]\n");
        return 2;
    }
    if (!c->json) {
        each_fact(schema_root(), path, 0, print_fact, NULL);
        return 0;
    }
    writer_init(&w, 4u << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_karr(&j, "facts");
    each_fact(schema_root(), path, 0, fact_json, &j);
    jw_end_arr(&j);
    words_json(&j);
    keys_json(&j);
    names_json(&j);
    jw_end_obj(&j);
    if (writer_ok(&w))
        printf("%s\n", writer_cstr(&w));
    else
        rc = 3;
    writer_done(&w);
    return rc;
}
