/* SPDX-License-Identifier: GPL-3.0-or-later
 * install, status, bless, rollback: what is done on an appliance. */
#include "base/json.h"
#include "firmware/update/esp.h"
#include "firmware/update/floor.h"
#include "firmware/update/install.h"
#include "firmware/update/slot.h"
#include "firmware/update/update.h"
#include "firmware/update/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIAL_FILE "trial"
#define BAR 40
#define LOCK_WAIT 120 /* seconds */
#define NOTED_MAX 8   /* lines of gh/fail.log that are shown */

struct device {
    const struct conf *conf;
    struct running running;
    uint64_t floor;
    bool floor_foreign; /* the remembered floor is not this device's */
    struct seal_public device;
    struct seal_keys *keys; /* only for who raises the floor */
    int lock;
};

static void device_close(struct device *d)
{
    seal_keys_free(d->keys);
    if (d->lock >= 0)
        close(d->lock);
}

/* One at a time: two installers would write into one another. Waits a while: the self-test of a start must
 * not fail, and a release on trial lose one of its tries, as somebody installs in that moment. */
static int lock_state(struct device *d)
{
    if (mkdir(d->conf->firmware_state, 0755) != 0 && errno != EEXIST) {
        fprintf(stderr, "gatehouse firmware: %s: %s\n", d->conf->firmware_state, strerror(errno));
        return 3;
    }
    d->lock = open(d->conf->firmware_state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned waited = 0; d->lock >= 0; waited++) {
        if (flock(d->lock, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK || waited == LOCK_WAIT)
            break;
        if (!waited)
            fprintf(stderr, "gatehouse firmware: another one is at work; waiting for it\n");
        sleep(1);
        errno = EWOULDBLOCK;
    }
    fprintf(stderr, "gatehouse firmware: %s\n",
            errno == EWOULDBLOCK ? "another one is at work" : strerror(errno));
    return 3;
}

/* Installing needs the device's public key alone. */
static int load_keys(struct device *d, bool raise)
{
    char path[CONF_TEXT + 32];
    int rc;

    snprintf(path, sizeof(path), "%s/appliance.%s", d->conf->node_state_dir, raise ? "key" : "pub");
    rc = raise ? keyfile_load(path, &d->keys) : keyfile_load_public(path, &d->device, NULL, 0);
    if (rc) {
        fprintf(stderr, "gatehouse firmware: %s: %s. 'gatehouse keys generate' makes this device's keys\n",
                path, status_text(rc));
        return 2;
    }
    if (raise)
        d->device = *seal_keys_public(d->keys);
    return 0;
}

static int device_open(struct device *d, const struct conf *c, bool lock, bool raise)
{
    int rc;

    *d = (struct device){.conf = c, .lock = -1};
    rc = running_read(c, &d->running);
    if (rc)
        return rc;
    if (lock && (rc = lock_state(d)) != 0)
        return rc;
    rc = load_keys(d, raise);
    if (rc)
        return rc;
    rc = floor_load(c->firmware_state, &d->device, &d->floor);
    if (rc && rc != ST_BAD_SIGNATURE) {
        fprintf(stderr, "gatehouse firmware: %s/floor: %s\n", c->firmware_state, status_text(rc));
        return 3;
    }
    d->floor_foreign = rc != 0;
    if (d->floor_foreign)
        fprintf(
            stderr,
            "gatehouse firmware: %s/floor was not written by this device: its own kernel's floor counts\n",
            c->firmware_state);
    if (d->floor < d->running.floor)
        d->floor = d->running.floor;
    return 0;
}

/* ---- install ---- */

static void bar(void *arg, const char *what, uint64_t done, uint64_t total)
{
    int *last = arg, percent = total ? (int)(done * 100 / total) : 0;

    if (percent == *last)
        return;
    *last = percent;
    fprintf(stderr, "\r%-6s [%-*.*s] %3d %%", what, BAR, percent * BAR / 100,
            "########################################", percent);
}

int update_install_from(const struct conf *c, const char *bundle, bool again, bool repair,
                        char why[static 256])
{
    struct keyset keys;
    struct install_result r = {.why = ""};
    struct device d;
    int last = -1, rc;
    struct install_request q = {.bundle = bundle,
                                .slot = {c->firmware_slot_a, c->firmware_slot_b},
                                .esp = c->firmware_esp,
                                .state = c->firmware_state,
                                .hardware = (uint32_t)c->firmware_hardware,
                                .keys = &keys,
                                .again = again,
                                .repair = repair,
                                .arg = &last};

    snprintf(why, 256, "this device is not ready for a release: see its log");
    rc = keyset_trusted(c, &keys);
    if (rc)
        return rc;
    rc = device_open(&d, c, true, false);
    if (!rc) {
        q.running = d.running.epoch;
        memcpy(q.running_root, d.running.root_hash, sizeof(q.running_root));
        q.floor = d.floor;
        q.progress = isatty(STDERR_FILENO) ? bar : NULL;
        rc = install_run(&q, &r);
        if (q.progress)
            fprintf(stderr, "\r%*s\r", BAR + 20, "");
        snprintf(why, 256, "%s", rc && !*r.why ? status_text(rc) : r.why);
        if (rc)
            fprintf(stderr, "gatehouse firmware install: %s\n", why);
        else if (r.repaired)
            printf("release %s (epoch %llu), which runs, was repaired in slot %c: %llu bytes were wrong\n",
                   r.release.version, (unsigned long long)r.release.epoch, 'a' + r.slot,
                   (unsigned long long)r.bytes_fetched);
        else
            printf("release %s (epoch %llu) is in slot %c: %llu bytes were new, %llu were here\n"
                   "It starts at the next reboot, and counts as good after its self-test; otherwise this one "
                   "comes back.\n",
                   r.release.version, (unsigned long long)r.release.epoch, 'a' + r.slot,
                   (unsigned long long)r.bytes_fetched, (unsigned long long)r.bytes_here);
        rc = rc == ST_IO || rc == ST_NOMEM || rc == ST_FULL ? 3 : rc ? 2 : 0;
    }
    device_close(&d);
    return rc;
}

int update_install(const struct conf *c, int argc, char **argv)
{
    bool again = false, repair = false;
    const struct word words[] = {{"--again", .flag = &again}, {"--repair", .flag = &repair}};
    const char *bundle;
    char why[256];

    if (words_parse("install", words, GH_COUNT(words), argc, argv, &bundle, 1) != 1) {
        fprintf(stderr, "usage: gatehouse firmware install DIR|URL [--again] [--repair]\n");
        return 2;
    }
    return update_install_from(c, bundle, again, repair, why);
}

/* ---- status ---- */

static const char *kernel_state(const struct esp_kernel *k)
{
    return !k->counted ? "good" : k->left ? "on trial" : "failed";
}

static void status_json(const struct device *d, const struct esp_kernel *k, int n,
                        const struct failed_release *f, int n_failed)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 1 << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_ku64(&j, "epoch", d->running.epoch);
    jw_khex(&j, "root_hash", d->running.root_hash, sizeof(d->running.root_hash));
    jw_ku64(&j, "floor", d->floor);
    jw_kbool(&j, "floor_foreign", d->floor_foreign);
    jw_karr(&j, "kernels");
    for (int i = 0; i < n; i++) {
        jw_obj(&j);
        jw_ku64(&j, "epoch", k[i].epoch);
        jw_kcstr(&j, "state", kernel_state(&k[i]));
        if (k[i].counted)
            jw_ku64(&j, "tries_left", k[i].left);
        jw_end_obj(&j);
    }
    jw_end_arr(&j);
    jw_karr(&j, "failed");
    for (int i = 0; i < n_failed; i++) {
        jw_obj(&j);
        jw_ku64(&j, "epoch", f[i].epoch);
        jw_kcstr(&j, "reason", f[i].reason);
        jw_end_obj(&j);
    }
    jw_end_arr(&j);
    jw_end_obj(&j);
    printf("%s\n", writer_cstr(&w));
    writer_done(&w);
}

/* What the boot program noted, newest first, and the last scrub: as their files have it. */
static void print_notes(const struct conf *c)
{
    char path[CONF_TEXT + 32];
    struct writer w;
    struct reader r;
    struct span line;
    struct arena *a = arena_new(1u << 20);
    struct json *j = NULL;

    writer_init(&w, 65536);
    if (a && floor_file_read(c->firmware_state, SCRUB_FILE, 4096, &w) == 0 &&
        json_parse(a, writer_span(&w), 4, &j, NULL) == 0) {
        int64_t bad = json_i64(json_get(j, "bad"), 0), blocks = json_i64(json_get(j, "blocks"), 0);
        printf("image:    %s: ", json_cstr(json_get(j, "at"), ""));
        if (bad)
            printf("%lld of %lld blocks are DAMAGED\n", (long long)bad, (long long)blocks);
        else
            printf("all %lld blocks are as they were signed\n", (long long)blocks);
    }
    writer_clear(&w);
    if (a && floor_file_read(c->firmware_state, SELFTEST_FILE, 4096, &w) == 0 &&
        json_parse(a, writer_span(&w), 4, &j, NULL) == 0)
        printf("selftest: %s: epoch %lld: %s\n", json_cstr(json_get(j, "at"), ""),
               (long long)json_i64(json_get(j, "epoch"), 0),
               json_bool(json_get(j, "good"), false) ? "good" : json_cstr(json_get(j, "reason"), "failed"));
    writer_clear(&w);
    snprintf(path, sizeof(path), "%s/../../gh/fail.log", c->firmware_esp);
    if (floor_file_read(NULL, path, 8192, &w) == 0) {
        r = reader_span(writer_span(&w));
        for (int n = 0; n < NOTED_MAX && reader_line(&r, &line); n++) {
            printf("noted:    ");
            for (size_t i = 0; i < line.n; i++) /* whoever had the disk may have written anything */
                putchar(line.p[i] >= ' ' && line.p[i] < 0x7F ? line.p[i] : '?');
            putchar('\n');
        }
    }
    writer_done(&w);
    arena_free(a);
}

int update_status(const struct conf *c, int argc, char **argv)
{
    struct esp_kernel k[ESP_KERNELS];
    struct failed_release f[FAILED_MAX];
    struct device d;
    bool json = false;
    const struct word words[] = {{"--json", .flag = &json}};
    int n, n_failed, rc;

    if (words_parse("status", words, GH_COUNT(words), argc, argv, NULL, 0) < 0)
        return 2;
    rc = device_open(&d, c, false, false);
    if (rc) {
        device_close(&d);
        return rc;
    }
    n = esp_list(c->firmware_esp, k);
    n_failed = failed_load(c->firmware_state, f);
    if (n < 0)
        fprintf(stderr, "gatehouse firmware status: %s: %s\n", c->firmware_esp, status_text(n));
    if (json) {
        status_json(&d, k, n < 0 ? 0 : n, f, n_failed < 0 ? 0 : n_failed);
    } else {
        printf("running:  epoch %llu\nfloor:    nothing older than epoch %llu is installed\n",
               (unsigned long long)d.running.epoch, (unsigned long long)d.floor + 1);
        for (int i = 0; i < n; i++)
            printf("kernel:   epoch %llu, %s%s\n", (unsigned long long)k[i].epoch, kernel_state(&k[i]),
                   k[i].epoch == d.running.epoch ? ", running" : "");
        for (int i = 0; i < n_failed; i++)
            printf("failed:   epoch %llu: %s\n", (unsigned long long)f[i].epoch, f[i].reason);
        print_notes(c);
    }
    device_close(&d);
    return n < 0 ? 3 : 0;
}

/* ---- bless and rollback ---- */

/* The floor that the running release's own manifest asks for, once it proved good; 0 when it is not the one
 * on trial. */
static uint64_t floor_of_trial(const struct device *d)
{
    struct arena *a = arena_new(64u << 20);
    struct manifest m = {0};
    const char *why;
    struct writer w;
    uint64_t floor = 0;

    writer_init(&w, MANIFEST_MAX + 65536);
    if (a && floor_file_read(d->conf->firmware_state, TRIAL_FILE, MANIFEST_MAX, &w) == 0 &&
        manifest_decode(a, writer_span(&w), &m, &why) == 0 && m.epoch == d->running.epoch)
        floor = m.floor;
    writer_done(&w);
    arena_free(a);
    return floor;
}

/* A newer release that used up its tries has failed: remembered, so that nobody installs it again by itself.
 */
static int remember_failures(const struct device *d, const struct esp_kernel *k, int n)
{
    struct failed_release f[FAILED_MAX];
    int rc = 0, known = failed_load(d->conf->firmware_state, f);

    for (int i = 0; !rc && i < n; i++)
        if (k[i].epoch > d->running.epoch && k[i].counted && !k[i].left) {
            bool told = false;
            for (int j = 0; j < known; j++)
                told = told || f[j].epoch == k[i].epoch;
            if (told) /* with a better reason than is known now */
                continue;
            rc = failed_add(d->conf->firmware_state, k[i].epoch,
                            "it did not start, or its self-test failed, as often as it was tried");
            if (!rc)
                printf("epoch %llu failed here; epoch %llu runs on\n", (unsigned long long)k[i].epoch,
                       (unsigned long long)d->running.epoch);
        }
    return rc;
}

static int bless(const struct device *d)
{
    struct esp_kernel k[ESP_KERNELS];
    const struct esp_kernel *mine;
    char name[NAME_MAX + 1];
    int n = esp_list(d->conf->firmware_esp, k), rc = 0;
    uint64_t floor = floor_of_trial(d);

    if (n < 0)
        return n;
    mine = esp_find(k, n, d->running.epoch);
    if (!mine)
        return ST_NOT_FOUND;
    esp_name(d->running.epoch, -1, name);
    if (mine->counted)
        rc = esp_rename(d->conf->firmware_esp, mine->name, name);
    if (!rc)
        rc = remember_failures(d, k, n);
    if (!rc && floor)
        rc = floor_raise(d->conf->firmware_state, d->keys, floor - 1);
    if (!rc && mine->counted)
        printf("release of epoch %llu proved good\n", (unsigned long long)d->running.epoch);
    return rc;
}

int update_bless(const struct conf *c, int argc, char **argv)
{
    struct device d;
    int rc;

    if (words_parse("bless", NULL, 0, argc, argv, NULL, 0) < 0)
        return 2;
    rc = device_open(&d, c, true, true);
    if (!rc) {
        rc = bless(&d);
        if (rc)
            fprintf(stderr, "gatehouse firmware bless: %s: %s\n", c->firmware_esp, status_text(rc));
        rc = rc ? 3 : 0;
    }
    device_close(&d);
    return rc;
}

/* The running kernel loses its right to be first: systemd-boot puts those without tries behind all others,
 * where it is still the way back if the other one does not start. */
static int rollback(const struct device *d)
{
    struct esp_kernel k[ESP_KERNELS];
    const struct esp_kernel *mine, *other = NULL;
    char name[NAME_MAX + 1];
    int n = esp_list(d->conf->firmware_esp, k), rc;

    if (n < 0)
        return n;
    mine = esp_find(k, n, d->running.epoch);
    for (int i = 0; i < n && !other; i++)
        if (k[i].epoch != d->running.epoch && (!k[i].counted || k[i].left))
            other = &k[i];
    if (!mine || !other || other->epoch <= d->floor) {
        fprintf(stderr, "gatehouse firmware rollback: there is no other release that may be started%s\n",
                other && other->epoch <= d->floor ? ": the one in the other slot is below the floor" : "");
        return ST_NOT_FOUND;
    }
    rc = failed_add(d->conf->firmware_state, d->running.epoch, "taken back by hand");
    esp_name(d->running.epoch, 0, name);
    if (!rc)
        rc = esp_rename(d->conf->firmware_esp, mine->name, name);
    if (!rc)
        printf("epoch %llu starts at the next reboot instead of %llu\n", (unsigned long long)other->epoch,
               (unsigned long long)d->running.epoch);
    return rc;
}

int update_rollback(const struct conf *c, int argc, char **argv)
{
    struct device d;
    int rc;

    if (words_parse("rollback", NULL, 0, argc, argv, NULL, 0) < 0)
        return 2;
    rc = device_open(&d, c, true, false);
    if (!rc) {
        rc = rollback(&d);
        if (rc && rc != ST_NOT_FOUND)
            fprintf(stderr, "gatehouse firmware rollback: %s\n", status_text(rc));
        rc = rc == ST_NOT_FOUND ? 2 : rc ? 3 : 0;
    }
    device_close(&d);
    return rc;
}
