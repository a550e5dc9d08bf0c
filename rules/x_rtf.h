/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_rtf: Rich Text Format (specification 1.9.1). Common to the x_rtf_*.c files, and to x_msg for its RTF
 * bodies.
 *
 * A document is groups of control words and bytes. Each group has a state that its end takes back; a
 * destination word says what the group's text is. Bytes are gathered as they are and decoded when the font,
 * the destination or the place changes, because a letter may be two bytes and its code page hangs on the
 * font. */
#ifndef GH_RULES_X_RTF_H
#define GH_RULES_X_RTF_H

#include "rules/extract.h"

#define RTF_DEPTH_MAX 256 /* groups, one in another; Word writes some ten */
#define RTF_FONTS_MAX 4096
#define RTF_FONT_MAX 64            /* bytes of a font's name that matter */
#define RTF_RAW_MAX (1u << 16)     /* bytes gathered before they are decoded */
#define RTF_FIELD_MAX 65536u       /* bytes of one property, field instruction or shape value */
#define RTF_OBJECT_MAX (64u << 20) /* bytes of one object or picture */

enum rtf_dest {
    RTF_SKIP,
    RTF_TEXT,     /* text of state.place */
    RTF_FONTS,    /* \fonttbl */
    RTF_OBJECT,   /* \objdata: hexadecimal digits */
    RTF_PICTURE,  /* \pict: hexadecimal digits */
    RTF_FIELD,    /* \fldinst */
    RTF_NAME,     /* name of the property or shape property whose value follows */
    RTF_PROPERTY, /* value of a user property */
    RTF_SHAPE,    /* value of a shape property */
    RTF_TEMPLATE  /* \template: a path */
};
struct rtf_state {
    enum rtf_dest dest;
    enum place place;
    enum rtf_dest upr; /* what \ud goes back to */
    bool upr_open;     /* in \upr, before \ud */
    bool box;          /* in a text box */
    bool hidden, deleted;
    unsigned uc; /* characters that stand for one \u */
    int font;    /* number, -1 the default */
    bool result; /* in \result of an object that was handed on */
};
struct rtf_font {
    int number;
    unsigned codepage;
    char name[RTF_FONT_MAX];
};
struct rtf {
    struct extract *x;
    struct reader r;
    struct rtf_state *stack; /* of RTF_DEPTH_MAX */
    unsigned depth, too_deep;
    bool closed; /* the outermost group has ended */
    struct rtf_state now;
    struct rtf_font *fonts; /* of RTF_FONTS_MAX */
    unsigned n_fonts;
    unsigned ansi; /* code page of the document */
    int default_font;
    struct writer out;       /* decoded text of one font and place */
    struct writer raw;       /* bytes not decoded yet; hexadecimal data as bytes */
    struct writer field;     /* text of a field, a property, a template */
    char name[RTF_FONT_MAX]; /* of the property whose value follows */
    unsigned skip;           /* characters to skip after \u */
    uint32_t high;           /* first half of a surrogate pair */
    bool star;               /* \* stands before the next control word */
    bool said[PLACE_COUNT];  /* text in the open line */
    unsigned external, objects, pictures;
    const char *picture; /* extension for the open picture, NULL unknown */
    int hex;             /* first digit of a byte, -1 none */
    uint64_t tokens;
};

/* ---- x_rtf.c ---- */
/* Brings what was gathered to where it belongs. */
void rtf_flush(struct rtf *t);
/* One character of text. */
void rtf_put(struct rtf *t, uint32_t cp);
void rtf_line(struct rtf *t);
/* Font by number, NULL when unknown. */
struct rtf_font *rtf_font(struct rtf *t, int number);

/* ---- x_rtf_words.c ---- */
/* Acts on a control word; value: its number, fallback 1 (has tells whether there was one). */
void rtf_word(struct rtf *t, struct span word, bool has, int32_t value);
unsigned rtf_charset_codepage(int32_t charset, unsigned ansi);

/* ---- x_rtf_object.c ---- */
/* \objdata, as bytes: an OLE 1 object (MS-OLEDS 2.2). */
void rtf_object(struct rtf *t, struct span bytes);
void rtf_picture(struct rtf *t, struct span bytes);
/* End of a field instruction, a property value, a shape value, a template: what t->field says. */
void rtf_field_end(struct rtf *t, enum rtf_dest dest);

#endif
