/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/carrier.h"
#include "base/clock.h"
#include "base/curl_strict.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of a connection that yields (carrier_yield): bytes that may be under way, and how they follow the delay. */
#define WINDOW_FIRST 8192u
#define WINDOW_LEAST 8192u
#define WINDOW_MOST (4u << 20)
#define QUEUED_US 250000u /* what may lie in queues, as time */
#define CHUNK_LEAST 1400u
#define LOOK_US 10000
#define HOLD_MS 500 /* longest that it is asked to wait in one go */

struct carrier {
    CURL *curl;
    struct curl_slist *headers;
    char base[LINK_URL], pin[LINK_PIN + 16], pin_next[LINK_PIN + 16], message[CURL_ERROR_SIZE];
    struct writer *answer;
    uint64_t timeout_ms, rate;
    bool switched;
    /* of a connection that yields */
    bool yields;
    curl_socket_t fd;
    struct span body;   /* what is left of the letter to hand over */
    struct span letter; /* all of it, should it be sent again */
    uint32_t window;
    uint64_t next_ms; /* when the window may change again */
};

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct carrier *c = arg;

    (void)size;                    /* always 1 */
    writer_bytes(c->answer, p, n); /* longer than any answer of ours: stop */
    return writer_ok(c->answer) ? n : 0;
}

struct carrier *carrier_new(const struct link_console *console, uint64_t timeout_ms)
{
    struct carrier *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    c->curl = curl_easy_init();
    if (!c->curl) {
        carrier_free(c);
        return NULL;
    }
    c->timeout_ms = timeout_ms;
    snprintf(c->base, sizeof(c->base), "%s", console->url);
    snprintf(c->pin, sizeof(c->pin), "sha256//%s", console->pin);
    if (*console->pin_next)
        snprintf(c->pin_next, sizeof(c->pin_next), "sha256//%s", console->pin_next);
    curl_strict(c->curl, "https");
    /* The console's certificate is its own; what identifies it is its public key, pinned at enrolment. */
    curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(c->curl, CURLOPT_PINNEDPUBLICKEY, c->pin);
    curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_TIME, (long)((timeout_ms + 999) / 1000));
    curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->message);
    return c;
}

void carrier_proxy(struct carrier *c, const char *proxy)
{
    curl_easy_setopt(c->curl, CURLOPT_PROXY, proxy);
    curl_easy_setopt(c->curl, CURLOPT_HTTPPROXYTUNNEL, *proxy ? 1L : 0L);
    curl_easy_setopt(c->curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    struct carrier *c = arg;

    (void)purpose;
    c->fd = fd;
    c->window = WINDOW_FIRST;
    c->next_ms = 0;
    return CURL_SOCKOPT_OK;
}

/* The window follows what packets take longer than they did at best: what they wait in queues. */
static void adjust(struct carrier *c, const struct tcp_info *i)
{
    uint64_t now = clock_mono_ms();
    uint32_t queued = i->tcpi_rtt > i->tcpi_min_rtt ? i->tcpi_rtt - i->tcpi_min_rtt : 0;

    if (now < c->next_ms)
        return;
    c->next_ms = now + i->tcpi_rtt / 2000 + 1; /* twice a round trip */
    if (queued > QUEUED_US)
        c->window -= c->window / 4;
    else if (queued < QUEUED_US / 2)
        c->window += c->window / 8;
    if (c->window < WINDOW_LEAST)
        c->window = WINDOW_LEAST;
    if (c->window > WINDOW_MOST)
        c->window = WINDOW_MOST;
}

/* How much may be handed to the kernel now; 0: what it has is enough. */
static size_t may_send(struct carrier *c)
{
    struct tcp_info i = {.tcpi_rtt = 0};
    socklen_t n = sizeof(i);
    uint64_t under_way;

    if (c->fd < 0 || getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &i, &n) != 0 ||
        n < offsetof(struct tcp_info, tcpi_min_rtt) + sizeof(i.tcpi_min_rtt))
        return SIZE_MAX; /* a kernel that does not tell: as it comes */
    adjust(c, &i);
    under_way = (uint64_t)i.tcpi_unacked * i.tcpi_snd_mss + i.tcpi_notsent_bytes;
    return under_way + CHUNK_LEAST <= c->window ? (size_t)(c->window - under_way) : 0;
}

/* The next piece of a letter. It waits here: the thread has nothing else to do, and the answer comes after
 * all of it. */
static size_t on_more(char *buf, size_t size, size_t n, void *arg)
{
    struct carrier *c = arg;
    uint64_t until = clock_mono_ms() + HOLD_MS;
    size_t room = 0, most = size * n;
    struct span part;

    while (c->body.n && !(room = may_send(c)) && clock_mono_ms() < until)
        usleep(LOOK_US);
    if (room < CHUNK_LEAST)
        room = CHUNK_LEAST; /* the line moves nothing: the time-outs decide, which need curl's turn */
    part = span_part(c->body, 0, room < most ? room : most);
    if (part.n)
        memcpy(buf, part.p, part.n);
    c->body = span_part(c->body, part.n, SIZE_MAX);
    return part.n;
}

/* A kept connection turned out to be dead: from the beginning, on a new one. */
static int on_again(void *arg, curl_off_t offset, int origin)
{
    struct carrier *c = arg;

    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > c->letter.n)
        return CURL_SEEKFUNC_CANTSEEK;
    c->body = span_part(c->letter, (size_t)offset, SIZE_MAX);
    return CURL_SEEKFUNC_OK;
}

void carrier_yield(struct carrier *c)
{
    c->yields = true;
    c->fd = -1;
    curl_easy_setopt(c->curl, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(c->curl, CURLOPT_SOCKOPTDATA, c);
    curl_easy_setopt(c->curl, CURLOPT_READFUNCTION, on_more);
    curl_easy_setopt(c->curl, CURLOPT_READDATA, c);
    curl_easy_setopt(c->curl, CURLOPT_SEEKFUNCTION, on_again);
    curl_easy_setopt(c->curl, CURLOPT_SEEKDATA, c);
}

static int on_thin_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    const int on = 1;

    (void)arg;
    (void)purpose;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, &on,
                     sizeof(on)); /* it works without, only later */
    return CURL_SOCKOPT_OK;
}

void carrier_thin(struct carrier *c)
{
    curl_easy_setopt(c->curl, CURLOPT_SOCKOPTFUNCTION, on_thin_socket);
    curl_easy_setopt(c->curl, CURLOPT_TCP_KEEPALIVE, 1L);
}

void carrier_rate(struct carrier *c, uint64_t rate)
{
    c->rate = rate;
    curl_easy_setopt(c->curl, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)rate);
    curl_easy_setopt(c->curl, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)rate);
}

/* As long as a line of 1 KiB/s, or of the rate where that is less, takes for n bytes. */
static long patience(const struct carrier *c, size_t n)
{
    uint64_t rate = c->rate && c->rate < 1024 ? c->rate : 1024;
    uint64_t ms = c->timeout_ms + (uint64_t)n * 1000 / rate;

    return ms < INT32_MAX ? (long)ms : INT32_MAX;
}

void carrier_free(struct carrier *c)
{
    if (!c)
        return;
    curl_slist_free_all(c->headers);
    curl_easy_cleanup(c->curl);
    free(c);
}

/* Address and headers of one letter. */
static int address(struct carrier *c, const struct letter *letter)
{
    char url[LINK_URL + 128], type[128];

    snprintf(url, sizeof(url), "%s%s", c->base, letter->path);
    snprintf(type, sizeof(type), "Content-Type: %s", letter->type);
    curl_slist_free_all(c->headers);
    c->headers = curl_slist_append(NULL, type);
    if (!c->headers || !curl_slist_append(c->headers, "Expect:") ||
        curl_easy_setopt(c->curl, CURLOPT_URL, url) != CURLE_OK)
        return ST_NOMEM;
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->headers);
    return 0;
}

static int post_once(struct carrier *c, const struct letter *letter, long *ret_status, struct writer *answer)
{
    CURLcode rc;

    if (address(c, letter) != 0)
        return ST_NOMEM;

    c->answer = answer;
    c->message[0] = 0;
    writer_clear(answer);
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)letter->body.n);
    c->letter = c->body = letter->body;
    if (c->yields)
        curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
    else
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, letter->body.p);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, patience(c, letter->body.n + letter->answer));
    rc = curl_easy_perform(c->curl);
    c->answer = NULL;
    if (rc != CURLE_OK && !c->message[0])
        snprintf(c->message, sizeof(c->message), "%s", curl_easy_strerror(rc));
    if (rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
        return ST_BAD_SIGNATURE;
    if (rc == CURLE_OPERATION_TIMEDOUT)
        return ST_TIMEOUT;
    if (rc != CURLE_OK)
        return ST_CLOSED;
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, ret_status);
    return 0;
}

/* The certificate that was announced is believed as soon as today's is not shown, and from then on alone. */
int carrier_post(struct carrier *c, const struct letter *letter, long *ret_status, struct writer *answer)
{
    char before[sizeof(c->pin)];
    int rc = post_once(c, letter, ret_status, answer);

    if (rc != ST_BAD_SIGNATURE || !*c->pin_next)
        return rc;
    memcpy(before, c->pin, sizeof(before));
    curl_easy_setopt(c->curl, CURLOPT_PINNEDPUBLICKEY, c->pin_next);
    rc = post_once(c, letter, ret_status, answer);
    if (rc) {
        curl_easy_setopt(c->curl, CURLOPT_PINNEDPUBLICKEY, before);
        return rc;
    }
    memcpy(c->pin, c->pin_next, sizeof(c->pin));
    c->pin_next[0] = 0;
    c->switched = true;
    return 0;
}

bool carrier_switched(const struct carrier *c)
{
    return c->switched;
}

int carrier_warm(struct carrier *c)
{
    char url[LINK_URL + 16];
    struct writer none;
    CURLcode rc;

    snprintf(url, sizeof(url), "%s/healthz", c->base);
    writer_init(&none, 4096);
    c->answer = &none;
    if (curl_easy_setopt(c->curl, CURLOPT_URL, url) != CURLE_OK)
        return ST_NOMEM;
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, (long)c->timeout_ms);
    rc = curl_easy_perform(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
    c->answer = NULL;
    writer_done(&none);
    return rc == CURLE_OK ? 0 : ST_CLOSED;
}

const char *carrier_message(const struct carrier *c)
{
    return c->message[0] ? c->message : "no message";
}

/* One connection is kept for all of a process's gets. */
static CURL *getter(uint64_t timeout_ms)
{
    static CURL *curl;

    if (!curl) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        curl = curl_easy_init();
    }
    if (!curl)
        return NULL;
    curl_easy_reset(curl); /* connections stay */
    curl_strict(curl, "http,https");
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)((timeout_ms + 999) / 1000));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    return curl;
}

int carrier_get(const char *url, const char *proxy, uint64_t timeout_ms, struct writer *out)
{
    struct carrier sink = {.answer = out};
    CURL *curl = getter(timeout_ms);
    long status = 0;
    CURLcode rc;

    if (!curl || curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK)
        return ST_NOMEM;
    if (*proxy) {
        curl_easy_setopt(curl, CURLOPT_PROXY, proxy);
        curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, 1L);
        curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
    rc = curl_easy_perform(curl);
    if (rc == CURLE_WRITE_ERROR)
        return ST_LIMIT;
    if (rc != CURLE_OK)
        return rc == CURLE_OPERATION_TIMEDOUT ? ST_TIMEOUT : ST_CLOSED;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 ? 0 : status == 404 ? ST_NOT_FOUND : ST_AGAIN;
}
