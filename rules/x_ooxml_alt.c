/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_ooxml_alt.h"

bool alt_start(struct alt *a, struct sax *s, const char *name)
{
    bool choice = strcmp(name, "Choice") == 0, fallback = strcmp(name, "Fallback") == 0;

    if (a->skip)
        return true;
    if (strcmp(name, "AlternateContent") == 0) {
        if (a->n < ALT_DEPTH_MAX) {
            a->open[a->n].depth = sax_depth(s);
            a->open[a->n++].said = false;
        }
        return true;
    }
    if (!a->n || (!choice && !fallback) || sax_depth(s) != a->open[a->n - 1].depth + 1)
        return false;
    if (a->open[a->n - 1].said)
        a->skip = sax_depth(s);
    a->open[a->n - 1].said_before = a->said;
    return true;
}

bool alt_end(struct alt *a, struct sax *s, const char *name)
{
    bool skipped = a->skip > 0;

    if (a->skip == sax_depth(s))
        a->skip = 0;
    if (skipped || !a->n)
        return skipped;
    if (sax_depth(s) == a->open[a->n - 1].depth) {
        a->n--;
        return true;
    }
    if (sax_depth(s) != a->open[a->n - 1].depth + 1)
        return false;
    a->open[a->n - 1].said |= a->said > a->open[a->n - 1].said_before;
    return true;
}
