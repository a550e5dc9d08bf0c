/* SPDX-License-Identifier: GPL-3.0-or-later
 * nfs: NFS 2, 3 and 4 (RFC 1094, 1813, 7530, 8881) over ONC RPC (RFC 5531; TCP with record marking, UDP) as a
 * parser of proto.h.
 *
 * What is read from and written to a file handle becomes a document for each direction (nfs_file.h), under
 * the name that LOOKUP, CREATE or OPEN gave the handle. Each document makes an nfs event, and so do the
 * procedures that make, rename and remove files; with user, group and machine name of the caller (AUTH_SYS).
 * Compounds of NFS 4 are followed as far as their operations are known; RPCSEC_GSS is read with integrity,
 * and with privacy it is an anomaly nfs.encrypted.
 *
 * Ceilings: NFS_RECORD_MAX bytes of a record (longer ones are passed over), NFS_CALLS calls that wait for
 * their reply (the oldest is forgotten), 4 MiB of replies that are seen before their calls, those of
 * nfs_file.h. */
#ifndef GH_SENSOR_NFS_H
#define GH_SENSOR_NFS_H

#include "sensor/decode/proto.h"

extern const struct proto nfs_proto;

#endif
