/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BUFFER 4096

struct request {
    struct dm_ioctl head;
    char body[BUFFER];
};

static bool complain(char *why, size_t cap, const char *what)
{
    snprintf(why, cap, "%s: %s", what, strerror(errno));
    return false;
}

static void prepare(struct request *r, const char *name, uint32_t flags)
{
    memset(r, 0, sizeof(*r));
    r->head.version[0] = DM_VERSION_MAJOR;
    r->head.data_size = sizeof(*r);
    r->head.data_start = offsetof(struct request, body);
    r->head.flags = flags | DM_SECURE_DATA_FLAG; /* the kernel wipes its copy, too */
    snprintf(r->head.name, sizeof(r->head.name), "%s", name);
}

static bool load(int fd, struct request *r, const char *name, const char *target, const char *params,
                 uint64_t sectors, uint32_t flags)
{
    struct dm_target_spec spec = {.length = sectors, .next = 0};
    size_t n = strlen(params) + 1;

    if (sizeof(spec) + n > sizeof(r->body)) {
        errno = E2BIG;
        return false;
    }
    prepare(r, name, flags);
    r->head.target_count = 1;
    snprintf(spec.target_type, sizeof(spec.target_type), "%s", target);
    memcpy(r->body, &spec, sizeof(spec));
    memcpy(r->body + sizeof(spec), params, n);
    return ioctl(fd, DM_TABLE_LOAD, r) == 0;
}

bool dm_create(const char *name, const char *target, const char *params, uint64_t sectors, bool read_only,
               char *why, size_t cap)
{
    uint32_t flags = read_only ? DM_READONLY_FLAG : 0;
    struct request r;
    int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
    bool good = fd >= 0 || complain(why, cap, "/dev/mapper/control");

    if (good) {
        prepare(&r, name, flags);
        good = ioctl(fd, DM_DEV_CREATE, &r) == 0 || complain(why, cap, "the device cannot be made");
    }
    if (good) {
        good =
            load(fd, &r, name, target, params, sectors, flags) || complain(why, cap, "its table is refused");
        explicit_bzero(&r, sizeof(r));
    }
    if (good) {
        prepare(&r, name, flags); /* without DM_SUSPEND_FLAG: resume, which puts the table to work */
        good = ioctl(fd, DM_DEV_SUSPEND, &r) == 0 || complain(why, cap, "it cannot be started");
    }
    if (fd >= 0)
        close(fd);
    return good;
}

bool dm_remove(const char *name)
{
    struct request r;
    int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
    bool good;

    prepare(&r, name, 0);
    good = fd >= 0 && ioctl(fd, DM_DEV_REMOVE, &r) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}
