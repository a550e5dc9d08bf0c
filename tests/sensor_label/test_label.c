/* SPDX-License-Identifier: GPL-3.0-or-later
 * Labels of hand-made packets: found by content, guessed by port (and said so), unknown; memory that is
 * short. */
#include "sensor/decode/label.h"
#include "tests/check.h"

/* IPv4 header, UDP or TCP header, text. */
struct row {
    const char *name;
    uint8_t proto;
    uint16_t sp, dp;
    uint8_t flags;
    const char *text;
    size_t n;
    unsigned times; /* how often it is shown */
    const char *want_proto, *want_confidence, *want_host;
    bool decided; /* before label_finish */
};
#define DNS_QUERY                                                                                            \
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05north\x07"                                          \
    "example\x00\x00\x01\x00\x01"
#define HTTP_GET "GET /index.html HTTP/1.1\r\nHost: portal.hq.example\r\nUser-Agent: gh\r\n\r\n"
static const struct row rows[] = {
    {"dns", 17, 40000, 53, 0, DNS_QUERY, sizeof(DNS_QUERY) - 1, 1, "DNS", "DPI", "north.example", false},
    {"http", 6, 40000, 80, 0x18, HTTP_GET, sizeof(HTTP_GET) - 1, 1, "HTTP", "DPI", "portal.hq.example",
     false},
    {"http on another port", 6, 40000, 12345, 0x18, HTTP_GET, sizeof(HTTP_GET) - 1, 1, "HTTP", "DPI",
     "portal.hq.example", false},
    {"a lone SYN is a guess", 6, 40000, 22, 2, "", 0, 1, "SSH", "Match by port", NULL, false},
    {"unknown", 17, 40000, 50001, 0, "\x9c\x11\xe3\x77\x01\xfe\x8a", 7, 1, "Unknown", "Unknown", NULL, false},
    {"the limit of other packets", 17, 40000, 50001, 0, "\x9c\x11\xe3\x77\x01\xfe\x8a", 7, 16, "Unknown",
     "Unknown", NULL, true},
    {"the limit of TCP packets", 6, 40000, 50001, 0x18, "\x9c\x11\xe3\x77\x01\xfe\x8a", 7, 32, "Unknown",
     "Unknown", NULL, true},
};

static struct span packet_of(const struct row *r, uint8_t *buf, size_t cap)
{
    struct writer w;
    size_t head = r->proto == 6 ? 20 : 8;

    writer_fixed(&w, buf, cap);
    writer_be(&w, 0x4500, 2);
    writer_be(&w, 20 + head + r->n, 2);
    writer_be(&w, 0x00010000, 4);
    writer_be(&w, 0x4000u | r->proto, 2);
    writer_be(&w, 0, 2);
    writer_bytes(&w, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
    writer_be(&w, r->sp, 2);
    writer_be(&w, r->dp, 2);
    if (r->proto == 6) {
        writer_be(&w, 1000, 4);
        writer_be(&w, 2000, 4);
        writer_u8(&w, 0x50);
        writer_u8(&w, r->flags);
        writer_be(&w, 0xffff0000, 4);
        writer_be(&w, 0, 2);
    } else {
        writer_be(&w, 8 + r->n, 2);
        writer_be(&w, 0, 2);
    }
    writer_bytes(&w, r->text, r->n);
    return writer_span(&w);
}

static void check_json(const struct labels *l, const struct label *label, const struct row *r)
{
    struct writer w;
    struct jw j;
    struct arena *a = arena_new(1 << 20);
    struct json *tree = NULL;

    writer_init(&w, 65536);
    jw_init(&j, &w);
    jw_obj(&j);
    label_write(l, label, &j);
    jw_end_obj(&j);
    CHECK(json_parse(a, writer_span(&w), 8, &tree, NULL) == 0);
    CHECK_STR(json_cstr(json_path(tree, "ndpi.proto"), ""), r->want_proto);
    CHECK_STR(json_cstr(json_path(tree, "ndpi.confidence"), ""), r->want_confidence);
    CHECK_STR(json_cstr(json_path(tree, "ndpi.hostname"), "-"), r->want_host ? r->want_host : "-");
    CHECK(json_path(tree, "ndpi.proto_id") && json_path(tree, "ndpi.category"));
    arena_free(a);
    writer_done(&w);
}

static void run_row(const struct row *r)
{
    struct budget budget = {.max = 1u << 20};
    struct labels *l = labels_new(&budget);
    struct label label = {0};
    struct label_state *state = NULL;
    uint8_t buf[512];
    struct label_packet p = {packet_of(r, buf, sizeof(buf)), 1700000000000000ull, r->proto == 6, r->n == 0};

    for (unsigned i = 0; i < r->times; i++) {
        CHECK(!label.decided);
        label_packet(l, &label, &state, &p);
    }
    CHECK(label.decided == r->decided || !r->decided);
    label_finish(l, &label, &state);
    CHECK(label.decided && !state);
    check_json(l, &label, r);
    label_done(&label);
    CHECK_U64(budget.used, 0);
    labels_free(l);
}

static void short_memory(void)
{
    struct budget budget = {.max = 300};
    struct labels *l = labels_new(&budget);
    uint8_t buf[512];

    check_row("memory is short");
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct label label = {0};
        struct label_state *state = NULL;
        struct label_packet p = {packet_of(&rows[i], buf, sizeof(buf)), 0, rows[i].proto == 6,
                                 rows[i].n == 0};
        label_packet(l, &label, &state, &p);
        label_finish(l, &label, &state);
        CHECK(label.decided && !state && label.app == 0);
        label_done(&label);
    }
    CHECK_U64(labels_refused(l), GH_COUNT(rows));
    CHECK_U64(budget.used, 0);
    labels_free(l);
}

/* ---- the site's own protocols and categories ---- */

#define PROTOCOLS                                                                                            \
    "# "                                                                                                     \
    "ours\ntcp:50001@Site-App\nudp:50001@Site-App\nhost:\"portal.hq.example\"@Portal\n\nip:10.0.0.2:40123@"  \
    "ByAddress\r\n"
#define CATEGORIES "# ours\nnorth.example\t100\n"
static const struct {
    size_t row;
    const char *proto, *category;
} own_rows[] = {
    {0, "DNS", "Malware"}, {1, "HTTP.Portal", NULL}, {4, "Site-App", NULL}, {6, "Site-App", NULL}};

static void show(struct labels *l, const struct row *r, struct label *label, struct label_state **state)
{
    uint8_t buf[512];
    struct label_packet p = {packet_of(r, buf, sizeof(buf)), 1700000000000000ull, r->proto == 6, r->n == 0};

    label_packet(l, label, state, &p);
}

static void check_own(const struct labels *l, const struct label *label, const char *proto,
                      const char *category)
{
    struct arena *a = arena_new(1 << 20);
    struct json *tree = NULL;
    struct writer w;
    struct jw j;

    writer_init(&w, 65536);
    jw_init(&j, &w);
    jw_obj(&j);
    label_write(l, label, &j);
    jw_end_obj(&j);
    CHECK(json_parse(a, writer_span(&w), 8, &tree, NULL) == 0);
    CHECK_STR(json_cstr(json_path(tree, "ndpi.proto"), ""), proto);
    if (category)
        CHECK_STR(json_cstr(json_path(tree, "ndpi.category"), ""), category);
    arena_free(a);
    writer_done(&w);
}

static void own_rules(void)
{
    struct budget budget = {.max = 1u << 20};
    struct labels *l = labels_new(&budget);

    CHECK(labels_load(l, span_str(PROTOCOLS), span_str(CATEGORIES)) == 0);
    for (size_t i = 0; i < GH_COUNT(own_rows); i++) {
        struct label label = {0};
        struct label_state *state = NULL;
        check_row(rows[own_rows[i].row].name);
        show(l, &rows[own_rows[i].row], &label, &state);
        label_finish(l, &label, &state);
        check_own(l, &label, own_rows[i].proto, own_rows[i].category);
        label_done(&label);
    }
    labels_free(l);
}

/* Flows that were begun before a change are decided by what held then, and keep their names. */
static void changed_rules(void)
{
    static const struct span none = {NULL, 0};
    struct budget budget = {.max = 1u << 20};
    struct labels *l = labels_new(&budget);
    struct label label[4] = {{0}};
    struct label_state *state[4] = {NULL};

    check_row("rules change while flows are open");
    CHECK(labels_load(l, span_str("udp:50001@First\n"), none) == 0);
    show(l, &rows[4], &label[0], &state[0]);
    CHECK(label[0].decided); /* a port of the site's own decides at once */
    for (size_t i = 1; i < 4; i++) {
        CHECK(labels_load(l, span_str("udp:9@Other\nudp:10@More\n"), none) == 0);
        show(l, &rows[4], &label[i], &state[i]);
        CHECK(!label[i].decided);
    }
    CHECK(labels_load(l, none, none) == ST_AGAIN);
    label_finish(l, &label[1], &state[1]);
    CHECK(labels_load(l, span_str("udp:50001@bad port@x,\n"), none) == ST_MALFORMED);
    CHECK(labels_load(l, none, none) == 0);
    check_own(l, &label[0], "First", NULL);
    for (size_t i = 1; i < 4; i++) {
        label_finish(l, &label[i], &state[i]);
        check_own(l, &label[i], "Unknown", NULL);
    }
    for (size_t i = 0; i < 4; i++)
        label_done(&label[i]);
    CHECK_U64(budget.used, 0);
    labels_free(l);
}

/* A flow's label does not depend on what others have spoken: nDPI would call a second flow between two hosts
 * mining when one was, and it knows nothing better. */
static void test_alone(void)
{
    static const char mining[] = "{\"worker\": \"eth1.0\", \"jsonrpc\": \"2.0\", \"id\": 2, "
                                 "\"method\": \"eth_submitLogin\"}";
    static const struct row flows[] = {
        {"mining", 6, 40000, 3333, 0x18, mining, sizeof(mining) - 1, 1, "Mining", "DPI", NULL, false},
        {"and another flow of theirs", 17, 40001, 50001, 0, "\x9c\x11\xe3\x77\x01\xfe\x8a", 7, 1, "Unknown",
         "Unknown", NULL, false},
    };
    struct budget budget = {.max = 1 << 20};
    struct labels *l = labels_new(&budget);

    for (size_t i = 0; i < GH_COUNT(flows); i++) {
        struct label label = {0};
        struct label_state *state = NULL;
        uint8_t buf[512], text[512];
        struct label_packet p = {packet_of(&flows[i], buf, sizeof(buf)), 1700000000000000ull,
                                 flows[i].proto == 6, false};
        struct writer w;
        struct jw j;
        check_row(flows[i].name);
        label_packet(l, &label, &state, &p);
        label_finish(l, &label, &state);
        writer_fixed(&w, text, sizeof(text));
        jw_init(&j, &w);
        jw_obj(&j);
        label_write(l, &label, &j);
        jw_end_obj(&j);
        writer_u8(&w, 0);
        CHECK(strstr((const char *)text, flows[i].want_proto) != NULL);
        label_done(&label);
    }
    labels_free(l);
}

int main(void)
{
    own_rules();
    changed_rules();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        run_row(&rows[i]);
    }
    short_memory();
    test_alone();
    return check_end();
}
