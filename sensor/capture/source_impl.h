/* SPDX-License-Identifier: GPL-3.0-or-later
 * source_impl: what the two kinds of source share. Only for sensor/capture. */
#ifndef GH_SENSOR_SOURCE_IMPL_H
#define GH_SENSOR_SOURCE_IMPL_H

#include "sensor/capture/source.h"

struct source_ops {
    enum source_step (*next)(struct source *s, struct frame *ret);
    int (*fd)(const struct source *s);                                         /* NULL: there is none */
    void (*while_waiting)(struct source *s, source_waiting_fn *fn, void *arg); /* NULL: never waits */
    void (*refresh)(struct source *s); /* brings s->stats up to date; NULL: it always is */
    void (*close)(struct source *s);   /* frees everything, s too */
};
/* First member of each kind. */
struct source {
    const struct source_ops *ops;
    char *name;
    struct source_stats stats;
    bool ended;
    char fault[SOURCE_ERROR_SIZE];
};

/* Sets the fault and gives SOURCE_FAULT. */
enum source_step source_fail(struct source *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
