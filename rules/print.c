/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/print.h"
#include "base/text.h"
#include "rules/unicode.h"

#define KEY_HEAD "gatehouse-print-key-v1"
#define PIECE 65536
#define RING (2 * (PRINT_GRAM + PRINT_WINDOW))
#define DISTINCT_MIN 7 /* different units that a gram must have: rows of zeros or dashes say nothing */
#define IDEOGRAPHS 0x2E80

struct print_key {
    uint8_t secret[SEAL_KEY];
    uint64_t seed, factor, factor_out; /* of the rolling hash: factor^(PRINT_GRAM - 1) */
};

struct print_key *print_key_new(const uint8_t secret[static SEAL_KEY])
{
    struct print_key *k = seal_alloc(sizeof(*k));

    if (!k)
        return NULL;
    memcpy(k->secret, secret, SEAL_KEY);
    k->seed = seal_keyed64(secret, "seed", 4);
    k->factor = seal_keyed64(secret, "factor", 6) | 1;
    k->factor_out = 1;
    for (int i = 1; i < PRINT_GRAM; i++)
        k->factor_out *= k->factor;
    return k;
}

void print_key_free(struct print_key *k)
{
    seal_free(k);
}

int print_key_load(const char *path, struct print_key **ret)
{
    uint8_t *secret = seal_alloc(SEAL_KEY);
    struct print_key *k = NULL;
    int rc = secret ? keyfile_load_secret(path, KEY_HEAD, secret) : ST_NOMEM;

    if (!rc && !(k = print_key_new(secret)))
        rc = ST_NOMEM;
    seal_free(secret);
    if (!rc)
        *ret = k;
    return rc;
}

int print_key_make(const char *path)
{
    uint8_t *secret = seal_alloc(SEAL_KEY);
    int rc = secret ? 0 : ST_NOMEM;

    if (!rc) {
        seal_random(secret, SEAL_KEY);
        rc = keyfile_save_secret(path, KEY_HEAD, secret);
    }
    seal_free(secret);
    return rc;
}

uint64_t print_key_check(const struct print_key *k)
{
    return seal_keyed64(k->secret, "check", 5);
}

/* Finalizer of splitmix64: every bit of the result depends on every bit of v. */
static uint64_t mix(uint64_t v)
{
    v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
    return v ^ v >> 31;
}

void print_begin(struct print_text *t, const struct print_key *k, size_t max)
{
    memset(t, 0, sizeof(*t));
    t->key = k;
    t->window = PRINT_WINDOW;
    writer_init(&t->out, max);
}

static bool says_something(const uint32_t units[static PRINT_GRAM])
{
    size_t distinct = 0;

    for (size_t i = 0; i < PRINT_GRAM && distinct < DISTINCT_MIN; i++) {
        size_t k = 0;
        while (k < i && units[k] != units[i])
            k++;
        distinct += k == i;
    }
    return distinct >= DISTINCT_MIN;
}

/* The gram whose last unit is number last becomes a fingerprint. */
static void choose(struct print_text *t, uint64_t last)
{
    uint32_t units[PRINT_GRAM];
    uint8_t bytes[4 * PRINT_GRAM];
    struct print p = {0, (uint32_t)(last + 1 - PRINT_GRAM)};

    for (size_t i = 0; i < PRINT_GRAM; i++) {
        units[i] = t->units[(p.at + i) % RING];
        for (size_t b = 0; b < 4; b++)
            bytes[4 * i + b] = (uint8_t)(units[i] >> (8 * b));
    }
    if (!says_something(units))
        return;
    p.name = seal_keyed64(t->key->secret, bytes, sizeof(bytes)) >> (64 - PRINT_BITS);
    if (t->out.n < UINT32_MAX)
        writer_bytes(&t->out, &p, sizeof(p));
}

/* Robust winnowing: the choice stays while it is in the window and nothing is smaller, so that rows of equal
 * grams give one fingerprint and not many. */
static void slide(struct print_text *t, uint64_t rank)
{
    uint64_t last = t->n - 1, grams = t->n - PRINT_GRAM + 1;
    bool first = grams == t->window, gone = t->best_at + t->window <= last;

    t->ranks[last % PRINT_WINDOW] = rank;
    if (grams < t->window)
        return;
    if (first || gone) {
        t->best_at = last;
        for (uint64_t i = 1; i < t->window; i++)
            if (t->ranks[(last - i) % PRINT_WINDOW] < t->ranks[t->best_at % PRINT_WINDOW])
                t->best_at = last - i;
    } else if (rank < t->best) {
        t->best_at = last;
    } else {
        return;
    }
    t->best = t->ranks[t->best_at % PRINT_WINDOW];
    choose(t, t->best_at);
}

static void put_unit(struct print_text *t, uint32_t unit)
{
    const struct print_key *k = t->key;

    if (t->n >= PRINT_GRAM)
        t->hash -= mix(t->units[(t->n - PRINT_GRAM) % RING] ^ k->seed) * k->factor_out;
    t->hash = t->hash * k->factor + mix(unit ^ k->seed);
    t->units[t->n++ % RING] = unit;
    if (t->n >= PRINT_GRAM)
        slide(t, mix(t->hash));
}

/* NFD has parted letters and their marks. The bar of the Vietnamese d is part of the letter and goes here. */
static void put_letter(struct print_text *t, uint32_t cp)
{
    if (cp < 0x80) {
        if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9'))
            put_unit(t, cp);
    } else if ((cp >= 0x300 && cp < 0x370) || !unicode_is_letter(cp)) {
        return;
    } else if (cp < IDEOGRAPHS) {
        put_unit(t, cp == 0x111 ? 'd' : cp);
    } else {
        for (uint32_t i = 1; i <= 3; i++)
            put_unit(t, cp | i << 24);
    }
}

static void feed_piece(struct print_text *t, struct span s)
{
    struct writer w;
    struct span plain = s;
    size_t pos = 0;

    writer_init(&w, 16 * PIECE); /* asks for more room than it needs */
    while (pos < s.n && s.p[pos] < 0x80)
        pos++;
    if (pos < s.n) {
        unicode_nfd(s, &w);
        plain = writer_span(&w);
        if (!writer_ok(&w))
            t->out.bad = true; /* no memory: part of the text is not fingerprinted */
    }
    for (pos = 0; pos < plain.n;)
        put_letter(t, text_next(plain, &pos));
    writer_done(&w);
}

void print_feed(struct print_text *t, struct span folded)
{
    /* Marks are dropped, so a piece may end before any character. */
    for (size_t pos = 0; pos < folded.n;) {
        size_t end = folded.n - pos > PIECE ? pos + PIECE : folded.n;
        for (int i = 0; i < 3 && end < folded.n && (folded.p[end] & 0xC0) == 0x80; i++)
            end--;
        feed_piece(t, span_part(folded, pos, end - pos));
        pos = end;
    }
}

const struct print *print_end(struct print_text *t, size_t *ret_n)
{
    uint64_t grams = t->n >= PRINT_GRAM ? t->n - PRINT_GRAM + 1 : 0;

    /* Shorter than a window: what there is has one fingerprint all the same. */
    if (grams && grams < t->window) {
        uint64_t best = t->n - 1;
        for (uint64_t i = 1; i < grams; i++)
            if (t->ranks[(t->n - 1 - i) % PRINT_WINDOW] < t->ranks[best % PRINT_WINDOW])
                best = t->n - 1 - i;
        choose(t, best);
    }
    return print_of(writer_span(&t->out), ret_n);
}

const struct print *print_of(struct span bytes, size_t *ret_n)
{
    *ret_n = bytes.n / sizeof(struct print);
    return (const struct print *)(const void *)bytes.p; /* a writer's buffer: from malloc */
}

void print_join(struct writer *to, struct span prints)
{
    size_t n, before;
    const struct print *v = print_of(prints, &n), *all = print_of(writer_span(to), &before);
    uint64_t shift = before ? (uint64_t)all[before - 1].at + 2 * PRINT_GAP_MAX : 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t at = v[i].at + shift;
        struct print p = {v[i].name, at < UINT32_MAX ? (uint32_t)at : UINT32_MAX};
        writer_bytes(to, &p, sizeof(p));
    }
}

void print_done(struct print_text *t)
{
    writer_done(&t->out);
}
