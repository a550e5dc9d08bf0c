/* SPDX-License-Identifier: GPL-3.0-or-later
 * static: the web page, read into memory before the process locks itself in. A request names one of the files
 * that were found then, by its exact path; nothing is opened later, so no path can lead elsewhere. Read-only
 * after loading. */
#ifndef GH_CONSOLE_STATIC_H
#define GH_CONSOLE_STATIC_H

#include "console/http/request.h"

struct site;

/* Reads every regular file below dir (at most 512, 32 MiB, 4 levels; no links, no dot files) whose ending has
 * a known type; file.br and file.gz become other forms of file. A dir that is not there gives an empty site
 * (a plain page says so). 0; ST_NOMEM; ST_LIMIT with the name in err. */
int site_load(const char *dir, struct site **ret, char *err, size_t cap);
void site_free(struct site *s);
size_t site_count(const struct site *s);
/* Answers GET or HEAD of a path: 200, 304 or 404. Any thread. */
void site_reply(const struct site *s, struct request *r);

#endif
