/* SPDX-License-Identifier: GPL-3.0-or-later
 * bundle: one policy (bundle.json, settings.lua, zones.lua, policy.lua, lists/) and those that it uses,
 * loaded into one cage, and its decisions.
 *
 * A struct bundle owns its cage. Deciding leaves nothing behind but what rules count (history.h): the same
 * events in the same order give the same verdicts. One thread. Formats and examples: policy/README.md. */
#ifndef GH_POLICY_BUNDLE_H
#define GH_POLICY_BUNDLE_H

#include "base/arena.h"
#include "base/writer.h"
#include "policy/lua/cage.h"
#include "policy/lua/calendar.h"
#include "policy/lua/history.h"
#include "policy/lua/lists.h"
#include "policy/lua/view.h"

#define RULES_MAX 256
#define RULE_TEXT 400
#define RULE_ID 136 /* bundle's name, '/', name of 63 bytes */
#define BUNDLE_FILE_MAX (1u << 20)
#define BUNDLE_NAME 64
#define BUNDLE_DIR 512
#define PARTS_MAX 16
#define SETTINGS_MAX 64 /* of one part */
#define TUNINGS_MAX 256

/* In rising strictness; the strictest verdict decides. */
enum action { ACTION_ALLOW, ACTION_LOG, ACTION_ALERT, ACTION_QUARANTINE, ACTION_BLOCK, ACTION_COUNT };
const char *action_name(enum action a);
bool action_parse(const char *s, enum action *ret);
/* What a bundle of the purpose "forwarding" decides: what of an event a region's console tells the one above
 * it. The same places as enum action, again in rising strictness. */
enum forwarding { FORWARD_WHOLE, FORWARD_REDACTED, FORWARD_DROP, FORWARD_COUNT };

struct rule {
    char id[RULE_ID]; /* "state-secrets/marked-leaving" when a used bundle brought it */
    char title_en[128], title_vi[128];
    char category[96];
    char reason_en[RULE_TEXT], reason_vi[RULE_TEXT]; /* with {fact} in braces */
    enum action action;
    unsigned severity; /* 1 high … 4 low */
    uint64_t types;    /* bit by EVENT_TYPE: the events it judges */
    unsigned part;
    int line, last_line; /* of `when` in its policy.lua */
    int when;            /* registry reference */
    bool off;            /* switched off by who uses it */
    uint64_t matched, tried;
};
enum setting_kind { SETTING_NUMBER, SETTING_INTEGER, SETTING_BOOLEAN, SETTING_TEXT, SETTING_LIST };
struct setting {
    char name[48];
    enum setting_kind kind;
    char title_en[160], title_vi[160];
    bool has_min, has_max;
    double min, max;
    char values[256];            /* allowed texts, blank-separated; "" for any */
    char initial[256], now[256]; /* shown forms of the default and the value in force */
    char set_at[96];             /* "settings.lua:12" where it was tuned, or "" */
};
/* One bundle of those that are combined; [0] is the one that was asked for. */
struct part {
    char name[BUNDLE_NAME], version[32], author[96], dir[BUNDLE_DIR];
    char prefix[BUNDLE_NAME + 1]; /* "mail-out/" before file names in messages; "" for [0] */
    enum action safe;             /* verdict of a rule that fails */
    bool has_safe;                /* bundle.json says so; otherwise the configuration */
    struct setting settings[SETTINGS_MAX];
    size_t n_settings;
    int values; /* registry: their values by name */
};
/* set("mail-out", { cccd_count = 20 }) and off("mail-out/some-rule"), until it is used. */
struct tuning {
    char what[RULE_ID]; /* bundle's name, or rule's id */
    char name[48];      /* the setting; "" for off */
    char where[96];
    int value; /* registry */
    bool used;
};
struct bundle {
    char name[BUNDLE_NAME], version[32], dir[BUNDLE_DIR];
    struct cage *cage;
    bool forwarding; /* its actions are those of enum forwarding */
    struct part parts[PARTS_MAX];
    size_t n_parts, loading; /* the part whose files are run */
    bool sealed;
    struct tuning tunings[TUNINGS_MAX];
    size_t n_tunings;
    struct zones zones;
    char zones_from[BUNDLE_DIR]; /* the zones.lua in force; "" when there is none */
    struct calendar calendar;
    struct lists lists;
    struct history *history;
    bool remembers; /* some rule asked the history: the order of events matters */
    struct rule rules[RULES_MAX];
    size_t n_rules;
    uint64_t types;        /* of events that some rule judges */
    enum action otherwise; /* when no rule matches */
    struct view_world world;
    struct view view;
    struct quick *quick;
    const struct rule *now; /* the rule that is being tried */
};

/* The words for its actions: allow … block, or of a forwarding bundle forward, redact, drop. */
const char *bundle_action_name(const struct bundle *b, enum action a);
bool bundle_action_parse(const struct bundle *b, const char *s, enum action *ret);
/* All of them, for people: "allow, log, …". */
const char *bundle_actions(const struct bundle *b);
/* Loads a bundle directory. 0, or ST_USAGE with one "file:line: sentence" per fault in err. */
int bundle_load(const char *dir, const struct cage_limits *lim, struct bundle **ret, struct writer *err);
/* How many entries its rules' history may have from now on; what was counted is forgotten. 0 or ST_NOMEM. */
int bundle_history(struct bundle *b, size_t entries);
/* The verdict of a failure: the part's own, or what is configured; of a forwarding bundle that says none, redact.
 * rule NULL: outside of any. */
enum action bundle_safe(const struct bundle *b, const struct rule *r, enum action configured);
/* Reads one file of a bundle (at most BUNDLE_FILE_MAX, or most) into w: 0, ST_NOT_FOUND, ST_IO, ST_LIMIT. */
int bundle_read_file(const char *dir, const char *name, struct writer *w);
int bundle_read_most(const char *dir, const char *name, size_t most, struct writer *w);
/* The directory of a bundle that the one in dir uses: dir/used/NAME, NAME beside dir, or the installed one.
 * 0 or ST_NOT_FOUND. (find.c) */
int bundle_find(const char *dir, const char *name, char *ret, size_t cap);
/* Names (not paths) of the files in dir/below ("" or "/lists") that end in tail, sorted, hidden ones left out.
 * fn may stop it with a code of its own. 0 also when there is no such directory. (find.c) */
typedef int bundle_name_fn(void *arg, const char *name);
int bundle_each(const char *dir, const char *below, const char *tail, bundle_name_fn *fn, void *arg);
/* From now on, until it is called with NULL, every file of a bundle is one of these and nothing on disk is
 * looked at: for a process that has no files. A name is a path, "mine/policy.lua", "mine/lists/a.csv"; the
 * bundle "mine" finds what it uses as "NAME/...". They must outlive the mount. (find.c) */
struct bundle_file {
    const char *name;
    struct span text;
};
void bundle_mount(const struct bundle_file *files, size_t n);
/* Where the policies that came with the program are: beside it, or installed. (find.c) */
void bundle_installed(char *buf, size_t cap);
void bundle_free(struct bundle *b); /* NULL is fine */

/* One matched rule, or the default, or a failure. */
struct verdict {
    enum action action;
    const struct rule *rule; /* NULL: the default, or a failure outside of any rule */
    const char *reason_en, *reason_vi;
    const struct view_read *reads; /* what the rule read */
    size_t n_reads;
    const char
        *error; /* the rule failed or ran out of its budget: Lua's message with file and line; else NULL */
};
struct decision {
    struct verdict v[RULES_MAX + 1]; /* the deciding one first */
    size_t n;
};
/* Decides one event (JSON of one EVE object). Everything in *ret lives in the arena. safe: the action of a
 * failed rule whose bundle names none. 0; ST_MALFORMED when the event is no JSON object; ST_NOMEM. */
int bundle_decide(struct bundle *b, struct arena *a, struct span event, enum action safe,
                  struct decision *ret);
/* A decision as the JSON array of DECISION; shadow marks each of them. Appends verdict objects to an open
 * array. */
void decision_json(const struct bundle *b, const struct decision *d, bool shadow, struct jw *j);
/* For explain: does rule i match? 1, 0, EXPLAIN_NOT_ASKED (switched off, or not for such events), or negative
 * with the message in err; its reads are then in b->view. Only between explain_begin and explain_end. */
#define EXPLAIN_NOT_ASKED 2
int explain_begin(struct bundle *b, struct arena *a, struct span event);
int explain_rule(struct bundle *b, size_t i, char *err, size_t cap);
void explain_end(struct bundle *b);

#endif
