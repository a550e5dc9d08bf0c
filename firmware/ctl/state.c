/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/state.h"
#include "base/file.h"
#include "base/owner.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void state_beside_status(const char *state_dir, const char *name, char path[static STATE_PATH])
{
    const char *status = owner_status_name(state_dir), *slash = strchr(status, '/');

    snprintf(path, STATE_PATH, "%s/%.*s%s", state_dir, slash ? (int)(slash - status) + 1 : 0, status, name);
}

int state_read_json(struct arena *a, const char *path, struct json **ret)
{
    struct writer w;
    char *text = NULL;
    int rc;

    *ret = NULL;
    writer_init(&w, STATE_FILE_MAX + 8192);
    rc = file_read_regular(path, STATE_FILE_MAX, &w);
    if (!rc)
        text = arena_dup(a, w.p, w.n);
    if (!rc)
        rc = text ? json_parse(a, span_of(text, w.n), 32, ret, NULL) : ST_NOMEM;
    writer_done(&w);
    return rc;
}

int state_status(struct arena *a, const char *state_dir, struct json **ret)
{
    char path[STATE_PATH];

    snprintf(path, sizeof(path), "%s/%s", state_dir, owner_status_name(state_dir));
    return state_read_json(a, path, ret);
}

pid_t state_keeper(const char *state_dir)
{
    struct arena *a = arena_new(8u << 20);
    struct json *j = NULL;
    char path[64], comm[32] = "";
    int64_t pid = 0;
    int fd;

    if (a && state_status(a, state_dir, &j) == 0)
        pid = json_i64(json_get(j, "pid"), 0);
    arena_free(a);
    snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)pid);
    fd = pid > 1 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        if (read(fd, comm, sizeof(comm) - 1) < 0)
            comm[0] = 0;
        close(fd);
    }
    return !strncmp(comm, "gatehouse", 9) ? (pid_t)pid : 0;
}

const char *state_who(void)
{
    const char *sudo = getenv("SUDO_USER");
    const struct passwd *who = getpwuid(getuid());

    return sudo ? sudo : who ? who->pw_name : "?";
}
