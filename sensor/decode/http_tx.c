/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/http_tx.h"
#include "base/text.h"
#include "sensor/decode/mime_param.h"
#include "sensor/decode/mime_word.h"

#include <stdlib.h>

#define TEXT_MAX (64u << 10)

struct http_tx *http_tx_new(struct proto_ctx *cx, uint32_t id)
{
    struct http_tx *tx;

    if (!proto_charge(cx, HTTP_TX_CHARGE))
        return NULL;
    tx = calloc(1, sizeof(*tx));
    if (!tx) {
        proto_release(cx, HTTP_TX_CHARGE);
        return NULL;
    }
    tx->cx = cx;
    tx->id = id;
    writer_init(&tx->text, TEXT_MAX);
    return tx;
}

/* For n bytes of facts, apart from the transaction itself. */
static size_t charged(size_t n)
{
    return n > HTTP_TX_FACTS ? n - HTTP_TX_FACTS : 0;
}

void http_tx_free(struct proto_ctx *cx, struct http_tx *tx)
{
    if (!tx)
        return;
    proto_release(cx, HTTP_TX_CHARGE + charged(tx->text.n));
    writer_done(&tx->text);
    free(tx);
}

static void set(struct http_tx *tx, enum http_fact f, struct span value)
{
    size_t before = tx->text.n, more = charged(before + value.n) - charged(before);

    if (!value.n || value.n > tx->text.max - before || !writer_ok(&tx->text))
        return;
    if (!proto_charge(tx->cx, more)) {
        proto_anomaly(tx->cx, TO_SERVER, "http.no_memory");
        return;
    }
    writer_put(&tx->text, value);
    if (!writer_ok(&tx->text)) {
        proto_release(tx->cx, more);
        return;
    }
    tx->fact[f].off = (uint32_t)before;
    tx->fact[f].n = (uint32_t)value.n;
}

struct span http_tx_fact(const struct http_tx *tx, enum http_fact f)
{
    return span_part(writer_span(&tx->text), tx->fact[f].off, tx->fact[f].n);
}

void http_tx_request(struct http_tx *tx, const struct http_start *start)
{
    tx->request_seen = true;
    set(tx, FACT_METHOD, start->method);
    set(tx, FACT_URL, span_part(start->url, 0, HTTP_VALUE_MAX));
    set(tx, FACT_PROTOCOL, start->protocol);
}

void http_tx_copy(struct http_tx *tx, const struct http_tx *from)
{
    static const enum http_fact request[] = {FACT_METHOD,    FACT_URL,         FACT_PROTOCOL,
                                             FACT_HOST,      FACT_USER_AGENT,  FACT_REFERER,
                                             FACT_FORWARDED, FACT_REQUEST_TYPE};

    for (size_t i = 0; i < GH_COUNT(request); i++)
        set(tx, request[i], http_tx_fact(from, request[i]));
    tx->request_seen = from->request_seen;
}

void http_tx_head(struct http_tx *tx, bool response, const struct http_head *head)
{
    static const struct {
        enum http_field field;
        enum http_fact fact;
        bool response;
    } map[] = {
        {HTTP_HOST, FACT_HOST, false},
        {HTTP_USER_AGENT, FACT_USER_AGENT, false},
        {HTTP_REFERER, FACT_REFERER, false},
        {HTTP_FORWARDED, FACT_FORWARDED, false},
        {HTTP_CONTENT_TYPE, FACT_REQUEST_TYPE, false},
        {HTTP_CONTENT_TYPE, FACT_RESPONSE_TYPE, true},
        {HTTP_LOCATION, FACT_LOCATION, true},
        {HTTP_RANGE, FACT_RANGE, true},
        {HTTP_ETAG, FACT_ETAG, true},
    };

    for (size_t i = 0; i < GH_COUNT(map); i++)
        if (map[i].response == response)
            set(tx, map[i].fact, http_head_get(head, map[i].field));
}

/* The path of a URL: no scheme, host, query, fragment. */
static struct span url_path(struct span url)
{
    ptrdiff_t scheme = span_find(url, span_str("://"), 0);
    ptrdiff_t query = span_find_byte(url, '?', 0);

    if (query >= 0)
        url.n = (size_t)query;
    if (scheme > 0 && (query < 0 || scheme < query)) {
        ptrdiff_t slash = span_find_byte(url, '/', (size_t)scheme + 3);
        url = slash < 0 ? span_str("/") : span_part(url, (size_t)slash, url.n);
    }
    ptrdiff_t fragment = span_find_byte(url, '#', 0);
    return fragment < 0 ? url : span_part(url, 0, (size_t)fragment);
}

static void put_percent(struct writer *out, struct span s)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        int hi = mime_hex(reader_peek(&r, 0)), lo = mime_hex(reader_peek(&r, 1));
        if (c == '%' && reader_left(&r) >= 2 && hi >= 0 && lo >= 0) {
            c = (uint8_t)(hi << 4 | lo);
            reader_skip(&r, 2);
        }
        writer_u8(out, c);
    }
}

void http_tx_name(const struct http_tx *tx, const struct http_head *head, struct writer *out)
{
    struct writer w;

    if (mime_param_file(http_head_get(head, HTTP_DISPOSITION), "filename", out) && out->n)
        return;
    writer_init(&w, HTTP_VALUE_MAX);
    put_percent(&w, url_path(http_tx_fact(tx, FACT_URL)));
    /* What does not decode to text stays as it was written. */
    if (text_is_utf8(writer_span(&w)))
        writer_put(out, writer_span(&w));
    else
        writer_put(out, url_path(http_tx_fact(tx, FACT_URL)));
    writer_done(&w);
}

/* host[:port]; an IPv6 address keeps its brackets. */
static void put_host(struct jw *j, struct span host)
{
    uint64_t port = 0;
    size_t at = host.n;

    while (at && host.p[at - 1] >= '0' && host.p[at - 1] <= '9')
        at--;
    bool has_port =
        at && at < host.n && host.p[at - 1] == ':' && span_number(span_part(host, at, host.n), 65535, &port);
    if (has_port && span_find_byte(span_part(host, 0, at - 1), ':', 0) >= 0 && host.p[at - 2] != ']')
        has_port = false; /* a bare IPv6 address */
    jw_kstr(j, "hostname", has_port ? span_part(host, 0, at - 1) : host);
    if (has_port)
        jw_ku64(j, "http_port", port);
}

void http_range_parse(struct span raw, uint64_t v[static 3], bool have[static 3])
{
    struct span rest = raw;

    have[0] = have[1] = have[2] = false;
    while (rest.n && (rest.p[0] < '0' || rest.p[0] > '9') && rest.p[0] != '*')
        rest = span_part(rest, 1, rest.n);
    ptrdiff_t dash = span_find_byte(rest, '-', 0), slash = span_find_byte(rest, '/', 0);
    if (dash >= 0 && slash > dash) {
        struct span end = span_part(rest, (size_t)dash + 1, (size_t)(slash - dash - 1));
        have[0] = span_number(span_trim(span_part(rest, 0, (size_t)dash)), INT64_MAX, &v[0]);
        have[1] = span_number(span_trim(end), INT64_MAX, &v[1]);
    }
    if (slash >= 0)
        have[2] = span_number(span_trim(span_part(rest, (size_t)slash + 1, rest.n)), INT64_MAX, &v[2]);
}

static void put_range(struct jw *j, struct span raw)
{
    static const char *const key[3] = {"start", "end", "size"};
    uint64_t v[3];
    bool have[3];

    http_range_parse(raw, v, have);
    jw_kobj(j, "content_range");
    jw_kstr(j, "raw", raw);
    for (int i = 0; i < 3; i++)
        if (have[i])
            jw_ku64(j, key[i], v[i]);
    jw_end_obj(j);
}

/* Values are cut at most bytes. */
static void put_object(const struct http_tx *tx, size_t most, struct jw *j)
{
    static const struct {
        enum http_fact fact;
        const char *key;
    } rows[] = {{FACT_URL, "url"},
                {FACT_USER_AGENT, "http_user_agent"},
                {FACT_FORWARDED, "xff"},
                {FACT_REFERER, "http_refer"},
                {FACT_METHOD, "http_method"},
                {FACT_PROTOCOL, "protocol"},
                {FACT_LOCATION, "redirect"}};
    struct span type = http_tx_fact(tx, FACT_RESPONSE_TYPE);

    jw_kobj(j, "http");
    if (tx->fact[FACT_HOST].n)
        put_host(j, span_part(http_tx_fact(tx, FACT_HOST), 0, most));
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        if (tx->fact[rows[i].fact].n &&
            (rows[i].fact != FACT_LOCATION || (tx->status >= 300 && tx->status < 400)))
            jw_kstr(j, rows[i].key, span_part(http_tx_fact(tx, rows[i].fact), 0, most));
    if (!type.n && !tx->response_seen)
        type = http_tx_fact(tx, FACT_REQUEST_TYPE);
    if (type.n)
        jw_kstr(j, "http_content_type", span_part(mime_value(type), 0, most));
    if (tx->fact[FACT_RANGE].n)
        put_range(j, span_part(http_tx_fact(tx, FACT_RANGE), 0, most));
    if (tx->status)
        jw_ku64(j, "status", tx->status);
    jw_ku64(j, "length", tx->response_bytes);
    if (tx->stream) {
        jw_kcstr(j, "version", "2");
        jw_kobj(j, "http2");
        jw_ku64(j, "stream_id", tx->stream);
        jw_end_obj(j);
    }
    jw_end_obj(j);
}

/* The object as text without braces around it, at most max bytes: long values are cut before it is left out.
 */
static void object_text(const struct http_tx *tx, size_t max, struct writer *out)
{
    static const size_t most[] = {HTTP_VALUE_MAX, 1024, 64};
    struct writer w;
    struct jw j;

    writer_init(&w, max);
    for (size_t i = 0; i < GH_COUNT(most); i++) {
        writer_clear(&w);
        jw_init(&j, &w);
        jw_obj(&j);
        put_object(tx, most[i], &j);
        jw_end_obj(&j);
        if (!writer_ok(&w))
            continue;
        writer_put(out, span_part(writer_span(&w), 1, w.n - 2));
        break;
    }
    writer_done(&w);
}

void http_tx_context(const struct http_tx *tx, struct writer *out)
{
    object_text(tx, HTTP_CONTEXT_MAX, out);
}

void http_tx_log(struct proto_ctx *cx, const struct http_tx *tx, enum direction request_dir)
{
    struct writer w;
    struct jw j;

    writer_init(&w, HTTP_EVENT_MAX);
    object_text(tx, HTTP_EVENT_MAX, &w);
    proto_event_begin(cx, EVENT_HTTP, request_dir, tx->id, &j);
    if (w.n)
        jw_raw(&j, writer_span(&w));
    proto_event_end(cx, &j, 0);
    writer_done(&w);
}
