/* SPDX-License-Identifier: GPL-3.0-or-later
 * Files that stand in the text of a mail: uuencode ("begin 644 name" to "end"), POSIX's base64 of the same
 * ("begin-base64 644 name" to "====") and yEnc 1.3 ("=ybegin" to "=yend"), whose parts may come in many
 * mails. */
#include "base/digest.h"
#include "sensor/decode/mime_impl.h"

static void close_document(struct mime *m, bool complete)
{
    struct mime_yenc *y = &m->yenc;

    mime_decoder_end(&m->inside_decoder, m->inside_doc);
    mime_doc_context(m, m->inside_doc);
    if (m->inside == INSIDE_YENC && y->part && y->end >= y->begin && y->begin && y->end <= y->size &&
        y->end - y->begin + 1 == carve_size(m->inside_doc))
        carve_piece(m->inside_doc, y->key, y->begin - 1, y->size);
    if (m->inside == INSIDE_YENC && !y->part)
        complete = complete && carve_size(m->inside_doc) == y->size;
    carve_close(m->inside_doc, complete);
}

void mime_inline_close(struct mime *m, bool complete)
{
    if (!m->inside)
        return;
    if (m->inside_doc)
        close_document(m, complete);
    m->inside_doc = NULL;
    m->inside = INSIDE_NONE;
}

static void inline_open(struct mime *m, enum mime_inside kind, enum mime_encoding encoding, struct span name)
{
    mime_eol_flush(m);
    m->inside_doc = carve_open(m->cx, m->dir, name, m->tx);
    m->inside = kind;
    mime_decoder_start(&m->inside_decoder, encoding);
    if (name.n && m->facts.n_attachments < MIME_NAMES && (name = mime_keep(m, span_part(name, 0, 1024))).n)
        m->names[m->facts.n_attachments++] = name;
}

/* "644 name" */
static bool mode_and_name(struct span s, struct span *name)
{
    struct reader r = reader_span(s);
    unsigned digits = 0;

    while (reader_peek(&r, 0) >= '0' && reader_peek(&r, 0) <= '7') {
        reader_skip(&r, 1);
        digits++;
    }
    *name = span_trim(reader_rest(&r));
    return digits >= 3 && digits <= 4 && name->n;
}

/* "…size=123 …": the number behind a word with "=". */
static bool number_of(struct span line, const char *word, uint64_t *ret)
{
    size_t n = strlen(word), digits = 0;
    ptrdiff_t at = span_find(line, span_str(word), 0);

    if (at < 1 || line.p[at - 1] != ' ')
        return false;
    line = span_part(line, (size_t)at + n, line.n);
    while (digits < line.n && line.p[digits] >= '0' && line.p[digits] <= '9')
        digits++;
    return span_number(span_part(line, 0, digits), INT64_MAX, ret);
}

/* "=ybegin part=1 total=2 line=128 size=123 name=…": the name is the last, and may have blanks in it. */
static bool yenc_begin(struct mime *m, struct span line)
{
    struct mime_yenc *y = &m->yenc;
    ptrdiff_t at = span_find(line, span_str(" name="), 0);
    struct span name = at < 0 ? (struct span){0} : span_trim(span_part(line, (size_t)at + 6, line.n));
    struct span words = span_part(line, 0, at < 0 ? line.n : (size_t)at);
    uint64_t total = 0, number;
    struct digest *d;

    *y = (struct mime_yenc){0};
    if (at < 0 || !number_of(words, "line=", &number) || !number_of(words, "size=", &y->size))
        return false;
    y->part = number_of(words, "part=", &number);
    number_of(words, "total=", &total);
    d = digest_new_sha256();
    if (d) {
        digest_update(d, &y->size, sizeof(y->size));
        digest_update(d, &total, sizeof(total));
        digest_update(d, name.p, name.n);
        digest_final(d, y->key);
        digest_free(d);
    }
    y->part = y->part && d; /* without a key they stay apart */
    inline_open(m, INSIDE_YENC, MIME_YENC, name);
    return true;
}

/* In a file. */
static bool edge_inside(struct mime *m, struct span line)
{
    switch (m->inside) {
    case INSIDE_UU:
        if (!span_eq(span_trim(line), span_str("end")))
            return false;
        break;
    case INSIDE_BASE64:
        if (!span_eq(span_trim(line), span_str("====")))
            return false;
        break;
    case INSIDE_YENC:
        if (span_starts(line, "=ypart ") && !carve_size(m->inside_doc)) {
            number_of(line, "begin=", &m->yenc.begin);
            number_of(line, "end=", &m->yenc.end);
            return true;
        }
        if (!span_starts(line, "=yend"))
            return false;
        break;
    case INSIDE_NONE:
        return false;
    }
    m->n_eol = 0; /* of its last line: no text's */
    mime_inline_close(m, true);
    return true;
}

bool mime_inline_edge(struct mime *m, struct span line)
{
    struct span name;

    if (m->inside)
        return edge_inside(m, line);
    if (m->mode != MIME_MAIL || m->where != IN_LEAF || m->decoder.encoding != MIME_IDENTITY)
        return false;
    if (span_starts(line, "begin ") && mode_and_name(span_part(line, 6, line.n), &name))
        inline_open(m, INSIDE_UU, MIME_UU, name);
    else if (span_starts(line, "begin-base64 ") && mode_and_name(span_part(line, 13, line.n), &name))
        inline_open(m, INSIDE_BASE64, MIME_BASE64, name);
    else
        return span_starts(line, "=ybegin ") && yenc_begin(m, line);
    return true;
}

bool mime_inline_may_edge(struct span start)
{
    struct span two = span_part(start, 0, 2);

    return two.n && (memcmp(two.p, "be", two.n) == 0 || memcmp(two.p, "=y", two.n) == 0);
}
