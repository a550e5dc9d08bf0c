/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http_upgrade.h"
#include "sensor/decode/http2.h"
#include "sensor/decode/tunnel.h"
#include "sensor/decode/websocket.h"

#define PREFACE_LINE "PRI * HTTP/2.0\r\n"

static enum direction client(const struct http *h)
{
    return h->reversed ? TO_CLIENT : TO_SERVER;
}

/* Is the word one of the list's (RFC 9110 section 5.6.1)? */
static bool lists(struct span list, const char *word)
{
    while (list.n) {
        ptrdiff_t comma = span_find_byte(list, ',', 0);
        struct span item = span_part(list, 0, comma < 0 ? list.n : (size_t)comma);
        if (span_eq_nocase(span_trim(item), word))
            return true;
        list = span_part(list, item.n + 1, list.n);
    }
    return false;
}

void http_upgrade_asked(struct http *h, const struct http_head *head)
{
    h->asks_websocket = lists(http_head_get(head, HTTP_UPGRADE), "websocket");
}

bool http_upgrade_unanswered(struct http *h, enum direction dir, struct span bytes)
{
    if (!h->asks_websocket || h->websocket || h->http2 || !h->last || !websocket_begins(bytes))
        return false;
    /* Frames say themselves whether they are compressed. */
    h->websocket = websocket_new(h->cx, dir, h->last, span_str("permessage-deflate"));
    return h->websocket != NULL;
}

void http_upgrade(struct http *h, const struct http_tx *tx, const struct http_head *head)
{
    struct span to = http_head_get(head, HTTP_UPGRADE);

    if (tx->status != 101) {
        if (!h->tunnel)
            h->tunnel = tunnel_new(h->cx, client(h));
        return;
    }
    if (h->http2 || h->websocket) { /* the client did not wait */
        if (h->http2)
            http2_upgraded(h->http2, tx);
        return;
    }
    if (lists(to, "websocket")) {
        h->websocket = websocket_new(h->cx, client(h), tx, http_head_get(head, HTTP_EXTENSIONS));
    } else if (lists(to, "h2c")) {
        h->http2 = http2_new(h->cx, client(h));
        if (h->http2)
            http2_upgraded(h->http2, tx);
    } else {
        return;
    }
    if (!h->http2 && !h->websocket)
        proto_anomaly(h->cx, TO_SERVER, "http.no_memory");
}

bool http_upgrade_preface(struct http *h, enum direction dir)
{
    if (!h->http2)
        h->http2 = http2_new(h->cx, dir);
    if (!h->http2)
        return false;
    if (!h->first) /* nothing was asked before, so no answer of HTTP/1 is on its way */
        h->side[!dir].state = HTTP_TUNNEL;
    http2_feed(h->http2, dir, span_str(PREFACE_LINE));
    return true;
}

/* What is spoken goes by its own name, see proto_ctx. A tunnel does so itself. */
static const char *enter(struct http *h)
{
    const char *outer = h->cx->app_proto;

    if (h->http2)
        h->cx->app_proto = http2_proto.name;
    else if (h->websocket)
        h->cx->app_proto = "websocket";
    return outer;
}

void http_upgrade_feed(struct http *h, enum direction dir, struct span bytes)
{
    const char *outer = enter(h);

    if (h->http2)
        http2_feed(h->http2, dir, bytes);
    else if (h->websocket)
        websocket_feed(h->websocket, dir, bytes);
    else
        tunnel_feed(h->tunnel, dir, bytes);
    h->cx->app_proto = outer;
}

void http_upgrade_gap(struct http *h, enum direction dir, uint64_t missing)
{
    const char *outer = enter(h);

    if (h->http2)
        http2_gap(h->http2, dir, missing);
    else if (h->websocket)
        websocket_gap(h->websocket, dir, missing);
    else
        tunnel_gap(h->tunnel, dir, missing);
    h->cx->app_proto = outer;
}

void http_upgrade_end(struct http *h, enum direction dir)
{
    const char *outer = enter(h);

    if (h->http2)
        http2_end(h->http2, dir);
    else if (h->websocket)
        websocket_end(h->websocket, dir);
    else
        tunnel_end(h->tunnel, dir);
    h->cx->app_proto = outer;
}

void http_upgrade_free(struct http *h)
{
    const char *outer = enter(h);

    http2_free(h->http2);
    websocket_free(h->websocket);
    tunnel_free(h->tunnel);
    h->http2 = NULL;
    h->websocket = NULL;
    h->tunnel = NULL;
    h->cx->app_proto = outer;
}
