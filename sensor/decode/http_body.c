/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http_body.h"
#include "base/digest.h"
#include "sensor/decode/mime.h"
#include "sensor/decode/mime_param.h"

#include <stdlib.h>

#define STAGE_MEMORY (64u << 10) /* charged for one decoder */

struct stage {
    struct http_body *body;
    struct inflate *z;
    unsigned index; /* 0 reads what was transferred */
};

struct http_body {
    struct proto_ctx *cx;
    enum direction dir;
    const struct http_tx *tx;
    struct transfer *doc;
    struct mime *mime;
    struct stage stage[HTTP_CODINGS];
    unsigned n_stage;
    uint64_t transferred, decoded;
    bool broken; /* bytes are missing: what follows in a coded stream cannot be read */
};

/* Bytes that came out of the last stage, or were not coded. */
static bool deliver(struct http_body *b, struct span bytes)
{
    uint64_t max = carver_options(b->cx->carver)->decoded_max;

    if (b->n_stage) {
        struct span whole = bytes;
        bytes = span_part(bytes, 0, (size_t)(max - b->decoded < bytes.n ? max - b->decoded : bytes.n));
        b->decoded += bytes.n;
        if (bytes.n < whole.n) {
            if (b->mime) {
                mime_feed(b->mime, bytes);
                mime_limit(b->mime, "http_decompress_max");
            } else {
                carve_data(b->doc, bytes);
                carve_limit(b->doc, "http_decompress_max");
            }
            proto_anomaly(b->cx, b->dir, "http.decompress_limit");
            return false;
        }
    }
    if (b->mime) {
        mime_feed(b->mime, bytes);
        return true;
    }
    carve_data(b->doc, bytes);
    return !carve_full(b->doc);
}

static bool stage_out(void *arg, struct span bytes)
{
    struct stage *s = arg;
    struct http_body *b = s->body;

    if (s->index + 1 == b->n_stage)
        return deliver(b, bytes);
    inflate_feed(b->stage[s->index + 1].z, bytes);
    return inflate_state(b->stage[s->index + 1].z) != INFLATE_STOPPED;
}

/* Decoders, the last coding applied first. A coding for which there is no memory stays as it is. */
static void stages_open(struct http_body *b, const struct http_head *head)
{
    for (unsigned i = head->n_coding; i-- > 0;) {
        struct stage *s = &b->stage[b->n_stage];
        if (!proto_charge(b->cx, STAGE_MEMORY)) {
            proto_anomaly(b->cx, b->dir, "http.no_memory_to_decode");
            return;
        }
        *s = (struct stage){.body = b, .index = b->n_stage};
        s->z = inflate_new(head->coding[i], stage_out, s);
        if (!s->z) {
            proto_release(b->cx, STAGE_MEMORY);
            return;
        }
        b->n_stage++;
    }
}

static void part_context(void *arg, struct mime *m, struct writer *out)
{
    const struct http_body *b = arg;

    http_tx_context(b->tx, out);
}

struct http_body *http_body_new(struct proto_ctx *cx, enum direction dir, const struct http_tx *tx,
                                const struct http_head *head, bool request)
{
    struct http_body *b = calloc(1, sizeof(*b));
    struct span type = http_head_get(head, HTTP_CONTENT_TYPE);
    struct writer w;

    if (!b)
        return NULL;
    *b = (struct http_body){.cx = cx, .dir = dir, .tx = tx};
    writer_init(&w, HTTP_VALUE_MAX);
    if (request && span_starts_nocase(mime_value(type), "multipart/") && mime_param(type, "boundary", &w))
        b->mime = mime_new(cx, MIME_FORM, dir, tx->id, writer_span(&w), part_context, b);
    if (!b->mime) {
        writer_clear(&w);
        http_tx_name(tx, head, &w);
        b->doc = carve_open(cx, dir, writer_span(&w), tx->id);
    }
    writer_done(&w);
    if (head->coding_unknown)
        proto_anomaly(cx, dir, "http.unknown_content_coding");
    stages_open(b, head);
    return b;
}

void http_body_feed(struct http_body *b, struct span bytes)
{
    if (!b)
        return;
    b->transferred += bytes.n;
    if (!b->n_stage)
        deliver(b, bytes);
    else if (!b->broken)
        inflate_feed(b->stage[0].z, bytes);
}

void http_body_gap(struct http_body *b, uint64_t missing)
{
    if (!b)
        return;
    for (unsigned i = 0; i < b->n_stage && !b->broken; i++)
        inflate_end(b->stage[i].z); /* what it holds back stands before the hole */
    b->broken = true;
    if (b->mime)
        mime_gap(b->mime, missing);
    else
        carve_gap(b->doc, missing);
}

/* A range that is what it says is a piece of the document at that URL, for the same client, of the same
 * version. */
static void range_mark(struct http_body *b, struct transfer *doc)
{
    static const enum http_fact parts[] = {FACT_HOST, FACT_URL, FACT_ETAG};
    uint64_t v[3];
    bool have[3];
    uint8_t key[SHA256_SIZE];
    struct digest *d;

    http_range_parse(http_tx_fact(b->tx, FACT_RANGE), v, have);
    if (b->tx->status != 206 || !have[0] || !have[1] || !have[2] || b->n_stage || v[1] < v[0] ||
        v[1] >= v[2] || v[1] - v[0] + 1 != carve_size(doc) || !b->tx->fact[FACT_URL].n ||
        !(d = digest_new_sha256()))
        return;
    digest_update(d, b->cx->client, sizeof(b->cx->client));
    digest_update(d, b->cx->server, sizeof(b->cx->server));
    for (size_t i = 0; i < GH_COUNT(parts); i++) {
        struct span s = http_tx_fact(b->tx, parts[i]);
        digest_update(d, &s.n, sizeof(s.n));
        digest_update(d, s.p, s.n);
    }
    digest_final(d, key);
    digest_free(d);
    carve_piece(doc, key, v[0], v[2]);
}

static void doc_close(struct http_body *b, struct transfer *doc, bool complete)
{
    struct writer context;

    writer_init(&context, HTTP_CONTEXT_MAX);
    http_tx_context(b->tx, &context);
    carve_context(doc, writer_span(&context));
    if (b->tx->fact[FACT_RANGE].n)
        range_mark(b, doc);
    carve_close(doc, complete);
    writer_done(&context);
}

void http_body_overrun(struct http_body *b)
{
    if (!b || !b->doc || b->n_stage || !b->transferred)
        return;
    struct transfer *longer = carve_fork(b->doc);
    doc_close(b, b->doc, true);
    b->doc = longer;
}

uint64_t http_body_bytes(const struct http_body *b)
{
    return b ? b->transferred : 0;
}

void http_body_close(struct http_body *b, bool complete)
{
    if (!b)
        return;
    for (unsigned i = 0; i < b->n_stage; i++) {
        inflate_end(b->stage[i].z);
        switch (inflate_state(b->stage[i].z)) {
        case INFLATE_BROKEN:
            proto_anomaly(b->cx, b->dir, "http.content_coding_broken");
            break;
        case INFLATE_PASSING:
            proto_anomaly(b->cx, b->dir, "http.content_not_coded");
            break;
        default:
            break;
        }
    }
    for (unsigned i = 0; i < b->n_stage; i++) {
        inflate_free(b->stage[i].z);
        proto_release(b->cx, STAGE_MEMORY);
    }
    if (b->mime) {
        mime_end(b->mime, complete);
        mime_free(b->mime);
    }
    if (b->doc)
        doc_close(b, b->doc, complete);
    free(b);
}
