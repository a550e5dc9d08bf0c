/* SPDX-License-Identifier: GPL-3.0-or-later
 * output_impl: the state of output.c, shared with output_file.c only. */
#ifndef GH_CORE_OUTPUT_IMPL_H
#define GH_CORE_OUTPUT_IMPL_H

#include "base/outlet.h"
#include "policy/core/output.h"

#define OUTPUT_NAME 256

struct output {
    struct outlet where;
    int fd;  /* -1: the reader is gone */
    int dir; /* of the file */
    char name[OUTPUT_NAME];
    bool strict, wait;
    uint64_t types;
    uint64_t max, every_ms; /* rotation; 0: never */
    unsigned keep;
    uint64_t most;     /* bytes that may wait */
    struct writer buf; /* whole lines, but the first one may be written in part */
    size_t head;       /* bytes of it that are written */
    bool mid;          /* head stands inside a line */
    bool gone;         /* no reader */
    bool failing;      /* the disk refused; said */
    bool told;         /* that lines are lost; said */
    uint64_t retry_ms; /* not before */
    uint64_t size, opened_ms,
        rotate_ms;        /* of the file: bytes, since when, next try of a rotation that failed */
    uint64_t lost_before; /* counts.full when the disk began to refuse */
    int rc;
    struct loop *loop;
    struct loop_io *io; /* waits until the descriptor takes more */
    void (*closed)(void *arg);
    void *arg;
    struct output_counts counts;
};

int output_file_open(struct output *o, const struct conf *conf, char *err, size_t cap);
void output_file_check(const struct output *o);
void output_file_reopen(struct output *o);
/* A write failed: the line that is only half there is taken back. */
void output_file_failed(struct output *o, int rc);
/* What of s may be written at once: whole lines up to the size of a rotation, at least one. */
struct span output_file_piece(const struct output *o, struct span s);
/* Something was written: the disk has room again, and the file may be large enough for a rotation. */
void output_file_written(struct output *o);
/* Rotates when the file is large or old enough. */
void output_file_rotate(struct output *o, uint64_t now_ms);

#endif
