/* SPDX-License-Identifier: GPL-3.0-or-later
 * setup: what the parts of gh-setup share. It runs as root at a keyboard or a serial line, once, and has no
 * jail: it listens to nobody but the person there. */
#ifndef GH_SETUP_SETUP_H
#define GH_SETUP_SETUP_H

#include "base/conf.h"
#include "firmware/setup/ask.h"

struct setup {
    struct ask ask;
    struct conf conf;
    const char *path; /* of the configuration */
    char name[ASK_TEXT], interface[ASK_TEXT], management[ASK_TEXT], address[ASK_TEXT], console[ASK_TEXT];
};

/* Runs `gatehouse WORDS...` (NULL-ended, at most 12) with our -c and waits; its exit code, or 3. */
int setup_run(const struct setup *s, char *const *words);
/* Asks for what a post has to set; false when the line is gone or the person wants no change. (questions.c)
 */
bool setup_questions(struct setup *s);
/* What is wrong with the answer to name, interface, management, address or console; NULL: nothing. (questions.c) */
const struct words *setup_check(const char *field, const char *answer);
/* Writes the answers: configuration, and management.network beside it. 0 or a code. (write.c) */
int setup_write(const struct setup *s);
/* Request out, answer in, six words. (enrol.c) */
void setup_enrol(struct setup *s);
/* gatehouse factory-reset (reset.c); exit code. */
int setup_reset(const struct conf *c, const char *path, const char *confirm);

#endif
