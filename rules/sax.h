/* SPDX-License-Identifier: GPL-3.0-or-later
 * sax: XML as a stream of elements and text; the only door to expat.
 *
 * No DTD is loaded, no external entity is opened, internal entities expand only as far as expat's
 * amplification guard allows (8 MiB or 100 times the input). Depth is bounded by SAX_DEPTH_MAX, time by
 * extract_expired(). What stops the reading is reported through extract_unread(); what came before the stop
 * has been delivered. One thread, no state between calls.
 *
 * Names are told as local name and namespace apart, because strict and transitional OOXML differ in the
 * namespace only and prefixes are the writer's choice. */
#ifndef GH_RULES_SAX_H
#define GH_RULES_SAX_H

#include "rules/extract.h"

#define SAX_DEPTH_MAX                                                                                        \
    2000 /* deeper documents are reported as too deep: no office program writes more than some dozen */

struct sax; /* the parse under way; lives during sax_read() */

/* Callbacks; each may be NULL. Strings live during the call. */
struct sax_handler {
    void (*start)(void *ctx, struct sax *s, const char *name);
    void (*end)(void *ctx, struct sax *s, const char *name);
    void (*text)(void *ctx, struct sax *s, struct span utf8); /* may come in pieces */
};
/* Parses the whole of xml (UTF-8, UTF-16, ISO-8859-1, US-ASCII or an encoding that charset.h knows and that
 * is 8 bits wide). 0, or the negative code of what was reported: ST_MALFORMED (corrupt), ST_LIMIT (too deep,
 * entity bomb), ST_TIMEOUT, ST_NOMEM. */
int sax_read(struct extract *x, struct span xml, const struct sax_handler *h, void *ctx);
/* Ends the parse from within a callback, as if the document ended here; sax_read returns 0. */
void sax_stop(struct sax *s);
/* Namespace of the element being started or ended, "" when it has none. */
struct span sax_namespace(const struct sax *s);
/* True when that namespace contains part ("wordprocessingml"). */
bool sax_in(const struct sax *s, const char *part);
/* Value of the started element's attribute of that local name, whatever its namespace; NULL when absent. Only
 * during start. */
const char *sax_attr(const struct sax *s, const char *name);
/* The same, but the attribute must be in a namespace that contains part ("relationships" finds r:id beside
 * id). */
const char *sax_attr_in(const struct sax *s, const char *part, const char *name);
/* The i-th attribute: local name and value; false past the last. Only during start. */
bool sax_attr_at(const struct sax *s, size_t i, struct span *ret_name, struct span *ret_value);
/* Elements that are open, the started or ended one included: 1 for the root. */
unsigned sax_depth(const struct sax *s);
/* OOXML and ODF write booleans as 1, true, on; an attribute that is absent means fallback. */
bool sax_true(const char *value, bool fallback);

#endif
