/* SPDX-License-Identifier: GPL-3.0-or-later
 * ask: the frames between gh-console and its helpers (gh-outlet, gh-workbench, gh-report): a question, any
 * number of answers, the last of which is not ASK_MORE. What is too long for a frame goes in a sealed memfd
 * (msg_memfd).
 *
 * Bodies are views into the message. A helper answers every question, each at least with its last answer, in
 * any order. */
#ifndef GH_BASE_ASK_H
#define GH_BASE_ASK_H

#include "base/proc.h"

#define ASK_JSON_MAX (MSG_MAX - 9)

enum ask_state {
    ASK_MORE,   /* progress; more comes */
    ASK_DONE,   /* the result */
    ASK_FAILED, /* no result: the JSON has "error" with a sentence */
    ASK_STATES
};

/* MSG_ASK of the console: id and JSON; ST_MALFORMED. */
int ask_read(struct span body, uint64_t *ret_id, struct span *ret_json);
/* MSG_ANSWER of a helper. */
int answer_read(struct span body, uint64_t *ret_id, enum ask_state *ret_state, struct span *ret_json);
/* MSG_FORGET. */
int forget_read(struct span body, uint64_t *ret_id);

/* Posts the console's question; fd as proc_chan_post. ST_FULL when json is longer than ASK_JSON_MAX. */
int ask_post(struct proc_chan *pc, uint64_t id, struct span json, int fd);
int forget_post(struct proc_chan *pc, uint64_t id);
/* Posts a helper's answer. */
int answer_post(struct proc_chan *pc, uint64_t id, enum ask_state state, struct span json, int fd);
/* ASK_FAILED with {"error":"…"} from fmt. */
int answer_post_error(struct proc_chan *pc, uint64_t id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
