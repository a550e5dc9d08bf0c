/* SPDX-License-Identifier: GPL-3.0-or-later
 * Making backups. The database is copied page by page beside itself first (a copy of one moment), then packed
 * with the other files; the copy is removed at once. */
#include "console/backup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "console/bundle.h"
#include "console/committee.h"
#include "console/state.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COPY_NAME "backup.db"
#define MANIFEST "backup.json"
#define NIGHT_HOUR 2

struct making {
    const struct conf *conf;
    struct bundle_file *file;
    size_t n;
};

static bool add(struct making *m, const char *name, const char *file)
{
    struct bundle_file *f = &m->file[m->n];

    if (m->n == BUNDLE_FILES || strlen(name) >= sizeof(f->name))
        return false;
    snprintf(f->name, sizeof(f->name), "%s", name);
    snprintf(f->path, sizeof(f->path), "%.640s/%.200s", m->conf->console_state_dir, file);
    m->n++;
    return true;
}

static void add_packets(struct making *m)
{
    char path[STATE_PATH], name[300];
    const struct dirent *e;
    DIR *d = opendir(state_path(m->conf, "pcap", path));

    while (d && (e = readdir(d))) {
        size_t n = strlen(e->d_name);
        snprintf(name, sizeof(name), "pcap/%s", e->d_name);
        if (n > 4 && !strcmp(e->d_name + n - 4, ".ghe") && bundle_name_is_good(span_str(name)))
            (void)add(m, name, name);
    }
    if (d)
        closedir(d);
}

/* What is in it, for people who look at it with other tools. */
static int write_manifest(const struct making *m, struct db *d)
{
    char path[STATE_PATH], text[TIME_TEXT];
    struct db_stmt *s;
    struct writer w;
    struct jw j;
    int rc;

    writer_init(&w, 4u << 20);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "made", time_text(clock_wall_us(), text));
    jw_kcstr(&j, "version", GH_VERSION);
    jw_ku64(&j, "schema", schema_step_count);
    jw_karr(&j, "appliances");
    rc = db_query(d, &s, "SELECT name, identity, batches FROM appliance ORDER BY name", "");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(&j);
        jw_kstr(&j, "name", db_text(s, 0));
        jw_khex(&j, "id", db_blob(s, 1).p, db_blob(s, 1).n);
        jw_ki64(&j, "batches", db_i64(s, 2));
        jw_end_obj(&j);
        rc = 0;
    }
    jw_end_arr(&j);
    jw_end_obj(&j);
    if (!rc)
        rc = writer_ok(&w) ? file_replace(state_path(m->conf, MANIFEST, path), writer_span(&w), 0600)
                           : ST_LIMIT;
    writer_done(&w);
    return rc;
}

static int gather(struct making *m, char *err, size_t cap)
{
    static const char *const keys[] = {
        "console.key", "console.pub", "console.key.old", "console.succession", "console.former", "tls.key.next", "tls.crt.next", "committee.pub", COMMITTEE_FILE, "tls.key", "tls.crt", "url"};
    char path[STATE_PATH], copy[STATE_PATH];
    struct db *d = NULL;
    int rc;

    state_path(m->conf, COPY_NAME, copy);
    (void)unlink(copy); /* of one that was cut short */
    rc = db_open(state_path(m->conf, "console.db", path), DB_READ, &d);
    if (!rc)
        rc = db_copy(d, copy);
    db_close(d);
    d = NULL;
    if (!rc)
        rc = db_open(copy, DB_READ, &d); /* the manifest tells what the copy holds */
    if (!rc)
        rc = write_manifest(m, d);
    db_close(d);
    if (rc) {
        snprintf(err, cap, "%s: %s", copy, status_text(rc));
        return rc;
    }
    (void)add(m, MANIFEST, MANIFEST);
    (void)add(m, "console.db", COPY_NAME);
    for (size_t i = 0; i < GH_COUNT(keys); i++)
        if (access(state_path(m->conf, keys[i], path), R_OK) == 0)
            (void)add(m, keys[i], keys[i]);
    add_packets(m);
    return 0;
}

int backup_make(const struct conf *c, const char *out, const struct seal_public *to, struct span password,
                char *err, size_t cap)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER; /* the copy has one name */
    struct making m = {.conf = c, .file = calloc(BUNDLE_FILES, sizeof(*m.file))};
    char path[STATE_PATH];
    const char *file = NULL;
    int rc = m.file ? 0 : ST_NOMEM;

    if (*c->console_database) {
        snprintf(err, cap, "the database is PostgreSQL's (console.database): back it up with pg_dump, and the files of %s beside it", c->console_state_dir);
        free(m.file);
        return ST_USAGE;
    }
    pthread_mutex_lock(&one);
    if (!rc)
        rc = gather(&m, err, cap);
    if (!rc && (rc = bundle_write(out, m.file, m.n, to, password, &file)) != 0)
        snprintf(err, cap, "%s%s%s: %s", out, file ? ", " : "", file ? file : "",
                 rc == ST_EXISTS ? "it is there already and is not overwritten" : status_text(rc));
    (void)unlink(state_path(c, COPY_NAME, path));
    (void)unlink(state_path(c, COPY_NAME "-wal", path));
    (void)unlink(state_path(c, COPY_NAME "-shm", path));
    (void)unlink(state_path(c, COPY_NAME "-journal", path));
    (void)unlink(state_path(c, MANIFEST, path));
    pthread_mutex_unlock(&one);
    free(m.file);
    return rc;
}

/* ---- nightly ---- */

static struct {
    pthread_t thread;
    bool started, over;
    const struct conf *conf;
    const struct seal_public *key;
    int day; /* of the year, of the last one */
    pthread_mutex_t lock;
} night = {.day = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_ours(const struct dirent *e)
{
    return strlen(e->d_name) == 25 && !strncmp(e->d_name, "gatehouse-", 10) &&
           !strcmp(e->d_name + 18, ".backup");
}

/* The oldest go. */
static void rotate(const char *dir, uint64_t keep)
{
    struct dirent **names = NULL;
    char path[CONF_TEXT + 300];
    int n = scandir(dir, &names, is_ours, by_name);

    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
        if ((uint64_t)(n - i) > keep && unlink(path) != 0)
            log_warn("%s cannot be removed: %s", path, strerror(errno));
        free(names[i]);
    }
    free(names);
}

static void *work(void *arg)
{
    char path[CONF_TEXT + 64], err[512] = "";
    time_t now = time(NULL);
    struct tm tm;
    int rc;

    (void)arg;
    localtime_r(&now, &tm);
    snprintf(path, sizeof(path), "%s/gatehouse-%04d%02d%02d.backup", night.conf->console_backup_dir,
             tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    rc = backup_make(night.conf, path, night.key, (struct span){NULL, 0}, err, sizeof(err));
    if (rc && rc != ST_EXISTS)
        log_error("the nightly backup failed: %s", err);
    else if (!rc)
        log_info("backup %s was made", path);
    if (!rc)
        rotate(night.conf->console_backup_dir, night.conf->console_backup_keep);
    pthread_mutex_lock(&night.lock);
    night.over = true;
    pthread_mutex_unlock(&night.lock);
    return NULL;
}

void backup_night_end(void)
{
    if (night.started)
        pthread_join(night.thread, NULL);
    night.started = false;
}

void backup_night(const struct conf *c, const struct seal_public *key)
{
    time_t now = time(NULL);
    struct tm tm;
    bool over;

    pthread_mutex_lock(&night.lock);
    over = night.over;
    pthread_mutex_unlock(&night.lock);
    if (night.started && over)
        backup_night_end();
    localtime_r(&now, &tm);
    if (!*c->console_backup_dir || night.started || tm.tm_yday == night.day || tm.tm_hour < NIGHT_HOUR)
        return;
    night.day = tm.tm_yday;
    night.conf = c;
    night.key = key;
    night.over = false;
    night.started = pthread_create(&night.thread, NULL, work, NULL) == 0;
}
