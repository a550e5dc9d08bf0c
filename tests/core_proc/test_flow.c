/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core with readers and a policy played by the test: joining, order, what happens when they die, hang or
 * lie. */
#include "tests/check.h"
#include "tests/core_proc/fake.h"

#include <signal.h>
#include <unistd.h>

static char *const options[] = {(char *)"--stdout", NULL};
static char *const quick[] = {(char *)"--stdout",
                              (char *)"--set",
                              (char *)"policy.timeout=1ms",
                              (char *)"--set",
                              (char *)"policy.safe_verdict=block",
                              NULL};

#define FULL                                                                                                 \
    "{\"file\":\"x\",\"sha256\":\"lie\",\"mime\":\"text/plain\",\"kind\":\"text\",\n "                       \
    "\"level\":\"mat\",\"level_source\":\"marking\",\"read\":\"full\",\"text\":\"secret words\"}"
#define LOG                                                                                                  \
    "[{\"action\":\"log\",\"policy\":\"p@1\",\"rule\":\"r\",\"reason\":\"because\",\"facts\":[],\"shadow\":" \
    "false}]"
#define BLOCK                                                                                                \
    "[{\"action\":\"block\",\"policy\":\"p@1\",\"rule\":\"leak\",\"reason\":\"because\",\"title\":{\"en\":"  \
    "\"Leak\",\"vi\":\"Lộ\"},"                                                                             \
    "\"severity\":1,\"category\":\"Secrets\",\"facts\":[],\"shadow\":false},"                                \
    "{\"action\":\"log\",\"policy\":\"q@2\",\"rule\":\"s\",\"reason\":\"no\",\"facts\":[],\"shadow\":true}]"

struct stage {
    struct fake f;
    struct msg_chan *sensor, *scan, *policy;
};

static void begin(struct stage *s, char *const *opts)
{
    fake_start(&s->f, opts, -1);
    s->scan = fake_peer(&s->f, ROLE_SCAN);
    s->policy = fake_peer(&s->f, ROLE_POLICY);
    s->sensor = fake_peer(&s->f, ROLE_SENSOR);
    fake_run(s->sensor, 0, false);
}

static char *end(struct stage *s, int want)
{
    CHECK_U64(fake_end(&s->f), want);
    msg_chan_free(s->sensor);
    msg_chan_free(s->scan);
    msg_chan_free(s->policy);
    return fake_output(&s->f);
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

static void test_verdict(void)
{
    struct stage s;
    uint64_t id;
    char *out, *at;

    check_row("verdict");
    begin(&s, options);
    fake_document(s.sensor, 1, "a.txt", "hello", true);
    fake_fileinfo(s.sensor, 1, 1, "a.txt", true);
    fake_event(s.sensor, 2, EVENT_HTTP, 0, "{\"timestamp\":\"t\",\"event_type\":\"http\"}");
    fake_event(s.sensor, 3, EVENT_FLOW, 0,
               "{\"flow_id\":1001,\"event_type\":\"flow\",\"flow\":{\"alerted\":false}}");
    fake_event(s.sensor, 4, EVENT_FLOW, 0,
               "{\"flow_id\":1002,\"event_type\":\"flow\",\"flow\":{\"alerted\":false}}");
    fake_ledger(s.sensor, 0, 4, 1);
    id = fake_asked(s.scan, MSG_SCAN);
    CHECK(id != 0);
    fake_findings(s.scan, id, FULL);
    id = fake_asked(s.policy, MSG_DECIDE);
    CHECK(id != 0);
    fake_decision(s.policy, id, BLOCK);
    out = end(&s, 1);
    CHECK_U64(count(out, "\n"), 6);
    CHECK(strstr(out,
                 "\"fileinfo\":{\"filename\":\"a.txt\",\"size\":5,\"state\":\"CLOSED\",\"stored\":false},"
                 "\"gatehouse\":{\"document\":{\"file\":\"a.txt\",\"sha256\":\"2cf24dba") != NULL);
    CHECK(strstr(out, "\"level\":\"mat\",\"level_source\":\"marking\",\"read\":\"full\",\"verdict\":{"
                      "\"action\":\"block\"") != NULL);
    CHECK(!strstr(out, "secret words"));
    CHECK(!strstr(out, "\"lie\""));
    CHECK(strstr(out, "\"shadow\":[{\"action\":\"log\",\"policy\":\"q@2\"") != NULL);
    CHECK(strstr(out,
                 "\"event_type\":\"alert\",\"alert\":{\"action\":\"blocked\",\"gid\":1,\"signature_id\":") !=
          NULL);
    CHECK(strstr(out, "\"signature\":\"Leak\",\"category\":\"Secrets\",\"severity\":1}") != NULL);
    CHECK(strstr(out, "\"quarantined\":false,\"quarantine_reason\":\"offline") != NULL);
    CHECK(strstr(out, "\"enforced\":false,\"enforced_reason\":\"offline") != NULL);
    CHECK(strstr(out, "\"flow_id\":1001,\"event_type\":\"flow\",\"flow\":{\"alerted\":true}}") != NULL);
    CHECK(strstr(out, "\"flow_id\":1002,\"event_type\":\"flow\",\"flow\":{\"alerted\":false}}") != NULL);
    CHECK(strstr(out, "\"events\":{\"in\":5,\"out\":5,\"lost\":{}}") != NULL);
    at = strstr(out, "\"event_type\":\"alert\"");
    CHECK(strstr(out, "\"event_type\":\"fileinfo\"") < at && at < strstr(out, "\"event_type\":\"http\""));
    free(out);
}

/* Ten events; the verdicts come in the opposite order; the lines do not. Identical documents are read once.
 */
static void test_order(void)
{
    struct stage s;
    uint64_t scan[4], ask[9];
    char name[16], text[16], *out, *at;

    check_row("order");
    begin(&s, options);
    for (int i = 1; i <= 9; i++) {
        snprintf(name, sizeof(name), i % 2 ? "f%d" : "/in/f%d",
                 (i - 1) % 3); /* where it lay is no difference */
        snprintf(text, sizeof(text), "text %d", (i - 1) % 3);
        fake_document(s.sensor, (uint64_t)i, name, text, i != 9);
        fake_fileinfo(s.sensor, (uint64_t)i, (uint64_t)i, name, true);
    }
    fake_ledger(s.sensor, 0, 9, 9);
    for (int i = 0; i < 3; i++)
        CHECK((scan[i] = fake_asked(s.scan, MSG_SCAN)) != 0);
    for (int i = 3; i-- > 0;)
        fake_findings(s.scan, scan[i], FULL);
    for (int i = 0; i < 9; i++)
        CHECK((ask[i] = fake_asked(s.policy, MSG_DECIDE)) != 0);
    for (int i = 9; i-- > 0;)
        fake_decision(s.policy, ask[i], LOG);
    out = at = end(&s, 0);
    CHECK_U64(count(out, "\n"), 10);
    CHECK_U64(count(out, "\"verdict\":{\"action\":\"log\""), 9);
    for (int i = 1; i <= 9 && at; i++) {
        snprintf(text, sizeof(text), "\"flow_id\":%d,", 1000 + i);
        CHECK((at = strstr(at, text)) != NULL);
    }
    /* The incomplete one cannot have been read in full. */
    CHECK(strstr(out, "\"read\":\"partial\",\"unread_reason\":\"corrupt\"") != NULL);
    CHECK_U64(count(out, "\"read\":\"full\""), 8);
    free(out);
}

/* The reader dies whenever it meets one document: that one is convicted, its neighbours are read. */
static void test_scan_dies(void)
{
    static const char *const names[] = {"good1", "bad", "good2"};
    struct stage s;
    uint64_t bad = 0, id;
    char *out;
    int deaths = 0, answered = 0;

    check_row("scan dies");
    begin(&s, options);
    for (uint64_t i = 1; i <= 3; i++) {
        fake_document(s.sensor, i, names[i - 1], names[i - 1], true);
        fake_fileinfo(s.sensor, i, i, names[i - 1], true);
    }
    fake_ledger(s.sensor, 0, 3, 3);
    for (int i = 0; i < 3; i++) { /* all three are on their way when it happens first */
        CHECK((id = fake_asked(s.scan, MSG_SCAN)) != 0);
        if (i == 1)
            bad = id;
    }
    for (bool first = true; answered < 2 && id; first = false) {
        id = first ? bad : fake_asked(s.scan, MSG_SCAN);
        if (id == bad) {
            deaths++;
            msg_chan_free(s.scan);
            s.scan = fake_peer(&s.f, ROLE_SCAN);
        } else {
            fake_findings(s.scan, id, FULL);
            answered++;
        }
    }
    CHECK_U64(deaths, 2);
    CHECK_U64(answered, 2);
    for (int i = 0; i < 3; i++) {
        CHECK((id = fake_asked(s.policy, MSG_DECIDE)) != 0);
        fake_decision(s.policy, id, LOG);
    }
    out = end(&s, 0);
    CHECK_U64(count(out, "\"read\":\"full\""), 2);
    CHECK_U64(count(out, "\"read\":\"none\",\"unread_reason\":\"crash\""), 1);
    CHECK(strstr(out, "\"file\":\"bad\"") != NULL);
    free(out);
}

static void test_policy_dies(void)
{
    struct stage s;
    uint64_t id;
    char *out;

    check_row("policy dies once");
    begin(&s, options);
    fake_document(s.sensor, 1, "a", "one", true);
    fake_fileinfo(s.sensor, 1, 1, "a", true);
    fake_ledger(s.sensor, 0, 1, 1);
    fake_findings(s.scan, fake_asked(s.scan, MSG_SCAN), FULL);
    CHECK(fake_asked(s.policy, MSG_DECIDE) != 0);
    msg_chan_free(s.policy);
    s.policy = fake_peer(&s.f, ROLE_POLICY);
    CHECK((id = fake_asked(s.policy, MSG_DECIDE)) != 0);
    fake_decision(s.policy, id, LOG);
    out = end(&s, 0);
    CHECK(strstr(out, "\"verdict\":{\"action\":\"log\"") != NULL);
    free(out);

    check_row("policy dies twice");
    begin(&s, quick);
    fake_document(s.sensor, 1, "a", "one", true);
    fake_fileinfo(s.sensor, 1, 1, "a", true);
    fake_ledger(s.sensor, 0, 1, 1);
    fake_findings(s.scan, fake_asked(s.scan, MSG_SCAN), FULL);
    for (int i = 0; i < 2; i++) {
        CHECK(fake_asked(s.policy, MSG_DECIDE) != 0);
        msg_chan_free(s.policy);
        s.policy = fake_peer(&s.f, ROLE_POLICY);
    }
    out = end(&s, 1);
    CHECK(strstr(out, "\"verdict\":{\"action\":\"block\",\"policy\":\"gatehouse@") != NULL);
    CHECK(strstr(out, "died twice") != NULL);
    CHECK_U64(count(out, "\"event_type\":\"alert\""), 1);
    free(out);
}

/* Answers that are none: the safe verdict and an alert, never silence. */
static void test_policy_lies(void)
{
    static const char *const rows[] = {"",
                                       "{}",
                                       "[]",
                                       "[1]",
                                       "[{\"action\":\"explode\"}]",
                                       "[{\"action\":\"log\",\"shadow\":true}]",
                                       "[{\"action\":\"log\"}",
                                       "not json"};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct stage s;
        char *out;
        check_row(rows[i]);
        begin(&s, options);
        fake_document(s.sensor, 1, "a", "one", true);
        fake_fileinfo(s.sensor, 1, 1, "a", true);
        fake_ledger(s.sensor, 0, 1, 1);
        fake_findings(s.scan, fake_asked(s.scan, MSG_SCAN), FULL);
        fake_decision(s.policy, fake_asked(s.policy, MSG_DECIDE), rows[i]);
        out = end(&s, 0);
        CHECK(strstr(out, "\"verdict\":{\"action\":\"alert\",\"policy\":\"gatehouse@") != NULL);
        CHECK_U64(count(out, "\"event_type\":\"alert\""), 1);
        free(out);
    }
}

static void test_scan_lies(void)
{
    static const char *const rows[] = {"", "[]", "{}", "{\"read\":\"perfectly\"}", "{\"read\":\"full\"", "x"};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct stage s;
        char *out;
        check_row(rows[i]);
        begin(&s, options);
        fake_document(s.sensor, 1, "a", "one", true);
        fake_fileinfo(s.sensor, 1, 1, "a", true);
        fake_ledger(s.sensor, 0, 1, 1);
        fake_findings(s.scan, fake_asked(s.scan, MSG_SCAN), rows[i]);
        fake_decision(s.policy, fake_asked(s.policy, MSG_DECIDE), LOG);
        out = end(&s, 0);
        CHECK(strstr(out, "\"read\":\"none\",\"unread_reason\":\"crash\"") != NULL);
        free(out);
    }
}

static void test_policy_hangs(void)
{
    struct stage s;
    char *out;

    check_row("policy hangs");
    begin(&s, quick);
    fake_document(s.sensor, 1, "a", "one", true);
    fake_fileinfo(s.sensor, 1, 1, "a", true);
    fake_ledger(s.sensor, 0, 1, 1);
    fake_findings(s.scan, fake_asked(s.scan, MSG_SCAN), FULL);
    CHECK(fake_asked(s.policy, MSG_DECIDE) != 0);
    out = end(&s, 1);
    CHECK(strstr(out, "did not answer in time") != NULL);
    free(out);
}

/* Documents that wait for their pictures at gh-scan keep no other from it. */
static void test_pictures_pass(void)
{
    static char *const few[] = {(char *)"--stdout",
                                (char *)"--no-policy",
                                (char *)"--set",
                                (char *)"scan.workers=1",
                                (char *)"--set",
                                (char *)"scan.ocr_queue=3",
                                (char *)"--set",
                                (char *)"scan.ocr_workers=1",
                                NULL};
    enum { AT_ONCE = 4 + 3 + 1, ALL = 12 };
    struct stage s;
    uint64_t ids[AT_ONCE], id;
    char name[16], *out;

    check_row("pictures wait, others pass");
    begin(&s, few);
    for (int i = 1; i <= ALL; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        fake_document(s.sensor, (uint64_t)i, name, name, true);
        fake_fileinfo(s.sensor, (uint64_t)i, (uint64_t)i, name, true);
    }
    fake_ledger(s.sensor, 0, ALL, ALL);
    for (int i = 0; i < AT_ONCE; i++)
        CHECK((ids[i] = fake_asked(s.scan, MSG_SCAN)) != 0);
    for (int i = AT_ONCE; i < ALL; i++) { /* the last one is answered, the first ones still have pictures */
        fake_findings(s.scan, ids[AT_ONCE - 1], FULL);
        CHECK((id = fake_asked(s.scan, MSG_SCAN)) != 0);
        ids[AT_ONCE - 1] = id;
    }
    for (int i = AT_ONCE; i-- > 0;)
        fake_findings(s.scan, ids[i], FULL);
    out = end(&s, 0);
    CHECK_U64(count(out, "\"read\":\"full\""), ALL);
    free(out);
}

/* More documents than may be open: the sensor waits, nothing is lost, also when it ends while it is not
 * heard. */
static void test_pressure(void)
{
    static char *const few[] = {(char *)"--stdout", (char *)"--no-policy", (char *)"--set",
                                (char *)"scan.queue=2", NULL};
    struct stage s;
    uint64_t id;
    char name[16], *out;
    int n = 0;

    check_row("pressure");
    begin(&s, few);
    for (int i = 1; i <= 50; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        fake_document(s.sensor, (uint64_t)i, name, name, true);
        fake_fileinfo(s.sensor, (uint64_t)i, (uint64_t)i, name, true);
    }
    fake_ledger(s.sensor, 0, 50, 50);
    msg_chan_free(s.sensor);
    s.sensor = NULL;
    while (n < 50 && (id = fake_asked(s.scan, MSG_SCAN))) {
        usleep(2000);
        fake_findings(s.scan, id, FULL);
        n++;
    }
    CHECK_U64(n, 50);
    out = end(&s, 0);
    CHECK_U64(count(out, "\"read\":\"full\""), 50);
    CHECK(strstr(out, "\"documents\":{\"in\":50,\"out\":50,\"lost\":{}}") != NULL);
    free(out);
}

int main(void)
{
    test_verdict();
    test_order();
    test_scan_dies();
    test_policy_dies();
    test_policy_lies();
    test_scan_lies();
    test_policy_hangs();
    test_pictures_pass();
    test_pressure();
    return check_end();
}
