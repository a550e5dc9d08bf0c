/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse simulate: a fleet of appliances that are not there. The first call makes keys and requests, the
 * console approves them as any other, the next call makes batches, as files or by HTTPS. Each call goes on
 * where the one before ended. A few threads, each with its share of the fleet and a connection of its own;
 * batch follows batch from appliance to appliance, so that a console hears all of them at once. */
#include "base/clock.h"
#include "base/json.h"
#include "firmware/link/carrier.h"
#include "firmware/link/child.h"
#include "firmware/link/simulate_box.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_US 86400000000ull
#define YEAR_US (365 * DAY_US)
#define SIM_ARENA (64u << 20)
#define TIMEOUT_MS 60000
#define BUSY_MS 60000 /* longest that a console may be too busy for one batch */
#define AWAY_MS 5000  /* and not be there */
#define ENROL_MS 600000
#define CONNECTIONS 256
#define SHOW_US 200000
#define REFUSALS_TOLD 10

struct options {
    const char *dir, *url, *enrol, *mix;
    uint64_t appliances, days, batches, records, seed, years, connections;
    bool json;
};
enum count { MADE, TAKEN, REFUSED, RECORDS, ALERTS, PLAIN, SEALED, RETRIED, BOXES, WAITING, COUNTS };
static const char *const count_names[COUNTS] = {"made",       "taken",       "refused",      "records",
                                                "alerts",     "bytes_plain", "bytes_sealed", "retried",
                                                "appliances", "waiting"};
struct fleet {
    struct options o;
    enum sim_mix_kind mix;
    uint64_t end_us;
    bool
        batches; /* this round makes batches; otherwise it looks for keys, makes them, and counts who waits */
    atomic_ullong n[COUNTS];
    atomic_uint running;
    atomic_int code; /* of the first failure; then all end */
};
struct worker {
    struct fleet *fleet;
    unsigned first; /* its appliances: this one, and every so many behind it */
    struct arena *arena;
    struct carrier *carrier;
    struct link_console at; /* where the carrier goes */
    struct writer sealed, answer;
    pthread_t thread;
};

static int usage(const char *what)
{
    fprintf(stderr,
            "gatehouse simulate: %s\n"
            "usage: gatehouse simulate --appliances N [--days D] [--batches N] [--records N] [--mix "
            "even|fleet] [--seed N]\n"
            "                          [--wrong-clocks Y] [--connections N] [--enrol FILE] [--json] -o DIR "
            "[--console https://…]\n"
            "  --appliances N   how many, DIR/00001 and up; keys and request.json are made in each\n"
            "  --days D         days that the batches tell of (1), ending now\n"
            "  --batches N      batches a day of each appliance (24)\n"
            "  --records N      records of each batch (200)\n"
            "  --mix fleet      of a hundred 60 are posts, 5 ministries: a quarter, and four times as many "
            "records, of another mix\n"
            "  --wrong-clocks Y one in three has a clock that is Y years behind, one in three Y years ahead\n"
            "  --console URL    send them; otherwise they are written, for 'gatehouse console import'\n"
            "  --connections N  so many at a time (16)\n"
            "  --enrol FILE     have the requests approved by the console of this configuration, on this "
            "machine\n"
            "  --json           at the end what was made and what was taken, as JSON\n"
            "Without --enrol: gatehouse console enrol-approve DIR; then call it again.\n",
            what);
    return 2;
}

static int fail(const char *path, int rc)
{
    fprintf(stderr, "gatehouse simulate: %s: %s\n", path, status_text(rc));
    return rc == ST_IO || rc == ST_FULL || rc == ST_NOMEM ? 3 : 2;
}

/* All end. True for the first one, who says why. */
static bool stop(struct fleet *f, int code)
{
    int none = 0;

    return atomic_compare_exchange_strong(&f->code, &none, code);
}

static void add(struct fleet *f, enum count c, uint64_t n)
{
    atomic_fetch_add(&f->n[c], n);
}

/* The same connection for all appliances of a worker, as long as they have the same console. */
static bool connect_to(struct worker *w, const struct sim_box *b)
{
    struct link_console to = b->console;

    snprintf(to.url, sizeof(to.url), "%s", w->fleet->o.url);
    if (w->carrier && !strcmp(to.url, w->at.url) && !strcmp(to.pin, w->at.pin))
        return true;
    carrier_free(w->carrier);
    w->at = to;
    w->carrier = carrier_new(&w->at, TIMEOUT_MS);
    return w->carrier != NULL;
}

/* 0: taken; 1: refused, which was told; a negative code. */
static int send_batch(struct worker *w, const struct sim_box *b)
{
    const struct letter letter = {
        .path = "/api/v1/intake", .type = LINK_ENVELOPE, .body = writer_span(&w->sealed)};
    uint64_t began = clock_mono_ms();
    useconds_t pause = 10000;
    long status = 0;
    int rc;

    if (!connect_to(w, b))
        return ST_NOMEM;
    for (;;) {
        rc = carrier_post(w->carrier, &letter, &status, &w->answer);
        if ((!rc && status != 503) || rc == ST_BAD_SIGNATURE || atomic_load(&w->fleet->code) ||
            clock_mono_ms() - began > (rc ? AWAY_MS : BUSY_MS))
            break;
        add(w->fleet, RETRIED, 1);
        usleep(pause);
        pause = pause < 500000 ? pause * 2 : pause;
    }
    if (rc && stop(w->fleet, rc == ST_BAD_SIGNATURE ? 2 : 3))
        fprintf(stderr, "gatehouse simulate: %s: %s%s\n", w->at.url, carrier_message(w->carrier),
                rc == ST_BAD_SIGNATURE ? ": another console than the one that approved this fleet" : "");
    if (rc)
        return rc;
    if (status == 200)
        return 0;
    if (atomic_load(&w->fleet->n[REFUSED]) < REFUSALS_TOLD)
        fprintf(stderr, "gatehouse simulate: %s: the console answers %ld: %.300s\n", b->dir, status,
                writer_cstr(&w->answer));
    return 1;
}

/* Its k-th batch of this call. */
static int one_batch(struct worker *w, struct sim_box *b)
{
    struct fleet *f = w->fleet;
    const struct options *o = &f->o;
    const uint64_t all = o->days * o->batches;
    struct sim_mix m = {.seed = o->seed,
                        .start_us = f->end_us - o->days * DAY_US,
                        .span_us = DAY_US / o->batches,
                        .appliance = b->index,
                        .place = simulate_place(f->mix, b->index)};
    struct sim_batch batch;
    int rc;

    if (b->index % 3)
        m.start_us += b->index % 3 == 1 ? -o->years * YEAR_US : o->years * YEAR_US;
    m.records = simulate_count(m.place, o->records);
    rc = sim_box_make(b, &m, m.start_us + (b->number % all + 1) * m.span_us, w->arena, &batch, &w->sealed);
    if (rc)
        return rc;
    add(f, MADE, 1);
    rc = o->url ? send_batch(w, b) : sim_box_keep(b, &batch, writer_span(&w->sealed));
    if (rc) {
        add(f, REFUSED, rc == 1);
        return rc;
    }
    add(f, TAKEN, 1);
    add(f, RECORDS, m.records);
    add(f, ALERTS, batch.alerts);
    add(f, PLAIN, batch.plain);
    add(f, SEALED, w->sealed.n);
    return sim_box_done(b, &batch);
}

/* One appliance's turn: its keys, or a batch. */
static void turn(struct worker *w, unsigned index, bool first)
{
    struct fleet *f = w->fleet;
    struct sim_box b;
    int rc = sim_box_open(&b, f->o.dir, index);

    if (!rc && first)
        add(f, b.enrolled ? BOXES : WAITING, 1);
    if (!rc && f->batches && b.enrolled)
        rc = one_batch(w, &b);
    if (rc < 0 && stop(f, rc == ST_IO || rc == ST_FULL || rc == ST_NOMEM ? 3 : 2))
        (void)fail(b.dir, rc);
    sim_box_close(&b);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct fleet *f = w->fleet;
    uint64_t rounds = f->batches ? f->o.days * f->o.batches : 1;

    for (uint64_t k = 0; k < rounds; k++)
        for (uint64_t i = w->first; i <= f->o.appliances && !atomic_load(&f->code); i += f->o.connections)
            turn(w, (unsigned)i, k == 0);
    atomic_fetch_sub(&f->running, 1);
    return NULL;
}

static bool worker_start(struct fleet *f, struct worker *w, unsigned first)
{
    *w = (struct worker){.fleet = f, .first = first, .arena = arena_new(SIM_ARENA)};
    writer_init(&w->sealed, ENVELOPE_MAX);
    writer_init(&w->answer, 65536 + 1);
    atomic_fetch_add(&f->running, 1);
    if (w->arena && pthread_create(&w->thread, NULL, work, w) == 0)
        return true;
    atomic_fetch_sub(&f->running, 1);
    if (stop(f, 3))
        (void)fail(f->o.dir, ST_NOMEM);
    return false;
}

static void worker_done(struct worker *w)
{
    writer_done(&w->sealed);
    writer_done(&w->answer);
    carrier_free(w->carrier);
    arena_free(w->arena);
}

/* On a terminal people see how far it is; into a file nothing is written before the end. */
static void show(struct fleet *f, uint64_t began_us)
{
    uint64_t all = f->o.days * f->o.batches * f->o.appliances, s = (clock_mono_us() - began_us) / 1000000 + 1;

    if (f->batches)
        fprintf(stderr, "\r\033[K%llu of %" PRIu64 " batches, %llu records/s, %llu refused",
                atomic_load(&f->n[MADE]), all, atomic_load(&f->n[RECORDS]) / s, atomic_load(&f->n[REFUSED]));
    else
        fprintf(stderr, "\r\033[Kkeys: %llu of %" PRIu64 " appliances",
                atomic_load(&f->n[BOXES]) + atomic_load(&f->n[WAITING]), f->o.appliances);
}

static int run_round(struct fleet *f, bool batches)
{
    static struct worker workers[CONNECTIONS]; /* one round at a time */
    uint64_t began = clock_mono_us();
    unsigned n = 0;

    f->batches = batches;
    for (size_t i = 0; i < COUNTS; i++)
        atomic_store(&f->n[i], 0);
    while (n < f->o.connections && n < f->o.appliances && worker_start(f, &workers[n], n + 1))
        n++;
    while (isatty(STDERR_FILENO) && atomic_load(&f->running)) {
        show(f, began);
        usleep(SHOW_US);
    }
    for (unsigned i = 0; i < n; i++) {
        pthread_join(workers[i].thread, NULL);
        worker_done(&workers[i]);
    }
    if (n < f->o.connections && n < f->o.appliances)
        worker_done(&workers[n]);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    return atomic_load(&f->code);
}

static int have_approved(const struct options *o)
{
    char says[CHILD_SAYS];
    char *argv[] = {"gh-console",
                    "enrol-approve",
                    (char *)o->dir,
                    "-c",
                    (char *)o->enrol,
                    "--url",
                    (char *)(o->url ? o->url : "https://127.0.0.1"),
                    NULL};
    int rc = child_run(argv, ENROL_MS, says);

    if (rc)
        fprintf(stderr, "gatehouse simulate: gatehouse console enrol-approve %s -c %s: %s\n", o->dir,
                o->enrol, says);
    return rc == 127 || rc >= 128 ? 3 : rc;
}

static void put_summary(struct fleet *f, uint64_t us)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    for (size_t i = 0; i < COUNTS; i++)
        jw_ku64(&j, count_names[i], atomic_load(&f->n[i]));
    jw_ku64(&j, "milliseconds", us / 1000);
    jw_end_obj(&j);
    printf("%s\n", writer_cstr(&w));
    writer_done(&w);
}

static void summary(struct fleet *f, uint64_t us)
{
    unsigned long long taken = atomic_load(&f->n[TAKEN]), waiting = atomic_load(&f->n[WAITING]);

    if (f->o.json) {
        put_summary(f, us);
        return;
    }
    printf("%llu appliances, %llu batches %s (%llu records, %llu alerts) in %.1f s",
           atomic_load(&f->n[BOXES]), taken, f->o.url ? "taken" : "written", atomic_load(&f->n[RECORDS]),
           atomic_load(&f->n[ALERTS]), (double)us / 1e6);
    if (atomic_load(&f->n[REFUSED]))
        printf(", %llu refused", atomic_load(&f->n[REFUSED]));
    if (waiting)
        printf("; %llu more wait to be approved: 'gatehouse console enrol-approve %s'", waiting, f->o.dir);
    printf("\n");
}

static bool number(struct options *o, const char *name, const char *value, bool *ret_good)
{
    static const struct {
        const char *name;
        size_t at;
        uint64_t most;
    } numbers[] = {{"--appliances", offsetof(struct options, appliances), SIMULATE_APPLIANCES - 1},
                   {"--days", offsetof(struct options, days), 3650},
                   {"--batches", offsetof(struct options, batches), 86400},
                   {"--records", offsetof(struct options, records), 10000},
                   {"--wrong-clocks", offsetof(struct options, years), 50},
                   {"--connections", offsetof(struct options, connections), CONNECTIONS},
                   {"--seed", offsetof(struct options, seed), INT64_MAX}};
    size_t k = 0;
    uint64_t v;

    while (k < GH_COUNT(numbers) && strcmp(name, numbers[k].name) != 0)
        k++;
    if (k == GH_COUNT(numbers))
        return false;
    *ret_good = span_number(span_str(value), numbers[k].most, &v) && v;
    if (*ret_good)
        memcpy((char *)o + numbers[k].at, &v, sizeof(v));
    return true;
}

static int parse(struct options *o, int argc, char **argv)
{
    static char what[128];

    for (int i = 0; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        const char **slot = !strcmp(argv[i], "-o")          ? &o->dir
                            : !strcmp(argv[i], "--console") ? &o->url
                            : !strcmp(argv[i], "--enrol")   ? &o->enrol
                            : !strcmp(argv[i], "--mix")     ? &o->mix
                                                            : NULL;
        bool good = true, known = slot || (value && number(o, argv[i], value, &good));
        if (!strcmp(argv[i], "--json")) {
            o->json = true;
            continue;
        }
        snprintf(what, sizeof(what), "%.60s: %s", argv[i],
                 !good   ? "no number, or out of range"
                 : known ? "it lacks its value"
                         : "unknown option, or one without its value");
        if (!known || !good || !value)
            return usage(what);
        if (slot)
            *slot = value;
        i++;
    }
    if (!o->appliances || !o->dir || strlen(o->dir) > 300)
        return usage("it needs --appliances and -o");
    if (strcmp(o->mix, "even") != 0 && strcmp(o->mix, "fleet") != 0)
        return usage("--mix is even or fleet");
    return o->url && strncmp(o->url, "https://", 8) != 0 ? usage("--console begins with https://") : 0;
}

int simulate_command(const struct conf *c, int argc, char **argv)
{
    struct fleet f = {
        .o = {.days = 1, .batches = 24, .records = 200, .seed = 1, .connections = 16, .mix = "even"},
        .end_us = clock_wall_us()};
    uint64_t began;
    int rc = parse(&f.o, argc, argv);

    (void)c;
    if (rc)
        return rc;
    f.mix = strcmp(f.o.mix, "fleet") ? SIM_EVEN : SIM_FLEET;
    if (mkdir(f.o.dir, 0700) != 0 && errno != EEXIST)
        return fail(f.o.dir, status_from_errno(errno));
    rc = run_round(&f, false);
    if (!rc && f.o.enrol && atomic_load(&f.n[WAITING]))
        rc = have_approved(&f.o);
    began = clock_mono_us();
    if (!rc)
        rc = run_round(&f, true);
    if (!rc || f.o.json)
        summary(&f, clock_mono_us() - began);
    return rc ? rc : atomic_load(&f.n[REFUSED]) ? 1 : 0;
}
