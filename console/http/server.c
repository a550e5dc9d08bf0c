/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/server.h"
#include "base/clock.h"
#include "console/http/conns.h"
#include "console/http/head.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define MEMORY_LIMIT (32u << 10) /* request line and headers of one connection */
#define STREAM_BLOCK 4096
/* Forward secrecy and authenticated encryption only (RFC 9325); no session tickets to keep keys for. */
#define TLS_PRIORITIES                                                                                       \
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AEAD:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305:+ECDHE-ECDSA:+ECDHE-" \
    "RSA:"                                                                                                   \
    "+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:"       \
    "+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256:+COMP-NULL:+CTYPE-X509:%SERVER_PRECEDENCE:%NO_TICKETS"

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_WORK, STAGE_ANSWER };
/* One request on it. */
struct item {
    struct server *server;
    struct request *request;
    struct MHD_Connection *connection;
    struct conn *conn;
    enum stage stage;
    enum lane lane;
    char *target;                 /* as sent */
    uint64_t started_ms, counted; /* counted: bytes of the body within server->bodies */
};
struct server {
    struct server_options opt;
    struct MHD_Daemon *daemon;
    struct conns *conns;
    atomic_ullong bodies;
};

static const struct {
    const char *name, *value;
} always[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src "
     "'self'; "
     "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
     "trusted-types 'none'"},
    {"Strict-Transport-Security", "max-age=31536000"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy",
     "accelerometer=(), autoplay=(), camera=(), display-capture=(), fullscreen=(), "
     "geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), "
     "publickey-credentials-get=(), screen-wake-lock=(), usb=(), web-share=(), xr-spatial-tracking=()"},
};

static void set_deadline(struct item *it, uint64_t ms)
{
    conn_deadline(it->server->conns, it->conn, ms);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *s = arg;
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = info ? conn_add(s->conns, info->connect_fd, SERVER_HEAD_MS) : NULL;
    } else { /* called before the descriptor is closed */
        conn_remove(s->conns, *context);
        *context = NULL;
    }
}

void server_sweep(struct server *s)
{
    (void)conns_sweep(s->conns);
}

unsigned server_connections(struct server *s)
{
    return conns_count(s->conns);
}

/* The request line has come: the raw target, before the library takes it apart. */
static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
    struct item *it = calloc(1, sizeof(*it));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    if (!it)
        return NULL;
    it->server = arg;
    it->connection = connection;
    it->conn = info ? info->socket_context : NULL;
    it->started_ms = clock_mono_ms();
    it->request = request_new();
    if (it->request)
        it->target = arena_dup(it->request->arena, target, strlen(target));
    if (!it->target) {
        request_free(it->request);
        free(it);
        return NULL;
    }
    it->request->carrier = it;
    return it;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    struct server *s = arg;
    struct item *it = *context;

    (void)connection;
    (void)why;
    if (!it)
        return;
    set_deadline(it, SERVER_IDLE_S * 1000 + SERVER_HEAD_MS); /* the next request's head */
    atomic_fetch_sub(&s->bodies, it->counted);
    stream_close(it->request->reply.stream); /* the browser left before its answer was begun */
    request_free(it->request);
    free(it);
    *context = NULL;
}

static enum MHD_Result on_header(void *arg, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                 const char *value, size_t value_n)
{
    struct request *r = arg;
    char *name = arena_dup(r->arena, key, key_n),
         *text = arena_dup(r->arena, value ? value : "", value ? value_n : 0);

    (void)kind;
    if (name && text)
        head_header(&r->head, span_of(name, key_n), span_of(text, value ? value_n : 0));
    else
        r->head.problem = PROBLEM_HEADERS;
    return MHD_YES;
}

static struct MHD_Response *plain_response(struct request *r)
{
    struct reply *a = &r->reply;
    struct MHD_Response *m;

    if (a->fixed.p)
        return MHD_create_response_from_buffer(a->fixed.n, (void *)a->fixed.p, MHD_RESPMEM_PERSISTENT);
    if (!a->body.p)
        return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    m = MHD_create_response_from_buffer(a->body.n, a->body.p, MHD_RESPMEM_MUST_FREE);
    if (m)
        a->body.p = NULL; /* the library frees it */
    return m;
}

static void pause_stream(void *arg)
{
    MHD_suspend_connection(arg);
}

static void resume_stream(void *arg)
{
    MHD_resume_connection(arg);
}

static ssize_t read_stream(void *arg, uint64_t pos, char *buf, size_t max)
{
    ssize_t n = stream_read(arg, buf, max);

    (void)pos;
    return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static void free_stream(void *arg)
{
    stream_close(arg);
}

static struct MHD_Response *stream_response(struct item *it)
{
    struct stream *s = it->request->reply.stream;
    struct MHD_Response *m =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, s, free_stream);

    if (!m)
        return NULL;
    stream_attach(s, (struct stream_waiter){pause_stream, resume_stream, it->connection});
    it->request->reply.stream = NULL;
    return m;
}

static enum MHD_Result answer(struct item *it)
{
    struct request *r = it->request;
    struct reply *a = &r->reply;
    bool stream = a->stream != NULL;
    struct MHD_Response *m = stream ? stream_response(it) : plain_response(r);
    enum MHD_Result rc;

    it->stage = STAGE_ANSWER;
    if (!m) {
        stream_close(a->stream);
        a->stream = NULL;
        return MHD_NO;
    }
    for (size_t i = 0; i < GH_COUNT(always); i++)
        MHD_add_response_header(m, always[i].name, always[i].value);
    if (!a->cacheable)
        MHD_add_response_header(m, "Cache-Control", "no-store");
    if (a->content_type && a->status != 204 && a->status != 304)
        MHD_add_response_header(m, "Content-Type", a->content_type);
    for (size_t i = 0; i < a->headers; i++)
        MHD_add_response_header(m, a->header[i].name, a->header[i].value);
    if (a->close)
        MHD_add_response_header(m, "Connection", "close");
    set_deadline(it, stream ? 0 : SERVER_ANSWER_MS);
    it->server->opt.answered(it->server->opt.arg, r);
    rc = MHD_queue_response(it->connection, (unsigned)a->status, m);
    MHD_destroy_response(m);
    return rc;
}

/* Refuses before the body was read: what may follow on this connection is not trusted to be a request. */
static enum MHD_Result refuse(struct item *it)
{
    it->request->reply.close = true;
    return answer(it);
}

static enum MHD_Result begin(struct item *it, const char *method, const char *version)
{
    struct server *s = it->server;
    struct request *r = it->request;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(it->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(it->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    uint64_t body_max = 0;

    r->fd = socket ? socket->connect_fd : -1;
    request_set_address(r, info ? info->client_addr : NULL);
    head_line(&r->head, span_str(method), span_str(it->target), span_str(version));
    MHD_get_connection_values_n(it->connection, MHD_HEADER_KIND, on_header, r);
    if (head_end(&r->head) == PROBLEM_NONE && !head_host_known(r->head.host, s->opt.host_names))
        r->head.problem = PROBLEM_BAD_HOST;
    if (r->head.problem != PROBLEM_NONE) {
        reply_problem(r, r->head.problem);
        return refuse(it);
    }
    if (!s->opt.route(s->opt.arg, r, &it->lane, &body_max))
        return refuse(it);
    if (r->head.length > body_max) {
        reply_problem_say(r, PROBLEM_TOO_LARGE, "The body is larger than %llu bytes.",
                          (unsigned long long)body_max);
        return refuse(it);
    }
    r->body.max = (size_t)r->head.length;
    it->stage = STAGE_BODY;
    set_deadline(it, SERVER_BODY_MS);
    return MHD_YES;
}

static enum MHD_Result take_body(struct item *it, const char *data, size_t *n)
{
    struct server *s = it->server;
    uint64_t late = clock_mono_ms() - it->started_ms, all;

    writer_bytes(&it->request->body, data, *n);
    it->counted += *n;
    all = atomic_fetch_add(&s->bodies, *n) + *n;
    *n = 0;
    if (!writer_ok(&it->request->body) || all > SERVER_BODIES)
        return MHD_NO; /* ends the connection */
    all = SERVER_BODY_MS + it->counted * 1000 / SERVER_BODY_RATE;
    set_deadline(it, all > late ? all - late : 1);
    return MHD_YES;
}

static enum MHD_Result work(struct item *it)
{
    struct server *s = it->server;

    set_deadline(it, 0);
    if (it->lane == LANE_DIRECT) {
        s->opt.direct(s->opt.arg, it->request);
        return answer(it);
    }
    it->stage = STAGE_WORK;
    MHD_suspend_connection(it->connection);
    if (s->opt.submit(s->opt.arg, it->lane, it->request))
        return MHD_YES;
    reply_problem(it->request, PROBLEM_BUSY);
    reply_header(it->request, "Retry-After", "2");
    MHD_resume_connection(it->connection);
    return MHD_YES; /* called again at once, to answer */
}

void server_done(struct request *r)
{
    struct item *it = r->carrier;
    MHD_resume_connection(it->connection);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *n,
                                  void **context)
{
    struct item *it = *context;

    (void)arg;
    (void)connection;
    (void)url; /* decoded by the library: the raw target is what we read */
    if (!it)
        return MHD_NO;
    switch (it->stage) {
    case STAGE_HEAD:
        return begin(it, method, version);
    case STAGE_BODY:
        return *n ? take_body(it, data, n) : work(it);
    case STAGE_WORK:
        return answer(it);
    case STAGE_ANSWER:
        *n = 0; /* the rest of a body that was refused */
        return MHD_YES;
    }
    return MHD_NO;
}

static void on_log(void *arg, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void on_log(void *arg, const char *fmt, va_list ap)
{
    struct server *s = arg;
    char line[512];
    size_t n;

    vsnprintf(line, sizeof(line), fmt, ap);
    for (n = strlen(line); n && (line[n - 1] == '\n' || line[n - 1] == '\r'); n--)
        line[n - 1] = 0;
    if (s->opt.log)
        s->opt.log(s->opt.arg, line);
}

struct server *server_start(const struct server_options *opt, char *err, size_t cap)
{
    struct server *s = calloc(1, sizeof(*s));

    if (!s) {
        snprintf(err, cap, "%s", status_text(ST_NOMEM));
        return NULL;
    }
    s->opt = *opt;
    s->conns = conns_new();
    if (s->conns)
        s->daemon = MHD_start_daemon(
            MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
            NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, s, MHD_OPTION_LISTEN_SOCKET,
            opt->listen_fd, MHD_OPTION_THREAD_POOL_SIZE, opt->threads, MHD_OPTION_CONNECTION_LIMIT,
            opt->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, opt->per_address,
            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SERVER_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
            (size_t)MEMORY_LIMIT, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
            on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_URI_LOG_CALLBACK,
            on_target, s, MHD_OPTION_HTTPS_MEM_CERT, opt->certificate_pem, MHD_OPTION_HTTPS_MEM_KEY,
            opt->key_pem, MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
            MHD_OPTION_END);
    if (s->daemon)
        return s;
    snprintf(err, cap, "the web server cannot start (certificate, key or listening socket)");
    conns_free(s->conns);
    free(s);
    return NULL;
}

void server_stop(struct server *s)
{
    if (!s)
        return;
    MHD_stop_daemon(s->daemon);
    conns_free(s->conns);
    free(s);
}
