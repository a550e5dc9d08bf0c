/* SPDX-License-Identifier: GPL-3.0-or-later
 * yara: rule sets compiled before the jail, scanned inside it. One struct rule_set per process; scanning from
 * one thread.
 *
 * A rule's meta says what it looks at: scan = "raw" (bytes as they are) or "text" (the folded
 * text: NFKC casefolded, white space collapsed; text strings of such rules are folded the same way before
 * compiling, so that an author may write "TUYỆT MẬT" as he sees it). A rule that does not say, as rules from
 * elsewhere, looks at the bytes and then at the plain text (UTF-8, NFC) that was read from them. A bad file
 * is named and skipped, never the set. Includes are disabled, and modules that open files (magic, cuckoo) are
 * refused. Rule names are unique across the set. */
#ifndef GH_RULES_YARA_H
#define GH_RULES_YARA_H

#include "base/arena.h"
#include "base/writer.h"

#define RULE_FILE_MAX (1u << 20) /* bytes of one source file */
#define RULE_FILES_MAX 1000      /* source files of one set */
#define RULE_MATCHES_MAX 100     /* matches told of one scan */
#define RULE_STRINGS_MAX 8       /* strings told of one match */

struct rule_set;
struct rule_match {
    const char *rule;
    const char *const *tags; /* NULL-ended */
    struct span meta;        /* JSON object text */
    const char *level;       /* meta level = "toi_mat": the rule states a level; NULL: it does not */
    const char *scheme;      /* meta scheme = "vn"; NULL: not said */
    bool text;               /* matched in the text, not in raw bytes */
    struct {
        const char *id;
        uint64_t offset;
    } strings[RULE_STRINGS_MAX];
    size_t n_strings;
};
struct rule_vars { /* external variables; NULL = "". zone is there so that sets which name it compile:
                      findings belong to a content, whoever sent it, and say nothing of zones */
    const char *level, *mime, *kind, *lang, *zone, *filename;
};
struct rule_info { /* one rule as compiled; lives as long as the set */
    const char *name;
    const char *file; /* path below the set's directory */
    unsigned line;
    bool text, is_private;
    bool both; /* no meta scan: looks at the bytes and at the plain text */
    const char *const *tags;
    struct span meta;
    const char *level, *scheme;
};
struct rule_report {       /* what loading found */
    size_t files, skipped; /* source files, and those that were left out because of a fault */
    size_t warnings; /* slow strings and the like: such rules are in the set, but a site should mend them */
};

/* Compiles every *.yar and *.yara below dir, sorted. Faults and warnings go to err, one line each
 * "file:line: error: sentence" or "file:line: warning: sentence". 0 when the set exists (maybe with skipped
 * files: see *ret_report, may be NULL); ST_USAGE when dir cannot be read or is too large (err says why);
 * ST_NOMEM. */
int rule_set_load(const char *dir, struct rule_set **ret, struct writer *err, struct rule_report *ret_report);
void rule_set_free(struct rule_set *s); /* NULL is fine */
size_t rule_set_count(const struct rule_set *s);
/* The rules in the order of their files; i < rule_set_count. Valid until the set is freed. */
const struct rule_info *rule_set_at(const struct rule_set *s, size_t i);
/* Short version of the set: 16 hex digits over the sources and the engine; with the worker's version it keys
 * the cache. */
const char *rule_set_version(const struct rule_set *s);
/* Scans; at most RULE_MATCHES_MAX matches into the arena, raw rules first, each kind in the order of the set.
 * timeout in whole seconds for both kinds together, coarse (the supervisor's kill is the sharp one). 0,
 * ST_TIMEOUT, ST_NOMEM; on failure *ret holds what had matched until then. *ret_truncated when not all
 * matches are told. raw is the input, folded the text from rule_fold over all its text; an empty one is not
 * scanned. */
int rule_set_scan(struct rule_set *s, struct span raw, struct span folded, const struct rule_vars *vars,
                  unsigned timeout_s, struct arena *a, struct rule_match **ret, size_t *ret_n,
                  bool *ret_truncated);
/* Has the set rules that look at plain text, too? */
bool rule_set_wants_plain(const struct rule_set *s);
/* Those rules over plain; what they match and the list of rule_set_scan (*list NULL: empty, else room for
 * RULE_MATCHES_MAX) does not name yet is appended. Codes as above. */
int rule_set_scan_plain(struct rule_set *s, struct span plain, const struct rule_vars *vars,
                        unsigned timeout_s, struct arena *a, struct rule_match **list, size_t *n,
                        bool *ret_truncated);
/* The folding that text rules see: NFKC_Casefold (UAX #15, ICU), every run of white space one blank. Invalid
 * UTF-8 becomes U+FFFD. Appends to out; out's ceiling bounds it. Warm up once before the jail. */
int rule_fold_warm_up(void); /* 0 or ST_IO: the library lacks its data */
void rule_fold(struct span utf8, struct writer *out);

#endif
