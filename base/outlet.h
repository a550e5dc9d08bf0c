/* SPDX-License-Identifier: GPL-3.0-or-later
 * outlet: where event lines leave the appliance for other programs, as the configuration names it: a file,
 * the standard output, or a Unix socket that somebody else listens on. The writer itself is
 * policy/core/output.h; the keeper, which may still make sockets, connects anew when a reader was gone.
 *
 * Pure functions but for outlet_connect; any thread. */
#ifndef GH_BASE_OUTLET_H
#define GH_BASE_OUTLET_H

#include "base/writer.h"

enum outlet_kind {
    OUTLET_NONE,   /* "" */
    OUTLET_STDOUT, /* "-" */
    OUTLET_FILE,   /* a path */
    OUTLET_STREAM, /* "unix:PATH": lines */
    OUTLET_DGRAM   /* "unix-dgram:PATH": one line in each datagram, without its end */
};
struct outlet {
    enum outlet_kind kind;
    const char *path; /* inside the text that was parsed; "" without one */
};

/* 0, or ST_USAGE: a path that is missing, ends with a slash, or is too long for a socket. */
int outlet_parse(const char *text, struct outlet *ret);
/* A socket connected to the reader of a STREAM or DGRAM outlet. Never waits. Its descriptor, ST_CLOSED when
 * nobody listens there, or another code. */
int outlet_connect(const struct outlet *o);
/* Event types, blank-separated: a bit for each by its position (enum event_type); all bits for an empty list.
 * False when one is unknown, which is then *ret_wrong. */
bool outlet_types(struct span list, uint64_t *ret, struct span *ret_wrong);

/* For conf.def: 0, or ST_USAGE with a sentence in err. */
int outlet_check(struct span value, struct writer *err);
int outlet_check_types(struct span value, struct writer *err);

#endif
