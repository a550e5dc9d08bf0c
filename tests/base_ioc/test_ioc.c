/* SPDX-License-Identifier: GPL-3.0-or-later
 * Compiled lists: values as people write them, what is found and what is not, end of validity, doubles, the
 * same bytes for the same entries, and every way in which a hostile file may lie. */
#include "base/clock.h"
#include "base/ioc_build.h"
#include "base/msg.h"
#include "tests/check.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define HASH_A "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HASH_B "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B856"
#define MD5_A "d41d8cd98f00b204e9800998ecf8427e"
#define JA4_A "t13d1516h2_8daaf6152771_b186095e22b6"

static struct ioc_list *build(const char *const *values, const enum ioc_kind *kinds, const uint64_t *until,
                              size_t n, struct span *ret_bytes, uint64_t *ret_doubles)
{
    struct ioc_build *b = ioc_build_new(1u << 20);
    int fd = memfd_create("list", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct ioc_list *l = NULL;
    const char *why = NULL;

    for (size_t i = 0; i < n; i++) {
        struct ioc_entry e;
        const char *fault = ioc_entry_parse(span_str(values[i]), kinds[i], false, &e);
        check_row(values[i]);
        CHECK(!fault);
        e.until = until ? until[i] : 0;
        CHECK(ioc_build_add(b, &e) == 0);
    }
    CHECK(ioc_build_write(b, "test-list", 1700000000, fd, ret_doubles) == 0);
    ioc_build_free(b);
    msg_memfd_seal(fd);
    CHECK(msg_map(fd, 1u << 20, ret_bytes) == 0);
    CHECK(ioc_open(*ret_bytes, true, &l, &why) == 0);
    close(fd);
    return l;
}

/* ---- finding ---- */

static const char *const listed[] = {HASH_A,
                                     MD5_A,
                                     JA4_A,
                                     "192.0.2.7",
                                     "198.51.100.0/24",
                                     "198.51.100.128/25",
                                     "10.9.8.7/8",
                                     "2001:db8::1",
                                     "2001:db8:5::/48",
                                     "Evil.Example.",
                                     ".bad.example",
                                     "*.worse.example",
                                     "bücher.example",
                                     "192.0.2.7",
                                     MD5_A,
                                     "::ffff:203.0.113.0/120"};
static const enum ioc_kind listed_kind[] = {IOC_SHA256, IOC_JA3, IOC_JA4,  IOC_IP,     IOC_IP,     IOC_IP,
                                            IOC_IP,     IOC_IP,  IOC_IP,   IOC_DOMAIN, IOC_DOMAIN, IOC_DOMAIN,
                                            IOC_DOMAIN, IOC_IP,  IOC_JA3S, IOC_IP};
static const struct {
    enum ioc_kind kind;
    const char *value;
    bool found;
    const char *entry; /* NULL: the value itself */
} asked[] = {
    {IOC_SHA256, HASH_A, true, NULL},
    {IOC_SHA256, HASH_B, false, NULL},
    {IOC_JA3, MD5_A, true, NULL},
    {IOC_JA3, "d41d8cd98f00b204e9800998ecf8427f", false, NULL},
    {IOC_JA3S, MD5_A, true, NULL},
    {IOC_JA4, JA4_A, true, NULL},
    {IOC_JA4, "t13d1516h2_8daaf6152771_b186095e22b7", false, NULL},
    {IOC_IP, "192.0.2.7", true, NULL},
    {IOC_IP, "::ffff:192.0.2.7", true, NULL},
    {IOC_IP, "192.0.2.8", false, NULL},
    {IOC_IP, "198.51.100.1", true, "198.51.100.0/24"},
    {IOC_IP, "198.51.100.129", true, "198.51.100.128/25"},
    {IOC_IP, "198.51.101.0", false, NULL},
    {IOC_IP, "10.255.255.255", true, "10.0.0.0/8"},
    {IOC_IP, "11.0.0.0", false, NULL},
    {IOC_IP, "203.0.113.77", true, "203.0.113.0/24"},
    {IOC_IP, "2001:db8::1", true, NULL},
    {IOC_IP, "2001:db8:5:ffff::9", true, "2001:db8:5::/48"},
    {IOC_IP, "2001:db8:6::", false, NULL},
    {IOC_DOMAIN, "evil.example", true, NULL},
    {IOC_DOMAIN, "EVIL.EXAMPLE.", true, NULL},
    {IOC_DOMAIN, "www.evil.example", false, NULL},
    {IOC_DOMAIN, "bad.example", true, ".bad.example"},
    {IOC_DOMAIN, "a.b.Bad.Example", true, ".bad.example"},
    {IOC_DOMAIN, "notbad.example", false, NULL},
    {IOC_DOMAIN, "x.worse.example", true, ".worse.example"},
    {IOC_DOMAIN, "xn--bcher-kva.example", true, NULL},
    {IOC_DOMAIN, "BÜCHER.example", true, NULL},
    {IOC_DOMAIN, "example", false, NULL},
};

static void finding(void)
{
    uint64_t doubles = 0;
    struct span bytes;
    struct ioc_list *l = build(listed, listed_kind, NULL, GH_COUNT(listed), &bytes, &doubles);
    static struct ioc_query q;
    char text[300];
    struct writer w;
    struct ioc_hit hit;

    check_row("counts");
    CHECK_U64(doubles, 1);
    CHECK_U64(ioc_entries(l), GH_COUNT(listed) - 1);
    CHECK_U64(ioc_entries_of(l, IOC_DOMAIN), 4);
    CHECK_STR(ioc_name(l), "test-list");
    CHECK_U64(ioc_built_s(l), 1700000000);
    for (size_t i = 0; i < GH_COUNT(asked); i++) {
        check_row(asked[i].value);
        CHECK(ioc_query_parse(&q, asked[i].kind, span_str(asked[i].value)));
        CHECK(ioc_find(l, &q, 1800000000, &hit) == asked[i].found);
        writer_fixed(&w, text, sizeof(text));
        if (asked[i].found) {
            CHECK(ioc_hit_entry(&q, &hit, &w) == (asked[i].entry != NULL));
            CHECK_STR(writer_cstr(&w), asked[i].entry ? asked[i].entry : "");
        }
    }
    ioc_close(l);
    msg_unmap(bytes);
}

/* ---- values that are none ---- */

static void refused(void)
{
    static const struct {
        enum ioc_kind kind;
        const char *value;
    } rows[] = {
        {IOC_SHA256, ""},
        {IOC_SHA256, "e3b0"},
        {IOC_SHA256, "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {IOC_JA3, HASH_A},
        {IOC_JA4, "t13d1516h2-8daaf6152771_b186095e22b6"},
        {IOC_JA4, "t13d1516h2_8DAAF6152771_b186095e22b6"},
        {IOC_IP, "0.0.0.0/0"},
        {IOC_IP, "::/0"},
        {IOC_IP, "::ffff:0.0.0.0/96"},
        {IOC_IP, "1.2.3"},
        {IOC_IP, "1.2.3.4/33"},
        {IOC_IP, "1.2.3.4/"},
        {IOC_IP, "1.2.3.4/-1"},
        {IOC_IP, "2001:db8::/129"},
        {IOC_IP, "evil.example"},
        {IOC_DOMAIN, ""},
        {IOC_DOMAIN, "."},
        {IOC_DOMAIN, "*."},
        {IOC_DOMAIN, "192.0.2.300"},
        {IOC_DOMAIN, "a..b"},
        {IOC_DOMAIN, "a b"},
        {IOC_DOMAIN, "a/b"},
        {IOC_DOMAIN, "\xff\xfe.example"},
        {IOC_DOMAIN, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example"},
    };
    struct ioc_entry e;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].value);
        CHECK(ioc_entry_parse(span_str(rows[i].value), rows[i].kind, false, &e) != NULL);
    }
    check_row("names of lists");
    CHECK(ioc_name_ok(span_str("abuse.ch_ssl-1")) && !ioc_name_ok(span_str("")) &&
          !ioc_name_ok(span_str("a/b")) && !ioc_name_ok(span_str("a b")));
    check_row("kinds");
    for (int k = 0; k < IOC_KIND_COUNT; k++) {
        enum ioc_kind got;
        CHECK(ioc_kind_parse(span_str(ioc_kind_name((enum ioc_kind)k)), &got) && got == (enum ioc_kind)k);
    }
}

/* ---- end of validity ---- */

static void ending(void)
{
    static const char *const values[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3",
                                         "192.0.2.3", "192.0.2.4", "192.0.2.4"};
    static const enum ioc_kind kinds[] = {IOC_IP, IOC_IP, IOC_IP, IOC_IP, IOC_IP, IOC_IP};
    static const uint64_t until[] = {0, 1000, 1000, 2000, 1000, 0};
    static const struct {
        const char *value;
        uint64_t now;
        bool found;
    } rows[] = {{"192.0.2.1", 5000, true}, {"192.0.2.2", 1000, true}, {"192.0.2.2", 1001, false},
                {"192.0.2.2", 0, true},    {"192.0.2.3", 1500, true}, {"192.0.2.3", 2001, false},
                {"192.0.2.4", 9999, true}};
    struct span bytes;
    struct ioc_list *l = build(values, kinds, until, GH_COUNT(values), &bytes, NULL);
    static struct ioc_query q;
    struct ioc_hit hit;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].value);
        CHECK(ioc_query_parse(&q, IOC_IP, span_str(rows[i].value)));
        CHECK(ioc_find(l, &q, rows[i].now, &hit) == rows[i].found);
    }
    ioc_close(l);
    msg_unmap(bytes);
}

/* ---- hostile files ---- */

static int open_copy(const uint8_t *p, size_t n, bool whole)
{
    uint8_t *exact = malloc(n ? n : 1);
    struct ioc_list *l = NULL;
    const char *why = NULL;
    int rc;

    memcpy(exact, p, n);
    rc = ioc_open(span_of(exact, n), whole, &l, &why);
    CHECK(rc == 0 || why);
    ioc_close(l);
    free(exact);
    return rc;
}

static void hostile(void)
{
    struct span bytes;
    struct ioc_list *l = build(listed, listed_kind, NULL, GH_COUNT(listed), &bytes, NULL);
    uint8_t *copy = malloc(bytes.n + 1);

    ioc_close(l);
    check_row("every byte counts");
    for (size_t i = 0; i < bytes.n; i++) {
        memcpy(copy, bytes.p, bytes.n);
        copy[i] ^= 0x11;
        CHECK(open_copy(copy, bytes.n, true) != 0);
        (void)open_copy(copy, bytes.n, false);
    }
    check_row("cut or too long");
    for (size_t n = 0; n < bytes.n; n++)
        CHECK(open_copy(bytes.p, n, false) != 0);
    memcpy(copy, bytes.p, bytes.n);
    copy[bytes.n] = 0;
    CHECK(open_copy(copy, bytes.n + 1, false) != 0);
    free(copy);
    msg_unmap(bytes);
}

static void ceiling(void)
{
    struct ioc_build *b = ioc_build_new(36 * 300);
    struct ioc_entry e = {.cls = IOC_C_SHA256};
    int rc = 0;
    size_t n = 0;

    check_row("ceiling");
    while (n < 1000 && (rc = ioc_build_add(b, &e)) == 0)
        n++;
    CHECK(rc == ST_LIMIT);
    CHECK_U64(n, 300);
    ioc_build_free(b);
}

/* ---- many ---- */

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put_value(enum ioc_kind kind, uint64_t *x, char *out, size_t cap)
{
    uint64_t r = next_random(x);

    if (kind == IOC_IP)
        snprintf(out, cap, "%u.%u.%u.%u", (unsigned)(r >> 24 & 255), (unsigned)(r >> 16 & 255),
                 (unsigned)(r >> 8 & 255), (unsigned)(r & 255));
    else if (kind == IOC_DOMAIN)
        snprintf(out, cap, "h%llx.d%x.example", (unsigned long long)(r >> 20), (unsigned)(r & 0xfffff));
    else
        snprintf(out, cap, "%016llx%016llx%016llx%016llx", (unsigned long long)r,
                 (unsigned long long)next_random(x), (unsigned long long)next_random(x),
                 (unsigned long long)next_random(x));
}

/* n entries of one kind: all are found again, none of as many others is; prints bytes and costs. */
static void many(enum ioc_kind kind, size_t n)
{
    struct ioc_build *b = ioc_build_new(1ull << 30);
    int fd = memfd_create("list", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    uint64_t x = 88172645463325252ull, doubles = 0;
    static struct ioc_query q;
    struct span bytes = {NULL, 0};
    struct ioc_list *l = NULL;
    const char *why = NULL;
    size_t missed = 0, wrong = 0, found = 0;
    struct ioc_hit hit;
    double start = cpu_s(), made, looked;
    char text[80];

    check_row(ioc_kind_name(kind));
    for (size_t i = 0; i < n; i++) {
        struct ioc_entry e;
        put_value(kind, &x, text, sizeof(text));
        CHECK(ioc_entry_parse(span_str(text), kind, false, &e) == NULL);
        CHECK(ioc_build_add(b, &e) == 0);
    }
    CHECK(ioc_build_write(b, "many", 0, fd, &doubles) == 0);
    ioc_build_free(b);
    made = cpu_s() - start;
    msg_memfd_seal(fd);
    CHECK(msg_map(fd, 1u << 30, &bytes) == 0);
    CHECK(ioc_open(bytes, true, &l, &why) == 0);
    CHECK_U64(ioc_entries(l) + doubles, n);
    x = 88172645463325252ull;
    for (size_t i = 0; i < n; i++) {
        put_value(kind, &x, text, sizeof(text));
        missed += !ioc_query_parse(&q, kind, span_str(text)) || !ioc_find(l, &q, 1, &hit);
    }
    CHECK_U64(missed, 0);
    for (size_t i = 0; i < 1000; i++) { /* x goes on: other values */
        put_value(kind, &x, text, sizeof(text));
        wrong += ioc_query_parse(&q, kind, span_str(text)) && ioc_find(l, &q, 1, &hit);
    }
    if (kind != IOC_IP) /* some of a thousand random addresses are in the list */
        CHECK_U64(wrong, 0);
    CHECK(ioc_query_parse(&q, kind, span_str(text)));
    start = cpu_s();
    for (size_t i = 0; i < n; i++) {
        if (kind == IOC_DOMAIN)
            memcpy(q.hash[0], &i, sizeof(i));
        else
            memcpy(q.key, &x, sizeof(x));
        next_random(&x);
        found += ioc_find(l, &q, 1, &hit);
    }
    looked = cpu_s() - start;
    printf("%s: %zu entries, %.1f MiB per million, made in %.2f s, %.0f ns a lookup (%zu found)\n",
           ioc_kind_name(kind), n, (double)bytes.n / (double)n * 1e6 / 1048576, made,
           looked * 1e9 / (double)n, found);
    ioc_close(l);
    msg_unmap(bytes);
    close(fd);
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;

    finding();
    refused();
    ending();
    hostile();
    ceiling();
    many(IOC_SHA256, n);
    many(IOC_IP, n);
    many(IOC_DOMAIN, n);
    return check_end();
}
