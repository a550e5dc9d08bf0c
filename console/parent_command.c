/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/parent_command.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/parent.h"
#include "base/program.h"
#include "console/carry.h"
#include "console/state.h"
#include "console/store/regions.h"
#include "console/upward/splice.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 320
#define EVENT_ARENA (256u << 20)

struct call {
    struct conf conf;
    char *conf_args[WORDS]; /* "-c", FILE, "--set", … as they were given */
    size_t n_conf;
    char *words[16]; /* what is left */
    size_t n;
    const char *out;
    bool json;
};

static int usage(void)
{
    fprintf(stderr,
            "usage: gatehouse console parent enrol -o REQUEST   make this region's keys, and a request for the console above\n"
            "       gatehouse console parent accept ANSWER      take its answer; compare the six words\n"
            "       gatehouse console parent status [--json]    what went up, what was held back and why, what waits\n"
            "       gatehouse console parent check [DIR]        is the policy good that decides what goes up?\n"
            "       gatehouse console parent explain NUMBER [DIR]   what would become of a recorded event, and why\n"
            "       gatehouse console parent journal verify|cat|export DIR|import DIR   as 'gatehouse journal', for this region\n"
            "Options: -c FILE, --set section.key=value\n");
    return 2;
}

static int say(const char *what, const char *why)
{
    fprintf(stderr, "gatehouse console parent: %s: %s\n", what, why);
    return 2;
}

/* A program beside this one, with the configuration's words between first and last. Its exit status; or it replaces this
 * process (stay false). */
static int run(const struct call *c, const char *exe, char *const *first, char *const *last, bool stay)
{
    char path[PATH_MAX], set[PARENT_PATH + 32], name[CONF_TEXT + 32], dir[PARENT_PATH];
    char *argv[WORDS + 40];
    size_t n = 0;
    int status = 0;
    pid_t pid;

    if (!program_beside(exe, path, sizeof(path)))
        return 3;
    argv[n++] = (char *)"gatehouse";
    while (*first)
        argv[n++] = *first++;
    for (size_t i = 0; i < c->n_conf; i++)
        argv[n++] = c->conf_args[i];
    snprintf(set, sizeof(set), "node.state_dir=%s", parent_path(&c->conf, "", dir));
    snprintf(name, sizeof(name), "node.name=%s", parent_region(&c->conf));
    argv[n++] = (char *)"--set";
    argv[n++] = set;
    argv[n++] = (char *)"--set";
    argv[n++] = name;
    while (last && *last && n < GH_COUNT(argv) - 1)
        argv[n++] = *last++;
    argv[n] = NULL;
    pid = stay ? fork() : 0;
    if (pid == 0) {
        execv(path, argv);
        fprintf(stderr, "gatehouse console parent: %s: %s\n", path, strerror(errno));
        _exit(3);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 3;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

/* The directory belongs to whom the console's own belongs. */
static int make_dir(const struct conf *c)
{
    char dir[PARENT_PATH];
    struct stat st;

    if (stat(c->console_state_dir, &st) != 0)
        return say(c->console_state_dir, "there is no console here yet; 'gatehouse console init' makes it");
    parent_path(c, "", dir);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return say(dir, strerror(errno));
    if (geteuid() == 0 && lchown(dir, st.st_uid, st.st_gid) != 0)
        return say(dir, strerror(errno));
    return 0;
}

static int enrol(const struct call *c)
{
    static char *const generate[] = {(char *)"keys", NULL}, *const words[] = {(char *)"generate", NULL};
    static char *const request[] = {(char *)"enrol", NULL};
    char *ask[] = {(char *)"request", (char *)"--region", (char *)"-o", (char *)c->out, NULL};
    int rc;

    if (c->n || !c->out)
        return usage();
    rc = make_dir(&c->conf);
    if (!rc && !parent_has_keys(&c->conf))
        rc = run(c, "gh-uplink", generate, words, true);
    return rc ? rc : run(c, "gh-uplink", request, ask, false);
}

static int accept_answer(const struct call *c)
{
    static char *const first[] = {(char *)"enrol", NULL};
    char *words[] = {(char *)"accept", c->words[0], NULL};
    int rc;

    if (c->n != 1)
        return usage();
    rc = run(c, "gh-uplink", first, words, true);
    if (!rc)
        printf("From now on what the policy lets go up is recorded and sent; a console that runs begins within seconds.\n");
    return rc;
}

static int journal(const struct call *c)
{
    char *first[] = {(char *)"journal", c->words[0], NULL};
    char *words[20];
    size_t n = 0;

    if (!c->n)
        return usage();
    for (size_t i = 1; i < c->n && n < GH_COUNT(words) - 1; i++)
        words[n++] = c->words[i];
    words[n] = NULL;
    return run(c, "gh-core", first, words, false);
}

/* The policy's directory: the one that was named, configured, or the standard one (relative to this program). */
static const char *policy_dir(const struct call *c, const char *named, char dir[static PATH_MAX])
{
    if (named || *c->conf.console_parent_policy)
        return named ? named : c->conf.console_parent_policy;
    program_find("share/policy/forwarding/alerts", "/usr/share/gatehouse/policy/forwarding/alerts", dir, PATH_MAX);
    return dir;
}

static int check(const struct call *c)
{
    static char *const first[] = {(char *)"policy", (char *)"check", NULL};
    char dir[PATH_MAX];
    char *words[] = {(char *)policy_dir(c, c->n ? c->words[0] : NULL, dir), NULL};

    return c->n > 1 ? usage() : run(c, "gh-policy", first, words, false);
}

/* ---- what needs the database ---- */

static struct db *open_db(const struct call *c, struct state *s)
{
    struct db *d = NULL;

    if (state_open(&c->conf, false, s) != 0)
        return NULL;
    return store_reader(s->store, &d) == 0 ? d : NULL;
}

/* A recorded event as it would go up, into a file. */
static int write_event(const struct call *c, struct db *d, int64_t number, const char *path)
{
    struct arena *a = arena_new(EVENT_ARENA);
    struct forward_batch b = {.number = 0};
    struct splice_record r;
    struct db_stmt *s;
    struct writer w;
    FILE *f;
    int rc = a ? db_query(d, &s,
                          "SELECT e.run, e.n, e.k, e.type, e.json, p.identity, p.name, p.kind FROM event e JOIN appliance p "
                          "ON p.id = e.appliance WHERE e.id = ?",
                          "i", number)
               : ST_NOMEM;

    if (rc || (rc = db_step(s)) != 1) {
        arena_free(a);
        return rc ? rc : ST_NOT_FOUND;
    }
    r = (struct splice_record){(uint64_t)db_i64(s, 0), (uint64_t)db_i64(s, 1), (uint32_t)db_i64(s, 2), (uint8_t)db_i64(s, 3),
                               db_text(s, 4)};
    memcpy(b.identity, db_blob(s, 5).p, db_blob(s, 5).n == SEAL_ID ? SEAL_ID : 0);
    snprintf(b.name, sizeof(b.name), "%s", db_cstr(s, 6));
    b.region = db_i64(s, 7) == APPLIANCE_REGION;
    writer_init(&w, r.json.n + 65536);
    rc = splice_event(a, parent_region(&c->conf), &b, &r, true, &w);
    f = rc ? NULL : fopen(path, "we");
    if (!rc && (!f || fwrite(w.p, 1, w.n, f) != w.n))
        rc = ST_IO;
    if (f && fclose(f) != 0)
        rc = ST_IO;
    db_reset(s);
    writer_done(&w);
    arena_free(a);
    return rc;
}

static int explain(const struct call *c)
{
    static char *const first[] = {(char *)"policy", (char *)"explain", NULL};
    char file[] = "/tmp/gh-parent-XXXXXX", dir[PATH_MAX];
    char *words[] = {(char *)policy_dir(c, c->n > 1 ? c->words[1] : NULL, dir), file, NULL};
    uint64_t number = 0;
    struct state s;
    struct db *d;
    int fd, rc;

    if (!c->n || c->n > 2)
        return usage();
    if (!span_number(span_str(c->words[0]), INT64_MAX, &number))
        return say(c->words[0], "is no number of an event; the page and 'GET /api/v1/events' show it");
    d = open_db(c, &s);
    fd = d ? mkstemp(file) : -1;
    if (fd < 0)
        return d ? say(file, strerror(errno)) : 2;
    close(fd);
    rc = write_event(c, d, (int64_t)number, file);
    db_close(d);
    state_close(&s);
    rc = rc ? say(c->words[0], rc == ST_NOT_FOUND ? "there is no such event (any more)" : status_text(rc))
            : run(c, "gh-policy", first, words, true);
    (void)unlink(file);
    return rc;
}

static void print_status(const struct json *j)
{
    const struct json *ledger = json_get(j, "ledger");
    char tame[600];

    if (!json_bool(json_get(j, "on"), false)) {
        printf("Nothing is forwarded yet: the console has not run since this region was enrolled.\n");
        return;
    }
    printf("policy:     %s\n", json_cstr(json_get(j, "policy"), ""));
    printf("ledger:     in %lld = forwarded %lld + redacted %lld", (long long)json_i64(json_get(ledger, "in"), 0),
           (long long)json_i64(json_get(ledger, "forwarded"), 0), (long long)json_i64(json_get(ledger, "redacted"), 0));
    json_each(f, json_get(ledger, "filtered"))
        printf(" + held back by %.*s %lld", (int)f->key.n, (const char *)f->key.p, (long long)json_i64(f, 0));
    json_each(l, json_get(ledger, "lost"))
        printf(" + lost (%.*s) %lld", (int)l->key.n, (const char *)l->key.p, (long long)json_i64(l, 0));
    printf("\nwaiting:    %lld batches of appliances; %lld of %lld batches are at the console above\n",
           (long long)json_i64(json_get(j, "waiting"), 0), (long long)json_i64(json_get(j, "received"), 0),
           (long long)json_i64(json_get(j, "recorded"), 0));
    if (*json_cstr(json_get(j, "trouble"), ""))
        printf("trouble:    %s\n", carry_tame(json_cstr(json_get(j, "trouble"), ""), tame, sizeof(tame)));
}

static int status(const struct call *c)
{
    struct arena *a = arena_new(16u << 20);
    struct json *tree = NULL;
    struct state s;
    struct writer w;
    struct db *d;
    struct jw j;
    int rc;

    if (c->n)
        return usage();
    d = open_db(c, &s);
    if (!d)
        return 2;
    writer_init(&w, 4u << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "region", parent_region(&c->conf));
    jw_kcstr(&j, "state", parent_enrolled(&c->conf)    ? "enrolled"
                          : parent_has_keys(&c->conf) ? "asked"
                                                      : "none");
    rc = forward_put(d, &j);
    jw_end_obj(&j);
    if (!rc && c->json) {
        printf("%.*s\n", (int)w.n, (const char *)w.p);
    } else if (!rc) {
        printf("region:     %s, %s\n", parent_region(&c->conf),
               parent_enrolled(&c->conf)   ? "let in by the console above it"
               : parent_has_keys(&c->conf) ? "not let in yet: 'gatehouse console parent accept ANSWER'"
                                           : "no console above it: 'gatehouse console parent enrol -o REQUEST'");
        rc = a ? json_parse(a, writer_span(&w), 8, &tree, NULL) : ST_NOMEM;
        if (!rc && parent_enrolled(&c->conf))
            print_status(tree);
    }
    db_close(d);
    state_close(&s);
    writer_done(&w);
    arena_free(a);
    return rc ? say("the database", status_text(rc)) : 0;
}

static const struct {
    const char *name;
    int (*run)(const struct call *c);
} commands[] = {{"enrol", enrol}, {"accept", accept_answer}, {"status", status}, {"check", check}, {"explain", explain}, {"journal", journal}};

static int parse(struct call *c, int argc, char **argv, struct writer *err)
{
    int rc = 0;

    for (int i = 2; i < argc && !rc; i++) {
        bool conf = !strcmp(argv[i], "-c"), set = !strcmp(argv[i], "--set"), out = !strcmp(argv[i], "-o");
        if ((conf || set || out) && i + 1 == argc) {
            rc = say(argv[i], "lacks its value");
        } else if (conf || set) {
            if (c->n_conf + 2 > GH_COUNT(c->conf_args))
                return usage();
            c->conf_args[c->n_conf++] = argv[i];
            c->conf_args[c->n_conf++] = argv[i + 1];
            rc = conf ? conf_load(&c->conf, argv[i + 1], err) : conf_set(&c->conf, argv[i + 1], err);
            i++;
        } else if (out) {
            c->out = argv[++i];
        } else if (!strcmp(argv[i], "--json")) {
            c->json = true;
        } else if (argv[i][0] == '-' && strcmp(argv[1], "journal") != 0) {
            say(argv[i], "unknown option");
            rc = usage();
        } else if (c->n == GH_COUNT(c->words)) {
            rc = usage();
        } else {
            c->words[c->n++] = argv[i];
        }
    }
    return rc;
}

int parent_command(int argc, char **argv)
{
    static struct call c; /* large */
    struct writer err;
    int rc;

    if (argc < 2)
        return usage();
    conf_defaults(&c.conf);
    writer_init(&err, 65536);
    rc = parse(&c, argc, argv, &err);
    if (err.n)
        fprintf(stderr, "%s", writer_cstr(&err));
    writer_done(&err);
    if (rc || seal_init() != 0)
        return rc ? 2 : 3;
    for (size_t i = 0; i < GH_COUNT(commands); i++)
        if (!strcmp(commands[i].name, argv[1]))
            return commands[i].run(&c);
    fprintf(stderr, "gatehouse console parent: unknown command '%s'\n", argv[1]);
    return usage();
}
