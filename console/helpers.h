/* SPDX-License-Identifier: GPL-3.0-or-later
 * helpers: what gh-console may not do itself is done by processes beside it, each in a jail of its own and
 * started by the keeper: gh-outlet sends events outward, gh-workbench tries policies and rules, gh-report
 * makes the committee's reports, gh-nats fetches what appliances left at a broker. The console asks, they answer (base/ask.h).
 *
 * One struct per process. The channels live in the loop of the main thread; helpers_ask and helpers_wait may
 * be called by any thread, helpers_forget too. A helper that dies is started again; its open questions end
 * with ST_CLOSED and may be asked again. At most HELPERS_OPEN questions are open at a time (ST_AGAIN beyond).
 */
#ifndef GH_CONSOLE_HELPERS_H
#define GH_CONSOLE_HELPERS_H

#include "base/ask.h"

#define HELPERS_OPEN 192

struct helpers;
/* An answer, on the main thread: it must not wait. rc 0: state, json (valid during the call) and fd (-1, or a
 * descriptor that the callee owns). rc != 0: the last call for this id, the helper is gone. */
typedef void helpers_fn(void *arg, uint64_t id, int rc, enum ask_state state, struct span json, int fd);

/* Before threads start. NULL when memory or descriptors are short. */
struct helpers *helpers_new(struct proc *p);
/* Open questions end with ST_CLOSED. After all other threads. */
void helpers_free(struct helpers *h);
/* Open questions end with ST_CLOSED, and new ones are refused. Main thread. */
void helpers_stop(struct helpers *h);
/* From proc.on_peer: the channel to a helper, new or once more. */
void helpers_peer(struct helpers *h, enum role role, int fd);
/* Is it there? When false for longer than a moment, this installation lacks it. */
bool helpers_have(struct helpers *h, enum role role);

/* Asks; takes over fd (-1: none) in any case. ST_CLOSED: the helper is not there; ST_AGAIN: too many open
 * questions; ST_FULL: json is longer than ASK_JSON_MAX. */
int helpers_ask(struct helpers *h, enum role role, struct span json, int fd, helpers_fn *fn, void *arg,
                uint64_t *ret_id);
/* Nobody waits any more: fn is not called again for id once this has returned, unless it runs on the main
 * thread now. */
void helpers_forget(struct helpers *h, uint64_t id);

struct helpers_answer {
    enum ask_state state; /* ASK_DONE or ASK_FAILED */
    struct writer json;   /* the caller's: writer_done */
    int fd;               /* -1, or the caller's */
};
/* Asks and waits for the last answer, at most timeout_ms, on a worker's thread: for what takes no more than a
 * second or two. 0, or as helpers_ask, or ST_TIMEOUT (the question is taken back). */
int helpers_wait(struct helpers *h, enum role role, struct span json, int fd, uint64_t timeout_ms,
                 struct helpers_answer *ret);

#endif
