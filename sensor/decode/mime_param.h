/* SPDX-License-Identifier: GPL-3.0-or-later
 * mime_param: structured header fields, value; name=value; … (RFC 2045 section 5.1, 2183, 2231, 6266, 5987),
 * read as forgivingly as mail readers and browsers do: missing quotes, blanks in bare values, quotes that
 * never end. Pure functions, any thread. */
#ifndef GH_SENSOR_MIME_PARAM_H
#define GH_SENSOR_MIME_PARAM_H

#include "base/writer.h"

/* What stands before the first ';', trimmed: "multipart/mixed". */
struct span mime_value(struct span field);
/* Appends the named parameter as UTF-8: name*=charset'lang'%41… and name*0, name*1*, … (RFC 2231) before
 * plain name=, in which encoded words are decoded, too (RFC 2047 forbids it, everybody does it). name in
 * lower case. False when absent. */
bool mime_param(struct span field, const char *name, struct writer *out);
/* As mime_param, and then without directories: "C:\\dir\\a.doc" gives "a.doc". */
bool mime_param_file(struct span field, const char *name, struct writer *out);

#endif
