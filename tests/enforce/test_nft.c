/* SPDX-License-Identifier: GPL-3.0-or-later
 * The helper against the real nft(8), in a network namespace of its own; skipped where one cannot be made. */
#include "policy/enforce/nft.h"
#include "tests/check.h"

#include <sched.h>
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
    n = nft_new("gh_test", 90000);
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
    return check_end();
}
