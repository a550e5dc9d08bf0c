/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"
#include "tests/policy/bundle_dir.h"

#define WHEN(id, action, body)                                                                                \
    "rule { id = '" id "', title = { vi = 'Việt', en = 'English' }, reason = { vi = 'v {src_ip}', en = 'e " \
    "{document.markings} {vlan} {document.level}' },"                                                         \
    " severity = 2, action = '" action "', when = function(e) return " body " end }\n"

static const char zones[] =
    "zone { name = 'office', holds = 'toi_mat', networks = { '10.0.0.0/8' } }\n"
    "zone { name = 'archive', holds = 'tuyet_mat', networks = { '192.168.0.0/16', 'fd00::/8' } }\n";
static const char policy[] = WHEN("never", "block", "false") WHEN("logs", "log", "e.src_port == 1")
    WHEN("alerts", "alert", "e.src_port and e.src_port < 3") WHEN(
        "lists", "quarantine", "count(e.document.markings, function(m) return m.level == 'mat' end) == 2")
        WHEN("lists2", "quarantine", "any(e.document.markings, function(m) return m.text == 'X' end)")
            WHEN("zone", "block", "e.leaving and not e.dest_may_hold") WHEN(
                "late", "alert", "e.time.hour == 23 and e.time.weekday == 1 and e.time.date == '2026-11-23'")
                WHEN("absent", "alert",
                     "e.tls.sni == 'a' or e.http.hostname == 'b' or #e.document.members == 9");

static const struct {
    const char *name, *event;
    enum action action;
    const char *rule;
} rows[] = {
    {"nothing matches", "{}", ACTION_LOG, "otherwise"},
    {"one", "{\"src_port\":1}", ACTION_ALERT, "alerts"},
    {"strictest of two", "{\"src_port\":2,\"document\":0,\"extra\":[1]}", ACTION_ALERT, "alerts"},
    {"list counted",
     "{\"gatehouse\":{\"document\":{\"markings\":[{\"level\":\"mat\"},{\"level\":\"mat\"}]}}}",
     ACTION_QUARANTINE, "lists"},
    {"list searched",
     "{\"gatehouse\":{\"document\":{\"level\":\"toi_mat\",\"markings\":[{\"text\":\"X\",\"level\":\"mat\"},{"
     "\"text\":\"X\"}]}}}",
     ACTION_QUARANTINE, "lists2"},
    {"within a zone",
     "{\"src_ip\":\"10.0.0.1\",\"dest_ip\":\"10.0.0.2\",\"gatehouse\":{\"document\":{\"level\":\"tuyet_mat\"}"
     "}}",
     ACTION_LOG, "otherwise"},
    {"into a stronger zone",
     "{\"src_ip\":\"10.0.0.1\",\"dest_ip\":\"fd00::1\",\"gatehouse\":{\"document\":{\"level\":\"tuyet_mat\"}}"
     "}",
     ACTION_LOG, "otherwise"},
    {"into a weaker zone",
     "{\"src_ip\":\"192.168.0.1\",\"dest_ip\":\"10.0.0.2\",\"gatehouse\":{\"document\":{\"level\":\"tuyet_"
     "mat\"}}}",
     ACTION_BLOCK, "zone"},
    {"out to nowhere",
     "{\"src_ip\":\"10.0.0.1\",\"dest_ip\":\"8.8.8.8\",\"gatehouse\":{\"document\":{\"level\":\"mat\"}}}",
     ACTION_BLOCK, "zone"},
    {"from nowhere",
     "{\"src_ip\":\"8.8.8.8\",\"dest_ip\":\"10.0.0.2\",\"gatehouse\":{\"document\":{\"level\":\"tuyet_mat\"}}"
     "}",
     ACTION_LOG, "otherwise"},
    {"local time", "{\"timestamp\":\"2026-11-23T16:30:00+0000\"}", ACTION_ALERT, "late"},
    {"other time", "{\"timestamp\":\"2026-11-23T17:30:00+0000\"}", ACTION_LOG, "otherwise"},
    {"deep facts", "{\"tls\":{\"sni\":\"a\"}}", ACTION_ALERT, "absent"},
    {"null is absent", "{\"tls\":{\"sni\":null},\"src_port\":null}", ACTION_LOG, "otherwise"},
    {"wrong type fails to the safe verdict", "{\"src_port\":\"x\"}", ACTION_QUARANTINE, "alerts"},
};

static void run_rows(struct bundle *b)
{
    static struct decision d;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct arena *a = arena_new(8u << 20);
        check_row(rows[i].name);
        CHECK(bundle_decide(b, a, span_str(rows[i].event), ACTION_QUARANTINE, &d) == 0);
        CHECK_STR(action_name(d.v[0].action), action_name(rows[i].action));
        CHECK_STR(d.v[0].rule ? d.v[0].rule->id : "otherwise", rows[i].rule);
        arena_free(a);
    }
}

/* The same event gives the same bytes, whatever was judged between. */
static void run_twice(struct bundle *b)
{
    static struct decision d;
    struct writer first, second;

    check_row("same facts, same verdict");
    writer_init(&first, 1 << 20);
    writer_init(&second, 1 << 20);
    for (size_t i = 0; i < GH_COUNT(rows) * 2; i++) {
        struct writer *w = i < GH_COUNT(rows) ? &first : &second;
        struct arena *a = arena_new(8u << 20);
        struct jw j;
        size_t row = i < GH_COUNT(rows) ? i : 2 * GH_COUNT(rows) - 1 - i;
        struct writer one;
        writer_init(&one, 1 << 20);
        jw_init(&j, &one);
        jw_arr(&j);
        CHECK(bundle_decide(b, a, span_str(rows[row].event), ACTION_ALERT, &d) == 0);
        decision_json(b, &d, false, &j);
        jw_end_arr(&j);
        if (row == 4)
            writer_put(w, writer_span(&one));
        if (row == 4 && w == &first) {
            CHECK(span_find(writer_span(&one), span_str("\"reason\":\"e X – TỐI MẬT\""), 0) > 0);
            CHECK(span_find(writer_span(&one), span_str("\"policy\":\"t@3\",\"rule\":\"lists2\""), 0) > 0);
            CHECK(span_find(writer_span(&one),
                            span_str("{\"path\":\"document.markings[1].text\",\"value\":\"X\"}"), 0) > 0);
            CHECK(span_find(writer_span(&one), span_str("\"severity\":2"), 0) > 0);
            CHECK(span_find(writer_span(&one), span_str("\"shadow\":false,\"where\":\"policy.lua:5\""), 0) >
                  0);
        }
        writer_done(&one);
        arena_free(a);
    }
    CHECK(first.n > 0 && span_eq(writer_span(&first), writer_span(&second)));
    writer_done(&first);
    writer_done(&second);
}

static void run_bad_events(struct bundle *b)
{
    static const char *const bad[] = {"", "[]", "7", "{", "{\"a\":1}x", "\"x\"", "{\"a\":\xff}"};
    static struct decision d;

    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        struct arena *a = arena_new(1 << 20);
        check_row(bad[i]);
        CHECK(bundle_decide(b, a, span_str(bad[i]), ACTION_ALERT, &d) < 0);
        arena_free(a);
    }
}

/* zone_of of an address in a bundle whose networks are the site's. */
static void run_inside(void)
{
    static const struct {
        const char *site, *address;
        bool in;
    } sites[] = {
        {NULL, "10.1.2.3", true},
        {"", "10.1.2.3", true},
        {"10.7.0.0/16", "10.1.2.3", false},
        {"10.7.0.0/16", "10.7.2.3", true},
        {"10.7.0.0/16,\t203.0.113.0/24 ", "203.0.113.9", true},
        {"10.7.0.0/16", "127.0.0.1", true},
        {"10.7.0.0/16", "fe80::1", true},
        {"10.7.0.0/16", "192.168.1.1", false},
    };

    for (size_t i = 0; i < GH_COUNT(sites); i++) {
        const struct cage_limits lim = {4u << 20, 1000000, 1000, sites[i].site};
        struct writer err;
        struct bundle *b;
        writer_init(&err, 65536);
        b = bundle_of(policy,
                      "zone { name = \"house\", holds = \"toi_mat\", networks = inside { \"10.0.0.0/8\" } }",
                      &lim, &err);
        check_row(sites[i].address);
        CHECK_STR(writer_cstr(&err), "");
        CHECK(b && (zones_find(&b->zones, span_str(sites[i].address), NULL) != 0) == sites[i].in);
        bundle_free(b);
        writer_done(&err);
    }
}

static void run_bad_bundles(const struct cage_limits *lim)
{
    static const struct {
        const char *zones, *want;
    } bad[] = {
        {"zone { name = 'a', holds = 'mat', networks = { '10.0.0.0/8' } }\nzone { name = 'b', holds = 'mat', "
         "networks = { '10.1.0.0/16' } }",
         "zones.lua:2: zone 'b': 10.1.0.0/16 overlaps zone 'a'"},
        {"zone { name = 'a', holds = 'geheim', networks = {} }", "holds = 'geheim' is no level"},
        {"zone { name = 'a', holds = 'mat', networks = { '10.0.0.0/99' } }", "is not a network"},
        {"zone { name = 'a', holds = 'mat', nets = {} }", "unknown key 'nets'"},
        {"zone { name = 'a', holds = 'mat' }", "networks = { \"10.0.0.0/8\" } is missing"},
        {"zone(1)", "table expected"},
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        struct writer err;
        check_row(bad[i].zones);
        writer_init(&err, 65536);
        CHECK(!bundle_of(WHEN("a", "log", "true"), bad[i].zones, lim, &err));
        if (span_find(writer_span(&err), span_str(bad[i].want), 0) < 0)
            fprintf(stderr, "said: %s\n", writer_cstr(&err));
        CHECK(span_find(writer_span(&err), span_str(bad[i].want), 0) >= 0);
        writer_done(&err);
    }
}

int main(void)
{
    const struct cage_limits lim = {4u << 20, 1000000, 1000, NULL};
    struct writer err;
    struct bundle *b;

    writer_init(&err, 65536);
    b = bundle_of(policy, zones, &lim, &err);
    check_row(writer_cstr(&err));
    CHECK(b != NULL);
    if (b) {
        run_rows(b);
        run_twice(b);
        run_bad_events(b);
    }
    bundle_free(b);
    run_bad_bundles(&lim);
    run_inside();
    writer_done(&err);
    bundle_dir_remove();
    return check_end();
}
