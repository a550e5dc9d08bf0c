/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/unicode.h"
#include "rules/yara.h"

#define PIECE 65536 /* folded at a time: the intermediate form stays small */

int rule_fold_warm_up(void)
{
    return unicode_warm_up();
}

/* Length of the white space that starts s, 0 for none. NFKC has made blanks of U+00A0, U+2000.. and U+3000
 * already. */
static size_t space_at(const uint8_t *p, size_t n)
{
    if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r'))
        return 1;
    if (n >= 2 && p[0] == 0xC2 && p[1] == 0x85) /* U+0085 next line */
        return 2;
    if (n >= 3 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9)) /* U+2028, U+2029 */
        return 3;
    return n >= 3 && p[0] == 0xE1 && p[1] == 0x9A && p[2] == 0x80 ? 3 : 0; /* U+1680 */
}

/* Appends s with white space collapsed; *space tells whether what was written last was a blank. */
static void collapse(struct span s, struct writer *out, bool *space)
{
    size_t from = 0, i = 0;

    while (i < s.n) {
        size_t n = space_at(s.p + i, s.n - i);
        if (!n) {
            *space = false;
            i++;
            continue;
        }
        if (n == 1 && s.p[i] == ' ' && !*space) { /* the usual single blank is copied with its word */
            *space = true;
            i++;
            continue;
        }
        writer_put(out, span_part(s, from, i - from));
        if (!*space)
            writer_u8(out, ' ');
        *space = true;
        i += n;
        from = i;
    }
    writer_put(out, span_part(s, from, s.n - from));
}

/* Where a piece of at most PIECE bytes may end: before an ASCII character, which nothing combines backwards
 * into. */
static size_t piece_end(struct span s, size_t pos)
{
    size_t end = s.n - pos > PIECE ? pos + PIECE : s.n, cut = end;

    if (end == s.n)
        return end;
    while (cut > pos + PIECE / 2 && s.p[cut] >= 0x80)
        cut--;
    if (s.p[cut] < 0x80)
        return cut;
    for (int i = 0; i < 3 && (s.p[end] & 0xC0) == 0x80; i++)
        end--;
    return end;
}

void rule_fold(struct span utf8, struct writer *out)
{
    struct writer piece;
    bool space = false;

    writer_init(&piece, 64 * PIECE);
    for (size_t pos = 0; pos < utf8.n && writer_ok(out);) {
        size_t end = piece_end(utf8, pos);
        writer_clear(&piece);
        unicode_casefold(span_part(utf8, pos, end - pos), &piece);
        if (!writer_ok(&piece)) {
            out->bad = true; /* no memory: the text is not whole */
            break;
        }
        collapse(writer_span(&piece), out, &space);
        pos = end;
    }
    writer_done(&piece);
}
