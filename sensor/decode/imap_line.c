/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/imap_line.h"

void imap_line_init(struct imap_line *l)
{
    *l = (struct imap_line){0};
    writer_init(&l->head, IMAP_HEAD);
}

void imap_line_done(struct imap_line *l)
{
    writer_done(&l->head);
}

void imap_line_clear(struct imap_line *l)
{
    writer_clear(&l->head);
    l->tail_n = 0;
    l->literals = 0;
    l->waits = false;
    l->skip = false;
}

struct span imap_word(struct span *s)
{
    struct span w;
    size_t n = 0;

    *s = span_trim(*s);
    while (n < s->n && s->p[n] != ' ')
        n++;
    w = span_part(*s, 0, n);
    *s = span_part(*s, n, s->n);
    return w;
}

static void append(struct imap_line *l, struct span piece)
{
    struct span last = span_part(piece, piece.n > IMAP_TAIL ? piece.n - IMAP_TAIL : 0, IMAP_TAIL);
    size_t keep = IMAP_TAIL - last.n < l->tail_n ? IMAP_TAIL - last.n : l->tail_n;

    writer_put(&l->head, span_part(piece, 0, IMAP_HEAD - l->head.n));
    memmove(l->tail, l->tail + l->tail_n - keep, keep);
    if (last.n)
        memcpy(l->tail + keep, last.p, last.n);
    l->tail_n = keep + last.n;
}

/* Text for people may end in anything. */
static bool is_status(const struct imap_line *l)
{
    static const char *const words[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
    struct span rest = writer_span(&l->head), second;

    imap_word(&rest);
    second = imap_word(&rest);
    for (size_t i = 0; i < GH_COUNT(words); i++)
        if (span_eq_nocase(second, words[i]))
            return true;
    return false;
}

/* Takes "{n}" or "{n+}" off the tail's end. */
static bool announces(struct imap_line *l)
{
    size_t n = l->tail_n, digits;
    bool waits = true;

    if (n < 3 || l->tail[n - 1] != '}')
        return false;
    n--;
    if (l->tail[n - 1] == '+' || l->tail[n - 1] == '-') {
        waits = false;
        n--;
    }
    digits = n;
    while (digits && l->tail[digits - 1] >= '0' && l->tail[digits - 1] <= '9')
        digits--;
    if (!digits || l->tail[digits - 1] != '{' ||
        !span_number(span_of(l->tail + digits, n - digits), IMAP_LITERAL_MAX, &l->literal) || is_status(l))
        return false;
    l->tail_n = digits - 1;
    if (l->tail_n && l->tail[l->tail_n - 1] == '~') /* literal8, RFC 3516 */
        l->tail_n--;
    l->left = l->literal;
    l->waits = waits;
    l->literals++;
    return true;
}

enum imap_taken imap_take(struct imap_line *l, struct span *in, struct span *ret)
{
    ptrdiff_t lf;
    struct span piece;

    if (!in->n)
        return IMAP_MORE;
    if (l->left) {
        *ret = span_part(*in, 0, l->left < in->n ? (size_t)l->left : in->n);
        *in = span_part(*in, ret->n, in->n);
        l->left -= ret->n;
        return IMAP_BYTES;
    }
    lf = span_find_byte(*in, '\n', 0);
    piece = span_part(*in, 0, lf < 0 ? in->n : (size_t)lf);
    *in = span_part(*in, piece.n + (lf >= 0), in->n);
    if (l->skip) {
        l->skip = lf < 0;
        return imap_take(l, in, ret);
    }
    append(l, piece);
    if (lf < 0)
        return IMAP_MORE;
    while (l->tail_n && l->tail[l->tail_n - 1] == '\r')
        l->tail_n--;
    return announces(l) ? IMAP_LITERAL : IMAP_LINE;
}

bool imap_line_gap(struct imap_line *l, uint64_t missing)
{
    if (l->left && missing <= l->left) {
        l->left -= missing;
        return true;
    }
    l->left = 0;
    imap_line_clear(l);
    l->skip = true;
    return false;
}

static bool ends_nocase(struct span s, const char *with)
{
    size_t n = strlen(with);

    return s.n >= n && span_eq_nocase(span_part(s, s.n - n, n), with);
}

static bool is_part(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9'))
            return false;
    return s.n != 0;
}

static void section_kind(struct span s, bool binary, struct imap_item *ret)
{
    ret->section = s;
    if (binary)
        ret->kind = ITEM_BINARY;
    else if (!s.n)
        ret->kind = ITEM_MAIL;
    else if (is_part(s))
        ret->kind = ITEM_PART;
    else if (ends_nocase(s, ".MIME"))
        ret->kind = ITEM_MIME;
    else if (ends_nocase(s, "TEXT"))
        ret->kind = ITEM_TEXT;
    else
        ret->kind = ITEM_HEADER;
}

static ptrdiff_t find_last(struct span s, uint8_t c)
{
    for (size_t i = s.n; i; i--)
        if (s.p[i - 1] == c)
            return (ptrdiff_t)i - 1;
    return -1;
}

void imap_item(struct span tail, struct imap_item *ret)
{
    ptrdiff_t at;

    *ret = (struct imap_item){0};
    tail = span_trim(tail);
    if (tail.n && tail.p[tail.n - 1] == '>' && (at = find_last(tail, '<')) >= 0) {
        ret->partial =
            span_number(span_part(tail, (size_t)at + 1, tail.n - (size_t)at - 2), UINT64_MAX, &ret->origin);
        tail = span_trim(span_part(tail, 0, (size_t)at));
    }
    if (tail.n && tail.p[tail.n - 1] == ']' && (at = find_last(tail, '[')) >= 0) {
        struct span name = span_part(tail, 0, (size_t)at);
        struct span section = span_part(tail, (size_t)at + 1, tail.n - (size_t)at - 2);
        if (ends_nocase(name, "BODY") || ends_nocase(name, "BINARY"))
            section_kind(section, ends_nocase(name, "BINARY"), ret);
    } else if (ends_nocase(tail, "RFC822")) {
        ret->kind = ITEM_MAIL;
    } else if (ends_nocase(tail, "RFC822.TEXT")) {
        ret->kind = ITEM_TEXT;
        ret->section = span_str("TEXT");
    } else if (ends_nocase(tail, "RFC822.HEADER")) {
        ret->kind = ITEM_HEADER;
    }
}
