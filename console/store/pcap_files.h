/* SPDX-License-Identifier: GPL-3.0-or-later
 * pcap_files: fetched packets on the console's disk: state_dir/pcap/<id>.part while they come, <id>.ghe when
 * they are whole and proved. They stay sealed as the appliance made them; who may see them gets them opened
 * in memory. Any thread, but one at a time for one id. */
#ifndef GH_CONSOLE_PCAP_FILES_H
#define GH_CONSOLE_PCAP_FILES_H

#include "console/store/pcaps.h"

/* Writes bytes at offset of what comes; offset 0 begins anew. */
int pcap_file_part(const char *state_dir, int64_t id, uint64_t offset, struct span bytes);
/* All has come: opens it, compares length and hash with what the appliance signed for, and keeps it. 0;
 * ST_BAD_SIGNATURE when it is something else, and then it is gone. old: the console's keys before, NULL: none. */
int pcap_file_prove(const char *state_dir, const struct pcap *p, const struct seal_keys *console, const struct seal_keys *old);
/* The pcap itself, appended to out. ST_NOT_FOUND, or any other code when it cannot be had as it was signed
 * for. */
int pcap_file_read(const char *state_dir, const struct pcap *p, const struct seal_keys *console, const struct seal_keys *old,
                   struct writer *out);
void pcap_file_drop(const char *state_dir, int64_t id);

#endif
