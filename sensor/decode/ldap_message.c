/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ldap_message.h"
#include "sensor/decode/asn1.h"

#define NAME_MAX_SHOWN 512u
#define ATTRIBUTES_SHOWN 32
#define STARTTLS "1.3.6.1.4.1.1466.20037"
/* Context tags without inner structure. */
#define SIMPLE 0x80
#define SASL 0xA3
#define SICILY_DISCOVERY 0x89 /* MS-ADTS section 5.1.1.1.3 */
#define SICILY_RESPONSE 0x8B
#define PRESENT 0x87
#define FILTER_PLACE 6 /* elements of a search before its filter */
#define NEW_SUPERIOR 0x80
#define REQUEST_NAME 0x80
#define RESPONSE_NAME 0x8A

enum op {
    BIND = 0x60,
    BIND_ANSWER,
    UNBIND = 0x42,
    SEARCH = 0x63,
    SEARCH_ENTRY,
    SEARCH_DONE,
    MODIFY,
    MODIFY_ANSWER,
    ADD,
    ADD_ANSWER,
    DEL = 0x4A,
    DEL_ANSWER = 0x6B,
    MOD_DN,
    MOD_DN_ANSWER,
    COMPARE,
    COMPARE_ANSWER,
    ABANDON = 0x50,
    SEARCH_REFERENCE = 0x73,
    EXTENDED = 0x77,
    EXTENDED_ANSWER,
    INTERMEDIATE
};

static const struct op_row {
    uint8_t op;
    uint8_t kind;
    const char *name;
} ops[] = {
    {BIND, LDAP_REQUEST, "bind_request"},
    {BIND_ANSWER, LDAP_RESPONSE_LAST, "bind_response"},
    {UNBIND, LDAP_REQUEST_ALONE, "unbind_request"},
    {SEARCH, LDAP_REQUEST, "search_request"},
    {SEARCH_ENTRY, LDAP_RESPONSE, "search_result_entry"},
    {SEARCH_DONE, LDAP_RESPONSE_LAST, "search_result_done"},
    {SEARCH_REFERENCE, LDAP_RESPONSE, "search_result_reference"},
    {MODIFY, LDAP_REQUEST, "modify_request"},
    {MODIFY_ANSWER, LDAP_RESPONSE_LAST, "modify_response"},
    {ADD, LDAP_REQUEST, "add_request"},
    {ADD_ANSWER, LDAP_RESPONSE_LAST, "add_response"},
    {DEL, LDAP_REQUEST, "del_request"},
    {DEL_ANSWER, LDAP_RESPONSE_LAST, "del_response"},
    {MOD_DN, LDAP_REQUEST, "mod_dn_request"},
    {MOD_DN_ANSWER, LDAP_RESPONSE_LAST, "mod_dn_response"},
    {COMPARE, LDAP_REQUEST, "compare_request"},
    {COMPARE_ANSWER, LDAP_RESPONSE_LAST, "compare_response"},
    {ABANDON, LDAP_REQUEST_ALONE, "abandon_request"},
    {EXTENDED, LDAP_REQUEST, "extended_request"},
    {EXTENDED_ANSWER, LDAP_RESPONSE_LAST, "extended_response"},
    {INTERMEDIATE, LDAP_RESPONSE, "intermediate_response"},
};

/* RFC 4511 appendix A. */
static const struct result_row {
    uint8_t code;
    const char *name;
} results[] = {
    {0, "success"},
    {1, "operations_error"},
    {2, "protocol_error"},
    {3, "time_limit_exceeded"},
    {4, "size_limit_exceeded"},
    {5, "compare_false"},
    {6, "compare_true"},
    {7, "auth_method_not_supported"},
    {8, "stronger_auth_required"},
    {10, "referral"},
    {11, "admin_limit_exceeded"},
    {12, "unavailable_critical_extension"},
    {13, "confidentiality_required"},
    {14, "sasl_bind_in_progress"},
    {16, "no_such_attribute"},
    {17, "undefined_attribute_type"},
    {18, "inappropriate_matching"},
    {19, "constraint_violation"},
    {20, "attribute_or_value_exists"},
    {21, "invalid_attribute_syntax"},
    {32, "no_such_object"},
    {33, "alias_problem"},
    {34, "invalid_dns_syntax"},
    {36, "alias_dereferencing_problem"},
    {48, "inappropriate_authentication"},
    {49, "invalid_credentials"},
    {50, "insufficient_access_rights"},
    {51, "busy"},
    {52, "unavailable"},
    {53, "unwilling_to_perform"},
    {54, "loop_detect"},
    {64, "naming_violation"},
    {65, "object_class_violation"},
    {66, "not_allowed_on_non_leaf"},
    {67, "not_allowed_on_rdn"},
    {68, "entry_already_exists"},
    {69, "object_class_mods_prohibited"},
    {71, "affects_multiple_dsas"},
    {80, "other"},
};

static const struct op_row *op_find(uint8_t op)
{
    for (size_t i = 0; i < GH_COUNT(ops); i++)
        if (ops[i].op == op)
            return &ops[i];
    return NULL;
}

const char *ldap_operation_name(uint8_t op)
{
    const struct op_row *r = op_find(op);

    return r ? r->name : "unknown";
}

bool ldap_message_read(struct span s, struct ldap_message *ret)
{
    struct reader in = reader_span(s);
    const struct op_row *r;

    in = reader_span(asn1_take(&in, ASN1_SEQUENCE));
    if (!asn1_number(asn1_take(&in, ASN1_INTEGER), &ret->id) || ret->id < 0 || ret->id > INT32_MAX ||
        !asn1_next(&in, &ret->op, &ret->body))
        return false;
    r = op_find(ret->op);
    if (!r)
        return false;
    ret->kind = (enum ldap_kind)r->kind;
    return true;
}

static void put(struct jw *j, const char *key, struct span s)
{
    jw_kstr(j, key, span_part(s, 0, NAME_MAX_SHOWN));
}

static void put_number(struct jw *j, const char *key, struct span s)
{
    int64_t v;

    if (asn1_number(s, &v))
        jw_ki64(j, key, v);
}

static void bind_members(struct jw *j, struct reader *in)
{
    struct span auth, mechanism;
    uint8_t tag;

    put_number(j, "version", asn1_take(in, ASN1_INTEGER));
    put(j, "name", asn1_take(in, ASN1_OCTETS));
    if (!asn1_next(in, &tag, &auth) || tag != SASL || !asn1_find(auth, ASN1_OCTETS, &mechanism))
        return;
    jw_kobj(j, "sasl");
    put(j, "mechanism", mechanism);
    jw_end_obj(j);
}

static void search_members(struct jw *j, struct reader *in)
{
    struct span filter, each, number;
    struct reader attributes;
    uint8_t tag;

    put(j, "base_object", asn1_take(in, ASN1_OCTETS));
    put_number(j, "scope", asn1_take(in, ASN1_ENUMERATED));
    put_number(j, "deref_alias", asn1_take(in, ASN1_ENUMERATED));
    put_number(j, "size_limit", asn1_take(in, ASN1_INTEGER));
    put_number(j, "time_limit", asn1_take(in, ASN1_INTEGER));
    number = asn1_take(in, ASN1_BOOLEAN);
    if (number.n)
        jw_kbool(j, "types_only", number.p[0] != 0);
    if (!asn1_next(in, &tag, &filter))
        return;
    attributes = reader_span(asn1_take(in, ASN1_SEQUENCE));
    if (!reader_left(&attributes))
        return;
    jw_karr(j, "attributes");
    for (int i = 0; i < ATTRIBUTES_SHOWN && asn1_next(&attributes, &tag, &each); i++)
        jw_str(j, span_part(each, 0, NAME_MAX_SHOWN));
    jw_end_karr(j, "attributes");
}

static void mod_dn_members(struct jw *j, struct reader *in)
{
    struct span s;
    uint8_t tag;

    put(j, "entry", asn1_take(in, ASN1_OCTETS));
    put(j, "new_rdn", asn1_take(in, ASN1_OCTETS));
    s = asn1_take(in, ASN1_BOOLEAN);
    if (s.n)
        jw_kbool(j, "delete_old_rdn", s.p[0] != 0);
    if (asn1_next(in, &tag, &s) && tag == NEW_SUPERIOR)
        put(j, "new_superior", s);
}

void ldap_request_members(const struct ldap_message *m, struct jw *j)
{
    struct reader in = reader_span(m->body);
    struct span name;

    if (m->kind == LDAP_REQUEST_ALONE)
        return;
    jw_kobj(j, ldap_operation_name(m->op));
    switch (m->op) {
    case BIND:
        bind_members(j, &in);
        break;
    case SEARCH:
        search_members(j, &in);
        break;
    case MODIFY:
        put(j, "object", asn1_take(&in, ASN1_OCTETS));
        break;
    case ADD:
    case COMPARE:
        put(j, "entry", asn1_take(&in, ASN1_OCTETS));
        break;
    case DEL:
        put(j, "dn", m->body);
        break;
    case MOD_DN:
        mod_dn_members(j, &in);
        break;
    case EXTENDED:
        if (asn1_find(m->body, REQUEST_NAME, &name))
            put(j, "name", name);
        break;
    default:
        break;
    }
    jw_end_obj(j);
}

static void put_result(struct jw *j, struct reader *in)
{
    struct span dn;
    int64_t code;

    if (!asn1_number(asn1_take(in, ASN1_ENUMERATED), &code))
        return;
    for (size_t i = 0; i < GH_COUNT(results); i++)
        if (results[i].code == code)
            jw_kcstr(j, "result_code", results[i].name);
    dn = asn1_take(in, ASN1_OCTETS);
    put(j, "matched_dn",
        span_starts(dn, "NTLMSSP") ? span_str("") : dn); /* MS-ADTS puts the challenge there */
    put(j, "message", asn1_take(in, ASN1_OCTETS));
}

void ldap_response_members(const struct ldap_message *m, struct jw *j)
{
    struct reader in = reader_span(m->body);
    struct span name;

    if (m->op == SEARCH_REFERENCE)
        return;
    jw_kobj(j, ldap_operation_name(m->op));
    if (m->op == SEARCH_ENTRY)
        put(j, "base_object", asn1_take(&in, ASN1_OCTETS));
    else if (m->op == INTERMEDIATE) {
        if (asn1_find(m->body, REQUEST_NAME, &name))
            put(j, "name", name);
    } else {
        put_result(j, &in);
        if (m->op == EXTENDED_ANSWER && asn1_find(m->body, RESPONSE_NAME, &name))
            put(j, "name", name);
    }
    jw_end_obj(j);
}

struct span ldap_present(const struct ldap_message *m)
{
    struct reader in = reader_span(m->body);
    struct span filter = {NULL, 0};
    uint8_t tag = 0;

    if (m->op != SEARCH)
        return filter;
    for (int i = 0; i < FILTER_PLACE; i++)
        (void)asn1_next(&in, &tag, &filter);
    return asn1_next(&in, &tag, &filter) && tag == PRESENT ? filter : (struct span){NULL, 0};
}

const char *ldap_authentication(const struct ldap_message *m)
{
    struct reader in = reader_span(m->body);
    struct span auth;
    uint8_t tag;

    if (m->op != BIND)
        return NULL;
    asn1_take(&in, ASN1_INTEGER);
    asn1_take(&in, ASN1_OCTETS);
    if (!asn1_next(&in, &tag, &auth))
        return NULL;
    if (tag == SIMPLE)
        return auth.n ? "simple" : "anonymous";
    return tag == SASL ? "sasl" : tag >= SICILY_DISCOVERY && tag <= SICILY_RESPONSE ? "ntlm" : NULL;
}

bool ldap_starttls(const struct ldap_message *m)
{
    struct span name;

    return m->op == EXTENDED && asn1_find(m->body, REQUEST_NAME, &name) && span_eq(name, span_str(STARTTLS));
}

bool ldap_success(const struct ldap_message *m)
{
    struct reader in = reader_span(m->body);
    int64_t code;

    return m->kind == LDAP_RESPONSE_LAST && asn1_number(asn1_take(&in, ASN1_ENUMERATED), &code) && code == 0;
}
