/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/mark_filter.h"

#include "base/text.h"
#include "rules/mark_words.h"

#include <stdlib.h>

#define NODES_MAX 8192
#define CLASSES_MAX 192
#define NO_BREAK_SPACE 0xA0

/* Bytes that no pattern has share class 0. States are renumbered so that the accepting ones come last: the
 * hot loop then compares one number instead of loading a second table. */
static struct {
    uint8_t class_of[256];
    unsigned classes;
    unsigned nodes;
    unsigned first_accepting;
    uint16_t *next; /* nodes * classes */
    uint16_t *bits; /* per node */
} filter;

struct build {
    uint16_t (*child)[CLASSES_MAX];
    uint16_t *bits;
    uint16_t *fail;
    uint16_t *queue;
    unsigned nodes;
};

static void class_add(uint8_t byte)
{
    if (!filter.class_of[byte])
        filter.class_of[byte] = (uint8_t)++filter.classes;
}

/* Upper-case partner of a folded letter, 0 when it has none: found by asking the folding itself. */
static uint32_t upper_of(uint32_t cp)
{
    static const int32_t steps[] = {-1, -32, -80};

    for (size_t i = 0; cp > 127 && i < GH_COUNT(steps); i++) {
        uint32_t up = cp + (uint32_t)steps[i];
        if (up > 127 && mark_fold_letter(up) == cp)
            return up;
    }
    return 0;
}

static unsigned encode(uint32_t cp, uint8_t out[4])
{
    struct writer w;

    writer_fixed(&w, out, 4);
    text_put(&w, cp);
    return (unsigned)w.n;
}

static unsigned step(struct build *b, unsigned node, const uint8_t *bytes, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned c = filter.class_of[bytes[i]];
        if (!b->child[node][c]) {
            if (b->nodes >= NODES_MAX)
                return 0;
            b->child[node][c] = (uint16_t)b->nodes++;
        }
        node = b->child[node][c];
    }
    return node;
}

/* How a pattern's non-ASCII letters are spelled: small, in capitals, capitals at the beginnings of words, or
 * as TCVN3 fonts have them (Đ Ă Â Ê Ô Ơ Ư exist as capitals, toned letters do not). All mixes would be too
 * many. */
enum spelling { SMALL, CAPITALS, BEGINNINGS, TCVN3_CAPITALS, SPELLINGS };

static bool is_capital(enum spelling spelling, uint32_t cp, bool begins)
{
    static const uint16_t untoned[] = {0x111, 0x103, 0xE2, 0xEA, 0xF4, 0x1A1, 0x1B0};

    if (spelling == CAPITALS)
        return true;
    if (spelling == BEGINNINGS)
        return begins;
    for (size_t i = 0; spelling == TCVN3_CAPITALS && i < GH_COUNT(untoned); i++)
        if (cp == untoned[i])
            return true;
    return false;
}

/* blank: what stands for a blank of the pattern. */
static bool add(struct build *b, struct span s, enum mark_bit bit, enum spelling spelling, uint32_t blank)
{
    unsigned node = 0;
    bool begins = true;

    for (size_t pos = 0; pos < s.n;) {
        uint32_t cp = text_next(s, &pos), up = upper_of(cp);
        uint8_t bytes[4];
        if (up && is_capital(spelling, cp, begins))
            cp = up;
        begins = cp == ' ';
        node = step(b, node, bytes, encode(begins ? blank : cp, bytes));
        if (!node)
            return false;
    }
    b->bits[node] |= (uint16_t)bit;
    return true;
}

/* Breadth first: failure links, then missing transitions filled in, so that scanning never goes back. */
static void link_up(struct build *b)
{
    unsigned head = 0, tail = 0;

    for (unsigned c = 1; c <= filter.classes; c++)
        if (b->child[0][c])
            b->queue[tail++] = b->child[0][c];
    while (head < tail) {
        unsigned node = b->queue[head++], fail = b->fail[node];
        b->bits[node] |= b->bits[fail];
        for (unsigned c = 0; c <= filter.classes; c++) {
            unsigned child = b->child[node][c];
            if (child) {
                b->fail[child] = b->child[fail][c];
                b->queue[tail++] = (uint16_t)child;
            } else {
                b->child[node][c] = b->child[fail][c];
            }
        }
    }
}

static int finish(struct build *b)
{
    uint16_t *number = calloc(b->nodes, sizeof(*number));
    unsigned width = filter.classes + 1, at = 0;

    filter.next = calloc((size_t)b->nodes * width, sizeof(*filter.next));
    filter.bits = calloc(b->nodes, sizeof(*filter.bits));
    if (!number || !filter.next || !filter.bits) {
        free(number);
        return ST_NOMEM;
    }
    for (unsigned i = 0; i < b->nodes; i++)
        if (!b->bits[i])
            number[i] = (uint16_t)at++;
    filter.first_accepting = at;
    for (unsigned i = 0; i < b->nodes; i++)
        if (b->bits[i])
            number[i] = (uint16_t)at++;
    for (unsigned i = 0; i < b->nodes; i++) {
        filter.bits[number[i]] = b->bits[i];
        for (unsigned c = 0; c < width; c++)
            filter.next[number[i] * width + c] = number[b->child[i][c]];
    }
    filter.nodes = b->nodes;
    free(number);
    return 0;
}

/* The next pattern of a list; false at its end. */
static bool next_piece(struct reader *list, struct span *ret)
{
    ptrdiff_t bar = span_find_byte(span_of(list->p, list->n), '|', list->pos);

    if (!reader_left(list))
        return false;
    *ret = reader_take(list, bar < 0 ? reader_left(list) : (size_t)bar - list->pos);
    if (bar >= 0)
        reader_skip(list, 1);
    return true;
}

static int classes_find(const struct mark_pattern *patterns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct span s = span_str(patterns[i].list);
        for (size_t pos = 0; pos < s.n;) {
            uint32_t cp = text_next(s, &pos), up = upper_of(cp);
            uint8_t bytes[4];
            for (unsigned k = 0, len = encode(cp, bytes); k < len; k++)
                class_add(bytes[k]);
            for (unsigned k = 0, len = up ? encode(up, bytes) : 0; k < len; k++)
                class_add(bytes[k]);
        }
    }
    class_add(0xC2); /* NO_BREAK_SPACE */
    class_add(0xA0);
    for (unsigned c = 'a'; c <= 'z'; c++)
        filter.class_of[c - 'a' + 'A'] = filter.class_of[c];
    filter.class_of['\t'] = filter.class_of[' '];
    return filter.classes < CLASSES_MAX ? 0 : ST_LIMIT;
}

static int patterns_add(struct build *b, const struct mark_pattern *patterns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct reader list = reader_span(span_str(patterns[i].list));
        enum mark_bit bit = patterns[i].bit;
        struct span piece;

        while (next_piece(&list, &piece))
            for (unsigned k = 0; k < SPELLINGS; k++)
                if (!add(b, piece, bit, (enum spelling)k, ' ') ||
                    (bit == BIT_ANCHOR && !add(b, piece, bit, (enum spelling)k, NO_BREAK_SPACE)))
                    return ST_LIMIT;
    }
    return 0;
}

int mark_filter_init(const struct mark_pattern *patterns, size_t n)
{
    struct build b = {.nodes = 1};
    int rc;

    if (filter.nodes)
        return 0;
    b.child = calloc(NODES_MAX, sizeof(*b.child));
    b.bits = calloc(NODES_MAX, sizeof(*b.bits));
    b.fail = calloc(NODES_MAX, sizeof(*b.fail));
    b.queue = calloc(NODES_MAX, sizeof(*b.queue));
    rc = b.child && b.bits && b.fail && b.queue ? classes_find(patterns, n) : ST_NOMEM;
    if (rc == 0)
        rc = patterns_add(&b, patterns, n);
    if (rc == 0) {
        link_up(&b);
        rc = finish(&b);
    }
    free(b.child);
    free(b.bits);
    free(b.fail);
    free(b.queue);
    return rc;
}

unsigned mark_filter_next(struct span text, size_t end, size_t *pos, unsigned *state)
{
    unsigned s = *state, width = filter.classes + 1, accepting = filter.first_accepting;
    const uint16_t *next = filter.next;
    size_t i = *pos;

    if (end > text.n)
        end = text.n;
    while (i < end) {
        s = next[s * width + filter.class_of[text.p[i++]]];
        if (s >= accepting) {
            *pos = i;
            *state = s;
            return filter.bits[s];
        }
    }
    *pos = i;
    *state = s;
    return 0;
}
