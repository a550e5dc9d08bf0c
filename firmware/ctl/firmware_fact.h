/* SPDX-License-Identifier: GPL-3.0-or-later
 * firmware_fact: what the installer, the self-test and the nightly scrub left in their files, for the keeper's
 * status, and as an audit event ("what":"firmware") when it changes, so that the console has it, too. On a
 * machine that is no firmware installation there is nothing. One thread. */
#ifndef GH_CTL_FIRMWARE_FACT_H
#define GH_CTL_FIRMWARE_FACT_H

#include "base/conf.h"
#include "base/json.h"
#include "firmware/ctl/keeper.h"

#define FIRMWARE_FACT_TEXT 4096

struct firmware_fact {
    uint64_t looked_ms;
    char told[FIRMWARE_FACT_TEXT]; /* the last event */
};
/* Every second or so; looks once a minute. Zeros to begin with. */
void firmware_fact_tick(struct firmware_fact *f, struct keeper *keeper, const struct conf *c);

/* "firmware":{"scrub":{"at","epoch","blocks","bad"},"selftest":{"at","epoch","good","reason"},"update":{"serial",
 * "done","reason"},"failed":[{"epoch","reason"}]}: each as far as there is a file of it. */
void firmware_fact_status(const struct conf *c, struct jw *j);
/* The same for people, from the status; nothing when it has none. */
void firmware_fact_print(const struct json *firmware);

#endif
