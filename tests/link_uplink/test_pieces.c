/* SPDX-License-Identifier: GPL-3.0-or-later
 * A batch over a line that breaks: it goes in pieces, shorter after each failure, longer after each success, from where the console
 * has it, also when that forgot all; and what arrives is the batch. */
#include "base/envelope.h"
#include "base/event.h"
#include "base/fetch.h"
#include "base/journal.h"
#include "firmware/link/uplink.h"
#include "tests/check.h"

#include <unistd.h>

#define TEXT 200000 /* bytes of hexadecimal digits: half of it once packed */
#define WHOLE_MAX (1u << 20)
#define STEPS 400

static char dir[] = "/tmp/gh-pieces-test-XXXXXX";
static struct seal_keys *appliance, *console;

/* A console's intake, and a line that lets through at most limit bytes at once; every third letter that is longer breaks it. */
struct line {
    size_t limit;
    unsigned forgets_at, posts, pieces, broken, rejected; /* forgets_at: the piece at which the console forgets */
    uint32_t shortest, longest;
    uint8_t id[UPLOAD_ID];
    struct writer have;
    bool there, odd; /* odd: a piece came from where nothing was */
    bool old;        /* a console that knows no pieces */
};

static void taken(struct line *l, struct span envelope, long *ret_status, struct writer *answer)
{
    struct arena *a = arena_new(32 << 20);
    struct batch_header h = {0};
    struct record *r;
    struct writer plain;
    uint8_t sig[SEAL_SIGNATURE];
    size_t n;

    writer_init(&plain, ENVELOPE_MAX);
    CHECK(envelope_open(envelope, console, &plain) == 0);
    CHECK(batch_read(writer_span(&plain), a, &h, &r, &n, sig) == 0 && batch_verify(&h, sig, seal_keys_public(appliance)) == 0);
    l->there = true;
    *ret_status = 200;
    writer_str(answer, "{\"receipt\":1}");
    writer_done(&plain);
    arena_free(a);
}

static int piece(struct line *l, struct span body, long *ret_status, struct writer *answer)
{
    struct upload_piece p;

    CHECK(upload_piece_read(body, WHOLE_MAX, &p) == 0);
    l->pieces++;
    if (l->pieces == l->forgets_at || memcmp(l->id, p.id, sizeof(p.id)) != 0) {
        writer_clear(&l->have);
        memcpy(l->id, p.id, sizeof(p.id));
    }
    l->shortest = p.bytes.n < l->shortest ? (uint32_t)p.bytes.n : l->shortest;
    l->longest = p.bytes.n > l->longest ? (uint32_t)p.bytes.n : l->longest;
    l->odd |= p.offset > l->have.n && l->pieces != l->forgets_at;
    if (p.offset == l->have.n)
        writer_put(&l->have, p.bytes);
    if (l->have.n == p.total) {
        taken(l, writer_span(&l->have), ret_status, answer);
        return 0;
    }
    *ret_status = 200;
    writer_printf(answer, "{\"have\":%zu}", l->have.n);
    return 0;
}

static int post(void *arg, const struct letter *letter, long *ret_status, struct writer *answer)
{
    struct line *l = arg;
    bool whole = strcmp(letter->type, LINK_PIECE) != 0;

    gh_check(l->posts++ < STEPS);
    writer_clear(answer);
    if (letter->body.n > l->limit) {
        l->broken++;
        return ST_TIMEOUT;
    }
    if (whole)
        taken(l, letter->body, ret_status, answer);
    else if (l->old) {
        l->rejected++;
        l->limit = SIZE_MAX; /* the line is better again */
        *ret_status = 404;
    } else
        return piece(l, letter->body, ret_status, answer);
    return 0;
}

static const char *message(void *arg)
{
    (void)arg;
    return "the line broke";
}

static void receipt(void *arg, uint64_t number)
{
    (void)arg;
    CHECK_U64(number, 1);
}

static void make_journal(void)
{
    static char text[TEXT + 32];
    struct record r = {.run = 1, .n = 1, .type = EVENT_FLOW};
    struct conf conf;
    struct journal *j;
    char err[512];
    size_t n = (size_t)snprintf(text, sizeof(text), "{\"x\":\"");

    for (size_t i = 0; i < TEXT; i++) {
        uint8_t b;
        seal_random(&b, 1);
        text[n++] = "0123456789abcdef"[b & 15];
    }
    memcpy(text + n, "\"}", 3);
    r.json = span_str(text);
    conf_defaults(&conf);
    conf.journal_reserve = 0; /* this machine may be nearly full */
    snprintf(conf.node_state_dir, sizeof(conf.node_state_dir), "%s", dir);
    gh_check(journal_open(&conf, appliance, &j, err, sizeof(err)) == 0);
    gh_check(journal_run(j, 1, true, span_str("x")) == 0 && journal_add(j, &r, 1) == 0 && journal_flush(j) == 0);
    journal_close(j);
}

int main(void)
{
    static const struct {
        const char *name;
        size_t limit;
        unsigned forgets_at;
        bool old, pieces;
    } rows[] = {
        {"a good line: whole", SIZE_MAX, 0, false, false},
        {"40 KB at once", 40000, 0, false, true},
        {"the least that is tried", UPLINK_PIECE_LEAST + 64, 0, false, true},
        {"the console forgets in the middle", 20000, 4, false, true},
        {"a console that knows no pieces", 40000, 0, true, false},
    };

    CHECK(seal_init() == 0 && mkdtemp(dir) != NULL);
    appliance = seal_keys_generate();
    console = seal_keys_generate();
    gh_check(appliance && console);
    make_journal();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct line l = {.limit = rows[i].limit, .forgets_at = rows[i].forgets_at, .old = rows[i].old, .shortest = UINT32_MAX};
        const struct uplink_hooks hooks = {.arg = &l, .post = post, .message = message, .receipt = receipt};
        struct queue *q = queue_new(dir);
        struct uplink *u = uplink_new(q, seal_keys_public(console), &hooks);
        uint64_t now = 1, wait;
        check_row(rows[i].name);
        writer_init(&l.have, WHOLE_MAX);
        while (!l.there && (wait = uplink_step(u, now)) != UINT64_MAX)
            now += wait;
        CHECK(l.there && !l.odd);
        CHECK((l.pieces > 1) == rows[i].pieces);
        CHECK(!rows[i].pieces || (l.broken > 0 && l.shortest <= l.longest && l.longest <= UPLINK_PIECE_MOST));
        CHECK(!rows[i].old || l.rejected == 1);
        CHECK_STR(uplink_trouble(u), "");
        writer_done(&l.have);
        uplink_free(u);
        queue_free(q);
    }
    for (const char *const *name = (const char *const[]){"/journal.db", "/journal.db-wal", "/journal.db-shm", "/journal.head", "", NULL}; *name; name++) {
        char path[160];
        snprintf(path, sizeof(path), "%s%s", dir, *name);
        (void)remove(path);
    }
    seal_keys_free(appliance);
    seal_keys_free(console);
    return check_end();
}
