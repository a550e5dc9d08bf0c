/* SPDX-License-Identifier: GPL-3.0-or-later
 * The helper against the real nft(8), in a network namespace of its own; skipped where one cannot be made. */
#include "policy/enforce/nft.h"
#include "tests/check.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Standard output of a fixed command contains text. */
static bool shows(const char *command, const char *text)
{
    char buf[8192];
    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c): the commands are this file's own */
    size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

    buf[n] = 0;
    if (f)
        pclose(f);
    return strstr(buf, text) != NULL;
}

/* One connection, as the unit's socket takes it; ends with the exit code of the helper. */
static pid_t serve(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    pid_t pid;

    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    gh_check(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1) == 0);
    pid = fork();
    if (pid == 0)
        _exit(nft_serve(accept(fd, NULL, NULL)));
    close(fd);
    return pid;
}

static void as_a_unit(void)
{
    const struct event_target v4 = {.client = {10, 0, 0, 1}, .server = {203, 0, 113, 9}};
    char dir[] = "/tmp/gh-nft.XXXXXX", path[64], err[256] = "";
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int status = 0, fd;
    struct nft *n;
    pid_t pid;

    check_row("a helper that is a unit of its own");
    gh_check(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/nft.sock", dir);
    n = nft_new("gh_unit", 90000, path);
    CHECK(nft_block(n, &v4, err, sizeof(err)) == ST_IO && strstr(err, "does not run"));
    nft_free(n);
    pid = serve(path);
    n = nft_new("gh_unit", 90000, path);
    CHECK(nft_block(n, &v4, err, sizeof(err)) == 0);
    CHECK(shows("nft list table inet gh_unit", "10.0.0.1 . 203.0.113.9 timeout 1m30s"));
    nft_free(n);
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(!shows("nft list tables", "gh_unit"));
    check_row("who speaks nonsense to it");
    unlink(path);
    pid = serve(path);
    fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    CHECK(send(fd, "x; flush ruleset aaaaaaaaaaaaaaaaaaaaaaa", 40, 0) == 40);
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 2);
    close(fd);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    struct event_target v4 = {.client = {10, 0, 0, 1}, .server = {203, 0, 113, 9}};
    struct event_target v6 = {
        .ipv6 = true, .client = {0x20, 1, 0xd, 0xb8, [15] = 1}, .server = {0x20, 1, 0xd, 0xb8, [15] = 2}};
    struct event_target long6 = {.ipv6 = true};
    struct nft *n;
    char err[256] = "";

    check_row("names");
    CHECK(nft_table_name("gatehouse") && nft_table_name("a_1"));
    CHECK(!nft_table_name("") && !nft_table_name("a b") && !nft_table_name("x;flush ruleset") &&
          !nft_table_name("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    if (unshare(CLONE_NEWNET) != 0 || access("/usr/sbin/nft", X_OK) != 0) {
        fprintf(stderr, "skipped: needs root (for a network namespace) and nft\n");
        return CHECK_SKIP;
    }
    check_row("blocking");
    n = nft_new("gh_test", 90000, NULL);
    CHECK(nft_block(n, &v4, err, sizeof(err)) == 0);
    CHECK_STR(err, "");
    CHECK(nft_block(n, &v6, err, sizeof(err)) == 0);
    CHECK(shows("nft list table inet gh_test", "10.0.0.1 . 203.0.113.9 timeout 1m30s"));
    CHECK(shows("nft list table inet gh_test", "203.0.113.9 . 10.0.0.1 timeout 1m30s"));
    CHECK(shows("nft list table inet gh_test", "2001:db8::1 . 2001:db8::2 timeout 1m30s"));
    check_row("addresses as long as they get");
    memset(long6.client, 0xfd, 16);
    memset(long6.server, 0xfc, 16);
    CHECK(nft_block(n, &long6, err, sizeof(err)) == 0);
    CHECK_STR(err, "");
    CHECK(shows("nft list table inet gh_test",
                "fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd . fcfc:fcfc:fcfc:fcfc:fcfc:fcfc:fcfc:fcfc"));
    check_row("again");
    CHECK(nft_block(n, &v4, err, sizeof(err)) == 0);
    check_row("all let go");
    CHECK(nft_flush(n, err, sizeof(err)) == 0);
    CHECK(shows("nft list table inet gh_test", "pairs4") &&
          !shows("nft list table inet gh_test", "203.0.113.9"));
    CHECK(nft_block(n, &v4, err, sizeof(err)) == 0);
    check_row("the table goes with us");
    nft_free(n);
    for (int i = 0; i < 100 && shows("nft list tables", "gh_test"); i++)
        usleep(20000);
    CHECK(!shows("nft list tables", "gh_test"));
    as_a_unit();
    return check_end();
}
