/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets of alerts: asked for at once, sealed so that only the console opens them, told by records of their
 * own; and what becomes of answers that do not come, come twice or lie. */
#include "base/base64.h"
#include "base/digest.h"
#include "policy/core/pcap_store.h"
#include "tests/check.h"
#include "tests/core_proc/stage.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALERT VERDICT("alert")

static struct seal_keys *console;

/* Enrolled with a console: both keys are there. */
static void fresh(void)
{
    char path[128], sign[BASE64_SIZE(SEAL_PUBLIC)], box[BASE64_SIZE(SEAL_PUBLIC)], command[160];
    FILE *f;

    stage_fresh(false);
    snprintf(path, sizeof(path), "%s/console.json", stage_dir);
    f = fopen(path, "w");
    gh_check(f);
    base64_encode(seal_keys_public(console)->sign, SEAL_PUBLIC, sign, sizeof(sign));
    base64_encode(seal_keys_public(console)->box, SEAL_PUBLIC, box, sizeof(box));
    fprintf(f,
            "{\"committee_sign\":\"%s\",\"committee_box\":\"%s\",\"console_sign\":\"%s\",\"console_box\":\"%"
            "s\"}\n",
            sign, box, sign, box);
    fclose(f);
    for (int i = 1; i <= 3; i++) {
        snprintf(command, sizeof(command), "%s/pcap/%d-%d.pcap.ghe", stage_dir, 1000 + i, i);
        (void)unlink(command);
    }
}

/* An alert about document i in flow 1000 + i. */
static void alert(struct stage *s, uint64_t i, uint64_t flow)
{
    struct event_document d = {.id = i, .flow_id = flow, .size = 1, .complete = true, .name = span_str("a")};
    int fd = msg_memfd("doc", span_str("x"));
    struct writer w;

    writer_init(&w, 4096);
    event_document_put(&w, &d);
    gh_check(msg_send(s->sensor, MSG_DOCUMENT, writer_span(&w), fd) == 0);
    writer_done(&w);
    close(fd);
    fake_fileinfo(s->sensor, i, i, "a", true);
    if (i == 1)
        fake_findings(s->scan, fake_asked(s->scan, MSG_SCAN), FULL);
    fake_decision(s->policy, fake_asked(s->policy, MSG_DECIDE), ALERT);
}

static bool asked(struct stage *s, uint64_t flow)
{
    uint64_t connection, request; /* the request is numbered like the connection */
    struct msg m;
    struct reader r;

    if (!fake_receive(s->sensor, &m, 5000) || m.type != MSG_PCAP_QUERY)
        return false;
    r = reader_span(m.body);
    connection = reader_le64(&r);
    request = reader_le64(&r);
    return connection == flow && request == flow;
}

static void answer(struct stage *s, uint64_t flow, enum event_pcap_state state, uint32_t frames,
                   const char *text)
{
    struct event_pcap p = {flow, state, true, frames};
    int fd = text ? msg_memfd("pcap", span_str(text)) : -1;
    struct writer w;

    writer_init(&w, 64);
    event_pcap_put(&w, &p);
    gh_check(msg_send(s->sensor, MSG_PCAP, writer_span(&w), fd) == 0);
    writer_done(&w);
    if (fd >= 0)
        close(fd);
}

/* Opens what lies on the disk with the console's key; its sealed length, 0 when it is not that text. */
static size_t opens_to(const char *name, const struct seal_keys *key, const char *text)
{
    int memfd = memfd_create("plain", MFD_CLOEXEC), fd;
    char path[192], plain[4096] = "";
    uint64_t n = 0;
    struct stat st = {.st_size = 0};

    snprintf(path, sizeof(path), "%s/pcap/%s.ghe", stage_dir, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 077) == 0 && seal_file_open(fd, memfd, key, &n) == 0)
        (void)!pread(memfd, plain, sizeof(plain) - 1, 0);
    if (fd >= 0)
        close(fd);
    close(memfd);
    return strcmp(plain, text) == 0 ? (size_t)st.st_size : 0;
}

#define BEFORE "a pcap file with what came before the alert"
#define WHOLE "a pcap file with what came before the alert, and behind"

static void test_stored(void)
{
    struct stage s;
    char words[160], hex[65];
    uint8_t hash[32];
    size_t sealed;

    check_row("stored");
    fresh();
    stage_begin(&s, "--live");
    usleep(100000);
    fake_run(s.sensor, 0, true);
    alert(&s, 1, 1001);
    CHECK(asked(&s, 1001));
    answer(&s, 1001, EVENT_PCAP_SO_FAR, 3, BEFORE);
    CHECK(stage_noted(&s, "\"pcaps_kept\":1"));
    CHECK(opens_to("1001-1.pcap", console, BEFORE) > 0);
    alert(&s, 2, 1001); /* while it is recorded: the same file, no further question */
    for (int i = 0; i < 300 && stage_records_of(EVENT_ALERT, ",\"capture_file\":\"1001-1.pcap\"}") < 2; i++)
        usleep(100000); /* its verdict comes by another way than what the sensor says next */
    answer(&s, 1001, EVENT_PCAP_WHOLE, 5, WHOLE);
    answer(&s, 1001, EVENT_PCAP_WHOLE, 5, "once more, which nobody asked for");
    answer(&s, 4711, EVENT_PCAP_WHOLE, 5, "of a connection that nobody asked about");
    alert(&s, 3, 1002);
    CHECK(asked(&s, 1002));
    answer(&s, 1002, EVENT_PCAP_GONE, 0, NULL);
    usleep(300000);
    fake_ledger(s.sensor, 0, 3, 3);
    stage_stop(&s);
    stage_check_whole();
    sealed = opens_to("1001-1.pcap", console, WHOLE);
    CHECK(sealed > strlen(WHOLE));
    CHECK(opens_to("1001-1.pcap", stage_appliance, WHOLE) == 0); /* the appliance itself cannot read it */
    CHECK_U64(stage_records_of(EVENT_ALERT, ",\"capture_file\":\"1001-1.pcap\"}"), 2);
    CHECK_U64(stage_records_of(EVENT_ALERT, ",\"capture_file\":\"1002-3.pcap\"}"), 1);
    digest_sha256(WHOLE, strlen(WHOLE), hash);
    digest_hex(hash, sizeof(hash), hex);
    snprintf(words, sizeof(words), "\"sealed_bytes\":%d,\"complete\":true,\"whole\":true,\"sha256\":\"%.16s",
             (int)sealed, hex);
    CHECK_U64(stage_records_of(EVENT_AUDIT, "\"capture_file\":\"1001-1.pcap\",\"gatehouse\":{\"audit\":{"
                                            "\"what\":\"pcap_stored\",\"packets\":3,"),
              1);
    CHECK_U64(stage_records_of(EVENT_AUDIT, "\"what\":\"pcap_stored\",\"packets\":5,"), 1);
    CHECK_U64(stage_records_of(EVENT_AUDIT, words), 1);
    CHECK_U64(stage_records_of(EVENT_AUDIT, "\"what\":\"pcap_lost\""), 1);
    CHECK_U64(stage_records_of(EVENT_ALERT, "\"verdict\""), 3);
}

/* A sensor that ends owes answers: what came stays, what did not is said to be lost. */
static void test_death(void)
{
    struct stage s;

    check_row("death");
    fresh();
    stage_begin(&s, "--live");
    usleep(100000);
    fake_run(s.sensor, 0, true);
    alert(&s, 1, 1001);
    CHECK(asked(&s, 1001));
    answer(&s, 1001, EVENT_PCAP_SO_FAR, 3, BEFORE);
    alert(&s, 2, 1002);
    CHECK(asked(&s, 1002));
    usleep(100000);
    stage_stop(&s);
    stage_check_whole();
    CHECK(opens_to("1001-1.pcap", console, BEFORE) > 0);
    CHECK_U64(stage_records_of(EVENT_AUDIT, "\"what\":\"pcap_stored\""), 1);
    CHECK_U64(stage_records_of(EVENT_AUDIT,
                               "\"what\":\"pcap_lost\",\"reason\":\"the sensor ended before it answered\""),
              1);
}

/* Answers that no sound sensor gives: it is replaced, and nothing is stored. */
static void test_hostile(void)
{
    static const struct {
        const char *name;
        uint8_t state;
        uint32_t frames;
        int file; /* 0 none, 1 sealed, 2 not sealed, 3 too short, 4 too long */
    } rows[] = {
        {"no such state", 9, 1, 1},    {"frames without a file", 2, 1, 0}, {"file without frames", 2, 0, 1},
        {"not sealed", 2, 1, 2},       {"shorter than a head", 2, 1, 3},   {"longer than there is", 2, 1, 4},
        {"gone with a file", 0, 1, 1},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        int fd = rows[i].file ? memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING) : -1;
        struct stage s;
        struct writer w;
        check_row(rows[i].name);
        fresh();
        stage_begin(&s, "--live");
        usleep(50000);
        fake_run(s.sensor, 0, true);
        alert(&s, 1, 1001);
        CHECK(asked(&s, 1001));
        if (fd >= 0)
            gh_check(ftruncate(fd, rows[i].file == 3   ? 23
                                   : rows[i].file == 4 ? EVENT_PCAP_MAX + 1
                                                       : 100) == 0 &&
                     (rows[i].file == 2 || msg_memfd_seal(fd) == 0));
        writer_init(&w, 64);
        writer_le(&w, 1001, 8);
        writer_u8(&w, rows[i].state);
        writer_u8(&w, 1);
        writer_le(&w, rows[i].frames, 4);
        gh_check(msg_send(s.sensor, MSG_PCAP, writer_span(&w), fd) == 0);
        writer_done(&w);
        CHECK(stage_noted(&s, "{\"broken\":\"sensor\"}"));
        stage_stop(&s);
        if (fd >= 0)
            close(fd);
        CHECK_U64(stage_records_of(EVENT_AUDIT, "\"what\":\"pcap_stored\""), 0);
    }
}

/* A replay's questions have an end, and its sensor is told. */
static void test_replay(void)
{
    struct stage s;
    struct msg m;
    struct reader r;

    check_row("replay");
    fresh();
    stage_begin(&s, NULL);
    fake_run(s.sensor, RUN, false);
    alert(&s, 1, 1001);
    CHECK(asked(&s, 1001));
    answer(&s, 1001, EVENT_PCAP_SO_FAR, 3, BEFORE);
    fake_ledger(s.sensor, RUN, 1, 1);
    CHECK(!fake_receive(s.sensor, &m, 300)); /* an answer is open */
    answer(&s, 1001, EVENT_PCAP_WHOLE, 5, WHOLE);
    CHECK(fake_receive(s.sensor, &m, 5000) && m.type == MSG_PCAP_QUERY);
    r = reader_span(m.body);
    CHECK(reader_le64(&r) == 0 && reader_le64(&r) == 0);
    stage_stop(&s);
    CHECK_U64(stage_records_of(EVENT_AUDIT, "\"packets\":5,"), 1);
    CHECK(opens_to("1001-1.pcap", console, WHOLE) > 0);
}

/* Who is not enrolled asks for nothing. */
static void test_no_console(void)
{
    struct stage s;
    struct msg m;

    check_row("no console");
    stage_fresh(true); /* a committee's key alone */
    stage_begin(&s, "--live");
    usleep(100000);
    fake_run(s.sensor, 0, true);
    alert(&s, 1, 1001);
    CHECK(!fake_receive(s.sensor, &m, 500));
    stage_stop(&s);
    CHECK_U64(stage_records_of(EVENT_ALERT, "capture_file"), 0);
    CHECK_U64(stage_records_of(EVENT_ALERT, "\"verdict\""), 1);
}

/* The oldest go for younger ones; one that is too long for all the room is refused. */
static void test_store(void)
{
    static char bytes[100000];
    struct pcap_store *s;
    struct conf conf;
    uint64_t sealed = 0;
    char name[32], path[160];
    struct stat st;
    int fd;

    check_row("store");
    fresh();
    conf_defaults(&conf);
    snprintf(conf.node_state_dir, sizeof(conf.node_state_dir), "%s", stage_dir);
    conf.evidence_pcap_max = 350000;
    s = pcap_store_open(&conf);
    gh_check(s && !pcap_store_why_not(s));
    memset(bytes, 'p', sizeof(bytes));
    for (int i = 1; i <= 5; i++) {
        fd = msg_memfd("x", span_of(bytes, sizeof(bytes)));
        snprintf(name, sizeof(name), "%d-%d.pcap", 1000 + i, i);
        CHECK(pcap_store_put(s, name, fd, sizeof(bytes), &sealed) == 0);
        CHECK(sealed > sizeof(bytes) && sealed < sizeof(bytes) + 500);
        CHECK(pcap_store_put(s, name, fd, sizeof(bytes), &sealed) == 0); /* anew: in its place */
        CHECK(pcap_store_put(s, name, fd, sizeof(bytes) + 1, &sealed) == ST_TRUNCATED);
        CHECK(pcap_store_put(s, "9-9.pcap", fd, 340000, &sealed) != 0);
        close(fd);
        usleep(20000); /* the clock of the disk is coarse */
    }
    CHECK(pcap_store_bytes(s) <= conf.evidence_pcap_max);
    CHECK(pcap_store_dropped(s) >= 2);
    snprintf(path, sizeof(path), "%s/pcap/1001-1.pcap.ghe", stage_dir);
    CHECK(stat(path, &st) != 0);
    snprintf(path, sizeof(path), "%s/pcap/9-9.pcap.ghe", stage_dir);
    CHECK(stat(path, &st) != 0);
    fd = msg_memfd("x", span_of(bytes, 10));
    CHECK(pcap_store_put(s, "8-8.pcap", fd, 400000, &sealed) == ST_LIMIT);
    CHECK(pcap_store_put(s, "8-8.pcap", fd, 10, &sealed) == 0);
    close(fd);
    pcap_store_close(s);
    s = pcap_store_open(&conf);
    CHECK(s && pcap_store_bytes(s) > 0);
    pcap_store_close(s);
    conf.evidence_pcap_max = 0;
    s = pcap_store_open(&conf);
    CHECK(s && pcap_store_why_not(s));
    pcap_store_close(s);
    for (int i = 1; i <= 9; i++) {
        snprintf(path, sizeof(path), "%s/pcap/%d-%d.pcap.ghe", stage_dir, i == 8 ? 8 : 1000 + i, i);
        (void)unlink(path);
    }
    snprintf(path, sizeof(path), "%s/pcap", stage_dir);
    CHECK(rmdir(path) == 0); /* nothing half-written stays */
}

int main(void)
{
    stage_setup();
    console = seal_keys_generate();
    gh_check(console);
    test_stored();
    test_death();
    test_hostile();
    test_replay();
    test_no_console();
    test_store();
    seal_keys_free(console);
    stage_teardown();
    return check_end();
}
