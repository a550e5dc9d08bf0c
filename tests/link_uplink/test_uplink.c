/* SPDX-License-Identifier: GPL-3.0-or-later
 * The uplink against consoles that answer well, badly, late and not at all. */
#include "base/envelope.h"
#include "base/event.h"
#include "firmware/link/uplink.h"
#include "base/journal.h"
#include "tests/check.h"

#include <unistd.h>

#define BATCHES 6
#define STEPS 12

static char dir[] = "/tmp/gh-uplink-test-XXXXXX";
static struct seal_keys *appliance, *console;

/* What the console does at each post, and what it saw. */
struct script {
    struct {
        int rc;
        long status;
        const char *answer; /* "%d" becomes the number of the batch that came */
    } step[STEPS];
    size_t at;
    uint64_t came[STEPS], receipts[STEPS];
    bool ahead[STEPS]; /* it came before its turn */
    size_t n_receipts;
};

static int post(void *arg, const struct letter *letter, long *ret_status, struct writer *answer)
{
    struct script *s = arg;
    struct arena *a = arena_new(32 << 20);
    struct batch_header h = {0};
    struct record *r;
    struct writer plain;
    uint8_t sig[SEAL_SIGNATURE];
    size_t n;
    int rc;

    gh_check(s->at < STEPS);
    writer_init(&plain, ENVELOPE_MAX);
    CHECK(envelope_open(letter->body, console, &plain) == 0);
    CHECK(batch_read(writer_span(&plain), a, &h, &r, &n, sig) == 0);
    CHECK(batch_verify(&h, sig, seal_keys_public(appliance)) == 0);
    s->came[s->at] = h.number;
    s->ahead[s->at] = !strcmp(letter->path, "/api/v1/intake/ahead");
    rc = s->step[s->at].rc;
    *ret_status = s->step[s->at].status;
    writer_clear(answer);
    if (s->step[s->at].answer) {
        const char *number = strstr(s->step[s->at].answer, "%d");
        if (number)
            writer_printf(answer, "%.*s%d%s", (int)(number - s->step[s->at].answer), s->step[s->at].answer,
                          (int)h.number, number + 2);
        else
            writer_str(answer, s->step[s->at].answer);
    }
    s->at++;
    writer_done(&plain);
    arena_free(a);
    return rc;
}

static const char *message(void *arg)
{
    (void)arg;
    return "nobody answers";
}

static void receipt(void *arg, uint64_t number)
{
    struct script *s = arg;

    gh_check(s->n_receipts < STEPS);
    s->receipts[s->n_receipts++] = number;
}

static void show(const uint64_t *v, size_t n, char *buf, size_t cap)
{
    size_t o = 0;

    buf[0] = 0;
    for (size_t i = 0; i < n && o < cap; i++)
        o += (size_t)snprintf(buf + o, cap - o, "%s%d", i ? " " : "", (int)v[i]);
}

#define GOOD                                                                                                 \
    {                                                                                                        \
        0, 200, "{\"receipt\":%d}"                                                                           \
    }

static void test_scripts(void)
{
    static const struct {
        const char *name;
        struct script script;
        const char *came, *receipts;
        uint64_t waits; /* calls that asked for a pause */
        const char *trouble;
    } rows[] = {
        {"all well", {.step = {GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}}, "1 2 3 4 5 6", "1 2 3 4 5 6", 0, ""},
        {"no connection at first",
         {.step = {{ST_CLOSED, 0, NULL}, {ST_TIMEOUT, 0, NULL}, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
         "1 1 1 2 3 4 5 6",
         "1 2 3 4 5 6",
         2,
         ""},
        {"the console has some already",
         {.step = {{0, 409, "{\"expect\":4}"}, GOOD, GOOD, GOOD}},
         "1 4 5 6",
         "3 4 5 6",
         0,
         ""},
        {"the console has all already", {.step = {{0, 200, "{\"receipt\":6}"}}}, "1", "6", 0, ""},
        {"the console lost some",
         {.step = {GOOD, GOOD, {0, 409, "{\"expect\":2}"}, GOOD, GOOD, GOOD, GOOD, GOOD}},
         "1 2 3 2 3 4 5 6",
         "1 2 1 2 3 4 5 6",
         0,
         ""},
        {"not known",
         {.step = {{0, 403, "{}"}, {0, 403, NULL}, {0, 403, NULL}}},
         "1 1 1",
         "",
         3,
         "the console does not know this appliance (or has retired it)"},
        {"malformed",
         {.step = {{0, 400, "{}"}, {0, 400, ""}, {0, 400, ""}}},
         "1 1 1",
         "",
         3,
         "the console refuses batch 1 as malformed"},
        {"nonsense",
         {.step = {{0, 200, "hello"}, {0, 200, "{\"receipt\":99}"}, {0, 200, "{\"receipt\":-4}"}}},
         "1 1 1",
         "",
         3,
         "the console answers with status 200"},
        {"has what was never sent",
         {.step = {{0, 200, "{\"receipt\":7}"}, {0, 200, "{\"receipt\":7}"}, {0, 200, "{\"receipt\":7}"}}},
         "1 1 1",
         "",
         3,
         "the console has a batch 7 of this appliance, which this journal never wrote: was the journal "
         "replaced?"},
        {"expects what nobody has",
         {.step = {{0, 409, "{\"expect\":99}"}, {0, 409, "{\"expect\":1}"}, {0, 500, NULL}}},
         "1 1 1",
         "",
         3,
         "the console answers with status 500"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct script s = rows[i].script;
        const struct uplink_hooks hooks = {.arg = &s, .post = post, .message = message, .receipt = receipt};
        struct queue *q = queue_new(dir);
        struct uplink *u = uplink_new(q, seal_keys_public(console), &hooks);
        char text[128];
        uint64_t now = 1000000, waits = 0, ms = 0, before = 0;
        check_row(rows[i].name);
        for (int k = 0; k < 30 && ms != UINT64_MAX && waits < 3; k++) {
            ms = uplink_step(u, now);
            if (ms == UINT64_MAX || !ms)
                continue;
            waits++;
            CHECK(ms >= ((uint64_t)UPLINK_FIRST_MS / 2 << (waits - 1)) && ms <= (uint64_t)UPLINK_FIRST_MS
                                                                                    << (waits - 1));
            CHECK(uplink_step(u, now + ms - 1) == 1); /* not before its time, and nothing is sent */
            CHECK(s.at > before);
            before = s.at;
            now += ms;
        }
        show(s.came, s.at, text, sizeof(text));
        CHECK_STR(text, rows[i].came);
        show(s.receipts, s.n_receipts, text, sizeof(text));
        CHECK_STR(text, rows[i].receipts);
        CHECK_U64(waits, rows[i].waits);
        CHECK_STR(uplink_trouble(u), rows[i].trouble);
        CHECK_U64(uplink_newest(u), BATCHES);
        uplink_free(u);
        queue_free(q);
    }
}

static void test_no_journal(void)
{
    struct script s = {0};
    const struct uplink_hooks hooks = {.arg = &s, .post = post, .message = message, .receipt = receipt};
    struct queue *q = queue_new("/nonexistent");
    struct uplink *u = uplink_new(q, seal_keys_public(console), &hooks);

    check_row("no journal");
    CHECK(uplink_step(u, 1) == UINT64_MAX); /* the core has not made it yet */
    CHECK_U64(s.at, 0);
    uplink_free(u);
    queue_free(q);
}

static void make_journal(void)
{
    struct journal *j = NULL;
    struct conf conf;
    char err[256];

    conf_defaults(&conf);
    conf.journal_reserve = 0;
    snprintf(conf.node_state_dir, sizeof(conf.node_state_dir), "%s", dir);
    CHECK(journal_open(&conf, appliance, &j, err, sizeof(err)) == 0);
    gh_check(j);
    for (uint64_t n = 1; n <= BATCHES; n++) {
        struct record r = {.run = 1, .n = n, .json = span_str("{\"a\":1}")};
        CHECK(journal_add(j, &r, 1) == 0 && journal_flush(j) == 0);
    }
    journal_close(j);
}

/* One flush of much that is no alert, and of one: the alert gets a batch of its own, number 7. */
static void add_alert(void)
{
    static char much[20000];
    struct journal *j = NULL;
    struct conf conf;
    char err[256];

    memset(much, ' ', sizeof(much));
    much[0] = '{';
    much[sizeof(much) - 1] = '}';
    conf_defaults(&conf);
    conf.journal_reserve = 0;
    snprintf(conf.node_state_dir, sizeof(conf.node_state_dir), "%s", dir);
    CHECK(journal_open(&conf, appliance, &j, err, sizeof(err)) == 0);
    gh_check(j);
    const struct record unit[] = {
        {.run = 1, .n = 101, .json = span_of(much, sizeof(much))},
        {.run = 1, .n = 102, .type = EVENT_FILEINFO, .json = span_str("{\"a\":2}")},
        {.run = 1, .n = 102, .k = 1, .type = EVENT_ALERT, .json = span_str("{\"a\":3}")},
    };
    CHECK(journal_add(j, &unit[0], 1) == 0 && journal_add(j, &unit[1], 2) == 0);
    CHECK(journal_flush(j) == 0);
    CHECK_U64(journal_last(j), BATCHES + 2);
    journal_close(j);
}

static void test_ahead(void)
{
    static const struct {
        const char *name;
        struct script script;
        const char *came, *ahead, *receipts;
    } rows[] = {
        {"the alert overtakes",
         {.step = {{0, 202, "{\"receipt\":0,\"ahead\":%d}"},
                   GOOD,
                   GOOD,
                   GOOD,
                   GOOD,
                   GOOD,
                   {0, 200, "{\"receipt\":7}"},
                   GOOD}},
         "7 1 2 3 4 5 6 8",
         "1 0 0 0 0 0 0 0",
         "1 2 3 4 5 7 8"},
        {"an earlier console",
         {.step = {{0, 404, NULL}, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
         "7 1 2 3 4 5 6 7 8",
         "1 0 0 0 0 0 0 0 0",
         "1 2 3 4 5 6 7 8"},
        {"the line is cut",
         {.step = {{ST_CLOSED, 0, NULL}, {0, 202, "{}"}, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
         "7 7 1 2 3 4 5 6 7 8",
         "1 1 0 0 0 0 0 0 0 0",
         "1 2 3 4 5 6 7 8"},
        {"it is refused: told in its turn",
         {.step = {{0, 403, NULL}, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
         "7 1 2 3 4 5 6 7 8",
         "1 0 0 0 0 0 0 0 0",
         "1 2 3 4 5 6 7 8"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct script s = rows[i].script;
        const struct uplink_hooks hooks = {.arg = &s, .post = post, .message = message, .receipt = receipt};
        struct queue *q = queue_new(dir);
        struct uplink *u = uplink_new(q, seal_keys_public(console), &hooks);
        uint64_t now = 1000000, ms = 0, ahead[STEPS];
        char text[128];
        check_row(rows[i].name);
        for (int k = 0; k < 30 && ms != UINT64_MAX; k++) {
            ms = uplink_step(u, now);
            now += ms == UINT64_MAX ? 0 : ms;
        }
        show(s.came, s.at, text, sizeof(text));
        CHECK_STR(text, rows[i].came);
        for (size_t k = 0; k < s.at; k++)
            ahead[k] = s.ahead[k];
        show(ahead, s.at, text, sizeof(text));
        CHECK_STR(text, rows[i].ahead);
        show(s.receipts, s.n_receipts, text, sizeof(text));
        CHECK_STR(text, rows[i].receipts);
        uplink_free(u);
        queue_free(q);
    }
}

int main(void)
{
    static const char *const files[] = {"journal.db", "journal.db-wal", "journal.db-shm", "journal.head"};
    char path[128];

    CHECK(seal_init() == 0 && mkdtemp(dir) != NULL);
    appliance = seal_keys_generate();
    console = seal_keys_generate();
    gh_check(appliance && console);
    make_journal();
    test_scripts();
    test_no_journal();
    add_alert();
    test_ahead();
    for (size_t i = 0; i < GH_COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        (void)unlink(path);
    }
    CHECK(rmdir(dir) == 0);
    seal_keys_free(appliance);
    seal_keys_free(console);
    return check_end();
}
