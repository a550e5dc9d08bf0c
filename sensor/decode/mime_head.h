/* SPDX-License-Identifier: GPL-3.0-or-later
 * mime_head: the header fields of one MIME entity that matter, gathered line by line (RFC 5322, 2045, 2183).
 * Bounded: HEAD_FIELD_MAX bytes of each field, MIME_HEAD_MAX bytes of header in all. Decode thread only. */
#ifndef GH_SENSOR_MIME_HEAD_H
#define GH_SENSOR_MIME_HEAD_H

#include "base/writer.h"

#define MIME_HEAD_MAX (256u << 10)
#define HEAD_FIELD_MAX (16u << 10)

/* HEAD(name, "field name") */
#define MIME_HEAD_FIELDS(X)                                                                                  \
    X(TYPE, "content-type")                                                                                  \
    X(DISPOSITION, "content-disposition")                                                                    \
    X(ENCODING, "content-transfer-encoding")                                                                 \
    X(FROM, "from")                                                                                          \
    X(TO, "to")                                                                                              \
    X(CC, "cc")                                                                                              \
    X(SUBJECT, "subject")                                                                                    \
    X(DATE, "date")                                                                                          \
    X(MESSAGE_ID, "message-id")
enum mime_field {
#define X(name, text) HEAD_##name,
    MIME_HEAD_FIELDS(X)
#undef X
        HEAD_COUNT
};

struct mime_head {
    struct writer field[HEAD_COUNT]; /* value, folds kept as line breaks */
    int current;                     /* field that a folded line continues, or -1 */
    size_t bytes;
};

void mime_head_init(struct mime_head *h);
void mime_head_clear(struct mime_head *h); /* for the next entity; keeps the memory */
void mime_head_done(struct mime_head *h);
/* One line without its end. The first field of a name counts. False when the header is longer than
 * MIME_HEAD_MAX. */
bool mime_head_line(struct mime_head *h, struct span line);
static inline struct span mime_head_get(const struct mime_head *h, enum mime_field f)
{
    return writer_span(&h->field[f]);
}

#endif
