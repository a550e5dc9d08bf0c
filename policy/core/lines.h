/* SPDX-License-Identifier: GPL-3.0-or-later
 * lines: EVE lines to one open descriptor in big writes. Blocks when the reader of the output is slow: that
 * is the back-pressure of `gatehouse inspect`. One thread; ceiling: one buffer of LINES_BUFFER bytes plus the
 * longest line. */
#ifndef GH_CORE_LINES_H
#define GH_CORE_LINES_H

#include "base/writer.h"

#define LINES_BUFFER (512u << 10)
#define LINES_LONGEST (16u << 20)

struct lines {
    int fd; /* borrowed */
    int rc; /* first failure, sticky: ST_CLOSED when nobody reads any more */
    uint64_t written;
    struct writer buf;
};
void lines_init(struct lines *l, int fd);
void lines_done(struct lines *l);
/* One line: a JSON object without its line end. */
void lines_put(struct lines *l, struct span json);
/* Writes what is buffered. 0, ST_CLOSED, ST_FULL or ST_IO; after a failure the rest is dropped. */
int lines_flush(struct lines *l);

#endif
