/* SPDX-License-Identifier: GPL-3.0-or-later
 * Files of a version: which names are taken, and their one form as bytes. */
#include "base/text.h"
#include "console/store/sources.h"

#include <stdio.h>
#include <stdlib.h>

const char *const source_kind_names[SOURCE_KINDS] = {"policy", "rules", "lists", "settings"};
static const enum goods_kind goods[SOURCE_KINDS] = {GOODS_POLICY, GOODS_RULES, GOODS_LISTS, GOODS_SETTINGS};

/* What a version may hold: the endings of its files, and whether they may lie in lists/. */
static const struct {
    const char *endings[6];
    const char *exact[3];
    const char *below; /* a folder, and the ending there */
} kinds[SOURCE_KINDS] = {
    [SOURCE_POLICY] = {{".lua"}, {"bundle.json", "README.md"}, "lists/"},
    [SOURCE_RULES] = {{".yar", ".yara", ".samples"}, {"README.md"}, NULL},
    [SOURCE_LISTS] = {{".txt", ".csv", ".list", ".hosts"}, {"README.md"}, NULL},
    [SOURCE_SETTINGS] = {{NULL}, {"settings.conf"}, NULL},
};

enum goods_kind source_goods(enum source_kind k)
{
    return goods[k];
}

static bool has_ending(struct span s, const char *ending)
{
    size_t n = strlen(ending);
    return s.n > n && span_eq(span_part(s, s.n - n, n), span_str(ending));
}

static bool plain_chars(struct span s, const char *more)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!good && (!c || !strchr(more, c)))
            return false;
    }
    return s.n > 0;
}

bool source_name_is_good(struct span s)
{
    return s.n <= SOURCE_NAME_MAX && plain_chars(s, "-_") && s.p[0] != '-';
}

bool source_path_is_good(struct span path, enum source_kind kind)
{
    struct span name = path;

    if (path.n > SOURCE_PATH_MAX)
        return false;
    if (kinds[kind].below && span_starts(path, kinds[kind].below)) {
        name = span_part(path, strlen(kinds[kind].below), path.n);
        return plain_chars(name, "-_.") && name.p[0] != '.' && has_ending(name, ".csv");
    }
    if (!plain_chars(name, "-_.") || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < GH_COUNT(kinds[kind].exact) && kinds[kind].exact[i]; i++)
        if (span_eq(name, span_str(kinds[kind].exact[i])))
            return true;
    for (size_t i = 0; i < GH_COUNT(kinds[kind].endings) && kinds[kind].endings[i]; i++)
        if (has_ending(name, kinds[kind].endings[i]))
            return true;
    return false;
}

static int by_path(const void *a, const void *b)
{
    const struct source_file *x = a, *y = b;
    size_t n = x->path.n < y->path.n ? x->path.n : y->path.n;
    int c = memcmp(x->path.p, y->path.p, n);

    return c ? c : x->path.n < y->path.n ? -1 : x->path.n > y->path.n;
}

static bool has_nul(struct span s)
{
    return s.n && memchr(s.p, 0, s.n);
}

int source_files_put(struct source_files *f, struct span path, struct span text)
{
    for (size_t i = 0; i < f->n; i++)
        if (span_eq(f->v[i].path, path)) {
            f->bytes += text.n - f->v[i].text.n;
            f->v[i].text = text;
            return 0;
        }
    if (f->n == SOURCE_FILES_MAX)
        return ST_LIMIT;
    f->v[f->n++] = (struct source_file){path, text};
    f->bytes += text.n;
    qsort(f->v, f->n, sizeof(f->v[0]), by_path);
    return 0;
}

int source_files_read(const struct json *object, enum source_kind kind, struct source_files *ret, char *why,
                      size_t cap)
{
    *ret = (struct source_files){.n = 0};
    if (!object || object->type != JSON_OBJECT || !object->count) {
        snprintf(why, cap, "'files' is an object of at least one file: its path and its text.");
        return ST_MALFORMED;
    }
    json_each(m, object)
    {
        if (m->type != JSON_STRING || has_nul(m->s) || !source_path_is_good(m->key, kind)) {
            snprintf(why, cap, "The file '%.*s' is none that %s may have.",
                     (int)text_utf8_prefix(span_part(m->key, 0, 80)), (const char *)m->key.p,
                     kind == SOURCE_POLICY ? "a policy" : source_kind_names[kind]);
            return ST_MALFORMED;
        }
        if (source_files_find(ret, (const char *)m->key.p) || ret->n == SOURCE_FILES_MAX ||
            ret->bytes + m->s.n > SOURCE_BYTES_MAX) {
            snprintf(why, cap, "At most %d files, each once, and %u KiB together.", SOURCE_FILES_MAX,
                     SOURCE_BYTES_MAX >> 10);
            return ST_LIMIT;
        }
        if (source_files_put(ret, m->key, m->s) != 0)
            return ST_LIMIT;
    }
    return 0;
}

void source_files_write(const struct source_files *f, struct writer *out)
{
    struct jw j;

    jw_init(&j, out);
    jw_obj(&j);
    for (size_t i = 0; i < f->n; i++) {
        jw_key_span(&j, f->v[i].path);
        jw_str(&j, f->v[i].text);
    }
    jw_end_obj(&j);
}

void source_hash(struct span files, uint8_t out[static SEAL_HASH])
{
    seal_hash("gatehouse-source-v1", &files, 1, out);
}

const struct source_file *source_files_find(const struct source_files *f, const char *path)
{
    for (size_t i = 0; i < f->n; i++)
        if (span_eq(f->v[i].path, span_str(path)))
            return &f->v[i];
    return NULL;
}
