/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/enforce/nft.h"
#include "base/clock.h"
#include "base/writer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NFT_WAIT_MS 2000
#define ANSWER 160

enum op { OP_BLOCK, OP_FLUSH };
struct pair {
    uint8_t op, ipv6;
    uint8_t a[16], b[16];
};
struct nft {
    int fd; /* SOCK_SEQPACKET to the helper; -1 */
    pid_t pid;
};

bool nft_table_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return n > 0 && n < 32 && !name[n];
}

/* ---- in the helper ---- */

/* Runs one nft script. "" in answer, or its first line of complaint. */
static void run_nft(const char *script, char answer[ANSWER])
{
    static char *const argv[] = {(char *)"nft", (char *)"-f", (char *)"-", NULL};
    static char *const env[] = {(char *)"PATH=/usr/sbin:/sbin:/usr/bin:/bin", (char *)"LC_ALL=C", NULL};
    posix_spawn_file_actions_t fa;
    int in[2] = {-1, -1}, out[2] = {-1, -1}, status = 0, rc;
    ssize_t n = 0, got = 0;
    pid_t pid;

    answer[0] = 0;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        snprintf(answer, ANSWER, "no pipe: %s", strerror(errno));
        goto out;
    }
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, in[0], 0);
    posix_spawn_file_actions_adddup2(&fa, out[1], 1);
    posix_spawn_file_actions_adddup2(&fa, out[1], 2);
    rc = posix_spawnp(&pid, "nft", &fa, NULL, argv, env);
    posix_spawn_file_actions_destroy(&fa);
    if (rc) {
        snprintf(answer, ANSWER, "nft cannot be started: %s (Debian package nftables)", strerror(rc));
        goto out;
    }
    close(out[1]);
    out[1] = -1;
    if (write(in[1], script, strlen(script)) < 0)
        snprintf(answer, ANSWER, "nft does not listen: %s", strerror(errno));
    close(in[1]);
    in[1] = -1;
    while (got < ANSWER - 1 && (n = read(out[0], answer + got, (size_t)(ANSWER - 1 - got))) > 0)
        got += n;
    answer[got] = 0;
    answer[strcspn(answer, "\n")] = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        answer[0] = 0;
    else if (!answer[0])
        snprintf(answer, ANSWER, "nft failed");
out:
    for (int i = 0; i < 2; i++) {
        if (in[i] >= 0)
            close(in[i]);
        if (out[i] >= 0)
            close(out[i]);
    }
}

static void make_table(const char *table, char answer[ANSWER])
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

static void add_pair(const char *table, uint64_t timeout_ms, const struct pair *p, char answer[ANSWER])
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
static void flush(const char *table, char answer[ANSWER])
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

static _Noreturn void helper(int fd, const char *table, uint64_t timeout_ms)
{
    char made[ANSWER], answer[ANSWER], script[128];
    struct pair p;

    prctl(PR_SET_NAME, "gh-enforce-nft");
    keep_net_admin();
    signal(SIGPIPE, SIG_IGN);
    make_table(table, made);
    /* the end of the socket tells that the enforcer is gone, however it died */
    while (recv(fd, &p, sizeof(p), 0) == sizeof(p)) {
        memcpy(answer, made, sizeof(answer));
        if (!made[0] && p.op == OP_FLUSH)
            flush(table, answer);
        else if (!made[0])
            add_pair(table, timeout_ms, &p, answer);
        if (send(fd, answer, sizeof(answer), 0) != sizeof(answer))
            break;
    }
    if (!made[0]) {
        snprintf(script, sizeof(script), "delete table inet %s\n", table);
        run_nft(script, answer);
    }
    _exit(0);
}

/* ---- in the enforcer ---- */

struct nft *nft_new(const char *table, uint64_t timeout_ms)
{
    struct nft *n = calloc(1, sizeof(*n));
    int fds[2];

    if (!n)
        return NULL;
    n->fd = -1;
    if (!nft_table_name(table) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return n;
    n->pid = fork();
    if (n->pid == 0) {
        close(fds[0]);
        for (int fd = 3; fd < 64; fd++) /* channels of the enforcer are none of its business */
            if (fd != fds[1])
                close(fd);
        helper(fds[1], table, timeout_ms);
    }
    close(fds[1]);
    if (n->pid > 0)
        n->fd = fds[0];
    else
        close(fds[0]);
    return n;
}

void nft_free(struct nft *n)
{
    if (!n)
        return;
    if (n->fd >= 0)
        close(n->fd); /* the helper removes the table and ends */
    free(n);
}

/* One request and its answer. */
static int ask(struct nft *n, const struct pair *p, char *err, size_t cap)
{
    struct pollfd wait = {.fd = n->fd, .events = POLLIN};
    char answer[ANSWER];

    if (n->fd < 0 || send(n->fd, p, sizeof(*p), MSG_NOSIGNAL) != sizeof(*p)) {
        snprintf(err, cap, "the nftables helper does not run");
        return ST_IO;
    }
    if (poll(&wait, 1, NFT_WAIT_MS) != 1 || recv(n->fd, answer, sizeof(answer), 0) != sizeof(answer)) {
        snprintf(err, cap, "nftables did not answer in time");
        close(n->fd); /* a late answer must not be taken for that of the next pair */
        n->fd = -1;
        return ST_TIMEOUT;
    }
    answer[ANSWER - 1] = 0;
    if (!answer[0])
        return 0;
    snprintf(err, cap, "nftables: %s", answer);
    return span_find(span_str(answer), span_str("not permitted"), 0) >= 0 ? ST_DENIED : ST_IO;
}

int nft_block(struct nft *n, const struct event_target *t, char *err, size_t cap)
{
    struct pair p = {.op = OP_BLOCK, .ipv6 = t->ipv6};

    memcpy(p.a, t->client, 16);
    memcpy(p.b, t->server, 16);
    return ask(n, &p, err, cap);
}

int nft_flush(struct nft *n, char *err, size_t cap)
{
    const struct pair p = {.op = OP_FLUSH};

    return ask(n, &p, err, cap);
}
