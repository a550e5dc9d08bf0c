/* SPDX-License-Identifier: GPL-3.0-or-later
 * firmware_fact: what the installer, the self-test and the nightly scrub left in their files, for the keeper's
 * status: on a machine that is no firmware installation there is nothing. One thread. */
#ifndef GH_CTL_FIRMWARE_FACT_H
#define GH_CTL_FIRMWARE_FACT_H

#include "base/conf.h"
#include "base/json.h"

/* "firmware":{"scrub":{"at","epoch","blocks","bad"},"selftest":{"at","epoch","good","reason"},"update":{"serial",
 * "done","reason"},"failed":[{"epoch","reason"}]}: each as far as there is a file of it. */
void firmware_fact_status(const struct conf *c, struct jw *j);
/* The same for people, from the status; nothing when it has none. */
void firmware_fact_print(const struct json *firmware);

#endif
