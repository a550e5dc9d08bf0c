/* SPDX-License-Identifier: GPL-3.0-or-later
 * lists_link: the sensor's channel to gh-lists. Puts together what comes as one generation (lists.h) and
 * gives it out whole; a generation of which a part cannot be taken is dropped, and the one before goes on.
 * When gh-lists dies, nothing changes until its successor speaks. Main thread. */
#ifndef GH_SENSOR_LISTS_LINK_H
#define GH_SENSOR_LISTS_LINK_H

#include "base/conf.h"
#include "base/loop.h"
#include "sensor/decode/lists.h"

struct lists_link;
/* A new generation: whoever keeps it takes a reference. */
typedef void lists_link_fn(void *arg, struct lists *l);
/* A file that gh-lists could not use: "file:line: reason", at most 512 bytes. */
typedef void lists_link_fault_fn(void *arg, struct span reason);

/* conf is borrowed. NULL when memory is short. It lives as long as the process. */
struct lists_link *lists_link_new(struct loop *loop, const struct conf *conf, lists_link_fn *fn,
                                  lists_link_fault_fn *fault, void *arg);
/* A channel to gh-lists came: takes over fd. */
void lists_link_peer(struct lists_link *k, int fd);
/* The configuration names lists and the first generation has not come yet. */
bool lists_link_waits(const struct lists_link *k);
/* What holds now; NULL before the first generation. */
const struct lists *lists_link_lists(const struct lists_link *k);

#endif
