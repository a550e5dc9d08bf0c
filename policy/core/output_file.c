/* SPDX-License-Identifier: GPL-3.0-or-later
 * output_file: the file of output.c: opening by name in a directory that is open, rotation, a full disk. */
#include "base/clock.h"
#include "base/log.h"
#include "policy/core/output_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE 0640 /* a log shipper reads it through the directory's group */
#define ROTATE_AGAIN_MS 60000

/* The file by its name, made when it is not there. Its descriptor, or a negative code. */
static int open_file(struct output *o)
{
    struct stat st;
    int fd = openat(o->dir, o->name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                    FILE_MODE);

    if (fd < 0)
        return errno == ENXIO || errno == ELOOP ? ST_UNSUPPORTED : status_from_errno(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return ST_UNSUPPORTED;
    }
    if (!st.st_size)
        (void)fchmod(fd, FILE_MODE); /* whatever the process's umask is */
    o->size = (uint64_t)st.st_size;
    o->opened_ms = clock_mono_ms();
    return fd;
}

int output_file_open(struct output *o, const struct conf *conf, char *err, size_t cap)
{
    const char *slash = strrchr(o->where.path, '/'), *base = slash ? slash + 1 : o->where.path;
    const struct passwd *pw =
        geteuid() == 0 && *conf->node_user && !o->strict ? getpwnam(conf->node_user) : NULL;
    char dir[CONF_TEXT + 1];
    int rc = 0;

    snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - o->where.path) + 1 : 1,
             slash ? o->where.path : ".");
    if (strlen(base) + sizeof(".999") > sizeof(o->name) || !strcmp(base, ".") || !strcmp(base, "..")) {
        snprintf(err, cap, "output.eve: %s names no file", o->where.path);
        return ST_USAGE;
    }
    snprintf(o->name, sizeof(o->name), "%s", base);
    o->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    o->fd = o->dir < 0 ? status_from_errno(errno) : open_file(o);
    if (o->fd < 0) {
        rc = o->fd;
        snprintf(err, cap, "output.eve: %s: %s", o->where.path,
                 rc == ST_UNSUPPORTED ? "it is no regular file"
                 : o->dir < 0         ? "its directory is not there"
                                      : status_text(rc));
        o->fd = -1;
    } else if (pw && !o->size && fchown(o->fd, pw->pw_uid, pw->pw_gid) != 0) {
        log_warn("output.eve: %s cannot be given to %s: %s", o->where.path, conf->node_user, strerror(errno));
    }
    return rc;
}

void output_file_check(const struct output *o)
{
    if (faccessat(o->dir, ".", W_OK | X_OK, AT_EACCESS) != 0)
        log_warn("output.eve: the directory of %s cannot be written by this process: the file will not be "
                 "rotated or opened "
                 "again",
                 o->where.path);
}

void output_file_reopen(struct output *o)
{
    int fd;

    (void)output_flush(o); /* what was said before belongs to the old one */
    fd = open_file(o);
    if (fd < 0) {
        log_error("output.eve: %s cannot be opened again: %s; the old file is written on", o->where.path,
                  status_text(fd));
        return;
    }
    close(o->fd);
    o->fd = fd;
    o->mid = false;
    o->retry_ms = 0;
}

void output_file_failed(struct output *o, int rc)
{
    if (o->mid) {
        /* The line begins in what is still in the buffer or was written in the same call: its bytes are kept.
         */
        size_t part = 0;
        while (part < o->head && o->buf.p[o->head - part - 1] != '\n')
            part++;
        if (ftruncate(o->fd, (off_t)(o->size - part)) == 0) {
            o->size -= part;
            o->head -= part;
            o->mid = false;
        }
    }
    if (!o->failing) {
        o->lost_before = o->counts.full;
        log_error("output.eve: %s cannot be written: %s. Up to %llu bytes of events wait, what comes on top "
                  "is lost and counted",
                  o->where.path, status_text(rc), (unsigned long long)o->most);
    }
    o->failing = true;
}

static const char *rotated(const struct output *o, unsigned i, char *buf, size_t cap)
{
    snprintf(buf, cap, "%s.%u", o->name, i);
    return buf;
}

/* FILE becomes FILE.1, what was FILE.1 becomes FILE.2, and so on; the oldest one goes. */
static void rotate(struct output *o, uint64_t now_ms)
{
    char from[OUTPUT_NAME + 16], to[OUTPUT_NAME + 16];
    int fd;

    for (unsigned i = o->keep; i > 1; i--)
        (void)renameat(o->dir, rotated(o, i - 1, from, sizeof(from)), o->dir, rotated(o, i, to, sizeof(to)));
    if (renameat(o->dir, o->name, o->dir, rotated(o, 1, to, sizeof(to))) != 0 && errno != ENOENT) {
        log_error("output.eve: %s cannot be rotated: %s; it is written on", o->where.path, strerror(errno));
        o->rotate_ms = now_ms + ROTATE_AGAIN_MS;
        return;
    }
    fd = open_file(o);
    if (fd < 0) {
        log_error("output.eve: no new %s: %s; %s is written on", o->where.path, status_text(fd), to);
        o->rotate_ms = now_ms + ROTATE_AGAIN_MS;
        return;
    }
    close(o->fd);
    o->fd = fd;
}

void output_file_rotate(struct output *o, uint64_t now_ms)
{
    bool large = o->max && o->size >= o->max,
         old = o->every_ms && o->size && now_ms >= o->opened_ms + o->every_ms;

    if ((large || old) && !o->mid && now_ms >= o->rotate_ms)
        rotate(o, now_ms);
}

struct span output_file_piece(const struct output *o, struct span s)
{
    uint64_t room = o->max > o->size ? o->max - o->size : 0;
    size_t n = room < s.n ? (size_t)room : s.n;

    if (!o->max || n == s.n)
        return s;
    while (n && s.p[n - 1] != '\n')
        n--;
    if (!n) { /* one line too long is written all the same */
        ptrdiff_t end = span_find_byte(s, '\n', 0);
        n = end < 0 ? s.n : (size_t)end + 1;
    }
    return span_part(s, 0, n);
}

void output_file_written(struct output *o)
{
    if (o->failing && !o->buf.n) { /* all that waited */
        log_info("output.eve: %s is written again; %llu events were lost meanwhile", o->where.path,
                 (unsigned long long)(o->counts.full - o->lost_before));
        o->failing = o->told = false;
    }
    if (o->max && o->size >= o->max)
        output_file_rotate(o, clock_mono_ms());
}
