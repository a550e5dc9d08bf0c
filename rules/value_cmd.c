/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/value_cmd.h"

#include "base/json.h"
#include "rules/value_build.h"
#include "rules/yara.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_BYTES (1 << 20)
#define NEEDS_VALUE 6 /* options at the table's beginning that take a value */

static const char usage_text[] =
    "usage: gatehouse register --values LIST [options] TABLE...   make or replace a list of exact values\n"
    "       gatehouse register --values LIST --remove [options]   forget a list\n"
    "       gatehouse register --values --list [options]          which lists there are\n"
    "options: --column N     the table's column that holds the values, from 1 (default 1)\n"
    "         --header       the table's first line is no value\n"
    "         --threshold N  so many different values in a document are told, fewer are not (default 1)\n"
    "         -o INDEX       the index (scan.values)\n"
    "         -k KEY         its secret key (scan.values_key, or INDEX.key); made with the first list\n"
    "         --json         --list as JSON lines\n"
    "         -c FILE, --set SECTION.KEY=VALUE\n"
    "A table is a text file (UTF-8) with one value a line, or CSV with comma, semicolon or tab.\n";

struct values {
    struct conf conf;
    const char *list, *index, *key_path;
    unsigned long column, threshold;
    bool header, remove, show, json;
    char **files;
    int n_files;
    char key_buf[CONF_TEXT + 8];
    uint8_t *key;
    struct value_index *old;
    struct value_build *build;
    uint64_t refused;
};

bool value_wanted(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--values"))
            return true;
    return false;
}

const char *value_key_path(const struct conf *c, const char *path, char *buf, size_t cap)
{
    int n = *c->scan_values_key ? snprintf(buf, cap, "%s", c->scan_values_key)
                                : snprintf(buf, cap, "%s.key", path);

    return n >= 0 && (size_t)n < cap ? buf : NULL;
}

static int usage(const char *what, const char *arg)
{
    fprintf(stderr, "gatehouse register: %s%s\n%s", what, arg, usage_text);
    return 2;
}

static int complain(const char *path, int rc)
{
    fprintf(stderr, "gatehouse register: %s: %s%s\n", path, status_text(rc),
            rc == ST_BAD_SIGNATURE ? ": the index was made with another key"
            : rc == ST_DENIED      ? ": a key file must be mode 0600"
                                   : "");
    return rc == ST_NOMEM || rc == ST_IO || rc == ST_FULL ? 3 : 2;
}

static bool number(const char *text, unsigned long max, unsigned long *ret)
{
    uint64_t v;

    if (!span_number(span_str(text), max, &v) || !v)
        return false;
    *ret = (unsigned long)v;
    return true;
}

static int valued(struct values *v, size_t option, char *value, struct writer *err)
{
    switch (option) {
    case 0:
        return conf_load(&v->conf, value, err) ? 2 : 0;
    case 1:
        return conf_set(&v->conf, value, err) ? 2 : 0;
    case 2:
        v->index = value;
        return 0;
    case 3:
        v->key_path = value;
        return 0;
    case 4:
        return number(value, 1000, &v->column) ? 0 : usage("no column: ", value);
    default:
        return number(value, 1000000, &v->threshold) ? 0 : usage("no threshold: ", value);
    }
}

static int parse(struct values *v, int argc, char **argv, struct writer *err)
{
    static const char *const known[] = {"-c",       "--set",       "-o",       "-k",
                                        "--column", "--threshold", "--values", "--header",
                                        "--remove", "--list",      "--json"};
    bool *flags[] = {&v->header, &v->remove, &v->show, &v->json};
    int rc = 0;

    v->column = v->threshold = 1;
    v->files = argv;
    for (int i = 1; i < argc && !rc; i++) {
        size_t k = 0;
        while (k < GH_COUNT(known) && strcmp(argv[i], known[k]) != 0)
            k++;
        if (k < NEEDS_VALUE && i + 1 == argc)
            return usage("this option lacks its value: ", argv[i]);
        if (k < NEEDS_VALUE) {
            rc = valued(v, k, argv[i + 1], err);
            i++;
        } else if (k == NEEDS_VALUE) {
            if (i + 1 < argc && argv[i + 1][0] != '-')
                v->list = argv[++i];
        } else if (k < GH_COUNT(known)) {
            *flags[k - NEEDS_VALUE - 1] = true;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            return usage("unknown option ", argv[i]);
        } else {
            argv[v->n_files++] = argv[i]; /* never past i */
        }
    }
    if (rc)
        return rc;
    if (v->show ? v->list || v->remove || v->n_files : !v->list)
        return usage(v->show ? "--list takes no name" : "which list?", "");
    if (!v->show && (v->n_files > 0) == v->remove)
        return usage(v->remove ? "--remove takes no table: " : "which table?", v->remove ? v->files[0] : "");
    return 0;
}

/* ---- tables ---- */

static char separator_of(struct span line)
{
    static const char all[] = ";\t,";
    size_t best = 0, n;
    char found = ',';

    for (size_t k = 0; all[k]; k++) {
        n = 0;
        for (size_t i = 0; i < line.n; i++)
            n += line.p[i] == (uint8_t)all[k];
        if (n > best) {
            best = n;
            found = all[k];
        }
    }
    return found;
}

/* Cell number column of a line (RFC 4180; no line breaks in cells), unquoted, into out. */
static bool cell(struct span line, char separator, unsigned long column, struct writer *out)
{
    bool quoted = false;
    unsigned long at = 1;

    writer_clear(out);
    for (size_t i = 0; i < line.n; i++) {
        uint8_t c = line.p[i];
        if (c == '"' && quoted && i + 1 < line.n && line.p[i + 1] == '"')
            i++;
        else if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (c == (uint8_t)separator && !quoted) {
            if (at++ == column)
                return true;
        } else if (at == column) {
            writer_u8(out, c);
        }
    }
    return at == column;
}

static int table(struct values *v, const char *path)
{
    FILE *f = fopen(path, "re");
    struct writer w;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool first = true;
    char separator = 0;
    int rc = 0;

    if (!f)
        return complain(path, status_from_errno(errno));
    writer_init(&w, LINE_MAX_BYTES);
    while (!rc && (n = getline(&line, &cap, f)) >= 0) {
        struct span s = span_trim(span_of(line, (size_t)n));
        if (first && span_starts(s, "\xef\xbb\xbf"))
            s = span_part(s, 3, s.n);
        if (first)
            separator = separator_of(s);
        if (!s.n || (first && v->header)) {
            first = false;
            continue;
        }
        first = false;
        rc = cell(s, separator, v->column, &w) ? value_build_add(v->build, writer_span(&w)) : ST_MALFORMED;
        v->refused += rc == ST_MALFORMED;
        rc = rc == ST_MALFORMED ? 0 : rc;
    }
    if (!rc && ferror(f))
        rc = ST_IO;
    free(line);
    fclose(f);
    writer_done(&w);
    return rc ? complain(path, rc) : 0;
}

/* ---- the index ---- */

static int open_index(struct values *v)
{
    bool fresh = !v->show && !v->remove && access(v->index, F_OK) != 0;
    int rc = 0;

    if (fresh && access(v->key_path, F_OK) != 0) {
        uint8_t key[SEAL_KEY];
        seal_random(key, sizeof(key));
        rc = keyfile_save_secret(v->key_path, VALUE_KEY_HEAD, key);
        seal_wipe(key, sizeof(key));
    }
    v->key = seal_alloc(SEAL_KEY);
    if (!rc)
        rc = v->key ? keyfile_load_secret(v->key_path, VALUE_KEY_HEAD, v->key) : ST_NOMEM;
    if (rc)
        return complain(v->key_path, rc);
    rc = fresh ? 0 : value_index_open(v->index, v->key_path, &v->old);
    return rc ? complain(v->index, rc) : 0;
}

static void show_one(const struct values *v, const struct value_list *l)
{
    struct writer w;
    struct jw j;

    if (!v->json) {
        printf("%-40s %10llu values, told from %u on\n", l->name, (unsigned long long)l->count, l->threshold);
        return;
    }
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "list", l->name);
    jw_ku64(&j, "values", l->count);
    jw_ku64(&j, "threshold", l->threshold);
    jw_end_obj(&j);
    puts(writer_cstr(&w));
    writer_done(&w);
}

static bool has_list(const struct values *v)
{
    for (size_t i = 0; v->old && i < value_index_lists(v->old); i++)
        if (!strcmp(value_index_list(v->old, i).name, v->list))
            return true;
    return false;
}

static int change(struct values *v)
{
    uint64_t values = 0;
    int rc;

    if (v->remove && !has_list(v))
        return usage("there is no such list: ", v->list);
    v->build = value_build_new(v->key);
    rc = !v->build ? ST_NOMEM : v->old ? value_build_take(v->build, v->old, v->list) : 0;
    if (!rc && !v->remove)
        rc = value_build_list(v->build, v->list, (uint32_t)v->threshold);
    if (rc)
        return complain(v->list, rc);
    for (int i = 0; i < v->n_files; i++) {
        rc = table(v, v->files[i]);
        if (rc)
            return rc;
    }
    if (v->refused)
        fprintf(stderr,
                "gatehouse register: %llu lines hold no value of %d to %d letters and digits in at most %d "
                "words\n",
                (unsigned long long)v->refused, VALUE_BYTES_MIN, VALUE_BYTES_MAX, VALUE_WORDS_MAX);
    rc = value_build_write(v->build, v->index, &values);
    if (rc)
        return complain(v->index, rc);
    if (!v->remove)
        printf("%s: %llu values\n", v->list, (unsigned long long)values);
    return 0;
}

int value_command(int argc, char **argv)
{
    static struct values v;
    struct writer err;
    int rc;

    conf_defaults(&v.conf);
    writer_init(&err, 1 << 20);
    rc = parse(&v, argc, argv, &err);
    if (err.n)
        fwrite(err.p, 1, err.n, stderr);
    writer_done(&err);
    if (!rc && !v.index)
        v.index = v.conf.scan_values;
    if (!rc && !*v.index)
        rc = usage("which index? Name it with -o or set scan.values", "");
    if (!rc && !v.key_path && !(v.key_path = value_key_path(&v.conf, v.index, v.key_buf, sizeof(v.key_buf))))
        rc = usage("the path of the key is too long: ", v.index);
    if (!rc && (seal_init() != 0 || rule_fold_warm_up() != 0))
        rc = 3;
    if (!rc)
        rc = open_index(&v);
    for (size_t i = 0; !rc && v.show && i < value_index_lists(v.old); i++) {
        struct value_list l = value_index_list(v.old, i);
        show_one(&v, &l);
    }
    if (!rc && !v.show)
        rc = change(&v);
    if ((fflush(stdout) != 0 || ferror(stdout)) && !rc)
        rc = 3;
    value_build_free(v.build);
    value_index_close(v.old);
    if (v.key)
        seal_free(v.key);
    return rc;
}
