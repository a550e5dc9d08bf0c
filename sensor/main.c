/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-sensor: frames in, facts and documents out.
 *
 *     gh-sensor [common options] [--no-documents] [--keep] [--record] [--run N] [--threads N]
 *               [-- FILE...]
 *
 * With files ("fd:N" is a descriptor that is open already) they are read one after the other as one run;
 * without, the interface capture.interface is watched until STOP or SIGTERM. Everything is opened first, then
 * the process locks itself in, then it waits for its channel to the core and reads. Exit status: 0 done; 2
 * some input could not be read, all other input was; 3 could not finish. */
#include "base/clock.h"
#include "base/jail.h"
#include "base/log.h"
#include "base/proc.h"
#include "sensor/decode/crew.h"
#include "sensor/decode/lists_link.h"
#include "sensor/decode/packet.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define TURN_FRAMES 512 /* frames between two looks at the channels */
#define TICK_MS 100
#define LEDGER_MS 60000
#define CORE_QUEUE (64u << 20) /* live: what the core may be behind */
#define CORE_DOCUMENTS 512
#define NOTE_MS 2000
#define LISTS_WAIT_MS 30000 /* live: what the first lists may take */
#define DESCRIPTORS 16384           /* large documents that are open or wait for the core */
#define HEAD_ROOM (512ull << 20)    /* code, nDPI, buffers, beside what the configuration names */
#define THREAD_ROOM (32ull << 20)   /* and of each further thread */
#define THREAD_SPACE (192ull << 20) /* address space that its stack and allocator reserve */

struct sensor {
    struct proc proc;
    struct crew *crew;
    struct msg_chan *core; /* NULL while there is none */
    struct loop_io *core_io, *source_io;
    struct lists_link *lists;
    struct source **sources;
    size_t n_sources;
    bool documents, keep, record, live, stop, began, core_lost;
    bool unasked; /* the core will ask nothing more about this replay */
    unsigned threads;
    int sockets[CREW_THREADS + 1]; /* of the sources, live; 0-ended */
    uint64_t run, drops_seen, interface_drops_seen;
    int rc;
};

/* ---- the core ---- */

static void core_drop(struct sensor *s)
{
    loop_io_remove(s->core_io);
    msg_chan_free(s->core);
    s->core = NULL;
    s->core_io = NULL;
    s->core_lost = true;
    if (!s->live) /* the rest would be told to nobody: the keeper begins the replay anew */
        loop_stop(s->proc.loop);
}

static int to_core(void *arg, enum msg_type type, struct span body, int fd)
{
    struct sensor *s = arg;
    int rc;

    if (!s->core) {
        if (fd >= 0)
            close(fd);
        return ST_CLOSED;
    }
    if (!s->live) {
        rc = msg_send(s->core, type, body, fd);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    rc = msg_post(s->core, type, body, fd);
    if (rc && fd >= 0)
        close(fd);
    if (msg_pending(s->core))
        loop_io_set(s->core_io, EPOLLIN | EPOLLOUT);
    return rc;
}

static void on_core(void *arg, uint32_t events)
{
    struct sensor *s = arg;
    struct msg m;
    int rc = 0;

    if (events & EPOLLOUT) {
        rc = msg_flush(s->core);
        if (!msg_pending(s->core))
            loop_io_set(s->core_io, EPOLLIN);
    }
    while (rc == 0) {
        rc = msg_receive(s->core, &m, false);
        if (rc == 0 && m.type == MSG_FLOW_QUERY)
            crew_query(s->crew, m.body);
        if (rc == 0 && m.type == MSG_PCAP_QUERY && !crew_pcap(s->crew, m.body))
            s->unasked = true;
        if (rc == 0 && m.fd >= 0)
            close(m.fd);
    }
    if (rc != ST_AGAIN)
        core_drop(s);
}

static void send_run(struct sensor *s)
{
    struct writer w;
    const char *name = s->n_sources ? source_name(s->sources[0]) : "";

    writer_init(&w, 4096);
    writer_le(&w, s->run, 8);
    writer_u8(&w, s->live);
    writer_put(&w, span_part(span_str(name), 0, 4000));
    (void)to_core(s, MSG_RUN, writer_span(&w), -1);
    writer_done(&w);
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct sensor *s = p->arg;

    if (role == ROLE_LISTS) {
        lists_link_peer(s->lists, fd);
        return;
    }
    if (role != ROLE_CORE) {
        close(fd);
        return;
    }
    if (s->began && !s->live) { /* a new core knows nothing of this run: it must begin anew */
        close(fd);
        s->core_lost = true;
        loop_stop(p->loop);
        return;
    }
    if (s->core) {
        loop_io_remove(s->core_io);
        msg_chan_free(s->core);
    }
    s->core = msg_chan_new(fd, ROLE_SENSOR, ROLE_CORE);
    gh_check(s->core);
    msg_chan_limit(s->core, CORE_QUEUE, CORE_DOCUMENTS);
    s->core_io = loop_io_add(p->loop, fd, EPOLLIN, on_core, s);
    gh_check(s->core_io);
    send_run(s);
}

/* ---- lists ---- */

static void on_lists(void *arg, struct lists *l)
{
    struct sensor *s = arg;

    crew_lists(s->crew, l);
}

static void on_lists_fault(void *arg, struct span reason)
{
    struct sensor *s = arg;

    crew_lists_fault(s->crew, reason, clock_wall_us());
}

/* ---- start ---- */

static void on_stop(struct proc *p)
{
    struct sensor *s = p->arg;

    s->stop = true;
    loop_stop(p->loop);
}

static void on_signal(void *arg)
{
    on_stop(arg);
}

static void usage(const char *what)
{
    log_error(
        "%s\nusage: gh-sensor [--no-documents] [--keep] [--record] [--run N] [--threads N] [-- FILE...]",
        what);
    exit(2);
}

static void open_file(struct sensor *s, const char *name)
{
    int fd = -1;
    uint64_t n;
    struct source *src;

    if (span_starts(span_str(name), "fd:") && span_number(span_part(span_str(name), 3, 10), INT32_MAX, &n))
        fd = (int)n;
    else
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        log_error("%s: %s", name, strerror(errno));
        s->rc = 2;
        return;
    }
    src = replay_open(fd, !strcmp(name, "fd:0") ? "standard input" : name);
    gh_check(src);
    s->sources[s->n_sources++] = src;
}

static unsigned processors(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return n < 1 ? 1 : n > CREW_THREADS ? CREW_THREADS : (unsigned)n;
}

static void parse(struct sensor *s)
{
    uint64_t n = s->proc.conf.sensor_threads;
    bool files = false;

    s->sources = calloc((size_t)s->proc.argc + CREW_THREADS, sizeof(struct source *));
    gh_check(s->sources);
    s->documents = true;
    for (int i = 0; i < s->proc.argc; i++) {
        const char *a = s->proc.argv[i];
        if (!strcmp(a, "--no-documents")) {
            s->documents = false;
        } else if (!strcmp(a, "--keep")) {
            s->keep = true;
        } else if (!strcmp(a, "--record")) {
            s->record = true;
        } else if (!strcmp(a, "--run") && i + 1 < s->proc.argc) {
            if (!span_number(span_str(s->proc.argv[++i]), UINT64_MAX, &s->run))
                usage("--run needs a number");
        } else if (!strcmp(a, "--threads") && i + 1 < s->proc.argc) {
            if (!span_number(span_str(s->proc.argv[++i]), CREW_THREADS, &n))
                usage("--threads needs a number from 0 to 64");
        } else if (a[0] == '-' && a[1]) {
            usage("unknown option");
        } else {
            files = true;
            open_file(s, a);
        }
    }
    s->live = !files;
    if (!s->record)
        s->proc.conf.sensor_recorder = 0;
    s->threads = n ? (unsigned)n : processors();
}

static void open_interface(struct sensor *s)
{
    const struct conf *c = &s->proc.conf;
    struct live_options opt = {.interface = c->capture_interface,
                               .filter = c->capture_filter,
                               .buffer = c->capture_buffer / s->threads,
                               .snaplen = (unsigned)c->capture_snaplen,
                               .promiscuous = c->capture_promiscuous};
    char err[SOURCE_ERROR_SIZE];

    if (!*c->capture_interface)
        usage("nothing to read: no FILE is given and capture.interface is not set");
    if (s->threads > 1) /* any number will do that nobody else has on this machine */
        opt.group = (uint16_t)(getpid() & 0xFFFF ? getpid() : 1);
    for (; s->n_sources < s->threads; s->n_sources++) {
        opt.first = s->n_sources == 0;
        if (live_open(&opt, &s->sources[s->n_sources], err) != 0) {
            log_error("%s", err);
            exit(2);
        }
        s->sockets[s->n_sources] = source_fd(s->sources[s->n_sources]);
    }
    for (size_t i = 0; i < s->n_sources && opt.group; i++)
        live_begin(s->sources[i]);
    log_info("watching %s with %u thread%s", c->capture_interface, s->threads, s->threads > 1 ? "s" : "");
}

static void lock_in(struct sensor *s)
{
    const struct conf *c = &s->proc.conf;
    struct jail_options opt = {.user = c->node_user, .receive_only = s->sockets, .threads = s->threads > 1};
    char err[256];

    opt.memory = c->sensor_memory + c->sensor_documents_memory + c->capture_buffer + HEAD_ROOM;
    opt.memory += c->sensor_recorder; /* beside its rings, which are there: answers under way */
    opt.memory += s->threads * THREAD_ROOM;
    opt.input = s->threads * THREAD_SPACE;
    opt.files = DESCRIPTORS;
    opt.input += 2 * c->lists_memory; /* those of now and those that replace them */
    if (jail_enter(JAIL_SENSOR, &opt, NULL, err, sizeof(err)) != 0) {
        log_error("%s", err);
        exit(3);
    }
}

/* ---- files ---- */

/* A pipe has nothing to say: what is there goes out, and whoever calls us is heard. */
static bool on_waiting(void *arg)
{
    struct sensor *s = arg;

    crew_flush(s->crew);
    loop_once(s->proc.loop, 0);
    return !s->stop && !s->core_lost;
}

/* Frames that nobody here can read are counted; why, is said once a file. */
static void look_at_link(const struct source *src, unsigned link_type, bool *told)
{
    if (*told || packet_link_known(link_type))
        return;
    *told = true;
    log_warn("%s: link type %u is not known: such frames are counted as lost, not read", source_name(src),
             link_type);
}

/* Reads one file to its end, or until somebody stops us. */
static void read_file(struct sensor *s, struct source *src)
{
    struct frame f;
    enum source_step step = SOURCE_FRAME;
    bool told = false;

    source_while_waiting(src, on_waiting, s);
    while (!s->stop && !s->core_lost && step == SOURCE_FRAME) {
        for (int i = 0; i < TURN_FRAMES && (step = source_next(src, &f)) == SOURCE_FRAME; i++) {
            look_at_link(src, f.link_type, &told);
            crew_frame(s->crew, &f);
        }
        loop_once(s->proc.loop, 0);
    }
    if (step == SOURCE_FAULT && !s->stop) { /* one that is stopped in a pipe ends in the middle of a record */
        log_error("%s", source_fault(src));
        s->rc = 2;
    }
}

/* Alerts come after the frames that they are about, often after the last of a file: whoever asks for them is
 * answered until it says that it has no more questions, or is gone. */
static int answer_questions(struct sensor *s)
{
    while (s->proc.conf.sensor_recorder && !s->stop && !s->core_lost && !s->unasked)
        loop_once(s->proc.loop, -1);
    return s->core_lost && s->run && !s->unasked ? 3 : s->rc; /* a replay whose core died begins anew */
}

static int run_files(struct sensor *s)
{
    for (size_t i = 0; i < s->n_sources && !s->stop && !s->core_lost; i++)
        read_file(s, s->sources[i]);
    if (s->core_lost)
        return 3;
    if (s->stop && s->run) {
        /* A replay that stops early must not end its flows: the events would differ from those of the whole
         * run, whose numbers they would take in the journal. */
        crew_ledger_send(s->crew, false);
        return 3;
    }
    crew_finish(s->crew);
    return s->stop || s->core_lost ? 3 : answer_questions(s);
}

/* ---- interface ---- */

static void on_frames(void *arg, uint32_t events)
{
    struct sensor *s = arg;
    struct frame f;
    enum source_step step = SOURCE_AGAIN;

    (void)events;
    for (int i = 0; i < TURN_FRAMES && (step = source_next(s->sources[0], &f)) == SOURCE_FRAME; i++)
        crew_frame(s->crew, &f);
    if (step == SOURCE_FAULT || step == SOURCE_END) {
        log_error("%s", source_fault(s->sources[0]));
        s->rc = 3; /* the keeper starts us again: the interface may come back */
        loop_stop(s->proc.loop);
    }
}

/* What threads of their own have read and decoded. */
static void on_said(void *arg, uint32_t events)
{
    struct sensor *s = arg;
    const char *fault = "";

    (void)events;
    if (crew_take(s->crew, &fault))
        return;
    log_error("%s", fault);
    s->rc = 3;
    loop_stop(s->proc.loop);
}

static void count_drops(struct sensor *s)
{
    struct source_stats st = {0};

    if (s->threads > 1)
        crew_source_stats(s->crew, &st);
    else
        source_stats(s->sources[0], &st);
    if (st.kernel_drops > s->drops_seen)
        crew_lost(s->crew, "kernel_drop", st.kernel_drops - s->drops_seen);
    if (st.interface_drops > s->interface_drops_seen)
        crew_lost(s->crew, "interface_drop", st.interface_drops - s->interface_drops_seen);
    s->drops_seen = st.kernel_drops;
    s->interface_drops_seen = st.interface_drops;
}

static void on_tick(void *arg)
{
    struct sensor *s = arg;

    crew_tick(s->crew, clock_wall_us());
}

static void on_ledger(void *arg)
{
    struct sensor *s = arg;

    count_drops(s);
    crew_ledger_send(s->crew, false);
}

static void on_note(void *arg)
{
    struct sensor *s = arg;
    struct writer w;

    count_drops(s);
    writer_init(&w, 4096);
    crew_facts(s->crew, s->core ? msg_pending_bytes(s->core) : 0, &w);
    lists_append(lists_link_lists(s->lists), 16, &w);
    proc_note(&s->proc, writer_span(&w));
    writer_done(&w);
}

static void on_turn(void *arg)
{
    struct sensor *s = arg;

    crew_flush(s->crew);
}

/* The core gets what is still queued, for as long as it listens. */
static void drain_core(struct sensor *s)
{
    uint64_t until = clock_mono_ms() + 5000;

    while (s->core && msg_pending(s->core) && clock_mono_ms() < until)
        loop_once(s->proc.loop, 100);
}

static int run_live(struct sensor *s)
{
    struct loop *l = s->proc.loop;

    if (s->threads > 1)
        s->source_io = loop_io_add(l, crew_fd(s->crew), EPOLLIN, on_said, s);
    else
        s->source_io = loop_io_add(l, source_fd(s->sources[0]), EPOLLIN, on_frames, s);
    gh_check(s->source_io && loop_timer_add(l, TICK_MS, true, on_tick, s) &&
             loop_timer_add(l, LEDGER_MS, true, on_ledger, s) &&
             loop_timer_add(l, NOTE_MS, true, on_note, s));
    loop_idle(l, on_turn, s);
    loop_run(l);
    loop_io_remove(s->source_io);
    count_drops(s);
    crew_finish(s->crew);
    drain_core(s);
    return s->stop ? 0 : s->rc ? s->rc : 3;
}

/* For the core, and for the first lists: files are read with them or not at all; an interface is not left unwatched for
 * long because of them. */
static void wait_for_peers(struct sensor *s)
{
    uint64_t until = clock_mono_ms() + LISTS_WAIT_MS;

    while (!s->stop && (!s->core || (lists_link_waits(s->lists) && (!s->live || clock_mono_ms() < until))))
        loop_once(s->proc.loop, s->live ? 1000 : -1);
    if (!s->stop && lists_link_waits(s->lists))
        log_warn("watching without lists: gh-lists does not answer yet");
}

int main(int argc, char **argv)
{
    static struct sensor s;
    struct crew_options opt;
    const struct host_out out = {to_core, &s};
    int rc = 0;

    proc_start(&s.proc, ROLE_SENSOR, "gh-sensor", argc, argv);
    s.proc.arg = &s;
    s.proc.on_peer = on_peer;
    s.proc.on_stop = on_stop;
    parse(&s);
    if (s.live)
        open_interface(&s);
    opt = (struct crew_options){.conf = &s.proc.conf,
                                .threads = s.threads,
                                .documents = s.documents,
                                .keep = s.keep && s.documents,
                                .run = s.run,
                                .iface = s.live ? s.proc.conf.capture_interface : NULL};
    s.crew = crew_new(&opt, &out);
    s.lists = lists_link_new(s.proc.loop, &s.proc.conf, on_lists, on_lists_fault, &s);
    if (!s.crew || !s.lists || loop_signal(s.proc.loop, SIGTERM, on_signal, &s.proc) != 0 ||
        loop_signal(s.proc.loop, SIGINT, on_signal, &s.proc) != 0) {
        log_error("cannot start: memory is short, or the library libndpi is not version 4.2");
        return 3;
    }
    lock_in(&s);
    proc_ready(&s.proc);
    wait_for_peers(&s);
    s.began = true;
    if (!s.stop && crew_start(s.crew, s.live ? s.sources : NULL) != 0) {
        log_error("cannot make %u threads", s.threads);
        return 3;
    }
    if (!s.stop)
        rc = s.live ? run_live(&s) : run_files(&s);
    else if (!s.live)
        rc = 3; /* stopped before it began */
    /* Everything hangs on s: the kernel takes it back in no time, while freeing nDPI alone would take
     * milliseconds. */
    return rc;
}
