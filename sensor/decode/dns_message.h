/* SPDX-License-Identifier: GPL-3.0-or-later
 * dns_message: the bytes of one DNS message (RFC 1035, 2181, 6891): header, names with compression,
 * questions, records. Pure, no allocation. All readers run over the whole message, because names point back
 * into it. */
#ifndef GH_SENSOR_DNS_MESSAGE_H
#define GH_SENSOR_DNS_MESSAGE_H

#include "base/reader.h"

#define DNS_HEAD 12
#define DNS_MESSAGE_MAX 65535

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_NULL = 10,
    DNS_PTR = 12,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33,
    DNS_DNAME = 39
};
enum dns_flag { DNS_QR = 0x8000, DNS_AA = 0x0400, DNS_RD = 0x0100, DNS_RA = 0x0080, DNS_Z = 0x0040 };

struct dns_head {
    uint16_t id, flags;
    uint16_t questions, answers, authorities, additionals;
};
/* At most 255 bytes on the wire, so at most 254 with dots. Labels may hold any byte. The root is "". */
struct dns_name {
    uint8_t text[256];
    size_t n;
};
struct dns_question {
    struct dns_name name;
    uint16_t type, class;
};
struct dns_record {
    struct dns_name name;
    uint16_t type, class;
    uint32_t ttl;
    size_t at; /* offset of the data in the message */
    struct span data;
};

static inline struct span dns_name_span(const struct dns_name *n)
{
    return span_of(n->text, n->n);
}
/* Each moves in, which must run over the whole message, and makes it fail when the bytes do not follow the
 * format. */
void dns_head_read(struct reader *in, struct dns_head *ret);
void dns_name_read(struct reader *in, struct dns_name *ret);
void dns_question_read(struct reader *in, struct dns_question *ret);
void dns_record_read(struct reader *in, struct dns_record *ret);
/* A reader over message that stands on the record's data; names read from it may point anywhere before. */
struct reader dns_record_reader(struct span message, const struct dns_record *r);

/* "A", "AAAA", …, or the number in buf. Spelling as in EVE. */
const char *dns_type_name(uint16_t type, char buf[static 8]);
const char *dns_rcode_name(uint16_t flags, char buf[static 8]);

/* Could first be the start of a DNS message? known_port: on port 53 a header and a question are enough;
 * elsewhere all that is there must fit. whole: first is all of it. *ret_more: too little to tell. */
bool dns_plausible(struct span first, bool whole, bool known_port, bool *ret_more);

#endif
