/* SPDX-License-Identifier: GPL-3.0-or-later
 * Requests and transfers between two flows: the request's and the one in which the answer comes. */
#include "sensor/decode/expect.h"
#include "sensor/decode/tftp.h"
#include "tests/check.h"
#include "tests/sensor_carve/fake_host.h"

/* A datagram: who sends it (c the host that asked, s the other; capital: in the flow of the request), what
 * (r, w a request with its text, d data, a acknowledgement, o options, e error), number, and how many bytes
 * `fill` of data, or a text with | for NUL. */
struct step {
    char who, what;
    unsigned number;
    size_t n;
    const char *text;
};
struct row {
    const char *name;
    struct step step[12];
    size_t size;       /* of the document; 0: none */
    const char *state; /* what its fileinfo says */
    const char *file;  /* its name */
};

#define OCTET "a.bin|octet|"
static const struct row rows[] = {
    {"read",
     {{'C', 'r', 0, 0, OCTET}, {'s', 'd', 1, 512, 0}, {'c', 'a', 1, 0, 0}, {'s', 'd', 2, 3, 0}},
     515,
     "\"state\":\"CLOSED\"",
     "a.bin"},
    {"a last block without bytes",
     {{'C', 'r', 0, 0, OCTET}, {'s', 'd', 1, 512, 0}, {'s', 'd', 2, 0, 0}},
     512,
     "\"state\":\"CLOSED\"",
     "a.bin"},
    {"write",
     {{'C', 'w', 0, 0, "dir/b|NETASCII|"},
      {'s', 'a', 0, 0, 0},
      {'c', 'd', 1, 512, 0},
      {'s', 'a', 1, 0, 0},
      {'c', 'd', 2, 1, 0}},
     513,
     "\"state\":\"CLOSED\"",
     "dir/b"},
    {"repeated blocks",
     {{'C', 'r', 0, 0, OCTET},
      {'s', 'd', 1, 512, 0},
      {'s', 'd', 1, 512, 0},
      {'c', 'a', 1, 0, 0},
      {'s', 'd', 2, 512, 0},
      {'s', 'd', 1, 512, 0},
      {'s', 'd', 2, 512, 0},
      {'s', 'd', 3, 9, 0}},
     1033,
     "\"gaps\":false,\"state\":\"CLOSED\"",
     "a.bin"},
    {"block size agreed",
     {{'C', 'r', 0, 0, OCTET "blksize|1024|tsize|0|"},
      {'s', 'o', 0, 0, "tsize|1030|blksize|1024|"},
      {'c', 'a', 0, 0, 0},
      {'s', 'd', 1, 1024, 0},
      {'s', 'd', 2, 6, 0}},
     1030,
     "\"state\":\"CLOSED\"",
     "a.bin"},
    {"block size agreed, not seen",
     {{'C', 'r', 0, 0, OCTET "blksize|1024|"}, {'s', 'd', 1, 1024, 0}, {'s', 'd', 2, 600, 0}},
     1624,
     "\"state\":\"CLOSED\"",
     "a.bin"},
    {"block size refused",
     {{'C', 'r', 0, 0, OCTET "blksize|1024|"}, {'s', 'd', 1, 512, 0}, {'s', 'd', 2, 12, 0}},
     524,
     "\"state\":\"CLOSED\"",
     "a.bin"},
    {"a block is missing",
     {{'C', 'r', 0, 0, OCTET}, {'s', 'd', 1, 512, 0}, {'s', 'd', 3, 512, 0}, {'s', 'd', 4, 1, 0}},
     1537,
     "\"gaps\":true,\"state\":\"TRUNCATED\"",
     "a.bin"},
    {"a window out of order",
     {{'C', 'r', 0, 0, OCTET "windowsize|4|"},
      {'s', 'o', 0, 0, "windowsize|4|"},
      {'s', 'd', 2, 512, 0},
      {'s', 'd', 4, 7, 0},
      {'s', 'd', 1, 512, 0},
      {'s', 'd', 3, 512, 0}},
     1543,
     "\"gaps\":false,\"state\":\"CLOSED\"",
     "a.bin"},
    {"a window with a block that was not seen",
     {{'C', 'r', 0, 0, OCTET "windowsize|4|"},
      {'s', 'o', 0, 0, "windowsize|4|"},
      {'s', 'd', 1, 512, 0},
      {'s', 'd', 3, 512, 0},
      {'c', 'a', 3, 0, 0},
      {'s', 'd', 4, 7, 0}},
     1543,
     "\"gaps\":true,\"state\":\"TRUNCATED\"",
     "a.bin"},
    {"a window with a block that was sent again",
     {{'C', 'r', 0, 0, OCTET "windowsize|4|"},
      {'s', 'o', 0, 0, "windowsize|4|"},
      {'s', 'd', 1, 512, 0},
      {'s', 'd', 3, 512, 0},
      {'c', 'a', 1, 0, 0},
      {'s', 'd', 2, 512, 0},
      {'s', 'd', 3, 512, 0},
      {'s', 'd', 4, 7, 0}},
     1543,
     "\"gaps\":false,\"state\":\"CLOSED\"",
     "a.bin"},
    {"an empty last block ahead of its turn",
     {{'C', 'r', 0, 0, OCTET "windowsize|4|"},
      {'s', 'o', 0, 0, "windowsize|4|"},
      {'s', 'd', 2, 0, 0},
      {'s', 'd', 1, 512, 0}},
     512,
     "\"gaps\":false,\"state\":\"CLOSED\"",
     "a.bin"},
    {"an error",
     {{'C', 'r', 0, 0, OCTET}, {'s', 'd', 1, 512, 0}, {'s', 'e', 0, 0, "disk|"}},
     512,
     "\"state\":\"TRUNCATED\"",
     "a.bin"},
    {"no end", {{'C', 'r', 0, 0, OCTET}, {'s', 'd', 1, 512, 0}}, 512, "\"state\":\"TRUNCATED\"", "a.bin"},
    {"answered in the same flow",
     {{'C', 'r', 0, 0, OCTET}, {'S', 'd', 1, 4, 0}},
     4,
     "\"state\":\"CLOSED\"",
     "a.bin"},
    {"nothing came", {{'C', 'r', 0, 0, OCTET}}, 0, NULL, NULL},
    {"bytes from both sides: one file",
     {{'C', 'r', 0, 0, OCTET}, {'s', 'd', 1, 512, 0}, {'c', 'd', 2, 3, 0}, {'s', 'd', 2, 4, 0}},
     516,
     "\"state\":\"CLOSED\"",
     "a.bin"},
};

struct bench {
    struct proto_host *h;
    struct proto_ctx answer;
    void *state;
};

static size_t build(const struct step *s, uint8_t *buf, size_t cap)
{
    static const char ops[] = "?rwdaeo";
    struct writer w;

    writer_fixed(&w, buf, cap);
    writer_be(&w, (uint64_t)(strchr(ops, s->what) - ops), 2);
    if (s->what == 'd' || s->what == 'a' || s->what == 'e')
        writer_be(&w, s->number, 2);
    for (const char *p = s->text; p && *p; p++)
        writer_u8(&w, *p == '|' ? 0 : (uint8_t)*p);
    for (size_t i = 0; i < s->n; i++)
        writer_u8(&w, (uint8_t)(s->number + i));
    gh_check(writer_ok(&w));
    return w.n;
}

static void send(struct bench *b, const struct step *s)
{
    uint8_t buf[2048];
    size_t n = build(s, buf, sizeof(buf));
    uint8_t *exact = malloc(n);

    gh_check(exact);
    memcpy(exact, buf, n);
    if (s->who == 'C' || s->who == 'S') {
        tftp_proto.datagram(b->h->state, &b->h->cx, s->who == 'C' ? TO_SERVER : TO_CLIENT, span_of(exact, n));
    } else {
        if (!b->state) {
            CHECK(expect_lookup(b->answer.expects, &b->answer, false) == &tftp_proto);
            b->state = calloc(1, tftp_proto.state_size);
            gh_check(b->state && tftp_proto.open(b->state, &b->answer) == 0);
        }
        /* The flow was begun by the one who answers. */
        tftp_proto.datagram(b->state, &b->answer, s->who == 's' ? TO_SERVER : TO_CLIENT, span_of(exact, n));
    }
    free(exact);
}

static void run(const struct row *r)
{
    struct budget budget = {0, 64 << 20};
    struct bench b = {.h = fake_new(NULL, NULL)};

    check_row(r->name);
    b.h->cx.expects = expects_new(&budget);
    b.h->cx.udp = true;
    b.h->cx.client[0] = 10;
    b.h->cx.server[0] = 11;
    b.answer = b.h->cx;
    b.answer.client[0] = 11;
    b.answer.server[0] = 10;
    b.answer.client_port = 4000;
    b.answer.server_port = b.h->cx.client_port;
    b.h->proto = &tftp_proto;
    b.h->state = calloc(1, tftp_proto.state_size);
    gh_check(b.h->state && tftp_proto.open(b.h->state, &b.h->cx) == 0);
    for (size_t i = 0; i < GH_COUNT(r->step) && r->step[i].who; i++)
        send(&b, &r->step[i]);
    if (b.state) {
        tftp_proto.close(b.state, &b.answer);
        free(b.state);
    }
    fake_close(b.h);
    expects_free(b.h->cx.expects);
    CHECK_U64(budget.used, 0);
    b.h->cx.expects = NULL;
    CHECK_U64(fake_events(b.h, EVENT_TFTP), 1);
    CHECK_U64(b.h->n_doc, r->size != 0);
    if (r->size && b.h->n_doc) {
        CHECK_U64(b.h->doc[0].d.size, r->size);
        CHECK_STR(b.h->doc[0].name, r->file);
        CHECK(fake_has(b.h, EVENT_FILEINFO, 0, r->state));
        CHECK(fake_has(b.h, EVENT_FILEINFO, 0, "\"tftp\":{\"packet\":"));
    }
    fake_free(b.h);
}

/* More blocks than 16 bits count; zero_again: 65535 is followed by 0, otherwise by 1. */
static void run_over(bool zero_again)
{
    struct proto_host *h = fake_new(NULL, NULL);
    struct step s = {'C', 'r', 0, 0, OCTET "blksize|8|"};
    struct bench b = {.h = h};
    uint32_t blocks = 70000;

    check_row(zero_again ? "runs over to 0" : "runs over to 1");
    h->proto = &tftp_proto;
    h->state = calloc(1, tftp_proto.state_size);
    gh_check(h->state && tftp_proto.open(h->state, &h->cx) == 0);
    send(&b, &s);
    s = (struct step){'S', 'o', 0, 0, "blksize|8|"};
    send(&b, &s);
    for (uint32_t i = 1; i <= blocks; i++) {
        unsigned number = zero_again || i < 65536 ? i & 0xFFFF : i - 65535;
        s = (struct step){'S', 'd', number, i < blocks ? 8 : 1, NULL};
        send(&b, &s);
        s = (struct step){'C', 'a', number, 0, NULL};
        send(&b, &s);
    }
    CHECK_U64(h->n_doc, 1);
    CHECK_U64(h->doc[0].d.size, (uint64_t)(blocks - 1) * 8 + 1);
    CHECK(fake_has(h, EVENT_FILEINFO, 0, "\"gaps\":false,\"state\":\"CLOSED\""));
    fake_close(h);
    fake_free(h);
}

static void test_probe(void)
{
    static const struct {
        const char *text;
        size_t n;
        enum probe want;
    } requests[] = {
        {"\0\1a\0octet", 10, PROBE_YES},
        {"\0\2a b\0MAIL", 11, PROBE_YES},
        {"\0\1a\0octet", 9, PROBE_NO},
        {"\0\1\0octet", 9, PROBE_NO},
        {"\0\1a\0binary", 11, PROBE_NO},
        {"\0\3a\0octet", 10, PROBE_NO},
        {"\0\1a\nb\0octet", 12, PROBE_NO},
        {"\1\1a\0octet", 10, PROBE_NO},
        {"", 0, PROBE_NO},
        {"\0\1a\0octet\0blksize\0"
         "5",
         20, PROBE_YES},
    };
    struct proto_ctx cx = {.udp = true};

    check_row("probe");
    for (size_t i = 0; i < GH_COUNT(requests); i++)
        CHECK(tftp_proto.probe(&cx, TO_SERVER, span_of(requests[i].text, requests[i].n)) == requests[i].want);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        run(&rows[i]);
    run_over(true);
    run_over(false);
    test_probe();
    return check_end();
}
