/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/disk.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/outlet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define WALK_DEPTH 6
#define WALK_MOST 200000u /* files looked at in one walk */

static uint64_t journal_max(const struct conf *c)
{
    return c->journal_max;
}
static uint64_t evidence_max(const struct conf *c)
{
    return c->evidence_max;
}
static uint64_t pcap_max(const struct conf *c)
{
    return c->evidence_pcap_max;
}
static uint64_t log_max(const struct conf *c)
{
    return c->node_log_max;
}

/* The event file and its rotated ones; 0: no such file, or it grows without a limit. */
static uint64_t output_max(const struct conf *c)
{
    struct outlet o;

    if (outlet_parse(c->output_eve, &o) != 0 || o.kind != OUTLET_FILE)
        return 0;
    return c->output_eve_max * (c->output_eve_keep + 1);
}

static const struct row {
    const char *name;
    const char *fact;    /* what gh-core says it uses, */
    const char *dirs[2]; /* or directories to be walked: below the state directory, or absolute */
    uint64_t (*max)(const struct conf *c); /* NULL: no quota of its own */
} rows[] = {
    {"journal",
     "journal_bytes",
     {NULL},
     journal_max}, /* with the queue: what the console does not have yet */
    {"evidence", "evidence_bytes", {NULL}, evidence_max},
    {"packets", "pcap_bytes", {NULL}, pcap_max},
    {"from_console", NULL, {"down", "goods"}, NULL},
    {"policies", NULL, {"policies"}, NULL},
    {"indexes", NULL, {"scan"}, NULL},
    {"logs", NULL, {"/var/log/journal"}, log_max},
    {"event_file", NULL, {NULL}, output_max},
};

static uint64_t walk(int at, const char *name, unsigned depth, unsigned *left, bool *unread)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    uint64_t sum = 0;
    struct dirent *e;
    struct stat st;

    if (!d) {
        *unread = *unread || errno != ENOENT;
        if (fd >= 0)
            close(fd);
        return 0;
    }
    while (*left && (e = readdir(d)) != NULL) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        --*left;
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < WALK_DEPTH)
            sum += walk(dirfd(d), e->d_name, depth + 1, left, unread);
        else
            sum += (uint64_t)st.st_blocks * 512;
    }
    closedir(d);
    return sum;
}

/* FILE and its rotated FILE.1 and so on. */
static uint64_t event_files(const struct conf *c)
{
    char path[CONF_TEXT + 16];
    struct outlet o;
    struct stat st;
    uint64_t sum = 0;

    if (outlet_parse(c->output_eve, &o) != 0 || o.kind != OUTLET_FILE)
        return 0;
    for (uint64_t i = 0; i <= c->output_eve_keep; i++) {
        if (i)
            snprintf(path, sizeof(path), "%s.%llu", o.path, (unsigned long long)i);
        else
            snprintf(path, sizeof(path), "%s", o.path);
        if (stat(path, &st) == 0)
            sum += (uint64_t)st.st_blocks * 512;
    }
    return sum;
}

static void look(struct disk *d)
{
    int state = open(d->conf->node_state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statvfs v;

    d->looked_ms = clock_mono_ms();
    if (state < 0)
        return;
    if (fstatvfs(state, &v) == 0) {
        d->free = (uint64_t)v.f_bavail * v.f_frsize;
        d->total = (uint64_t)v.f_blocks * v.f_frsize;
    }
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        unsigned left = WALK_MOST;
        d->walked[i] = 0;
        d->unread[i] = false;
        for (size_t k = 0; k < GH_COUNT(rows[i].dirs) && rows[i].dirs[k]; k++)
            d->walked[i] += walk(state, rows[i].dirs[k], 0, &left, &d->unread[i]);
        if (rows[i].max == output_max)
            d->walked[i] = event_files(d->conf);
    }
    close(state);
}

static uint64_t granted(const struct conf *c)
{
    uint64_t sum = c->journal_reserve;

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        sum += rows[i].max ? rows[i].max(c) : 0;
    return sum;
}

/* "1.2 GB" */
static const char *size_text(uint64_t n, char out[static 32])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double v = (double)n;
    size_t u = 0;

    while (v >= 1000 && u + 1 < GH_COUNT(units)) {
        v /= 1000;
        u++;
    }
    snprintf(out, 32, u && v < 100 ? "%.1f %s" : "%.0f %s", v, units[u]);
    return out;
}

void disk_start(struct disk *d, const struct conf *conf)
{
    char disk[32], sum[32], parts[4][32];

    *d = (struct disk){.conf = conf};
    look(d);
    if (!d->total || granted(conf) <= d->total)
        return;
    log_warn("the quotas add up to %s but the disk of %s has %s: when it is full, recording stops at "
             "journal.reserve. Lower "
             "journal.max (%s), evidence.max (%s), evidence.pcap_max (%s) or node.log_max (%s), or give it a "
             "larger disk",
             size_text(granted(conf), sum), conf->node_state_dir, size_text(d->total, disk),
             size_text(conf->journal_max, parts[0]), size_text(conf->evidence_max, parts[1]),
             size_text(conf->evidence_pcap_max, parts[2]), size_text(conf->node_log_max, parts[3]));
}

void disk_status(struct disk *d, const struct json *core, struct jw *j)
{
    if (clock_mono_ms() - d->looked_ms > DISK_LOOK_MS)
        look(d);
    jw_kobj(j, "disk");
    jw_ku64(j, "free", d->free);
    jw_ku64(j, "total", d->total);
    jw_ku64(j, "granted", granted(d->conf));
    jw_kbool(j, "enough", granted(d->conf) <= d->total);
    jw_kobj(j, "used");
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        uint64_t max = rows[i].max ? rows[i].max(d->conf) : 0;
        uint64_t bytes = rows[i].fact ? (uint64_t)json_i64(json_get(core, rows[i].fact), 0) : d->walked[i];
        if (!rows[i].fact && !bytes && !max)
            continue;
        jw_kobj(j, rows[i].name);
        if (!d->unread[i])
            jw_ku64(j, "bytes", bytes);
        if (max)
            jw_ku64(j, "max", max);
        jw_end_obj(j);
    }
    jw_end_obj(j);
    jw_end_obj(j);
}

void disk_print(const struct json *disk)
{
    char a[32], b[32];

    if (!disk)
        return;
    printf("disk: %s free of %s%s\n", size_text((uint64_t)json_i64(json_get(disk, "free"), 0), a),
           size_text((uint64_t)json_i64(json_get(disk, "total"), 0), b),
           json_bool(json_get(disk, "enough"), true) ? "" : "; THE QUOTAS ADD UP TO MORE");
    json_each(u, json_get(disk, "used"))
    {
        const struct json *max = json_get(u, "max"), *bytes = json_get(u, "bytes");
        printf("  %-12.*s %s", (int)u->key.n, (const char *)u->key.p,
               bytes ? size_text((uint64_t)json_i64(bytes, 0), a) : "?");
        if (max)
            printf(" of %s", size_text((uint64_t)json_i64(max, 0), b));
        putchar('\n');
    }
}
