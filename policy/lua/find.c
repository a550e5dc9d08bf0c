/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where bundles and their files are. */
#include "policy/lua/bundle.h"
#include "base/file.h"
#include "base/program.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_STEP 4096 /* the writers of callers have as much to spare */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* One set for the process, which does one thing at a time. */
static const struct bundle_file *mounted;
static size_t n_mounted;
static bool is_mounted;

void bundle_mount(const struct bundle_file *files, size_t n)
{
    mounted = files;
    n_mounted = n;
    is_mounted = files != NULL;
}

static const struct bundle_file *find_mounted(const char *path)
{
    for (size_t i = 0; i < n_mounted; i++)
        if (!strcmp(mounted[i].name, path))
            return &mounted[i];
    return NULL;
}

static int read_mounted(const char *path, size_t most, struct writer *w)
{
    const struct bundle_file *f = find_mounted(path);

    if (!f)
        return ST_NOT_FOUND;
    if (f->text.n > most)
        return ST_LIMIT;
    writer_put(w, f->text);
    return writer_ok(w) ? 0 : ST_LIMIT;
}

int bundle_read_most(const char *dir, const char *name, size_t most, struct writer *w)
{
    char path[1024];

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
        return ST_LIMIT;
    if (is_mounted)
        return read_mounted(path, most, w);
    return file_read(path, most, w);
}

int bundle_read_file(const char *dir, const char *name, struct writer *w)
{
    return bundle_read_most(dir, name, BUNDLE_FILE_MAX, w);
}

static bool is_named(const char *name, const char *tail)
{
    size_t n = strlen(name), m = strlen(tail);

    return name[0] != '.' && n > m && !strcmp(name + n - m, tail);
}

/* They are in the order of their names already. */
static int each_mounted(const char *path, const char *tail, bundle_name_fn *fn, void *arg)
{
    size_t n = strlen(path);
    int rc = 0;

    for (size_t i = 0; i < n_mounted && !rc; i++) {
        const char *name = mounted[i].name;
        if (strncmp(name, path, n) != 0 || name[n] != '/')
            continue;
        name += n + 1;
        if (!strchr(name, '/') && is_named(name, tail))
            rc = fn(arg, name);
    }
    return rc;
}

int bundle_each(const char *dir, const char *below, const char *tail, bundle_name_fn *fn, void *arg)
{
    struct dirent **e = NULL;
    char path[1024];
    int n, rc = 0;

    if ((size_t)snprintf(path, sizeof(path), "%s%s", dir, below) >= sizeof(path))
        return ST_LIMIT;
    if (is_mounted)
        return each_mounted(path, tail, fn, arg);
    n = scandir(path, &e, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (!rc && is_named(e[i]->d_name, tail))
            rc = fn(arg, e[i]->d_name);
        free(e[i]);
    }
    free(e);
    return rc;
}

void bundle_installed(char *buf, size_t cap)
{
    program_find("share/policy", "/usr/share/gatehouse/policy", buf, cap);
}

static bool is_bundle(const char *dir)
{
    char path[1024];

    if ((size_t)snprintf(path, sizeof(path), "%s/bundle.json", dir) >= sizeof(path))
        return false;
    return is_mounted ? find_mounted(path) != NULL : access(path, R_OK) == 0;
}

int bundle_find(const char *dir, const char *name, char *ret, size_t cap)
{
    char base[PATH_MAX], installed[PATH_MAX];

    if (!*name || strspn(name, NAME_CHARS) != strlen(name) || strlen(name) >= BUNDLE_NAME)
        return ST_NOT_FOUND;
    if ((size_t)snprintf(ret, cap, "%s/used/%s", dir, name) < cap && is_bundle(ret))
        return 0;
    if (is_mounted)
        return (size_t)snprintf(ret, cap, "%s", name) < cap && is_bundle(ret) ? 0 : ST_NOT_FOUND;
    /* a used bundle's own ones lie beside it: dir/used/a may use dir/used/b */
    if (realpath(dir, base)) {
        char *slash = strrchr(base, '/');
        if (slash)
            *slash = 0;
        if ((size_t)snprintf(ret, cap, "%s/%s", base, name) < cap && is_bundle(ret))
            return 0;
    }
    bundle_installed(installed, sizeof(installed));
    if ((size_t)snprintf(ret, cap, "%s/%s", installed, name) < cap && is_bundle(ret))
        return 0;
    return ST_NOT_FOUND;
}
