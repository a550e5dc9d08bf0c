/* SPDX-License-Identifier: GPL-3.0-or-later
 * house: a small console.db with known events, for the tests of the search. */
#ifndef GH_TESTS_HOUSE_H
#define GH_TESTS_HOUSE_H

#include "base/event.h"
#include "console/store/search_text.h"
#include "console/store/store.h"

#define HOUSE_TIME INT64_C(1790000000000000) /* 2026-09-21T14:13:20Z */
#define HOUSE_HOUR INT64_C(3600000000)

struct house_row {
    enum event_type type;
    int64_t hours_ago;
    const char *json;
};
static const struct house_row house_rows[] = {
    {EVENT_ALERT, 2000,
     "{\"src_ip\":\"10.0.1.5\",\"dest_ip\":\"203.0.113.9\",\"dest_port\":443,\"proto\":\"TCP\",\"app_proto\":"
     "\"http\","
     "\"alert\":{\"severity\":1,\"signature\":\"one\"},\"fileinfo\":{\"filename\":\"B\xc3\xa1o c\xc3\xa1o "
     "TỐI MẬT.docx\"},"
     "\"gatehouse\":{\"document\":{\"level\":\"toi_mat\"},\"verdict\":{\"rule\":\"secret-out\",\"facts\":[{"
     "\"path\":\"zone\","
     "\"value\":\"internal\"},{\"path\":\"dest.zone\",\"value\":\"internet\"}]}}}"},
    {EVENT_ALERT, 50,
     "{\"src_ip\":\"10.0.2.6\",\"dest_ip\":\"203.0.113.9\",\"alert\":{\"severity\":3,\"signature\":\"two\"},"
     "\"fileinfo\":{\"filename\":\"tôi "
     "mặt.txt\"},\"gatehouse\":{\"document\":{\"level\":\"mat\"},\"verdict\":{\"rule\":\"other\"},"
     "\"shadow\":[{\"action\":\"alert\",\"policy\":\"shade@1\"}]}}"},
    {EVENT_ALERT, 1,
     "{\"src_ip\":\"2001:db8::7\",\"dest_ip\":\"2001:db8:1::9\",\"alert\":{\"severity\":4,\"signature\":"
     "\"three\"},"
     "\"email\":{\"to\":[\"lan@bo.gov.vn\",\"hoa@x.vn\"],\"subject\":\"Công điện "
     "khẩn\"},\"gatehouse\":{\"document\":{\"level\":\"none\"},"
     "\"verdict\":{\"rule\":\"other\"}}}"},
    {EVENT_TLS, 30,
     "{\"src_ip\":\"10.9.0.1\",\"dest_ip\":\"198.51.100.1\",\"app_proto\":\"tls\",\"tls\":{\"sni\":\"drive."
     "example.com\"}}"},
    {EVENT_DNS, 20,
     "{\"src_ip\":\"10.9.0.1\",\"dest_ip\":\"10.0.0.53\",\"app_proto\":\"dns\",\"dns\":{\"queries\":[{"
     "\"rrname\":\"x.example.com\"}]}}"},
    {EVENT_HTTP, 10,
     "{\"src_ip\":\"172.16.0.1\",\"http\":{\"hostname\":\"a.test\",\"url\":\"/<img src=x onerror=alert(1)>'; "
     "DROP TABLE alert; --\"}}"},
    {EVENT_ANOMALY, 5, "{\"gatehouse\":{\"malformed\":\"oops\"}}"},
};

static inline void house_event(struct db *d, const struct house_row *r, bool file)
{
    struct arena *a = arena_new(1 << 20);
    int64_t time = HOUSE_TIME - r->hours_ago * HOUSE_HOUR, id;
    struct json *event = NULL;
    struct db_stmt *s;
    int64_t n = 0;

    gh_check(json_parse(a, span_str(r->json), 64, &event, NULL) == 0);
    gh_check(db_query(d, &s, "SELECT count(*) FROM event", "") == 0 && db_step(s) == 1);
    n = db_i64(s, 0);
    db_reset(s);
    gh_check(db_exec(d,
                     "INSERT INTO event(appliance, run, n, k, type, time, json) VALUES(1, 1, ?, 0, ?, ?, ?)",
                     "iiis", n, (int64_t)r->type, time, r->json) == 0);
    id = db_last_id(d);
    if (file)
        gh_check(search_text_add(d, id, r->type, time, event) == 0);
    if (r->type == EVENT_ALERT)
        gh_check(
            db_exec(d,
                    "INSERT INTO alert(seq, event, appliance, time, received, state, severity, level, facts, "
                    "search, taken_by) "
                    "VALUES(?1, ?1, 1, ?2, ?2, ?1 % 3, 1, 1, '\"rule\":null', '', iif(?1 = 2, 'lan', NULL))",
                    "ii", id, time) == 0);
    arena_free(a);
}

static inline void house_fill(struct db *d, bool file)
{
    gh_check(db_exec(d,
                     "INSERT INTO appliance(identity, name, sign, box, state, enrolled, hash) "
                     "VALUES(x'00112233445566778899aabbccddeeff', 'ha-noi-1', x'', x'', 0, 1, x'')",
                     "") == 0);
    for (size_t i = 0; i < GH_COUNT(house_rows); i++)
        house_event(d, &house_rows[i], file);
}

#endif
