/* SPDX-License-Identifier: GPL-3.0-or-later
 * extract_state: the document under examination, as extract*.c and document.c see it. No reader includes this.
 *
 * One struct exam per document, one struct extract per object (the document and each member), nested on the stack while a
 * member is examined. Text is kept by place and page in heap writers that die with the object; all else lies in the one
 * arena, which goes back to where it was when a member is done. */
#ifndef GH_RULES_EXTRACT_STATE_H
#define GH_RULES_EXTRACT_STATE_H

#include "base/json.h"
#include "rules/document.h"
#include "rules/ident.h"
#include "rules/mark.h"
#include "rules/print_match.h"
#include "rules/value.h"

#define SECTIONS_MAX 4096   /* places and pages kept apart; what comes later joins the last of its place */
#define LABELS_MAX 256      /* labels and properties of one object */
#define MATCHES_MAX 100     /* rule matches told of one object */
#define PRINTS_MAX (64u << 20) /* bytes of fingerprints */
#define RESULT_MAX (384u << 20) /* JSON of one object with all its members */

struct exam {
    const struct document_job *job;
    struct arena *arena;
    uint64_t unpack_left, text_left;
    uint64_t members_left;
};
struct section {
    enum place place;
    unsigned page;
    struct writer w;
    const char *font;  /* "tcvn3" or "vni" while the tail is a run in such a font */
    bool font_capital; /* in its capital form */
    size_t font_from;  /* where that tail begins */
};
struct label {
    struct label *next;
    const char *kind;
    struct span key, value;
    enum level level;
    const char *scheme;
};
enum level_source { SOURCE_NONE, SOURCE_MARKING, SOURCE_LABEL, SOURCE_FINGERPRINT, SOURCE_RULE };
struct extract {
    struct exam *exam;
    struct extract *parent;
    unsigned depth; /* 0: the document itself */
    struct span in, name;
    uint64_t size; /* in.n, or what a member is said to have that could not be read */
    const char *format; /* the kind that chose the reader; the reader may name a finer one */
    const char *kind, *mime, *encoding, *lang;
    bool encoding_fixed;
    struct section *sections;
    size_t n_sections, sections_cap;
    size_t last[PLACE_COUNT]; /* index + 1 of the section last used for each place */
    struct label *labels, **labels_end;
    unsigned n_labels;
    unsigned features[FEATURE_COUNT];
    enum unread unread, member_unread;
    bool unread_all, member_read;
    struct writer members; /* their JSON objects, comma-separated */
    unsigned n_members;
    struct writer member_matches; /* JSON objects of rules that matched in members */
    unsigned n_member_matches;
    struct mark_list marks;
    struct ident_counts idents;
    uint32_t *values; /* different values found, by list; NULL: none */
    struct writer prints; /* struct print: of the members while they are read, then of all there is */
    struct print_similar *similar;
    size_t n_similar;
    struct rule_match *matches;
    size_t n_matches;
    enum level level;
    enum level_source source;
    const char *scheme;
};

/* An object's life: init, the reader's calls, then finish: markings, rules, level. */
void extract_init(struct extract *x, struct exam *exam, struct extract *parent, struct span in, struct span name);
void extract_done(struct extract *x);
/* Recognises, reads and judges x->in. */
void extract_run(struct extract *x);
/* Ends open runs and brings every section to NFC. */
void extract_settle(struct extract *x);
/* Any readable text besides the file's own name? */
bool extract_has_text(const struct extract *x);
/* The level stated by src counts for x when it is higher than what x has. */
void extract_raise(struct extract *x, enum level level, enum level_source source, const char *scheme);
/* How much was read: "full", "partial", "none"; and why not all (NULL). */
const char *extract_read(const struct extract *x, enum unread *ret_why);
/* The object as JSON appended to out; on failure out is as before. 0 or ST_NOMEM. */
/* One rule that matched; where: "raw", "text" or "member". */
void extract_json_match(struct jw *j, const struct rule_match *m, const char *where);
int extract_json(const struct extract *x, struct writer *out);

#endif
