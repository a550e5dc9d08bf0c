/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_eml_head: the head of a mail or of one of its parts (RFC 5322, 2045, 2047, 2231): fields, parameters,
 * encoded words. Spans point into the input; decoded values go to the caller's writer. Pure. */
#ifndef GH_RULES_X_EML_HEAD_H
#define GH_RULES_X_EML_HEAD_H

#include "base/writer.h"

#define HEAD_FIELDS_MAX 1000

struct head_field {
    struct span name, value; /* value as it stands, folded lines included */
};
/* The next field from r, which stands in the head; false at the head's end (r is then behind the blank line).
 * A line that is no field ends the head, too: the body begins with it. */
bool head_next(struct reader *r, struct head_field *ret);
/* A field's value as people read it: unfolded, encoded words decoded, raw 8-bit bytes by detection. Appended.
 */
void head_text(struct span value, struct writer *out);
/* The part of a structured value before the first ';', trimmed: "text/html". */
struct span head_main(struct span value);
/* A parameter (RFC 2231 continuations and charsets, RFC 2047 in quotes although forbidden), decoded; false
 * when absent. */
bool head_parameter(struct span value, const char *name, struct writer *out);

#endif
