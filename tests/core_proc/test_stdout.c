/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core as `gatehouse inspect` uses it without reading documents: order, storing, accounts, endings. */
#include "tests/check.h"
#include "tests/core_proc/fake.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *const plain[] = {(char *)"--stdout", (char *)"--no-scan", (char *)"--no-policy", NULL};
static char *const storing[] = {(char *)"--stdout",    (char *)"--no-scan", (char *)"--no-policy",
                                (char *)"--outdir-fd", (char *)"4",         NULL};

static int count(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

static void test_order_and_ledger(void)
{
    struct fake f;
    struct msg_chan *s;
    char json[256], *out, *at;

    check_row("order and ledger");
    fake_start(&f, plain, -1);
    s = fake_peer(&f, ROLE_SENSOR);
    fake_run(s, 0, false);
    for (int i = 1; i <= 3000; i++) {
        snprintf(json, sizeof(json), "{\"timestamp\":\"t%d\",\"event_type\":\"flow\",\"n\":%d}", i, i);
        fake_event(s, (uint64_t)i, EVENT_FLOW, 0, json);
    }
    fake_ledger(s, 0, 3000, 0);
    CHECK_U64(fake_end(&f), 0);
    msg_chan_free(s);
    out = at = fake_output(&f);
    CHECK(count(out, "\n") == 3001);
    for (int i = 1; i <= 3000; i++) {
        snprintf(json, sizeof(json), "\"n\":%d}\n", i);
        CHECK((at = strstr(at, json)) != NULL);
    }
    CHECK(strstr(out,
                 "{\"timestamp\":\"t3000\",\"event_type\":\"stats\",\"stats\":{\"decoder\":{\"pkts\":10}}") !=
          NULL);
    CHECK(strstr(out, "\"packets\":{\"in\":10,\"out\":9,\"lost\":{\"short\":1}}") != NULL);
    CHECK(strstr(out, "\"events\":{\"in\":3000,\"out\":3000,\"lost\":{}}") != NULL);
    free(out);
}

static void test_store(void)
{
    /* SHA-256 of "hello" */
    static const char hello[] = "2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    char dir[] = "/tmp/gh-core-test-XXXXXX", path[256], *out;
    struct fake f;
    struct msg_chan *s;
    struct stat st;
    int fd;

    check_row("store");
    CHECK(mkdtemp(dir) != NULL);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fake_start(&f, storing, fd);
    s = fake_peer(&f, ROLE_SENSOR);
    fake_run(s, 0, false);
    fake_document(s, 1, "a.txt", "hello", true);
    fake_fileinfo(s, 1, 1, "a.txt", true);
    fake_document(s, 2, "b.txt", "cut", false);
    fake_fileinfo(s, 2, 2, "b.txt", false);
    fake_document(s, 3, "again", "hello", true);
    fake_fileinfo(s, 3, 3, "\\\"state\\\":\\\"CLOSED\\\"", true);
    fake_fileinfo(s, 4, 0, "none", true);
    fake_ledger(s, 0, 4, 4);
    CHECK_U64(fake_end(&f), 0);
    msg_chan_free(s);
    out = fake_output(&f);
    CHECK_U64(count(out, "\"stored\":true}}\n"), 2);
    CHECK_U64(count(out, "\"stored\":false}}\n"), 2);
    CHECK(count(out, "\"gatehouse\":{") == 1); /* the ledger's */
    snprintf(path, sizeof(path), "%s/%s", dir, hello);
    CHECK(stat(path, &st) == 0 && st.st_size == 5);
    CHECK(unlink(path) == 0);
    snprintf(path, sizeof(path), "%s/2c", dir);
    CHECK(rmdir(path) == 0); /* nothing else was left in it */
    CHECK(rmdir(dir) == 0);
    close(fd);
    free(out);
}

/* Where nothing can be stored the events still come, and say so. */
static void test_store_refused(void)
{
    char dir[] = "/tmp/gh-core-test-XXXXXX", *out;
    struct fake f;
    struct msg_chan *s;
    int fd;

    check_row("a directory that is gone");
    CHECK(mkdtemp(dir) != NULL);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(rmdir(dir) == 0);
    fake_start(&f, storing, fd);
    s = fake_peer(&f, ROLE_SENSOR);
    fake_run(s, 0, false);
    fake_document(s, 1, "a.txt", "hello", true);
    fake_fileinfo(s, 1, 1, "a.txt", true);
    fake_ledger(s, 0, 1, 1);
    CHECK_U64(fake_end(&f), 3);
    msg_chan_free(s);
    close(fd);
    out = fake_output(&f);
    CHECK_U64(count(out, "\"stored\":false"), 1);
    CHECK_U64(count(out, "\"event_type\":\"stats\""), 1);
    free(out);
}

/* A sensor that dies, one that lies about the order, one that sends nonsense: never silence, never success.
 */
static void test_bad_sensor(void)
{
    static const struct {
        const char *name;
        uint64_t n;
        const char *json;
    } rows[] = {
        {"dies", 1, "{}"},
        {"skips", 2, "{}"},
        {"two lines", 1, "{\n}"},
        {"no object", 1, "[]"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct fake f;
        struct msg_chan *s;
        char *out;
        check_row(rows[i].name);
        fake_start(&f, plain, -1);
        s = fake_peer(&f, ROLE_SENSOR);
        fake_run(s, 0, false);
        fake_event(s, rows[i].n, EVENT_FLOW, 0, rows[i].json);
        msg_chan_free(s);
        CHECK_U64(fake_end(&f), 3);
        out = fake_output(&f);
        free(out);
    }
}

static void test_closed_output(void)
{
    struct fake f;
    struct msg_chan *s;
    int fds[2];

    check_row("closed output");
    fake_start(&f, plain, -1);
    s = fake_peer(&f, ROLE_SENSOR);
    fake_run(s, 0, false);
    fake_ledger(s, 0, 0, 0);
    CHECK_U64(fake_end(&f), 0);
    msg_chan_free(s);
    close(f.out);
    /* The same with nobody at the other end. */
    CHECK(pipe(fds) == 0);
    close(fds[0]);
    fake_start_on(&f, plain, -1, fds[1]);
    s = fake_peer(&f, ROLE_SENSOR);
    fake_run(s, 0, false);
    fake_event(s, 1, EVENT_FLOW, 0, "{\"event_type\":\"flow\"}");
    CHECK_U64(fake_end(&f), 4);
    msg_chan_free(s);
    close(fds[1]);
}

int main(void)
{
    test_order_and_ledger();
    test_store();
    test_store_refused();
    test_bad_sensor();
    test_closed_output();
    return check_end();
}
