/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/pcap_files.h"
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 640

static const char *path_of(const char *state_dir, int64_t id, const char *ending, char path[static PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/pcap/%lld%s", state_dir, (long long)id, ending);
    return path;
}

int pcap_file_part(const char *state_dir, int64_t id, uint64_t offset, struct span bytes)
{
    char path[PATH_SIZE], dir[PATH_SIZE];
    int fd, rc = 0;

    snprintf(dir, sizeof(dir), "%s/pcap", state_dir);
    (void)mkdir(dir, 0700); /* that it is not there shows at open */
    fd = open(path_of(state_dir, id, ".part", path),
              O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (offset ? 0 : O_TRUNC), 0600);
    if (fd < 0)
        return status_from_errno(errno);
    while (bytes.n && !rc) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            rc = n < 0 ? status_from_errno(errno) : ST_IO;
            break;
        }
        offset += (uint64_t)n;
        bytes = span_part(bytes, (size_t)n, bytes.n);
    }
    close(fd);
    return rc;
}

/* Is what the memfd holds the file that was signed for? Its bytes go to out unless that is NULL. */
static int compare(int memfd, const struct pcap *p, uint64_t bytes, struct writer *out)
{
    uint8_t hash[SHA256_SIZE];
    void *map;
    int rc = 0;

    if (!bytes || bytes != (uint64_t)p->bytes)
        return ST_BAD_SIGNATURE;
    map = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, memfd, 0);
    if (map == MAP_FAILED)
        return ST_NOMEM;
    digest_sha256(map, (size_t)bytes, hash);
    if (!seal_equal(hash, p->sha256, sizeof(hash)))
        rc = ST_BAD_SIGNATURE;
    else if (out)
        writer_bytes(out, map, (size_t)bytes);
    munmap(map, (size_t)bytes);
    return rc ? rc : out && !writer_ok(out) ? ST_NOMEM : 0;
}

/* Opens a sealed file in memory and compares it. */
static int open_file(int fd, const struct pcap *p, const struct seal_keys *console, const struct seal_keys *old, struct writer *out)
{
    int memfd = memfd_create("pcap", MFD_CLOEXEC), rc;
    uint64_t bytes = 0;

    if (memfd < 0)
        return ST_NOMEM;
    rc = seal_file_open(fd, memfd, console, &bytes);
    if (rc == ST_BAD_SIGNATURE && old) /* it was recorded before the console's keys changed */
        rc = lseek(fd, 0, SEEK_SET) != 0 || ftruncate(memfd, 0) != 0 || lseek(memfd, 0, SEEK_SET) != 0 ? ST_IO
                                                                                                     : seal_file_open(fd, memfd, old, &bytes);
    if (rc == ST_TRUNCATED || rc == ST_MALFORMED)
        rc = ST_BAD_SIGNATURE;
    if (!rc)
        rc = compare(memfd, p, bytes, out);
    close(memfd);
    return rc;
}

int pcap_file_prove(const char *state_dir, const struct pcap *p, const struct seal_keys *console, const struct seal_keys *old)
{
    char part[PATH_SIZE], whole[PATH_SIZE];
    int fd = open(path_of(state_dir, p->id, ".part", part), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    int rc = fd < 0 ? status_from_errno(errno) : open_file(fd, p, console, old, NULL);

    if (!rc && fsync(fd) != 0)
        rc = status_from_errno(errno);
    if (fd >= 0)
        close(fd);
    if (!rc && rename(part, path_of(state_dir, p->id, ".ghe", whole)) != 0)
        rc = status_from_errno(errno);
    if (rc == ST_BAD_SIGNATURE)
        (void)unlink(part);
    return rc;
}

int pcap_file_read(const char *state_dir, const struct pcap *p, const struct seal_keys *console, const struct seal_keys *old,
                   struct writer *out)
{
    char path[PATH_SIZE];
    int fd = open(path_of(state_dir, p->id, ".ghe", path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc;

    if (fd < 0)
        return status_from_errno(errno);
    rc = open_file(fd, p, console, old, out);
    close(fd);
    return rc;
}

void pcap_file_drop(const char *state_dir, int64_t id)
{
    char path[PATH_SIZE];

    (void)unlink(path_of(state_dir, id, ".ghe", path));
    (void)unlink(path_of(state_dir, id, ".part", path));
}
