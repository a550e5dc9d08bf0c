/* SPDX-License-Identifier: GPL-3.0-or-later
 * The installer on slots that are files: what it refuses, what it fetches, and that it may be stopped at
 * every change of the disk. */
#include "firmware/update/esp.h"
#include "firmware/update/floor.h"
#include "firmware/update/install.h"
#include "firmware/update/slot.h"
#include "firmware/update/verity.h"
#include "release.h"
#include "tests/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNNING 2
#define SLOT_BYTES (IMAGE_BYTES + 64 * 1024)

struct stop {
    unsigned at, seen; /* die before the at-th change */
};

static int stop_at(void *arg, enum install_step s)
{
    struct stop *k = arg;

    (void)s;
    if (++k->seen == k->at)
        _exit(9); /* as by a power cut: nothing is tidied up */
    return 0;
}

/* A machine that runs epoch 2 from slot a; slot b is empty, the boot partition has its kernel alone. */
static void machine(void)
{
    static uint8_t bytes[SLOT_BYTES], kernel[KERNEL_BYTES];
    struct manifest m = {.epoch = RUNNING, .image_bytes = IMAGE_BYTES};
    struct slot s;

    memset(m.root_hash, RUNNING, sizeof(m.root_hash));
    memset(bytes, 0, sizeof(bytes));
    put_file(in_dir("slot-b"), bytes, sizeof(bytes));
    make_image(bytes, RUNNING);
    put_file(in_dir("slot-a"), bytes, sizeof(bytes));
    gh_check(slot_open(&s, in_dir("slot-a"), true) == 0 && slot_label(&s, &m) == 0);
    slot_close(&s);
    (void)mkdir(in_dir("esp"), 0755);
    (void)mkdir(in_dir("state"), 0755);
    for (uint64_t e = 1; e < 10; e++)
        for (int left = -1; left <= ESP_TRIES; left++) {
            char name[NAME_MAX + 1], path[NAME_MAX + 8];
            esp_name(e, left, name);
            snprintf(path, sizeof(path), "esp/%s", name);
            unlink(in_dir(path));
        }
    unlink(in_dir("esp/.gatehouse_new.efi"));
    unlink(in_dir("state/failed"));
    unlink(in_dir("state/trial"));
    make_kernel(kernel, RUNNING);
    put_file(in_dir("esp/gatehouse_2.efi"), kernel, sizeof(kernel));
    put_file(in_dir("esp/gatehouse_1.efi"), kernel, sizeof(kernel)); /* of what was in slot b once */
}

static struct install_request request(const char *bundle)
{
    struct install_request q = {
        .bundle = strdup(bundle), .running = RUNNING, .hardware = 1, .keys = &test_keys};

    q.slot[0] = strdup(in_dir("slot-a"));
    q.slot[1] = strdup(in_dir("slot-b"));
    q.esp = strdup(in_dir("esp"));
    q.state = strdup(in_dir("state"));
    memset(q.running_root, RUNNING, sizeof(q.running_root));
    return q;
}

static void request_done(struct install_request *q)
{
    free((char *)q->bundle);
    free((char *)q->slot[0]);
    free((char *)q->slot[1]);
    free((char *)q->esp);
    free((char *)q->state);
}

/* What runs is as it was; and a kernel of the new release is there only when its image is whole. */
static void check_safe(uint64_t epoch, bool done)
{
    static uint8_t image[IMAGE_BYTES], kernel[KERNEL_BYTES];
    struct esp_kernel k[ESP_KERNELS];
    size_t n;
    uint8_t *got = get_file(in_dir("slot-a"), &n);
    int n_kernels = esp_list(in_dir("esp"), k);
    const struct esp_kernel *fresh = esp_find(k, n_kernels, epoch);

    make_image(image, RUNNING);
    CHECK(n == SLOT_BYTES && !memcmp(got, image, IMAGE_BYTES));
    free(got);
    got = get_file(in_dir("esp/gatehouse_2.efi"), &n);
    make_kernel(kernel, RUNNING);
    CHECK(n == KERNEL_BYTES && !memcmp(got, kernel, n));
    free(got);
    CHECK(!done || fresh);
    if (!fresh)
        return;
    CHECK(fresh->counted && fresh->left == ESP_TRIES);
    got = get_file(in_dir("slot-b"), &n);
    make_image(image, epoch);
    CHECK(!memcmp(got, image, IMAGE_BYTES));
    free(got);
    CHECK(!esp_find(k, n_kernels, 1)); /* the kernel whose image was overwritten is gone */
}

static void test_refused(void)
{
    static const struct {
        const char *name;
        struct manifest more;
        unsigned signers;
        uint64_t floor;
        bool failed, lost;
        int rc;
        const char *says;
    } rows[] = {
        {"one signature", {0}, 1, 0, false, false, ST_BAD_SIGNATURE, "1 good signature, 2 are needed"},
        {"none", {0}, 0, 0, false, false, ST_MALFORMED, "0 good signatures"},
        {"other machines", {.hardware = 2}, 2, 0, false, false, ST_DENIED, "other machines"},
        {"below the floor", {0}, 2, 3, false, false, ST_DENIED, "its floor is 3"},
        {"too far ahead", {.min_epoch = 3}, 2, 0, false, false, ST_DENIED, "needs epoch 3"},
        {"failed before", {0}, 2, 0, true, false, ST_DENIED, "failed here"},
        {"what runs is not found", {0}, 2, 0, false, true, ST_NOT_FOUND, "is in no slot"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct install_request q = request(make_bundle(3, rows[i].signers, &rows[i].more));
        struct install_result r;
        size_t n;
        uint8_t *b;

        machine();
        q.floor = rows[i].floor;
        if (rows[i].failed)
            gh_check(failed_add(q.state, 3, "the fan") == 0);
        if (rows[i].lost)
            q.running_root[0] ^= 1;
        check_row(rows[i].name);
        CHECK(install_run(&q, &r) == rows[i].rc);
        CHECK(strstr(r.why, rows[i].says) != NULL);
        check_safe(3, false);
        b = get_file(in_dir("slot-b"), &n);
        CHECK(b[0] == 0 && !memcmp(b, b + 1, n - 1)); /* nothing was written at all */
        free(b);
        request_done(&q);
    }
}

static void test_good(void)
{
    struct install_request q = request(make_bundle(3, 2, NULL));
    struct install_result r;

    machine();
    CHECK(install_run(&q, &r) == 0);
    check_safe(3, true);
    CHECK(r.slot == 1 && r.bytes_fetched < 4 * 65536 &&
          r.bytes_here + r.bytes_fetched == IMAGE_BYTES + KERNEL_BYTES);
    CHECK(install_run(&q, &r) == 0 && r.bytes_fetched == 0); /* again: all is there */
    q.running = 3;
    memset(q.running_root, 3, sizeof(q.running_root));
    CHECK(install_run(&q, &r) == ST_EXISTS);
    request_done(&q);
}

static void test_damaged(void)
{
    struct install_request q = request(make_bundle(4, 2, NULL));
    struct install_result r;
    char command[4096];

    machine();
    /* each chunk of the bundle cut short: those that are needed are missed, with a reason, and nothing boots
     * from it */
    snprintf(command, sizeof(command), "%s/chunks", q.bundle);
    gh_check(rename(command, in_dir("chunks-elsewhere")) == 0 && mkdir(command, 0755) == 0);
    CHECK(install_run(&q, &r) == ST_NOT_FOUND && strstr(r.why, "chunk"));
    check_safe(4, false);
    gh_check(rmdir(command) == 0 && rename(in_dir("chunks-elsewhere"), command) == 0);
    CHECK(install_run(&q, &r) == 0);
    check_safe(4, true);
    request_done(&q);
}

/* The running release, damaged in two places: written over from its own bundle, also when that is cut off;
 * its label, the other slot and the kernels stay. Another release of that epoch is none of its. */
static void test_repair(void)
{
    struct install_request q = request(make_bundle(RUNNING, 2, NULL));
    struct install_result r;
    size_t n;
    uint8_t *got;

    for (unsigned at = 1; at < 5; at++) {
        struct stop stop = {.at = at};
        int fd, status;
        pid_t pid;

        machine();
        fd = open(in_dir("slot-a"), O_RDWR | O_CLOEXEC);
        CHECK(fd >= 0 && pwrite(fd, "damage", 6, 5000) == 6 &&
              pwrite(fd, "damage", 6, IMAGE_BYTES - 5000) == 6);
        close(fd);
        q.repair = true;
        q.step = stop_at;
        q.arg = &stop;
        pid = fork();
        gh_check(pid >= 0);
        if (pid == 0)
            _exit(install_run(&q, &r) == 0 ? 0 : 1);
        gh_check(waitpid(pid, &status, 0) == pid);
        q.step = NULL;
        CHECK(install_run(&q, &r) == 0 && r.repaired && r.slot == 0);
        check_safe(3, false);
        CHECK(access(in_dir("esp/gatehouse_1.efi"), F_OK) == 0);
        got = get_file(in_dir("slot-b"), &n);
        CHECK(got[0] == 0 && !memcmp(got, got + 1, n - 1));
        free(got);
    }
    CHECK(install_run(&q, &r) == 0 && r.bytes_fetched == 0);
    q.repair = false;
    CHECK(install_run(&q, &r) == ST_EXISTS);
    q.repair = true;
    q.running_root[0] ^= 1;
    CHECK(install_run(&q, &r) == ST_EXISTS);
    request_done(&q);
}

static void power_cuts(const char *bundle, unsigned least)
{
    struct install_request q = request(bundle);
    struct install_result r;
    unsigned at;

    for (at = 1; at < 200; at++) {
        struct stop stop = {.at = at};
        int status;
        pid_t pid;

        machine();
        q.step = stop_at;
        q.arg = &stop;
        pid = fork();
        gh_check(pid >= 0);
        if (pid == 0)
            _exit(install_run(&q, &r) == 0 ? 0 : 1);
        gh_check(waitpid(pid, &status, 0) == pid);
        check_safe(5, false);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            break; /* it has fewer steps than that */
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
        q.step = NULL;
        CHECK(install_run(&q, &r) == 0);
        check_safe(5, true);
    }
    CHECK(at > least);
    request_done(&q);
}

static void test_power_cut(void)
{
    power_cuts(make_bundle(5, 2, NULL), 8);
}

/* A release that leaves its tree out: the slot has it all the same, behind the image, also when the power is
 * cut; where the label was, nothing is in its way. */
static void test_tree(void)
{
    const struct manifest more = {.data_blocks = IMAGE_BLOCKS};
    const char *bundle = make_bundle(5, 2, &more);
    uint8_t *tree, *got, root[VERITY_HASH];
    size_t n, slot_n;
    int fd;

    power_cuts(bundle, 9);
    fd = open(in_dir("image"), O_RDONLY | O_CLOEXEC);
    gh_check(fd >= 0 && verity_tree(fd, IMAGE_BLOCKS, &tree, &n, root) == 0);
    got = get_file(in_dir("slot-b"), &slot_n);
    CHECK(IMAGE_BYTES + n <= slot_n && !memcmp(got + IMAGE_BYTES, tree, n));
    free(got);
    free(tree);
    close(fd);
}

/* Signed, but its kernel names another root hash than its bytes come to: refused before it gets a label. */
static void test_other_root(void)
{
    const struct manifest more = {.data_blocks = IMAGE_BLOCKS, .root_hash = {1}};
    struct install_request q = request(make_bundle(6, 2, &more));
    struct install_result r;
    struct slot s;

    machine();
    CHECK(install_run(&q, &r) == ST_BAD_SIGNATURE && strstr(r.why, "root hash"));
    check_safe(6, false);
    gh_check(slot_open(&s, in_dir("slot-b"), false) == 0);
    CHECK(!s.labelled);
    slot_close(&s);
    request_done(&q);
}

int main(void)
{
    release_setup();
    test_refused();
    test_good();
    test_damaged();
    test_power_cut();
    test_tree();
    test_other_root();
    test_repair();
    release_teardown();
    return check_end();
}
