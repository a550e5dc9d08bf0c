/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/bundle.h"
#include "base/cdc.h"
#include "firmware/update/floor.h"
#include "firmware/update/install.h"
#include "firmware/update/slot.h"
#include "firmware/update/verity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapped {
    uint8_t *p;
    size_t n, used; /* what goes into the release is at the beginning */
};

static int map_file(const char *path, struct mapped *ret, char why[static 256])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    struct stat st;

    *ret = (struct mapped){0};
    if (fd < 0 || fstat(fd, &st) != 0) {
        rc = status_from_errno(errno);
    } else if (!S_ISREG(st.st_mode) || st.st_size <= 0) {
        rc = ST_TRUNCATED;
    } else {
        ret->n = (size_t)st.st_size;
        ret->p = mmap(NULL, ret->n, PROT_READ, MAP_PRIVATE, fd, 0);
        if (ret->p == MAP_FAILED) {
            rc = status_from_errno(errno);
            ret->p = NULL;
        }
        ret->used = ret->n;
    }
    if (fd >= 0)
        close(fd);
    if (rc)
        snprintf(why, 256, "%s: %s", path, status_text(rc));
    return rc;
}

static void unmap(struct mapped *m)
{
    if (m->p)
        munmap(m->p, m->n);
}

static uint32_t cut(const struct mapped *f, struct update_chunk *to)
{
    uint32_t count = 0;

    for (size_t off = 0, n; off < f->used; off += n, count++) {
        n = cdc_cut(f->p + off, f->used - off < CDC_MAX ? f->used - off : CDC_MAX);
        if (to) {
            to[count].n = (uint32_t)n;
            update_chunk_id(span_of(f->p + off, n), to[count].id);
        }
    }
    return count;
}

static int store(const char *chunks, const struct mapped *f, const struct update_chunk *c, uint32_t count,
                 char why[static 256])
{
    char name[2 * SEAL_HASH + 1], path[PATH_MAX];
    size_t off = 0;
    struct writer w;
    int rc = 0;

    for (uint32_t i = 0; !rc && i < count; off += c[i].n, i++) {
        writer_fixed(&w, name, sizeof(name));
        writer_hex(&w, c[i].id, SEAL_HASH);
        name[2 * SEAL_HASH] = 0;
        if ((size_t)snprintf(path, sizeof(path), "%s/%s", chunks, name) >= sizeof(path))
            rc = ST_LIMIT;
        else if (access(path, F_OK) != 0)
            rc = floor_file_write(chunks, name, span_of(f->p + off, c[i].n));
    }
    if (rc)
        snprintf(why, 256, "%s: %s", chunks, status_text(rc));
    return rc;
}

/* Does every appliance make the tree of this image itself, and come to the root hash of the kernel? Then only
 * what is before it goes into the release. */
static int leave_tree_out(const struct manifest *m, const char *path, struct mapped *image)
{
    uint8_t root[VERITY_HASH], *tree;
    size_t n;
    int fd, rc;

    if (!m->data_blocks || m->data_blocks > image->n / VERITY_BLOCK)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    rc = fd >= 0 ? verity_tree(fd, m->data_blocks, &tree, &n, root) : status_from_errno(errno);
    if (fd >= 0)
        close(fd);
    if (rc)
        return rc;
    free(tree);
    if (!memcmp(root, m->root_hash, sizeof(root)))
        image->used = m->data_blocks * VERITY_BLOCK;
    return 0;
}

static int write_all(const char *dir, struct manifest *m, const struct mapped *image,
                     const struct mapped *uki, char why[static 256])
{
    char chunks[PATH_MAX];
    struct writer w;
    int rc;

    if ((size_t)snprintf(chunks, sizeof(chunks), "%s/chunks", dir) >= sizeof(chunks) ||
        (mkdir(dir, 0755) != 0 && errno != EEXIST) || (mkdir(chunks, 0755) != 0 && errno != EEXIST)) {
        snprintf(why, 256, "%s: %s", dir, strerror(errno));
        return ST_IO;
    }
    rc = store(chunks, image, m->chunks, m->n_image, why);
    if (!rc)
        rc = store(chunks, uki, m->chunks + m->n_image, m->n_uki, why);
    if (rc)
        return rc;
    writer_init(&w, MANIFEST_MAX);
    manifest_encode(m, &w);
    rc = writer_ok(&w) ? floor_file_write(dir, "manifest", writer_span(&w)) : ST_LIMIT;
    writer_done(&w);
    if (rc)
        snprintf(why, 256, "%s/manifest: %s", dir, status_text(rc));
    return rc;
}

int bundle_make(const char *dir, struct manifest *m, const char *image, const char *uki, const char *sbom,
                char why[static 256])
{
    struct mapped f[3] = {0};
    int rc = map_file(image, &f[0], why);

    if (!rc)
        rc = map_file(uki, &f[1], why);
    if (!rc && sbom)
        rc = map_file(sbom, &f[2], why);
    if (!rc && (rc = leave_tree_out(m, image, &f[0])) != 0)
        snprintf(why, 256, "%s: %s", image, status_text(rc));
    if (!rc) {
        m->product = PRODUCT_GATEHOUSE;
        m->image_bytes = f[0].used;
        m->uki_bytes = f[1].n;
        update_file_hash(span_of(f[0].p, f[0].used), m->image_hash);
        update_file_hash(span_of(f[1].p, f[1].n), m->uki_hash);
        update_file_hash(span_of(f[2].p, f[2].n), m->sbom_hash);
        m->n_image = cut(&f[0], NULL);
        m->n_uki = cut(&f[1], NULL);
        m->chunks = calloc((size_t)m->n_image + m->n_uki, sizeof(*m->chunks));
        if (!m->chunks)
            rc = ST_NOMEM;
    }
    if (!rc) {
        cut(&f[0], m->chunks);
        cut(&f[1], m->chunks + m->n_image);
        rc = write_all(dir, m, &f[0], &f[1], why);
    }
    free(m->chunks);
    m->chunks = NULL;
    for (size_t i = 0; i < 3; i++)
        unmap(&f[i]);
    return rc;
}

static int check_part(const char *dir, const struct update_chunk *c, uint32_t count, uint64_t total,
                      const uint8_t want[static SEAL_HASH], const char *what, char why[static 256])
{
    uint8_t hash[SEAL_HASH], *all = malloc(total + CDC_MAX);
    uint64_t off = 0;
    int rc = all ? 0 : ST_NOMEM;

    for (uint32_t i = 0; !rc && i < count; off += c[i].n, i++) {
        rc = bundle_chunk(dir, &c[i], all + off);
        if (rc)
            snprintf(why, 256, "chunk %u of the %s: %s", i, what, status_text(rc));
    }
    if (!rc) {
        update_file_hash(span_of(all, total), hash);
        if (memcmp(hash, want, SEAL_HASH) != 0) {
            snprintf(why, 256, "the %s is not the one that the manifest names", what);
            rc = ST_BAD_SIGNATURE;
        }
    }
    free(all);
    return rc;
}

int bundle_check(const char *dir, const struct manifest *m, char why[static 256])
{
    int rc = check_part(dir, m->chunks, m->n_image, m->image_bytes, m->image_hash, "image", why);

    return rc ? rc
              : check_part(dir, m->chunks + m->n_image, m->n_uki, m->uki_bytes, m->uki_hash, "kernel", why);
}
