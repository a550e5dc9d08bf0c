/* SPDX-License-Identifier: GPL-3.0-or-later
 * The examination itself: what it promises whatever the format. */
#include "rules/extract_state.h"
#include "tests/rules_extract/examine.h"

#define MARKED                                                                                                                               \
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\nSố: 12/BC-VKV\nTỐI MẬT\nKính gửi: Vụ " \
    "Châu Á\n"

static void test_plain(void)
{
    struct examined e = examine_str(MARKED, "/home/somebody/note.txt");
    const struct json *m = json_at(json_get(e.json, "markings"), 0);

    check_row("plain");
    CHECK_STR(json_text(e.json, "file"), "/home/somebody/note.txt");
    CHECK_STR(json_text(e.json, "kind"), "text");
    CHECK_STR(json_text(e.json, "level"), "toi_mat");
    CHECK_STR(json_text(e.json, "level_source"), "marking");
    CHECK_STR(json_text(e.json, "scheme"), "vn");
    CHECK_STR(json_text(e.json, "lang"), "vi");
    CHECK_STR(json_text(e.json, "read"), "full");
    CHECK(json_get(e.json, "unread_reason") == NULL);
    CHECK_STR(json_text(m, "where"), "body");
    CHECK_STR(json_text(m, "text"), "TỐI MẬT");
    CHECK(json_i64(json_get(m, "offset"), -1) == (int64_t)(strstr(MARKED, "TỐI") - MARKED));
    CHECK_STR(json_text(e.json, "text"), MARKED);
    CHECK_U64(json_i64(json_get(e.json, "size"), -1), sizeof(MARKED) - 1);
    CHECK(strlen(json_text(e.json, "sha256")) == 64);
    examine_done(&e);
}

/* A level inside counts for the container, through every layer. */
static void test_members(void)
{
    struct zip_maker in = {.n = 0}, out = {.n = 0};
    struct examined e;
    const struct json *m;

    check_row("members");
    zip_put(&in, span_str("dir/note.txt"), span_str(MARKED), NULL);
    zip_put(&in, span_str("other.txt"), span_str("nothing"), NULL);
    zip_put(&out, span_str("in.zip"), zip_end(&in), NULL);
    e = examine(zip_end(&out), "out.zip", NULL);
    CHECK_STR(json_text(e.json, "level"), "toi_mat");
    CHECK_STR(json_text(e.json, "level_source"), "marking");
    CHECK_STR(json_text(e.json, "read"), "full");
    CHECK(json_get(e.json, "markings")->count == 0);
    CHECK_STR(json_text(e.json, "text"), "");
    m = member_at(member_at(e.json, 0), 0);
    CHECK_STR(json_text(m, "file"), "dir/note.txt");
    CHECK_STR(json_text(m, "level"), "toi_mat");
    CHECK_STR(json_text(m, "text"), MARKED);
    CHECK(json_get(member_at(e.json, 0), "members")->count == 2);
    CHECK(json_i64(json_get(json_get(e.json, "features"), "embedded"), 0) == 1);
    examine_done(&e);
    zip_free(&in);
    zip_free(&out);
}

/* What is in the way of reading a member is the container's reason, too; encryption wins over other reasons.
 */
static void test_unread(void)
{
    static const struct zip_lie secret = {.flags = 1}, odd = {.method = 97};
    struct zip_maker z = {.n = 0};
    struct examined e;

    check_row("unread");
    zip_put(&z, span_str("a.txt"), span_str("text"), NULL);
    zip_put(&z, span_str("b.bin"), span_of("\0\1\2\3\4\5\6\7", 8), NULL);
    zip_put(&z, span_str("c.txt"), span_str("xxxx"), &secret);
    zip_put(&z, span_str("d.txt"), span_str("xxxx"), &odd);
    e = examine(zip_end(&z), "a.zip", NULL);
    CHECK_STR(json_text(e.json, "read"), "partial");
    CHECK_STR(json_text(e.json, "unread_reason"), "encrypted");
    CHECK_STR(json_text(member_at(e.json, 0), "read"), "full");
    CHECK_STR(json_text(member_at(e.json, 1), "unread_reason"), "unsupported");
    CHECK_STR(json_text(member_at(e.json, 1), "read"), "none");
    CHECK_STR(json_text(member_at(e.json, 2), "unread_reason"), "encrypted");
    CHECK(json_bool(json_get(json_get(member_at(e.json, 2), "features"), "encrypted"), false));
    CHECK(json_get(member_at(e.json, 2), "sha256") == NULL); /* its bytes were not seen */
    CHECK_U64(json_i64(json_get(member_at(e.json, 2), "size"), 0), 4);
    examine_done(&e);
    zip_free(&z);
}

static void nested(struct writer *w, unsigned depth)
{
    struct zip_maker z = {.n = 0};
    struct writer inner;

    writer_init(&inner, 1 << 20);
    if (depth)
        nested(&inner, depth - 1);
    else
        writer_str(&inner, MARKED);
    zip_put(&z, span_str("x"), writer_span(&inner), NULL);
    writer_put(w, zip_end(&z));
    zip_free(&z);
    writer_done(&inner);
}

static void test_limits(void)
{
    struct conf c = examine_conf();
    struct examined e;
    struct writer w;
    struct zip_maker z = {.n = 0};
    static char big[100000];

    writer_init(&w, 1 << 20);
    nested(&w, 5);
    check_row("depth 6 allowed");
    c.scan_depth_max = 6;
    e = examine(writer_span(&w), "x.zip", &c);
    CHECK_STR(json_text(e.json, "level"), "toi_mat");
    CHECK_STR(json_text(e.json, "read"), "full");
    examine_done(&e);
    check_row("depth 5 allowed");
    c.scan_depth_max = 5;
    e = examine(writer_span(&w), "x.zip", &c);
    CHECK_STR(json_text(e.json, "level"), "none");
    CHECK(strcmp(json_text(e.json, "read"), "full") != 0);
    CHECK_STR(json_text(e.json, "unread_reason"), "too_deep");
    examine_done(&e);

    check_row("members");
    c = examine_conf();
    c.scan_members_max = 3;
    for (unsigned i = 0; i < 5; i++)
        zip_put(&z, span_str("n"), span_str("text"), NULL);
    e = examine(zip_end(&z), "x.zip", &c);
    CHECK(json_get(e.json, "members")->count == 3);
    CHECK_STR(json_text(e.json, "read"), "partial");
    CHECK_STR(json_text(e.json, "unread_reason"), "too_large");
    examine_done(&e);
    zip_free(&z);

    check_row("text");
    memset(big, 'a', sizeof(big));
    c = examine_conf();
    c.scan_text_max = 1000;
    e = examine(span_of(big, sizeof(big)), "a.txt", &c);
    CHECK_STR(json_text(e.json, "read"), "partial");
    CHECK_STR(json_text(e.json, "unread_reason"), "too_large");
    CHECK(strlen(json_text(e.json, "text")) <= 1000);
    examine_done(&e);

    check_row("document");
    c = examine_conf();
    c.scan_document_max = 1024;
    e = examine(span_of(big, sizeof(big)), "a.txt", &c);
    CHECK_STR(json_text(e.json, "read"), "none");
    CHECK_STR(json_text(e.json, "unread_reason"), "too_large");
    CHECK(strlen(json_text(e.json, "sha256")) == 64);
    examine_done(&e);

    check_row("unpacked bytes");
    c = examine_conf();
    c.scan_unpack_max = 50000;
    zip_put(&z, span_str("a"), span_of(big, sizeof(big)), NULL);
    zip_put(&z, span_str("b"), span_str("text"), NULL);
    e = examine(zip_end(&z), "x.zip", &c);
    CHECK(json_get(e.json, "members")->count == 2);
    CHECK_STR(json_text(e.json, "unread_reason"), "too_large");
    CHECK(strcmp(json_text(e.json, "read"), "full") != 0);
    examine_done(&e);
    zip_free(&z);
    writer_done(&w);
}

/* An expired deadline is told, and still gives an answer. */
static void test_deadline(void)
{
    struct conf c = examine_conf();
    struct document_job job = {.in = span_str(MARKED), .name = span_str("a"), .conf = &c, .deadline_ms = 1};
    struct writer w;
    struct arena *a = arena_new(1 << 20);
    struct json *j;

    check_row("deadline");
    writer_init(&w, 1 << 20);
    CHECK(document_examine(&job, &w) == 0);
    CHECK(json_parse(a, writer_span(&w), 16, &j, NULL) == 0);
    CHECK_STR(json_text(j, "unread_reason"), "timeout");
    CHECK_STR(json_text(j, "read"), "none");
    CHECK(json_get(j, "text") == NULL); /* not asked for */
    writer_clear(&w);
    CHECK(document_unread(span_str("%PDF-1.4"), span_str("a\xff.pdf"), UNREAD_CRASH, &w) == 0);
    CHECK(json_parse(a, writer_span(&w), 16, &j, NULL) == 0);
    CHECK_STR(json_text(j, "unread_reason"), "crash");
    CHECK_STR(json_text(j, "mime"), "application/pdf");
    CHECK_STR(json_text(j, "file"), "a\xef\xbf\xbd.pdf");
    writer_done(&w);
    /* An answer that does not fit is replaced by a short one, and that by nothing. */
    job.deadline_ms = 0;
    job.want_text = true;
    writer_init(&w, 600);
    CHECK(document_examine(&job, &w) == 0);
    CHECK(json_parse(a, writer_span(&w), 16, &j, NULL) == 0);
    CHECK_STR(json_text(j, "unread_reason"), "too_large");
    writer_done(&w);
    writer_init(&w, 20);
    CHECK(document_examine(&job, &w) == ST_NOMEM);
    CHECK(w.n == 0 && writer_ok(&w));
    writer_done(&w);
    arena_free(a);
}

/* The calls of extract.h, without a format. */
static void test_calls(void)
{
    struct conf c = examine_conf();
    struct document_job job = {.name = span_str(""), .conf = &c, .want_text = true};
    struct exam exam = {
        .job = &job, .unpack_left = 10, .text_left = 1 << 20, .members_left = 5, .arena = arena_new(1 << 20)};
    struct extract x;

    check_row("calls");
    extract_init(&x, &exam, NULL, span_str(""), span_str(""));
    /* Runs of one place and page are one text, whatever stands between them; a letter in two pieces of a VNI
     * font is one. */
    extract_text(&x, PLACE_BODY, 1, span_str("MA"), "VNI-Times");
    extract_text(&x, PLACE_HEADER, 1, span_str("head"), NULL);
    extract_text(&x, PLACE_BODY, 1, span_str("\xc3\x84T"), "VNI-Times");
    extract_text(&x, PLACE_BODY, 1, span_str(" M\xc3\x84T"), "Arial");
    extract_line(&x, PLACE_BODY, 1);
    extract_line(&x, PLACE_BODY, 1);
    extract_text(&x, PLACE_BODY, 2, span_str("e\xcc\x81"), NULL);
    extract_text(&x, PLACE_BODY, 1, span_str("\xff."), NULL);
    extract_settle(&x);
    CHECK(x.n_sections == 3);
    CHECK_STR(writer_cstr(&x.sections[0].w), "MẬT MÄT\n\xef\xbf\xbd.");
    CHECK_STR(writer_cstr(&x.sections[1].w), "head");
    CHECK_STR(writer_cstr(&x.sections[2].w), "é");
    CHECK_STR(x.encoding, "vni");
    CHECK(extract_budget(&x, 10) && !extract_budget(&x, 1) && x.unread == UNREAD_TOO_LARGE);
    extract_unread(&x, UNREAD_CORRUPT);
    CHECK(x.unread == UNREAD_TOO_LARGE);
    extract_unread(&x, UNREAD_ENCRYPTED);
    CHECK(x.unread == UNREAD_ENCRYPTED);
    for (unsigned i = 0; i < LABELS_MAX + 5; i++)
        extract_label(&x, "property", span_str("Classification"), span_str("SECRET"));
    CHECK(x.n_labels == LABELS_MAX && x.labels->level == LEVEL_SECRET);
    extract_done(&x);
    arena_free(exam.arena);
}

int main(void)
{
    CHECK(document_warm_up() == 0);
    CHECK(document_warm_up() == 0);
    test_plain();
    test_members();
    test_unread();
    test_limits();
    test_deadline();
    test_calls();
    return check_end();
}
