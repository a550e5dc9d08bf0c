/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core as the appliance runs it: the journal, quarantine, its own death and others in the middle of a
 * replay. */
#include "tests/check.h"
#include "tests/core_proc/stage.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void test_quarantine(bool enrolled)
{
    struct stage s;
    uint64_t alerts;
    char last[8192] = "", path[256], plain[8] = "";
    int fd = -1, out;

    check_row(enrolled ? "quarantine" : "not enrolled");
    stage_fresh(enrolled);
    stage_begin(&s, NULL);
    CHECK(stage_noted(&s, "\"started\":true"));
    stage_send_replay(s.sensor, 10);
    stage_serve(&s, 1, BLOCK);
    CHECK(stage_noted(&s, "\"run_done\":true"));
    stage_stop(&s);
    stage_check_whole();
    /* ten events, an alert, the accounts; and that it was sealed */
    CHECK_U64(stage_records(RUN, &alerts, last, sizeof(last)), enrolled ? 13 : 12);
    CHECK_U64(alerts, 1);
    CHECK(strstr(last, enrolled ? "\"quarantined\":true"
                                : "\"quarantined\":false,\"quarantine_reason\":\"no committee key") != NULL);
    CHECK(strstr(last, "\"enforced\":false,\"enforced_reason\":\"offline") != NULL);
    if (!enrolled)
        return;
    {
        const char *hash = strstr(last, "\"sha256\":\"");
        uint64_t bytes = 0;
        gh_check(hash);
        snprintf(path, sizeof(path), "%s/evidence/%.64s.ghe", stage_dir, hash + 10);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        CHECK(fd >= 0);
        out = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
        CHECK(seal_file_open(fd, out, stage_appliance, &bytes) !=
              0); /* not even with the appliance's own key */
        CHECK(lseek(fd, 0, SEEK_SET) == 0 && ftruncate(out, 0) == 0 && lseek(out, 0, SEEK_SET) == 0);
        CHECK(seal_file_open(fd, out, stage_committee, &bytes) == 0);
        CHECK_U64(bytes, 2);
        CHECK(pread(out, plain, 2, 0) == 2 && !memcmp(plain, "d3", 2));
        close(out);
        close(fd);
        CHECK(unlink(path) == 0);
    }
}

/* Killed at another place each time; afterwards every event is there once. */
static void test_kill(void)
{
    struct stage s;
    uint64_t alerts;

    check_row("kill -9");
    stage_fresh(false);
    for (int life = 0; life < 12; life++) {
        struct msg m;
        bool last = life == 11;
        int answers = 0;
        stage_begin(&s, NULL);
        CHECK(stage_noted(&s, "\"started\":true"));
        stage_send_replay(s.sensor, 100);
        while (last || answers < life) {
            if (!fake_receive(s.scan, &m, last ? 700 : 300))
                break;
            if (m.fd >= 0)
                close(m.fd);
            struct reader r = reader_span(m.body);
            fake_findings(s.scan, reader_le64(&r), FULL);
            fake_decision(s.policy, fake_asked(s.policy, MSG_DECIDE), BLOCK);
            answers++;
        }
        if (last) {
            CHECK(stage_noted(&s, "\"run_done\":true"));
            stage_stop(&s);
        } else {
            usleep(20000u * (unsigned)life);
            kill(s.f.pid, SIGKILL);
            CHECK(fake_end(&s.f) == -SIGKILL);
            stage_close_peers(&s);
        }
        stage_check_whole();
    }
    CHECK_U64(stage_records(RUN, &alerts, NULL, 0), 100 + 10 + 1);
    CHECK_U64(alerts, 10);
}

/* The sensor dies in the middle, with a document being read, and begins anew to the same core. */
static void test_sensor_dies(void)
{
    struct stage s;
    uint64_t alerts, id;

    check_row("sensor dies");
    stage_fresh(false);
    stage_begin(&s, NULL);
    fake_run(s.sensor, RUN, false);
    for (uint64_t n = 1; n <= 5; n++) {
        if (n == 3) {
            fake_document(s.sensor, 3, "d3", "d3", true);
            fake_fileinfo(s.sensor, 3, 3, "d3", true);
        } else {
            fake_event(s.sensor, n, EVENT_HTTP, 0, "{\"event_type\":\"http\"}");
        }
    }
    fake_document(s.sensor, 9, "x", "x", true); /* its record never comes */
    CHECK((id = fake_asked(s.scan, MSG_SCAN)) != 0);
    msg_chan_free(s.sensor);
    s.sensor = fake_peer(&s.f, ROLE_SENSOR);
    stage_send_replay(s.sensor, 10);
    usleep(200000);
    fake_findings(s.scan, id, FULL);
    CHECK((id = fake_asked(s.policy, MSG_DECIDE)) != 0);
    fake_decision(s.policy, id, BLOCK);
    CHECK(stage_noted(&s, "\"run_done\":true"));
    stage_stop(&s);
    stage_check_whole();
    CHECK_U64(stage_records(RUN, &alerts, NULL, 0), 12);
    CHECK_U64(alerts, 1);
    CHECK_U64(stage_records_of(EVENT_STATS, "\"events\":{\"in\":10,\"out\":10,\"lost\":{}}"), 1);
}

/* Flow events that are not wanted are counted, not recorded, and do not come back as new in a repetition. */
static void test_no_flows(void)
{
    struct stage s;
    uint64_t alerts;

    check_row("no flows");
    stage_fresh(false);
    for (int life = 0; life < 2; life++) {
        stage_begin(&s, "journal.flows=no");
        fake_run(s.sensor, RUN, false);
        for (uint64_t n = 1; n <= 10; n++)
            fake_event(s.sensor, n, n % 2 ? EVENT_FLOW : EVENT_DNS, 0,
                       n % 2 ? "{\"event_type\":\"flow\"}" : "{\"event_type\":\"dns\"}");
        fake_ledger(s.sensor, RUN, 10, 0);
        CHECK(stage_noted(&s, "\"run_done\":true"));
        stage_stop(&s);
    }
    stage_check_whole();
    CHECK_U64(stage_records(RUN, &alerts, NULL, 0), 6);
    CHECK_U64(stage_records_of(EVENT_STATS, "\"events\":{\"in\":10,\"out\":5,\"lost\":{\"not_wanted\":5}}"),
              1);
}

/* The uplink hears of each batch, and its receipts are kept. */
static void test_receipts(void)
{
    struct stage s;
    struct msg_chan *uplink;
    struct msg m;
    struct writer w;
    uint64_t newest = 0;

    check_row("receipts");
    stage_fresh(false);
    stage_begin(&s, NULL);
    uplink = fake_peer(&s.f, ROLE_UPLINK);
    stage_send_replay(s.sensor, 10);
    stage_serve(&s, 1, LOG);
    CHECK(stage_noted(&s, "\"run_done\":true"));
    while (fake_receive(uplink, &m, 300)) {
        struct reader r = reader_span(m.body);
        uint64_t number = reader_le64(&r);
        CHECK(m.type == MSG_RECORDED && number > newest);
        newest = number;
    }
    CHECK_U64(newest, 2);
    writer_init(&w, 8);
    writer_le(&w, 99, 8); /* more than there is: refused */
    CHECK(msg_send(uplink, MSG_RECEIPT, writer_span(&w), -1) == 0);
    writer_clear(&w);
    writer_le(&w, 2, 8);
    CHECK(msg_send(uplink, MSG_RECEIPT, writer_span(&w), -1) == 0);
    writer_done(&w);
    CHECK(stage_noted(&s, "\"receipt\":2,"));
    msg_chan_free(uplink);
    stage_stop(&s);
    stage_check_whole();
}

static void test_full(void)
{
    struct stage s;
    uint64_t alerts;

    check_row("full");
    stage_fresh(false);
    stage_begin(&s, "journal.reserve=1023G");
    stage_send_replay(s.sensor, 10);
    stage_serve(&s, 1, LOG);
    CHECK(stage_noted(&s, "\"journal\":\"the disk has no more free space than journal.reserve\""));
    kill(s.f.pid, SIGKILL);
    CHECK(fake_end(&s.f) == -SIGKILL);
    stage_close_peers(&s);
    CHECK_U64(stage_records(RUN, &alerts, NULL, 0), 0);
    CHECK_U64(stage_records_of(EVENT_ALERT, "\"signature\":\"The journal is full: events are lost\""), 1);
    check_row("free again");
    stage_begin(&s, NULL);
    stage_send_replay(s.sensor, 10);
    stage_serve(&s, 1, LOG);
    CHECK(stage_noted(&s, "\"run_done\":true"));
    stage_stop(&s);
    CHECK_U64(stage_records(RUN, &alerts, NULL, 0), 11);
}

int main(void)
{
    stage_setup();
    test_quarantine(true);
    test_quarantine(false);
    test_sensor_dies();
    test_full();
    test_no_flows();
    test_receipts();
    test_kill();
    stage_teardown();
    return check_end();
}
