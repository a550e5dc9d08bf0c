/* SPDX-License-Identifier: GPL-3.0-or-later
 * imap_line: lines of IMAP with their literals (RFC 9051 section 2.2, RFC 7888): "{n}" at the end of a line
 * announces n bytes, behind which the same line goes on. Of a line its first IMAP_HEAD bytes are kept and its
 * last IMAP_TAIL, literals left out; lines may be as long as they like. Value type, decode thread only. */
#ifndef GH_SENSOR_IMAP_LINE_H
#define GH_SENSOR_IMAP_LINE_H

#include "base/writer.h"

#define IMAP_HEAD 1024u
#define IMAP_TAIL 512u
#define IMAP_LITERAL_MAX (UINT64_C(1) << 40)

struct imap_line {
    struct writer head;
    uint8_t tail[IMAP_TAIL];
    size_t tail_n;
    uint64_t left;     /* bytes of a literal that are still to come */
    uint64_t literal;  /* its size */
    unsigned literals; /* of this line, so far */
    bool waits;        /* its sender waits for a "+" before it sends the literal */
    bool skip;         /* the rest of a line whose beginning is missing comes */
};

enum imap_taken {
    IMAP_MORE,    /* the feed is used up */
    IMAP_LINE,    /* the line is over: imap_line_clear when it is done with */
    IMAP_LITERAL, /* a literal of `literal` bytes begins behind `tail`; it may be empty */
    IMAP_BYTES,   /* bytes of it; `left` is what is still to come */
};

void imap_line_init(struct imap_line *l);
void imap_line_done(struct imap_line *l);
void imap_line_clear(struct imap_line *l);
/* Takes the next of these off *in; *ret are the bytes of a literal. */
enum imap_taken imap_take(struct imap_line *l, struct span *in, struct span *ret);
/* missing bytes. True: they were all of the literal; false: what comes now is the rest of some line. */
bool imap_line_gap(struct imap_line *l, uint64_t missing);
static inline struct span imap_tail(const struct imap_line *l)
{
    return span_of(l->tail, l->tail_n);
}

/* What a literal of a FETCH response is: the item that stands before it. */
struct imap_item {
    enum {
        ITEM_NONE,   /* no part of a mail: a mailbox name, an address */
        ITEM_MAIL,   /* BODY[], RFC822 */
        ITEM_TEXT,   /* BODY[TEXT]: without its header */
        ITEM_HEADER, /* BODY[HEADER] and the like */
        ITEM_MIME,   /* BODY[2.MIME]: the header of a part */
        ITEM_PART,   /* BODY[2]: a part as it is encoded */
        ITEM_BINARY, /* BINARY[2]: a part, decoded */
    } kind;
    struct span section; /* "", "TEXT", "2.MIME"; lies in tail */
    bool partial;
    uint64_t origin; /* where it begins */
};
void imap_item(struct span tail, struct imap_item *ret);

/* The next word of *s, and past it; empty at the end. */
struct span imap_word(struct span *s);

#endif
