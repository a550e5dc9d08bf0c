/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/yara.h"
#include "base/clock.h"
#include "base/json.h"
#include "rules/mark.h"
#include "rules/yara_files.h"

#include <stdlib.h>
#include <yara.h>

#define SET_ARENA (256u << 20)

/* One kind of rules: all raw ones, or all text ones. */
struct half {
    YR_RULES *rules; /* NULL: none of this kind */
    YR_SCANNER *scanner;
    struct rule_info *info; /* by index in rules */
};
struct rule_set {
    struct arena *arena;
    struct rule_files files;
    struct half half[2]; /* [0] raw, [1] text */
    size_t count;
    bool wants_plain;
    char version[17];
};

static const char *const externals[] = {"level", "mime", "kind", "lang", "zone", "filename"};

/* ---- compiling ---- */

struct compiling {
    struct rule_set *set;
    struct writer *err;
    struct writer warnings; /* kept apart: they come again when a bad file makes us compile again */
    struct rule_report *report;
    size_t file; /* index of the one in hand */
    bool told;   /* its fault was told */
};

static void tell(struct compiling *c, bool warning, unsigned line, const char *sentence)
{
    writer_printf(warning ? &c->warnings : c->err, "%s:%u: %s: %s\n", c->set->files.v[c->file].name, line,
                  warning ? "warning" : "error", sentence);
    if (warning)
        c->report->warnings++;
    else
        c->told = true;
}

static void on_compiler(int level, const char *file, int line, const YR_RULE *rule, const char *message,
                        void *arg)
{
    (void)file;
    (void)rule;
    tell(arg, level == YARA_ERROR_LEVEL_WARNING, line > 0 ? (unsigned)line : 1, message);
}

static YR_COMPILER *new_compiler(struct compiling *c)
{
    YR_COMPILER *y = NULL;

    if (yr_compiler_create(&y) != ERROR_SUCCESS)
        return NULL;
    yr_compiler_set_callback(y, on_compiler, c);
    yr_compiler_set_include_callback(y, NULL, NULL, NULL);
    for (size_t i = 0; i < GH_COUNT(externals); i++)
        if (yr_compiler_define_string_variable(y, externals[i], "") != ERROR_SUCCESS) {
            yr_compiler_destroy(y);
            return NULL;
        }
    return y;
}

/* Feeds one file's rules of one kind. False: it has a fault (told). */
static bool add_file(struct compiling *c, YR_COMPILER *y, bool text)
{
    const struct rule_file *f = &c->set->files.v[c->file];
    struct writer w;
    bool good;

    writer_init(&w, 64 * (size_t)RULE_FILE_MAX);
    source_write(f->text, &f->source, text, &w);
    c->told = false;
    good = yr_compiler_add_string(y, writer_cstr(&w), NULL) == 0 && writer_ok(&w);
    if (!good && !c->told)
        tell(c, false, 1, "the rules of this file cannot be compiled");
    writer_done(&w);
    return good;
}

/* Compiles one half from all good files. 0 with *ret (NULL when there are no rules); ST_AGAIN when a file
 * turned out bad: a compiler that met a fault can only be thrown away. */
static int compile_half(struct compiling *c, bool text, YR_RULES **ret)
{
    struct rule_set *s = c->set;
    YR_COMPILER *y = new_compiler(c);
    size_t n = 0;
    int rc = y ? 0 : ST_NOMEM;

    *ret = NULL;
    for (c->file = 0; c->file < s->files.n && !rc; c->file++) {
        struct rule_file *f = &s->files.v[c->file];
        size_t mine = 0;
        for (size_t i = 0; !f->bad && i < f->source.n_rules; i++)
            mine += f->source.rules[i].text == text;
        n += mine;
        if (mine && !add_file(c, y, text)) {
            f->bad = true;
            rc = ST_AGAIN;
        }
    }
    if (!rc && n && yr_compiler_get_rules(y, ret) != ERROR_SUCCESS)
        rc = ST_NOMEM;
    if (y)
        yr_compiler_destroy(y);
    return rc;
}

static int compile(struct compiling *c)
{
    struct rule_set *s = c->set;

    for (int text = 0; text < 2; text++) {
        int rc = compile_half(c, text, &s->half[text].rules);
        if (rc == ST_AGAIN) { /* once for each bad file at most */
            if (s->half[0].rules)
                yr_rules_destroy(s->half[0].rules);
            s->half[0].rules = NULL;
            writer_clear(&c->warnings);
            c->report->warnings = 0;
            text = -1;
        } else if (rc) {
            return rc;
        }
    }
    return 0;
}

/* ---- what a rule says about itself ---- */

static struct span meta_json(struct arena *a, const YR_RULE *rule)
{
    const YR_META *meta, *first;
    struct writer w;
    struct jw j;
    struct span ret;

    writer_init(&w, RULE_FILE_MAX * 8);
    jw_init(&j, &w);
    jw_obj(&j);
    yr_rule_metas_foreach(rule, meta)
    {
        for (first = rule->metas; strcmp(first->identifier, meta->identifier) != 0;)
            first++;
        if (first != meta)
            continue; /* a name said twice: the first counts */
        if (meta->type == META_TYPE_INTEGER)
            jw_ki64(&j, meta->identifier, meta->integer);
        else if (meta->type == META_TYPE_BOOLEAN)
            jw_kbool(&j, meta->identifier, meta->integer != 0);
        else
            jw_kcstr(&j, meta->identifier, meta->string);
    }
    jw_end_obj(&j);
    ret = (struct span){(const uint8_t *)arena_dup(a, w.p, w.n), w.n};
    if (!writer_ok(&w) || !ret.p)
        ret = (struct span){NULL, 0};
    writer_done(&w);
    return ret;
}

static const char *meta_string(const YR_RULE *rule, const char *name)
{
    const YR_META *meta;

    yr_rule_metas_foreach(rule, meta)
    {
        if (meta->type == META_TYPE_STRING && !strcmp(meta->identifier, name))
            return meta->string;
    }
    return NULL;
}

static const char *const *tag_list(struct arena *a, const YR_RULE *rule)
{
    const char *tag, **list;
    size_t n = 0;

    yr_rule_tags_foreach(rule, tag) n++;
    list = arena_array(a, n + 1, sizeof(*list));
    n = 0;
    if (list)
        yr_rule_tags_foreach(rule, tag) list[n++] = tag;
    return list;
}

static bool is_level(const char *name)
{
    for (int l = LEVEL_NONE; l <= LEVEL_TUYET_MAT; l++)
        if (!strcmp(name, level_name((enum level)l)))
            return true;
    return false;
}

static int describe(struct compiling *c, struct half *h, const YR_RULE *rule, const struct source_rule *src)
{
    struct rule_info *info = &h->info[rule - h->rules->rules_table];
    struct arena *a = c->set->arena;

    gh_check(span_eq(src->name, span_str(rule->identifier))); /* compiled in the order of the sources */
    info->name = rule->identifier;
    info->file = c->set->files.v[c->file].name;
    info->line = src->line;
    info->text = src->text;
    info->is_private = RULE_IS_PRIVATE(rule);
    info->both = !src->scoped && !info->is_private;
    c->set->wants_plain |= info->both;
    info->tags = tag_list(a, rule);
    info->meta = meta_json(a, rule);
    info->scheme = meta_string(rule, "scheme");
    info->level = meta_string(rule, "level");
    if (info->level && !is_level(info->level)) {
        tell(c, true, src->line,
             "meta level is none of restricted, confidential, secret, top_secret, mat, toi_mat, "
             "tuyet_mat, none; it is ignored");
        info->level = NULL;
    }
    return info->tags && info->meta.p ? 0 : ST_NOMEM;
}

static int describe_all(struct compiling *c)
{
    struct rule_set *s = c->set;
    size_t next[2] = {0, 0};

    for (int text = 0; text < 2; text++) {
        struct half *h = &s->half[text];
        size_t n = h->rules ? h->rules->num_rules : 0;
        h->info = arena_array(s->arena, n + 1, sizeof(*h->info));
        if (!h->info)
            return ST_NOMEM;
        s->count += n;
    }
    for (c->file = 0; c->file < s->files.n; c->file++) {
        const struct rule_file *f = &s->files.v[c->file];
        for (size_t i = 0; !f->bad && i < f->source.n_rules; i++) {
            const struct source_rule *src = &f->source.rules[i];
            struct half *h = &s->half[src->text];
            int rc = describe(c, h, &h->rules->rules_table[next[src->text]++], src);
            if (rc)
                return rc;
        }
    }
    return 0;
}

int rule_set_load(const char *dir, struct rule_set **ret, struct writer *err, struct rule_report *ret_report)
{
    struct rule_report report = {0};
    struct compiling c = {.err = err, .report = &report};
    int rc = yr_initialize() == ERROR_SUCCESS ? 0 : ST_NOMEM;

    c.set = rc ? NULL : calloc(1, sizeof(*c.set));
    if (!c.set)
        return ST_NOMEM;
    writer_init(&c.warnings, 1 << 20);
    c.set->arena = arena_new(SET_ARENA);
    rc = c.set->arena ? rule_files_read(dir, c.set->arena, &c.set->files, err) : ST_NOMEM;
    if (!rc)
        rc = compile(&c);
    if (!rc)
        rc = describe_all(&c);
    if (!rc)
        rc = rule_files_version(&c.set->files, YR_VERSION, c.set->version);
    report.files = c.set->files.n;
    for (size_t i = 0; i < c.set->files.n; i++)
        report.skipped += c.set->files.v[i].bad;
    writer_put(err, writer_span(&c.warnings));
    writer_done(&c.warnings);
    if (rc) {
        rule_set_free(c.set);
        return rc;
    }
    *ret = c.set;
    if (ret_report)
        *ret_report = report;
    return 0;
}

void rule_set_free(struct rule_set *s)
{
    if (!s)
        return;
    for (int i = 0; i < 2; i++) {
        if (s->half[i].scanner)
            yr_scanner_destroy(s->half[i].scanner);
        if (s->half[i].rules)
            yr_rules_destroy(s->half[i].rules);
    }
    arena_free(s->arena);
    free(s);
    (void)yr_finalize();
}

size_t rule_set_count(const struct rule_set *s)
{
    return s->count;
}

const struct rule_info *rule_set_at(const struct rule_set *s, size_t i)
{
    size_t raw = s->half[0].rules ? s->half[0].rules->num_rules : 0;

    gh_check(i < s->count);
    return i < raw ? &s->half[0].info[i] : &s->half[1].info[i - raw];
}

const char *rule_set_version(const struct rule_set *s)
{
    return s->version;
}

/* ---- scanning ---- */

struct scan {
    const struct half *half;
    struct arena *arena;
    struct rule_match *v;
    size_t n;
    bool text, plain, truncated, no_memory;
};

/* Where the first public match of a string is. libyara packs its matches without regard to alignment. */
static bool first_place(const YR_SCAN_CONTEXT *context, const YR_STRING *string, uint64_t *ret)
{
    YR_MATCH m;

    for (const void *p = context->matches[string->idx].head; p; p = m.next) {
        memcpy(&m, p, sizeof(m));
        if (!m.is_private) {
            *ret = (uint64_t)(m.base + m.offset);
            return true;
        }
    }
    return false;
}

static bool is_told(const struct scan *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].rule == name)
            return true;
    return false;
}

static void take_match(struct scan *s, YR_SCAN_CONTEXT *context, const YR_RULE *rule)
{
    const struct rule_info *info = &s->half->info[rule - s->half->rules->rules_table];
    struct rule_match *m;
    YR_STRING *string;

    if (info->is_private || (s->plain && (!info->both || is_told(s, info->name))))
        return;
    if (s->n == RULE_MATCHES_MAX) {
        s->truncated = true;
        return;
    }
    if (!s->v)
        s->v = arena_array(s->arena, RULE_MATCHES_MAX, sizeof(*s->v));
    if (!s->v) {
        s->no_memory = true;
        return;
    }
    m = &s->v[s->n++];
    *m = (struct rule_match){.rule = info->name,
                             .tags = info->tags,
                             .meta = info->meta,
                             .level = info->level,
                             .scheme = info->scheme,
                             .text = s->text};
    yr_rule_strings_foreach(rule, string)
    {
        /* The first place of each string is evidence enough. */
        if (m->n_strings < RULE_STRINGS_MAX && first_place(context, string, &m->strings[m->n_strings].offset))
            m->strings[m->n_strings++].id = string->identifier;
    }
}

static int on_scan(YR_SCAN_CONTEXT *context, int message, void *data, void *arg)
{
    struct scan *s = arg;

    if (message == CALLBACK_MSG_RULE_MATCHING)
        take_match(s, context, data);
    else if (message == CALLBACK_MSG_TOO_MANY_MATCHES)
        s->truncated = true; /* of one string; an error here would end the whole scan */
    return CALLBACK_CONTINUE;
}

static int scan_half(struct half *h, struct scan *s, struct span bytes, const struct rule_vars *vars,
                     unsigned timeout_s)
{
    const char *const values[] = {vars->level, vars->mime, vars->kind,
                                  vars->lang,  vars->zone, vars->filename};
    int rc;

    s->half = h;
    if (!h->scanner && yr_scanner_create(h->rules, &h->scanner) != ERROR_SUCCESS) {
        h->scanner = NULL;
        return ST_NOMEM;
    }
    for (size_t i = 0; i < GH_COUNT(values); i++)
        if (yr_scanner_define_string_variable(h->scanner, externals[i], values[i] ? values[i] : "") !=
            ERROR_SUCCESS)
            return ST_NOMEM;
    yr_scanner_set_callback(h->scanner, on_scan, s);
    /* Without its handlers for SIGSEGV and SIGBUS: the bytes are sealed and cannot shrink under it, and the
     * jail wants few calls. */
    yr_scanner_set_flags(h->scanner, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
    yr_scanner_set_timeout(h->scanner, timeout_s ? (int)timeout_s : 1);
    rc = yr_scanner_scan_mem(h->scanner, bytes.p, bytes.n);
    if (rc == ERROR_SCAN_TIMEOUT)
        return ST_TIMEOUT;
    if (rc == ERROR_INSUFFICIENT_MEMORY || s->no_memory)
        return ST_NOMEM;
    if (rc != ERROR_SUCCESS)
        s->truncated = true; /* not every rule had its turn */
    return 0;
}

int rule_set_scan(struct rule_set *s, struct span raw, struct span folded, const struct rule_vars *vars,
                  unsigned timeout_s, struct arena *a, struct rule_match **ret, size_t *ret_n,
                  bool *ret_truncated)
{
    const struct span bytes[2] = {raw, folded};
    struct scan scan = {.arena = a};
    uint64_t start = clock_mono_ms();
    int rc = 0;

    for (int i = 0; i < 2 && !rc; i++) {
        uint64_t spent = (clock_mono_ms() - start) / 1000;
        scan.text = i;
        if (s->half[i].rules && bytes[i].n)
            rc = scan_half(&s->half[i], &scan, bytes[i], vars,
                           spent < timeout_s ? timeout_s - (unsigned)spent : 1);
    }
    *ret = scan.v;
    *ret_n = scan.n;
    *ret_truncated = scan.truncated;
    return rc;
}

bool rule_set_wants_plain(const struct rule_set *s)
{
    return s->wants_plain;
}

int rule_set_scan_plain(struct rule_set *s, struct span plain, const struct rule_vars *vars,
                        unsigned timeout_s, struct arena *a, struct rule_match **list, size_t *n,
                        bool *ret_truncated)
{
    struct scan scan = {.arena = a, .v = *list, .n = *n, .text = true, .plain = true};
    int rc = s->half[0].rules && plain.n ? scan_half(&s->half[0], &scan, plain, vars, timeout_s) : 0;

    *list = scan.v;
    *n = scan.n;
    *ret_truncated |= scan.truncated;
    return rc;
}
