/* SPDX-License-Identifier: GPL-3.0-or-later
 * The second door to libcurl in this room: gh-outlet's sends to whatever people name and looks at each
 * address; this one knows a single address, which comes from the configuration. */
#include "console/events/click_link.h"
#include "base/curl_strict.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CA_FILE "/etc/ssl/certs/ca-certificates.crt"
#define CA_MAX (4u << 20)
#define CONNECT_MS 5000L
#define GRACE_MS 2000 /* for the way, beyond what the server itself allows */
#define MEMORY (8ull << 30)
#define FILES 256
#define LINKS 64
#define URL_MAX 2048
#define SERVER_MESSAGE 2048

struct link {
    struct link_setup *setup;
    int fd;
    unsigned number, asked;
    CURL *curl;
    struct curl_slist *headers;
    struct writer sql, body, out;
    bool gone; /* LINK_CANCEL came */
};

/* ---- setting up ---- */

static int read_file(const char *path, struct writer *w)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n = 0;
    uint8_t *to;

    if (fd < 0)
        return status_from_errno(errno);
    while ((to = writer_reserve(w, 4096)) && (n = read(fd, to, 4096)) > 0)
        writer_advance(w, (size_t)n);
    close(fd);
    return !to ? ST_LIMIT : n < 0 ? ST_IO : 0;
}

static bool plain_name(const char *s)
{
    for (const char *c = s; *c; c++)
        if (!(*c >= '0' && *c <= '9') && !((*c | 32) >= 'a' && (*c | 32) <= 'z') && *c != '_')
            return false;
    return *s && !(*s >= '0' && *s <= '9');
}

static int take_apart(const char *url, struct link_setup *s, char *err, size_t cap)
{
    char *scheme = NULL, *host = NULL, *path = NULL, *user = NULL, *port = NULL;
    CURLU *u = curl_url();
    bool good = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
                (!strcmp(scheme, "https") || !strcmp(scheme, "http"));

    if (!good) {
        snprintf(err, cap, "it is no address like https://host:8443/database");
    } else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK) {
        snprintf(err, cap,
                 "no name and password in it: console.events_user and console.events_password hold them");
        good = false;
    } else if (path[0] != '/' || !plain_name(path + 1) || strlen(path + 1) >= sizeof(s->database)) {
        snprintf(err, cap,
                 "a database of letters and digits stands behind the host, like https://host:8443/gatehouse");
        good = false;
    } else {
        s->tls = !strcmp(scheme, "https");
        if (curl_url_get(u, CURLUPART_PORT, &port, 0) != CURLUE_OK)
            port = NULL;
        snprintf(s->base, sizeof(s->base), "%s://%s:%s/", scheme, host,
                 port     ? port
                 : s->tls ? "8443"
                          : "8123");
        snprintf(s->database, sizeof(s->database), "%s", path + 1);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(path);
    curl_free(user);
    curl_free(port);
    curl_url_cleanup(u);
    return good ? 0 : ST_USAGE;
}

int link_setup(const struct click_address *a, struct link_setup *s, char *err, size_t cap)
{
    struct writer password;
    struct span line;
    int rc;

    memset(s, 0, sizeof(*s));
    writer_init(&s->ca, CA_MAX);
    s->run_as = a->run_as;
    rc = take_apart(a->url, s, err, cap);
    if (!rc && (size_t)snprintf(s->user, sizeof(s->user), "%s", a->user) >= sizeof(s->user))
        rc = ST_USAGE;
    if (!rc && *a->password) {
        writer_init(&password, 3 * 4096);
        rc = read_file(a->password, &password);
        line = rc ? (struct span){NULL, 0} : span_trim(writer_span(&password));
        if (rc || !line.n || line.n >= sizeof(s->password) || span_find_byte(line, '\n', 0) >= 0 ||
            span_find_byte(line, '\r', 0) >= 0) {
            snprintf(err, cap, "%s: %s (console.events_password)", a->password,
                     rc ? status_text(rc) : "it holds no single line with a password");
            rc = ST_USAGE;
        } else {
            memcpy(s->password, line.p, line.n);
        }
        if (password.p)
            seal_wipe(password.p, password.cap);
        writer_done(&password);
    }
    if (!rc && s->tls) {
        rc = read_file(*a->ca ? a->ca : CA_FILE, &s->ca);
        if (rc && *a->ca) {
            snprintf(err, cap, "%s: %s (console.events_ca)", a->ca, status_text(rc));
            return ST_USAGE;
        }
        rc = 0; /* without certificates of this machine nothing is trusted: each question says so */
    }
    return rc;
}

void link_setup_done(struct link_setup *s)
{
    writer_done(&s->ca);
    seal_wipe(s->password, sizeof(s->password));
}

/* ---- frames ---- */

bool link_write(int fd, const void *p, size_t n)
{
    const uint8_t *at = p;

    while (n) {
        ssize_t done = send(fd, at, n, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

bool link_read(int fd, void *p, size_t n)
{
    uint8_t *at = p;

    while (n) {
        ssize_t done = recv(fd, at, n, 0);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

static bool read_text(int fd, struct writer *w, uint64_t n)
{
    uint8_t *to;

    writer_clear(w);
    if (!n)
        return true;
    to = writer_reserve(w, n);
    if (!to || !link_read(fd, to, n))
        return false;
    writer_advance(w, n);
    return true;
}

/* The next request; false: the console is gone, or says what it cannot mean. */
static bool read_request(struct link *l, struct link_head *h)
{
    do {
        if (!link_read(l->fd, &h->mark, 1))
            return false;
    } while (h->mark == LINK_CANCEL); /* of a request that had ended by itself */
    return h->mark == LINK_REQUEST && link_read(l->fd, (uint8_t *)h + 1, sizeof(*h) - 1) &&
           h->kind < LINK_KINDS && h->sql <= LINK_SQL_MAX && h->body <= CLICK_INSERT_MAX &&
           read_text(l->fd, &l->sql, h->sql) && read_text(l->fd, &l->body, h->body);
}

/* ---- HTTP ---- */

static size_t on_answer(char *p, size_t size, size_t n, void *arg)
{
    struct link *l = arg;

    writer_bytes(&l->out, p, size * n);
    return writer_ok(&l->out) ? size * n : 0;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct link *l = arg;
    uint8_t one;
    ssize_t n = recv(l->fd, &one, 1, MSG_DONTWAIT);

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    l->gone = l->gone || n == 0 || (n == 1 && one == LINK_CANCEL);
    return l->gone;
}

static CURL *connection(struct link *l)
{
    struct link_setup *s = l->setup;
    char line[512];
    CURL *c = l->curl ? l->curl : curl_easy_init();

    l->curl = c;
    if (!c || l->headers)
        return c;
    curl_strict(c, s->tls ? "https" : "http");
    curl_trust(c, s->ca.p, s->ca.n);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, l);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, l);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    l->headers = curl_slist_append(NULL, "Expect:");
    l->headers = curl_slist_append(l->headers, "Content-Type: application/octet-stream");
    if (*s->user) {
        snprintf(line, sizeof(line), "X-ClickHouse-User: %s", s->user);
        l->headers = curl_slist_append(l->headers, line);
        snprintf(line, sizeof(line), "X-ClickHouse-Key: %s", s->password);
        l->headers = curl_slist_append(l->headers, line);
        seal_wipe(line, sizeof(line));
    }
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, l->headers);
    return c;
}

/* The address of one request. An answer comes when it is whole: otherwise a server that fails in its middle
 * could say so only among the rows. The settings are those that both old and current servers know; an
 * insert's name is one, so that the server refuses a second one while the first is at work. */
static void put_url(const struct link *l, enum link_kind kind, uint32_t ms, const char *id,
                    char url[static URL_MAX], CURL *c)
{
    const struct link_setup *s = l->setup;
    int n = snprintf(url, URL_MAX,
                     "%s?database=%s&query_id=%s&max_query_size=67108864&max_ast_elements=2000000&max_"
                     "expanded_ast_elements=4000000",
                     s->base, s->database, id);

    if (kind == LINK_ASK)
        n += snprintf(url + n, URL_MAX - (size_t)n,
                      "&wait_end_of_query=1&buffer_size=1048576&max_execution_time=%u", (ms + 999) / 1000);
    if (kind == LINK_INSERT) {
        char *sql = curl_easy_escape(c, (const char *)l->sql.p, (int)l->sql.n);
        snprintf(url + n, URL_MAX - (size_t)n, "&query=%s", sql ? sql : "");
        curl_free(sql);
    }
}

static CURLcode perform(struct link *l, const char *url, struct span body, uint32_t ms, long *status)
{
    CURL *c = l->curl;
    CURLcode rc;

    writer_clear(&l->out);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)ms + GRACE_MS);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.n ? (const char *)body.p : "");
    rc = curl_easy_perform(c);
    *status = 0;
    if (rc == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
    return rc;
}

/* Nobody waits any more: the server need not work on. Old ones do not see that a connection has ended. */
static void kill_query(struct link *l, const char *id)
{
    char url[URL_MAX], sql[160];
    long status;
    bool gone = l->gone;

    snprintf(sql, sizeof(sql), "KILL QUERY WHERE query_id = '%s' ASYNC", id);
    snprintf(url, sizeof(url), "%s?database=%s", l->setup->base, l->setup->database);
    l->gone = false;
    (void)perform(l, url, span_str(sql), 1000, &status);
    l->gone = gone;
}

/* What a server says, up to what only its developers want to know. */
static struct span sentence(struct span s)
{
    ptrdiff_t end = span_find(s, span_str(", e.what()"), 0);

    s = span_part(s, 0, end < 0 ? s.n : (size_t)end);
    return span_trim(span_part(s, 0, SERVER_MESSAGE));
}

static int32_t judge(struct link *l, CURLcode rc, long status, struct span *text)
{
    *text = sentence(writer_span(&l->out));
    if (rc == CURLE_OK && status == 200) {
        *text = writer_span(&l->out);
        return 0;
    }
    if (rc == CURLE_OK && (span_starts(*text, "Code: 159") || span_starts(*text, "Code: 160") ||
                           span_starts(*text, "Code: 394")))
        return ST_TIMEOUT;
    if (rc == CURLE_OK)
        return ST_IO;
    *text = span_str(curl_easy_strerror(rc));
    if (rc == CURLE_WRITE_ERROR)
        return ST_FULL;
    return rc == CURLE_OPERATION_TIMEDOUT || rc == CURLE_ABORTED_BY_CALLBACK ? ST_TIMEOUT : ST_CLOSED;
}

static bool serve_one(struct link *l)
{
    struct link_answer a = {.rc = 0};
    struct span text = {NULL, 0}, body;
    char url[URL_MAX], id[64];
    struct link_head h;
    long status = 0;
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    if (!read_request(l, &h))
        return false;
    body = writer_span(h.kind == LINK_INSERT ? &l->body : &l->sql);
    if (h.kind == LINK_INSERT)
        snprintf(id, sizeof(id), "gatehouse-ship-%.40s", l->setup->database);
    else
        snprintf(id, sizeof(id), "gatehouse-%d-%u-%u", (int)getpid(), l->number, l->asked++);
    l->gone = false;
    if (connection(l)) {
        put_url(l, (enum link_kind)h.kind, h.ms, id, url, l->curl);
        rc = perform(l, url, body, h.ms, &status);
    }
    a.rc = judge(l, rc, status, &text);
    if (a.rc == ST_TIMEOUT && h.kind == LINK_ASK) {
        kill_query(l, id);
        text = span_str("it took too long");
    }
    a.n = (uint32_t)text.n;
    return link_write(l->fd, &a, sizeof(a)) && link_write(l->fd, text.p, text.n);
}

static void *serve(void *arg)
{
    struct link *l = arg;

    writer_init(&l->sql, LINK_SQL_MAX);
    writer_init(&l->body, CLICK_INSERT_MAX);
    writer_init(&l->out, CLICK_ANSWER_MAX);
    while (serve_one(l))
        continue;
    curl_easy_cleanup(l->curl);
    curl_slist_free_all(l->headers);
    writer_done(&l->sql);
    writer_done(&l->body);
    writer_done(&l->out);
    close(l->fd);
    return NULL;
}

int link_serve(struct link_setup *s, const int *fds, size_t n)
{
    static const char *const ro[] = {JAIL_RESOLVER, NULL};
    const struct jail_options opt = {.user = s->run_as, .ro = ro, .memory = MEMORY, .files = FILES};
    static struct link link[LINKS];
    pthread_t thread[LINKS];
    char err[256] = "";
    size_t started = 0;
    int abi = 0;

    gh_check(n <= LINKS);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (jail_enter_quietly(JAIL_UPLINK, &opt, &abi, err, sizeof(err)) != 0) {
        log_error("%s", err);
        return 3;
    }
    for (; started < n; started++) {
        link[started] = (struct link){.setup = s, .fd = fds[started], .number = (unsigned)started};
        if (pthread_create(&thread[started], NULL, serve, &link[started]) != 0)
            break;
    }
    for (size_t i = started; i < n; i++)
        close(fds[i]); /* whoever wants it ends */
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
