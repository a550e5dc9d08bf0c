/* SPDX-License-Identifier: GPL-3.0-or-later
 * What registered documents cost: making an index of many, its size, and looking documents up in it.
 *
 *   registered [DOCUMENTS [PAGES]]    default 100000 documents of 5 pages of 2500 letters and digits
 *
 * The registered documents are rows of random fingerprints, as many as that much text has; what is looked up
 * are texts of 5 pages, which have all the work of fingerprinting, and random fingerprints, which miss every
 * cache there is. */
#include "rules/print_build.h"
#include "rules/print_match.h"
#include "rules/unicode.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PAGE 2500

static uint64_t state = 42;

static uint64_t random64(void)
{
    uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* From /proc: resident memory of our own (not of mapped files) and with them, in MiB. */
static void memory(const char *what)
{
    double page = (double)sysconf(_SC_PAGESIZE) / (1 << 20);
    char line[256] = "", *end = line;
    unsigned long all, files;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f && fgets(line, sizeof(line), f)) {
        (void)strtoul(line, &end, 10);
        all = strtoul(end, &end, 10);
        files = strtoul(end, &end, 10);
        printf("  %-34s %8.1f MiB, %.1f MiB of them pages of files\n", what, (double)all * page,
               (double)files * page);
    }
    if (f)
        fclose(f);
}

/* CPU time of this process in microseconds: the machine may be busy with other things. */
static uint64_t cpu_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static double seconds(uint64_t from_us)
{
    return (double)(cpu_us() - from_us) / 1e6;
}

static void build(const char *path, const struct print_key *key, unsigned documents, size_t each)
{
    struct print_build *b = print_build_new(path, key);
    uint64_t *v = reallocarray(NULL, each, sizeof(*v)), start = cpu_us();
    struct print_build_stats st;
    struct rusage use;

    gh_check(b && v);
    for (unsigned i = 0; i < documents; i++) {
        struct print_document d = {.level = "mat", .scheme = "vn"};
        struct span same;
        char name[64];
        snprintf(name, sizeof(name), "registry/2026/document-%06u.docx", i);
        d.name = span_str(name);
        for (size_t k = 0; k < each; k++)
            v[k] = random64() >> (64 - PRINT_BITS);
        gh_check(print_build_add(b, &d, v, each, &same) == 0);
    }
    printf("  %-34s %8.1f s\n", "sorting into runs", seconds(start));
    start = cpu_us();
    gh_check(print_build_write(b, &st) == 0);
    print_build_free(b);
    free(v);
    getrusage(RUSAGE_SELF, &use);
    printf("  %-34s %8.1f s\n", "merging", seconds(start));
    printf("  %-34s %8.1f MB, %.1f bytes a fingerprint\n", "index", (double)st.bytes / 1e6,
           (double)st.bytes / (double)st.entries);
    printf("  %-34s %8.1f MiB\n", "most memory while making it", (double)use.ru_maxrss / 1024);
}

/* Text of n letters in words, folded already. */
static void make_text(struct writer *w, size_t n)
{
    writer_clear(w);
    while (n--) {
        writer_u8(w, (uint8_t)('a' + random64() % 26));
        if (random64() % 5 == 0)
            writer_u8(w, ' ');
    }
}

static void look_up_texts(const struct print_index *x, const struct print_key *key, unsigned texts,
                          size_t letters)
{
    struct arena *a = arena_new(1 << 20);
    uint64_t printing = 0, matching = 0, prints = 0, start;
    struct print_similar *list;
    struct writer w;
    size_t n, found;
    bool more;

    gh_check(a);
    writer_init(&w, 64u << 20);
    for (unsigned i = 0; i < texts; i++) {
        struct print_text t;
        const struct print *v;
        make_text(&w, letters);
        start = cpu_us();
        print_begin(&t, key, 64u << 20);
        print_feed(&t, writer_span(&w));
        v = print_end(&t, &n);
        printing += cpu_us() - start;
        start = cpu_us();
        gh_check(print_match(x, v, n, a, &list, &found, &more) == 0);
        matching += cpu_us() - start;
        prints += n;
        print_done(&t);
        arena_reset(a);
    }
    printf("  %-34s %8.1f us fingerprinting (%.1f ns a letter), %.1f us look-up (%.0f ns a fingerprint)\n",
           "a text of 5 pages", (double)printing / texts, (double)printing * 1e3 / texts / (double)letters,
           (double)matching / texts, (double)matching * 1e3 / (double)prints);
    writer_done(&w);
    arena_free(a);
}

static void look_up_random(const struct print_index *x, size_t n)
{
    uint32_t docs[PRINT_POSTINGS_MAX];
    uint64_t start = cpu_us();
    size_t hits = 0;
    bool common;

    for (size_t i = 0; i < n; i++)
        hits += print_index_find(x, random64() >> (64 - PRINT_BITS), docs, &common);
    printf("  %-34s %8.0f ns each, %zu of %zu by chance\n", "random fingerprints",
           seconds(start) * 1e9 / (double)n, hits, n);
}

int main(int argc, char **argv)
{
    unsigned long documents = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000,
                  pages = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
    size_t each = pages * PAGE * 2 / (PRINT_WINDOW + 1);
    uint8_t secret[SEAL_KEY] = {1};
    struct print_index *x = NULL;
    struct print_key *key;
    char dir[] = "/tmp/gh-bench-XXXXXX", path[64];
    int fd;

    if (!documents || !pages || documents > PRINT_DOCUMENTS_MAX || seal_init() != 0 ||
        unicode_warm_up() != 0 || !mkdtemp(dir))
        return 2;
    key = print_key_new(secret);
    gh_check(key);
    snprintf(path, sizeof(path), "%s/index", dir);
    printf("%lu documents of %lu pages, %zu fingerprints each\n", documents, pages, each);
    build(path, key, (unsigned)documents, each);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) { /* so that the first look-ups read the disk, as after a start */
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
    gh_check(print_index_open(path, key, &x) == 0);
    memory("opened");
    look_up_texts(x, key, 20, 5 * PAGE);
    memory("after 20 texts");
    look_up_texts(x, key, 1000, 5 * PAGE);
    memory("after 1000 texts");
    look_up_random(x, 1000000);
    print_index_close(x);
    print_key_free(key);
    unlink(path);
    rmdir(dir);
    return 0;
}
