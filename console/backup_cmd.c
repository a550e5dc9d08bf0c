/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse console backup|restore|check. */
#include "base/clock.h"
#include "base/json.h"
#include "base/keylock.h"
#include "base/prompt.h"
#include "console/backup.h"
#include "console/bundle.h"
#include "console/check.h"
#include "console/options.h"
#include "console/state.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char backup_usage[] =
    "backup [-c FILE] -o FILE [--password | --password-file FILE | --key RECOVERY.pub]";
static const char restore_usage[] =
    "restore [-c FILE] BACKUP [--password-file FILE | --key RECOVERY.key] [--force] [--verify]";
static const char check_usage[] = "check [-c FILE] [--full]";

static int say(const char *path, const char *what, int exit_code)
{
    fprintf(stderr, "gatehouse console: %s: %s\n", path, what);
    return exit_code;
}

static int ask(const char *prompt, const char *file, char *buf, size_t *n)
{
    int rc = prompt_password(prompt, file, buf, KEYLOCK_PASSWORD, n);

    return rc ? say(file ? file : "password",
                    rc == ST_NOT_FOUND && !file ? "there is no terminal; give --password-file"
                                                : status_text(rc),
                    2)
              : 0;
}

int backup_command(int argc, char **argv)
{
    const char *out = NULL, *file = NULL, *key = NULL;
    bool ask_it = false;
    const struct option_row rows[] = {{"-o", &out, NULL},
                                      {"--password-file", &file, NULL},
                                      {"--key", &key, NULL},
                                      {"--password", NULL, &ask_it}};
    char err[1400] = "", *password = seal_init() == 0 ? seal_alloc((size_t)2 * KEYLOCK_PASSWORD) : NULL;
    struct seal_public to;
    struct conf conf;
    size_t words = 0, n = 0, again = 0;
    int rc =
        password ? options_read(backup_usage, rows, GH_COUNT(rows), argc, argv, &conf, NULL, 0, &words) : 3;

    signal(SIGPIPE, SIG_IGN);
    if (!rc && (!out || ((file || ask_it) && key)))
        rc = options_wrong(backup_usage, "-o names the file; a password or a key, not both", "");
    if (!rc && key && (rc = keyfile_load_public(key, &to, NULL, 0)) != 0)
        rc = say(key, "it is no public key", 2);
    if (!rc && (file || ask_it))
        rc = ask("Password for the backup: ", file, password, &n);
    if (!rc && ask_it && !file && (rc = ask("Once more: ", NULL, password + KEYLOCK_PASSWORD, &again)) == 0 &&
        strcmp(password, password + KEYLOCK_PASSWORD) != 0)
        rc = say("password", "the two differ; nothing was made", 2);
    if (!rc && n && n < KEYLOCK_PASSWORD_MIN)
        rc = say("password", "at least 8 bytes are needed", 2);
    if (!rc &&
        (rc = backup_make(&conf, out, key ? &to : NULL, span_of(password, n), err, sizeof(err))) != 0) {
        fprintf(stderr, "gatehouse console: no backup was made: %s\n", err);
        rc = rc == ST_EXISTS || rc == ST_USAGE || rc == ST_NOT_FOUND || rc == ST_DENIED ? 2 : 3;
    }
    seal_free(password);
    if (!rc)
        printf("%s was made%s\n", out,
               key || n ? ""
                        : ". It holds the console's keys and is not locked: keep it as you keep those, or "
                          "use --password or --key");
    return rc;
}

/* ---- restore ---- */

static const char elsewhere[] = "the database is PostgreSQL's (console.database), which has tools of its own: pg_dump, pg_restore, amcheck. "
                                "'gatehouse console audit' checks the audit";

static void print_line(void *arg, bool good, const char *line)
{
    (void)arg;
    printf("%s %s\n", good ? "ok " : "BAD", line);
}

static bool is_empty(const char *dir)
{
    const struct dirent *e;
    DIR *d = opendir(dir);
    bool empty = true;

    while (d && (e = readdir(d)))
        empty = empty && (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."));
    if (d)
        closedir(d);
    return empty;
}

/* Files and one level of directories below, which is all that a backup has. */
static void remove_tree(const char *dir)
{
    const struct dirent *e;
    char path[1400];
    DIR *d = opendir(dir);

    while (d && (e = readdir(d))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        snprintf(path, sizeof(path), "%.1000s/%s", dir, e->d_name);
        if (unlink(path) != 0 && errno == EISDIR) {
            remove_tree(path);
            (void)rmdir(path);
        }
    }
    if (d)
        closedir(d);
    (void)rmdir(dir);
}

static void tell_resent(const char *dir)
{
    char path[1200];
    struct db *d = NULL;
    struct db_stmt *s;
    int rc;

    snprintf(path, sizeof(path), "%s/console.db", dir);
    rc = db_open(path, DB_READ, &d);
    if (!rc)
        rc = db_query(d, &s, "SELECT name, batches FROM appliance WHERE state = 0 ORDER BY name", "");
    while (!rc && db_step(s) == 1)
        printf("%s: batches up to %lld are here; what it recorded since it sends again by itself\n",
               db_cstr(s, 0), (long long)db_i64(s, 1));
    db_close(d);
}

static int unpack(const char *backup, const char *dir, const char *key, const char *file)
{
    char *password = seal_alloc(KEYLOCK_PASSWORD);
    struct seal_keys *keys = NULL;
    enum bundle_lock lock = BUNDLE_OPEN;
    size_t n = 0, files = 0;
    int rc = bundle_look(backup, &lock), code = 0;

    if (rc)
        code = say(
            backup,
            rc == ST_MALFORMED || rc == ST_TRUNCATED ? "it is no backup of a console" : status_text(rc), 2);
    if (!code && lock == BUNDLE_KEY && !key)
        code = say(backup, "it is sealed to a recovery key; give --key RECOVERY.key", 2);
    if (!code && (lock == BUNDLE_PASSWORD || (lock == BUNDLE_KEY && keylock_is(key))))
        code = ask("Password: ", file, password, &n);
    if (!code && lock == BUNDLE_KEY) {
        rc =
            keylock_is(key) ? keylock_load(key, span_of(password, n), &keys, NULL) : keyfile_load(key, &keys);
        code = rc ? say(key, rc == ST_BAD_SIGNATURE ? "the password is another one" : status_text(rc), 2) : 0;
    }
    if (!code && (rc = bundle_read(backup, dir, keys, span_of(password, n), &files)) != 0)
        code = say(backup,
                   rc == ST_BAD_SIGNATURE ? "the password or key is another one, or the file was changed"
                   : rc == ST_TRUNCATED || rc == ST_MALFORMED ? "it is damaged or cut off"
                                                              : status_text(rc),
                   rc == ST_FULL || rc == ST_IO || rc == ST_NOMEM ? 3 : 2);
    seal_keys_free(keys);
    seal_free(password);
    if (!code)
        printf("%zu files, every hash is right\n", files);
    return code;
}

/* The new directory takes the old one's place; the old one stays beside it. */
static int exchange(const char *dir, const char *fresh, bool there)
{
    char away[1200], when[32];
    time_t now = time(NULL);
    struct tm tm;

    localtime_r(&now, &tm);
    strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
    snprintf(away, sizeof(away), "%s.before-%s", dir, when);
    if (there && rename(dir, away) != 0)
        return say(dir, strerror(errno), 3);
    if (rename(fresh, dir) != 0) {
        if (there)
            (void)rename(away, dir);
        return say(fresh, strerror(errno), 3);
    }
    if (there)
        printf("what was there before is now %s\n", away);
    return 0;
}

int restore_command(int argc, char **argv)
{
    const char *key = NULL, *file = NULL, *backup = NULL, *word[1] = {NULL};
    bool force = false, verify = false, there;
    const struct option_row rows[] = {{"--key", &key, NULL},
                                      {"--password-file", &file, NULL},
                                      {"--force", NULL, &force},
                                      {"--verify", NULL, &verify}};
    char fresh[1200], manifest[1200];
    struct conf conf;
    unsigned bad = 0;
    size_t n = 0;
    int rc = seal_init() == 0
                 ? options_read(restore_usage, rows, GH_COUNT(rows), argc, argv, &conf, word, 1, &n)
                 : 3;

    signal(SIGPIPE, SIG_IGN);
    if (!rc && !n)
        rc = options_wrong(restore_usage, "which backup?", "");
    if (!rc && *conf.console_database)
        rc = say("console.database", elsewhere, 2);
    if (rc)
        return rc;
    backup = word[0];
    there = access(conf.console_state_dir, F_OK) == 0 && !is_empty(conf.console_state_dir);
    if (there && !force && !verify)
        return say(conf.console_state_dir,
                   "a console is there already. Stop it, then --force puts it aside; --verify only looks at "
                   "the backup",
                   2);
    snprintf(fresh, sizeof(fresh), "%s.restore-%d", conf.console_state_dir, (int)getpid());
    snprintf(manifest, sizeof(manifest), "%.1100s/backup.json", fresh);
    if (mkdir(fresh, 0700) != 0)
        return say(fresh, strerror(errno), 3);
    rc = unpack(backup, fresh, key, file);
    if (!rc && check_state(fresh, verify, print_line, NULL, &bad) != 0)
        rc = say(backup, "the database in it cannot be read", 2);
    if (!rc && bad)
        rc = say(backup, "what it holds is not whole; nothing was restored", 1);
    (void)unlink(manifest);
    if (!rc && !verify) {
        if (!there)
            (void)rmdir(conf.console_state_dir);
        rc = exchange(conf.console_state_dir, fresh, there);
        if (!rc && (rc = state_give(&conf)) == 0) {
            tell_resent(conf.console_state_dir);
            printf("restored: %s. Start the console.\n", conf.console_state_dir);
        }
    }
    if (rc || verify)
        remove_tree(fresh);
    return rc;
}

int check_command(int argc, char **argv)
{
    bool full = false;
    const struct option_row rows[] = {{"--full", NULL, &full}};
    struct conf conf;
    unsigned bad = 0;
    size_t n = 0;
    int rc = seal_init() == 0
                 ? options_read(check_usage, rows, GH_COUNT(rows), argc, argv, &conf, NULL, 0, &n)
                 : 3;

    if (!rc && *conf.console_database)
        rc = say("console.database", elsewhere, 2);
    if (rc)
        return rc;
    rc = check_state(conf.console_state_dir, full, print_line, NULL, &bad);
    if (rc)
        return say(conf.console_state_dir,
                   rc == ST_NOT_FOUND || rc == ST_IO ? "there is no console's database that can be read"
                                                     : status_text(rc),
                   2);
    printf(bad ? "%u things are not right\n" : "everything is whole\n", bad);
    return bad ? 1 : 0;
}
