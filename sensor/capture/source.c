/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/capture/source.h"
#include "sensor/capture/source_impl.h"

#include <stdarg.h>
#include <stdio.h>

enum source_step source_next(struct source *s, struct frame *ret)
{
    enum source_step step;

    if (s->fault[0])
        return SOURCE_FAULT;
    if (s->ended)
        return SOURCE_END;
    step = s->ops->next(s, ret);
    if (step == SOURCE_FRAME) {
        s->stats.frames++;
        s->stats.bytes += ret->bytes.n;
    } else if (step == SOURCE_END) {
        s->ended = true;
    }
    return step;
}

enum source_step source_fail(struct source *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(s->fault, sizeof(s->fault), fmt, ap);
    va_end(ap);
    return SOURCE_FAULT;
}

const char *source_fault(const struct source *s)
{
    return s->fault;
}

const char *source_name(const struct source *s)
{
    return s->name;
}

int source_fd(const struct source *s)
{
    return s->ops->fd ? s->ops->fd(s) : -1;
}

void source_while_waiting(struct source *s, source_waiting_fn *fn, void *arg)
{
    if (s->ops->while_waiting)
        s->ops->while_waiting(s, fn, arg);
}

void source_stats(struct source *s, struct source_stats *ret)
{
    if (s->ops->refresh)
        s->ops->refresh(s);
    *ret = s->stats;
}

void source_free(struct source *s)
{
    if (s)
        s->ops->close(s);
}
