/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ioc.h"
#include "base/ioc_hash.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define GUESSES 6 /* steps by proportion before halving: digests are spread evenly, addresses are not */

struct section {
    enum ioc_class cls;
    uint8_t bits, key, width; /* width - key: 0, or the 4 bytes of "until" */
    uint64_t count;
    struct span rows;
};
struct ioc_list {
    struct span bytes;
    char name[IOC_NAME_MAX + 1];
    uint64_t built, entries;
    uint64_t of_kind[IOC_KIND_COUNT];
    uint16_t first[IOC_CLASS_COUNT], last[IOC_CLASS_COUNT]; /* its sections: first <= i < last */
    uint16_t n_sections;
    struct section sections[];
};

static const struct {
    enum ioc_kind kind;
    uint8_t key, bits_max;
} classes[IOC_CLASS_COUNT] = {
    [IOC_C_SHA256] = {IOC_SHA256, 32, 0},     [IOC_C_IP4] = {IOC_IP, 4, 32},
    [IOC_C_IP6] = {IOC_IP, 16, 128},          [IOC_C_DOMAIN] = {IOC_DOMAIN, IOC_HASH, 0},
    [IOC_C_TREE] = {IOC_DOMAIN, IOC_HASH, 0}, [IOC_C_JA3] = {IOC_JA3, 16, 0},
    [IOC_C_JA3S] = {IOC_JA3S, 16, 0},         [IOC_C_JA4] = {IOC_JA4, 36, 0},
};
static const char *const kind_names[IOC_KIND_COUNT] = {"sha256", "ip", "domain", "ja3", "ja3s", "ja4"};

const char *ioc_kind_name(enum ioc_kind k)
{
    return (size_t)k < IOC_KIND_COUNT ? kind_names[k] : "";
}

bool ioc_kind_parse(struct span name, enum ioc_kind *ret)
{
    for (size_t i = 0; i < IOC_KIND_COUNT; i++)
        if (span_eq(name, span_str(kind_names[i]))) {
            *ret = (enum ioc_kind)i;
            return true;
        }
    return false;
}

enum ioc_kind ioc_class_kind(enum ioc_class c)
{
    return classes[c].kind;
}

size_t ioc_class_key(enum ioc_class c)
{
    return classes[c].key;
}

bool ioc_name_ok(struct span name)
{
    struct reader r = reader_span(name);

    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = reader_u8(&r), low = c | 0x20;
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
            return false;
    }
    return name.n && name.n <= IOC_NAME_MAX;
}

/* ---- opening ---- */

static bool read_name(struct reader *r, char out[static IOC_NAME_MAX + 1])
{
    size_t n;

    reader_copy(r, out, IOC_NAME_MAX + 1);
    n = strnlen(out, IOC_NAME_MAX + 1);
    for (size_t i = n; i <= IOC_NAME_MAX; i++)
        if (out[i])
            return false;
    return ioc_name_ok(span_of(out, n));
}

static const char *read_header(struct reader *r, struct ioc_list *l, uint32_t *ret_sections)
{
    static const uint8_t zeros[16];
    struct span magic = reader_take(r, 8);
    uint32_t header = reader_le32(r);
    uint64_t size;

    *ret_sections = reader_le32(r);
    size = reader_le64(r);
    l->built = reader_le64(r);
    l->entries = reader_le64(r);
    if (reader_le64(r) || !reader_ok(r) || !span_eq(magic, span_str(IOC_MAGIC)) || header != IOC_HEADER)
        return "this is no compiled list, or one of another version";
    if (size != l->bytes.n)
        return "its length is not what its header says";
    if (!read_name(r, l->name))
        return "its name is none";
    reader_skip(r, IOC_DIGEST);
    if (!span_eq(reader_take(r, sizeof(zeros)), span_of(zeros, sizeof(zeros))) || !reader_ok(r) ||
        *ret_sections > IOC_SECTIONS_MAX)
        return "its header is wrong";
    return NULL;
}

/* Sections come in the order of class and bits, their records one behind the other. */
static const char *read_section(struct reader *r, struct ioc_list *l, uint64_t *at)
{
    struct section *s = &l->sections[l->n_sections];
    const struct section *before = l->n_sections ? s - 1 : NULL;
    unsigned cls = reader_u8(r);
    uint64_t offset;

    s->bits = reader_u8(r);
    s->key = reader_u8(r);
    s->width = reader_u8(r);
    if (reader_le32(r) || cls < 1 || cls >= IOC_CLASS_COUNT)
        return "a section is of no known class";
    s->cls = (enum ioc_class)cls;
    s->count = reader_le64(r);
    offset = reader_le64(r);
    if (reader_le64(r) || !reader_ok(r) || s->key != classes[cls].key ||
        (s->width != s->key && s->width != s->key + 4) || (classes[cls].bits_max ? !s->bits : s->bits) ||
        s->bits > classes[cls].bits_max)
        return "a section's records have a wrong form";
    if (before && (before->cls > s->cls || (before->cls == s->cls && before->bits >= s->bits)))
        return "its sections are out of order";
    if (!s->count || !s->width || offset != *at || s->count > (l->bytes.n - *at) / s->width)
        return "a section is not where it should be";
    s->rows = span_part(l->bytes, (size_t)offset, (size_t)s->count * s->width);
    *at += s->rows.n;
    l->of_kind[classes[cls].kind] += s->count;
    if (!before || before->cls != s->cls)
        l->first[cls] = l->n_sections;
    l->last[cls] = ++l->n_sections;
    return NULL;
}

static struct span row_at(const struct section *s, uint64_t i)
{
    return span_part(s->rows, (size_t)i * s->width, s->width);
}

static bool in_order(const struct section *s)
{
    for (uint64_t i = 1; i < s->count; i++)
        if (memcmp(row_at(s, i - 1).p, row_at(s, i).p, s->key) >= 0)
            return false;
    return true;
}

static int check_digest(struct span bytes)
{
    static const uint8_t zeros[IOC_DIGEST];
    struct ioc_sum *sum = ioc_sum_new();
    uint8_t got[IOC_DIGEST];

    if (!sum)
        return ST_NOMEM;
    ioc_sum_add(sum, span_part(bytes, 0, IOC_DIGEST_AT));
    ioc_sum_add(sum, span_of(zeros, sizeof(zeros)));
    ioc_sum_add(sum, span_part(bytes, IOC_DIGEST_AT + IOC_DIGEST, bytes.n));
    ioc_sum_end(sum, got);
    return memcmp(got, span_part(bytes, IOC_DIGEST_AT, IOC_DIGEST).p, sizeof(got)) ? ST_BAD_SIGNATURE : 0;
}

static int read_all(struct ioc_list *l, bool whole, const char **ret_why)
{
    struct reader r = reader_span(l->bytes);
    uint32_t n = 0;
    uint64_t at, sum = 0;
    int rc;

    *ret_why = read_header(&r, l, &n);
    if (*ret_why)
        return ST_MALFORMED;
    at = IOC_HEADER + (uint64_t)n * IOC_SECTION;
    if (at > l->bytes.n)
        *ret_why = "it ends within its table";
    for (uint32_t i = 0; i < n && !*ret_why; i++)
        *ret_why = read_section(&r, l, &at);
    for (size_t k = 0; k < IOC_KIND_COUNT; k++)
        sum += l->of_kind[k];
    if (!*ret_why && (at != l->bytes.n || sum != l->entries))
        *ret_why = "its records are not as many as its header says";
    if (*ret_why || !whole)
        return *ret_why ? ST_MALFORMED : 0;
    rc = check_digest(l->bytes);
    if (rc) {
        *ret_why = rc == ST_NOMEM ? status_text(rc) : "it was changed or cut: its digest does not fit";
        return rc;
    }
    for (uint16_t i = 0; i < l->n_sections && !*ret_why; i++)
        if (!in_order(&l->sections[i]))
            *ret_why = "its records are out of order";
    return *ret_why ? ST_MALFORMED : 0;
}

int ioc_open(struct span bytes, bool whole, struct ioc_list **ret, const char **ret_why)
{
    struct ioc_list *l;
    int rc;

    if (bytes.n < IOC_HEADER) {
        *ret_why = "it is too short for a compiled list";
        return ST_MALFORMED;
    }
    l = calloc(1, sizeof(*l) + (size_t)IOC_SECTIONS_MAX * sizeof(l->sections[0]));
    if (!l) {
        *ret_why = status_text(ST_NOMEM);
        return ST_NOMEM;
    }
    l->bytes = bytes;
    rc = read_all(l, whole, ret_why);
    if (rc)
        free(l);
    else
        *ret = l;
    return rc;
}

void ioc_close(struct ioc_list *l)
{
    free(l);
}

bool ioc_has(const struct ioc_list *l, enum ioc_kind k)
{
    return l->of_kind[k] != 0;
}

const char *ioc_name(const struct ioc_list *l)
{
    return l->name;
}

uint64_t ioc_built_s(const struct ioc_list *l)
{
    return l->built;
}

uint64_t ioc_entries(const struct ioc_list *l)
{
    return l->entries;
}

uint64_t ioc_entries_of(const struct ioc_list *l, enum ioc_kind k)
{
    return l->of_kind[k];
}

size_t ioc_bytes(const struct ioc_list *l)
{
    return l->bytes.n;
}

const uint8_t *ioc_digest(const struct ioc_list *l)
{
    return span_part(l->bytes, IOC_DIGEST_AT, IOC_DIGEST).p;
}

/* ---- looking up ---- */

/* The first four bytes of a key as a number, to guess where it stands. */
static uint64_t lead(const uint8_t *p)
{
    struct reader r = reader_of(p, 4);

    return reader_be32(&r);
}

/* Where in [lo, hi) a key stands by proportion between the outermost ones. */
static uint64_t guess(const struct section *s, uint64_t lo, uint64_t hi, uint64_t want)
{
    uint64_t a = lead(row_at(s, lo).p), b = lead(row_at(s, hi - 1).p);

    if (want <= a || b <= a)
        return lo;
    if (want >= b)
        return hi - 1;
    return lo + (uint64_t)((double)(want - a) / (double)(b - a) * (double)(hi - 1 - lo));
}

static bool section_find(const struct section *s, const uint8_t *key, uint64_t now_s, uint64_t *ret_until)
{
    uint64_t lo = 0, hi = s->count, want = lead(key);

    for (unsigned step = 0; lo < hi; step++) {
        uint64_t mid = step < GUESSES && hi - lo > 8 ? guess(s, lo, hi, want) : lo + (hi - lo) / 2;
        struct span row = row_at(s, mid);
        int cmp = memcmp(key, row.p, s->key);
        if (cmp == 0) {
            struct reader r = reader_span(span_part(row, s->key, 4));
            uint64_t until = s->width > s->key ? reader_le32(&r) : 0;
            if (until && now_s && now_s > until)
                return false;
            *ret_until = until;
            return true;
        }
        if (cmp < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

static bool find_address(const struct ioc_list *l, const struct ioc_query *q, uint64_t now_s,
                         struct ioc_hit *ret)
{
    enum ioc_class cls = q->ipv6 ? IOC_C_IP6 : IOC_C_IP4;
    uint8_t key[16];

    memcpy(key, q->key, sizeof(key));
    for (uint16_t i = l->last[cls]; i > l->first[cls]; i--) { /* longest networks first */
        const struct section *s = &l->sections[i - 1];
        ioc_mask(key, s->key, s->bits);
        if (section_find(s, key, now_s, &ret->until)) {
            ret->cls = cls;
            ret->bits = s->bits;
            return true;
        }
    }
    return false;
}

static bool find_domain(const struct ioc_list *l, const struct ioc_query *q, uint64_t now_s,
                        struct ioc_hit *ret)
{
    bool exact = l->last[IOC_C_DOMAIN] > l->first[IOC_C_DOMAIN];

    if (exact && section_find(&l->sections[l->first[IOC_C_DOMAIN]], q->hash[0], now_s, &ret->until)) {
        ret->cls = IOC_C_DOMAIN;
        ret->name = 0;
        return true;
    }
    if (l->last[IOC_C_TREE] == l->first[IOC_C_TREE])
        return false;
    for (uint8_t i = 0; i < q->n_names; i++)
        if (section_find(&l->sections[l->first[IOC_C_TREE]], q->hash[i], now_s, &ret->until)) {
            ret->cls = IOC_C_TREE;
            ret->name = i;
            return true;
        }
    return false;
}

static bool find_plain(const struct ioc_list *l, const struct ioc_query *q, uint64_t now_s,
                       struct ioc_hit *ret)
{
    static const enum ioc_class of[IOC_KIND_COUNT] = {
        [IOC_SHA256] = IOC_C_SHA256, [IOC_JA3] = IOC_C_JA3, [IOC_JA3S] = IOC_C_JA3S, [IOC_JA4] = IOC_C_JA4};
    enum ioc_class cls = of[q->kind];

    ret->cls = cls;
    return l->last[cls] > l->first[cls] &&
           section_find(&l->sections[l->first[cls]], q->key, now_s, &ret->until);
}

bool ioc_find(const struct ioc_list *l, const struct ioc_query *q, uint64_t now_s, struct ioc_hit *ret)
{
    struct ioc_hit hit = {0};
    bool found;

    if (!ioc_has(l, q->kind))
        return false;
    if (q->kind == IOC_IP)
        found = find_address(l, q, now_s, &hit);
    else if (q->kind == IOC_DOMAIN)
        found = find_domain(l, q, now_s, &hit);
    else
        found = find_plain(l, q, now_s, &hit);
    if (found)
        *ret = hit;
    return found;
}

/* ---- queries ---- */

void ioc_query_address(struct ioc_query *q, const uint8_t addr[16], bool ipv6)
{
    q->kind = IOC_IP;
    q->ipv6 = ipv6 && memcmp(addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) != 0;
    memset(q->key, 0, sizeof(q->key));
    memcpy(q->key, ipv6 && !q->ipv6 ? addr + 12 : addr, q->ipv6 ? 16 : 4);
}

void ioc_query_sha256(struct ioc_query *q, const uint8_t sha256[static 32])
{
    q->kind = IOC_SHA256;
    memcpy(q->key, sha256, 32);
}

static bool query_domain(struct ioc_query *q, struct span text)
{
    uint8_t addr[16];
    size_t n;
    bool ipv6;

    if (ioc_address(text, addr, &ipv6) || !ioc_domain(text, q->text, &n))
        return false;
    q->text_n = (uint8_t)n;
    q->n_names = 0;
    for (size_t at = 0; at < n && q->n_names < IOC_LABELS_MAX;) {
        struct span rest = span_part(span_of(q->text, n), at, n);
        ptrdiff_t dot = span_find_byte(rest, '.', 0);
        q->at[q->n_names] = (uint8_t)at;
        ioc_domain_hash((const char *)rest.p, rest.n, q->hash[q->n_names++]);
        at += dot < 0 ? rest.n : (size_t)dot + 1;
    }
    return true;
}

bool ioc_query_parse(struct ioc_query *q, enum ioc_kind kind, struct span text)
{
    struct ioc_entry e;
    uint8_t addr[16];
    bool ipv6;

    q->kind = kind;
    if (kind == IOC_DOMAIN)
        return query_domain(q, text);
    if (kind == IOC_IP) {
        if (!ioc_address(text, addr, &ipv6))
            return false;
        ioc_query_address(q, addr, ipv6);
        return true;
    }
    if (ioc_entry_parse(text, kind, false, &e))
        return false;
    memcpy(q->key, e.key, sizeof(q->key));
    return true;
}

bool ioc_hit_entry(const struct ioc_query *q, const struct ioc_hit *h, struct writer *w)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t addr[16];

    if (h->cls == IOC_C_TREE) {
        writer_u8(w, '.');
        writer_put(w, span_part(span_of(q->text, q->text_n), q->at[h->name], q->text_n));
        return true;
    }
    if ((h->cls != IOC_C_IP4 && h->cls != IOC_C_IP6) || h->bits == (q->ipv6 ? 128 : 32))
        return false;
    memcpy(addr, q->key, sizeof(addr));
    ioc_mask(addr, q->ipv6 ? 16 : 4, h->bits);
    inet_ntop(q->ipv6 ? AF_INET6 : AF_INET, addr, text, sizeof(text));
    writer_printf(w, "%s/%u", text, h->bits);
    return true;
}
