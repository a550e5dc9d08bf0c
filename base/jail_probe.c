/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/jail_probe.h"
#include "base/jail_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_WORKS = 40, EXIT_REFUSED = 41, EXIT_ODD = 42 };

/* What a trial works with; made before each fork, so it is the child's alone. */
static struct {
    const char *dir; /* the directory that it may use, NULL: none */
    int wire[2],
        log[2]; /* two socket pairs (the second a pipe where one can be made): a channel, and the log */
    int packet; /* its packet socket */
    int file;   /* a memfd with three bytes in it */
    pid_t neighbour;
} tool;

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
    return open("/etc/gh-jail-probe", O_WRONLY | O_CREAT, 0600);
}
static long try_own_file(void)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/.jail-probe", tool.dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    return fd < 0 ? -1 : unlink(path);
}
static long try_symlink(void)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/.jail-probe", tool.dir);
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
    return bind(tool.wire[0], (struct sockaddr *)&to, sizeof(to));
}
static long try_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    return connect(tool.wire[0], (struct sockaddr *)&to, sizeof(to));
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
    return kill(tool.neighbour, 0);
}
static long try_tgkill_neighbour(void)
{
    return syscall(SYS_tgkill, tool.neighbour, tool.neighbour, 0);
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
    /* tool.wire[0] is none and says so to who may ask; what counts is that nobody may */
    return ioctl(tool.wire[0], TIOCSTI, "x") == 0 || errno != EPERM ? 0 : -1;
}
static long use_ask_socket(void)
{
    int left;
    return ioctl(tool.wire[0], FIONREAD, &left);
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
    return syscall(SYS_process_vm_writev, tool.neighbour, NULL, 0, NULL, 0, 0);
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
    return syscall(SYS_sendto, tool.packet, "x", 1, MSG_DONTWAIT, NULL, 0);
}
static long try_sendto_high(void)
{
    return syscall(SYS_sendto, high(tool.packet), "x", 1, MSG_DONTWAIT, NULL, 0);
}
static long try_sendmsg_high(void)
{
    struct iovec v = {(void *)"x", 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    return syscall(SYS_sendmsg, high(tool.packet), &m, MSG_DONTWAIT);
}
static long try_write(void)
{
    return write(tool.packet, "x", 1);
}
static long try_write_high(void)
{
    return syscall(SYS_write, high(tool.packet), "x", 1);
}
static long try_writev(void)
{
    struct iovec v = {(void *)"x", 1};
    return writev(tool.packet, &v, 1);
}
static long try_sendfile(void)
{
    off_t at = 0;
    return sendfile(tool.packet, tool.file, &at, 1);
}
static long try_splice(void)
{
    return splice(tool.log[0], NULL, tool.packet, NULL, 1, SPLICE_F_NONBLOCK);
}
static long try_dup(void)
{
    return dup(tool.packet);
}
static long try_fcntl_dup(void)
{
    return fcntl(tool.packet, F_DUPFD, 0);
}
static long use_receive(void)
{
    char c;
    return recv(tool.packet, &c, 1, MSG_DONTWAIT) < 0 && errno != EAGAIN ? -1 : 0;
}
static long use_channel(void)
{
    return send(tool.wire[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}
static long use_log(void)
{
    return write(tool.log[1], "x", 1);
}

#define P(x) (1u << JAIL_##x)
#define ALL (P(SENSOR) | P(SCAN) | P(WORKER) | P(POLICY) | P(CORE) | P(ENFORCE) | P(UPLINK) | P(CONSOLE))
#define FILES (P(CORE) | P(UPLINK) | P(CONSOLE))
enum need { NEED_NOTHING, NEED_DIR, NEED_PACKET };
/* Rows where this kernel's Landlock decides. */
enum by { BY_SECCOMP, BY_LANDLOCK, BY_SCOPE };
static const struct trial {
    const char *name, *name_vi;
    long (*fn)(void);
    unsigned works, dies; /* in these profiles; in all others (of who) it is refused */
    unsigned who;
    enum need need;
    enum by by;
} trials[] = {
    {"open a file outside", "mở một tệp bên ngoài", try_open, 0, 0, ALL, NEED_NOTHING, BY_LANDLOCK},
    {"make a file outside", "tạo tệp bên ngoài", try_open_etc_for_writing, 0, 0, ALL, NEED_NOTHING,
     BY_LANDLOCK},
    {"open its own memory", "mở bộ nhớ của chính nó", try_proc_mem, 0, 0, ALL, NEED_NOTHING, BY_LANDLOCK},
    {"a file in its directory", "tạo tệp trong thư mục của nó", try_own_file, FILES, 0, FILES, NEED_DIR,
     BY_SECCOMP},
    {"a symbolic link in its directory", "tạo liên kết mềm trong thư mục của nó", try_symlink, 0, 0, FILES,
     NEED_DIR, BY_SECCOMP},
    {"internet socket", "mở socket Internet", try_socket, P(UPLINK), 0, ALL, NEED_NOTHING, BY_SECCOMP},
    {"local socket", "mở socket nội bộ", try_socket_unix, P(UPLINK), 0, ALL, NEED_NOTHING, BY_SECCOMP},
    {"packet socket", "mở socket bắt gói", try_socket_packet, 0, 0, ALL, NEED_NOTHING, BY_SECCOMP},
    {"connect", "kết nối ra ngoài", try_connect, 0, 0, ALL & ~P(UPLINK), NEED_NOTHING, BY_SECCOMP},
    {"bind", "chờ kết nối tới", try_bind, 0, 0, ALL & ~P(UPLINK), NEED_NOTHING, BY_SECCOMP},
    {"fork", "tạo tiến trình con", try_fork, P(SCAN), 0, ALL, NEED_NOTHING, BY_SECCOMP},
    {"signal a neighbour", "gửi tín hiệu cho tiến trình khác", try_kill_neighbour, 0, 0, ALL, NEED_NOTHING,
     BY_SCOPE},
    {"signal a neighbour's thread", "gửi tín hiệu cho luồng của tiến trình khác", try_tgkill_neighbour, 0, 0,
     ALL, NEED_NOTHING, BY_SCOPE},
    {"signal itself", "gửi tín hiệu cho chính nó", try_tgkill_self, ALL, 0, ALL, NEED_NOTHING, BY_SECCOMP},
    {"map executable memory", "cấp bộ nhớ chạy được", try_map_exec, 0, 0, ALL, NEED_NOTHING, BY_SECCOMP},
    {"map memory to write and execute", "cấp bộ nhớ vừa ghi vừa chạy", try_map_write_exec, 0, 0, ALL,
     NEED_NOTHING, BY_SECCOMP},
    {"make memory executable", "biến bộ nhớ thành chạy được", try_protect_exec, 0, 0, ALL, NEED_NOTHING,
     BY_SECCOMP},
    {"become root", "trở thành root", try_become_root, 0, 0, ALL, NEED_NOTHING, BY_SECCOMP},
    {"become dumpable", "cho phép đọc ảnh bộ nhớ", try_dumpable, P(SCAN), 0, ALL, NEED_NOTHING, BY_SECCOMP},
    {"type into a terminal", "gõ vào cửa sổ lệnh", try_type_into_terminal, 0, 0, ALL, NEED_NOTHING,
     BY_SECCOMP},
    {"ask a socket what waits", "hỏi socket có gì đang chờ", use_ask_socket, P(UPLINK), 0, ALL, NEED_NOTHING,
     BY_SECCOMP},
    {"run a program", "chạy chương trình khác", try_exec, 0, ALL, ALL, NEED_NOTHING, BY_SECCOMP},
    {"be traced", "bị theo dõi (ptrace)", try_ptrace, 0, ALL, ALL, NEED_NOTHING, BY_SECCOMP},
    {"write another's memory", "ghi bộ nhớ tiến trình khác", try_vm_write, 0, ALL, ALL, NEED_NOTHING,
     BY_SECCOMP},
    {"unshare", "tạo không gian tên riêng", try_unshare, 0, ALL, ALL, NEED_NOTHING, BY_SECCOMP},
    {"bpf", "nạp chương trình bpf", try_bpf, 0, ALL, ALL, NEED_NOTHING, BY_SECCOMP},
    {"io_uring", "dùng io_uring", try_uring, 0, ALL, ALL, NEED_NOTHING, BY_SECCOMP},
    {"packet socket: sendto", "socket bắt gói: sendto", try_sendto, 0, 0, P(SENSOR), NEED_PACKET, BY_SECCOMP},
    {"packet socket: sendto, high bits set", "socket bắt gói: sendto, bit cao", try_sendto_high, 0, 0,
     P(SENSOR), NEED_PACKET, BY_SECCOMP},
    {"packet socket: sendmsg, high bits set", "socket bắt gói: sendmsg, bit cao", try_sendmsg_high, 0, 0,
     P(SENSOR), NEED_PACKET, BY_SECCOMP},
    {"packet socket: write", "socket bắt gói: write", try_write, 0, 0, P(SENSOR), NEED_PACKET, BY_SECCOMP},
    {"packet socket: write, high bits set", "socket bắt gói: write, bit cao", try_write_high, 0, 0, P(SENSOR),
     NEED_PACKET, BY_SECCOMP},
    {"packet socket: writev", "socket bắt gói: writev", try_writev, 0, 0, P(SENSOR), NEED_PACKET, BY_SECCOMP},
    {"packet socket: sendfile", "socket bắt gói: sendfile", try_sendfile, 0, 0, P(SENSOR), NEED_PACKET,
     BY_SECCOMP},
    {"packet socket: splice", "socket bắt gói: splice", try_splice, 0, 0, P(SENSOR), NEED_PACKET, BY_SECCOMP},
    {"packet socket: dup", "socket bắt gói: dup", try_dup, 0, 0, P(SENSOR), NEED_PACKET, BY_SECCOMP},
    {"packet socket: fcntl dup", "socket bắt gói: fcntl dup", try_fcntl_dup, 0, 0, P(SENSOR), NEED_PACKET,
     BY_SECCOMP},
    {"packet socket: receive", "socket bắt gói: nhận", use_receive, P(SENSOR), 0, P(SENSOR), NEED_PACKET,
     BY_SECCOMP},
    {"a channel beside it", "kênh nối với tiến trình giữ", use_channel, ALL, 0, ALL, NEED_NOTHING,
     BY_SECCOMP},
    {"the log", "ghi nhật ký", use_log, ALL, 0, ALL, NEED_NOTHING, BY_SECCOMP},
};
#undef FILES
#undef ALL
#undef P
static const char *const profiles[JAIL_COUNT] = {"sensor", "scan",    "worker", "policy",
                                                 "core",   "enforce", "uplink", "console"};

const char *jail_outcome_name(enum jail_outcome o)
{
    static const char *const names[] = {"refused", "works", "dies", "odd"};
    return (size_t)o < GH_COUNT(names) ? names[o] : "odd";
}

const char *jail_profile_name(enum jail_profile p)
{
    gh_check((size_t)p < JAIL_COUNT);
    return profiles[p];
}

size_t jail_probe_count(void)
{
    return GH_COUNT(trials);
}

const char *jail_probe_name(size_t i)
{
    gh_check(i < GH_COUNT(trials));
    return trials[i].name;
}

const char *jail_probe_name_vi(size_t i)
{
    gh_check(i < GH_COUNT(trials));
    return trials[i].name_vi;
}

bool jail_probe_applies(size_t i, enum jail_profile p, const struct jail_options *opt)
{
    gh_check(i < GH_COUNT(trials) && (size_t)p < JAIL_COUNT);
    if (!(trials[i].who >> p & 1))
        return false;
    if (opt && trials[i].need == NEED_DIR)
        return opt->rw && opt->rw[0];
    if (opt && trials[i].need == NEED_PACKET)
        return opt->receive_only && *opt->receive_only;
    return true;
}

enum jail_outcome jail_probe_want(size_t i, enum jail_profile p)
{
    gh_check(i < GH_COUNT(trials) && (size_t)p < JAIL_COUNT);
    return trials[i].works >> p & 1 ? JAIL_WORKS : trials[i].dies >> p & 1 ? JAIL_DIES : JAIL_REFUSED;
}

bool jail_probe_right(size_t i, enum jail_profile p, enum jail_outcome got)
{
    int abi = jail_landlock_abi();

    if (got == jail_probe_want(i, p))
        return true;
    if (trials[i].by ==
        BY_SCOPE) /* who has children may signal; that it can signal no others is Landlock's doing */
        return p == JAIL_SCAN && abi < 6 && got == JAIL_WORKS;
    return trials[i].by == BY_LANDLOCK && !abi && got == JAIL_WORKS;
}

/* ---- one trial ---- */

static bool tools(const struct jail_options *opt, pid_t neighbour)
{
    tool.dir = opt->rw ? opt->rw[0] : NULL;
    tool.packet = opt->receive_only && *opt->receive_only ? *opt->receive_only : -1;
    tool.neighbour = neighbour;
    tool.file = memfd_create("probe", MFD_CLOEXEC);
    return tool.file >= 0 && write(tool.file, "abc", 3) == 3 &&
           socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, tool.wire) == 0 &&
           (pipe2(tool.log, O_CLOEXEC) == 0 ||
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, tool.log) == 0) &&
           write(tool.log[1], "abc", 3) == 3;
}

static _Noreturn void inside(size_t i, enum jail_profile p, const struct jail_options *opt, pid_t neighbour)
{
    char err[256];
    long rc;

    if (!tools(opt, neighbour) || jail_enter_quietly(p, opt, NULL, err, sizeof(err)) != 0)
        _exit(EXIT_ODD);
    errno = 0;
    rc = trials[i].fn();
    _exit(rc >= 0 ? EXIT_WORKS : errno == ENOSYS ? EXIT_ODD : EXIT_REFUSED);
}

enum jail_outcome jail_probe_try(size_t i, enum jail_profile p, const struct jail_options *opt,
                                 pid_t neighbour)
{
    int status = 0;
    pid_t pid, got;

    gh_check(i < GH_COUNT(trials) && (size_t)p < JAIL_COUNT);
    pid = fork();
    if (pid == 0)
        inside(i, p, opt, neighbour);
    if (pid < 0)
        return JAIL_ODD;
    while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        continue;
    if (got != pid)
        return JAIL_ODD;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? JAIL_DIES : JAIL_ODD;
    return WEXITSTATUS(status) == EXIT_WORKS     ? JAIL_WORKS
           : WEXITSTATUS(status) == EXIT_REFUSED ? JAIL_REFUSED
                                                 : JAIL_ODD;
}

unsigned jail_probe_all(enum jail_profile p, const struct jail_options *opt, int fd)
{
    unsigned made = 0, wrong = 0;
    char user[64];

    for (size_t i = 0; i < GH_COUNT(trials); i++) {
        enum jail_outcome got;
        bool right;
        if (!jail_probe_applies(i, p, opt))
            continue;
        got = jail_probe_try(i, p, opt, getppid());
        right = jail_probe_right(i, p, got);
        made++;
        wrong += !right;
        dprintf(fd, "jail %s: %s: %s%s%s\n", profiles[p], trials[i].name, jail_outcome_name(got),
                right ? "" : ", but must be: ", right ? "" : jail_outcome_name(jail_probe_want(i, p)));
    }
    if (geteuid() != 0 || opt->keep_user)
        snprintf(user, sizeof(user), "%u", (unsigned)geteuid());
    else
        snprintf(user, sizeof(user), "%s", opt->user && *opt->user ? opt->user : "nobody");
    dprintf(fd, "jail %s: %u trials, %u wrong, Landlock ABI %d, user %s\n", profiles[p], made, wrong,
            jail_landlock_abi(), user);
    return wrong;
}
