/* SPDX-License-Identifier: GPL-3.0-or-later
 * worker: the process that reads hostile bytes: one document at a time, with no right but to answer.
 *
 * It is forked by the supervisor after everything was warmed up, keeps one socket, locks itself in
 * (JAIL_WORKER: no file, no network, no fork, no executable memory, memory ceiling) and answers each WORK
 * with one WORK_DONE until the socket closes. A reader leaves pictures that look like pages and says whether
 * there were any; a worker of the pool for pictures reads the whole document, those included. It never cleans
 * up: its death at any moment is its supervisor's business. */
#ifndef GH_RULES_WORKER_H
#define GH_RULES_WORKER_H

#include "base/conf.h"
#include "base/jail.h"
#include "rules/print_book.h"
#include "rules/value.h"
#include "rules/yara.h"

/* Beside bits 0 and 1 of SCAN, in the flags of WORK: why the pictures that a reader leaves are unread. */
#define WORK_LEFT_SHIFT 4
#define WORK_LEFT_MASK 7u

struct worker_config {
    const struct conf *conf;
    size_t workers; /* ceilings of this pool */
    uint64_t timeout_ms, memory;
    bool pictures; /* recognises pictures; otherwise leaves them, unless scan.ocr is off */
    struct rule_set *rules;
    const struct print_book *prints;  /* NULL: no registered documents */
    const struct value_index *values; /* NULL: no lists of exact values */
    struct jail_usage usage;          /* of the supervisor, before its own jail */
    bool talkative; /* keeps standard error: its libraries' messages may quote the document */
};

/* Exit codes that mean something to the supervisor; any other end is a crash. */
enum worker_exit {
    WORKER_CLOSED = 0,  /* the supervisor let it go */
    WORKER_MEMORY = 71, /* the memory ceiling was reached */
    WORKER_JAIL = 72    /* it could not lock itself in and read nothing */
};

/* In the child after fork: fd is its end of the socket pair; every other descriptor above 2 is closed. */
_Noreturn void worker_run(int fd, const struct worker_config *c);

#endif
