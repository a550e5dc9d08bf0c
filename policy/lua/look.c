/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/look.h"
#include "base/clock.h"
#include "policy/lua/lint.h"

#include <stdio.h>

#define SOON_US (14ull * 86400 * 1000000) /* entries that end in two weeks */

static unsigned lint_file(const struct bundle *b, const struct part *p, const char *dir, const char *name,
                          struct writer *err)
{
    const char *settings[SETTINGS_MAX], *lists[LISTS_MAX];
    struct lint_names names = {.settings = p ? settings : NULL, .lists = lists, .lists_known = b != NULL};
    struct lint_rule rules[RULES_MAX];
    char path[1200];
    struct writer w;
    unsigned faults = 0;

    names.globals = cage_names(&names.n_globals);
    for (size_t i = 0; p && i < p->n_settings; i++)
        settings[names.n_settings++] = p->settings[i].name;
    for (size_t i = 0; b && i < b->lists.n; i++)
        if (b->lists.list[i].part == 0 || b->lists.list[i].part == (unsigned)(p - b->parts))
            lists[names.n_lists++] = b->lists.list[i].name;
    names.rules = rules;
    for (size_t i = 0; b && !strcmp(name, "policy.lua") && i < b->n_rules; i++)
        if (&b->parts[b->rules[i].part] == p)
            rules[names.n_rules++] = (struct lint_rule){(unsigned)b->rules[i].line,
                                                        (unsigned)b->rules[i].last_line, b->rules[i].types};
    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (bundle_read_file(dir, name, &w) == 0)
        faults = lint_source(path, writer_span(&w), &names, err);
    writer_done(&w);
    return faults;
}

/* Every file of every part; of the one directory alone when it could not be loaded. */
static unsigned lint_all(const struct bundle *b, const char *dir, struct writer *err)
{
    static const char *const files[] = {"settings.lua", "zones.lua", "policy.lua"};
    unsigned faults = 0;

    for (size_t i = 0; i < (b ? b->n_parts : 1); i++)
        for (size_t k = 0; k < GH_COUNT(files); k++)
            faults += lint_file(b, b ? &b->parts[i] : NULL, b ? b->parts[i].dir : dir, files[k], err);
    return faults;
}

/* Entries that hold no more, or end soon: somebody should look at them. */
void bundle_warn(const struct bundle *b, struct writer *err)
{
    char now[CLOCK_ISO_SIZE], soon[CLOCK_ISO_SIZE];

    clock_iso(clock_wall_us(), now);
    clock_iso(clock_wall_us() + SOON_US, soon);
    now[10] = soon[10] = 0;
    for (size_t i = 0; i < b->lists.n; i++) {
        const struct list *l = &b->lists.list[i];
        for (size_t k = 0; k < l->n_rows; k++) {
            const struct list_row *r = &l->rows[k];
            bool over = *r->until && strcmp(r->until, now) < 0;
            if (!*r->until || strcmp(r->until, soon) > 0)
                continue;
            writer_printf(err, "%s/lists/%s.csv:%u: warning: '%.*s' %s %s%s%.*s\n", b->parts[l->part].dir,
                          l->name, r->line, (int)r->len, r->value,
                          over ? "has not held since" : "holds only until", r->until,
                          r->owner_len ? ", owner " : "", (int)r->owner_len, r->owner ? r->owner : "");
        }
    }
}

int bundle_look(const char *dir, const struct cage_limits *lim, struct bundle **ret, struct writer *err)
{
    int rc;

    *ret = NULL;
    rc = bundle_load(dir, lim, ret, err);
    return rc | (lint_all(*ret, dir, err) ? ST_USAGE : 0);
}
