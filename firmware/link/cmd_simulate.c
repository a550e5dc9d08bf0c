/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse simulate: a fleet of appliances that are not there. The first call makes keys and requests, the
 * console approves them as any other, the next call makes batches, as files or by HTTPS. Each call goes on
 * where the one before ended. */
#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "firmware/link/carrier.h"
#include "firmware/link/link.h"
#include "firmware/link/simulate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_US 86400000000ull
#define YEAR_US (365 * DAY_US)
#define PATH_SIZE 512
#define SIM_ARENA (64u << 20)
#define TIMEOUT_MS 60000
#define POST_TRIES 100

struct options {
    const char *dir, *url;
    uint64_t appliances, days, batches, records, seed, years;
};
/* One of them: its directory, and how far it is. */
struct box {
    char dir[PATH_SIZE - 64];
    unsigned index;
    struct seal_keys *keys;
    struct link_console console;
    uint64_t number; /* last batch made */
    uint8_t hash[SEAL_HASH];
};

static int usage(const char *what)
{
    fprintf(stderr,
            "gatehouse simulate: %s\n"
            "usage: gatehouse simulate --appliances N [--days D] [--batches N] [--records N] [--seed N]\n"
            "                          [--wrong-clocks Y] -o DIR [--console https://…]\n"
            "  --appliances N   how many, DIR/00001 and up; keys and request.json are made in each\n"
            "  --days D         days that the batches tell of (1), ending now\n"
            "  --batches N      batches a day of each appliance (24)\n"
            "  --records N      records of each batch (200)\n"
            "  --wrong-clocks Y one in three has a clock that is Y years behind, one in three Y years ahead\n"
            "  --console URL    send them; otherwise they are written, for 'gatehouse console import'\n"
            "Have the requests approved: gatehouse console enrol-approve DIR/00001/request.json -o "
            "DIR/00001/console.json; then call it again.\n",
            what);
    return 2;
}

static int fail(const char *path, int rc)
{
    fprintf(stderr, "gatehouse simulate: %s: %s\n", path, status_text(rc));
    return rc == ST_IO || rc == ST_FULL || rc == ST_NOMEM ? 3 : 2;
}

static const char *in(const struct box *b, const char *name, char path[static PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", b->dir, name);
    return path;
}

/* Keys, and the request that the console approves. */
static int make_identity(struct box *b)
{
    char path[PATH_SIZE], sign[BASE64_SIZE(SEAL_PUBLIC)], key[BASE64_SIZE(SEAL_PUBLIC)];
    const struct seal_public *pub;
    struct writer w;
    struct jw j;
    int rc;

    b->keys = seal_keys_generate();
    if (!b->keys)
        return fail(b->dir, ST_NOMEM);
    rc = keyfile_save(in(b, "appliance.key", path), b->keys);
    if (rc)
        return fail(path, rc);
    pub = seal_keys_public(b->keys);
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "enrol-request-v1");
    jw_kcstr(&j, "name", strrchr(b->dir, '/') + 1);
    jw_kcstr(&j, "sign", base64_encode(pub->sign, SEAL_PUBLIC, sign, sizeof(sign)));
    jw_kcstr(&j, "box", base64_encode(pub->box, SEAL_PUBLIC, key, sizeof(key)));
    jw_end_obj(&j);
    rc = link_write_file(in(b, "request.json", path), writer_span(&w), 0644, true);
    writer_done(&w);
    return rc ? fail(path, rc) : 0;
}

/* "chain": number and hash of the last batch that was made. */
static void load_chain(struct box *b)
{
    char path[PATH_SIZE];
    struct reader r;
    struct writer w;

    writer_init(&w, 16384); /* the reader asks for room ahead */
    if (link_read_file(in(b, "chain", path), &w) == 0 && w.n == 8 + SEAL_HASH) {
        r = reader_span(writer_span(&w));
        b->number = reader_le64(&r);
        reader_copy(&r, b->hash, SEAL_HASH);
    }
    writer_done(&w);
}

static int save_chain(const struct box *b)
{
    char path[PATH_SIZE];
    uint8_t bytes[8 + SEAL_HASH];
    struct writer w;

    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, b->number, 8);
    writer_bytes(&w, b->hash, SEAL_HASH);
    return link_write_file(in(b, "chain", path), writer_span(&w), 0600, true);
}

/* The next batch, sealed. The box goes on only when it has arrived (box_done). */
static int make_batch(const struct options *o, const struct box *b, uint64_t end_us, struct arena *a,
                      struct batch_header *h, struct writer *sealed)
{
    const uint64_t all = o->days * o->batches;
    const struct sim_mix mix = {.seed = o->seed,
                                .start_us = end_us - o->days * DAY_US,
                                .span_us = DAY_US / o->batches,
                                .appliance = b->index,
                                .records = o->records};
    uint8_t sig[SEAL_SIGNATURE];
    struct record *r;
    struct writer plain;
    int rc;

    *h = (struct batch_header){.number = b->number + 1};
    seal_id(seal_keys_public(b->keys), h->appliance);
    memcpy(h->previous, b->hash, SEAL_HASH);
    h->wall_us = mix.start_us + ((h->number - 1) % all + 1) * mix.span_us;
    arena_reset(a);
    writer_init(&plain, ENVELOPE_MAX);
    writer_clear(sealed);
    rc = simulate_records(&mix, h->number, a, &r);
    if (!rc) {
        batch_sign(h, r, o->records, b->keys, sig);
        rc = batch_write(h, r, o->records, sig, &plain);
    }
    if (!rc)
        rc = envelope_seal(writer_span(&plain), &b->console.key, sealed);
    writer_done(&plain);
    return rc;
}

static int send_batch(struct carrier *c, const struct writer *sealed)
{
    const struct letter letter = {.path = "/api/v1/intake", .type = LINK_ENVELOPE, .body = writer_span(sealed)};
    struct writer answer;
    long status = 0;
    int rc = ST_CLOSED;

    writer_init(&answer, 65536 + 1);
    for (int i = 0; i < POST_TRIES && (rc || status == 503); i++) {
        if (i)
            usleep(20000);
        rc = carrier_post(c, &letter, &status, &answer);
    }
    if (rc)
        fprintf(stderr, "gatehouse simulate: the console cannot be reached: %s\n", carrier_message(c));
    else if (status != 200)
        fprintf(stderr, "gatehouse simulate: the console answers %ld: %.300s\n", status,
                writer_cstr(&answer));
    writer_done(&answer);
    return rc || status != 200 ? ST_CLOSED : 0;
}

/* All batches of one appliance. */
static int report(const struct options *o, struct box *b, uint64_t end_us)
{
    struct carrier *c = NULL;
    struct arena *a = arena_new(SIM_ARENA);
    struct batch_header h;
    struct writer sealed;
    char path[PATH_SIZE], name[48];
    int rc = a ? 0 : ST_NOMEM;

    if (o->url) {
        snprintf(b->console.url, sizeof(b->console.url), "%s", o->url);
        c = carrier_new(&b->console, TIMEOUT_MS);
        rc = rc ? rc : c ? 0 : ST_NOMEM;
    }
    writer_init(&sealed, ENVELOPE_MAX);
    for (uint64_t k = 0; k < o->days * o->batches && !rc; k++) {
        rc = make_batch(o, b, end_us, a, &h, &sealed);
        snprintf(name, sizeof(name), "batch-%012" PRIu64 ".ghb", h.number);
        if (!rc)
            rc = c ? send_batch(c, &sealed)
                   : link_write_file(in(b, name, path), writer_span(&sealed), 0600, true);
        if (rc)
            break;
        b->number = h.number;
        batch_hash(&h, b->hash);
        rc = save_chain(b);
    }
    writer_done(&sealed);
    carrier_free(c);
    arena_free(a);
    return rc ? fail(b->dir, rc) : 0;
}

/* 0 with *ret_waits when it is not approved yet. */
static int run_one(const struct options *o, unsigned index, uint64_t end_us, bool *ret_waits)
{
    struct box b = {.index = index};
    char path[PATH_SIZE];
    int rc;

    snprintf(b.dir, sizeof(b.dir), "%s/%05u", o->dir, index);
    if (mkdir(b.dir, 0700) != 0 && errno != EEXIST)
        return fail(b.dir, status_from_errno(errno));
    in(&b, "appliance.key", path);
    if (access(path, F_OK) != 0) {
        rc = make_identity(&b);
    } else {
        rc = keyfile_load(path, &b.keys);
        rc = rc ? fail(path, rc) : 0;
    }
    *ret_waits = !rc && link_console_load(b.dir, &b.console) != 0;
    if (!rc && !*ret_waits) {
        load_chain(&b);
        if (index % 3 == 1)
            end_us -= o->years * YEAR_US;
        else if (index % 3 == 2)
            end_us += o->years * YEAR_US;
        rc = report(o, &b, end_us);
    }
    seal_keys_free(b.keys);
    return rc;
}

static int parse(struct options *o, int argc, char **argv)
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
                   {"--seed", offsetof(struct options, seed), INT64_MAX}};

    for (int i = 0; i < argc; i++) {
        size_t k = 0;
        if (i + 1 == argc)
            return usage("an option lacks its value, or is unknown");
        while (k < GH_COUNT(numbers) && strcmp(argv[i], numbers[k].name) != 0)
            k++;
        if (k < GH_COUNT(numbers)) {
            uint64_t v;
            if (!span_number(span_str(argv[++i]), numbers[k].most, &v) || !v)
                return usage("a number is none, or out of range");
            memcpy((char *)o + numbers[k].at, &v, sizeof(v));
        } else if (!strcmp(argv[i], "-o")) {
            o->dir = argv[++i];
        } else if (!strcmp(argv[i], "--console")) {
            o->url = argv[++i];
        } else {
            return usage("unknown option");
        }
    }
    if (!o->appliances || !o->dir || strlen(o->dir) > 300)
        return usage("it needs --appliances and -o");
    return o->url && strncmp(o->url, "https://", 8) != 0 ? usage("--console begins with https://") : 0;
}

int simulate_command(const struct conf *c, int argc, char **argv)
{
    struct options o = {.days = 1, .batches = 24, .records = 200, .seed = 1};
    uint64_t end_us = clock_wall_us(), waiting = 0;
    int rc = parse(&o, argc, argv);

    (void)c;
    if (rc)
        return rc;
    if (mkdir(o.dir, 0700) != 0 && errno != EEXIST)
        return fail(o.dir, status_from_errno(errno));
    for (unsigned i = 1; i <= o.appliances && !rc; i++) {
        bool waits = false;
        rc = run_one(&o, i, end_us, &waits);
        waiting += waits;
    }
    if (!rc)
        printf("%" PRIu64 " appliances, %" PRIu64 " batches of %" PRIu64 " records each; %" PRIu64
               " more wait to be approved (console.json)\n",
               o.appliances - waiting, o.days * o.batches, o.records, waiting);
    return rc;
}
