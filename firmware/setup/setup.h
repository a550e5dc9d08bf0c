/* SPDX-License-Identifier: GPL-3.0-or-later
 * setup: what the parts of gh-setup share. Two ways of one program:
 *
 *   by hand      root at a keyboard asks, writes, makes keys, enrols, in one process; no jail: it listens to
 *                nobody but the person there
 *   as units     who asks (gatehouse-setup-tty@, gatehouse-setup-page) is a user without rights; what was
 *                answered goes by a local socket to who writes (gatehouse-setup-write@, writer.h), which has
 *                no network and takes nothing but a few fields */
#ifndef GH_SETUP_SETUP_H
#define GH_SETUP_SETUP_H

#include "base/conf.h"
#include "firmware/setup/ask.h"

#define SETUP_PORT 8480 /* of the page */

struct setup {
    struct ask ask;
    struct conf conf;
    const char *path; /* of the configuration */
    int writer;       /* who writes; -1: this process itself */
    bool restart;     /* the service takes up what was written at once */
    char name[ASK_TEXT], interface[ASK_TEXT], management[ASK_TEXT], inside[ASK_TEXT], address[ASK_TEXT],
        console[ASK_TEXT];
};

/* Runs `gatehouse WORDS...` (NULL-ended, at most 12) with our -c and waits; its exit code, or 3. */
int setup_run(const struct setup *s, char *const *words);
/* systemctl VERB UNIT; "start" waits until it is done, others do not. 0 or 3, with a message. */
int setup_systemctl(const char *verb, const char *unit);
/* Asks for what a post has to set; false when the line is gone or the person wants no change. (questions.c)
 */
bool setup_questions(struct setup *s);
/* What is wrong with the answer to name, interface, management, inside, address or console; NULL: nothing.
 * elsewhere: cards cannot be looked at from here, only their names. (questions.c) */
const struct words *setup_check(const char *field, const char *answer, bool elsewhere);
/* All cards but the loop, ", " between them; silent (cap bytes) is the first without an address, or "": a
 * mirror port has none. (questions.c) */
void setup_cards(char names[static ASK_TEXT], char *silent, size_t cap);
/* The IPv4 networks of the cards that are not watched: who stands there may reach us. (questions.c) */
void setup_local_networks(const char *watched, char out[static ASK_TEXT]);
#define SETUP_INSIDE "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7" /* where nobody said otherwise */
/* Writes the answers: configuration, and management.network beside it. 0 or a code. (write.c) */
int setup_write(const struct setup *s);
/* Request out, answer in, six words; request is what who writes made, NULL: make it. (enrol.c) */
void setup_enrol(struct setup *s, const char *request);
/* gatehouse factory-reset (reset.c); exit code. */
int setup_reset(const struct conf *c, const char *path, const char *confirm);

#endif
