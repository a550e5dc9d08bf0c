/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse support: what somebody far away needs to help, in one archive that may leave the post: no key, no
 * password, no address, no name of a document. Values of the configuration go in by a list of keys that tell
 * nothing; everything else is text that goes through scrub.h. The archive begins with a manifest that says
 * so, in both languages. */
#include "base/clock.h"
#include "base/file.h"
#include "base/owner.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/keeper.h"
#include "firmware/ctl/scrub.h"
#include "firmware/ctl/state.h"
#include "firmware/ctl/tar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define PART_MAX (8u << 20)
#define RUN_MS 30000
#define LOG_LINES "5000"

/* ---- parts: each writes its text; 0, or a code that is told in the manifest ---- */

struct support {
    struct ctl_options opt;
    const char *log; /* --log */
    struct writer out;
    uint64_t counts[SCRUB_RULES];
};

static const char *const open_keys[] = {
    "node.log_level",   "node.state_dir",    "capture.interface", "sensor.tcp_policy", "policy.safe_verdict",
    "output.eve_types", "console.state_dir", "uplink.rate_hours", "firmware.slot_a",   "firmware.slot_b",
    "firmware.esp",     "firmware.state",    "firmware.cmdline",  "enforce.table"};

static void put_text_key(struct support *s, const char *key, const char *value)
{
    bool may = false;

    for (size_t i = 0; i < GH_COUNT(open_keys); i++)
        may = may || !strcmp(key, open_keys[i]);
    if (!*value)
        writer_printf(&s->out, "%s =\n", key);
    else if (may)
        writer_printf(&s->out, "%s = %s\n", key, value);
    else
        writer_printf(&s->out, "%s = <set, %zu bytes>\n", key, strlen(value));
}

static int part_config(struct support *s)
{
    const struct conf *c = &s->opt.conf;

#define CONF_STR(sec, key, d, t) put_text_key(s, #sec "." #key, c->sec##_##key);
#define CONF_CHECK(sec, key, d, f, t) put_text_key(s, #sec "." #key, c->sec##_##key);
#define CONF_INT(sec, key, d, lo, hi, t)                                                                     \
    writer_printf(&s->out, "%s = %llu\n", #sec "." #key, (unsigned long long)c->sec##_##key);
#define CONF_SIZE(sec, key, d, lo, hi, t) CONF_INT(sec, key, d, lo, hi, t)
#define CONF_MS(sec, key, d, lo, hi, t) CONF_INT(sec, key, d, lo, hi, t)
#define CONF_BOOL(sec, key, d, t)                                                                            \
    writer_printf(&s->out, "%s = %s\n", #sec "." #key, c->sec##_##key ? "yes" : "no");
#include "base/conf.def"
#undef CONF_STR
#undef CONF_CHECK
#undef CONF_INT
#undef CONF_SIZE
#undef CONF_MS
#undef CONF_BOOL
    return 0;
}

static int scrub_file(struct support *s, const char *path)
{
    struct writer w;
    int rc;

    writer_init(&w, PART_MAX);
    rc = file_read_regular(path, PART_MAX - 8192, &w);
    if (!rc)
        scrub(writer_span(&w), &s->out, s->counts);
    writer_done(&w);
    return rc;
}

static int part_status(struct support *s)
{
    char path[STATE_PATH];

    snprintf(path, sizeof(path), "%s/%s", s->opt.conf.node_state_dir,
             owner_status_name(s->opt.conf.node_state_dir));
    return scrub_file(s, path);
}

static int part_versions(struct support *s)
{
    struct utsname u;
    struct sysinfo i;

    writer_printf(&s->out, "gatehouse %s\n", GH_VERSION);
    if (uname(&u) == 0)
        writer_printf(&s->out, "kernel %s %s %s\n", u.sysname, u.release, u.machine);
    if (sysinfo(&i) == 0)
        writer_printf(&s->out, "up %ld s, load %.2f, memory %llu of %llu bytes free, %ld processors\n",
                      i.uptime, (double)i.loads[0] / 65536, (unsigned long long)i.freeram * i.mem_unit,
                      (unsigned long long)i.totalram * i.mem_unit, sysconf(_SC_NPROCESSORS_ONLN));
    (void)scrub_file(s, "/usr/lib/os-release");
    return 0;
}

/* Output of a program, at most PART_MAX bytes and RUN_MS; it dies with us. */
static int run(const char *path, char *const *argv, struct writer *w)
{
    uint64_t end = clock_mono_ms() + RUN_MS, now = clock_mono_ms();
    int fds[2], status = 0, rc = 0;
    struct pollfd p;
    ssize_t n = 1;
    pid_t pid;

    if (access(path, X_OK) != 0)
        return ST_NOT_FOUND;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return status_from_errno(errno);
    pid = fork();
    if (pid == 0) {
        if (dup2(fds[1], 1) < 0 || dup2(fds[1], 2) < 0)
            _exit(127);
        execv(path, argv);
        _exit(127);
    }
    close(fds[1]);
    p = (struct pollfd){fds[0], POLLIN, 0};
    while (pid > 0 && n > 0 && now < end && w->n < PART_MAX / 2 && poll(&p, 1, (int)(end - now)) > 0) {
        uint8_t *to = writer_reserve(w, 65536);
        n = to ? read(fds[0], to, 65536) : 0;
        if (n > 0)
            writer_advance(w, (size_t)n);
        now = clock_mono_ms();
    }
    if (n > 0)
        rc = ST_LIMIT; /* what there is of it goes in */
    close(fds[0]);
    if (pid > 0) {
        if (rc)
            kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    return pid < 0 ? ST_IO : rc;
}

static int run_scrubbed(struct support *s, const char *path, char *const *argv)
{
    struct writer w;
    int rc;

    writer_init(&w, PART_MAX);
    rc = run(path, argv, &w);
    scrub(writer_span(&w), &s->out, s->counts);
    writer_done(&w);
    return rc == ST_LIMIT && s->out.n ? 0 : rc;
}

static int part_log(struct support *s)
{
    static char *const argv[] = {
        (char *)"journalctl", (char *)"--no-pager",    (char *)"-q", (char *)"-o",
        (char *)"short-iso",  (char *)"--no-hostname", (char *)"-n", (char *)LOG_LINES,
        (char *)"-u",         (char *)"gatehouse*",    NULL};

    return s->log ? scrub_file(s, s->log) : run_scrubbed(s, "/usr/bin/journalctl", argv);
}

static int part_kernel(struct support *s)
{
    static char *const argv[] = {(char *)"journalctl",
                                 (char *)"--no-pager",
                                 (char *)"-q",
                                 (char *)"-o",
                                 (char *)"short-monotonic",
                                 (char *)"--no-hostname",
                                 (char *)"-k",
                                 (char *)"-p",
                                 (char *)"warning",
                                 (char *)"-n",
                                 (char *)"500",
                                 NULL};

    return run_scrubbed(s, "/usr/bin/journalctl", argv);
}

/* What became of releases on this device, and why a start failed. */
static int part_firmware(struct support *s)
{
    char path[PATH_MAX + 64], log[CONF_TEXT + 32];
    char *argv[64] = {(char *)"gatehouse", (char *)"firmware", (char *)"status"};
    size_t n = 3;

    for (size_t i = 0; i < s->opt.n_conf_args && n < GH_COUNT(argv) - 1; i++)
        argv[n++] = s->opt.conf_args[i];
    snprintf(path, sizeof(path), "%s/gh-update", keeper_bin_dir());
    (void)run_scrubbed(s, path, argv);
    writer_str(&s->out, "\nfail.log:\n");
    snprintf(log, sizeof(log), "%s/../../gh/fail.log", s->opt.conf.firmware_esp);
    if (scrub_file(s, log) != 0)
        writer_str(&s->out, "there is none\n");
    return 0;
}

/* Sizes, modes and owners of what lies in the state directory itself; names below may be documents'. */
static int part_files(struct support *s)
{
    DIR *d = opendir(s->opt.conf.node_state_dir);
    struct dirent *e;
    struct stat st;
    unsigned n = 0;

    if (!d)
        return status_from_errno(errno);
    while ((e = readdir(d)) != NULL && n++ < 1000) {
        struct writer name;
        if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        writer_init(&name, 4096);
        scrub(span_str(e->d_name), &name, s->counts);
        writer_printf(&s->out, "%06o %u:%u %llu %s\n", (unsigned)st.st_mode, (unsigned)st.st_uid,
                      (unsigned)st.st_gid, (unsigned long long)st.st_size, writer_cstr(&name));
        writer_done(&name);
    }
    closedir(d);
    return 0;
}

static const char *const proc_lines[] = {
    "Name:",   "State:",  "Uid:",    "Gid:",    "Groups:",     "VmRSS:",  "Threads:",
    "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:"};

static void put_process(struct support *s, const char *name, int64_t pid)
{
    char path[64];
    struct writer w;
    struct span rest;

    snprintf(path, sizeof(path), "/proc/%lld/status", (long long)pid);
    writer_init(&w, 65536);
    writer_printf(&s->out, "%s\n", name);
    if (pid <= 0 || file_read_regular(path, 32768, &w) != 0) {
        writer_str(&s->out, "  does not run, or cannot be looked at\n");
        writer_done(&w);
        return;
    }
    rest = writer_span(&w);
    while (rest.n) {
        const uint8_t *nl = memchr(rest.p, '\n', rest.n);
        struct span line = span_of(rest.p, nl ? (size_t)(nl - rest.p) : rest.n);
        for (size_t i = 0; i < GH_COUNT(proc_lines); i++)
            if (line.n > strlen(proc_lines[i]) && !memcmp(line.p, proc_lines[i], strlen(proc_lines[i])))
                writer_printf(&s->out, "  %.*s\n", (int)line.n, (const char *)line.p);
        rest = nl ? span_of(nl + 1, rest.n - line.n - 1) : span_of(rest.p, 0);
    }
    writer_done(&w);
}

static int part_processes(struct support *s)
{
    struct arena *a = arena_new(8u << 20);
    struct json *j = NULL;
    int rc = a ? state_status(a, s->opt.conf.node_state_dir, &j) : ST_NOMEM;

    put_process(s, "keeper", json_i64(json_get(j, "pid"), 0));
    json_each(p, json_get(j, "processes"))
    {
        char name[32];
        snprintf(name, sizeof(name), "%.*s", (int)(p->key.n < 31 ? p->key.n : 31), (const char *)p->key.p);
        put_process(s, name, json_i64(json_get(p, "pid"), 0));
    }
    arena_free(a);
    return rc;
}

/* What the counters said last: the last accounts of the journal. */
static int part_ledgers(struct support *s)
{
    char path[PATH_MAX + 64], since[CLOCK_ISO_SIZE];
    char *argv[64] = {(char *)"gatehouse", (char *)"journal", (char *)"cat",
                      (char *)"--json",    (char *)"--since", since};
    struct writer w;
    struct span rest;
    size_t n = 6;
    int rc;

    clock_iso(clock_wall_us() - 3600ull * 1000000, since);
    for (size_t i = 0; i < s->opt.n_conf_args && n < GH_COUNT(argv) - 1; i++)
        argv[n++] = s->opt.conf_args[i];
    snprintf(path, sizeof(path), "%s/gh-core", keeper_bin_dir());
    writer_init(&w, PART_MAX);
    rc = run(path, argv, &w);
    rest = writer_span(&w);
    while (rest.n) {
        const uint8_t *nl = memchr(rest.p, '\n', rest.n);
        struct span line = span_of(rest.p, nl ? (size_t)(nl - rest.p) : rest.n);
        if (line.n > 40 && memmem(line.p, line.n, "\"event_type\":\"stats\"", 20)) {
            scrub(line, &s->out, s->counts);
            writer_u8(&s->out, '\n');
        }
        rest = nl ? span_of(nl + 1, rest.n - line.n - 1) : span_of(rest.p, 0);
    }
    writer_done(&w);
    return rc == ST_LIMIT ? 0 : rc;
}

static const struct part {
    const char *name;
    int (*fn)(struct support *s);
    const char *what, *what_vi;
} parts[] = {
    {"versions.txt", part_versions, "versions of program, system and kernel; memory and load",
     "phiên bản chương trình, hệ thống, nhân; bộ nhớ và tải"},
    {"config.txt", part_config, "the configuration: numbers and switches; of texts only that they are set",
     "cấu hình: số và công tắc; chữ chỉ ghi là có đặt"},
    {"status.json", part_status, "what 'gatehouse status' shows", "nội dung của 'gatehouse status'"},
    {"processes.txt", part_processes, "who runs as whom, with which rights and memory",
     "tiến trình nào chạy, quyền và bộ nhớ"},
    {"ledgers.json", part_ledgers, "the accounts of the last hour: in, out, lost by reason",
     "sổ đếm giờ vừa qua: vào, ra, mất vì sao"},
    {"files.txt", part_files, "sizes and owners in the state directory",
     "dung lượng và chủ sở hữu trong thư mục dữ liệu"},
    {"firmware.txt", part_firmware, "releases, and why one failed to start",
     "các bản phát hành và lý do khởi động hỏng"},
    {"log.txt", part_log, "the last " LOG_LINES " lines of the appliance's log",
     LOG_LINES " dòng nhật ký cuối"},
    {"kernel.txt", part_kernel, "warnings of the kernel", "cảnh báo của nhân"},
};

static void put_manifest(struct support *s, const char *const results[])
{
    char iso[CLOCK_ISO_SIZE];

    writer_clear(&s->out);
    writer_printf(
        &s->out,
        "Gatehouse support bundle, made %s by Gatehouse %s\nGói hỗ trợ Gatehouse, tạo lúc %s\n\n"
        "Inside there is no key, password, address or name of a document; read it before you send it.\n"
        "Trong gói không có khóa, mật khẩu, địa chỉ hay tên tài liệu; hãy đọc trước khi gửi.\n\n",
        clock_iso(clock_wall_us(), iso), GH_VERSION, iso);
    for (size_t i = 0; i < GH_COUNT(parts); i++)
        writer_printf(&s->out, "%-14s %s / %s%s%s\n", parts[i].name, parts[i].what, parts[i].what_vi,
                      results[i] ? ": MISSING, THIẾU: " : "", results[i] ? results[i] : "");
    writer_str(&s->out, "\nTaken out / Đã che:\n");
    for (size_t i = 0; i < SCRUB_RULES; i++)
        writer_printf(&s->out, "%-10s %llu x  %s / %s\n", scrub_marks[i], (unsigned long long)s->counts[i],
                      scrub_sentences[i], scrub_sentences_vi[i]);
}

static int write_all(struct support *s, int fd)
{
    const char *results[GH_COUNT(parts)] = {NULL};
    uint64_t now = clock_wall_us() / 1000000;
    int rc = 0;

    for (size_t i = 0; i < GH_COUNT(parts) && !rc; i++) {
        int part;
        writer_clear(&s->out);
        part = parts[i].fn(s);
        if (part)
            results[i] = status_text(part);
        if (s->out.n)
            rc = tar_file(fd, parts[i].name, writer_span(&s->out), now);
    }
    if (rc)
        return rc;
    put_manifest(s, results);
    rc = tar_file(fd, "MANIFEST.txt", writer_span(&s->out), now);
    if (!rc)
        rc = tar_end(fd);
    if (!rc && fsync(fd) != 0 && errno != EINVAL && errno != EROFS) /* a pipe has no disk behind it */
        rc = status_from_errno(errno);
    return rc;
}

int command_support(int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set", "-o", "--log"};
    static struct support s;
    const char *to = NULL;
    int fd, rc;

    ctl_options_init(&s.opt);
    for (int i = 1; i < argc; i++) {
        if (ctl_option(&s.opt, argc, argv, &i))
            continue;
        if (strcmp(argv[i], "-o") != 0 && strcmp(argv[i], "--log") != 0)
            return ctl_unknown("support", argv[i], known, GH_COUNT(known));
        *(argv[i][1] == 'o' ? &to : &s.log) = ctl_value(argc, argv, &i);
    }
    if (s.opt.failed)
        return 2;
    if (!to)
        return ctl_usage("support", "say where to put it: -o FILE.tar");
    fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return ctl_usage("support", "%s: %s", to,
                         errno == EEXIST ? "it is there already; choose another name" : strerror(errno));
    writer_init(&s.out, 2 * PART_MAX);
    rc = write_all(&s, fd);
    if (close(fd) != 0 && !rc)
        rc = ST_IO;
    writer_done(&s.out);
    if (rc) {
        (void)unlink(to);
        fprintf(stderr, "gatehouse support: %s: %s\n", to, status_text(rc));
        return 3;
    }
    printf("%s is made. MANIFEST.txt in it says what is inside; read it before you send it\n", to);
    return 0;
}
