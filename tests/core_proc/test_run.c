/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-core as the appliance runs it: the journal, quarantine, enforcement, and its own death in the middle of
 * a replay. */
#include "base/base64.h"
#include "base/db.h"
#include "base/json.h"
#include "policy/core/journal_verify.h"
#include "policy/core/ranges.h"
#include "tests/check.h"
#include "tests/core_proc/fake.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN 5u
#define FULL                                                                                                 \
    "{\"mime\":\"text/"                                                                                      \
    "plain\",\"kind\":\"text\",\"level\":\"mat\",\"level_source\":\"marking\",\"read\":\"full\"}"
#define LOG                                                                                                  \
    "[{\"action\":\"log\",\"policy\":\"p@1\",\"rule\":\"r\",\"reason\":\"because\",\"facts\":[],\"shadow\":" \
    "false}]"
#define BLOCK                                                                                                \
    "[{\"action\":\"block\",\"policy\":\"p@1\",\"rule\":\"leak\",\"reason\":\"because\",\"severity\":1,"     \
    "\"facts\":[],\"shadow\":false}]"

static char dir[] = "/tmp/gh-run-test-XXXXXX";
static char state[64];
static struct seal_keys *appliance, *committee;

struct stage {
    struct fake f;
    struct msg_chan *sensor, *scan, *policy, *enforce;
};

static void begin(struct stage *s, const char *extra)
{
    char *options[20] = {(char *)"--set", state,
                         (char *)"--set", (char *)"journal.batch_records=7",
                         (char *)"--set", (char *)"journal.reserve=0"};
    size_t n = 6;

    if (extra && extra[0] == '-') {
        options[n++] = (char *)extra;
        options[n++] = (char *)"--set";
        options[n++] = (char *)"enforce.enabled=yes";
        options[n++] = (char *)"--set";
        options[n++] = (char *)"scan.queue=2";
    } else if (extra) {
        options[n++] = (char *)"--set";
        options[n++] = (char *)extra;
    }
    memset(s, 0, sizeof(*s));
    fake_start(&s->f, options, -1);
    s->scan = fake_peer(&s->f, ROLE_SCAN);
    s->policy = fake_peer(&s->f, ROLE_POLICY);
    s->sensor = fake_peer(&s->f, ROLE_SENSOR);
}

static void close_peers(struct stage *s)
{
    msg_chan_free(s->sensor);
    msg_chan_free(s->scan);
    msg_chan_free(s->policy);
    msg_chan_free(s->enforce);
    close(s->f.out);
}

static void stop(struct stage *s)
{
    CHECK(msg_send(s->f.keeper, MSG_STOP, (struct span){NULL, 0}, -1) == 0);
    msg_chan_free(s->sensor);
    s->sensor = NULL;
    CHECK_U64(fake_end(&s->f), 0);
    close_peers(s);
}

/* Waits for a note that holds the words. */
static bool noted(struct stage *s, const char *words)
{
    struct msg m;

    for (int i = 0; i < 20; i++)
        if (fake_receive(s->f.keeper, &m, 3000) && m.type == MSG_NOTE &&
            span_find(m.body, span_str(words), 0) >= 0)
            return true;
    return false;
}

/* How many records of the run, and whether (n, k) occurs once at most. */
static uint64_t records(uint64_t run, uint64_t *ret_alerts, char *last, size_t cap)
{
    char path[128];
    struct arena *a = arena_new(64 << 20);
    struct ranges seen = {0};
    struct db *db;
    struct db_stmt *s;
    uint64_t count = 0;

    snprintf(path, sizeof(path), "%s/journal.db", dir);
    *ret_alerts = 0;
    CHECK(db_open(path, DB_READ, &db) == 0);
    CHECK(db_query(db, &s, "SELECT bytes FROM batch ORDER BY number", "") == 0);
    while (db_step(s) == 1) {
        struct batch_header h;
        struct record *r;
        uint8_t sig[SEAL_SIGNATURE];
        size_t n = 0;
        CHECK(batch_read(db_blob(s, 0), a, &h, &r, &n, sig) == 0);
        for (size_t i = 0; i < n; i++) {
            if (run && r[i].run != run)
                continue;
            CHECK(ranges_add(&seen, r[i].n * 8 + r[i].k) == 0);
            *ret_alerts += r[i].type == EVENT_ALERT;
            if (r[i].type == EVENT_ALERT && last)
                snprintf(last, cap, "%.*s", (int)r[i].json.n, (const char *)r[i].json.p);
            count++;
        }
    }
    db_close(db);
    ranges_done(&seen);
    arena_free(a);
    return count;
}

/* How many records of a type hold the words. */
static uint64_t records_of(enum event_type type, const char *words)
{
    char path[128];
    struct arena *a = arena_new(64 << 20);
    struct db *db;
    struct db_stmt *s;
    uint64_t count = 0;

    snprintf(path, sizeof(path), "%s/journal.db", dir);
    CHECK(db_open(path, DB_READ, &db) == 0);
    CHECK(db_query(db, &s, "SELECT bytes FROM batch", "") == 0);
    while (db_step(s) == 1) {
        struct batch_header h;
        struct record *r;
        uint8_t sig[SEAL_SIGNATURE];
        size_t n = 0;
        CHECK(batch_read(db_blob(s, 0), a, &h, &r, &n, sig) == 0);
        for (size_t i = 0; i < n; i++)
            count += r[i].type == type && span_find(r[i].json, span_str(words), 0) >= 0;
    }
    db_close(db);
    arena_free(a);
    return count;
}

static void check_whole(void)
{
    char path[128];
    struct verify_report r;

    snprintf(path, sizeof(path), "%s/journal.db", dir);
    CHECK(journal_verify(path, seal_keys_public(appliance), &r) == 0);
    if (*r.what)
        fprintf(stderr, "batch %d record %d: %s\n", (int)r.bad_batch, (int)r.bad_record, r.what);
}

/* Starts with a fresh state directory; enrolled or not. */
static void fresh(bool enrolled)
{
    char path[160], sign[64], box[64];
    FILE *f;

    for (const char *const *name =
             (const char *const[]){"journal.db", "journal.db-wal", "journal.db-shm", "console.json", NULL};
         *name; name++) {
        snprintf(path, sizeof(path), "%s/%s", dir, *name);
        (void)unlink(path);
    }
    snprintf(path, sizeof(path), "%s/appliance.key", dir);
    if (access(path, F_OK) != 0)
        CHECK(keyfile_save(path, appliance) == 0);
    if (!enrolled)
        return;
    snprintf(path, sizeof(path), "%s/console.json", dir);
    f = fopen(path, "w");
    gh_check(f);
    fprintf(f, "{\"committee_sign\":\"%s\",\"committee_box\":\"%s\"}\n",
            base64_encode(seal_keys_public(committee)->sign, SEAL_PUBLIC, sign, sizeof(sign)),
            base64_encode(seal_keys_public(committee)->box, SEAL_PUBLIC, box, sizeof(box)));
    fclose(f);
}

/* Ten events, the third with a document that is blocked. */
static void send_replay(struct msg_chan *s, uint64_t events)
{
    fake_run(s, RUN, false);
    for (uint64_t n = 1; n <= events; n++) {
        if (n % 10 == 3) {
            char name[16];
            snprintf(name, sizeof(name), "d%d", (int)n);
            fake_document(s, n, name, name, true);
            fake_fileinfo(s, n, n, name, true);
        } else {
            fake_event(s, n, EVENT_HTTP, 0,
                       "{\"timestamp\":\"2026-01-02T03:04:05.000000+0000\",\"event_type\":\"http\"}");
        }
    }
    fake_ledger(s, RUN, events, events / 10);
}

static void serve(struct stage *s, int documents, const char *decision)
{
    for (int i = 0; i < documents; i++) {
        uint64_t id = fake_asked(s->scan, MSG_SCAN);
        CHECK(id != 0);
        fake_findings(s->scan, id, FULL);
        id = fake_asked(s->policy, MSG_DECIDE);
        CHECK(id != 0);
        fake_decision(s->policy, id, decision);
    }
}

static void test_quarantine(bool enrolled)
{
    struct stage s;
    uint64_t alerts;
    char last[8192] = "", path[256], plain[8] = "";
    int fd = -1, out;

    check_row(enrolled ? "quarantine" : "not enrolled");
    fresh(enrolled);
    begin(&s, NULL);
    CHECK(noted(&s, "\"started\":true"));
    send_replay(s.sensor, 10);
    serve(&s, 1, BLOCK);
    CHECK(noted(&s, "\"run_done\":true"));
    stop(&s);
    check_whole();
    /* ten events, an alert, the accounts; and that it was sealed */
    CHECK_U64(records(RUN, &alerts, last, sizeof(last)), enrolled ? 13 : 12);
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
        snprintf(path, sizeof(path), "%s/evidence/%.64s.ghe", dir, hash + 10);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        CHECK(fd >= 0);
        out = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
        CHECK(seal_file_open(fd, out, appliance, &bytes) != 0); /* not even with the appliance's own key */
        CHECK(lseek(fd, 0, SEEK_SET) == 0 && ftruncate(out, 0) == 0 && lseek(out, 0, SEEK_SET) == 0);
        CHECK(seal_file_open(fd, out, committee, &bytes) == 0);
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
    fresh(false);
    for (int life = 0; life < 12; life++) {
        struct msg m;
        bool last = life == 11;
        int answers = 0;
        begin(&s, NULL);
        CHECK(noted(&s, "\"started\":true"));
        send_replay(s.sensor, 100);
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
            CHECK(noted(&s, "\"run_done\":true"));
            stop(&s);
        } else {
            usleep(20000u * (unsigned)life);
            kill(s.f.pid, SIGKILL);
            CHECK(fake_end(&s.f) == -SIGKILL);
            close_peers(&s);
        }
        check_whole();
    }
    CHECK_U64(records(RUN, &alerts, NULL, 0), 100 + 10 + 1);
    CHECK_U64(alerts, 10);
}

/* The sensor dies in the middle, with a document being read, and begins anew to the same core. */
static void test_sensor_dies(void)
{
    struct stage s;
    uint64_t alerts, id;

    check_row("sensor dies");
    fresh(false);
    begin(&s, NULL);
    fake_run(s.sensor, RUN, false);
    for (uint64_t n = 1; n <= 5; n++) {
        if (n == 3) {
            fake_document(s.sensor, 3, "d3", "d3", true);
            fake_fileinfo(s.sensor, 3, 3, "d3", true);
        } else {
            fake_event(s.sensor, n, EVENT_HTTP, 0, "{}");
        }
    }
    fake_document(s.sensor, 9, "x", "x", true); /* its record never comes */
    CHECK((id = fake_asked(s.scan, MSG_SCAN)) != 0);
    msg_chan_free(s.sensor);
    s.sensor = fake_peer(&s.f, ROLE_SENSOR);
    send_replay(s.sensor, 10);
    usleep(200000);
    fake_findings(s.scan, id, FULL);
    CHECK((id = fake_asked(s.policy, MSG_DECIDE)) != 0);
    fake_decision(s.policy, id, BLOCK);
    CHECK(noted(&s, "\"run_done\":true"));
    stop(&s);
    check_whole();
    CHECK_U64(records(RUN, &alerts, NULL, 0), 12);
    CHECK_U64(alerts, 1);
    CHECK_U64(records_of(EVENT_STATS, "\"events\":{\"in\":10,\"out\":10,\"lost\":{}}"), 1);
}

static void test_full(void)
{
    struct stage s;
    uint64_t alerts;

    check_row("full");
    fresh(false);
    begin(&s, "journal.reserve=1023G");
    send_replay(s.sensor, 10);
    serve(&s, 1, LOG);
    CHECK(noted(&s, "\"journal\":\"the disk has no more free space than journal.reserve\""));
    kill(s.f.pid, SIGKILL);
    CHECK(fake_end(&s.f) == -SIGKILL);
    close_peers(&s);
    CHECK_U64(records(RUN, &alerts, NULL, 0), 0);
    CHECK_U64(records_of(EVENT_ALERT, "\"signature\":\"The journal is full: events are lost\""), 1);
    check_row("free again");
    begin(&s, NULL);
    send_replay(s.sensor, 10);
    serve(&s, 1, LOG);
    CHECK(noted(&s, "\"run_done\":true"));
    stop(&s);
    CHECK_U64(records(RUN, &alerts, NULL, 0), 11);
}

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
        fresh(false);
        begin(&s, "--live");
        s.enforce = fake_peer(&s.f, ROLE_ENFORCE);
        usleep(100000);
        fake_run(s.sensor, 0, true);
        fake_document(s.sensor, 1, "a", "a", true);
        fake_fileinfo(s.sensor, 1, 1, "a", true);
        serve(&s, 1, BLOCK);
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
        stop(&s);
        check_whole();
        CHECK(records(0, &alerts, last, sizeof(last)) >= 2);
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
    fresh(false);
    begin(&s, "--live"); /* scan.queue=2, two workers: six on their way, two waiting */
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
    stop(&s);
    check_whole();
    CHECK_U64(records_of(EVENT_FILEINFO, "\"unread_reason\":\"timeout\""), 2);
    CHECK_U64(records_of(EVENT_FILEINFO, "\"read\":\"full\""), 8);
    CHECK_U64(records_of(EVENT_STATS, "\"documents\":{\"in\":10,\"out\":8,\"lost\":{\"scan_queue\":2}}"), 1);
    (void)records(0, &alerts, last, sizeof(last));
    CHECK_U64(alerts, 0);
}

int main(void)
{
    char path[128];

    CHECK(seal_init() == 0 && mkdtemp(dir) != NULL);
    snprintf(state, sizeof(state), "node.state_dir=%s", dir);
    appliance = seal_keys_generate();
    committee = seal_keys_generate();
    gh_check(appliance && committee);
    test_quarantine(true);
    test_quarantine(false);
    test_sensor_dies();
    test_full();
    test_enforce();
    test_live_overflow();
    test_kill();
    fresh(false);
    for (const char *const *name = (const char *const[]){"appliance.key", "evidence", NULL}; *name; name++) {
        snprintf(path, sizeof(path), "%s/%s", dir, *name);
        CHECK(remove(path) == 0);
    }
    CHECK(remove(dir) == 0);
    seal_keys_free(appliance);
    seal_keys_free(committee);
    return check_end();
}
