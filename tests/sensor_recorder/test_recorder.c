/* SPDX-License-Identifier: GPL-3.0-or-later
 * The flight recorder: what is found of a flow when the ring went round, frames too long, flows with too
 * much, two link types, fragments, flows that go on after the question, and room that ends. */
#include "tests/check.h"
#include "tests/sensor_recorder/tape.h"

#define SIZE (4u << 20)
#define ALL (SIZE / 2) /* the ring for all flows */
#define HEAD 80u       /* of an entry, at most */
#define AFTER 30000000u

/* A flow's frames among others', after so many bytes more have passed. */
static void test_wrap(void)
{
    static const struct {
        const char *name;
        size_t before, frame, behind; /* bytes of others before; of each frame of ours; of others behind */
        unsigned ours;
        enum recorder_state state;
        bool complete;
    } rows[] = {
        {"alone", 0, 100, 0, 10, RECORDER_WHOLE, true},
        {"one frame", 0, 60, 0, 1, RECORDER_WHOLE, true},
        {"ring full around it", ALL / 2, 1000, ALL / 4, 50, RECORDER_WHOLE, true},
        {"across the ring's end", ALL - 30000, 1400, 1000, 40, RECORDER_WHOLE, true},
        {"first ones overwritten", 0, 1000, ALL - 30000, 100, RECORDER_WHOLE, false},
        {"all overwritten", 0, 1000, 2 * ALL, 100, RECORDER_GONE, false},
        {"overwritten many times", 5, 1000, 9 * ALL, 3, RECORDER_GONE, false},
        {"odd lengths", ALL - 7777, 777, 7777, 60, RECORDER_WHOLE, true},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct tape t;
        const struct tape_answer *a;
        struct recorder_counts c;
        uint64_t last = 0, others = 0;
        check_row(rows[i].name);
        tape_open(&t, SIZE, SIZE, 0);
        for (size_t n = 0; n < rows[i].before; n += 1500 + HEAD, others++)
            tape_add(&t, 100 + others % 3000, 1500, true, 1);
        for (unsigned n = 0; n < rows[i].ours; n++) {
            last = tape_add(&t, 7, rows[i].frame, n == 0, 1);
            tape_add(&t, 8, 64, n == 0, 1);
        }
        for (size_t n = 0; n < rows[i].behind; n += 1500 + HEAD, others++)
            tape_add(&t, 100 + others % 3000, 1500, true, 1);
        recorder_query(t.recorder, 7, 55, false, 0);
        a = tape_last(&t);
        CHECK_U64(t.n, 1);
        CHECK_U64(a->request, 55);
        CHECK_U64(a->state, rows[i].state);
        CHECK_U64(a->complete, rows[i].complete);
        CHECK(a->sound);
        if (rows[i].state == RECORDER_WHOLE) {
            CHECK_U64(a->flow, 7);
            CHECK_U64(a->last, last);
            CHECK(rows[i].complete ? a->frames == rows[i].ours : a->frames > 0 && a->frames < rows[i].ours);
        }
        recorder_counts(t.recorder, &c);
        CHECK_U64(c.kept, others + 2 * rows[i].ours);
        CHECK_U64(c.gone, rows[i].state == RECORDER_GONE);
        CHECK(c.overwritten == 0 || c.kept - c.overwritten > ALL / 1600 - 20);
        CHECK(rows[i].complete || c.overwritten > 0);
        tape_close(&t);
    }
}

static void test_oversize(void)
{
    struct tape t;
    struct recorder_counts c;

    check_row("oversize");
    tape_open(&t, SIZE, SIZE, 0);
    tape_add(&t, 1, 100, true, 1);
    tape_add(&t, 1, ALL / 8 + 1, false, 1);
    tape_add(&t, 1, 100, false, 1);
    recorder_query(t.recorder, 1, 1, false, 0);
    CHECK_U64(tape_last(&t)->frames, 3);
    CHECK(tape_last(&t)->sound && !tape_last(&t)->complete);
    CHECK(tape_last(&t)->bytes == 24 + 3 * 16 + 200 + ALL / 8);
    recorder_counts(t.recorder, &c);
    CHECK_U64(c.cut, 1);
    tape_close(&t);
}

/* A file has one link type: that of the newest frame. */
static void test_link_types(void)
{
    struct tape t;

    check_row("two link types");
    tape_open(&t, SIZE, SIZE, 0);
    tape_add(&t, 1, 100, true, 1);
    tape_add(&t, 1, 100, false, 1);
    tape_add(&t, 1, 100, false, 113);
    tape_add(&t, 1, 100, false, 1);
    tape_add(&t, 1, 100, false, 113);
    tape_add(&t, 2, 100, true, 101);
    recorder_query(t.recorder, 1, 1, true, 0);
    CHECK_U64(tape_last(&t)->link_type, 113);
    CHECK_U64(tape_last(&t)->frames, 2);
    CHECK(tape_last(&t)->sound && !tape_last(&t)->complete);
    tape_add(&t, 1, 100, false, 1);
    tape_add(&t, 1, 100, false, 113);
    recorder_end(t.recorder, 1);
    CHECK_U64(tape_last(&t)->frames, 3);
    CHECK(tape_last(&t)->sound && !tape_last(&t)->complete);
    recorder_query(t.recorder, 2, 2, false, 0);
    CHECK_U64(tape_last(&t)->link_type, 101);
    CHECK(tape_last(&t)->complete);
    tape_close(&t);
}

/* One large flow overwrites its like, not everybody's frames, and its own newest ones are there. */
static void test_large(void)
{
    const size_t share = 128u << 10;
    const struct tape_answer *a;
    struct recorder_counts c;
    struct tape t;
    uint64_t last = 0;

    check_row("large flow");
    tape_open(&t, SIZE, share, 0);
    for (unsigned i = 0; i < 10; i++)
        tape_add(&t, 1, 200, i == 0, 1);
    for (unsigned i = 0; i < 40000; i++)
        last = tape_add(&t, 2, 1400, i == 0, 1);
    recorder_query(t.recorder, 1, 1, false, 0);
    CHECK_U64(tape_last(&t)->frames, 10);
    CHECK(tape_last(&t)->complete);
    recorder_query(t.recorder, 2, 2, false, 0);
    a = tape_last(&t);
    CHECK(a->sound && !a->complete && a->last == last && a->flow == 2);
    CHECK(a->bytes <= share + 24 && a->bytes > share - 2000);
    CHECK_U64(last - a->first + 1, a->frames);
    recorder_counts(t.recorder, &c);
    CHECK(c.large > 39000 && c.overwritten > 30000);
    tape_close(&t);
}

/* Both rings hold frames of one flow: they come out in the order in which they came in. */
static void test_both_rings(void)
{
    struct tape t;

    check_row("both rings");
    tape_open(&t, SIZE, 64u << 10, 0);
    for (unsigned i = 0; i < 100; i++)
        tape_add(&t, 1, 1000, i == 0, 1);
    for (unsigned i = 0; i < 1400; i++) /* its first ones leave the ring for all: it is small again */
        tape_add(&t, 2 + i, 1500, true, 1);
    for (unsigned i = 0; i < 20; i++)
        tape_add(&t, 1, 500, false, 1);
    recorder_query(t.recorder, 1, 1, false, 0);
    CHECK(tape_last(&t)->sound && tape_last(&t)->flow == 1);
    CHECK(tape_last(&t)->frames > 20 && !tape_last(&t)->complete);
    tape_close(&t);
}

/* A flow that goes on is recorded on until its end, its time, or the capture's end; nothing overwrites it. */
static void test_after(void)
{
    enum how { END, TIME, FLUSH, AGAIN };
    static const struct {
        const char *name;
        enum how how;
        unsigned before, after;
    } rows[] = {
        {"until its end", END, 10, 20},          {"until its time", TIME, 10, 20},
        {"until the capture ends", FLUSH, 1, 1}, {"nothing before", END, 0, 5},
        {"nothing behind", END, 5, 0},           {"asked again", AGAIN, 3, 4},
        {"nothing at all", FLUSH, 0, 0},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        unsigned all = rows[i].before + rows[i].after;
        struct recorder_counts c;
        struct tape t;
        check_row(rows[i].name);
        tape_open(&t, SIZE, 256u << 10, AFTER);
        for (unsigned n = 0; n < rows[i].before; n++)
            tape_add(&t, 1, 1000, n == 0, 1);
        recorder_query(t.recorder, 1, 9, true, 1000);
        CHECK_U64(tape_last(&t)->state, RECORDER_SO_FAR);
        CHECK_U64(tape_last(&t)->frames, rows[i].before);
        for (unsigned n = 0; n < rows[i].after; n++)
            tape_add(&t, 1, 1000, n + rows[i].before == 0, 1);
        for (unsigned n = 0; n < 3000; n++) /* the ring goes round */
            tape_add(&t, 2 + n, 1500, true, 1);
        if (rows[i].how == AGAIN)
            recorder_query(t.recorder, 1, 10, true, 2000);
        recorder_tick(t.recorder, 1000 + AFTER - 1);
        CHECK_U64(t.n, rows[i].how == AGAIN ? 2 : 1);
        if (rows[i].how == TIME)
            recorder_tick(t.recorder, 1000 + AFTER);
        else if (rows[i].how == FLUSH)
            recorder_flush(t.recorder);
        else
            recorder_end(t.recorder, 1);
        CHECK_U64(t.n, rows[i].how == AGAIN ? 3 : 2);
        CHECK_U64(tape_last(&t)->request, rows[i].how == AGAIN ? 10 : 9);
        CHECK_U64(tape_last(&t)->state, all ? RECORDER_WHOLE : RECORDER_GONE);
        CHECK_U64(tape_last(&t)->frames, all);
        CHECK(tape_last(&t)->sound && tape_last(&t)->complete == (all > 0));
        recorder_counts(t.recorder, &c);
        CHECK_U64(c.recording, 0);
        recorder_end(t.recorder, 1); /* nothing more is owed */
        recorder_tick(t.recorder, UINT64_MAX);
        CHECK_U64(t.n, rows[i].how == AGAIN ? 3 : 2);
        tape_close(&t);
    }
}

static void test_room(void)
{
    struct recorder_counts c;
    struct tape t;

    check_row("one recording too long");
    tape_open(&t, SIZE, 64u << 10, 0);
    tape_add(&t, 1, 1000, true, 1);
    recorder_query(t.recorder, 1, 1, true, 0);
    for (unsigned i = 0; t.n < 2 && i < 200; i++)
        tape_add(&t, 1, 1000, false, 1);
    CHECK_U64(t.n, 2);
    CHECK(tape_last(&t)->sound && !tape_last(&t)->complete && tape_last(&t)->frames > 100);
    CHECK(tape_last(&t)->bytes <= 24 + 2 * (64u << 10));
    recorder_counts(t.recorder, &c);
    CHECK_U64(c.stopped, 1);

    check_row("too many at a time");
    for (uint64_t f = 100; f < 100 + RECORDER_MARKS + 3; f++) {
        tape_add(&t, f, 100, true, 1);
        recorder_query(t.recorder, f, f, true, 0);
    }
    CHECK_U64(tape_last(&t)->state, RECORDER_WHOLE);
    CHECK(tape_last(&t)->frames == 1 && !tape_last(&t)->complete);
    recorder_counts(t.recorder, &c);
    CHECK_U64(c.busy, 3);
    CHECK_U64(c.recording, RECORDER_MARKS);
    recorder_flush(t.recorder);
    CHECK_U64(t.n, 2 + RECORDER_MARKS + 3 + RECORDER_MARKS);
    tape_close(&t);

    check_row("all recordings together");
    tape_open(&t, SIZE, 512u << 10, 0);
    for (uint64_t f = 1; f <= 3; f++) {
        tape_add(&t, f, 100, true, 1);
        recorder_query(t.recorder, f, f, true, 0);
    }
    for (unsigned i = 0; i < 3000 && t.n < 4; i++)
        tape_add(&t, 1 + i % 3, 1000, false, 1);
    CHECK(t.n == 4 && !tape_last(&t)->complete);
    tape_close(&t);
}

/* The fragments of a datagram stand before the frame that makes it whole, also in a recording; others of the
 * same number from before do not. */
static void test_parts(void)
{
    struct tape t;
    uint64_t key = recorder_part_key("ab", 2);

    check_row("parts");
    CHECK(key != recorder_part_key("ac", 2));
    tape_open(&t, SIZE, SIZE, 0);
    tape_part(&t, 1, key, 100);
    tape_part(&t, 1, key, 100);
    tape_add(&t, 1, 50, true, 1);
    tape_part(&t, 1, key, 100);
    tape_part(&t, 1, key, 100);
    tape_whole(&t, 1, key, 2, 100);
    tape_add(&t, 1, 50, false, 1);
    recorder_query(t.recorder, 1, 1, true, 0);
    CHECK_U64(tape_last(&t)->frames, 5);
    CHECK(tape_last(&t)->sound && tape_last(&t)->complete);
    tape_part(&t, 1, key, 100);
    tape_whole(&t, 1, key, 1, 100);
    recorder_end(t.recorder, 1);
    CHECK_U64(tape_last(&t)->frames, 7);
    CHECK(tape_last(&t)->sound && tape_last(&t)->complete);
    check_row("parts that are gone");
    tape_part(&t, 3, key, 100);
    for (unsigned i = 0; i < 3000; i++)
        tape_add(&t, 10 + i, 1500, true, 1);
    tape_add(&t, 3, 50, true, 1);
    tape_whole(&t, 3, key, 1, 100);
    recorder_query(t.recorder, 3, 3, false, 0);
    CHECK_U64(tape_last(&t)->frames, 2);
    CHECK(tape_last(&t)->sound && !tape_last(&t)->complete);
    tape_close(&t);
}

/* Many small flows at once: each is found, and the frames that went are counted to the last. */
static void test_many(void)
{
    const struct tape_answer *a;
    struct recorder_counts c;
    struct tape t;
    uint64_t found = 0;

    check_row("many flows");
    tape_open(&t, SIZE, 1u << 20, 0);
    for (uint64_t f = 1; f <= 50000; f++)
        tape_add(&t, f * 0x100000001ull % 0x7FFFFFFFFFFFull + 1, 60, true, 1);
    for (uint64_t f = 1; f <= 50000; f++) {
        recorder_query(t.recorder, f * 0x100000001ull % 0x7FFFFFFFFFFFull + 1, f, false, 0);
        a = tape_last(&t);
        CHECK(a->sound && a->frames == (a->state == RECORDER_WHOLE));
        found += a->frames;
        t.n = 0;
    }
    recorder_counts(t.recorder, &c);
    CHECK_U64(found, c.kept - c.overwritten);
    CHECK(found > 10000);
    CHECK_U64(c.gone, c.overwritten);
    tape_close(&t);
}

int main(void)
{
    test_wrap();
    test_oversize();
    test_link_types();
    test_large();
    test_both_rings();
    test_after();
    test_room();
    test_parts();
    test_many();
    return check_end();
}
