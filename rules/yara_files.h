/* SPDX-License-Identifier: GPL-3.0-or-later
 * yara_files: the source files of a rule directory, read whole, in one order on every machine, and looked at
 * for what libyara would not say or should not see. Before the jail. */
#ifndef GH_RULES_YARA_FILES_H
#define GH_RULES_YARA_FILES_H

#include "rules/yara_source.h"

struct rule_file {
    const char *name; /* path below the directory, with '/' */
    struct span text; /* NUL behind its end */
    struct source source;
    bool bad; /* has a fault: its rules are left out */
};
struct rule_files {
    struct rule_file *v;
    size_t n;
};

/* Every *.yar and *.yara below dir, which may be several directories with ':' between them, read one after
 * the other, an empty one being the standard set (eight levels deep; hidden names and links to directories
 * are not followed), sorted by path. 0; ST_USAGE when dir or a file cannot be read, there are more than
 * RULE_FILES_MAX, or a file is longer than RULE_FILE_MAX (err gets "path: sentence\n"); ST_NOMEM. A file that
 * is no rule source, includes another, imports a module that opens files, or repeats a rule's name is marked
 * bad and err gets "name:line: error: sentence\n". Everything lives in the arena. */
int rule_files_read(const char *dir, struct arena *a, struct rule_files *ret, struct writer *err);
/* 16 hex digits and a NUL over the good files, the engine's version and Unicode's. 0 or ST_NOMEM. */
int rule_files_version(const struct rule_files *files, const char *engine, char ret[static 17]);
/* From now on, until it is called with NULL, rule files and samples are these and nothing on disk is looked at:
 * for a process that has no files. A name is a path, "mine/a.yar"; a text has a NUL behind its end. They must
 * outlive the mount. */
struct rule_mounted {
    const char *name;
    struct span text;
};
void rule_files_mount(const struct rule_mounted *files, size_t n);
/* One file, at most max bytes, NUL behind its end. ST_NOT_FOUND, ST_LIMIT, ST_NOMEM or another code of the
 * system. */
int rule_file_read(const char *path, size_t max, struct arena *a, struct span *ret);

#endif
