/* SPDX-License-Identifier: GPL-3.0-or-later
 * reports: the committee's reports: which stretches there are, what is in one (as JSON, kept, so that a
 * report made once never says anything else), and the list of those that were made. The PDF is drawn by
 * gh-report from the JSON and lies in reports/<id>.pdf; CSV is written from the JSON when somebody asks.
 *
 * Nothing in a report is content of documents or texts of captured traffic other than names of rules, zones,
 * protocols and addresses. Writing functions run in the caller's transaction. */
#ifndef GH_CONSOLE_REPORTS_H
#define GH_CONSOLE_REPORTS_H

#include "console/store/dashboard.h"
#include "console/store/sight.h"

#define REPORT_JSON_MAX (512u << 10)
#define REPORT_PDF_MAX (16u << 20)
#define REPORTS_MOST 600    /* the oldest goes when there are more */
#define REPORT_WAITING 8    /* being made at a time */
#define REPORT_TALLY 400000 /* alerts whose handling is looked at */

/* As stored; append only. */
enum report_kind { REPORT_WEEK, REPORT_MONTH, REPORT_OWN, REPORT_KINDS };
enum report_state { REPORT_MAKING, REPORT_MADE, REPORT_FAILED, REPORT_STATES };
extern const char *const report_kind_names[REPORT_KINDS];
extern const char *const report_state_names[REPORT_STATES];

struct report_order {
    enum report_kind kind;
    int64_t from, to; /* seconds, days of this machine's time zone */
    const char *lang; /* "vi" or "en" */
    const char *by;   /* NULL: the schedule */
};
/* "2026-10" (a month) or "2026-11-23" (the week, Monday to Sunday, that this day is in); false: neither, or
 * not over a day that can be meant. */
bool report_period(struct span text, struct report_order *ret);
/* The last month or week that is over. */
void report_last(enum report_kind kind, int64_t now_s, struct report_order *ret);

/* What the report says, one object. who: whose units. Takes a second or two for a busy month. */
int report_data(struct db *d, const struct report_order *o, const struct sight *who, const char *console,
                int64_t now_s, struct writer *out);
/* Notes a report that is being made; its number. ST_AGAIN: REPORT_WAITING are already. */
int report_add(struct db *d, const struct report_order *o, int64_t user, struct span data, int64_t now_s,
               int64_t *ret);
/* Its end: pages and bytes of the PDF, or why there is none (sentence). */
int report_end(struct db *d, int64_t id, int64_t pages, int64_t bytes, struct span sha256, const char *why);
/* Reports that were being made when the console ended are not made. Once at start. */
int report_give_up(struct db *d);
/* Is there one of the schedule for this order already? 1, 0, or an error. */
int report_have(struct db *d, const struct report_order *o);
/* Lets reports beyond REPORTS_MOST go: *ret is one that is gone from the list (its file is the caller's), 0:
 * none. */
int report_forget(struct db *d, int64_t *ret);
/* "items" and "next" of an open object, newest first: those of the schedule, and those that user made (0:
 * all). */
int report_list(struct db *d, int64_t user, bool all, int64_t before, int64_t limit, struct jw *j);

struct report {
    int64_t id, user;
    enum report_kind kind;
    enum report_state state;
    bool scheduled;
    char lang[4], name[40]; /* name: for the file, "2026-10" */
    struct writer data;     /* report_done */
};
/* ST_NOT_FOUND. */
int report_find(struct db *d, int64_t id, struct report *ret);
void report_done(struct report *r);
/* The figures as CSV (RFC 4180, UTF-8 with a byte order mark, safe against formulas). */
int report_csv(struct span data, const char *lang, struct writer *out);

/* The schedule: languages ("", "vi", "en", "vi,en") by kind. */
struct report_schedule {
    char week[8], month[8];
};
int report_schedule_get(struct db *d, struct report_schedule *ret);
int report_schedule_set(struct db *d, const struct report_schedule *s);

#endif
