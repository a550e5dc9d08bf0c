/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-init: the only program of the initramfs, static. Loads the modules that lie beside it, finds the image
 * that the kernel's command line names by the root hash of its dm-verity tree, mounts it read-only, opens the
 * encrypted data partition and gives way to the image's own init. The command line is signed together with
 * the kernel, so its hash is the root of trust:
 *
 *     gh.epoch=N gh.roothash=HEX gh.salt=HEX gh.blocks=N gh.floor=N [gh.verity=restart|panic]
 *
 * What goes wrong is printed, noted on the boot partition (gh/fail.log) and ends in a restart, so that the
 * boot counter falls to the other image; the only good image is rescued (rescue.c). Never a shell. */
#include "dm.h"
#include "init.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/fs.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LABEL_BYTES 4096u
#define LABEL_MAGIC "GHSLOT01"
#define ROOT_HASH_AT 24 /* in the label: magic, epoch, length, root hash (docs/formats.md) */
#define DATA_KEY_BYTES 64
#define WAIT_DISKS_MS 15000
#define RESCUE_FAIL_SECONDS 600u

struct boot boot;

void say(const char *fmt, ...)
{
    char line[512];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    dprintf(STDERR_FILENO, "gh-init: %s\n", n < 0 ? "?" : line);
}

bool partition(const char *name, char *dev, size_t cap)
{
    char path[PATH_MAX], want[80], text[1024];
    DIR *d = opendir("/sys/class/block");
    struct dirent *e;
    bool found = false;

    snprintf(want, sizeof(want), "PARTNAME=%s\n", name);
    while (d && !found && (e = readdir(d)) != NULL) {
        ssize_t n;
        int fd;
        snprintf(path, sizeof(path), "/sys/class/block/%s/uevent", e->d_name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
        if (fd >= 0)
            close(fd);
        if (n <= 0)
            continue;
        text[n] = 0;
        found = strstr(text, want) != NULL;
        if (found)
            snprintf(dev, cap, "/dev/%.40s", e->d_name);
    }
    if (d)
        closedir(d);
    return found;
}

/* ---- failure ---- */

void restart(unsigned seconds)
{
    sync();
    sleep(seconds);
    (void)reboot(RB_AUTOBOOT);
    for (;;)
        pause();
}

void fail(const char *fmt, ...)
{
    char why[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    say("%s. Restarting in %s.", why, boot.rescue ? "10 minutes" : "5 s");
    note_failure(why);
    restart(boot.rescue ? RESCUE_FAIL_SECONDS : 5);
}

/* ---- preparation ---- */

void mount_at(const char *what, const char *where, const char *type, unsigned long flags, const char *options)
{
    if (mkdir(where, 0755) != 0 && errno != EEXIST && errno != EROFS)
        fail("%s: %s", where, strerror(errno));
    if (mount(what, where, type, flags, options) != 0 && errno != EBUSY)
        fail("%s cannot be mounted at %s: %s", what, where, strerror(errno));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* All of /modules, in the order of their names: the image maker numbered them by dependency. */
static void load_modules(void)
{
    struct dirent **list;
    int n = scandir("/modules", &list, NULL, by_name);

    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        int fd;
        if (list[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "/modules/%s", list[i]->d_name);
            fd = open(path, O_RDONLY | O_CLOEXEC);
            if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST)
                say("%s: %s", list[i]->d_name, strerror(errno));
            if (fd >= 0)
                close(fd);
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

static bool word(const char *line, const char *name, char *to, size_t cap)
{
    const char *p = line;
    size_t n, len = strlen(name);

    while ((p = strstr(p, name)) != NULL && p != line && !isspace((unsigned char)p[-1]))
        p++;
    if (!p)
        return false;
    p += len;
    n = strcspn(p, " \n");
    if (!n || n >= cap)
        return false;
    memcpy(to, p, n);
    to[n] = 0;
    return true;
}

static bool only(const char *s, const char *of)
{
    return *s && strspn(s, of) == strlen(s);
}

static void read_command_line(void)
{
    char line[4096] = "";
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof(line) - 1) : -1;

    if (n < 0)
        fail("/proc/cmdline: %s", strerror(errno));
    line[n] = 0;
    close(fd);
    if (!word(line, "gh.epoch=", boot.epoch, sizeof(boot.epoch)) || !only(boot.epoch, "0123456789") ||
        !word(line, "gh.roothash=", boot.root_hash, sizeof(boot.root_hash)) || strlen(boot.root_hash) != 64 ||
        !only(boot.root_hash, "0123456789abcdef") || !word(line, "gh.salt=", boot.salt, sizeof(boot.salt)) ||
        !only(boot.salt, "0123456789abcdef") || !word(line, "gh.blocks=", boot.blocks, sizeof(boot.blocks)) ||
        !only(boot.blocks, "0123456789"))
        fail("the kernel's command line names no Gatehouse image");
    if (!word(line, "gh.verity=", boot.verity, sizeof(boot.verity)))
        snprintf(boot.verity, sizeof(boot.verity), "restart");
}

/* ---- the root ---- */

static bool slot_fits(const char *name)
{
    uint8_t label[ROOT_HASH_AT + 32];
    char dev[64], hex[65];
    off_t end;
    int fd;
    bool good;

    if (!partition(name, dev, sizeof(dev)))
        return false;
    fd = open(dev, O_RDONLY | O_CLOEXEC);
    end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    good = end > (off_t)LABEL_BYTES &&
           pread(fd, label, sizeof(label), end - (off_t)LABEL_BYTES) == (ssize_t)sizeof(label);
    if (fd >= 0)
        close(fd);
    for (size_t i = 0; good && i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", label[ROOT_HASH_AT + i]);
    good = good && !memcmp(label, LABEL_MAGIC, 8) && !strcmp(hex, boot.root_hash);
    if (good)
        snprintf(boot.root_dev, sizeof(boot.root_dev), "%s", dev);
    return good;
}

static void wait_for_disk(void)
{
    char dev[64];

    for (int ms = 0; ms < WAIT_DISKS_MS; ms += 50) {
        if (partition("keys", dev, sizeof(dev)))
            return;
        usleep(50000);
    }
}

/* A label says which slot it is. Where no label does, as it is damaged, the first block decides: it can only
 * be read where the whole way up to the root hash fits. */
static bool find_root(void)
{
    static const char *const slots[] = {"root-a", "root-b"};
    uint8_t block[4096];

    for (size_t i = 0; i < 2; i++)
        if (slot_fits(slots[i]))
            return true;
    for (size_t i = 0; i < 2; i++) {
        bool found = false;
        int fd;
        if (!partition(slots[i], boot.root_dev, sizeof(boot.root_dev)))
            continue;
        open_root(true);
        fd = open("/dev/dm-0", O_RDONLY | O_CLOEXEC);
        found = fd >= 0 && pread(fd, block, sizeof(block), 0) == (ssize_t)sizeof(block);
        if (fd >= 0)
            close(fd);
        if (!dm_remove("gh-root"))
            fail("the image's device cannot be closed");
        if (found) {
            say("the label of %s is lost; its image is the one that is looked for", boot.root_dev);
            return true;
        }
    }
    return false;
}

void open_root(bool lenient)
{
    char params[1024], why[256];
    uint64_t sectors = strtoull(boot.blocks, NULL, 10) * 8;

    /* the tree begins where the data end; a block that does not fit it restarts the machine */
    snprintf(params, sizeof(params), "1 %s %s 4096 4096 %s %s sha256 %s %s%s", boot.root_dev, boot.root_dev,
             boot.blocks, boot.blocks, boot.root_hash, boot.salt,
             lenient                        ? ""
             : strcmp(boot.verity, "panic") ? " 1 restart_on_corruption"
                                            : " 1 panic_on_corruption");
    if (!dm_create("gh-root", "verity", params, sectors, true, why, sizeof(why)))
        fail("dm-verity over %s: %s", boot.root_dev, why);
}

static void mount_root(void)
{
    open_root(false);
    mount_at("/dev/dm-0", ROOT, "squashfs", MS_RDONLY | MS_NODEV, NULL);
    say("epoch %s, image %.16s… from %s, verified", boot.epoch, boot.root_hash, boot.root_dev);
}

/* ---- the data ---- */

static bool read_key(const char *path, uint8_t key[static DATA_KEY_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && read(fd, key, DATA_KEY_BYTES) == DATA_KEY_BYTES;

    if (fd >= 0)
        close(fd);
    return good;
}

/* Born on the device at its first start; whoever wipes the keys partition has wiped the data. */
static void data_key(uint8_t key[static DATA_KEY_BYTES])
{
    static const char path[] = ROOT "/keys/data.key", fresh[] = ROOT "/keys/data.key.new";
    int fd, d;

    if (read_key(path, key))
        return;
    if (access(path, F_OK) == 0)
        fail("the data partition's key cannot be read");
    if (getrandom(key, DATA_KEY_BYTES, 0) != DATA_KEY_BYTES)
        fail("no random numbers: %s", strerror(errno));
    (void)unlink(fresh);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0 || write(fd, key, DATA_KEY_BYTES) != DATA_KEY_BYTES || fsync(fd) != 0 ||
        rename(fresh, path) != 0)
        fail("the data partition's key cannot be kept: %s", strerror(errno));
    close(fd);
    d = open(ROOT "/keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d >= 0) {
        (void)fsync(d);
        close(d);
    }
    say("first start: a new key for the data partition");
}

static bool is_ext4(const char *dev)
{
    uint8_t magic[2] = {0};
    int fd = open(dev, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && pread(fd, magic, 2, 1080) == 2 && magic[0] == 0x53 && magic[1] == 0xEF;

    if (fd >= 0)
        close(fd);
    return good;
}

static void make_ext4(const char *dev)
{
    int status = -1;
    pid_t pid;

    mount_at("devtmpfs", ROOT "/dev", "devtmpfs", MS_NOSUID, NULL);
    pid = fork();
    if (pid == 0) {
        char *argv[] = {(char *)"mke2fs", (char *)"-q",      (char *)"-t", (char *)"ext4",
                        (char *)"-L",     (char *)"gh-data", (char *)dev,  NULL};
        if (chroot(ROOT) != 0 || chdir("/") != 0)
            _exit(1);
        execv("/sbin/mke2fs", argv);
        _exit(1);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("the data partition cannot be formatted");
    (void)umount(ROOT "/dev");
}

static void overlay(const char *dir, const char *upper)
{
    char options[512], up[128], work[128];

    snprintf(up, sizeof(up), ROOT "/data/%s", upper);
    snprintf(work, sizeof(work), ROOT "/data/.work-%s", upper);
    if ((mkdir(up, 0755) != 0 && errno != EEXIST) || (mkdir(work, 0700) != 0 && errno != EEXIST))
        fail("%s: %s", up, strerror(errno));
    snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", dir, up, work);
    mount_at("overlay", dir, "overlay", MS_NOSUID | MS_NODEV, options);
}

/* Number of the installer's group in the verified image; 0: it has none. */
static unsigned long installer_group(void)
{
    static const char line[] = "\ngh-update:x:";
    static char text[32768];
    int fd = open(ROOT "/etc/group", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
    const char *at;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
    at = strstr(text, line);
    return at ? strtoul(at + sizeof(line) - 1, NULL, 10) : 0;
}

/* The boot partition is root's and the installer's. */
static void mount_esp(void)
{
    char dev[64], options[64] = "umask=0077";
    unsigned long group = installer_group();

    if (group)
        snprintf(options, sizeof(options), "gid=%lu,umask=0007", group);
    if (partition("esp", dev, sizeof(dev)))
        mount_at(dev, ROOT "/boot", "vfat", MS_NOSUID | MS_NODEV | MS_NOEXEC, options);
}

void mount_data(void)
{
    uint8_t key[DATA_KEY_BYTES];
    char dev[64], params[512], why[256], hex[2 * DATA_KEY_BYTES + 1];
    uint64_t bytes = 0;
    int fd;

    if (!partition("keys", dev, sizeof(dev)))
        fail("there is no keys partition");
    mount_at(dev, ROOT "/keys", "ext4", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    if (!partition("data", dev, sizeof(dev)))
        fail("there is no data partition");
    data_key(key);
    for (size_t i = 0; i < DATA_KEY_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    fd = open(dev, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes) != 0)
        fail("%s: %s", dev, strerror(errno));
    close(fd);
    snprintf(params, sizeof(params), "aes-xts-plain64 %s 0 %s 0", hex, dev);
    if (!dm_create("gh-data", "crypt", params, bytes / 512, false, why, sizeof(why)))
        fail("the data partition cannot be opened: %s", why);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(hex, sizeof(hex));
    explicit_bzero(params, sizeof(params));
    if (!is_ext4("/dev/dm-1"))
        make_ext4("/dev/dm-1");
    mount_at("/dev/dm-1", ROOT "/data", "ext4", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    overlay(ROOT "/var", "var");
    overlay(ROOT "/etc/gatehouse", "etc-gatehouse");
    mount_esp();
}

static void give_way(void)
{
    static const char *const moved[] = {"/dev", "/proc", "/sys"};
    char *argv[] = {(char *)"/sbin/init", NULL}, *env[] = {(char *)"PATH=/usr/sbin:/usr/bin", NULL};
    char to[64];

    for (size_t i = 0; i < sizeof(moved) / sizeof(*moved); i++) {
        snprintf(to, sizeof(to), ROOT "%s", moved[i]);
        if (mount(moved[i], to, NULL, MS_MOVE, NULL) != 0)
            fail("%s: %s", to, strerror(errno));
    }
    if (chdir(ROOT) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0)
        fail("the root cannot be changed: %s", strerror(errno));
    execve(argv[0], argv, env);
    fail("%s: %s", argv[0], strerror(errno));
}

int main(void)
{
    unsigned starts;

    (void)mkdir("/dev", 0755);
    (void)mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, NULL);
    if (getpid() != 1) {
        say("this is the first program of a Gatehouse appliance; it does nothing elsewhere");
        return 2;
    }
    for (int fd = open("/dev/console", O_RDWR | O_NOCTTY); fd >= 0 && fd < 3;)
        fd = dup(fd);
    mount_at("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_at("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    load_modules();
    read_command_line();
    wait_for_disk();
    starts = count_start();
    if (!find_root())
        no_image(starts);
    examine(starts);
    mount_root();
    mount_data();
    give_way();
    return 1;
}
