/* SPDX-License-Identifier: GPL-3.0-or-later
 * A paused channel: nothing is delivered, nothing is lost, also when the peer hangs up meanwhile. */
#include "base/clock.h"
#include "base/proc.h"
#include "tests/check.h"

#include <time.h>

struct heard {
    uint64_t messages, closed;
};

static void on_message(void *arg, const struct msg *m)
{
    struct heard *h = arg;

    h->messages += m->type == MSG_FLOW_STATE;
}

static void on_closed(void *arg, int rc)
{
    struct heard *h = arg;

    (void)rc;
    h->closed++;
}

int main(void)
{
    static const struct {
        const char *name;
        bool pause_first; /* before anything is sent */
        int messages;
    } rows[] = {{"paused from the start", true, 3}, {"paused late", false, 3}, {"nothing was sent", true, 0}};
    static char *argv[] = {(char *)"test", NULL};
    struct proc p;

    proc_start(&p, ROLE_CORE, "test", 1, argv);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct heard h = {0};
        struct proc_chan *pc;
        struct msg_chan *peer;
        int fds[2];
        clock_t cpu;
        check_row(rows[i].name);
        CHECK(msg_pair(fds) == 0);
        pc = proc_chan_add(&p, fds[0], ROLE_SENSOR, on_message, on_closed, &h);
        peer = msg_chan_new(fds[1], ROLE_SENSOR, ROLE_CORE);
        gh_check(pc && peer);
        if (rows[i].pause_first)
            proc_chan_pause(pc, true);
        for (int k = 0; k < rows[i].messages; k++)
            CHECK(msg_send(peer, MSG_FLOW_STATE, span_str("x"), -1) == 0);
        if (!rows[i].pause_first)
            proc_chan_pause(pc, true);
        msg_chan_free(peer);
        cpu = clock();
        for (int k = 0; k < 10; k++)
            (void)loop_once(p.loop, 20);
        CHECK(clock() - cpu < CLOCKS_PER_SEC / 20); /* it waits, it does not spin */
        CHECK_U64(h.messages, 0);
        CHECK_U64(h.closed, 0);
        proc_chan_pause(pc, false);
        for (int k = 0; k < 5 && !h.closed; k++)
            (void)loop_once(p.loop, 100);
        CHECK_U64(h.messages, rows[i].messages);
        CHECK_U64(h.closed, 1);
    }
    {
        struct heard h = {0};
        struct proc_chan *pc;
        struct msg_chan *peer;
        int fds[2];
        check_row("drained");
        CHECK(msg_pair(fds) == 0);
        pc = proc_chan_add(&p, fds[0], ROLE_SENSOR, on_message, on_closed, &h);
        peer = msg_chan_new(fds[1], ROLE_SENSOR, ROLE_CORE);
        gh_check(pc && peer);
        for (int k = 0; k < 3; k++)
            CHECK(msg_send(peer, MSG_FLOW_STATE, span_str("x"), -1) == 0);
        msg_chan_free(peer);
        proc_chan_drain(pc);
        CHECK_U64(h.messages, 3);
        CHECK_U64(h.closed, 0);
        proc_chan_drain(NULL);
    }
    loop_free(p.loop);
    free(p.argv);
    return check_end();
}
