/* SPDX-License-Identifier: GPL-3.0-or-later
 * Announcements and connections in every order; ceilings; nothing stays charged. */
#include "sensor/decode/expect.h"
#include "tests/check.h"

struct probe_member {
    struct expect_member m;
    unsigned told, notes;
    char name[32];
};
static const struct proto one = {.name = "one"};
static struct budget budget;
static uint64_t serial;

static void told(void *state, const struct expect_note *note)
{
    struct probe_member *p = state;

    p->told++;
    if (!note)
        return;
    p->notes++;
    gh_check(note->name.n < sizeof(p->name));
    memcpy(p->name, note->name.p, note->name.n);
    p->name[note->name.n] = 0;
}

static struct proto_ctx context(uint8_t host, uint16_t port)
{
    struct proto_ctx cx = {
        .client = {10, 0, 0, 1}, .server = {10, 0, 0, host}, .client_port = 999, .now_us = 5};

    cx.server_port = port;
    return cx;
}

static void join(struct expects *x, struct probe_member *p, const struct proto_ctx *cx)
{
    *p = (struct probe_member){.m = {.told = told}};
    p->m.state = p;
    expect_join(x, &p->m, cx);
}

static void test_orders(void)
{
    /* a announce, t tell, j join: each order ends in the same */
    static const char *const orders[] = {"atj", "ajt", "jat"};

    for (size_t i = 0; i < GH_COUNT(orders); i++) {
        struct expects *x = expects_new(&budget);
        struct proto_ctx cx = context(2, 20);
        struct expect_key key = expect_key(cx.server, false, 20, false);
        struct probe_member p = {0};
        check_row(orders[i]);
        for (const char *s = orders[i]; *s; s++) {
            if (*s == 'a')
                CHECK(expect_announce(x, &key, &one, 1, &serial) == 0);
            else if (*s == 't')
                expect_tell(x, &key, serial, &(struct expect_note){.command = 3, .name = span_str("name")},
                            2);
            else
                join(x, &p, &cx);
        }
        CHECK(p.m.joined && p.told >= 1 && p.notes == 1);
        CHECK_STR(p.name, "name");
        CHECK(!expect_lookup(x, &cx, false)); /* one announcement serves one connection */
        expect_leave(x, &p.m);
        expects_free(x);
        CHECK_U64(budget.used, 0);
    }
}

static void test_line(void)
{
    struct expects *x = expects_new(&budget);
    struct proto_ctx cx = context(2, 20);
    struct expect_key key = expect_key(cx.server, false, 20, false);
    struct probe_member p[EXPECT_WAIT + 1];

    check_row("two that wait take two announcements in order; the line has an end");
    for (size_t i = 0; i <= EXPECT_WAIT; i++)
        join(x, &p[i], &cx);
    CHECK(p[EXPECT_WAIT - 1].m.joined && !p[EXPECT_WAIT].m.joined);
    expect_leave(x, &p[1].m);
    expect_announce(x, &key, &one, 1, &serial);
    expect_tell(x, &key, serial, &(struct expect_note){.command = 1, .name = span_str("a")}, 1);
    expect_announce(x, &key, &one, 1, &serial);
    expect_tell(x, &key, serial, &(struct expect_note){.command = 1, .name = span_str("b")}, 1);
    expect_tell(x, &key, serial - 1, &(struct expect_note){.command = 1, .name = span_str("old")}, 1);
    CHECK_STR(p[0].name, "a");
    CHECK_STR(p[2].name, "b");
    CHECK_U64(p[1].told, 0);
    for (size_t i = 0; i <= EXPECT_WAIT; i++)
        expect_leave(x, &p[i].m);
    expects_free(x);
    CHECK_U64(budget.used, 0);
}

static void test_ceilings(void)
{
    struct expects *x = expects_new(&budget);
    struct proto_ctx cx = context(2, 0);
    struct probe_member p;

    check_row("the oldest goes first");
    for (unsigned i = 1; i <= EXPECT_KEYS + 1; i++) {
        struct expect_key key = expect_key(cx.server, false, (uint16_t)i, false);
        CHECK(expect_announce(x, &key, &one, 1, &serial) == (i > EXPECT_KEYS ? ST_LIMIT : 0));
        expect_tell(x, &key, serial, &(struct expect_note){.command = 1, .name = span_str("n")}, 1);
    }
    CHECK_U64(expect_counts(x)->forgotten, 1);
    cx.server_port = 1;
    CHECK(!expect_lookup(x, &cx, false));
    cx.server_port = 2;
    CHECK(expect_lookup(x, &cx, false) == &one);
    cx.now_us += EXPECT_TTL_US + 1;
    CHECK(!expect_lookup(x, &cx, false));
    cx.now_us = 5;
    join(x, &p, &cx);
    CHECK_U64(p.notes, 1);
    for (unsigned i = 1; i <= EXPECT_KEYS; i++) { /* pushes out the one that is taken */
        struct expect_key key = expect_key(cx.client, false, (uint16_t)i, false);
        expect_announce(x, &key, &one, 1, &serial);
    }
    CHECK(!p.m.joined);
    expect_leave(x, &p.m);
    expects_free(x);
    CHECK_U64(budget.used, 0);
    check_row("no memory");
    budget.max = 1000;
    x = expects_new(&budget);
    CHECK(expect_announce(x, &(struct expect_key){0}, &one, 1, &serial) == ST_NOMEM);
    CHECK(expect_pair_begin(x, &cx, &one) == ST_NOMEM);
    join(x, &p, &cx);
    CHECK(!p.m.joined);
    expects_free(x);
    CHECK_U64(budget.used, 0);
    budget.max = 64 << 20;
}

static void test_pairs(void)
{
    struct expects *x = expects_new(&budget);
    struct proto_ctx control = context(2, 21), data = context(2, 20), back = data, other = context(3, 20);

    check_row("pairs");
    memcpy(back.client, data.server, 16);
    memcpy(back.server, data.client, 16);
    CHECK(!expect_lookup(x, &data, true));
    CHECK(expect_pair_begin(x, &control, &one) == 0);
    CHECK(expect_lookup(x, &data, true) == &one && expect_lookup(x, &back, true) == &one);
    CHECK(!expect_lookup(x, &data, false) && !expect_lookup(x, &other, true));
    CHECK(!expect_is_blind(x, &data));
    expect_pair_blind(x, &control);
    CHECK(expect_is_blind(x, &back) && !expect_is_blind(x, &other));
    expect_pair_end(x, &control);
    CHECK(expect_lookup(x, &data, true) == &one);
    data.now_us += 61000000;
    CHECK(!expect_lookup(x, &data, true) && !expect_is_blind(x, &data));
    for (unsigned i = 0; i <= EXPECT_PAIRS; i++) {
        other.server[2] = (uint8_t)(1 + (i >> 8));
        other.server[3] = (uint8_t)i;
        CHECK(expect_pair_begin(x, &other, &one) == (i < EXPECT_PAIRS - 1 ? 0 : ST_LIMIT));
    }
    expects_free(x);
    CHECK_U64(budget.used, 0);
}

int main(void)
{
    budget.max = 64 << 20;
    test_orders();
    test_line();
    test_ceilings();
    test_pairs();
    return check_end();
}
