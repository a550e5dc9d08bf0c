/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core_proc/stage.h"
#include "base/base64.h"
#include "base/db.h"
#include "policy/core/journal_verify.h"
#include "base/ranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char stage_dir[] = "/tmp/gh-run-test-XXXXXX";
static char state[64];
struct seal_keys *stage_appliance, *stage_committee;

void stage_begin(struct stage *s, const char *extra)
{
    char *options[20] = {(char *)"--set", state,
                         (char *)"--set", (char *)"journal.batch_records=7",
                         (char *)"--set", (char *)"journal.reserve=0"};
    size_t n = 6;

    if (extra && extra[0] == '-') {
        options[n++] = (char *)extra;
        options[n++] = (char *)"--set";
        options[n++] = (char *)"enforce.enabled=yes";
        options[n++] = (char *)"--set";
        options[n++] = (char *)"scan.queue=2";
        options[n++] = (char *)"--set";
        options[n++] = (char *)"scan.ocr=no"; /* no places for those that wait for their pictures */
    } else if (extra) {
        options[n++] = (char *)"--set";
        options[n++] = (char *)extra;
    }
    memset(s, 0, sizeof(*s));
    fake_start(&s->f, options, -1);
    s->scan = fake_peer(&s->f, ROLE_SCAN);
    s->policy = fake_peer(&s->f, ROLE_POLICY);
    s->sensor = fake_peer(&s->f, ROLE_SENSOR);
}

void stage_close_peers(struct stage *s)
{
    msg_chan_free(s->sensor);
    msg_chan_free(s->scan);
    msg_chan_free(s->policy);
    msg_chan_free(s->enforce);
    close(s->f.out);
}

void stage_stop(struct stage *s)
{
    gh_check(msg_send(s->f.keeper, MSG_STOP, (struct span){NULL, 0}, -1) == 0);
    msg_chan_free(s->sensor);
    s->sensor = NULL;
    gh_check(fake_end(&s->f) == 0);
    stage_close_peers(s);
}

/* Waits for a note that holds the words. */
bool stage_noted(struct stage *s, const char *words)
{
    struct msg m;

    for (int i = 0; i < 20; i++)
        if (fake_receive(s->f.keeper, &m, 3000) && m.type == MSG_NOTE &&
            span_find(m.body, span_str(words), 0) >= 0)
            return true;
    return false;
}

/* How many records of the run, and whether (n, k) occurs once at most. */
uint64_t stage_records(uint64_t run, uint64_t *ret_alerts, char *last, size_t cap)
{
    char path[128];
    struct arena *a = arena_new(64 << 20);
    struct ranges seen = {0};
    struct db *db;
    struct db_stmt *s;
    uint64_t count = 0;

    snprintf(path, sizeof(path), "%s/journal.db", stage_dir);
    *ret_alerts = 0;
    gh_check(db_open(path, DB_READ, &db) == 0);
    gh_check(db_query(db, &s, "SELECT bytes FROM batch ORDER BY number", "") == 0);
    while (db_step(s) == 1) {
        struct batch_header h;
        struct record *r;
        uint8_t sig[SEAL_SIGNATURE];
        size_t n = 0;
        gh_check(batch_read(db_blob(s, 0), a, &h, &r, &n, sig) == 0);
        for (size_t i = 0; i < n; i++) {
            if (run && r[i].run != run)
                continue;
            gh_check(ranges_add(&seen, r[i].n * 8 + r[i].k) == 0);
            *ret_alerts += r[i].type == EVENT_ALERT;
            if (r[i].type == EVENT_ALERT && last)
                snprintf(last, cap, "%.*s", (int)r[i].json.n, (const char *)r[i].json.p);
            count++;
        }
    }
    db_close(db);
    ranges_done(&seen);
    arena_free(a);
    return count;
}

/* How many records of a type hold the words. */
uint64_t stage_records_of(enum event_type type, const char *words)
{
    char path[128];
    struct arena *a = arena_new(64 << 20);
    struct db *db;
    struct db_stmt *s;
    uint64_t count = 0;

    snprintf(path, sizeof(path), "%s/journal.db", stage_dir);
    gh_check(db_open(path, DB_READ, &db) == 0);
    gh_check(db_query(db, &s, "SELECT bytes FROM batch", "") == 0);
    while (db_step(s) == 1) {
        struct batch_header h;
        struct record *r;
        uint8_t sig[SEAL_SIGNATURE];
        size_t n = 0;
        gh_check(batch_read(db_blob(s, 0), a, &h, &r, &n, sig) == 0);
        for (size_t i = 0; i < n; i++)
            count += r[i].type == type && span_find(r[i].json, span_str(words), 0) >= 0;
    }
    db_close(db);
    arena_free(a);
    return count;
}

void stage_check_whole(void)
{
    char path[128];
    struct verify_report r;

    snprintf(path, sizeof(path), "%s/journal.db", stage_dir);
    gh_check(journal_verify(path, seal_keys_public(stage_appliance), &r) == 0);
    if (*r.what)
        fprintf(stderr, "batch %d record %d: %s\n", (int)r.bad_batch, (int)r.bad_record, r.what);
}

/* Starts with a fresh state directory; enrolled or not. */
void stage_fresh(bool enrolled)
{
    char path[160], sign[64], box[64];
    FILE *f;

    for (const char *const *name = (const char *const[]){"journal.db", "journal.db-wal", "journal.db-shm",
                                                         "journal.head", "console.json", NULL};
         *name; name++) {
        snprintf(path, sizeof(path), "%s/%s", stage_dir, *name);
        (void)unlink(path);
    }
    snprintf(path, sizeof(path), "%s/appliance.key", stage_dir);
    if (access(path, F_OK) != 0)
        gh_check(keyfile_save(path, stage_appliance) == 0);
    if (!enrolled)
        return;
    snprintf(path, sizeof(path), "%s/console.json", stage_dir);
    f = fopen(path, "w");
    gh_check(f);
    fprintf(f, "{\"committee_sign\":\"%s\",\"committee_box\":\"%s\"}\n",
            base64_encode(seal_keys_public(stage_committee)->sign, SEAL_PUBLIC, sign, sizeof(sign)),
            base64_encode(seal_keys_public(stage_committee)->box, SEAL_PUBLIC, box, sizeof(box)));
    fclose(f);
}

/* Ten events, the third with a document that is blocked. */
void stage_send_replay(struct msg_chan *s, uint64_t events)
{
    fake_run(s, RUN, false);
    for (uint64_t n = 1; n <= events; n++) {
        if (n % 10 == 3) {
            char name[16];
            snprintf(name, sizeof(name), "d%d", (int)n);
            fake_document(s, n, name, name, true);
            fake_fileinfo(s, n, n, name, true);
        } else {
            fake_event(s, n, EVENT_HTTP, 0,
                       "{\"timestamp\":\"2026-01-02T03:04:05.000000+0000\",\"event_type\":\"http\"}");
        }
    }
    fake_ledger(s, RUN, events, events / 10);
}

void stage_serve(struct stage *s, int documents, const char *decision)
{
    for (int i = 0; i < documents; i++) {
        uint64_t id = fake_asked(s->scan, MSG_SCAN);
        gh_check(id != 0);
        fake_findings(s->scan, id, FULL);
        id = fake_asked(s->policy, MSG_DECIDE);
        gh_check(id != 0);
        fake_decision(s->policy, id, decision);
    }
}

void stage_setup(void)
{
    gh_check(seal_init() == 0 && mkdtemp(stage_dir) != NULL);
    snprintf(state, sizeof(state), "node.state_dir=%s", stage_dir);
    stage_appliance = seal_keys_generate();
    stage_committee = seal_keys_generate();
    gh_check(stage_appliance && stage_committee);
}

void stage_teardown(void)
{
    static const char *const names[] = {"appliance.key", "evidence"};
    char path[128];

    stage_fresh(false);
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", stage_dir, names[i]);
        (void)remove(path);
    }
    (void)remove(stage_dir);
    seal_keys_free(stage_appliance);
    seal_keys_free(stage_committee);
}
