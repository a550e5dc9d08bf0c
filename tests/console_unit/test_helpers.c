/* SPDX-License-Identifier: GPL-3.0-or-later
 * Questions to a helper that answers, hesitates, and dies. */
#include "console/helpers.h"
#include "tests/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct proc proc;
static struct helpers *h;
static atomic_bool ready;

static void run(void)
{
    while (!atomic_load(&ready))
        CHECK(loop_once(proc.loop, 5) >= 0);
    atomic_store(&ready, false);
}

/* The helper: does what the question says. */
static void *helper(void *arg)
{
    struct msg_chan *c = msg_chan_new(*(int *)arg, ROLE_REPORT, ROLE_CONSOLE);
    struct msg m;

    while (msg_receive(c, &m, true) == 0) {
        uint64_t id;
        struct span json = {NULL, 0};
        struct writer w;

        if (m.fd >= 0)
            close(m.fd);
        if (m.type == MSG_FORGET) {
            CHECK(forget_read(m.body, &id) == 0);
            continue;
        }
        CHECK(m.type == MSG_ASK && ask_read(m.body, &id, &json) == 0);
        if (span_eq(json, span_str("die")))
            break;
        if (span_eq(json, span_str("sleep")))
            continue;
        writer_init(&w, 1000);
        for (int state = ASK_MORE; state <= ASK_DONE; state++) {
            writer_clear(&w);
            writer_le(&w, id, 8);
            writer_u8(&w, (uint8_t)state);
            writer_put(&w, json);
            (void)msg_send(c, MSG_ANSWER, writer_span(&w), -1);
        }
        writer_done(&w);
    }
    msg_chan_free(c);
    return NULL;
}

static void give_peer(int *fd, pthread_t *t)
{
    int fds[2];

    CHECK(msg_pair(fds) == 0);
    *fd = fds[1];
    CHECK(pthread_create(t, NULL, helper, fd) == 0);
    helpers_peer(h, ROLE_REPORT, fds[0]);
}

static int ask(const char *what, uint64_t ms, char *ret, size_t cap)
{
    struct helpers_answer a;
    int rc = helpers_wait(h, ROLE_REPORT, span_str(what), -1, ms, &a);

    if (rc)
        return rc;
    CHECK(a.state == ASK_DONE && a.fd == -1 && a.json.n < cap);
    memcpy(ret, a.json.p, a.json.n);
    ret[a.json.n] = 0;
    writer_done(&a.json);
    return 0;
}

static void *asker(void *arg)
{
    char got[64];

    (void)arg;
    for (int i = 0; i < 200; i++) {
        char want[64];
        snprintf(want, sizeof(want), "question %d of %lu", i, (unsigned long)pthread_self());
        CHECK(ask(want, 60000, got, sizeof(got)) == 0 && !strcmp(got, want));
    }
    CHECK(ask("sleep", 20, got, sizeof(got)) == ST_TIMEOUT);
    return NULL;
}

static unsigned mores, lasts;
static int last_rc;
static void on_answer(void *arg, uint64_t id, int rc, enum ask_state state, struct span json, int fd)
{
    CHECK(arg == &mores && fd == -1 && id);
    (void)json;
    if (!rc && state == ASK_MORE) {
        mores++;
        return;
    }
    last_rc = rc;
    lasts++;
    atomic_store(&ready, true);
}

static void *rest(void *arg)
{
    pthread_t t[4];

    (void)arg;
    for (size_t i = 0; i < GH_COUNT(t); i++)
        CHECK(pthread_create(&t[i], NULL, asker, NULL) == 0);
    for (size_t i = 0; i < GH_COUNT(t); i++)
        pthread_join(t[i], NULL);
    atomic_store(&ready, true);
    return NULL;
}

int main(void)
{
    uint64_t id = 0, ids[HELPERS_OPEN];
    int fd, fd2;
    pthread_t t, t2, asking;
    char *huge = calloc(1, ASK_JSON_MAX + 2);

    proc.role = ROLE_CONSOLE;
    proc.loop = loop_new();
    h = helpers_new(&proc);
    CHECK(h && huge);
    CHECK(!helpers_have(h, ROLE_REPORT));
    CHECK(helpers_ask(h, ROLE_REPORT, span_str("x"), -1, on_answer, &mores, &id) == ST_CLOSED);
    give_peer(&fd, &t);
    CHECK(helpers_have(h, ROLE_REPORT) && !helpers_have(h, ROLE_OUTLET));
    memset(huge, 'x', ASK_JSON_MAX + 1);
    CHECK(helpers_ask(h, ROLE_REPORT, span_str(huge), -1, on_answer, &mores, &id) == ST_FULL);
    free(huge);

    CHECK(helpers_ask(h, ROLE_REPORT, span_str("x"), -1, on_answer, &mores, &id) == 0);
    run();
    CHECK(mores == 1 && lasts == 1 && last_rc == 0);

    CHECK(pthread_create(&asking, NULL, rest, NULL) == 0);
    run();
    pthread_join(asking, NULL);

    for (size_t i = 0; i < HELPERS_OPEN; i++)
        CHECK(helpers_ask(h, ROLE_REPORT, span_str("sleep"), -1, on_answer, &mores, &ids[i]) == 0);
    CHECK(helpers_ask(h, ROLE_REPORT, span_str("x"), -1, on_answer, &mores, &id) == ST_AGAIN);
    loop_once(proc.loop, 100);
    for (size_t i = 0; i < HELPERS_OPEN; i++)
        helpers_forget(h, ids[i]);
    loop_once(proc.loop, 100);
    CHECK(lasts == 1);

    CHECK(helpers_ask(h, ROLE_REPORT, span_str("die"), -1, on_answer, &mores, &id) == 0);
    run();
    CHECK(lasts == 2 && last_rc == ST_CLOSED && !helpers_have(h, ROLE_REPORT));
    pthread_join(t, NULL);
    give_peer(&fd2, &t2);
    CHECK(helpers_ask(h, ROLE_REPORT, span_str("again"), -1, on_answer, &mores, &id) == 0);
    run();
    CHECK(lasts == 3 && last_rc == 0 && mores == 2);
    helpers_free(h);
    pthread_join(t2, NULL);
    loop_free(proc.loop);
    return check_end();
}
