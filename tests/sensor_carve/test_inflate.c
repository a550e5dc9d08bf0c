/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/inflate.h"
#include "base/writer.h"
#include "tests/check.h"

#define HELLO "Hello, compressed world! "
#define TEXT HELLO HELLO HELLO HELLO
#define DEFLATED                                                                                             \
    "\xf3\x48\xcd\xc9\xc9\xd7\x51\x48\xce\xcf\x2d\x28\x4a\x2d\x2e\x4e\x4d\x51\x28\xcf\x2f\xca\x49\x51\x54"   \
    "\xf0\xa0\x9e"                                                                                           \
    "\x04\x00"
#define TRAILER "\x76\x7c\x97\xfc\x64\x00\x00\x00"
#define GZIPPED "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" DEFLATED TRAILER
#define BROTLI                                                                                               \
    "\x1b\x63\x00\x00\x04\x9a\x71\xa4\x9f\x47\x90\x78\x1b\xee\xd6\x8a\x6c\xb2\x0a\x64\xb2\xc2\x3e\x32\x6b"   \
    "\xa6\x7f\x7d"                                                                                           \
    "\x77\x90\x8b\x40"
#define S(literal) literal, sizeof(literal) - 1

static const struct {
    const char *name;
    enum coding coding;
    const char *in;
    size_t n_in;
    const char *out;
    size_t n_out;
    enum inflate_state state;
} rows[] = {
    {"gzip", CODING_GZIP, S(GZIPPED), S(TEXT), INFLATE_DONE},
    {"gzip members", CODING_GZIP, S(GZIPPED GZIPPED), S(TEXT TEXT), INFLATE_DONE},
    {"rubbish behind gzip", CODING_GZIP, S(GZIPPED "rubbish"), S(TEXT), INFLATE_DONE},
    {"zlib called gzip", CODING_GZIP, S("\x78\x9c" DEFLATED "\x23\xfd\x23\xf9"), S(TEXT), INFLATE_DONE},
    {"raw deflate called gzip", CODING_GZIP, S(DEFLATED), S(TEXT), INFLATE_DONE},
    {"gzip with reserved flags", CODING_GZIP, S("\x1f\x8b\x08\xe0\x00\x00\x00\x00\x02\xff" DEFLATED TRAILER),
     S(TEXT), INFLATE_DONE},
    {"gzip with a name", CODING_GZIP,
     S("\x1f\x8b\x08\x08\x00\x00\x00\x00\x02\xff"
       "a.txt\0" DEFLATED TRAILER),
     S(TEXT), INFLATE_DONE},
    {"gzip of another method", CODING_GZIP, S("\x1f\x8b\x07\x00\x00\x00\x00\x00\x02\xff" DEFLATED TRAILER),
     S(TEXT), INFLATE_DONE},
    {"zlib deflate", CODING_DEFLATE, S("\x78\x9c" DEFLATED "\x23\xfd\x23\xf9"), S(TEXT), INFLATE_DONE},
    {"raw deflate", CODING_DEFLATE, S(DEFLATED), S(TEXT), INFLATE_DONE},
    {"gzip called deflate", CODING_DEFLATE, S(GZIPPED), S(TEXT), INFLATE_DONE},
    {"brotli", CODING_BROTLI, S(BROTLI), S(TEXT), INFLATE_DONE},
    {"plain called gzip", CODING_GZIP, S("plain text, no gzip"), S("plain text, no gzip"), INFLATE_PASSING},
    {"plain called brotli", CODING_BROTLI, S("\xff\xff\xff plain"), S("\xff\xff\xff plain"), INFLATE_PASSING},
    {"nothing", CODING_GZIP, S(""), S(""), INFLATE_PASSING},
    {"header only", CODING_GZIP, S("\x1f\x8b\x08\x00\x00"), S("\x1f\x8b\x08\x00\x00"), INFLATE_PASSING},
};

struct sink {
    struct writer w;
    size_t most;
};

static bool take(void *arg, struct span bytes)
{
    struct sink *s = arg;
    writer_put(&s->w, bytes);
    return s->w.n <= s->most;
}

static void feed(struct inflate *z, const char *p, size_t n, size_t step)
{
    struct reader r = reader_of(p, n);

    while (reader_left(&r))
        inflate_feed(z, reader_take(&r, step < reader_left(&r) ? step : reader_left(&r)));
}

static void check_rows(size_t step)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct sink s = {.most = SIZE_MAX};
        check_row(rows[i].name);
        writer_init(&s.w, 1 << 20);
        struct inflate *z = inflate_new(rows[i].coding, take, &s);
        feed(z, rows[i].in, rows[i].n_in, step);
        inflate_end(z);
        CHECK(span_eq(writer_span(&s.w), span_of(rows[i].out, rows[i].n_out)));
        CHECK_U64(inflate_state(z), rows[i].state);
        inflate_free(z);
        writer_done(&s.w);
    }
}

/* Faults behind the first output keep what came out, and no more. */
static void check_broken(void)
{
    struct sink s = {.most = SIZE_MAX};
    char in[] = GZIPPED;

    check_row("broken");
    in[sizeof(in) - 4] ^= 1; /* the length in the trailer */
    writer_init(&s.w, 1 << 20);
    struct inflate *z = inflate_new(CODING_GZIP, take, &s);
    feed(z, in, sizeof(in) - 1, 7);
    inflate_feed(z, span_str("ignored"));
    CHECK_U64(inflate_state(z), INFLATE_BROKEN);
    CHECK(span_eq(writer_span(&s.w), span_str(TEXT)));
    inflate_free(z);
    writer_done(&s.w);
}

/* The receiver's no stops a bomb at its first pieces. */
static void check_stop(void)
{
    struct sink s = {.most = 50};
    struct inflate *z;

    check_row("stop");
    writer_init(&s.w, 1 << 20);
    z = inflate_new(CODING_GZIP, take, &s);
    feed(z, GZIPPED, sizeof(GZIPPED) - 1, 100);
    feed(z, GZIPPED, sizeof(GZIPPED) - 1, 100);
    CHECK_U64(inflate_state(z), INFLATE_STOPPED);
    CHECK_U64(s.w.n, 100);
    inflate_free(z);
    writer_done(&s.w);
}

static void check_tokens(void)
{
    enum coding c;

    check_row("tokens");
    CHECK(inflate_coding(span_str("GZip"), &c) && c == CODING_GZIP);
    CHECK(inflate_coding(span_str("x-gzip"), &c) && c == CODING_GZIP);
    CHECK(inflate_coding(span_str("br"), &c) && c == CODING_BROTLI);
    CHECK(!inflate_coding(span_str("zstd"), &c) && !inflate_coding(span_str(""), &c));
}

int main(void)
{
    check_rows(SIZE_MAX);
    check_rows(1);
    check_rows(13);
    check_broken();
    check_stop();
    check_tokens();
    return check_end();
}
