/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_xml: any XML that has no reader of its own: the text of its elements, attributes that are made for
 * people, files that it carries in base64 (flat Office packages), labels by STANAG 4774. */
#include "rules/formats.h"

#include "rules/sax.h"
#include "rules/sax_label.h"
#include "rules/x_eml_code.h"
#include "rules/x_html.h"

#include <stdio.h>

#define BINARY_SHOWN (1u << 20) /* bytes of base64 that are kept as they are written */
#define DEPTH 64 /* levels whose text is remembered apart; deeper ones share the last */

struct xml {
    struct extract *x;
    bool has_text[DEPTH];
    struct writer binary; /* base64 of the element under way */
    bool in_binary;
    size_t shown; /* bytes of base64 kept so far */
    char name[256]; /* of the last part of a flat package */
};

static unsigned level(const struct sax *s)
{
    unsigned d = sax_depth(s);

    return d < DEPTH ? d : DEPTH - 1;
}

/* Elements inside a line: runs and emphasis of WordprocessingML, XHTML, DocBook, DITA. */
static bool is_inline(const char *name)
{
    static const char *const names[] = {
        "t",   "r",   "span",  "b",        "i",  "u",         "em",        "strong", "a",       "font",
        "sub", "sup", "tspan", "emphasis", "ph", "fldSimple", "hyperlink", "ins",    "smartTag"};

    for (size_t i = 0; i < GH_COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void attributes(struct xml *h, struct sax *s)
{
    static const char *const told[] = {
        "title",          "desc",    "description", "alt",     "label", "content", "caption",
        "classification", "subject", "comment",     "summary", "value", "val"};
    struct span name, value;

    for (size_t i = 0; sax_attr_at(s, i, &name, &value); i++)
        for (size_t k = 0; k < GH_COUNT(told); k++)
            if (value.n > 2 && span_eq_nocase(name, told[k])) {
                extract_text(h->x, PLACE_METADATA, 0, value, NULL);
                extract_line(h->x, PLACE_METADATA, 0);
            }
}

static void start(void *ctx, struct sax *s, const char *name)
{
    struct xml *h = ctx;
    const char *part = sax_attr(s, "name");

    h->has_text[level(s)] = false;
    if (part && strcmp(name, "part") == 0)
        snprintf(h->name, sizeof(h->name), "%s", part);
    h->in_binary = strcmp(name, "binaryData") == 0 || strcmp(name, "binData") == 0;
    if (h->in_binary) {
        writer_clear(&h->binary);
        if (part)
            snprintf(h->name, sizeof(h->name), "%s", part);
    }
    attributes(h, s);
}

/* What a reader without any idea of the format sees, so that rules may look at it: no text of the author. */
static void show_binary(struct xml *h)
{
    struct span s = span_part(writer_span(&h->binary), 0, BINARY_SHOWN - h->shown);

    h->shown += s.n;
    extract_text(h->x, PLACE_METADATA, 0, s, NULL);
    extract_line(h->x, PLACE_METADATA, 0);
}

static void end_binary(struct xml *h)
{
    struct writer out;

    writer_init(&out, h->binary.n + 16);
    if (writer_ok(&h->binary) && extract_budget(h->x, h->binary.n / 4 * 3)) {
        base64_decode(writer_span(&h->binary), &out);
        extract_child(h->x, span_str(h->name[0] ? h->name : "binary"), writer_span(&out));
    } else {
        extract_unread(h->x, UNREAD_TOO_LARGE);
    }
    writer_done(&out);
    show_binary(h);
    writer_clear(&h->binary);
}

static void end(void *ctx, struct sax *s, const char *name)
{
    struct xml *h = ctx;
    unsigned at = level(s);

    if (h->in_binary) {
        end_binary(h);
        h->in_binary = false;
        return;
    }
    if (strcmp(name, "tab") == 0 || strcmp(name, "tc") == 0)
        extract_text(h->x, PLACE_BODY, 0, span_str("\t"), NULL);
    else if (strcmp(name, "br") == 0 || (h->has_text[at] && !is_inline(name)))
        extract_line(h->x, PLACE_BODY, 0);
    if (at && h->has_text[at])
        h->has_text[at - 1] = true;
}

static void text(void *ctx, struct sax *s, struct span utf8)
{
    struct xml *h = ctx;

    if (h->in_binary) {
        writer_put(&h->binary, utf8);
        return;
    }
    if (span_trim(utf8).n)
        h->has_text[level(s)] = true;
    extract_text(h->x, PLACE_BODY, 0, utf8, NULL);
}

void x_xml(struct extract *x, struct span in)
{
    static const struct sax_handler handler = {start, end, text};
    struct xml h = {.x = x};

    writer_init(&h.binary, in.n + 16);
    if (sax_read(x, in, &handler, &h) == ST_MALFORMED)
        html_text(x, in,
                  NULL); /* not well-formed is reported; what a tolerant reader sees is told all the same */
    writer_done(&h.binary);
    if (span_find(span_part(in, 0, 65536), span_str("stanag:4774"), 0) >= 0 ||
        span_find(span_part(in, 0, 65536), span_str("MSIP_Label"), 0) >= 0)
        sax_label_read(x, in, false);
}
