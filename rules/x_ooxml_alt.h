/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_ooxml_alt: mc:AlternateContent (ECMA-376-3): one thing said twice, for new programs and for old ones. The
 * first choice that says something is read; what says it again is skipped. */
#ifndef GH_RULES_X_OOXML_ALT_H
#define GH_RULES_X_OOXML_ALT_H

#include "rules/sax.h"

#define ALT_DEPTH_MAX 32

struct alt {
    struct {
        unsigned depth;       /* of the AlternateContent element */
        uint64_t said_before; /* bytes of text before its open choice */
        bool said;            /* a choice had text */
    } open[ALT_DEPTH_MAX];
    unsigned n;
    unsigned skip; /* depth of the element that is skipped with all in it; 0 none */
    uint64_t said; /* bytes of text so far: the owner counts them up */
};
/* Call first at start and end of each element; true: the element belongs to what is skipped, or is the
 * alternative itself. */
bool alt_start(struct alt *a, struct sax *s, const char *name);
bool alt_end(struct alt *a, struct sax *s, const char *name);

#endif
