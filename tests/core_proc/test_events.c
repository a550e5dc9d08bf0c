/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core with a policy that judges events without a document: batches, their order, a policy that dies. */
#include "tests/check.h"
#include "tests/core_proc/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FULL                                                                                                 \
    "{\"mime\":\"text/"                                                                                      \
    "plain\",\"kind\":\"text\",\"level\":\"none\",\"level_source\":\"none\",\"read\":\"full\"}"
#define VERDICT(action)                                                                                      \
    "[{\"action\":\"" action "\",\"policy\":\"p@1\",\"rule\":\"r\",\"reason\":\"because\",\"severity\":1,"   \
    "\"facts\":[],\"shadow\":false}]"
#define MASK(type) (1ull << (type))
#define FLOW(id)                                                                                             \
    "{\"flow_id\":" id ",\"event_type\":\"flow\",\"flow\":{\"alerted\":false},\"gatehouse\":{\"ioc\":[{"     \
    "\"list\":\"a\"}]}}"
#define TLS(id) "{\"flow_id\":" id ",\"event_type\":\"tls\",\"tls\":{\"sni\":\"x\"}}"

struct stage {
    struct fake f;
    struct msg_chan *sensor, *scan, *policy;
};

static void begin(struct stage *s, uint64_t types, bool order)
{
    static char *const options[] = {(char *)"--stdout", NULL};

    fake_start(&s->f, options, -1);
    s->scan = fake_peer(&s->f, ROLE_SCAN);
    s->policy = fake_peer(&s->f, ROLE_POLICY);
    fake_wants(s->policy, types | MASK(EVENT_FILEINFO), order);
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

/* Receives JUDGE messages until n events have come; their ids and texts. False when they did not. */
static bool judge(struct stage *s, size_t n, uint64_t *ids, char (*texts)[256])
{
    size_t got = 0;
    struct msg m;

    while (got < n && fake_receive(s->policy, &m, 5000) && m.type == MSG_JUDGE) {
        struct reader r = reader_span(m.body);
        while (reader_left(&r) && got < n) {
            struct span json;
            ids[got] = reader_le64(&r);
            json = reader_take(&r, reader_le32(&r));
            if (json.n)
                snprintf(texts[got], sizeof(texts[0]), "%.*s", (int)json.n, (const char *)json.p);
            got++;
        }
    }
    return got == n;
}

static void judged(struct stage *s, uint64_t id, const char *json)
{
    struct writer w;

    writer_init(&w, MSG_MAX);
    writer_le(&w, id, 8);
    writer_le(&w, strlen(json), 4);
    writer_str(&w, json);
    CHECK(msg_send(s->policy, MSG_JUDGED, writer_span(&w), -1) == 0);
    writer_done(&w);
}

static bool nothing_asked(struct stage *s)
{
    struct msg m;

    return !fake_receive(s->policy, &m, 200);
}

static void test_batch(void)
{
    static char texts[4][256];
    struct stage s;
    uint64_t ids[4] = {0};
    char *out;

    check_row("a batch");
    begin(&s, MASK(EVENT_FLOW) | MASK(EVENT_TLS), false);
    fake_event(s.sensor, 1, EVENT_TLS, 0, TLS("7"));
    fake_event(s.sensor, 2, EVENT_DNS, 0, "{\"flow_id\":9,\"event_type\":\"dns\"}");
    fake_event(s.sensor, 3, EVENT_TLS, 0, TLS("8"));
    fake_event(s.sensor, 4, EVENT_FLOW, 0, FLOW("7"));
    fake_event(s.sensor, 5, EVENT_FLOW, 0, FLOW("8"));
    fake_ledger(s.sensor, 0, 5, 0);
    CHECK(judge(&s, 2, ids, texts));
    CHECK_STR(texts[0], TLS("7"));
    CHECK_STR(texts[1], TLS("8"));
    CHECK(nothing_asked(&s)); /* the flows wait for what is decided of them */
    judged(&s, ids[0], VERDICT("alert"));
    judged(&s, ids[1], "");
    CHECK(judge(&s, 2, ids, texts));
    CHECK(strstr(texts[0], "\"alerted\":true") != NULL);
    CHECK(strstr(texts[1], "\"alerted\":false") != NULL);
    judged(&s, ids[0], "");
    judged(&s, ids[1], VERDICT("block"));
    out = end(&s, 1);
    CHECK(strstr(out, "\"tls\":{\"sni\":\"x\"},\"gatehouse\":{\"verdict\":{\"action\":\"alert\"") != NULL);
    CHECK(strstr(out, "\"gatehouse\":{\"verdict\":{\"action\":\"block\",\"policy\":\"p@1\",\"rule\":\"r\"") !=
          NULL);
    CHECK(strstr(out, "\"ioc\":[{\"list\":\"a\"}]}}") != NULL);
    CHECK(strstr(out, TLS("8") "\n") != NULL); /* as it came */
    CHECK(strstr(out, "{\"flow_id\":7,\"event_type\":\"flow\",\"flow\":{\"alerted\":true}") != NULL);
    CHECK(strstr(out, "{\"flow_id\":8,\"event_type\":\"flow\",\"flow\":{\"alerted\":true}") != NULL);
    CHECK(!strstr(out, "\"document\""));
    CHECK(strstr(out, "\"events\":{\"in\":7,\"out\":7,\"lost\":{}}") != NULL);
    free(out);
}

/* With a policy that counts, nothing overtakes a document that is being read. */
static void test_order(void)
{
    static char texts[2][256];
    struct stage s;
    uint64_t ids[2], id;
    char *out;

    check_row("in order");
    begin(&s, MASK(EVENT_TLS), true);
    fake_document(s.sensor, 1, "a.txt", "hello", true);
    fake_fileinfo(s.sensor, 1, 1, "a.txt", true);
    fake_event(s.sensor, 2, EVENT_TLS, 0, TLS("7"));
    fake_ledger(s.sensor, 0, 2, 1);
    id = fake_asked(s.scan, MSG_SCAN);
    CHECK(nothing_asked(&s));
    fake_findings(s.scan, id, FULL);
    id = fake_asked(s.policy, MSG_DECIDE);
    CHECK(id != 0);
    CHECK(judge(&s, 1, ids, texts));
    judged(&s, ids[0], "");
    fake_decision(s.policy, id, VERDICT("log"));
    out = end(&s, 0);
    CHECK(strstr(out, "\"fileinfo\"") < strstr(out, "\"sni\""));
    free(out);
}

static void test_dies(void)
{
    static char texts[2][256];
    struct stage s;
    uint64_t ids[2];
    char *out;

    check_row("a policy that dies");
    begin(&s, MASK(EVENT_TLS), false);
    fake_event(s.sensor, 1, EVENT_TLS, 0, TLS("7"));
    fake_event(s.sensor, 2, EVENT_TLS, 0, TLS("8"));
    fake_ledger(s.sensor, 0, 2, 0);
    for (int i = 0; i < 3; i++) {
        CHECK(judge(&s, 2, ids, texts));
        msg_chan_free(s.policy);
        s.policy = i < 2 ? fake_peer(&s.f, ROLE_POLICY) : NULL;
    }
    out = end(&s, 0);
    CHECK(strstr(out, "policy-fault") != NULL);
    CHECK(strstr(out, "\"events\":{\"in\":4,\"out\":4,\"lost\":{}}") != NULL);
    free(out);
    check_row("answers that are none");
    begin(&s, MASK(EVENT_TLS), false);
    fake_event(s.sensor, 1, EVENT_TLS, 0, TLS("7"));
    fake_event(s.sensor, 2, EVENT_TLS, 0, TLS("8"));
    fake_ledger(s.sensor, 0, 2, 0);
    CHECK(judge(&s, 2, ids, texts));
    judged(&s, ids[0] + 100, VERDICT("block")); /* nobody asked */
    judged(&s, ids[1], "[]");
    judged(&s, ids[0], "");
    out = end(&s, 0);
    CHECK(strstr(out, "policy-fault") != NULL);
    CHECK(strstr(out, "\"events\":{\"in\":3,\"out\":3,\"lost\":{}}") != NULL);
    free(out);
}

int main(void)
{
    test_batch();
    test_order();
    test_dies();
    return check_end();
}
