/* SPDX-License-Identifier: GPL-3.0-or-later
 * charset_table: the encodings themselves, as the other charset*.c see them: names, tables, and how to decode
 * by them. Tables of the single-byte sets are filled once by charset_warm_up(); read-only afterwards. */
#ifndef GH_RULES_CHARSET_TABLE_H
#define GH_RULES_CHARSET_TABLE_H

#include "rules/charset.h"

enum charset_form {
    FORM_ASCII,
    FORM_UTF8,
    FORM_UTF16, /* byte order in big */
    FORM_UTF32,
    FORM_BYTE,  /* one byte, one code point: table */
    FORM_MULTI, /* ICU's converter */
    FORM_VNI,
    FORM_VIQR
};
/* What a byte beyond ASCII would be in a set, as detection sees it. */
enum charset_mood {
    MOOD_NONE,    /* undefined, or a control character */
    MOOD_SYMBOL,  /* a sign that stands in no word */
    MOOD_QUOTE,   /* quotation marks, dashes, blanks */
    MOOD_LETTER,  /* a letter that the set's languages hardly use */
    MOOD_CAPITAL, /* a capital of theirs */
    MOOD_RARE,    /* small letters of theirs, by frequency */
    MOOD_COMMON,
    MOOD_FREQUENT
};
struct charset {
    const char *name;
    const char *aliases; /* "|a|b|": letters and digits only, small */
    enum charset_form form;
    bool big;
    const char *icu; /* ICU's name; NULL when it has none or needs none */
    const uint16_t
        *fixed; /* our own table of the upper 128 bytes, 0 where the byte means nothing; NULL: from ICU */
    const char *letters; /* the small letters that texts in it use, with which detection counts; NULL: not
                            looked for */
    uint16_t *table;     /* 256 code points, U+FFFD where there is none */
    struct unicode_converter *converter;
    uint8_t *mood; /* enum charset_mood of each byte; only with letters */
};
extern struct charset charsets[];
extern const size_t charsets_count;

/* By any of its names; NULL when unknown. */
const struct charset *charset_find(const char *name);
void charset_decode_by(const struct charset *c, struct span bytes, struct writer *out);

/* Fills in tables, converters and moods of all rows. 0, ST_NOMEM, ST_IO. */
int charset_table_fill(void);

/* The Vietnamese ones, in charset_viet.c. */
extern const uint16_t charset_tcvn3[128], charset_viscii[128];
/* A byte as windows-1252 has it. */
uint32_t charset_ansi(uint8_t b);
void charset_vni_decode(struct span bytes, struct writer *out);
void charset_viqr_decode(struct span ascii, struct writer *out);

/* How Vietnamese a text is, in charset_syllable.c. */
struct viet_score {
    unsigned words,
        valid; /* words with a letter beyond ASCII, and those of them that are Vietnamese syllables */
    unsigned plain, plain_valid; /* the same of words in ASCII alone */
};
struct viet_score charset_syllables(struct span utf8);

#endif
