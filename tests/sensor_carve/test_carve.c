/* SPDX-License-Identifier: GPL-3.0-or-later
 * Documents: limits, gaps, forks, budgets, and the text of their fileinfo. */
#include "base/digest.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"

static const struct carve_options options = {
    .keep = true, .document_max = 200000, .memory_max = 1 << 20, .decoded_max = 1 << 20};

static struct proto_host *start(const struct carve_options *opt)
{
    return fake_new(NULL, opt);
}

static struct transfer *doc(struct proto_host *h, const char *name)
{
    return carve_open(&h->cx, TO_CLIENT, span_str(name), 3);
}

static void fill(struct transfer *t, uint8_t byte, size_t n)
{
    uint8_t block[1000];

    memset(block, byte, sizeof(block));
    for (; n; n -= n < sizeof(block) ? n : sizeof(block))
        carve_data(t, span_of(block, n < sizeof(block) ? n : sizeof(block)));
}

static void whole(void)
{
    struct proto_host *h = start(&options);
    struct transfer *t = doc(h, "a.txt");
    const char *json;

    check_row("whole");
    carve_context(t, span_str("\"http\":{\"url\":\"/a\"}"));
    carve_data(t, span_str("ab"));
    carve_data(t, span_str("c"));
    CHECK_U64(carve_size(t), 3);
    carve_close(t, true);
    CHECK_U64(h->n_event, 1);
    CHECK(fake_doc_is(h, 0, "a.txt", "abc", 3));
    CHECK(h->doc[0].d.complete && h->doc[0].d.id == 1 && h->event[0].document == 1 &&
          h->event[0].dir == TO_CLIENT);
    json = h->event[0].json;
    CHECK_STR(json,
              "{\"event_type\":\"fileinfo\",\"tx_id\":3,\"http\":{\"url\":\"/"
              "a\"},\"fileinfo\":{\"filename\":\"a.txt\","
              "\"size\":3,\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\","
              "\"gaps\":false,\"state\":\"CLOSED\",\"tx_id\":3,\"stored\":false}}");
    carve_close(doc(h, "empty"), true);
    CHECK_U64(h->n_event, 1);
    t = doc(h, "dropped");
    carve_data(t, span_str("x"));
    carve_drop(t);
    CHECK_U64(h->n_event, 1);
    CHECK_U64(carver_counts(h->cx.carver)->not_documents, 2);
    fake_free(h);
}

static void ends_early(void)
{
    struct proto_host *h = start(&options);
    struct transfer *t = doc(h, "a");

    check_row("ends early");
    carve_data(t, span_str("abc"));
    carve_close(t, false);
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"sha256\":\"ba7816bf") &&
          fake_has(h, EVENT_FILEINFO, 0, "\"state\":\"TRUNCATED\""));
    CHECK(!h->doc[0].d.complete);
    CHECK_U64(carver_counts(h->cx.carver)->truncated_end, 1);
    fake_free(h);
}

/* A hole is zeros in the bytes, and no hash is given. The second row's hole is behind the border to the
 * memfd. */
static void gaps(void)
{
    static const struct {
        const char *name;
        size_t before, hole, after;
    } rows[] = {{"small", 10, 5, 10},
                {"large", 70000, 3000, 500},
                {"hole makes it large", 60000, 10000, 5},
                {"first", 0, 9, 9}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host *h = start(&options);
        struct transfer *t = doc(h, "g");
        uint8_t zeros[10000] = {0}, sha[32];

        check_row(rows[i].name);
        fill(t, 'a', rows[i].before);
        carve_gap(t, rows[i].hole);
        fill(t, 'b', rows[i].after);
        carve_gap(t, 77); /* at the end: nothing follows it, nothing is made of it */
        CHECK_U64(carve_size(t), rows[i].before + rows[i].after);
        carve_close(t, true);
        CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"gaps\":true,\"state\":\"TRUNCATED\""));
        CHECK(!strstr(h->event[0].json, "sha256"));
        CHECK_U64(h->n_doc, 1);
        CHECK_U64(h->doc[0].d.size, rows[i].before + rows[i].hole + rows[i].after);
        CHECK(memcmp(h->doc[0].bytes + rows[i].before, zeros, rows[i].hole) == 0);
        CHECK(h->doc[0].bytes[rows[i].before + rows[i].hole] == 'b');
        digest_sha256(h->doc[0].bytes, h->doc[0].d.size, sha);
        CHECK(memcmp(sha, h->doc[0].d.sha256, 32) == 0);
        fake_free(h);
    }
}

static void nothing_but_a_gap(void)
{
    struct proto_host *h = start(&options);
    struct transfer *t = doc(h, "g");

    check_row("nothing but a gap");
    carve_gap(t, 9);
    carve_close(t, true);
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"size\":0,\"gaps\":true"));
    CHECK_U64(h->n_doc, 0);
    fake_free(h);
}

static void limits(void)
{
    struct proto_host *h = start(&options);
    struct transfer *t = doc(h, "big");

    check_row("document_max");
    fill(t, 'x', 199999);
    CHECK(!carve_full(t));
    fill(t, 'y', 2);
    CHECK(carve_full(t));
    carve_close(t, true);
    CHECK_U64(h->doc[0].d.size, 200000);
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"state\":\"TRUNCATED\",\"tx_id\":3,\"stored\":false}}"));
    CHECK(fake_has(h, EVENT_FILEINFO, 0,
                   "\"gatehouse\":{\"fileinfo\":{\"truncated_by\":\"document_max\"}},\"fileinfo\":{"));
    check_row("a gap as large as the limit");
    t = doc(h, "gap");
    carve_data(t, span_str("x"));
    carve_gap(t, UINT64_MAX);
    carve_data(t, span_str("y"));
    carve_close(t, true);
    CHECK_U64(h->doc[1].d.size, 1); /* the hole leaves no room for what follows */
    CHECK(fake_has(h, EVENT_FILEINFO, 1, "\"size\":1,\"gaps\":true"));
    check_row("a limit of the parser");
    t = doc(h, "p");
    carve_data(t, span_str("x"));
    carve_limit(t, "parts");
    carve_data(t, span_str("y"));
    carve_extra(t, span_str("\"x\":{}"));
    carve_close(t, true);
    CHECK(fake_has(h, EVENT_FILEINFO, 2,
                   "\"gatehouse\":{\"x\":{},\"fileinfo\":{\"truncated_by\":\"parts\"}},\"fileinfo\":{"));
    CHECK_U64(carver_counts(h->cx.carver)->truncated_limit, 3);
    fake_free(h);
}

static void memory(void)
{
    struct carve_options o = {.keep = true, .document_max = 1 << 20, .memory_max = 120000};
    struct proto_host *h = start(&o);
    struct transfer *a = doc(h, "a"), *b = doc(h, "b");

    check_row("memory of all");
    fill(a, 'a', 60000);
    fill(b, 'b', 60000);
    CHECK(!carve_full(a) && carve_full(b));
    carve_close(b, true);
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"truncated_by\":\"documents_memory\""));
    fill(a, 'a', 30000);
    carve_close(a, true);
    CHECK(fake_has(h, EVENT_FILEINFO, 1, "\"size\":90000"));
    struct transfer *open[2000];
    size_t n = 0;
    while (n < GH_COUNT(open) && (open[n] = doc(h, "many")))
        n++;
    CHECK(n > 10 && n < GH_COUNT(open));
    CHECK_U64(carver_counts(h->cx.carver)->lost_memory, 1);
    while (n--)
        carve_close(open[n], true);
    fake_free(h);
}

/* What is gathered before it is written must not show: documents of all sizes around the borders, in pieces
 * of all sizes. */
static void borders(void)
{
    static const size_t sizes[] = {1,     2047,  2048,  2049,  16383, 16385, 65535,
                                   65536, 65537, 81919, 81920, 81921, 150000};
    static const size_t steps[] = {1, 7, 1460, 20000, 200000};
    static uint8_t bytes[150000];
    uint8_t want[32];
    char hex[65];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t i = 0; i < GH_COUNT(sizes); i++)
        for (size_t k = 0; k < 2 * GH_COUNT(steps); k++) {
            struct carve_options o = options;
            o.keep = k >= GH_COUNT(steps);
            struct proto_host *h = start(&o);
            struct transfer *t = doc(h, "b");
            struct reader r = reader_of(bytes, sizes[i]);
            size_t step = steps[k % GH_COUNT(steps)];
            check_row("borders");
            while (reader_left(&r))
                carve_data(t, reader_take(&r, step < reader_left(&r) ? step : reader_left(&r)));
            carve_close(t, true);
            digest_sha256(bytes, sizes[i], want);
            digest_hex(want, 32, hex);
            CHECK(fake_has(h, EVENT_FILEINFO, 0, hex));
            CHECK_U64(h->n_doc, o.keep);
            if (o.keep)
                CHECK(h->doc[0].d.size == sizes[i] && memcmp(h->doc[0].bytes, bytes, sizes[i]) == 0 &&
                      memcmp(h->doc[0].d.sha256, want, 32) == 0);
            fake_free(h);
        }
}

static void hash_only(void)
{
    struct carve_options o = {.keep = false, .md5 = true, .document_max = 1 << 30, .memory_max = 100000};
    struct proto_host *h = start(&o);
    struct transfer *t = doc(h, "h");

    check_row("hash only");
    carve_data(t, span_str("abc"));
    carve_close(t, true);
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"md5\":\"900150983cd24fb0d6963f7d28e17f72\""));
    t = doc(h, "large");
    fill(t, 'x', 3000000);
    carve_close(t, true);
    CHECK(fake_has(h, EVENT_FILEINFO, 1, "\"size\":3000000,"));
    CHECK(fake_has(h, EVENT_FILEINFO, 1, "\"state\":\"CLOSED\""));
    CHECK_U64(h->n_doc, 0);
    CHECK_U64(h->event[1].document, 0);
    fake_free(h);
}

static void forks(void)
{
    static const size_t sizes[] = {0, 5, 70000, 150001};

    check_row("forks");
    for (size_t i = 0; i < GH_COUNT(sizes); i++) {
        struct proto_host *h = start(&options);
        struct transfer *t = doc(h, "f"), *u;
        fill(t, 'a', sizes[i]);
        u = carve_fork(t);
        CHECK(u);
        carve_data(u, span_str("more"));
        carve_close(t, true);
        carve_close(u, true);
        size_t n = sizes[i] ? 1 : 0;
        CHECK_U64(h->n_doc, n + 1);
        CHECK_U64(h->doc[n].d.size, sizes[i] + 4);
        CHECK(memcmp(h->doc[n].bytes + sizes[i], "more", 4) == 0);
        uint8_t sha[32];
        digest_sha256(h->doc[n].bytes, h->doc[n].d.size, sha);
        CHECK(memcmp(sha, h->doc[n].d.sha256, 32) == 0);
        fake_free(h);
    }
}

/* No memory for the second reading: the first one goes on, and the books still balance. */
static void fork_without_memory(void)
{
    struct carve_options o = {.keep = true, .document_max = 1 << 20, .memory_max = 100000};
    struct proto_host *h = start(&o);
    struct transfer *t = doc(h, "f");

    check_row("fork without memory");
    fill(t, 'a', 70000);
    CHECK(!carve_fork(t));
    carve_close(t, true);
    CHECK(h->n_doc == 1 && h->doc[0].d.complete);
    CHECK_U64(carver_counts(h->cx.carver)->lost_memory, 1);
    CHECK_U64(carver_counts(h->cx.carver)->open, 0);
    fake_free(h);
}

static void none(void)
{
    struct carve_options o = {.none = true};
    struct proto_host *h = start(&o);

    check_row("no documents are wanted");
    CHECK(!doc(h, "x"));
    CHECK_U64(carver_counts(h->cx.carver)->opened, 0);
    fake_free(h);
}

struct piece {
    uint64_t start;
    const char *text;
    bool complete;
};

/* Feeds pieces of one document of total bytes; the number of documents that were told. */
static size_t pieces(struct proto_host *h, const struct piece *p, size_t n, uint64_t total, uint8_t key)
{
    uint8_t k[32] = {key};

    for (size_t i = 0; i < n; i++) {
        struct transfer *t = doc(h, "r");
        carve_data(t, span_str(p[i].text));
        carve_piece(t, k, p[i].start, total);
        carve_close(t, p[i].complete);
    }
    return h->n_doc;
}

static void joins(void)
{
    static const struct {
        const char *name;
        struct piece p[4];
        size_t n;
        uint64_t total;
        const char *want; /* the joined document, or NULL */
    } rows[] = {
        {"in order", {{0, "abc", true}, {3, "def", true}}, 2, 6, "abcdef"},
        {"backwards", {{3, "def", true}, {0, "abc", true}}, 2, 6, "abcdef"},
        {"overlapping", {{0, "abcd", true}, {2, "cdef", true}}, 2, 6, "abcdef"},
        {"a hole", {{0, "ab", true}, {4, "ef", true}}, 2, 6, NULL},
        {"the hole is filled",
         {{0, "ab", true}, {4, "ef", true}, {0, "ab", true}, {2, "cd", true}},
         4,
         6,
         "abcdef"},
        {"a piece that was cut", {{0, "abc", true}, {3, "def", false}}, 2, 6, NULL},
        {"past the end", {{0, "abc", true}, {3, "defgh", true}}, 2, 6, NULL},
        {"all at once is no piece", {{0, "abcdef", true}}, 1, 6, NULL},
        {"larger than documents may be", {{0, "abc", true}, {3, "def", true}}, 2, 300000, NULL},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host *h = start(&options);
        check_row(rows[i].name);
        CHECK_U64(pieces(h, rows[i].p, rows[i].n, rows[i].total, 1), rows[i].n + (rows[i].want != NULL));
        if (rows[i].want)
            CHECK(fake_doc_is(h, rows[i].n, "r", rows[i].want, strlen(rows[i].want)));
        fake_free(h);
    }
    check_row("documents are kept apart, the oldest goes first");
    struct proto_host *h = start(&options);
    const struct piece a = {0, "abc", true}, b = {3, "def", true};
    pieces(h, &a, 1, 6, 1);
    CHECK_U64(pieces(h, &b, 1, 6, 2), 2);
    for (unsigned k = 3; k < 256; k++)
        pieces(h, &a, 1, 6, (uint8_t)k);
    struct carve_counts before = *carver_counts(h->cx.carver);
    pieces(h, &b, 1, 6, 255);
    CHECK_U64(carver_counts(h->cx.carver)->closed, before.closed + 2);
    for (unsigned k = 0; k < 70; k++) { /* more holes than are kept */
        const struct piece spot = {2 * k, "x", true};
        pieces(h, &spot, 1, 1000, 0);
    }
    fake_free(h);

    check_row("large pieces, little memory");
    struct carve_options o = {.keep = true, .document_max = 1 << 20, .memory_max = 1 << 20};
    h = start(&o);
    uint8_t k[32] = {9};
    for (unsigned i = 0; i < 3; i++) {
        struct transfer *t = doc(h, "r");
        fill(t, (uint8_t)('a' + i), 80000);
        carve_piece(t, k, i * 80000, 240000);
        carve_close(t, true);
    }
    CHECK(h->n_doc == 4 && h->doc[3].d.size == 240000 && h->doc[3].bytes[79999] == 'a' &&
          h->doc[3].bytes[160000] == 'c');
    for (unsigned i = 0; i < 5; i++) {
        struct transfer *t = doc(h, "r");
        fill(t, 'x', 100000);
        carve_piece(t, k, i * 100000, 500000);
        carve_close(t, true);
    }
    CHECK_U64(h->n_doc, 9); /* 500000 bytes are more than a quarter of the memory: not joined */
    fake_free(h);
}

static void names(void)
{
    struct proto_host *h = start(&options);
    struct transfer *t = doc(h, "");
    char longest[2000];

    check_row("names");
    memset(longest, 'n', sizeof(longest));
    memcpy(longest + 1022, "\xe1\xbb\x87", 3); /* a letter of three bytes across the cut */
    carve_name(t, span_of(longest, sizeof(longest)));
    carve_data(t, span_str("x"));
    carve_close(t, true);
    CHECK_U64(strlen(h->doc[0].name), 1022);
    t = doc(h, "first");
    carve_name(t, span_str(""));
    carve_data(t, span_str("x"));
    carve_close(t, true);
    CHECK_STR(h->doc[1].name, "first");
    t = doc(h, "bad\xff\"\n");
    carve_data(t, span_str("x"));
    carve_close(t, true);
    CHECK(fake_has(h, EVENT_FILEINFO, 2, "\"filename\":\"bad\xef\xbf\xbd\\\"\\n\""));
    carve_close(NULL, true); /* no memory is no crash */
    carve_data(NULL, span_str("x"));
    carve_gap(NULL, 1);
    fake_free(h);
}

int main(void)
{
    whole();
    ends_early();
    gaps();
    nothing_but_a_gap();
    limits();
    memory();
    hash_only();
    borders();
    forks();
    fork_without_memory();
    none();
    joins();
    names();
    return check_end();
}
