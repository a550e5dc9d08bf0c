/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/jail.h"
#include "base/jail_landlock.h"
#include "base/jail_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534u

/* Groups of system calls; a profile is a set of groups. */
enum call_group {
    G_CORE = 1 << 0,    /* memory, time, descriptors that are open already */
    G_SEND = 1 << 1,    /* messages over open sockets */
    G_FILES = 1 << 2,   /* paths (Landlock says which) */
    G_NET = 1 << 3,     /* outgoing internet sockets */
    G_LISTEN = 1 << 4,  /* accepting connections on a socket that is there */
    G_THREADS = 1 << 5, /* clone for threads */
    G_FORK = 1 << 6,    /* children, and locking them in further */
    G_DUP = 1 << 7,     /* copies of descriptors */
    G_PIPE = 1 << 8     /* pipes within the process: one thread packs, another seals */
};

#define S(name) SCMP_SYS(name)
static const int calls_core[] = {S(read),
                                 S(write),
                                 S(readv),
                                 S(writev),
                                 S(pread64),
                                 S(pwrite64),
                                 S(preadv),
                                 S(pwritev),
                                 S(close),
                                 S(fstat),
                                 S(lseek),
                                 S(munmap),
                                 S(mremap),
                                 S(madvise),
                                 S(brk),
                                 S(rt_sigaction),
                                 S(rt_sigprocmask),
                                 S(rt_sigreturn),
                                 S(sigaltstack),
                                 S(exit),
                                 S(exit_group),
                                 S(futex),
                                 S(clock_gettime),
                                 S(clock_getres),
                                 S(clock_nanosleep),
                                 S(nanosleep),
                                 S(gettimeofday),
                                 S(time),
                                 S(getpid),
                                 S(gettid),
                                 S(getppid),
                                 S(getuid),
                                 S(geteuid),
                                 S(getgid),
                                 S(getegid),
                                 S(getrandom),
                                 S(sched_yield),
                                 S(sched_getaffinity),
                                 S(epoll_wait),
                                 S(epoll_pwait),
                                 S(epoll_ctl),
                                 S(epoll_create1),
                                 S(poll),
                                 S(ppoll),
                                 S(select),
                                 S(pselect6),
                                 S(recvmsg),
                                 S(recvfrom),
                                 S(memfd_create),
                                 S(ftruncate),
                                 S(fallocate),
                                 S(restart_syscall),
                                 S(getrusage),
                                 S(sysinfo),
                                 S(uname),
                                 S(set_robust_list),
                                 S(rseq),
                                 S(membarrier),
                                 S(signalfd4),
                                 S(eventfd2),
                                 S(timerfd_create),
                                 S(timerfd_settime),
                                 S(getsockopt),
                                 S(getrlimit),
                                 S(times),
                                 S(msync),
                                 S(mincore),
                                 S(copy_file_range),
                                 S(sendfile),
                                 S(splice),
                                 S(getcpu)};
static const int calls_send[] = {S(sendmsg), S(sendto), S(shutdown)};
static const int calls_files[] = {S(openat),   S(open),      S(openat2),         S(newfstatat), S(unlink),
                                  S(unlinkat), S(rename),    S(renameat),        S(renameat2),  S(link),
                                  S(linkat),   S(mkdir),     S(mkdirat),         S(rmdir),      S(stat),
                                  S(lstat),    S(statx),     S(access),          S(faccessat),  S(faccessat2),
                                  S(fsync),    S(fdatasync), S(sync_file_range), S(getdents64), S(statfs),
                                  S(fstatfs),  S(flock),     S(utimensat),       S(fchmod),     S(fchmodat),
                                  S(chmod),    S(fchown),    S(umask),           S(readlink),   S(readlinkat),
                                  S(getcwd),   S(truncate)};
static const int calls_net[] = {S(socket),      S(connect),    S(bind),      S(getsockname),
                                S(getpeername), S(setsockopt), S(sendmmsg),  S(recvmmsg),
                                S(pipe2),       S(pipe),       S(socketpair)};
/* who only answers makes no socket of its own: it could call nobody, whoever took it over */
static const int calls_listen[] = {S(accept), S(accept4), S(getsockname), S(getpeername), S(setsockopt)};
static const int calls_threads[] = {S(set_tid_address),    S(sched_setscheduler), S(sched_getparam),
                                    S(sched_getscheduler), S(setpriority),        S(getpriority)};
static const int calls_fork[] = {S(clone),
                                 S(fork),
                                 S(vfork),
                                 S(wait4),
                                 S(waitid),
                                 S(kill),
                                 S(tgkill),
                                 S(pidfd_open),
                                 S(pidfd_send_signal),
                                 S(set_tid_address),
                                 S(socketpair),
                                 S(setsockopt),
                                 S(prctl),
                                 S(seccomp),
                                 S(setrlimit),
                                 S(prlimit64),
                                 S(landlock_create_ruleset),
                                 S(landlock_add_rule),
                                 S(landlock_restrict_self),
                                 S(capset),
                                 S(capget),
                                 S(setpriority),
                                 S(close_range)};
static const int calls_dup[] = {S(dup), S(dup2), S(dup3)};
static const int calls_pipe[] = {S(pipe2)};
/* What no process of ours calls in innocence: death, so that the keeper reports it. */
static const int calls_deadly[] = {
    S(execve),     S(execveat), S(ptrace),      S(process_vm_readv), S(process_vm_writev),
    S(bpf),        S(mount),    S(umount2),     S(init_module),      S(finit_module),
    S(kexec_load), S(keyctl),   S(userfaultfd), S(perf_event_open),  S(io_uring_setup),
    S(unshare),    S(setns),    S(pivot_root),  S(chroot),           S(reboot),
    S(swapon),     S(add_key)};
#undef S

static const struct {
    unsigned group;
    const int *calls;
    size_t n;
} groups[] = {
    {G_CORE, calls_core, GH_COUNT(calls_core)},       {G_SEND, calls_send, GH_COUNT(calls_send)},
    {G_FILES, calls_files, GH_COUNT(calls_files)},    {G_NET, calls_net, GH_COUNT(calls_net)},
    {G_LISTEN, calls_listen, GH_COUNT(calls_listen)}, {G_THREADS, calls_threads, GH_COUNT(calls_threads)},
    {G_FORK, calls_fork, GH_COUNT(calls_fork)},       {G_DUP, calls_dup, GH_COUNT(calls_dup)},
    {G_PIPE, calls_pipe, GH_COUNT(calls_pipe)},
};
static const unsigned profiles[JAIL_COUNT] = {
    [JAIL_SENSOR] = G_CORE | G_SEND, /* but nothing on the packet socket, see add_receive_only */
    [JAIL_SCAN] = G_CORE | G_SEND | G_FORK | G_DUP,
    [JAIL_WORKER] = G_CORE | G_SEND,
    [JAIL_POLICY] = G_CORE | G_SEND,
    [JAIL_CORE] = G_CORE | G_SEND | G_FILES | G_DUP,
    [JAIL_ENFORCE] = G_CORE | G_SEND,
    [JAIL_UPLINK] = G_CORE | G_SEND | G_FILES | G_NET | G_THREADS | G_DUP,
    [JAIL_CONSOLE] = G_CORE | G_SEND | G_FILES | G_LISTEN | G_THREADS | G_DUP | G_PIPE,
};

static int complain(char *err, size_t cap, const char *what, int code)
{
    snprintf(err, cap, "%s: %s", what, code < 0 && errno ? strerror(errno) : status_text(code));
    return code < 0 ? code : ST_IO;
}

/* Also for one that is not root: a service manager gives it its capabilities as ambient ones. One that has
 * none does not ask: where the unit's own filter already forbids capset, that would be refused. */
static int cap_drop(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct has[2] = {0}, none[2] = {0};

    if (syscall(SYS_capget, &head, has) != 0)
        return status_from_errno(errno);
    if (!(has[0].permitted | has[1].permitted))
        return 0;
    if (syscall(SYS_capset, &head, none) == 0)
        return 0;
    /* gatehouse-enforce@'s filter refuses it; CAP_NET_RAW is good for making sockets alone, which every jail refuses */
    return errno == EPERM && has[0].permitted == 1u << CAP_NET_RAW && !has[1].permitted ? 0 : status_from_errno(errno);
}

/* Becomes the unprivileged user with its groups (root only) and lets go of every capability. */
static int drop_rights(const struct jail_options *opt)
{
    uid_t uid = NOBODY;
    gid_t gid = NOBODY, list[32];
    int n_groups = 0;

    if (geteuid() != 0)
        return cap_drop();
    if (!opt->keep_user && opt->user && *opt->user) {
        const struct passwd *pw = getpwnam(opt->user);
        if (!pw) {
            errno = 0;
            return ST_NOT_FOUND;
        }
        uid = pw->pw_uid;
        gid = pw->pw_gid;
        n_groups = GH_COUNT(list);
        if (getgrouplist(opt->user, gid, list, &n_groups) < 0) {
            errno = E2BIG;
            return ST_LIMIT;
        }
    }
    for (int cap = 0; cap <= 63; cap++)
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* past the last capability it only says so */
    if (!opt->keep_user && (setgroups((size_t)n_groups, list) != 0 || setresgid(gid, gid, gid) != 0 ||
                            setresuid(uid, uid, uid) != 0))
        return status_from_errno(errno);
    return cap_drop();
}

static int set_limit(int what, uint64_t soft)
{
    struct rlimit r;

    if (getrlimit(what, &r) != 0)
        return status_from_errno(errno);
    if (soft < r.rlim_max || r.rlim_max == RLIM_INFINITY)
        r.rlim_max = soft;
    r.rlim_cur = r.rlim_max;
    return setrlimit(what, &r) == 0 ? 0 : status_from_errno(errno);
}

void jail_measure(struct jail_usage *ret)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t v[6] = {0}; /* pages, of proc(5): the first are all that is mapped, the sixth are the data */
    char line[256] = "", *end = line;
    FILE *f = fopen("/proc/self/statm", "re");
    size_t n = 0;

    if (f && !fgets(line, sizeof(line), f))
        line[0] = 0;
    if (f)
        fclose(f);
    for (char *p = line; n < GH_COUNT(v) && (v[n] = strtoul(p, &end, 10), end != p); p = end)
        n++;
    *ret = n == GH_COUNT(v) ? (struct jail_usage){v[0] * page, v[5] * page} : (struct jail_usage){0, 0};
}

static int set_limits(const struct jail_options *opt)
{
    int rc = set_limit(RLIMIT_CORE, 0);

    if (!rc && opt->files)
        rc = set_limit(RLIMIT_NOFILE, opt->files);
    if (!rc && opt->file_size)
        rc = set_limit(RLIMIT_FSIZE, opt->file_size);
#ifndef GH_SANITIZE /* AddressSanitizer reserves terabytes of address space */
    if (!rc && opt->memory) {
        struct jail_usage now;
        if (opt->usage)
            now = *opt->usage;
        else
            jail_measure(&now);
        rc = set_limit(RLIMIT_AS, now.mapped + opt->input + opt->memory);
        if (!rc && now.data)
            rc = set_limit(RLIMIT_DATA, now.data + opt->memory);
    }
#endif
    return rc;
}

static int add_all(scmp_filter_ctx c, uint32_t action, const int *calls, size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n && !rc; i++) {
        if (calls[i] == __NR_SCMP_ERROR)
            continue; /* this libseccomp does not know it: it stays denied */
        rc = seccomp_rule_add(c, action, calls[i], 0);
        if (rc == -EDOM || rc == -EEXIST || rc == -EACCES)
            rc = 0; /* not on this architecture, named twice, or already the default */
    }
    return rc;
}

/* Memory may be mapped, but never executable. */
static int add_memory(scmp_filter_ctx c)
{
    int rc =
        seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (!rc)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return rc;
}

/* glibc's fstat is newfstatat with AT_EMPTY_PATH. A filter cannot look at the path, so whether a file is
 * there can still be asked; what is in it cannot. */
static int add_fstat(scmp_filter_ctx c)
{
    return seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                            SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
}

/* fcntl without F_DUPFD for a process that must not copy its packet socket. */
static int add_fcntl_without_dup(scmp_filter_ctx c)
{
    static const int ops[] = {1, 2,    3,
                              4, 1033, 1034}; /* F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_ADD/GET_SEALS */
    int rc = 0;

    for (size_t i = 0; i < GH_COUNT(ops) && !rc; i++)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                              SCMP_A1(SCMP_CMP_EQ, (uint64_t)ops[i], 0));
    return rc;
}

/* Signals for itself only: abort and raise. Who has children may signal others, see calls_fork and Landlock.
 */
static int add_signal_self(scmp_filter_ctx c)
{
    return seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid(), 0));
}

/* Of all that ioctl can do (typing into our operator's terminal, for one) what a network library asks of a
 * socket. */
static int add_socket_ioctl(scmp_filter_ctx c)
{
    static const uint64_t asks[] = {FIONREAD, FIONBIO};
    int rc = 0;

    for (size_t i = 0; i < GH_COUNT(asks) && !rc; i++)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, asks[i], 0));
    return rc;
}

/* A thread of this process, never a new process. */
static int add_threads(scmp_filter_ctx c)
{
    return seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
}

static int fill_filter(scmp_filter_ctx c, enum jail_profile profile, bool threads)
{
    int rc = add_memory(c);

    if (!rc)
        rc = add_fstat(c);
    for (size_t i = 0; i < GH_COUNT(groups) && !rc; i++)
        if (profiles[profile] & groups[i].group)
            rc = add_all(c, SCMP_ACT_ALLOW, groups[i].calls, groups[i].n);
    if (!rc)
        rc = profile == JAIL_SENSOR ? add_fcntl_without_dup(c)
                                    : seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 0);
    if (!rc && (threads || profiles[profile] & G_THREADS))
        rc = add_threads(c);
    if (!rc && profiles[profile] & G_NET)
        rc = add_socket_ioctl(c);
    if (!rc && !(profiles[profile] & G_FORK)) {
        rc = add_signal_self(c);
        if (!rc)
            rc =
                seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
        if (!rc) /* reading a limit is harmless, setting one is not ours to do any more */
            rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0, 0));
    }
    if (!rc) /* glibc falls back to clone on ENOSYS only */
        rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (!rc)
        rc = add_all(c, SCMP_ACT_KILL_PROCESS, calls_deadly, GH_COUNT(calls_deadly));
    return rc;
}

/* Nothing leaves by a packet socket, whatever call is tried: write sends on a bound one as well as sendto
 * does. A filter of its own, on top of the other, because only a mask sees a descriptor as the kernel does:
 * the upper half of the register is not looked at there, so that "not equal" would let the same descriptor
 * through under 2^32 other numbers. */
static int load_receive_only(const int *fds)
{
    static const struct {
        int call;
        unsigned arg; /* which one is the descriptor that is written to */
    } sends[] = {{SCMP_SYS(sendto), 0},  {SCMP_SYS(sendmsg), 0},  {SCMP_SYS(sendmmsg), 0},
                 {SCMP_SYS(write), 0},   {SCMP_SYS(writev), 0},   {SCMP_SYS(pwrite64), 0},
                 {SCMP_SYS(pwritev), 0}, {SCMP_SYS(pwritev2), 0}, {SCMP_SYS(sendfile), 0},
                 {SCMP_SYS(splice), 2},  {SCMP_SYS(vmsplice), 0}, {SCMP_SYS(copy_file_range), 2}};
    scmp_filter_ctx c;
    int rc;

    if (!fds || !*fds)
        return 0;
    c = seccomp_init(SCMP_ACT_ALLOW);
    rc = c ? 0 : -ENOMEM;
    for (; *fds && !rc; fds++)
        for (size_t i = 0; i < GH_COUNT(sends) && !rc; i++)
            rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), sends[i].call, 1,
                                  SCMP_CMP64(sends[i].arg, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t)*fds));
    if (!rc)
        rc = seccomp_load(c);
    seccomp_release(c);
    return rc;
}

#ifdef GH_SANITIZE
/* Sanitizers open files, clone and ptrace to make their reports. So a sanitized build denies only what would
 * matter most; it is for tests and is never shipped. */
static int load_filter(enum jail_profile profile, bool threads)
{
    static const int network[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(execve)};
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
    int rc = c ? 0 : -ENOMEM;

    (void)fill_filter;
    (void)threads;
    if (!rc && !(profiles[profile] & G_NET))
        rc = add_all(c, SCMP_ACT_ERRNO(EPERM), network, GH_COUNT(network));
    if (!rc)
        rc = seccomp_load(c);
    seccomp_release(c);
    return rc;
}
#else
static int load_filter(enum jail_profile profile, bool threads)
{
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc = c ? fill_filter(c, profile, threads) : -ENOMEM;

    if (!rc)
        rc = seccomp_load(c);
    seccomp_release(c);
    return rc;
}
#endif

#ifdef GH_SANITIZE
/* The leak checker looks at the threads of its own process when that ends. */
static int lock_files(const struct jail_options *opt)
{
    const char *ro[32] = {"/proc"};

    for (size_t i = 0; opt->ro && opt->ro[i] && i + 2 < GH_COUNT(ro); i++)
        ro[i + 1] = opt->ro[i];
    return jail_landlock(opt->rw, ro);
}
#else
static int lock_files(const struct jail_options *opt)
{
    return jail_landlock(opt->rw, opt->ro);
}
#endif

int jail_enter(enum jail_profile profile, const struct jail_options *opt, int *ret_landlock_abi, char *err,
               size_t cap)
{
    if (secure_getenv("GATEHOUSE_JAIL_PROBE"))
        (void)jail_probe_all(profile, opt,
                             opt->probe_fd ? opt->probe_fd
                                           : STDERR_FILENO); /* a wrong one is told, and the work goes on */
    return jail_enter_quietly(profile, opt, ret_landlock_abi, err, cap);
}

int jail_enter_quietly(enum jail_profile profile, const struct jail_options *opt, int *ret_landlock_abi,
                       char *err, size_t cap)
{
    int rc, abi;

    gh_check((size_t)profile < JAIL_COUNT);
    rc = drop_rights(opt);
    if (rc)
        return complain(err, cap, "cannot become the unprivileged user (node.user)", rc);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return complain(err, cap, "cannot set no_new_privs", ST_IO);
#ifndef GH_SANITIZE
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    /* A change of user cleared the parent-death signal. */
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    rc = set_limits(opt);
    if (rc)
        return complain(err, cap, "cannot set resource limits", rc);
    abi = lock_files(opt);
    if (abi < 0)
        return complain(err, cap, "Landlock refuses the file rules", abi);
    rc = load_receive_only(opt->receive_only);
    if (!rc)
        rc = load_filter(profile, opt->threads);
    if (rc) {
        errno = -rc;
        return complain(err, cap, "the kernel refuses the system call filter", ST_IO);
    }
    if (ret_landlock_abi)
        *ret_landlock_abi = abi;
    return 0;
}

int jail_become(const struct jail_options *opt, char *err, size_t cap)
{
    int rc;

    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    rc = drop_rights(opt);
    if (rc)
        return complain(err, cap, "cannot become the unprivileged user (node.user)", rc);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return complain(err, cap, "cannot set no_new_privs", ST_IO);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a change of user cleared it */
    rc = set_limits(opt);
    return rc ? complain(err, cap, "cannot set resource limits", rc) : 0;
}
