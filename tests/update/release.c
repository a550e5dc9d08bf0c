/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "release.h"
#include "firmware/update/bundle.h"
#include "firmware/update/verity.h"
#include "firmware/update/floor.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct seal_keys *test_signers[3], *test_root, *test_device;
struct keyset test_keys;
static char directory[] = "/tmp/gh-update-XXXXXX";

void release_setup(void)
{
    gh_check(seal_init() == 0 && mkdtemp(directory));
    test_root = seal_keys_generate();
    test_device = seal_keys_generate();
    test_keys = (struct keyset){.version = 1, .threshold = 2, .n = 3};
    for (size_t i = 0; i < 3; i++) {
        test_signers[i] = seal_keys_generate();
        gh_check(test_signers[i]);
        memcpy(test_keys.sign[i], seal_keys_public(test_signers[i])->sign, SEAL_PUBLIC);
    }
    gh_check(test_root && test_device);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
    (void)st;
    (void)flag;
    (void)f;
    return remove(path);
}

void release_teardown(void)
{
    (void)nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    for (size_t i = 0; i < 3; i++)
        seal_keys_free(test_signers[i]);
    seal_keys_free(test_root);
    seal_keys_free(test_device);
}

const char *in_dir(const char *name)
{
    static char buf[8][PATH_MAX];
    static unsigned at;
    char *p = buf[at++ % 8];

    snprintf(p, PATH_MAX, "%s/%s", directory, name);
    return p;
}

void fill(uint8_t *p, size_t n, uint64_t seed)
{
    uint64_t x = seed * 2654435761u + 88172645463325252ull;

    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = (uint8_t)(x >> 32);
    }
}

void put_file(const char *path, const void *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    gh_check(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    close(fd);
}

uint8_t *get_file(const char *path, size_t *ret_n)
{
    struct writer w;
    uint8_t *p;

    writer_init(&w, 16 << 20);
    gh_check(floor_file_read(NULL, path, 16 << 20, &w) == 0);
    *ret_n = w.n;
    p = malloc(w.n + 1);
    gh_check(p);
    if (w.n)
        memcpy(p, w.p, w.n);
    writer_done(&w);
    return p;
}

void make_image(uint8_t image[static IMAGE_BYTES], uint64_t seed)
{
    fill(image, IMAGE_BYTES, 7);
    fill(image + IMAGE_BYTES / 2, 64, seed);
}

void make_kernel(uint8_t kernel[static KERNEL_BYTES], uint64_t seed)
{
    fill(kernel, KERNEL_BYTES, 8);
    fill(kernel + 100, 32, seed);
}

static void root_of_image(uint8_t root[static VERITY_HASH])
{
    int fd = open(in_dir("image"), O_RDONLY | O_CLOEXEC);
    uint8_t *tree;
    size_t n;

    gh_check(fd >= 0 && verity_tree(fd, IMAGE_BLOCKS, &tree, &n, root) == 0);
    free(tree);
    close(fd);
}

const char *make_bundle(uint64_t epoch, unsigned n_signed, const struct manifest *more)
{
    static uint8_t image[IMAGE_BYTES], kernel[KERNEL_BYTES];
    struct manifest m = more ? *more : (struct manifest){0};
    char name[64], why[256] = "";
    struct writer bytes, sig, next;
    const char *dir;

    snprintf(name, sizeof(name), "bundle-%llu", (unsigned long long)epoch);
    dir = in_dir(name);
    make_image(image, epoch);
    make_kernel(kernel, epoch);
    put_file(in_dir("image"), image, sizeof(image));
    put_file(in_dir("kernel"), kernel, sizeof(kernel));
    m.epoch = epoch;
    if (!m.hardware)
        m.hardware = 1;
    if (m.data_blocks) {
        root_of_image(m.root_hash);
        if (more->root_hash[0])
            m.root_hash[0] ^= more->root_hash[0];
    } else {
        m.data_blocks = IMAGE_BLOCKS - 4;
        memset(m.root_hash, (int)epoch, sizeof(m.root_hash));
    }
    snprintf(m.version, sizeof(m.version), "1.%llu", (unsigned long long)epoch);
    gh_check(bundle_make(dir, &m, in_dir("image"), in_dir("kernel"), NULL, why) == 0);
    writer_init(&bytes, MANIFEST_MAX + 65536);
    writer_init(&sig, 4096);
    writer_init(&next, 4096);
    gh_check(floor_file_read(dir, "manifest", MANIFEST_MAX, &bytes) == 0);
    for (unsigned i = 0; i < n_signed; i++) {
        writer_clear(&next);
        gh_check(manifest_sign(writer_span(&bytes), writer_span(&sig), test_signers[i], &next) == 0);
        writer_clear(&sig);
        writer_put(&sig, writer_span(&next));
    }
    gh_check(floor_file_write(dir, "manifest.sig", writer_span(&sig)) == 0);
    writer_done(&bytes);
    writer_done(&sig);
    writer_done(&next);
    return dir;
}
