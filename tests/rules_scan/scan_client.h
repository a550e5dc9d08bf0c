/* SPDX-License-Identifier: GPL-3.0-or-later
 * scan_client: plays keeper and core towards a real gh-scan. Used by tests; every fault of the harness itself
 * ends the test. One thread. */
#ifndef GH_TESTS_SCAN_CLIENT_H
#define GH_TESTS_SCAN_CLIENT_H

#include "base/msg.h"

#include <sys/types.h>

struct scan_client {
    pid_t pid;
    struct msg_chan *keeper, *core;
    char note[4097]; /* the last NOTE */
};
struct scan_answer {
    uint64_t id;
    char *json;   /* heap, NUL-terminated; the caller frees */
    bool by_file; /* came in a memfd */
};

/* Starts gh-scan with "--set" for each of sets (NULL-ended), waits for READY. False when it ended instead;
 * *ret_status is then its exit status as from waitpid. */
bool scan_start(struct scan_client *c, const char *const *sets, int *ret_status);
/* A new channel as core, first or again. */
void scan_connect(struct scan_client *c);
/* Queues a SCAN (msg_post), so that the peer's back-pressure does not block the test. */
void scan_send(struct scan_client *c, uint64_t id, bool text, const char *name, struct span bytes);
/* A frame of the test's own making. */
void scan_send_raw(struct scan_client *c, struct span body, int fd);
/* Next answer within ms; false when none came (also when gh-scan closed the channel). */
bool scan_receive(struct scan_client *c, struct scan_answer *ret, int ms);
/* Did gh-scan close the core's channel within ms? */
bool scan_closed(struct scan_client *c, int ms);
/* Worker processes alive now; at most max into ret. */
size_t scan_workers(const struct scan_client *c, pid_t *ret, size_t max);
/* Waits for a worker that is not the process old (0: any) and is the only one; after 30 s the test ends. */
pid_t scan_await_worker(const struct scan_client *c, pid_t old);
/* Takes NOTEs; the last one is in c->note. */
void scan_notes(struct scan_client *c, int ms);
void scan_send_stop(struct scan_client *c);
/* Waits for the end; its status as from waitpid, or -1 after ms (it is killed then). Frees the channels. */
int scan_wait(struct scan_client *c, int ms);
/* scan_send_stop + scan_wait: what the keeper does. */
int scan_stop(struct scan_client *c);

#endif
