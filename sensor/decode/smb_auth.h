/* SPDX-License-Identifier: GPL-3.0-or-later
 * smb_auth: who logs on, out of the security blob of a session setup. Names only: no response, no hash, no
 * key is ever copied. Pure functions. */
#ifndef GH_SENSOR_SMB_AUTH_H
#define GH_SENSOR_SMB_AUTH_H

#include "base/json.h"

/* Looks for an NTLMSSP AUTHENTICATE message ([MS-NLMP] 2.2.1.3), bare or within SPNEGO, and writes
 * "ntlmssp":{"domain","user","host","version"}; nothing when there is none. */
void smb_auth_members(struct span blob, struct jw *j);

#endif
