/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/lists/command.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/msg.h"
#include "base/text.h"
#include "sensor/lists/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRESS_MS 200
#define OUT_MAX (4u << 20)

static const char usage_text[] =
    "usage: gatehouse lists compile [-o FILE-OR-DIR] [options] FILE...   make compiled lists (.ioc)\n"
    "       gatehouse lists check [options] FILE-OR-DIR...              read lists, name faulty lines\n"
    "       gatehouse lists show [options] FILE-OR-DIR...               what is in them\n"
    "       gatehouse lists lookup [--in FILE-OR-DIR]... VALUE...       which lists name it (exit 1: one "
    "does)\n"
    "options: --kind KIND     all values are sha256, ip, domain, ja3, ja3s or ja4\n"
    "         --subdomains    a name means all names below it, too\n"
    "         --url-hosts     of URLs the host is listed\n"
    "         --lenient       leave faulty lines out and go on\n"
    "         --name NAME     the list's name (of one FILE)\n"
    "         --json          one JSON line for each file or hit\n"
    "         -c FILE, --set SECTION.KEY=VALUE (lookup without --in: lists.dir)\n";

enum verb { VERB_COMPILE, VERB_CHECK, VERB_SHOW, VERB_LOOKUP };
struct command {
    enum verb verb;
    struct conf conf;
    struct load_options load;
    const char *out;
    const char *in[64];
    size_t n_in;
    char **words;
    size_t n_words;
    bool json;
    int rc;
    /* of the file that is read */
    const char *file;
    uint64_t size, shown_ms;
    bool drawn;
    /* lookup: the list that is open */
    const struct ioc_list *list;
    bool hit;
};

static int usage(const char *what, const char *arg)
{
    fprintf(stderr, "gatehouse lists: %s%s\n%s", what, arg, usage_text);
    return 2;
}

/* ---- words ---- */

static int valued(struct command *c, const char *name, char *value, struct writer *err)
{
    if (!strcmp(name, "-c"))
        return conf_load(&c->conf, value, err) ? 2 : 0;
    if (!strcmp(name, "--set"))
        return conf_set(&c->conf, value, err) ? 2 : 0;
    if (!strcmp(name, "-o")) {
        c->out = value;
    } else if (!strcmp(name, "--name")) {
        if (!ioc_name_ok(span_str(value)))
            return usage("a list's name is letters, digits, '.', '_' and '-': ", value);
        c->load.name = value;
    } else if (!strcmp(name, "--in")) {
        if (c->n_in == GH_COUNT(c->in))
            return usage("too many --in", "");
        c->in[c->n_in++] = value;
    } else {
        if (!ioc_kind_parse(span_str(value), &c->load.text.kind))
            return usage("a kind is sha256, ip, domain, ja3, ja3s or ja4, not ", value);
        c->load.text.kind_given = true;
    }
    return 0;
}

static int parse(struct command *c, int argc, char **argv, struct writer *err)
{
    static const char *const known[] = {"-c",     "--set",        "-o",          "--name",    "--in",
                                        "--kind", "--subdomains", "--url-hosts", "--lenient", "--json"};
    bool *const flags[] = {&c->load.text.subdomains, &c->load.text.url_hosts, &c->load.lenient, &c->json};
    int rc = 0;

    for (int i = 0; i < argc && !rc; i++) {
        size_t k = 0;
        while (k < GH_COUNT(known) && strcmp(argv[i], known[k]) != 0)
            k++;
        if (k < 6 && i + 1 == argc)
            return usage("this option lacks its value: ", argv[i]);
        if (k < 6) {
            rc = valued(c, known[k], argv[i + 1], err);
            i++;
        } else if (k < GH_COUNT(known)) {
            *flags[k - 6] = true;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            const char *near = text_nearest(argv[i], known, GH_COUNT(known));
            fprintf(stderr, "gatehouse lists: unknown option '%s'%s%s%s\n%s", argv[i],
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", usage_text);
            return 2;
        } else {
            argv[c->n_words++] = argv[i]; /* never past i */
        }
    }
    c->words = argv;
    return rc;
}

/* ---- reading one file ---- */

static void clear_bar(struct command *c)
{
    if (c->drawn)
        fputs("\r\033[K", stderr);
    c->drawn = false;
}

static void on_say(void *arg, const char *line)
{
    clear_bar(arg);
    fprintf(stderr, "gatehouse lists: %s\n", line);
}

static void on_progress(void *arg, uint64_t bytes)
{
    static const char bar[] = "##############################";
    struct command *c = arg;
    uint64_t now = clock_mono_ms();
    int done;

    if (!isatty(STDERR_FILENO) || !c->size || now - c->shown_ms < PROGRESS_MS)
        return;
    c->shown_ms = now;
    c->drawn = true;
    done = bytes < c->size ? (int)(bytes * 30 / c->size) : 30;
    fprintf(stderr, "\r%.40s [%-30.*s] %3d%%\033[K", c->file, done, bar, done * 100 / 30);
}

typedef int file_fn(struct command *c, const char *path, const struct load_result *r);

static int on_file(struct command *c, const char *path, file_fn *fn)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;
    struct load_result r;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || (S_ISDIR(st.st_mode) && (errno = EISDIR))) {
        fprintf(stderr, "gatehouse lists: %s: %s\n", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return 2;
    }
    c->file = path;
    c->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    c->shown_ms = clock_mono_ms();
    c->load.built_s = (uint64_t)st.st_mtim.tv_sec;
    rc = load_file(fd, path, &c->load, &r);
    clear_bar(c);
    close(fd);
    if (rc)
        return rc == ST_NOMEM || rc == ST_IO || rc == ST_FULL ? 3 : 2;
    rc = fn(c, path, &r);
    close(r.fd);
    return rc;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_plain(const struct dirent *e)
{
    const char *dot = strrchr(e->d_name, '.');

    return e->d_name[0] != '.' && dot &&
           (!strcmp(dot, ".txt") || !strcmp(dot, ".csv") || !strcmp(dot, ".list") || !strcmp(dot, ".hosts") ||
            !strcmp(dot, ".ioc"));
}

/* A file, or each list in a directory. The worst exit code. */
static int on_path(struct command *c, const char *path, file_fn *fn)
{
    struct dirent **names = NULL;
    struct stat st;
    int n, rc = 0;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return on_file(c, path, fn);
    n = scandir(path, &names, is_plain, by_name);
    for (int i = 0; i < n; i++) {
        char full[PATH_MAX];
        int one = 2;
        if ((size_t)snprintf(full, sizeof(full), "%s/%s", path, names[i]->d_name) < sizeof(full))
            one = on_file(c, full, fn);
        rc = one > rc ? one : rc;
        free(names[i]);
    }
    free(names);
    return rc;
}

/* ---- compile, check, show ---- */

static void print_counts(const struct load_result *r, struct writer *w)
{
    writer_printf(w, "list '%s', %llu entries, %llu bytes", r->name,
                  (unsigned long long)(r->counts.entries - r->doubles), (unsigned long long)r->bytes);
    if (r->doubles)
        writer_printf(w, ", %llu doubles", (unsigned long long)r->doubles);
    if (r->counts.other)
        writer_printf(w, ", %llu of other kinds left out", (unsigned long long)r->counts.other);
    if (r->counts.faults)
        writer_printf(w, ", %llu faulty lines left out", (unsigned long long)r->counts.faults);
}

static void write_result(struct jw *j, const char *path, const struct load_result *r)
{
    jw_kcstr(j, "file", path);
    jw_kcstr(j, "list", r->name);
    jw_kbool(j, "compiled", r->compiled);
    jw_ku64(j, "entries", r->counts.entries - r->doubles);
    jw_ku64(j, "bytes", r->bytes);
    jw_ku64(j, "doubles", r->doubles);
    jw_ku64(j, "other", r->counts.other);
    jw_ku64(j, "faults", r->counts.faults);
}

static void print_line(struct writer *w)
{
    writer_u8(w, '\n');
    fwrite(w->p, 1, w->n, stdout);
    writer_done(w);
}

static int report(struct command *c, const char *path, const struct load_result *r, const char *out)
{
    struct writer w;
    struct jw j;

    writer_init(&w, OUT_MAX);
    if (c->json) {
        jw_init(&j, &w);
        jw_obj(&j);
        write_result(&j, path, r);
        jw_kcstr(&j, "out", out);
        jw_end_obj(&j);
    } else {
        writer_printf(&w, "%s: ", path);
        print_counts(r, &w);
        if (out)
            writer_printf(&w, " -> %s", out);
    }
    print_line(&w);
    return 0;
}

static int check_one(struct command *c, const char *path, const struct load_result *r)
{
    return report(c, path, r, NULL);
}

/* Beside its place, then into it: a reader sees the old list or the new one. */
static int copy_out(int from, uint64_t size, const char *path)
{
    char temp[PATH_MAX];
    int fd, rc = 0;
    off_t at = 0;

    if ((size_t)snprintf(temp, sizeof(temp), "%s.new", path) >= sizeof(temp))
        return ENAMETOOLONG;
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return errno;
    while (!rc && (uint64_t)at < size) {
        uint8_t buf[65536];
        ssize_t n = pread(from, buf, sizeof(buf), at);
        if (n <= 0 || write(fd, buf, (size_t)n) != n)
            rc = n < 0 ? errno : errno ? errno : EIO;
        at += n > 0 ? n : 0;
    }
    if (!rc && (fsync(fd) != 0 || rename(temp, path) != 0))
        rc = errno;
    close(fd);
    if (rc)
        (void)unlink(temp);
    return rc;
}

static int compile_one(struct command *c, const char *path, const struct load_result *r)
{
    char out[PATH_MAX];
    struct stat st;
    const char *slash = strrchr(path, '/');
    int n, rc;

    if (c->out && (stat(c->out, &st) != 0 || !S_ISDIR(st.st_mode)))
        n = snprintf(out, sizeof(out), "%s", c->out);
    else if (c->out)
        n = snprintf(out, sizeof(out), "%s/%s.ioc", c->out, r->name);
    else
        n = snprintf(out, sizeof(out), "%.*s%s.ioc", slash ? (int)(slash - path) + 1 : 0, path, r->name);
    rc = n < 0 || (size_t)n >= sizeof(out) ? ENAMETOOLONG : copy_out(r->fd, r->bytes, out);
    if (rc) {
        fprintf(stderr, "gatehouse lists: %s: %s\n", out, strerror(rc));
        return 3;
    }
    return report(c, path, r, out);
}

static int with_list(struct command *c, const struct load_result *r,
                     void (*fn)(struct command *c, const char *path), const char *path)
{
    struct span bytes;
    struct ioc_list *l = NULL;
    const char *why;

    if (msg_map(r->fd, (size_t)r->bytes, &bytes) != 0)
        return 3;
    if (ioc_open(bytes, false, &l, &why) == 0) {
        c->list = l;
        fn(c, path);
        ioc_close(l);
    }
    msg_unmap(bytes);
    return l ? 0 : 3;
}

static void show_list(struct command *c, const char *path)
{
    const struct ioc_list *l = c->list;
    char iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;

    clock_iso(ioc_built_s(l) % (1ull << 33) * 1000000, iso);
    writer_init(&w, OUT_MAX);
    if (!c->json) {
        writer_printf(&w, "%s: list '%s' of %s, %llu entries, %llu bytes", path, ioc_name(l), iso,
                      (unsigned long long)ioc_entries(l), (unsigned long long)ioc_bytes(l));
        for (int k = 0; k < IOC_KIND_COUNT; k++)
            if (ioc_has(l, (enum ioc_kind)k))
                writer_printf(&w, "\n  %-7s %llu", ioc_kind_name((enum ioc_kind)k),
                              (unsigned long long)ioc_entries_of(l, (enum ioc_kind)k));
        writer_str(&w, "\n  digest  ");
        writer_hex(&w, ioc_digest(l), IOC_DIGEST);
        print_line(&w);
        return;
    }
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "file", path);
    jw_kcstr(&j, "list", ioc_name(l));
    jw_kcstr(&j, "built", iso);
    jw_ku64(&j, "entries", ioc_entries(l));
    jw_ku64(&j, "bytes", ioc_bytes(l));
    jw_kobj(&j, "kinds");
    for (int k = 0; k < IOC_KIND_COUNT; k++)
        if (ioc_has(l, (enum ioc_kind)k))
            jw_ku64(&j, ioc_kind_name((enum ioc_kind)k), ioc_entries_of(l, (enum ioc_kind)k));
    jw_end_obj(&j);
    jw_khex(&j, "digest", ioc_digest(l), IOC_DIGEST);
    jw_end_obj(&j);
    print_line(&w);
}

static int show_one(struct command *c, const char *path, const struct load_result *r)
{
    return with_list(c, r, show_list, path);
}

/* ---- lookup ---- */

static void print_hit(struct command *c, const struct ioc_query *q, const struct ioc_hit *h,
                      const char *value)
{
    char entry[IOC_DOMAIN_MAX + 2] = "", iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;

    writer_fixed(&w, entry, sizeof(entry) - 1);
    if (ioc_hit_entry(q, h, &w) && writer_ok(&w))
        entry[w.n] = 0;
    writer_init(&w, OUT_MAX);
    if (c->json) {
        jw_init(&j, &w);
        jw_obj(&j);
        jw_kcstr(&j, "value", value);
        jw_kcstr(&j, "kind", ioc_kind_name(q->kind));
        jw_kcstr(&j, "list", ioc_name(c->list));
        jw_kcstr(&j, "entry", *entry ? entry : NULL);
        jw_kcstr(&j, "until", h->until ? clock_iso(h->until * 1000000, iso) : NULL);
        jw_end_obj(&j);
    } else {
        writer_printf(&w, "%s: %s, list '%s'", value, ioc_kind_name(q->kind), ioc_name(c->list));
        if (*entry)
            writer_printf(&w, ", by %s", entry);
        if (h->until)
            writer_printf(&w, ", until %s", clock_iso(h->until * 1000000, iso));
    }
    print_line(&w);
}

static void look_up(struct command *c, const char *path)
{
    static struct ioc_query q;
    struct ioc_hit h;

    (void)path;
    for (size_t i = 0; i < c->n_words; i++)
        for (int k = 0; k < IOC_KIND_COUNT; k++)
            if (ioc_query_parse(&q, (enum ioc_kind)k, span_str(c->words[i])) &&
                ioc_find(c->list, &q, clock_wall_us() / 1000000, &h)) {
                c->hit = true;
                print_hit(c, &q, &h, c->words[i]);
            }
}

static int look_one(struct command *c, const char *path, const struct load_result *r)
{
    return with_list(c, r, look_up, path);
}

static int look_all(struct command *c)
{
    int rc = 0;

    if (!c->n_in && *c->conf.lists_dir)
        c->in[c->n_in++] = c->conf.lists_dir;
    if (!c->n_in)
        return usage("which lists? Name them with --in, or set lists.dir", "");
    for (size_t i = 0; i < c->n_in; i++) {
        int one = on_path(c, c->in[i], look_one);
        rc = one > rc ? one : rc;
    }
    return rc ? rc : c->hit;
}

/* ---- all together ---- */

static int find_verb(const char *word, enum verb *ret)
{
    static const char *const verbs[] = {"compile", "check", "show", "lookup"};
    const char *near;

    for (size_t i = 0; i < GH_COUNT(verbs); i++)
        if (!strcmp(word, verbs[i])) {
            *ret = (enum verb)i;
            return 0;
        }
    near = text_nearest(word, verbs, GH_COUNT(verbs));
    fprintf(stderr, "gatehouse lists: unknown word '%s'%s%s%s\n%s", word, near ? "; did you mean '" : "",
            near ? near : "", near ? "'?" : "", usage_text);
    return 2;
}

int lists_command(int argc, char **argv)
{
    static file_fn *const verbs[] = {
        [VERB_COMPILE] = compile_one, [VERB_CHECK] = check_one, [VERB_SHOW] = show_one};
    static struct command c;
    struct writer err;

    conf_defaults(&c.conf);
    c.load.say = on_say;
    c.load.progress = on_progress;
    c.load.arg = &c;
    writer_init(&err, 65536);
    if (argc < 2) {
        fputs(usage_text, stderr);
        return 2;
    }
    c.rc = find_verb(argv[1], &c.verb);
    if (!c.rc)
        c.rc = parse(&c, argc - 2, argv + 2, &err);
    fwrite(err.p, 1, err.n, stderr);
    writer_done(&err);
    if (!c.rc && !c.n_words)
        c.rc = usage(c.verb == VERB_LOOKUP ? "which value?" : "which file?", "");
    if (!c.rc && c.n_words > 1 && c.load.name)
        c.rc = usage("--name is for one FILE", "");
    if (c.rc)
        return c.rc;
    c.load.memory_max = c.conf.lists_memory;
    if (c.verb == VERB_LOOKUP)
        return look_all(&c);
    for (size_t i = 0; i < c.n_words; i++) {
        int one = c.verb == VERB_COMPILE ? on_file(&c, c.words[i], verbs[c.verb])
                                         : on_path(&c, c.words[i], verbs[c.verb]);
        c.rc = one > c.rc ? one : c.rc;
    }
    return c.rc;
}
