/* SPDX-License-Identifier: GPL-3.0-or-later
 * classify_json: the document object of interfaces section 4 as `classify` handles it. Pure functions. */
#ifndef GH_CTL_CLASSIFY_JSON_H
#define GH_CTL_CLASSIFY_JSON_H

#include "base/json.h"

/* Appends to out a fileinfo event that holds the document object without its texts: what the policy is asked about.
 * 0 or a negative code when document is no JSON object. */
int classify_facts(struct span document, struct writer *out);
/* Splices "verdict":{first of verdicts} into the object in document; *ret_blocked tells whether it says block. */
int classify_verdict(struct writer *document, struct span verdicts, bool *ret_blocked);
/* Object of a document that was not examined at all. memfd (or -1) gives size and hash. reason as in unread_reason. */
void classify_unread(struct writer *out, const char *path, int memfd, const char *reason);

#endif
