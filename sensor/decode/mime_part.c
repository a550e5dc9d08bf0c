/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/mime_impl.h"
#include "sensor/decode/mime_param.h"
#include "sensor/decode/mime_word.h"

#define FACTS_MAX (256u << 10) /* decoded header fields and names */
#define CONTEXT_MAX (16u << 10)

struct span mime_keep(struct mime *m, struct span s)
{
    if (!m->arena)
        m->arena = arena_new(FACTS_MAX);
    char *copy = m->arena && s.n ? arena_dup(m->arena, s.p, s.n) : NULL;
    return copy ? span_of(copy, s.n) : (struct span){0};
}

void mime_doc_open(struct mime *m, struct span name)
{
    m->doc = carve_open(m->cx, m->dir, name, m->tx);
    m->opened = true;
    m->file = false;
    m->ink = false;
}

/* Bytes of the current part, decoded on the way. */
void mime_doc_put(struct mime *m, struct span s)
{
    if (!s.n)
        return;
    if (m->inside) {
        mime_decoder_feed(&m->inside_decoder, s, m->inside_doc);
        return;
    }
    if (!m->opened)
        mime_doc_open(m, span_str(""));
    if (m->where == IN_OUTSIDE && !m->ink)
        m->ink = span_trim(s).n > 0;
    mime_decoder_feed(&m->decoder, s, m->doc);
}

void mime_doc_context(struct mime *m, struct transfer *t)
{
    struct writer w;

    if (t && m->extra.n)
        carve_extra(t, m->extra);
    if (!m->context || !t)
        return;
    writer_init(&w, CONTEXT_MAX);
    m->context(m->arg, m, &w);
    if (writer_ok(&w))
        carve_context(t, writer_span(&w));
    writer_done(&w);
}

void mime_doc_close(struct mime *m, bool complete)
{
    mime_inline_close(m, complete);
    if (m->opened) {
        mime_decoder_end(&m->decoder, m->doc);
        mime_doc_context(m, m->doc);
        if (m->where == IN_OUTSIDE && !m->ink)
            carve_drop(m->doc);
        else
            carve_close(m->doc, complete);
    }
    m->doc = NULL;
    m->opened = false;
    mime_decoder_start(&m->decoder, MIME_IDENTITY);
}

void mime_eol_flush(struct mime *m)
{
    unsigned n = m->n_eol;

    m->n_eol = 0;
    mime_doc_put(m, span_of(m->eol, n));
}

/* The facts of the top entity, once. */
void mime_top_facts(struct mime *m)
{
    static const struct {
        enum mime_field field;
        size_t at;
    } map[] = {{HEAD_FROM, offsetof(struct mime_facts, from)},
               {HEAD_TO, offsetof(struct mime_facts, to)},
               {HEAD_CC, offsetof(struct mime_facts, cc)},
               {HEAD_SUBJECT, offsetof(struct mime_facts, subject)},
               {HEAD_DATE, offsetof(struct mime_facts, date)},
               {HEAD_MESSAGE_ID, offsetof(struct mime_facts, message_id)}};
    struct writer w;

    m->top_done = true;
    m->facts.body_seen = true;
    writer_init(&w, 2 * HEAD_FIELD_MAX);
    for (size_t i = 0; i < GH_COUNT(map); i++) {
        struct span s;
        writer_clear(&w);
        mime_words_put(&w, mime_head_get(&m->head, map[i].field));
        s = mime_keep(m, writer_span(&w));
        memcpy((char *)&m->facts + map[i].at, &s, sizeof(s));
    }
    writer_done(&w);
}

/* The part's name, by the ways that senders give it; empty when it has none. */
static void part_name(struct mime *m, struct writer *out)
{
    struct span disposition = mime_head_get(&m->head, HEAD_DISPOSITION);

    if (mime_param_file(disposition, "filename", out) && out->n)
        return;
    if (mime_param_file(mime_head_get(&m->head, HEAD_TYPE), "name", out) && out->n)
        return;
    if (m->mode == MIME_FORM)
        mime_param(disposition, "name", out);
}

void mime_leaf_begin(struct mime *m)
{
    struct writer name;

    writer_init(&name, 4096);
    part_name(m, &name);
    if (name.n && m->mode == MIME_MAIL && m->facts.n_attachments < MIME_NAMES) {
        struct span s = mime_keep(m, span_part(writer_span(&name), 0, 1024));
        if (s.n)
            m->names[m->facts.n_attachments++] = s;
    }
    m->where = IN_LEAF;
    mime_doc_open(m, writer_span(&name));
    m->file = name.n > 0;
    enum mime_encoding coded = mime_encoding_of(mime_head_get(&m->head, HEAD_ENCODING));
    /* A uuencoded part is a text whose file begins with its "begin" line, as any other text may have one. */
    mime_decoder_start(&m->decoder, coded == MIME_UU ? MIME_IDENTITY : coded);
    if (++m->facts.n_parts >= MIME_PARTS && !m->flat) {
        m->flat = true;
        proto_anomaly(m->cx, m->dir, "mime.too_many_parts");
    }
    writer_done(&name);
}
