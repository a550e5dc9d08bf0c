/* SPDX-License-Identifier: GPL-3.0-or-later
 * record: the core's way to the journal, what happens when it is full, and the uplink that reads it. */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/owner.h"
#include "policy/core/cases.h"
#include "policy/core/evidence.h"
#include "base/journal.h"
#include "policy/core/openings.h"
#include "policy/core/own_alert.h"
#include "policy/core/pcap_store.h"
#include "policy/core/pcaps.h"
#include "policy/core/shed.h"
#include "base/witness.h"
#include "policy/enforce/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELD_MAX 65536
#define RECORD_LOCK "journal.lock"
#define LOCK_TRIES 20
#define LOCK_WAIT_MS 100

/* What the process must go on writing to when it has become the unprivileged user. The key is not among it:
 * it is read now and never again. */
static void give_away(const struct conf *conf)
{
    static const char *const names[] = {"",          "/journal.db",   "/journal.db-wal", "/journal.db-shm",
                                        "/evidence", "/" RECORD_LOCK, "/" WITNESS_FILE,  "/" PCAP_STORE_DIR};
    const struct passwd *pw = geteuid() == 0 && *conf->node_user ? getpwnam(conf->node_user) : NULL;
    char path[CONF_TEXT + 32];

    for (size_t i = 0; pw && i < GH_COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s%s", conf->node_state_dir, names[i]);
        if (lchown(path, pw->pw_uid, pw->pw_gid) != 0 && errno != ENOENT)
            log_warn("%s cannot be given to %s: %s", path, conf->node_user, strerror(errno));
    }
}

static void tell_lost(struct core *c);

/* One appliance writes one journal: two would fork the chain. The lock ends with the process, however that
 * ends. */
static void lock_state(const struct conf *conf)
{
    char path[CONF_TEXT + 32];
    int fd, rc = -1;

    snprintf(path, sizeof(path), "%s/" RECORD_LOCK, conf->node_state_dir);
    fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    for (int i = 0;
         fd >= 0 && i < LOCK_TRIES && (rc = flock(fd, LOCK_EX | LOCK_NB)) != 0 && errno == EWOULDBLOCK; i++)
        usleep(LOCK_WAIT_MS * 1000); /* one that was just killed may still be on its way out */
    if (rc == 0)
        return; /* open until the end */
    if (fd >= 0 && errno == EWOULDBLOCK)
        log_error("%s is in use by another appliance: give each its own node.state_dir",
                  conf->node_state_dir);
    else
        log_error("%s: %s", path, strerror(errno));
    exit(2);
}

void record_open(struct core *c)
{
    const struct conf *conf = &c->proc.conf;
    char path[CONF_TEXT + 32], err[512];
    int rc = seal_init();

    umask(owner_umask(conf->node_state_dir)); /* what is recorded is nobody else's to read */
    lock_state(conf);
    snprintf(path, sizeof(path), "%s/appliance.key", conf->node_state_dir);
    if (!rc)
        rc = keyfile_load(path, &c->keys);
    if (rc) {
        log_error("%s: %s%s", path, status_text(rc),
                  rc == ST_DENIED ? ": others may read it; chmod 600" : "");
        exit(2);
    }
    rc = journal_open(conf, c->keys, &c->journal, err, sizeof(err));
    if (rc) {
        log_error("%s", err);
        exit(rc == ST_USAGE || rc == ST_MALFORMED || rc == ST_DENIED ? 2 : 3);
    }
    c->evidence = evidence_open(conf);
    gh_check(c->evidence);
    if (!evidence_has_key(c->evidence))
        log_warn("not enrolled with a console: there is no committee key, so documents cannot be put under "
                 "quarantine");
    c->pcaps = pcaps_new(c);
    writer_init(&c->held, HELD_MAX);
    c->own_run = clock_wall_us();
    rc = journal_run(c->journal, c->own_run, true, span_str("gh-core"));
    if (rc)
        log_warn("the journal cannot be written now: %s", status_text(rc));
    if (journal_lost(c->journal))
        tell_lost(c);
    if (conf->enforce_enabled && switch_is_off(conf->node_state_dir))
        record_switch(c, false);
    give_away(conf);
}

void record_close(struct core *c)
{
    proc_chan_remove(c->uplink);
    journal_close(c->journal);
    evidence_close(c->evidence);
    seal_keys_free(c->keys);
    writer_done(&c->held);
}

/* What had been recorded is gone: damaged, or put back from a copy. */
static void tell_lost(struct core *c)
{
    static const struct own_alert gone = {
        "journal-lost", "Recorded events are gone from the journal", "Sự kiện đã ghi bị mất khỏi nhật ký",
        "the newest batches that were recorded are not in the journal any more: it was damaged, or put back "
        "from a copy",
        "các lô mới nhất đã ghi không còn trong nhật ký: nhật ký bị hỏng hoặc bị thay bằng bản sao"};
    struct writer alert;

    log_error("the journal ends with batch %llu, but batch %llu had been recorded: it was damaged, or put "
              "back from a copy",
              (unsigned long long)journal_last(c->journal), (unsigned long long)journal_lost(c->journal));
    writer_init(&alert, HELD_MAX);
    own_alert_put(&alert, &gone, NULL, 0);
    record_own(c, EVENT_ALERT, writer_span(&alert));
    writer_done(&alert);
}

/* It refuses: said at once on the log, in the status and as an alert, which is kept until it can be written.
 */
static void became_full(struct core *c)
{
    const struct own_alert full = {"journal-full", "The journal is full: events are lost",
                                   "Nhật ký đã đầy: sự kiện đang bị mất", journal_reason(c->journal),
                                   "không còn chỗ trống cho nhật ký"};
    struct record alert;

    if (c->full_told)
        return;
    c->full_told = true;
    log_error("%s: events are no longer recorded, only counted, until there is room",
              journal_reason(c->journal));
    writer_clear(&c->held);
    own_alert_put(&c->held, &full, NULL, 0);
    alert = (struct record){
        .run = c->own_run, .n = c->own_n + 1, .type = EVENT_ALERT, .json = writer_span(&c->held)};
    if (journal_urgent(c->journal, &alert) == 0) { /* the disk itself may still have room for one alert */
        c->own_n++;
        (void)output_put(c->output, EVENT_ALERT, writer_span(&c->held));
        writer_clear(&c->held);
    }
    record_note(c);
}

static void became_free(struct core *c)
{
    static const struct own_alert free_again = {"journal-free", "The journal takes events again",
                                                "Nhật ký tiếp tục ghi sự kiện",
                                                "there is room again; what was lost meanwhile is counted",
                                                "đã có chỗ trống trở lại; số sự kiện bị mất đã được đếm"};
    const struct own_fact lost = {.path = "gatehouse.ledger.events.lost.journal_full",
                                  .number = c->full_lost};
    struct writer over;

    c->full_told = false;
    log_info("the journal takes events again; %llu were lost", (unsigned long long)c->full_lost);
    if (c->held.n)
        record_own(c, EVENT_ALERT, writer_span(&c->held));
    writer_init(&over, HELD_MAX);
    own_alert_put(&over, &free_again, &lost, lost.number > 0);
    c->full_lost = 0;
    record_own(c, EVENT_ALERT, writer_span(&over));
    writer_done(&over);
}

int record_unit(struct core *c, const struct record *r, size_t n)
{
    int rc;

    for (size_t i = 0; i < n; i++)
        (void)output_put(c->output, (enum event_type)r[i].type, r[i].json);
    if (shed_unit(c, r, n))
        return ST_FULL;
    rc = journal_add(c->journal, r, n);
    if (rc == ST_LIMIT)
        log_error("an event of more than %u MiB cannot be recorded", JOURNAL_UNIT_MAX >> 20);
    if (rc) {
        c->own.journal_full += n;
        c->full_lost += n;
    } else {
        c->own.written += n;
    }
    if (journal_full(c->journal))
        became_full(c);
    return rc;
}

void record_own(struct core *c, enum event_type type, struct span json)
{
    struct record r = {.run = c->own_run, .n = ++c->own_n, .type = (uint8_t)type, .json = json};

    (void)output_put(c->output, type, json);
    (void)journal_add(c->journal, &r, 1); /* no account counts these; a refusal shows in the next ones */
}

void record_fact(struct core *c, struct span audit)
{
    char iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "timestamp", clock_iso(clock_wall_us(), iso));
    jw_kcstr(&j, "event_type", "audit");
    jw_kobj(&j, "gatehouse");
    jw_kraw(&j, "audit", audit);
    jw_end_obj(&j);
    jw_end_obj(&j);
    record_own(c, EVENT_AUDIT, writer_span(&w));
    writer_done(&w);
}

void record_switch(struct core *c, bool on)
{
    record_fact(c, span_str(on ? "{\"what\":\"enforcement_on\"}" : "{\"what\":\"enforcement_off\"}"));
}

static void tell_uplink(struct core *c)
{
    struct writer w;

    if (!c->uplink || c->told_batch == journal_last(c->journal))
        return;
    c->told_batch = journal_last(c->journal);
    writer_init(&w, 8);
    writer_le(&w, c->told_batch, 8);
    (void)proc_chan_post(c->uplink, MSG_RECORDED, writer_span(&w), -1); /* it also looks by itself */
    writer_done(&w);
}

void record_tick(struct core *c, uint64_t now_ms)
{
    if (c->full_told && journal_retry(c->journal))
        became_free(c);
    if (!journal_full(c->journal) && journal_due(c->journal, now_ms))
        (void)journal_flush(c->journal);
    shed_tick(c, now_ms);
    openings_tick(c, now_ms);
    if (journal_full(c->journal))
        became_full(c);
    tell_uplink(c);
}

/* Nothing is lost without it, but a box that is switched off for a month would leave its last hour
 * unreported. */
bool record_last(struct core *c, uint64_t now_ms)
{
    if (!c->journal)
        return false;
    if (!c->last_ms) {
        c->last_ms = now_ms;
        shed_end(c);
        if (!journal_full(c->journal))
            (void)journal_flush(c->journal);
        tell_uplink(c);
    }
    return c->uplink && journal_receipt(c->journal) < journal_last(c->journal) &&
           now_ms < c->last_ms + RECORD_LAST_MS;
}

static void on_uplink(void *arg, const struct msg *m)
{
    struct core *c = arg;
    struct reader r = reader_span(m->body);
    uint64_t number = reader_le64(&r);

    if (m->type == MSG_RECEIPT && reader_ok(&r)) {
        int rc;
        if (number < journal_receipt(c->journal))
            log_warn("the console has fewer batches than it had (%llu, not %llu): was it restored from a "
                     "backup? What it "
                     "lacks is sent again",
                     (unsigned long long)number, (unsigned long long)journal_receipt(c->journal));
        rc = journal_set_receipt(c->journal, number);
        if (rc)
            log_warn("the console's receipt for batch %llu cannot be noted: %s", (unsigned long long)number,
                     status_text(rc));
    }
    if (m->fd >= 0)
        close(m->fd);
}

static void on_uplink_closed(void *arg, int rc)
{
    struct core *c = arg;

    c->uplink = NULL; /* the keeper says that it died, and starts it again */
    if (rc == ST_MALFORMED)
        core_distrust(c, ROLE_UPLINK);
}

void record_uplink(struct core *c, int fd)
{
    proc_chan_remove(c->uplink);
    c->uplink = proc_chan_add(&c->proc, fd, ROLE_UPLINK, on_uplink, on_uplink_closed, c);
    c->told_batch = 0;
    tell_uplink(c);
}

void record_note(struct core *c)
{
    struct writer w;
    struct jw j;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    if (c->finished && !c->live)
        jw_kbool(&j, "run_done", true);
    jw_ku64(&j, "events", c->own.received);
    jw_ku64(&j, "recorded", c->own.written);
    jw_ku64(&j, "lost_journal_full", c->own.journal_full);
    jw_ku64(&j, "lost_journal_connections", c->own.shed[SHED_CONNECTIONS]);
    jw_ku64(&j, "lost_journal_logs", c->own.shed[SHED_LOGS]);
    jw_ku64(&j, "lost_journal_documents", c->own.shed[SHED_DOCUMENTS]);
    jw_ku64(&j, "documents_unread_queue", c->own.scan_queue);
    jw_ku64(&j, "documents_never_named", docs_lost(c->docs));
    jw_ku64(&j, "open_documents", c->open_cases);
    jw_ku64(&j, "events_unjudged", c->events_unjudged);
    jw_ku64(&j, "batches", journal_last(c->journal));
    jw_ku64(&j, "receipt", journal_receipt(c->journal));
    jw_ku64(&j, "journal_bytes", journal_bytes(c->journal));
    jw_ku64(&j, "evidence_bytes", evidence_bytes(c->evidence));
    pcaps_facts(c->pcaps, &j);
    if (c->output)
        output_facts(output_counts(c->output), &j);
    jw_kcstr(&j, "journal", journal_full(c->journal) ? journal_reason(c->journal) : shed_sentence(c));
    jw_end_obj(&j);
    proc_note(&c->proc, writer_span(&w));
    writer_done(&w);
}
