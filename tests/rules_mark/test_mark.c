/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mark_case.h"

#include "rules/mark_context.h"
#include "tests/check.h"

static bool note_found(const struct mark_list *l, const char *want)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].note && span_find(l->v[i].text, span_str(want), 0) >= 0)
            return true;
    return false;
}

static void run_row(const struct mark_case_row *row)
{
    struct arena *a = arena_new(1 << 22);
    struct mark_text text = {row->place, 3, span_str(row->text)};
    struct mark_list found = {0};
    enum level level = LEVEL_NONE;
    const char *scheme = "none";

    check_row(row->name);
    CHECK(mark_find(&text, 1, a, &found) == 0);
    for (size_t i = 0; i < found.n; i++) {
        const struct marking *m = &found.v[i];
        CHECK(m->confidence >= 0.5 && m->confidence < 1);
        CHECK(m->page == 3 && m->place == row->place && m->offset < text.text.n);
        CHECK(!m->note || m->level == LEVEL_NONE);
        if (!m->note && level_max(level, m->level) != level) {
            level = m->level;
            scheme = m->scheme;
        }
    }
    CHECK_STR(level_name(level), level_name(row->level));
    if (row->scheme)
        CHECK_STR(scheme, row->scheme);
    if (row->note)
        CHECK(note_found(&found, row->note));
    arena_free(a);
}

/* What one text says decides over another of the same object. */
static void run_objects(void)
{
    struct mark_text declassified[] = {{PLACE_HEADER, 1, span_str("TUYỆT MẬT\n")},
                                       {PLACE_BODY, 1, span_str("GIẢI MẬT\nTừ: ngày 5 tháng 6\nBản tin.\n")}};
    struct mark_text stamped[] = {{PLACE_HEADER, 1, span_str("TUYỆT MẬT\n")},
                                  {PLACE_BODY, 1, span_str("Bản tin.\n")}};
    struct arena *a = arena_new(1 << 20);
    struct mark_list l = {0};

    check_row("declassified elsewhere in the object");
    CHECK(mark_find(declassified, 2, a, &l) == 0);
    CHECK_U64(l.n, 2);
    CHECK(l.n == 2 && l.v[0].note && l.v[1].note);
    check_row("header and body");
    CHECK(mark_find(stamped, 2, a, &l) == 0);
    CHECK(l.n == 1 && l.v[0].level == LEVEL_TUYET_MAT && l.v[0].place == PLACE_HEADER && l.v[0].offset == 0);
    check_row("text as written");
    struct mark_text broken = {PLACE_BODY, 0, span_str("x\n\nTUYỆT \n  MẬT\nKính gửi: A\n")};
    CHECK(mark_find(&broken, 1, a, &l) == 0);
    CHECK(l.n == 1 && span_eq(l.v[0].text, span_str("TUYỆT MẬT")) && l.v[0].offset == 3);
    check_row("no text at all");
    CHECK(mark_find(NULL, 0, a, &l) == 0 && l.n == 0);
    arena_free(a);
}

/* A hostile text of nothing but stamps stays bounded, and the highest is among what is told. */
static void run_many(void)
{
    struct writer w;
    struct arena *a = arena_new(1 << 24);
    struct mark_list l = {0};
    enum level top = LEVEL_NONE;

    check_row("many stamps");
    writer_init(&w, 1 << 22);
    for (int i = 0; i < 20000; i++)
        writer_str(&w, "Kính gửi: A\nHỎA TỐC\nSố: 1/A-B\nMẬT\nV/v\n");
    for (int i = 0; i < 40; i++)
        writer_str(&w, "dòng chữ thường không có gì đáng nói\n");
    writer_str(&w, "TUYỆT MẬT\n");
    struct mark_text text = {PLACE_BODY, 0, writer_span(&w)};
    CHECK(mark_find(&text, 1, a, &l) == 0);
    CHECK_U64(l.n, 200);
    CHECK(l.truncated);
    for (size_t i = 0; i < l.n; i++)
        top = level_max(top, l.v[i].level);
    CHECK(top == LEVEL_TUYET_MAT);
    check_row("no memory");
    struct arena *tiny = arena_new(256);
    CHECK(mark_find(&text, 1, tiny, &l) == ST_NOMEM);
    arena_free(tiny);
    arena_free(a);
    writer_done(&w);
}

/* Each row of the table is found by itself: folded as the reader folds, and with an anchor for the filter. */
static void run_table(void)
{
    for (size_t i = 0; i < mark_rows_count; i++) {
        const struct mark_row *row = &mark_rows[i];
        struct span phrase = span_str(row->phrase);
        struct mark_line l;

        check_row(row->phrase);
        mark_line_read(&l, phrase, 0, phrase.n);
        CHECK(mark_phrase_at(&l, 0, row->phrase) == l.n);
        if (!strstr(row->phrase, " ue eu ")) /* their anchor has the slash: "R-UE/EU-R" */
            CHECK(mark_bits_near(phrase, 0, phrase.n) & BIT_ANCHOR);
    }
}

static void run_levels(void)
{
    check_row("levels");
    CHECK(level_max(LEVEL_MAT, LEVEL_CONFIDENTIAL) == LEVEL_MAT);
    CHECK(level_max(LEVEL_CONFIDENTIAL, LEVEL_MAT) == LEVEL_CONFIDENTIAL);
    CHECK(level_max(LEVEL_SECRET, LEVEL_TUYET_MAT) == LEVEL_TUYET_MAT);
    CHECK(level_max(LEVEL_NONE, LEVEL_RESTRICTED) == LEVEL_RESTRICTED);
    CHECK_STR(level_name(LEVEL_TOI_MAT), "toi_mat");
    CHECK_STR(level_name((enum level)99), "none");
}

int main(void)
{
    if (mark_warm_up() != 0)
        return EXIT_FAILURE;
    for (size_t i = 0; i < mark_cases_vn_count; i++)
        run_row(&mark_cases_vn[i]);
    for (size_t i = 0; i < mark_cases_en_count; i++)
        run_row(&mark_cases_en[i]);
    for (size_t i = 0; i < mark_cases_world_count; i++)
        run_row(&mark_cases_world[i]);
    run_objects();
    run_many();
    run_table();
    run_levels();
    printf("%zu marking cases\n", mark_cases_vn_count + mark_cases_en_count + mark_cases_world_count);
    return check_end();
}
