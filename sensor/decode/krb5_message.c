/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/krb5_message.h"
#include "sensor/decode/asn1.h"

#define VERSION 5
#define TICKET (ASN1_APPLICATION + 1)
#define PARTS_MAX 16

/* What stands in the explicit tag [n] of a SEQUENCE's content. */
static bool field(struct span seq, unsigned n, struct span *ret)
{
    return asn1_find(seq, (uint8_t)(ASN1_CONTEXT + n), ret);
}

static bool field_number(struct span seq, unsigned n, int64_t *ret)
{
    struct span s, number;

    return field(seq, n, &s) && asn1_find(s, ASN1_INTEGER, &number) && asn1_number(number, ret);
}

/* A string type of any kind, old implementations send several. */
static void field_string(struct span seq, unsigned n, struct span *ret)
{
    struct span s, text;
    struct reader in;
    uint8_t tag;

    if (!field(seq, n, &s))
        return;
    in = reader_span(s);
    if (asn1_next(&in, &tag, &text))
        *ret = text;
}

/* PrincipalName (RFC 4120 section 5.2.2). */
static void field_principal(struct span seq, unsigned n, struct span *ret)
{
    struct span s, name, strings, parts;

    if (field(seq, n, &s) && asn1_find(s, ASN1_SEQUENCE, &name) && field(name, 1, &strings) &&
        asn1_find(strings, ASN1_SEQUENCE, &parts))
        *ret = parts;
}

/* EncryptedData (section 5.2.9). */
static bool field_etype(struct span seq, unsigned n, int64_t *ret)
{
    struct span s, data;

    return field(seq, n, &s) && asn1_find(s, ASN1_SEQUENCE, &data) && field_number(data, 0, ret);
}

static bool request(struct span seq, struct krb5_message *ret)
{
    struct span s, body;

    if (!field(seq, 4, &s) || !asn1_find(s, ASN1_SEQUENCE, &body))
        return false;
    field_principal(body, 1, &ret->cname);
    field_string(body, 2, &ret->realm);
    field_principal(body, 3, &ret->sname);
    return true;
}

static bool reply(struct span seq, struct krb5_message *ret)
{
    struct span s, outer, ticket;

    field_string(seq, 3, &ret->realm);
    field_principal(seq, 4, &ret->cname);
    ret->has_etype = field_etype(seq, 6, &ret->etype);
    if (!field(seq, 5, &s) || !asn1_find(s, TICKET, &outer) || !asn1_find(outer, ASN1_SEQUENCE, &ticket))
        return false;
    field_principal(ticket, 2, &ret->sname);
    ret->has_ticket_etype = field_etype(ticket, 3, &ret->ticket_etype);
    return true;
}

static bool error(struct span seq, struct krb5_message *ret)
{
    field_principal(seq, 8, &ret->cname);
    field_string(seq, 9, &ret->realm);
    field_principal(seq, 10, &ret->sname);
    return field_number(seq, 6, &ret->error);
}

bool krb5_message_read(struct span s, struct krb5_message *ret)
{
    struct reader in = reader_span(s);
    struct span outer, seq;
    int64_t version, type;
    uint8_t tag;
    unsigned first;

    *ret = (struct krb5_message){0};
    if (!asn1_next(&in, &tag, &outer) || !asn1_find(outer, ASN1_SEQUENCE, &seq))
        return false;
    first = tag == ASN1_APPLICATION + KRB5_AS_REQ || tag == ASN1_APPLICATION + KRB5_TGS_REQ;
    if (!field_number(seq, first, &version) || version != VERSION || !field_number(seq, first + 1, &type) ||
        type != tag - ASN1_APPLICATION)
        return false;
    ret->type = (enum krb5_type)type;
    switch (type) {
    case KRB5_AS_REQ:
    case KRB5_TGS_REQ:
        return request(seq, ret);
    case KRB5_AS_REP:
    case KRB5_TGS_REP:
        return reply(seq, ret);
    case KRB5_ERROR:
        return error(seq, ret);
    default:
        return false;
    }
}

void krb5_name(struct span parts, struct writer *ret)
{
    struct reader in = reader_span(parts);
    struct span part;
    uint8_t tag;

    for (int i = 0; i < PARTS_MAX && asn1_next(&in, &tag, &part); i++) {
        if (i)
            writer_u8(ret, '/');
        writer_put(ret, part);
    }
}
