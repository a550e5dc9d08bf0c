/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-report: a helper of the console that draws reports: figures as JSON in, a PDF out, in a jail that can
 * read fonts and nothing else. With --make once, from standard input to standard output ('gatehouse console
 * report'). */
#include "base/ask.h"
#include "base/file.h"
#include "base/jail.h"
#include "base/log.h"
#include "console/report/pages.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define JSON_MAX (1u << 20)
#define PDF_MAX (16u << 20)
#define MEMORY (1ull << 30)

struct report {
    struct proc proc;
    struct proc_chan *console;
};

static int draw(struct report *r, uint64_t id, struct span json)
{
    char why[256] = "", answer[96];
    struct writer pdf;
    unsigned pages = 0;
    int rc, fd = -1;

    writer_init(&pdf, PDF_MAX);
    rc = pages_make(json, &pdf, &pages, why, sizeof(why));
    if (!rc) {
        fd = msg_memfd("report", writer_span(&pdf));
        rc = fd < 0 ? fd : 0;
        snprintf(why, sizeof(why), "%s", rc ? status_text(rc) : "");
    }
    snprintf(answer, sizeof(answer), "{\"pages\":%u}", pages);
    if (rc)
        rc = answer_post_error(r->console, id, "%s", why);
    else if ((rc = answer_post(r->console, id, ASK_DONE, span_str(answer), fd)) != 0)
        close(fd);
    writer_done(&pdf);
    return rc;
}

static void on_message(void *arg, const struct msg *m)
{
    struct report *r = arg;
    struct span json = {NULL, 0}, question;
    uint64_t id;
    int rc = 0;

    if (m->type == MSG_ASK && ask_read(m->body, &id, &question) == 0) {
        if (m->fd < 0 || msg_map(m->fd, JSON_MAX, &json) != 0)
            rc = answer_post_error(r->console, id, "the figures are no sealed memory, or longer than %u KiB",
                                   JSON_MAX >> 10);
        else
            rc = draw(r, id, json);
        if (json.p)
            msg_unmap(json);
    }
    if (rc)
        log_warn("an answer to the console was lost: %s", status_text(rc));
    if (m->fd >= 0)
        close(m->fd);
}

static void on_closed(void *arg, int rc)
{
    struct report *r = arg;

    (void)rc;
    r->console = NULL;
}

static void on_peer(struct proc *p, enum role role, int fd)
{
    struct report *r = p->arg;

    (void)proc_chan_take(p, ROLE_CONSOLE, role, fd, &r->console, on_message, on_closed, r);
}

/* One report from standard input to standard output. */
static int make(void)
{
    struct writer json, pdf;
    char why[256] = "";
    unsigned pages;
    int rc;

    writer_init(&json, JSON_MAX);
    writer_init(&pdf, PDF_MAX);
    rc = file_read_fd(STDIN_FILENO, JSON_MAX, &json);
    if (rc)
        snprintf(why, sizeof(why), "the figures cannot be read, or are longer than %u KiB", JSON_MAX >> 10);
    else
        rc = pages_make(writer_span(&json), &pdf, &pages, why, sizeof(why));
    if (!rc && !*why && file_write(STDOUT_FILENO, writer_span(&pdf)))
        snprintf(why, sizeof(why), "the report cannot be written");
    if (*why)
        fprintf(stderr, "gh-report: %s\n", why);
    writer_done(&json);
    writer_done(&pdf);
    return *why ? rc == ST_MALFORMED ? 2 : 3 : 0;
}

int main(int argc, char **argv)
{
    static struct report r;
    /* fontconfig and its fonts, its cache, and the time zone */
    const char *ro[] = {"/etc/fonts",
                        "/usr/share/fonts",
                        "/usr/local/share/fonts",
                        "/usr/share/fontconfig",
                        "/var/cache/fontconfig",
                        "/usr/share/zoneinfo",
                        "/etc/localtime",
                        NULL};
    struct jail_options jail = {.ro = ro, .memory = MEMORY, .files = 128, .threads = true};
    char err[256] = "";
    bool once;

    proc_start(&r.proc, ROLE_REPORT, "gh-report", argc, argv);
    once = r.proc.argc == 1 && !strcmp(r.proc.argv[0], "--make");
    if (r.proc.argc && !once) {
        fprintf(stderr, "gh-report: unknown option '%s'\n", r.proc.argv[0]);
        return 2;
    }
    r.proc.arg = &r;
    r.proc.on_peer = on_peer;
    tzset();
    jail.user = r.proc.conf.node_user;
    /* pango has a thread for fonts: the jail comes first, so that the thread is in it */
    if (jail_enter(JAIL_CORE, &jail, NULL, err, sizeof(err)) != 0) {
        log_error("cannot lock itself in: %s", err);
        return 3;
    }
    if (once)
        return make();
    proc_ready(&r.proc);
    loop_run(r.proc.loop);
    return 0;
}
