/* SPDX-License-Identifier: GPL-3.0-or-later
 * outdir: carved documents as OUTDIR/ab/<sha256>, ab being the hash's first byte in hex, and the packets of
 * alerted connections as OUTDIR/pcap/<flow_id>.pcap. Everything goes
 * through the directory's descriptor, so that the process needs no other right. A file appears whole or not
 * at all. */
#ifndef GH_CORE_OUTDIR_H
#define GH_CORE_OUTDIR_H

#include "base/status.h"

/* Copies size bytes of memfd to its place below the directory dir_fd. A file that is there already with that
 * size stays. 0, or ST_FULL, ST_DENIED, ST_IO, ST_TRUNCATED (the memfd is shorter than it was said to be). */
int outdir_store(int dir_fd, const uint8_t sha256[static 32], int memfd, uint64_t size);

/* The same for a pcap, in place of one that is there. */
#define OUTDIR_PCAP "pcap"
int outdir_pcap(int dir_fd, uint64_t flow_id, int memfd, uint64_t size);

#endif
