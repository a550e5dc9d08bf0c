/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/lists/serve.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "sensor/decode/lists.h"
#include "sensor/lists/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME_MAX 255
#define REFUSED_SHOWN 8

struct identity {
    uint64_t device, number, size, time_ns;
};
/* One file and what was made of it. */
struct slot {
    char file[FILE_NAME_MAX + 1];
    struct identity identity; /* of the file that fd was made of */
    int fd;                   /* -1: nothing was ever made of it */
    uint64_t bytes, entries;
    char name[IOC_NAME_MAX + 1];
    char reason[LOAD_REASON]; /* why the file as it is now is not used; "" when it is */
    bool seen;
};
struct serve {
    const struct conf *conf;
    uint32_t generation;
    struct slot lists[LISTS_MAX];
    size_t n;
    struct slot rules[LABEL_FILES]; /* file is not used: the configuration has it */
    char dir_reason[LOAD_REASON];
};

bool serve_wanted(const struct conf *conf)
{
    return *conf->lists_dir || *conf->sensor_ndpi_protocols || *conf->sensor_ndpi_categories;
}

struct serve *serve_new(const struct conf *conf)
{
    struct serve *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->conf = conf;
    for (size_t i = 0; i < LISTS_MAX; i++)
        s->lists[i].fd = -1;
    for (size_t f = 0; f < LABEL_FILES; f++)
        s->rules[f].fd = -1;
    return s;
}

static void slot_close(struct slot *t)
{
    if (t->fd >= 0)
        close(t->fd);
    *t = (struct slot){.fd = -1};
}

void serve_free(struct serve *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < LISTS_MAX; i++)
        slot_close(&s->lists[i]);
    for (size_t f = 0; f < LABEL_FILES; f++)
        slot_close(&s->rules[f]);
    free(s);
}

static void say(void *arg, const char *line)
{
    (void)arg;
    log_error("%s", line);
}

static void refuse(struct slot *t, const char *path, const char *why)
{
    snprintf(t->reason, sizeof(t->reason), "%.160s: %.80s", path, why);
    log_error("%s", t->reason);
}

/* Opens a regular file and tells which one it is; -1 with its reason in the slot. */
static int open_file(struct slot *t, const char *path, struct identity *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        refuse(t, path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        refuse(t, path, "this is no file");
    } else {
        *ret = (struct identity){st.st_dev, st.st_ino, (uint64_t)st.st_size,
                                 (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec};
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* ---- lists ---- */

static bool is_list_file(const char *name)
{
    static const char *const endings[] = {".txt", ".csv", ".list", ".hosts", ".ioc"};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && dot != name && name[0] != '.' && i < GH_COUNT(endings); i++)
        if (!strcmp(dot, endings[i]))
            return true;
    return false;
}

static struct slot *slot_of(struct serve *s, const char *file)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->lists[i].file, file))
            return &s->lists[i];
    if (s->n == LISTS_MAX)
        return NULL;
    snprintf(s->lists[s->n].file, sizeof(s->lists[s->n].file), "%s", file);
    return &s->lists[s->n++];
}

/* What the others leave of lists.memory. */
static uint64_t room_for(const struct serve *s, const struct slot *t)
{
    uint64_t used = 0;

    for (size_t i = 0; i < s->n; i++)
        used += &s->lists[i] == t ? 0 : s->lists[i].bytes;
    return used < s->conf->lists_memory ? s->conf->lists_memory - used : 0;
}

static const struct slot *named(const struct serve *s, const struct slot *but, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (&s->lists[i] != but && s->lists[i].fd >= 0 && !strcmp(s->lists[i].name, name))
            return &s->lists[i];
    return NULL;
}

static void load_list(struct serve *s, struct slot *t, const char *path, int fd,
                      const struct identity *identity)
{
    const struct load_options opt = {
        .memory_max = room_for(s, t), .built_s = identity->time_ns / 1000000000u, .say = say};
    const struct slot *other;
    struct load_result r;

    t->reason[0] = 0;
    if (load_file(fd, path, &opt, &r) != 0) {
        snprintf(t->reason, sizeof(t->reason), "%s", r.reason);
        return;
    }
    other = named(s, t, r.name);
    if (other) {
        char why[LOAD_REASON];
        snprintf(why, sizeof(why), "there is a list of the name '%s' already, from %.100s", r.name,
                 other->file);
        refuse(t, path, why);
        close(r.fd);
        return;
    }
    if (t->fd >= 0)
        close(t->fd);
    t->fd = r.fd;
    t->identity = *identity;
    t->bytes = r.bytes;
    t->entries = r.counts.entries - r.doubles;
    snprintf(t->name, sizeof(t->name), "%s", r.name);
    log_debug("%s: list '%s' has %llu entries in %llu bytes%s", path, t->name, (unsigned long long)t->entries,
              (unsigned long long)t->bytes, r.counts.other ? "; what is of other kinds is left out" : "");
}

static void look_at_list(struct serve *s, const char *file)
{
    struct slot *t = slot_of(s, file);
    char path[CONF_TEXT + FILE_NAME_MAX + 2];
    struct identity identity;
    int fd;

    if (!t) {
        snprintf(s->dir_reason, sizeof(s->dir_reason), "%.180s: there are more than %d lists",
                 s->conf->lists_dir, LISTS_MAX);
        return;
    }
    t->seen = true;
    snprintf(path, sizeof(path), "%s/%s", s->conf->lists_dir, file);
    fd = open_file(t, path, &identity);
    if (fd < 0)
        return;
    if (t->fd >= 0 && !*t->reason && !memcmp(&t->identity, &identity, sizeof(identity))) {
        close(fd);
        return;
    }
    load_list(s, t, path, fd, &identity);
    if (*t->reason && t->fd >= 0)
        log_warn("%s: the list of before goes on", path);
    close(fd);
}

/* Lists whose files are gone go, too. */
static void sweep(struct serve *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (!s->lists[i].seen) {
            log_info("%s/%s is gone, and so is its list", s->conf->lists_dir, s->lists[i].file);
            slot_close(&s->lists[i]);
            continue;
        }
        if (kept != i) {
            s->lists[kept] = s->lists[i];
            s->lists[i] = (struct slot){.fd = -1};
        }
        kept++;
    }
    s->n = kept;
}

static int is_wanted(const struct dirent *e)
{
    return is_list_file(e->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* scandir's memory is bounded by what a directory may hold; an administrator writes it. */
static void load_lists(struct serve *s)
{
    struct dirent **names = NULL;
    int n = scandir(s->conf->lists_dir, &names, is_wanted, by_name);

    s->dir_reason[0] = 0;
    if (n < 0) {
        snprintf(s->dir_reason, sizeof(s->dir_reason), "%.180s: %s", s->conf->lists_dir, strerror(errno));
        log_error("lists.dir: %s", s->dir_reason);
        return;
    }
    for (size_t i = 0; i < s->n; i++)
        s->lists[i].seen = false;
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < s->n; k++)
            s->lists[k].seen |= !strcmp(s->lists[k].file, names[i]->d_name);
    sweep(s);
    for (int i = 0; i < n; i++) {
        look_at_list(s, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    if (*s->dir_reason)
        log_error("lists.dir: %s", s->dir_reason);
}

/* ---- rules for nDPI ---- */

struct fault {
    struct slot *slot;
    const char *path;
};

static void on_rule_fault(void *arg, uint64_t line, const char *reason)
{
    const struct fault *f = arg;
    char text[LOAD_REASON];

    snprintf(text, sizeof(text), "%.150s:%llu: %s", f->path, (unsigned long long)line, reason);
    log_error("%s", text);
    if (!*f->slot->reason)
        snprintf(f->slot->reason, sizeof(f->slot->reason), "%s", text);
}

static void load_rules(struct slot *t, enum label_file f, const char *path)
{
    struct fault fault = {t, path};
    struct identity identity;
    struct writer text;
    int rc, fd = open_file(t, path, &identity), made;

    if (fd < 0)
        return;
    t->reason[0] = 0;
    writer_init(&text, LABEL_RULES_MAX + 2 * 65536);
    rc = file_read_fd(fd, text.max, &text);
    close(fd);
    if (rc)
        refuse(t, path, rc == ST_LIMIT ? "the file is larger than 1 MiB" : status_text(rc));
    else if (label_rules_check(f, writer_span(&text), on_rule_fault, &fault) == 0) {
        made = msg_memfd("rules", writer_span(&text));
        if (made < 0)
            refuse(t, path, status_text(made));
        else {
            if (t->fd >= 0)
                close(t->fd);
            t->fd = made;
            t->bytes = text.n;
        }
    }
    writer_done(&text);
    if (*t->reason && t->fd >= 0)
        log_warn("%s: the rules of before go on", path);
}

size_t serve_load(struct serve *s)
{
    size_t refused = 0;

    if (*s->conf->lists_dir)
        load_lists(s);
    if (*s->conf->sensor_ndpi_protocols)
        load_rules(&s->rules[LABEL_PROTOCOLS], LABEL_PROTOCOLS, s->conf->sensor_ndpi_protocols);
    if (*s->conf->sensor_ndpi_categories)
        load_rules(&s->rules[LABEL_CATEGORIES], LABEL_CATEGORIES, s->conf->sensor_ndpi_categories);
    s->generation++;
    for (size_t i = 0; i < s->n; i++)
        refused += *s->lists[i].reason != 0;
    for (size_t f = 0; f < LABEL_FILES; f++)
        refused += *s->rules[f].reason != 0;
    return refused + (*s->dir_reason != 0);
}

/* ---- handing over ---- */

static int send_one(struct msg_chan *to, uint8_t what, int fd)
{
    return fd < 0 ? 0 : msg_send(to, MSG_LIST, span_of(&what, 1), fd);
}

static int send_fault(struct msg_chan *to, const char *reason)
{
    return *reason ? msg_send(to, MSG_LIST_FAULT, span_str(reason), -1) : 0;
}

int serve_send(const struct serve *s, struct msg_chan *to)
{
    uint8_t bytes[4];
    struct writer w;
    int rc = 0;

    for (size_t i = 0; i < s->n && !rc; i++)
        rc = send_one(to, 0, s->lists[i].fd);
    for (size_t f = 0; f < LABEL_FILES && !rc; f++)
        rc = send_one(to, (uint8_t)(1 + f), s->rules[f].bytes ? s->rules[f].fd : -1);
    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, s->generation, 4);
    if (!rc)
        rc = msg_send(to, MSG_LISTS, writer_span(&w), -1);
    if (!rc)
        rc = send_fault(to, s->dir_reason);
    for (size_t i = 0; i < s->n && !rc; i++)
        rc = send_fault(to, s->lists[i].reason);
    for (size_t f = 0; f < LABEL_FILES && !rc; f++)
        rc = send_fault(to, s->rules[f].reason);
    return rc;
}

static void write_refused(struct jw *j, const char *reason, size_t *left)
{
    if (*reason && *left) {
        jw_cstr(j, reason);
        --*left;
    }
}

void serve_facts(const struct serve *s, struct writer *w)
{
    uint64_t entries = 0, bytes = 0, lists = 0;
    size_t left = REFUSED_SHOWN;
    struct jw j;

    for (size_t i = 0; i < s->n; i++) {
        lists += s->lists[i].fd >= 0;
        entries += s->lists[i].entries;
        bytes += s->lists[i].bytes;
    }
    jw_init(&j, w);
    jw_obj(&j);
    jw_ku64(&j, "generation", s->generation);
    jw_ku64(&j, "lists", lists);
    jw_ku64(&j, "entries", entries);
    jw_ku64(&j, "bytes", bytes);
    jw_ku64(&j, "memory_max", s->conf->lists_memory);
    jw_karr(&j, "refused");
    write_refused(&j, s->dir_reason, &left);
    for (size_t i = 0; i < s->n; i++)
        write_refused(&j, s->lists[i].reason, &left);
    for (size_t f = 0; f < LABEL_FILES; f++)
        write_refused(&j, s->rules[f].reason, &left);
    jw_end_arr(&j);
    jw_end_obj(&j);
}
