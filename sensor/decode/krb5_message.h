/* SPDX-License-Identifier: GPL-3.0-or-later
 * krb5_message: what can be read of a Kerberos message without keys (RFC 4120 section 5). Pure; spans point
 * into the message. */
#ifndef GH_SENSOR_KRB5_MESSAGE_H
#define GH_SENSOR_KRB5_MESSAGE_H

#include "base/writer.h"

enum krb5_type { KRB5_AS_REQ = 10, KRB5_AS_REP, KRB5_TGS_REQ, KRB5_TGS_REP, KRB5_ERROR = 30 };

struct krb5_message {
    enum krb5_type type;
    struct span cname, sname; /* SEQUENCE OF strings, see krb5_name; empty: not said */
    struct span realm;
    bool has_etype, has_ticket_etype;
    int64_t etype, ticket_etype; /* of a reply's part for the client, and of the ticket in it */
    int64_t error;
};
/* False when it is none of the five, or damaged. */
bool krb5_message_read(struct span s, struct krb5_message *ret);
/* A principal's parts with '/' between. */
void krb5_name(struct span parts, struct writer *ret);
/* Names by Suricata; "EncryptionType(n)", "ErrorCode(n)" into buf for those without one. */
#define KRB5_CODE_SIZE 48
const char *krb5_type_name(enum krb5_type t);
const char *krb5_etype_name(int64_t etype, char buf[static KRB5_CODE_SIZE]);
const char *krb5_error_name(int64_t code, char buf[static KRB5_CODE_SIZE]);
/* Deprecated by RFC 6649, 8429, or none of the AES and Camellia kinds. */
bool krb5_etype_weak(int64_t etype);

#endif
