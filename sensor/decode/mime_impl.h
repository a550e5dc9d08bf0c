/* SPDX-License-Identifier: GPL-3.0-or-later
 * mime_impl: what mime.c (lines, boundaries, entities) and mime_part.c (documents of parts) share. */
#ifndef GH_SENSOR_MIME_IMPL_H
#define GH_SENSOR_MIME_IMPL_H

#include "sensor/decode/mime.h"
#include "sensor/decode/mime_decode.h"
#include "sensor/decode/mime_head.h"

#define LINE_MAX_BYTES 4096u /* longest line that is looked at as a whole */
#define BOUNDARY_MAX 256u    /* RFC 2046 says 70 */

enum where {
    IN_MESSAGE, /* first line of a message/rfc822 that is said to be coded, which it must not be */
    IN_HEAD,    /* lines of an entity's header */
    IN_LEAF,    /* bytes of a part that becomes a document */
    IN_OUTSIDE, /* before the first or behind the last boundary: seldom a document */
};

struct mime {
    struct proto_ctx *cx;
    enum mime_mode mode;
    enum direction dir;
    uint32_t tx;
    mime_context_fn *context;
    void *arg;
    struct span extra;
    struct mime_head head;
    struct writer boundary[MIME_DEPTH]; /* an empty one is still to be seen */
    unsigned depth, messages;
    enum where where;
    bool preamble; /* IN_OUTSIDE before the first boundary of the innermost multipart */
    bool flat;     /* too many parts: boundaries count no more */
    bool top_done;

    struct writer line; /* a line that is not complete */
    bool mid;           /* inside a line whose beginning was passed on */
    uint8_t eol[2];     /* a line end that may belong to the boundary behind it */
    unsigned n_eol;

    struct transfer *doc; /* NULL also when there was no memory for it, which carve counts */
    bool opened;          /* doc was asked for */
    bool file;            /* doc has a name: it is a file, not the text of the mail */
    bool ink;             /* IN_OUTSIDE: more than blanks was seen */
    struct mime_decoder decoder;
    struct transfer *uu; /* a uuencoded file inside the text */
    bool in_uu;
    struct mime_decoder uu_decoder;

    struct arena *arena;
    struct mime_facts facts;
    struct span names[MIME_NAMES];
};

/* Bytes of the current part, decoded on the way; opens a document without a name when none is open. */
void mime_doc_put(struct mime *m, struct span s);
void mime_doc_open(struct mime *m, struct span name);
void mime_doc_close(struct mime *m, bool complete);
/* The line end that was held back belongs to the part. */
void mime_eol_flush(struct mime *m);
/* Decodes the facts of the top entity, once. */
void mime_top_facts(struct mime *m);
/* The header of a leaf is over: opens its document. */
void mime_leaf_begin(struct mime *m);
/* "begin 644 name" and "end" around a uuencoded file inside a text: true when line is one of them. */
bool mime_uu_edge(struct mime *m, struct span line);

#endif
