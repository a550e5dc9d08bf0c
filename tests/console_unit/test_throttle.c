/* SPDX-License-Identifier: GPL-3.0-or-later
 * Failed sign-ins on a clock of our own. */
#include "console/http/throttle.h"
#include "base/clock.h"
#include "tests/check.h"

static uint64_t now_us = 1000000000;

static void pass(uint64_t ms)
{
    now_us += ms * 1000;
}

static uint64_t fail(struct throttle *t, const char *who)
{
    return throttle_begin(t, THROTTLE_ADDRESS, span_str(who));
}

int main(void)
{
    struct throttle *t = throttle_new(4, 5);
    uint64_t wait, last = 0;

    clock_override(&now_us);
    check_row("five a minute are free");
    for (int i = 0; i < 6; i++)
        CHECK_U64(fail(t, "a"), 0); /* the sixth is still answered, but starts the wait */
    wait = fail(t, "a");
    CHECK(wait > 0 && wait <= 1000);
    check_row("others are not touched");
    CHECK_U64(fail(t, "b"), 0);
    CHECK_U64(throttle_begin(t, THROTTLE_NAME, span_str("a")), 0);
    check_row("the wait doubles up to a quarter of an hour");
    for (int i = 0; i < 14; i++) {
        pass(wait);
        CHECK_U64(fail(t, "a"), 0);
        wait = fail(t, "a");
        CHECK(wait >= last && wait <= 900000);
        last = wait;
    }
    CHECK_U64(last, 900000);
    check_row("waiting is not shortened by asking");
    pass(1000);
    CHECK_U64(fail(t, "a"), 899000);
    check_row("after it, and a quiet time as long and a minute, all is forgotten");
    pass(899000 + 900000 + 60001);
    for (int i = 0; i < 6; i++)
        CHECK_U64(fail(t, "a"), 0);
    CHECK(fail(t, "a") <= 1000);
    check_row("a good one does not count");
    for (int i = 0; i < 20; i++) {
        CHECK_U64(fail(t, "c"), 0);
        throttle_good(t, THROTTLE_ADDRESS, span_str("c"));
    }
    check_row("more addresses than entries: memory stays, the newest count");
    for (int i = 0; i < 1000; i++) {
        char who[16];
        snprintf(who, sizeof(who), "%d", i);
        CHECK_U64(fail(t, who), 0);
    }
    check_row("a name has more patience");
    for (int i = 0; i < 26; i++)
        CHECK_U64(throttle_begin(t, THROTTLE_NAME, span_str("lan")), 0);
    CHECK(throttle_begin(t, THROTTLE_NAME, span_str("lan")) > 0);
    throttle_free(t);
    clock_override(NULL);
    return check_end();
}
