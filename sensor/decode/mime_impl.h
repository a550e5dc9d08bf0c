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

/* Files that stand in the text of a mail, between lines that say so (mime_inline.c). */
enum mime_inside { INSIDE_NONE, INSIDE_UU, INSIDE_BASE64, INSIDE_YENC };
struct mime_yenc { /* of the lines =ybegin and =ypart */
    bool part;     /* one of several */
    uint64_t size, begin, end;
    uint8_t key[32]; /* what the parts of one file have in common */
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
    enum mime_inside inside; /* a file inside the text */
    struct transfer *inside_doc;
    struct mime_decoder inside_decoder;
    struct mime_yenc yenc;

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
/* What a document is announced with, before it is closed. */
void mime_doc_context(struct mime *m, struct transfer *t);
/* A copy that lives as long as the facts; empty when there is no room. */
struct span mime_keep(struct mime *m, struct span s);

/* mime_inline.c: is line the beginning, or the end, of a file inside the text? Then it is no part of either.
 */
bool mime_inline_edge(struct mime *m, struct span line);
/* Could a line that begins so be one? */
bool mime_inline_may_edge(struct span start);
void mime_inline_close(struct mime *m, bool complete);

#endif
