/* SPDX-License-Identifier: GPL-3.0-or-later
 * Holes that nobody can fill any more: a restored console lacks batches, and the appliance's journal has let
 * go of them. A person says so, and the chain goes on behind them. */
#include "base/clock.h"
#include "base/event.h"
#include "console/store/chain.h"
#include "console/store/chain_impl.h"
#include "console/store/intake_rows.h"

#include <stdio.h>

#define HOLE_JSON 8192

int chain_find(struct db *d, struct span identity_hex, struct chain_hole *h)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT id, name, batches, ifnull(offered, 0) FROM appliance WHERE lower(hex(identity)) = lower(?)",
        "t", identity_hex);

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    h->appliance = db_i64(s, 0);
    snprintf(h->name, sizeof(h->name), "%s", db_cstr(s, 1));
    h->wanted = (uint64_t)db_i64(s, 2) + 1;
    h->offered = (uint64_t)db_i64(s, 3);
    db_reset(s);
    return 0;
}

const char *chain_hole_why(const struct chain_hole *h)
{
    if (h->last < h->first)
        return "it ends before it begins";
    if (h->first != h->wanted)
        return "it does not begin with the batch that is waited for";
    if (!h->offered)
        return "nothing behind it was offered yet: let the appliance report, or import what it exported, and "
               "see "
               "whether the batches come by themselves";
    if (h->last >= h->offered)
        return "it reaches over a batch that the appliance still has";
    if (!*h->reason)
        return "it needs a reason";
    return NULL;
}

/* The alert as a record of that appliance. */
static void write_event(const struct chain_hole *h, uint64_t now, struct writer *w)
{
    char time[TIME_TEXT];
    struct jw j;

    jw_init(&j, w);
    jw_obj(&j);
    jw_kcstr(&j, "timestamp", time_text(now, time));
    jw_kcstr(&j, "event_type", "alert");
    jw_kobj(&j, "alert");
    jw_kcstr(&j, "action", "allowed");
    jw_ki64(&j, "gid", 1);
    jw_ki64(&j, "signature_id", 0);
    jw_ki64(&j, "rev", 1);
    jw_key(&j, "signature");
    {
        char text[256];
        snprintf(text, sizeof(text), "Reports %llu to %llu of %.100s are lost: the hole was accepted",
                 (unsigned long long)h->first, (unsigned long long)h->last, h->name);
        jw_cstr(&j, text);
    }
    jw_kcstr(&j, "category", "audit");
    jw_ki64(&j, "severity", 2);
    jw_end_obj(&j);
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "hole");
    jw_ku64(&j, "first", h->first);
    jw_ku64(&j, "last", h->last);
    jw_kcstr(&j, "reason", h->reason);
    jw_kcstr(&j, "by", h->by);
    jw_end_obj(&j);
    jw_kobj(&j, "verdict");
    jw_kcstr(&j, "action", "alert");
    jw_kcstr(&j, "rule", "accepted-hole");
    jw_kcstr(&j, "reason", h->reason);
    jw_end_obj(&j);
    jw_end_obj(&j);
    jw_end_obj(&j);
}

/* Keys of records come from the appliance: one that took this one's on purpose must not silence it. */
static int tell(struct db *d, const struct chain_hole *h, uint64_t now)
{
    struct intake_sums sums = {.appliance = h->appliance, .now = (int64_t)now};
    struct record r = {.run = UINT64_MAX, .n = h->first, .k = UINT32_MAX, .type = EVENT_ALERT};
    struct writer w;
    int rc = intake_rows_begin(d, &sums);

    writer_init(&w, HOLE_JSON);
    write_event(h, now, &w);
    r.json = writer_span(&w);
    if (!rc && !writer_ok(&w))
        rc = ST_LIMIT;
    for (int i = 0; i < 64 && !rc && !sums.alerts; i++, r.k--)
        rc = intake_row(d, &sums, &r, now);
    if (!rc)
        rc = sums.alerts ? intake_rows_end(d, &sums) : ST_EXISTS;
    writer_done(&w);
    intake_rows_done(&sums);
    if (!rc)
        rc = db_exec(d, "UPDATE appliance SET alerts = alerts + 1 WHERE id = ?", "i", h->appliance);
    return rc;
}

int chain_accept(struct db *d, const struct chain_hole *h)
{
    struct chain c = {.appliance = h->appliance};
    uint64_t now = clock_wall_us();
    char detail[1024];
    int rc = chain_give_up(d, &c, h, (int64_t)now);

    snprintf(detail, sizeof(detail), "batches %llu to %llu: %.900s", (unsigned long long)h->first,
             (unsigned long long)h->last, h->reason);
    if (!rc)
        rc = audit_append(d, h->by, NULL, "hole_accepted", h->name, detail);
    return rc ? rc : tell(d, h, now);
}

int chain_describe(struct db *d, int64_t appliance, struct jw *j)
{
    struct db_stmt *s;
    int rc = db_query(
        d, &s,
        "SELECT first, last, (SELECT count(*) FROM batch b WHERE b.appliance = h.appliance AND "
        "b.number BETWEEN first AND last), accepted, accepted_by, reason FROM hole h WHERE appliance = ? "
        "ORDER BY first",
        "i", appliance);

    jw_karr(j, "holes");
    while (!rc && (rc = db_step(s)) == 1) {
        jw_obj(j);
        jw_ki64(j, "first", db_i64(s, 0));
        jw_ki64(j, "last", db_i64(s, 1));
        jw_ki64(j, "missing", db_i64(s, 1) - db_i64(s, 0) + 1 - db_i64(s, 2));
        jw_ktime(j, "accepted", db_i64(s, 3));
        jw_kstr(j, "by", db_text(s, 4));
        jw_kstr(j, "reason", db_text(s, 5));
        jw_end_obj(j);
        rc = 0;
    }
    jw_end_arr(j);
    return rc;
}
