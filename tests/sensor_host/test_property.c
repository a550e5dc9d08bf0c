/* SPDX-License-Identifier: GPL-3.0-or-later
 * The property that all of reassembly stands for: a download that is cut, repeated, overlapped, shuffled and
 * fragmented in any way that its receiver would still accept is carved to the same bytes, and nothing is said
 * to contradict. Whole frames, IPv4 and IPv6, tags, numbers that wrap, data in the SYN, keep-alives, forged
 * resets, FINs that come early, twice or with data, and lies that the
 * receiver drops because their checksum is wrong.
 *
 *     test_property [SEED]   runs one case, whose number a failure names, or all */
#include "base/digest.h"
#include "tests/check.h"
#include "tests/sensor_host/core.h"

#ifdef GH_SANITIZE
#define CASES 800u
#else
#define CASES 2400u
#endif
#define CASES_EACH 400u /* in one run, with ports of their own */
#define BODY_MAX 40000u
#define START 1700000000000000ull
#define ITEMS_MAX 3000u

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

static uint64_t rng_state;
static uint32_t rng(uint32_t below)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return below ? (uint32_t)(rng_state >> 32) % below : 0;
}

/* One segment: bytes [off, off + n) of what side says; -1 is the byte before its first one. */
struct item {
    int side; /* 0: client */
    uint8_t flags;
    int64_t off;
    uint32_t n;
    uint32_t seq_add; /* a forged reset stands so far outside */
    bool garbage;     /* a keep-alive's byte */
    bool lie;         /* other bytes, and a wrong checksum */
    uint64_t ack;     /* bytes of the other side; SIZE: with its FIN */
};

struct talk {
    struct crew *crew;
    uint64_t now_us;
    uint16_t port;
    bool ipv6;
    uint16_t vlan[2];
    uint32_t isn[2];
    uint16_t ip_id;
    bool lies;
    uint8_t *said[2];
    size_t said_n[2];
    struct item items[ITEMS_MAX];
    size_t n_items;
    uint8_t here[BODY_MAX + 200]; /* what the client has, after so many of the server's items */
    size_t looked, have;
};

static void send(struct talk *t, struct span bytes)
{
    struct frame f = {.bytes = bytes, .wire_bytes = bytes.n, .ts_us = t->now_us, .link_type = 1};

    crew_frame(t->crew, &f);
    t->now_us += 100 + rng(900);
}

static void address(struct writer *w, const struct talk *t, int side)
{
    if (t->ipv6)
        writer_be(w, 0x20010db800000000, 8);
    writer_be(w, side ? 0x0A000002 : 0x0A000001, 4);
    if (t->ipv6)
        writer_be(w, 7, 4);
}

static void link_and_ip(struct writer *w, const struct talk *t, int side, size_t n, uint8_t next, uint16_t id,
                        uint16_t fragment)
{
    writer_bytes(w, side ? "\2\0\0\0\0\1\2\0\0\0\0\2" : "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
    for (int i = 0; i < 2; i++)
        if (t->vlan[i]) {
            writer_be(w, i ? 0x8100 : 0x88A8, 2);
            writer_be(w, t->vlan[i], 2);
        }
    writer_be(w, t->ipv6 ? 0x86DD : 0x0800, 2);
    if (t->ipv6) {
        writer_be(w, 0x60000000, 4);
        writer_be(w, n, 2);
        writer_u8(w, next);
        writer_u8(w, 64);
    } else {
        writer_be(w, 0x4500, 2);
        writer_be(w, 20 + n, 2);
        writer_be(w, id, 2);
        writer_be(w, fragment, 2);
        writer_u8(w, 64);
        writer_u8(w, next);
        writer_be(w, 0, 2);
    }
    address(w, t, side);
    address(w, t, !side);
}

/* Bytes [from, to) of the packet behind the IP header, as a fragment of its own. */
static void send_fragment(struct talk *t, int side, struct span l4, size_t from, size_t to)
{
    uint8_t buf[4096];
    struct writer w;
    bool more = to < l4.n;

    writer_fixed(&w, buf, sizeof(buf));
    if (t->ipv6) {
        link_and_ip(&w, t, side, 8 + to - from, 44, 0, 0);
        writer_be(&w, 6 << 8, 2);
        writer_be(&w, from | more, 2);
        writer_be(&w, t->ip_id, 4);
    } else {
        link_and_ip(&w, t, side, to - from, 6, t->ip_id, (uint16_t)(from / 8 | (more ? 0x2000 : 0)));
    }
    writer_put(&w, span_part(l4, from, to - from));
    gh_check(writer_ok(&w));
    send(t, writer_span(&w));
}

/* In pieces that may overlap and come twice, in any order; together they are the whole. */
static void send_fragments(struct talk *t, int side, struct span l4)
{
    size_t from[16], to[16], n = 0;

    for (size_t at = 0; at < l4.n;) {
        size_t back = rng(4) ? 0 : rng((uint32_t)(at < 200 ? at : 200) + 1), step = (1 + rng(40)) * 8;
        from[n] = (at - back) / 8 * 8;
        to[n] = n + 2 >= GH_COUNT(from) || at + step >= l4.n ? l4.n : at + step;
        at = to[n++];
        if (n < GH_COUNT(from) - 2 && !rng(6)) { /* twice */
            from[n] = from[n - 1];
            to[n] = to[n - 1];
            n++;
        }
    }
    for (size_t i = 0; i + 1 < n; i++) {
        size_t j = i + rng((uint32_t)(n - i)), f = from[i], e = to[i];
        from[i] = from[j];
        to[i] = to[j];
        from[j] = f;
        to[j] = e;
    }
    t->ip_id++;
    for (size_t i = 0; i < n; i++)
        send_fragment(t, side, l4, from[i], to[i]);
}

/* RFC 9293 section 3.1, word by word. */
static void put_checksum(const struct talk *t, int side, struct span l4, bool wrong)
{
    uint8_t buf[64 + 4096] = {0};
    struct writer w;
    uint32_t sum = 0;

    writer_fixed(&w, buf, sizeof(buf));
    address(&w, t, side);
    address(&w, t, !side);
    writer_be(&w, 6, 2);
    writer_be(&w, l4.n, 2);
    writer_put(&w, l4);
    gh_check(writer_ok(&w));
    for (size_t i = 0; i < w.n; i += 2)
        sum += (uint32_t)(buf[i] << 8 | buf[i + 1]);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = ~((sum & 0xFFFF) + (sum >> 16)) + (wrong ? 1 + rng(1000) : 0);
    ((uint8_t *)l4.p)[16] = (uint8_t)(sum >> 8);
    ((uint8_t *)l4.p)[17] = (uint8_t)sum;
}

static void send_item(struct talk *t, const struct item *it)
{
    uint8_t head[20 + 2048], buf[4096];
    struct writer l4, w;
    int me = it->side;

    writer_fixed(&l4, head, sizeof(head));
    writer_be(&l4, me ? 80 : t->port, 2);
    writer_be(&l4, me ? t->port : 80, 2);
    writer_be(&l4, (uint32_t)(t->isn[me] + (it->flags & SYN ? 0 : 1) + it->off + it->seq_add), 4);
    writer_be(&l4, it->flags & ACK ? (uint32_t)(t->isn[!me] + 1 + it->ack) : 0, 4);
    writer_u8(&l4, 0x50);
    writer_u8(&l4, it->flags);
    writer_be(&l4, 0xffff, 2);
    writer_be(&l4, 0, 4);
    if (it->garbage)
        writer_u8(&l4, 0xEE);
    else if (it->lie)
        for (uint32_t i = 0; i < it->n; i++)
            writer_u8(&l4, (uint8_t)rng(256));
    else if (it->n)
        writer_bytes(&l4, t->said[me] + it->off, it->n);
    gh_check(writer_ok(&l4));
    put_checksum(t, me, writer_span(&l4), it->lie);
    if (l4.n > 40 && !rng(6)) {
        send_fragments(t, me, writer_span(&l4));
        return;
    }
    writer_fixed(&w, buf, sizeof(buf));
    link_and_ip(&w, t, me, l4.n, 6, t->ip_id++, 0);
    writer_put(&w, writer_span(&l4));
    gh_check(writer_ok(&w));
    send(t, writer_span(&w));
}

static void add(struct talk *t, struct item it)
{
    gh_check(t->n_items < ITEMS_MAX);
    t->items[t->n_items++] = it;
    if (!rng(10) && t->n_items < ITEMS_MAX)
        t->items[t->n_items++] = it; /* seen twice: two taps, or sent again */
}

/* Segments of all that a side says from a byte on; the last one may bear the FIN. */
static void cut(struct talk *t, int side, size_t from, bool fin)
{
    size_t total = t->said_n[side];
    uint32_t most = rng(3) ? 1400 : 1 + rng(60);

    for (size_t at = from; at < total;) {
        size_t back = rng(4) ? 0 : rng((uint32_t)(at < 600 ? at : 600) + 1);
        size_t n = total - at < BODY_MAX / 500 + most ? total - at : BODY_MAX / 500 + rng(most);
        bool last = at + n == total;
        n = n + back > 1460 ? 1460 - back : n;
        last = last && at + n == total;
        add(t, (struct item){.side = side,
                             .flags = ACK | (rng(2) ? PSH : 0) | (last && fin ? FIN : 0),
                             .off = (int64_t)(at - back),
                             .n = (uint32_t)(n + back)});
        at += n;
    }
}

/* Within a window; what is acknowledged is what the receiver has, a few packets early at most, as when the
 * two directions are captured on two ports. */
static void shuffle(struct talk *t, size_t from, size_t to)
{
    size_t window = 1 + rng(30);

    for (size_t i = from; i + 1 < to; i++) {
        size_t j = i + rng((uint32_t)(to - i < window ? to - i : window));
        struct item keep = t->items[i];
        t->items[i] = t->items[j];
        t->items[j] = keep;
    }
}

static uint64_t received(struct talk *t, size_t upto)
{
    for (; t->looked < upto; t->looked++) {
        const struct item *it = &t->items[t->looked];
        memset(t->here + it->off, 1, it->n);
    }
    while (t->have < t->said_n[1] && t->here[t->have])
        t->have++;
    return t->have;
}

static void keep_alive(struct talk *t, int side, uint64_t ack)
{
    bool garbage = rng(2) != 0;

    add(t, (struct item){.side = side,
                         .flags = ACK,
                         .off = (int64_t)t->said_n[side] - 1,
                         .n = garbage ? 1 : 0,
                         .garbage = garbage,
                         .ack = ack});
}

/* A handshake; with Fast Open (RFC 7413) the request is in the SYN, or its beginning. Returns how much. */
static size_t handshake(struct talk *t)
{
    uint32_t early = rng(4) ? 0 : 1 + rng((uint32_t)t->said_n[0]);

    for (uint32_t i = 0; i <= !rng(5); i++)
        send_item(t, &(struct item){.side = 0, .flags = SYN, .n = early});
    for (uint32_t i = 0; i <= !rng(5); i++)
        send_item(t, &(struct item){.side = 1, .flags = SYN | ACK, .ack = early});
    if (rng(5))
        send_item(t, &(struct item){.side = 0, .flags = ACK, .off = (int64_t)early});
    return early;
}

static void farewell(struct talk *t, bool fin_sent)
{
    uint64_t all = t->said_n[1];

    t->n_items = 0;
    if (t->lies) /* what is not acknowledged could still have been dropped */
        add(t, (struct item){.side = 0, .flags = ACK, .off = (int64_t)t->said_n[0], .ack = all});
    if (!rng(3))
        keep_alive(t, 1, t->said_n[0]);
    if (!rng(3))
        keep_alive(t, 0, all);
    if (!fin_sent && rng(4))
        add(t, (struct item){.side = 1, .flags = FIN | ACK, .off = (int64_t)all, .ack = t->said_n[0]});
    switch (rng(4)) {
    case 0:
        add(t, (struct item){.side = 0, .flags = RST, .off = (int64_t)t->said_n[0]});
        break;
    case 1: /* nothing: the capture ends */
        break;
    default:
        add(t, (struct item){.side = 0, .flags = FIN | ACK, .off = (int64_t)t->said_n[0], .ack = all + 1});
        add(t, (struct item){.side = 1, .flags = ACK, .off = (int64_t)all + 1, .ack = t->said_n[0] + 1});
        break;
    }
    if (!rng(4)) /* an old segment comes late */
        add(t, (struct item){.side = 1, .flags = ACK, .off = 0, .n = all < 50 ? (uint32_t)all : 50});
    for (size_t i = 0; i < t->n_items; i++)
        send_item(t, &t->items[i]);
}

static void converse(struct talk *t)
{
    size_t early = handshake(t), lead = t->lies ? 0 : rng(10);
    bool fin = !rng(3);

    t->n_items = 0;
    cut(t, 0, early, false);
    shuffle(t, 0, t->n_items);
    for (size_t i = 0; i < t->n_items; i++)
        send_item(t, &t->items[i]);
    t->n_items = t->looked = t->have = 0;
    memset(t->here, 0, sizeof(t->here));
    cut(t, 1, 0, fin);
    shuffle(t, 0, t->n_items);
    for (size_t i = 0; i < t->n_items; i++) {
        t->items[i].ack = t->said_n[0];
        send_item(t, &t->items[i]);
        if (!rng(3))
            send_item(t, &(struct item){.side = 0,
                                        .flags = ACK,
                                        .off = (int64_t)t->said_n[0],
                                        .ack = received(t, i + lead < t->n_items ? i + lead : t->n_items)});
        if (t->lies && !rng(4)) {
            size_t from = t->have + rng(3000), all = t->said_n[1];
            from = from < all ? from : rng((uint32_t)all);
            send_item(t, &(struct item){.side = 1,
                                        .flags = ACK | (rng(8) ? 0 : FIN),
                                        .off = (int64_t)from,
                                        .n = 1 + rng((uint32_t)(all - from < 1400 ? all - from : 1400)),
                                        .lie = true,
                                        .ack = t->said_n[0]});
        }
        if (!rng(40)) /* forged, and so far outside that nobody believes it */
            send_item(t, &(struct item){.side = (int)rng(2), .flags = RST, .seq_add = 1u << 29});
    }
    farewell(t, fin);
}

static void make_case(struct talk *t, uint64_t seed, char hash[65])
{
    static uint8_t answer[BODY_MAX + 200];
    static char request[] = "GET /file HTTP/1.1\r\nHost: a.example\r\n\r\n";
    uint8_t sum[SHA256_SIZE];
    struct digest *d = digest_new_sha256();
    uint32_t body;
    int head;

    rng_state = 0x9E3779B97F4A7C15ull * (seed + 1);
    body = 1 + rng(rng(2) ? 3000 : BODY_MAX);
    head = snprintf((char *)answer, 200, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", body);
    for (uint32_t i = 0; i < body; i++)
        answer[(size_t)head + i] = (uint8_t)rng(256);
    gh_check(d);
    digest_update(d, answer + head, body);
    digest_final(d, sum);
    digest_free(d);
    for (size_t i = 0; i < sizeof(sum); i++)
        snprintf(hash + 2 * i, 3, "%02x", sum[i]);
    t->port = (uint16_t)(10000 + seed % CASES_EACH);
    t->lies = !rng(3);
    t->ipv6 = rng(2) != 0;
    t->vlan[0] = rng(4) ? 0 : (uint16_t)(1 + rng(4000));
    t->vlan[1] = rng(3) ? 0 : (uint16_t)(1 + rng(4000));
    for (int i = 0; i < 2; i++)
        t->isn[i] = rng(3) ? rng(UINT32_MAX) : UINT32_MAX - rng(3000);
    t->said[0] = (uint8_t *)request;
    t->said_n[0] = sizeof(request) - 1;
    t->said[1] = answer;
    t->said_n[1] = (size_t)head + body;
    converse(t);
}

static void check_case(const struct core *core, uint64_t seed, bool lies, const char *hash)
{
    int64_t port = 10000 + (int64_t)(seed % CASES_EACH);
    const struct json *e;
    bool found = false;
    int failed = check_failed;

    for (size_t i = 0; (e = core_event(core, "fileinfo", i)); i++) {
        if (json_i64(json_get(e, "dest_port"), 0) != port ||
            strcmp(json_cstr(json_path(e, "fileinfo.filename"), ""), "overlap") == 0)
            continue;
        CHECK(!found);
        found = true;
        CHECK_STR(json_cstr(json_path(e, "fileinfo.sha256"), ""), hash);
        CHECK_STR(json_cstr(json_path(e, "fileinfo.state"), ""), "CLOSED");
    }
    CHECK(found);
    for (size_t i = 0; (e = core_event(core, "anomaly", i)); i++) {
        bool mine =
            json_i64(json_get(e, "dest_port"), 0) == port || json_i64(json_get(e, "src_port"), 0) == port;
        const char *what = json_cstr(json_path(e, "anomaly.event"), "");
        bool told = strcmp(what, "stream.bad_checksum") == 0 ||
                    strcmp(what, "stream.reassembly_overlap_different_data") == 0;
        if (mine && strcmp(what, "stream.suspected_rst_inject") != 0 && !(lies && told))
            CHECK_STR(what, "none");
    }
    if (check_failed != failed)
        fprintf(stderr, "seed %" PRIu64 "\n", seed);
}

static void run(uint64_t first, uint64_t n)
{
    static char hash[CASES_EACH][65];
    static bool lies[CASES_EACH];
    static struct talk t;
    static struct core core;
    struct conf conf;
    struct crew_options opt = {.conf = &conf, .threads = 1, .documents = true, .run = 1};
    struct ledger l;
    struct host_out out = core_out(&core);

    conf_defaults(&conf);
    core_init(&core);
    t.now_us = START;
    t.crew = crew_new(&opt, &out);
    gh_check(t.crew);
    for (uint64_t i = 0; i < n; i++) {
        make_case(&t, first + i, hash[i]);
        lies[i] = t.lies;
    }
    crew_finish(t.crew);
    crew_ledger(t.crew, &l);
    CHECK(ledger_balanced(&l));
    CHECK_STR(core.fault ? core.fault : "", "");
    for (uint64_t i = 0; i < n; i++)
        check_case(&core, first + i, lies[i], hash[i]);
    crew_free(t.crew);
    core_done(&core);
}

int main(int argc, char **argv)
{
    check_row("same bytes");
    if (argc > 1) {
        run(strtoull(argv[1], NULL, 10), 1);
        return check_end();
    }
    for (uint64_t first = 0; first < CASES; first += CASES_EACH)
        run(first, CASES_EACH);
    return check_end();
}
