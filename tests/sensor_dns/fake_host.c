/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_host.h"

void fake_start(struct proto_host *h, struct proto_ctx *cx, bool udp, uint16_t client_port,
                uint16_t server_port)
{
    *h = (struct proto_host){.limit = SIZE_MAX};
    writer_init(&h->lines, 64 << 20);
    *cx = (struct proto_ctx){.host = h, .udp = udp, .client_port = client_port, .server_port = server_port};
}

const char *fake_said(struct proto_host *h)
{
    gh_check(!h->open);
    gh_check(h->charged == 0);
    return writer_cstr(&h->lines);
}

void fake_done(struct proto_host *h)
{
    writer_done(&h->lines);
}

void proto_event_begin(struct proto_ctx *cx, enum event_type type, enum direction dir, int64_t tx,
                       struct jw *ret)
{
    struct proto_host *h = cx->host;

    gh_check(!h->open);
    h->open = true;
    jw_init(ret, &h->lines);
    jw_obj(ret);
    jw_kcstr(ret, "event_type", event_type_name(type));
    jw_kcstr(ret, "dir", dir == TO_SERVER ? "to_server" : "to_client");
    if (tx >= 0)
        jw_ku64(ret, "tx_id", (uint64_t)tx);
}

void proto_event_end(struct proto_ctx *cx, struct jw *j, uint64_t document)
{
    struct proto_host *h = cx->host;

    gh_check(h->open && j->depth == 1 && document == 0);
    h->open = false;
    jw_end_obj(j);
    writer_u8(&h->lines, '\n');
}

void proto_anomaly(struct proto_ctx *cx, enum direction dir, const char *name)
{
    gh_check(!cx->host->open && (dir == TO_SERVER || dir == TO_CLIENT));
    writer_printf(&cx->host->lines, "! %s\n", name);
}

bool proto_charge(struct proto_ctx *cx, size_t bytes)
{
    if (bytes > cx->host->limit - cx->host->charged)
        return false;
    cx->host->charged += bytes;
    return true;
}

void proto_release(struct proto_ctx *cx, size_t bytes)
{
    gh_check(bytes <= cx->host->charged);
    cx->host->charged -= bytes;
}
