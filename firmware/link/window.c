/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/window.h"

void window_init(struct window *w, uint64_t most, uint64_t receipt)
{
    *w = (struct window){.most = most, .receipt = receipt, .stored = receipt, .ask_ms = WINDOW_ASK_MS, .again = w->again};
}

bool window_full(const struct window *w)
{
    return w->stored - w->receipt >= w->most;
}

void window_stored(struct window *w, uint64_t number, bool known, uint64_t now_ms)
{
    uint64_t soon = now_ms + WINDOW_ASK_SOON_MS;

    if (w->stored == w->receipt || (known && soon < w->ask_at_ms))
        w->ask_at_ms = known ? soon : now_ms + w->ask_ms;
    if (number > w->stored)
        w->stored = number;
}

bool window_receipt(struct window *w, uint64_t number, uint64_t now_ms)
{
    if (number <= w->receipt)
        return false;
    w->receipt = number;
    if (w->stored < number)
        w->stored = number;
    w->ask_ms = WINDOW_ASK_MS;
    w->ask_at_ms = now_ms + w->ask_ms;
    w->stale = 0;
    return true;
}

uint64_t window_ask_in(const struct window *w, uint64_t now_ms)
{
    if (w->stored == w->receipt)
        return UINT64_MAX;
    return w->ask_at_ms > now_ms ? w->ask_at_ms - now_ms : 0;
}

void window_back(struct window *w, uint64_t number)
{
    if (number && number - 1 < w->stored)
        w->stored = number - 1;
    if (w->stored < w->receipt)
        w->receipt = w->stored; /* the console was put back to an earlier day */
    w->again++;
    w->stale = 0;
}

uint64_t window_asked(struct window *w, bool answered, uint64_t receipt, uint64_t now_ms)
{
    w->ask_ms = w->ask_ms * 2 < WINDOW_ASK_LAST_MS ? w->ask_ms * 2 : WINDOW_ASK_LAST_MS;
    w->ask_at_ms = now_ms + w->ask_ms;
    if (!answered || window_receipt(w, receipt, now_ms))
        return 0;
    if (receipt < w->receipt) {
        window_back(w, receipt + 1);
        return receipt + 1;
    }
    if (w->stored == w->receipt || ++w->stale < WINDOW_STALE)
        return 0;
    window_back(w, w->receipt + 1);
    return w->receipt + 1;
}
