/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/loglevel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/owner.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const enum role told[] = {ROLE_SENSOR, ROLE_CORE,    ROLE_SCAN,  ROLE_POLICY,
                                 ROLE_LISTS,  ROLE_ENFORCE, ROLE_UPLINK};

/* "scan" or "gh-scan"; ROLE_COUNT when there is none. */
static enum role role_of(const char *name)
{
    if (!*name)
        return ROLE_ANY;
    if (!strncmp(name, "gh-", 3))
        name += 3;
    for (size_t i = 0; i < GH_COUNT(told); i++)
        if (!strcmp(name, role_name(told[i])))
            return told[i];
    return ROLE_COUNT;
}

/* ---- the keeper's side ---- */

static enum log_level configured(const struct loglevel *l)
{
    enum log_level level = LOG_LEVEL_INFO;

    (void)log_parse_level(l->conf->node_log_level, &level);
    return level;
}

static void tell(const struct loglevel *l, enum log_level level)
{
    for (size_t i = 0; i < GH_COUNT(told); i++)
        if (l->role == ROLE_ANY || l->role == told[i])
            keeper_log_level(l->keeper, told[i], level);
    if (l->role == ROLE_ANY)
        log_set_level(level);
}

static void record(const struct loglevel *l, const char *what)
{
    char iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;

    writer_init(&w, 2048);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "what", what);
    jw_kcstr(&j, "level", level_names[l->level]);
    jw_kcstr(&j, "process", l->role == ROLE_ANY ? "all" : role_name(l->role));
    jw_kcstr(&j, "until", clock_iso(l->until_us, iso));
    jw_kcstr(&j, "by", l->by);
    jw_end_obj(&j);
    if (writer_ok(&w))
        keeper_fact(l->keeper, writer_span(&w));
    writer_done(&w);
}

static void file_path(const struct conf *c, char path[static STATE_PATH])
{
    state_beside_status(c->node_state_dir, LOGLEVEL_FILE, path);
}

static void end(struct loglevel *l)
{
    char path[STATE_PATH];

    if (!l->active)
        return;
    l->active = false;
    tell(l, configured(l));
    file_path(l->conf, path);
    (void)unlink(path);
    log_info("the log says again what node.log_level tells it to");
    record(l, "log_level_normal");
}

static void begin(struct loglevel *l, enum log_level level, enum role role, uint64_t ms, const char *by)
{
    if (l->active)
        tell(l, configured(l)); /* another process may have been meant */
    l->active = true;
    l->level = level;
    l->role = role;
    l->until_us = clock_wall_us() + ms * 1000;
    l->end_ms = clock_mono_ms() + ms;
    snprintf(l->by, sizeof(l->by), "%s", by);
    log_info("the log level of %s is %s for %llu minutes, wanted by %s",
             role == ROLE_ANY ? "all processes" : role_name(role), level_names[level],
             (unsigned long long)((ms + 59999) / 60000), by);
    tell(l, level);
    record(l, "log_level");
}

/* Level, process and time that are left, out of a wish. */
static int read_wish(const struct json *wish, enum log_level *level, enum role *role, uint64_t *ms)
{
    uint64_t until = 0, now = clock_wall_us();
    int64_t minutes = json_i64(json_get(wish, "minutes"), LOGLEVEL_USUAL_MS / 60000);
    const char *text = json_cstr(json_get(wish, "until"), "");

    *role = role_of(json_cstr(json_get(wish, "process"), ""));
    if (!log_parse_level(json_cstr(json_get(wish, "level"), ""), level) || *role == ROLE_COUNT || minutes < 1)
        return ST_USAGE;
    if (*text && !clock_parse_iso(text, strlen(text), &until))
        return ST_USAGE;
    *ms = *text ? (until > now ? (until - now) / 1000 : 0) : (uint64_t)minutes * 60000;
    if (*ms > LOGLEVEL_MOST_MS)
        *ms = LOGLEVEL_MOST_MS;
    return 0;
}

int loglevel_wish(struct loglevel *l, const struct json *wish, const char *by)
{
    enum log_level level;
    enum role role;
    uint64_t ms;

    if (!strcmp(json_cstr(json_get(wish, "level"), ""), "normal")) {
        end(l);
        return 0;
    }
    if (read_wish(wish, &level, &role, &ms) != 0)
        return ST_USAGE;
    if (ms)
        begin(l, level, role, ms, by);
    else
        end(l);
    return 0;
}

void loglevel_look(struct loglevel *l)
{
    struct arena *a = arena_new(1 << 20);
    char path[STATE_PATH], by[64];
    struct json *j = NULL;
    enum log_level level;
    enum role role;
    uint64_t ms;

    file_path(l->conf, path);
    if (!a || state_read_json(a, path, &j) != 0 || read_wish(j, &level, &role, &ms) != 0 || !ms) {
        end(l);
        (void)unlink(path);
    } else {
        snprintf(by, sizeof(by), "%.63s", json_cstr(json_get(j, "by"), "?"));
        if (!l->active || l->level != level || l->role != role || strcmp(l->by, by) != 0 ||
            l->end_ms + 2000 < clock_mono_ms() + ms)
            begin(l, level, role, ms, by);
    }
    arena_free(a);
}

void loglevel_start(struct loglevel *l, struct keeper *keeper, const struct conf *conf)
{
    *l = (struct loglevel){.keeper = keeper, .conf = conf};
    loglevel_look(l);
}

void loglevel_tick(struct loglevel *l)
{
    if (l->active && clock_mono_ms() >= l->end_ms)
        end(l);
}

void loglevel_status(const struct loglevel *l, struct jw *j)
{
    char iso[CLOCK_ISO_SIZE];

    if (!l->active)
        return;
    jw_kobj(j, "log_level");
    jw_kcstr(j, "level", level_names[l->level]);
    jw_kcstr(j, "process", l->role == ROLE_ANY ? "all" : role_name(l->role));
    jw_kcstr(j, "until", clock_iso(l->until_us, iso));
    jw_kcstr(j, "by", l->by);
    jw_end_obj(j);
}

/* ---- the command ---- */

static int write_wish(const struct conf *c, const char *level, const char *process, uint64_t ms)
{
    char path[STATE_PATH], iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;
    int rc;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "level", level);
    jw_kcstr(&j, "process", process);
    jw_kcstr(&j, "until", clock_iso(clock_wall_us() + ms * 1000, iso));
    jw_kcstr(&j, "by", state_who());
    jw_end_obj(&j);
    writer_u8(&w, '\n');
    file_path(c, path);
    rc = file_replace(path, writer_span(&w), 0600);
    writer_done(&w);
    if (rc)
        fprintf(stderr, "gatehouse log-level: %s: %s\n", path, status_text(rc));
    return rc;
}

/* "90s", "30m", "2h": milliseconds, 0 when it is none or more than a day. */
static uint64_t duration(const char *s)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"s", 1000}, {"", 60000}, {"m", 60000}, {"h", 3600000}};
    char *rest;
    unsigned long n = strtoul(s, &rest, 10);

    for (size_t i = 0; i < GH_COUNT(units) && *s >= '0' && *s <= '9'; i++)
        if (!strcmp(rest, units[i].unit) && n && n <= LOGLEVEL_MOST_MS / units[i].ms)
            return n * units[i].ms;
    return 0;
}

static int show(const struct conf *c)
{
    struct arena *a = arena_new(8u << 20);
    struct json *j = NULL;
    const struct json *l;

    gh_check(a);
    (void)state_status(a, c->node_state_dir, &j);
    l = json_get(j, "log_level");
    if (l)
        printf("%s for %s until %s, wanted by %s\n", json_cstr(json_get(l, "level"), "?"),
               json_cstr(json_get(l, "process"), "?"), json_cstr(json_get(l, "until"), "?"),
               json_cstr(json_get(l, "by"), "?"));
    else
        printf("as configured: %s\n", c->node_log_level);
    arena_free(a);
    return 0;
}

int command_log_level(int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set", "--for", "error", "warn", "info", "debug", "normal"};
    const char *level = NULL, *process = "";
    uint64_t ms = LOGLEVEL_USUAL_MS;
    enum log_level parsed;
    struct ctl_options o;
    char path[STATE_PATH];
    pid_t pid;

    ctl_options_init(&o);
    for (int i = 1; i < argc; i++) {
        if (ctl_option(&o, argc, argv, &i))
            continue;
        if (!strcmp(argv[i], "--for")) {
            const char *v = ctl_value(argc, argv, &i);
            ms = v ? duration(v) : 0;
            if (!ms)
                return ctl_usage("log-level", "--for wants 90s, 30m or 2h, at most a day");
        } else if (*argv[i] == '-' || (level && *process)) {
            return ctl_unknown("log-level", argv[i], known, GH_COUNT(known));
        } else if (level) {
            process = argv[i];
        } else {
            level = argv[i];
        }
    }
    if (o.failed)
        return 2;
    if (!level)
        return show(&o.conf);
    if (!log_parse_level(level, &parsed) && strcmp(level, "normal") != 0)
        return ctl_unknown("log-level", level, known + 3, GH_COUNT(known) - 3);
    if (role_of(process) == ROLE_COUNT)
        return ctl_usage("log-level",
                         "there is no process '%s': sensor, core, scan, policy, lists, enforce, uplink",
                         process);
    file_path(&o.conf, path);
    if (!strcmp(level, "normal") ? unlink(path) != 0 && errno != ENOENT &&
                                       fprintf(stderr, "gatehouse log-level: %s: %s\n", path, strerror(errno))
                                 : write_wish(&o.conf, level, process, ms) != 0)
        return 3;
    pid = state_keeper(o.conf.node_state_dir);
    if (!pid)
        printf("no appliance runs on this state directory; it holds when one starts\n");
    else if (kill(pid, SIGUSR2) != 0)
        return ctl_usage("log-level", "the keeper (process %d) cannot be told: %s", (int)pid,
                         strerror(errno));
    else if (strcmp(level, "normal") != 0)
        printf("%s says %s for the next %llu minutes\n", *process ? process : "everybody", level,
               (unsigned long long)((ms + 59999) / 60000));
    else
        printf("back to %s\n", o.conf.node_log_level);
    return 0;
}
