/* SPDX-License-Identifier: GPL-3.0-or-later
 * The zip's directory and members: honest ones, lying ones, damaged ones. */
#include "rules/extract_state.h"
#include "rules/x_zip.h"
#include "tests/rules_extract/examine.h"

static struct conf conf;

/* An extract to pay for what is unpacked. */
struct payer {
    struct document_job job;
    struct exam exam;
    struct extract x;
};
static struct extract *payer_new(struct payer *p, uint64_t budget)
{
    *p = (struct payer){.job = {.conf = &conf}};
    p->exam = (struct exam){
        .job = &p->job, .arena = arena_new(64u << 20), .unpack_left = budget, .members_left = 100};
    extract_init(&p->x, &p->exam, NULL, span_str(""), span_str(""));
    return &p->x;
}
static void payer_done(struct payer *p)
{
    extract_done(&p->x);
    arena_free(p->exam.arena);
}

static void test_names(void)
{
    struct zip_maker m = {.n = 0};
    struct payer p;
    struct extract *x = payer_new(&p, 1 << 20);
    struct zip *z;
    struct writer w;

    check_row("names");
    zip_put(&m, span_str("[Content_Types].xml"), span_str("one"), NULL);
    zip_put(&m, span_str("dir\\File.XML"), span_str("two"), NULL);
    zip_put(&m, span_str("dir/"), span_str(""), NULL);
    zip_put(&m, span_str("same"), span_str("first"), NULL);
    zip_put(&m, span_str("same"), span_str("second"), NULL);
    zip_put(&m, span_of("\xff\0x", 3), span_str(""), NULL);
    CHECK(zip_open(extract_arena(x), zip_end(&m), &z) == 0);
    CHECK(zip_count(z) == 6 && !zip_damaged(z) && zip_at(z, 6) == NULL);
    CHECK(zip_find(z, "[content_types].XML") == zip_at(z, 0));
    CHECK(zip_find(z, "/dir/file.xml") == zip_at(z, 1));
    CHECK(zip_at(z, 2)->directory && !zip_at(z, 1)->directory);
    CHECK(zip_find(z, "same") == zip_at(z, 3));
    CHECK(zip_find(z, "sam") == NULL && zip_find(z, "samee") == NULL && zip_find(z, "") == NULL);
    writer_init(&w, 1000);
    CHECK(zip_read(x, z, zip_at(z, 4), &w) == 0);
    CHECK_STR(writer_cstr(&w), "second");
    CHECK_U64(extract_budget_left(x), (1 << 20) - 6);
    writer_done(&w);
    zip_free(&m);
    payer_done(&p);
}

/* Declared sizes are opinions, offsets too. */
static void test_lies(void)
{
    static const struct zip_lie small = {.size = 1}, far = {.own_offset = true, .offset = 0x7fffffff},
                                self = {.own_offset = true}, method = {.method = 12}, secret = {.flags = 1},
                                long_packed = {.packed = 0x00ffffff};
    static const struct {
        const char *name;
        const struct zip_lie *lie;
        int rc;
    } rows[] = {
        {"size too small", &small, 0},        {"offset outside", &far, ST_MALFORMED},
        {"offset of another", &self, 0},      {"foreign method", &method, ST_UNSUPPORTED},
        {"encrypted", &secret, ST_ENCRYPTED}, {"packed size past the end", &long_packed, ST_MALFORMED}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct zip_maker m = {.n = 0};
        struct payer p;
        struct extract *x = payer_new(&p, 1 << 20);
        struct zip *z;
        struct writer w;
        check_row(rows[i].name);
        zip_put(&m, span_str("a"), span_str("content"), NULL);
        zip_put(&m, span_str("b"), span_str("content"), rows[i].lie);
        CHECK(zip_open(extract_arena(x), zip_end(&m), &z) == 0);
        CHECK(zip_count(z) >= 2);
        writer_init(&w, 1000);
        CHECK(zip_read(x, z, zip_at(z, 1), &w) == rows[i].rc);
        if (!rows[i].rc)
            CHECK_STR(writer_cstr(&w), "content");
        writer_done(&w);
        zip_free(&m);
        payer_done(&p);
    }
}

static bool one_piece(void *arg, struct span piece)
{
    *(size_t *)arg += piece.n;
    return false;
}

static void test_budget(void)
{
    static uint8_t zeros[300000];
    struct zip_maker m = {.n = 0};
    struct payer p;
    struct extract *x = payer_new(&p, 200000);
    struct zip *z;
    struct writer w;
    size_t got = 0;

    check_row("budget");
    zip_put(&m, span_str("a"), span_of(zeros, sizeof(zeros)), NULL);
    CHECK(zip_open(extract_arena(x), zip_end(&m), &z) == 0);
    CHECK(zip_stream(x, z, zip_at(z, 0), one_piece, &got) == 0);
    CHECK(got > 0 && got <= 65536);
    writer_init(&w, 1000);
    CHECK(zip_read(NULL, z, zip_at(z, 0), &w) == ST_LIMIT); /* the writer's ceiling */
    writer_done(&w);
    CHECK(x->unread == UNREAD_NONE);
    writer_init(&w, 1 << 20);
    CHECK(zip_read(x, z, zip_at(z, 0), &w) == ST_LIMIT);
    CHECK(w.n <= 200000 && x->unread == UNREAD_TOO_LARGE);
    writer_done(&w);
    zip_free(&m);
    payer_done(&p);
}

/* Cut anywhere, a zip gives what is left and says that it is not all. */
static void test_damage(void)
{
    struct zip_maker m = {.n = 0};
    struct span all;

    zip_put(&m, span_str("a.txt"), span_str("alpha"), NULL);
    zip_put(&m, span_str("b.txt"), span_str("beta"), NULL);
    all = zip_end(&m);
    for (size_t n = 0; n < all.n; n++) {
        struct examined e = examine(span_part(all, 0, n), "z.zip", NULL);
        check_row("cut");
        if (n >= 40)
            CHECK(strcmp(json_text(e.json, "read"), "full") != 0);
        if (n >= 86)
            CHECK(json_get(e.json, "members")->count == 2);
        examine_done(&e);
    }
    check_row("something before it");
    {
        struct writer w;
        struct examined e;
        writer_init(&w, 4096);
        writer_str(&w, "#!/bin/sh\nexit 0\n\0\0\0\0\0");
        for (unsigned i = 0; i < 300; i++)
            writer_u8(&w, (uint8_t)i);
        writer_put(&w, all);
        e = examine(writer_span(&w), "sfx", NULL);
        CHECK_STR(json_text(e.json, "kind"), "zip");
        CHECK_STR(json_text(member_at(e.json, 1), "text"), "beta");
        CHECK_STR(json_text(e.json, "read"), "full");
        examine_done(&e);
        writer_done(&w);
    }
    check_row("behind a picture");
    {
        struct writer w;
        struct examined e;
        writer_init(&w, 4096);
        writer_bytes(&w, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
        writer_put(&w, all);
        e = examine(writer_span(&w), "p.png", NULL);
        CHECK_STR(json_text(e.json, "kind"), "image");
        CHECK_STR(json_text(member_at(e.json, 0), "text"), "alpha");
        CHECK_STR(json_text(e.json, "read"), "partial"); /* the picture itself is none */
        examine_done(&e);
        writer_done(&w);
    }
    check_row("empty zip");
    {
        struct examined e = examine(span_part(all, all.n - 22, 0), "z", NULL);
        examine_done(&e);
        e = examine(span_of("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22), "z.zip", NULL);
        CHECK_STR(json_text(e.json, "kind"), "zip");
        CHECK_STR(json_text(e.json, "read"), "full");
        examine_done(&e);
    }
    zip_free(&m);
}

/* A member that the directory does not list is found in the gap where it stands. */
static void test_unlisted(void)
{
    for (unsigned k = 0; k < 3; k++) {
        struct zip_maker m = {.n = 0};
        struct examined e;
        for (unsigned i = 0; i < 3; i++) {
            size_t before = m.directory.n;
            zip_put(&m, span_str(i == k ? "hidden.txt" : "listed.txt"),
                    span_str(i == k ? "TOP SECRET//NOFORN"
                                    : "text, then PK\3\4 inside of it, which is no member, with enough words "
                                      "around to be text for everybody. "
                                      "It takes a hundred letters for each of them, so that there are a few "
                                      "more words here, and a few more again."),
                    NULL);
            if (i == k) { /* taken out of the directory again */
                m.directory.n = before;
                m.n--;
                m.n += k == 0; /* the maker starts anew at nought */
            }
        }
        m.n = 2;
        e = examine(zip_end(&m), "z.zip", NULL);
        check_row("unlisted");
        CHECK(json_get(e.json, "members")->count == 3);
        CHECK_STR(json_text(member_at(e.json, 2), "file"), "hidden.txt");
        CHECK_STR(json_text(e.json, "level"), "top_secret");
        CHECK_STR(json_text(e.json, "read"), "full");
        examine_done(&e);
        zip_free(&m);
    }
}

int main(void)
{
    conf = examine_conf();
    CHECK(document_warm_up() == 0);
    test_names();
    test_lies();
    test_budget();
    test_damage();
    test_unlisted();
    return check_end();
}
