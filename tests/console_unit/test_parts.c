/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pool, streams, static files, enrolment files, certificate: each by itself. */
#include "base/base64.h"
#include "console/cert.h"
#include "console/enrol.h"
#include "console/http/pool.h"
#include "console/http/static.h"
#include "console/http/stream.h"
#include "tests/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int done;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void job(void *worker, void *arg)
{
    (void)worker;
    (void)arg;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    atomic_fetch_add(&done, 1);
}

static void test_pool(void)
{
    void *workers[2] = {NULL, NULL};
    struct pool *p = pool_new(2, workers, 3, job);
    int taken = 0;

    check_row("pool");
    pthread_mutex_lock(&gate);
    for (int i = 0; i < 20; i++)
        taken += pool_push(p, &done);
    CHECK(taken >= 3 && taken <= 5); /* three wait, up to two are in hand */
    pthread_mutex_unlock(&gate);
    pool_stop(p);
    CHECK(atomic_load(&done) == taken);
    CHECK(!pool_push(p, &done));
    pool_free(p);
    pool_stop(NULL);
    pool_free(NULL);
}

static int paused, resumed;
static void on_pause(void *arg)
{
    (void)arg;
    paused++;
}
static void on_resume(void *arg)
{
    (void)arg;
    resumed++;
}

static void test_stream(void)
{
    static char large[STREAM_BUFFER / 2];
    struct hub *h = hub_new(3, 2);
    struct stream *a = stream_open(h, 1, 0), *b = stream_open(h, 2, 0), *c;
    char buf[64];

    check_row("stream");
    memset(large, 'x', sizeof(large));
    stream_attach(a, (struct stream_waiter){on_pause, on_resume, NULL});
    CHECK(stream_read(a, buf, sizeof(buf)) == 0 && paused == 1);
    hub_publish(h, span_str("hello"));
    CHECK(resumed == 1);
    CHECK(stream_read(a, buf, 3) == 3 && !memcmp(buf, "hel", 3));
    CHECK(stream_read(a, buf, 9) == 2 && !memcmp(buf, "lo", 2));
    stream_send(a, span_str("own"));
    CHECK(stream_read(a, buf, 9) == 3);
    check_row("limits");
    c = stream_open(h, 1, 0);
    CHECK(c && !stream_open(h, 1, 0) && !stream_open(h, 3, 0));
    stream_close(c);
    check_row("too slow: it ends after what it has");
    for (int i = 0; i < 3; i++)
        stream_send(b, span_of(large, sizeof(large)));
    size_t all = 0;
    ssize_t n;
    while ((n = stream_read(b, large, sizeof(large))) > 0)
        all += (size_t)n;
    CHECK(n == -1 && all == 5 + 1 * sizeof(large));
    check_row("the end of a session");
    hub_end(h, 1, "bye");
    CHECK(stream_read(a, buf, 9) == 3);
    CHECK(stream_read(a, buf, 9) == -1);
    hub_end(h, 0, NULL);
    CHECK(!stream_open(h, 9, 0));
    stream_close(a);
    stream_close(b);
    CHECK(hub_count(h) == 0);
    hub_free(h);
}

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    CHECK(f && fputs(text, f) >= 0);
    if (f)
        fclose(f);
}

static const struct {
    const char *name, *path, *accept, *etag;
    int status;
    const char *body, *coding;
} gets[] = {
    {"index", "/", "", "", 200, "<p>", NULL},
    {"by name", "/index.html", "", "", 200, "<p>", NULL},
    {"plain", "/assets/a-0123456789.js", "", "", 200, "js", NULL},
    {"gzip", "/assets/a-0123456789.js", "gzip", "", 200, "gz", "gzip"},
    {"brotli first", "/assets/a-0123456789.js", "gzip, deflate, br", "", 200, "br", "br"},
    {"not brotli", "/assets/a-0123456789.js", "br;q=0, gzip;q=0.5", "", 200, "gz", "gzip"},
    {"no such coding", "/assets/a-0123456789.js", "brx", "", 200, "js", NULL},
    {"unknown ending", "/secret.key", "", "", 404, NULL, NULL},
    {"hidden", "/.env.json", "", "", 404, NULL, NULL},
    {"the packed form by its name", "/assets/a-0123456789.js.br", "", "", 404, NULL, NULL},
    {"only packed", "/only.js", "br", "", 404, NULL, NULL},
    {"link", "/link.html", "", "", 404, NULL, NULL},
    {"up", "/assets/../index.html", "", "", 404, NULL, NULL},
    {"folder", "/assets", "", "", 404, NULL, NULL},
};

static void test_static(void)
{
    char dir[] = "/tmp/gh-web-XXXXXX", path[256], err[256] = "";
    struct site *s = NULL;

    check_row("static");
    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/assets", dir);
    CHECK(mkdir(path, 0700) == 0);
    put_file(dir, "index.html", "<p>");
    put_file(dir, "secret.key", "key");
    put_file(dir, ".env.json", "{}");
    put_file(dir, "only.js.br", "br");
    put_file(dir, "assets/a-0123456789.js", "js");
    put_file(dir, "assets/a-0123456789.js.gz", "gz");
    put_file(dir, "assets/a-0123456789.js.br", "br");
    snprintf(path, sizeof(path), "%s/link.html", dir);
    CHECK(symlink("/etc/passwd", path) == 0);
    CHECK(site_load(dir, &s, err, sizeof(err)) == 0 && s);
    for (size_t i = 0; i < GH_COUNT(gets); i++) {
        struct request *r = request_new();
        const char *coding = NULL, *etag = NULL;
        r->head = (struct head){.path = span_str(gets[i].path), .accept_encoding = span_str(gets[i].accept)};
        site_reply(s, r);
        check_row(gets[i].name);
        CHECK(r->reply.status == gets[i].status);
        CHECK(!gets[i].body || span_eq(r->reply.fixed, span_str(gets[i].body)));
        for (size_t k = 0; k < r->reply.headers; k++) {
            coding = strcmp(r->reply.header[k].name, "Content-Encoding") ? coding : r->reply.header[k].value;
            etag = strcmp(r->reply.header[k].name, "ETag") ? etag : r->reply.header[k].value;
        }
        CHECK((coding == NULL) == (gets[i].coding == NULL) && (!coding || !strcmp(coding, gets[i].coding)));
        if (etag) {
            struct request *again = request_new();
            again->head = r->head;
            again->head.if_none_match = span_str(etag);
            site_reply(s, again);
            CHECK(again->reply.status == 304);
            request_free(again);
        }
        request_free(r);
    }
    site_free(s);
    check_row("no folder");
    CHECK(site_load("/nowhere", &s, err, sizeof(err)) == 0 && site_count(s) == 0);
    site_free(s);
    snprintf(path, sizeof(path), "%s", dir);
    static const char *const made[] = {"assets/a-0123456789.js",
                                       "assets/a-0123456789.js.gz",
                                       "assets/a-0123456789.js.br",
                                       "index.html",
                                       "secret.key",
                                       ".env.json",
                                       "only.js.br",
                                       "link.html"};
    for (size_t i = 0; i < GH_COUNT(made); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, made[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/assets", dir);
    rmdir(path);
    rmdir(dir);
}

static void test_enrol(void)
{
    struct seal_keys *box = seal_keys_generate(), *console = seal_keys_generate();
    char sign[BASE64_SIZE(32)], open[BASE64_SIZE(32)], text[512], phrase[128], again[128];
    struct enrol_answer a = {
        .url = "https://c:1", .pin = "pin", .console = *seal_keys_public(console), .committee = {{3}, {4}}};
    struct arena *arena = arena_new(1 << 20);
    struct enrol_request r;
    struct json *j = NULL;
    const char *why;
    struct writer w;

    check_row("enrol");
    base64_encode(seal_keys_public(box)->sign, 32, sign, sizeof(sign));
    base64_encode(seal_keys_public(box)->box, 32, open, sizeof(open));
    snprintf(text, sizeof(text),
             "{\"gatehouse\":\"enrol-request-v1\",\"name\":\"Hà Nội\",\"sign\":\"%s\",\"box\":\"%s\"}", sign,
             open);
    CHECK(enrol_read(span_str(text), &r, &why) == 0);
    CHECK_STR(r.name, "Hà Nội");
    CHECK(!memcmp(&r.keys, seal_keys_public(box), sizeof(r.keys)));
    CHECK(enrol_read(span_str("{}"), &r, &why) == ST_MALFORMED &&
          enrol_read(span_str(""), &r, &why) == ST_MALFORMED);
    writer_init(&w, 65536);
    CHECK(enrol_write(&r, &a, &w, phrase, sizeof(phrase)) == 0);
    CHECK(json_parse(arena, writer_span(&w), 4, &j, NULL) == ST_MALFORMED || j);
    CHECK_STR(json_cstr(json_get(j, "phrase"), ""), phrase);
    seal_phrase(seal_keys_public(console), seal_keys_public(box), again, sizeof(again));
    CHECK_STR(phrase, again); /* both sides see the same words */
    writer_done(&w);
    arena_free(arena);
    seal_keys_free(box);
    seal_keys_free(console);
}

static void test_cert(void)
{
    struct writer key, crt, key2, crt2;
    char pin[CERT_PIN], pin2[CERT_PIN];

    check_row("certificate");
    writer_init(&key, 65536);
    writer_init(&crt, 65536);
    writer_init(&key2, 65536);
    writer_init(&crt2, 65536);
    CHECK(cert_make("Gatehouse", "localhost 127.0.0.1 ::1  gate.example", &key, &crt) == 0);
    CHECK(cert_make("Gatehouse", "", &key2, &crt2) == 0);
    CHECK(cert_check(writer_span(&key), writer_span(&crt)) == 0);
    CHECK(cert_check(writer_span(&key2), writer_span(&crt)) == ST_BAD_SIGNATURE);
    CHECK(cert_check(writer_span(&crt), writer_span(&crt)) == ST_MALFORMED);
    CHECK(cert_pin(writer_span(&crt), pin) == 0 && cert_pin(writer_span(&crt2), pin2) == 0 &&
          strcmp(pin, pin2) != 0);
    CHECK(strlen(pin) == 44 && cert_pin(span_str("no certificate"), pin) == ST_MALFORMED);
    writer_done(&key);
    writer_done(&crt);
    writer_done(&key2);
    writer_done(&crt2);
}

int main(void)
{
    CHECK(seal_init() == 0);
    test_pool();
    test_stream();
    test_static();
    test_enrol();
    test_cert();
    return check_end();
}
