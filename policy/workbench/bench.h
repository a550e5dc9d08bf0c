/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench: what the console's workbench can do with a policy that somebody is writing: check it, run its tests,
 * explain one event, judge recorded events anew. Everything comes as bytes and goes as JSON; nothing is read
 * from disk, nothing is kept but open replays.
 *
 * A question is a JSON object with "op", and a pack: a JSON object of what is too long for a frame.
 *
 *     op       question     pack              answer
 *     check    bundle       files             bench_check.c
 *     test     bundle       files             bench_check.c
 *     explain  bundle       files, event      bench_explain.c
 *     open     new, old     files, old_files  {"session", "judges": [event types]}, or faults; old null: recorded
 *     feed     session      "NUMBER JSON\n"    bench_replay.c
 *     forward  session      "NUMBER JSON\n"    bench_forward.c
 *     close    session      -                 {}
 *     rules    bundle       files             rules/rule_bench.c (base/bench_op.h)
 *
 * files: {"mine/policy.lua": "text", "mail-out/bundle.json": "text", …}: the bundle and what it may use, each
 * under its own name. One thread. */
#ifndef GH_POLICY_BENCH_H
#define GH_POLICY_BENCH_H

#include "base/conf.h"
#include "policy/lua/bundle.h"

#define BENCH_PACK_MAX (48u << 20)  /* bytes of a pack */
#define BENCH_ANSWER_MAX (8u << 20) /* bytes of an answer */
#define BENCH_FILES_MAX 512
#define BENCH_TESTS_MS 8000 /* for all tests of a bundle */
#define BENCH_FEED_MS 1500  /* for one feed: what is left is for the next one */
#define BENCH_SESSIONS 4    /* replays open at a time; the one that was idle longest goes */
#define BENCH_FAULTS_MAX 200

struct bench;
/* Limits of policies come from policy.memory, policy.steps, policy.timeout, policy.history. NULL: no memory.
 */
struct bench *bench_new(const struct conf *c);
void bench_free(struct bench *b); /* NULL is fine */
/* Answers one question. True with the result in out, false with {"error":"…"}: the question is faulty (a
 * faulty policy is a result). */
bool bench_answer(struct bench *b, struct span question, struct span pack, struct writer *out);

#endif
