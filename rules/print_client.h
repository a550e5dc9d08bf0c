/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_client: a gh-scan of one's own: started from the same program, asked for the fingerprints of
 * documents as the core asks for findings. One thread; everything blocks. */
#ifndef GH_RULES_PRINT_CLIENT_H
#define GH_RULES_PRINT_CLIENT_H

#include "base/msg.h"

#include <sys/types.h>

struct print_client {
    pid_t pid;
    struct msg_chan *keeper, *core;
};
/* Starts it with these arguments (-c FILE, --set …). 0; or the exit code with which it gave up (it has said
 * why). */
int print_client_start(struct print_client *c, char **args, size_t n_args);
/* Hands over a sealed copy of the file at path. At most PRINT_CLIENT_WINDOW may be unanswered. 0; ST_LIMIT:
 * larger than max; ST_UNSUPPORTED: no regular file; ST_CLOSED; what the system said. */
#define PRINT_CLIENT_WINDOW 16
int print_client_send(struct print_client *c, uint64_t id, const char *path, uint64_t max);
/* The next answer: its JSON appended to out. 0 or ST_CLOSED, ST_MALFORMED, ST_NOMEM. */
int print_client_receive(struct print_client *c, uint64_t *ret_id, struct writer *out);
/* Ends it. */
void print_client_stop(struct print_client *c);

#endif
