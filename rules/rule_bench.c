/* SPDX-License-Identifier: GPL-3.0-or-later
 * A set of rules that somebody is writing: compiled, and its samples tried, without a file. */
#include "base/bench_op.h"
#include "rules/rule_samples.h"
#include "rules/yara_files.h"

#include <stdlib.h>

#define PACK_DEPTH 4
#define PACK_ARENA (32u << 20)
#define FILES_MAX 128
#define FAULTS_MAX 200

static struct rule_mounted files[FILES_MAX];

static bool problem(struct writer *out, const char *text)
{
    struct jw j;

    writer_clear(out);
    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "error", text);
    jw_end_obj(&j);
    return false;
}

static bool mount(struct arena *a, const struct json *given)
{
    size_t n = 0;

    if (!given || given->type != JSON_OBJECT || given->count > FILES_MAX)
        return false;
    json_each(f, given)
    {
        const char *name = arena_dup(a, f->key.p, f->key.n);
        if (f->type != JSON_STRING || !name || strlen(name) != f->key.n)
            return false;
        files[n++] = (struct rule_mounted){name, f->s};
    }
    rule_files_mount(files, n);
    return true;
}

/* "file:line: error: sentence" or "file:line: warning: sentence". */
static void put_fault(struct span line, struct jw *j)
{
    ptrdiff_t colon = span_find_byte(line, ':', 0), end;
    struct span file = span_part(line, 0, colon < 0 ? 0 : (size_t)colon);
    struct span rest = span_part(line, colon < 0 ? 0 : (size_t)colon + 1, line.n);
    uint64_t number = 0;
    bool warning;

    end = span_find_byte(rest, ':', 0);
    if (end > 0 && span_number(span_part(rest, 0, (size_t)end), 1u << 30, &number))
        rest = span_part(rest, (size_t)end + 1, rest.n);
    rest = span_trim(rest);
    warning = span_starts(rest, "warning: ");
    if (warning || span_starts(rest, "error: "))
        rest = span_part(rest, warning ? 9 : 7, rest.n);
    jw_obj(j);
    jw_kstr(j, "file", file);
    jw_ku64(j, "line", number);
    jw_ku64(j, "column", 0);
    jw_kcstr(j, "severity", warning ? "warning" : "error");
    jw_kstr(j, "text", rest);
    jw_end_obj(j);
}

static void put_faults(struct writer *err, struct jw *j)
{
    struct reader r = reader_span(writer_span(err));
    struct span line;
    size_t n = 0;

    jw_karr(j, "faults");
    while (err->n && n < FAULTS_MAX && reader_line(&r, &line))
        if (span_trim(line).n && ++n)
            put_fault(span_trim(line), j);
    jw_end_arr(j);
}

static void put_rules(const struct rule_set *s, struct jw *j)
{
    jw_karr(j, "rules");
    for (size_t i = 0; i < rule_set_count(s); i++) {
        const struct rule_info *r = rule_set_at(s, i);
        jw_obj(j);
        jw_kcstr(j, "id", r->name);
        jw_kcstr(j, "file", r->file);
        jw_ku64(j, "line", r->line);
        jw_kcstr(j, "level", r->level);
        jw_end_obj(j);
    }
    jw_end_arr(j);
}

static void try_set(const char *name, struct jw *j)
{
    struct rule_samples_report samples = {0};
    struct rule_report report = {0};
    struct rule_set *s = NULL;
    struct writer err;
    int rc;

    writer_init(&err, 1u << 20);
    rc = rule_set_load(name, &s, &err, &report);
    if (!rc)
        rc = rule_samples_run(s, name, &err, &samples);
    jw_obj(j);
    jw_kbool(j, "good", !rc && !report.skipped && !samples.faults && report.files);
    jw_ku64(j, "files", report.files);
    jw_ku64(j, "samples", samples.samples);
    jw_ku64(j, "failed", samples.faults);
    if (!rc && !report.files)
        writer_printf(&err, "There is no rule file (*.yar) in it.\n");
    put_faults(&err, j);
    if (s)
        put_rules(s, j);
    jw_end_obj(j);
    rule_set_free(s);
    writer_done(&err);
}

static bool run(const char *name, struct span pack, struct writer *out)
{
    struct arena *a = arena_new(PACK_ARENA);
    struct json *j = NULL;
    struct jw w;
    bool good = a && json_parse(a, pack, PACK_DEPTH, &j, NULL) == 0 && mount(a, json_get(j, "files"));

    if (good) {
        jw_init(&w, out);
        try_set(name, &w);
        good = writer_ok(out);
    }
    rule_files_mount(NULL, 0);
    arena_free(a);
    return good || problem(out, "the pack holds no rule files, too many, or the answer is too long");
}

const struct bench_op bench_rules = {"rules", rule_fold_warm_up, run};
