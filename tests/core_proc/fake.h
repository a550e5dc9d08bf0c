/* SPDX-License-Identifier: GPL-3.0-or-later
 * fake: plays the keeper and the peers of one real gh-core, over the same channels. */
#ifndef GH_TESTS_FAKE_H
#define GH_TESTS_FAKE_H

#include "base/event.h"
#include "base/msg.h"

#include <sys/types.h>

struct fake {
    pid_t pid;
    struct msg_chan *keeper;
    int out; /* memfd: the core's standard output */
};
/* Starts gh-core with options (NULL-ended) and outdir_fd as its descriptor 4 (-1: none). */
void fake_start(struct fake *f, char *const *options, int outdir_fd);
/* The same with out (borrowed) as its standard output. */
void fake_start_on(struct fake *f, char *const *options, int outdir_fd, int out);
/* A channel on which the test is role and the core is the peer. */
struct msg_chan *fake_peer(struct fake *f, enum role role);
/* Waits for the end (killed after 20 s); the exit code, or -signal. Frees what fake_start took but the
 * output. */
int fake_end(struct fake *f);
/* The output as a NUL-ended string; free it. Closes it. */
char *fake_output(struct fake *f);
/* Waits at most ms for a message; false when none came. */
bool fake_receive(struct msg_chan *c, struct msg *m, int ms);

void fake_run(struct msg_chan *sensor, uint64_t run, bool live);
void fake_event(struct msg_chan *sensor, uint64_t n, enum event_type type, uint64_t document,
                const char *json);
/* A fileinfo record for that document, CLOSED or not. */
void fake_fileinfo(struct msg_chan *sensor, uint64_t n, uint64_t document, const char *name, bool closed);
/* The document itself. */
void fake_document(struct msg_chan *sensor, uint64_t id, const char *name, const char *text, bool complete);
void fake_ledger(struct msg_chan *sensor, uint64_t run, uint64_t events, uint64_t documents);
/* FINDINGS for id: level and reading. */
void fake_findings(struct msg_chan *scan, uint64_t id, const char *json);
/* What the policy judges; a policy's channel has said "documents" when it was made. */
void fake_wants(struct msg_chan *policy, uint64_t types, bool order);
void fake_decision(struct msg_chan *policy, uint64_t id, const char *json);
/* Receives a SCAN or DECIDE; its id, 0 when none came in 5 s. */
uint64_t fake_asked(struct msg_chan *c, enum msg_type type);

#endif
