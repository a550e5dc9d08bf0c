/* SPDX-License-Identifier: GPL-3.0-or-later
 * conf: "[section]" and "key = value" text to one typed struct. The keys are those of conf.def and no others.
 *
 * A line starts with '#' for a comment; a value may stand in double quotes. Every fault is one line that names file, line
 * and key, with the nearest known key for a typing error. A struct conf is plain data: load it once, then only read. */
#ifndef GH_BASE_CONF_H
#define GH_BASE_CONF_H

#include "base/writer.h"

#define CONF_TEXT 512

#define CONF_STR(s, k, d, t) char s##_##k[CONF_TEXT];
#define CONF_INT(s, k, d, lo, hi, t) uint64_t s##_##k;
#define CONF_SIZE(s, k, d, lo, hi, t) uint64_t s##_##k;
#define CONF_MS(s, k, d, lo, hi, t) uint64_t s##_##k;
#define CONF_BOOL(s, k, d, t) bool s##_##k;
#define CONF_CHECK(s, k, d, f, t) char s##_##k[CONF_TEXT];
struct conf { /* NOLINT(clang-analyzer-optin.performance.Padding): one of its kind, in the order of the table */
#include "base/conf.def"
};
#undef CONF_STR
#undef CONF_INT
#undef CONF_SIZE
#undef CONF_MS
#undef CONF_BOOL
#undef CONF_CHECK

/* Built-in defaults. */
void conf_defaults(struct conf *c);
/* Reads file over *c. 0, or ST_USAGE/ST_IO with one sentence per fault (newline-ended) in err. */
int conf_load(struct conf *c, const char *path, struct writer *err);
/* The same from memory; name stands for the file in messages. */
int conf_parse(struct conf *c, const char *name, struct span text, struct writer *err);
/* One "section.key=value" as given on a command line (--set). */
int conf_set(struct conf *c, const char *assignment, struct writer *err);
/* The whole table with current values and sentences, as a commented file. */
void conf_print(const struct conf *c, struct writer *out);

#endif
