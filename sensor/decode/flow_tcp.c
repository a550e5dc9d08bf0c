/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/flow.h"

#define RST_SLACK                                                                                            \
    (1u << 20) /* a reset this far from what its sender is at may be meant; farther ones are forged */

static const char *const names[] = {"none",      "syn_sent", "syn_recv",  "established", "fin_wait1",
                                    "fin_wait2", "closing",  "time_wait", "closed"};

const char *flow_tcp_state_name(enum flow_tcp_state s)
{
    return (size_t)s < GH_COUNT(names) ? names[s] : "none";
}

static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

bool flow_tcp_reuses(const struct flow *f, const struct packet *p, enum direction dir)
{
    if (!(p->tcp_flags & TCP_SYN) || (p->tcp_flags & TCP_RST))
        return false;
    if (!(p->tcp_flags & TCP_ACK)) {
        bool over = f->state == FLOW_CLOSED || f->tcp_state == TCP_CLOSING;
        bool repeated = (f->syns >> dir & 1) && f->isn[dir] == p->seq;
        return over && !repeated;
    }
    /* A SYN alone on an open flow proves nothing, anybody can forge it; the server's answer to it does. */
    return f->resyn && f->isn[!dir] + 1 == p->ack && f->tcp_state >= TCP_ESTABLISHED;
}

/* A reset that is believed may be forged all the same (its addressee drops it by a rule that we do not know).
 * What shows it: its sender goes on sending, or the server answers the handshake that it seemed to refuse. */
static void revive(struct flow *f, enum flow_tcp_state state)
{
    f->tcp_state = (uint8_t)state;
    f->fins = f->fins_acked = f->resets = 0;
    f->revived = true;
    if (!f->app)
        f->app_done = false;
}

static bool is_answer_to_syn(const struct flow *f, const struct packet *p, enum direction dir)
{
    return (p->tcp_flags & TCP_ACK) && (f->syns >> !dir & 1) && p->ack == f->isn[!dir] + 1;
}

static void on_syn(struct flow *f, const struct packet *p, enum direction dir)
{
    uint8_t bit = (uint8_t)(1u << dir);

    if (f->tcp_state == TCP_CLOSED && !f->app_proto && is_answer_to_syn(f, p, dir))
        revive(f, TCP_SYN_RECV);
    if (f->tcp_state >= TCP_ESTABLISHED && (!(f->syns & bit) || f->isn[dir] != p->seq))
        f->resyn = true;
    f->isn[dir] = p->seq;
    f->syns |= bit;
    if (p->tcp_flags & TCP_ACK) {
        if (f->tcp_state <= TCP_SYN_SENT)
            f->tcp_state = TCP_SYN_RECV;
    } else if (f->tcp_state == TCP_NONE) {
        f->tcp_state = TCP_SYN_SENT;
    }
}

static void on_rst(struct flow *f, const struct packet *p, enum direction dir)
{
    if (!f->packets[dir] || p->seq - f->seq[dir] + RST_SLACK <= 2 * RST_SLACK ||
        (p->seq == 0 && !(f->syns >> dir & 1))) {
        f->tcp_state = TCP_CLOSED;
        f->resets |= (uint8_t)(1u << dir);
    }
}

static void on_ack(struct flow *f, const struct packet *p, enum direction dir)
{
    uint8_t other = (uint8_t)(1u << !dir);

    if (f->tcp_state == TCP_SYN_RECV && (f->syns & other))
        f->tcp_state = TCP_ESTABLISHED;
    else if (f->tcp_state == TCP_SYN_SENT && p->payload.n) /* the SYN's answer was not captured */
        f->tcp_state = TCP_ESTABLISHED;
    if ((f->fins & other) && !before(p->ack, f->fin_seq[!dir]))
        f->fins_acked |= other;
}

static void on_fins(struct flow *f)
{
    if (f->tcp_state == TCP_CLOSED || !f->fins)
        return;
    if (f->fins == 3)
        f->tcp_state = f->fins_acked == 3 ? TCP_TIME_WAIT : TCP_CLOSING;
    else
        f->tcp_state = f->fins_acked ? TCP_FIN_WAIT2 : TCP_FIN_WAIT1;
}

void flow_tcp_packet(struct flow *f, const struct packet *p, enum direction dir)
{
    uint8_t flags = p->tcp_flags;
    uint32_t end = p->seq + (uint32_t)p->payload.n + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);

    f->tcp_flags[dir] |= flags;
    if (flags & TCP_RST) {
        on_rst(f, p, dir);
    } else {
        if (flags & TCP_SYN)
            on_syn(f, p, dir);
        else if (f->tcp_state == TCP_NONE) {
            f->midstream = true;
            f->tcp_state = TCP_ESTABLISHED;
        }
        if (f->tcp_state == TCP_CLOSED && (f->resets >> dir & 1) && p->payload.n && p->seq == f->seq[dir]) {
            revive(f, TCP_ESTABLISHED);
            f->midstream = true; /* for its parser it begins here */
            f->syns = 0;
        }
        if ((flags & TCP_FIN) && !(f->fins >> dir & 1)) {
            f->fins |= (uint8_t)(1u << dir);
            f->fin_seq[dir] = end;
        }
        if ((flags & (TCP_ACK | TCP_SYN)) == TCP_ACK)
            on_ack(f, p, dir);
        on_fins(f);
        if (!f->packets[dir] || before(f->seq[dir], end))
            f->seq[dir] = end;
        f->window[dir] = p->window;
    }
    f->state = f->tcp_state >= TCP_TIME_WAIT     ? FLOW_CLOSED
               : f->tcp_state >= TCP_ESTABLISHED ? FLOW_ESTABLISHED
                                                 : FLOW_NEW;
}
