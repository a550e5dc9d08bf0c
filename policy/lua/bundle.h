/* SPDX-License-Identifier: GPL-3.0-or-later
 * bundle: one policy (bundle.json, zones.lua, policy.lua) loaded into a cage of its own, and its decisions.
 *
 * A struct bundle owns its cage. Deciding leaves nothing behind: the same event gives the same verdict, in
 * any order. One thread. Formats and examples: policy/README.md. */
#ifndef GH_POLICY_BUNDLE_H
#define GH_POLICY_BUNDLE_H

#include "base/arena.h"
#include "base/writer.h"
#include "policy/lua/cage.h"
#include "policy/lua/view.h"

#define RULES_MAX 256
#define RULE_TEXT 400
#define BUNDLE_FILE_MAX (1u << 20)

/* In rising strictness; the strictest verdict decides. */
enum action { ACTION_ALLOW, ACTION_LOG, ACTION_ALERT, ACTION_QUARANTINE, ACTION_BLOCK, ACTION_COUNT };
const char *action_name(enum action a);
bool action_parse(const char *s, enum action *ret);

struct rule {
    char id[64];
    char title_en[128], title_vi[128];
    char category[96];
    char reason_en[RULE_TEXT], reason_vi[RULE_TEXT]; /* with {fact} in braces */
    enum action action;
    unsigned severity; /* 1 high … 4 low */
    int line;          /* of `when` in policy.lua */
    int when;          /* registry reference */
    uint64_t matched, tried;
};
struct bundle {
    char name[64], version[32], dir[512];
    struct cage *cage;
    struct zones zones;
    struct rule rules[RULES_MAX];
    size_t n_rules;
    enum action otherwise; /* when no rule matches */
    int utc_offset_min;
    struct view view;
};
struct bundle_options {
    struct cage_limits limits;
    enum action safe; /* conf policy.safe_verdict */
};

/* Loads a bundle directory. 0, or ST_USAGE with one "file:line: sentence" per fault in err. */
int bundle_load(const char *dir, const struct cage_limits *lim, struct bundle **ret, struct writer *err);
/* Reads one file of a bundle (at most BUNDLE_FILE_MAX) into w: 0, ST_NOT_FOUND, ST_IO, ST_LIMIT. */
int bundle_read_file(const char *dir, const char *name, struct writer *w);
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
 * failed rule. 0; ST_MALFORMED when the event is no JSON object; ST_NOMEM. */
int bundle_decide(struct bundle *b, struct arena *a, struct span event, enum action safe,
                  struct decision *ret);
/* A decision as the JSON array of DECISION; shadow marks each of them. Appends verdict objects to an open
 * array. */
void decision_json(const struct bundle *b, const struct decision *d, bool shadow, struct jw *j);
/* For explain: does rule i match? 1, 0, or negative with the message in err; its reads are then in b->view.
 * Only between explain_begin and explain_end. */
int explain_begin(struct bundle *b, struct arena *a, struct span event);
int explain_rule(struct bundle *b, size_t i, char *err, size_t cap);
void explain_end(struct bundle *b);

#endif
