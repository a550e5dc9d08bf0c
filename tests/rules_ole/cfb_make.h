/* SPDX-License-Identifier: GPL-3.0-or-later
 * cfb_make: a compound file made in memory, for tests. Sectors of 512 bytes; small streams lie in the mini
 * stream. */
#ifndef GH_TESTS_CFB_MAKE_H
#define GH_TESTS_CFB_MAKE_H

#include "base/writer.h"

#define CFB_MAKE_MAX 64

struct cfb_make {
    struct {
        const char *name;
        unsigned parent; /* 0: the root */
        bool storage;
        struct span bytes;
    } entries[CFB_MAKE_MAX]; /* [0] is the root */
    unsigned n;
    struct writer out;
};
void cfb_make_init(struct cfb_make *c);
/* Number of the new storage, for parent. */
unsigned cfb_make_storage(struct cfb_make *c, unsigned parent, const char *name);
/* bytes must live until cfb_make_end. */
void cfb_make_stream(struct cfb_make *c, unsigned parent, const char *name, struct span bytes);
/* The file; lives until cfb_make_done. */
struct span cfb_make_end(struct cfb_make *c);
void cfb_make_done(struct cfb_make *c);

#endif
