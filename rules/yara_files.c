/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/yara_files.h"
#include "base/digest.h"
#include "rules/rule_dir.h"
#include "rules/unicode.h"
#include "rules/yara.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH 8

struct walk {
    struct arena *arena;
    struct rule_files *files;
    struct writer *err;
    const char *root;
};

static int complain(struct walk *w, const char *path, const char *sentence)
{
    writer_printf(w->err, "%s: %s\n", path, sentence);
    return ST_USAGE;
}

/* One set for the process, which does one thing at a time. */
static const struct rule_mounted *mounted;
static size_t n_mounted;

void rule_files_mount(const struct rule_mounted *files, size_t n)
{
    mounted = files;
    n_mounted = n;
}

static int read_mounted(const char *path, size_t max, struct span *ret)
{
    for (size_t i = 0; i < n_mounted; i++) {
        if (strcmp(mounted[i].name, path) != 0)
            continue;
        if (mounted[i].text.n > max)
            return ST_LIMIT;
        *ret = mounted[i].text;
        return 0;
    }
    return ST_NOT_FOUND;
}

int rule_file_read(const char *path, size_t max, struct arena *a, struct span *ret)
{
    struct stat st;
    uint8_t *p = NULL;
    size_t n = 0;
    int fd, rc = 0;

    if (mounted)
        return read_mounted(path, max, ret);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return status_from_errno(errno);
    if (fstat(fd, &st) != 0)
        rc = status_from_errno(errno);
    else if (!S_ISREG(st.st_mode))
        rc = ST_UNSUPPORTED;
    else if ((uint64_t)st.st_size > max)
        rc = ST_LIMIT;
    else if (!(p = arena_alloc(a, (size_t)st.st_size + 1)))
        rc = ST_NOMEM;
    while (!rc && n < (size_t)st.st_size) {
        ssize_t got = read(fd, p + n, (size_t)st.st_size - n);
        if (got < 0)
            rc = status_from_errno(errno);
        if (got <= 0)
            break; /* it became shorter meanwhile */
        n += (size_t)got;
    }
    close(fd);
    if (!rc)
        *ret = span_of(p, n);
    return rc;
}

static bool is_source(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (!strcmp(dot, ".yar") || !strcmp(dot, ".yara"));
}

static int take_file(struct walk *w, const char *path, const char *name)
{
    struct rule_file *f = &w->files->v[w->files->n];
    int rc;

    if (w->files->n == RULE_FILES_MAX)
        return complain(w, w->root, "holds more rule files than a set may have");
    rc = rule_file_read(path, RULE_FILE_MAX, w->arena, &f->text);
    if (rc == ST_NOMEM)
        return rc;
    if (rc)
        return complain(w, path, rc == ST_LIMIT ? "is longer than a rule file may be" : status_text(rc));
    f->name = arena_dup(w->arena, name, strlen(name));
    w->files->n++;
    return f->name ? 0 : ST_NOMEM;
}

/* Depth first; what is below is "" or "sub/dir/". */
static int walk(struct walk *w, const char *below, unsigned depth)
{
    char path[PATH_MAX], name[PATH_MAX], inner[PATH_MAX];
    struct stat st;
    struct dirent *e;
    DIR *d;
    int rc = 0;

    if (snprintf(path, sizeof(path), "%s/%s", w->root, below) >= (int)sizeof(path))
        return complain(w, w->root, "a path below it is too long");
    d = opendir(path);
    if (!d)
        return complain(w, path, strerror(errno));
    while (!rc && (e = readdir(d))) {
        if (e->d_name[0] == '.')
            continue;
        if (snprintf(name, sizeof(name), "%s%s", below, e->d_name) >= (int)sizeof(name) ||
            snprintf(path, sizeof(path), "%s/%s", w->root, name) >= (int)sizeof(path) ||
            lstat(path, &st) != 0)
            continue;
        if (!S_ISDIR(st.st_mode))
            rc = is_source(name) ? take_file(w, path, name) : 0;
        else if (depth < DEPTH && snprintf(inner, sizeof(inner), "%s/", name) < (int)sizeof(inner))
            rc = walk(w, inner, depth + 1);
    }
    closedir(d);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct rule_file *)a)->name, ((const struct rule_file *)b)->name);
}

static void fault(struct writer *err, struct rule_file *f, unsigned line, const char *sentence)
{
    writer_printf(err, "%s:%u: error: %s\n", f->name, line, sentence);
    f->bad = true;
}

/* Rule names are unique across the set, in whichever kind and file: findings name the rule only. */
static void check_name(const struct rule_files *files, size_t at, size_t upto, struct writer *err)
{
    struct rule_file *mine = &files->v[at];
    const struct source_rule *r = &mine->source.rules[upto];
    char sentence[512];

    for (size_t f = 0; f <= at; f++) {
        const struct rule_file *other = &files->v[f];
        size_t n = f == at ? upto : other->source.n_rules;
        for (size_t i = 0; i < n && !other->bad; i++)
            if (span_eq(other->source.rules[i].name, r->name)) {
                snprintf(sentence, sizeof(sentence), "rule \"%.*s\" exists already in %s:%u", (int)r->name.n,
                         (const char *)r->name.p, other->name, other->source.rules[i].line);
                fault(err, mine, r->line, sentence);
                return;
            }
    }
}

static int check_all(const struct rule_files *files, struct arena *a, struct writer *err)
{
    for (size_t k = 0; k < files->n; k++) {
        struct rule_file *f = &files->v[k];
        int rc = source_split(f->text, a, &f->source);
        if (rc)
            return rc;
        if (span_find_byte(f->text, 0, 0) >= 0)
            fault(err, f, 1, "the file holds a NUL byte: it is not a rule source");
        else if (f->source.fault.what)
            fault(err, f, f->source.fault.line, f->source.fault.what);
        for (size_t i = 0; i < f->source.n_rules && !f->bad; i++)
            check_name(files, k, i, err);
    }
    return 0;
}

/* The files below root that are mounted. */
static int walk_mounted(struct walk *w)
{
    size_t n = strlen(w->root);
    int rc = 0;

    for (size_t i = 0; i < n_mounted && !rc; i++) {
        const char *name = mounted[i].name;
        if (!strncmp(name, w->root, n) && name[n] == '/' && is_source(name))
            rc = take_file(w, name, name + n + 1);
    }
    return rc;
}

/* One directory of a list; an empty name is the standard set's. */
static int read_directory(struct span dir, struct arena *a, struct rule_files *files, struct writer *err)
{
    char buf[PATH_MAX];
    struct walk w = {a, files, err,
                     dir.n ? arena_dup(a, dir.p, dir.n) : rule_dir_find(NULL, buf, sizeof(buf))};
    size_t before = files->n;
    int rc = !w.root ? ST_NOMEM : mounted ? walk_mounted(&w) : walk(&w, "", 0);

    if (!rc)
        qsort(files->v + before, files->n - before, sizeof(*files->v), by_name);
    return rc;
}

int rule_files_read(const char *dir, struct arena *a, struct rule_files *ret, struct writer *err)
{
    struct span list = span_str(dir);
    int rc;

    *ret = (struct rule_files){.v = arena_array(a, RULE_FILES_MAX, sizeof(*ret->v))};
    rc = ret->v ? 0 : ST_NOMEM;
    for (size_t at = 0; !rc && at <= list.n;) {
        ptrdiff_t end = span_find_byte(list, ':', at);
        struct span one = span_part(list, at, end < 0 ? list.n : (size_t)end - at);
        rc = read_directory(one, a, ret, err);
        at += one.n + 1;
    }
    return rc ? rc : check_all(ret, a, err);
}

int rule_files_version(const struct rule_files *files, const char *engine, char ret[static 17])
{
    struct digest *d = digest_new_sha256();
    uint8_t hash[SHA256_SIZE];

    if (!d)
        return ST_NOMEM;
    digest_update(d, engine, strlen(engine) + 1);
    digest_update(d, unicode_version(), strlen(unicode_version()) + 1);
    for (size_t i = 0; i < files->n; i++) {
        const struct rule_file *f = &files->v[i];
        if (f->bad)
            continue;
        digest_update(d, f->name, strlen(f->name) + 1);
        digest_update(d, f->text.p, f->text.n + 1); /* with the NUL behind it: no two sets run together */
    }
    digest_final(d, hash);
    digest_free(d);
    digest_hex(hash, 8, ret);
    return 0;
}
