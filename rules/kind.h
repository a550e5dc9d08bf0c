/* SPDX-License-Identifier: GPL-3.0-or-later
 * kind: what a document is, by its content and never by its name: a magic table, then a look inside
 * containers. Pure but for memory of its own during the call; any thread. Static strings. */
#ifndef GH_RULES_KIND_H
#define GH_RULES_KIND_H

#include "base/reader.h"

struct kind {
    const char *kind; /* short: "pdf", "ooxml", "ole", "odf", "zip", "rtf", "html", "eml", "text", "xml",
                         "gzip", …, "data" */
    const char *mime;
};
/* Never fails: unknown binary is {"data","application/octet-stream"}, empty input
 * {"empty","application/x-empty"}. */
struct kind kind_of(struct span in);
/* By the first bytes alone: nothing is parsed or unpacked. */
struct kind kind_magic(struct span in);

#endif
