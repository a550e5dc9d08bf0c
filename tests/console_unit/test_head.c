/* SPDX-License-Identifier: GPL-3.0-or-later
 * Heads, hosts, origins, cookies, queries: one table each. */
#include "console/http/head.h"
#include "tests/check.h"

static const struct {
    const char *name, *line, *headers; /* headers: "Name: value" separated by \n */
    enum problem want;
} heads[] = {
    {"sound", "GET /x HTTP/1.1", "Host: a", PROBLEM_NONE},
    {"post", "POST /x HTTP/1.1", "Host: a\nContent-Length: 3", PROBLEM_NONE},
    {"zero body", "DELETE /x HTTP/1.1", "Host: a\nContent-Length: 0", PROBLEM_NONE},
    {"no host", "GET /x HTTP/1.1", "X: a", PROBLEM_BAD_REQUEST},
    {"two hosts", "GET /x HTTP/1.1", "Host: a\nhost: a", PROBLEM_BAD_REQUEST},
    {"version", "GET /x HTTP/1.0", "Host: a", PROBLEM_VERSION},
    {"no version", "GET /x HTTQ/1.1", "Host: a", PROBLEM_BAD_REQUEST},
    {"method", "PATCH /x HTTP/1.1", "Host: a", PROBLEM_METHOD},
    {"method in lower case", "get /x HTTP/1.1", "Host: a", PROBLEM_METHOD},
    {"absolute form", "GET https://a/x HTTP/1.1", "Host: a", PROBLEM_BAD_REQUEST},
    {"fragment", "GET /x#y HTTP/1.1", "Host: a", PROBLEM_BAD_REQUEST},
    {"control in target", "GET /x\x01y HTTP/1.1", "Host: a", PROBLEM_BAD_REQUEST},
    {"doubled length", "POST /x HTTP/1.1", "Host: a\nContent-Length: 1\ncontent-length: 1",
     PROBLEM_BAD_REQUEST},
    {"length list", "POST /x HTTP/1.1", "Host: a\nContent-Length: 1,1", PROBLEM_BAD_REQUEST},
    {"length with sign", "POST /x HTTP/1.1", "Host: a\nContent-Length: +1", PROBLEM_BAD_REQUEST},
    {"empty length", "POST /x HTTP/1.1", "Host: a\nContent-Length:", PROBLEM_BAD_REQUEST},
    {"large length", "POST /x HTTP/1.1", "Host: a\nContent-Length: 18446744073709551616",
     PROBLEM_BAD_REQUEST},
    {"length and coding", "POST /x HTTP/1.1", "Host: a\nContent-Length: 1\nTransfer-Encoding: chunked",
     PROBLEM_BAD_REQUEST},
    {"coding", "POST /x HTTP/1.1", "Host: a\nTransfer-Encoding: chunked", PROBLEM_LENGTH},
    {"coding on GET", "GET /x HTTP/1.1", "Host: a\nTransfer-Encoding: identity", PROBLEM_LENGTH},
    {"no length", "POST /x HTTP/1.1", "Host: a", PROBLEM_LENGTH},
    {"body on GET", "GET /x HTTP/1.1", "Host: a\nContent-Length: 1", PROBLEM_BAD_REQUEST},
    {"two cookies", "GET /x HTTP/1.1", "Host: a\nCookie: a\nCookie: b", PROBLEM_BAD_REQUEST},
    {"two unknown ones are fine", "GET /x HTTP/1.1", "Host: a\nX-A: a\nX-A: b", PROBLEM_NONE},
    {"name with blank", "GET /x HTTP/1.1", "Host: a\nX A: 1", PROBLEM_BAD_REQUEST},
    {"empty name", "GET /x HTTP/1.1", "Host: a\n: 1", PROBLEM_BAD_REQUEST},
    {"control in value", "GET /x HTTP/1.1", "Host: a\nX: a\x02", PROBLEM_BAD_REQUEST},
    {"long idempotency key", "GET /x HTTP/1.1",
     "Host: a\nIdempotency-Key: "
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     PROBLEM_HEADERS},
};

static void feed(struct head *h, const char *line, const char *headers)
{
    struct span all = span_str(headers), l = span_str(line);
    ptrdiff_t a = span_find_byte(l, ' ', 0), b = span_find_byte(l, ' ', (size_t)a + 1);

    head_line(h, span_part(l, 0, (size_t)a), span_part(l, (size_t)a + 1, (size_t)(b - a) - 1),
              span_part(l, (size_t)b + 1, l.n));
    while (all.n) {
        ptrdiff_t end = span_find_byte(all, '\n', 0), colon;
        struct span one = span_part(all, 0, end < 0 ? all.n : (size_t)end);
        all = end < 0 ? (struct span){NULL, 0} : span_part(all, (size_t)end + 1, all.n);
        colon = span_find_byte(one, ':', 0);
        head_header(h, span_part(one, 0, (size_t)colon), span_part(one, (size_t)colon + 1, one.n));
    }
}

static void test_heads(void)
{
    for (size_t i = 0; i < GH_COUNT(heads); i++) {
        struct head h;
        check_row(heads[i].name);
        feed(&h, heads[i].line, heads[i].headers);
        CHECK_STR(problem_code(head_end(&h)), problem_code(heads[i].want));
    }
    check_row("parts");
    struct head h;
    feed(&h, "GET /a/b?c=d?e HTTP/1.1", "Host:  h:1 \nCONTENT-LENGTH: 0");
    CHECK(span_eq(h.path, span_str("/a/b")) && span_eq(h.query_text, span_str("c=d?e")) &&
          span_eq(h.host, span_str("h:1")));
    check_row("too many");
    head_line(&h, span_str("GET"), span_str("/"), span_str("HTTP/1.1"));
    for (int i = 0; i < 65; i++)
        head_header(&h, span_str("X"), span_str("1"));
    CHECK(h.problem == PROBLEM_HEADERS);
}

static const struct {
    const char *host;
    bool known;
} hosts[] = {
    {"127.0.0.1", true},
    {"127.0.0.1:8443", true},
    {"[::1]:8443", true},
    {"[::1]", true},
    {"localhost:1", true},
    {"LocalHost", true},
    {"gate.example", true},
    {"gate.example:443", true},
    {"GATE.example", true},
    {"evil.example", false},
    {"gate.example.evil", false},
    {"xgate.example", false},
    {"", false},
    {":443", false},
    {"127.0.0.1:", false},
    {"127.0.0.1:x", false},
    {"127.0.0.1:70000", false},
    {"[::1", false},
    {"[]:1", false},
    {"::1", false},
    {"127.0.0.1@evil", false},
    {"gate.example b", false},
    {"second", true},
    {"[gate.example]", true},
};

static const struct {
    const char *name, *origin, *site;
    bool cookie, same;
} origins[] = {
    {"own", "https://h:1", "", true, true},
    {"own by metadata", "", "same-origin", true, true},
    {"both", "https://h:1", "same-origin", true, true},
    {"neither, no cookie", "", "", false, true},
    {"neither, cookie", "", "", true, false},
    {"other port", "https://h:2", "", true, false},
    {"http", "http://h:1", "", true, false},
    {"null", "null", "", false, false},
    {"longer", "https://h:1.evil", "", false, false},
    {"cross", "https://h:1", "cross-site", true, false},
    {"none", "", "none", false, false},
    {"same-site", "", "same-site", true, false},
};

static void test_places(void)
{
    for (size_t i = 0; i < GH_COUNT(hosts); i++) {
        check_row(hosts[i].host);
        CHECK(head_host_known(span_str(hosts[i].host), " gate.example  second ") == hosts[i].known);
    }
    for (size_t i = 0; i < GH_COUNT(origins); i++) {
        struct head h = {.host = span_str("h:1"),
                         .origin = span_str(origins[i].origin),
                         .fetch_site = span_str(origins[i].site)};
        check_row(origins[i].name);
        CHECK(head_same_origin(&h, origins[i].cookie) == origins[i].same);
    }
    check_row("types");
    CHECK(content_type_is(span_str("Application/JSON ; charset=x"), "application/json"));
    CHECK(!content_type_is(span_str("application/json5"), "application/json"));
    CHECK(!content_type_is(span_str(""), "application/json"));
}

static const struct {
    const char *header, *want; /* NULL: none */
} cookies[] = {
    {"a=1", "1"}, {"b=2; a=1", "1"},  {" a=1 ;b=2", "1"}, {"a=", ""},    {"ab=1", NULL},   {"a", NULL},
    {"", NULL},   {"a=1; a=2", NULL}, {"b=a=1", NULL},    {"A=1", NULL}, {"a=1=2", "1=2"}, {";;;a=1", "1"},
};

static const struct {
    const char *text;
    int rc;
    size_t n;
    const char *value; /* of a */
} queries[] = {
    {"", 0, 0, NULL},
    {"a=1", 0, 1, "1"},
    {"a=1&b=2", 0, 2, "1"},
    {"&&a=1&&", 0, 1, "1"},
    {"a", 0, 1, ""},
    {"a=%41+b", 0, 1, "A b"},
    {"a=%c3%a9", 0, 1, "é"},
    {"a=1&a=2", ST_MALFORMED, 0, NULL},
    {"a=%", ST_MALFORMED, 0, NULL},
    {"a=%4", ST_MALFORMED, 0, NULL},
    {"a=%zz", ST_MALFORMED, 0, NULL},
    {"a=%00", ST_MALFORMED, 0, NULL},
    {"a=%0a", ST_MALFORMED, 0, NULL},
    {"a=%ff", ST_MALFORMED, 0, NULL},
    {"a=1&%61=2", ST_MALFORMED, 0, NULL},
    {"a=b=c", 0, 1, "b=c"},
    {"a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q&r&s&t&u&v&w&x&y&z&1&2&3&4&5&6&7", ST_LIMIT, 0, NULL},
};

static void test_texts(void)
{
    struct arena *a = arena_new(1 << 20);

    for (size_t i = 0; i < GH_COUNT(cookies); i++) {
        struct span got = {NULL, 0};
        bool found = cookie_find(span_str(cookies[i].header), "a", &got);
        check_row(cookies[i].header);
        CHECK(found == (cookies[i].want != NULL));
        CHECK(!found || span_eq(got, span_str(cookies[i].want)));
    }
    for (size_t i = 0; i < GH_COUNT(queries); i++) {
        struct query q = {.n = 0};
        check_row(queries[i].text);
        CHECK(query_parse(a, span_str(queries[i].text), &q) == queries[i].rc);
        CHECK_U64(q.n, queries[i].n);
        CHECK(!queries[i].value ||
              (query_get(&q, "a") && span_eq(*query_get(&q, "a"), span_str(queries[i].value))));
    }
    arena_free(a);
}

int main(void)
{
    test_heads();
    test_places();
    test_texts();
    return check_end();
}
