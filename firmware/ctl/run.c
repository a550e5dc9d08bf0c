/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse run: the appliance. Starts the processes, restarts what dies, begins a replay anew when a process that held
 * part of it died before all of it was recorded (the journal drops the doubles).
 * gatehouse console: the same keeper around gh-console. */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parent.h"
#include "firmware/ctl/run.h"
#include "firmware/ctl/run_id.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_MS 1000
#define NOTE_MAX 4096
#define ENROLLED_MS 2000 /* between two looks whether the appliance is enrolled */
#define OUTLET_MS 1000 /* between two tries to reach the reader of output.eve */

/* Configuration faults (status 2) do not mend themselves: stop and say so. */
static bool is_config_fault(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 2;
}

static void give_up(struct run *r, enum role role, int rc)
{
    log_error("gh-%s cannot start; see its message above. Stopping.", role_name(role));
    r->rc = rc;
    keeper_stop(r->keeper, 3000);
}

static enum keeper_answer on_ended(void *arg, enum role role, int status)
{
    struct run *r = arg;

    if (keeper_stopping(r->keeper))
        return KEEPER_ENDED;
    if (role == ROLE_SENSOR && r->n_replay && WIFEXITED(status) && WEXITSTATUS(status) != 3) {
        r->sensor_done = true;
        if (WEXITSTATUS(status) == 2)
            log_warn("part of the replay could not be read; see the messages above");
        return KEEPER_ENDED;
    }
    if (is_config_fault(status) && role == ROLE_UPLINK) {
        log_error("gh-uplink cannot start; see its message above. Everything is recorded and waits; systemctl reload gatehouse, or SIGHUP, tries again");
        r->uplink_faulty = true;
        keeper_hold(r->keeper, ROLE_UPLINK);
        return KEEPER_ENDED;
    }
    if (is_config_fault(status)) {
        give_up(r, role, 2);
        return KEEPER_ENDED;
    }
    return KEEPER_RESTART;
}

/* The core forgot what it had not recorded: the replay begins anew, once the new core is there. */
static void on_core_back(struct run *r)
{
    if (!r->n_replay || r->recorded || !r->sensor_done)
        return;
    r->sensor_done = false;
    if (keeper_restart(r->keeper, ROLE_SENSOR) != 0)
        log_error("the replay cannot be started again");
}

/* The core lost the reader of its output and may make no socket itself. */
static void on_outlet(void *arg)
{
    struct run *r = arg;
    int fd = outlet_connect(&r->outlet);

    if (fd < 0)
        return;
    loop_timer_remove(r->outlet_timer);
    r->outlet_timer = NULL;
    keeper_give(r->keeper, ROLE_CORE, MSG_OUTPUT, fd);
}

/* From now on there is a status, and it shows who runs at the very beginning: a short replay is soon over. */
static void own_state(struct run *r)
{
    bool first = !r->owner;

    r->owner = true;
    if (first)
        run_write_status(r);
}

/* gh-down put something in force. */
static void take_goods(struct run *r, const struct json *note)
{
    const char *goods = json_cstr(json_get(note, "goods"), "");
    enum role user = !strcmp(goods, "policy") || !strcmp(goods, "shadow") ? ROLE_POLICY
                     : !strcmp(goods, "lists")                            ? ROLE_LISTS
                                                                          : ROLE_SCAN;

    if (keeper_stopping(r->keeper))
        return;
    if (json_bool(json_get(note, "anew"), false)) {
        log_info("the console changed the configuration: all processes are started anew");
        r->anew = true;
        keeper_stop(r->keeper, 10000);
    } else if (user == ROLE_LISTS) {
        keeper_tell(r->keeper, ROLE_LISTS, MSG_RELOAD);
    } else {
        writer_clear(&r->notes[user]); /* what the old one said counts no more */
        if (keeper_restart(r->keeper, user) != 0)
            log_error("gh-%s cannot be started with what the console sent", role_name(user));
    }
    run_write_status(r);
}

static void on_note(void *arg, enum role role, struct span json)
{
    struct run *r = arg;
    struct arena *a;
    struct json *j = NULL;

    if (keeper_note_broken(r->keeper, role, json))
        return;
    a = arena_new(1 << 20);
    if (a && json_parse(a, json, 16, &j, NULL) == 0 && role == ROLE_CORE &&
        !strcmp(json_cstr(json_get(j, "output"), ""), "closed")) {
        if (r->outlet.kind > OUTLET_FILE && !r->outlet_timer)
            r->outlet_timer = loop_timer_add(r->loop, OUTLET_MS, true, on_outlet, r);
    } else if (a && j && (role == ROLE_UPLINK || role == ROLE_DOWN) && json_get(j, "settings")) {
        run_settings(r, json_get(j, "settings"));
    } else if (a && j && role == ROLE_DOWN) {
        take_goods(r, j);
    } else if (a && j) {
        writer_clear(&r->notes[role]);
        writer_put(&r->notes[role], json);
        if (role == ROLE_CORE && json_get(j, "run_done"))
            r->recorded = true;
        if (role == ROLE_CORE && json_get(j, "started")) {
            own_state(r);
            on_core_back(r);
        }
    }
    arena_free(a);
}

static void on_stop(void *arg)
{
    struct run *r = arg;
    log_info("stopping");
    keeper_stop(r->keeper, 10000);
}

static void on_reload(void *arg)
{
    struct run *r = arg;

    keeper_tell(r->keeper, ROLE_LISTS, MSG_RELOAD);
    keeper_tell(r->keeper, ROLE_CORE, MSG_OUTPUT);
    r->uplink_faulty = false; /* the next look releases it */
    writer_clear(&r->notes[ROLE_POLICY]); /* what the old one said counts no more */
    /* It reads its bundle before it locks itself in, so there is a new one; the core asks it again what the old one had. */
    if (!keeper_stopping(r->keeper) && keeper_restart(r->keeper, ROLE_POLICY) != 0)
        log_error("the policy cannot be read again");
}

static enum msg_type enforce_switch(const struct run *r)
{
    char path[CONF_TEXT + 32];

    snprintf(path, sizeof(path), "%s/enforce.off", r->opt.conf.node_state_dir);
    return access(path, F_OK) == 0 ? MSG_ENFORCE_OFF : MSG_ENFORCE_ON;
}

/* gatehouse enforce off|on turned the switch in the state directory, or gatehouse log-level left a wish. */
static void on_switch(void *arg)
{
    struct run *r = arg;
    enum msg_type type = enforce_switch(r);

    if (type != r->enforce_told) {
        keeper_tell(r->keeper, ROLE_ENFORCE, type);
        keeper_tell(r->keeper, ROLE_CORE, type);
    }
    r->enforce_told = type;
    loglevel_look(&r->log_level);
}

static void on_second(void *arg)
{
    struct run *r = arg;

    loglevel_tick(&r->log_level);
    clock_fact_tick(&r->clock);
    firmware_fact_tick(&r->firmware, r->keeper, &r->opt.conf);
    run_write_status(r);
}

void run_settings(struct run *r, const struct json *settings)
{
    const struct json *level = json_get(settings, "log_level");

    if (level && loglevel_wish(&r->log_level, level, "console") != 0)
        log_warn("the console's setting log_level cannot be used and is ignored");
}

/* A file was moved away; nothing else is to be read again. */
static void on_rotated(void *arg)
{
    struct run *r = arg;

    keeper_tell(r->keeper, ROLE_CORE, MSG_OUTPUT);
}

static int parse(struct run *r, int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set", "--replay", "-i", "--units"};
    static char interface[CONF_TEXT + 32];
    const char *v;

    for (int i = 1; i < argc; i++) {
        if (ctl_option(&r->opt, argc, argv, &i))
            continue;
        if (!strcmp(argv[i], "--replay")) {
            v = ctl_value(argc, argv, &i);
            if (!v || r->n_replay == GH_COUNT(r->replay))
                return 2;
            if (access(v, R_OK) != 0)
                return ctl_usage("run", "%s: %s", v, strerror(errno));
            r->replay[r->n_replay++] = (char *)v;
        } else if (!strcmp(argv[i], "-i")) {
            char *set[] = {argv[0], (char *)"--set", interface};
            int at = 1;
            v = ctl_value(argc, argv, &i);
            if (!v)
                return 2;
            snprintf(interface, sizeof(interface), "capture.interface=%s", v);
            ctl_option(&r->opt, 3, set, &at);
        } else if (!strcmp(argv[i], "--units")) {
            r->units = ctl_value(argc, argv, &i);
            if (!r->units)
                return 2;
        } else {
            return ctl_unknown("run", argv[i], known, GH_COUNT(known));
        }
    }
    if (r->opt.failed)
        return 2;
    if (!r->n_replay && !*r->opt.conf.capture_interface)
        return ctl_usage("run", "nothing to watch: set capture.interface in the configuration, or give -i or --replay");
    return 0;
}

static int check_state(const struct run *r)
{
    char key[CONF_TEXT + 32];

    /* whether it can be read is for gh-core to know: it may be another user */
    snprintf(key, sizeof(key), "%s/appliance.key", r->opt.conf.node_state_dir);
    if (access(key, F_OK) == 0)
        return 0;
    fprintf(stderr,
            "gatehouse run: %s: %s\nThis appliance has no keys yet, so it could not sign its journal. Make them once with:\n"
            "  gatehouse keys generate -c YOUR.conf\n",
            key, strerror(errno));
    return 2;
}

/* Without a console's answer there is nobody to send to. */
static bool is_enrolled(const struct run *r)
{
    char path[CONF_TEXT + 32];

    snprintf(path, sizeof(path), "%s/console.json", r->opt.conf.node_state_dir);
    return access(path, F_OK) == 0;
}

static void on_enrolled(void *arg)
{
    struct run *r = arg;

    if (keeper_held(r->keeper, ROLE_UPLINK) && !r->uplink_faulty && is_enrolled(r))
        keeper_release(r->keeper, ROLE_UPLINK);
    if (keeper_held(r->keeper, ROLE_DOWN) && is_enrolled(r))
        keeper_release(r->keeper, ROLE_DOWN);
}

/* Who is enrolled takes what the console hands down, also by a stick. */
static void add_down(struct run *r)
{
    keeper_add(r->keeper, ROLE_DOWN, "gh-down", NULL, -1, -1, -1);
    keeper_link(r->keeper, ROLE_CORE, ROLE_DOWN);
    if (!is_enrolled(r))
        keeper_hold(r->keeper, ROLE_DOWN);
}

/* The console changed the configuration: this process once more from its beginning, with the same words. */
static int start_anew(int argc, char **argv)
{
    static char *again[600];
    sigset_t none;
    size_t n = 0;

    again[n++] = (char *)"gatehouse";
    for (int i = 0; i < argc && n < GH_COUNT(again) - 1; i++)
        again[n++] = argv[i];
    again[n] = NULL;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return ctl_exec("gatehouse", (int)n, again);
}

static void build(struct run *r)
{
    static char *const policy_args[] = {(char *)"--appliance", NULL};
    const struct conf *c = &r->opt.conf;
    size_t n = 0;

    r->sensor_args[n++] = (char *)"--keep";
    r->sensor_args[n++] = (char *)"--record";
    if (r->n_replay) {
        uint64_t id = run_id(r->replay, r->n_replay);
        snprintf(r->run_text, sizeof(r->run_text), "%llu", (unsigned long long)id);
        r->sensor_args[n++] = (char *)"--run";
        r->sensor_args[n++] = r->run_text;
        r->sensor_args[n++] = (char *)"--";
        for (size_t i = 0; i < r->n_replay; i++)
            r->sensor_args[n++] = r->replay[i];
    } else {
        r->core_args[0] = (char *)"--live";
    }
    (void)outlet_parse(c->output_eve, &r->outlet); /* the configuration was checked */
    keeper_add(r->keeper, ROLE_CORE, "gh-core", r->core_args, -1, r->outlet.kind == OUTLET_STDOUT ? STDOUT_FILENO : -1, -1);
    keeper_add(r->keeper, ROLE_SCAN, "gh-scan", NULL, -1, -1, -1);
    keeper_add(r->keeper, ROLE_POLICY, "gh-policy", policy_args, -1, -1, -1);
    keeper_link(r->keeper, ROLE_CORE, ROLE_SCAN);
    keeper_link(r->keeper, ROLE_CORE, ROLE_POLICY);
    if (c->enforce_enabled && !r->n_replay) {
        keeper_add(r->keeper, ROLE_ENFORCE, "gh-enforce", NULL, -1, -1, -1);
        keeper_link(r->keeper, ROLE_CORE, ROLE_ENFORCE);
    }
    if (*c->uplink_console || *c->uplink_nats) {
        keeper_add(r->keeper, ROLE_UPLINK, "gh-uplink", NULL, -1, -1, -1);
        keeper_link(r->keeper, ROLE_CORE, ROLE_UPLINK);
        if (!is_enrolled(r)) {
            keeper_hold(r->keeper, ROLE_UPLINK);
            log_info("not enrolled with a console yet: everything is recorded and waits ('gatehouse enrol')");
        }
    }
    add_down(r);
    loop_timer_add(r->loop, ENROLLED_MS, true, on_enrolled, r);
    keeper_add(r->keeper, ROLE_SENSOR, "gh-sensor", r->sensor_args, -1, -1, -1);
    keeper_link(r->keeper, ROLE_SENSOR, ROLE_CORE);
    keeper_add_lists(r->keeper, c, false);
}

int command_run(int argc, char **argv)
{
    static struct run r;
    const struct keeper_hooks hooks = {.arg = &r, .ended = on_ended, .note = on_note};
    int rc;

    ctl_options_init(&r.opt);
    rc = parse(&r, argc, argv);
    if (!rc)
        rc = check_state(&r);
    if (rc)
        return rc;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        writer_init(&r.notes[i], NOTE_MAX);
    r.started_us = clock_wall_us();
    r.loop = loop_new();
    gh_check(r.loop);
    loop_signal(r.loop, SIGINT, on_stop, &r);
    loop_signal(r.loop, SIGTERM, on_stop, &r);
    loop_signal(r.loop, SIGHUP, on_reload, &r);
    loop_signal(r.loop, SIGUSR2, on_switch, &r);
    loop_signal(r.loop, SIGUSR1, on_rotated, &r);
    ctl_overlay(&r.opt);
    r.keeper = keeper_new(r.loop, r.opt.conf_args, &hooks);
    if (r.units)
        keeper_by_units(r.keeper, r.units);
    build(&r);
    if (keeper_start(r.keeper) != 0) {
        r.rc = 3;
    } else {
        log_info("%s: %s", r.opt.conf.node_name, r.n_replay ? "replaying" : "watching");
        r.enforce_told = enforce_switch(&r);
        loglevel_start(&r.log_level, r.keeper, &r.opt.conf);
        disk_start(&r.disk, &r.opt.conf);
        clock_fact_start(&r.clock, r.keeper, &r.opt.conf);
        loop_timer_add(r.loop, STATUS_MS, true, on_second, &r);
        run_write_status(&r);
        loop_run(r.loop);
    }
    keeper_free(r.keeper);
    loop_free(r.loop);
    for (size_t i = 0; i < ROLE_COUNT; i++)
        writer_done(&r.notes[i]);
    return r.anew && !r.rc ? start_anew(argc, argv) : r.rc;
}

/* ---- gatehouse console ---- */

static enum keeper_answer on_console_ended(void *arg, enum role role, int status)
{
    struct run *r = arg;

    if (keeper_stopping(r->keeper))
        return KEEPER_ENDED;
    if (!is_config_fault(status))
        return KEEPER_RESTART;
    if (role == ROLE_REGION || role == ROLE_UPLINK) { /* the console above is no reason to stop this one */
        log_error("gh-%s cannot start; see its message above. What is for the console above waits; restart this console to try again",
                  role_name(role));
        r->uplink_faulty = true;
        keeper_hold(r->keeper, role);
        return KEEPER_ENDED;
    }
    give_up(r, role, 2);
    return KEEPER_ENDED;
}

/* A region's console is an appliance of the one above it: gh-region keeps its journal, gh-uplink carries it. */
static void add_region(struct run *r)
{
    static char dir[PARENT_PATH + 32];
    static char *uplink_args[] = {(char *)"--set", dir, NULL};
    char path[PARENT_PATH];

    snprintf(dir, sizeof(dir), "node.state_dir=%s", parent_path(&r->opt.conf, "", path));
    keeper_add(r->keeper, ROLE_REGION, "gh-region", NULL, -1, -1, -1);
    keeper_add(r->keeper, ROLE_UPLINK, "gh-uplink", uplink_args, -1, -1, -1);
    keeper_link(r->keeper, ROLE_CONSOLE, ROLE_REGION);
    keeper_link(r->keeper, ROLE_REGION, ROLE_UPLINK);
    if (parent_enrolled(&r->opt.conf))
        return;
    keeper_hold(r->keeper, ROLE_REGION); /* until it is let in (on_parent) */
    keeper_hold(r->keeper, ROLE_UPLINK);
}

/* They start when there is something for them to do. */
static void on_parent(void *arg)
{
    struct run *r = arg;

    if (r->uplink_faulty || keeper_stopping(r->keeper))
        return;
    if (keeper_held(r->keeper, ROLE_REGION) && parent_enrolled(&r->opt.conf)) {
        log_info("this region reports to the console above it");
        keeper_release(r->keeper, ROLE_REGION);
        keeper_release(r->keeper, ROLE_UPLINK);
    }
}

/* What gh-console may not do itself; an installation may lack some of it. */
static bool have_exe(const char *exe)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", keeper_bin_dir(), exe);

    return n > 0 && (size_t)n < sizeof(path) && access(path, X_OK) == 0;
}

static void add_helpers(struct run *r)
{
    const struct {
        enum role role;
        const char *exe;
        bool wanted;
    } helpers[] = {{ROLE_OUTLET, "gh-outlet", true},
                   {ROLE_WORKBENCH, "gh-workbench", true},
                   {ROLE_REPORT, "gh-report", true},
                   {ROLE_NATS, "gh-nats", *r->opt.conf.console_nats}};

    for (size_t i = 0; i < GH_COUNT(helpers); i++) {
        if (!helpers[i].wanted || !have_exe(helpers[i].exe))
            continue;
        keeper_add(r->keeper, helpers[i].role, helpers[i].exe, NULL, -1, -1, -1);
        keeper_link(r->keeper, ROLE_CONSOLE, helpers[i].role);
    }
    if (have_exe("gh-region") && have_exe("gh-uplink"))
        add_region(r);
}

int command_console(int argc, char **argv)
{
    static struct run r;
    const struct keeper_hooks hooks = {.arg = &r, .ended = on_console_ended};

    if (argc > 1 && argv[1][0] != '-')
        return ctl_exec("gh-console", argc, argv);
    ctl_options_init(&r.opt);
    for (int i = 1; i < argc; i++) {
        static const char *const known[] = {"-c", "--set", "init", "link", "enrol-approve", "appliances", "parent"};
        if (!ctl_option(&r.opt, argc, argv, &i))
            return ctl_unknown("console", argv[i], known, GH_COUNT(known));
    }
    if (r.opt.failed)
        return 2;
    r.loop = loop_new();
    gh_check(r.loop);
    loop_signal(r.loop, SIGINT, on_stop, &r);
    loop_signal(r.loop, SIGTERM, on_stop, &r);
    r.keeper = keeper_new(r.loop, r.opt.conf_args, &hooks);
    keeper_add(r.keeper, ROLE_CONSOLE, "gh-console", NULL, -1, STDOUT_FILENO, -1);
    add_helpers(&r);
    loop_timer_add(r.loop, ENROLLED_MS, true, on_parent, &r);
    if (keeper_start(r.keeper) != 0)
        r.rc = 3;
    else
        loop_run(r.loop);
    keeper_free(r.keeper);
    loop_free(r.loop);
    return r.rc;
}
