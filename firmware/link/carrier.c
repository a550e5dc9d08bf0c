/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/carrier.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

struct carrier {
    CURL *curl;
    struct curl_slist *headers;
    char base[LINK_URL], pin[LINK_PIN + 16], message[CURL_ERROR_SIZE];
    struct writer *answer;
    uint64_t timeout_ms, rate;
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
    curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(c->curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* The console's certificate is its own; what identifies it is its public key, pinned at enrolment. */
    curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(c->curl, CURLOPT_PINNEDPUBLICKEY, c->pin);
    curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_TIME, (long)((timeout_ms + 999) / 1000));
    curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->message);
    curl_easy_setopt(c->curl, CURLOPT_USERAGENT, "gatehouse/" GH_VERSION);
    return c;
}

void carrier_proxy(struct carrier *c, const char *proxy)
{
    curl_easy_setopt(c->curl, CURLOPT_PROXY, proxy);
    curl_easy_setopt(c->curl, CURLOPT_HTTPPROXYTUNNEL, *proxy ? 1L : 0L);
    curl_easy_setopt(c->curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
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

int carrier_post(struct carrier *c, const struct letter *letter, long *ret_status, struct writer *answer)
{
    CURLcode rc;

    if (address(c, letter) != 0)
        return ST_NOMEM;

    c->answer = answer;
    c->message[0] = 0;
    writer_clear(answer);
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)letter->body.n);
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
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)((timeout_ms + 999) / 1000));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "gatehouse/" GH_VERSION);
    return curl;
}

int carrier_get(const char *url, uint64_t timeout_ms, struct writer *out)
{
    struct carrier sink = {.answer = out};
    CURL *curl = getter(timeout_ms);
    long status = 0;
    CURLcode rc;

    if (!curl || curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK)
        return ST_NOMEM;
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
