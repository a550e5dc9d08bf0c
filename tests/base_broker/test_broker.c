/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is checked before a broker is called: servers, prefixes, files. */
#include "base/broker.h"
#include "tests/check.h"

#include <fcntl.h>
#include <unistd.h>

static void test_servers(void)
{
    static const struct {
        const char *text;
        int n;
        const char *says;
    } rows[] = {
        {"", 0, NULL},
        {"  ", 0, NULL},
        {"nats://10.0.0.1:4222", 1, NULL},
        {" tls://a:4222  tls://b ", 2, NULL},
        {"tls://[2001:db8::1]:4222", 1, NULL},
        {"nats://[2001:db8::1", ST_USAGE, "host:port"},
        {"nats://[]:1", ST_USAGE, "host:port"},
        {"nats://", ST_USAGE, "host:port"},
        {"nats://a:0", ST_USAGE, "host:port"},
        {"nats://a:65536", ST_USAGE, "host:port"},
        {"nats://a:4222/x", ST_USAGE, "host:port"},
        {"nats://a\n", ST_USAGE, "host:port"},
        {"http://a:1", ST_USAGE, "nats:// or tls://"},
        {"10.0.0.1:4222", ST_USAGE, "nats:// or tls://"},
        {"nats://a tls://b", ST_USAGE, "all are tls://"},
        {"nats://user:secret@a", ST_USAGE, "file of their own"},
        {"nats://a nats://a nats://a nats://a nats://a nats://a nats://a nats://a nats://a nats://a nats://a nats://a nats://a nats://a "
         "nats://a nats://a nats://a",
         ST_USAGE, "too many"},
    };
    struct broker_list list;
    struct writer err;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].text);
        writer_init(&err, 1024);
        CHECK(broker_list_parse(span_str(rows[i].text), &list, &err) == rows[i].n);
        CHECK(!rows[i].says == !err.n && (!rows[i].says || strstr(writer_cstr(&err), rows[i].says)));
        CHECK(!strstr(writer_cstr(&err), "secret"));
        CHECK(broker_list_check(span_str(rows[i].text), NULL) == (rows[i].n < 0 ? ST_USAGE : 0));
        writer_done(&err);
    }
}

static void test_prefixes(void)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"gatehouse", true}, {"vn.mofa.gate-house_2", true}, {"", false}, {".a", false}, {"a.", false}, {"a..b", false}, {"a.*", false},
        {"a.>", false},      {"a b", false},                 {"a\n", false},
        {"0123456789012345678901234567890123456789012345678901234567890123", true},
        {"01234567890123456789012345678901234567890123456789012345678901234", false},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].text);
        CHECK((broker_prefix_check(span_str(rows[i].text), NULL) == 0) == rows[i].good);
    }
}

static const char *file(const char *name, const char *text)
{
    static char path[8][128];
    static size_t n;
    char *p = path[n++ % 8];
    int fd;

    snprintf(p, 128, "/tmp/gh-broker-%d-%s", (int)getpid(), name);
    fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return p;
}

/* What no library need see: no thread is made here. */
static void test_files(void)
{
    const char *pem = file("pem", "-----BEGIN CERTIFICATE-----\n"), *user = file("user", "a:b\n"), *none = file("none", ""),
               *odd = file("odd", "nothing of it");
    const struct {
        const char *name, *servers, *ca, *cert, *key, *user;
        int rc;
        const char *says;
    } rows[] = {
        {"plain", "nats://a", "", "", "", "", 0, ""},
        {"a user", "nats://a", NULL, NULL, NULL, user, 0, ""},
        {"all of TLS", "tls://a", pem, pem, pem, user, 0, ""},
        {"no server", "", "", "", "", "", ST_USAGE, "no server"},
        {"TLS without an authority", "tls://a", "", "", "", "", ST_USAGE, "authority"},
        {"an authority without TLS", "nats://a", pem, "", "", "", ST_USAGE, "not tls://"},
        {"a certificate without its key", "tls://a", pem, pem, "", "", ST_USAGE, "go together"},
        {"no such file", "tls://a", "/nonexistent", "", "", "", ST_NOT_FOUND, "/nonexistent (authority)"},
        {"a directory", "tls://a", "/tmp", "", "", "", ST_IO, "/tmp"},
        {"endless", "tls://a", "/dev/zero", "", "", "", ST_LIMIT, "/dev/zero"},
        {"empty", "nats://a", "", "", "", none, ST_MALFORMED, "none"},
        {"neither user nor credentials", "nats://a", "", "", "", odd, ST_USAGE, "credentials"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct broker_options opt = {rows[i].servers, rows[i].ca, rows[i].cert, rows[i].key, rows[i].user, "test", "inbox"};
        struct broker *b = NULL;
        char err[512] = "";

        check_row(rows[i].name);
        CHECK(broker_new(&opt, &b, err, sizeof(err)) == rows[i].rc);
        CHECK(!rows[i].rc == (b != NULL) && (!rows[i].rc || strstr(err, rows[i].says)));
        CHECK(!b || !broker_there(b));
        broker_free(b);
    }
    unlink(pem);
    unlink(user);
    unlink(none);
    unlink(odd);
}

int main(void)
{
    test_servers();
    test_prefixes();
    test_files();
    return check_end();
}
