/* SPDX-License-Identifier: GPL-3.0-or-later
 * Between a region and the console above: portions, an event as it goes up, sums that add up. */
#include "base/event.h"
#include "console/region/portion.h"
#include "console/upward/splice.h"
#include "tests/check.h"

static const struct {
    const char *name, *bytes;
    size_t n;
    int last; /* of portion_next */
    size_t records;
} portions[] = {
    {"nothing", "", 0, 0, 0},
    {"one", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\6\2\0\0\0{}", 27, 0, 1},
    {"cut in its head", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\6\2\0\0", 24, ST_MALFORMED, 0},
    {"cut in its text", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\6\3\0\0\0{}", 27, ST_MALFORMED, 0},
    {"without a text", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\6\0\0\0\0", 25, ST_MALFORMED, 0},
    {"of no known type", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\143\2\0\0\0{}", 27, ST_MALFORMED, 0},
    {"too long", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\6\xff\xff\xff\xff{}", 27, ST_MALFORMED, 0},
    {"one, and a rest", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\6\2\0\0\0{}x", 28, ST_MALFORMED, 1},
};

static void run_portions(void)
{
    for (size_t i = 0; i < GH_COUNT(portions); i++) {
        struct reader r = reader_of(portions[i].bytes, portions[i].n);
        struct record one;
        size_t n = 0;
        int rc;
        check_row(portions[i].name);
        while ((rc = portion_next(&r, &one)) == 1)
            n++;
        CHECK(rc == portions[i].last);
        CHECK(n == portions[i].records);
    }
}

static const struct {
    const char *name, *event;
    bool whole, region;
    const char *has, *lacks; /* of what goes up */
} events[] = {
    {"an event keeps its bytes", "{\"event_type\":\"alert\",\"x\":1.50,\"gatehouse\":{\"verdict\":{\"rule\":\"r\"}}}", true,
     false, "{\"event_type\":\"alert\",\"x\":1.50,\"gatehouse\":{\"verdict\":{\"rule\":\"r\"},\"origin\":{\"region\":\"Bắc\"", NULL},
    {"without anything of ours", "{\"event_type\":\"flow\"}", true, false, "\"origin\":{\"region\":\"Bắc\",\"appliance\":\"01", NULL},
    {"ours is no object", "{\"gatehouse\":7}", true, false, "{\"gatehouse\":{\"origin\":{", "7}"},
    {"an appliance cannot say that it is another", "{\"gatehouse\":{\"origin\":{\"name\":\"liar\"}}}", true, false,
     "\"name\":\"ha-noi-1\"", "liar"},
    {"a region below can", "{\"gatehouse\":{\"origin\":{\"name\":\"below\"}}}", true, true,
     "\"origin\":{\"name\":\"below\"}}}}", NULL},
    {"the batch", "{}", true, false, "\"batch\":5,\"batch_hash\":\"0202", NULL},
    {"redacted: no file name", "{\"event_type\":\"alert\",\"src_ip\":\"10.0.0.1\",\"fileinfo\":{\"filename\":\"secret.doc\"}}", false,
     false, "\"src_ip\":\"10.0.0.1\"", "secret.doc"},
    {"redacted: it says so", "{\"event_type\":\"alert\"}", false, false, "\"redacted\":true", NULL},
    {"no JSON", "no json", true, false, "{\"event_type\":\"alert\",\"gatehouse\":{\"origin\":{", "no json"},
    {"no object", "[1]", true, false, "{\"event_type\":\"alert\",\"gatehouse\":{\"origin\":{", "[1]"},
};

static void run_events(void)
{
    struct forward_batch b = {.number = 5, .name = "ha-noi-1"};
    struct arena *a = arena_new(16u << 20);

    memset(b.identity, 1, sizeof(b.identity));
    memset(b.hash, 2, sizeof(b.hash));
    for (size_t i = 0; i < GH_COUNT(events); i++) {
        const struct splice_record r = {1, 2, 0, EVENT_ALERT, span_str(events[i].event)};
        struct json *j;
        struct writer w;
        check_row(events[i].name);
        writer_init(&w, 65536);
        b.region = events[i].region;
        CHECK(splice_event(a, "Bắc", &b, &r, events[i].whole, &w) == 0);
        CHECK(json_parse(a, writer_span(&w), 16, &j, NULL) == 0);
        CHECK(strstr(writer_cstr(&w), events[i].has) != NULL);
        CHECK(!events[i].lacks || !strstr(writer_cstr(&w), events[i].lacks));
        writer_done(&w);
    }
    arena_free(a);
}

static void run_sums(void)
{
    static struct forward_sums s;
    char name[FORWARD_REASON + 20];

    check_row("sums");
    forward_add(&s, FORWARD_IN, span_str(""), 3);
    forward_add(&s, FORWARD_IN, span_str(""), 4);
    forward_add(&s, FORWARD_LOST, span_str("x"), 0);
    CHECK(s.n == 1 && forward_sum(&s, FORWARD_IN) == 7 && forward_sum(&s, FORWARD_LOST) == 0);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "rule-%d", i);
        forward_add(&s, FORWARD_FILTERED, span_str(name), 2);
    }
    check_row("more names than there is room for");
    CHECK(s.n < FORWARD_REASONS && forward_sum(&s, FORWARD_FILTERED) == 2000);
    CHECK(!strcmp(s.v[s.n - 1].reason, "others"));
    check_row("a name that is too long is cut");
    s.n = 0;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    forward_add(&s, FORWARD_LOST, span_str(name), 1);
    CHECK(strlen(s.v[0].reason) < FORWARD_REASON);
}

static void run_names(void)
{
    uint8_t a[SEAL_ID] = {1}, b[SEAL_ID] = {2};

    check_row("the run of a run");
    CHECK(splice_run(a, "run", 7) == splice_run(a, "run", 7));
    CHECK(splice_run(a, "run", 7) != splice_run(b, "run", 7));
    CHECK(splice_run(a, "run", 7) != splice_run(a, "run", 8));
    CHECK(splice_run(a, "run", 0) != splice_run(a, "account", 0));
    CHECK(splice_run(a, "run", 7) <= INT64_MAX);
}

int main(void)
{
    CHECK(seal_init() == 0);
    run_portions();
    run_events();
    run_sums();
    run_names();
    return check_end();
}
