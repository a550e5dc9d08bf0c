/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is said on the command line and what is done to the index; print_run.c reads the documents. */
#include "rules/print_cmd.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "rules/mark.h"
#include "rules/print_common.h"
#include "rules/print_run.h"
#include "rules/yara.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: gatehouse register [options] FILE|DIR...      add documents to the index\n"
    "       gatehouse register --list [options]           what it holds\n"
    "       gatehouse register --remove ID... [options]   forget documents\n"
    "options: -o INDEX       the index (scan.registered)\n"
    "         -k KEY         its secret key (scan.registered_key, or INDEX.key); made with the first index\n"
    "         --level LEVEL  the documents' level, whatever their markings say\n"
    "         --common       what these documents say proves no copy: templates, laws, forms\n"
    "         --json         one JSON line for each document\n"
    "         -c FILE, --set SECTION.KEY=VALUE\n"
    "A document is registered as its directory's name and the path below it, and replaces one of that "
    "name.\n";

static int usage(const char *what, const char *arg)
{
    fprintf(stderr, "gatehouse register: %s%s\n%s", what, arg, usage_text);
    return 2;
}

static void keep_arg(struct print_run *r, char *arg)
{
    if (r->n_args < GH_COUNT(r->args))
        r->args[r->n_args] = arg;
    r->n_args++; /* too many are told below */
}

static bool known_level(const char *name)
{
    for (enum level l = LEVEL_NONE; l <= LEVEL_TUYET_MAT; l++)
        if (!strcmp(level_name(l), name))
            return true;
    return false;
}

/* An option with a value. 0, or 2 after a message. */
static int valued(struct print_run *r, char *name, char *value, struct writer *err)
{
    if (!strcmp(name, "-c") || !strcmp(name, "--set")) {
        keep_arg(r, name);
        keep_arg(r, value);
        return (name[1] == 'c' ? conf_load(&r->conf, value, err) : conf_set(&r->conf, value, err)) ? 2 : 0;
    }
    if (!strcmp(name, "-o"))
        r->index = value;
    else if (!strcmp(name, "-k"))
        r->key_path = value;
    else if (known_level(value))
        r->level = value;
    else
        return usage("no level: ", value);
    return 0;
}

static int parse(struct print_run *r, int argc, char **argv, struct writer *err)
{
    static const char *const known[] = {"-c",       "--set",  "-o",     "-k",      "--level",
                                        "--common", "--json", "--list", "--remove"};
    int rc = 0;

    for (int i = 1; i < argc && !rc; i++) {
        size_t k = 0;
        while (k < GH_COUNT(known) && strcmp(argv[i], known[k]) != 0)
            k++;
        if (k < 5 && i + 1 == argc)
            return usage("this option lacks its value: ", argv[i]);
        if (k < 5) {
            rc = valued(r, argv[i], argv[i + 1], err);
            i++;
        } else if (k < GH_COUNT(known)) {
            bool *flags[] = {&r->common, &r->json, &r->list, &r->remove};
            *flags[k - 5] = true;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            const char *near = text_nearest(argv[i], known, GH_COUNT(known));
            fprintf(stderr, "gatehouse register: unknown option '%s'%s%s%s\n%s", argv[i],
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", usage_text);
            return 2;
        } else {
            argv[r->n_words++] = argv[i]; /* never past i */
        }
    }
    r->words = argv;
    return rc;
}

/* The paths as configuration values, for us and for the gh-scan that we start. */
static int settle_paths(struct print_run *r, struct writer *err)
{
    static char index_arg[CONF_TEXT + 32], key_arg[CONF_TEXT + 32];
    static char set[] = "--set", set_again[] = "--set";

    snprintf(index_arg, sizeof(index_arg), "scan.registered=%s",
             r->index ? r->index : r->conf.scan_registered);
    snprintf(key_arg, sizeof(key_arg), "scan.registered_key=%s",
             r->key_path ? r->key_path : r->conf.scan_registered_key);
    if (conf_set(&r->conf, index_arg, err) != 0 || conf_set(&r->conf, key_arg, err) != 0)
        return 2;
    if (!*r->conf.scan_registered)
        return usage("which index? Name it with -o or set scan.registered", "");
    keep_arg(r, set);
    keep_arg(r, index_arg);
    keep_arg(r, set_again);
    keep_arg(r, key_arg);
    if (r->n_args > GH_COUNT(r->args))
        return usage("too many options", "");
    r->index = r->conf.scan_registered;
    return print_book_key_path(&r->conf, r->index, r->key_buf, sizeof(r->key_buf))
               ? 0
               : usage("the path of the key is too long: ", r->index);
}

static int complain(const char *path, int rc)
{
    fprintf(stderr, "gatehouse register: %s: %s%s\n", path, status_text(rc),
            rc == ST_BAD_SIGNATURE ? ": the index was made with another key"
            : rc == ST_DENIED      ? ": a key file must be mode 0600"
                                   : "");
    return rc == ST_NOMEM || rc == ST_IO || rc == ST_FULL ? 3 : 2;
}

/* The key, the older index if there is one, and the lock (on the key file, until the process ends) that keeps
 * a second 'register' out. */
static int open_book(struct print_run *r, bool make)
{
    int rc, fd;

    if (make && access(r->index, F_OK) != 0 && access(r->key_buf, F_OK) != 0 &&
        (rc = print_key_make(r->key_buf)) != 0)
        return complain(r->key_buf, rc);
    rc = print_key_load(r->key_buf, &r->book.key);
    if (rc)
        return complain(r->key_buf, rc);
    fd = open(r->key_buf, O_RDONLY | O_CLOEXEC);
    if (!r->list && (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)) {
        fprintf(stderr, "gatehouse register: %s is in use by another 'gatehouse register'\n", r->key_buf);
        return 3;
    }
    rc = print_index_open(r->index, r->book.key, &r->book.index);
    if (rc == ST_NOT_FOUND && make)
        rc = 0;
    return rc ? complain(r->index, rc) : 0;
}

static void list_one(const struct print_document *d, bool json)
{
    char day[32] = "?";
    time_t when = (time_t)d->when;
    struct tm tm;
    struct writer w;
    struct jw j;

    if (gmtime_r(&when, &tm))
        (void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
    if (!json) {
        printf("%-12s %s %7u  %.*s\n", d->level, day, d->telling, (int)d->name.n, (const char *)d->name.p);
        return;
    }
    writer_init(&w, 1 << 16);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kstr(&j, "document", d->name);
    jw_kcstr(&j, "level", d->level);
    jw_kcstr(&j, "registered", day);
    jw_ku64(&j, "fingerprints", d->telling);
    jw_ku64(&j, "common", d->distinct - d->telling);
    jw_end_obj(&j);
    puts(writer_cstr(&w));
    writer_done(&w);
}

static int list(struct print_run *r)
{
    uint32_t n = print_index_documents(r->book.index), damaged = 0;
    struct print_document d;

    for (uint32_t i = 0; i < n; i++) {
        if (print_index_document(r->book.index, i, &d))
            list_one(&d, r->json);
        else
            damaged++;
    }
    if (damaged)
        fprintf(stderr, "gatehouse register: %s: %u records are damaged; register anew\n", r->index, damaged);
    return damaged ? 2 : 0;
}

static int write_index(struct print_run *r)
{
    struct print_build_stats st;
    int rc = print_build_write(r->build, &st);

    if (rc) {
        (void)complain(r->index, rc);
        return 3;
    }
    if (!r->json)
        printf("%s: %u documents, %llu fingerprints, %llu common ones left out, %.1f MB\n", r->index,
               st.documents, (unsigned long long)st.entries, (unsigned long long)st.common,
               (double)st.bytes / 1e6);
    return 0;
}

static int remove_documents(struct print_run *r)
{
    int rc = 0;

    for (int i = 0; i < r->n_words; i++)
        if (!print_build_remove(r->build, span_str(r->words[i]))) {
            fprintf(stderr, "gatehouse register: %s is not registered\n", r->words[i]);
            rc = 2;
        }
    return rc ? rc : write_index(r);
}

static int change(struct print_run *r)
{
    int rc, failed;

    r->build = print_build_new(r->index, r->book.key);
    if (!r->build)
        return complain(r->index, ST_NOMEM);
    rc = r->book.index ? print_build_take(r->build, r->book.index) : print_common_add(r->build, r->book.key);
    if (rc)
        return complain(r->index, rc);
    if (r->remove)
        return remove_documents(r);
    failed = print_run(r);
    rc = failed == 3 || !r->changed ? failed : write_index(r);
    return rc ? rc : failed;
}

int print_command(int argc, char **argv)
{
    static struct print_run r;
    struct writer err;
    int rc;

    conf_defaults(&r.conf);
    writer_init(&err, 1 << 20);
    rc = parse(&r, argc, argv, &err);
    if (!rc && r.list + r.remove + r.common > 1)
        rc = usage("one of --list, --remove and --common at a time", "");
    if (!rc && (r.n_words > 0) == r.list)
        rc = r.list ? usage("--list takes no name: ", r.words[0]) : usage("which documents?", "");
    if (!rc)
        rc = settle_paths(&r, &err);
    if (err.n)
        fwrite(err.p, 1, err.n, stderr);
    writer_done(&err);
    if (!rc && (seal_init() != 0 || rule_fold_warm_up() != 0))
        rc = 3;
    if (!rc)
        rc = open_book(&r, !r.list && !r.remove);
    if (!rc)
        rc = r.list ? list(&r) : change(&r);
    if ((fflush(stdout) != 0 || ferror(stdout)) && !rc)
        rc = 3;
    print_build_free(r.build);
    print_book_close(&r.book);
    return rc;
}
