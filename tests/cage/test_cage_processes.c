/* SPDX-License-Identifier: GPL-3.0-or-later
 * What each process must not be able to do once it is locked in, tried from inside its own jail; the workers'
 * is test_cage_worker. One row is one trial in several profiles. */
#include "base/jail.h"
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_WORKS = 40, EXIT_REFUSED = 41, EXIT_ODD = 42 };

static char dir[] = "/tmp/gh-cage-XXXXXX"; /* the one directory that files-having profiles may use */
static int wire[2];                        /* wire[1] stands for the packet socket */
static int pipe_fd[2], memfd;
static pid_t neighbour; /* a process of the same user outside the jail */

/* The kernel looks at 32 bits of a descriptor, a filter at 64. */
static long high(int fd)
{
    return (long)((uint64_t)(unsigned)fd | 1ull << 32);
}

static long try_open(void)
{
    return open("/etc/passwd", O_RDONLY);
}
static long try_open_etc_for_writing(void)
{
    return open("/etc/gh-cage-was-here", O_WRONLY | O_CREAT, 0600);
}
static long try_own_file(void)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/a", dir);
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
}
static long try_symlink(void)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/link", dir);
    return symlinkat("/etc/passwd", AT_FDCWD, path);
}
static long try_proc_mem(void)
{
    return open("/proc/self/mem", O_RDWR);
}
static long try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}
static long try_socket_unix(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}
static long try_socket_packet(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}
static long try_bind(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    return bind(wire[0], (struct sockaddr *)&to, sizeof(to));
}
static long try_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    return connect(wire[0], (struct sockaddr *)&to, sizeof(to));
}
static long try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid;
}
static long try_kill_neighbour(void)
{
    return kill(neighbour, 0);
}
static long try_tgkill_neighbour(void)
{
    return syscall(SYS_tgkill, neighbour, neighbour, 0);
}
static long try_tgkill_self(void)
{
    return syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), 0);
}
static long try_map_exec(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}
static long try_map_write_exec(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -1 : 0;
}
static long try_protect_exec(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}
static long try_become_root(void)
{
    return setuid(0);
}
static long try_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static long try_type_into_terminal(void)
{
    /* wire[0] is none and says so to who may ask; what counts is that nobody may */
    return ioctl(wire[0], TIOCSTI, "x") == 0 || errno != EPERM ? 0 : -1;
}
static long use_ask_socket(void)
{
    int left;
    return ioctl(wire[0], FIONREAD, &left);
}
static long try_exec(void)
{
    return execl("/bin/true", "true", NULL);
}
static long try_ptrace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
static long try_vm_write(void)
{
    return syscall(SYS_process_vm_writev, neighbour, NULL, 0, NULL, 0, 0);
}
static long try_unshare(void)
{
    return syscall(SYS_unshare, CLONE_NEWUSER);
}
static long try_bpf(void)
{
    return syscall(SYS_bpf, 0, NULL, 0);
}
static long try_uring(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL);
}

/* Every way to send on the packet socket. */
static long try_sendto(void)
{
    return syscall(SYS_sendto, wire[1], "x", 1, MSG_DONTWAIT, NULL, 0);
}
static long try_sendto_high(void)
{
    return syscall(SYS_sendto, high(wire[1]), "x", 1, MSG_DONTWAIT, NULL, 0);
}
static long try_sendmsg_high(void)
{
    struct iovec v = {(void *)"x", 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    return syscall(SYS_sendmsg, high(wire[1]), &m, MSG_DONTWAIT);
}
static long try_write(void)
{
    return write(wire[1], "x", 1);
}
static long try_write_high(void)
{
    return syscall(SYS_write, high(wire[1]), "x", 1);
}
static long try_writev(void)
{
    struct iovec v = {(void *)"x", 1};
    return writev(wire[1], &v, 1);
}
static long try_sendfile(void)
{
    off_t at = 0;
    return sendfile(wire[1], memfd, &at, 1);
}
static long try_splice(void)
{
    return splice(pipe_fd[0], NULL, wire[1], NULL, 1, SPLICE_F_NONBLOCK);
}
static long try_dup(void)
{
    return dup(wire[1]);
}
static long try_fcntl_dup(void)
{
    return fcntl(wire[1], F_DUPFD, 0);
}
static long use_receive(void)
{
    char c;
    return recv(wire[1], &c, 1, MSG_DONTWAIT) < 0 && errno != EAGAIN ? -1 : 0;
}
static long use_channel(void)
{
    return send(wire[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}
static long use_log(void)
{
    return write(pipe_fd[1], "x", 1);
}

#define P(x) (1u << JAIL_##x)
#define ALL (P(SENSOR) | P(SCAN) | P(WORKER) | P(POLICY) | P(CORE) | P(ENFORCE) | P(UPLINK) | P(CONSOLE))
#define FILES (P(CORE) | P(UPLINK) | P(CONSOLE))
static const struct trial {
    const char *name;
    long (*fn)(void);
    unsigned works, dies; /* in these profiles; in all others (of who) it is refused */
    unsigned who;
} trials[] = {
    {"open a file outside", try_open, 0, 0, ALL},
    {"make a file outside", try_open_etc_for_writing, 0, 0, ALL},
    {"open its own memory", try_proc_mem, 0, 0, ALL},
    {"a file in its directory", try_own_file, FILES, 0, ALL},
    {"a symbolic link in its directory", try_symlink, 0, 0, ALL},
    {"internet socket", try_socket, P(UPLINK), 0, ALL},
    {"local socket", try_socket_unix, P(UPLINK), 0, ALL},
    {"packet socket", try_socket_packet, 0, 0, ALL},
    {"connect", try_connect, 0, 0, ALL & ~P(UPLINK)},
    {"bind", try_bind, 0, 0, ALL & ~P(UPLINK)},
    {"fork", try_fork, P(SCAN), 0, ALL},
    {"signal a neighbour", try_kill_neighbour, 0, 0, ALL},
    {"signal a neighbour's thread", try_tgkill_neighbour, 0, 0, ALL},
    {"signal itself", try_tgkill_self, ALL, 0, ALL},
    {"map executable memory", try_map_exec, 0, 0, ALL},
    {"map memory to write and execute", try_map_write_exec, 0, 0, ALL},
    {"make memory executable", try_protect_exec, 0, 0, ALL},
    {"become root", try_become_root, 0, 0, ALL},
    {"become dumpable", try_dumpable, P(SCAN), 0, ALL}, /* its workers set themselves up */
    {"type into a terminal", try_type_into_terminal, 0, 0, ALL},
    {"ask a socket what waits", use_ask_socket, P(UPLINK), 0, ALL},
    {"run a program", try_exec, 0, ALL, ALL},
    {"be traced", try_ptrace, 0, ALL, ALL},
    {"write another's memory", try_vm_write, 0, ALL, ALL},
    {"unshare", try_unshare, 0, ALL, ALL},
    {"bpf", try_bpf, 0, ALL, ALL},
    {"io_uring", try_uring, 0, ALL, ALL},
    {"packet socket: sendto", try_sendto, 0, 0, P(SENSOR)},
    {"packet socket: sendto, high bits set", try_sendto_high, 0, 0, P(SENSOR)},
    {"packet socket: sendmsg, high bits set", try_sendmsg_high, 0, 0, P(SENSOR)},
    {"packet socket: write", try_write, 0, 0, P(SENSOR)},
    {"packet socket: write, high bits set", try_write_high, 0, 0, P(SENSOR)},
    {"packet socket: writev", try_writev, 0, 0, P(SENSOR)},
    {"packet socket: sendfile", try_sendfile, 0, 0, P(SENSOR)},
    {"packet socket: splice", try_splice, 0, 0, P(SENSOR)},
    {"packet socket: dup", try_dup, 0, 0, P(SENSOR)},
    {"packet socket: fcntl dup", try_fcntl_dup, 0, 0, P(SENSOR)},
    {"packet socket: receive", use_receive, P(SENSOR), 0, P(SENSOR)},
    {"a channel beside it", use_channel, ALL, 0, ALL},
    {"the log", use_log, ALL, 0, ALL},
};
static const char *const names[JAIL_COUNT] = {"sensor", "scan",    "worker", "policy",
                                              "core",   "enforce", "uplink", "console"};

/* gh-scan must be able to signal its children; that it can signal no others is Landlock's doing, from ABI 6
 * on. */
static bool may_signal(const struct trial *t, enum jail_profile p)
{
    return p == JAIL_SCAN && (t->fn == try_kill_neighbour || t->fn == try_tgkill_neighbour) &&
           syscall(SYS_landlock_create_ruleset, NULL, 0, 1u) < 6;
}

static _Noreturn void inside(enum jail_profile p, long (*fn)(void))
{
    const char *const rw[] = {dir, NULL};
    const int packets[] = {wire[1], 0};
    const struct jail_options opt = {.rw = 1u << p & FILES ? rw : NULL,
                                     .receive_only = p == JAIL_SENSOR ? packets : NULL};
    char err[256];
    long rc;

    if (jail_enter(p, &opt, NULL, err, sizeof(err)) != 0) {
        fprintf(stderr, "jail_enter: %s\n", err);
        _exit(EXIT_ODD);
    }
    errno = 0;
    rc = fn();
    _exit(rc >= 0 ? EXIT_WORKS : errno == ENOSYS ? EXIT_ODD : EXIT_REFUSED);
}

static void *in_thread(void *arg)
{
    return arg;
}

/* The sensor's threads, where it has several: made after it is locked in, and nothing but threads. */
static void threads(bool allowed)
{
    const struct jail_options opt = {.threads = allowed};
    pid_t pid = fork();
    int status = 0;

    check_row(allowed ? "sensor with threads" : "sensor without threads");
    if (pid == 0) {
        pthread_t t;
        void *back = NULL;
        char err[256];
        bool made;
        if (jail_enter(JAIL_SENSOR, &opt, NULL, err, sizeof(err)) != 0)
            _exit(2);
        made = pthread_create(&t, NULL, in_thread, err) == 0 && pthread_join(t, &back) == 0 && back == err;
        _exit(made == allowed && fork() < 0 && errno == EPERM ? 0 : 1);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void trial(const struct trial *t, enum jail_profile p)
{
    int want = t->works >> p & 1 || may_signal(t, p) ? EXIT_WORKS
               : t->dies >> p & 1                    ? SIGSYS
                                                     : EXIT_REFUSED,
        status = 0;
    static char row[128]; /* the name of the row outlives this function */
    pid_t pid;

    snprintf(row, sizeof(row), "%s: %s", names[p], t->name);
    check_row(row);
    gh_check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, wire) == 0 && pipe(pipe_fd) == 0 &&
             write(pipe_fd[1], "abc", 3) == 3);
    pid = fork();
    gh_check(pid >= 0);
    if (pid == 0)
        inside(p, t->fn);
    gh_check(waitpid(pid, &status, 0) == pid);
    CHECK_U64(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), want);
    for (int i = 0; i < 2; i++) {
        close(wire[i]);
        close(pipe_fd[i]);
    }
}

int main(void)
{
#ifdef GH_SANITIZE
    fprintf(stderr,
            "sanitizers open files and clone: the jail of this build is permissive, nothing to test\n");
    return CHECK_SKIP;
#endif
    signal(SIGPIPE, SIG_IGN);
    gh_check(mkdtemp(dir) && (geteuid() != 0 || chmod(dir, 0777) == 0));
    memfd = memfd_create("document", 0);
    gh_check(memfd >= 0 && write(memfd, "abc", 3) == 3);
    neighbour = fork();
    if (neighbour == 0) {
        if (geteuid() == 0 &&
            setuid(65534) != 0) /* as jail_enter does: one user, so only the jail stands between */
            _exit(1);
        pause();
        _exit(0);
    }
    gh_check(neighbour > 0);
    for (size_t i = 0; i < GH_COUNT(trials); i++)
        for (int p = 0; p < JAIL_COUNT; p++)
            if (trials[i].who >> p & 1)
                trial(&trials[i], (enum jail_profile)p);
    threads(true);
    threads(false);
    kill(neighbour, SIGKILL);
    waitpid(neighbour, NULL, 0);
    for (const char *const *n = (const char *const[]){"a", "link", NULL}; *n; n++) {
        char path[64];
        snprintf(path, sizeof(path), "%s/%s", dir, *n);
        unlink(path);
    }
    rmdir(dir);
    return check_end();
}
