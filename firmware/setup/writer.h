/* SPDX-License-Identifier: GPL-3.0-or-later
 * writer: who writes what a post answered, apart from who asks. They speak by a SOCK_SEQPACKET socket, one
 * frame each way: a letter, then fields that end with a NUL; the reply is '1' (done) or '0' and a text.
 *
 *   A  code name interface management inside address console   written; the request for the console comes back
 *   E  code answer                                              enrolled; the six words come back
 *   T  code seconds                                             the clock is set; only for who sits there
 *
 * Who asks may have been taken over. Every field is checked here as at the keyboard. Who sits at the machine
 * (the user gh-setup, root) needs no code; for a page it is shown on the machine's screen and log, and ten
 * wrong ones, at least a second apart, end the connection. It ends, too, when the post is enrolled, by
 * whatever way. One thread. */
#ifndef GH_SETUP_WRITER_H
#define GH_SETUP_WRITER_H

#include "firmware/setup/setup.h"

#define WRITER_FRAME 16384 /* longest frame, either way */
#define WRITER_FIELDS 7
/* The fields of A in their order; behind them the answer of E. */
extern const char *const writer_fields[WRITER_FIELDS + 1];

/* Serves fd. code: who asks has to know it, and it is printed, with address ("" for any) as that of the page.
 * Exit code: 0 enrolled, or who asked has gone; 3. */
int writer_serve(struct setup *s, int fd, bool code, const char *address);
/* `gatehouse setup --write`: the same for the connection on descriptor 3, whose other end's user says whether
 * there is a code. */
int writer_unit(struct setup *s);

/* ---- who asks ---- */
/* Connects; -1 with errno. */
int writer_connect(const char *path);
/* The answers in s; says gets the request, or why not. */
bool writer_apply(const struct setup *s, char says[static WRITER_FRAME]);
bool writer_enrol(int fd, const char *answer, char says[static WRITER_FRAME]);
bool writer_set_clock(int fd, uint64_t seconds);
/* A frame of fields (NULL-ended) and the reply to it. */
bool writer_ask(int fd, char kind, const char *const *field, char says[static WRITER_FRAME]);

#endif
