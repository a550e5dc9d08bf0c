/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/rule_cmd.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/text.h"
#include "rules/rule_dir.h"
#include "rules/rule_samples.h"
#include "rules/yara_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char usage_text[] = "usage: gatehouse rules check [DIR]              syntax, slow rules, and "
                                 "every rule's samples; exit 2 on a fault\n"
                                 "       gatehouse rules compile [DIR] [-o FILE]  version and cost of the "
                                 "set; FILE: all sources in one, to sign and send\n"
                                 "       gatehouse rules list [--json] [DIR]      what the set holds\n"
                                 "options: -c FILE and --set scan.rules=DIR name the set of a configuration; "
                                 "without anything: the standard rules.\n"
                                 "Rules travel as sources and are compiled on each machine: compiled YARA "
                                 "rules are code, and fit one version only.\n";

struct command {
    struct conf conf;
    const char *dir, *out;
    bool json;
    char buf[PATH_MAX];
    struct rule_set *set;
    struct rule_report report;
    struct writer err;
    uint64_t took_us;
};

static int usage(const char *what, const char *arg)
{
    fprintf(stderr, "gatehouse rules: %s%s\n%s", what, arg, usage_text);
    return 2;
}

/* Common options and the command's own. */
static int parse(struct command *c, const char *name, int argc, char **argv)
{
    const char *dir = NULL;
    int rc = 0;

    conf_defaults(&c->conf);
    for (int i = 1; i < argc && !rc; i++) {
        bool valued = !strcmp(argv[i], "-c") || !strcmp(argv[i], "--set") || !strcmp(argv[i], "-o");
        if (valued && i + 1 == argc)
            return usage("this option lacks its value: ", argv[i]);
        if (!strcmp(argv[i], "-c")) {
            rc = conf_load(&c->conf, argv[++i], &c->err);
        } else if (!strcmp(argv[i], "--set")) {
            rc = conf_set(&c->conf, argv[++i], &c->err);
        } else if (!strcmp(argv[i], "-o") && !strcmp(name, "compile")) {
            c->out = argv[++i];
        } else if (!strcmp(argv[i], "--json") && !strcmp(name, "list")) {
            c->json = true;
        } else if (argv[i][0] == '-' || dir) {
            return usage("unknown option or one directory too many: ", argv[i]);
        } else {
            dir = argv[i];
        }
    }
    c->dir = rule_dir_find(dir ? dir : c->conf.scan_rules, c->buf, sizeof(c->buf));
    return rc ? 2 : 0;
}

/* What was said so far, on standard error. */
static void flush_messages(struct command *c)
{
    if (c->err.n)
        fwrite(c->err.p, 1, c->err.n, stderr);
    writer_clear(&c->err);
}

static int load(struct command *c)
{
    uint64_t start = clock_mono_us();
    int rc = rule_fold_warm_up();

    if (!rc)
        rc = rule_set_load(c->dir, &c->set, &c->err, &c->report);
    c->took_us = clock_mono_us() - start;
    flush_messages(c);
    if (rc && rc != ST_USAGE)
        fprintf(stderr, "gatehouse rules: %s: %s\n", c->dir, status_text(rc));
    return !rc ? 0 : rc == ST_USAGE ? 2 : 3;
}

static int check(struct command *c)
{
    struct rule_samples_report samples;
    size_t faults;
    int rc = load(c);

    if (rc)
        return rc;
    rc = rule_samples_run(c->set, c->dir, &c->err, &samples);
    flush_messages(c);
    if (rc)
        return 3;
    /* A slow rule is a fault here: on the wire it would cost every document. */
    faults = c->report.skipped + c->report.warnings + samples.faults;
    printf("%s: %zu rules in %zu files, %zu samples, %zu faults", c->dir, rule_set_count(c->set),
           c->report.files, samples.samples, faults);
    if (samples.without)
        printf(", %zu rules without samples", samples.without);
    printf("\n");
    return faults ? 2 : 0;
}

/* All sources as one file that loads as the same rules. */
static int write_pack(struct command *c)
{
    struct arena *a = arena_new(256u << 20);
    struct rule_files files = {0};
    FILE *f = NULL;
    int rc = a ? rule_files_read(c->dir, a, &files, &c->err) : ST_NOMEM;

    flush_messages(c);
    if (!rc && !(f = fopen(c->out, "we")))
        rc = status_from_errno(errno);
    if (!rc)
        fprintf(f, "// Gatehouse rules %s\n", rule_set_version(c->set));
    for (size_t i = 0; i < files.n && !rc; i++) {
        fprintf(f, "\n// ---- %s ----\n", files.v[i].name);
        fwrite(files.v[i].text.p, 1, files.v[i].text.n, f); /* never NULL: it has its NUL */
    }
    if (f && (ferror(f) | fclose(f)))
        rc = ST_IO;
    if (rc)
        fprintf(stderr, "gatehouse rules: %s cannot be written: %s\n", c->out, status_text(rc));
    arena_free(a);
    return rc ? 3 : 0;
}

static int compile(struct command *c)
{
    int rc = load(c);

    if (rc)
        return rc;
    printf("%zu rules from %zu files, version %s, compiled in %.1f ms\n", rule_set_count(c->set),
           c->report.files, rule_set_version(c->set), (double)c->took_us / 1000);
    if (c->report.skipped || c->report.warnings) {
        fprintf(stderr, "gatehouse rules: mend the faults above first\n");
        return 2;
    }
    return c->out ? write_pack(c) : 0;
}

static void list_json(struct command *c)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 256u << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "directory", c->dir);
    jw_kcstr(&j, "version", rule_set_version(c->set));
    jw_karr(&j, "rules");
    for (size_t i = 0; i < rule_set_count(c->set); i++) {
        const struct rule_info *r = rule_set_at(c->set, i);
        jw_obj(&j);
        jw_kcstr(&j, "rule", r->name);
        jw_kcstr(&j, "file", r->file);
        jw_ku64(&j, "line", r->line);
        jw_kcstr(&j, "scan", r->text ? "text" : r->both ? "both" : "raw");
        if (r->is_private)
            jw_kbool(&j, "private", true);
        jw_karr(&j, "tags");
        for (const char *const *t = r->tags; *t; t++)
            jw_cstr(&j, *t);
        jw_end_arr(&j);
        jw_kraw(&j, "meta", r->meta);
        jw_end_obj(&j);
    }
    jw_end_arr(&j);
    jw_end_obj(&j);
    writer_u8(&w, '\n');
    fwrite(w.p, 1, w.n, stdout);
    writer_done(&w);
}

static void list_text(struct command *c)
{
    struct arena *a = arena_new(16u << 20);

    for (size_t i = 0; a && i < rule_set_count(c->set); i++) {
        const struct rule_info *r = rule_set_at(c->set, i);
        struct arena_mark mark = arena_mark(a);
        struct json *meta = NULL;
        if (json_parse(a, r->meta, 8, &meta, NULL) != 0)
            meta = NULL;
        printf("%-28s %-4s %s\n", r->name, r->text ? "text" : r->both ? "both" : "raw",
               json_cstr(json_get(meta, "description"), ""));
        arena_rollback(a, mark);
    }
    printf("%zu rules, version %s, from %s\n", rule_set_count(c->set), rule_set_version(c->set), c->dir);
    arena_free(a);
}

static int list(struct command *c)
{
    int rc = load(c);

    if (rc)
        return rc;
    if (c->json)
        list_json(c);
    else
        list_text(c);
    return c->report.skipped ? 2 : 0;
}

int rule_command(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct command *c);
    } commands[] = {{"check", check}, {"compile", compile}, {"list", list}};
    static const char *const names[] = {"check", "compile", "list"};
    static struct command c;
    const char *name = argc > 1 ? argv[1] : "", *near;
    int rc;

    writer_init(&c.err, 1 << 20);
    for (size_t i = 0; i < GH_COUNT(commands); i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        rc = parse(&c, name, argc - 1, argv + 1);
        flush_messages(&c);
        if (!rc)
            rc = commands[i].run(&c);
        if (fflush(stdout) != 0 && !rc)
            rc = 3;
        rule_set_free(c.set);
        writer_done(&c.err);
        return rc;
    }
    near = text_nearest(name, names, GH_COUNT(names));
    if (!*name)
        return usage("which of its commands?", "");
    fprintf(stderr, "gatehouse rules: unknown command '%s'%s%s%s\n%s", name, near ? "; did you mean '" : "",
            near ? near : "", near ? "'?" : "", usage_text);
    return 2;
}
