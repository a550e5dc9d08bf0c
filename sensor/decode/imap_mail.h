/* SPDX-License-Identifier: GPL-3.0-or-later
 * imap_mail: mails, and parts of mails, in the literals of one direction, through mime.h. Partial fetches
 * that follow one another are put together. Each makes one imap event with its header facts. Used by imap.c.
 */
#ifndef GH_SENSOR_IMAP_MAIL_H
#define GH_SENSOR_IMAP_MAIL_H

#include "sensor/decode/imap_line.h"
#include "sensor/decode/mime.h"

#define IMAP_SECTION 64u
#define IMAP_SNIFF 80u
#define IMAP_EXTRA 512u

struct imap_mail {
    struct proto_ctx *cx;
    enum direction dir;
    const char *command;  /* "FETCH", "APPEND" */
    struct mime *mime;    /* NULL: nothing is open */
    bool taking;          /* the literal that is open belongs to it */
    bool heading;         /* the literal that is open is the header of a part */
    bool headless;        /* its beginning was not seen: it cannot be whole */
    bool partial;         /* more may follow */
    uint64_t next, chunk; /* where the next piece would begin; size of the first one */
    uint64_t number;      /* of the message */
    uint64_t want;        /* bytes that the client asked for in one piece; 0: not known */
    uint8_t section[IMAP_SECTION];
    size_t section_n;
    struct writer head; /* header of the part `head_section` */
    uint8_t head_section[IMAP_SECTION];
    size_t head_section_n;
    bool sniffing; /* how it is encoded is still to be found out, from these bytes */
    uint8_t sniff[IMAP_SNIFF];
    size_t sniff_n;
    uint32_t tx;
    uint8_t extra[IMAP_EXTRA]; /* command and section, as members of the gatehouse object */
    size_t extra_n;
};

void imap_mail_init(struct imap_mail *m, struct proto_ctx *cx, enum direction dir, const char *command);
void imap_mail_done(struct imap_mail *m); /* what is open ends incomplete */
/* A literal of n bytes begins that is this item of that message. */
void imap_mail_begin(struct imap_mail *m, const struct imap_item *item, uint64_t number, uint64_t n);
void imap_mail_bytes(struct imap_mail *m, struct span bytes);
void imap_mail_gap(struct imap_mail *m, uint64_t missing);
/* The literal is over. whole: all of it came. */
void imap_mail_end(struct imap_mail *m, bool whole);

#endif
