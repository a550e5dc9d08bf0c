/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/enforce/switch.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 6000
#define STATUS_MOST (1u << 20)

static int usage(void)
{
    fprintf(stderr, "usage: gatehouse enforce off [NOTE] | on [NOTE] | status   [-c FILE]\n"
                    "  off     at once: nothing is reset or blocked any more, and what is blocked is let go\n"
                    "  on      back to what the policy says (enforce.enabled must be set)\n"
                    "  status  which of the two, since when and by whom, and what was done\n");
    return 2;
}

static int read_small(const char *dir, const char *name, struct writer *w)
{
    char path[1024];

    snprintf(path, sizeof(path), "%.900s/%s", dir, name);
    return file_read_regular(path, STATUS_MOST, w);
}

static int write_switch(const char *dir, const char *note)
{
    char path[1024], temp[1100], iso[CLOCK_ISO_SIZE];
    const struct passwd *who = getpwuid(getuid());
    const char *sudo = getenv("SUDO_USER");
    struct writer w;
    struct jw j;
    int fd, rc = 0;

    writer_init(&w, 8192);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "since", clock_iso(clock_wall_us(), iso));
    jw_kcstr(&j, "by", sudo ? sudo : who ? who->pw_name : "?");
    jw_kcstr(&j, "note", note);
    jw_end_obj(&j);
    writer_u8(&w, '\n');
    snprintf(path, sizeof(path), "%.900s/" SWITCH_FILE, dir);
    snprintf(temp, sizeof(temp), "%s.new", path);
    (void)unlink(temp);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        rc = status_from_errno(errno);
    if (!rc && (!writer_ok(&w) || write(fd, w.p, w.n) != (ssize_t)w.n || fsync(fd) != 0))
        rc = ST_IO;
    if (fd >= 0) {
        (void)owner_follow(fd, path);
        close(fd);
    }
    if (!rc && rename(temp, path) != 0)
        rc = status_from_errno(errno);
    writer_done(&w);
    return rc;
}

static int remove_switch(const char *dir)
{
    char path[1024];

    snprintf(path, sizeof(path), "%.900s/" SWITCH_FILE, dir);
    return unlink(path) == 0 || errno == ENOENT ? 0 : status_from_errno(errno);
}

/* What the appliance says of itself; the keeper's process, 0 when it does not run. */
static pid_t look(const char *dir, struct arena *a, struct json **ret)
{
    char path[64], comm[32] = "";
    struct writer w;
    int64_t pid = 0;
    int fd;

    *ret = NULL;
    writer_init(&w, STATUS_MOST + 8192);
    if (read_small(dir, owner_status_name(dir), &w) == 0) {
        char *text = arena_dup(a, w.p, w.n);
        if (text && json_parse(a, span_of(text, w.n), 32, ret, NULL) == 0)
            pid = json_i64(json_get(*ret, "pid"), 0);
    }
    writer_done(&w);
    snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)pid);
    fd = pid > 1 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)!read(fd, comm, sizeof(comm) - 1);
        close(fd);
    }
    return !strncmp(comm, "gatehouse", 9) ? (pid_t)pid : 0;
}

/* Waits until the enforcer itself says so. */
static bool wait_for(const char *dir, bool on)
{
    uint64_t until = clock_mono_ms() + WAIT_MS;

    while (clock_mono_ms() < until) {
        struct arena *a = arena_new(8u << 20);
        struct json *status = NULL;
        const struct json *is = NULL;
        bool good;
        if (a && look(dir, a, &status))
            is = json_path(status, "processes.enforce.facts.on");
        good = is && json_bool(is, !on) == on;
        arena_free(a);
        if (good)
            return true;
        usleep(100000);
    }
    return false;
}

static int turn(const struct conf *c, bool on, const char *note)
{
    const char *dir = c->node_state_dir;
    int rc = on ? remove_switch(dir) : write_switch(dir, note);
    struct arena *a = arena_new(8u << 20);
    struct json *status = NULL;
    pid_t pid = a ? look(dir, a, &status) : 0;

    arena_free(a);
    if (rc) {
        fprintf(stderr, "gatehouse enforce: %s/" SWITCH_FILE ": %s\n", dir, status_text(rc));
        return 3;
    }
    printf("enforcement is switched %s\n", on ? "on" : "off");
    if (!pid) {
        printf("no appliance runs on this state directory; it holds when one starts\n");
        return 0;
    }
    if (kill(pid, SIGUSR2) != 0) {
        fprintf(stderr, "gatehouse enforce: the appliance (%d) cannot be told: %s. Stop it, or be root\n",
                (int)pid, strerror(errno));
        return 3;
    }
    if (!c->enforce_enabled) {
        printf("enforce.enabled is off in the configuration, so nothing is enforced anyhow\n");
        return 0;
    }
    if (wait_for(dir, on)) {
        printf(on ? "the enforcer acts again\n" : "the enforcer has let go what was blocked\n");
        return 0;
    }
    fprintf(stderr,
            "gatehouse enforce: the enforcer did not confirm it within %d s; 'gatehouse status' tells "
            "whether it runs\n",
            WAIT_MS / 1000);
    return 3;
}

static int show(const struct conf *c)
{
    struct arena *a = arena_new(8u << 20);
    struct json *status = NULL, *off = NULL;
    const struct json *facts;
    struct writer w;
    pid_t pid = a ? look(c->node_state_dir, a, &status) : 0;

    writer_init(&w, STATUS_MOST + 8192);
    if (a && read_small(c->node_state_dir, SWITCH_FILE, &w) == 0)
        (void)json_parse(a, span_trim(writer_span(&w)), 8, &off, NULL);
    if (switch_is_off(c->node_state_dir))
        printf("off since %s by %s%s%s\n", json_cstr(json_get(off, "since"), "?"),
               json_cstr(json_get(off, "by"), "?"), json_get(off, "note") ? ": " : "",
               json_cstr(json_get(off, "note"), ""));
    else
        printf(c->enforce_enabled ? "on\n" : "on, but enforce.enabled is off in the configuration\n");
    facts = json_path(status, "processes.enforce.facts");
    if (pid && facts)
        printf("the enforcer runs and is %s: %lld connections reset, %lld pairs blocked, %lld refused, %lld "
               "failed%s%s\n",
               json_bool(json_get(facts, "on"), false) ? "on" : "off",
               (long long)json_i64(json_get(facts, "resets"), 0),
               (long long)json_i64(json_get(facts, "blocked"), 0),
               (long long)json_i64(json_get(facts, "refused"), 0),
               (long long)json_i64(json_get(facts, "failed"), 0), json_get(facts, "last") ? "; last: " : "",
               json_cstr(json_get(facts, "last"), ""));
    else
        printf("no enforcer runs\n");
    writer_done(&w);
    arena_free(a);
    return 0;
}

int switch_command(int argc, char **argv)
{
    const char *what = NULL, *note = NULL;
    struct conf c;
    struct writer err;
    int rc = 0;

    conf_defaults(&c);
    writer_init(&err, 65536);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-c") && i + 1 < argc)
            rc |= conf_load(&c, argv[++i], &err);
        else if (!strcmp(argv[i], "--set") && i + 1 < argc)
            rc |= conf_set(&c, argv[++i], &err);
        else if (argv[i][0] == '-')
            rc = ST_USAGE;
        else if (!what)
            what = argv[i];
        else
            note = argv[i];
    }
    if (rc && err.n)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_done(&err);
    if (rc || !what)
        return usage();
    if (!strcmp(what, "off") || !strcmp(what, "on"))
        return turn(&c, !strcmp(what, "on"), note);
    return !strcmp(what, "status") ? show(&c) : usage();
}
