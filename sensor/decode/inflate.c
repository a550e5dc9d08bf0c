/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/inflate.h"
#include "base/writer.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>

#define PROBE 4096 /* first bytes kept for another try while nothing came out */

/* How the first bytes may be read; tried in the order of its row in tries[]. */
enum reading { READ_AUTO, READ_RAW, READ_HEADLESS, READ_BROTLI, READ_NONE };

static const enum reading tries[][4] = {
    [CODING_GZIP] = {READ_AUTO, READ_HEADLESS, READ_RAW, READ_NONE},
    [CODING_DEFLATE] = {READ_AUTO, READ_RAW, READ_HEADLESS, READ_NONE},
    [CODING_BROTLI] = {READ_BROTLI, READ_NONE, READ_NONE, READ_NONE},
    [CODING_RAW] = {READ_RAW, READ_NONE, READ_NONE, READ_NONE},
};

struct inflate {
    inflate_out_fn *out;
    void *arg;
    enum coding coding;
    const enum reading *reading;
    enum inflate_state state;
    bool started; /* something came out */
    bool forgot;  /* more input than PROBE and still no output: no other try is possible */
    bool gzip;    /* members may follow one another */
    bool between; /* behind a member; member holds the first bytes of what follows */
    bool wait;    /* the current reading needs more of the first bytes */
    uint8_t member[2];
    unsigned n_member;
    bool z_open;
    z_stream z;
    BrotliDecoderState *br;
    struct writer first; /* input so far, while it may still be read in another way */
    uint8_t buf[16384];
};

enum ready { READY_NO, READY_YES, READY_WAIT /* for more of the first bytes */ };

/* Length of a gzip header read as forgivingly as possible (wrong flags, wrong method). */
static enum ready gzip_header(struct span s, size_t *ret)
{
    struct reader r = reader_span(s);
    uint8_t flags;

    if (s.n >= 2 && reader_be16(&r) != 0x1f8b)
        return READY_NO;
    reader_skip(&r, 1);
    flags = reader_u8(&r);
    reader_skip(&r, 6);
    if (flags & 4)
        reader_skip(&r, reader_le16(&r));
    for (unsigned text = 8; text <= 16; text <<= 1) /* name, comment */
        while ((flags & text) && reader_u8(&r) != 0)
            ;
    if (flags & 2)
        reader_skip(&r, 2);
    if (!reader_ok(&r))
        return s.n < PROBE ? READY_WAIT : READY_NO;
    *ret = r.pos;
    return READY_YES;
}

static bool z_start(struct inflate *z, int window)
{
    if (z->z_open)
        inflateEnd(&z->z);
    z->z = (z_stream){0};
    z->z_open = inflateInit2(&z->z, window) == Z_OK;
    return z->z_open;
}

/* Gets ready for the current reading of the first bytes, of which it leaves *ret_skip out. */
static enum ready reading_start(struct inflate *z, struct span input, size_t *ret_skip)
{
    enum ready ready = READY_YES;

    *ret_skip = 0;
    switch (*z->reading) {
    case READ_AUTO:
        return z_start(z, 15 + 32) ? READY_YES : READY_NO;
    case READ_RAW:
        return z_start(z, -15) ? READY_YES : READY_NO;
    case READ_HEADLESS:
        ready = gzip_header(input, ret_skip);
        return ready == READY_YES && !z_start(z, -15) ? READY_NO : ready;
    case READ_BROTLI:
        if (z->br)
            BrotliDecoderDestroyInstance(z->br);
        z->br = BrotliDecoderCreateInstance(NULL, NULL, NULL);
        return z->br ? READY_YES : READY_NO;
    case READ_NONE:
        break;
    }
    return READY_NO;
}

struct inflate *inflate_new(enum coding coding, inflate_out_fn *out, void *arg)
{
    struct inflate *z = calloc(1, sizeof(*z));

    if (!z)
        return NULL;
    z->out = out;
    z->arg = arg;
    z->coding = coding;
    z->reading = tries[coding];
    z->gzip = coding == CODING_GZIP;
    writer_init(&z->first, PROBE);
    size_t skip;
    if (reading_start(z, span_of(NULL, 0), &skip) != READY_YES) {
        inflate_free(z);
        return NULL;
    }
    return z;
}

void inflate_free(struct inflate *z)
{
    if (!z)
        return;
    if (z->z_open)
        inflateEnd(&z->z);
    if (z->br)
        BrotliDecoderDestroyInstance(z->br);
    writer_done(&z->first);
    free(z);
}

void inflate_restart(struct inflate *z)
{
    size_t skip;

    z->reading = tries[z->coding];
    z->started = z->forgot = z->between = z->wait = false;
    writer_clear(&z->first);
    z->state = reading_start(z, span_of(NULL, 0), &skip) == READY_NO ? INFLATE_BROKEN : INFLATE_GOING;
}

enum inflate_state inflate_state(const struct inflate *z)
{
    return z->state;
}

bool inflate_coding(struct span token, enum coding *ret)
{
    static const struct {
        const char *token;
        enum coding coding;
    } known[] = {
        {"gzip", CODING_GZIP}, {"x-gzip", CODING_GZIP}, {"deflate", CODING_DEFLATE}, {"br", CODING_BROTLI}};

    for (size_t i = 0; i < GH_COUNT(known); i++)
        if (span_eq_nocase(token, known[i].token)) {
            *ret = known[i].coding;
            return true;
        }
    return false;
}

static void give(struct inflate *z, struct span bytes)
{
    if (!bytes.n)
        return;
    z->started = true;
    if (!z->out(z->arg, bytes))
        z->state = INFLATE_STOPPED;
}

/* Runs zlib over in, up to the end of a member. False on a fault in the stream. */
static bool run_member(struct inflate *z, struct span in)
{
    z->z.next_in = (Bytef *)(uintptr_t)in.p;
    z->z.avail_in = (uInt)in.n;
    for (;;) {
        z->z.next_out = z->buf;
        z->z.avail_out = sizeof(z->buf);
        int rc = inflate(&z->z, Z_NO_FLUSH);
        give(z, span_of(z->buf, sizeof(z->buf) - z->z.avail_out));
        if (z->state == INFLATE_STOPPED)
            return true;
        if (rc == Z_STREAM_END) {
            z->between = z->gzip;
            z->n_member = 0;
            if (!z->gzip)
                z->state = INFLATE_DONE;
            return true;
        }
        if (rc == Z_BUF_ERROR || (rc == Z_OK && z->z.avail_out > 0))
            return true; /* wants more input */
        if (rc != Z_OK)
            return false;
    }
}

/* Members of gzip may follow one another; anything else behind the end is no part of the document. */
static bool run_zlib(struct inflate *z, struct span in)
{
    while (in.n && z->state == INFLATE_GOING) {
        if (z->between) {
            z->member[z->n_member++] = in.p[0];
            in = span_part(in, 1, in.n);
            if (z->n_member < sizeof(z->member))
                continue;
            z->between = false;
            if (z->member[0] != 0x1f || z->member[1] != 0x8b || !z_start(z, 15 + 32)) {
                z->state = INFLATE_DONE;
                break;
            }
            if (!run_member(z, span_of(z->member, sizeof(z->member))))
                return false;
            continue;
        }
        if (!run_member(z, in))
            return false;
        in = span_part(in, in.n - z->z.avail_in, in.n);
    }
    return true;
}

static bool run_brotli(struct inflate *z, struct span in)
{
    size_t left = in.n;
    const uint8_t *next = in.p;

    for (;;) {
        uint8_t *out = z->buf;
        size_t room = sizeof(z->buf);
        BrotliDecoderResult rc = BrotliDecoderDecompressStream(z->br, &left, &next, &room, &out, NULL);
        give(z, span_of(z->buf, sizeof(z->buf) - room));
        if (z->state == INFLATE_STOPPED || rc == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            return true;
        if (rc == BROTLI_DECODER_RESULT_SUCCESS) {
            z->state = INFLATE_DONE;
            return true;
        }
        if (rc == BROTLI_DECODER_RESULT_ERROR)
            return false;
    }
}

static bool run(struct inflate *z, struct span in)
{
    /* zlib counts input in 32 bits: feeds are cut so that the count holds. */
    while (in.n && z->state == INFLATE_GOING) {
        struct span part = span_part(in, 0, 1u << 30);
        if (!(*z->reading == READ_BROTLI ? run_brotli(z, part) : run_zlib(z, part)))
            return false;
        in = span_part(in, part.n, in.n);
    }
    return true;
}

/* Reads from the first byte on, in the current way or one of the next. */
static void attempt(struct inflate *z, struct span later)
{
    struct span all = writer_span(&z->first);
    size_t skip;

    for (; *z->reading != READ_NONE; z->reading++) {
        enum ready ready = reading_start(z, all, &skip);
        z->wait = ready == READY_WAIT;
        if (z->wait || (ready == READY_YES && run(z, span_part(all, skip, all.n)) && run(z, later)))
            return;
        if (z->started) {
            z->state = INFLATE_BROKEN;
            return;
        }
    }
    z->state = INFLATE_PASSING;
    give(z, all);
    if (z->state == INFLATE_PASSING)
        give(z, later);
}

void inflate_feed(struct inflate *z, struct span bytes)
{
    if (z->state == INFLATE_PASSING)
        give(z, bytes);
    if (z->state != INFLATE_GOING || !bytes.n)
        return;
    struct span later = bytes;
    if (!z->started) {
        struct span head = span_part(bytes, 0, PROBE - z->first.n);
        writer_put(&z->first, head);
        later = span_part(bytes, head.n, bytes.n);
    }
    if (z->wait) {
        attempt(z, later);
    } else if (run(z, bytes)) {
        z->forgot |= !z->started && later.n;
    } else if (z->started || z->forgot) {
        z->state = INFLATE_BROKEN;
    } else {
        z->reading++;
        attempt(z, later);
    }
}

void inflate_end(struct inflate *z)
{
    if (z->state == INFLATE_GOING && z->between)
        z->state = INFLATE_DONE;
    if (z->state != INFLATE_GOING || z->started || z->forgot)
        return;
    /* It all fitted into the decoder without a byte coming out: a stream cut in its header, or no stream at
     * all. */
    z->state = INFLATE_PASSING;
    give(z, writer_span(&z->first));
}
