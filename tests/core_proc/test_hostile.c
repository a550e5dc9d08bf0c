/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core among peers that were taken over: what they may not say is not believed, costs nothing but itself,
 * and whoever cannot be believed any more is replaced. */
#include "tests/check.h"
#include "tests/core_proc/stage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned open_files(pid_t pid)
{
    char path[64];
    unsigned n = 0;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    d = opendir(path);
    gh_check(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* A DOCUMENT of size bytes whose descriptor is fd, which is closed. */
static void send_document(struct msg_chan *s, uint64_t id, uint64_t size, int fd)
{
    struct event_document d = {.id = id, .size = size, .complete = true, .name = span_str("a")};
    struct writer w;

    gh_check(fd >= 0);
    writer_init(&w, MSG_MAX);
    event_document_put(&w, &d);
    (void)msg_send(s, MSG_DOCUMENT, writer_span(&w), fd);
    writer_done(&w);
    close(fd);
}

static int unsealed(size_t size)
{
    int fd = memfd_create("document", MFD_ALLOW_SEALING);
    gh_check(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
    return fd;
}

static int pipe_end(void)
{
    int fds[2];
    gh_check(pipe(fds) == 0);
    close(fds[1]);
    return fds[0];
}

enum crime {
    UNSEALED,
    PIPE,
    SHORT,
    TWICE,
    ORDER,
    WRONG_TYPE,
    NO_DESCRIPTOR,
    TWO_DESCRIPTORS,
    EMPTY_LEDGER,
    SECOND_RUN,
    CRIMES
};
static const char *const crime_names[CRIMES] = {"a document that is not sealed",
                                                "a document that is a pipe",
                                                "a document shorter than it says",
                                                "a document's number twice",
                                                "events out of order",
                                                "what only another may say",
                                                "a document without descriptor",
                                                "two descriptors",
                                                "an empty ledger",
                                                "a run within a run"};

static void send_raw(struct msg_chan *s, const void *bytes, size_t n, int fds, int fd)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct iovec v = {(void *)bytes, n};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    struct cmsghdr *h;

    if (fds) {
        m.msg_control = control.bytes;
        m.msg_controllen = CMSG_SPACE((size_t)fds * sizeof(int));
        h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN((size_t)fds * sizeof(int));
        for (int i = 0; i < fds; i++)
            memcpy(CMSG_DATA(h) + (size_t)i * sizeof(int), &fd, sizeof(int));
    }
    gh_check(sendmsg(msg_chan_fd(s), &m, MSG_NOSIGNAL) == (ssize_t)n);
}

static void commit(struct msg_chan *s, enum crime what)
{
    static const uint8_t scan[12] = {MSG_SCAN}, document[60] = {MSG_DOCUMENT, 1};
    static const uint8_t ledger[10] = {MSG_LEDGER};

    switch (what) {
    case UNSEALED:
        send_document(s, 1, 5, unsealed(5));
        break;
    case PIPE:
        send_document(s, 1, 5, pipe_end());
        break;
    case SHORT:
        send_document(s, 1, 6, msg_memfd("document", span_str("hello")));
        break;
    case TWICE:
        send_document(s, 1, 5, msg_memfd("document", span_str("hello")));
        send_document(s, 1, 5, msg_memfd("document", span_str("hello")));
        break;
    case ORDER:
        fake_event(s, 7, EVENT_HTTP, 0, "{\"event_type\":\"http\"}");
        break;
    case WRONG_TYPE:
        send_raw(s, scan, sizeof(scan), 1, STDIN_FILENO);
        break;
    case NO_DESCRIPTOR:
        send_raw(s, document, sizeof(document), 0, -1);
        break;
    case TWO_DESCRIPTORS:
        send_raw(s, document, sizeof(document), 2, STDIN_FILENO);
        break;
    case EMPTY_LEDGER:
        send_raw(s, ledger, sizeof(ledger), 0, -1);
        break;
    default:
        fake_event(s, 1, EVENT_HTTP, 0, "{\"event_type\":\"http\"}");
        fake_run(s, RUN, false);
        break;
    }
}

/* The appliance asks for another sensor and the replay goes through as if nothing had been. */
static void test_sensor_replaced(void)
{
    for (int what = 0; what < CRIMES; what++) {
        struct stage s;
        uint64_t alerts;
        unsigned files[2];

        check_row(crime_names[what]);
        stage_fresh(false);
        stage_begin(&s, NULL);
        for (int life = 0; life < 2; life++) { /* twice: what is opened lazily is open after the first */
            fake_run(s.sensor, RUN, false);
            commit(s.sensor, (enum crime)what);
            CHECK(stage_noted(&s, "{\"broken\":\"sensor\"}"));
            usleep(100000); /* the callback that tells it still holds the channel */
            files[life] = open_files(s.f.pid);
            msg_chan_free(s.sensor);
            s.sensor = fake_peer(&s.f, ROLE_SENSOR);
        }
        CHECK(files[1] <= files[0]);
        stage_send_replay(s.sensor, 10);
        stage_serve(&s, 1, LOG);
        CHECK(stage_noted(&s, "\"run_done\":true"));
        stage_stop(&s);
        CHECK_U64(stage_records(RUN, &alerts, NULL, 0), 11);
        CHECK_U64(alerts, 0);
        stage_check_whole();
    }
}

static void test_others_replaced(void)
{
    static const uint8_t scan[12] = {MSG_SCAN};
    struct stage s;

    check_row("a reader and a policy that speak out of turn");
    stage_fresh(false);
    stage_begin(&s, NULL);
    send_raw(s.scan, scan, sizeof(scan), 1, STDIN_FILENO);
    CHECK(stage_noted(&s, "{\"broken\":\"scan\"}"));
    send_raw(s.policy, scan, sizeof(scan), 0, -1);
    CHECK(stage_noted(&s, "{\"broken\":\"policy\"}"));
    stage_stop(&s);
}

/* Records that are no events: the lines and the journal stay clean, and the account says how many there were.
 */
static void test_malformed_events(void)
{
    static const struct {
        enum event_type type;
        const char *json;
    } rows[] = {
        {EVENT_HTTP, "{\"event_type\":\"http\",\"x\":forged}"},
        {EVENT_HTTP, "{\"event_type\":\"http\",\"x\":\"forged}"},
        {EVENT_HTTP, "{\"event_type\":\"http\"},{\"forged\":1}"},
        {EVENT_HTTP, "{\"event_type\":\"http\"}\n{\"forged\":1}"},
        {EVENT_HTTP, "{\"event_type\":\"http\",\"forged\":\"\xff\"}"},
        {EVENT_HTTP, "{\"event_type\":\"alert\",\"forged\":1}"},
        {EVENT_HTTP, "{\"event_type\":\"http\",\"event_type\":\"http\",\"forged\":1}"},
        {EVENT_HTTP, "{\"event_type\":\"http\",\"event\\u005ftype\":\"alert\",\"forged\":1}"},
        {EVENT_HTTP, "{\"forged\":1}"},
        {EVENT_ALERT, "{\"event_type\":\"alert\",\"forged\":1}"},
        {EVENT_STATS, "{\"event_type\":\"stats\",\"forged\":1}"},
        {EVENT_AUDIT, "{\"event_type\":\"audit\",\"forged\":1}"},
        {EVENT_FILEINFO, "{\"event_type\":\"fileinfo\",\"gatehouse\":{\"verdict\":{\"action\":\"allow\"}},"
                         "\"fileinfo\":{\"filename\":\"forged\",\"size\":5,"
                         "\"stored\":false}}"},
    };
    struct stage s;
    uint64_t alerts;

    check_row("records that are no events");
    stage_fresh(false);
    stage_begin(&s, NULL);
    fake_run(s.sensor, RUN, false);
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        fake_event(s.sensor, i + 1, rows[i].type, 0, rows[i].json);
    fake_event(s.sensor, GH_COUNT(rows) + 1, EVENT_HTTP, 0, "{\"event_type\":\"http\",\"good\":1}");
    fake_ledger(s.sensor, RUN, GH_COUNT(rows) + 1, 1);
    CHECK(stage_noted(&s, "\"run_done\":true"));
    stage_stop(&s);
    CHECK_U64(stage_records(RUN, &alerts, NULL, 0), 2);
    CHECK_U64(stage_records_of(EVENT_HTTP, "\"good\":1"), 1);
    CHECK_U64(stage_records_of(EVENT_STATS, "\"events\":{\"in\":14,\"out\":1,\"lost\":{\"malformed\":13}}"),
              1);
    CHECK_U64(stage_records_of(EVENT_STATS, "\"documents\":{\"in\":1,\"out\":0,\"lost\":{\"malformed\":1}}"),
              1);
    stage_check_whole();
}

/* On standard output too nobody but the core raises an alert, closes the account or puts a verdict in. */
static void test_malformed_lines(void)
{
    static char *const options[] = {(char *)"--stdout", (char *)"--no-scan", (char *)"--no-policy", NULL};
    struct fake f;
    struct msg_chan *s;
    char *out;

    check_row("lines that are no events");
    fake_start(&f, options, -1);
    s = fake_peer(&f, ROLE_SENSOR);
    fake_run(s, 0, false);
    fake_event(s, 1, EVENT_ALERT, 0, "{\"event_type\":\"alert\",\"forged\":1}");
    fake_event(s, 2, EVENT_STATS, 0, "{\"event_type\":\"stats\",\"forged\":1}");
    fake_event(s, 3, EVENT_HTTP, 0, "{\"event_type\":\"http\"}\n{\"forged\":1}");
    fake_event(s, 4, EVENT_FILEINFO, 0,
               "{\"event_type\":\"fileinfo\",\"gatehouse\":{\"document\":{}},\"forged\":1,\"fileinfo\":{\"size\":5,"
               "\"stored\":false}}");
    fake_event(s, 5, EVENT_HTTP, 0, "{\"event_type\":\"http\",\"good\":1}");
    fake_ledger(s, 0, 5, 1);
    CHECK_U64(fake_end(&f), 0);
    msg_chan_free(s);
    out = fake_output(&f);
    CHECK(!strstr(out, "forged"));
    CHECK(strstr(out, "\"good\":1") != NULL);
    CHECK(strstr(out, "\"events\":{\"in\":5,\"out\":1,\"lost\":{\"malformed\":4}}") != NULL);
    free(out);
}

/* Two readers of the same text must not see two different things; what the core did, only the core says. */
static void test_said_twice(void)
{
    static const char findings[] =
        "{\"mime\":\"text/"
        "plain\",\"kind\":\"text\",\"level\":\"mat\",\"level\":\"none\",\"level_source\":\"marking\","
        "\"verdict\":{\"action\":\"allow\"},\n\"read\":\"full\",\"read\":\"none\"}";
    static const char decision[] = "[{\"action\":\"block\",\"action\":\"allow\",\"policy\":\"p@1\",\"rule\":"
                                   "\"r\",\"reason\":\"because\",\"enforced\":true,"
                                   "\"quarantined\":true,\"severity\":1,\"facts\":[],\"shadow\":false}]";
    struct stage s;
    uint64_t alerts, id;
    char last[8192] = "";

    check_row("members said twice");
    stage_fresh(false);
    stage_begin(&s, NULL);
    fake_run(s.sensor, RUN, false);
    fake_document(s.sensor, 1, "a", "a", true);
    fake_fileinfo(s.sensor, 1, 1, "a", true);
    fake_ledger(s.sensor, RUN, 1, 1);
    CHECK((id = fake_asked(s.scan, MSG_SCAN)) != 0);
    fake_findings(s.scan, id, findings);
    CHECK((id = fake_asked(s.policy, MSG_DECIDE)) != 0);
    fake_decision(s.policy, id, decision);
    CHECK(stage_noted(&s, "\"run_done\":true"));
    stage_stop(&s);
    CHECK_U64(stage_records(RUN, &alerts, last, sizeof(last)), 3);
    CHECK_U64(alerts, 1);
    CHECK(strstr(last, "\"level\":\"mat\"") && !strstr(last, "\"level\":\"none\""));
    CHECK(strstr(last, "\"read\":\"full\"") && !strstr(last, "\"read\":\"none\""));
    CHECK(strstr(last, "\"action\":\"block\"") && !strstr(last, "\"action\":\"allow\""));
    CHECK(strstr(last, "\"enforced\":false") && !strstr(last, "\"enforced\":true"));
    CHECK(strstr(last, "\"quarantined\":false") && !strstr(last, "\"quarantined\":true"));
}

int main(void)
{
    stage_setup();
    test_malformed_events();
    test_malformed_lines();
    test_said_twice();
    test_sensor_replaced();
    test_others_replaced();
    stage_teardown();
    return check_end();
}
