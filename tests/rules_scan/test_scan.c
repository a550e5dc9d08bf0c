/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-scan as its keeper and its core see it: findings, order, back-pressure, deaths of workers, stopping. */
#include "base/clock.h"
#include "base/digest.h"
#include "tests/check.h"
#include "tests/rules_scan/scan_client.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000

static const char secret[] = "BỘ NGOẠI GIAO\nTỐI MẬT\nSố: 12/BC-BNG\nKính gửi: Lãnh đạo Bộ\n";

/* A rule that libyara is slow with, so that any document of many 'a' holds its worker for as long as a test
 * needs. */
static char slow_dir[] = "/tmp/gh-test-rules-XXXXXX";
static char slow_set[64];

static void make_slow_rules(void)
{
    char path[128];
    FILE *f;

    gh_check(mkdtemp(slow_dir));
    gh_check(chmod(slow_dir, 0755) == 0);
    snprintf(path, sizeof(path), "%s/slow.yar", slow_dir);
    f = fopen(path, "w");
    gh_check(f);
    fputs("rule slow { strings: $a = /(a|aa|aaa)+b/ condition: $a }\n", f);
    gh_check(fclose(f) == 0);
    snprintf(slow_set, sizeof(slow_set), "scan.rules=%s", slow_dir);
}

static void remove_slow_rules(void)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/slow.yar", slow_dir);
    unlink(path);
    rmdir(slow_dir);
}

static struct span slow_document(void)
{
    static uint8_t bytes[12 << 20];
    memset(bytes, 'a', sizeof(bytes));
    return span_of(bytes, sizeof(bytes));
}

static void start(struct scan_client *c, const char *const *sets)
{
    int status;
    bool good = scan_start(c, sets, &status);
    CHECK(good);
    if (!good)
        exit(check_end());
}

static bool says(const struct scan_answer *a, const char *text)
{
    bool found = strstr(a->json, text) != NULL;
    if (!found)
        fprintf(stderr, "not in the answer: %s\n  %.600s\n", text, a->json);
    return found;
}

static void expect(struct scan_client *c, uint64_t id, const char *one, const char *two)
{
    struct scan_answer a;
    bool got = scan_receive(c, &a, WAIT_MS);

    CHECK(got);
    if (!got)
        return;
    CHECK_U64(a.id, id);
    CHECK(says(&a, one));
    CHECK(!two || says(&a, two));
    free(a.json);
}

static void finish(struct scan_client *c)
{
    int status = scan_stop(c);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_findings(void)
{
    static const char *const sets[] = {NULL};
    struct scan_client c;
    pid_t pids[4];

    check_row("findings");
    start(&c, sets);
    CHECK_U64(scan_workers(&c, pids, 4), 0); /* nobody is forked before there is work */
    scan_send(&c, 77, false, "công văn.txt", span_str(secret));
    expect(&c, 77, "\"level\":\"toi_mat\"", "\"rule\":\"vn_toi_mat\"");
    scan_send(&c, 78, true, "", span_str("nothing to see\n"));
    expect(&c, 78, "\"level\":\"none\"", "\"text\":\"nothing to see");
    scan_send(&c, 79, false, "empty", span_str(""));
    expect(&c, 79, "\"size\":0", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    finish(&c);
}

static void test_long_findings(void)
{
    static const char *const sets[] = {NULL};
    struct scan_client c;
    struct scan_answer a;
    struct writer w;
    bool got;

    check_row("findings longer than a message");
    writer_init(&w, 1 << 20);
    for (int i = 0; i < 40000; i++)
        writer_printf(&w, "word%d ", i);
    start(&c, sets);
    scan_send(&c, 1, true, "long.txt", writer_span(&w));
    got = scan_receive(&c, &a, WAIT_MS);
    CHECK(got);
    if (got) {
        CHECK(a.by_file);
        CHECK(says(&a, "word39999"));
        free(a.json);
    }
    finish(&c);
    writer_done(&w);
}

static void test_many(const char *queue, const char *documents)
{
    const char *const sets[] = {queue, documents, "scan.workers=3", NULL};
    bool seen[200] = {false};
    struct scan_client c;
    struct scan_answer a;
    char text[64];

    check_row(queue);
    start(&c, sets);
    for (uint64_t i = 0; i < GH_COUNT(seen); i++) {
        snprintf(text, sizeof(text), "document %d\n%s", (int)i, i % 7 ? "" : "TLP:RED\n");
        scan_send(&c, i, false, "n.txt", span_str(text));
    }
    for (size_t i = 0; i < GH_COUNT(seen); i++) {
        bool got = scan_receive(&c, &a, WAIT_MS);
        CHECK(got);
        if (!got)
            break;
        CHECK(a.id < GH_COUNT(seen) && !seen[a.id]);
        if (a.id < GH_COUNT(seen))
            seen[a.id] = true;
        CHECK((strstr(a.json, "\"rule\":\"tlp_label\"") != NULL) == (a.id % 7 == 0));
        CHECK(says(&a, "\"read\":\"full\""));
        free(a.json);
    }
    for (size_t i = 0; i < GH_COUNT(seen); i++)
        CHECK(seen[i]);
    scan_notes(&c, 1500);
    CHECK(strstr(c.note, "\"documents\":200"));
    finish(&c);
}

/* Memory of a process in MiB, 0 when it cannot be seen. */
static unsigned long resident_mib(pid_t pid)
{
    char path[64], line[256] = "", *second;
    unsigned long pages;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    f = fopen(path, "r");
    if (f && !fgets(line, sizeof(line), f))
        line[0] = 0;
    if (f)
        fclose(f);
    (void)strtoul(line, &second, 10); /* all that is mapped */
    pages = strtoul(second, NULL, 10);
    return pages * (unsigned long)sysconf(_SC_PAGESIZE) >> 20;
}

/* A core that takes no answers: nothing is lost, and the supervisor does not hoard. */
static void test_slow_core(void)
{
    static const char *const sets[] = {"scan.workers=2", NULL};
    enum { DOCUMENTS = 600 };
    static bool seen[DOCUMENTS];
    struct scan_client c;
    struct writer w;
    unsigned long before, after;

    check_row("a core that does not take its answers");
    writer_init(&w, 1 << 20);
    while (w.n < 100000)
        writer_str(&w, "one line of text\n");
    start(&c, sets);
    before = resident_mib(c.pid);
    for (uint64_t i = 0; i < DOCUMENTS; i++) {
        scan_send(&c, i, true, "n.txt", writer_span(&w));
        (void)msg_flush(c.core);
    }
    for (int i = 0; i < 100; i++) { /* the answers together are 60 MB */
        usleep(10000);
        (void)msg_flush(c.core);
    }
    after = resident_mib(c.pid);
#ifdef GH_SANITIZE
    after = before; /* freed memory is held back there */
#endif
    CHECK(after < before + 48);
    for (int i = 0; i < DOCUMENTS; i++) {
        struct scan_answer a;
        bool got = scan_receive(&c, &a, WAIT_MS);
        CHECK(got);
        if (!got)
            break;
        CHECK(a.id < DOCUMENTS && !seen[a.id]);
        seen[a.id % DOCUMENTS] = true;
        free(a.json);
    }
    finish(&c);
    writer_done(&w);
}

static void test_replacement(void)
{
    static const char *const sets[] = {"scan.workers=1", "scan.worker_documents=3", NULL};
    struct scan_client c;

    check_row("replaced after worker_documents");
    start(&c, sets);
    for (uint64_t i = 0; i < 10; i++)
        scan_send(&c, i, false, "n.txt", span_str("x\n"));
    for (uint64_t i = 0; i < 10; i++) {
        struct scan_answer a;
        CHECK(scan_receive(&c, &a, WAIT_MS));
        free(a.json);
    }
    scan_notes(&c, 1500);
    CHECK(strstr(c.note, "\"workers_started\":4")); /* 3 + 3 + 3 + 1 */
    finish(&c);
}

static void test_timeout(void)
{
    const char *const sets[] = {slow_set, "scan.workers=1", "scan.timeout=400ms", NULL};
    struct scan_client c;
    uint64_t begin;

    check_row("too slow");
    start(&c, sets);
    begin = clock_mono_ms();
    scan_send(&c, 1, false, "slow.txt", slow_document());
    scan_send(&c, 2, false, "after.txt", span_str("after\n"));
    expect(&c, 1, "\"unread_reason\":\"timeout\"", NULL);
    CHECK(clock_mono_ms() - begin < 10000);
    expect(&c, 2, "\"read\":\"full\"", NULL);
    finish(&c);
}

static void test_killed(void)
{
    const char *const sets[] = {slow_set, "scan.workers=1", "scan.timeout=30s", NULL};
    struct scan_client c;
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    pid_t first, second;

    check_row("worker killed over its first document");
    digest_sha256(slow_document().p, slow_document().n, hash);
    digest_hex(hash, sizeof(hash), hex);
    start(&c, sets);
    scan_send(&c, 1, false, "slow.txt", slow_document());
    scan_send(&c, 2, false, "after.txt", span_str("after\n"));
    first = scan_await_worker(&c, 0);
    usleep(100000);
    kill(first, SIGKILL);
    expect(&c, 1, "\"unread_reason\":\"crash\"", hex);
    expect(&c, 2, "\"read\":\"full\"", NULL);

    check_row("worker killed over a later document: a fresh one reads it again");
    first = scan_await_worker(&c, 0);
    scan_send(&c, 3, false, "slow.txt", slow_document());
    usleep(100000);
    kill(first, SIGKILL);
    second = scan_await_worker(&c, first);
    usleep(100000);
    kill(second, SIGKILL);
    expect(&c, 3, "\"unread_reason\":\"crash\"", "\"read\":\"none\"");
    finish(&c);
}

static size_t open_files(pid_t pid)
{
    char path[64];
    size_t n = 0;
    DIR *d;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    d = opendir(path);
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n; /* 0: only root may look */
}

static void test_no_leak(void)
{
    const char *const sets[] = {slow_set, "scan.workers=2", "scan.worker_documents=5", "scan.timeout=300ms",
                                NULL};
    struct scan_client c;
    size_t before = 0;

    check_row("descriptors do not grow with documents and deaths");
    start(&c, sets);
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < 22; i++) {
            struct scan_answer a;
            scan_send(&c, i, false, "x", i == 11 ? slow_document() : span_str("x\n"));
            CHECK(scan_receive(&c, &a, WAIT_MS));
            free(a.json);
        }
        usleep(50000);
        if (round == 0)
            before = open_files(c.pid);
    }
    CHECK(open_files(c.pid) <= before + 1); /* one more or less worker at that moment */
    finish(&c);
}

static void test_supervisor_killed(void)
{
    const char *const sets[] = {slow_set, "scan.timeout=60s", NULL};
    struct scan_client c;
    pid_t worker;
    int tries = 0;

    check_row("workers do not outlive the supervisor");
    start(&c, sets);
    scan_send(&c, 1, false, "slow.txt", slow_document());
    worker = scan_await_worker(&c, 0);
    usleep(100000);
    kill(c.pid, SIGKILL);
    CHECK(scan_closed(&c, WAIT_MS));
    (void)scan_wait(&c, 5000);
    while (kill(worker, 0) == 0 && tries++ < 500)
        usleep(10000);
    CHECK(kill(worker, 0) != 0);
}

static void test_rule_level(void)
{
    char path[128], set[64];
    const char *const sets[] = {set, NULL};
    struct scan_client c;
    FILE *f;

    check_row("a site's rule states a level");
    snprintf(path, sizeof(path), "%s/level.yar", slow_dir);
    snprintf(set, sizeof(set), "%s", slow_set);
    f = fopen(path, "w");
    gh_check(f);
    fputs("rule plan { meta: scan = \"text\" level = \"toi_mat\" scheme = \"vn\" strings: $a = \"Kế hoạch "
          "Sao Mai\" "
          "condition: $a }\n",
          f);
    gh_check(fclose(f) == 0);
    start(&c, sets);
    unlink(path);
    scan_send(&c, 1, false, "n.txt", span_str("về KẾ  HOẠCH\nsao mai\n"));
    expect(&c, 1, "\"level\":\"toi_mat\",\"level_source\":\"rule\"", "\"scheme\":\"vn\"");
    finish(&c);
}

static void test_stop_in_order(void)
{
    const char *const sets[] = {slow_set, "scan.workers=1", "scan.timeout=1s", NULL};
    struct scan_client c;
    pid_t pid;
    int status;

    check_row("stop finishes what was taken on");
    start(&c, sets);
    scan_send(&c, 5, false, "slow.txt", slow_document());
    pid = scan_await_worker(&c, 0);
    scan_send_stop(&c);
    expect(&c, 5, "\"read\":", "\"sha256\"");
    status = scan_wait(&c, 10000);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(kill(pid, 0) != 0); /* no worker is left behind */
}

static void test_core_back(void)
{
    const char *const sets[] = {slow_set, "scan.workers=1", "scan.timeout=1s", NULL};
    struct scan_client c;

    check_row("another core: the old one's answers are not its");
    start(&c, sets);
    scan_send(&c, 1, false, "slow.txt", slow_document());
    scan_send(&c, 2, false, "queued.txt", span_str("x\n"));
    gh_check(msg_flush(c.core) == 0);
    usleep(100000);
    scan_connect(&c);
    scan_send(&c, 900, false, "new.txt", span_str("new\n"));
    expect(&c, 900, "\"read\":\"full\"", NULL);
    finish(&c);
}

static void test_nonsense(void)
{
    static const char *const sets[] = {NULL};
    static const uint8_t lying[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 50, 0, 'x'};
    static const uint8_t good[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 'x'};
    struct scan_client c;
    int fd;

    check_row("a name longer than the message");
    start(&c, sets);
    scan_send_raw(&c, span_of(lying, sizeof(lying)), msg_memfd("d", span_str("x")));
    CHECK(scan_closed(&c, WAIT_MS));
    check_row("a file that is not sealed");
    scan_connect(&c);
    fd = memfd_create("open", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1);
    scan_send_raw(&c, span_of(good, sizeof(good)), fd);
    CHECK(scan_closed(&c, WAIT_MS));
    check_row("and it goes on with the next core");
    scan_connect(&c);
    scan_send(&c, 3, false, "x", span_str("x\n"));
    expect(&c, 3, "\"read\":\"full\"", NULL);
    finish(&c);
}

static void test_too_large(void)
{
    static const char *const sets[] = {"scan.document_max=1M", NULL};
    struct scan_client c;

    check_row("larger than document_max");
    start(&c, sets);
    scan_send(&c, 1, false, "big.bin", slow_document());
    expect(&c, 1, "\"unread_reason\":\"too_large\"", "\"size\":12582912");
    finish(&c);
}

/* A page that a PDF reader needs hundreds of megabytes for: its lines overlap, and each letter is an object.
 */
static struct span hungry_document(struct writer *w)
{
    struct writer page;

    writer_init(&page, 8 << 20);
    writer_str(&page, "BT /F1 6 Tf ");
    for (unsigned i = 0; i < 60000; i++)
        writer_printf(&page, "1 0 0 1 %u %u Tm(abcdefghijabcdefghij)Tj ", i % 590, i / 590 % 840);
    writer_str(&page, " ET");
    writer_init(w, 8 << 20);
    writer_str(w, "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
                  "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
                  "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
                  "/Resources<</Font<</F1 5 0 R>>>>>>\nendobj\n");
    writer_printf(w, "4 0 obj\n<</Length %zu>>\nstream\n", page.n);
    writer_put(w, writer_span(&page));
    writer_str(w, "\nendstream\nendobj\n5 0 obj\n<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>\nendobj\n"
                  "trailer<</Root 1 0 R/Size 6>>\n%%EOF\n");
    gh_check(writer_ok(w) && writer_ok(&page));
    writer_done(&page);
    return writer_span(w);
}

static void test_memory(void)
{
    static const char *const sets[] = {"scan.workers=1", "scan.worker_memory=64M", "scan.timeout=60s", NULL};
    struct scan_client c;
    struct writer w;

    check_row("more memory than worker_memory");
#ifdef GH_SANITIZE
    printf("sanitized builds have no memory ceiling: not tested\n");
    return;
#endif
    start(&c, sets);
    scan_send(&c, 1, false, "hungry.pdf", hungry_document(&w));
    scan_send(&c, 2, false, "after.txt", span_str("after\n"));
    expect(&c, 1, "\"unread_reason\":\"too_large\"", "\"read\":\"none\"");
    expect(&c, 2, "\"read\":\"full\"", NULL);
    finish(&c);
    writer_done(&w);
}

static void test_refusals(void)
{
    static const struct {
        const char *set;
    } rows[] = {{"scan.rules=/nonexistent/rules"}, {"scan.nonsense=1"}, {"node.log_level=loud"}};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const char *const sets[] = {rows[i].set, NULL};
        struct scan_client c;
        int status = 0;
        check_row(rows[i].set);
        CHECK(!scan_start(&c, sets, &status));
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    }
}

static uint64_t children_cpu_us(void)
{
    struct rusage r;

    getrusage(RUSAGE_CHILDREN, &r);
    return (uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

/* `gatehouse inspect` starts a gh-scan for each capture: what an idle one costs, start to end. Processor
 * time, so that a busy machine does not fail it. */
static void test_idle_start(void)
{
    static const char *const sets[] = {NULL};
    uint64_t wall = UINT64_MAX, cpu = UINT64_MAX;

    check_row("idle start");
    for (int i = 0; i < 5; i++) {
        uint64_t begin = clock_mono_us(), used = children_cpu_us(), took;
        struct scan_client c;
        start(&c, sets);
        took = clock_mono_us() - begin;
        wall = took < wall ? took : wall;
        finish(&c);
        used = children_cpu_us() - used;
        cpu = used < cpu ? used : cpu;
    }
    printf("idle start: READY after %.1f ms, %.1f ms of processor time in all\n", (double)wall / 1000,
           (double)cpu / 1000);
#ifndef GH_SANITIZE
    CHECK(cpu < 150000);
#endif
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    make_slow_rules();
    test_findings();
    test_long_findings();
    test_many("scan.queue=256", "scan.worker_documents=1000");
    test_many("scan.queue=4", "scan.worker_documents=7");
    test_slow_core();
    test_replacement();
    test_timeout();
    test_killed();
    test_no_leak();
    test_supervisor_killed();
    test_rule_level();
    test_stop_in_order();
    test_core_back();
    test_nonsense();
    test_too_large();
    test_memory();
    test_refusals();
    test_idle_start();
    remove_slow_rules();
    return check_end();
}
