/* SPDX-License-Identifier: GPL-3.0-or-later
 * ldap: LDAP version 2 and 3 over TCP (RFC 4511) and CLDAP over UDP, to EVE `ldap` events by the names of
 * Suricata 8: one for each request with its responses, when the last of them has come, when it is pushed out,
 * or at the end. gatehouse.ldap.authentication tells how a bind was made; gatehouse.ldap.responses how many
 * there were when not all are listed. Never shown: passwords, SASL credentials, attribute values. After
 * StartTLS the connection is read as TLS; messages sealed by SASL end the reading ("ldap.unreadable").
 *
 * Ceilings: LDAP_MESSAGE_MAX bytes of a message, LDAP_OPEN_MAX requests that wait, LDAP_TEXT_MAX bytes and
 * LDAP_RESPONSES_MAX responses shown of each. */
#ifndef GH_SENSOR_LDAP_H
#define GH_SENSOR_LDAP_H

#include "sensor/decode/proto.h"

#define LDAP_MESSAGE_MAX (256u << 10)
#define LDAP_OPEN_MAX 16u
#define LDAP_TEXT_MAX 8192u
#define LDAP_RESPONSES_MAX 32u

extern const struct proto ldap_proto;

#endif
