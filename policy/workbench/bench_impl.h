/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench_impl: what the workbench's files share. */
#ifndef GH_POLICY_BENCH_IMPL_H
#define GH_POLICY_BENCH_IMPL_H

#include "policy/lua/compare.h"
#include "policy/lua/look.h"
#include "policy/workbench/bench.h"

struct bench_session {
    uint64_t number, used_ms; /* 0: free */
    struct bundle *now, *old; /* old NULL: what was recorded is compared with */
    uint64_t judged, skipped, bad, failed, changed, by_action[ACTION_COUNT];
    uint64_t from_to[ACTION_COUNT][ACTION_COUNT];
};
struct bench {
    struct cage_limits limits;
    size_t history;
    enum action safe;
    uint64_t next;
    struct bench_session session[BENCH_SESSIONS];
    struct arena *arena; /* of one event */
};
struct bench_ask {
    const struct json *question, *pack;
    struct span pack_text;
    struct arena *arena;
};

/* Mounts the pack's member (files, old_files). False with the problem written. Until bench_unmount. */
bool bench_mount(const struct bench_ask *a, const char *member, struct jw *j);
void bench_unmount(void);
/* A member of the question that must be a bundle's name; NULL with the problem written. */
const char *bench_name(const struct bench_ask *a, const char *member, struct jw *j);
/* {"error": …} into an empty answer. */
void bench_problem(struct jw *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Member "faults" of an open object: the lines "file:line:column: sentence" of err. dir is taken off the
 * front of names. */
void bench_faults(const char *dir, struct writer *err, struct jw *j);

bool bench_check(struct bench *b, const struct bench_ask *a, struct jw *j);
bool bench_test(struct bench *b, const struct bench_ask *a, struct jw *j);
bool bench_explain(struct bench *b, const struct bench_ask *a, struct jw *j);
bool bench_open(struct bench *b, const struct bench_ask *a, struct jw *j);
bool bench_feed(struct bench *b, const struct bench_ask *a, struct jw *j);
bool bench_forward(struct bench *b, const struct bench_ask *a, struct jw *j);
/* The open session of the question; NULL with the problem written. */
struct bench_session *bench_session_find(struct bench *b, const struct bench_ask *a, struct jw *j);
bool bench_close(struct bench *b, const struct bench_ask *a, struct jw *j);
void bench_session_end(struct bench_session *s);

#endif
