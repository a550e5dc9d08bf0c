/* SPDX-License-Identifier: GPL-3.0-or-later
 * The database by itself: people and their tokens, the steps on alerts, keyset pages at their edges, the
 * audit chain. */
#include "base/clock.h"
#include "base/seal.h"
#include "console/store/alerts.h"
#include "console/store/appliances.h"
#include "console/store/people.h"
#include "tests/check.h"
#include "tests/store_files.h"

#include <unistd.h>

#define MINUTE 60000000ull

static uint64_t now_us = 1790000000000000ull;
static struct store *store;

static void test_people(struct db *d)
{
    char token[TOKEN_TEXT], other[TOKEN_TEXT];
    struct session s;
    struct invite i;
    struct user u;
    int64_t id = 0;

    check_row("user");
    CHECK(!user_any_administrator(d));
    CHECK(user_add(d, "lan", "$hash", 1u << USER_ADMINISTRATOR, &id) == 0);
    CHECK(user_add(d, "LAN", "$hash", 1u << USER_VIEWER, &id) == ST_EXISTS);
    CHECK(user_any_administrator(d));
    CHECK(user_find(d, span_str("Lan"), &u) == 0 && u.roles == 1u << USER_ADMINISTRATOR);
    CHECK(user_find(d, span_str("lan'--"), &u) == ST_NOT_FOUND);
    check_row("session");
    CHECK(session_add(d, u.id, "10.0.0.1", token) == 0);
    CHECK(session_find(d, span_str(token), 10 * MINUTE, 60 * MINUTE, &s) == 0 && s.user == u.id);
    now_us += 9 * MINUTE;
    CHECK(session_find(d, span_str(token), 10 * MINUTE, 60 * MINUTE, &s) == 0);
    CHECK(session_touch(d, s.id) == 0);
    now_us += 9 * MINUTE;
    CHECK(session_find(d, span_str(token), 10 * MINUTE, 60 * MINUTE, &s) == 0);
    now_us += 2 * MINUTE;
    CHECK(session_find(d, span_str(token), 10 * MINUTE, 60 * MINUTE, &s) == ST_NOT_FOUND);
    check_row("a clock that was set back does not lengthen it");
    CHECK(session_add(d, u.id, "10.0.0.1", token) == 0);
    now_us -= 100 * MINUTE;
    CHECK(session_find(d, span_str(token), 10 * MINUTE, 60 * MINUTE, &s) == ST_NOT_FOUND);
    now_us += 100 * MINUTE;
    check_row("link");
    CHECK(invite_add(d, 1u << USER_ANALYST, 0, MINUTE, token) == 0);
    CHECK(invite_find(d, span_str(token), &i) == 0 && i.roles == 1u << USER_ANALYST && !i.user);
    CHECK(invite_add(d, 1u << USER_ANALYST, 0, MINUTE, other) == 0);
    CHECK(invite_find(d, span_str(token), &i) == ST_NOT_FOUND);
    CHECK(invite_use(d, span_str(other)) == 0);
    CHECK(invite_use(d, span_str(other)) == ST_NOT_FOUND);
    CHECK(invite_add(d, 1u << USER_ANALYST, u.id, MINUTE, token) == 0);
    CHECK(invite_find(d, span_str(token), &i) == 0 && i.user == u.id && !strcmp(i.name, "lan"));
    now_us += 2 * MINUTE;
    CHECK(invite_find(d, span_str(token), &i) == ST_NOT_FOUND);
    CHECK(people_expire(d, MINUTE, MINUTE) == 0);
}

static const struct {
    const char *name, *password, *user;
    bool good;
} passwords[] = {
    {"sentence", "hoa sen ven đường", "lan", true},
    {"twelve characters of two bytes", "đđđđđđăăăăăă", "lan", true},
    {"eleven", "abcdefghijk", "lan", false},
    {"eleven of two bytes", "đđđđđăăăăăă", "lan", false},
    {"one letter", "aaaaaaaaaaaaaaa", "lan", false},
    {"common", "PasswordPassword", "lan", false},
    {"own name", "nguyen-thi-lan", "nguyen-thi-lan", false},
    {"no text", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "lan", false},
};
static const struct {
    const char *name;
    bool good;
} names[] = {
    {"lan", true},   {"l.n-1_x", true},
    {"l", false},    {"", false},
    {"lan ", false}, {"<b>", false},
    {"đào", false},  {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}};

static int64_t add_alert(struct db *d, int state)
{
    CHECK(
        db_exec(
            d,
            "INSERT INTO alert(seq, event, appliance, time, received, state, severity, level, facts, search) "
            "VALUES(?, 1, 1, 5, 5, ?, 1, 7, '\"rule\":null', 'cong dien')",
            "ii", alert_seq(d) + 1, (int64_t)state) == 0);
    return db_last_id(d);
}

static const struct {
    enum alert_action action;
    int from;
    enum step_outcome want;
    int to;
} steps[] = {
    {ACTION_ACKNOWLEDGE, ALERT_NEW, STEP_DONE, ALERT_ACKNOWLEDGED},
    {ACTION_ACKNOWLEDGE, ALERT_ACKNOWLEDGED, STEP_WRONG_STATE, ALERT_ACKNOWLEDGED},
    {ACTION_ACKNOWLEDGE, ALERT_CLOSED, STEP_WRONG_STATE, ALERT_CLOSED},
    {ACTION_COMMENT, ALERT_NEW, STEP_DONE, ALERT_NEW},
    {ACTION_COMMENT, ALERT_ACKNOWLEDGED, STEP_DONE, ALERT_ACKNOWLEDGED},
    {ACTION_COMMENT, ALERT_CLOSED, STEP_DONE, ALERT_CLOSED},
    {ACTION_CLOSE, ALERT_NEW, STEP_DONE, ALERT_CLOSED},
    {ACTION_CLOSE, ALERT_ACKNOWLEDGED, STEP_DONE, ALERT_CLOSED},
    {ACTION_CLOSE, ALERT_CLOSED, STEP_WRONG_STATE, ALERT_CLOSED},
    {ACTION_REOPEN, ALERT_NEW, STEP_WRONG_STATE, ALERT_NEW},
    {ACTION_REOPEN, ALERT_ACKNOWLEDGED, STEP_WRONG_STATE, ALERT_ACKNOWLEDGED},
    {ACTION_REOPEN, ALERT_CLOSED, STEP_DONE, ALERT_NEW},
    {ACTION_ASSIGN, ALERT_NEW, STEP_DONE, ALERT_ACKNOWLEDGED},
    {ACTION_ASSIGN, ALERT_ACKNOWLEDGED, STEP_DONE, ALERT_ACKNOWLEDGED},
    {ACTION_ASSIGN, ALERT_CLOSED, STEP_WRONG_STATE, ALERT_CLOSED},
    {ACTION_UNDO, ALERT_NEW, STEP_WRONG_STATE, ALERT_NEW},
};

static void test_steps(struct db *d)
{
    enum step_outcome outcome;
    int state = -1;

    for (size_t i = 0; i < GH_COUNT(steps); i++) {
        const struct alert_step step = {.action = steps[i].action,
                                        .reason = REASON_CONFIRMED,
                                        .text = span_str("vì sao"),
                                        .user = "lan",
                                        .who = &sight_everything};
        int64_t id = add_alert(d, steps[i].from), seq = alert_seq(d);
        struct db_stmt *s;
        check_row(alert_action_names[steps[i].action]);
        CHECK(alert_act(d, id, &step, &outcome, &state) == 0);
        CHECK(outcome == steps[i].want && state == steps[i].from);
        CHECK((alert_seq(d) > seq) == (steps[i].want == STEP_DONE));
        CHECK(db_query(
                  d, &s,
                  "SELECT state, (SELECT count(*) FROM step WHERE alert = alert.id) FROM alert WHERE id = ?",
                  "i", id) == 0 &&
              db_step(s) == 1);
        CHECK(db_i64(s, 0) == steps[i].to);
        CHECK(db_i64(s, 1) == (steps[i].want == STEP_DONE));
        db_reset(s);
    }
    CHECK(alert_act(d, 99999, &(struct alert_step){.user = "lan", .who = &sight_everything}, &outcome, &state) == 0 &&
          outcome == STEP_NOT_FOUND);
    CHECK(db_exec(d, "DELETE FROM step", "") == ST_EXISTS); /* append-only: a constraint */
    CHECK(db_exec(d, "UPDATE step SET user = 'x'", "") == ST_EXISTS);
}

/* Pages of every size over the same alerts give all of them once. */
static void test_pages(struct db *d)
{
    struct arena *a = arena_new(16u << 20);

    for (int64_t limit = 1; limit <= 13; limit++) {
        struct alert_filter f;
        int64_t seen = 0, last = INT64_MAX;
        bool more = true;
        alert_filter_init(&f, &sight_everything);
        check_row("pages");
        for (int page = 0; more && page < 100; page++) {
            struct writer w;
            struct json *j = NULL;
            struct jw jw;
            writer_init(&w, 1 << 20);
            jw_init(&jw, &w);
            jw_obj(&jw);
            CHECK(alert_list(d, &f, limit, &jw) == 0);
            jw_end_obj(&jw);
            CHECK(json_parse(a, writer_span(&w), 16, &j, NULL) == 0);
            json_each(row, json_get(j, "items"))
            {
                CHECK(json_i64(json_get(row, "id"), 0) < last);
                last = json_i64(json_get(row, "id"), 0);
                seen++;
            }
            f.before = json_i64(json_get(j, "next"), 0);
            more = f.before != 0;
            writer_done(&w);
            arena_reset(a);
        }
        CHECK_U64(seen, GH_COUNT(steps));
    }
    arena_free(a);
}

static void test_audit(struct db *d)
{
    int64_t bad = 0;
    uint64_t n = 0;

    check_row("audit");
    CHECK(audit_append(d, "lan", "::1", "close", "alert 1", NULL) == 0);
    CHECK(audit_append(d, "lan", NULL, "close", "alert 2", "x") == 0);
    CHECK(audit_append(d, "la", "n", "close", "alert 2", "x") == 0);
    CHECK(audit_verify(d, &bad, &n) == 0 && n == 3);
    CHECK(db_exec(d, "UPDATE audit SET actor = 'x'", "") == ST_EXISTS);
    CHECK(db_exec(d, "DROP TRIGGER audit_is", "") == 0 && db_exec(d, "DROP TRIGGER audit_stays", "") == 0);
    check_row("moved from one field to the next");
    CHECK(db_exec(d, "UPDATE audit SET actor = 'lan', address = '' WHERE id = 3", "") == 0);
    CHECK(audit_verify(d, &bad, &n) == ST_BAD_SIGNATURE && bad == 3);
    CHECK(db_exec(d, "UPDATE audit SET actor = 'la', address = 'n' WHERE id = 3", "") == 0);
    CHECK(audit_verify(d, &bad, &n) == 0);
    check_row("one taken out");
    CHECK(db_exec(d, "DELETE FROM audit WHERE id = 2", "") == 0);
    CHECK(audit_verify(d, &bad, &n) == ST_BAD_SIGNATURE && bad == 3);
}

/* A database of an earlier version becomes one of this version, and what it held is there. */
static void test_upgrade(const char *dir)
{
    char path[96];
    struct store *s;
    struct db *d = NULL, *r = NULL;
    struct db_stmt *q;

    check_row("upgrade");
    snprintf(path, sizeof(path), "%s/console.db", dir);
    for (size_t from = 1; from <= schema_step_count; from++) {
        CHECK(db_open(path, DB_WRITE, &d) == 0 && db_migrate(d, schema_steps, from) == 0);
        CHECK(db_exec(d,
                      "INSERT INTO alert(id, seq, event, appliance, time, received, state, severity, level, "
                      "facts, search) VALUES(7, 1, 1, 1, 5, 5, 0, 1, 1, '', '')",
                      "") == 0);
        db_close(d);
        CHECK(store_open(dir, &s) == 0 && store_reader(s, &r) == 0);
        CHECK(db_query(r, &q,
                       "SELECT capture_file IS NULL, (SELECT count(*) FROM pcap) FROM alert WHERE id = 7",
                       "") == 0);
        CHECK(db_step(q) == 1 && db_i64(q, 0) == 1 && db_i64(q, 1) == 0);
        db_close(r);
        store_close(s);
        (void)unlink(path);
    }
}

int main(void)
{
    char dir[] = "/tmp/gh-store-XXXXXX";
    struct seal_public keys = {{1}, {2}};
    struct db *d;
    int rc;

    CHECK(seal_init() == 0 && mkdtemp(dir) && store_open(dir, &store) == 0);
    clock_override(&now_us);
    d = store_begin(store, &rc);
    CHECK(d && appliance_enrol(d, &keys, "ha-noi-1") == 0);
    test_people(d);
    for (size_t i = 0; i < GH_COUNT(passwords); i++) {
        check_row(passwords[i].name);
        CHECK(password_is_good(span_str(passwords[i].password), span_str(passwords[i].user)) ==
              passwords[i].good);
    }
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        check_row(names[i].name);
        CHECK(name_is_good(span_str(names[i].name)) == names[i].good);
    }
    test_steps(d);
    test_pages(d);
    test_audit(d);
    CHECK(store_commit(store) == 0);
    store_close(store);
    clock_override(NULL);
    store_files_remove(dir);
    test_upgrade(dir);
    rmdir(dir);
    return check_end();
}
