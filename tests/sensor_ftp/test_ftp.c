/* SPDX-License-Identifier: GPL-3.0-or-later
 * Sessions through the whole pipeline, control and data connections, as they happen and with each segment of
 * the control connection late by any number of frames: the same is told in every order. */
#include "sensor/decode/ftp_addr.h"
#include "sensor/decode/ftp_probe.h"
#include "tests/check.h"
#include "tests/sensor_ftp/ftp_case.h"
#include "tests/sensor_host/core.h"
#include "tests/sensor_host/frames.h"

#include <arpa/inet.h>

#define START 1700000000000000ull
#define FRAMES 64
enum { FIN = 1, SYN = 2, ACK = 16 };

struct frames {
    uint8_t bytes[FRAMES][512];
    size_t size[FRAMES];
    bool control[FRAMES]; /* a segment with bytes of the control connection */
    size_t n;
};
static struct frames all;
static struct core core;

static void add(struct span s, bool control)
{
    gh_check(all.n < FRAMES && s.n <= sizeof(all.bytes[0]));
    memcpy(all.bytes[all.n], s.p, s.n);
    all.size[all.n] = s.n;
    all.control[all.n++] = control;
}

static void handshake(struct conv *c, int from)
{
    add(frame_next(c, from, SYN, ""), false);
    add(frame_next(c, !from, SYN | ACK, ""), false);
    add(frame_next(c, from, ACK, ""), false);
}

static void build(const struct ftp_case *c)
{
    struct conv control = {.cp = 40000, .sp = 2121, .seq = {100, 900}}, data = {0};
    uint16_t next = 50000;

    all.n = 0;
    handshake(&control, 0);
    for (size_t i = 0; i < sizeof(c->step) / sizeof(c->step[0]) && c->step[i].text; i++) {
        const struct ftp_step *s = &c->step[i];
        int server = s->who == 's' || s->who == 'S' || s->who == 'l';
        if (s->who == 'l') {
            control.seq[1] += (uint32_t)strlen(s->text);
        } else if (s->who == 'c' || s->who == 's') {
            add(frame_next(&control, server, ACK, s->text), true);
        } else if (s->text[0] == '(') {
            data = (struct conv){.seq = {5000, 6000}};
            *(server ? &data.cp : &data.sp) = (uint16_t)s->port;
            *(server ? &data.sp : &data.cp) = next++;
            handshake(&data, server);
        } else if (s->text[0] == ')') {
            add(frame_next(&data, server, ACK | FIN, ""), false);
            add(frame_next(&data, !server, ACK | FIN, ""), false);
        } else {
            add(frame_next(&data, server, ACK, s->text), false);
        }
    }
}

/* Frame `late` comes only behind frame `behind`. */
static void play(size_t late, size_t behind, char *told, size_t cap)
{
    struct conf conf;
    struct crew_options opt = {.conf = &conf, .threads = 1, .documents = true, .keep = true, .run = 1};
    struct host_out out = core_out(&core);
    struct crew *h;
    uint64_t now = START;
    struct ledger l;
    size_t at = 0;

    conf_defaults(&conf);
    core_init(&core);
    h = crew_new(&opt, &out);
    gh_check(h);
    for (size_t i = 0; i < all.n; i++) {
        size_t n = late >= behind || i < late || i > behind ? i : i == behind ? late : i + 1;
        struct frame f = {.bytes = span_of(all.bytes[n], all.size[n]),
                          .wire_bytes = (uint32_t)all.size[n],
                          .ts_us = now += 1000,
                          .link_type = 1};
        crew_frame(h, &f);
    }
    crew_finish(h);
    crew_ledger(h, &l);
    CHECK(ledger_balanced(&l));
    CHECK_STR(core.fault ? core.fault : "", "");
    told[0] = 0;
    for (size_t i = 0; i < core_count(&core, "fileinfo"); i++) {
        const struct json *e = core_event(&core, "fileinfo", i);
        at += (size_t)snprintf(told + at, cap - at, "%s:%lld:%s ",
                               json_cstr(json_path(e, "fileinfo.filename"), "?"),
                               (long long)json_i64(json_path(e, "fileinfo.size"), -1),
                               json_cstr(json_path(e, "fileinfo.state"), "?"));
        gh_check(at < cap);
    }
    crew_free(h);
}

static bool said(const char *text)
{
    for (size_t i = 0; i < core.n_events; i++)
        if (span_find(core.events[i]->raw, span_str(text), 0) >= 0)
            return true;
    return false;
}

static void check_said(const struct ftp_case *c)
{
    for (size_t i = 0; i < sizeof(c->has) / sizeof(c->has[0]) && c->has[i]; i++) {
        if (!said(c->has[i]))
            fprintf(stderr, "missing: %s\n", c->has[i]);
        CHECK(said(c->has[i]));
    }
    for (size_t i = 0; i < sizeof(c->not ) / sizeof(c->not [0]) && c->not [i]; i++)
        CHECK(!said(c->not [i]));
}

#ifdef GH_SANITIZE /* there each play costs ten times as much: every fifth place tells enough */
#define STEP 5
#else
#define STEP 1
#endif

static void run(const struct ftp_case *c)
{
    char told[512];

    check_row(c->name);
    build(c);
    for (size_t late = 0; late < all.n; late++)
        for (size_t behind = late; behind < all.n; behind += STEP) {
            if (late != behind && !all.control[late])
                break;
            if (late == behind && late)
                continue;
            play(late, behind, told, sizeof(told));
            if (strcmp(told, c->told) != 0)
                fprintf(stderr, "frame %zu behind %zu of %zu\n", late, behind, all.n);
            CHECK_STR(told, c->told);
            check_said(c);
            core_done(&core);
        }
}

static void test_addresses(void)
{
    static const struct {
        const char *text, *addr;
        uint16_t port;
        bool extended, ok;
    } rows[] = {
        {"127,0,0,1,185,13", "127.0.0.1", 47373, false, true},
        {"Entering Passive Mode (127,0,0,1,185,13).", "127.0.0.1", 47373, false, true},
        {"=127,0,0,1,0,21", "127.0.0.1", 21, false, true},
        {"1,2,3,4,5", "", 0, false, false},
        {"1,2,3,4,0,0", "", 0, false, false},
        {"256,2,3,4,5,6", "", 0, false, false},
        {"9999999,1,2,3,4,5,6", "1.2.3.4", 1286, false, true},
        {"", "", 0, false, false},
        {"|1|10.0.0.1|2000|", "10.0.0.1", 2000, true, true},
        {"|2|fe80::1|2000|", "fe80::1", 2000, true, true},
        {"ok (|||2000|)", "", 2000, true, true},
        {"(!!!2000!)", "", 2000, true, true},
        {"|1|10.0.0.1|0|", "", 0, true, false},
        {"|1|10.0.0.1|65536|", "", 0, true, false},
        {"|1|10.0.0.1.9|20|", "", 0, true, false},
        {"|1|10.0.0.1|20", "", 0, true, false},
        {"|2|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|20|", "", 0, true, false},
        {"|", "", 0, true, false},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct ftp_addr a = {0};
        char buf[64] = "";
        check_row(rows[i].text);
        bool ok = rows[i].extended ? ftp_addr_extended(span_str(rows[i].text), &a)
                                   : ftp_addr_numbers(span_str(rows[i].text), &a);
        CHECK(ok == rows[i].ok);
        if (!ok || !rows[i].ok)
            continue;
        CHECK_U64(a.port, rows[i].port);
        if (a.has_addr)
            inet_ntop(a.ipv6 ? AF_INET6 : AF_INET, a.addr, buf, sizeof(buf));
        CHECK_STR(buf, rows[i].addr);
    }
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        enum direction dir;
        enum probe want;
    } rows[] = {
        {"220 FTP ready\r\n", TO_CLIENT, PROBE_YES},
        {"220-Welcome\r\n220-to ftp", TO_CLIENT, PROBE_MORE},
        {"220-Welcome\r\n220 ProFTPD\r\n", TO_CLIENT, PROBE_YES},
        {"220 x ESMTP\r\n", TO_CLIENT, PROBE_NO},
        {"220 x\r\n", TO_CLIENT, PROBE_MORE},
        {"220 x\r\n331 y\r\n", TO_CLIENT, PROBE_YES},
        {"220 x\r\n250 y\r\n", TO_CLIENT, PROBE_NO},
        {"22", TO_CLIENT, PROBE_MORE},
        {"221 x\r\n", TO_CLIENT, PROBE_NO},
        {"USER a\r\n", TO_SERVER, PROBE_MORE},
        {"USER a\r\nPASS b\r\n", TO_SERVER, PROBE_MORE},
        {"USER a\r\nPASS b\r\nTYPE I\r\n", TO_SERVER, PROBE_YES},
        {"USER a\r\nPASS b\r\nUIDL\r\n", TO_SERVER, PROBE_NO},
        {"AUTH TLS\r\n", TO_SERVER, PROBE_YES},
        {"AUTH PLAIN\r\n", TO_SERVER, PROBE_MORE},
        {"GET / HTTP/1.1\r\n", TO_SERVER, PROBE_NO},
        {"\x16\x03\x01", TO_SERVER, PROBE_NO},
        {"NICK a\r\nUSER b\r\n", TO_SERVER, PROBE_NO},
        {"FEAT\r\n", TO_SERVER, PROBE_YES},
    };
    struct proto_ctx cx = {0};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].text);
        CHECK(ftp_probe(&cx, rows[i].dir, span_str(rows[i].text)) == rows[i].want);
    }
}

int main(void)
{
    for (size_t i = 0; i < ftp_case_count; i++)
        run(&ftp_cases[i]);
    test_addresses();
    test_probe();
    return check_end();
}
