/* SPDX-License-Identifier: GPL-3.0-or-later
 * h2_make: frames of HTTP/2 for tests, from readable rows. */
#ifndef GH_TESTS_H2_MAKE_H
#define GH_TESTS_H2_MAKE_H

#include "base/writer.h"

enum h2_kind {
    H2_RAW,    /* data as it is */
    H2_FRAME,  /* a frame with data as its payload */
    H2_FIELDS, /* a frame with the lines "name value" of data as its header block; "#n" is the entry with that
                  number */
    H2_HOLE    /* n bytes are missing */
};
struct h2_step {
    char who; /* 'c' client, 's' server; 0 ends the list */
    enum h2_kind kind;
    uint8_t type, flags;
    uint32_t stream;
    const char *data;
    size_t n; /* 0: strlen(data) */
};

/* A literal without indexing; a name that begins with '+' is entered into the table. */
void h2_field(struct writer *w, struct span name, struct span value);
void h2_frame(struct writer *w, uint8_t type, uint8_t flags, uint32_t stream, struct span payload);
/* The bytes of one step. */
void h2_make(struct writer *w, const struct h2_step *s);

#endif
