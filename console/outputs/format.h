/* SPDX-License-Identifier: GPL-3.0-or-later
 * format: a recorded event in the words of other systems: as it is (EVE), Elastic Common Schema, OCSF, CEF;
 * and the frame of RFC 5424. What is mapped to what: docs/outputs.md, whose tables tests hold against this
 * code.
 *
 * Events are hostile: every value is text. One event is one line whatever it contains: JSON escapes, CEF's
 * own escapes, and control characters never reach the line. Pure functions; results live in the caller's
 * writer. */
#ifndef GH_CONSOLE_FORMAT_H
#define GH_CONSOLE_FORMAT_H

#include "base/json.h"

enum output_format { FORMAT_EVE, FORMAT_ECS, FORMAT_OCSF, FORMAT_CEF, FORMAT_COUNT };
extern const char *const output_format_names[FORMAT_COUNT];

/* Besides the event itself. */
struct format_about {
    int64_t row;           /* the console's number of the event */
    struct span appliance; /* its name, and */
    struct span identity;  /* 32 hex digits */
};
#define FORMAT_MEMORY (64u << 20)   /* the arena that an event's tree needs at most */
#define FORMAT_EVENT_MAX (1u << 20) /* a longer event is not sent outward: counted as lost, too_large */

/* One line without its end. event must be one JSON object. ST_MALFORMED, ST_NOMEM, ST_LIMIT. */
int format_event(enum output_format f, struct arena *a, struct span event, const struct format_about *about,
                 struct writer *out);
/* A syslog message (RFC 5424) around a line that format_event made; with the length in front of it (RFC 5425)
 * when framed. */
int format_syslog(struct arena *a, struct span event, const struct format_about *about, struct span line,
                  bool framed, struct writer *out);

/* For the formats themselves (format_*.c). */
struct format_event {
    const struct json *e;
    const struct format_about *about;
    uint64_t time_us;
    const char *type;  /* event_type */
    const char *level; /* gatehouse.document.level; NULL: none is told */
    int severity;      /* alert.severity 1 (worst) to 4; 0: no alert */
    struct arena *arena;
};
void format_ecs(const struct format_event *f, struct jw *j);
void format_ocsf(const struct format_event *f, struct jw *j);
void format_cef(const struct format_event *f, struct writer *out);
/* Text, number or truth at a path as text; NULL when it is not there or something else. In the event's arena.
 */
const char *format_text(const struct format_event *f, const char *path);
/* Puts the value at path, when it is text or a number, under key: as text, or (as a number) as a number. */
void format_copy(const struct format_event *f, struct jw *j, const char *key, const char *path);
bool format_has(const struct format_event *f, const char *path);

#endif
