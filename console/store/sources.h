/* SPDX-License-Identifier: GPL-3.0-or-later
 * sources: policies, rules, lists and settings as people write them, in versions:
 *
 *     draft ──propose──▶ proposed ──decide──▶ approved (numbered, never changed again; goods for appliances)
 *       ▲ ▲───revise─────────┤ └──────────────▶ refused ──revise──▶ draft
 *       └ save: a new revision; the newest REVISIONS_KEPT stay readable          any but approved ──▶ dropped
 *
 * A version's files are one JSON object {"path": "text"}, ascending by path, so that equal files are equal
 * bytes and have one hash. Writing functions run in the caller's transaction and write no audit. */
#ifndef GH_CONSOLE_SOURCES_H
#define GH_CONSOLE_SOURCES_H

#include "console/store/goods.h"

#define SOURCE_FILES_MAX 64
#define SOURCE_BYTES_MAX (384u << 10) /* of all files of a version */
#define SOURCE_PATH_MAX 100
#define SOURCE_NAME_MAX 48
#define SOURCE_NOTE_MAX 500
#define SOURCES_MAX 500         /* names */
#define SOURCE_VERSIONS_MAX 400 /* of one name; drafts, refused and dropped ones count, too */
#define REVISIONS_KEPT 50

/* Same order as enum goods_kind, as far as people write it here. */
enum source_kind { SOURCE_POLICY, SOURCE_RULES, SOURCE_LISTS, SOURCE_SETTINGS, SOURCE_KINDS };
extern const char *const source_kind_names[SOURCE_KINDS];
enum goods_kind source_goods(enum source_kind k);
enum source_state {
    SOURCE_DRAFT,
    SOURCE_PROPOSED,
    SOURCE_APPROVED,
    SOURCE_REFUSED,
    SOURCE_DROPPED,
    SOURCE_STATES
};
extern const char *const source_state_names[SOURCE_STATES];

struct source_file {
    struct span path, text;
};
struct source_files {
    struct source_file v[SOURCE_FILES_MAX];
    size_t n, bytes;
};
bool source_path_is_good(struct span path, enum source_kind kind);
/* Over the bytes of source_files_write. */
void source_hash(struct span files, uint8_t out[static SEAL_HASH]);
/* The files of a JSON object, sorted. Spans are the object's. 0; ST_MALFORMED or ST_LIMIT with a sentence in
 * why. */
int source_files_read(const struct json *object, enum source_kind kind, struct source_files *ret, char *why,
                      size_t cap);
/* One more file (or another text for one that is there), sorted in. ST_LIMIT when there is no room. */
int source_files_put(struct source_files *f, struct span path, struct span text);
/* The files of a stored version. */
struct source_version;
int source_files_parse(struct arena *a, const struct source_version *v, struct source_files *ret);
void source_files_write(const struct source_files *f, struct writer *out);
const struct source_file *source_files_find(const struct source_files *f, const char *path);

struct source_version {
    int64_t id, source, number, revision, base, goods;
    enum source_state state;
    enum source_kind kind;
    char name[SOURCE_NAME_MAX + 1], author[65];
    struct span files; /* JSON; the arena's */
};
/* A name has letters, digits, '-', '_', at most SOURCE_NAME_MAX. */
bool source_name_is_good(struct span s);
/* ST_EXISTS: there is one of that kind and name. ST_LIMIT. */
int source_add(struct db *d, enum source_kind kind, const char *name, const char *who, bool shipped,
               int64_t *ret_id);
int source_find(struct db *d, enum source_kind kind, const char *name, int64_t *ret_id);
/* A new draft of the source. base: the version it was made from, 0: none. */
int source_draft(struct db *d, int64_t source, int64_t base, const char *who, struct span files,
                 const char *note, int64_t *ret_id);
/* ST_NOT_FOUND. */
int source_version(struct db *d, struct arena *a, int64_t id, struct source_version *ret);
/* The newest approved version of a name. ST_NOT_FOUND. */
int source_newest(struct db *d, struct arena *a, enum source_kind kind, const char *name,
                  struct source_version *ret);
/* New text of a draft or refused version, which becomes a draft again. *ret_revision. */
int source_save(struct db *d, const struct source_version *v, const char *who, struct span files,
                const char *note, int64_t *ret_revision);
int source_set_state(struct db *d, const struct source_version *v, enum source_state state, const char *who,
                     const char *why);
/* Files of a version with those of what it uses, under whole names: for appliances, or for the workbench. */
#define SOURCE_BAG_MAX 400
struct source_bag {
    struct goods_input v[SOURCE_BAG_MAX];
    size_t n;
};
/* Puts the files of the newest approved policies that a policy of these files uses, directly or not, into the
 * bag, as WHERE/NAME/path (where "": NAME/path). What is not there is left out: who checks will say so.
 * ST_LIMIT, ST_NOMEM. */
int source_bag_used(struct db *d, struct arena *a, const struct source_files *files, const char *where,
                    struct source_bag *bag);
/* The files themselves, as WHERE/path. */
int source_bag_add(struct arena *a, const struct source_files *files, const char *where,
                   struct source_bag *bag);
/* Approved: numbered, and made goods of kind source_goods(). label: the bundle's own version, or "". 0; as
 * goods_add, with *ret_why. */
int source_approve(struct db *d, struct arena *a, const struct source_version *v, const char *label,
                   const char *who, const char *why, const char **ret_why);
/* "version" and "use" of a policy's bundle.json; label "" when it says none. For what has been checked. */
void source_label(struct arena *a, const struct source_files *files, char *label, size_t cap);

/* As JSON. "items" of an open object: all sources, with the newest approved version and how many are open. */
int sources_put(struct db *d, int kind, struct jw *j);
/* A source as members of an open object, with "versions", newest first, without files. ST_NOT_FOUND. */
int source_put(struct db *d, int64_t id, struct jw *j);
/* A version as members of an open object, with files and "revisions". revision 0: the newest text.
 * ST_NOT_FOUND. */
int source_version_put(struct db *d, int64_t id, int64_t revision, struct jw *j);

/* What came with the program: read before the jail, recorded at every start; new or changed ones become
 * approved versions of "Gatehouse". dir: of bundles, or of rules (one source "standard"). */
int sources_ship(struct store *s, const char *policy_dir, const char *rules_dir);

#endif
