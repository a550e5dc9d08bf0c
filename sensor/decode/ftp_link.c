/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ftp_impl.h"

void ftp_endpoint(struct ftp *s, const struct ftp_addr *a, enum direction side, struct endpoint *ret)
{
    const struct proto_ctx *cx = s->cx;
    const uint8_t *peer = side == TO_SERVER ? cx->client : cx->server;
    struct expect_key said = expect_key(a->addr, a->ipv6, a->port, false);
    struct expect_key real = expect_key(peer, cx->ipv6, a->port, false);
    bool other = a->has_addr && memcmp(&said, &real, sizeof(said)) != 0;

    *ret = (struct endpoint){.key = {real, said}, .n = !cx->expects ? 0 : other ? 2 : 1};
    if (other)
        proto_anomaly(s->cx, side, "ftp.data_to_other_host");
}

void ftp_announce(struct ftp *s, struct endpoint *e)
{
    bool forgotten = false, lost = false;

    for (unsigned i = 0; i < e->n; i++) {
        int status =
            expect_announce(s->cx->expects, &e->key[i], &ftp_data_proto, s->cx->now_us, &e->serial[i]);
        forgotten |= status == ST_LIMIT;
        lost |= status == ST_NOMEM;
    }
    e->used = false;
    if (forgotten)
        proto_anomaly(s->cx, TO_SERVER, "ftp.data_connections_forgotten");
    if (lost)
        proto_anomaly(s->cx, TO_SERVER, "ftp.no_memory");
}

/* What is known of the transfer c. */
static struct expect_note note_of(const struct command *c)
{
    struct span chosen = writer_span(&c->chosen);

    return (struct expect_note){
        .command = (uint8_t)c->transfer, .number = c->start, .name = chosen.n ? chosen : ftp_argument(c)};
}

static void tell(struct ftp *s, const struct command *c, const struct expect_note *note)
{
    for (unsigned i = 0; i < c->to.n; i++)
        expect_tell(s->cx->expects, &c->to.key[i], c->to.serial[i], note, s->cx->now_us);
}

void ftp_bind(struct ftp *s)
{
    struct endpoint *e = &s->data;
    bool certain = true;

    for (unsigned i = 0; i < s->n_open; i++) {
        struct command *c = ftp_open_nth(s, i);
        if (c->kind == K_PASSIVE || (c->kind == K_ACTIVE && c->to.n)) {
            e = &c->to;
            certain = e->n != 0;
        } else if (c->kind == K_TRANSFER) {
            if (certain && !c->told && e->n) {
                if (e->used) /* the same port once more */
                    ftp_announce(s, e);
                e->used = c->told = true;
                c->to = *e;
                struct expect_note note = note_of(c);
                tell(s, c, &note);
            }
            certain = false;
        }
    }
}

void ftp_transfer_over(struct ftp *s, struct command *c, unsigned code)
{
    struct expect_note note = note_of(c);

    if (!c->told)
        return;
    if (code >= 400 && !c->begun) { /* its data connection is still to come, or serves the next transfer */
        note = (struct expect_note){0};
        s->data.used = false;
    } else {
        note.final = true;
        note.cut = code >= 400;
    }
    tell(s, c, &note);
}
