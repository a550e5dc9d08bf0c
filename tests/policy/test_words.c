/* SPDX-License-Identifier: GPL-3.0-or-later
 * What rules ask beyond the event: calendar, history, lists, and zones by where something was seen. */
#include "policy/lua/calendar.h"
#include "policy/lua/history.h"
#include "policy/lua/lists.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND 1000000ull

static void test_calendar(void)
{
    static const struct {
        const char *date;
        int weekday, minute;
        bool working;
    } rows[] = {
        {"2026-11-24", 2, 450, true},   {"2026-11-24", 2, 449, false}, {"2026-11-24", 2, 1019, true},
        {"2026-11-24", 2, 1020, false}, {"2026-11-28", 6, 600, false}, {"2026-11-29", 7, 600, true},
        {"2026-09-02", 3, 600, false},
    };
    static const char *const good[] = {"2026-02-28", "2024-02-29", "2000-02-29", "2026-12-31"};
    static const char *const bad[] = {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
                                      "2026-04-31", "2026-1-1",   "",           "2026/01/01", "2026-01-01x"};
    struct calendar c;
    int m;

    calendar_default(&c);
    memcpy(c.holidays[c.n_holidays++], "2026-09-02", CALENDAR_DATE);
    memcpy(c.workdays[c.n_workdays++], "2026-11-29", CALENDAR_DATE);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].date);
        CHECK(calendar_working(&c, rows[i].date, rows[i].weekday, rows[i].minute) == rows[i].working);
    }
    for (size_t i = 0; i < GH_COUNT(good); i++)
        CHECK(calendar_date(span_str(good[i])));
    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        check_row(bad[i]);
        CHECK(!calendar_date(span_str(bad[i])));
    }
    CHECK(calendar_time(span_str("07:30"), &m) && m == 450);
    CHECK(calendar_time(span_str("24:00"), &m) && m == 1440);
    CHECK(!calendar_time(span_str("24:01"), &m) && !calendar_time(span_str("7:30"), &m) &&
          !calendar_time(span_str("07:60"), &m));
}

static unsigned times_at(struct history *h, uint64_t second, const char *key, uint64_t window)
{
    history_event(h, second * SECOND);
    return history_times(h, 1, span_str(key), window * SECOND);
}

static void test_history(void)
{
    struct history *h = history_new(8);
    uint64_t us;

    check_row("times");
    CHECK_U64(times_at(h, 1000, "a", 60), 1);
    CHECK_U64(history_times(h, 1, span_str("a"), 60 * SECOND), 1); /* once an event */
    CHECK_U64(history_times(h, 2, span_str("a"), 60 * SECOND), 1); /* another rule's */
    CHECK_U64(times_at(h, 1030, "a", 60), 2);
    CHECK_U64(times_at(h, 1030, "b", 60), 1);
    CHECK_U64(times_at(h, 1059, "a", 60), 3);
    CHECK_U64(times_at(h, 1060, "a", 60), 3); /* the first is over */
    CHECK_U64(times_at(h, 1045, "a", 60), 2); /* of an event that comes late, what was before it */
    CHECK_U64(times_at(h, 5000, "a", 60), 1);
    CHECK_U64(history_dropped(h), 0);
    check_row("distinct");
    history_clear(h);
    for (unsigned i = 0; i < 6; i++) {
        char value[8];
        snprintf(value, sizeof(value), "%u", i % 3);
        history_event(h, (6000 + i) * SECOND);
        CHECK_U64(history_distinct(h, 1, span_str("k"), span_str(value), 60 * SECOND), i < 3 ? i + 1 : 3);
    }
    check_row("room");
    history_clear(h);
    for (unsigned i = 0; i < 20; i++) {
        char key[8];
        snprintf(key, sizeof(key), "%u", i);
        CHECK_U64(times_at(h, 7000 + i, key, 60), 1);
    }
    CHECK_U64(history_dropped(h), 12);
    CHECK_U64(times_at(h, 7020, "19", 60), 2);
    CHECK_U64(times_at(h, 7020, "1", 60), 1); /* forgotten */
    history_free(h);
    check_row("one key has a ceiling");
    h = history_new(4000);
    for (unsigned i = 0; i < 3000; i++)
        (void)times_at(h, 8000, "a", 60);
    CHECK_U64(times_at(h, 8000, "a", 60), HISTORY_KEY_ENTRIES);
    history_free(h);
    check_row("windows");
    CHECK(history_window(span_str("30s"), &us) && us == 30 * SECOND);
    CHECK(history_window(span_str("31d"), &us));
    CHECK(!history_window(span_str("32d"), &us) && !history_window(span_str("0m"), &us) &&
          !history_window(span_str("m"), &us) && !history_window(span_str("10"), &us) &&
          !history_window(span_str("-1m"), &us) && !history_window(span_str("99999999d"), &us));
}

static void list_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/lists/%s", dir, name);
    f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
}

static void test_match(const struct lists *ls)
{
    static const struct {
        const char *value, *date;
        const char *hit; /* the entry, or NULL */
    } rows[] = {
        {"10.1.2.3", "2026-11-24", "10.1.0.0/16"},
        {"10.2.2.3", "2026-11-24", NULL},
        {"fd00::5", "2026-11-24", "fd00::/8"},
        {"An@Bo.Example", "2026-11-24", "an@bo.example"},
        {"Nguyễn An <an@bo.example>", "2026-11-24", "an@bo.example"},
        {"em@partner.vn", "2026-11-24", "@partner.vn"},
        {"em@x.partner.vn", "2026-11-24", NULL},
        {"mail.gov.vn", "2026-11-24", ".gov.vn"},
        {"gov.vn", "2026-11-24", ".gov.vn"},
        {"em@bo.gov.vn", "2026-11-24", ".gov.vn"},
        {"xgov.vn", "2026-11-24", NULL},
        {"Plain, text", "2026-11-24", "plain, text"},
        {"soon", "2026-12-31", "soon"},
        {"soon", "2027-01-01", NULL},
        {"soon", "", NULL},
        {"twice", "2027-06-01", "twice"},
        {"", "2026-11-24", NULL},
        {" 10.1.2.3 ", "2026-11-24", "10.1.0.0/16"},
    };
    const struct list *l = lists_find(ls, 1, span_str("partners"));

    CHECK(l != NULL);
    for (size_t i = 0; l && i < GH_COUNT(rows); i++) {
        const struct list_row *r = list_match(l, span_str(rows[i].value), rows[i].date);
        char text[64] = "none";
        check_row(rows[i].value);
        if (r)
            snprintf(text, sizeof(text), "%.*s", (int)r->len, r->value);
        CHECK_STR(text, rows[i].hit ? rows[i].hit : "none");
    }
}

static void test_lists(void)
{
    static const struct {
        const char *name, *text, *want;
    } bad[] = {
        {"a.csv", "name,until\nx,\n", "a.csv:1: the first line names the columns"},
        {"a.csv", "until\n2026-01-01\n", "there is no column 'value'"},
        {"a.csv", "value,until\nx,soon\n", "a.csv:2: until is not a date"},
        {"a.csv", "value\nx,y\n", "a.csv:2: more fields"},
        {"a.csv", "value,note\n,y\n", "a.csv:2: the value is missing"},
        {"a.csv", "value\n10.0.0.1/8\n", "a.csv:2: this is not a network"},
        {"a.csv", "value\n\xff\n", "not UTF-8"},
        {"exceptions.csv", "value,until,owner\nx,,An\n",
         "exceptions.csv:2: an exception needs an owner and a last day"},
        {"exceptions.csv", "value,until,owner\nx,2026-12-31,\n", "an exception needs an owner"},
    };
    static struct lists ls;
    char dir[] = "/tmp/gh-lists-XXXXXX", path[64];
    struct writer err;

    if (!mkdtemp(dir))
        abort();
    snprintf(path, sizeof(path), "%s/lists", dir);
    (void)mkdir(path, 0700);
    writer_init(&err, 65536);
    list_file(
        dir, "partners.csv",
        "\xEF\xBB\xBF# ours\r\nValue,until,owner,note\r\n10.1.0.0/16,,,\r\nfd00::/8\r\nAn@bo.example,,\"An "
        "\"\"B\"\"\",x\r\n"
        "@partner.vn\r\n.gov.vn\r\n\"Plain, "
        "text\"\r\nsoon,2026-12-31\r\ntwice,2026-01-01\r\ntwice,2027-12-31");
    CHECK(lists_load(&ls, 1, dir, &err) == 0);
    test_match(&ls);
    CHECK(lists_find(&ls, 2, span_str("partners")) == NULL);
    CHECK_STR(lists_nearest(&ls, 1, "partnres"), "partners");
    lists_done(&ls);
    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        check_row(bad[i].want);
        snprintf(path, sizeof(path), "%s/lists/partners.csv", dir);
        (void)unlink(path);
        list_file(dir, bad[i].name, bad[i].text);
        writer_clear(&err);
        CHECK(lists_load(&ls, 1, dir, &err) != 0);
        CHECK(span_find(writer_span(&err), span_str(bad[i].want), 0) >= 0);
        lists_done(&ls);
        snprintf(path, sizeof(path), "%s/lists/%s", dir, bad[i].name);
        (void)unlink(path);
    }
    writer_done(&err);
    snprintf(path, sizeof(path), "%s/lists", dir);
    (void)rmdir(path);
    (void)rmdir(dir);
}

static void test_seen(void)
{
    static struct zones z;
    static const struct {
        const char *address;
        uint16_t vlan;
        const char *interface;
        unsigned zone;
    } rows[] = {
        {"10.0.0.1", 10, "", 1},     {"10.0.0.1", 20, "", 2},   {"10.0.0.1", 30, "", 3},
        {"192.168.1.1", 30, "", 3},  {"8.8.8.8", 30, "", 0},    {"10.0.0.1", 40, "eth1", 4},
        {"10.0.0.1", 40, "eth2", 0}, {"172.16.0.1", 30, "", 5}, {"172.16.0.1", 99, "", 5},
    };
    unsigned other = 0;

    zones_init(&z);
    CHECK(zones_add(&z, "a", "mat") == 1 && zones_add_vlan(&z, 1, 10) == 0 &&
          zones_add_net(&z, 1, "10.0.0.0/8", &other) == 0);
    CHECK(zones_add(&z, "b", "mat") == 2 && zones_add_vlan(&z, 2, 20) == 0 &&
          zones_add_net(&z, 2, "10.0.0.0/8", &other) == 0);
    CHECK(zones_add(&z, "c", "mat") == 3 && zones_add_vlan(&z, 3, 30) == 0 &&
          zones_check_bound(&z, 3, &other) == 0);
    CHECK(zones_add(&z, "d", "mat") == 4 && zones_add_interface(&z, 4, "eth1") == 0);
    CHECK(zones_check_bound(&z, 4, &other) == ST_EXISTS && other == 3); /* VLAN 30 on eth1 would be both */
    CHECK(zones_add_vlan(&z, 4, 40) == 0 && zones_check_bound(&z, 4, &other) == 0);
    CHECK(zones_add(&z, "e", "mat") == 5 && zones_add_net(&z, 5, "172.16.0.0/12", &other) == 0);
    CHECK(zones_add_net(&z, 5, "10.1.0.0/16", &other) == ST_EXISTS && other == 1);
    CHECK(zones_add_vlan(&z, 1, 0) == ST_USAGE && zones_add_vlan(&z, 1, 4095) == ST_USAGE);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct zone_seen seen = {{rows[i].vlan}, 1, span_str(rows[i].interface)};
        check_row(rows[i].address);
        CHECK_U64(zones_find(&z, span_str(rows[i].address), &seen), rows[i].zone);
    }
    CHECK_U64(zones_find(&z, span_str("10.0.0.1"), NULL), 0);
}

int main(void)
{
    test_calendar();
    test_history();
    test_lists();
    test_seen();
    return check_end();
}
