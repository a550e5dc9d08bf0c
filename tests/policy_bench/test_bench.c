/* SPDX-License-Identifier: GPL-3.0-or-later
 * The workbench with good, faulty and hostile bundles: every question is answered, and the next one, too. */
#include "policy/workbench/bench.h"
#include "tests/check.h"
#include "tests/policy/hostile.h"

#define MANIFEST "{\"name\":\"mine\",\"version\":\"1\"}"
#define GOOD                                                                                                 \
    "rule { id = 'secret', title = 'x', reason = 'level {document.level}', action = 'block',\n"              \
    "  when = function(e) return at_least(e.document.level, 'mat') end }\n"
#define TESTS                                                                                                \
    "test { 'marked', facts = { document = { level = 'mat' } }, expect = { action = 'block', rule = "        \
    "'secret' } }\n"                                                                                         \
    "test { 'plain', facts = { document = { level = 'none' } }, expect = { action = 'log' } }\n"
#define EVENT                                                                                                \
    "{\"event_type\":\"fileinfo\",\"timestamp\":\"2026-11-24T01:02:03+0000\",\"fileinfo\":{\"filename\":"    \
    "\"a.doc\"},\"gatehouse\":{\"document\":{\"level\":\"mat\",\"verdict\":{\"action\":\"alert\",\"rule\":"  \
    "\"old\"}}}}"

struct answer {
    struct arena *arena;
    struct writer text;
    struct json *json;
    bool good;
};

static void put_files(struct jw *j, const char *key, const char *policy, const char *tests)
{
    jw_kobj(j, key);
    jw_kcstr(j, "mine/bundle.json", MANIFEST);
    jw_kcstr(j, "mine/policy.lua", policy);
    jw_kcstr(j, "mine/mine_test.lua", tests);
    jw_end_obj(j);
}

static void ask_raw(struct bench *b, const char *question, struct span pack, struct answer *ret)
{
    ret->arena = arena_new(64u << 20);
    ret->json = NULL;
    writer_init(&ret->text, BENCH_ANSWER_MAX);
    ret->good = bench_answer(b, span_str(question), pack, &ret->text);
    CHECK(json_parse(ret->arena, writer_span(&ret->text), 16, &ret->json, NULL) == 0);
    CHECK(ret->good == !json_get(ret->json, "error"));
}

static void ask(struct bench *b, const char *question, const char *policy, const char *tests,
                const char *event, struct answer *ret)
{
    struct writer pack;
    struct jw j;

    writer_init(&pack, 1u << 20);
    jw_init(&j, &pack);
    jw_obj(&j);
    put_files(&j, "files", policy, tests);
    put_files(&j, "old_files", GOOD, NULL);
    jw_kcstr(&j, "event", event);
    jw_end_obj(&j);
    ask_raw(b, question, writer_span(&pack), ret);
    writer_done(&pack);
}

static void done(struct answer *a)
{
    writer_done(&a->text);
    arena_free(a->arena);
}

/* As it was said, with its place in front. */
static const char *first_fault(const struct answer *a)
{
    static char text[2048];
    const struct json *list = json_get(a->json, "faults"), *f = list ? list->child : NULL;

    snprintf(text, sizeof(text), "%s:%lld: %s", json_cstr(json_get(f, "file"), ""),
             (long long)json_i64(json_get(f, "line"), 0), json_cstr(json_get(f, "text"), ""));
    return text;
}

#define CHECK_ASK "{\"op\":\"check\",\"bundle\":\"mine\"}"
#define TEST_ASK "{\"op\":\"test\",\"bundle\":\"mine\"}"
#define EXPLAIN_ASK "{\"op\":\"explain\",\"bundle\":\"mine\"}"

/* Each hostile policy: checked, tested, explained, replayed; then a good one as ever. */
static void run_hostile(struct bench *b)
{
    struct answer a;

    for (size_t i = 0; i < GH_COUNT(hostile); i++) {
        check_row(hostile[i].name);
        ask(b, CHECK_ASK, hostile[i].policy, NULL, NULL, &a);
        CHECK(a.good);
        if (hostile[i].at_load) {
            CHECK(!json_bool(json_get(a.json, "good"), true));
            CHECK(says(first_fault(&a), hostile[i].message) ||
                  says(writer_cstr(&a.text), hostile[i].message));
        }
        done(&a);
        ask(b, TEST_ASK, hostile[i].policy, TESTS, NULL, &a);
        CHECK(a.good && !json_bool(json_get(a.json, "good"), true));
        done(&a);
        ask(b, EXPLAIN_ASK, hostile[i].policy, NULL, hostile_event, &a);
        CHECK(a.good);
        done(&a);
        ask(b, CHECK_ASK, GOOD, NULL, NULL, &a);
        CHECK(a.good && json_bool(json_get(a.json, "good"), false));
        done(&a);
    }
}

static void run_places(struct bench *b)
{
    static const struct {
        const char *policy, *file;
        int line, column;
        const char *text;
    } rows[] = {{"rule { id = 'x' when }", "policy.lua", 1, 0, "expected"},
                {GOOD "function helper(a)\n  return nosuch\nend\n", "policy.lua", 4, 10, "nosuch"},
                {"", "policy.lua", 0, 0, "no rule"}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct answer a;
        const struct json *f;
        check_row(rows[i].policy);
        ask(b, CHECK_ASK, rows[i].policy, NULL, NULL, &a);
        f = json_get(a.json, "faults");
        f = f ? f->child : NULL;
        CHECK_STR(json_cstr(json_get(f, "file"), ""), rows[i].file);
        CHECK(json_i64(json_get(f, "line"), -1) == rows[i].line);
        CHECK(json_i64(json_get(f, "column"), -1) == rows[i].column);
        CHECK(says(json_cstr(json_get(f, "text"), ""), rows[i].text));
        done(&a);
    }
}

static void run_tests(struct bench *b)
{
    struct answer a;
    const struct json *t;

    check_row("tests of a good bundle");
    ask(b, TEST_ASK, GOOD, TESTS, NULL, &a);
    CHECK(json_bool(json_get(a.json, "good"), false));
    CHECK(json_i64(json_get(a.json, "passed"), 0) == 2);
    t = json_get(a.json, "tests");
    CHECK(t && t->count == 2 && json_i64(json_get(t->child, "line"), 0) == 1);
    CHECK_STR(json_cstr(json_get(t ? t->child : NULL, "file"), ""), "mine_test.lua");
    done(&a);
    check_row("a rule that no test reaches");
    ask(b, TEST_ASK, GOOD,
        "test { 'plain', facts = { document = { level = 'none' } }, expect = { action = 'log' } }", NULL, &a);
    CHECK(!json_bool(json_get(a.json, "good"), true));
    CHECK(json_get(a.json, "uncovered")->count == 1);
    done(&a);
    check_row("a test that is wrong");
    ask(b, TEST_ASK, GOOD, "test { 'wrong', facts = {}, expect = { action = 'block' } }", NULL, &a);
    CHECK(json_i64(json_get(a.json, "failed"), 0) == 1);
    done(&a);
    check_row("explained");
    ask(b, EXPLAIN_ASK, GOOD, NULL, EVENT, &a);
    t = json_get(a.json, "rules");
    CHECK_STR(json_cstr(json_get(t ? t->child : NULL, "result"), ""), "match");
    t = json_get(a.json, "verdicts");
    CHECK_STR(json_cstr(json_get(t ? t->child : NULL, "where"), ""), "policy.lua:2");
    done(&a);
}

static int64_t open_session(struct bench *b, const char *question, const char *policy)
{
    struct answer a;
    int64_t n;

    ask(b, question, policy, NULL, NULL, &a);
    n = json_i64(json_get(a.json, "session"), 0);
    done(&a);
    return n;
}

static void feed(struct bench *b, int64_t session, const char *lines, struct answer *ret)
{
    char question[96];

    snprintf(question, sizeof(question), "{\"op\":\"feed\",\"session\":%lld}", (long long)session);
    ask_raw(b, question, span_str(lines), ret);
}

#define OPEN_RECORDED "{\"op\":\"open\",\"new\":\"mine\",\"old\":null}"
#define OPEN_OLD "{\"op\":\"open\",\"new\":\"mine\",\"old\":\"mine\"}"
#define SOFTER                                                                                               \
    "rule { id = 's', title = 'x', reason = 'r', action = 'log', when = function(e) return true end }"

static void run_replay(struct bench *b)
{
    struct answer a;
    const struct json *c;
    int64_t first = open_session(b, OPEN_RECORDED, GOOD), second;

    check_row("against what was recorded");
    CHECK(first > 0);
    feed(b, first,
         "17 " EVENT
         "\nnonsense\n18 {\"event_type\":\"dns\"}\n19 {\"event_type\":\"fileinfo\",\"document\"\n",
         &a);
    CHECK(json_i64(json_get(a.json, "taken"), 0) == 4 && json_i64(json_get(a.json, "judged"), 0) == 1);
    CHECK(json_i64(json_get(a.json, "bad"), 0) == 2 && json_i64(json_get(a.json, "skipped"), 0) == 1);
    c = json_get(a.json, "changes");
    c = c ? c->child : NULL;
    CHECK(json_i64(json_get(c, "event"), 0) == 17);
    CHECK_STR(json_cstr(json_get(c, "old"), ""), "alert");
    CHECK_STR(json_cstr(json_get(c, "new"), ""), "block");
    CHECK_STR(json_cstr(json_get(c, "subject"), ""), "a.doc");
    done(&a);
    check_row("against another version");
    second = open_session(b, OPEN_OLD, SOFTER);
    feed(b, second, "17 " EVENT "\n", &a);
    c = json_get(a.json, "changes");
    CHECK_STR(json_cstr(json_get(c ? c->child : NULL, "old"), ""), "block");
    CHECK_STR(json_cstr(json_get(c ? c->child : NULL, "new"), ""), "log");
    done(&a);
    check_row("the oldest session goes");
    for (int i = 0; i < BENCH_SESSIONS; i++)
        CHECK(open_session(b, OPEN_RECORDED, GOOD) > 0);
    feed(b, first, "17 " EVENT "\n", &a);
    CHECK(!a.good);
    done(&a);
    check_row("a policy that never ends takes its time, no more");
    second = open_session(b, OPEN_RECORDED, hostile[0].policy);
    CHECK(second > 0);
    feed(b, second, "1 " EVENT "\n2 " EVENT "\n", &a);
    CHECK(a.good && json_i64(json_get(a.json, "failed"), 0) >= 1);
    done(&a);
    check_row("a faulty policy opens nothing");
    CHECK(open_session(b, OPEN_RECORDED, "rule {") == 0);
}

static void run_nonsense(struct bench *b)
{
    static const char *const rows[] = {"",
                                       "[]",
                                       "{}",
                                       "{\"op\":\"fly\"}",
                                       "{\"op\":\"check\"}",
                                       "{\"op\":\"check\",\"bundle\":\"../x\"}",
                                       "{\"op\":\"check\",\"bundle\":\"\"}",
                                       "{\"op\":\"feed\"}",
                                       "{\"op\":\"close\",\"session\":-1}",
                                       "{\"op\":\"feed\",\"session\":99999}",
                                       "{\"op\":\"explain\",\"bundle\":\"mine\"}"};
    static const char *const packs[] = {"", "[]", "{\"files\":[]}", "{\"files\":{\"a\":1}}",
                                        "{\"files\":{\"a\\u0000b\":\"\"}}"};
    struct answer a;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i]);
        ask(b, rows[i], GOOD, NULL, NULL, &a);
        CHECK(!a.good);
        done(&a);
    }
    for (size_t i = 0; i < GH_COUNT(packs); i++) {
        check_row(packs[i]);
        ask_raw(b, CHECK_ASK, span_str(packs[i]), &a);
        CHECK(!a.good);
        done(&a);
    }
    check_row("a bundle that uses what is not there, and itself");
    ask_raw(b, CHECK_ASK,
            span_str("{\"files\":{\"mine/"
                     "bundle.json\":\"{\\\"name\\\":\\\"mine\\\",\\\"version\\\":\\\"1\\\",\\\"use\\\":"
                     "[\\\"mine\\\",\\\"other\\\"]}\"}}"),
            &a);
    CHECK(a.good && !json_bool(json_get(a.json, "good"), true));
    CHECK(says(writer_cstr(&a.text), "there is no bundle 'other'"));
    done(&a);
}

int main(void)
{
    static struct conf conf;
    struct bench *b;

    conf_defaults(&conf);
    conf.policy_memory = 4u << 20;
    conf.policy_steps = 1000000;
    conf.policy_timeout = 100;
    b = bench_new(&conf);
    if (!b)
        return 1;
    run_hostile(b);
    run_places(b);
    run_tests(b);
    run_replay(b);
    run_nonsense(b);
    bench_free(b);
    return check_end();
}
