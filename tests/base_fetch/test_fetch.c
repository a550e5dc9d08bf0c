/* SPDX-License-Identifier: GPL-3.0-or-later
 * Hellos and parts by their layout, and what is none. */
#include "base/fetch.h"
#include "tests/check.h"

#define HELLO_SIZE 144u

static void test_hello(void)
{
    struct seal_keys *keys = seal_keys_generate(), *other = seal_keys_generate();
    struct fetch_hello h = {.appliance = {1, 2}, .first = 3, .number = 4, .wall_us = 5, .hash = {6}}, got;
    uint8_t head[3 * 8 + SEAL_HASH];
    struct writer w, out;

    check_row("hello");
    writer_fixed(&w, head, sizeof(head));
    for (uint64_t v = 3; v <= 5; v++)
        writer_le(&w, v, 8);
    writer_bytes(&w, h.hash, SEAL_HASH);
    seal_sign(keys, "gatehouse-journal-head-v1", writer_span(&w), h.signature);
    writer_init(&out, 1024);
    fetch_hello_write(&h, &out);
    CHECK_U64(out.n, HELLO_SIZE);
    CHECK(fetch_hello_is(writer_span(&out)));
    CHECK(fetch_hello_read(writer_span(&out), &got) == 0);
    CHECK(got.number == 4 && got.appliance[1] == 2);
    CHECK(fetch_hello_verify(&got, seal_keys_public(keys)) == 0);
    CHECK(fetch_hello_verify(&got, seal_keys_public(other)) == ST_BAD_SIGNATURE);
    got.number++;
    CHECK(fetch_hello_verify(&got, seal_keys_public(keys)) == ST_BAD_SIGNATURE);
    CHECK(fetch_hello_read(span_part(writer_span(&out), 0, HELLO_SIZE - 1), &got) == ST_MALFORMED);
    writer_u8(&out, 0);
    CHECK(fetch_hello_read(writer_span(&out), &got) == ST_MALFORMED);
    CHECK(!fetch_hello_is(span_str("GHBATCH1")));
    writer_done(&out);
    seal_keys_free(keys);
    seal_keys_free(other);
}

static void test_part(void)
{
    static const struct {
        const char *name;
        uint64_t offset, total;
        uint8_t state;
        size_t bytes;
        bool ok;
    } rows[] = {
        {"whole", 0, 10, 0, 10, true},
        {"middle", 3, 10, 0, 4, true},
        {"end", 9, 10, 0, 1, true},
        {"past the end", 9, 10, 0, 2, false},
        {"at the end", 10, 10, 0, 1, false},
        {"offset past the end", UINT64_MAX, 10, 0, 1, false},
        {"nothing", 0, 10, 0, 0, false},
        {"nothing of nothing", 0, 0, 0, 0, false},
        {"offset that overflows", UINT64_MAX - 1, UINT64_MAX, 0, 2, false},
        {"largest", 0, FETCH_PART_MAX, 0, FETCH_PART_MAX, true},
        {"larger", 0, FETCH_PART_MAX + 1, 0, FETCH_PART_MAX + 1, false},
        {"missing", 0, 0, 1, 0, true},
        {"missing with bytes", 0, 0, 1, 1, false},
        {"missing with a length", 0, 1, 1, 0, false},
        {"no such state", 0, 10, 2, 10, false},
    };
    static const uint8_t zeros[FETCH_PART_MAX + 1];

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct fetch_part p = {.token = {9}, .offset = rows[i].offset, .total = rows[i].total}, got;
        struct writer w;
        check_row(rows[i].name);
        p.state = (enum fetch_state)rows[i].state;
        p.bytes = span_of(zeros, rows[i].bytes);
        writer_init(&w, FETCH_PART_MAX + 1024);
        fetch_part_write(&p, &w);
        CHECK_U64(w.n, FETCH_PART_HEAD + rows[i].bytes);
        CHECK((fetch_part_read(writer_span(&w), &got) == 0) == rows[i].ok);
        CHECK(!rows[i].ok ||
              (got.offset == rows[i].offset && got.token[0] == 9 && got.bytes.n == rows[i].bytes));
        for (size_t n = 0; n < FETCH_PART_HEAD; n++)
            CHECK(fetch_part_read(span_part(writer_span(&w), 0, n), &got) == ST_MALFORMED);
        writer_done(&w);
    }
}

static void test_names(void)
{
    static const struct {
        const char *name;
        bool ok;
    } rows[] = {
        {"1-2.pcap", true},
        {"1234567890123456-18446744073709551615.pcap", true},
        {"", false},
        {"-.pcap", false},
        {"1-.pcap", false},
        {"-1.pcap", false},
        {"1.pcap", false},
        {"1-2.pcap.ghe", false},
        {"1-2.pca", false},
        {"1-2-3.pcap", false},
        {"../1-2.pcap", false},
        {"1-2/.pcap", false},
        {"1-2.pcap/", false},
        {" 1-2.pcap", false},
        {"1-+2.pcap", false},
        {"000000000000000000001-1.pcap", false},
        {"99999999999999999999-1.pcap", false},
        {"appliance.key", false},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        CHECK(fetch_name_is_good(span_str(rows[i].name)) == rows[i].ok);
    }
    CHECK(!fetch_name_is_good(span_of("1-2\0.pcap", 9)));
}

int main(void)
{
    if (seal_init() != 0)
        return EXIT_FAILURE;
    test_hello();
    test_part();
    test_names();
    return check_end();
}
