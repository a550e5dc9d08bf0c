/* SPDX-License-Identifier: GPL-3.0-or-later
 * A small file is the old one or the new one. */
#include "base/file.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool holds(const char *path, const char *want)
{
    char got[64] = "";
    FILE *f = fopen(path, "r");

    if (!f)
        return false;
    (void)!fread(got, 1, sizeof(got) - 1, f);
    fclose(f);
    return !strcmp(got, want);
}

/* path holds "three". */
static void reads(const char *path, const char *link, const char *other)
{
    struct writer w;
    char big[40001];

    writer_init(&w, 1 << 20);
    CHECK(file_read(path, 5, &w) == 0 && span_eq(writer_span(&w), span_str("three")));
    CHECK(file_read_regular(path, 5, &w) == 0 && w.n == 10); /* appended */
    writer_clear(&w);
    CHECK(file_read(path, 4, &w) == ST_LIMIT && file_read_regular(path, 4, &w) == ST_LIMIT);
    writer_done(&w);
    writer_init(&w, 4); /* the writer's ceiling is one, too */
    CHECK(file_read(path, 100, &w) == ST_LIMIT);
    writer_done(&w);
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = 0;
    CHECK(file_replace(other, span_str(big), 0600) == 0);
    writer_init(&w, 40000); /* all of it, exactly */
    CHECK(file_read(other, 40000, &w) == 0 && span_eq(writer_span(&w), span_str(big)));
    writer_clear(&w);
    CHECK(symlink(path, link) == 0 && file_read(link, 5, &w) == 0 && file_read_regular(link, 5, &w) < 0);
    CHECK(unlink(link) == 0 && mkfifo(link, 0600) == 0 && file_read_regular(link, 5, &w) == ST_UNSUPPORTED);
    CHECK(unlink(link) == 0 && file_read(link, 5, &w) == ST_NOT_FOUND && file_read_regular(link, 5, &w) == ST_NOT_FOUND);
    writer_done(&w);
}

int main(void)
{
    char dir[] = "/tmp/gh-file-XXXXXX", path[64], temp[64], other[64], endless[5000];
    struct stat st;

    CHECK(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/name", dir);
    snprintf(temp, sizeof(temp), "%s/name.new", dir);
    snprintf(other, sizeof(other), "%s/other", dir);
    CHECK(file_replace(path, span_str("one"), 0600) == 0 && holds(path, "one"));
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(file_replace(path, span_str("two"), 0640) == 0 && holds(path, "two"));
    CHECK(file_replace(path, span_str(""), 0600) == 0 && holds(path, ""));
    /* what a try that was cut off left behind, and what somebody put there to lead us astray */
    CHECK(file_replace(other, span_str("keep"), 0600) == 0 && symlink(other, temp) == 0);
    CHECK(file_replace(path, span_str("three"), 0600) == 0 && holds(path, "three") && holds(other, "keep"));
    CHECK(access(temp, F_OK) != 0);
    /* a name that cannot be taken leaves nothing behind */
    CHECK(mkdir(temp, 0700) == 0 && file_replace(path, span_str("four"), 0600) < 0 && holds(path, "three"));
    CHECK(rmdir(temp) == 0);
    memset(endless, 'x', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = 0;
    CHECK(file_replace(endless, span_str("x"), 0600) == ST_LIMIT);
    CHECK(file_replace("/nowhere/at/all", span_str("x"), 0600) == ST_NOT_FOUND);
    reads(path, temp, other);
    unlink(path);
    unlink(other);
    CHECK(rmdir(dir) == 0);
    return check_end();
}
