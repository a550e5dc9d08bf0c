/* SPDX-License-Identifier: GPL-3.0-or-later
 * The helper of nft.h: forked by the enforcer, or a process of its own unit (gatehouse-nft@.service). */
#include "policy/enforce/nft.h"
#include "policy/enforce/nft_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK_LONGEST_MS (366ull * 86400000)

/* Runs one nft script. "" in answer, or its first line of complaint. */
static void run_nft(const char *script, char answer[NFT_ANSWER])
{
    static char *const argv[] = {(char *)"nft", (char *)"-f", (char *)"-", NULL};
    static char *const env[] = {(char *)"PATH=/usr/sbin:/sbin:/usr/bin:/bin", (char *)"LC_ALL=C", NULL};
    posix_spawn_file_actions_t fa;
    int in[2] = {-1, -1}, out[2] = {-1, -1}, status = 0, rc;
    ssize_t n = 0, got = 0;
    pid_t pid;

    answer[0] = 0;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        snprintf(answer, NFT_ANSWER, "no pipe: %s", strerror(errno));
        goto out;
    }
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, in[0], 0);
    posix_spawn_file_actions_adddup2(&fa, out[1], 1);
    posix_spawn_file_actions_adddup2(&fa, out[1], 2);
    rc = posix_spawnp(&pid, "nft", &fa, NULL, argv, env);
    posix_spawn_file_actions_destroy(&fa);
    if (rc) {
        snprintf(answer, NFT_ANSWER, "nft cannot be started: %s (Debian package nftables)", strerror(rc));
        goto out;
    }
    close(out[1]);
    out[1] = -1;
    if (write(in[1], script, strlen(script)) < 0)
        snprintf(answer, NFT_ANSWER, "nft does not listen: %s", strerror(errno));
    close(in[1]);
    in[1] = -1;
    while (got < NFT_ANSWER - 1 && (n = read(out[0], answer + got, (size_t)(NFT_ANSWER - 1 - got))) > 0)
        got += n;
    answer[got] = 0;
    answer[strcspn(answer, "\n")] = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        answer[0] = 0;
    else if (!answer[0])
        snprintf(answer, NFT_ANSWER, "nft failed");
out:
    for (int i = 0; i < 2; i++) {
        if (in[i] >= 0)
            close(in[i]);
        if (out[i] >= 0)
            close(out[i]);
    }
}

static void make_table(const char *table, char answer[NFT_ANSWER])
{
    char script[2048];

    snprintf(
        script, sizeof(script),
        "add table inet %s\ndelete table inet %s\ntable inet %s {\n"
        " set pairs4 { type ipv4_addr . ipv4_addr; flags timeout; size 65536; }\n"
        " set pairs6 { type ipv6_addr . ipv6_addr; flags timeout; size 65536; }\n"
        " chain before { type filter hook prerouting priority -290; policy accept;\n"
        "  ip saddr . ip daddr @pairs4 counter drop\n  ip6 saddr . ip6 daddr @pairs6 counter drop\n }\n"
        " chain out { type filter hook output priority -290; policy accept;\n"
        "  ip saddr . ip daddr @pairs4 counter drop\n  ip6 saddr . ip6 daddr @pairs6 counter drop\n }\n}\n",
        table, table, table);
    run_nft(script, answer);
}

static void add_pair(const char *table, uint64_t timeout_ms, const struct nft_pair *p,
                     char answer[NFT_ANSWER])
{
    char a[INET6_ADDRSTRLEN] = "", b[INET6_ADDRSTRLEN] = "", script[1024];
    unsigned long long seconds = (timeout_ms + 999) / 1000;

    inet_ntop(p->ipv6 ? AF_INET6 : AF_INET, p->a, a, sizeof(a));
    inet_ntop(p->ipv6 ? AF_INET6 : AF_INET, p->b, b, sizeof(b));
    /* an element that is there keeps its old end, so it is taken out first */
    snprintf(script, sizeof(script),
             "add element inet %s pairs%c { %s . %s, %s . %s }\ndelete element inet %s pairs%c { %s . %s, %s "
             ". %s }\n"
             "add element inet %s pairs%c { %s . %s timeout %llus, %s . %s timeout %llus }\n",
             table, p->ipv6 ? '6' : '4', a, b, b, a, table, p->ipv6 ? '6' : '4', a, b, b, a, table,
             p->ipv6 ? '6' : '4', a, b, seconds, b, a, seconds);
    run_nft(script, answer);
}

/* Everybody may talk again. */
static void flush(const char *table, char answer[NFT_ANSWER])
{
    char script[256];

    snprintf(script, sizeof(script), "flush set inet %s pairs4\nflush set inet %s pairs6\n", table, table);
    run_nft(script, answer);
}

/* Only the right to configure the network is kept. */
static void keep_net_admin(void)
{
    for (int cap = 0; cap <= 63; cap++)
        if (cap != CAP_NET_ADMIN)
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int nft_serve(int fd)
{
    char made[NFT_ANSWER], answer[NFT_ANSWER], script[128];
    struct nft_hello hello;
    struct nft_pair p;

    prctl(PR_SET_NAME, "gh-enforce-nft");
    keep_net_admin();
    signal(SIGPIPE, SIG_IGN);
    if (recv(fd, &hello, sizeof(hello), 0) != sizeof(hello) || hello.table[sizeof(hello.table) - 1] ||
        !nft_table_name(hello.table) || !hello.timeout_ms || hello.timeout_ms > BLOCK_LONGEST_MS)
        return 2;
    make_table(hello.table, made);
    /* the end of the socket tells that the enforcer is gone, however it died */
    while (recv(fd, &p, sizeof(p), 0) == sizeof(p)) {
        memcpy(answer, made, sizeof(answer));
        if (!made[0] && p.op == NFT_FLUSH)
            flush(hello.table, answer);
        else if (!made[0])
            add_pair(hello.table, hello.timeout_ms, &p, answer);
        if (send(fd, answer, sizeof(answer), 0) != sizeof(answer))
            break;
    }
    if (!made[0]) {
        snprintf(script, sizeof(script), "delete table inet %s\n", hello.table);
        run_nft(script, answer);
    }
    return 0;
}
