/* SPDX-License-Identifier: GPL-3.0-or-later
 * scanning: documents go to gh-scan, findings come back.
 *
 * Documents that are the same (content and file name) share one job. A few jobs are at gh-scan at a time, the
 * others wait here. When gh-scan dies, whoever it had becomes a suspect and is sent again alone, so that a
 * second death convicts exactly the document that caused it, never a neighbour. gh-scan keeps documents whose
 * pictures want recognising for minutes and answers for the others meanwhile: as many as it can keep come on
 * top of the few. */
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "policy/core/cases.h"
#include "policy/core/results.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME_MOST 4096
#define FLAG_LIVE 4 /* of SCAN: the answer does not wait for a place among those whose pictures are read */

struct job {
    struct job *next;
    uint64_t id, sent_ms;
    uint8_t key[RESULTS_KEY];
    unsigned deaths;
    struct kase *cases;
};
struct scanning {
    struct core *core;
    struct proc_chan *chan;
    struct results *results;
    struct map *by_key; /* key -> struct job *, for every open job */
    struct job *waiting, **waiting_end, *sent;
    size_t n_waiting, n_sent, window;
    uint64_t next_id, heard_ms; /* when gh-scan last answered */
    uint64_t silence_ms, patience_ms;
};

struct scanning *scanning_new(struct core *c)
{
    const struct conf *conf = &c->proc.conf;
    struct scanning *s = calloc(1, sizeof(*s));

    gh_check(s);
    s->core = c;
    s->waiting_end = &s->waiting;
    s->window = 2 * (size_t)conf->scan_workers + 2;
    /* Each place in the window may cost its worker a whole time-out. */
    s->silence_ms = s->patience_ms = 5 * conf->scan_timeout + 5000;
    if (conf->scan_ocr) {
        size_t kept = (size_t)(conf->scan_ocr_queue + conf->scan_ocr_workers);
        s->window += kept;
        s->silence_ms += 2 * conf->scan_ocr_timeout;
        s->patience_ms += 2 * conf->scan_ocr_timeout * s->window;
    }
    s->results = results_new(c->scan ? (size_t)conf->scan_cache : 0);
    s->by_key = map_new(CASES_MAX, RESULTS_KEY, sizeof(struct job *));
    gh_check(s->results && s->by_key);
    return s;
}

struct kase *scanning_pop(struct scanning *s)
{
    struct job *j = s->sent ? s->sent : s->waiting;
    struct kase *k = j ? j->cases : NULL;

    if (!k)
        return NULL;
    j->cases = k->next;
    if (j->cases)
        return k;
    map_remove(s->by_key, j->key);
    if (s->sent) {
        s->sent = j->next;
        s->n_sent--;
    } else {
        s->waiting = j->next;
        s->n_waiting--;
        if (!s->waiting)
            s->waiting_end = &s->waiting;
    }
    free(j);
    return k;
}

void scanning_free(struct scanning *s)
{
    struct kase *k;

    if (!s)
        return;
    while ((k = scanning_pop(s)))
        case_free(s->core, k);
    proc_chan_remove(s->chan);
    results_free(s->results);
    map_free(s->by_key);
    free(s);
}

static void push(struct scanning *s, struct job *j, bool front)
{
    j->sent_ms = 0;
    j->next = front ? s->waiting : NULL;
    if (front) {
        if (!s->waiting)
            s->waiting_end = &j->next;
        s->waiting = j;
    } else {
        *s->waiting_end = j;
        s->waiting_end = &j->next;
    }
    s->n_waiting++;
}

static bool send_job(struct scanning *s, struct job *j)
{
    const struct doc *d = j->cases->doc;
    struct span name = span_part(results_name(d), 0, NAME_MOST);
    struct writer w;
    int rc, fd = fcntl(d->fd, F_DUPFD_CLOEXEC, 3);

    if (fd < 0)
        return false;
    writer_init(&w, NAME_MOST + 64);
    writer_le(&w, j->id, 8);
    writer_u8(&w, s->core->live ? FLAG_LIVE : 0);
    writer_le(&w, name.n, 2);
    writer_put(&w, name);
    rc = proc_chan_post(s->chan, MSG_SCAN, writer_span(&w), fd);
    writer_done(&w);
    if (rc)
        close(fd);
    return rc == 0;
}

static void pump(struct scanning *s)
{
    while (s->chan && s->waiting && s->n_sent < s->window) {
        struct job *j = s->waiting;
        /* A suspect travels alone. */
        if (s->sent && (j->deaths || s->sent->deaths))
            return;
        if (!send_job(s, j))
            return; /* tried again at the next tick */
        s->waiting = j->next;
        if (!s->waiting)
            s->waiting_end = &s->waiting;
        s->n_waiting--;
        j->sent_ms = clock_mono_ms();
        j->next = s->sent;
        s->sent = j;
        s->n_sent++;
    }
}

static void read_case(struct scanning *s, struct kase *k, const struct findings *f)
{
    findings_document(&k->document, f, doc_name(k->doc), k->doc->sha256, k->doc->size, k->incomplete);
    k->next = NULL;
    judging_take(s->core->judging, k);
}

/* The answer for a job that is in no list any more. Takes over f. */
static void answered(struct scanning *s, struct job *j, struct findings *f, bool keep)
{
    struct kase *k = j->cases;

    gh_check(f);
    map_remove(s->by_key, j->key);
    while (k) {
        struct kase *next = k->next;
        read_case(s, k, f);
        k = next;
    }
    if (keep)
        results_keep(s->results, j->key, f);
    else
        free(f);
    free(j);
}

static struct job *take_sent(struct scanning *s, uint64_t id)
{
    for (struct job **link = &s->sent; *link; link = &(*link)->next) {
        struct job *j = *link;
        if (j->id != id)
            continue;
        *link = j->next;
        s->n_sent--;
        return j;
    }
    return NULL;
}

static void take_findings(struct scanning *s, const struct msg *m)
{
    struct reader r = reader_span(m->body);
    struct job *j = take_sent(s, reader_le64(&r));
    struct span json = reader_rest(&r);
    struct findings *f = NULL;
    int rc = 0;

    s->heard_ms = clock_mono_ms();
    if (!j)
        return; /* an answer that nobody waits for any more */
    if (m->fd >= 0)
        rc = msg_map(m->fd, FINDINGS_MAX, &json);
    if (!rc) {
        rc = findings_read(json, &f);
        if (m->fd >= 0)
            msg_unmap(json);
    }
    if (rc) {
        log_warn("a reader's answer cannot be used: %s", status_text(rc));
        f = findings_unread(rc == ST_LIMIT ? "too_deep" : "crash");
    }
    answered(s, j, f, rc == 0);
    pump(s);
}

static void on_message(void *arg, const struct msg *m)
{
    if (m->type == MSG_FINDINGS)
        take_findings(arg, m);
    if (m->fd >= 0)
        close(m->fd);
}

static void on_closed(void *arg, int rc)
{
    struct scanning *s = arg;
    bool alone = s->n_sent == 1;

    s->chan = NULL;
    if (rc == ST_MALFORMED)
        core_distrust(s->core, ROLE_SCAN);
    while (s->sent) {
        struct job *j = take_sent(s, s->sent->id);
        if (++j->deaths >= 2 && alone) {
            log_warn("a document killed its reader twice and counts as unread");
            answered(s, j, findings_unread("crash"), false);
        } else {
            push(s, j, true);
        }
    }
}

void scanning_forget(struct scanning *s)
{
    results_clear(s->results);
}

void scanning_peer(struct scanning *s, int fd)
{
    if (s->chan) { /* the new one came before the old one's end was noticed */
        proc_chan_remove(s->chan);
        on_closed(s, ST_CLOSED);
    }
    results_clear(s->results);
    s->chan = proc_chan_add(&s->core->proc, fd, ROLE_SCAN, on_message, on_closed, s);
    pump(s);
}

void scanning_take(struct scanning *s, struct kase *k)
{
    const struct conf *conf = &s->core->proc.conf;
    uint8_t key[RESULTS_KEY];
    const struct findings *known;
    struct findings *unread;
    struct job **slot, *j;

    results_key(k->doc, key);
    if (k->doc->fd >= 0 && (known = results_find(s->results, key))) {
        read_case(s, k, known);
        return;
    }
    if ((slot = map_find(s->by_key, key, false))) {
        k->next = (*slot)->cases;
        (*slot)->cases = k;
        return;
    }
    if (k->doc->fd < 0 || k->doc->size > conf->scan_document_max ||
        (s->core->live && s->n_waiting >= conf->scan_queue)) {
        bool kept = k->doc->fd >= 0 && k->doc->size <= conf->scan_document_max;
        if (kept)
            s->core->own.scan_queue++;
        unread = findings_unread(kept ? "timeout" : "too_large");
        gh_check(unread);
        read_case(s, k, unread);
        free(unread);
        return;
    }
    j = calloc(1, sizeof(*j));
    slot = j ? map_insert(s->by_key, key) : NULL;
    gh_check(slot);
    *slot = j;
    memcpy(j->key, key, sizeof(key));
    j->id = ++s->next_id;
    j->cases = k;
    push(s, j, false);
    pump(s);
}

void scanning_tick(struct scanning *s, uint64_t now_ms)
{
    for (struct job *j = s->sent, *next; j; j = next) {
        next = j->next;
        uint64_t quiet = j->sent_ms > s->heard_ms ? j->sent_ms : s->heard_ms;
        if (now_ms < quiet + s->silence_ms && now_ms < j->sent_ms + s->patience_ms)
            continue;
        log_warn("no reader answered within %llu ms; the document counts as unread",
                 (unsigned long long)(now_ms - j->sent_ms));
        answered(s, take_sent(s, j->id), findings_unread("timeout"), false);
    }
    pump(s);
}
