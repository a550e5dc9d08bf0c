/* SPDX-License-Identifier: GPL-3.0-or-later
 * Bundles of the purpose "forwarding": their words, what wins, what a failure counts as, and the workbench's
 * answers about them. */
#include "policy/workbench/bench.h"
#include "tests/check.h"
#include "tests/policy/bundle_dir.h"

#define RULE(id, action, more, body)                                                                          \
    "rule { id = '" id "', title = 'T', reason = 'R', action = '" action "'," more                             \
    " when = function(e) return " body " end }\n"
#define FORWARDING "{\"name\":\"f\",\"version\":\"1\",\"purpose\":\"forwarding\""

static const struct {
    const char *name, *manifest, *policy, *event;
    const char *action, *rule; /* action NULL: it does not load; rule is part of the sentence then */
} rows[] = {
    {"alerts are judged without saying so", FORWARDING "}", RULE("a", "forward", "", "true"),
     "{\"event_type\":\"alert\"}", "forward", "a"},
    {"what nobody names is dropped", FORWARDING "}", RULE("a", "forward", "", "true"),
     "{\"event_type\":\"flow\"}", "drop", "otherwise"},
    {"or what the bundle says", FORWARDING ",\"otherwise\":\"redact\"}", RULE("a", "forward", "", "true"),
     "{\"event_type\":\"flow\"}", "redact", "otherwise"},
    {"who withholds more wins", FORWARDING "}",
     RULE("a", "forward", "", "true") RULE("b", "drop", "", "true") RULE("c", "redact", "", "true"),
     "{\"event_type\":\"alert\"}", "drop", "b"},
    {"any type can be named", FORWARDING "}", RULE("a", "redact", " on = { 'audit', 'stats' },", "true"),
     "{\"event_type\":\"audit\"}", "redact", "a"},
    {"an alert has the facts of its document", FORWARDING "}",
     RULE("a", "forward", "", "at_least(e.document.level, 'mat') and e.fileinfo.size == 3"),
     "{\"event_type\":\"alert\",\"fileinfo\":{\"size\":3},\"gatehouse\":{\"document\":{\"level\":\"mat\"}}}",
     "forward", "a"},
    {"from where it is", FORWARDING "}", RULE("a", "forward", "", "e.gatehouse.origin.name == 'lab'"),
     "{\"event_type\":\"alert\",\"gatehouse\":{\"origin\":{\"name\":\"lab\"}}}", "forward", "a"},
    {"a failure withholds the content", FORWARDING "}", RULE("a", "forward", "", "e.alert.severity < 2"),
     "{\"event_type\":\"alert\",\"alert\":{\"severity\":\"x\"}}", "redact", "a"},
    {"or what the bundle says of failures", FORWARDING ",\"safe\":\"fail-closed\"}",
     RULE("a", "forward", "", "e.alert.severity < 2"),
     "{\"event_type\":\"alert\",\"alert\":{\"severity\":\"x\"}}", "drop", "a"},
    {"the other purpose's words", FORWARDING "}", RULE("a", "alert", "", "true"), "", NULL,
     "is not one of forward, redact, drop"},
    {"and the other way round", "{\"name\":\"f\",\"version\":\"1\"}", RULE("a", "forward", "", "true"), "",
     NULL, "is not one of allow, log, alert, quarantine, block"},
    {"no such purpose", "{\"name\":\"f\",\"version\":\"1\",\"purpose\":\"x\"}",
     RULE("a", "forward", "", "true"), "", NULL, "is not judging or forwarding"},
    {"a purpose that is no text", "{\"name\":\"f\",\"version\":\"1\",\"purpose\":3}",
     RULE("a", "forward", "", "true"), "", NULL, "is not judging or forwarding"},
    {"who judges traffic judges no alerts", "{\"name\":\"f\",\"version\":\"1\"}",
     RULE("a", "log", " on = 'alert',", "true"), "", NULL, "no event 'alert' to judge"},
    {"no such outcome", FORWARDING ",\"otherwise\":\"log\"}", RULE("a", "forward", "", "true"), "", NULL,
     "is not one of forward, redact, drop"},
};

static void run_row(size_t i, const struct cage_limits *lim)
{
    static struct decision d;
    struct arena *a = arena_new(64u << 20);
    struct bundle *b = NULL;
    struct writer err;

    writer_init(&err, 65536);
    check_row(rows[i].name);
    bundle_file("bundle.json", rows[i].manifest);
    bundle_file("zones.lua", "");
    bundle_file("policy.lua", rows[i].policy);
    (void)bundle_load(bundle_dir(), lim, &b, &err);
    CHECK((b != NULL) == (rows[i].action != NULL));
    if (!b)
        CHECK(strstr(writer_cstr(&err), rows[i].rule) != NULL);
    if (b) {
        CHECK(bundle_decide(b, a, span_str(rows[i].event), ACTION_QUARANTINE, &d) == 0);
        CHECK(!strcmp(bundle_action_name(b, d.v[0].action), rows[i].action));
        CHECK(!strcmp(d.v[0].rule ? d.v[0].rule->id : "otherwise", rows[i].rule));
    }
    bundle_free(b);
    writer_done(&err);
    arena_free(a);
}

static bool asked(struct bench *b, const char *question, const char *pack, const char *wanted)
{
    struct writer out;
    bool good, found;

    writer_init(&out, BENCH_ANSWER_MAX);
    good = bench_answer(b, span_str(question), span_str(pack), &out);
    found = strstr(writer_cstr(&out), wanted) != NULL;
    if (!found)
        fprintf(stderr, "%s\n", writer_cstr(&out));
    writer_done(&out);
    return good && found;
}

#define BUNDLE                                                                                                \
    "{\"files\":{\"f/bundle.json\":\"{\\\"name\\\":\\\"f\\\",\\\"version\\\":\\\"1\\\",\\\"purpose\\\":"      \
    "\\\"forwarding\\\"}\",\"f/policy.lua\":\"rule { id = 'a', title = 'T', reason = 'R', action = "          \
    "'forward', when = function(e) return e.alert.severity <= 2 end }\"}}"

static void run_bench(void)
{
    struct bench *b;
    struct conf c;

    conf_defaults(&c);
    b = bench_new(&c);
    check_row("the workbench");
    CHECK(b != NULL);
    CHECK(asked(b, "{\"op\":\"open\",\"new\":\"f\",\"old\":null}", BUNDLE,
                "\"forwarding\":true,\"otherwise\":\"drop\""));
    CHECK(asked(b, "{\"op\":\"forward\",\"session\":1}",
                "7 {\"event_type\":\"alert\",\"alert\":{\"severity\":1}}\n8 {\"event_type\":\"alert\",\"alert\":"
                "{\"severity\":4}}\n9 no json\n",
                "[{\"event\":7,\"action\":\"forward\",\"rule\":\"a\",\"failed\":false},{\"event\":8,\"action\":"
                "\"drop\",\"rule\":\"otherwise\",\"failed\":false},{\"event\":9,\"action\":\"redact\",\"rule\":"
                "\"unreadable-event\",\"failed\":true}],\"taken\":3"));
    CHECK(!asked(b, "{\"op\":\"forward\",\"session\":9}", "7 {}\n", "no such session"));
    bench_free(b);
}

int main(void)
{
    const struct cage_limits lim = {4u << 20, 1000000, 1000, NULL};

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        run_row(i, &lim);
    run_bench();
    bundle_dir_remove();
    return check_end();
}
