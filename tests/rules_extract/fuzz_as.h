/* SPDX-License-Identifier: GPL-3.0-or-later
 * fuzz_as: one reader under the fuzzer, with small ceilings, so that the budgets are met often; the answer
 * must be JSON and must keep its promises. */
#ifndef GH_TESTS_FUZZ_AS_H
#define GH_TESTS_FUZZ_AS_H

#include "base/clock.h"
#include "rules/extract_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_conf(struct conf *c)
{
    conf_defaults(c);
    c->scan_unpack_max = 4 << 20;
    c->scan_members_max = 200;
    c->scan_depth_max = 4;
    c->scan_text_max = 1 << 20;
    c->scan_worker_memory = 64 << 20;
}
static inline void fuzz_answer(struct span out)
{
    struct arena *a = arena_new(64u << 20);
    struct json *j = NULL;
    const char *read;

    if (a) {
        gh_check(json_parse(a, out, 128, &j, NULL) == 0 && j->type == JSON_OBJECT);
        read = json_cstr(json_get(j, "read"), "");
        gh_check((strcmp(read, "full") == 0) == (json_get(j, "unread_reason") == NULL));
        json_each(m, json_get(j, "members"))
            gh_check(strcmp(read, "full") != 0 || strcmp(json_cstr(json_get(m, "read"), ""), "full") == 0);
    }
    arena_free(a);
}
/* read NULL: the kind of the bytes decides. */
static inline int fuzz_as(format_read_fn *read, const uint8_t *data, size_t size)
{
    static bool warm;
    static struct conf conf;
    struct document_job job = {
        .in = span_of(data, size), .name = span_str("a/b.bin"), .want_text = true, .conf = &conf};
    struct exam exam = {.job = &job, .unpack_left = 4 << 20, .text_left = 1 << 20, .members_left = 200};
    struct extract x;
    struct writer w;

    if (!warm) {
        fuzz_conf(&conf);
        gh_check(document_warm_up() == 0);
        warm = true;
    }
    job.deadline_ms = clock_mono_ms() + 5000;
    writer_init(&w, 64u << 20);
    if (!read) {
        gh_check(document_examine(&job, &w) == 0);
    } else {
        exam.arena = arena_new(32u << 20);
        gh_check(exam.arena);
        extract_init(&x, &exam, NULL, job.in, job.name);
        read(&x, job.in);
        extract_settle(&x);
        gh_check(extract_json(&x, &w) == 0);
        extract_done(&x);
        arena_free(exam.arena);
    }
    fuzz_answer(writer_span(&w));
    writer_done(&w);
    return 0;
}

#endif
