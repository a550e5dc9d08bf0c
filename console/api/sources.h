/* SPDX-License-Identifier: GPL-3.0-or-later
 * sources: what the handlers of policies share. */
#ifndef GH_CONSOLE_API_SOURCES_H
#define GH_CONSOLE_API_SOURCES_H

#include "console/api/app.h"
#include "console/store/sources.h"

#define SOURCE_BODY_MAX (900u << 10) /* all files of a version, escaped */
#define SOURCE_ARENA (24u << 20)     /* two versions with all they use, as trees and text */

/* The version in the path, into an arena that the caller frees (NULL in *ret_arena: nothing to free). False
 * with the problem written. */
bool version_of(struct worker *w, struct request *r, struct db *d, struct arena *a,
                struct source_version *ret);
/* The body's "files", or the version's own when it has none. */
bool files_of(struct request *r, struct arena *a, const struct source_version *v, struct source_files *ret);

/* A question to the workbench about these files, as version v: {"op": op, "bundle": name}. 0 with the answer
 * in *ret (JSON of the arena); otherwise the problem is written. event: text of an event, or an empty span.
 */
bool bench_about(struct worker *w, struct request *r, struct arena *a, const char *op,
                 const struct source_version *v, const struct source_files *files, struct span event,
                 const struct json **ret, struct span *ret_text);
/* Asks the workbench anything; the same. pack empty: none. */
bool bench_ask(struct app *app, struct arena *a, struct span question, struct span pack, uint64_t timeout_ms,
               struct span *ret, const char **ret_why);
/* The pack of files: {"files": {…}, and more}. */
void bench_pack_files(struct jw *j, const char *member, const struct source_bag *bag);
int bench_bag(struct db *d, struct arena *a, const struct source_version *v, const struct source_files *files,
              struct source_bag *bag);

#endif
