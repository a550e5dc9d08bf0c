/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/query/keys.h"
#include "base/seal.h"
#include "base/text.h"
#include "console/store/fold.h"

#include <arpa/inet.h>

#define FOLDED_MAX 1024

static const unsigned steps4[] = {8, 16, 24, 32}, steps6[] = {16, 32, 48, 64, 128};

static void put_hash(struct writer *w, char kind, const char *name, struct span value)
{
    const struct span parts[] = {span_str(name), span_str("\x1f"), value};
    uint8_t hash[SEAL_HASH];

    seal_hash("gatehouse-search-key-v1", parts, GH_COUNT(parts), hash);
    writer_u8(w, (uint8_t)kind);
    writer_hex(w, hash, 8);
}

void key_put(struct writer *w, const char *name, struct span value)
{
    uint8_t buf[FOLDED_MAX];
    struct writer folded;

    writer_fixed(&folded, buf, sizeof(buf));
    fold_text(&folded, span_part(value, 0, FOLDED_MAX / 4));
    put_hash(w, 'k', name, writer_span(&folded));
}

void key_put_number(struct writer *w, const char *name, int64_t value)
{
    uint8_t text[8];
    struct writer le;

    writer_fixed(&le, text, sizeof(text));
    writer_le(&le, (uint64_t)value, 8);
    put_hash(w, 'k', name, writer_span(&le));
}

struct net {
    uint8_t bytes[16];
    unsigned bits, prefix;
};

static bool read_net(struct span s, struct net *n)
{
    ptrdiff_t slash = span_find_byte(s, '/', 0);
    struct span address = slash < 0 ? s : span_part(s, 0, (size_t)slash);
    char text[INET6_ADDRSTRLEN];
    uint64_t prefix;

    memset(n, 0, sizeof(*n));
    if (!address.n || address.n >= sizeof(text))
        return false;
    memcpy(text, address.p, address.n);
    text[address.n] = 0;
    if (inet_pton(AF_INET, text, n->bytes) == 1)
        n->bits = 32;
    else if (inet_pton(AF_INET6, text, n->bytes) == 1)
        n->bits = 128;
    else
        return false;
    n->prefix = n->bits;
    if (slash < 0)
        return true;
    if (!span_number(span_part(s, (size_t)slash + 1, s.n), n->bits, &prefix))
        return false;
    n->prefix = (unsigned)prefix;
    return true;
}

bool key_is_network(struct span s)
{
    struct net n;
    return read_net(s, &n);
}

/* The key of the first bits of n. */
static void put_net(struct writer *w, const char *end, const struct net *n, unsigned bits)
{
    uint8_t frame[18] = {(uint8_t)n->bits, (uint8_t)bits};

    memcpy(frame + 2, n->bytes, bits / 8);
    put_hash(w, 'k', *end == 's' ? "net.src" : "net.dest", span_of(frame, 2 + bits / 8));
}

static const unsigned *steps_of(const struct net *n, size_t *ret)
{
    *ret = n->bits == 32 ? GH_COUNT(steps4) : GH_COUNT(steps6);
    return n->bits == 32 ? steps4 : steps6;
}

void key_put_address(struct writer *w, const char *end, struct span address)
{
    const unsigned *step;
    struct net n;
    size_t count;

    if (!read_net(address, &n) || n.prefix != n.bits)
        return;
    step = steps_of(&n, &count);
    for (size_t i = 0; i < count; i++) {
        put_net(w, end, &n, step[i]);
        writer_u8(w, ' ');
    }
}

/* The next network of the same size. */
static void next_net(struct net *n, unsigned bits)
{
    for (unsigned i = bits / 8; i > 0; i--)
        if (++n->bytes[i - 1])
            return;
}

size_t key_put_network(struct writer *w, const char *end, struct span network, const char *separator,
                       size_t max)
{
    const unsigned *step;
    struct net n;
    size_t count, i = 0, times;

    if (!read_net(network, &n))
        return 0;
    step = steps_of(&n, &count);
    while (step[i] < n.prefix)
        i++;
    if (step[i] - n.prefix > 16 || (size_t)1 << (step[i] - n.prefix) > max)
        return 0;
    times = (size_t)1 << (step[i] - n.prefix);
    for (unsigned bit = n.prefix; bit < n.bits; bit++) /* whatever stands behind the prefix */
        n.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    for (size_t t = 0; t < times; t++) {
        if (t)
            writer_str(w, separator);
        put_net(w, end, &n, step[i]);
        next_net(&n, step[i]);
    }
    return times;
}

static bool is_word(uint32_t cp)
{
    if (cp < 0x80)
        return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
    return cp >= 0xC0 && cp != 0xD7 && cp != 0xF7 && !(cp >= 0x2000 && cp <= 0x206F) &&
           !(cp >= 0x3000 && cp <= 0x303F) && cp != TEXT_REPLACEMENT && cp != 0xFEFF;
}

uint32_t key_lower(uint32_t cp)
{
    if (cp >= 'A' && cp <= 'Z')
        return cp + 32;
    if (cp >= 0xC0 && cp <= 0xDE && cp != 0xD7)
        return cp + 32;
    if ((cp >= 0x100 && cp <= 0x137) || (cp >= 0x14A && cp <= 0x177) || (cp >= 0x1EA0 && cp <= 0x1EFF))
        return cp | 1;
    if ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17E))
        return cp + (cp & 1);
    if (cp == 0x1A0 || cp == 0x1AF)
        return cp + 1;
    if ((cp >= 0x391 && cp <= 0x3A9) || (cp >= 0x410 && cp <= 0x42F))
        return cp + 32;
    return cp >= 0x400 && cp <= 0x40F ? cp + 80 : cp;
}

static void end_word(struct writer *out, struct writer *word, bool special, size_t *words)
{
    if (!word->n)
        return;
    if (*words)
        writer_u8(out, ' ');
    if (special)
        put_hash(out, 'x', "word", writer_span(word));
    else
        writer_put(out, writer_span(word));
    writer_clear(word);
    ++*words;
}

size_t key_put_exact(struct writer *w, struct span text, bool *ret_special)
{
    uint8_t buf[256];
    struct writer word;
    size_t pos = 0, words = 0;
    bool special = false;

    *ret_special = false;
    writer_fixed(&word, buf, sizeof(buf));
    while (pos < text.n) {
        uint32_t cp = text_next(text, &pos);
        if (!is_word(cp)) {
            end_word(w, &word, special, &words);
            special = false;
            continue;
        }
        if (word.n + 4 > sizeof(buf))
            continue; /* the rest of an endless word */
        special = special || cp >= 0x80;
        *ret_special = *ret_special || special;
        text_put(&word, key_lower(cp));
    }
    end_word(w, &word, special, &words);
    return words;
}
