/* SPDX-License-Identifier: GPL-3.0-or-later
 * serve: gh-console as a process: opens everything, locks itself in, serves until it is told to stop. */
#ifndef GH_CONSOLE_SERVE_H
#define GH_CONSOLE_SERVE_H

/* Exit code: 0 stopped in order; 2 someone must act (message on stderr); 3 the machine refused. */
int serve(int argc, char **argv);

#define INVITE_LIFE_US (24ull * 3600 * 1000000)

#endif
