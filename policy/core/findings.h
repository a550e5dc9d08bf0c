/* SPDX-License-Identifier: GPL-3.0-or-later
 * findings: what a reader said about one document, checked and brought to one line, and the document object
 * of an event made from it. The reader handled hostile bytes: its answer is parsed strictly, and name, hash
 * and size are our own. */
#ifndef GH_CORE_FINDINGS_H
#define GH_CORE_FINDINGS_H

#include "base/writer.h"
#include "policy/core/docs.h"

#define FINDINGS_MAX (64u << 20) /* longest answer taken */
#define FINDINGS_KEPT                                                                                        \
    (1u << 20) /* longest one that goes into an event; members beyond are counted instead                    \
                */

/* One result, independent of where the document was seen. */
struct findings {
    char read[16], reason[32]; /* "full", ""; "none", "crash" */
    size_t n;
    char body[]; /* members of the object without file, sha256, size, read, unread_reason, text, verdict */
};
/* From a reader's answer. Free with free(). 0, ST_MALFORMED, ST_LIMIT, ST_NOMEM. */
int findings_read(struct span json, struct findings **ret);
/* For a document that nobody could read. NULL when memory is short. */
struct findings *findings_unread(const char *reason);
/* Appends the document object without its closing brace, so that a verdict can follow. incomplete names why
 * the carved bytes are not all of it (an unread_reason), or NULL: then nothing may claim to have been read in
 * full. */
void findings_document(struct writer *out, const struct findings *f, struct span name,
                       const uint8_t sha256[static 32], uint64_t size, const char *incomplete);

#endif
