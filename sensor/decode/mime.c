/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/mime.h"
#include "sensor/decode/mime_decode.h"
#include "sensor/decode/mime_head.h"
#include "sensor/decode/mime_param.h"
#include "sensor/decode/mime_word.h"

#include <stdlib.h>

#define LINE_MAX_BYTES 4096u   /* longest line that is looked at as a whole */
#define BOUNDARY_MAX 256u      /* RFC 2046 says 70 */
#define FACTS_MAX (256u << 10) /* decoded header fields and names */
#define CONTEXT_MAX (16u << 10)
#define MEMORY_ESTIMATE (16u << 10) /* charged for one reader */

enum where {
    IN_MESSAGE, /* first line of a message/rfc822 that is said to be coded, which it must not be */
    IN_HEAD,    /* lines of an entity's header */
    IN_LEAF,    /* bytes of a part that becomes a document */
    IN_OUTSIDE, /* before the first or behind the last boundary: a document only if nothing else comes of it
                 */
};

struct mime {
    struct proto_ctx *cx;
    enum mime_mode mode;
    enum direction dir;
    uint32_t tx;
    mime_context_fn *context;
    void *arg;
    struct mime_head head;
    struct writer boundary[MIME_DEPTH]; /* an empty one is still to be seen */
    unsigned depth, messages;
    enum where where;
    bool preamble; /* IN_OUTSIDE before the first boundary of the innermost multipart */
    bool flat;     /* too many parts: boundaries count no more */
    bool top_done;

    struct writer line; /* a line that is not complete */
    bool mid;           /* inside a line whose beginning was passed on */
    uint8_t eol[2];     /* a line end that may belong to the boundary behind it */
    unsigned n_eol;

    struct transfer
        *doc;    /* NULL also when there is no memory for it: then the bytes are counted as lost by carve */
    bool opened; /* doc was asked for */
    bool file;   /* doc has a name: it is a file, not the text of the mail */
    bool ink;    /* IN_OUTSIDE: more than blanks was seen */
    struct mime_decoder decoder;
    struct transfer *uu; /* a uuencoded file inside the text */
    bool in_uu;
    struct mime_decoder uu_decoder;

    struct arena *arena;
    struct mime_facts facts;
    struct span names[MIME_NAMES];
};

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
    *m = (struct mime){.cx = cx, .mode = mode, .dir = dir, .tx = tx, .context = context, .arg = arg};
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

static struct span keep(struct mime *m, struct span s)
{
    if (!m->arena)
        m->arena = arena_new(FACTS_MAX);
    char *copy = m->arena && s.n ? arena_dup(m->arena, s.p, s.n) : NULL;
    return copy ? span_of(copy, s.n) : (struct span){0};
}

static void doc_open(struct mime *m, struct span name)
{
    m->doc = carve_open(m->cx, m->dir, name, m->tx);
    m->opened = true;
    m->file = false;
    m->ink = false;
}

/* Bytes of the current part, decoded on the way. */
static void doc_put(struct mime *m, struct span s)
{
    if (!s.n)
        return;
    if (m->in_uu) {
        mime_decoder_feed(&m->uu_decoder, s, m->uu);
        return;
    }
    if (!m->opened)
        doc_open(m, span_str(""));
    if (m->where == IN_OUTSIDE && !m->ink)
        m->ink = span_trim(s).n > 0;
    mime_decoder_feed(&m->decoder, s, m->doc);
}

static void doc_context(struct mime *m, struct transfer *t)
{
    struct writer w;

    if (!m->context || !t)
        return;
    writer_init(&w, CONTEXT_MAX);
    m->context(m->arg, m, &w);
    if (writer_ok(&w))
        carve_context(t, writer_span(&w));
    writer_done(&w);
}

static void uu_close(struct mime *m, bool complete)
{
    if (!m->in_uu)
        return;
    mime_decoder_end(&m->uu_decoder, m->uu);
    doc_context(m, m->uu);
    carve_close(m->uu, complete);
    m->uu = NULL;
    m->in_uu = false;
}

static void doc_close(struct mime *m, bool complete)
{
    uu_close(m, complete);
    if (m->opened) {
        mime_decoder_end(&m->decoder, m->doc);
        doc_context(m, m->doc);
        if (m->where == IN_OUTSIDE && !m->ink)
            carve_drop(m->doc);
        else
            carve_close(m->doc, complete);
    }
    m->doc = NULL;
    m->opened = false;
    mime_decoder_start(&m->decoder, MIME_IDENTITY);
}

static void eol_flush(struct mime *m)
{
    unsigned n = m->n_eol;

    m->n_eol = 0;
    doc_put(m, span_of(m->eol, n));
}

/* The facts of the top entity, once. */
static void top_facts(struct mime *m)
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
        s = keep(m, writer_span(&w));
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

static void leaf_begin(struct mime *m)
{
    struct writer name;

    writer_init(&name, 4096);
    part_name(m, &name);
    if (name.n && m->mode == MIME_MAIL && m->facts.n_attachments < MIME_NAMES) {
        struct span s = keep(m, span_part(writer_span(&name), 0, 1024));
        if (s.n)
            m->names[m->facts.n_attachments++] = s;
    }
    m->where = IN_LEAF;
    doc_open(m, writer_span(&name));
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

/* The header of an entity is over: what is it? */
static void entity_begin(struct mime *m)
{
    struct span type = mime_value(mime_head_get(&m->head, HEAD_TYPE));
    bool coded = mime_encoding_of(mime_head_get(&m->head, HEAD_ENCODING)) != MIME_IDENTITY;

    if (m->mode == MIME_MAIL && !m->top_done)
        top_facts(m);
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
    leaf_begin(m);
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
    if (m->depth && m->preamble && !m->boundary[m->depth - 1].n && line.n > 2 && line.n < BOUNDARY_MAX)
        writer_put(&m->boundary[m->depth - 1],
                   span_trim(span_part(line, 2, line.n))); /* nobody named it: this is it */
    for (unsigned i = m->depth; i-- > 0;) {
        int match = boundary_match(line, writer_span(&m->boundary[i]));
        if (match < 0)
            continue;
        m->n_eol = 0;
        if (m->where == IN_OUTSIDE && m->preamble && i == m->depth - 1)
            m->ink = false; /* an ordinary preamble: "This is a message in MIME format" */
        doc_close(m, true);
        m->depth = match ? i : i + 1;
        m->preamble = false;
        m->where = match ? IN_OUTSIDE : IN_HEAD;
        mime_head_clear(&m->head);
        return true;
    }
    return false;
}

/* "begin 644 name" and "end" around a uuencoded file inside a text. */
static bool uu_edge(struct mime *m, struct span line)
{
    if (m->in_uu) {
        if (!span_eq(span_trim(line), span_str("end")))
            return false;
        uu_close(m, true);
        return true;
    }
    if (m->mode != MIME_MAIL || m->where != IN_LEAF || m->decoder.encoding != MIME_IDENTITY ||
        !span_starts(line, "begin "))
        return false;
    struct reader r = reader_span(span_part(line, 6, line.n));
    unsigned digits = 0;
    while (reader_peek(&r, 0) >= '0' && reader_peek(&r, 0) <= '7') {
        reader_skip(&r, 1);
        digits++;
    }
    struct span name = span_trim(reader_rest(&r));
    if (digits < 3 || digits > 4 || !name.n)
        return false;
    eol_flush(m);
    m->uu = carve_open(m->cx, m->dir, name, m->tx);
    m->in_uu = true;
    mime_decoder_start(&m->uu_decoder, MIME_UU);
    if (m->facts.n_attachments < MIME_NAMES && (name = keep(m, span_part(name, 0, 1024))).n)
        m->names[m->facts.n_attachments++] = name;
    return true;
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
    if (m->where ==
        IN_MESSAGE) { /* RFC 2046 forbids the coding: where it is not real, readers do not care for it */
        if (is_field(line)) {
            proto_anomaly(m->cx, m->dir, "mime.coding_of_message");
            mime_head_clear(&m->head);
            m->where = IN_HEAD;
        } else {
            leaf_begin(m);
        }
    }
    if (m->where == IN_HEAD) {
        if (!line.n)
            entity_begin(m);
        else if (!mime_head_line(&m->head, line))
            proto_anomaly(m->cx, m->dir, "mime.header_too_long");
        return;
    }
    if (uu_edge(m, line))
        return;
    eol_flush(m);
    doc_put(m, line);
    m->n_eol = n_eol;
    memcpy(m->eol, n_eol == 2 ? "\r\n" : "\n", n_eol);
}

/* May the beginning of a line, whose end has not come, be passed on? */
static bool may_pass(const struct mime *m, struct span start)
{
    if (m->where <= IN_HEAD || m->in_uu)
        return false;
    if (start.n < 2)
        return start.n && start.p[0] != '-' && start.p[0] != 'b';
    return !span_starts(start, "--") && !span_starts(start, "be");
}

/* Bytes inside a line whose beginning was passed on. A CR at their end waits for its LF. */
static void mid_line(struct mime *m, struct span s, bool ends)
{
    size_t cr = s.n && s.p[s.n - 1] == '\r';

    if (s.n || !ends)
        eol_flush(m);
    doc_put(m, span_part(s, 0, s.n - cr));
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
    eol_flush(m);
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
    }
    eol_flush(m);
    if (m->line.n)
        doc_put(m, writer_span(&m->line));
    writer_clear(&m->line);
    if (!m->opened)
        doc_open(m, span_str(""));
    m->ink = true;
    mime_decoder_end(m->in_uu ? &m->uu_decoder : &m->decoder, m->in_uu ? m->uu : m->doc);
    carve_gap(m->in_uu ? m->uu : m->doc, missing);
    m->mid = true;
}

void mime_end(struct mime *m, bool complete)
{
    if (m->mid)
        eol_flush(m);
    else if (m->line.n)
        whole_line(m, writer_span(&m->line), 0);
    /* The line end before SMTP's final dot is the protocol's, as the one before a boundary is MIME's: no part
     * of a file. */
    if (m->mode == MIME_MAIL && m->file && m->where == IN_LEAF)
        m->n_eol = 0;
    eol_flush(m);
    writer_clear(&m->line);
    if (m->mode == MIME_MAIL && !m->top_done)
        top_facts(m);
    doc_close(m, complete);
}

void mime_limit(struct mime *m, const char *limit)
{
    carve_limit(m->in_uu ? m->uu : m->doc, limit);
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
    doc_close(m, false);
    mime_head_done(&m->head);
    writer_done(&m->line);
    for (int i = 0; i < MIME_DEPTH; i++)
        writer_done(&m->boundary[i]);
    arena_free(m->arena);
    proto_release(m->cx, MEMORY_ESTIMATE);
    free(m);
}
