/* SPDX-License-Identifier: GPL-3.0-or-later
 * selftest: does this release do its work on this machine? Nothing of it needs a network: a post whose cable
 * is out must not lose a good release. setup: takes a post's configuration and the console's answer from a
 * stick. */
#include "base/clock.h"
#include "base/json.h"
#include "base/program.h"
#include "firmware/update/esp.h"
#include "firmware/update/floor.h"
#include "firmware/update/selfcase.h"
#include "firmware/update/slot.h"
#include "firmware/update/update.h"
#include "firmware/update/words.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLE                                                                                               \
    "B\xE1\xBB\x98 NGO\xE1\xBA\xA0I GIAO\n\xC4\x90\xE1\xBB\x99 m\xE1\xBA\xADt: T\xE1\xBB\x90I "              \
    "M\xE1\xBA\xACT\n\nT\xE1\xBB\x9D tr\xC3\xACnh\n"
#define OUTPUT_MAX 65536
#define SERVICE_TRIES 120u /* a second apart */

/* Runs 'gatehouse' with args (NULL-ended), in as its standard input (-1: ours), and keeps the beginning of
 * what it prints; its exit status, or -1. */
static int run_with(char *const args[], int in, char *out, size_t cap)
{
    char self[PATH_MAX], *argv[16] = {self};
    int fds[2], status = -1;
    size_t used = 0;
    ssize_t n;
    pid_t pid;

    if (!program_beside("gatehouse", self, sizeof(self)))
        return -1;
    for (size_t i = 0; args[i] && i + 2 < GH_COUNT(argv); i++)
        argv[i + 1] = args[i];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        if ((in < 0 || dup2(in, STDIN_FILENO) >= 0) && dup2(fds[1], STDOUT_FILENO) >= 0 &&
            dup2(fds[1], STDERR_FILENO) >= 0)
            execv(self, argv);
        _exit(127);
    }
    close(fds[1]);
    while (pid > 0 && (n = read(fds[0], out + used, cap - 1 - used)) > 0 && used + (size_t)n < cap - 1)
        used += (size_t)n;
    out[used] = 0;
    close(fds[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static int run(char *const args[], char *out, size_t cap)
{
    return run_with(args, -1, out, cap);
}

static char first_failure[FLOOR_REASON];

static bool tell(const char *what, bool good, const char *more)
{
    if (!good && !*first_failure)
        snprintf(first_failure, sizeof(first_failure), "self-test failed: %s", what);
    printf("selftest: %-48s %s%s%s\n", what, good ? "good" : "FAILED", good || !*more ? "" : ": ",
           good ? "" : more);
    return good;
}

/* A block that does not fit its hash shows now, not on the day when it is needed. */
static bool scrub(const struct conf *c, const struct running *r)
{
    char say[256];
    bool good = update_scrub_running(c, r, say, sizeof(say));

    return tell("the whole image is as it was signed", good, say);
}

/* This start came to its end: gh-init counts those that do not (firmware/init/rescue.c). */
static void start_is_over(const struct conf *c)
{
    char dir[CONF_TEXT];
    char *slash;
    int rc = 0;

    snprintf(dir, sizeof(dir), "%s", c->firmware_starts);
    slash = strrchr(dir, '/');
    if (slash)
        *slash = 0;
    if (unlink(c->firmware_starts) == 0)
        rc = esp_sync(slash && slash > dir ? dir : "/"); /* the current may fail in the next second */
    else if (errno != ENOENT)
        rc = status_from_errno(errno);
    if (rc)
        printf("selftest: %s: %s\n", c->firmware_starts, status_text(rc));
}

static bool reads_a_document(void)
{
    static char out[OUTPUT_MAX];
    char path[64];
    int fd = memfd_create("selftest.txt", 0), rc; /* inherited by the program that reads it */
    bool good = fd >= 0 && write(fd, SAMPLE, sizeof(SAMPLE) - 1) == (ssize_t)sizeof(SAMPLE) - 1;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    rc = good ? run((char *[]){(char *)"classify", path, NULL}, out, sizeof(out)) : -1;
    if (fd >= 0)
        close(fd);
    return tell("a marked document is read and known", (rc == 0 || rc == 1) && strstr(out, "\"toi_mat\""),
                out);
}

static bool policy_holds(const struct conf *c)
{
    static char out[OUTPUT_MAX];
    char *with[] = {(char *)"policy", (char *)"check", (char *)c->policy_dir, NULL};
    bool own = *c->policy_dir != 0;

    return !own || tell("the policy in force is sound", run(with, out, sizeof(out)) == 0, out);
}

static bool rules_hold(void)
{
    static char out[OUTPUT_MAX];

    return tell("the document rules compile",
                run((char *[]){(char *)"rules", (char *)"check", NULL}, out, sizeof(out)) == 0, out);
}

/* By the file system itself, not by how our unit sees it. */
static bool root_is_locked(void)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char line[4096], where[512], super[512];
    bool locked = false;

    while (f && fgets(line, sizeof(line), f)) {
        const char *behind = strstr(line, " - ");
        if (sscanf(line, "%*s %*s %*s %*s %511s", where) == 1 && !strcmp(where, "/") && behind &&
            sscanf(behind, " - %*s %*s %511s", super) == 1)
            locked = !strncmp(super, "ro", 2) && (!super[2] || super[2] == ',');
    }
    if (f)
        fclose(f);
    return tell("the image cannot be written", locked, "it can");
}

/* The main job in small: a document that crosses is carved out, read, judged and told. No network is touched.
 */
static bool does_the_job(void)
{
    static char out[OUTPUT_MAX];
    int fd = memfd_create("selftest.pcap", MFD_CLOEXEC), rc = -1;
    struct writer w;
    bool good;

    writer_init(&w, 65536);
    selfcase_capture(SAMPLE, &w);
    good = fd >= 0 && writer_ok(&w) && write(fd, w.p, w.n) == (ssize_t)w.n && lseek(fd, 0, SEEK_SET) == 0;
    if (good)
        rc = run_with((char *[]){(char *)"inspect", (char *)"-", NULL}, fd, out, sizeof(out));
    writer_done(&w);
    if (fd >= 0)
        close(fd);
    return tell("a marked document that crosses is alerted",
                (rc == 0 || rc == 1) && strstr(out, "\"event_type\":\"alert\"") && strstr(out, "\"toi_mat\""),
                out);
}

/* Who has to run here; NULL-ended. What a post did not set up is not asked for. */
static bool all_run(const struct conf *c, const struct json *s, char *missing, size_t cap)
{
    const char *const names[] = {"sensor", "core", "scan", "policy", c->enforce_enabled ? "enforce" : NULL};
    char path[32];

    for (size_t i = 0; i < GH_COUNT(names); i++) {
        if (!names[i])
            continue;
        snprintf(path, sizeof(path), "processes.%s.uid",
                 names[i]); /* it is there once the process is ready */
        if (!json_path(s, path)) {
            snprintf(missing, cap, "gh-%s does not run", names[i]);
            return false;
        }
    }
    return true;
}

/* gatehouse.service, as its keeper tells it, where this post is set up. It may take its time to start. */
static bool service_runs(const struct conf *c)
{
    static char out[OUTPUT_MAX];
    char why[128] = "gatehouse.service does not run", key[PATH_MAX], state[CONF_TEXT + 32];
    char *args[] = {(char *)"status", (char *)"--json", (char *)"--set", state, NULL};
    bool good = false;

    snprintf(state, sizeof(state), "node.state_dir=%s", c->node_state_dir);
    snprintf(key, sizeof(key), "%s/appliance.key", c->node_state_dir);
    if (!*c->capture_interface || access(key, F_OK) != 0) {
        printf("selftest: %-48s not yet\n", "this post is set up");
        return true;
    }
    for (unsigned i = 0; i < SERVICE_TRIES && !good; i++) {
        struct arena *a = arena_new(8u << 20);
        struct json *j = NULL;
        if (i)
            sleep(1);
        if (a && run(args, out, sizeof(out)) == 0 && json_parse(a, span_str(out), 32, &j, NULL) == 0)
            good = all_run(c, json_get(j, "status"), why, sizeof(why));
        arena_free(a);
    }
    return tell("the appliance's processes run", good, why);
}

/* For 'gatehouse status' and the console: how the last one went, and why not. */
static void keep_result(const struct conf *c, uint64_t epoch, bool good)
{
    char iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "at", clock_iso(clock_wall_us(), iso));
    jw_ku64(&j, "epoch", epoch);
    jw_kbool(&j, "good", good);
    if (*first_failure)
        jw_kcstr(&j, "reason", first_failure);
    jw_end_obj(&j);
    writer_u8(&w, '\n');
    (void)mkdir(c->firmware_state, 0755);
    if (floor_file_write(c->firmware_state, SELFTEST_FILE, writer_span(&w)) != 0)
        printf("selftest: the result cannot be kept in %s\n", c->firmware_state);
    writer_done(&w);
}

static bool no_shell(void)
{
    static const char *const names[] = {"/bin/sh", "/bin/bash", "/usr/bin/perl", "/usr/bin/python3"};
    bool good = true;

    for (size_t i = 0; i < GH_COUNT(names); i++)
        good = access(names[i], F_OK) != 0 && good;
    return tell("there is no shell", good, "there is one");
}

/* A release on trial that does not pass is not waited for: the other one comes back. One that proved good
 * long ago goes on. */
static void give_way(const struct conf *c, uint64_t epoch)
{
    struct esp_kernel k[ESP_KERNELS];
    const struct esp_kernel *mine = esp_find(k, esp_list(c->firmware_esp, k), epoch);

    if (!mine || !mine->counted)
        return;
    (void)mkdir(c->firmware_state, 0755);
    if (failed_add(c->firmware_state, epoch, first_failure) != 0)
        printf("selftest: the reason cannot be kept\n");
    printf("selftest: restarting into the other release\n");
    execl("/usr/bin/systemctl", "systemctl", "reboot", (char *)NULL);
    printf("selftest: systemctl: %s\n", strerror(errno));
}

int update_selftest(const struct conf *c, int argc, char **argv)
{
    struct running r;
    bool good, trial = false;
    const struct word words[] = {{"--trial", .flag = &trial}};

    if (words_parse("selftest", words, GH_COUNT(words), argc, argv, NULL, 0) < 0)
        return 2;
    if (running_read(c, &r) != 0)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("selftest: epoch %llu\n", (unsigned long long)r.epoch);
    good = root_is_locked();
    good = no_shell() && good;
    good = rules_hold() && good;
    good = policy_holds(c) && good;
    good = reads_a_document() && good;
    good = does_the_job() && good;
    good = scrub(c, &r) && good;
    good = service_runs(c) && good;
    keep_result(c, r.epoch, good);
    start_is_over(c);
    printf("selftest: %s\n",
           good ? "this release does its work here" : "this release does not do its work here");
    if (!good && trial)
        give_way(c, r.epoch);
    return good ? 0 : 3;
}

/* ---- setup ---- */

#define CONF_FILE "gatehouse.conf"
#define CONF_FILE_MAX 65536
#define RESET_FILE "factory-reset"

static int take_conf(const char *stick, const char *dir)
{
    char path[PATH_MAX];
    struct conf c;
    struct writer text, err;
    int rc;

    writer_init(&text, CONF_FILE_MAX + 16384);
    writer_init(&err, 65536);
    rc = floor_file_read(stick, CONF_FILE, CONF_FILE_MAX, &text);
    if (rc == ST_NOT_FOUND) {
        rc = 0;
        goto out; /* nothing to take */
    }
    conf_defaults(&c);
    snprintf(path, sizeof(path), "%s/" CONF_FILE, stick);
    if (!rc)
        rc = conf_load(&c, path, &err);
    if (rc)
        fprintf(stderr, "gatehouse firmware setup: %s",
                err.n ? writer_cstr(&err) : "the configuration cannot be read\n");
    else if ((rc = floor_file_write(dir, CONF_FILE, writer_span(&text))) != 0)
        fprintf(stderr, "gatehouse firmware setup: %s/" CONF_FILE ": %s\n", dir, status_text(rc));
    else
        printf("setup: the configuration was taken\n");
out:
    writer_done(&text);
    writer_done(&err);
    return rc;
}

/* A release on the stick is installed like any other, and started: nobody is there to type anything. */
static int take_release(const char *stick, const char *conf, char *out, size_t cap)
{
    char release[PATH_MAX], manifest[PATH_MAX];
    int rc;

    snprintf(release, sizeof(release), "%s/release", stick);
    snprintf(manifest, sizeof(manifest), "%.4000s/release/manifest", stick);
    if (access(manifest, F_OK) != 0)
        return 0;
    rc = run((char *[]){(char *)"firmware", (char *)"install", release, (char *)"-c", (char *)conf, NULL},
             out, cap);
    printf("setup: %s", out);
    if (rc)
        return 0; /* refused, or it runs already: that is told, and what runs goes on */
    printf("setup: restarting into it\n");
    execl("/usr/bin/systemctl", "systemctl", "reboot", (char *)NULL);
    return -1;
}

/* A file factory-reset with the appliance's name in it: the name, so that a stick that was forgotten in
 * another machine erases nothing there. It is taken off the stick first, or each start would be a reset. 1:
 * done, restart. */
static int take_reset(const char *stick, const char *conf, char *out, size_t cap)
{
    char path[PATH_MAX], name[CONF_TEXT] = "";
    struct writer w;
    struct span s;
    int rc;

    writer_init(&w, 16384 + CONF_TEXT);
    rc = floor_file_read(stick, RESET_FILE, CONF_TEXT, &w);
    s = span_trim(writer_span(&w));
    if (!rc && s.n < sizeof(name))
        memcpy(name, s.p, s.n);
    writer_done(&w);
    if (rc == ST_NOT_FOUND)
        return 0;
    snprintf(path, sizeof(path), "%s/" RESET_FILE, stick);
    if (rc || unlink(path) != 0) {
        fprintf(stderr, "gatehouse firmware setup: %s cannot be taken off the stick: nothing is erased\n",
                path);
        return 0;
    }
    sync();
    rc = run((char *[]){(char *)"firmware", (char *)"reset", (char *)"--confirm", name, (char *)"-c",
                        (char *)conf, NULL},
             out, cap);
    printf("setup: %s", out);
    return rc == 0;
}

int update_setup(const struct conf *c, int argc, char **argv)
{
    static char out[OUTPUT_MAX];
    char answer[PATH_MAX], request[PATH_MAX], key[PATH_MAX], joined[PATH_MAX], conf[PATH_MAX];
    const char *stick, *dir = "/etc/gatehouse";
    const struct word words[] = {{"--to", .text = &dir}};
    int rc = 0;

    setvbuf(stdout, NULL, _IOLBF, 0); /* what was said is said also when a restart follows */
    if (words_parse("setup", words, GH_COUNT(words), argc, argv, &stick, 1) != 1) {
        fprintf(stderr,
                "usage: gatehouse firmware setup DIR\n  takes gatehouse.conf, answer.json and release/ from "
                "DIR (a stick), puts request.json there\n");
        return 2;
    }
    snprintf(conf, sizeof(conf), "%s/" CONF_FILE, dir);
    if (take_reset(stick, conf, out, sizeof(out))) {
        execl("/usr/bin/systemctl", "systemctl", "reboot", (char *)NULL);
        return 3;
    }
    if (take_conf(stick, dir) != 0)
        return 2;
    snprintf(answer, sizeof(answer), "%s/answer.json", stick);
    snprintf(request, sizeof(request), "%s/request.json", stick);
    snprintf(key, sizeof(key), "%s/appliance.key", c->node_state_dir);
    snprintf(joined, sizeof(joined), "%s/console.json", c->node_state_dir);
    if (access(key, F_OK) != 0)
        rc = run((char *[]){(char *)"keys", (char *)"generate", (char *)"-c", conf, NULL}, out, sizeof(out));
    if (!rc && access(answer, F_OK) == 0 && access(joined, F_OK) != 0) {
        rc = run((char *[]){(char *)"enrol", (char *)"accept", answer, (char *)"-c", conf, NULL}, out,
                 sizeof(out));
        printf("setup: %s", out); /* the six words that are compared by telephone */
    } else if (!rc && access(joined, F_OK) != 0) {
        rc = run(
            (char *[]){(char *)"enrol", (char *)"request", (char *)"-o", request, (char *)"-c", conf, NULL},
            out, sizeof(out));
        sync();
        if (!rc)
            printf("setup: request.json is on the stick; the console's officer makes answer.json of it\n");
    }
    sync(); /* the stick may be pulled out as soon as the screen says that request.json is on it */
    if (rc)
        fprintf(stderr, "gatehouse firmware setup: %s", out);
    /* a stick that cannot be written, or an answer of another console, is no reason to stay on an old release
     */
    return take_release(stick, conf, out, sizeof(out)) ? 3 : rc ? 2 : 0;
}
