/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/lists/load.h"
#include "base/file.h"
#include "base/msg.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK (256u << 10)

struct load {
    const char *file;
    const struct load_options *opt;
    struct load_result *ret;
    int fd;
    uint64_t read;
    uint8_t *chunk;
    size_t n; /* bytes in the chunk */
};

bool load_stem(const char *path, char out[static IOC_NAME_MAX + 1])
{
    const char *base = strrchr(path, '/'), *dot;
    size_t n;

    base = base ? base + 1 : path;
    dot = strrchr(base, '.');
    n = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    if (!ioc_name_ok(span_of(base, n)))
        return false;
    memcpy(out, base, n);
    out[n] = 0;
    return true;
}

/* The first reason is kept; each is said, up to a number. */
static void complain(struct load *l, const char *text)
{
    if (!*l->ret->reason)
        snprintf(l->ret->reason, sizeof(l->ret->reason), "%s", text);
    if (l->opt->say)
        l->opt->say(l->opt->arg, text);
}

static int refuse(struct load *l, int rc, const char *why)
{
    char text[LOAD_REASON];

    snprintf(text, sizeof(text), "%s: %s", l->file, why);
    complain(l, text);
    return rc;
}

static void on_fault(void *arg, uint64_t line, struct span value, const char *reason)
{
    struct load *l = arg;
    struct writer shown;
    char text[LOAD_REASON];

    if (++l->ret->counts.faults > LOAD_FAULTS_SHOWN)
        return;
    writer_init(&shown, 600);
    text_put_clean(&shown, value);
    for (size_t i = 0; i < shown.n; i++)
        if (shown.p[i] < 0x20 || shown.p[i] == 0x7f)
            shown.p[i] = '?';
    snprintf(text, sizeof(text), "%s:%llu: %s%s%.80s%s", l->file, (unsigned long long)line, reason,
             shown.n ? ": '" : "", writer_cstr(&shown), shown.n ? "'" : "");
    writer_done(&shown);
    complain(l, text);
}

/* The next bytes of the file; 0 at its end. */
static int next_chunk(struct load *l)
{
    ssize_t n;

    do
        n = read(l->fd, l->chunk, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return refuse(l, status_from_errno(errno), strerror(errno));
    l->n = (size_t)n;
    l->read += l->n;
    if (l->opt->progress)
        l->opt->progress(l->opt->arg, l->read);
    return 0;
}

static int too_long(struct load *l)
{
    return refuse(l, ST_LIMIT, "the list is larger than lists.memory leaves room for");
}

/* ---- compiled ---- */

static int check_copy(struct load *l, int fd)
{
    struct ioc_list *list = NULL;
    struct span bytes;
    const char *why = "";
    int rc = msg_memfd_seal(fd);

    if (!rc)
        rc = msg_map(fd, (size_t)l->read, &bytes);
    if (rc)
        return refuse(l, rc, status_text(rc));
    rc = ioc_open(bytes, true, &list, &why);
    if (rc) {
        refuse(l, rc, why);
    } else {
        snprintf(l->ret->name, sizeof(l->ret->name), "%s", ioc_name(list));
        l->ret->counts.entries = ioc_entries(list);
        ioc_close(list);
    }
    msg_unmap(bytes);
    return rc;
}

static int load_compiled(struct load *l, int fd)
{
    int rc = 0;

    l->ret->compiled = true;
    while (!rc && l->n) {
        if (l->read > l->opt->memory_max)
            return too_long(l);
        rc = file_write(fd, span_of(l->chunk, l->n));
        if (rc)
            return refuse(l, rc, status_text(rc));
        rc = next_chunk(l);
    }
    return rc ? rc : check_copy(l, fd);
}

/* ---- text ---- */

static int read_text(struct load *l, struct text *t)
{
    struct text_counts *c = &l->ret->counts;
    int rc = 0;
    uint64_t faults;

    while (!rc && l->n) {
        rc = text_feed(t, span_of(l->chunk, l->n));
        if (rc)
            return rc == ST_LIMIT ? too_long(l) : refuse(l, rc, status_text(rc));
        rc = next_chunk(l);
    }
    if (!rc && (rc = text_end(t)) != 0)
        return rc == ST_LIMIT ? too_long(l) : refuse(l, rc, status_text(rc));
    if (rc)
        return rc;
    faults = c->faults;
    *c = *text_counts(t);
    if (faults > LOAD_FAULTS_SHOWN && l->opt->say) {
        char more[LOAD_REASON];
        snprintf(more, sizeof(more), "%s: %llu more lines are no entries", l->file,
                 (unsigned long long)(faults - LOAD_FAULTS_SHOWN));
        l->opt->say(l->opt->arg, more);
    }
    if (faults && !l->opt->lenient)
        return ST_MALFORMED;
    if (!c->entries && (c->other || faults))
        return refuse(l, ST_MALFORMED, "nothing in it is of a kind that lists hold");
    return 0;
}

static int take_name(struct load *l, const struct text *t)
{
    char *name = l->ret->name;

    if (l->opt->name)
        snprintf(name, IOC_NAME_MAX + 1, "%s", l->opt->name);
    else if (*text_name(t))
        snprintf(name, IOC_NAME_MAX + 1, "%s", text_name(t));
    else if (!load_stem(l->file, name))
        return refuse(l, ST_MALFORMED,
                      "a list's name is letters, digits, '.', '_' and '-', at most 63 of them");
    return 0;
}

static int load_text(struct load *l, int fd)
{
    struct ioc_build *b = ioc_build_new(l->opt->memory_max);
    struct text *t = b ? text_new(&l->opt->text, b, on_fault, l) : NULL;
    int rc = t ? read_text(l, t) : refuse(l, ST_NOMEM, status_text(ST_NOMEM));

    if (!rc)
        rc = take_name(l, t);
    if (!rc && (rc = ioc_build_write(b, l->ret->name, l->opt->built_s, fd, &l->ret->doubles)) != 0)
        refuse(l, rc, status_text(rc));
    if (!rc && (rc = msg_memfd_seal(fd)) != 0)
        refuse(l, rc, status_text(rc));
    text_free(t);
    ioc_build_free(b);
    return rc;
}

int load_file(int fd, const char *file, const struct load_options *opt, struct load_result *ret)
{
    struct load l = {.file = file, .opt = opt, .ret = ret, .fd = fd, .chunk = malloc(CHUNK)};
    int rc, out = memfd_create("list", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    *ret = (struct load_result){.fd = -1};
    if (!l.chunk || out < 0)
        rc = refuse(&l, ST_NOMEM, status_text(ST_NOMEM));
    else
        rc = next_chunk(&l);
    if (!rc)
        rc = span_starts(span_of(l.chunk, l.n), IOC_MAGIC) ? load_compiled(&l, out) : load_text(&l, out);
    if (!rc)
        rc = msg_memfd_check(out, &ret->bytes);
    free(l.chunk);
    if (rc && out >= 0)
        close(out);
    else if (!rc)
        ret->fd = out;
    return rc;
}
