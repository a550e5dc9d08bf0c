/* SPDX-License-Identifier: GPL-3.0-or-later
 * load: one file, text or compiled, becomes one compiled list in a sealed memfd.
 *
 * A file with a single faulty line is refused as a whole unless lenient: half a list that nobody knows to be
 * half is worse than the one of yesterday. Everything is bounded by memory_max: the list, and the entries
 * while it is built. One thread; opens nothing. */
#ifndef GH_SENSOR_LISTS_LOAD_H
#define GH_SENSOR_LISTS_LOAD_H

#include "sensor/lists/text.h"

#define LOAD_FAULTS_SHOWN 20
#define LOAD_REASON 256

struct load_options {
    struct text_options text;
    uint64_t memory_max;
    bool lenient;     /* leave faulty lines out and go on */
    const char *name; /* of the list; NULL: what the file says, or its own name without ending */
    uint64_t built_s; /* time written into a list that is made of text */
    /* One line for people, without a newline: "file:line: reason". May be NULL. */
    void (*say)(void *arg, const char *line);
    /* Bytes read so far, now and then. May be NULL. */
    void (*progress)(void *arg, uint64_t bytes);
    void *arg;
};
struct load_result {
    int fd;        /* sealed memfd, owned by the caller; -1: none */
    bool compiled; /* the file was a compiled list already */
    uint64_t bytes, doubles;
    struct text_counts counts; /* of text */
    char name[IOC_NAME_MAX + 1];
    char reason[LOAD_REASON]; /* why there is none: "file:line: reason" or "file: reason" */
};
/* fd is read from where it stands to its end and stays open; file names it in messages. 0 and ret->fd, or
 * ST_MALFORMED (the file), ST_LIMIT (memory_max), ST_NOMEM, ST_IO; *ret is filled in all cases. */
int load_file(int fd, const char *file, const struct load_options *opt, struct load_result *ret);
/* File name without directory and ending, as a list's name; false when none is left. */
bool load_stem(const char *path, char out[static IOC_NAME_MAX + 1]);

#endif
