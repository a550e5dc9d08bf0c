/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the console wishes for: names that it may not say, files that are not there, lines that break, and the
 * turns that reports, pieces and hellos take. */
#include "base/envelope.h"
#include "firmware/link/uplink.h"
#include "base/journal.h"
#include "tests/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES 300000u
#define TOKEN "0102030405060708091011121314151617181920212223242526272829303132"
#define OTHER "ff02030405060708091011121314151617181920212223242526272829303132"
#define WISH(id, file, have) "{\"id\":" id ",\"token\":\"" TOKEN "\",\"file\":\"" file "\",\"have\":" have "}"

static char dir[] = "/tmp/gh-wishes-test-XXXXXX";
static uint8_t content[FILE_BYTES];
static struct seal_keys *appliance, *console;

static void hear(struct wishes *w, const char *list)
{
    struct arena *a = arena_new(1 << 20);
    struct writer text;
    struct json *j;

    writer_init(&text, 65536);
    writer_printf(&text, "{\"receipt\":1,\"fetch\":%s}", list);
    gh_check(json_parse(a, writer_span(&text), 16, &j, NULL) == 0);
    wishes_take(w, j);
    writer_done(&text);
    arena_free(a);
}

static void test_names(void)
{
    static const struct {
        const char *name, *list;
        size_t n;
    } rows[] = {
        {"one", "[" WISH("1", "1-2.pcap", "0") "]", 1},
        {"none", "[]", 0},
        {"no list", "{}", 0},
        {"way out", "[" WISH("1", "../journal.db", "0") "]", 0},
        {"key", "[" WISH("1", "appliance.key", "0") "]", 0},
        {"way out with a good end", "[" WISH("1", "../1-2.pcap", "0") "]", 0},
        {"nothing before the good one", "[5,null,\"x\",{}," WISH("1", "1-2.pcap", "0") "]", 1},
        {"id zero", "[" WISH("0", "1-2.pcap", "0") "]", 0},
        {"have negative", "[" WISH("1", "1-2.pcap", "-1") "]", 0},
        {"no token", "[{\"id\":1,\"file\":\"1-2.pcap\",\"have\":0}]", 0},
        {"short token", "[{\"id\":1,\"token\":\"01\",\"file\":\"1-2.pcap\",\"have\":0}]", 0},
        {"long token", "[{\"id\":1,\"token\":\"" TOKEN "00\",\"file\":\"1-2.pcap\",\"have\":0}]", 0},
        {"odd token", "[{\"id\":1,\"token\":\"" TOKEN "0\",\"file\":\"1-2.pcap\",\"have\":0}]", 0},
        {"token of other letters", "[{\"id\":1,\"token\":\"G" TOKEN "\",\"file\":\"1-2.pcap\",\"have\":0}]",
         0},
        {"more than we take",
         "[" WISH("1", "1-2.pcap", "0") "," WISH("2", "1-2.pcap", "0") "," WISH(
             "3", "1-2.pcap",
             "0") "," WISH("4", "1-2.pcap",
                           "0") "," WISH("5", "1-2.pcap",
                                         "0") "," WISH("6", "1-2.pcap",
                                                       "0") "," WISH("7", "1-2.pcap",
                                                                     "0") "," WISH("8", "1-2.pcap",
                                                                                   "0") "," WISH("9",
                                                                                                 "1-2.pcap",
                                                                                                 "0") "]",
         8},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct wishes *w = wishes_new(dir);
        check_row(rows[i].name);
        hear(w, rows[i].list);
        CHECK_U64(wishes_count(w), rows[i].n);
        wishes_free(w);
    }
}

/* What comes out of one piece. */
struct piece {
    struct fetch_part part;
    bool good;
};
static struct piece next(struct wishes *w, struct writer *body)
{
    struct piece p = {.good = false};
    char path[WISHES_PATH];

    p.good = wishes_next(w, body, path) && fetch_part_read(writer_span(body), &p.part) == 0 &&
             !strncmp(path, "/api/v1/fetch/", 14);
    return p;
}

static void test_missing(void)
{
    static const struct {
        const char *name, *file, *have;
    } rows[] = {
        {"not there", "9-9.pcap", "0"},
        {"a link", "3-3.pcap", "0"},
        {"a directory", "4-4.pcap", "0"},
        {"empty", "5-5.pcap", "0"},
        {"the console has more than there is", "1-2.pcap", "300000"},
    };
    struct writer body, list;

    writer_init(&body, 2u << 20);
    writer_init(&list, 4096);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct wishes *w = wishes_new(dir);
        struct piece p;
        check_row(rows[i].name);
        writer_clear(&list);
        writer_printf(&list, "[{\"id\":1,\"token\":\"" TOKEN "\",\"file\":\"%s\",\"have\":%s}]", rows[i].file,
                      rows[i].have);
        hear(w, writer_cstr(&list));
        p = next(w, &body);
        CHECK(p.good && p.part.state == FETCH_MISSING && p.part.token[0] == 1);
        CHECK(wishes_answered(w, 0, 200, 0, 0));
        CHECK_U64(wishes_count(w), 0);
        CHECK_U64(wishes_sent(w), 0);
        wishes_free(w);
    }
    writer_done(&body);
    writer_done(&list);
}

/* A line that breaks: pieces become shorter and longer again, and in the end every byte came once. */
static void test_line(void)
{
    struct wishes *w = wishes_new(dir);
    struct writer body;
    size_t have = 70000, first, pieces = 0;
    struct piece p;

    check_row("line");
    writer_init(&body, 2u << 20);
    hear(w, "[" WISH("1", "1-2.pcap", "70000") "," WISH("2", "9-9.pcap", "0") "]");
    p = next(w, &body);
    CHECK(p.good && p.part.offset == have && p.part.total == FILE_BYTES);
    first = p.part.bytes.n;
    CHECK_U64(first, WISHES_PART_FIRST);
    CHECK(!wishes_answered(w, ST_TIMEOUT, 0, 0, 0));
    p = next(w, &body);
    CHECK(p.part.offset == have && p.part.bytes.n == first / 2);
    for (int i = 0; i < 10; i++)
        CHECK(!wishes_answered(w, 0, 503, 0, 0));
    p = next(w, &body);
    CHECK_U64(p.part.bytes.n, WISHES_PART_MIN);
    hear(w, "[" WISH("2", "9-9.pcap", "0") "," WISH("1", "1-2.pcap",
                                                    "0") "]"); /* an answer that was on its way */
    for (; wishes_count(w) == 2 && pieces < 100; pieces++) {
        p = next(w, &body);
        CHECK(p.good && p.part.offset == have && !memcmp(p.part.bytes.p, content + have, p.part.bytes.n));
        have += p.part.bytes.n;
        if (pieces == 2) { /* the console lost a piece */
            have -= 1000;
            CHECK(wishes_answered(w, 0, 409, 0, have));
        } else {
            CHECK(wishes_answered(w, 0, 200, have, 0));
        }
    }
    CHECK_U64(have, FILE_BYTES);
    CHECK(pieces < 12);
    CHECK_U64(wishes_sent(w), 1);
    p = next(w, &body);
    CHECK(p.good && p.part.state == FETCH_MISSING);
    CHECK(wishes_answered(w, 0, 200, 0, 0) && wishes_count(w) == 0 && !next(w, &body).good);

    check_row("another token");
    hear(w, "[" WISH("1", "1-2.pcap", "0") "]");
    CHECK(next(w, &body).part.offset == 0);
    CHECK(wishes_answered(w, 0, 200, 5000, 0));
    hear(w, "[{\"id\":1,\"token\":\"" OTHER "\",\"file\":\"1-2.pcap\",\"have\":0}]");
    p = next(w, &body);
    CHECK(p.part.offset == 0 && p.part.token[0] == 0xff);

    check_row("a console that cannot decide");
    for (int i = 0; i < 10 && wishes_count(w); i++) {
        CHECK(next(w, &body).good);
        CHECK(wishes_answered(w, 0, 409, 0, (uint64_t)i + 1));
    }
    CHECK_U64(wishes_count(w), 0);
    check_row("not wanted any more");
    hear(w, "[" WISH("1", "1-2.pcap", "0") "]");
    CHECK(next(w, &body).good && wishes_answered(w, 0, 404, 0, 0) && wishes_count(w) == 0);
    CHECK_U64(wishes_sent(w), 1);
    writer_done(&body);
    wishes_free(w);
}

/* ---- the turns of reports, pieces and hellos ---- */

struct desk {
    char seen[64]; /* b batch, h hello, p piece */
    size_t n, batches;
    uint64_t have;
    int mood; /* 0 sound, 1 does not know hellos */
};

static int on_post(void *arg, const struct letter *letter, long *ret_status, struct writer *answer)
{
    struct desk *d = arg;
    struct fetch_hello h;
    struct fetch_part p;
    struct writer plain;

    gh_check(d->n < sizeof(d->seen) - 1);
    writer_clear(answer);
    *ret_status = 200;
    if (!strcmp(letter->type, LINK_PART)) {
        CHECK_STR(letter->path, "/api/v1/fetch/1");
        CHECK(fetch_part_read(letter->body, &p) == 0 && p.offset == d->have);
        d->have += p.bytes.n;
        d->seen[d->n++] = 'p';
        writer_printf(answer, "{\"have\":%d}", (int)d->have);
        return 0;
    }
    CHECK_STR(letter->path, "/api/v1/intake");
    writer_init(&plain, ENVELOPE_MAX);
    CHECK(envelope_open(letter->body, console, &plain) == 0);
    if (fetch_hello_is(writer_span(&plain))) {
        d->seen[d->n++] = 'h';
        CHECK(fetch_hello_read(writer_span(&plain), &h) == 0 && h.number == 3);
        CHECK(fetch_hello_verify(&h, seal_keys_public(appliance)) == 0);
        *ret_status = d->mood ? 400 : 200;
        writer_str(answer, d->have || d->mood ? "{\"receipt\":3}"
                                              : "{\"receipt\":3,\"fetch\":[" WISH("1", "1-2.pcap", "0") "]}");
    } else {
        d->seen[d->n++] = 'b';
        d->batches++;
        writer_printf(answer, "{\"receipt\":%d%s}", (int)d->batches,
                      d->batches == 2 ? ",\"fetch\":[" WISH("1", "1-2.pcap", "0") "]" : "");
    }
    writer_done(&plain);
    return 0;
}

static const char *on_message(void *arg)
{
    (void)arg;
    return "";
}

static void on_receipt(void *arg, uint64_t number)
{
    (void)arg;
    CHECK(number <= 3);
}

static void test_turns(void)
{
    static const struct {
        const char *name;
        int mood;
        const char *want;
    } rows[] = {{"turns", 0, "bbpbpph"}, {"a console of before", 1, "bbpbpph"}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct desk d = {.mood = rows[i].mood};
        const struct uplink_hooks hooks = {
            .arg = &d, .post = on_post, .message = on_message, .receipt = on_receipt};
        struct queue *q = queue_new(dir);
        struct wishes *w = wishes_new(dir);
        struct uplink *u = uplink_new(q, seal_keys_public(console), &hooks);
        uint8_t id[SEAL_ID];
        uint64_t ms = 0;
        check_row(rows[i].name);
        seal_id(seal_keys_public(appliance), id);
        uplink_listen(u, w, id, 1000);
        for (int k = 0; k < 20 && ms == 0; k++)
            ms = uplink_step(u, 5000);
        CHECK_STR(d.seen, rows[i].want);
        CHECK_U64(d.have, FILE_BYTES);
        CHECK_U64(ms, 1000);
        CHECK_STR(uplink_trouble(u), "");
        (void)uplink_step(u, 5999);
        CHECK_STR(d.seen, rows[i].want);
        (void)uplink_step(u, 6000);
        CHECK_U64(d.n, strlen(rows[i].want) + !rows[i].mood);
        uplink_free(u);
        wishes_free(w);
        queue_free(q);
    }
}

static void make_files(void)
{
    struct journal *j = NULL;
    struct conf conf;
    char path[128], err[256];
    int fd;

    conf_defaults(&conf);
    conf.journal_reserve = 0;
    snprintf(conf.node_state_dir, sizeof(conf.node_state_dir), "%s", dir);
    gh_check(journal_open(&conf, appliance, &j, err, sizeof(err)) == 0);
    for (uint64_t n = 1; n <= 3; n++) {
        struct record r = {.run = 1, .n = n, .json = span_str("{\"a\":1}")};
        gh_check(journal_add(j, &r, 1) == 0 && journal_flush(j) == 0);
    }
    journal_close(j);
    for (size_t i = 0; i < FILE_BYTES; i++)
        content[i] = (uint8_t)(i * 2654435761u >> 13);
    snprintf(path, sizeof(path), "%s/pcap", dir);
    gh_check(mkdir(path, 0700) == 0);
    snprintf(path, sizeof(path), "%s/pcap/1-2.pcap.ghe", dir);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    gh_check(fd >= 0 && write(fd, content, FILE_BYTES) == FILE_BYTES && close(fd) == 0);
    snprintf(path, sizeof(path), "%s/pcap/3-3.pcap.ghe", dir);
    gh_check(symlink("1-2.pcap.ghe", path) == 0);
    snprintf(path, sizeof(path), "%s/pcap/4-4.pcap.ghe", dir);
    gh_check(mkdir(path, 0700) == 0);
    snprintf(path, sizeof(path), "%s/pcap/5-5.pcap.ghe", dir);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    gh_check(fd >= 0 && close(fd) == 0);
}

static void clean(void)
{
    static const char *const files[] = {"journal.db",       "journal.db-wal",    "journal.db-shm",
                                        "journal.head",     "pcap/1-2.pcap.ghe", "pcap/3-3.pcap.ghe",
                                        "pcap/5-5.pcap.ghe"};
    char path[128];

    for (size_t i = 0; i < GH_COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof(path), "%s/pcap/4-4.pcap.ghe", dir);
    CHECK(rmdir(path) == 0);
    snprintf(path, sizeof(path), "%s/pcap", dir);
    CHECK(rmdir(path) == 0);
    CHECK(rmdir(dir) == 0);
}

int main(void)
{
    CHECK(seal_init() == 0 && mkdtemp(dir) != NULL);
    appliance = seal_keys_generate();
    console = seal_keys_generate();
    gh_check(appliance && console);
    make_files();
    test_names();
    test_missing();
    test_line();
    test_turns();
    clean();
    seal_keys_free(appliance);
    seal_keys_free(console);
    return check_end();
}
