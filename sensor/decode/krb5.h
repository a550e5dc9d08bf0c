/* SPDX-License-Identifier: GPL-3.0-or-later
 * krb5: Kerberos 5 between clients and their KDC (RFC 4120) over UDP and TCP, to EVE `krb5` events: one for
 * each answer, completed by what its request said, and one for each request that nobody answered (also when
 * another one follows). What is encrypted stays so; no ticket is kept.
 *
 * Ceilings: KRB5_MESSAGE_MAX bytes of a TCP message, one request that waits, KRB5_NAME_MAX bytes of a name.
 */
#ifndef GH_SENSOR_KRB5_H
#define GH_SENSOR_KRB5_H

#include "sensor/decode/proto.h"

#define KRB5_MESSAGE_MAX (128u << 10)
#define KRB5_NAME_MAX 256u

extern const struct proto krb5_proto;

#endif
