/* SPDX-License-Identifier: GPL-3.0-or-later
 * The crew says the same, byte for byte and in the same order, however many threads it has: conversations of
 * many pairs of hosts at once, with documents, tunnels whose directions differ, fragments, holes, floods,
 * announced connections, idle ends and a clock that jumps; and what is asked of it while it works. */
#include "base/digest.h"
#include "sensor/decode/crew.h"
#include "tests/check.h"
#include "tests/sensor_host/frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define START 1700000000000000ull
#define SECOND 1000000ull
#define PAIRS 24
enum { SYN = 2, FIN = 1, RST = 4, ACK = 16 };

/* ---- the listener ---- */

struct heard {
    struct writer all; /* every record and every other message */
    uint64_t events, documents, ledgers;
};

static void take_events(struct heard *h, struct span body)
{
    struct reader r = reader_span(body);
    struct event_record e;

    while (event_record_next(&r, &e) == 1) {
        if (e.n != ++h->events)
            CHECK_U64(e.n, h->events);
        event_record_put(&h->all, &e); /* where a message ends is of no consequence */
    }
}

/* Documents come before their records, but not always as much before. */
static void take_document(struct heard *h, struct span body, int fd)
{
    struct event_document d;
    struct span bytes;
    uint8_t sha[SHA256_SIZE];

    CHECK(event_document_get(body, &d) == 0 && d.id == ++h->documents);
    CHECK(msg_map(fd, 1u << 24, &bytes) == 0);
    digest_sha256(bytes.p, bytes.n, sha);
    CHECK(memcmp(sha, d.sha256, sizeof(sha)) == 0);
    msg_unmap(bytes);
    close(fd);
}

static int on_send(void *arg, enum msg_type type, struct span body, int fd)
{
    struct heard *h = arg;

    if (type == MSG_EVENTS) {
        take_events(h, body);
    } else if (type == MSG_DOCUMENT) {
        take_document(h, body, fd);
    } else {
        h->ledgers += type == MSG_LEDGER;
        writer_u8(&h->all, (uint8_t)type);
        writer_put(&h->all, body);
    }
    return 0;
}

/* Nobody is there any more. */
static int on_send_deaf(void *arg, enum msg_type type, struct span body, int fd)
{
    (void)arg;
    (void)type;
    (void)body;
    if (fd >= 0)
        close(fd);
    return ST_CLOSED;
}

/* ---- the traffic ---- */

struct line {
    struct crew *crew;
    uint64_t now_us, frames;
    uint32_t random;
};

static uint32_t dice(struct line *l, uint32_t n)
{
    l->random = l->random * 1664525u + 1013904223u;
    return (l->random >> 8) % n;
}

static void send(struct line *l, struct span bytes)
{
    struct frame f = {.bytes = bytes, .wire_bytes = bytes.n, .ts_us = l->now_us, .link_type = 1};

    crew_frame(l->crew, &f);
    l->frames++;
    l->now_us += 137;
}

/* The directions of a tunnel have ends of their own. */
static void say(struct line *l, struct conv *c, int from, uint8_t flags, const char *text)
{
    c->outer = (uint16_t)(c->pair * 2 + from);
    send(l, frame_next(c, from, flags, text));
}

static struct conv conv_of(unsigned pair, unsigned round)
{
    return (struct conv){.pair = (uint16_t)pair,
                         .cp = (uint16_t)(20000 + round),
                         .sp = (uint16_t)(8000 + pair),
                         .seq = {100 + pair, 90000 + round},
                         .vxlan = pair % 5 == 4};
}

/* One step of a conversation over HTTP. lost: the answer's middle does not come. */
static void http(struct line *l, struct conv *c, unsigned step, bool lost)
{
    char text[300];

    switch (step) {
    case 0:
        say(l, c, 0, SYN, "");
        break;
    case 1:
        say(l, c, 1, SYN | ACK, "");
        break;
    case 2:
        snprintf(text, sizeof(text), "GET /report-%u.txt HTTP/1.1\r\nHost: portal.hq.example\r\n\r\n",
                 c->pair);
        say(l, c, 0, ACK, text);
        break;
    case 3:
        snprintf(text, sizeof(text),
                 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 60\r\n\r\n"
                 "file of pair %05u, %05u",
                 c->pair, c->cp);
        say(l, c, 1, ACK, text);
        break;
    case 4:
        if (lost)
            c->seq[1] += 10;
        else
            say(l, c, 1, ACK, "0123456789");
        break;
    case 5:
        say(l, c, 1, ACK, "and the rest of the file");
        break;
    default:
        say(l, c, 0, FIN | ACK, "");
        say(l, c, 1, FIN | ACK, "");
        break;
    }
}

static void dns(struct line *l, unsigned pair, uint16_t port, bool fragments)
{
    static const char answer[] = "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x05north\x07"
                                 "example\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c"
                                 "\x00\x04\x0a\x00\x00\x09";
    struct conv c = {.pair = (uint16_t)pair, .cp = port, .sp = 53};
    struct span f = frame_udp(&c, 1, answer, sizeof(answer) - 1);
    uint8_t copy[512];

    if (!fragments) {
        send(l, f);
        return;
    }
    memcpy(copy, f.p, f.n);
    f.p = copy;
    send(l, frame_fragment(&c, f, port, 16, 512)); /* the last one first */
    if (!dice(l, 4)) {
        copy[44]++; /* and one that says something else */
        send(l, frame_fragment(&c, f, port, 0, 24));
        copy[44]--;
    }
    if (dice(l, 4))
        send(l, frame_fragment(&c, f, port, 0, 16));
}

/* far: the data come from the server of another pair; 0: from this one. */
static void ftp(struct line *l, unsigned pair, unsigned far)
{
    struct conv c = {.pair = (uint16_t)pair, .cp = 30000, .sp = 21, .seq = {1, 1}};
    struct conv d = {.pair = (uint16_t)pair, .far = (uint16_t)far, .cp = 30001, .sp = 5001, .seq = {1, 1}};
    char text[80];

    say(l, &c, 0, SYN, "");
    say(l, &c, 1, SYN | ACK, "");
    say(l, &c, 1, ACK, "220 files\r\n");
    say(l, &c, 0, ACK, "PASV\r\n");
    far = far ? far : pair;
    snprintf(text, sizeof(text), "227 Entering Passive Mode (10,%u,%u,2,19,137)\r\n", far >> 8, far & 255);
    say(l, &c, 1, ACK, text);
    say(l, &d, 0, SYN, "");
    say(l, &d, 1, SYN | ACK, "");
    snprintf(text, sizeof(text), "RETR plan-%u.txt\r\n", pair);
    say(l, &c, 0, ACK, text);
    say(l, &c, 1, ACK, "150 here it comes\r\n");
    say(l, &d, 1, ACK, "the plan of this pair of hosts");
    say(l, &d, 1, FIN | ACK, "");
    say(l, &d, 0, FIN | ACK, "");
    say(l, &c, 1, ACK, "226 done\r\n");
}

static void flood(struct line *l)
{
    for (unsigned i = 0; i < 40; i++) {
        struct conv c = {.pair = (uint16_t)(500 + dice(l, 200)), .cp = (uint16_t)dice(l, 60000), .sp = 80};
        say(l, &c, 0, SYN, "");
    }
}

static void everything(struct line *l, unsigned rounds)
{
    for (unsigned r = 0; r < rounds; r++) {
        struct conv c[PAIRS];
        for (unsigned i = 0; i < PAIRS; i++)
            c[i] = conv_of(i, r);
        for (unsigned step = 0; step < 7; step++)
            for (unsigned i = 0; i < PAIRS; i++) {
                if (i % 7 != 3 || step < 4) /* some stop in the middle */
                    http(l, &c[i], step, (i + r) % 6 == 5);
                if (!dice(l, 3))
                    dns(l, i + 100 * dice(l, 3), (uint16_t)(1024 + dice(l, 500)), !dice(l, 4));
            }
        ftp(l, 300 + r % 7, 0);
        ftp(l, 310 + r % 7, 320 + r);
        flood(l);
        l->now_us += dice(l, 3) * 7 * SECOND; /* idle ends come in between */
        if (r % 8 == 7)
            l->now_us -= 100 * SECOND; /* another capture, an older one */
    }
}

/* ---- runs ---- */

struct run {
    struct conf conf;
    struct heard heard;
    struct line line;
};

static void run_open(struct run *r, unsigned threads, bool keep, uint64_t flows)
{
    const struct host_out out = {on_send, &r->heard};
    struct crew_options opt = {
        .conf = &r->conf, .threads = threads, .documents = true, .keep = keep, .run = 7};

    memset(r, 0, sizeof(*r));
    r->line = (struct line){.now_us = START, .random = 1};
    conf_defaults(&r->conf);
    if (flows)
        r->conf.sensor_flows = flows;
    writer_init(&r->heard.all, 256u << 20);
    r->line.crew = crew_new(&opt, &out);
    gh_check(r->line.crew && crew_start(r->line.crew, NULL) == 0);
}

static void run_finish(struct run *r)
{
    struct ledger l;

    crew_finish(r->line.crew);
    crew_ledger(r->line.crew, &l);
    CHECK(ledger_balanced(&l));
    CHECK_U64(l.rows[LEDGER_PACKETS].in, r->line.frames);
    CHECK_U64(l.rows[LEDGER_EVENTS].in, r->heard.events);
    CHECK_U64(crew_events(r->line.crew), r->heard.events);
    CHECK_U64(r->heard.ledgers, 1);
    CHECK(writer_ok(&r->heard.all));
    crew_free(r->line.crew);
}

static void same(bool keep, unsigned rounds)
{
    static const unsigned threads[] = {2, 3, 4, 8};
    struct run one, many;

    run_open(&one, 1, keep, 0);
    everything(&one.line, rounds);
    run_finish(&one);
    CHECK(one.heard.events > (uint64_t)rounds * PAIRS * 2);
    CHECK(keep ? one.heard.documents > rounds * PAIRS / 2 : one.heard.documents == 0);
    for (size_t i = 0; i < GH_COUNT(threads); i++) {
        run_open(&many, threads[i], keep, 0);
        everything(&many.line, rounds);
        run_finish(&many);
        CHECK_U64(many.heard.events, one.heard.events);
        CHECK_U64(many.heard.documents, one.heard.documents);
        CHECK(span_eq(writer_span(&many.heard.all), writer_span(&one.heard.all)));
        writer_done(&many.heard.all);
    }
    writer_done(&one.heard.all);
}

static void count_hosts(void *arg, struct proto_host *h)
{
    *(uint64_t *)arg += host_events(h) > 0;
}

/* Accounts, facts, a question about a flow and code for every host, in the middle of the work; then the crew
 * is let go without an end: nothing hangs, nothing leaks. */
static void in_between(unsigned threads)
{
    static const uint8_t question[16] = {1};
    struct ledger l;
    struct writer facts;
    uint64_t hosts = 0;
    struct run r;

    run_open(&r, threads, true, 0);
    for (unsigned i = 0; i < 10; i++) {
        everything(&r.line, 1);
        crew_flush(r.line.crew);
        crew_query(r.line.crew, span_of(question, sizeof(question)));
        crew_ledger(r.line.crew, &l);
        CHECK(ledger_balanced(&l));
        CHECK(l.rows[LEDGER_PACKETS].in <= r.line.frames && l.rows[LEDGER_PACKETS].in > r.line.frames / 2);
        writer_init(&facts, 4096);
        crew_facts(r.line.crew, 0, &facts);
        CHECK(span_starts(writer_span(&facts), "{\"packets\":"));
        writer_done(&facts);
    }
    crew_each(r.line.crew, count_hosts, &hosts);
    CHECK(hosts >= 1 && hosts <= threads);
    crew_free(r.line.crew);
    writer_done(&r.heard.all);
}

/* A listener that has gone holds nobody up. */
static void deaf(void)
{
    const struct host_out out = {on_send_deaf, NULL};
    struct conf conf;
    struct crew_options opt = {.conf = &conf, .threads = 3, .documents = true, .keep = true};
    struct line line = {.now_us = START, .random = 1};
    struct ledger l;

    conf_defaults(&conf);
    line.crew = crew_new(&opt, &out);
    gh_check(line.crew && crew_start(line.crew, NULL) == 0);
    everything(&line, 20);
    crew_finish(line.crew);
    crew_ledger(line.crew, &l);
    CHECK(ledger_balanced(&l));
    CHECK_U64(l.rows[LEDGER_EVENTS].out, 0);
    CHECK_U64(l.rows[LEDGER_DOCUMENTS].out, 0);
    crew_free(line.crew);
}

/* At a ceiling each host pushes out its own oldest flows, so which ones go may differ; the accounts add up.
 */
static void pressure(unsigned threads)
{
    struct run r;

    run_open(&r, threads, false, 400);
    everything(&r.line, 30);
    run_finish(&r);
    writer_done(&r.heard.all);
}

int main(void)
{
    same(true, 40);
    same(false, 20);
    in_between(1);
    in_between(4);
    deaf();
    pressure(1);
    pressure(4);
    return check_end();
}
