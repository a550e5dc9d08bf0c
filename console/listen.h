/* SPDX-License-Identifier: GPL-3.0-or-later
 * listen: the console's listening socket. */
#ifndef GH_CONSOLE_LISTEN_H
#define GH_CONSOLE_LISTEN_H

#include "base/conf.h"

/* Binds and listens on console.listen (port 0: any free one, *ret_port tells). Descriptor, or -1 with a
 * sentence in err that says what to do. */
int listen_open(const struct conf *c, unsigned *ret_port, char *err, size_t cap);

#endif
