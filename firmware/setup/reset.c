/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/setup/setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEEPEST 16

/* Everything below dir, through no link and into no other file system. */
static int erase(int dir, dev_t device, unsigned depth)
{
    DIR *d = fdopendir(dir);
    struct dirent *e;
    struct stat st;
    int rc = 0;

    if (!d) {
        close(dir);
        return ST_IO;
    }
    while ((e = readdir(d)) != NULL) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
            fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && st.st_dev == device && depth < DEEPEST) {
            int sub = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (sub < 0 || erase(sub, device, depth + 1) != 0)
                rc = ST_IO;
        }
        if (unlinkat(dirfd(d), e->d_name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) != 0)
            rc = ST_IO;
    }
    closedir(d);
    return rc;
}

/* Does gh-core hold this directory? */
static bool in_use(const char *dir)
{
    char path[CONF_TEXT + 32];
    bool used = false;
    int fd;

    snprintf(path, sizeof(path), "%s/journal.lock", dir);
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        used = flock(fd, LOCK_EX | LOCK_NB) != 0;
        close(fd);
    }
    return used;
}

static bool is_image(const char *cmdline)
{
    FILE *f = fopen(cmdline, "re");
    char line[4096] = "";
    bool is;

    if (f && !fgets(line, sizeof(line), f))
        line[0] = 0;
    if (f)
        fclose(f);
    is = strstr(line, "gh.epoch=") != NULL;
    return is;
}

int setup_reset(const struct conf *c, const char *path, const char *confirm)
{
    static const struct words type = {"Type the name of this post to erase it", "Gõ tên đơn vị để xóa"};
    struct setup s = {.conf = *c, .path = path};
    char answer[ASK_TEXT];
    struct stat st;
    int fd, rc;

    if (!confirm) {
        printf("Factory reset of \"%s\": keys, journal, sealed evidence and enrolment in %s are erased for "
               "good.\n"
               "Khôi phục xuất xưởng: khóa, nhật ký, chứng cứ niêm phong và ghi danh bị xóa vĩnh viễn.\n"
               "The console goes on showing what it has; tell the subcommittee to retire this appliance.\n",
               c->node_name, c->node_state_dir);
        if (!ask_text(&s.ask, &type, "", NULL, NULL, answer))
            answer[0] = 0;
        confirm = answer;
    }
    if (strcmp(confirm, c->node_name) != 0 || !*confirm) {
        fprintf(
            stderr,
            "gatehouse factory-reset: that is not the name of this post (node.name); nothing is erased\n");
        return 2;
    }
    if (is_image(c->firmware_cmdline)) /* the whole data partition goes, by its key */
        return setup_run(&s, (char *[]){(char *)"firmware", (char *)"reset", (char *)"--confirm",
                                        (char *)c->node_name, NULL});
    if (in_use(c->node_state_dir)) {
        fprintf(stderr, "gatehouse factory-reset: the appliance runs; stop it first (systemctl stop "
                        "gatehouse). Nothing is erased\n");
        return 2;
    }
    fd = open(c->node_state_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        fprintf(stderr, "gatehouse factory-reset: %s: %s\n", c->node_state_dir, strerror(errno));
        if (fd >= 0)
            close(fd);
        return 3;
    }
    rc = erase(fd, st.st_dev, 0);
    sync();
    if (rc) {
        fprintf(stderr, "gatehouse factory-reset: part of %s could not be erased\n", c->node_state_dir);
        return 3;
    }
    printf("erased; the configuration is kept. 'gatehouse setup' begins anew\n");
    return 0;
}
