/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-nats: brings what appliances left at a NATS broker to gh-console, and its answers back. It holds no key of the
 * console and opens nothing: whom a batch is from, and whether it is one, only the console can tell. So what the broker
 * says of its clients counts for nothing here.
 *
 * gh-console asks once, {"do":"carry"} (base/ask.h); each letter is an answer to that which is not the last:
 * {"letter":N,"from":"appliance id","stored":true,"at":µs,"delivered":N}, its bytes in a sealed memfd; likewise
 * {"state":{…}} for people. What became of a letter comes as {"do":"answer","letter":N,"fate":"done|again|never","ms":N}
 * with the answer's bytes, and only then is it taken off its stream. Without a console nothing is fetched.
 *
 * Main thread: channel and letters. One thread fetches, as the library waits there; questions come on the library's. */
#include "base/ask.h"
#include "base/clock.h"
#include "base/jail.h"
#include "base/json.h"
#include "base/log.h"
#include "console/nats/desk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define INBOX (192 + BROKER_FETCH)
#define FETCH_MS 2000
#define TICK_MS 1000
#define FAILED_MS 1000
#define CONSUMER "console"
#define GROUP "console"
#define CONSUMER_MOST 256 /* under way at all consoles that share the consumer */
#define BACK_MS 1000
#define ANSWER_MOST (10u << 20)
#define JSON_ARENA (256u << 10)
#define MEMORY (768u << 20)
#define FILES 256

struct carrier {
    struct proc proc;
    struct proc_chan *console;
    uint64_t carry; /* the console's standing question, 0: none */
    struct broker *broker;
    struct desk desk;
    char batches[BROKER_SUBJECT], asks[BROKER_SUBJECT], answers[BROKER_SUBJECT]; /* the last: without the id */
    struct arena *arena;
    pthread_t fetcher;
    atomic_bool stop, wanted; /* wanted: there is a console that takes letters */
    pthread_mutex_t lock;
    pthread_cond_t room;
    struct broker_msg *inbox[INBOX]; /* came, and not yet on the desk: a ring */
    size_t first, count;
    size_t fetched; /* of the stream: in the inbox or on the desk */
    int wake;
    uint64_t taken, again, never, questions;
    char told[BROKER_TROUBLE]; /* the trouble that was logged last */
};

/* False when it is full; what was fetched always fits. */
static bool inbox_put(struct carrier *c, struct broker_msg *m)
{
    size_t most = m->delivered ? INBOX : INBOX - BROKER_FETCH;
    const uint64_t one = 1;
    bool fits;

    pthread_mutex_lock(&c->lock);
    fits = c->count < most;
    if (fits)
        c->inbox[(c->first + c->count++) % INBOX] = m;
    pthread_mutex_unlock(&c->lock);
    if (fits)
        (void)!write(c->wake, &one, sizeof(one));
    return fits;
}

/* On a thread of the library. Who gets no answer asks again. */
static void on_question(void *arg, struct broker_msg *m)
{
    if (!m->reply[0] || !inbox_put(arg, m))
        broker_msg_free(m);
}

/* How many may be fetched; waits a moment when none may. */
static size_t room(struct carrier *c)
{
    size_t most = (size_t)c->proc.conf.console_nats_window, n;
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_mutex_lock(&c->lock);
    if (c->fetched >= most || !atomic_load(&c->wanted))
        (void)pthread_cond_timedwait(&c->room, &c->lock, &until);
    n = c->fetched < most && atomic_load(&c->wanted) ? most - c->fetched : 0;
    pthread_mutex_unlock(&c->lock);
    return n;
}

static void *fetch(void *arg)
{
    struct carrier *c = arg;
    struct broker_msg *msgs[BROKER_FETCH];

    while (!atomic_load(&c->stop)) {
        size_t want = room(c), n = 0;
        int rc = 0;

        broker_mend(c->broker);
        if (want)
            rc = broker_fetch(c->broker, want, FETCH_MS, msgs, &n);
        pthread_mutex_lock(&c->lock);
        c->fetched += n;
        pthread_mutex_unlock(&c->lock);
        for (size_t i = 0; i < n; i++)
            gh_check(inbox_put(c, msgs[i]));
        if (rc)
            usleep(FAILED_MS * 1000);
    }
    return NULL;
}

static void one_less(struct carrier *c)
{
    pthread_mutex_lock(&c->lock);
    c->fetched--;
    pthread_cond_signal(&c->room);
    pthread_mutex_unlock(&c->lock);
}

/* A message of the stream gets its fate there; m is freed by the caller. */
static void settle(struct carrier *c, const struct broker_msg *m, enum desk_fate fate, uint64_t ms)
{
    if (fate == DESK_DONE) {
        c->taken++;
        (void)broker_done(c->broker, m); /* lost: it comes again, and is known */
    } else if (fate == DESK_NEVER) {
        c->never++;
        (void)broker_never(c->broker, m);
    } else {
        c->again++;
        (void)broker_again(c->broker, m, ms);
    }
    one_less(c);
}

static void drop(struct carrier *c, struct desk_letter *l, enum desk_fate fate, uint64_t ms)
{
    if (l->msg->delivered)
        settle(c, l->msg, fate, ms);
    desk_drop(&c->desk, l);
}

/* Hands a letter to the console. */
static int hand(struct carrier *c, const struct desk_letter *l)
{
    int fd = msg_memfd("letter", l->msg->body);
    struct writer w;
    struct jw j;
    int rc = fd < 0 ? fd : 0;

    writer_init(&w, 1024);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_ku64(&j, "letter", l->id);
    jw_kcstr(&j, "from", l->from);
    jw_kbool(&j, "stored", l->msg->delivered > 0);
    jw_ki64(&j, "at", l->msg->stored_us);
    jw_ku64(&j, "delivered", l->msg->delivered);
    jw_end_obj(&j);
    if (!rc)
        rc = answer_post(c->console, c->carry, ASK_MORE, writer_span(&w), fd);
    if (rc && fd >= 0)
        close(fd);
    writer_done(&w);
    return rc;
}

static void take_in(struct carrier *c, struct broker_msg *m)
{
    bool stored = m->delivered > 0;
    struct desk_letter *l;

    if (stored && (m->delivered > DESK_DELIVERED || !m->body.n)) {
        settle(c, m, DESK_NEVER, 0);
        broker_msg_free(m);
        return;
    }
    l = c->console && c->carry ? desk_put(&c->desk, &m, clock_mono_ms()) : NULL;
    if (!l && stored) {
        char from[DESK_ID + 1];
        settle(c, m, desk_from(m->subject, from) ? DESK_AGAIN : DESK_NEVER, BACK_MS);
    }
    if (!l && m && !stored) /* nothing: no console takes it now */
        (void)broker_publish(c->broker, m->reply, (struct span){NULL, 0});
    if (l && hand(c, l) != 0)
        drop(c, l, DESK_AGAIN, BACK_MS);
    else if (l && !stored)
        c->questions++;
    broker_msg_free(m);
}

static void on_wake(void *arg, uint32_t events)
{
    struct carrier *c = arg;
    struct broker_msg *m;
    uint64_t n;

    (void)events;
    (void)!read(c->wake, &n, sizeof(n));
    do {
        pthread_mutex_lock(&c->lock);
        m = c->count ? c->inbox[c->first] : NULL;
        if (m) {
            c->first = (c->first + 1) % INBOX;
            c->count--;
        }
        pthread_mutex_unlock(&c->lock);
        if (m)
            take_in(c, m);
    } while (m);
}

/* ---- the console ---- */

static enum desk_fate fate_of(const char *text)
{
    for (size_t i = 0; i < DESK_FATES; i++)
        if (!strcmp(text, desk_fates[i]))
            return (enum desk_fate)i;
    return DESK_AGAIN;
}

static void answer_letter(struct carrier *c, const struct json *j, struct span bytes)
{
    struct desk_letter *l = desk_find(&c->desk, (uint64_t)json_i64(json_get(j, "letter"), 0));
    char subject[BROKER_SUBJECT + DESK_ID + 1];
    int64_t ms = json_i64(json_get(j, "ms"), BACK_MS);

    if (!l) /* it was too old, and went back */
        return;
    snprintf(subject, sizeof(subject), "%s%s", c->answers, l->from);
    if (bytes.n) /* first the answer: if this process ends in between, the letter comes again */
        (void)broker_publish(c->broker, l->msg->delivered ? subject : l->msg->reply, bytes);
    drop(c, l, fate_of(json_cstr(json_get(j, "fate"), "")), ms > 0 && ms < 3600000 ? (uint64_t)ms : BACK_MS);
}

static void tell_state(struct carrier *c)
{
    char trouble[BROKER_TROUBLE];
    struct writer w;
    struct jw j;

    if (!c->console || !c->carry)
        return;
    broker_trouble(c->broker, trouble);
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_key(&j, "state");
    jw_obj(&j);
    jw_kbool(&j, "there", broker_there(c->broker));
    jw_kcstr(&j, "trouble", trouble);
    jw_ku64(&j, "most", broker_most(c->broker));
    jw_ku64(&j, "taken", c->taken);
    jw_ku64(&j, "again", c->again);
    jw_ku64(&j, "never", c->never);
    jw_ku64(&j, "questions", c->questions);
    jw_ku64(&j, "under_way", c->desk.stored + c->desk.asks);
    jw_end_obj(&j);
    jw_end_obj(&j);
    (void)answer_post(c->console, c->carry, ASK_MORE, writer_span(&w), -1);
    writer_done(&w);
}

static void on_ask(struct carrier *c, const struct msg *m)
{
    struct span text, bytes = {NULL, 0};
    struct json *j = NULL;
    const char *what;
    uint64_t id = 0;

    arena_reset(c->arena);
    if (ask_read(m->body, &id, &text) != 0 || json_parse(c->arena, text, 4, &j, NULL) != 0 ||
        (m->fd >= 0 && msg_map(m->fd, ANSWER_MOST, &bytes) != 0)) {
        (void)answer_post_error(c->console, id, "the question cannot be read");
        return;
    }
    what = json_cstr(json_get(j, "do"), "");
    if (!strcmp(what, "carry")) {
        c->carry = id;
        atomic_store(&c->wanted, true);
        tell_state(c);
    } else if (!strcmp(what, "answer")) {
        answer_letter(c, j, bytes);
        (void)answer_post(c->console, id, ASK_DONE, span_str("{}"), -1);
    } else {
        (void)answer_post_error(c->console, id, "an unknown question");
    }
    if (bytes.n)
        msg_unmap(bytes);
}

/* Nobody answers what is on the desk any more: it goes back. */
static void clear_desk(struct carrier *c)
{
    struct desk_letter *l;

    c->carry = 0;
    atomic_store(&c->wanted, false);
    while ((l = desk_any(&c->desk)) != NULL)
        drop(c, l, DESK_AGAIN, BACK_MS);
}

static void on_console(void *arg, const struct msg *m)
{
    struct carrier *c = arg;
    uint64_t id;

    if (m->type == MSG_ASK)
        on_ask(c, m);
    else if (m->type == MSG_FORGET && forget_read(m->body, &id) == 0 && id == c->carry)
        clear_desk(c);
    if (m->fd >= 0)
        close(m->fd);
}

static void on_console_closed(void *arg, int rc)
{
    struct carrier *c = arg;

    (void)rc;
    c->console = NULL; /* the keeper starts it again, and hands over a new channel */
    clear_desk(c);
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct carrier *c = p->arg;

    if (role == ROLE_CONSOLE)
        clear_desk(c); /* its letters were handed to the one before */
    (void)proc_chan_take(p, ROLE_CONSOLE, role, fd, &c->console, on_console, on_console_closed, c);
}

static void on_tick(void *arg)
{
    struct carrier *c = arg;
    char trouble[BROKER_TROUBLE];
    struct desk_letter *l;

    while ((l = desk_old(&c->desk, clock_mono_ms())) != NULL)
        drop(c, l, DESK_AGAIN, BACK_MS);
    broker_trouble(c->broker, trouble);
    if (strcmp(trouble, c->told) != 0) { /* when it begins, and when it is over */
        if (*trouble)
            log_warn("%s; it is tried again", trouble);
        else
            log_info("the broker is there");
        snprintf(c->told, sizeof(c->told), "%s", trouble);
    }
    tell_state(c);
}

/* ---- start ---- */

static int open_broker(struct carrier *c)
{
    const struct conf *f = &c->proc.conf;
    char inbox[BROKER_SUBJECT], err[512] = "";
    const struct broker_options opt = {f->console_nats,      f->console_nats_ca, f->console_nats_cert, f->console_nats_key,
                                       f->console_nats_user, "gh-nats",          inbox};
    int rc;

    snprintf(inbox, sizeof(inbox), "%.64s.inbox.console", f->console_nats_prefix);
    snprintf(c->batches, sizeof(c->batches), "%.64s.batch.*", f->console_nats_prefix);
    snprintf(c->asks, sizeof(c->asks), "%.64s.ask.*", f->console_nats_prefix);
    snprintf(c->answers, sizeof(c->answers), "%.64s.answer.", f->console_nats_prefix);
    rc = broker_new(&opt, &c->broker, err, sizeof(err));
    if (rc) {
        log_error("console.nats: %s", *err ? err : "no server is named");
        return rc == ST_NOMEM ? 3 : 2;
    }
    broker_listen(c->broker, c->asks, GROUP, on_question, c);
    broker_consume(c->broker, f->console_nats_stream, c->batches, CONSUMER, CONSUMER_MOST);
    return 0;
}

static int lock_in(struct carrier *c)
{
    static const char *const ro[] = {JAIL_RESOLVER, "/etc/ssl/openssl.cnf", NULL};
    const struct jail_options opt = {.user = c->proc.conf.node_user, .ro = ro, .memory = MEMORY, .files = FILES};
    char err[256] = "";
    int abi = 0;

    if (jail_enter(JAIL_UPLINK, &opt, &abi, err, sizeof(err)) == 0)
        return 0;
    log_error("%s", err);
    return 3;
}

static int start(struct carrier *c)
{
    char trouble[BROKER_TROUBLE];

    if (broker_start(c->broker) != 0) {
        broker_trouble(c->broker, trouble);
        log_error("console.nats: %s", trouble);
        return 2;
    }
    if (pthread_create(&c->fetcher, NULL, fetch, c) != 0)
        return 3;
    gh_check(loop_timer_add(c->proc.loop, TICK_MS, true, on_tick, c));
    return 0;
}

int main(int argc, char **argv)
{
    static struct carrier c; /* the process's one state */
    struct loop_io *io;
    int rc;

    proc_start(&c.proc, ROLE_NATS, "gh-nats", argc, argv);
    if (c.proc.argc) {
        fprintf(stderr, "gh-nats: unknown option '%s'\n", c.proc.argv[0]);
        return 2;
    }
    c.proc.arg = &c;
    c.proc.on_peer = on_peer;
    pthread_mutex_init(&c.lock, NULL);
    pthread_cond_init(&c.room, NULL);
    c.arena = arena_new(JSON_ARENA);
    c.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    io = c.wake >= 0 ? loop_io_add(c.proc.loop, c.wake, EPOLLIN, on_wake, &c) : NULL;
    gh_check(io && c.arena);
    rc = open_broker(&c);
    if (!rc)
        rc = lock_in(&c);
    if (!rc)
        rc = start(&c);
    if (rc)
        return rc;
    proc_ready(&c.proc);
    loop_run(c.proc.loop);
    atomic_store(&c.stop, true);
    pthread_join(c.fetcher, NULL);
    on_wake(&c, 0);
    clear_desk(&c);
    broker_free(c.broker);
    loop_io_remove(io);
    close(c.wake);
    proc_chan_remove(c.console);
    arena_free(c.arena);
    return 0;
}
