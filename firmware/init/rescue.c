/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dm.h"
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEYS "/keys"
#define STARTS KEYS "/starts"
#define UNFINISHED_MAX 2u    /* this many starts in a row may stop half-way before the image is looked at */
#define STEP (1u << 20)      /* bytes read at once */
#define BLOCK 4096u          /* dm-verity's */
#define RESCUE_SECONDS 3600u /* then the machine tries again: a cable that was loose may be in again */
#define REPORT_SECONDS 60u   /* the screen may have been switched on only now */
#define STICK "/stick"

static unsigned long long first_bad, bad_blocks;

/* ---- the count ---- */

static bool keys_open(void)
{
    char dev[64];

    return partition("keys", dev, sizeof(dev)) && (mkdir(KEYS, 0700) == 0 || errno == EEXIST) &&
           mount(dev, KEYS, "ext4", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

static unsigned read_starts(void)
{
    char text[64] = "", *end = text;
    int fd = open(STARTS, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    size_t n = strlen(boot.epoch);
    unsigned long count = 0;

    if (fd >= 0) {
        if (read(fd, text, sizeof(text) - 1) < 0)
            text[0] = 0;
        close(fd);
    }
    if (!strncmp(text, boot.epoch, n) && text[n] == ' ') /* another release's starts are not ours */
        count = strtoul(text + n + 1, &end, 10);
    return count < 1000 ? (unsigned)count : 1000;
}

static void write_starts(unsigned count)
{
    int fd = open(STARTS ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return;
    if (dprintf(fd, "%s %u\n", boot.epoch, count) > 0 && fsync(fd) == 0)
        (void)rename(STARTS ".new", STARTS);
    close(fd);
}

static void forget_starts(void)
{
    if (keys_open()) {
        (void)unlink(STARTS);
        sync();
        (void)umount(KEYS);
    }
}

/* ---- the whole image ---- */

static void count_bad(int fd, off_t from, size_t n)
{
    static uint8_t block[BLOCK];

    for (size_t i = 0; i < n; i += BLOCK)
        if (pread(fd, block, BLOCK, from + (off_t)i) < 0 && !bad_blocks++)
            first_bad = (unsigned long long)(from + (off_t)i) / BLOCK;
}

static void read_image(void)
{
    static uint8_t buf[STEP];
    unsigned long long bytes = strtoull(boot.blocks, NULL, 10) * BLOCK;
    int fd;

    open_root(true);
    fd = open("/dev/dm-0", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail("/dev/dm-0: %s", strerror(errno));
    for (unsigned long long at = 0; at < bytes; at += STEP) {
        size_t n = bytes - at < STEP ? (size_t)(bytes - at) : STEP;
        if (pread(fd, buf, n, (off_t)at) != (ssize_t)n)
            count_bad(fd, (off_t)at, n);
    }
    close(fd);
}

/* ---- the rescue ---- */

/* On every screen there is: whoever stands before the machine has only one of them. */
static void show(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void show(const char *fmt, ...)
{
    static const char *const screens[] = {"/dev/tty0", "/dev/ttyS0"};
    char text[2048];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    for (size_t i = 0; n > 0 && i < sizeof(screens) / sizeof(*screens); i++) {
        int fd = open(screens[i], O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (write(fd, text, strlen(text)) < 0)
            say("%s: %s", screens[i], strerror(errno));
        close(fd);
    }
}

static void report(bool usable)
{
    /* the kernel's screen font has no Vietnamese letters with two marks */
    show(
        "\r\n\r\n==== GATEHOUSE RESCUE ====\r\n"
        "The only good image (epoch %s, %s) is damaged: %llu of its %s blocks, the first is %llu.\r\n"
        "Nothing is watched. The configuration, the journal and the keys are kept.\r\n"
        "What to do: %s\r\n"
        "This is noted in gh/fail.log on the boot partition. The machine tries again within the hour.\r\n\r\n"
        "Anh he thong duy nhat bi hong. Thiet bi KHONG giam sat. Cau hinh, nhat ky va khoa van con.\r\n"
        "Can lam: %s\r\n"
        "==========================\r\n",
        boot.epoch, boot.root_dev, bad_blocks, boot.blocks, first_bad,
        usable ? "plug in a USB stick (FAT) with a signed release in its folder 'release'; it is installed, "
                 "or\r\n"
                 "this image is repaired from it, by itself. If it happens again, the disk is to be replaced."
               : "the disk is to be replaced, or written anew in the workshop: too much of it is damaged.",
        usable ? "cam USB (FAT) co thu muc 'release' da ky; thiet bi tu sua. Neu lap lai, hay thay o dia."
               : "thay o dia, hoac ghi lai o xuong.");
}

/* Asked first, as the kernel complains on the screen about whatever it cannot mount. */
static bool is_fat(const char *path)
{
    uint8_t b[512];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && read(fd, b, sizeof(b)) == (ssize_t)sizeof(b) && b[510] == 0x55 && b[511] == 0xAA &&
                (!memcmp(b + 82, "FAT32", 5) || !memcmp(b + 54, "FAT", 3));

    if (fd >= 0)
        close(fd);
    return good;
}

static bool has_release(const char *name, char *dev, size_t cap)
{
    char path[64];

    snprintf(path, sizeof(path), "/dev/%.40s", name);
    if (!is_fat(path) || mount(path, STICK, "vfat", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
        return false;
    if (access(STICK "/release/manifest", F_OK) == 0) {
        snprintf(dev, cap, "%s", path);
        return true;
    }
    (void)umount(STICK);
    return false;
}

/* Mounts the first file system that has a release: whatever is on it, its signatures decide. */
static bool find_stick(char *dev, size_t cap)
{
    DIR *d = opendir("/sys/class/block");
    struct dirent *e;
    bool found = false;

    while (d && !found && (e = readdir(d)) != NULL)
        if (e->d_name[0] != '.' && strncmp(e->d_name, "dm-", 3) != 0 && strncmp(e->d_name, "loop", 4) != 0)
            found = has_release(e->d_name, dev, cap);
    if (d)
        closedir(d);
    return found;
}

/* The installer of the damaged image, which is read block by block through its tree: what is damaged cannot
 * be read, so what runs is what was signed. */
static bool install(void)
{
    char a[128], b[128], dev[64];
    char *argv[] = {(char *)"gatehouse",
                    (char *)"firmware",
                    (char *)"install",
                    (char *)"/run/stick/release",
                    (char *)"--repair",
                    (char *)"--again",
                    (char *)"--set",
                    a,
                    (char *)"--set",
                    b,
                    NULL};
    int status = -1;
    pid_t pid;

    snprintf(a, sizeof(a), "firmware.slot_a=%s", partition("root-a", dev, sizeof(dev)) ? dev : "");
    snprintf(b, sizeof(b), "firmware.slot_b=%s", partition("root-b", dev, sizeof(dev)) ? dev : "");
    pid = fork();
    if (pid == 0) {
        if (chroot(ROOT) == 0 && chdir("/") == 0)
            execv("/usr/bin/gatehouse", argv);
        _exit(126);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool enter_root(void)
{
    if (mount("/dev/dm-0", ROOT, "squashfs", MS_RDONLY | MS_NODEV, NULL) != 0)
        return false;
    mount_data();
    mount_at("devtmpfs", ROOT "/dev", "devtmpfs", MS_NOSUID, NULL);
    mount_at("proc", ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_at("tmpfs", ROOT "/run", "tmpfs", MS_NOSUID | MS_NODEV, "size=16m");
    return (mkdir(ROOT "/run/stick", 0700) == 0 || errno == EEXIST) &&
           access(ROOT "/usr/bin/gatehouse", X_OK) == 0;
}

/* Reads a stick once; true when the machine may be restarted with what it brought. */
static bool try_stick(char tried[static 64])
{
    char dev[64];
    bool good;

    if (!find_stick(dev, sizeof(dev))) {
        tried[0] = 0; /* it was pulled out: the next one is a new one */
        return false;
    }
    if (!strcmp(dev, tried)) {
        (void)umount(STICK);
        return false;
    }
    snprintf(tried, 64, "%s", dev);
    say("a release on %s", dev);
    good = mount(STICK, ROOT "/run/stick", NULL, MS_MOVE, NULL) == 0 && install();
    (void)umount(ROOT "/run/stick");
    if (!good)
        show("\r\nThe release on %s could not be used; the reason stands above. Pull the stick out to try "
             "another one.\r\n",
             dev);
    return good;
}

static void rescue(bool readable) __attribute__((noreturn));
static void rescue(bool readable)
{
    char tried[64] = "";
    bool usable;

    boot.rescue = true;
    usable = readable && enter_root();
    (void)mkdir(STICK, 0700);
    for (unsigned s = 0; s < RESCUE_SECONDS; s++) {
        if (s % REPORT_SECONDS == 0)
            report(usable);
        if (usable && s % 3 == 0 && try_stick(tried)) {
            show("\r\nThe release is in place. Restarting.\r\n");
            (void)unlink(ROOT "/keys/starts");
            sync();
            restart(3);
        }
        sleep(1);
    }
    (void)unlink(ROOT "/keys/starts");
    restart(0);
}

unsigned count_start(void)
{
    unsigned before;

    if (!keys_open())
        return 0; /* without it the data cannot be opened either: that is told then */
    before = read_starts();
    write_starts(before + 1);
    (void)umount(KEYS);
    return before;
}

/* The way out of an image that cannot be started. */
static void leave(const char *why, bool readable) __attribute__((noreturn));
static void leave(const char *why, bool readable)
{
    if (give_up_kernel()) {
        forget_starts();
        fail("%s; the other release takes over", why);
    }
    say("%s", why);
    note_failure(why);
    rescue(readable);
}

void no_image(unsigned starts)
{
    char why[160];

    snprintf(why, sizeof(why), "no slot holds the image %.16s of epoch %s", boot.root_hash, boot.epoch);
    if (starts < UNFINISHED_MAX)
        fail("%s", why);
    leave(why, false);
}

void examine(unsigned starts)
{
    char why[256];

    if (starts < UNFINISHED_MAX)
        return;
    say("%u starts in a row did not come to the end of their self-test: reading the whole image", starts);
    read_image();
    if (!bad_blocks) {
        say("the image is whole; what stopped those starts was something else");
        if (!dm_remove("gh-root"))
            fail("the image's device cannot be closed");
        return;
    }
    snprintf(why, sizeof(why),
             "%llu of %s blocks of the image in %s are damaged, the first is %llu (%u starts)", bad_blocks,
             boot.blocks, boot.root_dev, first_bad, starts + 1);
    leave(why, true);
}
