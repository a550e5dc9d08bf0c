/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-scan: the supervisor of the document workers; also the command `gatehouse rules`. Everything that opens
 * files happens here, once, before the jail: rules are compiled and libraries warmed up so that a worker
 * starts by a mere fork. */
#include "base/log.h"
#include "rules/document.h"
#include "rules/mark.h"
#include "rules/print_cmd.h"
#include "rules/rule_cmd.h"
#include "rules/rule_dir.h"
#include "rules/supervisor.h"
#include "rules/value_cmd.h"
#include "rules/yara_files.h"

#include <iconv.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

/* Queued documents are descriptors: as many as the system lets us have. */
static void raise_files(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r); /* fewer only make the queue shorter */
    }
}

/* One log line for each line that loading said. */
static void log_lines(struct span text)
{
    struct reader r = reader_span(text);
    struct span line;

    while (reader_line(&r, &line))
        log_warn("rules: %.*s", (int)line.n, (const char *)line.p);
}

static struct rule_set *load_rules(const struct conf *c)
{
    char buf[PATH_MAX];
    const char *dir = rule_dir_find(c->scan_rules, buf, sizeof(buf));
    struct rule_set *rules = NULL;
    struct rule_report report = {0};
    struct writer err;
    int rc;

    writer_init(&err, 1 << 20);
    rc = rule_set_load(dir, &rules, &err, &report);
    log_lines(writer_span(&err));
    writer_done(&err);
    if (rc) {
        log_error("no rules from %s: %s. Set scan.rules, or install the standard rules.", dir,
                  status_text(rc));
        exit(rc == ST_NOMEM ? 3 : 2);
    }
    if (report.skipped)
        log_warn("rules: %zu of %zu files of %s were left out; 'gatehouse rules check' says why",
                 report.skipped, report.files, dir);
    return rules;
}

/* What the C library opens at first use, on behalf of libraries that never think of it: the time zone, which
 * it looks at again and again unless TZ is set (libarchive), and the converters of UTF-16 (poppler's document
 * properties), which stay loaded as long as one descriptor of theirs is open. */
static void warm_up_libc(void)
{
    static const char *const names[] = {"UTF-16BE", "UTF-16LE", "UTF-16"};
    static iconv_t kept[GH_COUNT(names)];
    time_t now = time(NULL);
    struct tm tm;

    setenv("TZ", ":/etc/localtime", 0);
    tzset();
    (void)localtime_r(&now, &tm);
    for (size_t i = 0; i < GH_COUNT(names); i++)
        if ((kept[i] = iconv_open("UTF-8", names[i])) == (iconv_t)-1)
            log_warn("the C library cannot convert %s: properties of PDF files stay unread", names[i]);
}

/* Registered documents: a configured index that cannot be used is a fault, not a silence. key_only: this
 * process serves 'gatehouse register', which needs fingerprints and asks no index. */
static const struct print_book *load_prints(const struct conf *c, bool key_only)
{
    static struct print_book book; /* as long as the process */
    const char *which;
    int rc;

    if (!*c->scan_registered)
        return NULL;
    rc = print_book_open(c, !key_only, &book, &which);
    if (!rc)
        return &book;
    log_error("%s: %s. Run 'gatehouse register' first, or leave scan.registered empty.", which,
              status_text(rc));
    exit(rc == ST_NOMEM ? 3 : 2);
}

/* Lists of exact values, by the same rule. */
static const struct value_index *load_values(const struct conf *c)
{
    static char key[CONF_TEXT + 8];
    struct value_index *v = NULL;
    int rc;

    if (!*c->scan_values)
        return NULL;
    rc = value_key_path(c, c->scan_values, key, sizeof(key)) ? value_index_open(c->scan_values, key, &v)
                                                             : ST_LIMIT;
    if (!rc)
        return v;
    log_error("%s: %s. Run 'gatehouse register --values' first, or leave scan.values empty.", c->scan_values,
              status_text(rc));
    exit(rc == ST_NOMEM ? 3 : 2);
}

/* What the labels' GUIDs mean in this house. */
static void load_labels(const struct conf *c)
{
    struct arena *a = *c->scan_labels ? arena_new(2u << 20) : NULL;
    struct span table;
    unsigned line = 0;
    int rc;

    if (!*c->scan_labels)
        return;
    rc = a ? rule_file_read(c->scan_labels, 1u << 20, a, &table) : ST_NOMEM;
    if (!rc)
        rc = mark_label_guids(table, &line);
    arena_free(a);
    if (!rc)
        return;
    if (rc == ST_USAGE)
        log_error("%s:%u: a line is a label's GUID, a blank, and a level", c->scan_labels, line);
    else
        log_error("%s: %s", c->scan_labels, status_text(rc));
    exit(2);
}

static void warm_up(void)
{
    warm_up_libc();
    if (rule_fold_warm_up() != 0 || document_warm_up() != 0) {
        log_error("the libraries that read documents cannot be set up");
        exit(3);
    }
}

int main(int argc, char **argv)
{
    static struct proc proc; /* as long as the process */
    struct worker_config config = {0};
    struct supervisor *s;
    struct jail_options jail = {0};
    char err[256];
    bool registering;
    int rc;

    setlocale(LC_CTYPE, "C.UTF-8"); /* names inside archives */
    if (argc > 1 && !strcmp(argv[1], "rules"))
        return rule_command(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "register"))
        return value_wanted(argc - 1, argv + 1) ? value_command(argc - 1, argv + 1)
                                                : print_command(argc - 1, argv + 1);
    proc_start(&proc, ROLE_SCAN, "gh-scan", argc, argv);
    registering = proc.argc && !strcmp(proc.argv[0], "--register");
    if (proc.argc > registering) {
        log_error("unknown option '%s'", proc.argv[registering]);
        return 2;
    }
    raise_files();
    warm_up();
    config.conf = &proc.conf;
    config.rules = load_rules(&proc.conf);
    config.prints = load_prints(&proc.conf, registering);
    config.values = load_values(&proc.conf);
    load_labels(&proc.conf);
    jail_measure(&config.usage);
#ifdef GH_SANITIZE
    config.talkative = true;
#else
    config.talkative = !strcmp(proc.conf.node_log_level, "debug");
#endif
    s = supervisor_new(&proc, &config);
    gh_check(s);
    jail.user = proc.conf.node_user;
    if (jail_enter(JAIL_SCAN, &jail, NULL, err, sizeof(err)) != 0) {
        log_error("%s", err);
        return 3;
    }
    proc_ready(&proc);
    loop_run(proc.loop);
    rc = supervisor_result(s);
    supervisor_free(s);
    rule_set_free(config.rules);
    return rc;
}
