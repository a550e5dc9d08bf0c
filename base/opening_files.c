/* SPDX-License-Identifier: GPL-3.0-or-later
 * The files of an opening, on the machine that asks and opens. */
#include "base/opening_files.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int say(const char *path, const char *what, int exit_code)
{
    fprintf(stderr, "gatehouse: %s: %s\n", path, what);
    return exit_code;
}

int opening_file_read(const char *path, size_t max, struct writer *w)
{
    int rc;

    writer_init(w, max);
    rc = file_read(path, max, w);
    return rc == ST_LIMIT ? say(path, "it is too large to be such a file", 2) : rc ? say(path, status_text(rc), 2) : 0;
}

int opening_file_write(const char *path, struct span bytes, unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

    if (fd < 0)
        return say(path, errno == EEXIST ? "it is there already and is not overwritten" : strerror(errno), 2);
    if (write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n && fsync(fd) == 0) {
        close(fd);
        return 0;
    }
    close(fd);
    (void)unlink(path);
    return say(path, "it cannot be written; is the disk full?", 3);
}

int opening_request_load(const char *path, struct writer *w, struct opening_request *ret)
{
    int rc = opening_file_read(path, OPENING_REQUEST_MAX, w);

    if (rc)
        return rc;
    rc = opening_request_read(writer_span(w), ret);
    if (rc == ST_BAD_SIGNATURE)
        return say(path, "its signature or its committee's does not fit: it was changed on the way", 2);
    return rc ? say(path, "it is no request to open evidence", 2) : 0;
}

const char *opening_beside(const char *path, const char *suffix, char buf[static OPENING_PATH])
{
    snprintf(buf, OPENING_PATH, "%s%s", path, suffix);
    return buf;
}

const char *opening_names(const struct committee *c, unsigned members, char *buf, size_t cap)
{
    size_t n = 0;

    buf[0] = 0;
    for (unsigned i = 0; i < c->n && n < cap; i++)
        if (members & 1u << i)
            n += (size_t)snprintf(buf + n, cap - n, "%s%s", n ? ", " : "", c->member[i].name);
    return buf;
}

static int read_shares(const struct opening_request *q, char *const *paths, size_t n, struct writer *bytes,
                       struct opening_share *s)
{
    for (size_t i = 0; i < n; i++) {
        int rc = opening_file_read(paths[i], OPENING_SHARE_MAX, &bytes[i]);
        if (rc)
            return rc;
        rc = opening_share_read(q, writer_span(&bytes[i]), &s[i]);
        if (rc)
            return say(paths[i],
                       rc == ST_NOT_FOUND       ? "it was given for another request"
                       : rc == ST_BAD_SIGNATURE ? "its signature is not that member's"
                                                : "it is no member's share",
                       2);
    }
    return 0;
}

static int join(const struct opening_request *q, const struct seal_keys *own, const struct opening_share *s,
                size_t n, struct seal_keys **ret, unsigned *ret_members)
{
    int bad, rc = opening_join(q, own, s, n, ret, ret_members, &bad);

    if (rc == ST_USAGE) {
        unsigned members = 0;
        for (size_t i = 0; i < n; i++)
            members |= 1u << s[i].member;
        fprintf(stderr, "gatehouse: shares of %d members are here, %u are needed\n",
                __builtin_popcount(members), q->committee.quorum);
        return 2;
    }
    if (rc)
        fprintf(stderr, "gatehouse: the shares do not make the committee's key: %s%s%s\n", status_text(rc),
                bad >= 0 ? ". It fails with that of " : "", bad >= 0 ? q->committee.member[bad].name : "");
    return !rc ? 0 : rc == ST_NOMEM ? 3 : 2;
}

int opening_keys(const char *request_path, const struct opening_request *q, char *const *shares, size_t n,
                 struct seal_keys **ret, unsigned *ret_members)
{
    struct writer bytes[COMMITTEE_MEMBERS] = {{.p = NULL}};
    struct opening_share s[COMMITTEE_MEMBERS];
    char path[OPENING_PATH];
    struct seal_keys *own = NULL;
    int rc;

    if (n > COMMITTEE_MEMBERS)
        return say(shares[COMMITTEE_MEMBERS], "more shares than a committee has members", 2);
    rc = keyfile_load(opening_beside(request_path, ".key", path), &own);
    if (rc)
        return say(path,
                   rc == ST_NOT_FOUND
                       ? "it is not there. A request is opened on the machine that made it, and once"
                       : status_text(rc),
                   2);
    if (memcmp(seal_keys_public(own), &q->key, sizeof(q->key)) != 0)
        rc = say(path, "this key belongs to another request", 2);
    if (!rc)
        rc = read_shares(q, shares, n, bytes, s);
    if (!rc)
        rc = join(q, own, s, n, ret, ret_members);
    for (size_t i = 0; i < n; i++)
        writer_done(&bytes[i]);
    seal_keys_free(own);
    return rc;
}

/* Overwritten where it lies, for what that is worth on flash, then gone. */
static void destroy(const char *path)
{
    static const char nothing[512];
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd >= 0 && (write(fd, nothing, sizeof(nothing)) < 0 || fsync(fd) != 0))
        fprintf(stderr, "gatehouse: %s cannot be overwritten before it is removed\n", path);
    if (fd >= 0)
        close(fd);
    (void)unlink(path);
}

int opening_end(const char *request_path, const struct opening_request *q, unsigned members, uint64_t bytes)
{
    struct opening_receipt p = {.opened_us = clock_wall_us(), .bytes = bytes, .members = members};
    char key[OPENING_PATH], path[OPENING_PATH];
    struct seal_keys *own = NULL;
    struct writer w;
    int rc = keyfile_load(opening_beside(request_path, ".key", key), &own);

    if (rc)
        return say(key, status_text(rc), 2);
    memcpy(p.request, q->id, sizeof(p.request));
    memcpy(p.request_hash, q->hash, sizeof(p.request_hash));
    memcpy(p.sha256, q->sha256, sizeof(p.sha256));
    writer_init(&w, OPENING_RECEIPT_MAX);
    rc = opening_receipt_write(&p, own, &w);
    seal_keys_free(own);
    if (!rc)
        rc = opening_file_write(opening_beside(request_path, ".receipt", path), writer_span(&w), 0644);
    writer_done(&w);
    if (rc)
        return rc < 0 ? 3 : rc;
    destroy(key);
    return 0;
}
