/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-region: the pen of a region's console. To the console above it a region is an appliance: gh-region holds
 * its signing key and writes its journal (base/journal.h), which gh-uplink carries up as it does an
 * appliance's. It parses nothing but lengths: gh-console says what is to be recorded (portion.h), and hears
 * when it is on disk.
 *
 * Questions of gh-console: {"op":"record"} with a portion in a sealed memfd: recorded in batches of their own,
 * on disk when the answer goes; {"op":"state"}. Both answer {"newest", "receipt", "bytes"}. One thread. */
#include "base/ask.h"
#include "base/jail.h"
#include "base/journal.h"
#include "base/json.h"
#include "base/log.h"
#include "base/parent.h"
#include "console/region/portion.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MEMORY (512u << 20)
#define FILES 64
#define NOTE_MS 1000
#define JSON_DEPTH 4

struct pen {
    struct proc proc;
    struct seal_keys *keys;
    struct journal *journal;
    struct proc_chan *console, *uplink;
};

static void put_state(const struct pen *p, struct writer *w)
{
    struct jw j;

    jw_init(&j, w);
    jw_obj(&j);
    jw_ku64(&j, "newest", journal_last(p->journal));
    jw_ku64(&j, "receipt", journal_receipt(p->journal));
    jw_ku64(&j, "bytes", journal_bytes(p->journal));
    jw_end_obj(&j);
}

static void on_note(void *arg)
{
    struct pen *p = arg;
    struct writer w;

    writer_init(&w, 4096);
    put_state(p, &w);
    proc_note(&p->proc, writer_span(&w));
    writer_done(&w);
}

static void tell_uplink(struct pen *p)
{
    uint8_t bytes[8];
    struct writer w;

    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, journal_last(p->journal), 8);
    if (p->uplink)
        (void)proc_chan_post(p->uplink, MSG_REGION_RECORDED, writer_span(&w), -1);
}

/* All of the portion, or as much as the journal takes: what comes again is recorded again, and the console
 * above drops it by its key. 0, or a code with a sentence in why. */
static int record(struct pen *p, struct span portion, const char **why)
{
    struct reader r = reader_span(portion);
    struct record one;
    int rc;

    if (journal_full(p->journal) && !journal_retry(p->journal)) {
        *why = journal_reason(p->journal);
        return ST_FULL;
    }
    while ((rc = portion_next(&r, &one)) == 1) {
        rc = journal_add(p->journal, &one, 1);
        if (rc)
            break;
    }
    if (rc == ST_MALFORMED) {
        *why = "the portion does not follow its format";
        return rc;
    }
    if (!rc)
        rc = journal_flush(p->journal);
    if (rc)
        *why = journal_full(p->journal) ? journal_reason(p->journal) : status_text(rc);
    return rc;
}

static void on_ask(struct pen *p, const struct msg *m)
{
    struct arena *a = arena_new(1u << 20);
    struct span text, portion = {NULL, 0};
    const char *why = "the question cannot be read", *op = "";
    struct json *q = NULL;
    struct writer w;
    uint64_t id = 0;
    int rc = a ? ask_read(m->body, &id, &text) : ST_NOMEM;

    if (!rc)
        rc = json_parse(a, text, JSON_DEPTH, &q, NULL);
    if (!rc)
        op = json_cstr(json_get(q, "op"), "");
    if (!rc && !strcmp(op, "record")) {
        rc = m->fd >= 0 ? msg_map(m->fd, PORTION_MAX, &portion) : ST_MALFORMED;
        if (!rc)
            rc = record(p, portion, &why);
        tell_uplink(p);
    } else if (!rc && strcmp(op, "state") != 0) {
        rc = ST_MALFORMED;
    }
    writer_init(&w, 4096);
    put_state(p, &w);
    rc = rc ? answer_post_error(p->console, id, "%s", why)
            : answer_post(p->console, id, ASK_DONE, writer_span(&w), -1);
    if (rc)
        log_warn("an answer to the console was lost; it asks again");
    writer_done(&w);
    if (portion.p)
        msg_unmap(portion);
    arena_free(a);
}

static void on_console(void *arg, const struct msg *m)
{
    struct pen *p = arg;

    if (m->type == MSG_ASK)
        on_ask(p, m);
    if (m->fd >= 0)
        close(m->fd);
}

static void on_uplink(void *arg, const struct msg *m)
{
    struct pen *p = arg;
    struct reader r = reader_span(m->body);
    uint64_t number = reader_le64(&r);

    if (m->fd >= 0)
        close(m->fd);
    if (m->type != MSG_REGION_RECEIPT || !reader_ok(&r))
        return;
    if (journal_set_receipt(p->journal, number) != 0)
        log_warn("a receipt for batch %llu cannot be noted", (unsigned long long)number);
}

static void on_console_closed(void *arg, int rc)
{
    struct pen *p = arg;
    (void)rc;
    p->console = NULL;
}

static void on_uplink_closed(void *arg, int rc)
{
    struct pen *p = arg;
    (void)rc;
    p->uplink = NULL;
}

static void on_peer(struct proc *proc, enum role role, int fd)
{
    struct pen *p = proc->arg;

    if (role == ROLE_CONSOLE)
        (void)proc_chan_take(proc, role, role, fd, &p->console, on_console, on_console_closed, p);
    else if (proc_chan_take(proc, ROLE_UPLINK, role, fd, &p->uplink, on_uplink, on_uplink_closed, p) && journal_last(p->journal))
        tell_uplink(p);
}

static void open_all(struct pen *p)
{
    struct conf *c = &p->proc.conf;
    char path[PARENT_PATH], err[512] = "";
    int rc = keyfile_load(parent_path(c, "appliance.key", path), &p->keys);

    if (rc) {
        log_error("%s: %s. 'gatehouse console parent enrol' makes it", path, status_text(rc));
        exit(2);
    }
    parent_path(c, "", path);
    if (strlen(path) >= sizeof(c->node_state_dir)) {
        log_error("console.parent_dir is too long");
        exit(2);
    }
    memcpy(c->node_state_dir, path, strlen(path) + 1); /* from here on it is an appliance */
    c->journal_max = c->console_parent_spool;
    rc = journal_open(c, p->keys, &p->journal, err, sizeof(err));
    if (rc) {
        log_error("%s", err);
        exit(2);
    }
    if (journal_lost(p->journal))
        log_error("this journal had batch %llu, and has it no more: it was put back from a copy. Batches %llu to %llu are lost; "
                  "the console above will refuse what follows: enrol this region anew there",
                  (unsigned long long)journal_lost(p->journal), (unsigned long long)journal_last(p->journal) + 1,
                  (unsigned long long)journal_lost(p->journal));
}

static int lock_in(struct pen *p)
{
    const char *rw[] = {p->proc.conf.node_state_dir, NULL};
    const struct jail_options opt = {.user = p->proc.conf.node_user,
                                     .keep_user = !*p->proc.conf.node_user,
                                     .rw = rw,
                                     .memory = MEMORY,
                                     .files = FILES};
    char err[256] = "";

    if (jail_enter(JAIL_CORE, &opt, NULL, err, sizeof(err)) == 0)
        return 0;
    log_error("cannot lock itself in: %s", err);
    return 3;
}

int main(int argc, char **argv)
{
    static struct pen p; /* the process's one state */
    int rc;

    proc_start(&p.proc, ROLE_REGION, "gh-region", argc, argv);
    if (p.proc.argc) {
        fprintf(stderr, "gh-region: unknown option '%s'\n", p.proc.argv[0]);
        return 2;
    }
    p.proc.arg = &p;
    p.proc.on_peer = on_peer;
    if (seal_init() != 0)
        return 3;
    open_all(&p);
    rc = lock_in(&p);
    if (!rc) {
        proc_ready(&p.proc);
        gh_check(loop_timer_add(p.proc.loop, NOTE_MS, true, on_note, &p));
        loop_run(p.proc.loop);
    }
    proc_chan_remove(p.console);
    proc_chan_remove(p.uplink);
    journal_close(p.journal);
    seal_keys_free(p.keys);
    return rc;
}
