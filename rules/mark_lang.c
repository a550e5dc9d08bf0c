/* SPDX-License-Identifier: GPL-3.0-or-later
 * The language of a text, as far as rules and people need it: script first, then Vietnamese letters, then
 * small words. */
#include "rules/mark.h"

#include "base/text.h"
#include "rules/mark_words.h"

#define SAMPLE 16384 /* bytes from the beginning: more changes nothing */

struct language {
    const char *name;
    const char *words; /* the most frequent small words, folded, each between blanks */
};
static const struct language latin[] = {
    {"vi", " và của các được cho không trong có là người với này những một để đã theo từ khi về tại ngày đến "
           "ra vào "
           "cua duoc khong nguoi nhung voi ngay "},
    {"en", " the of and to in is that for was with are be this by on not from it as at have will has an or "
           "which been "
           "shall their they you we "},
    {"fr", " le la les des et est une du dans que pour qui par sur pas au avec sont ce il elle cette aux ne "
           "se nous vous "
           "leur ont été d l n "},
};

struct tally {
    size_t letters, cyrillic, chinese, viet, words;
    size_t hits[GH_COUNT(latin)];
};

/* Letters that no other language of ours has: đ ă ơ ư and everything in U+1EA0..U+1EF9. */
static bool is_vietnamese(uint32_t folded)
{
    return folded == 0x111 || folded == 0x103 || folded == 0x1A1 || folded == 0x1B0 ||
           (folded >= 0x1EA0 && folded <= 0x1EF9);
}

static void count_word(struct tally *t, const char *word, size_t n)
{
    char padded[24];

    t->words++;
    if (n == 0 || n + 3 > sizeof(padded))
        return;
    padded[0] = ' ';
    memcpy(padded + 1, word, n);
    padded[n + 1] = ' ';
    for (size_t i = 0; i < GH_COUNT(latin); i++)
        t->hits[i] += span_find(span_str(latin[i].words), span_of(padded, n + 2), 0) >= 0;
}

static void count_text(struct tally *t, struct span s)
{
    uint8_t word[20];
    struct writer w;

    writer_fixed(&w, word, sizeof(word));
    for (size_t pos = 0; pos < s.n;) {
        uint32_t cp = mark_fold_letter(text_next(s, &pos));
        bool ascii = cp >= 'a' && cp <= 'z';
        if (ascii || (cp >= 0xDF && cp <= 0x24F && cp != 0xF7) || (cp >= 0x1E00 && cp <= 0x1EFF)) {
            t->letters++;
            t->viet += is_vietnamese(cp);
            text_put(&w, cp);
            continue;
        }
        t->cyrillic += cp >= 0x400 && cp <= 0x4FF;
        t->chinese += cp >= 0x4E00 && cp <= 0x9FFF;
        if (w.n && writer_ok(&w))
            count_word(t, (const char *)word, w.n);
        writer_clear(&w);
    }
    if (w.n && writer_ok(&w))
        count_word(t, (const char *)word, w.n);
}

const char *mark_language(struct span text)
{
    struct tally t = {0};
    size_t best = 0;

    count_text(&t, span_part(text, 0, SAMPLE));
    if (t.chinese * 2 > t.letters && t.chinese >= 2 && t.chinese >= t.cyrillic)
        return "zh";
    if (t.cyrillic > t.letters && t.cyrillic >= 4)
        return "ru";
    if (t.viet * 20 > t.letters && t.viet >= 2) /* one letter in twenty; Vietnamese text has one in five */
        return "vi";
    for (size_t i = 1; i < GH_COUNT(latin); i++)
        if (t.hits[i] > t.hits[best])
            best = i;
    return t.hits[best] >= 2 && t.hits[best] * 12 > t.words ? latin[best].name : "";
}
