/* SPDX-License-Identifier: GPL-3.0-or-later
 * The language of the search box by itself: what is understood, what is refused and where. What the SQL finds
 * is in test_search.c. */
#include "base/text.h"
#include "console/query/keys.h"
#include "console/query/query.h"
#include "tests/check.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"
#define TEN(x) x x x x x x x x x x

static const struct {
    const char *text;
    const char *match; /* part of the full-text expression; NULL: there is none; "" whatever */
    const char *where; /* part of the condition */
} good[] = {
    {"", NULL, "TRUE"},
    {"   \t ", NULL, "TRUE"},
    {"bao", "\"bao\" *", "TRUE"},
    {"b", "\"b\")", "TRUE"},
    {"BÁO", "\"bao\" *", "TRUE"},
    {"công điện", "\"cong\" *", "TRUE"},
    {"\"toi mat\"", "\"toi mat\")", "TRUE"},
    {"\"TỐI MẬT\"", "\"toi mat\" AND exact : \"x", "TRUE"},
    {"\"a \\\" b\"", "\"a   b\"", "TRUE"},
    {"\"a\\\\b\"", "\"a\\b\"", "TRUE"},
    {"a b", " AND ", "TRUE"},
    {"a AND b", " AND ", "TRUE"},
    {"a OR b", " OR ", "TRUE"},
    {"a OR b OR c", " OR ", "TRUE"},
    {"(a OR b) c", " OR ", "TRUE"},
    {"a -b", " NOT ", "TRUE"},
    {"a NOT b", " NOT ", "TRUE"},
    {"a -(b OR c)", " NOT ", "TRUE"},
    {"a -(b -c)", " NOT ", "TRUE"},
    {"-a", " NOT ", "TRUE"},
    {"--a", NULL, "NOT coalesce"},
    {"- a", " NOT ", "TRUE"},
    {"ORacle", "\"oracle\" *", "TRUE"},
    {"NOTary", "\"notary\" *", "TRUE"},
    {"level:mat", "keys : (k", "TRUE"},
    {"LEVEL:mat", "keys : (k", "TRUE"},
    {"level>=mat", " OR ", "TRUE"},
    {"level>mat", " OR ", "TRUE"},
    {"level<mat", " OR ", "TRUE"},
    {"level!=mat", " NOT ", "TRUE"},
    {"level:\"TỐI MẬT\"", "keys : (k", "TRUE"},
    {"level:toi-mat", "keys : (k", "TRUE"},
    {"level:classified", " OR ", "TRUE"},
    {"level:mat,toi_mat", " OR ", "TRUE"},
    {"severity<=2", " OR ", "TRUE"},
    {"severity:1", "keys : (k", "TRUE"},
    {"severity!=4", " NOT ", "TRUE"},
    {"rule:secret-leaves-zone", "keys : k", "TRUE"},
    {"rule:\"with a space\"", "keys : k", "TRUE"},
    {"rule:a,b,c", " OR ", "TRUE"},
    {"-rule:a", " NOT ", "TRUE"},
    {"zone:internet dest_zone:x", " AND ", "TRUE"},
    {"ip:10.0.0.1", " OR ", "TRUE"},
    {"src_ip:10.1.0.0/16", "keys : (k", "TRUE"},
    {"src_ip:10.1.0.0/12", " OR ", "TRUE"},
    {"src_ip:0.0.0.0/0", " OR ", "TRUE"},
    {"dest_ip:2001:db8::1", "keys : (k", "TRUE"},
    {"dest_ip:2001:db8::/32", "keys : (k", "TRUE"},
    {"dest_ip:2001:db8::/44", " OR ", "TRUE"},
    {"10.0.0.1", "keys : (k", "TRUE"},
    {"10.0.0.0/8", "keys : (k", "TRUE"},
    {"fe80::1", "keys : (k", "TRUE"},
    {SHA, "keys : k", "TRUE"},
    {"sha256:" SHA, "keys : k", "TRUE"},
    {"file:bao", "file : \"bao\" *", "TRUE"},
    {"file:\"bao cao\"", "file : \"bao cao\"", "TRUE"},
    {"host:example.com", "host : \"example.com\" *", "TRUE"},
    {"mail:lan@x.vn", "mail : \"lan@x.vn\" *", "TRUE"},
    {"https://x.vn/a", "\"https://x.vn/a\" *", "TRUE"},
    {"status:new", NULL, "r.state = CAST(?5"},
    {"status:open", NULL, "r.state < CAST(?5"},
    {"status:new,closed", NULL, " OR "},
    {"-status:closed", NULL, "NOT coalesce"},
    {"assigned:me", NULL, "r.taken_by = ?5"},
    {"assigned:nobody", NULL, "coalesce(r.taken_by"},
    {"assigned:\"'; DROP TABLE alert; --\"", NULL, "r.taken_by = ?5"},
    {"reason:false_alarm", NULL, "r.reason = CAST(?5"},
    {"appliance:ha-noi-1", NULL, "name = ?5"},
    {"last:7d", "keys : (k", "TRUE"},
    {"last:90m", "keys : (k", "TRUE"},
    {"last:2w a", " AND ", "TRUE"},
    {"last:400d", "keys : (k", "TRUE"},
    {"last:36500d", NULL, "TRUE"},
    {"from:2026-09-01", "keys : (k", "TRUE"},
    {"from:2026-09-01 to:2026-09-02", "keys : (k", "TRUE"},
    {"from:2026-09-01T10:30", "keys : (k", "TRUE"},
    {"from:2026-09-01T10:30:00Z", "keys : (k", "TRUE"},
    {"to:2026-09-01", NULL, "TRUE"},
    {"from:2024-02-29", "", "TRUE"},
    {"a OR status:new", NULL, "EXISTS(SELECT 1 FROM alert_text x WHERE x.alert_text MATCH ?5"},
    {"a OR last:1d", NULL, "r.time >= CAST(?"},
    {"a (b OR status:new)", "\"a\")", "EXISTS"},
    {"community_id:1:abc=", "keys : k", "TRUE"},
    {"event_text", "\"event_text\" *", "TRUE"},
    {"x'; DROP TABLE alert;", "\"drop\" *", "TRUE"},
    {"<img src=x>", NULL, NULL}, /* refused: src is no field */
    {"NEAR(a b)", "\"near\" *", "TRUE"},
    {"a*", "\"a*\" *", "TRUE"},
    {"^a", "\"^a\" *", "TRUE"},
    {"{keys}", "\"{keys}\" *", "TRUE"},
    {"a+b", "\"a+b\" *", "TRUE"},
    {"%_", NULL, NULL},
    {"?1x", "\"?1x\" *", "TRUE"},
    {"@x", "\"@x\" *", "TRUE"},
};

static const struct {
    const char *text, *code;
    size_t column;
    const char *near;
} bad[] = {
    {"lvel:mat", "unknown_field", 1, "level"},
    {"a sorce:x", "unknown_field", 3, ""},
    {"ứng dụng statu:new", "unknown_field", 10, "status"},
    {"level:cosmic", "bad_value", 1, ""},
    {"level>tuyet_mat", "bad_value", 1, ""},
    {"level:", "no_value", 1, ""},
    {"level:mat,", "no_value", 1, ""},
    {"level: mat", "no_value", 1, ""},
    {"severity:5", "bad_value", 1, ""},
    {"severity:0", "bad_value", 1, ""},
    {"severity:1e3", "bad_value", 1, ""},
    {"severity<1", "bad_value", 1, ""},
    {"rule>a", "bad_operator", 1, ""},
    {"file<a", "bad_operator", 1, ""},
    {"src_ip:10.0.0", "bad_value", 1, ""},
    {"src_ip:10.0.0.0/33", "bad_value", 1, ""},
    {"src_ip:10.0.0.256", "bad_value", 1, ""},
    {"dest_ip:2001:db8::/1", "bad_value", 1, ""},
    {"dest_ip:1:2:3:4:5:6:7:8:9", "bad_value", 1, ""},
    {"sha256:abc", "bad_value", 1, ""},
    {"sha256:" SHA "0", "bad_value", 1, ""},
    {"status:gone", "bad_value", 1, ""},
    {"reason:because", "bad_value", 1, ""},
    {"last:7", "bad_value", 1, ""},
    {"last:d", "bad_value", 1, ""},
    {"last:-7d", "bad_value", 1, ""},
    {"last:0d", "bad_value", 1, ""},
    {"last:99999999w", "bad_value", 1, ""},
    {"from:yesterday", "bad_value", 1, ""},
    {"from:2026-13-01", "bad_value", 1, ""},
    {"from:2026-02-29", "bad_value", 1, ""},
    {"from:2026-01-01T25:00", "bad_value", 1, ""},
    {"from:2026-01-01x", "bad_value", 1, ""},
    {"from:1969-01-01", "bad_value", 1, ""},
    {"\"a", "quote", 1, ""},
    {"a \"", "quote", 3, ""},
    {"\"\\", "quote", 1, ""},
    {"(a", "parenthesis", 1, ""},
    {"a)", "parenthesis", 2, ""},
    {"()", "no_value", 1, ""},
    {")", "parenthesis", 1, ""},
    {"-", "no_value", 1, ""},
    {"a -", "no_value", 3, ""},
    {"NOT", "no_value", 1, ""},
    {"OR", "no_value", 1, ""},
    {"a OR", "no_value", 3, ""},
    {"OR a", "no_value", 1, ""},
    {"AND a", "no_value", 1, ""},
    {"***", "no_words", 1, ""},
    {"\"\"", "no_words", 1, ""},
    {"a !!!", "no_words", 3, ""},
    {TEN("(") TEN("(") "a", "too_deep", 17, ""},
    {TEN("-") TEN("-") "a", "too_deep", 17, ""},
    {TEN(TEN("a ")) TEN(TEN("b ")), "too_long", 0, ""},
    {"rule:a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "too_long", 1, ""},
    {TEN("(status:new OR a) "), "too_long", 0, ""},
    {"\xff", "no_text", 1, ""},
    {"a \xc3", "no_text", 1, ""},
};

static bool has(const char *text, const char *part)
{
    return part ? text && strstr(text, part) : !text;
}

int main(void)
{
    struct query_context c = {
        .target = QUERY_ALERTS, .now_us = 1790000000000000ull, .zone_minutes = 420, .user = "lan"};
    struct query_error e;
    struct query_sql q;

    for (size_t i = 0; i < GH_COUNT(good); i++) {
        struct arena *a = arena_new(1 << 20);
        int rc = query_compile(a, span_str(good[i].text), &c, &q, &e);
        check_row(good[i].text);
        if (good[i].where) {
            CHECK(rc == 0 && has(q.match, good[i].match) && has(q.where, good[i].where));
            CHECK(rc != 0 || !strstr(q.where, "DROP"));
        } else {
            CHECK(rc == ST_MALFORMED);
        }
        arena_free(a);
    }
    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        struct arena *a = arena_new(1 << 20);
        check_row(bad[i].text);
        CHECK(query_compile(a, span_str(bad[i].text), &c, &q, &e) == ST_MALFORMED);
        CHECK_STR(e.code, bad[i].code);
        if (bad[i].column)
            CHECK_U64(e.column, bad[i].column);
        if (*bad[i].near)
            CHECK_STR(e.near, bad[i].near);
        CHECK(*e.text && text_is_utf8(span_str(e.text)));
        arena_free(a);
    }
    check_row("events know no status");
    struct arena *a = arena_new(1 << 20);
    c.target = QUERY_EVENTS;
    CHECK(query_compile(a, span_str("status:new"), &c, &q, &e) == ST_MALFORMED &&
          !strcmp(e.code, "alerts_only"));
    check_row("a day is the reader's day");
    CHECK(query_compile(a, span_str("from:2026-09-01 to:2026-09-01"), &c, &q, &e) == 0);
    CHECK(q.from == INT64_C(1788195600000000) && q.to - q.from == INT64_C(86400000000));
    check_row("memory");
    struct arena *small = arena_new(64);
    CHECK(small == NULL || query_compile(small, span_str("a b c"), &c, &q, &e) == ST_NOMEM);
    arena_free(small);
    arena_free(a);
    return check_end();
}
