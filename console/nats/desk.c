/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/nats/desk.h"

#include <stdio.h>

const char *const desk_fates[DESK_FATES] = {"done", "again", "never"};

bool desk_from(const char *subject, char out[static DESK_ID + 1])
{
    struct span s = span_str(subject);

    if (s.n <= DESK_ID || s.p[s.n - DESK_ID - 1] != '.')
        return false;
    s = span_part(s, s.n - DESK_ID, DESK_ID);
    for (size_t i = 0; i < DESK_ID; i++)
        if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    snprintf(out, DESK_ID + 1, "%.*s", (int)s.n, (const char *)s.p);
    return true;
}

struct desk_letter *desk_put(struct desk *d, struct broker_msg **m, uint64_t now_ms)
{
    char from[DESK_ID + 1];
    bool stored = (*m)->delivered > 0;

    if (!desk_from((*m)->subject, from) || (!stored && d->asks >= DESK_ASKS))
        return NULL;
    for (size_t i = 0; i < DESK_LETTERS; i++) {
        struct desk_letter *l = &d->letter[i];
        if (l->id)
            continue;
        *l = (struct desk_letter){.id = ++d->next, .msg = *m, .since_ms = now_ms};
        snprintf(l->from, sizeof(l->from), "%s", from);
        *m = NULL;
        if (stored)
            d->stored++;
        else
            d->asks++;
        return l;
    }
    return NULL;
}

struct desk_letter *desk_find(struct desk *d, uint64_t id)
{
    for (size_t i = 0; id && i < DESK_LETTERS; i++)
        if (d->letter[i].id == id)
            return &d->letter[i];
    return NULL;
}

void desk_drop(struct desk *d, struct desk_letter *l)
{
    if (l->msg->delivered)
        d->stored--;
    else
        d->asks--;
    broker_msg_free(l->msg);
    *l = (struct desk_letter){.id = 0};
}

struct desk_letter *desk_old(struct desk *d, uint64_t now_ms)
{
    for (size_t i = 0; i < DESK_LETTERS; i++)
        if (d->letter[i].id && now_ms - d->letter[i].since_ms > DESK_OLD_MS)
            return &d->letter[i];
    return NULL;
}

struct desk_letter *desk_any(struct desk *d)
{
    for (size_t i = 0; i < DESK_LETTERS; i++)
        if (d->letter[i].id)
            return &d->letter[i];
    return NULL;
}
