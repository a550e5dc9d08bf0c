/* SPDX-License-Identifier: GPL-3.0-or-later
 * Formats of outputs: the members that their schemas require, and hostile values on one line. */
#include "base/nets.h"
#include "console/outputs/format.h"
#include "tests/check.h"

#include <arpa/inet.h>

static const struct format_about about = {.row = 42, .appliance = {(const uint8_t *)"h\xc3\xa0 n\xe1\xbb\x99i", 9},
                                          .identity = {(const uint8_t *)"00112233445566778899aabbccddeeff", 32}};

static const char always[] = "class_uid category_uid activity_id type_uid severity_id time metadata.version "
                             "metadata.product.vendor_name";
static const struct {
    const char *event;
    int class_uid, severity;
    const char *required; /* besides what all have */
} ocsf[] = {
    {"{\"event_type\":\"alert\",\"alert\":{\"severity\":1,\"signature\":\"s\"},\"gatehouse\":{\"document\":{\"level\":\"tuyet_mat\"}},\"fileinfo\":{\"filename\":\"a\"}}",
     2006, 5, "finding_info.uid finding_info.title evidences"},
    {"{\"event_type\":\"alert\",\"alert\":{\"severity\":9}}", 2004, 1, "finding_info.uid finding_info.title"},
    {"{\"event_type\":\"alert\"}", 2004, 4, "finding_info.uid finding_info.title"},
    {"{\"event_type\":\"flow\",\"dest_ip\":\"10.0.0.1\"}", 4001, 1, "dst_endpoint.ip"},
    {"{\"event_type\":\"http\",\"http\":{\"url\":\"/x\"}}", 4002, 1, "dst_endpoint http_request.url.path"},
    {"{\"event_type\":\"dns\"}", 4003, 1, "dst_endpoint query.hostname"},
    {"{\"event_type\":\"dhcp\"}", 4004, 1, "dst_endpoint"},
    {"{\"event_type\":\"smb\"}", 4006, 1, "dst_endpoint"},
    {"{\"event_type\":\"smtp\"}", 4009, 1, "email direction_id"},
    {"{\"event_type\":\"fileinfo\",\"fileinfo\":{\"sha256\":\"ab\"}}", 4010, 1, "file.name file.type_id src_endpoint"},
    {"{\"event_type\":\"stats\"}", 0, 1, ""},
    {"{\"event_type\":\"never heard of\"}", 4001, 1, "dst_endpoint"},
    {"{}", 4001, 1, "dst_endpoint"},
};
static const char ecs_always[] = "@timestamp ecs.version event.kind event.category event.type event.module event.dataset event.id "
                                 "observer.name observer.vendor observer.serial_number";

static void has(const struct json *j, const char *paths)
{
    struct span rest = span_str(paths);

    while (rest.n) {
        ptrdiff_t blank = span_find_byte(rest, ' ', 0);
        struct span one = span_part(rest, 0, blank < 0 ? rest.n : (size_t)blank);
        char path[64] = "";
        memcpy(path, one.p, one.n < sizeof(path) ? one.n : 0);
        check_row(path);
        CHECK(json_path(j, path) != NULL);
        rest = span_part(rest, one.n + 1, rest.n);
    }
}

static void test_schemas(void)
{
    for (size_t i = 0; i < GH_COUNT(ocsf); i++)
        for (int f = FORMAT_ECS; f <= FORMAT_OCSF; f++) {
            struct arena *a = arena_new(FORMAT_MEMORY);
            struct json *j = NULL;
            struct writer w;
            writer_init(&w, FORMAT_EVENT_MAX);
            check_row(ocsf[i].event);
            CHECK(format_event((enum output_format)f, a, span_str(ocsf[i].event), &about, &w) == 0);
            CHECK(json_parse(a, writer_span(&w), 16, &j, NULL) == 0);
            if (f == FORMAT_ECS) {
                has(j, ecs_always);
            } else {
                CHECK_U64(json_i64(json_get(j, "class_uid"), -1), ocsf[i].class_uid);
                CHECK_U64(json_i64(json_get(j, "category_uid"), -1), ocsf[i].class_uid / 1000);
                CHECK_U64(json_i64(json_get(j, "severity_id"), -1), ocsf[i].severity);
                CHECK_U64(json_i64(json_get(j, "type_uid"), -1),
                          ocsf[i].class_uid * 100 + json_i64(json_get(j, "activity_id"), 0));
                has(j, always);
                has(j, ocsf[i].required);
            }
            writer_done(&w);
            arena_free(a);
        }
}

static const struct {
    const char *name, *value; /* as JSON writes it */
    const char *cef;          /* what CEF's value must be */
} hostile[] = {
    {"line end", "a\\r\\nCEF:0|x", "a\\r\\nCEF:0|x"},
    {"equal sign", "a dst=1.2.3.4", "a dst\\=1.2.3.4"},
    {"backslash", "a\\\\=b", "a\\\\\\=b"},
    {"NUL", "a\\u0000b", "a b"},
    {"escape", "\\u001b[31mred\\u0007", " [31mred "},
    {"C1 and line separators", "a\\u0085b\\u2028c\\u2029d", "a b c d"},
    {"quotes", "\\\"}],\\\"x\\\":[{", "\"}],\"x\":[{"},
    {"bidi stays text", "\\u202egnp.exe", "\xe2\x80\xaegnp.exe"},
};

static void test_hostile(void)
{
    for (size_t i = 0; i < GH_COUNT(hostile); i++)
        for (int f = 0; f < FORMAT_COUNT; f++) {
            char event[512], want[256];
            struct arena *a = arena_new(FORMAT_MEMORY);
            struct writer w, s;
            writer_init(&w, FORMAT_EVENT_MAX);
            writer_init(&s, FORMAT_EVENT_MAX);
            check_row(hostile[i].name);
            snprintf(event, sizeof(event),
                     "{\"event_type\":\"%s\",\n\t\"alert\":{\"severity\":2,\"signature\":\"%s\"},\"fileinfo\":{\"filename\":\"%s\"},"
                     "\"gatehouse_console\":{\"appliance\":\"another\"}}",
                     "alert", hostile[i].value, hostile[i].value);
            CHECK(format_event((enum output_format)f, a, span_str(event), &about, &w) == 0);
            for (size_t k = 0; k < w.n; k++)
                CHECK(w.p[k] >= 0x20);
            snprintf(want, sizeof(want), " fname=%s", hostile[i].cef);
            if (f == FORMAT_CEF) {
                CHECK(strstr(writer_cstr(&w), want) != NULL);
                CHECK(!strstr((const char *)w.p + 6, "CEF:0|") || hostile[i].cef[0] == 'a');
            }
            CHECK(!strstr(writer_cstr(&w), "another"));
            CHECK(format_syslog(a, span_str(event), &about, writer_span(&w), true, &s) == 0);
            CHECK(strstr(writer_cstr(&s), " h___n___i gatehouse - alert [origin ") != NULL);
            writer_done(&s);
            writer_done(&w);
            arena_free(a);
        }
    check_row("no JSON");
    struct arena *a = arena_new(FORMAT_MEMORY);
    struct writer w;
    writer_init(&w, FORMAT_EVENT_MAX);
    CHECK(format_event(FORMAT_ECS, a, span_str("[1]"), &about, &w) == ST_MALFORMED);
    CHECK(format_event(FORMAT_ECS, a, span_str("{\"a\":\"\xff\"}"), &about, &w) == ST_MALFORMED);
    CHECK(w.n == 0);
    writer_done(&w);
    arena_free(a);
}

static const struct {
    const char *addr, *kind; /* NULL: public */
} addresses[] = {
    {"8.8.8.8", NULL},
    {"2001:4860:4860::8888", NULL},
    {"127.0.0.1", "loopback"},
    {"127.255.255.254", "loopback"},
    {"10.255.0.1", "private"},
    {"172.16.0.1", "private"},
    {"172.32.0.1", NULL},
    {"192.168.1.1", "private"},
    {"169.254.169.254", "link-local"},
    {"100.64.0.1", "private"},
    {"100.128.0.1", NULL},
    {"0.0.0.0", "unspecified"},
    {"224.0.0.1", "multicast"},
    {"255.255.255.255", "reserved"},
    {"::", "unspecified"},
    {"::1", "loopback"},
    {"fe80::1", "link-local"},
    {"fd12::1", "private"},
    {"ff02::1", "multicast"},
    {"::ffff:10.0.0.1", "private"},
    {"64:ff9b::7f00:1", "loopback"},
    {"64:ff9b::808:808", NULL},
    {"2002:a00:1::", "private"},
    {"::a00:1", "reserved"},
};

static void addr_of(const char *text, uint8_t addr[static 16])
{
    memset(addr, 0, 16);
    if (inet_pton(AF_INET, text, addr + 12) == 1)
        addr[10] = addr[11] = 0xff;
    else
        CHECK(inet_pton(AF_INET6, text, addr) == 1);
}

static void test_nets(void)
{
    static const char *const bad[] = {"10.0.0.1/8", "x", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "/8", "1.2.3"};
    uint8_t addr[16];
    struct nets t;

    for (size_t i = 0; i < GH_COUNT(addresses); i++) {
        const char *kind;
        check_row(addresses[i].addr);
        addr_of(addresses[i].addr, addr);
        kind = nets_special(addr);
        CHECK((kind == NULL) == (addresses[i].kind == NULL) && (!kind || !strcmp(kind, addresses[i].kind)));
    }
    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        check_row(bad[i]);
        CHECK(nets_parse(&t, span_str(bad[i]), NULL) == ST_USAGE);
    }
    check_row("networks");
    CHECK(nets_parse(&t, span_str(" 10.1.0.0/16,192.0.2.7  fd00::/8 "), NULL) == 0 && t.n == 3);
    addr_of("10.1.2.3", addr);
    CHECK(nets_has(&t, addr));
    addr_of("10.2.0.0", addr);
    CHECK(!nets_has(&t, addr));
    addr_of("192.0.2.7", addr);
    CHECK(nets_has(&t, addr));
    addr_of("192.0.2.8", addr);
    CHECK(!nets_has(&t, addr));
    addr_of("fdff::1", addr);
    CHECK(nets_has(&t, addr));
}

int main(void)
{
    test_schemas();
    test_hostile();
    test_nets();
    return check_end();
}
