/* SPDX-License-Identifier: GPL-3.0-or-later
 * ioc: lists of indicators of compromise, compiled: one read-only file that is mapped and looked up in place
 * (docs/formats.md, "Indicator list"). What a list holds is sorted records of fixed width in sections; a
 * lookup is a search in each section that may hold the value, and never allocates.
 *
 * The bytes may come from anybody: ioc_open checks every count and offset, and with whole also the digest and
 * the order of all records. A list whose content lies finds the wrong things, but reads nothing outside
 * itself. A struct ioc_list is immutable after ioc_open: any thread may look up in it. It borrows the bytes.
 */
#ifndef GH_BASE_IOC_H
#define GH_BASE_IOC_H

#include "base/writer.h"

enum ioc_kind { IOC_SHA256, IOC_IP, IOC_DOMAIN, IOC_JA3, IOC_JA3S, IOC_JA4, IOC_KIND_COUNT };
const char *ioc_kind_name(enum ioc_kind k); /* "sha256", "ip", "domain", "ja3", "ja3s", "ja4" */
bool ioc_kind_parse(struct span name, enum ioc_kind *ret);

/* How records are kept. Networks of one length are one section, and so are single addresses (32, 128). */
enum ioc_class {
    IOC_C_SHA256 = 1,
    IOC_C_IP4,    /* bits: length of the network */
    IOC_C_IP6,    /* as above */
    IOC_C_DOMAIN, /* that name */
    IOC_C_TREE,   /* that name and all below */
    IOC_C_JA3,
    IOC_C_JA3S,
    IOC_C_JA4,
    IOC_CLASS_COUNT
};
enum ioc_kind ioc_class_kind(enum ioc_class c);
size_t ioc_class_key(enum ioc_class c); /* bytes of a key */

#define IOC_KEY_MAX 36       /* JA4 as text */
#define IOC_HASH 16          /* of a domain name */
#define IOC_NAME_MAX 63      /* of a list */
#define IOC_DOMAIN_MAX 253   /* RFC 1035, as text */
#define IOC_LABELS_MAX 128   /* labels of a name that is looked up */
#define IOC_SECTIONS_MAX 200 /* 33 + 129 lengths of networks and the others */
#define IOC_HEADER 160
#define IOC_SECTION 32
#define IOC_DIGEST_AT 112
#define IOC_DIGEST 32
#define IOC_MAGIC "GHLIST1\n"

/* One value as it is looked for; made once and tried on many lists. */
struct ioc_query {
    enum ioc_kind kind;
    bool ipv6;
    uint8_t key[IOC_KEY_MAX];   /* all but domains */
    uint8_t n_names;            /* a domain and its parents, itself first */
    uint8_t at[IOC_LABELS_MAX]; /* where each begins in text */
    uint8_t hash[IOC_LABELS_MAX][IOC_HASH];
    uint8_t text_n;
    char text[IOC_DOMAIN_MAX + 1]; /* normalised name */
};
/* False when text is no value of that kind (a literal address is no domain). */
bool ioc_query_parse(struct ioc_query *q, enum ioc_kind kind, struct span text);
/* IPv4 in the first four bytes; an IPv4 address mapped into IPv6 is looked up as the former. */
void ioc_query_address(struct ioc_query *q, const uint8_t addr[16], bool ipv6);
void ioc_query_sha256(struct ioc_query *q, const uint8_t sha256[static 32]);

struct ioc_hit {
    enum ioc_class cls;
    uint8_t bits;   /* of the network */
    uint8_t name;   /* of a domain: index into the query's names */
    uint64_t until; /* seconds since 1970; 0: for ever */
};
/* The entry that fits, written as in a list, when it is not the value itself: "10.0.0.0/8", ".evil.example".
 * False when it is. */
bool ioc_hit_entry(const struct ioc_query *q, const struct ioc_hit *h, struct writer *w);

struct ioc_list;
/* 0 and *ret; ST_MALFORMED, ST_BAD_SIGNATURE (digest) or ST_NOMEM with a sentence in *ret_why. whole: also
 * reads all records and the digest, about 1 s a GiB. */
int ioc_open(struct span bytes, bool whole, struct ioc_list **ret, const char **ret_why);
void ioc_close(struct ioc_list *l); /* NULL is fine */
/* now_s: entries that ended before are not found; 0: all are. The closest entry: longest network, deepest
 * name. */
bool ioc_find(const struct ioc_list *l, const struct ioc_query *q, uint64_t now_s, struct ioc_hit *ret);
bool ioc_has(const struct ioc_list *l, enum ioc_kind k); /* any entry of that kind */
const char *ioc_name(const struct ioc_list *l);
uint64_t ioc_built_s(const struct ioc_list *l);
uint64_t ioc_entries(const struct ioc_list *l);
uint64_t ioc_entries_of(const struct ioc_list *l, enum ioc_kind k);
size_t ioc_bytes(const struct ioc_list *l);
const uint8_t *ioc_digest(const struct ioc_list *l); /* IOC_DIGEST bytes */
/* Letters, digits, '.', '_', '-', 1 to IOC_NAME_MAX of them. */
bool ioc_name_ok(struct span name);

/* ioc_value.c: values as people write them. */
struct ioc_entry {
    enum ioc_class cls;
    uint8_t bits;
    uint8_t key[IOC_KEY_MAX];
    uint64_t until; /* 0: for ever */
};
/* text as one entry of that kind: address or network ("10.0.0.0/8"; host bits are cut off), name (".x" or
 * "*.x": x and all below), digest in hex, JA4. NULL, or why it is none. */
const char *ioc_entry_parse(struct span text, enum ioc_kind kind, bool subdomains, struct ioc_entry *ret);
/* A name in lower case, as A-labels, without the dot at its end. False when it is no domain name. */
bool ioc_domain(struct span text, char out[static IOC_DOMAIN_MAX + 1], size_t *ret_n);
void ioc_domain_hash(const char *name, size_t n, uint8_t out[static IOC_HASH]);
/* 4 or 16 bytes into out (the rest is zero); false when text is no address. */
bool ioc_address(struct span text, uint8_t out[static 16], bool *ret_ipv6);
bool ioc_ja4(struct span text); /* has its form */

/* The first 128 bits of an address under a network's length. */
void ioc_mask(uint8_t *addr, size_t n, unsigned bits);

#endif
