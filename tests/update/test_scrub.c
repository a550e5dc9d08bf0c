/* SPDX-License-Identifier: GPL-3.0-or-later
 * The scrub against trees that veritysetup made: whole, with each kind of block changed, and of impossible
 * shapes. */
#include "firmware/update/scrub.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 20000u /* three levels: 157 blocks over the data, 2 over them, 1 */
#define SALT "804b82187510794e8f5a5f3f1c54527ca9d5d2f35204b5fff98925849878d4e8" /* of every release */

static char dir[] = "/tmp/gh-scrub-XXXXXX", image[64];
static struct scrub_tree tree = {.data_blocks = BLOCKS, .salt_n = VERITY_HASH};

static bool unhex(const char *s, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned v;
        if (sscanf(s + 2 * i, "%2x", &v) != 1)
            return false;
        out[i] = (uint8_t)v;
    }
    return true;
}

/* False when there is no veritysetup here. */
static bool make_tree(void)
{
    char out[64], blocks[16], offset[16], line[256];
    int status;
    FILE *f;
    pid_t pid;

    snprintf(out, sizeof(out), "%s/out", dir);
    snprintf(blocks, sizeof(blocks), "%u", BLOCKS);
    snprintf(offset, sizeof(offset), "%u", BLOCKS * SCRUB_BLOCK);
    pid = fork();
    if (pid == 0) {
        int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd >= 0 && dup2(fd, 1) == 1)
            execlp("veritysetup", "veritysetup", "format", "--no-superblock", "--salt", SALT, "--data-blocks",
                   blocks, "--hash-offset", offset, image, image, (char *)NULL);
        _exit(127);
    }
    gh_check(pid > 0 && waitpid(pid, &status, 0) == pid);
    f = fopen(out, "re");
    while (f && fgets(line, sizeof(line), f))
        if (!strncmp(line, "Root hash:", 10))
            status = unhex(line + strspn(line + 10, " \t") + 10, tree.root_hash, 32) ? 0 : 1;
    if (f)
        fclose(f);
    unlink(out);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void spoil(int fd, uint64_t block)
{
    uint8_t b;
    off_t at = (off_t)(block * SCRUB_BLOCK + 1000);

    gh_check(pread(fd, &b, 1, at) == 1);
    b ^= 4;
    gh_check(pwrite(fd, &b, 1, at) == 1 && fsync(fd) == 0);
}

static void test_changes(int fd)
{
    static const struct {
        const char *name;
        uint64_t block, bad; /* how many are told of, at least */
    } rows[] = {
        {"the first block", 0, 1},
        {"a block of data", 12345, 1},
        {"the last block of data", BLOCKS - 1, 1},
        {"the top of the tree", BLOCKS, 1},
        {"the second level", BLOCKS + 1, 1},
        {"the level over the data", BLOCKS + 3, 1},
        {"the last one of it", BLOCKS + 2 + 157, 1},
    };
    struct scrub_result r;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check_row(rows[i].name);
        spoil(fd, rows[i].block);
        CHECK(scrub_run(fd, &tree, &r) == 0 && r.bad >= rows[i].bad);
        CHECK(r.bad <= 129); /* a block of hashes, and at most what it speaks of */
        CHECK(r.first_bad <= rows[i].block);
        if (rows[i].block < BLOCKS)
            CHECK_U64(r.first_bad, rows[i].block);
        spoil(fd, rows[i].block); /* back */
    }
    check_row("all is as it was");
    CHECK(scrub_run(fd, &tree, &r) == 0);
    CHECK_U64(r.bad, 0);
    CHECK_U64(r.blocks, BLOCKS + 157 + 2 + 1);
}

static void test_shapes(int fd)
{
    struct scrub_tree t = tree;
    struct scrub_result r;

    check_row("another root hash");
    t.root_hash[5] ^= 1;
    CHECK(scrub_run(fd, &t, &r) == 0 && r.bad == 1);
    check_row("another salt");
    t = tree;
    t.salt[0] ^= 1;
    CHECK(scrub_run(fd, &t, &r) == 0 && r.bad == r.blocks);
    check_row("no blocks");
    t = tree;
    t.data_blocks = 0;
    CHECK(scrub_run(fd, &t, &r) == ST_MALFORMED);
    check_row("more than a disk has");
    t.data_blocks = UINT64_MAX / 2;
    CHECK(scrub_run(fd, &t, &r) == ST_MALFORMED);
    check_row("the device ends before the image does");
    t.data_blocks = BLOCKS * 2;
    CHECK(scrub_run(fd, &t, &r) == 0 && r.bad >= BLOCKS);
}

/* The tree made here is the one that veritysetup made. */
static void test_made_here(int fd)
{
    uint8_t *tree_bytes, *theirs, root[VERITY_HASH];
    size_t n = 0;

    check_row("made here");
    CHECK(verity_tree(fd, BLOCKS, &tree_bytes, &n, root) == 0);
    CHECK_U64(n, (157 + 2 + 1) * VERITY_BLOCK);
    CHECK(!memcmp(root, tree.root_hash, sizeof(root)));
    theirs = malloc(n);
    gh_check(theirs && pread(fd, theirs, n, (off_t)BLOCKS * VERITY_BLOCK) == (ssize_t)n);
    CHECK(!memcmp(theirs, tree_bytes, n));
    free(theirs);
    free(tree_bytes);
    check_row("one block alone");
    CHECK(verity_tree(fd, 1, &tree_bytes, &n, root) == 0 && n == VERITY_BLOCK);
    free(tree_bytes);
    check_row("none, and more than there are");
    CHECK(verity_tree(fd, 0, &tree_bytes, &n, root) == ST_MALFORMED && !tree_bytes);
    CHECK(verity_tree(fd, 4u * BLOCKS, &tree_bytes, &n, root) < 0 && !tree_bytes);
}

int main(void)
{
    static uint8_t block[SCRUB_BLOCK];
    int fd;

    gh_check(mkdtemp(dir));
    verity_salt(tree.salt);
    snprintf(image, sizeof(image), "%s/image", dir);
    fd = open(image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    gh_check(fd >= 0);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        memcpy(block, &i, sizeof(i));
        gh_check(write(fd, block, sizeof(block)) == (ssize_t)sizeof(block));
    }
    if (make_tree()) {
        test_made_here(fd);
        test_changes(fd);
        test_shapes(fd);
    }
    close(fd);
    unlink(image);
    rmdir(dir);
    if (!check_done) {
        fprintf(stderr, "veritysetup is not here (Debian: cryptsetup-bin)\n");
        return CHECK_SKIP;
    }
    return check_end();
}
