/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse policy keygen, sign, promote, rollback and status: from a directory to the policy in force, and
 * back. */
#include "base/owner.h"
#include "policy/lua/policy_cmd.h"
#include "policy/lua/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int usage(const char *text)
{
    fprintf(stderr, "usage: gatehouse policy %s\n", text);
    return 2;
}

static int told(const struct writer *err, int rc)
{
    struct span s = writer_span(err);

    fprintf(stderr, "%.*s", (int)s.n, s.n ? (const char *)s.p : "");
    return rc == ST_NOMEM || rc == ST_IO || rc == ST_FULL ? 3 : 2;
}

int policy_cmd_keygen(struct policy_cmd *c, int argc, char **argv)
{
    struct seal_keys *keys;
    char pub[1024];
    int rc;

    (void)c;
    if (argc != 1 || strlen(argv[0]) > 1000)
        return usage("keygen FILE");
    snprintf(pub, sizeof(pub), "%s.pub", argv[0]);
    rc = seal_init();
    keys = rc ? NULL : seal_keys_generate();
    rc = keys ? keyfile_save(argv[0], keys) : ST_NOMEM;
    if (!rc)
        rc = keyfile_save_public(pub, seal_keys_public(keys), "policy");
    seal_keys_free(keys);
    if (rc) {
        fprintf(stderr, "gatehouse policy keygen: %s: %s\n", argv[0], status_text(rc));
        return 2;
    }
    printf("%s: keep it where policies are written, not on an appliance\n%s: name it in policy.trust of "
           "every appliance\n",
           argv[0], pub);
    return 0;
}

int policy_cmd_sign(struct policy_cmd *c, int argc, char **argv)
{
    struct seal_keys *keys = NULL;
    struct sign_note note;
    struct bundle *b = NULL;
    struct writer err;
    int rc;

    if (argc != 1 || !c->key)
        return usage("sign DIR --key FILE [--number N] [--floor N] [--note TEXT]");
    if (policy_look(c, argv[0], &b) != 0) {
        bundle_free(b);
        return 2;
    }
    bundle_free(b);
    writer_init(&err, 65536);
    rc = seal_init();
    if (!rc && (rc = keyfile_load(c->key, &keys)) != 0)
        writer_printf(&err, "%s: %s%s\n", c->key, status_text(rc),
                      rc == ST_DENIED ? ": others may read it; chmod 600" : "");
    if (!rc)
        rc = sign_make(argv[0], keys, c->number, c->floor, c->note, &note, &err);
    if (!rc)
        printf("%s: %s@%s is signed as number %llu\n", argv[0], note.name, note.version,
               (unsigned long long)note.number);
    rc = rc ? told(&err, rc) : 0;
    seal_keys_free(keys);
    writer_done(&err);
    return rc;
}

/* The keeper's process, from what it writes for `gatehouse status`; 0 when it does not run. */
static pid_t appliance(const struct policy_cmd *c, struct arena *a, struct json **ret_status)
{
    char path[1200], comm[32] = "";
    struct writer w;
    int64_t pid = 0;
    int fd;

    writer_init(&w, BUNDLE_FILE_MAX + 8192);
    *ret_status = NULL;
    if (bundle_read_file(c->conf.node_state_dir, owner_status_name(c->conf.node_state_dir), &w) == 0) {
        char *text = arena_dup(a, w.p, w.n);
        if (text && json_parse(a, span_of(text, w.n), 32, ret_status, NULL) == 0)
            pid = json_i64(json_get(*ret_status, "pid"), 0);
    }
    writer_done(&w);
    snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)pid);
    fd = pid > 1 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)!read(fd, comm, sizeof(comm) - 1);
        close(fd);
    }
    return span_starts(span_str(comm), "gatehouse") ? (pid_t)pid : 0;
}

static void tell_appliance(const struct policy_cmd *c)
{
    struct arena *a = arena_new(8u << 20);
    struct json *status;
    pid_t pid = a ? appliance(c, a, &status) : 0;

    if (pid && kill(pid, SIGHUP) == 0)
        printf("the appliance takes it now\n");
    else if (pid)
        printf("tell the appliance: kill -HUP %d (%s)\n", (int)pid, strerror(errno));
    else
        printf("no appliance runs on this state directory; it takes it when it starts\n");
    if (*c->conf.policy_dir)
        printf("note: policy.dir is set to %s, which goes before what is promoted\n", c->conf.policy_dir);
    arena_free(a);
}

int policy_cmd_promote(struct policy_cmd *c, int argc, char **argv)
{
    struct sign_note note = {.number = 0};
    struct bundle *b = NULL;
    struct writer err;
    int rc;

    if (argc != 1)
        return usage("promote DIR [-c FILE]");
    writer_init(&err, 65536);
    rc = seal_init();
    if (!rc)
        rc = sign_check(argv[0], c->conf.policy_trust, &note, &err);
    if (rc == ST_NOT_FOUND && !*c->conf.policy_trust) { /* nobody is asked to sign: numbered here */
        writer_clear(&err);
        rc = 0;
    }
    if (rc) {
        rc = told(&err, rc);
        writer_done(&err);
        return rc;
    }
    rc = policy_look(c, argv[0], &b);
    if (!rc && b->forwarding) {
        fprintf(stderr, "%s: this bundle decides what a console forwards (bundle.json: purpose); an appliance has no use for it\n",
                argv[0]);
        rc = 2;
    }
    if (!rc && (rc = policy_run_tests(c, b, argv[0], true)) != 0)
        fprintf(stderr, "%s: its tests do not pass; nothing was changed\n", argv[0]);
    if (!rc) {
        if (!note.number) {
            snprintf(note.name, sizeof(note.name), "%.63s", b->name);
            snprintf(note.version, sizeof(note.version), "%.31s", b->version);
        }
        rc = store_promote(c->conf.node_state_dir, argv[0], &note, &err);
        if (rc)
            rc = told(&err, rc);
        else
            printf("%s@%s is in force as number %llu\n", note.name, note.version,
                   (unsigned long long)note.number);
    }
    if (!rc)
        tell_appliance(c);
    bundle_free(b);
    writer_done(&err);
    return rc;
}

int policy_cmd_rollback(struct policy_cmd *c, int argc, char **argv)
{
    char path[STORE_PATH];
    struct writer err;
    int rc;

    (void)argv;
    if (argc)
        return usage("rollback [-c FILE]");
    writer_init(&err, 65536);
    rc = store_rollback(c->conf.node_state_dir, path, &err);
    if (rc) {
        rc = told(&err, rc);
    } else {
        printf("%s is in force again\n", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
        tell_appliance(c);
    }
    writer_done(&err);
    return rc;
}

static int is_version(const struct dirent *e)
{
    return e->d_name[0] != '.' && strchr(e->d_name, '@') != NULL;
}

static void status_stored(const struct policy_cmd *c)
{
    char dir[STORE_PATH], active[STORE_PATH] = "", previous[STORE_PATH] = "", path[STORE_PATH + 300];
    struct dirent **e = NULL;
    int n;

    snprintf(dir, sizeof(dir), "%.900s/policies", c->conf.node_state_dir);
    (void)store_find(c->conf.node_state_dir, "active", active);
    (void)store_find(c->conf.node_state_dir, "previous", previous);
    n = scandir(dir, &e, is_version, versionsort);
    if (n <= 0)
        printf("no policy was promoted\n");
    for (int i = 0; i < n; i++) {
        struct sign_note note = {.number = 0};
        struct writer err;
        const char *base = strrchr(active, '/'), *before = strrchr(previous, '/');
        int rc;
        writer_init(&err, 65536);
        snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name);
        rc = sign_check(path, c->conf.policy_trust, &note, &err);
        printf("%-32s %-9s %s %s%s%s\n", e[i]->d_name,
               base && !strcmp(base + 1, e[i]->d_name)       ? "in force"
               : before && !strcmp(before + 1, e[i]->d_name) ? "previous"
                                                             : "",
               rc == 0              ? "signed"
               : rc == ST_NOT_FOUND ? "unsigned"
                                    : "REFUSED",
               note.when, *note.note ? " " : "", note.note);
        if (rc && rc != ST_NOT_FOUND)
            printf("    %s", writer_cstr(&err));
        writer_done(&err);
        free(e[i]);
    }
    free(e);
}

int policy_cmd_status(struct policy_cmd *c, int argc, char **argv)
{
    struct arena *a = arena_new(8u << 20);
    struct json *status = NULL;
    const struct json *facts;
    pid_t pid;

    (void)argv;
    if (argc || !a) {
        arena_free(a);
        return argc ? usage("status [-c FILE]") : 3;
    }
    status_stored(c);
    pid = appliance(c, a, &status);
    facts = json_path(status, "processes.policy.facts");
    if (!pid)
        printf("the appliance does not run\n");
    else
        printf("the appliance judges by %s%s%s\n", json_cstr(json_get(facts, "policy"), "?"),
               json_get(facts, "shadow") ? ", beside it " : "", json_cstr(json_get(facts, "shadow"), ""));
    if (pid && json_get(facts, "fault"))
        printf("FAULT: %s\n", json_cstr(json_get(facts, "fault"), ""));
    if (pid && json_get(facts, "shadow"))
        printf("the shadow decided %lld of %lld events otherwise\n",
               (long long)json_i64(json_get(facts, "shadow_differs"), 0),
               (long long)json_i64(json_get(facts, "shadow_judged"), 0));
    arena_free(a);
    return 0;
}
