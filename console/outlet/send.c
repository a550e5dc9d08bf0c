/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/outlet/send.h"
#include "base/clock.h"
#include "base/curl_strict.h"
#include "base/file.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CA_FILE "/etc/ssl/certs/ca-certificates.crt"
#define CA_MAX (4u << 20)
#define URL_MAX 2048
#define CONNECT_MS 5000L
#define SETTLE_MS 100 /* how long a receiver may take to slam the door behind a batch */

struct slot {
    int64_t output;
    char target[URL_MAX];
    CURL *curl;
    uint64_t used_ms;
    bool busy;
};
struct sender {
    const struct conf *conf;
    struct nets nets;
    struct writer ca;
    pthread_mutex_t lock;
    struct slot slot[SEND_SLOTS];
};
/* One attempt: what the callbacks tell. */
struct attempt {
    struct sender *s;
    char refused[SEND_REASON];
};

static void read_authorities(struct writer *w)
{
    /* without it only receivers with an authority of their own can be reached */
    if (file_read(CA_FILE, w->max, w))
        writer_clear(w);
}

struct sender *sender_new(const struct conf *c)
{
    struct sender *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->conf = c;
    pthread_mutex_init(&s->lock, NULL);
    writer_init(&s->ca, CA_MAX);
    read_authorities(&s->ca);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (nets_parse(&s->nets, span_str(c->console_output_nets), NULL) != 0)
        s->nets.n = 0; /* it was checked when it was read */
    return s;
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < SEND_SLOTS; i++)
        curl_easy_cleanup(s->slot[i].curl);
    writer_done(&s->ca);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- where to ---- */

/* Is the host among console.output_names? */
static bool name_allowed(const char *names, const char *host)
{
    struct span rest = span_trim(span_str(names)), h = span_str(host);

    if (!rest.n)
        return true;
    while (rest.n) {
        ptrdiff_t blank = span_find_byte(rest, ' ', 0);
        struct span one = span_part(rest, 0, blank < 0 ? rest.n : (size_t)blank);
        if (span_starts(one, ".")
                ? h.n > one.n && span_same_nocase(h.p + h.n - one.n, (const char *)one.p, one.n)
                : h.n == one.n && span_same_nocase(h.p, (const char *)one.p, one.n))
            return true;
        rest = span_trim(span_part(rest, one.n, rest.n));
    }
    return false;
}

/* The address that is about to be connected: the only one that counts. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct attempt *t = arg;
    uint8_t addr[16] = {0};
    char text[INET6_ADDRSTRLEN] = "?";
    const char *kind;

    (void)purpose;
    if (to->family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &to->addr, sizeof(v4));
        addr[10] = addr[11] = 0xff;
        memcpy(addr + 12, &v4.sin_addr, 4);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    } else if (to->family == AF_INET6 && to->addrlen >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 v6;
        memcpy(&v6, (const void *)&to->addr, sizeof(v6));
        memcpy(addr, &v6.sin6_addr, 16);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    } else {
        return CURL_SOCKET_BAD;
    }
    kind = nets_special(addr);
    if (kind && !nets_has(&t->s->nets, addr)) {
        snprintf(t->refused, sizeof(t->refused),
                 "%s is %s and console.output_nets does not name it: nothing was sent", text, kind);
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static bool url_allowed(struct sender *s, const char *url, struct outcome *ret)
{
    CURLU *u = curl_url();
    char *host = NULL, *scheme = NULL, *user = NULL;
    bool good = false;

    ret->permanent = true;
    if (!u || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        snprintf(ret->reason, sizeof(ret->reason), "the address cannot be read");
    else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
        snprintf(ret->reason, sizeof(ret->reason), "an address holds no name and password");
    else if (strcmp(scheme, "https") != 0 && !(s->conf->console_output_http && !strcmp(scheme, "http")))
        snprintf(ret->reason, sizeof(ret->reason), "only https:// is sent to (console.output_http is off)");
    else if (!name_allowed(s->conf->console_output_names, host))
        snprintf(ret->reason, sizeof(ret->reason), "%.100s is not among console.output_names", host);
    else
        good = true;
    curl_free(user);
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(u);
    ret->permanent = !good;
    return good;
}

/* ---- one connection ---- */

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    (void)p;
    (void)arg;
    return size * n; /* what a receiver says besides its status is not ours to keep */
}

static void set_up(CURL *c, struct sender *s, const struct batch *b, const char *url, struct attempt *t)
{
    curl_strict(c, "https,http");
    curl_trust(c, b->ca.n ? b->ca.p : s->ca.p, b->ca.n ? b->ca.n : s->ca.n);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)b->timeout_ms);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
}

static void explain(const struct attempt *t, CURLcode rc, const char *message, struct outcome *ret)
{
    if (t->refused[0]) {
        snprintf(ret->reason, sizeof(ret->reason), "%s", t->refused);
        ret->permanent =
            false; /* the configuration, or the name's address, may change; nothing is dropped for it */
    } else {
        snprintf(ret->reason, sizeof(ret->reason), "%.200s", message[0] ? message : curl_easy_strerror(rc));
    }
}

/* ---- webhooks ---- */

static void judge_status(long status, struct outcome *ret)
{
    ret->status = status;
    ret->ok = status >= 200 && status < 300;
    /* what the receiver will refuse for ever; not sign-in, rate or its own trouble, which people mend */
    ret->permanent = status == 400 || status == 406 || status == 410 || status == 411 || status == 413 ||
                     status == 414 || status == 415 || status == 422 || status == 431;
    if (!ret->ok)
        snprintf(ret->reason, sizeof(ret->reason),
                 status >= 300 && status < 400
                     ? "it answered %ld: redirects are not followed; give the final address"
                     : "it answered %ld",
                 status);
}

static void send_webhook(struct sender *s, const struct batch *b, struct outcome *ret)
{
    char message[CURL_ERROR_SIZE] = "";
    struct attempt t = {.s = s};
    struct curl_slist *headers = NULL;
    CURL *c = curl_easy_init();
    long status = 0;
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    if (c) {
        set_up(c, s, b, b->target, &t);
        for (size_t i = 0; i < b->headers; i++)
            headers = curl_slist_append(headers, b->header[i].line);
        headers = curl_slist_append(headers, "Expect:");
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)b->body.n);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, b->body.p);
        curl_easy_setopt(c, CURLOPT_ERRORBUFFER, message);
        rc = curl_easy_perform(c);
    }
    if (rc == CURLE_OK) {
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
        judge_status(status, ret);
    } else {
        explain(&t, rc, message, ret);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
}

/* ---- syslog ---- */

/* The output's connection, or the place for one; busy until give_back. */
static struct slot *take_slot(struct sender *s, const struct batch *b)
{
    struct slot *best = NULL;

    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < SEND_SLOTS; i++) {
        struct slot *one = &s->slot[i];
        if (one->busy)
            continue;
        if (b->output && one->output == b->output) {
            best = one;
            break;
        }
        if (!best || one->used_ms < best->used_ms)
            best = one;
    }
    if (best)
        best->busy = true;
    pthread_mutex_unlock(&s->lock);
    if (best && (best->output != b->output || !b->output || strcmp(best->target, b->target) != 0)) {
        curl_easy_cleanup(best->curl);
        best->curl = NULL;
        best->output = b->output;
        snprintf(best->target, sizeof(best->target), "%s", b->target);
    }
    return best;
}

static void give_back(struct sender *s, struct slot *slot, bool keep)
{
    if (!keep) {
        curl_easy_cleanup(slot->curl);
        slot->curl = NULL;
    }
    pthread_mutex_lock(&s->lock);
    slot->used_ms = clock_mono_ms();
    slot->busy = false;
    pthread_mutex_unlock(&s->lock);
}

static bool wait_for(curl_socket_t fd, short events, int ms)
{
    struct pollfd p = {.fd = fd, .events = events};

    return poll(&p, 1, ms) > 0;
}

/* A receiver of syslog has nothing to say: when there is something to read, it is the end. */
static bool is_alive(CURL *c, int ms)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    char buf[64];
    size_t n;

    curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD)
        return false;
    if (!wait_for(fd, POLLIN, ms))
        return true;
    return curl_easy_recv(c, buf, sizeof(buf), &n) == CURLE_AGAIN; /* a ticket of TLS, for instance */
}

static CURLcode write_all(CURL *c, struct span body, uint64_t until_ms)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    size_t done = 0, n;
    CURLcode rc = CURLE_OK;

    curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &fd);
    while (done < body.n && rc == CURLE_OK) {
        rc = curl_easy_send(c, body.p + done, body.n - done, &n);
        if (rc == CURLE_OK)
            done += n;
        else if (rc == CURLE_AGAIN)
            rc = clock_mono_ms() < until_ms ? (wait_for(fd, POLLOUT, 250), CURLE_OK)
                                            : CURLE_OPERATION_TIMEDOUT;
    }
    return rc;
}

static void send_syslog(struct sender *s, const struct batch *b, const char *url, struct outcome *ret)
{
    char message[CURL_ERROR_SIZE] = "";
    struct attempt t = {.s = s};
    struct slot *slot = take_slot(s, b);
    CURLcode rc = CURLE_OK;

    if (!slot) {
        snprintf(ret->reason, sizeof(ret->reason), "too many connections at once");
        return;
    }
    if (slot->curl && !is_alive(slot->curl, 0)) {
        ret->stale = true;
        snprintf(ret->reason, sizeof(ret->reason),
                 "the receiver had closed the connection; what was sent last is sent again");
        give_back(s, slot, false);
        return;
    }
    if (!slot->curl) {
        slot->curl = curl_easy_init();
        if (slot->curl) {
            set_up(slot->curl, s, b, url, &t);
            curl_easy_setopt(slot->curl, CURLOPT_CONNECT_ONLY, 1L);
            curl_easy_setopt(slot->curl, CURLOPT_SSL_ENABLE_ALPN, 0L);
            curl_easy_setopt(slot->curl, CURLOPT_TCP_KEEPALIVE, 1L);
            curl_easy_setopt(slot->curl, CURLOPT_ERRORBUFFER, message);
            rc = curl_easy_perform(slot->curl);
            curl_easy_setopt(slot->curl, CURLOPT_ERRORBUFFER, NULL); /* it lives on, this buffer does not */
            curl_easy_setopt(slot->curl, CURLOPT_OPENSOCKETDATA, NULL);
        } else {
            rc = CURLE_OUT_OF_MEMORY;
        }
    }
    if (rc == CURLE_OK)
        rc = write_all(slot->curl, b->body, clock_mono_ms() + b->timeout_ms);
    ret->ok = rc == CURLE_OK && is_alive(slot->curl, SETTLE_MS);
    if (rc != CURLE_OK)
        explain(&t, rc, message, ret);
    else if (!ret->ok)
        snprintf(ret->reason, sizeof(ret->reason), "the receiver closed the connection");
    give_back(s, slot, ret->ok && b->output);
}

void sender_send(struct sender *s, const struct batch *b, struct outcome *ret)
{
    char url[URL_MAX];

    *ret = (struct outcome){.ok = false};
    if ((size_t)snprintf(url, sizeof(url), b->syslog ? "https://%s/" : "%s", b->target) >= sizeof(url)) {
        snprintf(ret->reason, sizeof(ret->reason), "the address is too long");
        ret->permanent = true;
    } else if (url_allowed(s, url, ret)) {
        if (b->syslog)
            send_syslog(s, b, url, ret);
        else
            send_webhook(s, b, ret);
    } else {
        ret->permanent = false; /* the events are not at fault */
    }
}
