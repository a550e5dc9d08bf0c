/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a policy uses: bundle.json names other policies, which may use others. */
#include "console/store/sources.h"

#include <stdio.h>

#define FILES_DEPTH 4
#define USED_MAX 32 /* bundles together; the policy room takes 16 */

int source_files_parse(struct arena *a, const struct source_version *v, struct source_files *ret)
{
    struct json *j = NULL;
    char why[128];
    int rc = json_parse(a, v->files, FILES_DEPTH, &j, NULL);

    return rc ? rc : source_files_read(j, v->kind, ret, why, sizeof(why));
}

/* bundle.json, or NULL when it is none. */
static const struct json *manifest(struct arena *a, const struct source_files *files)
{
    const struct source_file *f = source_files_find(files, "bundle.json");
    struct json *j = NULL;

    return f && json_parse(a, f->text, FILES_DEPTH, &j, NULL) == 0 ? j : NULL;
}

void source_label(struct arena *a, const struct source_files *files, char *label, size_t cap)
{
    snprintf(label, cap, "%s", json_cstr(json_get(manifest(a, files), "version"), ""));
}

int source_bag_add(struct arena *a, const struct source_files *files, const char *where,
                   struct source_bag *bag)
{
    for (size_t i = 0; i < files->n; i++) {
        const char *path = arena_printf(a, "%s%s%.*s", where, *where ? "/" : "", (int)files->v[i].path.n,
                                        (const char *)files->v[i].path.p);
        if (!path)
            return ST_NOMEM;
        if (bag->n == SOURCE_BAG_MAX)
            return ST_LIMIT;
        bag->v[bag->n++] = (struct goods_input){path, files->v[i].text};
    }
    return 0;
}

struct used {
    const char *name[USED_MAX];
    size_t n;
};

static int take_names(struct used *u, const struct json *bundle)
{
    const struct json *use = json_get(bundle, "use");

    json_each(e, use && use->type == JSON_ARRAY ? use : NULL)
    {
        const char *name = json_cstr(e, "");
        bool known = !source_name_is_good(span_str(name));
        for (size_t i = 0; i < u->n && !known; i++)
            known = !strcmp(u->name[i], name);
        if (known)
            continue;
        if (u->n == USED_MAX)
            return ST_LIMIT;
        u->name[u->n++] = name;
    }
    return 0;
}

int source_bag_used(struct db *d, struct arena *a, const struct source_files *files, const char *where,
                    struct source_bag *bag)
{
    struct source_files *other = arena_alloc(a, sizeof(*other));
    struct used u = {.n = 0};
    int rc = other ? take_names(&u, manifest(a, files)) : ST_NOMEM;

    for (size_t i = 0; i < u.n && !rc; i++) {
        struct source_version v;
        const char *at = arena_printf(a, "%s%s%s", where, *where ? "/" : "", u.name[i]);
        rc = at ? source_newest(d, a, SOURCE_POLICY, u.name[i], &v) : ST_NOMEM;
        if (rc == ST_NOT_FOUND) {
            rc = 0;
            continue;
        }
        if (!rc)
            rc = source_files_parse(a, &v, other);
        if (!rc)
            rc = source_bag_add(a, other, at, bag);
        if (!rc)
            rc = take_names(&u, manifest(a, other));
    }
    return rc;
}
