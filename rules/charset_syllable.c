/* SPDX-License-Identifier: GPL-3.0-or-later
 * Is a word a Vietnamese syllable? The language has few: some twenty onsets, some hundred and sixty rimes,
 * six tones, and rimes on c, ch, p, t carry two of them. A text decoded by the wrong table makes hardly any,
 * so that this tells the old encodings apart, and apart from French. Rimes are spelled in Telex here: aa aw
 * ee oo ow uw dd are â ă ê ô ơ ư đ. */
#include "rules/charset_table.h"

#include "base/text.h"
#include "rules/unicode.h"

#include <stdlib.h>

#define WORD_MAX 12

static const char *const onsets[] = {"ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th",
                                     "tr",  "dd", "b",  "c",  "d",  "g",  "h",  "k",  "l",  "m",
                                     "n",   "p",  "r",  "s",  "t",  "v",  "x",  ""};
/* Sorted. */
static const char *const rimes[] = {
    "a",     "aac",   "aam",   "aan",   "aang",   "aap",   "aat",   "aau",   "aay",  "ac",    "ach",  "ai",
    "am",    "an",    "ang",   "anh",   "ao",     "ap",    "at",    "au",    "awc",  "awm",   "awn",  "awng",
    "awp",   "awt",   "ay",    "e",     "ec",     "ee",    "eech",  "eem",   "een",  "eenh",  "eep",  "eet",
    "eeu",   "em",    "en",    "eng",   "eo",     "ep",    "et",    "i",     "ia",   "ich",   "ieec", "ieem",
    "ieen",  "ieeng", "ieep",  "ieet",  "ieeu",   "im",    "in",    "inh",   "ip",   "it",    "iu",   "o",
    "oa",    "oac",   "oach",  "oai",   "oam",    "oan",   "oang",  "oanh",  "oao",  "oap",   "oat",  "oawc",
    "oawm",  "oawn",  "oawng", "oawt",  "oay",    "oc",    "oe",    "oen",   "oeo",  "oet",   "oi",   "om",
    "on",    "ong",   "oo",    "ooc",   "ooi",    "oom",   "oon",   "oong",  "oop",  "oot",   "op",   "ot",
    "ow",    "owi",   "owm",   "own",   "owp",    "owt",   "u",     "ua",    "uaan", "uaang", "uaat", "uaay",
    "uc",    "ue",    "uee",   "ueech", "ueenh",  "ui",    "um",    "un",    "ung",  "uoo",   "uooc", "uooi",
    "uoom",  "uoon",  "uoong", "uoot",  "uow",    "up",    "ut",    "uw",    "uwa",  "uwc",   "uwi",  "uwng",
    "uwowc", "uwowi", "uwowm", "uwown", "uwowng", "uwowp", "uwowt", "uwowu", "uwt",  "uwu",   "uy",   "uya",
    "uych",  "uyeen", "uyeet", "uynh",  "uyt",    "uyu",   "y",     "yeem",  "yeen", "yeeng", "yeet", "yeeu",
    "ynh",   "yt",
};

struct word {
    char telex[2 * WORD_MAX + 4];
    unsigned n, letters, tones;
    uint32_t tone;
    bool foreign; /* a letter that Vietnamese has not */
    bool beyond;  /* a letter or mark beyond ASCII */
};

static int compare_rime(const void *key, const void *row)
{
    return strcmp(key, *(const char *const *)row);
}

static bool is_stop(const char *rime)
{
    size_t n = strlen(rime);

    return n > 1 && (strchr("cpt", rime[n - 1]) || (n > 2 && rime[n - 1] == 'h' && rime[n - 2] == 'c'));
}

static bool is_syllable(const struct word *w)
{
    if (w->foreign || !w->letters || w->letters > 8 || w->tones > 1)
        return false;
    for (size_t i = 0; i < GH_COUNT(onsets); i++) {
        size_t n = strlen(onsets[i]);
        const char *rime = w->telex + n;
        if (strncmp(w->telex, onsets[i], n) != 0 ||
            !bsearch(rime, rimes, GH_COUNT(rimes), sizeof(rimes[0]), compare_rime))
            continue;
        return !is_stop(rime) || !w->tones || w->tone == 0x0301 || w->tone == 0x0323;
    }
    /* "gì", "gìn": the i belongs to both parts. */
    return strncmp(w->telex, "gi", 2) == 0 &&
           bsearch(w->telex + 1, rimes, GH_COUNT(rimes), sizeof(rimes[0]), compare_rime);
}

static void add(struct word *w, char c)
{
    if (w->n < sizeof(w->telex) - 1)
        w->telex[w->n++] = c;
    else
        w->foreign = true;
}

/* A shape doubles its vowel or puts a w behind it. */
static void shape(struct word *w, uint32_t mark)
{
    char last = w->n ? w->telex[w->n - 1] : 0;

    if (mark == 0x0302 && (last == 'a' || last == 'e' || last == 'o'))
        add(w, last);
    else if ((mark == 0x0306 && last == 'a') || (mark == 0x031b && (last == 'o' || last == 'u')))
        add(w, 'w');
    else
        w->foreign = true;
}

/* Takes one code point of NFD text; false when it ends the word. */
static bool take(struct word *w, uint32_t c)
{
    uint32_t small = c >= 'A' && c <= 'Z' ? c + 0x20 : c;

    if (small >= 'a' && small <= 'z') {
        w->letters++;
        w->foreign |= small == 'f' || small == 'j' || small == 'w' || small == 'z';
        add(w, (char)small);
        return true;
    }
    if (c < 0x80 || (c >= 0x2000 && c <= 0x206f) || c == 0xa0 || c == 0xab || c == 0xbb)
        return false;
    w->beyond = true;
    if (c == 0x0110 || c == 0x0111) {
        w->letters++;
        add(w, 'd');
        add(w, 'd');
    } else if (c == 0x0300 || c == 0x0301 || c == 0x0303 || c == 0x0309 || c == 0x0323) {
        w->tones++;
        w->tone = c;
    } else if (c == 0x0302 || c == 0x0306 || c == 0x031b) {
        shape(w, c);
    } else {
        w->foreign = true;
    }
    return true;
}

static void count(struct viet_score *s, struct word *w)
{
    bool valid;

    w->telex[w->n] = 0;
    valid = is_syllable(w);
    if (w->beyond && w->letters == 1 && !w->foreign) {
        /* a vowel alone is a word in many languages: it says nothing */
    } else if (w->beyond) {
        s->words++;
        s->valid += valid;
    } else if (w->letters) {
        s->plain++;
        s->plain_valid += valid;
    }
    *w = (struct word){0};
}

struct viet_score charset_syllables(struct span utf8)
{
    struct viet_score s = {0};
    struct word w = {0};
    struct writer nfd;
    struct span text;

    writer_init(&nfd, 8 * utf8.n + 64);
    unicode_nfd(utf8, &nfd);
    text = writer_span(&nfd);
    for (size_t pos = 0; pos < text.n;)
        if (!take(&w, text_next(text, &pos)))
            count(&s, &w);
    count(&s, &w);
    writer_done(&nfd);
    return s;
}
