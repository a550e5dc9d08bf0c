/* SPDX-License-Identifier: GPL-3.0-or-later
 * Lists as people and feeds write them: how many entries, values of other kinds and faults each file has, in
 * whatever pieces it comes; which line a fault is on; what is then found. */
#include "base/msg.h"
#include "sensor/lists/load.h"
#include "tests/check.h"

#include <sys/mman.h>
#include <unistd.h>

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define MD5 "b386946a5a44d1ddcc843bc75336dfce"
#define JA4 "t13d1516h2_8daaf6152771_b186095e22b6"

struct row {
    const char *name, *text;
    struct text_options opt;
    uint64_t entries, other, faults;
    uint64_t line;     /* of the first fault */
    const char *found; /* kind:value that must be there then, or NULL */
};
static const struct row rows[] = {
    {"nothing", "", {0}, 0, 0, 0, 0, NULL},
    {"comments", "# a\n; b\n// c\n! d\n\n   \n", {0}, 0, 0, 0, 0, NULL},
    {"one of each",
     SHA "\n192.0.2.1\n10.0.0.0/8\nevil.example\n" JA4 "\n2001:db8::/32\n",
     {0},
     6,
     0,
     0,
     0,
     "ip:10.1.2.3"},
    {"no line end, CR LF, BOM",
     "\xef\xbb\xbf"
     "evil.example\r\nbad.example",
     {0},
     2,
     0,
     0,
     0,
     "domain:bad.example"},
    {"comments behind values", "192.0.2.0/24 ; SBL1\nevil.example # x\n", {0}, 2, 0, 0, 0, "ip:192.0.2.77"},
    {"defanged",
     "evil[.]example\n192.0.2[.]1\nhxxps://x[.]example/a\nbad(dot)example\n",
     {0},
     3,
     1,
     0,
     0,
     "domain:bad.example"},
    {"hosts file",
     "127.0.0.1 localhost\n::1 ip6-localhost\n0.0.0.0 a.example b.example # c\n",
     {0},
     2,
     0,
     0,
     0,
     "domain:b.example"},
    {"sha256sum", SHA "  some file.doc\n" SHA " *b\n", {0}, 2, 0, 0, 0, "sha256:" SHA},
    {"block list", "||ads.example^\n||x.example^$third-party\n", {0}, 2, 0, 0, 0, "domain:www.ads.example"},
    {"address and port", "192.0.2.1:443\n[2001:db8::1]:80\n", {0}, 2, 0, 0, 0, "ip:2001:db8::1"},
    {"other kinds",
     "a@b.example\nda39a3ee5e6b4b0d3255bfef95601890afd80709\nhttp://x.example/\n",
     {0},
     0,
     3,
     0,
     0,
     NULL},
    {"hosts of URLs",
     "http://u:p@x.example:80/a?b\nhttps://192.0.2.9/\n",
     {.url_hosts = true},
     2,
     0,
     0,
     0,
     "ip:192.0.2.9"},
    {"kind by setting", "#! kind ja3\n" MD5 "\n", {0}, 1, 0, 0, 0, "ja3:" MD5},
    {"kind by option", MD5 "\n", {.kind_given = true, .kind = IOC_JA3S}, 1, 0, 0, 0, "ja3s:" MD5},
    {"32 digits may be anything", "192.0.2.1\n" MD5 "\n", {0}, 1, 0, 1, 2, NULL},
    {"subdomains", "#! subdomains yes\nevil.example\n", {0}, 1, 0, 0, 0, "domain:a.evil.example"},
    {"settings that are none",
     "#! kind md5\n#! until tomorrow\n#! name a/b\n#! subdomains\n#! colour red\n",
     {0},
     0,
     0,
     5,
     1,
     NULL},
    {"words", "evil.example bad.example\n", {0}, 0, 0, 1, 1, NULL},
    {"no value", "nonsense\n192.0.2.300\n1.2.3.4/0\n", {0}, 0, 0, 3, 1, NULL},
    {"a wrong kind", "evil.example\n", {.kind_given = true, .kind = IOC_SHA256}, 0, 0, 1, 1, NULL},
    {"abuse.ch Feodo",
     "# x, y\n\"first_seen_utc\",\"dst_ip\",\"dst_port\"\n\"2021-05-16 "
     "19:49:33\",\"198.51.100.235\",\"443\"\n",
     {0},
     1,
     0,
     0,
     0,
     "ip:198.51.100.235"},
    {"abuse.ch JA3",
     "# JA3\n# ja3_md5,Firstseen,Lastseen,Listingreason\n" MD5 ",2017-07-14 18:08:15,2019-07-27 20:42:54,A\n",
     {0},
     1,
     0,
     0,
     0,
     "ja3:" MD5},
    {"abuse.ch URLhaus",
     "# id,dateadded,url,url_status\n\"1\",\"2020\",\"http://x.example/a,b\",\"online\"\n",
     {0},
     0,
     1,
     0,
     0,
     NULL},
    {"abuse.ch hashes",
     "# \"first_seen_utc\",\"sha256_hash\",\"md5_hash\"\n\"2020\", \"" SHA "\", \"" MD5 "\"\n",
     {0},
     1,
     0,
     0,
     0,
     "sha256:" SHA},
    {"MISP",
     "uuid,event_id,category,type,value,comment\na,1,Network,ip-dst,192.0.2.9,\na,1,Network,ip-dst|port,192."
     "0.2.10:443,\n"
     "a,1,Network,domain,misp.example,\"a, \"\"b\"\"\"\na,1,P,md5," MD5 ",\na,1,P,sha256," SHA
     ",\na,1,N,url,http://a.example/,\n"
     "a,1,N,ja3-fingerprint-md5," MD5 ",\n",
     {0},
     5,
     2,
     0,
     0,
     "ja3:" MD5},
    {"OTX",
     "Indicator type,Indicator,Description\nIPv4,192.0.2.9,\nhostname,h.example,\nFileHash-SHA256," SHA
     ",\nCVE,CVE-2020-1,\nCIDR,10.0.0.0/8,\n",
     {0},
     4,
     1,
     0,
     0,
     "domain:h.example"},
    {"until",
     "ip,until\n192.0.2.1,2001-01-01\n192.0.2.2,2099-12-31T10:00:00Z\n192.0.2.3,\n",
     {0},
     3,
     0,
     0,
     0,
     "ip:192.0.2.2"},
    {"until that is none", "ip,until\n192.0.2.1,soon\n", {0}, 1, 0, 1, 2, NULL},
    {"a table without names", "192.0.2.1,a,b\n", {0}, 0, 0, 1, 1, NULL},
    {"a value is no name of a column", "domain,evil.example\n", {0}, 0, 0, 1, 1, NULL},
    {"prose with commas is no table",
     "# this list has ip, domain and url\nevil.example\n",
     {0},
     1,
     0,
     0,
     0,
     "domain:evil.example"},
};

static uint64_t first_line;

static void on_fault(void *arg, uint64_t line, struct span value, const char *reason)
{
    (void)arg;
    (void)value;
    CHECK(*reason);
    if (!first_line)
        first_line = line;
}

static void check_found(struct ioc_build *b, const char *found)
{
    static struct ioc_query q;
    const char *colon = strchr(found, ':'), *why = NULL;
    int fd = memfd_create("list", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct ioc_list *l = NULL;
    struct span bytes;
    enum ioc_kind kind;
    struct ioc_hit hit;

    CHECK(ioc_build_write(b, "x", 0, fd, NULL) == 0);
    msg_memfd_seal(fd);
    CHECK(msg_map(fd, 1 << 20, &bytes) == 0);
    CHECK(ioc_open(bytes, true, &l, &why) == 0);
    CHECK(ioc_kind_parse(span_of(found, (size_t)(colon - found)), &kind));
    CHECK(ioc_query_parse(&q, kind, span_str(colon + 1)));
    CHECK(ioc_find(l, &q, 1700000000, &hit));
    ioc_close(l);
    msg_unmap(bytes);
    close(fd);
}

static void run_row(const struct row *r, size_t piece)
{
    struct ioc_build *b = ioc_build_new(1 << 20);
    struct text *t = text_new(&r->opt, b, on_fault, NULL);
    struct span text = span_str(r->text);

    check_row(r->name);
    first_line = 0;
    for (size_t at = 0; at < text.n; at += piece)
        CHECK(text_feed(t, span_part(text, at, piece)) == 0);
    CHECK(text_end(t) == 0);
    CHECK_U64(text_counts(t)->entries, r->entries);
    CHECK_U64(text_counts(t)->other, r->other);
    CHECK_U64(text_counts(t)->faults, r->faults);
    CHECK_U64(first_line, r->line);
    CHECK_U64(ioc_build_added(b), r->entries);
    if (r->found)
        check_found(b, r->found);
    text_free(t);
    ioc_build_free(b);
}

static void times(void)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t want;
    } t[] = {{"", true, 0},
             {"1767225600", true, 1767225600},
             {"2026-01-01", true, 1767311999},
             {"2026-01-01 00:00:00", true, 1767225600},
             {"2026-01-01T00:00:00Z", true, 1767225600},
             {"2026-13-01", false, 0},
             {"2026-01-01T00:00", false, 0},
             {"2026-01-01 00:00:00 CET", false, 0},
             {"soon", false, 0}};
    uint64_t got;

    for (size_t i = 0; i < GH_COUNT(t); i++) {
        check_row(t[i].text);
        CHECK(text_until(span_str(t[i].text), &got) == t[i].good);
        if (t[i].good)
            CHECK_U64(got, t[i].want);
    }
}

/* ---- whole files ---- */

static int said;

static void on_say(void *arg, const char *line)
{
    (void)arg;
    CHECK(*line);
    said++;
}

static int load(const char *file, struct span text, bool lenient, uint64_t memory_max, struct load_result *r)
{
    const struct load_options opt = {.memory_max = memory_max, .lenient = lenient, .say = on_say};
    int fd = msg_memfd("file", text), rc;

    said = 0;
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    rc = load_file(fd, file, &opt, r);
    close(fd);
    return rc;
}

static void files(void)
{
    struct load_result r, again;
    struct writer many;
    struct span bytes;

    check_row("one faulty line");
    CHECK(load("/x/feed.txt", span_str("192.0.2.1\n\nbad\n"), false, 1 << 20, &r) == ST_MALFORMED &&
          r.fd < 0);
    CHECK(strstr(r.reason, "/x/feed.txt:3: ") == r.reason);
    CHECK_U64(said, 1);
    CHECK(load("/x/feed.txt", span_str("192.0.2.1\n\nbad\n"), true, 1 << 20, &r) == 0);
    CHECK_STR(r.name, "feed");
    close(r.fd);
    check_row("faults are not said without end");
    writer_init(&many, 1 << 20);
    for (int i = 0; i < 1000; i++)
        writer_str(&many, "bad\n");
    CHECK(load("x.txt", writer_span(&many), false, 1 << 20, &r) == ST_MALFORMED);
    CHECK_U64(said, LOAD_FAULTS_SHOWN + 1);
    CHECK_U64(r.counts.faults, 1000);
    check_row("nothing of use");
    CHECK(load("x.txt", span_str("a@b.example\n"), false, 1 << 20, &r) == ST_MALFORMED);
    check_row("too large");
    writer_clear(&many);
    for (int i = 0; i < 1000; i++)
        writer_printf(&many, "10.0.%d.%d\n", i >> 8, i & 255);
    CHECK(load("x.txt", writer_span(&many), false, 4000, &r) == ST_LIMIT && r.fd < 0);
    check_row("no name");
    CHECK(load("a b.txt", span_str("192.0.2.1\n"), false, 1 << 20, &r) == ST_MALFORMED);
    check_row("compiled");
    CHECK(load("x.txt", writer_span(&many), false, 1 << 20, &r) == 0);
    CHECK(msg_map(r.fd, 1 << 20, &bytes) == 0);
    CHECK(load("other.ioc", bytes, false, 1 << 20, &again) == 0);
    CHECK(again.compiled && again.counts.entries == 1000);
    CHECK_STR(again.name, "x");
    close(again.fd);
    CHECK(load("other.ioc", span_part(bytes, 0, bytes.n - 1), false, 1 << 20, &again) == ST_MALFORMED);
    CHECK(load("other.ioc", bytes, false, 1000, &again) == ST_LIMIT);
    msg_unmap(bytes);
    close(r.fd);
    writer_done(&many);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        run_row(&rows[i], 1);
        run_row(&rows[i], 7);
        run_row(&rows[i], 100000);
    }
    times();
    files();
    return check_end();
}
