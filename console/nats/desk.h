/* SPDX-License-Identifier: GPL-3.0-or-later
 * desk: the letters that came over the broker and that gh-console has not answered yet. What a stream keeps is taken
 * off it only when the console says so; what nobody answers goes back. Bounded: DESK_LETTERS. One thread, no clock
 * of its own. */
#ifndef GH_CONSOLE_NATS_DESK_H
#define GH_CONSOLE_NATS_DESK_H

#include "base/broker.h"

#define DESK_LETTERS 160      /* under way: of the stream at most console.nats_window, the rest are questions */
#define DESK_ASKS 96          /* most questions at a time: who asks beyond asks again */
#define DESK_OLD_MS 120000    /* without an answer for so long: it goes back */
#define DESK_DELIVERED 100    /* came so often out of the stream: it will never be taken */
#define DESK_ID 32            /* digits of an appliance's id */

enum desk_fate { DESK_DONE, DESK_AGAIN, DESK_NEVER, DESK_FATES };
extern const char *const desk_fates[DESK_FATES]; /* "done", "again", "never" */

struct desk_letter {
    uint64_t id; /* 0: free */
    struct broker_msg *msg;
    char from[DESK_ID + 1];
    uint64_t since_ms;
};
struct desk {
    struct desk_letter letter[DESK_LETTERS];
    uint64_t next;
    size_t stored, asks; /* under way */
};
/* The appliance's id at the end of a subject: 32 lower-case hexadecimal digits behind a dot. */
bool desk_from(const char *subject, char out[static DESK_ID + 1]);
/* Takes m over (NULL it then is); NULL when it is none of ours or there is no room: m stays the caller's. */
struct desk_letter *desk_put(struct desk *d, struct broker_msg **m, uint64_t now_ms);
struct desk_letter *desk_find(struct desk *d, uint64_t id);
/* Frees it. */
void desk_drop(struct desk *d, struct desk_letter *l);
/* One that is older than DESK_OLD_MS, or NULL. */
struct desk_letter *desk_old(struct desk *d, uint64_t now_ms);
/* Any, or NULL. */
struct desk_letter *desk_any(struct desk *d);

#endif
