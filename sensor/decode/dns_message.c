/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/dns_message.h"

#include <stdio.h>

#define RECORD_MIN 11 /* root name, type, class, ttl, length */
#define JUMPS_MAX 64  /* pointers followed in one name */

void dns_head_read(struct reader *in, struct dns_head *ret)
{
    ret->id = reader_be16(in);
    ret->flags = reader_be16(in);
    ret->questions = reader_be16(in);
    ret->answers = reader_be16(in);
    ret->authorities = reader_be16(in);
    ret->additionals = reader_be16(in);
}

/* RFC 1035 section 4.1.4. A pointer must go backwards; with the limit on length and jumps the walk ends soon
 * in any case. */
void dns_name_read(struct reader *in, struct dns_name *ret)
{
    struct reader r = *in;
    bool jumped = false;

    ret->n = 0;
    for (unsigned jumps = 0;;) {
        size_t here = r.pos;
        uint8_t length = reader_u8(&r);
        struct span label;
        if ((length & 0xC0) == 0xC0) {
            size_t target = (size_t)(length & 0x3F) << 8 | reader_u8(&r);
            if (!jumped)
                *in = r;
            jumped = true;
            if (target >= here || ++jumps > JUMPS_MAX)
                r.bad = true;
            reader_seek(&r, target);
            continue;
        }
        if (length & 0xC0)
            r.bad = true;
        label = reader_take(&r, length);
        if (!reader_ok(&r) || ret->n + label.n + 1 > sizeof(ret->text) - 1) {
            in->bad = true;
            ret->n = 0;
            return;
        }
        if (!length)
            break;
        if (ret->n)
            ret->text[ret->n++] = '.';
        memcpy(ret->text + ret->n, label.p, label.n);
        ret->n += label.n;
    }
    if (!jumped)
        *in = r;
}

void dns_question_read(struct reader *in, struct dns_question *ret)
{
    dns_name_read(in, &ret->name);
    ret->type = reader_be16(in);
    ret->class = reader_be16(in);
}

void dns_record_read(struct reader *in, struct dns_record *ret)
{
    uint16_t length;

    dns_name_read(in, &ret->name);
    ret->type = reader_be16(in);
    ret->class = reader_be16(in);
    ret->ttl = reader_be32(in);
    length = reader_be16(in);
    ret->at = in->pos;
    ret->data = reader_take(in, length);
}

struct reader dns_record_reader(struct span message, const struct dns_record *r)
{
    struct reader in = reader_span(span_part(message, 0, r->at + r->data.n));

    reader_seek(&in, r->at);
    return in;
}

static const struct {
    uint16_t type;
    const char *name;
} types[] = {
    {1, "A"},      {2, "NS"},      {3, "MD"},      {4, "MF"},      {5, "CNAME"},    {6, "SOA"},
    {7, "MB"},     {8, "MG"},      {9, "MR"},      {10, "NULL"},   {11, "WKS"},     {12, "PTR"},
    {13, "HINFO"}, {14, "MINFO"},  {15, "MX"},     {16, "TXT"},    {17, "RP"},      {18, "AFSDB"},
    {19, "X25"},   {20, "ISDN"},   {21, "RT"},     {22, "NSAP"},   {23, "NSAPPTR"}, {24, "SIG"},
    {25, "KEY"},   {26, "PX"},     {27, "GPOS"},   {28, "AAAA"},   {29, "LOC"},     {30, "NXT"},
    {33, "SRV"},   {34, "ATMA"},   {35, "NAPTR"},  {36, "KX"},     {37, "CERT"},    {38, "A6"},
    {39, "DNAME"}, {41, "OPT"},    {42, "APL"},    {43, "DS"},     {44, "SSHFP"},   {45, "IPSECKEY"},
    {46, "RRSIG"}, {47, "NSEC"},   {48, "DNSKEY"}, {49, "DHCID"},  {50, "NSEC3"},   {51, "NSEC3PARAM"},
    {52, "TLSA"},  {53, "SMIMEA"}, {55, "HIP"},    {59, "CDS"},    {60, "CDNSKEY"}, {61, "OPENPGPKEY"},
    {62, "CSYNC"}, {63, "ZONEMD"}, {64, "SVCB"},   {65, "HTTPS"},  {99, "SPF"},     {249, "TKEY"},
    {250, "TSIG"}, {251, "IXFR"},  {252, "AXFR"},  {253, "MAILB"}, {254, "MAILA"},  {255, "ANY"},
    {256, "URI"},  {257, "CAA"},
};

const char *dns_type_name(uint16_t type, char buf[static 8])
{
    for (size_t i = 0; i < GH_COUNT(types); i++)
        if (types[i].type == type)
            return types[i].name;
    snprintf(buf, 8, "%u", type);
    return buf;
}

const char *dns_rcode_name(uint16_t flags, char buf[static 8])
{
    static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                        "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};
    unsigned code = flags & 15;

    if (code < GH_COUNT(names))
        return names[code];
    snprintf(buf, 8, "%u", code);
    return buf;
}

static bool class_known(uint16_t class)
{
    return class == 1 || class == 3 || class == 4 || class == 254 || class == 255;
}

static bool name_printable(const struct dns_name *n)
{
    for (size_t i = 0; i < n->n; i++)
        if (n->text[i] < 0x21 || n->text[i] > 0x7E)
            return false;
    return true;
}

static bool head_plausible(const struct dns_head *h, bool known_port)
{
    unsigned opcode = h->flags >> 11 & 15;

    if (opcode > 6 || opcode == 3 || h->questions > 16)
        return false;
    if (!(h->flags & DNS_QR))
        return h->questions && !(h->flags & 15) && (opcode == 5 || !h->answers);
    return h->questions == 1 || (known_port && !h->questions);
}

bool dns_plausible(struct span first, bool whole, bool known_port, bool *ret_more)
{
    struct reader in = reader_span(first);
    struct dns_head h;
    struct dns_question q;
    struct dns_record record;
    size_t records;

    *ret_more = false;
    dns_head_read(&in, &h);
    if (!reader_ok(&in)) {
        *ret_more = !whole;
        return false;
    }
    records = (size_t)h.answers + h.authorities + h.additionals;
    if (!head_plausible(&h, known_port) || (whole && records * RECORD_MIN > first.n))
        return false;
    for (unsigned i = 0; i < h.questions && reader_ok(&in); i++) {
        dns_question_read(&in, &q);
        if (reader_ok(&in) && (!class_known(q.class) || (!known_port && !name_printable(&q.name))))
            return false;
    }
    if (!reader_ok(&in)) {
        *ret_more = !whole && first.n < DNS_HEAD + 16 * (255 + 4);
        return false;
    }
    if (known_port || !whole)
        return true;
    for (size_t i = 0; i < records && reader_ok(&in); i++)
        dns_record_read(&in, &record);
    return reader_ok(&in) && !reader_left(&in);
}
