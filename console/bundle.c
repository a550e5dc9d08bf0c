/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/bundle.h"
#include "base/digest.h"
#include "base/squeeze.h"
#include "base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "GHBACK01"
#define HEAD_MAX 2048
#define PIECE 65536
#define SIZE_MOST (UINT64_C(1) << 46)

/* One side of the pipe between packing and sealing. */
struct packing {
    const struct bundle_file *file;
    size_t n;
    int fd, rc;
    bool close_fd;
    const char *failed;
};
struct unpacking {
    int in, out, rc;
    const struct seal_keys *keys;
};

bool bundle_name_is_good(struct span name)
{
    if (!name.n || name.n >= BUNDLE_NAME || name.p[0] == '.' || name.p[0] == '/')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.';
        if (!plain && c != '/')
            return false;
        if (c == '/' && (i + 1 == name.n || name.p[i + 1] == '.' || name.p[i + 1] == '/'))
            return false;
    }
    return true;
}

/* ---- writing ---- */

/* u16 length and name, u64 size, bytes, SHA-256. */
static int pack_one(struct squeeze *z, const struct bundle_file *f)
{
    struct digest *d = digest_new_sha256();
    uint8_t *buf = malloc(PIECE), hash[SHA256_SIZE], head[BUNDLE_NAME + 16];
    int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc = fd < 0 ? status_from_errno(errno) : 0;
    uint64_t left = 0;
    struct writer w;
    struct stat st;

    if (!rc && (!d || !buf))
        rc = ST_NOMEM;
    if (!rc && fstat(fd, &st) != 0)
        rc = status_from_errno(errno);
    if (!rc) {
        left = (uint64_t)st.st_size;
        writer_fixed(&w, head, sizeof(head));
        writer_le(&w, strlen(f->name), 2);
        writer_str(&w, f->name);
        writer_le(&w, left, 8);
        rc = squeeze_put(z, writer_span(&w));
    }
    while (!rc && left) {
        ssize_t n = read(fd, buf, left < PIECE ? (size_t)left : PIECE);
        if (n <= 0) {
            rc = n < 0 ? status_from_errno(errno) : ST_TRUNCATED;
            break;
        }
        digest_update(d, buf, (size_t)n);
        rc = squeeze_put(z, span_of(buf, (size_t)n));
        left -= (uint64_t)n;
    }
    if (!rc) {
        digest_final(d, hash);
        rc = squeeze_put(z, span_of(hash, sizeof(hash)));
    }
    if (fd >= 0)
        close(fd);
    if (buf)
        seal_wipe(buf, PIECE); /* keys go through here */
    free(buf);
    digest_free(d);
    return rc;
}

static void *pack(void *arg)
{
    struct packing *p = arg;
    struct squeeze *z = squeeze_new(p->fd);

    p->rc = z ? 0 : ST_NOMEM;
    for (size_t i = 0; i < p->n && !p->rc; i++) {
        p->rc = pack_one(z, &p->file[i]);
        if (p->rc)
            p->failed = p->file[i].name;
    }
    if (!p->rc)
        p->rc = squeeze_put(z, span_of("\0\0", 2)); /* no more files */
    if (!p->rc)
        p->rc = squeeze_end(z);
    squeeze_free(z);
    if (p->close_fd)
        close(p->fd);
    return NULL;
}

static int pack_sealed(struct packing *p, int out, const struct seal_public *to)
{
    pthread_t thread;
    uint64_t bytes;
    int pipes[2], rc;

    if (pipe2(pipes, O_CLOEXEC) != 0)
        return status_from_errno(errno);
    p->fd = pipes[1];
    p->close_fd = true;
    if (pthread_create(&thread, NULL, pack, p) != 0) {
        close(pipes[0]);
        close(pipes[1]);
        return ST_NOMEM;
    }
    rc = seal_file(pipes[0], out, to, &bytes);
    close(pipes[0]); /* after a failure the packing side ends with EPIPE */
    pthread_join(thread, NULL);
    return p->rc && !rc ? p->rc : rc;
}

/* The head; for a password a fresh key pair, locked, whose public half the stream is sealed for. */
static int write_head(int fd, enum bundle_lock lock, const char *out, struct span password,
                      struct seal_public *ret_to)
{
    char temp[1100], text[HEAD_MAX] = "";
    struct seal_keys *k = NULL;
    struct writer w;
    ssize_t n = 0;
    int rc = 0, in;

    if (lock == BUNDLE_PASSWORD) {
        snprintf(temp, sizeof(temp), "%s.lock", out);
        (void)unlink(temp);
        k = seal_keys_generate();
        rc = k ? keylock_save(temp, k, "backup", password) : ST_NOMEM;
        in = rc ? -1 : open(temp, O_RDONLY | O_CLOEXEC);
        if (!rc && (in < 0 || (n = read(in, text, sizeof(text))) <= 0))
            rc = ST_IO;
        if (in >= 0)
            close(in);
        (void)unlink(temp);
        if (!rc)
            *ret_to = *seal_keys_public(k);
        seal_keys_free(k);
    }
    writer_init(&w, HEAD_MAX + 64);
    writer_str(&w, MAGIC);
    writer_u8(&w, (uint8_t)lock);
    writer_le(&w, (uint64_t)(n > 0 ? n : 0), 2);
    writer_bytes(&w, text, (size_t)(n > 0 ? n : 0));
    if (!rc && write(fd, w.p, w.n) != (ssize_t)w.n)
        rc = errno == ENOSPC ? ST_FULL : ST_IO;
    writer_done(&w);
    return rc;
}

int bundle_write(const char *out, const struct bundle_file *file, size_t n, const struct seal_public *to,
                 struct span password, const char **ret_file)
{
    struct packing p = {.file = file, .n = n};
    enum bundle_lock lock = to ? BUNDLE_KEY : password.n ? BUNDLE_PASSWORD : BUNDLE_OPEN;
    struct seal_public key = to ? *to : (struct seal_public){{0}, {0}};
    char temp[1100];
    int fd, rc;

    *ret_file = NULL;
    if (access(out, F_OK) == 0)
        return ST_EXISTS;
    snprintf(temp, sizeof(temp), "%s.new", out);
    (void)unlink(temp);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return status_from_errno(errno);
    rc = write_head(fd, lock, out, password, &key);
    if (!rc && lock == BUNDLE_OPEN) {
        p.fd = fd;
        (void)pack(&p);
        rc = p.rc;
    } else if (!rc) {
        rc = pack_sealed(&p, fd, &key);
    }
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    close(fd);
    if (!rc && link(temp, out) != 0) /* link, unlike rename, replaces nothing */
        rc = status_from_errno(errno);
    (void)unlink(temp);
    *ret_file = p.failed;
    return rc;
}

/* ---- reading ---- */

/* fd stands at the stream afterwards; the locked key's text goes into text. */
static int read_head(int fd, enum bundle_lock *ret, char text[static HEAD_MAX])
{
    uint8_t head[11] = {0};
    struct reader r = reader_of(head, sizeof(head));
    unsigned lock, n;

    if (read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
        return ST_TRUNCATED;
    if (!span_eq(reader_take(&r, 8), span_str(MAGIC)))
        return ST_MALFORMED;
    lock = reader_u8(&r);
    n = reader_le16(&r);
    if (lock >= BUNDLE_LOCKS || n >= HEAD_MAX || (n != 0) != (lock == BUNDLE_PASSWORD))
        return ST_MALFORMED;
    if (read(fd, text, n) != (ssize_t)n)
        return ST_TRUNCATED;
    text[n] = 0;
    *ret = (enum bundle_lock)lock;
    return 0;
}

int bundle_look(const char *path, enum bundle_lock *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;
    char text[HEAD_MAX];

    if (fd < 0)
        return status_from_errno(errno);
    rc = read_head(fd, ret, text);
    close(fd);
    return rc;
}

static int open_new(int dir, char *name)
{
    char *slash = strchr(name, '/');
    int fd;

    if (slash) {
        *slash = 0;
        if (mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
            return status_from_errno(errno);
        *slash = '/';
    }
    fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? status_from_errno(errno) : fd;
}

static int unpack_bytes(struct unsqueeze *u, int fd, uint64_t left, uint8_t *buf)
{
    struct digest *d = digest_new_sha256();
    uint8_t hash[SHA256_SIZE], want[SHA256_SIZE];
    int rc = d ? 0 : ST_NOMEM;

    while (!rc && left) {
        size_t n = left < PIECE ? (size_t)left : PIECE;
        rc = unsqueeze_take(u, buf, n);
        if (rc)
            break;
        digest_update(d, buf, n);
        if (write(fd, buf, n) != (ssize_t)n)
            rc = errno == ENOSPC ? ST_FULL : ST_IO;
        left -= n;
    }
    if (!rc)
        rc = unsqueeze_take(u, want, sizeof(want));
    if (!rc) {
        digest_final(d, hash);
        if (memcmp(hash, want, sizeof(hash)) != 0)
            rc = ST_BAD_SIGNATURE;
    }
    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    digest_free(d);
    return rc;
}

/* 1: a file; 0: the end. */
static int unpack_one(struct unsqueeze *u, int dir, uint8_t *buf)
{
    char name[BUNDLE_NAME];
    uint8_t number[8];
    struct reader r;
    uint64_t size;
    size_t n;
    int fd, rc = unsqueeze_take(u, number, 2);

    if (rc)
        return rc;
    n = (size_t)number[0] | (size_t)number[1] << 8;
    if (!n)
        return unsqueeze_end(u);
    if (n >= sizeof(name))
        return ST_MALFORMED;
    rc = unsqueeze_take(u, name, n);
    if (!rc)
        rc = unsqueeze_take(u, number, 8);
    if (rc)
        return rc;
    name[n] = 0;
    r = reader_of(number, 8);
    size = reader_le64(&r);
    if (!bundle_name_is_good(span_of(name, n)) || size > SIZE_MOST)
        return ST_MALFORMED;
    fd = open_new(dir, name);
    if (fd < 0)
        return fd;
    rc = unpack_bytes(u, fd, size, buf);
    close(fd);
    return rc ? rc : 1;
}

static int unpack(int fd, const char *path, size_t *ret_n)
{
    struct unsqueeze *u = unsqueeze_new(fd);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = u && dir >= 0 ? 1 : ST_NOMEM;
    uint8_t *buf = malloc(PIECE);

    *ret_n = 0;
    while (rc == 1) {
        rc = buf && *ret_n < BUNDLE_FILES ? unpack_one(u, dir, buf) : ST_LIMIT;
        *ret_n += rc == 1;
    }
    if (buf)
        seal_wipe(buf, PIECE);
    free(buf);
    if (dir >= 0)
        close(dir);
    unsqueeze_free(u);
    return rc;
}

static void *unseal(void *arg)
{
    struct unpacking *p = arg;
    uint64_t bytes;

    p->rc = seal_file_open(p->in, p->out, p->keys, &bytes);
    close(p->out);
    return NULL;
}

static int unpack_sealed(int in, const char *dir, const struct seal_keys *keys, size_t *ret_n)
{
    struct unpacking p = {.in = in, .keys = keys};
    pthread_t thread;
    int pipes[2], rc;

    if (pipe2(pipes, O_CLOEXEC) != 0)
        return status_from_errno(errno);
    p.out = pipes[1];
    if (pthread_create(&thread, NULL, unseal, &p) != 0) {
        close(pipes[0]);
        close(pipes[1]);
        return ST_NOMEM;
    }
    rc = unpack(pipes[0], dir, ret_n);
    close(pipes[0]);
    pthread_join(thread, NULL);
    return p.rc == ST_BAD_SIGNATURE || !rc ? p.rc : rc; /* a wrong key shows there first */
}

/* The key inside the head, by password. */
static int unlock(const char *dir, const char *text, struct span password, struct seal_keys **ret)
{
    char temp[1100];
    int fd, rc = 0;

    snprintf(temp, sizeof(temp), "%s/.lock", dir);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return status_from_errno(errno);
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        rc = ST_IO;
    close(fd);
    if (!rc)
        rc = keylock_load(temp, password, ret, NULL);
    (void)unlink(temp);
    return rc;
}

int bundle_read(const char *path, const char *dir, const struct seal_keys *keys, struct span password,
                size_t *ret_n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;
    struct seal_keys *own = NULL;
    enum bundle_lock lock = BUNDLE_OPEN;
    char text[HEAD_MAX];

    if (fd < 0)
        return status_from_errno(errno);
    rc = read_head(fd, &lock, text);
    if (!rc && lock == BUNDLE_PASSWORD)
        rc = unlock(dir, text, password, &own);
    else if (!rc && lock == BUNDLE_KEY && !keys)
        rc = ST_DENIED;
    if (!rc)
        rc = lock == BUNDLE_OPEN ? unpack(fd, dir, ret_n) : unpack_sealed(fd, dir, own ? own : keys, ret_n);
    seal_keys_free(own);
    close(fd);
    return rc;
}
