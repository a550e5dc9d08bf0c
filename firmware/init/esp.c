/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAIL_LOG_MAX 4096
#define KERNELS "/esp/EFI/Linux"
#define PREFIX "gatehouse_"

static bool esp_open(void)
{
    char dev[64];

    return partition("esp", dev, sizeof(dev)) && (mkdir("/esp", 0700) == 0 || errno == EEXIST) &&
           mount(dev, "/esp", "vfat", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

static void esp_close(void)
{
    sync();
    (void)umount("/esp");
}

void note_failure(const char *why)
{
    char old[FAIL_LOG_MAX] = "";
    ssize_t n = 0;
    int fd;

    if (!esp_open())
        return;
    (void)mkdir("/esp/gh", 0700);
    fd = open("/esp/gh/fail.log", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, old, sizeof(old) - 512);
        close(fd);
    }
    fd = open("/esp/gh/fail.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) { /* newest first; the oldest fall off the end */
        dprintf(fd, "epoch %s: %s\n", boot.epoch, why);
        if (n > 0 && write(fd, old, (size_t)n) < 0)
            say("gh/fail.log: %s", strerror(errno));
        (void)fsync(fd);
        close(fd);
    }
    esp_close();
}

/* gatehouse_EPOCH[+LEFT[-DONE]].efi: its epoch as text, and how often it may still be tried (-1: it is good).
 */
static bool kernel(const char *name, char epoch[static 24], long *left)
{
    const char *p = name + strlen(PREFIX);
    size_t n;

    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
        return false;
    n = strspn(p, "0123456789");
    if (!n || n >= 24)
        return false;
    memcpy(epoch, p, n);
    epoch[n] = 0;
    p += n;
    *left = -1;
    if (*p == '+') {
        n = strspn(p + 1, "0123456789-");
        *left = strtol(p + 1, NULL, 10);
        p += n + 1;
    }
    return !strcmp(p, ".efi");
}

/* Walks the kernels: is there another one that may start; our file's name. */
static bool look(char mine[static NAME_MAX + 1])
{
    DIR *d = opendir(KERNELS);
    struct dirent *e;
    bool other = false;

    mine[0] = 0;
    while (d && (e = readdir(d)) != NULL) {
        char epoch[24];
        long left;
        if (!kernel(e->d_name, epoch, &left))
            continue;
        if (strcmp(epoch, boot.epoch) != 0)
            other = other || left != 0;
        else
            snprintf(mine, NAME_MAX + 1, "%s", e->d_name);
    }
    if (d)
        closedir(d);
    return other;
}

bool give_up_kernel(void)
{
    char mine[NAME_MAX + 1], from[PATH_MAX], to[PATH_MAX];
    bool done = false;

    if (!esp_open())
        return false;
    if (look(mine) && *mine) { /* systemd-boot puts those without tries behind all others */
        snprintf(from, sizeof(from), KERNELS "/%s", mine);
        snprintf(to, sizeof(to), KERNELS "/" PREFIX "%s+0.efi", boot.epoch);
        done = strcmp(from, to) != 0 && rename(from, to) == 0;
    }
    esp_close();
    return done;
}
