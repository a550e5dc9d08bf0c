/* SPDX-License-Identifier: GPL-3.0-or-later
 * The common corpus, read in place: every document gets an honest answer within its bounds; the marked ones
 * get their level. */
#include "tests/rules_extract/examine.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CPU_MAX_S 15 /* processor time: a busy machine must not fail it */

static struct span map_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    struct span s = {NULL, 0};
    void *p;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        if (fd >= 0)
            close(fd);
        return s;
    }
    p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    return p == MAP_FAILED ? s : span_of(p, (size_t)st.st_size);
}

static void honest(const struct json *j)
{
    bool full = strcmp(json_text(j, "read"), "full") == 0;

    CHECK(full == (json_get(j, "unread_reason") == NULL));
    CHECK(strchr(json_text(j, "mime"), '/') != NULL);
    json_each(m, json_get(j, "members"))
    {
        CHECK(!full || strcmp(json_text(m, "read"), "full") == 0);
        honest(m);
    }
}

static struct examined examine_file(const char *dir, const char *name)
{
    char path[1024];
    struct span in;
    struct examined e;
    clock_t start = clock();

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    in = map_file(path);
    check_row(name);
    e = examine(in, name, NULL);
    if (e.json)
        honest(e.json);
#ifndef GH_SANITIZE
    CHECK((clock() - start) / CLOCKS_PER_SEC < CPU_MAX_S);
#else
    (void)start;
#endif
    if (in.n)
        munmap((void *)(uintptr_t)in.p, in.n);
    return e;
}

static void all_of(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;

    while (d && (entry = readdir(d)))
        if (entry->d_name[0] != '.') {
            struct examined e = examine_file(dir, entry->d_name);
            examine_done(&e);
        }
    if (d)
        closedir(d);
}

/* truth.jsonl: one object a line with "file" and "level". Scans need a text recogniser, which not every build
 * has. */
static void marked(const char *dir)
{
    char path[1024];
    struct reader r;
    struct span line, truth;
    struct arena *a = arena_new(16 << 20);
    struct json *row;

    snprintf(path, sizeof(path), "%s/truth.jsonl", dir);
    truth = map_file(path);
    r = reader_span(truth);
    while (reader_line(&r, &line)) {
        struct examined e;
        if (json_parse(a, line, 16, &row, NULL) != 0)
            continue;
        e = examine_file(dir, json_text(row, "file"));
        if (strcmp(json_text(row, "encoding"), "image") != 0 || strcmp(json_text(row, "level"), "none") == 0)
            CHECK_STR(json_text(e.json, "level"), json_text(row, "level"));
        examine_done(&e);
    }
    if (truth.n)
        munmap((void *)(uintptr_t)truth.p, truth.n);
    arena_free(a);
}

int main(void)
{
    static const char corpus[] = "../shared/corpus";

    if (access(corpus, R_OK) != 0) {
        fprintf(stderr, "skipped: there is no corpus at %s\n", corpus);
        return CHECK_SKIP;
    }
    CHECK(document_warm_up() == 0);
    marked("../shared/corpus/marked");
    all_of("../shared/corpus/documents");
    all_of("../shared/corpus/hostile");
    return check_end();
}
