/* SPDX-License-Identifier: GPL-3.0-or-later
 * page: the questions of `gatehouse setup` as one page in a browser on the management side, for a post
 * without screen or keyboard, while it is not enrolled. The one that listens (page_serve.c) is locked in as
 * the console is and holds nothing but the socket and a channel to who writes (writer.h): a parent, or as
 * units another one. */
#ifndef GH_SETUP_PAGE_H
#define GH_SETUP_PAGE_H

#include "firmware/setup/setup.h"

/* Serves until the post is enrolled; exit code. address is "" for all, or one of this machine. */
int setup_page(struct setup *s, const char *address);
/* Never returns: exit code 0 when the post was enrolled by it, 3. writer is the channel. */
_Noreturn void page_serve(int listener, int writer, const struct conf *c);

#endif
