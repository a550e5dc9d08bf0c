/* SPDX-License-Identifier: GPL-3.0-or-later
 * Goods in the database: bytes in and out, who shall have what, orders, and what appliances say of it. */
#include "console/store/goods.h"
#include "base/clock.h"
#include "console/store/appliances.h"
#include "tests/check.h"
#include "tests/store_files.h"

#include <unistd.h>

static uint64_t now_us = 1790000000000000ull;
static uint8_t big[200000];

static int64_t add(struct db *d, const char *version, const char *text, int want)
{
    const struct goods_input files[] = {{"policy.lua", span_str(text)},
                                        {"lists/own.csv", span_of(big, sizeof(big))}};
    const char *why = NULL;
    int64_t id = 0;

    CHECK(goods_add(d, GOODS_POLICY, "own", version, "thử", files, 2, "lan", &id, &why) == want);
    return id;
}

static int64_t count(struct db *d, const char *sql)
{
    struct db_stmt *s;
    int64_t n = -1;

    if (db_query(d, &s, sql, "") == 0 && db_step(s) == 1) {
        n = db_i64(s, 0);
        db_reset(s);
    }
    return n;
}

static void test_bytes(struct db *d)
{
    static const struct {
        const char *name, *kind_name, *path;
        int want;
    } rows[] = {{"a path out of the directory", "x", "../x", ST_MALFORMED},
                {"a name with a blank", "x y", "x", ST_MALFORMED},
                {"good", "x", "x", 0}};
    struct writer w;
    int64_t one = add(d, "1", "return 1", 0), chunks = count(d, "SELECT count(*) FROM goods_chunk"), two;

    check_row("add");
    CHECK(add(d, "1", "return 1", 0) == one);
    add(d, "1", "return 2", ST_EXISTS);
    two = add(d, "2", "return 2", 0);
    CHECK(two != one && chunks > 3);
    check_row("what is the same is kept once");
    CHECK_U64(count(d, "SELECT count(*) FROM goods_chunk"), chunks + 1);
    writer_init(&w, 1 << 20);
    CHECK(goods_file(d, one, "lists/own.csv", &w) == 0 &&
          span_eq(writer_span(&w), span_of(big, sizeof(big))));
    writer_clear(&w);
    CHECK(goods_file(d, two, "policy.lua", &w) == 0 && span_eq(writer_span(&w), span_str("return 2")));
    CHECK(goods_file(d, two, "policy", &w) == ST_NOT_FOUND);
    writer_done(&w);
    check_row("remove");
    CHECK(goods_remove(d, two) == 0);
    CHECK(goods_remove(d, two) == ST_NOT_FOUND);
    CHECK_U64(count(d, "SELECT count(*) FROM goods_chunk"), chunks);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct goods_input file = {rows[i].path, span_str("x")};
        const char *why = NULL;
        int64_t id;
        check_row(rows[i].name);
        CHECK(goods_add(d, GOODS_RULES, rows[i].kind_name, "1", NULL, &file, 1, "lan", &id, &why) ==
              rows[i].want);
    }
}

static void tell(struct db *d, int64_t appliance, uint64_t serial, const char *state, const char *running)
{
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    char text[1024];

    snprintf(text, sizeof(text),
             "{\"gatehouse\":{\"audit\":{\"what\":\"goods\",\"kind\":\"policy\",\"serial\":%llu,\"state\":\"%"
             "s\",\"reason\":\"a reason\""
             "%s}}}",
             (unsigned long long)serial, state, running);
    CHECK(a && json_parse(a, span_str(text), 16, &j, NULL) == 0 && goods_told(d, appliance, j) == 0);
    arena_free(a);
}

static size_t wishes(struct db *d, const struct seal_keys *keys, int64_t appliance)
{
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    struct writer w;
    struct jw jw;
    size_t n;

    writer_init(&w, 65536);
    jw_init(&jw, &w);
    jw_obj(&jw);
    CHECK(goods_wishes(d, keys, appliance, &jw) == 0);
    jw_end_obj(&jw);
    CHECK(a && json_parse(a, writer_span(&w), 8, &j, NULL) == 0);
    n = json_get(j, "down") ? json_get(j, "down")->count : 0;
    arena_free(a);
    writer_done(&w);
    return n;
}

static void test_orders(struct db *d, const struct seal_keys *keys)
{
    const struct goods_target all = {0, NULL}, ring = {0, "first"}, own = {1, NULL};
    int64_t one = add(d, "1", "return 1", 0), two = add(d, "3", "return 3", 0);
    struct goods_standing st;
    struct goods_order o;
    uint64_t serial;

    check_row("nothing ordered");
    CHECK(wishes(d, keys, 1) == 0 && goods_state(d, 1, GOODS_POLICY, &st) == ST_NOT_FOUND);
    CHECK(goods_assign(d, &all, GOODS_RULES, one, "lan") == ST_NOT_FOUND);
    check_row("for everybody");
    CHECK(goods_assign(d, &all, GOODS_POLICY, one, "lan") == 0 && wishes(d, keys, 1) == 1 &&
          wishes(d, keys, 2) == 1);
    CHECK(goods_order_of(d, keys, 1, GOODS_POLICY, &o) == 0 &&
          goods_order_verify(&o, seal_keys_public(keys)) == 0 && o.serial == 1);
    CHECK(goods_state(d, 1, GOODS_POLICY, &st) == 0 && st.state == GOODS_WANTED && st.wanted == one);
    CHECK(goods_fetching(d, 1, GOODS_POLICY, 1, 100) == 0 && goods_state(d, 1, GOODS_POLICY, &st) == 0 &&
          st.state == GOODS_FETCHING);
    CHECK(goods_remove(d, one) == ST_EXISTS);
    check_row("told");
    tell(d, 1, 1, "running", ",\"running\":{\"name\":\"own\",\"version\":\"1\",\"serial\":1}");
    CHECK(goods_state(d, 1, GOODS_POLICY, &st) == 0 && st.state == GOODS_RUNNING && wishes(d, keys, 1) == 0 &&
          wishes(d, keys, 2) == 1);
    check_row("the same again is no new order");
    CHECK(goods_assign(d, &own, GOODS_POLICY, one, "lan") == 0 && wishes(d, keys, 1) == 0);
    check_row("a ring goes before everybody");
    CHECK(goods_unassign(d, &own, GOODS_POLICY) == 0);
    CHECK(goods_unassign(d, &own, GOODS_POLICY) == ST_NOT_FOUND);
    CHECK(goods_assign(d, &ring, GOODS_POLICY, two, "lan") == 0 && wishes(d, keys, 1) == 0);
    CHECK(goods_ring_set(d, 1, "first") == 0 && wishes(d, keys, 1) == 1);
    CHECK(goods_state(d, 1, GOODS_POLICY, &st) == 0 && st.wanted == two && st.serial == 2);
    tell(d, 1, 2, "failed", "");
    CHECK(goods_state(d, 1, GOODS_POLICY, &st) == 0 && st.state == GOODS_FAILED &&
          !strcmp(st.reason, "a reason"));
    check_row("a late word of an older order changes nothing");
    tell(d, 1, 1, "running", "");
    CHECK(goods_state(d, 1, GOODS_POLICY, &st) == 0 && st.state == GOODS_FAILED);
    check_row("back again is a new order");
    CHECK(goods_ring_set(d, 1, NULL) == 0 && goods_state(d, 1, GOODS_POLICY, &st) == 0 && st.wanted == one &&
          st.serial == 3);
    serial = st.serial;
    check_row("an appliance that knows more than a console that was put back");
    tell(d, 1, 40, "running",
         ",\"running\":{\"name\":\"own\",\"version\":\"9\",\"serial\":40,\"manifest\":\""
         "ab"
         "\"}");
    CHECK(goods_state(d, 1, GOODS_POLICY, &st) == 0 && st.serial == 41 && serial == 3 &&
          wishes(d, keys, 1) == 1);
    check_row("nonsense is none of ours");
    tell(d, 1, 50, "flying", "");
    tell(d, 1, 0, "running", "");
    CHECK(goods_state(d, 1, GOODS_POLICY, &st) == 0 && st.serial == 41);
    check_row("as it was made");
    CHECK(goods_assign(d, &own, GOODS_POLICY, 0, "lan") == 0 &&
          goods_order_of(d, keys, 1, GOODS_POLICY, &o) == 0 && !o.manifest_bytes);
    check_row("retired");
    CHECK(goods_ring_set(d, 99, "x") == ST_NOT_FOUND);
}

int main(void)
{
    static char dir[] = "/var/tmp/gh-goods-XXXXXX";
    struct seal_public a = {{1}, {2}}, b = {{3}, {4}};
    struct seal_keys *keys;
    struct store *store = NULL;
    struct db *d;
    int rc;

    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = (uint8_t)(i * i >> 7 ^ i >> 5);
    CHECK(seal_init() == 0 && mkdtemp(dir) && store_open(dir, &store) == 0);
    keys = seal_keys_generate();
    clock_override(&now_us);
    d = store_begin(store, &rc);
    CHECK(d && keys && appliance_enrol(d, &a, "ha-noi-1") == 0 && appliance_enrol(d, &b, "hue-1") == 0);
    test_bytes(d);
    test_orders(d, keys);
    CHECK(store_commit(store) == 0);
    store_close(store);
    clock_override(NULL);
    seal_keys_free(keys);
    store_files_remove(dir);
    rmdir(dir);
    return check_end();
}
