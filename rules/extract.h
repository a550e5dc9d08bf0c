/* SPDX-License-Identifier: GPL-3.0-or-later
 * extract: the interface between a format's reader and the document under examination. It knows nobody; each
 * x_*.c knows it; formats.c is the only file that knows all readers.
 *
 * A reader gets the whole input as one span (a mapped, sealed memfd, or an unpacked member in memory) and
 * says what it finds through the calls below. It never fails silently: what it could not read it reports by
 * extract_unread(). Everything runs in the worker's one thread, inside its jail; a crash or a hang costs this
 * document only. Budgets (bytes unpacked, members, depth, text) are shared by a document and everything
 * inside it. */
#ifndef GH_RULES_EXTRACT_H
#define GH_RULES_EXTRACT_H

#include "base/arena.h"
#include "base/reader.h"
#include "base/writer.h"

enum place {
    PLACE_BODY,
    PLACE_HEADER,
    PLACE_FOOTER,
    PLACE_NOTES, /* footnotes, speaker notes */
    PLACE_COMMENT,
    PLACE_HIDDEN, /* hidden text, deleted text of tracked changes, hidden sheets */
    PLACE_METADATA,
    PLACE_IMAGE, /* OCR */
    PLACE_FILENAME,
    PLACE_COUNT
};
enum unread {
    UNREAD_NONE,
    UNREAD_ENCRYPTED,
    UNREAD_TOO_LARGE,
    UNREAD_TOO_DEEP,
    UNREAD_TIMEOUT,
    UNREAD_CORRUPT,
    UNREAD_UNSUPPORTED,
    UNREAD_CRASH
};
const char *place_name(enum place p);   /* "header" */
const char *unread_name(enum unread u); /* "too_large"; NULL for UNREAD_NONE */

enum feature {
    FEATURE_ENCRYPTED,
    FEATURE_MACROS,
    FEATURE_EXTERNAL_REFS,
    FEATURE_EMBEDDED,
    FEATURE_JAVASCRIPT,
    FEATURE_COUNT
};

struct extract; /* one document or member under examination */

/* Text as UTF-8 (any normal form; invalid bytes are replaced). Runs of one place and page are joined as
 * given: the reader adds '\n' at ends of lines, paragraphs, cells (use '\t' between cells of a row).
 * page: 1.., 0 when the format has none; for sheets and slides their number. font (may be NULL): name of the
 * run's font, so that .Vn* (TCVN3) and VNI-* runs hidden in Unicode are decoded. */
void extract_text(struct extract *x, enum place place, unsigned page, struct span utf8, const char *font);
void extract_line(struct extract *x, enum place place, unsigned page); /* ends the line */
/* Text in a legacy 8-bit encoding or an unknown one: charset is an IANA name, "cp1258", or NULL to detect
 * (charset.c). */
void extract_bytes(struct extract *x, enum place place, unsigned page, struct span bytes,
                   const char *charset);
/* A machine-readable label or property: kind "msip", "stanag4774", "tlp", "header", "property"; key is its
 * name. */
void extract_label(struct extract *x, const char *kind, struct span key, struct span value);
/* Counts up a feature (booleans: any count). */
void extract_feature(struct extract *x, enum feature f, unsigned count);
/* Examines a member: type, text, members of its own, under the same budgets; its level counts for the
 * container. name is its path inside the container (bytes as found; made UTF-8 here). 0, or a negative code
 * when a budget refused it (already reported as unread; go on or stop as the format allows: ST_LIMIT means
 * stop). bytes need to live only during the call. */
int extract_child(struct extract *x, struct span name, struct span bytes);
/* The same for a member of which only the beginning (or what was left) is in bytes, and why. */
int extract_child_part(struct extract *x, struct span name, struct span bytes, enum unread why);
/* A member that is there but cannot be read; it appears in members with read none. */
void extract_child_unread(struct extract *x, struct span name, uint64_t size, enum unread why);
/* Something of this object could not be read. The first reason stays; encrypted wins over others. */
void extract_unread(struct extract *x, enum unread why);
/* Nothing at all could be read of it. */
void extract_unread_all(struct extract *x, enum unread why);
/* Takes n unpacked bytes from the document's budget BEFORE they are kept; false: budget spent, reported as
 * too_large. */
bool extract_budget(struct extract *x, uint64_t n);
/* Bytes of that budget left (for size limits given to libraries). */
uint64_t extract_budget_left(const struct extract *x);
/* Members that may still be reported. */
uint64_t extract_members_left(const struct extract *x);
/* True when the document's time is nearly over: a long loop should stop and call extract_unread(x,
 * UNREAD_TIMEOUT). */
bool extract_expired(struct extract *x);
/* Milliseconds until then, for libraries that take a limit of their own; 60000 when there is none. */
uint64_t extract_time_left(const struct extract *x);
/* Is this picture left for another process to recognise? Then x counts as unread. page: it looks like a page;
 * else only when another of this document did, so that all are read there anyway. */
bool extract_leave_picture(struct extract *x, bool page);
/* Memory that lives until this object is done. */
struct arena *extract_arena(struct extract *x);
/* File name as given, "" when none. */
struct span extract_name(const struct extract *x);
/* Sets a finer type than kind.c found (e.g. "application/vnd.openxmlformats-…" after looking inside). Static
 * strings. */
void extract_type(struct extract *x, const char *kind, const char *mime);
/* Language or legacy encoding that a reader knows for certain ("tcvn3"). Static strings. */
void extract_encoding(struct extract *x, const char *encoding);

/* A format's reader. */
typedef void format_read_fn(struct extract *x, struct span in);
struct format {
    const char *kind; /* as kind.c names it */
    format_read_fn *read;
    void (*warm_up)(void); /* once, before the jail (poppler, gmime, ICU); NULL for none */
};
/* formats.c: THE table. */
extern const struct format formats[];
extern const size_t formats_count;

#endif
