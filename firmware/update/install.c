/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/install.h"
#include "base/cdc.h"
#include "firmware/update/esp.h"
#include "firmware/update/floor.h"
#include "firmware/update/slot.h"
#include "firmware/update/scrub.h"
#include "firmware/update/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NEW_KERNEL ".gatehouse_new.efi"
#define TRIAL_FILE "trial" /* the manifest of the release on trial, for bless */

struct work {
    const struct install_request *q;
    struct install_result *ret;
    struct manifest m;
    struct slot slots[2];
    int target;  /* 0 or 1 */
    bool repair; /* of the running image, in its own place */
    struct chunk_index *here;
    int kernel_fd; /* the running kernel, or -1 */
    uint8_t *buf, *old;
};

static int fail(struct install_result *ret, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int fail(struct install_result *ret, int rc, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(ret->why, sizeof(ret->why), fmt, ap);
    va_end(ap);
    return rc;
}

static int step(const struct work *k, enum install_step s)
{
    return k->q->step ? k->q->step(k->q->arg, s) : 0;
}

/* ---- the bundle ---- */

int bundle_open(const char *dir, const struct keyset *keys, struct arena *a, struct writer *bytes,
                struct manifest *ret, char why[static 256])
{
    const char *bad = "";
    struct writer sig;
    unsigned good = 0;
    int rc = source_read(dir, "manifest", MANIFEST_MAX, bytes);

    if (rc) {
        snprintf(why, 256, "%s/manifest: %s", dir, status_text(rc));
        return rc;
    }
    writer_init(&sig, 65536);
    rc = source_read(dir, "manifest.sig", SIGNATURE_FILE_MAX, &sig);
    if (rc)
        snprintf(why, 256, "%s/manifest.sig: %s", dir, status_text(rc));
    else if ((rc = manifest_verify(writer_span(bytes), writer_span(&sig), keys, &good)) != 0)
        snprintf(why, 256, "%s: %u good signature%s, %u are needed: this release is not to be trusted", dir,
                 good, good == 1 ? "" : "s", keys->threshold);
    writer_done(&sig);
    if (rc)
        return rc;
    rc = manifest_decode(a, writer_span(bytes), ret, &bad);
    if (rc)
        snprintf(why, 256, "%s/manifest: %s", dir, bad);
    return rc;
}

int bundle_chunk(const char *dir, const struct update_chunk *c, uint8_t *buf)
{
    char name[8 + 2 * SEAL_HASH + 1];
    uint8_t id[SEAL_HASH];
    struct writer w;
    int rc;

    writer_fixed(&w, name, sizeof(name));
    writer_str(&w, "chunks/");
    writer_hex(&w, c->id, SEAL_HASH);
    name[sizeof(name) - 1] = 0;
    writer_init(&w, 2 * CDC_MAX);
    rc = source_read(dir, name, CDC_MAX, &w);
    if (!rc && w.n < c->n)
        rc = ST_TRUNCATED;
    if (!rc) {
        memcpy(buf, w.p, c->n);
        update_chunk_id(span_of(buf, c->n), id);
        rc = memcmp(id, c->id, SEAL_HASH) ? ST_BAD_SIGNATURE : 0;
    }
    writer_done(&w);
    return rc;
}

/* ---- may it be installed here? ---- */

static int admit(struct work *k)
{
    const struct install_request *q = k->q;
    const struct manifest *m = &k->m;
    struct failed_release f[FAILED_MAX];
    int n;

    if (m->product != PRODUCT_GATEHOUSE || !(m->hardware & q->hardware))
        return fail(k->ret, ST_DENIED, "release %s is for other machines", m->version);
    k->repair = q->repair && m->epoch == q->running && !memcmp(m->root_hash, q->running_root, 32);
    if (k->repair)
        return 0;
    if (m->epoch == q->running)
        return fail(k->ret, ST_EXISTS, "release %s (epoch %llu) runs already", m->version,
                    (unsigned long long)m->epoch);
    if (m->epoch <= q->floor)
        return fail(k->ret, ST_DENIED,
                    "release %s (epoch %llu) is older than this device may go back: its floor is %llu",
                    m->version, (unsigned long long)m->epoch, (unsigned long long)q->floor);
    if (q->running < m->min_epoch)
        return fail(
            k->ret, ST_DENIED,
            "release %s needs epoch %llu or newer to be running, here is %llu: install one between first",
            m->version, (unsigned long long)m->min_epoch, (unsigned long long)q->running);
    n = q->again ? 0 : failed_load(q->state, f);
    for (int i = 0; i < n; i++)
        if (f[i].epoch == m->epoch)
            return fail(k->ret, ST_DENIED, "release %s failed here (%s); --again tries it once more",
                        m->version, f[i].reason);
    return 0;
}

/* The image, its tree when that is made here, and the label. */
static int fits(struct work *k)
{
    uint64_t needed = k->m.image_bytes + SLOT_LABEL;
    struct verity_shape shape;

    if (manifest_leaves_tree_out(&k->m)) {
        if (verity_shape(k->m.data_blocks, &shape) != 0)
            return fail(k->ret, ST_MALFORMED, "no verity tree has so many blocks");
        needed += shape.tree_blocks * VERITY_BLOCK;
    }
    if (needed > k->slots[k->target].capacity)
        return fail(k->ret, ST_FULL, "slot %c has %llu bytes, the image needs %llu", 'a' + k->target,
                    (unsigned long long)k->slots[k->target].capacity, (unsigned long long)needed);
    return 0;
}

/* The slot that does not run. What runs must be found in exactly one of them: otherwise nothing is written.
 */
static int choose(struct work *k)
{
    bool runs[2];
    int rc = 0;

    for (int i = 0; i < 2; i++) {
        rc = slot_open(&k->slots[i], k->q->slot[i], false);
        if (rc)
            return fail(k->ret, rc, "slot %c (%s): %s", 'a' + i, k->q->slot[i], status_text(rc));
        runs[i] = k->slots[i].labelled && !memcmp(k->slots[i].root_hash, k->q->running_root, 32);
    }
    if (runs[0] == runs[1])
        return fail(k->ret, ST_NOT_FOUND,
                    "what runs now (epoch %llu) is in %s slot: nothing is written before that is known",
                    (unsigned long long)k->q->running, runs[0] ? "more than one" : "no");
    k->target = k->repair ? runs[1] : runs[0];
    k->ret->slot = (unsigned)k->target;
    slot_close(&k->slots[k->target]);
    rc = slot_open(&k->slots[k->target], k->q->slot[k->target], true);
    if (rc)
        return fail(k->ret, rc, "slot %c cannot be written: %s", 'a' + k->target, status_text(rc));
    return fits(k);
}

/* What the running image and its kernel hold need not be fetched. */
static int look_around(struct work *k, const struct esp_kernel *kernels, int n)
{
    const struct slot *running = &k->slots[!k->target];
    const struct esp_kernel *mine = esp_find(kernels, n, k->q->running);
    char path[PATH_MAX];
    int rc;

    k->here = chunk_index_new();
    if (!k->here)
        return fail(k->ret, ST_NOMEM, "there is not enough memory");
    rc = chunk_index_add(k->here, running->fd, running->image_bytes);
    if (rc) /* a broken running image is no reason not to be rescued by a new one */
        fail(k->ret, 0, "the running image cannot be read through (%s); all is fetched", status_text(rc));
    if (mine && (size_t)snprintf(path, sizeof(path), "%s/%s", k->q->esp, mine->name) < sizeof(path)) {
        k->kernel_fd = open(path, O_RDONLY | O_CLOEXEC);
        if (k->kernel_fd >= 0)
            (void)chunk_index_add(k->here, k->kernel_fd, (uint64_t)lseek(k->kernel_fd, 0, SEEK_END));
    }
    return 0;
}

/* ---- writing ---- */

/* Kernels of other releases go first: from now on their image is being overwritten. */
static int clear_kernels(struct work *k, const struct esp_kernel *kernels, int n)
{
    int rc = 0;

    for (int i = 0; !rc && i < n; i++) {
        if (kernels[i].epoch == k->q->running)
            continue;
        rc = step(k, STEP_KERNEL_GONE);
        if (!rc)
            rc = kernels[i].epoch == k->m.epoch
                     ? esp_rename(k->q->esp, kernels[i].name, NEW_KERNEL) /* its bytes are welcome */
                     : esp_remove(k->q->esp, kernels[i].name);
    }
    return rc ? fail(k->ret, rc, "%s: an old kernel cannot be removed: %s", k->q->esp, status_text(rc)) : 0;
}

/* Writes count chunks to fd one behind the other; those that lie there already stay. */
static int put_chunks(struct work *k, int fd, const struct update_chunk *c, uint32_t count, const char *what,
                      uint64_t total)
{
    uint64_t off = 0;
    uint8_t id[SEAL_HASH];
    int rc = 0;

    for (uint32_t i = 0; !rc && i < count; off += c[i].n, i++) {
        if (k->q->progress)
            k->q->progress(k->q->arg, what, off, total);
        if (file_read_at(fd, k->old, c[i].n, off) == 0) {
            update_chunk_id(span_of(k->old, c[i].n), id);
            if (!memcmp(id, c[i].id, SEAL_HASH)) {
                k->ret->bytes_here += c[i].n;
                continue;
            }
        }
        if (chunk_index_read(k->here, &c[i], k->buf)) {
            k->ret->bytes_here += c[i].n;
        } else {
            rc = bundle_chunk(k->q->bundle, &c[i], k->buf);
            if (rc)
                return fail(k->ret, rc, "%s: chunk %u of the %s: %s", k->q->bundle, i, what, status_text(rc));
            k->ret->bytes_fetched += c[i].n;
        }
        rc = step(k, STEP_CHUNK);
        if (!rc)
            rc = file_write_at(fd, k->buf, c[i].n, off);
    }
    return rc ? fail(k->ret, rc, "the %s cannot be written: %s", what, status_text(rc)) : 0;
}

/* A release leaves the tree out: it is made of what was written, and must come to the root hash that the
 * manifest vouches for. Read back, it is compared with its data once more. */
static int put_tree(struct work *k, int fd)
{
    struct scrub_tree t = {.data_blocks = k->m.data_blocks, .salt_n = VERITY_HASH};
    struct scrub_result read_back;
    uint8_t *tree = NULL;
    size_t n;
    int rc = verity_tree(fd, k->m.data_blocks, &tree, &n, t.root_hash);

    if (rc)
        return fail(k->ret, rc, "the image's tree cannot be made: %s", status_text(rc));
    if (memcmp(t.root_hash, k->m.root_hash, VERITY_HASH) != 0)
        rc = fail(k->ret, ST_BAD_SIGNATURE,
                  "the image does not come to the root hash that its manifest names");
    if (!rc && (rc = step(k, STEP_TREE)) == 0)
        rc = file_write_at(fd, tree, n, k->m.data_blocks * VERITY_BLOCK);
    free(tree);
    if (rc)
        return *k->ret->why ? rc
                            : fail(k->ret, rc, "the image's tree cannot be written: %s", status_text(rc));
    verity_salt(t.salt);
    rc = fsync(fd) != 0 ? status_from_errno(errno) : scrub_run(fd, &t, &read_back);
    if (!rc && read_back.bad)
        rc = ST_BAD_SIGNATURE;
    return rc ? fail(k->ret, rc,
                     "slot %c reads back other bytes than were written: its disk is not to be trusted",
                     'a' + k->target)
              : 0;
}

static int put_image(struct work *k)
{
    struct slot *s = &k->slots[k->target];
    uint8_t hash[SEAL_HASH];
    int rc = step(k, STEP_UNLABEL);

    if (!rc && s->labelled && !k->repair) /* what is repaired was bad before and gets only better */
        rc = slot_unlabel(s);
    if (!rc)
        rc = put_chunks(k, s->fd, k->m.chunks, k->m.n_image, "image", k->m.image_bytes);
    if (rc)
        return rc;
    rc = file_hash(s->fd, k->m.image_bytes, hash);
    if (!rc && memcmp(hash, k->m.image_hash, SEAL_HASH) != 0)
        rc = ST_BAD_SIGNATURE;
    if (rc)
        return fail(k->ret, rc,
                    "slot %c reads back other bytes than were written (%s): its disk is not to be trusted",
                    'a' + k->target, status_text(rc));
    if (manifest_leaves_tree_out(&k->m) && (rc = put_tree(k, s->fd)) != 0)
        return rc;
    rc = step(k, STEP_LABEL);
    if (!rc)
        rc = slot_label(s, &k->m);
    return rc ? fail(k->ret, rc, "slot %c cannot be labelled: %s", 'a' + k->target, status_text(rc)) : 0;
}

static int put_kernel(struct work *k)
{
    char path[PATH_MAX], name[NAME_MAX + 1];
    uint8_t hash[SEAL_HASH];
    int fd, rc = step(k, STEP_KERNEL_WRITE);

    if (rc)
        return fail(k->ret, rc, "stopped");
    if ((size_t)snprintf(path, sizeof(path), "%s/" NEW_KERNEL, k->q->esp) >= sizeof(path))
        return fail(k->ret, ST_LIMIT, "%s: the path is too long", k->q->esp);
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail(k->ret, status_from_errno(errno), "%s: %s", path, strerror(errno));
    rc = put_chunks(k, fd, k->m.chunks + k->m.n_image, k->m.n_uki, "kernel", k->m.uki_bytes);
    if (!rc && ftruncate(fd, (off_t)k->m.uki_bytes) != 0)
        rc = fail(k->ret, status_from_errno(errno), "%s: %s", path, strerror(errno));
    if (!rc &&
        ((rc = file_hash(fd, k->m.uki_bytes, hash)) != 0 || memcmp(hash, k->m.uki_hash, SEAL_HASH) != 0))
        rc = fail(k->ret, rc ? rc : ST_BAD_SIGNATURE,
                  "the boot partition reads back other bytes than were written");
    close(fd);
    if (rc)
        return rc;
    rc = step(k, STEP_KERNEL_NAME);
    esp_name(k->m.epoch, ESP_TRIES, name);
    if (!rc)
        rc = esp_rename(k->q->esp, NEW_KERNEL, name);
    return rc ? fail(k->ret, rc, "%s: the new kernel cannot be named: %s", k->q->esp, status_text(rc)) : 0;
}

static int write_release(struct work *k, struct span manifest)
{
    struct esp_kernel kernels[ESP_KERNELS];
    int n = esp_list(k->q->esp, kernels), rc;

    if (n < 0)
        return fail(k->ret, n, "%s: %s", k->q->esp, status_text(n));
    rc = look_around(k, kernels, n);
    if (!rc && !k->repair)
        rc = clear_kernels(k, kernels, n);
    if (!rc)
        rc = put_image(k);
    k->ret->repaired = k->repair;
    if (rc || k->repair)
        return rc;
    rc = step(k, STEP_TRIAL);
    if (!rc)
        rc = floor_file_write(k->q->state, TRIAL_FILE, manifest);
    if (rc)
        return fail(k->ret, rc, "%s/" TRIAL_FILE ": %s", k->q->state, status_text(rc));
    rc = put_kernel(k);
    if (!rc && k->q->again)
        rc = failed_forget(k->q->state, k->m.epoch);
    return rc;
}

int install_run(const struct install_request *q, struct install_result *ret)
{
    struct work k = {.q = q, .ret = ret, .kernel_fd = -1, .slots = {{.fd = -1}, {.fd = -1}}};
    struct arena *a = arena_new(64u << 20);
    struct writer bytes;
    int rc;

    memset(ret, 0, sizeof(*ret));
    writer_init(&bytes, MANIFEST_MAX + 65536);
    k.buf = malloc(CDC_MAX);
    k.old = malloc(CDC_MAX);
    rc = a && k.buf && k.old ? bundle_open(q->bundle, q->keys, a, &bytes, &k.m, ret->why)
                             : fail(ret, ST_NOMEM, "there is not enough memory");
    if (!rc) {
        ret->release = k.m;
        ret->release.chunks = NULL;
        rc = admit(&k);
    }
    if (!rc)
        rc = choose(&k);
    if (!rc)
        rc = write_release(&k, writer_span(&bytes));
    for (int i = 0; i < 2; i++)
        slot_close(&k.slots[i]);
    if (k.kernel_fd >= 0)
        close(k.kernel_fd);
    chunk_index_free(k.here);
    free(k.buf);
    free(k.old);
    writer_done(&bytes);
    arena_free(a);
    return rc;
}
