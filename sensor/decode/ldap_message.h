/* SPDX-License-Identifier: GPL-3.0-or-later
 * ldap_message: one LDAPMessage (RFC 4511 section 4) to the JSON that EVE's `ldap` event shows of it, by the
 * names of Suricata 8. Passwords, SASL credentials and attribute values are never written. Pure. */
#ifndef GH_SENSOR_LDAP_MESSAGE_H
#define GH_SENSOR_LDAP_MESSAGE_H

#include "base/json.h"

enum ldap_kind {
    LDAP_REQUEST,       /* an answer follows */
    LDAP_REQUEST_ALONE, /* unbind, abandon: none does */
    LDAP_RESPONSE,      /* more may follow */
    LDAP_RESPONSE_LAST
};
struct ldap_message {
    int64_t id;
    enum ldap_kind kind;
    uint8_t op;       /* tag of the operation */
    struct span body; /* its content */
};
/* False when it is none or damaged. */
bool ldap_message_read(struct span s, struct ldap_message *ret);
/* "bind_request". */
const char *ldap_operation_name(uint8_t op);
/* Members of the request's or response's object behind its operation. */
void ldap_request_members(const struct ldap_message *m, struct jw *j);
void ldap_response_members(const struct ldap_message *m, struct jw *j);
/* The attribute of a search whose filter only asks whether an attribute is there; empty for every other
 * message. */
struct span ldap_present(const struct ldap_message *m);
/* A bind request's way: "anonymous", "simple", "ntlm" or "sasl"; NULL for other messages. */
const char *ldap_authentication(const struct ldap_message *m);
/* StartTLS (RFC 4511 section 4.14): asked for; any response: was it granted? */
bool ldap_starttls(const struct ldap_message *m);
bool ldap_success(const struct ldap_message *m);

#endif
