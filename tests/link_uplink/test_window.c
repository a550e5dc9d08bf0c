/* SPDX-License-Identifier: GPL-3.0-or-later
 * The window: what lies at the broker, when the console is asked, when something is taken for lost. */
#include "firmware/link/window.h"
#include "tests/check.h"

static void test_full(void)
{
    struct window w = {0};

    check_row("full");
    window_init(&w, 3, 10);
    CHECK(!window_full(&w) && window_ask_in(&w, 0) == UINT64_MAX);
    for (uint64_t n = 11; n <= 13; n++) {
        CHECK(!window_full(&w));
        window_stored(&w, n, false, 1000);
    }
    CHECK(window_full(&w));
    CHECK(window_receipt(&w, 12, 2000) && !window_full(&w) && w.receipt == 12);
    CHECK(!window_receipt(&w, 12, 2000) && !window_receipt(&w, 5, 2000) && w.receipt == 12);
    CHECK(window_receipt(&w, 20, 2000) && w.stored == 20 && window_ask_in(&w, 2000) == UINT64_MAX);
}

static void test_ask(void)
{
    struct window w = {0};

    check_row("asked when no receipt comes");
    window_init(&w, 64, 0);
    window_stored(&w, 1, false, 1000);
    CHECK_U64(window_ask_in(&w, 1000), WINDOW_ASK_MS);
    window_stored(&w, 2, false, 5000); /* puts nothing off */
    CHECK_U64(window_ask_in(&w, 5000), WINDOW_ASK_MS - 4000);
    CHECK_U64(window_ask_in(&w, 60000), 0);
    check_row("sooner when the broker had it");
    window_stored(&w, 3, true, 6000);
    CHECK_U64(window_ask_in(&w, 6000), WINDOW_ASK_SOON_MS);
    check_row("no answer: later and later, and nothing is lost");
    for (int i = 0; i < 20; i++)
        CHECK(window_asked(&w, false, 0, 10000) == 0);
    CHECK_U64(window_ask_in(&w, 10000), WINDOW_ASK_LAST_MS);
    CHECK(w.stored == 3 && w.again == 0);
    check_row("a receipt: from the beginning");
    CHECK(window_asked(&w, true, 1, 10000) == 0 && w.receipt == 1);
    CHECK_U64(window_ask_in(&w, 10000), WINDOW_ASK_MS);
}

static void test_lost(void)
{
    struct window w = {0};

    check_row("the console answers, and does not get ahead");
    window_init(&w, 64, 4);
    window_stored(&w, 5, false, 0);
    window_stored(&w, 6, false, 0);
    for (int i = 1; i < WINDOW_STALE; i++)
        CHECK(window_asked(&w, true, 4, 0) == 0);
    CHECK_U64(window_asked(&w, true, 4, 0), 5);
    CHECK(w.stored == 4 && w.again == 1);
    check_row("nothing lies there: nothing is lost");
    for (int i = 0; i < 10; i++)
        CHECK(window_asked(&w, true, 4, 0) == 0);
    CHECK(w.again == 1);
    check_row("the console was put back");
    window_receipt(&w, 9, 0);
    CHECK_U64(window_asked(&w, true, 2, 0), 3);
    CHECK(w.receipt == 2 && w.stored == 2 && w.again == 2);
    check_row("one is refused");
    window_stored(&w, 3, false, 0);
    window_stored(&w, 4, false, 0);
    window_back(&w, 4);
    CHECK(w.stored == 3 && w.receipt == 2 && w.again == 3);
    check_row("begun anew, the ids go on");
    window_init(&w, 64, 2);
    CHECK(w.again == 3 && w.stored == 2);
}

int main(void)
{
    test_full();
    test_ask();
    test_lost();
    return check_end();
}
