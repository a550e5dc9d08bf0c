/* SPDX-License-Identifier: GPL-3.0-or-later
 * THE table of application protocols; the only file that knows them all. Order: the probes that say NO soonest first. */
#include "sensor/decode/proto.h"

const struct proto *const protos[] = {
    NULL, /* the end */
};
const size_t protos_count = GH_COUNT(protos) - 1;
