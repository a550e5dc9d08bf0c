/* SPDX-License-Identifier: GPL-3.0-or-later
 * The frame is built from its end: each word puts its header in front of what is there already, so that it
 * knows the length. */
#include "make.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM (1 << 17)

struct made {
    uint8_t room[ROOM];
    size_t at;        /* the frame is room[at, ROOM) */
    size_t trailer;   /* bytes at the end that no length counts */
    const char *next; /* the word behind the current one */
};

static uint8_t *front(struct made *m, size_t n)
{
    if (n > m->at) {
        fprintf(stderr, "make: the frame is too long\n");
        exit(1);
    }
    m->at -= n;
    memset(m->room + m->at, 0, n);
    return m->room + m->at;
}

static size_t content(const struct made *m)
{
    return ROOM - m->at - m->trailer;
}

static void be16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static bool is(const char *word, const char *name)
{
    size_t n = strlen(name);
    return word && strncmp(word, name, n) == 0 && (word[n] == 0 || word[n] == ':');
}

static const struct {
    const char *name;
    uint16_t ethertype;
    uint8_t proto;
} codes[] = {
    {"ip4", 0x0800, 4},     {"ip6", 0x86DD, 41},    {"vlan", 0x8100, 0},   {"qinq", 0x88A8, 0},
    {"mpls", 0x8847, 0},    {"pppoe", 0x8864, 0},   {"etag", 0x893F, 0},   {"vntag", 0x8926, 0},
    {"pbb", 0x88E7, 0},     {"nsh", 0x894F, 0},     {"eth", 0x6558, 0},    {"ppp", 0x880B, 0},
    {"erspan2", 0x88BE, 0}, {"erspan3", 0x22EB, 0}, {"macsec", 0x88E5, 0}, {"l2tp3", 0, 115},
    {"arp", 0x0806, 0},     {"tcp", 0, 6},          {"udp", 0, 17},        {"sctp", 0, 132},
    {"icmp", 0, 1},         {"icmp6", 0, 58},       {"gre", 0, 47},        {"ah", 0, 51},
    {"hop", 0, 0},          {"rt", 0, 43},          {"dst", 0, 60},        {"frag", 0, 44},
    {"data", 0x88B5, 253},  {"hex", 0x88B5, 253},
};

static uint16_t ethertype(const struct made *m)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (is(m->next, codes[i].name))
            return codes[i].ethertype;
    return 0x88B5; /* local experiment */
}

static uint8_t proto(const struct made *m)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (is(m->next, codes[i].name))
            return codes[i].proto;
    return 59; /* nothing follows */
}

static void mac(uint8_t *p, uint8_t last)
{
    p[0] = 2;
    p[5] = last;
}

/* Up to three numbers with one sign between them; those that are not there stay. */
static void numbers(const char *arg, char between, unsigned *a, unsigned *b, unsigned *c)
{
    unsigned *const v[] = {a, b, c};
    char *end;

    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]) && v[i] && arg && *arg >= '0' && *arg <= '9'; i++) {
        *v[i] = (unsigned)strtoul(arg, &end, 10);
        arg = *end == between ? end + 1 : NULL;
    }
}

/* ip4, ip4:opt, ip4:tso (length 0), ip4:long (length past the frame), ip4:OFFSET,MORE[,ID] */
static void ip4(struct made *m, const char *arg)
{
    bool opt = is(arg, "opt");
    size_t head = opt ? 24 : 20, total = content(m) + head;
    uint8_t p = proto(m), *h = front(m, head);
    unsigned offset = 0, more = 0, id = 0x1234;

    h[0] = (uint8_t)(0x40 | head / 4);
    numbers(arg, ',', &offset, &more, &id);
    be16(h + 2, is(arg, "tso") ? 0 : is(arg, "long") ? total + 100 : total);
    be16(h + 4, id);
    be16(h + 6, offset / 8 | more << 13);
    h[8] = 64;
    h[9] = p;
    memcpy(h + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
    if (opt)
        memset(h + 20, 1, 4);
}

static void ip6(struct made *m, const char *arg)
{
    size_t length = content(m);
    uint8_t p = proto(m), *h = front(m, 40);

    h[0] = 0x60;
    be16(h + 4, is(arg, "tso") ? 0 : is(arg, "long") ? length + 100 : length);
    h[6] = p;
    h[7] = 64;
    memcpy(h + 8, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    memcpy(h + 24, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
}

static void ports(uint8_t *h, const char *arg)
{
    unsigned from = 1000, to = 2000;

    numbers(arg, '>', &from, &to, NULL);
    be16(h, from);
    be16(h + 2, to);
}

static void tagged(struct made *m, const char *arg)
{
    uint16_t type = ethertype(m);
    uint8_t *h = front(m, 4);

    be16(h, arg ? (size_t)strtoul(arg, NULL, 10) : 1);
    be16(h + 2, type);
}

static void fragment(struct made *m, const char *arg)
{
    unsigned offset = 0, more = 0, id = 0x1234;
    uint8_t p = proto(m), *h = front(m, 8);

    numbers(arg, ',', &offset, &more, &id);
    h[0] = p;
    be16(h + 2, offset | more);
    be16(h + 6, id);
}

static void gre(struct made *m, const char *arg)
{
    uint16_t type = ethertype(m), flags = is(arg, "key")    ? 0x2000
                                          : is(arg, "seq")  ? 0x1000
                                          : is(arg, "pptp") ? 0x2001
                                                            : 0;
    size_t length = content(m);
    uint8_t *h = front(m, is(arg, "pptp") ? 8 : flags ? 8 : 4);

    be16(h, flags);
    be16(h + 2, is(arg, "erspan1") ? 0x88BE : type);
    if (is(arg, "pptp"))
        be16(h + 4, length);
}

static uint8_t nsh_next(const struct made *m)
{
    return is(m->next, "ip4") ? 1 : is(m->next, "ip6") ? 2 : is(m->next, "eth") ? 3 : 9;
}

static bool link_word(struct made *m, const char *word, const char *arg)
{
    uint16_t type = ethertype(m);
    uint8_t *h;

    if (is(word, "eth")) {
        h = front(m, 14);
        mac(h, 2);
        mac(h + 6, 1);
        be16(h + 12, type);
    } else if (is(word, "snap")) {
        size_t length = content(m);
        h = front(m, 22);
        be16(h + 12, length + 8);
        memcpy(h + 14, arg && is(arg, "pvst") ? "\xaa\xaa\3\0\0\x0c" : "\xaa\xaa\3\0\0\0", 6);
        be16(h + 20, type);
    } else if (is(word, "sll")) {
        h = front(m, 16);
        mac(h + 6, 1);
        be16(h + 14, type);
    } else if (is(word, "sll2")) {
        h = front(m, 20);
        be16(h, type);
        mac(h + 12, 1);
    } else if (is(word, "vlan") || is(word, "qinq")) {
        tagged(m, arg);
    } else if (is(word, "null")) {
        h = front(m, 4);
        h[is(arg, "be") ? 3 : 0] =
            (uint8_t)(arg && arg[0] >= '0' && arg[0] <= '9' ? strtoul(arg, NULL, 10) : 2);
    } else if (is(word, "ppp")) {
        if (is(arg, "short")) {
            front(m, 1)[0] = is(m->next, "ip6") ? 0x57 : 0x21;
            return true;
        }
        h = front(m, 4);
        memcpy(h, "\xff\3\0\x21", 4);
        h[3] = is(m->next, "ip6") ? 0x57 : 0x21;
    } else if (is(word, "hdlc")) {
        h = front(m, 4);
        h[0] = 0x0F;
        be16(h + 2, type);
    } else if (is(word, "pppoe")) {
        size_t length = content(m);
        h = front(m, 6);
        h[0] = 0x11;
        h[1] = (uint8_t)(arg ? 9 : 0);
        be16(h + 4, length);
    } else {
        return false;
    }
    return true;
}

/* What stands between link and IP. */
static bool tag_word(struct made *m, const char *word, const char *arg)
{
    uint16_t type = ethertype(m);
    uint8_t *h;

    if (is(word, "mpls")) {
        unsigned n = arg ? (unsigned)strtoul(arg, NULL, 10) : 1;
        for (unsigned i = 0; i < n; i++) {
            h = front(m, 4);
            h[2] = (uint8_t)(i == 0); /* the bottom is made first */
            h[3] = 64;
        }
    } else if (is(word, "word")) { /* pseudowire control word */
        front(m, 4);
    } else if (is(word, "etag")) {
        be16(front(m, 8) + 6, type);
    } else if (is(word, "vntag")) {
        be16(front(m, 6) + 4, type);
    } else if (is(word, "macsec")) { /* macsec, macsec:CONTROL */
        unsigned control = arg ? (unsigned)strtoul(arg, NULL, 16) : 0;
        be16(front(m, 2), type);
        front(m, control & 0x20 ? 14 : 6)[0] = (uint8_t)control;
    } else if (is(word, "pbb")) {
        front(m, 4);
    } else if (is(word, "nsh")) {
        uint8_t next = nsh_next(m);
        h = front(m, 8);
        h[1] = 2;
        h[3] = next;
    } else if (is(word, "arp")) {
        front(m, 28);
    } else {
        return false;
    }
    return true;
}

static bool ip_word(struct made *m, const char *word, const char *arg)
{
    size_t length = content(m);
    uint8_t next = proto(m), *h;

    if (is(word, "ip4")) {
        ip4(m, arg);
    } else if (is(word, "ip6")) {
        ip6(m, arg);
    } else if (is(word, "frag")) {
        fragment(m, arg);
    } else if (is(word, "hop") || is(word, "rt") || is(word, "dst")) {
        front(m, 8)[0] = next;
    } else if (is(word, "ah")) {
        h = front(m, 24);
        h[0] = next;
        h[1] = 4;
    } else if (is(word, "tcp")) {
        bool bad = arg && strstr(arg, ",bad");
        h = front(m, 20);
        ports(h, arg);
        h[7] = 7;
        h[11] = 9;
        h[12] = bad ? 0x30 : 0x50;
        h[13] = 0x18;
        be16(h + 14, 512);
    } else if (is(word, "udp")) {
        h = front(m, 8);
        ports(h, arg);
        be16(h + 4, arg && strstr(arg, ",short") ? 12 : arg && strstr(arg, ",zero") ? 0 : length + 8);
    } else if (is(word, "sctp")) {
        ports(front(m, 12), arg);
    } else if (is(word, "icmp") || is(word, "icmp6")) {
        front(m, 8)[0] = is(word, "icmp") ? 8 : 128;
    } else {
        return false;
    }
    return true;
}

static bool tunnel_word(struct made *m, const char *word, const char *arg)
{
    uint16_t type = ethertype(m);
    size_t length = content(m);
    uint8_t *h;

    if (is(word, "gre")) {
        gre(m, arg);
    } else if (is(word, "erspan2")) {
        front(m, 8)[0] = 0x10;
    } else if (is(word, "erspan3")) {
        h = front(m, is(arg, "platform") ? 20 : 12);
        h[0] = 0x20;
        h[11] = is(arg, "platform");
    } else if (is(word, "vxlan")) {
        h = front(m, 8);
        h[0] = is(arg, "noflag") ? 0 : 8;
        h[1] = h[7] = 0xA5; /* reserved bits are ignored */
    } else if (is(word, "geneve")) {
        h = front(m, arg ? 16 : 8);
        h[0] = arg ? 2 : 0;
        be16(h + 2, type);
    } else if (is(word, "gtp")) {
        h = front(m, arg ? 16 : 8);
        h[0] = arg ? 0x34 : 0x30;
        h[1] = 0xFF;
        be16(h + 2, length);
        if (arg) { /* one extension header of 4 bytes */
            h[11] = 0x85;
            h[12] = 1;
        }
    } else if (is(word, "l2tp")) { /* version 2, l2tp:FLAGS */
        unsigned flags = arg ? (unsigned)strtoul(arg, NULL, 16) : 0;
        if (flags & 0x0200) /* an offset of 3 */
            be16(front(m, 5), 3);
        h = front(m, 6u + (flags & 0x4000 ? 2 : 0) + (flags & 0x0800 ? 4 : 0));
        be16(h, flags | 2);
    } else if (is(word, "l2tp3")) { /* session 7, l2tp3:BYTES of cookie and sublayer, l2tp3:BYTES,0 control */
        unsigned more = 0, session = 7;
        numbers(arg, ',', &more, &session, NULL);
        front(m, more);
        front(m, 4)[3] = (uint8_t)session;
    } else if (is(word, "auth")) { /* Teredo's authentication and origin indications */
        front(m, 8);
        h = front(m, 13);
        h[1] = 1;
    } else {
        return false;
    }
    return true;
}

static void put_word(struct made *m, const char *word, const char *arg)
{
    if (is(word, "data") || is(word, "pad")) {
        size_t n = arg ? (size_t)strtoul(arg, NULL, 10) : 0;
        uint8_t *h = front(m, n);
        for (size_t i = 0; i < n; i++)
            h[i] = (uint8_t)(i * 7 + 1);
        if (is(word, "pad"))
            m->trailer += n;
    } else if (is(word, "hex")) {
        size_t n = arg ? strlen(arg) / 2 : 0;
        uint8_t *h = front(m, n);
        for (size_t i = 0; i < n; i++) {
            const char digits[3] = {arg[2 * i], arg[2 * i + 1], 0};
            h[i] = (uint8_t)strtoul(digits, NULL, 16);
        }
    } else if (!ip_word(m, word, arg) && !tunnel_word(m, word, arg) && !tag_word(m, word, arg) &&
               !link_word(m, word, arg)) {
        fprintf(stderr, "make: unknown word %s\n", word);
        exit(1);
    }
}

size_t make_frame(const char *words, uint8_t *buf, size_t cap)
{
    struct made *m = calloc(1, sizeof(*m));
    char *copy = strdup(words), *word[64], *save = NULL;
    size_t n = 0, length;

    if (!m || !copy)
        exit(1);
    m->at = ROOM;
    for (char *w = strtok_r(copy, " ", &save); w && n < 64; w = strtok_r(NULL, " ", &save))
        word[n++] = w;
    while (n--) {
        char *arg = strchr(word[n], ':');
        if (arg)
            *arg++ = 0;
        put_word(m, word[n], arg);
        m->next = word[n];
    }
    length = ROOM - m->at;
    if (length > cap) {
        fprintf(stderr, "make: %s does not fit %zu bytes\n", words, cap);
        exit(1);
    }
    memcpy(buf, m->room + m->at, length);
    free(copy);
    free(m);
    return length;
}
