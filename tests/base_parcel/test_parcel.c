/* SPDX-License-Identifier: GPL-3.0-or-later
 * Parcels and their answers: what was written is read by whom it is for, and by nobody else; whatever is changed on
 * the way is refused. */
#include "base/parcel.h"
#include "tests/check.h"

static struct seal_keys *console, *other, *me;

static void test_parcel(void)
{
    struct parcel p = {.path = span_str("/api/v1/intake"), .type = span_str("a/b"), .body = span_str("body")}, got;
    struct writer w, plain, bad;

    memcpy(p.answer_to, seal_keys_public(me)->box, SEAL_PUBLIC);
    writer_init(&w, 4096);
    writer_init(&plain, 4096);
    writer_init(&bad, 4096);
    check_row("whole");
    CHECK(parcel_seal(&p, seal_keys_public(console), &w) == 0);
    CHECK(parcel_open(writer_span(&w), console, &plain, &got) == 0);
    CHECK(span_eq(got.path, p.path) && span_eq(got.type, p.type) && span_eq(got.body, p.body) &&
          !memcmp(got.answer_to, p.answer_to, SEAL_PUBLIC));
    check_row("for another console");
    writer_clear(&plain);
    CHECK(parcel_open(writer_span(&w), other, &plain, &got) == ST_MALFORMED);
    check_row("a bit flipped, or cut");
    for (size_t i = 0; i < w.n; i++) {
        writer_clear(&bad);
        writer_clear(&plain);
        writer_put(&bad, writer_span(&w));
        bad.p[i] ^= 1;
        CHECK(parcel_open(writer_span(&bad), console, &plain, &got) == ST_MALFORMED);
        CHECK(parcel_open(span_of(w.p, i), console, &plain, &got) == ST_MALFORMED);
    }
    check_row("words");
    p.path = span_str("/with blank ");
    CHECK(parcel_seal(&p, seal_keys_public(console), &bad) == ST_LIMIT);
    p.path = span_str("");
    CHECK(parcel_seal(&p, seal_keys_public(console), &bad) == ST_LIMIT);
    writer_done(&w);
    writer_done(&plain);
    writer_done(&bad);
}

/* What is sealed rightly, but is no parcel. */
static void test_inside(void)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t n;
    } rows[] = {
        {"empty", "", 0},
        {"magic alone", "GHPARCL1", 8},
        {"another magic", "GHPARCL2\1/\1a................................", 44},
        {"no path", "GHPARCL1\0\1a................................", 43},
        {"path longer than all", "GHPARCL1\377/\1a................................", 44},
        {"line end in the path", "GHPARCL1\1\n\1a................................", 44},
        {"no key", "GHPARCL1\1/\1a", 12},
    };
    struct writer w, plain;
    struct parcel got;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        writer_init(&w, 4096);
        writer_init(&plain, 4096);
        CHECK(seal_box(seal_keys_public(console), span_of(rows[i].bytes, rows[i].n), &w) == 0);
        CHECK(parcel_open(writer_span(&w), console, &plain, &got) == ST_MALFORMED);
        writer_done(&w);
        writer_done(&plain);
    }
}

static void test_answer(bool sealed)
{
    struct parcel_answer a = {.status = 409}, got;
    struct writer w, body, bad;

    parcel_digest(span_str("a question"), a.digest);
    writer_init(&w, 4096);
    writer_init(&body, 4096);
    writer_init(&bad, 4096);
    CHECK(parcel_answer_write(&a, span_str("{\"expect\":7}"), sealed ? seal_keys_public(me)->box : NULL, console, &w) == 0);
    CHECK(parcel_answer_read(writer_span(&w), seal_keys_public(console), me, &got, &body) == 0);
    CHECK(got.status == 409 && !memcmp(got.digest, a.digest, SEAL_HASH) && span_eq(writer_span(&body), span_str("{\"expect\":7}")));
    writer_clear(&body);
    CHECK(parcel_answer_read(writer_span(&w), seal_keys_public(other), me, &got, &body) == ST_BAD_SIGNATURE);
    if (sealed)
        CHECK(parcel_answer_read(writer_span(&w), seal_keys_public(console), NULL, &got, &body) == ST_MALFORMED);
    for (size_t i = 0; i < w.n; i++) {
        writer_clear(&bad);
        writer_put(&bad, writer_span(&w));
        bad.p[i] ^= 0x20;
        CHECK(parcel_answer_read(writer_span(&bad), seal_keys_public(console), me, &got, &body) != 0);
        CHECK(parcel_answer_read(span_of(w.p, i), seal_keys_public(console), me, &got, &body) != 0);
    }
    CHECK(body.n == 0);
    writer_done(&w);
    writer_done(&body);
    writer_done(&bad);
}

int main(void)
{
    CHECK(seal_init() == 0);
    console = seal_keys_generate();
    other = seal_keys_generate();
    me = seal_keys_generate();
    CHECK(console && other && me);
    test_parcel();
    test_inside();
    check_row("bare answer");
    test_answer(false);
    check_row("sealed answer");
    test_answer(true);
    seal_keys_free(console);
    seal_keys_free(other);
    seal_keys_free(me);
    return check_end();
}
