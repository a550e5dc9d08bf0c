/* SPDX-License-Identifier: GPL-3.0-or-later
 * recorder: the extract_* calls of rules/extract.h that write down what a reader says, so that readers are
 * tested apart from the core. Tests that link it take it instead of extract.c. */
#ifndef GH_TESTS_RECORDER_H
#define GH_TESTS_RECORDER_H

#include "rules/extract.h"

struct extract {
    struct arena *arena;
    struct writer
        text[PLACE_COUNT];      /* pages after page, each line as said; fonts as "{.VnTime}" before a run */
    unsigned page[PLACE_COUNT]; /* last page said */
    struct writer labels;       /* "kind key=value\n" */
    struct writer children;     /* "name size\n", or "name !reason\n" */
    struct writer child_bytes;  /* content of the last child */
    unsigned features[FEATURE_COUNT];
    enum unread unread;
    bool all;
    uint64_t budget;
    const char *kind, *encoding;
    struct span name;
    unsigned ticks,
        expire_after; /* extract_expired() says true from the expire_after-th question on; 0 never */
};
void recorder_init(struct extract *x);
void recorder_done(struct extract *x);
/* What was said, NUL-ended; "" when nothing. */
const char *recorder_text(struct extract *x, enum place p);
bool recorder_has(struct extract *x, enum place p, const char *part);
bool recorder_label(struct extract *x, const char *line);
bool recorder_child(struct extract *x, const char *line);

#endif
