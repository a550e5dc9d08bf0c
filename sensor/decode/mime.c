/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/mime_impl.h"
#include "sensor/decode/mime_param.h"

#include <stdlib.h>

#define MEMORY_ESTIMATE (16u << 10) /* charged for one reader */

struct mime *mime_new(struct proto_ctx *cx, enum mime_mode mode, enum direction dir, uint32_t tx,
                      struct span boundary, mime_context_fn *context, void *arg)
{
    struct mime *m;

    if (!proto_charge(cx, MEMORY_ESTIMATE))
        return NULL;
    m = calloc(1, sizeof(*m));
    if (!m) {
        proto_release(cx, MEMORY_ESTIMATE);
        return NULL;
    }
    *m = (struct mime){
        .cx = cx, .mode = mode, .dir = dir, .tx = tx, .context = context, .arg = arg, .where = IN_HEAD};
    mime_head_init(&m->head);
    writer_init(&m->line, LINE_MAX_BYTES);
    for (int i = 0; i < MIME_DEPTH; i++)
        writer_init(&m->boundary[i], BOUNDARY_MAX);
    if (mode == MIME_FORM) {
        writer_put(&m->boundary[0], span_part(boundary, 0, BOUNDARY_MAX));
        m->depth = 1;
        m->where = IN_OUTSIDE;
        m->preamble = true;
    }
    return m;
}

void mime_extra(struct mime *m, struct span members)
{
    m->extra = members;
}

/* The header of an entity is over: what is it? */
static void entity_begin(struct mime *m)
{
    struct span type = mime_value(mime_head_get(&m->head, HEAD_TYPE));
    bool coded = mime_encoding_of(mime_head_get(&m->head, HEAD_ENCODING)) != MIME_IDENTITY;

    if (m->mode == MIME_MAIL && !m->top_done)
        mime_top_facts(m);
    if (span_starts_nocase(type, "multipart/")) {
        if (m->depth < MIME_DEPTH) {
            struct writer *b = &m->boundary[m->depth++];
            writer_clear(b);
            mime_param(mime_head_get(&m->head, HEAD_TYPE), "boundary", b);
            if (!writer_ok(b)) {
                writer_clear(b);
                proto_anomaly(m->cx, m->dir, "mime.bad_boundary");
            }
            m->where = IN_OUTSIDE;
            m->preamble = true;
            return;
        }
        proto_anomaly(m->cx, m->dir, "mime.too_deep");
    } else if (m->mode == MIME_MAIL &&
               (span_eq_nocase(type, "message/rfc822") || span_eq_nocase(type, "message/global"))) {
        if (m->messages < MIME_DEPTH) {
            m->messages++;
            m->where = coded ? IN_MESSAGE : IN_HEAD;
            if (!coded)
                mime_head_clear(&m->head);
            return;
        }
        proto_anomaly(m->cx, m->dir, "mime.too_deep");
    }
    mime_leaf_begin(m);
}

/* Is line the boundary of level b? -1 no, 0 a part begins, 1 the multipart ends. */
static int boundary_match(struct span line, struct span b)
{
    if (!b.n || line.n < b.n + 2 || !span_eq(span_part(line, 2, b.n), b))
        return -1;
    struct span rest = span_trim(span_part(line, 2 + b.n, line.n));
    if (rest.n == 0)
        return 0;
    return span_starts(rest, "--") ? 1 : -1;
}

/* Handles line when it is a boundary of any open multipart. */
static bool boundary_line(struct mime *m, struct span line)
{
    if (m->flat || !span_starts(line, "--"))
        return false;
    struct writer *inner = m->depth ? &m->boundary[m->depth - 1] : NULL;
    if (inner && m->preamble && !inner->n && line.n > 2 &&
        line.n < BOUNDARY_MAX) /* nobody named it: this is it */
        writer_put(inner, span_trim(span_part(line, 2, line.n)));
    for (unsigned i = m->depth; i-- > 0;) {
        int match = boundary_match(line, writer_span(&m->boundary[i]));
        if (match < 0)
            continue;
        m->n_eol = 0;
        if (m->where == IN_OUTSIDE && m->preamble && i == m->depth - 1)
            m->ink = false; /* an ordinary preamble: "This is a message in MIME format" */
        mime_doc_close(m, true);
        m->depth = match ? i : i + 1;
        m->preamble = false;
        m->where = match ? IN_OUTSIDE : IN_HEAD;
        mime_head_clear(&m->head);
        return true;
    }
    return false;
}

/* "Name: " at the beginning of a line. */
static bool is_field(struct span line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] > ' ' && line.p[n] < 127 && line.p[n] != ':')
        n++;
    return n && n < line.n && line.p[n] == ':';
}

/* A complete line; n_eol bytes of line end stand behind it (0: the entity ended). */
static void whole_line(struct mime *m, struct span line, unsigned n_eol)
{
    if (boundary_line(m, line))
        return;
    /* RFC 2046 forbids to code a message: where the coding is not real, readers do not care for it. */
    if (m->where == IN_MESSAGE) {
        if (is_field(line)) {
            proto_anomaly(m->cx, m->dir, "mime.coding_of_message");
            mime_head_clear(&m->head);
            m->where = IN_HEAD;
        } else {
            mime_leaf_begin(m);
        }
    }
    if (m->where == IN_HEAD) {
        if (!line.n)
            entity_begin(m);
        else if (!mime_head_line(&m->head, line))
            proto_anomaly(m->cx, m->dir, "mime.header_too_long");
        return;
    }
    if (mime_inline_edge(m, line))
        return;
    mime_eol_flush(m);
    mime_doc_put(m, line);
    m->n_eol = n_eol;
    memcpy(m->eol, n_eol == 2 ? "\r\n" : "\n", n_eol);
}

/* May the beginning of a line, whose end has not come, be passed on? */
static bool may_pass(const struct mime *m, struct span start)
{
    if (m->where <= IN_HEAD || m->inside)
        return false;
    if (start.n < 2)
        return start.n && start.p[0] != '-' && !mime_inline_may_edge(start);
    return !span_starts(start, "--") && !mime_inline_may_edge(start);
}

/* Bytes inside a line whose beginning was passed on. A CR at their end waits for its LF. */
static void mid_line(struct mime *m, struct span s, bool ends)
{
    size_t cr = s.n && s.p[s.n - 1] == '\r';

    if (s.n || !ends)
        mime_eol_flush(m);
    mime_doc_put(m, span_part(s, 0, s.n - cr));
    if (ends && (cr || (m->n_eol == 1 && m->eol[0] == '\r'))) {
        memcpy(m->eol, "\r\n", 2);
        m->n_eol = 2;
    } else if (ends || cr) {
        m->eol[0] = ends ? '\n' : '\r';
        m->n_eol = 1;
    }
    m->mid = !ends;
}

/* A piece of a line at whose beginning we are. */
static void line_piece(struct mime *m, struct span s, bool ends)
{
    bool fits = s.n <= LINE_MAX_BYTES - m->line.n;

    if (ends && (fits || !m->line.n)) {
        struct span line = s;
        if (m->line.n) {
            writer_put(&m->line, s);
            line = writer_span(&m->line);
        }
        size_t cr = line.n && line.p[line.n - 1] == '\r';
        line.n -= cr;
        whole_line(m, line, (unsigned)(1 + cr));
        writer_clear(&m->line);
        return;
    }
    if (fits) {
        writer_put(&m->line, s);
        if (ends || !may_pass(m, writer_span(&m->line)))
            return;
        s = (struct span){0};
    } else if (m->where <= IN_HEAD) { /* as much of the line as fits is kept; the rest changes nothing */
        writer_put(&m->line, span_part(s, 0, LINE_MAX_BYTES - m->line.n));
        if (ends) {
            whole_line(m, writer_span(&m->line), 1);
            writer_clear(&m->line);
        }
        return;
    }
    /* Too long for a boundary, or surely none: it goes on as it comes. */
    mime_eol_flush(m);
    mid_line(m, writer_span(&m->line), false);
    writer_clear(&m->line);
    if (s.n || ends)
        mid_line(m, s, ends);
}

void mime_feed(struct mime *m, struct span bytes)
{
    while (bytes.n) {
        ptrdiff_t lf = span_find_byte(bytes, '\n', 0);
        struct span piece = span_part(bytes, 0, lf < 0 ? bytes.n : (size_t)lf);
        if (m->mid)
            mid_line(m, piece, lf >= 0);
        else
            line_piece(m, piece, lf >= 0);
        bytes = span_part(bytes, piece.n + (lf >= 0), bytes.n);
    }
}

void mime_gap(struct mime *m, uint64_t missing)
{
    if (m->where <= IN_HEAD) { /* an unknown part of an unknown entity: carved as it is */
        proto_anomaly(m->cx, m->dir, "mime.gap_in_header");
        entity_begin(m);
        if (m->where <= IN_HEAD)
            mime_leaf_begin(m);
    }
    mime_eol_flush(m);
    if (m->line.n)
        mime_doc_put(m, writer_span(&m->line));
    writer_clear(&m->line);
    if (!m->opened)
        mime_doc_open(m, span_str(""));
    m->ink = true;
    mime_decoder_end(m->inside ? &m->inside_decoder : &m->decoder, m->inside ? m->inside_doc : m->doc);
    carve_gap(m->inside ? m->inside_doc : m->doc, missing);
    m->mid = true;
}

void mime_end(struct mime *m, bool complete)
{
    if (m->mid)
        mime_eol_flush(m);
    else if (m->line.n)
        whole_line(m, writer_span(&m->line), 0);
    /* The line end before SMTP's final dot is the protocol's, as the one before a boundary is MIME's: no part
     * of a file. */
    if (m->mode == MIME_MAIL && m->file && m->where == IN_LEAF)
        m->n_eol = 0;
    mime_eol_flush(m);
    writer_clear(&m->line);
    if (m->mode == MIME_MAIL && !m->top_done)
        mime_top_facts(m);
    mime_doc_close(m, complete);
}

void mime_limit(struct mime *m, const char *limit)
{
    carve_limit(m->inside ? m->inside_doc : m->doc, limit);
}

const struct mime_facts *mime_facts(struct mime *m)
{
    m->facts.attachments = m->names;
    return &m->facts;
}

void mime_free(struct mime *m)
{
    if (!m)
        return;
    mime_doc_close(m, false);
    mime_head_done(&m->head);
    writer_done(&m->line);
    for (int i = 0; i < MIME_DEPTH; i++)
        writer_done(&m->boundary[i]);
    arena_free(m->arena);
    proto_release(m->cx, MEMORY_ESTIMATE);
    free(m);
}
