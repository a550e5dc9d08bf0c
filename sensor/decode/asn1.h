/* SPDX-License-Identifier: GPL-3.0-or-later
 * asn1: elements of BER and DER (X.690) with tags of one byte and definite lengths: what Kerberos and LDAP
 * send. Pure; spans point into the argument. A value that does not fit its frame makes the reader fail. */
#ifndef GH_SENSOR_ASN1_H
#define GH_SENSOR_ASN1_H

#include "base/reader.h"

enum asn1_tag {
    ASN1_BOOLEAN = 0x01,
    ASN1_INTEGER = 0x02,
    ASN1_OCTETS = 0x04,
    ASN1_ENUMERATED = 0x0A,
    ASN1_SEQUENCE = 0x30,
    ASN1_SET = 0x31,
    ASN1_APPLICATION = 0x60, /* constructed; plus a number */
    ASN1_CONTEXT = 0xA0      /* constructed; plus a number */
};
/* Next element, and past it. False at the end (reader_ok) or when it is damaged. */
bool asn1_next(struct reader *in, uint8_t *ret_tag, struct span *ret_content);
/* The next element's content when it bears that tag; otherwise the reader fails and the span is empty. */
struct span asn1_take(struct reader *in, uint8_t tag);
/* Content of the first element with that tag among those in `content`; false when there is none. */
bool asn1_find(struct span content, uint8_t tag, struct span *ret);
/* Content of an INTEGER or ENUMERATED of at most eight bytes; others give false. */
bool asn1_number(struct span content, int64_t *ret);
/* Bytes of the whole element at the start of s; 0 when its head is not there yet, SIZE_MAX when it is none of
 * ours. */
size_t asn1_size(struct span s);

#endif
