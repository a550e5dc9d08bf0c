/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/evidence.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONSOLE_FILE_MAX 65536
#define CONSOLE_DEPTH 8
#define SEAL_OVERHEAD 4096 /* the head; each chunk of 64 KiB adds 17 bytes, counted as a thousandth */

struct evidence {
    int dir; /* state_dir/evidence, -1 when it cannot be made */
    bool has_key;
    struct seal_public committee;
    uint64_t bytes, max;
};

int evidence_key(const char *state_dir, const char *whose, struct seal_public *ret)
{
    char path[CONF_TEXT + 32], sign[32], box[32];
    struct arena *a = arena_new(1 << 20);
    struct seal_public key;
    struct writer w;
    struct json *j = NULL;
    int rc = a ? 0 : ST_NOMEM;

    snprintf(path, sizeof(path), "%s/console.json", state_dir);
    snprintf(sign, sizeof(sign), "%s_sign", whose);
    snprintf(box, sizeof(box), "%s_box", whose);
    writer_init(&w, CONSOLE_FILE_MAX);
    if (!rc)
        rc = file_read(path, w.max, &w);
    if (!rc)
        rc = json_parse(a, writer_span(&w), CONSOLE_DEPTH, &j, NULL);
    if (!rc && (!base64_decode(span_str(json_cstr(json_get(j, sign), "")), key.sign, SEAL_PUBLIC) ||
                !base64_decode(span_str(json_cstr(json_get(j, box), "")), key.box, SEAL_PUBLIC)))
        rc = ST_MALFORMED;
    writer_done(&w);
    arena_free(a);
    if (!rc)
        *ret = key;
    return rc;
}

static uint64_t count_bytes(int dir)
{
    int copy = fcntl(dir, F_DUPFD_CLOEXEC, 3);
    DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;
    struct stat st;
    uint64_t sum = 0;

    while (d && (entry = readdir(d)))
        if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            sum += (uint64_t)st.st_size;
    if (d)
        closedir(d);
    else if (copy >= 0)
        close(copy);
    return sum;
}

struct evidence *evidence_open(const struct conf *c)
{
    struct evidence *e = calloc(1, sizeof(*e));
    char path[CONF_TEXT + 32];

    if (!e)
        return NULL;
    snprintf(path, sizeof(path), "%s/evidence", c->node_state_dir);
    (void)mkdir(path, 0700); /* that it is not there shows at open */
    e->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    e->max = c->evidence_max;
    e->has_key = evidence_key(c->node_state_dir, "committee", &e->committee) == 0;
    if (e->dir >= 0)
        e->bytes = count_bytes(e->dir);
    return e;
}

void evidence_close(struct evidence *e)
{
    if (!e)
        return;
    if (e->dir >= 0)
        close(e->dir);
    free(e);
}

bool evidence_has_key(const struct evidence *e)
{
    return e->has_key;
}

uint64_t evidence_bytes(const struct evidence *e)
{
    return e->bytes;
}

static int refuse(char *reason, size_t cap, const char *why, int rc)
{
    snprintf(reason, cap, "%s", why);
    return rc;
}

/* The sealed file under a temporary name, complete and on the disk. */
static int write_sealed(struct evidence *e, const struct doc *d, const char *temp)
{
    int out = openat(e->dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), rc = 0;
    uint64_t plain = 0;

    if (out < 0)
        return status_from_errno(errno);
    if (lseek(d->fd, 0, SEEK_SET) != 0)
        rc = status_from_errno(errno);
    if (!rc)
        rc = seal_file(d->fd, out, &e->committee, &plain);
    if (!rc && plain != d->size)
        rc = ST_TRUNCATED;
    if (!rc && fsync(out) != 0)
        rc = status_from_errno(errno);
    close(out);
    return rc;
}

int evidence_seal(struct evidence *e, const struct doc *d, char *reason, size_t cap)
{
    char name[96], temp[104];
    struct stat st;
    size_t n = 0;
    int rc;

    if (!e->has_key)
        return refuse(reason, cap, "no committee key: this appliance is not enrolled with a console",
                      ST_NOT_FOUND);
    if (e->dir < 0)
        return refuse(reason, cap, "the evidence directory cannot be opened", ST_DENIED);
    if (d->fd < 0)
        return refuse(reason, cap, "the document was not kept", ST_NOT_FOUND);
    for (unsigned i = 0; i < 32; i++)
        n += (size_t)snprintf(name + n, sizeof(name) - n, "%02x", d->sha256[i]);
    snprintf(name + n, sizeof(name) - n, ".ghe");
    if (fstatat(e->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (e->bytes + d->size + d->size / 1024 + SEAL_OVERHEAD > e->max)
        return refuse(reason, cap, "evidence.max is reached: take evidence off this appliance", ST_FULL);
    snprintf(temp, sizeof(temp), "%s.new", name);
    rc = write_sealed(e, d, temp);
    if (!rc && fstatat(e->dir, temp, &st, AT_SYMLINK_NOFOLLOW) == 0)
        e->bytes += (uint64_t)st.st_size;
    if (!rc && renameat(e->dir, temp, e->dir, name) != 0)
        rc = status_from_errno(errno);
    if (!rc && fsync(e->dir) != 0)
        rc = status_from_errno(errno);
    if (rc) {
        (void)unlinkat(e->dir, temp, 0);
        return refuse(reason, cap, rc == ST_FULL ? "the disk is full" : status_text(rc), rc);
    }
    return 0;
}
