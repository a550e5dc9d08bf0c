/* SPDX-License-Identifier: GPL-3.0-or-later
 * search_loop: fills a console's database with N events as a house of 4000 hosts makes them, then asks
 * questions of every kind and prints how long they take.
 *
 *     search_loop DIR N [ROUNDS [fill]]   an existing DIR/console.db is used as it is; fill: asks nothing
 */
#include "base/clock.h"
#include "base/event.h"
#include "console/events/find.h"
#include "console/store/search.h"
#include "console/store/search_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BATCH 5000
#define START INT64_C(1790000000000000)
#define STEP_US INT64_C(500000) /* between events: 5 million are a month */
#define ROUNDS_MAX 200

static uint64_t state = 88172645463325252u;
static uint32_t dice(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % n;
}

static const char *const words[] = {"báo",    "cáo",   "công",  "điện", "kế",   "hoạch", "quý",  "biên",
                                    "bản",    "họp",   "danh",  "sách", "nhân", "sự",    "ngân", "sách",
                                    "dự",     "án",    "quyết", "định", "mật",  "tối",   "thư",  "mời",
                                    "report", "final", "draft", "plan", "list", "memo"};
static const char *const levels[] = {"none", "mat", "toi_mat", "tuyet_mat"};

static enum event_type make(int64_t i, char *buf, size_t cap)
{
    char ends[256];
    uint32_t kind = dice(100), host = dice(4000);

    snprintf(ends, sizeof(ends),
             "\"flow_id\":%" PRId64
             ",\"src_ip\":\"10.%u.%u.%u\",\"dest_ip\":\"%u.%u.%u.%u\",\"dest_port\":%u,\"proto\":\"TCP\"",
             i * 7919, host >> 8 & 15, host & 255, 1 + dice(4), 100 + dice(50), dice(256), dice(256),
             1 + dice(250), dice(2) ? 443 : 25);
    if (kind < 60) {
        snprintf(buf, cap,
                 "{%s,\"app_proto\":\"tls\",\"flow\":{\"pkts_toserver\":%u,\"bytes_toserver\":%u,\"state\":"
                 "\"closed\"}}",
                 ends, dice(100), dice(100000));
        return EVENT_FLOW;
    }
    if (kind < 75) {
        snprintf(buf, cap,
                 "{%s,\"app_proto\":\"dns\",\"dns\":{\"queries\":[{\"rrname\":\"h%u.site%u.example.vn\"}]}}",
                 ends, dice(50), dice(20000));
        return EVENT_DNS;
    }
    if (kind < 88) {
        snprintf(
            buf, cap,
            "{%s,\"app_proto\":\"tls\",\"tls\":{\"sni\":\"www.site%u.example.vn\",\"version\":\"TLS 1.3\"}}",
            ends, dice(20000));
        return EVENT_TLS;
    }
    if (kind < 96) {
        snprintf(
            buf, cap,
            "{%s,\"app_proto\":\"http\",\"http\":{\"hostname\":\"site%u.example.vn\",\"url\":\"/%s/%u\"}}",
            ends, dice(20000), words[dice(30)], dice(100000));
        return EVENT_HTTP;
    }
    snprintf(
        buf, cap,
        "{%s,\"app_proto\":\"smtp\",\"fileinfo\":{\"filename\":\"%s %s %s %u.docx\",\"sha256\":\"%016" PRIx64
        "%016" PRIx64 "%032x\"},\"email\":{\"from\":\"u%u@bo.gov.vn\"},"
        "\"alert\":{\"severity\":%u,\"signature\":\"Document leaves its "
        "zone\"},\"gatehouse\":{\"document\":{\"level\":\"%s\",\"kind\":\"docx\"},"
        "\"verdict\":{\"rule\":\"rule-%u\",\"action\":\"alert\",\"facts\":[{\"path\":\"dest_zone\",\"value\":"
        "\"internet\"}]}}}",
        ends, words[dice(30)], words[dice(30)], words[dice(30)], dice(1000000), state, state ^ 7,
        dice(1u << 30), dice(3000), 1 + dice(4), levels[dice(10) ? 0 : 1 + dice(3)], dice(40));
    return dice(8) ? EVENT_FILEINFO : EVENT_ALERT;
}

static int add(struct db *d, struct arena *a, int64_t i)
{
    char buf[2048];
    enum event_type type = make(i, buf, sizeof(buf));
    struct json *event;
    int64_t id, time = START + i * STEP_US;
    int rc = json_parse(a, span_str(buf), 64, &event, NULL);

    if (!rc)
        rc = db_exec(
            d,
            "INSERT INTO event(appliance, run, n, k, type, time, flow, json) VALUES(1000, 1, ?, 0, ?, ?, ?, ?)",
            "iiiis", i, (int64_t)type, time, i * 7919, buf);
    id = db_last_id(d);
    if (!rc)
        rc = search_text_add(d, id, (int)type, time, event);
    if (!rc && type == EVENT_ALERT)
        rc = db_exec(d,
                     "INSERT INTO alert(seq, event, appliance, time, received, state, severity, level, rule, "
                     "facts, search) "
                     "VALUES(?1, ?1, 1000, ?2, ?2, ?3, ?4, 1, 'rule', '\"rule\":null', 'x')",
                     "iiii", id, time, (int64_t)(dice(10) ? 2 : dice(2)), 1 + (int64_t)dice(4));
    arena_reset(a);
    return rc;
}

static int fill(struct store *s, int64_t n)
{
    struct arena *a = arena_new(1 << 24);
    uint64_t began = clock_mono_ms();
    int rc = 0;

    for (int64_t i = 0; i < n && !rc; i += BATCH) {
        struct db *d = store_begin(s, &rc);
        for (int64_t k = i; d && k < i + BATCH && k < n && !rc; k++)
            rc = add(d, a, k);
        if (d)
            rc = rc ? (store_rollback(s), rc) : store_commit(s);
    }
    arena_free(a);
    printf("filled with %" PRId64 " events: %.0f/s\n", n,
           (double)n * 1000.0 / (double)(clock_mono_ms() - began + 1));
    return rc;
}

static const struct {
    const char *kind, *text;
} questions[] = {
    {"everything", ""},
    {"a common word", "example"},
    {"a rare word", "site77"},
    {"two common words", "bao cao"},
    {"quoted, with accents", "\"tối mật\""},
    {"nothing has it", "khongcotunay"},
    {"level", "level>=toi_mat"},
    {"level and days", "level>=mat last:7d"},
    {"protocol", "app_proto:dns"},
    {"protocol and word", "app_proto:http memo"},
    {"address", "src_ip:10.3.7.2"},
    {"network /24", "src_ip:10.3.7.0/24"},
    {"network /12", "src_ip:10.0.0.0/12"},
    {"address, any end", "10.3.7.2"},
    {"rule, severity", "rule:rule-7 severity<=2"},
    {"negation", "type:tls -site77"},
    {"negation alone", "-type:flow"},
    {"groups", "(bao OR cong) (level>=mat OR severity:1)"},
    {"long ago", "to:2026-09-22 app_proto:smtp"},
    {"status and word", "status:open bao"},
    {"status", "status:open"},
    {"prefix", "site1*"},
};

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void ask(struct db *d, size_t i, enum query_target target, bool histogram, unsigned rounds)
{
    uint64_t took[ROUNDS_MAX];
    bool complete = true;
    size_t items = 0, half, most;

    for (unsigned n = 0; n < rounds; n++) {
        struct query_context c = {.target = target,
                                  .now_us = (uint64_t)(START + 5000000 * STEP_US),
                                  .user = "lan",
                                  .oldest_us = events_oldest(d)};
        struct arena *a = arena_new(64u << 20);
        struct json *page;
        struct query_error e;
        struct query_sql q;
        struct writer w;
        struct jw j;
        uint64_t began = clock_mono_us();
        if (query_compile(a, span_str(questions[i].text), &c, &q, &e) != 0) {
            printf("%s: %s\n", questions[i].text, e.text);
            arena_free(a);
            return;
        }
        writer_init(&w, 16u << 20);
        jw_init(&j, &w);
        jw_obj(&j);
        if (histogram ? search_histogram(d, &sight_everything, &q, target, (int64_t)c.now_us, &j)
                      : search_page(d, &sight_everything, &q, target, INT64_MAX, 50, &j))
            printf("failed: %s\n", db_message(d));
        jw_end_obj(&j);
        took[n] = clock_mono_us() - began;
        if (json_parse(a, writer_span(&w), 64, &page, NULL) == 0) {
            complete = complete && json_bool(json_path(page, "searched.complete"), false);
            items =
                histogram ? (size_t)json_i64(json_get(page, "matched"), 0) : json_get(page, "items")->count;
        }
        writer_done(&w);
        arena_free(a);
    }
    qsort(took, rounds, sizeof(took[0]), by_size);
    half = rounds / 2;
    most = rounds * 95 / 100;
    printf("%-10s %-22s p50 %8.2f ms  p95 %8.2f ms  %8zu%s\n",
           histogram                ? "histogram"
           : target == QUERY_ALERTS ? "alerts"
                                    : "events",
           questions[i].kind, (double)took[half] / 1000, (double)took[most] / 1000, items,
           complete ? "" : "  (in part)");
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 20;
    struct store *s;
    struct stat st;
    struct db *d;
    char path[512];
    bool made;
    int rc;

    if (argc < 3 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: search_loop DIR EVENTS [ROUNDS [fill]]\n");
        return 2;
    }
    snprintf(path, sizeof(path), "%s/console.db", argv[1]);
    made = stat(path, &st) != 0;
    rc = store_open(argv[1], &s);
    if (!rc && made)
        rc = fill(s, strtoll(argv[2], NULL, 10));
    if (!rc && argc > 4 && !strcmp(argv[4], "fill")) {
        store_close(s);
        return 0;
    }
    if (rc || store_reader(s, &d) != 0) {
        fprintf(stderr, "search_loop: %s\n", status_text(rc));
        return 3;
    }
    if (stat(path, &st) == 0)
        printf("database: %.0f MB\n", (double)st.st_size / 1e6);
    for (int kind = 0; kind < 3; kind++)
        for (size_t i = 0; i < GH_COUNT(questions); i++)
            if (kind == 0 || !strstr(questions[i].text, "status:") || kind == 1)
                ask(d, i, kind == 1 || strstr(questions[i].text, "status:") ? QUERY_ALERTS : QUERY_EVENTS,
                    kind == 2, rounds);
    db_close(d);
    store_close(s);
    return 0;
}
