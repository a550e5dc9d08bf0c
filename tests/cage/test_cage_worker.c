/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a document worker must not be able to do, tried from inside its own jail, entered as it really is: as
 * a child of a process that is in JAIL_SCAN already. And what it must still be able to do. */
#include "base/jail.h"
#include "base/msg.h"
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY (64u << 20)

enum outcome { REFUSED, DIES, WORKS };
enum { EXIT_WORKS = 40, EXIT_REFUSED = 41, EXIT_ODD = 42 }; /* how a trial tells */

static int passed_socket[2]; /* one end stays with the test, the other with the trial */

/* Each trial returns 0 when it could do the thing, -1 with errno when not. */
static int try_open(void)
{
    return open("/etc/passwd", O_RDONLY);
}
static int try_open_write(void)
{
    return open("/tmp/gh-cage-was-here", O_WRONLY | O_CREAT, 0600);
}
static int try_openat2(void)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};
    return (int)syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof(how));
}
static int try_stat(void)
{
    struct stat st;
    return stat("/etc", &st);
}
static int try_proc_self(void)
{
    return open("/proc/self/mem", O_RDWR);
}
static int try_unlink(void)
{
    return unlink("/tmp/gh-cage-nothing");
}
static int try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}
static int try_socket_unix(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}
static int try_socketpair(void)
{
    int fds[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}
static int try_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    return connect(passed_socket[1], (struct sockaddr *)&to, sizeof(to));
}
static int try_bind(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    return bind(passed_socket[1], (struct sockaddr *)&to, sizeof(to));
}
static int try_dup(void)
{
    return dup(passed_socket[1]);
}
static int try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0 ? 0 : -1;
}
static int try_vfork(void)
{
    return (int)syscall(SYS_vfork);
}
static int try_thread(void)
{
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return pid > 0 ? 0 : -1;
}
static int try_kill(void)
{
    return kill(getppid(), 0);
}
static int try_map_exec(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}
static int try_protect_exec(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}
static int try_raise_limit(void)
{
    struct rlimit r = {RLIM_INFINITY, RLIM_INFINITY};
    return setrlimit(RLIMIT_AS, &r);
}
static int try_set_limit(void)
{
    struct rlimit r = {1 << 20, 1 << 20};
    return (int)syscall(SYS_prlimit64, 0, RLIMIT_DATA, &r, NULL);
}
static int try_privileges(void)
{
    return setuid(0);
}
static int try_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static int try_memory(void)
{
    return mmap(NULL, 2 * (size_t)MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                   MAP_FAILED
               ? -1
               : 0;
}
static int try_many_files(void)
{
    for (int i = 0; i < 64; i++)
        if (memfd_create("x", 0) < 0)
            return -1;
    return 0;
}
static int try_long_file(void)
{
    int fd = memfd_create("x", 0);

    signal(SIGXFSZ, SIG_IGN);
    return ftruncate(fd, 8 << 20);
}
static int try_exec(void)
{
    return execl("/bin/true", "true", NULL);
}
static int try_ptrace(void)
{
    return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
static int try_vm_read(void)
{
    return (int)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}
static int try_unshare(void)
{
    return (int)syscall(SYS_unshare, 0x10000000);
}
static int try_bpf(void)
{
    return (int)syscall(SYS_bpf, 0, NULL, 0);
}
static int try_uring(void)
{
    return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

/* What it lives by. */
static int use_memory(void)
{
    void *p = mmap(NULL, MEMORY / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return -1;
    memset(p, 1, MEMORY / 2);
    return munmap(p, MEMORY / 2);
}
static int use_answer(void)
{
    struct msg_chan *c = msg_chan_new(passed_socket[1], ROLE_WORKER, ROLE_SCAN);
    static const uint8_t id[8] = {1};
    int fd = msg_memfd("findings", span_str("{}"));
    struct msg m;

    if (!c || fd < 0 || msg_send(c, MSG_WORK_DONE, span_of(id, 8), fd) != 0)
        return -1;
    return msg_receive(c, &m, true) == 0 && m.type == MSG_WORK && m.fd >= 0 ? 0 : -1;
}
static int use_large_input(void)
{
    int fd = passed_socket[1];
    struct msg_chan *c = msg_chan_new(fd, ROLE_WORKER, ROLE_SCAN);
    struct span in;
    struct msg m;

    if (!c || msg_receive(c, &m, true) != 0 || msg_map(m.fd, SIZE_MAX, &in) != 0)
        return -1;
    return in.n == MEMORY + 4096 && in.p[MEMORY] == 0 ? use_memory()
                                                      : -1; /* the document does not eat the head-room */
}

static const struct {
    const char *name;
    int (*fn)(void);
    enum outcome want;
} trials[] = {
    {"open a file", try_open, REFUSED},
    {"make a file", try_open_write, REFUSED},
    {"openat2", try_openat2, REFUSED},
    {"look at a path", try_stat, REFUSED},
    {"open its own memory", try_proc_self, REFUSED},
    {"remove a file", try_unlink, REFUSED},
    {"internet socket", try_socket, REFUSED},
    {"local socket", try_socket_unix, REFUSED},
    {"socket pair", try_socketpair, REFUSED},
    {"connect", try_connect, REFUSED},
    {"bind", try_bind, REFUSED},
    {"copy a descriptor", try_dup, REFUSED},
    {"fork", try_fork, REFUSED},
    {"vfork", try_vfork, REFUSED},
    {"clone", try_thread, REFUSED},
    {"signal its parent", try_kill, REFUSED},
    {"map executable memory", try_map_exec, REFUSED},
    {"make memory executable", try_protect_exec, REFUSED},
    {"raise a limit", try_raise_limit, REFUSED},
    {"set a limit", try_set_limit, REFUSED},
    {"become root", try_privileges, REFUSED},
    {"become dumpable", try_dumpable, REFUSED},
    {"more memory than its ceiling", try_memory, REFUSED},
    {"more descriptors than it may have", try_many_files, REFUSED},
    {"a longer file than it may make", try_long_file, REFUSED},
    {"run a program", try_exec, DIES},
    {"be traced", try_ptrace, DIES},
    {"read another's memory", try_vm_read, DIES},
    {"unshare", try_unshare, DIES},
    {"bpf", try_bpf, DIES},
    {"io_uring", try_uring, DIES},
    {"use memory below its ceiling", use_memory, WORKS},
    {"answer with a sealed file, take a document", use_answer, WORKS},
    {"map a document as large as its memory", use_large_input, WORKS},
};

static _Noreturn void trial(int (*fn)(void), const struct jail_usage *usage)
{
    const struct jail_options opt = {.keep_user = true,
                                     .memory = MEMORY,
                                     .input = 2 * MEMORY,
                                     .usage = usage,
                                     .file_size = 4 << 20,
                                     .files = 16};
    char err[256];
    int rc = jail_enter(JAIL_WORKER, &opt, NULL, err, sizeof(err));

    if (rc) {
        dprintf(2, "jail_enter: %s\n", err);
        _exit(EXIT_ODD);
    }
    rc = fn();
    _exit(rc >= 0 ? EXIT_WORKS : errno == ENOSYS ? EXIT_ODD : EXIT_REFUSED);
}

/* The test's own end of the trial's socket: takes what comes, sends one document. */
static void serve(void)
{
    static const uint8_t work[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct msg_chan *c = msg_chan_new(passed_socket[0], ROLE_SCAN, ROLE_WORKER);
    int fd = memfd_create("document", MFD_ALLOW_SEALING);
    struct msg m;

    gh_check(c && fd >= 0 && ftruncate(fd, MEMORY + 4096) == 0 && msg_memfd_seal(fd) == 0);
    (void)msg_send(c, MSG_WORK, span_of(work, sizeof(work)), fd);
    close(fd);
    while (msg_receive(c, &m, true) == 0)
        if (m.fd >= 0)
            close(m.fd);
    msg_chan_free(c);
}

/* In a process that has become what the supervisor is: forks the trial and tells how it ended. */
static _Noreturn void supervisor(int (*fn)(void))
{
    const struct jail_options opt = {0};
    struct jail_usage usage;
    char err[256];
    int status;
    pid_t pid;

    jail_measure(&usage);
    if (jail_enter(JAIL_SCAN, &opt, NULL, err, sizeof(err)) != 0) {
        dprintf(2, "jail_enter: %s\n", err);
        _exit(EXIT_ODD);
    }
    pid = fork();
    if (pid == 0)
        trial(fn, &usage);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        _exit(EXIT_ODD);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static int run(int (*fn)(void))
{
    int status;
    pid_t pid;

    gh_check(msg_pair(passed_socket) == 0);
    pid = fork();
    gh_check(pid >= 0);
    if (pid == 0) {
        close(passed_socket[0]);
        supervisor(fn);
    }
    close(passed_socket[1]);
    if (fn == use_answer || fn == use_large_input)
        serve();
    else
        close(passed_socket[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Other profiles: the supervisor's, and one with files. */
static void test_profile(enum jail_profile profile, int (*fn)(void), int want)
{
    static const char *const etc[] = {"/etc", NULL};
    const struct jail_options opt = {.ro = profile == JAIL_SCAN ? NULL : etc};
    char err[256];
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (jail_enter(profile, &opt, NULL, err, sizeof(err)) != 0)
            _exit(EXIT_ODD);
        _exit(fn() >= 0 ? EXIT_WORKS : EXIT_REFUSED);
    }
    waitpid(pid, &status, 0);
    CHECK_U64(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), want);
}

int main(void)
{
#ifdef GH_SANITIZE
    fprintf(stderr,
            "sanitizers open files and clone: the jail of this build is permissive, nothing to test\n");
    return CHECK_SKIP;
#endif
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < GH_COUNT(trials); i++) {
        int want = trials[i].want == REFUSED ? EXIT_REFUSED : trials[i].want == DIES ? SIGSYS : EXIT_WORKS;
        check_row(trials[i].name);
        CHECK_U64(run(trials[i].fn), want);
    }
    check_row("the supervisor opens a file");
    test_profile(JAIL_SCAN, try_open, EXIT_REFUSED);
    check_row("the supervisor makes a socket");
    test_profile(JAIL_SCAN, try_socket, EXIT_REFUSED);
    check_row("the supervisor runs a program");
    test_profile(JAIL_SCAN, try_exec, SIGSYS);
    check_row("the supervisor forks");
    test_profile(JAIL_SCAN, try_fork, EXIT_WORKS);
    check_row("who may open files may look at them");
    test_profile(JAIL_CORE, try_open, EXIT_WORKS);
    test_profile(JAIL_CORE, try_stat, EXIT_WORKS);
    return check_end();
}
