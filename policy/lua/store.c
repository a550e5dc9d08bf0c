/* SPDX-License-Identifier: GPL-3.0-or-later
 * Everything goes through the directory's descriptor and follows no link below it: the directory may belong
 * to another user than the one who promotes. */
#include "policy/lua/store.h"
#include "base/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLICIES "policies"
#define NAME_MOST 128

static int open_store(const char *state_dir, bool make)
{
    char path[STORE_PATH];
    int fd;

    snprintf(path, sizeof(path), "%.900s/" POLICIES, state_dir);
    if (make)
        (void)mkdir(path, 0777 & ~owner_umask(state_dir)); /* that it cannot be made shows at open */
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && make)
        (void)owner_follow(fd, path);
    return fd;
}

int store_find(const char *state_dir, const char *link, char ret[static STORE_PATH])
{
    char path[STORE_PATH], real[PATH_MAX];

    snprintf(path, sizeof(path), "%.900s/" POLICIES "/%.64s", state_dir, link);
    if (!realpath(path, real) || strlen(real) >= STORE_PATH)
        return ST_NOT_FOUND;
    memcpy(ret, real, strlen(real) + 1);
    return 0;
}

/* Removes what a copy below at is made of: files, one level of lists/, used/NAME/. */
static void remove_tree(int at, const char *name, int depth)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;

    while (d && (e = readdir(d))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if (unlinkat(fd, e->d_name, 0) != 0 && depth < 4)
            remove_tree(fd, e->d_name, depth + 1);
    }
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    (void)unlinkat(at, name, AT_REMOVEDIR);
}

static int copy_bytes(const char *from, int to)
{
    uint8_t buf[65536];
    int fd = open(from, O_RDONLY | O_CLOEXEC), rc = 0;
    ssize_t n;

    if (fd < 0)
        return ST_IO;
    while (!rc && (n = read(fd, buf, sizeof(buf))) != 0)
        if (n < 0 || write(to, buf, (size_t)n) != n)
            rc = ST_IO;
    close(fd);
    return rc;
}

/* name may hold directories, which are made. */
static int copy_file(int at, const char *name, const char *from)
{
    char part[SIGN_PATH];
    int fd, rc;

    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
        if (mkdirat(at, part, 0755) != 0 && errno != EEXIST)
            return ST_IO;
    }
    fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return ST_IO;
    rc = copy_bytes(from, fd);
    if (!rc && fsync(fd) != 0)
        rc = ST_IO;
    if (close(fd) != 0)
        rc = ST_IO;
    return rc;
}

/* The bundle in dir, with what it uses below used/, as name below at: there whole or not at all. */
static int copy_bundle(int at, const char *dir, const char *name, struct writer *err)
{
    static struct sign_files files; /* large; one thread */
    char temp[NAME_MOST + 8], sig[1100];
    int fd, rc = sign_collect(dir, &files, err);

    if (rc)
        return rc;
    snprintf(temp, sizeof(temp), ".%s.new", name);
    remove_tree(at, temp, 0);
    fd =
        mkdirat(at, temp, 0755) == 0 ? openat(at, temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    rc = fd < 0 ? ST_IO : 0;
    for (size_t i = 0; i < files.n && !rc; i++)
        rc = copy_file(fd, files.f[i].name, files.f[i].path);
    snprintf(sig, sizeof(sig), "%.1000s/" SIGN_FILE, dir);
    if (!rc && access(sig, R_OK) == 0)
        rc = copy_file(fd, SIGN_FILE, sig);
    if (!rc && fsync(fd) != 0)
        rc = ST_IO;
    if (fd >= 0)
        close(fd);
    if (!rc) {
        remove_tree(at, name, 0); /* the same number once more, after a promotion that was cut short */
        rc = renameat(at, temp, at, name) == 0 && fsync(at) == 0 ? 0 : ST_IO;
    }
    if (rc) {
        writer_printf(err, "%s cannot be copied: %s\n", dir, strerror(errno));
        remove_tree(at, temp, 0);
    }
    return rc;
}

/* link -> target, in place of what was there. */
static int set_link(int at, const char *link, const char *target)
{
    char temp[80];

    snprintf(temp, sizeof(temp), ".%.64s.new", link);
    (void)unlinkat(at, temp, 0);
    if (symlinkat(target, at, temp) != 0 || renameat(at, temp, at, link) != 0 || fsync(at) != 0)
        return ST_IO;
    return 0;
}

static bool get_link(int at, const char *link, char ret[static NAME_MOST])
{
    ssize_t n = readlinkat(at, link, ret, NAME_MOST - 1);

    ret[n > 0 ? n : 0] = 0;
    return n > 0 && !strchr(ret, '/') && ret[0] != '.';
}

static uint64_t number_of(const char *entry)
{
    const char *at = strrchr(entry, '@');
    uint64_t n = 0;

    return at && span_number(span_str(at + 1), UINT64_MAX, &n) ? n : 0;
}

static uint64_t read_floor(int at, const char *name)
{
    char file[NAME_MOST], text[32] = "";
    uint64_t floor = 0;
    int fd;

    snprintf(file, sizeof(file), "%.64s.floor", name);
    fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof(text) - 1);
        close(fd);
        if (n > 0)
            (void)span_number(span_trim(span_of(text, (size_t)n)), UINT64_MAX, &floor);
    }
    return floor;
}

static int raise_floor(int at, const char *name, uint64_t floor)
{
    char file[NAME_MOST], temp[NAME_MOST], text[32];
    int fd, n, rc = 0;

    if (floor <= read_floor(at, name))
        return 0;
    snprintf(file, sizeof(file), "%.64s.floor", name);
    snprintf(temp, sizeof(temp), ".%.64s.floor.new", name);
    (void)unlinkat(at, temp, 0);
    fd = openat(at, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return ST_IO;
    n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)floor);
    if (write(fd, text, (size_t)n) != n || fsync(fd) != 0)
        rc = ST_IO;
    close(fd);
    return rc || renameat(at, temp, at, file) != 0 ? ST_IO : 0;
}

bool store_floor(const char *state_dir, const struct sign_note *note, uint64_t *ret_floor)
{
    int at = open_store(state_dir, false);

    *ret_floor = at >= 0 ? read_floor(at, note->name) : 0;
    if (at >= 0)
        close(at);
    return note->number >= *ret_floor;
}

static bool same_bundle(const char *entry, const char *name)
{
    const char *at = strrchr(entry, '@');

    return at && span_eq(span_of(entry, (size_t)(at - entry)), span_str(name));
}

int store_promote(const char *state_dir, const char *dir, struct sign_note *note, struct writer *err)
{
    int at = open_store(state_dir, true), rc = 0;
    char active[NAME_MOST], entry[NAME_MOST];
    uint64_t floor, now;
    bool is;

    if (at < 0) {
        writer_printf(err, "%s/" POLICIES ": %s\n", state_dir, strerror(errno));
        return ST_IO;
    }
    is = get_link(at, "active", active);
    now = is && same_bundle(active, note->name) ? number_of(active) : 0;
    floor = read_floor(at, note->name);
    if (!note->number)
        note->number = now + 1;
    snprintf(entry, sizeof(entry), "%.63s@%llu", note->name, (unsigned long long)note->number);
    if (note->number < floor) {
        writer_printf(err, "%s: number %llu is below the floor of %s, %llu\n", dir,
                      (unsigned long long)note->number, note->name, (unsigned long long)floor);
        rc = ST_DENIED;
    } else if (note->number <= now) {
        writer_printf(
            err, "%s: number %llu is not above the one in force, %llu: sign it anew, or use 'rollback'\n",
            dir, (unsigned long long)note->number, (unsigned long long)now);
        rc = note->number == now ? ST_EXISTS : ST_DENIED;
    }
    if (!rc)
        rc = copy_bundle(at, dir, entry, err);
    if (!rc && is && strcmp(active, entry) != 0)
        rc = set_link(at, "previous", active);
    if (!rc)
        rc = set_link(at, "active", entry);
    if (!rc)
        rc = raise_floor(at, note->name, note->floor);
    if (rc && !err->n)
        writer_printf(err, "%s/" POLICIES ": %s\n", state_dir, strerror(errno));
    close(at);
    return rc;
}

int store_rollback(const char *state_dir, char ret[static STORE_PATH], struct writer *err)
{
    int at = open_store(state_dir, false), rc = 0;
    char active[NAME_MOST], previous[NAME_MOST];
    char name[NAME_MOST];
    bool is;

    if (at < 0 || !get_link(at, "previous", previous)) {
        writer_printf(err, "there is no policy to go back to\n");
        if (at >= 0)
            close(at);
        return ST_NOT_FOUND;
    }
    is = get_link(at, "active", active);
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(previous, "@"), previous);
    if (number_of(previous) < read_floor(at, name)) {
        writer_printf(err, "%s is below the floor of %s, %llu\n", previous, name,
                      (unsigned long long)read_floor(at, name));
        rc = ST_DENIED;
    } else if (faccessat(at, previous, R_OK, 0) != 0) {
        writer_printf(err, "%s is not there any more\n", previous);
        rc = ST_NOT_FOUND;
    }
    if (!rc) /* first what counts: a second rollback after a loss of power between the two does no harm */
        rc = set_link(at, "active", previous);
    if (!rc && is)
        rc = set_link(at, "previous", active);
    if (rc && !err->n)
        writer_printf(err, "%s/" POLICIES ": %s\n", state_dir, strerror(errno));
    close(at);
    return rc ? rc : store_find(state_dir, "active", ret);
}

void store_keep_good(const char *state_dir, const char *dir)
{
    char real[PATH_MAX], good[STORE_PATH];
    int at;
    struct writer err;

    if (store_find(state_dir, "good", good) == 0 && realpath(dir, real) && !strcmp(real, good))
        return;
    at = access(state_dir, W_OK) == 0 ? open_store(state_dir, true) : -1;
    if (at < 0)
        return;
    writer_init(&err, 4096);
    (void)copy_bundle(at, dir, "good", &err); /* without it there is only nothing to fall back on */
    writer_done(&err);
    close(at);
}
