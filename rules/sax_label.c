/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/sax_label.h"

#include "rules/sax.h"

#define VALUE_MAX 65536u /* bytes of one element's text that are looked at */

struct labels {
    struct extract *x;
    struct writer value; /* text of the innermost open element so far */
    unsigned wanted;     /* depth of the Dublin Core or pdf element that is open, 0 none */
    bool all_text;
};

static bool is_msip(struct span name)
{
    return span_starts_nocase(name, "MSIP_Label_");
}

static void metadata(struct extract *x, struct span text)
{
    if (!text.n)
        return;
    extract_text(x, PLACE_METADATA, 0, text, NULL);
    extract_line(x, PLACE_METADATA, 0);
}

void sax_label_property(struct extract *x, struct span name, struct span value)
{
    if (!value.n)
        return;
    extract_label(x, is_msip(name) ? "msip" : "property", name, value);
    extract_text(x, PLACE_METADATA, 0, name, NULL);
    extract_text(x, PLACE_METADATA, 0, span_str(": "), NULL);
    metadata(x, value);
}

/* <label id="{GUID}" enabled="1" removed="0"/>: only GUIDs, no names. */
static void label_list_entry(struct labels *l, struct sax *s)
{
    const char *id = sax_attr(s, "id");

    if (id && sax_true(sax_attr(s, "enabled"), true) && !sax_true(sax_attr(s, "removed"), false))
        extract_label(l->x, "msip", span_str("LabelInfo"), span_str(id));
}

static void on_start(void *ctx, struct sax *s, const char *name)
{
    struct labels *l = ctx;
    struct span key, value;

    writer_clear(&l->value);
    if (strcmp(name, "label") == 0 && sax_in(s, "mipLabelMetadata"))
        label_list_entry(l, s);
    for (size_t i = 0; sax_attr_at(s, i, &key, &value); i++)
        if (is_msip(key))
            sax_label_property(l->x, key, value);
    if (!l->wanted && (sax_in(s, "purl.org/dc/") || sax_in(s, "/pdfx/") || sax_in(s, "ns.adobe.com/pdf/")))
        l->wanted = sax_depth(s);
}

static void on_end(void *ctx, struct sax *s, const char *name)
{
    struct labels *l = ctx;
    struct span value = span_trim(writer_span(&l->value));

    if (value.n && sax_in(s, "stanag:4774"))
        extract_label(l->x, "stanag4774", span_str(name), value);
    if (value.n && (is_msip(span_str(name)) || sax_in(s, "/pdfx/")))
        sax_label_property(l->x, span_str(name), value);
    else if (l->all_text || l->wanted || sax_in(s, "stanag:4774"))
        metadata(l->x, value);
    if (l->wanted == sax_depth(s))
        l->wanted = 0;
    writer_clear(&l->value);
}

static void on_text(void *ctx, struct sax *s, struct span utf8)
{
    struct labels *l = ctx;

    writer_put(&l->value, utf8);
}

int sax_label_read(struct extract *x, struct span xml, bool all_text)
{
    static const struct sax_handler handler = {on_start, on_end, on_text};
    struct labels l = {.x = x, .all_text = all_text};
    int rc;

    writer_init(&l.value, VALUE_MAX);
    rc = sax_read(x, xml, &handler, &l);
    writer_done(&l.value);
    return rc;
}
