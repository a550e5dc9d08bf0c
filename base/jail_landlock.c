/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/jail_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights by number, as later ABIs add to them and Debian 12's header knows only the first two. */
#define FS_READ ((1ull << 2) | (1ull << 3)) /* READ_FILE, READ_DIR */
#define FS_WRITE_FILE (1ull << 1)
#define FS_CHANGE 0x1FF0ull    /* remove, make: bits 4..12 */
#define FS_REFER (1ull << 13)  /* ABI 2 */
#define FS_TRUNCATE (1ull << 14) /* ABI 3 */
#define FS_EXECUTE (1ull << 0)
#define SCOPE_ALL 3ull /* ABI 6: no abstract local sockets, no signals to who is outside */

static uint64_t handled(int abi)
{
    uint64_t all = FS_EXECUTE | FS_READ | FS_WRITE_FILE | FS_CHANGE;
    if (abi >= 2)
        all |= FS_REFER;
    if (abi >= 3)
        all |= FS_TRUNCATE;
    return all;
}

static int allow(int ruleset, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights};
    struct stat st;
    int rc = 0, fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? 0 : status_from_errno(errno); /* what is not there cannot be reached either */
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= FS_EXECUTE | (1ull << 2) | FS_WRITE_FILE | FS_TRUNCATE;
    rule.parent_fd = fd;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        rc = status_from_errno(errno);
    close(fd);
    return rc;
}

int jail_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
    return abi > 0 ? (int)abi : 0;
}

int jail_landlock(const char *const *rw, const char *const *ro)
{
    int abi = jail_landlock_abi();
    uint64_t all;
    int ruleset, rc = 0;

    if (abi <= 0)
        return 0;
    all = handled(abi);
    struct {
        uint64_t fs, net, scoped;
    } attr = {.fs = all, .scoped = abi >= 6 ? SCOPE_ALL : 0};
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, abi >= 6 ? sizeof(attr) : sizeof(attr.fs), 0);
    if (ruleset < 0)
        return status_from_errno(errno);
    for (size_t i = 0; !rc && rw && rw[i]; i++)
        rc = allow(ruleset, rw[i], all & ~FS_EXECUTE);
    for (size_t i = 0; !rc && ro && ro[i]; i++)
        rc = allow(ruleset, ro[i], FS_READ);
    if (!rc && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        rc = status_from_errno(errno);
    close(ruleset);
    return rc ? rc : abi;
}
