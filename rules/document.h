/* SPDX-License-Identifier: GPL-3.0-or-later
 * document: one document in, one JSON object out: what it is, what it says, how secret it is, and what could
 * not be read.
 *
 * This is all that the worker calls. Order: mark_warm_up and the rest by document_warm_up() before the jail;
 * then, for each document, document_examine() from the worker's one thread. It opens nothing, forks nothing
 * and keeps nothing between documents. Ceilings come from conf [scan]: document_max, unpack_max, members_max,
 * depth_max, text_max, and half of worker_memory for the examination's own arena; the libraries below it are
 * held by the process's RLIMIT. A reader that crashes or hangs takes the worker with it: its supervisor then
 * writes document_unread(). */
#ifndef GH_RULES_DOCUMENT_H
#define GH_RULES_DOCUMENT_H

#include "base/conf.h"
#include "rules/extract.h"
#include "rules/print_book.h"
#include "rules/yara.h"

struct document_job {
    struct span in;          /* the whole document: a mapped, sealed memfd; need not be aligned */
    struct span name;        /* file name or path as given, any bytes; may be empty */
    bool want_text;          /* put "text" into the object and into its members */
    const struct conf *conf; /* only scan_* is read */
    uint64_t
        deadline_ms; /* clock_mono_ms() at which reading stops by itself and says "timeout"; set it clearly
                        before the time at which the worker is killed (4/5 of scan.timeout); 0: none */
    struct rule_set *rules;           /* NULL: no YARA rules */
    const struct value_index *values; /* NULL: no lists of exact values */
    const struct print_book *prints;  /* NULL, or without an index: no registered documents */
    bool want_prints;                 /* put the text's "fingerprints" into the object: needs the key */
    bool *ret_pictures; /* NULL: pictures are recognised here. Else those that look like pages are left and
                           this says whether there were any */
    enum unread pictures_why; /* why those count as unread; UNREAD_NONE: "timeout", for nobody had time */
};

/* Once per process, before the jail: ICU, tables of markings and encodings, the formats' libraries. 0,
 * ST_NOMEM, ST_IO. */
int document_warm_up(void);
/* Appends the object of interfaces section 4 (without "verdict") to out. Always a whole object: when the
 * findings do not fit out's ceiling or memory, what document_unread(UNREAD_TOO_LARGE) writes. 0; ST_NOMEM
 * when not even that fits (out then holds what it held before). */
int document_examine(const struct document_job *job, struct writer *out);
/* The object of a document that nobody examined, or whose examination died: name, size, hash and type of in,
 * level none, read none, unread_reason why. Parses nothing, so the supervisor may call it too. 0 or ST_NOMEM.
 */
int document_unread(struct span in, struct span name, enum unread why, struct writer *out);

#endif
