/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core live: enforcement, and more documents than it can read. */
#include "tests/check.h"
#include "tests/core_proc/stage.h"

#include <unistd.h>

/* Live: sensor and enforcer are asked, and what came of it stands in the verdict. */
static void test_enforce(void)
{
    static const struct {
        const char *name;
        bool found, answered;
        uint8_t done;
        const char *want;
    } rows[] = {
        {"reset", true, true, 3, "\"enforced\":true,\"enforced_reason\":\"reset sent\""},
        {"refused", true, true, 0, "\"enforced\":false,\"enforced_reason\":\"reset sent\""},
        {"over", false, false, 0,
         "\"enforced\":false,\"enforced_reason\":\"the connection was over already\""},
        {"silent", true, false, 0, "\"enforced\":false,\"enforced_reason\":\"no answer within 500 ms\""},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct event_target t = {.client_port = 1, .server_port = 2};
        struct stage s;
        struct msg m;
        struct reader r;
        struct writer w;
        uint64_t alerts, request;
        char last[8192] = "";
        check_row(rows[i].name);
        stage_fresh(false);
        stage_begin(&s, "--live");
        s.enforce = fake_peer(&s.f, ROLE_ENFORCE);
        usleep(100000);
        fake_run(s.sensor, 0, true);
        fake_document(s.sensor, 1, "a", "a", true);
        fake_fileinfo(s.sensor, 1, 1, "a", true);
        stage_serve(&s, 1, BLOCK);
        CHECK(fake_receive(s.sensor, &m, 5000) && m.type == MSG_FLOW_QUERY);
        r = reader_span(m.body);
        CHECK_U64(reader_le64(&r), 1001);
        request = reader_le64(&r);
        writer_init(&w, 1024);
        writer_le(&w, request, 8);
        writer_u8(&w, rows[i].found);
        event_target_put(&w, &t);
        CHECK(msg_send(s.sensor, MSG_FLOW_STATE, writer_span(&w), -1) == 0);
        if (rows[i].found)
            CHECK((request = fake_asked(s.enforce, MSG_ENFORCE)) != 0);
        writer_clear(&w);
        writer_le(&w, request, 8);
        writer_u8(&w, rows[i].done);
        writer_str(&w, "reset sent");
        if (rows[i].answered)
            CHECK(msg_send(s.enforce, MSG_ENFORCED, writer_span(&w), -1) == 0);
        writer_done(&w);
        usleep(rows[i].answered ? 300000 : 800000);
        fake_ledger(s.sensor, 0, 1, 1);
        stage_stop(&s);
        stage_check_whole();
        CHECK(stage_records(0, &alerts, last, sizeof(last)) >= 2);
        CHECK_U64(alerts, 1);
        CHECK(strstr(last, rows[i].want) != NULL);
    }
}

/* Live, more documents than the readers can take: the rest leaves unread, counted, and judged all the same.
 */
static void test_live_overflow(void)
{
    struct stage s;
    uint64_t alerts, id, asked[6];
    char name[16], last[8192] = "";

    check_row("live overflow");
    stage_fresh(false);
    stage_begin(&s, "--live"); /* scan.queue=2, two workers: six on their way, two waiting */
    usleep(100000);
    fake_run(s.sensor, 0, true);
    for (uint64_t i = 1; i <= 10; i++) {
        snprintf(name, sizeof(name), "d%d", (int)i);
        fake_document(s.sensor, i, name, name, true);
        fake_fileinfo(s.sensor, i, i, name, true);
    }
    for (int i = 0; i < 6; i++)
        CHECK((asked[i] = fake_asked(s.scan, MSG_SCAN)) != 0);
    for (int i = 0; i < 2; i++) { /* the two unread ones come first */
        CHECK((id = fake_asked(s.policy, MSG_DECIDE)) != 0);
        fake_decision(s.policy, id, LOG);
    }
    for (int i = 0; i < 8; i++) {
        fake_findings(s.scan, i < 6 ? asked[i] : fake_asked(s.scan, MSG_SCAN), FULL);
        CHECK((id = fake_asked(s.policy, MSG_DECIDE)) != 0);
        fake_decision(s.policy, id, LOG);
    }
    usleep(100000);
    fake_ledger(s.sensor, 0, 10, 10);
    stage_stop(&s);
    stage_check_whole();
    CHECK_U64(stage_records_of(EVENT_FILEINFO, "\"unread_reason\":\"timeout\""), 2);
    CHECK_U64(stage_records_of(EVENT_FILEINFO, "\"read\":\"full\""), 8);
    CHECK_U64(
        stage_records_of(EVENT_STATS, "\"documents\":{\"in\":10,\"out\":8,\"lost\":{\"scan_queue\":2}}"), 1);
    (void)stage_records(0, &alerts, last, sizeof(last));
    CHECK_U64(alerts, 0);
}

int main(void)
{
    stage_setup();
    test_enforce();
    test_live_overflow();
    stage_teardown();
    return check_end();
}
