/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/uplink_impl.h"

#include <inttypes.h>
#include <stdio.h>

/* The console has everything up to number: what it says in an answer that is its own. */
static void received(struct uplink *u, uint64_t number, uint64_t now_ms)
{
    if (number > u->newest || !window_receipt(&u->window, number, now_ms))
        return;
    u->sent = number;
    if (u->next <= number)
        u->next = number + 1;
    u->trouble[0] = 0;
    u->away = false;
    u->hooks.receipt(u->hooks.arg, number);
}

void uplink_hear(struct uplink *u, uint64_t now_ms)
{
    uint64_t number, expect;
    long status;

    while (u->hooks.heard(u->hooks.arg, &status, &number, &u->answer)) {
        expect = status == 409 ? uplink_answered(u, "expect") : 0;
        if (status < 300)
            received(u, uplink_answered(u, "receipt"), now_ms);
        else if (status >= 500)
            snprintf(u->trouble, sizeof(u->trouble), "the console answers with status %ld, and tries again", status);
        else if (number >= u->next || number <= u->sent)
            continue; /* it is to be sent anew, or was taken meanwhile */
        else if (status == 409 && expect && expect <= number) {
            window_back(&u->window, expect);
            u->next = expect;
        } else {
            snprintf(u->trouble, sizeof(u->trouble), "the console %s (batch %" PRIu64 ")",
                     status == 403 ? "does not know this appliance (or has retired it)" : "refuses a batch as malformed", number);
            window_back(&u->window, number);
            u->next = number;
            (void)uplink_back_off(u, now_ms);
        }
    }
}

bool uplink_told(struct uplink *u, long status, uint64_t now_ms)
{
    uint64_t receipt = status == 200 || status == 202 ? uplink_answered(u, "receipt") : 0,
             expect = status == 409 ? uplink_answered(u, "expect") : 0, again;

    if (status != 200 && status != 202 && !expect)
        return false;
    if (expect)
        receipt = expect - 1;
    if (receipt > u->newest)
        return false;
    u->away = false;
    received(u, receipt, now_ms);
    again = window_asked(&u->window, true, receipt, now_ms);
    if (again && again < u->next) {
        u->next = again;
        u->sent = again - 1;
        writer_clear(&u->batch);
        if (queue_read(u->queue, again, &u->batch) == ST_NOT_FOUND) {
            snprintf(u->trouble, sizeof(u->trouble),
                     "the console expects batch %" PRIu64
                     ", which this journal no longer has: a person may give it up there, with 'gatehouse console "
                     "accept-hole'",
                     again);
            return true;
        }
    }
    u->wait_ms = 0;
    u->trouble[0] = 0;
    return true;
}

uint64_t uplink_left(struct uplink *u, long status, uint64_t now_ms)
{
    window_stored(&u->window, u->next, status == 208, now_ms);
    u->next++;
    u->wait_ms = 0;
    if (!u->away)
        u->trouble[0] = 0;
    return 0;
}

/* A console that does not answer is no reason to leave nothing more at the broker. */
uint64_t uplink_hello_told(struct uplink *u, int rc, long status, uint64_t now_ms)
{
    if (!rc && uplink_told(u, status, now_ms)) {
        if (status == 200)
            uplink_hear_wishes(u);
        return 0;
    }
    (void)window_asked(&u->window, false, 0, now_ms);
    u->away = true;
    if (!rc && status == 503)
        snprintf(u->trouble, sizeof(u->trouble), "no console answers at the broker, which keeps batches for it");
    else if (!rc)
        snprintf(u->trouble, sizeof(u->trouble), "the console answers with status %ld", status);
    return 0;
}
