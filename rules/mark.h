/* SPDX-License-Identifier: GPL-3.0-or-later
 * mark: official secrecy markings in text, by table and by context. States facts: what, which level, where, how sure.
 *
 * Input is one document object's text in NFC, by place and page. Findings point into the caller's arena. Pure, any thread
 * after mark_warm_up(). Facts and sources: docs/markings.md. */
#ifndef GH_RULES_MARK_H
#define GH_RULES_MARK_H

#include "rules/extract.h"

/* Levels in rising order within a scheme; MAT.. are the Vietnamese codes, which are never mapped to English words. */
enum level { LEVEL_NONE, LEVEL_RESTRICTED, LEVEL_CONFIDENTIAL, LEVEL_SECRET, LEVEL_TOP_SECRET, LEVEL_MAT, LEVEL_TOI_MAT,
             LEVEL_TUYET_MAT };
const char *level_name(enum level l); /* "toi_mat" */
/* The higher of two, across schemes by rank (mat ~ confidential, toi_mat ~ secret, tuyet_mat ~ top_secret); a tie keeps a. */
enum level level_max(enum level a, enum level b);

struct marking {
    struct span text; /* as written, NFC */
    enum level level;
    const char *scheme; /* "vn", "uk", "us", "nato", "eu", "fr", "ru", "cn", "tlp" */
    enum place place;
    unsigned page;
    size_t offset; /* bytes from the start of that text */
    double confidence;
    bool note; /* a fact without level: urgency, circulation, declassified, TLP:CLEAR */
};
struct mark_text {
    enum place place;
    unsigned page;
    struct span text; /* UTF-8 NFC */
};
struct mark_list {
    struct marking *v;
    size_t n;
    bool truncated; /* more was found than is told; what is told includes the highest */
};
int mark_warm_up(void);
/* Finds markings (at most 200) in all texts of one object. 0 or ST_NOMEM. */
int mark_find(const struct mark_text *texts, size_t n, struct arena *a, struct mark_list *ret);
/* Level that a machine-readable label states: kind, key, value as in extract_label. LEVEL_NONE when it states none;
 * *ret_scheme when not NULL. */
enum level mark_label(const char *kind, struct span key, struct span value, const char **ret_scheme);
/* Teaches which MSIP label GUIDs state which level (their display names are not in the file): lines "GUID level", '#' and
 * empty lines are skipped. Before the jail, adds to what is known. 0; ST_USAGE with the bad line's number in *ret_line;
 * ST_LIMIT beyond 1024. */
int mark_label_guids(struct span table, unsigned *ret_line);
/* "vi", "en", "fr", "ru", "zh" or "" by letters and frequent words. */
const char *mark_language(struct span text);

#endif
