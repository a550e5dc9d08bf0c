/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-uplink: the only process of the appliance that speaks to the outside, and only to its console. It reads
 * the journal and holds no key of the appliance: the batches were signed when they were recorded. Also
 * `gatehouse keys`, `enrol` and `simulate`. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/rates.h"
#include "base/succession.h"
#include "firmware/link/carrier.h"
#include "firmware/link/goods_dir.h"
#include "firmware/link/lane.h"
#include "firmware/link/nats.h"
#include "firmware/link/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define UPLINK_FILES 256
#define UPLINK_MEMORY (1024u << 20)
#define NOTE_MS 1000
#define MEND_MS 1000

struct link {
    struct proc proc;
    struct link_console console;
    struct carrier *carrier;
    struct nats *nats; /* NULL: the carrier */
    struct loop_io *nats_io;
    struct queue *queue;
    struct uplink *uplink;
    struct wishes *wishes;
    struct down *down;
    struct lane *lane;
    struct lane_traffic traffic;
    struct proc_chan *core; /* who records: gh-core, or a region's gh-region */
    bool region;
    struct loop_timer *timer;
    struct rates rates;
    bool keys_heard, tls_told;
    bool stopping;  /* ends when the core has ended, or when nothing gets through */
    char told[256]; /* the trouble that was logged last */
};

/* gh-down puts it in force: this process may write nothing but what comes down. */
static void hand_down(struct link *l, const char *name, struct span bytes)
{
    char path[CONF_TEXT + 64];
    int rc;

    snprintf(path, sizeof(path), "%s/down/%s", l->proc.conf.node_state_dir, name);
    rc = file_replace(path, bytes, 0640);
    if (rc)
        log_warn("%s: %s", path, status_text(rc));
}

static int on_post(void *arg, const struct letter *letter, long *ret_status, struct writer *answer)
{
    struct link *l = arg;
    time_t now = time(NULL);
    struct tm tm;
    uint64_t rate = localtime_r(&now, &tm) ? l->rates.hour[tm.tm_hour % 24] : 0;
    bool batch = !strcmp(letter->type, LINK_ENVELOPE) || !strcmp(letter->type, LINK_PIECE);
    int rc;

    carrier_rate(l->carrier, rate);
    atomic_store(&l->traffic.rate, rate);
    atomic_store(&l->traffic.under_way, batch ? uplink_next(l->uplink) : 0);
    atomic_store(&l->traffic.busy, true);
    if (l->lane)
        lane_wake(l->lane);
    if (l->nats)
        nats_rate(l->nats, rate);
    rc = l->nats ? nats_post(l->nats, letter, ret_status, answer) : carrier_post(l->carrier, letter, ret_status, answer);
    atomic_store(&l->traffic.busy, false);
    if (carrier_switched(l->carrier) && !l->tls_told) {
        l->tls_told = true;
        hand_down(l, LINK_TLS_FILE, span_str("1"));
    }
    return rc;
}

static const char *on_trouble(void *arg)
{
    struct link *l = arg;
    return l->nats ? nats_message(l->nats) : carrier_message(l->carrier);
}

static bool on_heard(void *arg, long *ret_status, uint64_t *ret_number, struct writer *answer)
{
    struct link *l = arg;
    struct nats_answer a;

    if (!l->nats || !nats_heard(l->nats, &a, answer))
        return false;
    *ret_status = a.status;
    *ret_number = a.number;
    return true;
}

static void on_keys(void *arg, const char *word)
{
    struct link *l = arg;
    uint8_t bytes[SUCCESSION_SIZE];
    struct succession s;

    if (l->keys_heard || !base64_decode(span_str(word), bytes, sizeof(bytes)))
        return;
    l->keys_heard = true;
    if (succession_read(span_of(bytes, sizeof(bytes)), &l->console.key, &s) != 0)
        log_warn("the console speaks of new keys, but its own key does not vouch for them: it is not believed");
    else
        hand_down(l, LINK_KEYS_FILE, span_of(bytes, sizeof(bytes)));
}

static void on_receipt(void *arg, uint64_t number)
{
    struct link *l = arg;
    struct writer w;

    if (!l->core)
        return; /* the next receipt tells it too */
    writer_init(&w, 8);
    writer_le(&w, number, 8);
    (void)proc_chan_post(l->core, l->region ? MSG_REGION_RECEIPT : MSG_RECEIPT, writer_span(&w), -1);
    writer_done(&w);
}

static void on_timer(void *arg);

static void schedule(struct link *l, uint64_t ms)
{
    loop_timer_remove(l->timer);
    l->timer = loop_timer_add(l->proc.loop, ms, false, on_timer, l);
    gh_check(l->timer);
}

/* Said when it begins, and when it is over; not at each attempt. */
static void tell(struct link *l)
{
    const char *now = uplink_trouble(l->uplink);

    if (!strcmp(now, l->told))
        return;
    if (*now)
        log_warn("%s; it is tried again", now);
    else
        log_info("the console receives again");
    snprintf(l->told, sizeof(l->told), "%s", now);
}

static void on_timer(void *arg)
{
    struct link *l = arg;
    uint64_t ms = uplink_step(l->uplink, clock_mono_ms());

    l->timer = NULL;
    tell(l);
    if (l->stopping && *uplink_trouble(l->uplink))
        loop_stop(l->proc.loop);
    schedule(l, ms < l->proc.conf.uplink_poll ? ms : l->proc.conf.uplink_poll);
}

/* The console answered a batch that lies at the broker. */
static void on_answers(void *arg, uint32_t events)
{
    struct link *l = arg;

    (void)events;
    schedule(l, 0);
}

static void on_mend(void *arg)
{
    struct link *l = arg;
    nats_mend(l->nats);
}

static void on_core(void *arg, const struct msg *m)
{
    struct link *l = arg;

    if (m->fd >= 0)
        close(m->fd);
    if (m->type != MSG_RECORDED && m->type != MSG_REGION_RECORDED)
        return;
    schedule(l, 0);
    if (l->lane)
        lane_wake(l->lane);
}

static void on_core_closed(void *arg, int rc)
{
    struct link *l = arg;

    (void)rc;
    l->core = NULL;
    if (l->stopping)
        loop_stop(l->proc.loop);
}

/* What the core records while it stops is still sent, and the core waits a while for the receipt (record_last): it ends first. */
static void on_stop(struct proc *p)
{
    struct link *l = p->arg;

    l->stopping = true;
    uplink_last(l->uplink);
    if (!l->core || *uplink_trouble(l->uplink))
        loop_stop(p->loop);
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct link *l = p->arg;

    if (role != ROLE_CORE && role != ROLE_REGION) {
        close(fd);
        return;
    }
    proc_chan_remove(l->core);
    l->region = role == ROLE_REGION;
    l->core = proc_chan_add(p, fd, role, on_core, on_core_closed, l);
    if (l->core && uplink_sent(l->uplink))
        on_receipt(l, uplink_sent(l->uplink));
}

static void on_note(void *arg)
{
    struct link *l = arg;
    const char *trouble = uplink_trouble(l->uplink);
    uint64_t sent = uplink_sent(l->uplink), newest = uplink_newest(l->uplink);
    struct writer w;
    struct jw j;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_ku64(&j, "received_by_console", sent);
    jw_ku64(&j, "waiting", newest > sent ? newest - sent : 0);
    jw_ku64(&j, "wishes", wishes_count(l->wishes));
    jw_ku64(&j, "files_sent", wishes_sent(l->wishes));
    if (l->down) {
        jw_ku64(&j, "goods_bytes", down_bytes(l->down));
        jw_ku64(&j, "goods_here", down_done(l->down));
    }
    jw_ku64(&j, "sent_ahead", atomic_load(&l->traffic.sent_ahead));
    jw_kcstr(&j, "console", *trouble ? trouble : "ok");
    jw_end_obj(&j);
    proc_note(&l->proc, writer_span(&w));
    writer_done(&w);
}

static void load_console(struct link *l)
{
    const struct conf *c = &l->proc.conf;
    int rc = link_console_load(c->node_state_dir, &l->console);

    if (rc) {
        log_error("%s/console.json: %s. This appliance is not enrolled: 'gatehouse help enrol'",
                  c->node_state_dir, status_text(rc));
        exit(2);
    }
    if (*c->uplink_console)
        snprintf(l->console.url, sizeof(l->console.url), "%s", c->uplink_console);
    if (strncmp(l->console.url, "https://", 8) != 0) {
        log_error("uplink.console: '%s' is no https:// address", l->console.url);
        exit(2);
    }
}

/* Whose hellos these are. An appliance without its public key reports all the same. */
static void listen_for_wishes(struct link *l)
{
    char path[CONF_TEXT + 32];
    struct seal_public own;
    uint8_t id[SEAL_ID];
    int rc;

    snprintf(path, sizeof(path), "%s/appliance.pub", l->proc.conf.node_state_dir);
    if (keyfile_load_public(path, &own, NULL, 0) != 0) {
        log_warn("%s cannot be read: the console cannot ask for packets", path);
        return;
    }
    seal_id(&own, id);
    uplink_listen(l->uplink, l->wishes, id, l->proc.conf.uplink_hello);
    rc = goods_dir_make(l->proc.conf.node_state_dir);
    if (rc)
        log_warn("%s/down cannot be made: %s. What the console orders cannot be fetched", l->proc.conf.node_state_dir,
                 status_text(rc));
    else
        gh_check(l->down = down_new(l->proc.conf.node_state_dir, &l->console.key, id));
    uplink_fetch(l->uplink, l->down);
}

/* The broker's files are read here; the connection is made in the jail. */
static void load_broker(struct link *l)
{
    const struct conf *c = &l->proc.conf;
    char path[CONF_TEXT + 32], err[512];
    struct seal_public own;
    uint8_t id[SEAL_ID];
    int rc;

    if (!*c->uplink_nats)
        return;
    snprintf(path, sizeof(path), "%s/appliance.pub", c->node_state_dir);
    rc = keyfile_load_public(path, &own, NULL, 0);
    if (rc) {
        log_error("%s: %s. Over a broker (uplink.nats) an appliance needs its public key", path, status_text(rc));
        exit(2);
    }
    seal_id(&own, id);
    rc = nats_new(c, &l->console.key, id, &l->nats, err, sizeof(err));
    if (rc) {
        log_error("uplink.nats: %s", err);
        exit(rc == ST_NOMEM ? 3 : 2);
    }
    uplink_over_broker(l->uplink, (uint64_t)c->uplink_nats_window);
}

static void join_broker(struct link *l)
{
    if (nats_start(l->nats) != 0) {
        log_error("uplink.nats: %s", nats_message(l->nats));
        exit(2);
    }
    l->nats_io = loop_io_add(l->proc.loop, nats_fd(l->nats), EPOLLIN, on_answers, l);
    gh_check(l->nats_io && loop_timer_add(l->proc.loop, MEND_MS, true, on_mend, l));
}

static void load_rates(struct link *l)
{
    const struct conf *c = &l->proc.conf;
    uint64_t rate = c->uplink_rate && c->uplink_rate < RATES_LEAST ? RATES_LEAST : c->uplink_rate;

    gh_check(
        rates_parse(span_str(c->uplink_rate_hours), rate, &l->rates)); /* it was checked when it was read */
    tzset(); /* the zone's file is not there any more in the jail */
}

static void lock_in(struct link *l)
{
    /* Names are looked up by the C library; certificates are not: the console's key is pinned. */
    const char *ro[] = {l->proc.conf.node_state_dir, JAIL_RESOLVER, NULL};
    char down[CONF_TEXT + 32];
    const char *rw[] = {l->down ? down : NULL, NULL}; /* and there it keeps what comes down */
    struct jail_options opt = {.user = l->proc.conf.node_user,
                               .keep_user = !*l->proc.conf.node_user,
                               .rw = rw,
                               .ro = ro,
                               .memory = UPLINK_MEMORY,
                               .files = UPLINK_FILES};
    char err[256];
    int abi = 0;

    snprintf(down, sizeof(down), "%s/down", l->proc.conf.node_state_dir);
    if (jail_enter(JAIL_UPLINK, &opt, &abi, err, sizeof(err)) != 0) {
        log_error("cannot lock itself in: %s", err);
        exit(3);
    }
    if (!abi && geteuid() == 0)
        log_warn("this kernel has no Landlock, and without node.user this process stays root: its files are "
                 "bounded by nothing. "
                 "Set node.user");
}

static int command(int (*fn)(const struct conf *c, int argc, char **argv), int argc, char **argv)
{
    static struct proc p; /* what it holds is held to the end */

    proc_start(&p, ROLE_UPLINK, "gatehouse", argc, argv);
    if (seal_init() != 0)
        return 3;
    return fn(&p.conf, p.argc, p.argv);
}

int main(int argc, char **argv)
{
    static struct link l; /* the process's one state */
    const struct uplink_hooks hooks = {
        .arg = &l, .post = on_post, .message = on_trouble, .keys = on_keys, .receipt = on_receipt, .heard = on_heard};

    if (argc > 1 && !strcmp(argv[1], "keys"))
        return command(keys_command, argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "enrol"))
        return command(enrol_command, argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "simulate"))
        return command(simulate_command, argc - 1, argv + 1);
    proc_start(&l.proc, ROLE_UPLINK, "gh-uplink", argc, argv);
    l.proc.arg = &l;
    l.proc.on_peer = on_peer;
    l.proc.on_stop = on_stop;
    gh_check(seal_init() == 0);
    load_console(&l);
    l.carrier = carrier_new(&l.console, l.proc.conf.uplink_timeout);
    l.queue = queue_new(l.proc.conf.node_state_dir);
    l.wishes = wishes_new(l.proc.conf.node_state_dir);
    gh_check(l.carrier && l.queue && l.wishes);
    carrier_proxy(l.carrier, l.proc.conf.uplink_proxy);
    carrier_yield(l.carrier);
    load_rates(&l);
    l.uplink = uplink_new(l.queue, &l.console.key, &hooks);
    gh_check(l.uplink);
    listen_for_wishes(&l);
    load_broker(&l);
    lock_in(&l);
    if (l.nats)
        join_broker(&l);
    else
        l.lane = lane_start(l.proc.conf.node_state_dir, &l.console, l.proc.conf.uplink_proxy, l.proc.conf.uplink_timeout, &l.traffic);
    if (l.lane)
        uplink_in_order(l.uplink);
    else if (!l.nats)
        log_warn("alerts have no connection of their own: they go ahead on the first one");
    proc_ready(&l.proc);
    schedule(&l, 0);
    gh_check(loop_timer_add(l.proc.loop, NOTE_MS, true, on_note, &l));
    loop_run(l.proc.loop);
    proc_chan_remove(l.core);
    lane_stop(l.lane);
    loop_io_remove(l.nats_io);
    nats_free(l.nats);
    uplink_free(l.uplink);
    wishes_free(l.wishes);
    down_free(l.down);
    queue_free(l.queue);
    carrier_free(l.carrier);
    return 0;
}
