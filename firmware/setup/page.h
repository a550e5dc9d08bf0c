/* SPDX-License-Identifier: GPL-3.0-or-later
 * page: the questions of `gatehouse setup` as one page in a browser on the management side, for a post
 * without screen or keyboard, while it is not enrolled. Two processes: the one that listens (page_serve.c) is
 * locked in as the console is and holds nothing but the socket and a channel; the one that writes (page.c)
 * takes five answers from it, checks them as those of the keyboard are checked, and wants the code that only
 * the machine's screen or log shows. Ten wrong codes end it. */
#ifndef GH_SETUP_PAGE_H
#define GH_SETUP_PAGE_H

#include "firmware/setup/setup.h"

#define PAGE_PORT 8480
#define PAGE_FRAME 16384 /* longest message between the two, either way */
#define PAGE_FIELDS 6
/* The fields of a message, in their order; kind 'A': all but answer, 'E': code and answer. */
extern const char *const page_fields[PAGE_FIELDS + 1];

/* Serves until the post is enrolled; exit code. address is "" for all, or one of this machine. */
int setup_page(struct setup *s, const char *address);
/* The child: never returns. networks is node.management. */
_Noreturn void page_serve(int listener, int parent, const char *networks);

#endif
