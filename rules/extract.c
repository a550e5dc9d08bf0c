/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a reader says about an object: text, labels, features, faults. */
#include "rules/extract_state.h"

#include "base/clock.h"
#include "base/text.h"
#include "rules/charset.h"
#include "rules/unicode.h"

#include <limits.h>
#include <stdlib.h>

#define FEW_BYTES 24

const char *place_name(enum place p)
{
    static const char *const names[PLACE_COUNT] = {"body",   "header",   "footer", "notes",   "comment",
                                                   "hidden", "metadata", "image",  "filename"};

    return (size_t)p < PLACE_COUNT ? names[p] : "body";
}

const char *unread_name(enum unread u)
{
    static const char *const names[] = {NULL,      "encrypted", "too_large",   "too_deep",
                                        "timeout", "corrupt",   "unsupported", "crash"};

    return (size_t)u < GH_COUNT(names) ? names[u] : "unsupported";
}

static bool section_grow(struct extract *x)
{
    size_t cap = x->sections_cap ? x->sections_cap * 2 : 8;
    struct section *v = x->n_sections < x->sections_cap ? x->sections : NULL;

    if (v)
        return true;
    v = reallocarray(x->sections, cap, sizeof(*v));
    if (!v)
        return false;
    x->sections = v;
    x->sections_cap = cap;
    return true;
}

/* Readers go through pages in rising order, so that looking back is rare. */
static struct section *section_of(struct extract *x, enum place place, unsigned page)
{
    struct section *s, *last;

    if ((size_t)place >= PLACE_COUNT)
        place = PLACE_BODY;
    last = x->last[place] ? &x->sections[x->last[place] - 1] : NULL;
    if (last && last->page == page)
        return last;
    if (last && page < last->page)
        for (size_t i = x->n_sections; i-- > 0;)
            if (x->sections[i].place == place && x->sections[i].page == page) {
                x->last[place] = i + 1;
                return &x->sections[i];
            }
    if (x->n_sections >= SECTIONS_MAX && last)
        return last;
    if (x->n_sections >= SECTIONS_MAX + PLACE_COUNT || !section_grow(x))
        return NULL;
    s = &x->sections[x->n_sections++];
    *s = (struct section){.place = place, .page = page};
    writer_init(&s->w, SIZE_MAX);
    x->last[place] = x->n_sections;
    return s;
}

/* A run in a Vietnamese font is decoded when it ends: a letter may be split over two of the reader's pieces.
 */
static void font_flush(struct section *s)
{
    struct writer w;

    if (s->font && s->w.n > s->font_from) {
        writer_init(&w, SIZE_MAX);
        charset_font_decode(s->font, s->font_capital, span_part(writer_span(&s->w), s->font_from, SIZE_MAX),
                            &w);
        s->w.n = s->font_from;
        writer_put(&s->w, writer_span(&w));
        writer_done(&w);
    }
    s->font = NULL;
}

static void font_set(struct extract *x, struct section *s, const char *font)
{
    bool capital = false;
    const char *kind = font ? charset_font_kind(font, &capital) : NULL;

    if (kind == s->font && (!kind || capital == s->font_capital))
        return;
    font_flush(s);
    s->font = kind;
    s->font_capital = capital;
    s->font_from = s->w.n;
    if (kind && !x->encoding_fixed)
        x->encoding = kind;
}

/* The part of s for which the document's text budget is left. */
static struct span text_take(struct extract *x, struct span s)
{
    uint64_t left = x->exam->text_left;

    if (s.n > left) {
        s.n = (size_t)left;
        while (s.n && (s.p[s.n] & 0xc0) == 0x80)
            s.n--;
        extract_unread(x, UNREAD_TOO_LARGE);
        x->exam->text_left = 0; /* nothing later may slip in: what is kept is a beginning */
        return s;
    }
    x->exam->text_left = left - s.n;
    return s;
}

void extract_text(struct extract *x, enum place place, unsigned page, struct span utf8, const char *font)
{
    struct span s = text_take(x, utf8);
    struct section *to = s.n ? section_of(x, place, page) : NULL;

    if (!s.n)
        return;
    if (!to) {
        extract_unread(x, UNREAD_TOO_LARGE);
        return;
    }
    font_set(x, to, font);
    text_put_clean(&to->w, s);
    if (!writer_ok(&to->w))
        extract_unread(x, UNREAD_TOO_LARGE);
}

void extract_line(struct extract *x, enum place place, unsigned page)
{
    struct section *s =
        x->last[(size_t)place < PLACE_COUNT ? place : PLACE_BODY] ? section_of(x, place, page) : NULL;

    if (s && s->w.n && s->w.p[s->w.n - 1] != '\n')
        extract_text(x, place, page, span_str("\n"), NULL);
}

static bool all_ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return false;
    return true;
}

/* An 8-bit or East Asian set: most bytes mean something in it. */
static bool charset_believable(const char *charset)
{
    const char *name = charset ? charset_canonical(charset) : NULL;

    return name && strcmp(name, "us-ascii") != 0 && strncmp(name, "utf-", 4) != 0;
}

void extract_bytes(struct extract *x, enum place place, unsigned page, struct span bytes, const char *charset)
{
    struct writer w;
    const char *name;

    if (!bytes.n)
        return;
    /* What is declared is a hint: old mail declares what it likes. But so few bytes prove nothing against it,
     * and some formats come in many thousands of such runs. */
    if (bytes.n < FEW_BYTES && !all_ascii(bytes) && charset_believable(charset))
        name = charset_canonical(charset);
    else
        name = charset_detect(bytes, charset, NULL);
    if (!x->encoding_fixed && strcmp(name, "us-ascii") != 0 &&
        (!x->encoding || strcmp(x->encoding, "utf-8") == 0))
        x->encoding = charset_canonical(name);
    /* Two bytes make at most three of UTF-8, so that twice the budget and a little says whether there is too
     * much. */
    if (bytes.n / 2 > x->exam->text_left + 2)
        bytes.n = (size_t)(x->exam->text_left + 2) * 2;
    writer_init(&w, 4 * bytes.n + 16);
    charset_decode(bytes, name, &w);
    if (!writer_ok(&w))
        extract_unread(x, UNREAD_TOO_LARGE);
    extract_text(x, place, page, writer_span(&w), NULL);
    writer_done(&w);
}

void extract_label(struct extract *x, const char *kind, struct span key, struct span value)
{
    struct label *l;
    struct writer clean;

    if (x->n_labels >= LABELS_MAX) {
        extract_unread(x, UNREAD_TOO_LARGE);
        return;
    }
    l = arena_alloc(x->exam->arena, sizeof(*l));
    if (!l) {
        extract_unread(x, UNREAD_TOO_LARGE);
        return;
    }
    writer_init(&clean, 64u << 10);
    text_put_clean(&clean, span_part(key, 0, 1024));
    l->key.n = clean.n;
    text_put_clean(&clean, span_part(value, 0, 16384));
    l->key.p = (const uint8_t *)arena_dup(x->exam->arena, clean.p, clean.n);
    if (l->key.p && writer_ok(&clean)) {
        l->value = span_of(l->key.p + l->key.n, clean.n - l->key.n);
        l->kind = kind;
        l->level = mark_label(kind, l->key, l->value, &l->scheme);
        *x->labels_end = l;
        x->labels_end = &l->next;
        x->n_labels++;
    }
    writer_done(&clean);
}

void extract_feature(struct extract *x, enum feature f, unsigned count)
{
    if ((size_t)f < FEATURE_COUNT)
        x->features[f] += count < UINT_MAX - x->features[f] ? count : 0;
}

void extract_unread(struct extract *x, enum unread why)
{
    if (why == UNREAD_ENCRYPTED)
        x->features[FEATURE_ENCRYPTED] |= 1;
    if (x->unread == UNREAD_NONE || why == UNREAD_ENCRYPTED)
        x->unread = why;
}

void extract_unread_all(struct extract *x, enum unread why)
{
    extract_unread(x, why);
    x->unread_all = true;
}

bool extract_budget(struct extract *x, uint64_t n)
{
    if (n > x->exam->unpack_left) {
        extract_unread(x, UNREAD_TOO_LARGE);
        return false;
    }
    x->exam->unpack_left -= n;
    return true;
}

uint64_t extract_budget_left(const struct extract *x)
{
    return x->exam->unpack_left;
}

uint64_t extract_members_left(const struct extract *x)
{
    return x->exam->members_left;
}

bool extract_expired(struct extract *x)
{
    uint64_t deadline = x->exam->job->deadline_ms;

    return deadline && clock_mono_ms() >= deadline;
}

bool extract_leave_picture(struct extract *x, bool page)
{
    const struct document_job *job = x->exam->job;

    if (!job->ret_pictures || !(page || *job->ret_pictures))
        return false;
    *job->ret_pictures = true;
    extract_unread(x, job->pictures_why ? job->pictures_why : UNREAD_TIMEOUT);
    return true;
}

uint64_t extract_time_left(const struct extract *x)
{
    uint64_t deadline = x->exam->job->deadline_ms, now = clock_mono_ms();

    return !deadline ? 60000 : deadline > now ? deadline - now : 0;
}

struct arena *extract_arena(struct extract *x)
{
    return x->exam->arena;
}

struct span extract_name(const struct extract *x)
{
    return x->name;
}

void extract_type(struct extract *x, const char *kind, const char *mime)
{
    x->kind = kind;
    x->mime = mime;
}

void extract_encoding(struct extract *x, const char *encoding)
{
    x->encoding = encoding;
    x->encoding_fixed = true;
}

/* In place of the section's text: most text is in NFC already and then nothing is copied. */
static void section_nfc(struct extract *x, struct section *s)
{
    struct writer w;

    font_flush(s);
    if (unicode_is_nfc(writer_span(&s->w)))
        return;
    writer_init(&w, 4 * s->w.n + 16);
    unicode_nfc(writer_span(&s->w), &w);
    if (!writer_ok(&w)) {
        extract_unread(x, UNREAD_TOO_LARGE);
        writer_done(&w);
        return;
    }
    writer_done(&s->w);
    s->w = w;
}

void extract_settle(struct extract *x)
{
    for (size_t i = 0; i < x->n_sections; i++)
        section_nfc(x, &x->sections[i]);
}

bool extract_has_text(const struct extract *x)
{
    for (size_t i = 0; i < x->n_sections; i++)
        if (x->sections[i].place != PLACE_FILENAME && x->sections[i].w.n)
            return true;
    return false;
}
