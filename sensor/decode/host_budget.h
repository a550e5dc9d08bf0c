/* SPDX-License-Identifier: GPL-3.0-or-later
 * host_budget: one purse of memory for flows, stream data and parsers together (conf sensor.memory). Who
 * allocates takes first and gives back when freeing; who is refused does without and counts the loss. Decode
 * thread only. */
#ifndef GH_SENSOR_HOST_BUDGET_H
#define GH_SENSOR_HOST_BUDGET_H

#include "base/status.h"

struct budget {
    size_t used, max;
};

/* n bytes from the purse; false when they are not there. */
static inline bool budget_take(struct budget *b, size_t n)
{
    if (n > b->max - b->used)
        return false;
    b->used += n;
    return true;
}
static inline void budget_give(struct budget *b, size_t n)
{
    gh_check(n <= b->used);
    b->used -= n;
}

#endif
