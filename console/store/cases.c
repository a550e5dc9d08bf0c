/* SPDX-License-Identifier: GPL-3.0-or-later
 * What people do to cases. */
#include "console/store/cases.h"
#include "base/clock.h"
#include "console/store/fold.h"

const char *const case_entry_names[ENTRY_COUNT] = {
    "opened", "title",   "owner",  "severity", "note",   "task", "task_done", "task_open",
    "added",  "removed", "closed", "reopened", "merged", "into", "unmerged"};

static const struct span nothing = {NULL, 0};

int case_find(struct db *d, int64_t id, struct case_info *ret)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT state, severity, merged_into FROM cases WHERE id = ?", "i", id);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret = (struct case_info){
        .state = (enum case_state)db_i64(s, 0), .severity = (int)db_i64(s, 1), .merged_into = db_i64(s, 2)};
    db_reset(s);
    return 0;
}

int case_note(struct db *d, int64_t id, const char *user, enum case_entry_kind kind, struct span text,
              int64_t ref)
{
    int64_t now = (int64_t)clock_wall_us();
    int rc = db_exec(
        d,
        "INSERT INTO case_entry(case_id, time, user, kind, text, ref) VALUES(?, ?, ?, ?, nullif(?, ''), "
        "nullif(?, 0))",
        "iisiti", id, now, user, (int64_t)kind, text.n ? text : span_str(""), ref);

    return rc ? rc : db_exec(d, "UPDATE cases SET changed = ? WHERE id = ?", "ii", now, id);
}

static int file_title(struct db *d, int64_t id, struct span title)
{
    struct writer w;
    int rc;

    writer_init(&w, 4 * CASE_TITLE_MAX);
    fold_text(&w, title);
    rc = db_exec(d, "UPDATE cases SET title = ?, search = ? WHERE id = ?", "tti", title, writer_span(&w), id);
    writer_done(&w);
    return rc;
}

int case_add(struct db *d, struct span title, int severity, struct span owner, struct span text,
             const char *user, int64_t *ret_id)
{
    int64_t now = (int64_t)clock_wall_us();
    int rc = db_exec(d,
                     "INSERT INTO cases(title, search, state, severity, owner, created, created_by, changed) "
                     "VALUES('', '', ?, ?, nullif(?, ''), ?, ?, ?)",
                     "iitisi", (int64_t)CASE_OPEN, (int64_t)severity, owner.n ? owner : span_str(""), now,
                     user, now);

    if (rc)
        return rc;
    *ret_id = db_last_id(d);
    rc = file_title(d, *ret_id, title);
    if (!rc)
        rc = case_note(d, *ret_id, user, ENTRY_OPENED, title, severity);
    return rc || !text.n ? rc : case_note(d, *ret_id, user, ENTRY_NOTE, text, 0);
}

int case_set_title(struct db *d, int64_t id, const char *user, struct span title)
{
    int rc = file_title(d, id, title);
    return rc ? rc : case_note(d, id, user, ENTRY_TITLE, title, 0);
}

int case_set_owner(struct db *d, int64_t id, const char *user, struct span owner)
{
    int rc = db_exec(d, "UPDATE cases SET owner = nullif(?, '') WHERE id = ?", "ti",
                     owner.n ? owner : span_str(""), id);
    return rc ? rc : case_note(d, id, user, ENTRY_OWNER, owner, 0);
}

int case_set_severity(struct db *d, int64_t id, const char *user, int severity)
{
    int rc = db_exec(d, "UPDATE cases SET severity = ? WHERE id = ?", "ii", (int64_t)severity, id);
    return rc ? rc : case_note(d, id, user, ENTRY_SEVERITY, nothing, severity);
}

int case_task_add(struct db *d, int64_t id, const char *user, struct span text)
{
    int rc = db_exec(
        d,
        "INSERT INTO case_task(case_id, text) SELECT ?1, ?2 WHERE (SELECT count(*) FROM case_task WHERE "
        "case_id = ?1) < ?3",
        "iti", id, text, (int64_t)CASE_TASKS_MAX);

    if (!rc && db_changes(d) == 0)
        rc = ST_LIMIT;
    return rc ? rc : case_note(d, id, user, ENTRY_TASK, text, db_last_id(d));
}

int case_task_set(struct db *d, int64_t id, const char *user, int64_t task, bool done)
{
    char text[CASE_TEXT_MAX + 1] = "";
    struct db_stmt *s;
    int rc =
        db_exec(d,
                "UPDATE case_task SET done = nullif(?1, 0), done_by = iif(?1, ?2, NULL) WHERE id = ?3 AND "
                "case_id = ?4 AND (done ISNULL) = (?1 > 0)",
                "isii", done ? (int64_t)clock_wall_us() : 0, user, task, id);

    if (rc || db_changes(d) == 0)
        return rc ? rc : ST_NOT_FOUND;
    rc = db_query(d, &s, "SELECT text FROM case_task WHERE id = ?", "i", task);
    if (!rc && (rc = db_step(s)) == 1) {
        struct span t = span_part(db_text(s, 0), 0, CASE_TEXT_MAX);
        if (t.n)
            memcpy(text, t.p, t.n);
        db_reset(s);
        rc = 0;
    }
    return rc ? rc : case_note(d, id, user, done ? ENTRY_TASK_DONE : ENTRY_TASK_OPEN, span_str(text), task);
}

int case_close(struct db *d, int64_t id, const char *user, enum case_outcome outcome, struct span text)
{
    int rc = db_exec(d, "UPDATE cases SET state = ?, outcome = ? WHERE id = ?", "iii", (int64_t)CASE_CLOSED,
                     (int64_t)outcome, id);
    return rc ? rc : case_note(d, id, user, ENTRY_CLOSED, text, outcome);
}

int case_reopen(struct db *d, int64_t id, const char *user)
{
    int rc = db_exec(d, "UPDATE cases SET state = ?, outcome = 0 WHERE id = ?", "ii", (int64_t)CASE_OPEN, id);
    return rc ? rc : case_note(d, id, user, ENTRY_REOPENED, nothing, 0);
}

/* Alerts that are shown with another case have changed: live pages hear of it. */
#define MOVE_ALERTS "UPDATE alert SET seq = (SELECT max(seq) + 1 FROM alert), case_id = ?2 "

int case_merge(struct db *d, int64_t id, int64_t into, const char *user, int64_t *ret_alerts)
{
    int64_t entry;
    int rc = case_note(d, id, user, ENTRY_INTO, nothing, into);

    entry = db_last_id(d);
    if (!rc)
        rc = db_exec(d, "INSERT INTO case_moved(entry, alert) SELECT ?, id FROM alert WHERE case_id = ?",
                     "ii", entry, id);
    if (!rc)
        rc = db_exec(d, "INSERT INTO case_moved(entry, task) SELECT ?, id FROM case_task WHERE case_id = ?",
                     "ii", entry, id);
    if (!rc)
        rc = db_exec(d, MOVE_ALERTS "WHERE case_id = ?1", "ii", id, into);
    *ret_alerts = rc ? 0 : db_changes(d);
    if (!rc)
        rc = db_exec(d, "UPDATE case_task SET case_id = ? WHERE case_id = ?", "ii", into, id);
    if (!rc)
        rc = db_exec(d, "UPDATE cases SET state = ?, merged_into = ? WHERE id = ?", "iii",
                     (int64_t)CASE_MERGED, into, id);
    return rc ? rc : case_note(d, into, user, ENTRY_MERGED, nothing, id);
}

static int last_merge(struct db *d, int64_t id, int64_t *ret_entry, int64_t *ret_into)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s, "SELECT id, ref FROM case_entry WHERE case_id = ? AND kind = ? ORDER BY id DESC LIMIT 1", "ii",
        id, (int64_t)ENTRY_INTO);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    *ret_entry = db_i64(s, 0);
    *ret_into = db_i64(s, 1);
    db_reset(s);
    return 0;
}

int case_unmerge(struct db *d, int64_t id, const char *user, int64_t *ret_alerts)
{
    int64_t entry, into;
    int rc = last_merge(d, id, &entry, &into);

    if (!rc)
        rc = db_exec(d,
                     MOVE_ALERTS
                     "WHERE case_id = ?1 AND id IN (SELECT alert FROM case_moved WHERE entry = ?3 AND alert "
                     "NOTNULL)",
                     "iii", into, id, entry);
    *ret_alerts = rc ? 0 : db_changes(d);
    if (!rc)
        rc = db_exec(
            d,
            "UPDATE case_task SET case_id = ?2 WHERE case_id = ?1 AND id IN (SELECT task FROM case_moved "
            "WHERE entry = ?3 AND task NOTNULL)",
            "iii", into, id, entry);
    if (!rc)
        rc = db_exec(d, "UPDATE cases SET state = ?, merged_into = NULL WHERE id = ?", "ii",
                     (int64_t)CASE_OPEN, id);
    if (!rc)
        rc = case_note(d, id, user, ENTRY_UNMERGED, nothing, into);
    return rc ? rc : case_note(d, into, user, ENTRY_UNMERGED, nothing, id);
}

int case_alert_ids(struct db *d, struct arena *a, int64_t id, size_t cap, int64_t **ret, size_t *ret_n)
{
    int64_t *ids = arena_array(a, cap, sizeof(*ids));
    struct db_stmt *s;
    size_t n = 0;
    int rc = ids ? db_query(d, &s, "SELECT id FROM alert WHERE case_id = ? ORDER BY id DESC LIMIT ?", "ii",
                            id, (int64_t)cap)
                 : ST_NOMEM;

    while (!rc && (rc = db_step(s)) == 1) {
        if (n < cap)
            ids[n++] = db_i64(s, 0);
        rc = 0;
    }
    *ret = ids;
    *ret_n = n;
    return rc;
}
