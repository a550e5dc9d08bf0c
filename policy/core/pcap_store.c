/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/pcap_store.h"
#include "base/log.h"
#include "base/seal.h"
#include "policy/core/evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEAL_OVERHEAD 4096   /* the head; each chunk of 64 KiB adds 17 bytes, counted as a thousandth */
#define FILES_MAX (1u << 20) /* looked at when room is made */
#define FILE_NAME (PCAP_NAME + 8)

struct pcap_store {
    int dir; /* -1 when it cannot be made */
    bool has_key;
    struct seal_public console;
    uint64_t bytes, max, dropped;
};
/* What lies there, to find the oldest. */
struct old_file {
    int64_t when; /* ns since 1970 */
    uint64_t bytes;
    char name[FILE_NAME];
};

static DIR *list(const struct pcap_store *s)
{
    int copy = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a position of its own */
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;

    if (!d && copy >= 0)
        close(copy);
    return d;
}

/* The next regular file of the directory; false at its end. */
static bool next_file(const struct pcap_store *s, DIR *d, struct old_file *ret)
{
    const struct dirent *entry;
    struct stat st;

    while ((entry = readdir(d))) {
        if (strlen(entry->d_name) >= sizeof(ret->name) ||
            fstatat(s->dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        ret->when = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
        ret->bytes = (uint64_t)st.st_size;
        snprintf(ret->name, sizeof(ret->name), "%.*s", (int)sizeof(ret->name) - 1, entry->d_name);
        return true;
    }
    return false;
}

struct pcap_store *pcap_store_open(const struct conf *c)
{
    struct pcap_store *s = calloc(1, sizeof(*s));
    char path[CONF_TEXT + 32];
    struct old_file f;
    DIR *d;

    if (!s)
        return NULL;
    snprintf(path, sizeof(path), "%s/" PCAP_STORE_DIR, c->node_state_dir);
    (void)mkdir(path, 0750); /* with our umask: the uplink reads them; that it is not there shows at open */
    s->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    s->max = c->evidence_pcap_max;
    s->has_key = evidence_key(c->node_state_dir, "console", &s->console) == 0;
    d = s->dir >= 0 ? list(s) : NULL;
    while (d && next_file(s, d, &f))
        s->bytes += f.bytes;
    if (d)
        closedir(d);
    return s;
}

void pcap_store_close(struct pcap_store *s)
{
    if (!s)
        return;
    if (s->dir >= 0)
        close(s->dir);
    free(s);
}

const char *pcap_store_why_not(const struct pcap_store *s)
{
    if (!s->max)
        return "evidence.pcap_max is 0";
    if (!s->has_key)
        return "this appliance is not enrolled with a console, so nobody could ever read them";
    return s->dir < 0 ? "the directory " PCAP_STORE_DIR " cannot be opened" : NULL;
}

uint64_t pcap_store_bytes(const struct pcap_store *s)
{
    return s->bytes;
}

uint64_t pcap_store_dropped(const struct pcap_store *s)
{
    return s->dropped;
}

static int older(const void *a, const void *b)
{
    const struct old_file *x = a, *y = b;

    return x->when != y->when ? (x->when > y->when) - (x->when < y->when) : strcmp(x->name, y->name);
}

static void drop(struct pcap_store *s, const struct old_file *f)
{
    if (unlinkat(s->dir, f->name, 0) != 0)
        return;
    s->bytes -= f->bytes < s->bytes ? f->bytes : s->bytes;
    s->dropped++;
}

/* Room for need bytes, and a sixteenth of all more, so that the directory is not read for every file. */
static void make_room(struct pcap_store *s, uint64_t need)
{
    uint64_t keep = s->max - need < s->max / 16 ? 0 : s->max - need - s->max / 16;
    struct old_file *all = NULL, f;
    size_t n = 0, cap = 0;
    DIR *d = list(s);

    while (d && n < FILES_MAX && next_file(s, d, &f)) {
        if (n == cap) {
            struct old_file *more = realloc(all, (cap = cap ? 2 * cap : 256) * sizeof(*all));
            if (!more)
                break;
            all = more;
        }
        all[n++] = f;
    }
    if (d)
        closedir(d);
    if (n)
        qsort(all, n, sizeof(*all), older);
    for (size_t i = 0; i < n && s->bytes > keep; i++)
        drop(s, &all[i]);
    free(all);
}

/* The sealed file under a temporary name, complete and on the disk. */
static int write_sealed(const struct pcap_store *s, const char *temp, int memfd, uint64_t size)
{
    int out = openat(s->dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640), rc = 0;
    uint64_t plain = 0;

    if (out < 0)
        return status_from_errno(errno);
    if (lseek(memfd, 0, SEEK_SET) != 0)
        rc = status_from_errno(errno);
    if (!rc)
        rc = seal_file(memfd, out, &s->console, &plain);
    if (!rc && plain != size)
        rc = ST_TRUNCATED;
    if (!rc && fsync(out) != 0)
        rc = status_from_errno(errno);
    close(out);
    return rc;
}

static uint64_t length_of(const struct pcap_store *s, const char *name)
{
    struct stat st;

    return fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_size : 0;
}

int pcap_store_put(struct pcap_store *s, const char *name, int memfd, uint64_t size, uint64_t *ret_sealed)
{
    uint64_t need = size + size / 1024 + SEAL_OVERHEAD, before;
    char file[FILE_NAME], temp[FILE_NAME + 4];
    int rc;

    if (pcap_store_why_not(s))
        return ST_DENIED;
    if (need > s->max)
        return ST_LIMIT;
    if (s->bytes + need > s->max)
        make_room(s, need);
    snprintf(file, sizeof(file), "%.*s.ghe", PCAP_NAME, name);
    snprintf(temp, sizeof(temp), "%s.new", file);
    rc = write_sealed(s, temp, memfd, size);
    before = length_of(s, file);
    if (!rc && renameat(s->dir, temp, s->dir, file) != 0)
        rc = status_from_errno(errno);
    if (rc) {
        (void)unlinkat(s->dir, temp, 0);
        return rc;
    }
    *ret_sealed = length_of(s, file);
    s->bytes = s->bytes + *ret_sealed - (before < s->bytes ? before : s->bytes);
    return 0;
}
