/* SPDX-License-Identifier: GPL-3.0-or-later
 * Goods by their layout, and what is none. */
#include "base/goods.h"
#include "base/pack.h"
#include "tests/check.h"

#include <stdio.h>

static struct arena *arena;

static struct goods make(const char *const *paths, size_t n, uint32_t chunks_each)
{
    static struct goods_file files[8];
    static struct goods_chunk chunks[64];
    struct goods g = {.kind = GOODS_RULES,
                      .name = "own",
                      .version = "1.2",
                      .note = "Thử",
                      .files = files,
                      .chunks = chunks};

    memset(files, 0, sizeof(files));
    for (size_t i = 0; i < n; i++) {
        snprintf(files[i].path, sizeof(files[i].path), "%s", paths[i]);
        files[i].chunk = g.n_chunks;
        files[i].chunks = chunks_each;
        for (uint32_t k = 0; k < chunks_each; k++, g.n_chunks++) {
            chunks[g.n_chunks].n = 5 + k;
            goods_chunk_id(span_of("12345678901234567890", 5 + k), chunks[g.n_chunks].id);
            files[i].bytes += 5 + k;
        }
    }
    g.n_files = (uint32_t)n;
    return g;
}

static void test_paths(void)
{
    static const struct {
        const char *path;
        bool ok;
    } rows[] = {{"policy.lua", true},
                {"lists/own.csv", true},
                {"used/mail-out/lists/Danh sách.csv", true},
                {"a-b/c", true},
                {"", false},
                {"/a", false},
                {"a/", false},
                {"a//b", false},
                {"..", false},
                {"a/../b", false},
                {".a", false},
                {"a/.b", false},
                {"a\nb", false},
                {"a\x7f", false},
                {"\xff", false},
                {"a/./b", false}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].path);
        CHECK(goods_path_is_good(span_str(rows[i].path)) == rows[i].ok);
    }
}

static void test_manifest(void)
{
    static const struct {
        const char *name;
        const char *paths[3];
        size_t n;
        uint32_t chunks;
        bool ok;
    } rows[] = {{"one", {"a"}, 1, 1, true},
                {"empty file", {"a"}, 1, 0, true},
                {"in order", {"a", "a-b", "b/c"}, 3, 2, true},
                {"none", {NULL}, 0, 0, false},
                {"twice", {"a", "a"}, 2, 1, false},
                {"not in order", {"b", "a"}, 2, 1, false},
                {"a file as a directory", {"a", "a/b"}, 2, 1, false},
                {"and one between", {"a", "a-b", "a/c"}, 3, 1, false},
                {"a bad path", {"../a"}, 1, 1, false}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct goods g = make(rows[i].paths, rows[i].n, rows[i].chunks), got;
        const char *why = NULL;
        struct writer w;
        check_row(rows[i].name);
        writer_init(&w, 65536);
        CHECK(goods_write(&g, &w) == 0);
        CHECK((goods_read(writer_span(&w), arena, &got, &why) == 0) == rows[i].ok);
        CHECK(rows[i].ok == !why);
        CHECK(!rows[i].ok ||
              (got.n_files == rows[i].n && !strcmp(got.name, "own") && got.kind == GOODS_RULES));
        for (size_t n = 0; n < w.n; n++)
            CHECK(goods_read(span_part(writer_span(&w), 0, n), arena, &got, &why) == ST_MALFORMED);
        writer_u8(&w, 0);
        CHECK(goods_read(writer_span(&w), arena, &got, &why) == ST_MALFORMED);
        writer_done(&w);
    }
    for (size_t i = 0; i < 2; i++) {
        struct goods g = make(rows[2].paths, 3, 2), got;
        const char *why = NULL;
        struct writer w;
        check_row(i ? "a length that does not add up" : "a chunk that is too long");
        if (i)
            g.files[1].bytes++;
        else
            g.chunks[1].n = CDC_MAX + 1;
        writer_init(&w, 65536);
        CHECK(goods_write(&g, &w) == 0 && goods_read(writer_span(&w), arena, &got, &why) == ST_MALFORMED &&
              why);
        writer_done(&w);
    }
}

static struct goods_order order(const struct seal_keys *keys)
{
    struct goods_order o = {.appliance = {1},
                            .kind = GOODS_POLICY,
                            .serial = 7,
                            .made = 8,
                            .manifest = {9},
                            .manifest_bytes = 100};

    goods_order_sign(&o, keys);
    return o;
}

static void test_order(void)
{
    struct seal_keys *keys = seal_keys_generate(), *other = seal_keys_generate();
    struct goods_order o = order(keys), got, back = o;
    struct writer w;

    check_row("order");
    writer_init(&w, 1024);
    goods_order_write(&o, &w);
    CHECK_U64(w.n, GOODS_ORDER_SIZE);
    CHECK(goods_order_read(writer_span(&w), &got) == 0 && got.serial == 7 && got.appliance[0] == 1);
    CHECK(goods_order_verify(&got, seal_keys_public(keys)) == 0);
    CHECK(goods_order_verify(&got, seal_keys_public(other)) == ST_BAD_SIGNATURE);
    got.serial++;
    CHECK(goods_order_verify(&got, seal_keys_public(keys)) == ST_BAD_SIGNATURE);
    for (size_t n = 0; n < w.n; n++)
        CHECK(goods_order_read(span_part(writer_span(&w), 0, n), &got) == ST_MALFORMED);
    check_row("back to what it was made with");
    memset(back.manifest, 0, SEAL_HASH);
    back.manifest_bytes = 0;
    writer_clear(&w);
    goods_order_write(&back, &w);
    CHECK(goods_order_read(writer_span(&w), &got) == 0);
    back.manifest_bytes = 1;
    writer_clear(&w);
    goods_order_write(&back, &w);
    CHECK(goods_order_read(writer_span(&w), &got) == ST_MALFORMED);
    writer_done(&w);
    seal_keys_free(keys);
    seal_keys_free(other);
}

static void test_ask(void)
{
    static const struct {
        const char *name;
        enum goods_what what;
        uint32_t most, offset, n;
        bool ok;
    } rows[] = {{"manifest", GOODS_ASK_MANIFEST, GOODS_ASK_MOST, 0, 0, true},
                {"its end", GOODS_ASK_MANIFEST, GOODS_ASK_LEAST, 99, 0, true},
                {"behind it", GOODS_ASK_MANIFEST, GOODS_ASK_LEAST, 100, 0, false},
                {"chunks", GOODS_ASK_CHUNK, GOODS_ASK_LEAST, 0, GOODS_ASK_CHUNKS, true},
                {"none", GOODS_ASK_CHUNK, GOODS_ASK_LEAST, 0, 0, false},
                {"too much", GOODS_ASK_CHUNK, GOODS_ASK_MOST + 1, 0, 1, false},
                {"less than a chunk", GOODS_ASK_CHUNK, GOODS_ASK_LEAST - 1, 0, 1, false}};
    static struct goods_ask ask, got;
    struct seal_keys *keys = seal_keys_generate();

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct writer w;
        check_row(rows[i].name);
        ask = (struct goods_ask){.order = order(keys),
                                 .what = rows[i].what,
                                 .most = rows[i].most,
                                 .offset = rows[i].offset,
                                 .n = rows[i].n};
        writer_init(&w, 65536);
        goods_ask_write(&ask, &w);
        CHECK((goods_ask_read(writer_span(&w), &got) == 0) == rows[i].ok);
        writer_u8(&w, 1);
        CHECK(goods_ask_read(writer_span(&w), &got) == ST_MALFORMED);
        writer_done(&w);
    }
    seal_keys_free(keys);
}

static void test_pieces(void)
{
    static uint8_t plain[5000], to[CDC_MAX];
    struct goods_piece p = {.what = GOODS_ASK_CHUNK, .packed = true, .n = sizeof(plain)}, got;
    struct writer packed, w;
    struct reader r;

    check_row("pieces");
    writer_init(&packed, 65536);
    writer_init(&w, 65536);
    goods_chunk_id(span_of(plain, sizeof(plain)), p.id);
    CHECK(pack_bytes(span_of(plain, sizeof(plain)), &packed) == 0 && packed.n < 100);
    p.bytes = writer_span(&packed);
    goods_piece_write(&p, &w);
    r = reader_span(writer_span(&w));
    CHECK(goods_piece_next(&r, &got) == 1 && goods_piece_open(&got, to) == 0 &&
          goods_piece_next(&r, &got) == 0);
    check_row("another length");
    got = p;
    got.n--;
    CHECK(goods_piece_open(&got, to) == ST_MALFORMED);
    got.n = CDC_MAX;
    CHECK(goods_piece_open(&got, to) == ST_MALFORMED);
    check_row("other bytes");
    got = p;
    got.id[0] ^= 1;
    CHECK(goods_piece_open(&got, to) == ST_BAD_SIGNATURE);
    writer_done(&packed);
    writer_done(&w);
}

static void test_cuts(void)
{
    static uint8_t a[300000], b[300010];
    size_t same = 0, cuts = 0;

    check_row("an insertion moves the cuts near it alone");
    for (size_t i = 0; i < sizeof(a); i++)
        a[i] = (uint8_t)(i * i >> 7 ^ i >> 3);
    memcpy(b, "0123456789", 10);
    memcpy(b + 10, a, sizeof(a));
    for (size_t x = 0, n; x < sizeof(a); x += n, cuts++) {
        n = cdc_cut(a + x, sizeof(a) - x < CDC_MAX ? sizeof(a) - x : CDC_MAX);
        for (size_t y = 0, m; y < sizeof(b); y += m) {
            m = cdc_cut(b + y, sizeof(b) - y < CDC_MAX ? sizeof(b) - y : CDC_MAX);
            same += m == n && !memcmp(a + x, b + y, n);
        }
    }
    CHECK(cuts > 4 && same + 3 >= cuts);
}

int main(void)
{
    arena = arena_new(64u << 20);
    if (seal_init() != 0 || !arena)
        return EXIT_FAILURE;
    test_paths();
    test_manifest();
    test_order();
    test_ask();
    test_pieces();
    test_cuts();
    arena_free(arena);
    return check_end();
}
