/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp_impl.h"

static void announce(struct ftp *s)
{
    bool forgotten = false, lost = false;

    for (unsigned i = 0; i < s->data.n; i++) {
        int status = expect_announce(s->cx->expects, &s->data.key[i], &ftp_data_proto, s->cx->now_us);
        forgotten |= status == ST_LIMIT;
        lost |= status == ST_NOMEM;
    }
    s->data.used = false;
    if (forgotten)
        proto_anomaly(s->cx, TO_SERVER, "ftp.data_connections_forgotten");
    if (lost)
        proto_anomaly(s->cx, TO_SERVER, "ftp.no_memory");
}

/* The host of the control connection that listens is that of side; it said to be reached at a. */
void ftp_announce(struct ftp *s, const struct ftp_addr *a, enum direction side)
{
    const struct proto_ctx *cx = s->cx;
    const uint8_t *peer = side == TO_SERVER ? cx->client : cx->server;
    struct expect_key said = expect_key(a->addr, a->ipv6, a->port, false);
    struct expect_key real = expect_key(peer, cx->ipv6, a->port, false);

    if (!cx->expects)
        return;
    s->data = (struct endpoint){.key = {real, said}, .n = 1};
    if (a->has_addr && memcmp(&said, &real, sizeof(said)) != 0) {
        s->data.n = 2;
        proto_anomaly(s->cx, side, "ftp.data_to_other_host");
    }
    announce(s);
}

void ftp_tell(struct ftp *s, struct command *c, struct span name)
{
    struct expect_note note = {(uint8_t)c->transfer, c->start, name};

    if (!s->data.n)
        return;
    if (s->data.used && !c->told) /* the same port once more */
        announce(s);
    s->data.used = c->told = true;
    for (unsigned i = 0; i < s->data.n; i++)
        expect_tell(s->cx->expects, &s->data.key[i], &note, s->cx->now_us);
}

/* Transfers that were asked for behind the announcement whose reply is only seen now: the first of them, up
 * to the next announcement, is the one. */
void ftp_tell_waiting(struct ftp *s)
{
    unsigned first = s->n_open && ftp_open_nth(s, 0)->kind == K_PASSIVE;

    for (unsigned i = first; i < s->n_open; i++) {
        struct command *c = ftp_open_nth(s, i);
        if (c->kind == K_PASSIVE || c->kind == K_ACTIVE)
            return;
        if (c->kind == K_TRANSFER && !c->told) {
            ftp_tell(s, c, ftp_argument(c));
            return;
        }
    }
}

static bool passive_waits(struct ftp *s)
{
    for (unsigned i = 0; i < s->n_open; i++)
        if (ftp_open_nth(s, i)->kind == K_PASSIVE)
            return true;
    return false;
}

void ftp_begin_transfer(struct ftp *s, struct command *c)
{
    c->start = s->restart;
    s->restart = 0;
    if (c->start)
        proto_anomaly(s->cx, TO_SERVER, "ftp.restarted_transfer");
    if (!passive_waits(s))
        ftp_tell(s, c, ftp_argument(c));
}
