/* SPDX-License-Identifier: GPL-3.0-or-later
 * host: texts that set up the machine around the appliance (host.c), and the check of a list of networks.
 * Pure. */
#ifndef GH_CTL_HOST_H
#define GH_CTL_HOST_H

#include "base/conf.h"

/* An nftables file: one table of ours, replaced as a whole. The configuration's names were checked before. */
void host_rules(const struct conf *c, struct writer *w);
/* A drop-in of journald. */
void host_journald(const struct conf *c, struct writer *w);
/* Blank- or comma-separated networks of both families; ST_USAGE with the bad one in bad. */
int host_networks_check(const char *list, char *bad, size_t cap);

#endif
