/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse status: what the keeper wrote last, for people or as JSON. gatehouse config: the configuration in
 * force. */
#include "base/clock.h"
#include "base/json.h"
#include "base/owner.h"
#include "firmware/ctl/ctl.h"
#include "firmware/ctl/disk.h"
#include "firmware/ctl/firmware_fact.h"
#include "firmware/ctl/state.h"

#include <stdio.h>

#define STATUS_OLD_US 10000000u

static void print_process(const struct json *p)
{
    printf("  %-8.*s %s", (int)p->key.n, (const char *)p->key.p,
           json_i64(json_get(p, "pid"), 0) ? "running" : "not running");
    if (json_i64(json_get(p, "restarts"), 0))
        printf(", restarted %lld times", (long long)json_i64(json_get(p, "restarts"), 0));
    json_each(f, json_get(p, "facts")) printf("\n             %.*s: %.*s", (int)f->key.n,
                                              (const char *)f->key.p, (int)f->raw.n, (const char *)f->raw.p);
    putchar('\n');
}

static void print_people(const struct json *s, bool old)
{
    printf("%s (Gatehouse %s), %s since %s\n", json_cstr(json_get(s, "name"), "?"),
           json_cstr(json_get(s, "version"), "?"), json_cstr(json_get(s, "mode"), "?"),
           json_cstr(json_get(s, "started"), "?"));
    printf("%s; last written %s\n",
           old ? "NOT RUNNING (or stuck): nothing was heard for more than 10 s" : "running",
           json_cstr(json_get(s, "written"), "?"));
    if (!strcmp(json_cstr(json_get(s, "users"), ""), "one"))
        printf("all processes are one user: one that is taken over reaches the others' files (the package's "
               "service separates them)\n");
    if (json_get(s, "log_level"))
        printf("log level %s for %s until %s, wanted by %s\n",
               json_cstr(json_path(s, "log_level.level"), "?"),
               json_cstr(json_path(s, "log_level.process"), "?"),
               json_cstr(json_path(s, "log_level.until"), "?"), json_cstr(json_path(s, "log_level.by"), "?"));
    printf("clock: %s\n", json_cstr(json_get(s, "clock"), "?"));
    firmware_fact_print(json_get(s, "firmware"));
    disk_print(json_get(s, "disk"));
    json_each(p, json_get(s, "processes")) print_process(p);
}

int command_status(int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set", "--json"};
    struct ctl_options o;
    bool as_json = false, old;
    char path[CONF_TEXT + 32];
    struct arena *a;
    struct json *s = NULL;
    uint64_t written = 0;
    const char *text;
    int rc;

    ctl_options_init(&o);
    for (int i = 1; i < argc; i++) {
        if (ctl_option(&o, argc, argv, &i))
            continue;
        if (strcmp(argv[i], "--json") != 0)
            return ctl_unknown("status", argv[i], known, GH_COUNT(known));
        as_json = true;
    }
    if (o.failed)
        return 2;
    snprintf(path, sizeof(path), "%s/%s", o.conf.node_state_dir, owner_status_name(o.conf.node_state_dir));
    a = arena_new(8u << 20);
    gh_check(a);
    rc = state_read_json(a, path, &s);
    if (rc) {
        fprintf(stderr,
                "gatehouse status: %s: %s\nNo appliance has run with this state directory; start it with "
                "'gatehouse run'\n",
                path, status_text(rc));
        rc = 2;
        goto out;
    }
    text = json_cstr(json_get(s, "written"), "");
    old = !clock_parse_iso(text, strlen(text), &written) || clock_wall_us() > written + STATUS_OLD_US;
    if (as_json)
        printf("{\"running\":%s,\"status\":%.*s}\n", old ? "false" : "true", (int)s->raw.n,
               (const char *)s->raw.p);
    else
        print_people(s, old);
    rc = old ? 1 : 0;
out:
    arena_free(a);
    return rc;
}

int command_config(int argc, char **argv)
{
    static const char *const known[] = {"-c", "--set"};
    struct ctl_options o;
    struct writer w;

    ctl_options_init(&o);
    for (int i = 1; i < argc; i++)
        if (!ctl_option(&o, argc, argv, &i))
            return ctl_unknown("config", argv[i], known, GH_COUNT(known));
    if (o.failed)
        return 2;
    ctl_overlay(&o); /* with what the console set from afar */
    writer_init(&w, 1u << 20);
    conf_print(&o.conf, &w);
    printf("%s", writer_cstr(&w));
    writer_done(&w);
    return 0;
}
