/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/workbench/bench.h"
#include "policy/workbench/bench_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ASK_DEPTH 4
#define ASK_ARENA (4u * BENCH_PACK_MAX) /* strings of the pack, decoded, and the tree */
#define EVENT_ARENA (256u << 20)
#define PATH_MOST 400

static const struct {
    const char *name;
    bool (*run)(struct bench *b, const struct bench_ask *a, struct jw *j);
    bool parsed; /* its pack is JSON */
} ops[] = {{"check", bench_check, true}, {"test", bench_test, true},  {"explain", bench_explain, true},
           {"open", bench_open, true},   {"feed", bench_feed, false}, {"close", bench_close, false},
           {"forward", bench_forward, false}};

static struct bundle_file mounted[BENCH_FILES_MAX];

struct bench *bench_new(const struct conf *c)
{
    struct bench *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->limits = (struct cage_limits){c->policy_memory, c->policy_steps, c->policy_timeout, NULL};
    b->history = c->policy_history;
    b->arena = arena_new(EVENT_ARENA);
    if (!action_parse(c->policy_safe_verdict, &b->safe))
        b->safe = ACTION_QUARANTINE;
    if (b->arena)
        return b;
    free(b);
    return NULL;
}

void bench_free(struct bench *b)
{
    for (size_t i = 0; b && i < BENCH_SESSIONS; i++)
        bench_session_end(&b->session[i]);
    if (b)
        arena_free(b->arena);
    free(b);
}

void bench_problem(struct jw *j, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    writer_clear(j->w);
    jw_init(j, j->w);
    jw_obj(j);
    jw_kcstr(j, "error", text);
    jw_end_obj(j);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct bundle_file *)a)->name, ((const struct bundle_file *)b)->name);
}

bool bench_mount(const struct bench_ask *a, const char *member, struct jw *j)
{
    const struct json *files = json_get(a->pack, member);
    size_t n = 0;

    if (!files || files->type != JSON_OBJECT || files->count > BENCH_FILES_MAX) {
        bench_problem(j, "'%s' must be an object of at most %d files", member, BENCH_FILES_MAX);
        return false;
    }
    json_each(f, files)
    {
        char *name = arena_dup(a->arena, f->key.p, f->key.n);
        if (!name || f->type != JSON_STRING || f->key.n > PATH_MOST || strlen(name) != f->key.n) {
            bench_problem(j, "a file is a text, its name at most %d bytes", PATH_MOST);
            return false;
        }
        mounted[n++] = (struct bundle_file){name, f->s};
    }
    qsort(mounted, n, sizeof(mounted[0]), by_name);
    bundle_mount(mounted, n);
    return true;
}

void bench_unmount(void)
{
    bundle_mount(mounted, 0); /* still nothing on disk is looked at */
}

const char *bench_name(const struct bench_ask *a, const char *member, struct jw *j)
{
    const char *name = json_cstr(json_get(a->question, member), "");

    if (*name && strlen(name) < BUNDLE_NAME && !strchr(name, '/') && name[0] != '.')
        return name;
    bench_problem(j, "'%s' must be the name of a bundle", member);
    return NULL;
}

/* "policy.lua:12:7: sentence" taken apart; a number that is not there is 0. */
static struct span take_place(struct span line, struct span *file, uint64_t place[static 2])
{
    ptrdiff_t colon = span_find_byte(line, ':', 0), end;
    struct span rest = span_part(line, (size_t)(colon < 0 ? 0 : colon + 1), line.n);

    *file = colon < 0 ? span_part(line, 0, 0) : span_part(line, 0, (size_t)colon);
    place[0] = place[1] = 0;
    if (span_find_byte(*file, ' ', 0) >= 0) { /* a sentence that has a colon */
        *file = span_part(line, 0, 0);
        return line;
    }
    for (int i = 0; i < 2 && colon >= 0; i++) {
        end = span_find_byte(rest, ':', 0);
        if (end <= 0 || !span_number(span_part(rest, 0, (size_t)end), 1u << 30, &place[i]))
            break;
        rest = span_part(rest, (size_t)end + 1, rest.n);
    }
    return span_trim(rest);
}

static void put_fault(const char *dir, struct span line, struct jw *j)
{
    struct span file, text;
    uint64_t place[2];
    size_t n = strlen(dir);
    bool warning;

    text = take_place(line, &file, place);
    if (span_starts(file, dir) && file.n > n && file.p[n] == '/')
        file = span_part(file, n + 1, file.n);
    warning = span_starts(text, "warning: ");
    jw_obj(j);
    jw_kstr(j, "file", file);
    jw_ku64(j, "line", place[0]);
    jw_ku64(j, "column", place[1]);
    jw_kcstr(j, "severity", warning ? "warning" : "error");
    jw_kstr(j, "text", warning ? span_part(text, 9, text.n) : text);
    jw_end_obj(j);
}

void bench_faults(const char *dir, struct writer *err, struct jw *j)
{
    struct reader r = reader_span(writer_span(err));
    struct span line;
    size_t n = 0;

    jw_karr(j, "faults");
    while (err->n && reader_line(&r, &line) && n < BENCH_FAULTS_MAX) {
        line = span_trim(line);
        if (line.n) {
            put_fault(dir, line, j);
            n++;
        }
    }
    jw_end_arr(j);
}

static bool run(struct bench *b, struct bench_ask *a, struct jw *j)
{
    const char *op = json_cstr(json_get(a->question, "op"), "");
    struct json *pack = NULL;
    bool good;

    for (size_t i = 0; i < GH_COUNT(ops); i++) {
        if (strcmp(ops[i].name, op) != 0)
            continue;
        if (ops[i].parsed && json_parse(a->arena, a->pack_text, ASK_DEPTH, &pack, NULL) != 0) {
            bench_problem(j, "the pack is no JSON, or too large");
            return false;
        }
        a->pack = pack;
        bench_unmount();
        good = ops[i].run(b, a, j);
        bench_unmount();
        return good;
    }
    bench_problem(j, "unknown op '%.40s'", op);
    return false;
}

bool bench_answer(struct bench *b, struct span question, struct span pack, struct writer *out)
{
    struct bench_ask a = {.pack_text = pack, .arena = arena_new(ASK_ARENA)};
    struct json *q = NULL;
    struct jw j;
    bool good = false;

    jw_init(&j, out);
    if (!a.arena) {
        bench_problem(&j, "not enough memory");
    } else if (json_parse(a.arena, question, ASK_DEPTH, &q, NULL) != 0 || q->type != JSON_OBJECT) {
        bench_problem(&j, "the question is no JSON object");
    } else {
        a.question = q;
        good = run(b, &a, &j);
    }
    if (!writer_ok(out)) {
        bench_problem(&j, "the answer is longer than %u MiB", BENCH_ANSWER_MAX >> 20);
        good = false;
    }
    arena_free(a.arena);
    return good;
}
