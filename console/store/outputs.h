/* SPDX-License-Identifier: GPL-3.0-or-later
 * outputs: where events go outward (docs/outputs.md): each with a filter, a format, a cursor and its figures.
 * An output's queue is the table of events itself: the cursor says up to which number it has gone; what is
 * behind it is at most console.output_waiting. Secrets are kept apart, sealed to the console's key, and never
 * shown again.
 *
 * Changing functions run in the caller's transaction. Any thread. */
#ifndef GH_CONSOLE_STORE_OUTPUTS_H
#define GH_CONSOLE_STORE_OUTPUTS_H

#include "base/seal.h"
#include "console/outputs/format.h"
#include "console/query/query.h"
#include "console/store/store.h"

#define OUTPUTS_MAX 16
#define OUTPUT_NAME 65
#define OUTPUT_TARGET 1025
#define OUTPUT_QUERY (QUERY_BYTES + 1)
#define OUTPUT_CA 16385
#define OUTPUT_SECRET 32
#define OUTPUT_DEAD_MAX 1000 /* refused events kept to be looked at; older ones are only counted */

enum output_kind { OUTPUT_WEBHOOK, OUTPUT_SYSLOG, OUTPUT_FILE, OUTPUT_KIND_COUNT };
enum output_auth { OUTPUT_NO_AUTH, OUTPUT_HMAC, OUTPUT_ED25519, OUTPUT_AUTH_COUNT };
extern const char *const output_kind_names[OUTPUT_KIND_COUNT];
extern const char *const output_auth_names[OUTPUT_AUTH_COUNT];

struct output {
    int64_t id, revision; /* grows with each change of what it is */
    enum output_kind kind;
    enum output_format format;
    enum output_auth auth;
    enum query_target source;
    bool enabled;
    char name[OUTPUT_NAME], target[OUTPUT_TARGET], query[OUTPUT_QUERY], ca[OUTPUT_CA];
    int64_t cursor, before; /* gone up to here; and where the last batch had begun */
    int64_t tries, next_us; /* failures in a row, and when the next try is due */
};

/* All, by name, into list (OUTPUTS_MAX). */
int output_all(struct db *d, struct output *list, size_t *ret_n);
int output_find(struct db *d, int64_t id, struct output *ret); /* ST_NOT_FOUND */
/* New: begins behind the newest event. ST_EXISTS: the name; ST_FULL: OUTPUTS_MAX. */
int output_add(struct db *d, struct output *o, const char *user);
/* What a person may change: name, target, query, ca, format, source, auth, enabled. Failures in a row are
 * forgotten. */
int output_change(struct db *d, const struct output *o);
int output_remove(struct db *d, int64_t id);

/* The secret: 32 random bytes of HMAC, or SEAL_SECRET of a key pair. ST_NOT_FOUND. */
int output_secret_put(struct db *d, int64_t id, const struct seal_public *console, struct span secret,
                      struct span public_part);
int output_secret_get(struct db *d, int64_t id, const struct seal_keys *console, struct writer *out);

/* What came of a batch. */
int output_sent(struct db *d, const struct output *o, int64_t upto, int64_t n, int64_t now_us);
int output_failed(struct db *d, const struct output *o, int64_t next_us, const char *reason, int64_t now_us);
/* The batch before may be lost: back to where it began. */
int output_stale(struct db *d, const struct output *o, const char *reason, int64_t now_us);
/* One event that the receiver refuses for ever; the cursor goes past it. */
int output_refused(struct db *d, const struct output *o, int64_t event, const char *reason, int64_t now_us);
/* n events were skipped, up to a number. */
int output_lost(struct db *d, const struct output *o, int64_t upto, int64_t n, const char *reason);

/* "items" of an open object: settings, state and figures, never a secret. */
int output_list(struct db *d, struct jw *j);
int output_put(struct db *d, int64_t id, struct jw *j); /* one, as a value */
int output_dead_list(struct db *d, int64_t id, int64_t before, int64_t limit, struct jw *j);
int output_dead_clear(struct db *d, int64_t id);
/* Lines for Prometheus. */
int output_metrics(struct db *d, struct writer *w);

#endif
