/* SPDX-License-Identifier: GPL-3.0-or-later
 * text: lists of indicators as people and feeds write them, line by line into a builder (base/ioc_build.h).
 *
 *   one value a line      digest, address, network, name, JA4; a comment behind '#' or ';' may follow
 *   hosts files           0.0.0.0 name name...
 *   sha256sum             digest, blanks, file name
 *   block lists           ||name^
 *   CSV                   with a line that names the columns, plain or behind '#': sha256_hash, dst_ip,
 * domain, ja3_md5, …; or a column "type" beside one "value" or "indicator" (MISP, OTX); "until" ends an entry
 *   settings in comments  #! kind ja3   #! subdomains yes   #! url-hosts yes   #! until 2027-01-31   #! name
 * abuse-ssl
 *
 * Values may be defanged ("evil[.]example", "hxxp://"). What is of a kind that no list holds (e-mail
 * addresses, MD5 and SHA-1 of files, and URLs unless url-hosts) is counted as other, not a fault: half of an
 * export is like that. All else that is no value is a fault with its line.
 *
 * Memory: two lines of TEXT_LINE_MAX bytes. One thread. */
#ifndef GH_SENSOR_LISTS_TEXT_H
#define GH_SENSOR_LISTS_TEXT_H

#include "base/ioc_build.h"

#define TEXT_LINE_MAX 16384
#define TEXT_COLUMNS 64

struct text_options {
    bool kind_given; /* every value is of that kind; otherwise it is told by its form */
    enum ioc_kind kind;
    bool subdomains; /* names mean all below them too */
    bool url_hosts;  /* of a URL the host is listed */
};
struct text_counts {
    uint64_t lines, entries, other, faults;
};
/* A line that is no entry. value is a part of it, to show (not NUL-terminated). */
typedef void text_fault_fn(void *arg, uint64_t line, struct span value, const char *reason);

struct text;
/* Options are what is so before the file's own settings. NULL when memory is short. */
struct text *text_new(const struct text_options *opt, struct ioc_build *into, text_fault_fn *fault,
                      void *arg);
void text_free(struct text *t); /* NULL is fine */
/* The next bytes of the file. 0, or what the builder says: then the list is too long. */
int text_feed(struct text *t, struct span bytes);
/* The file is over. */
int text_end(struct text *t);
const struct text_counts *text_counts(const struct text *t);
/* "#! name", or "". */
const char *text_name(const struct text *t);

/* text_value.c: one value of any form into the builder. kind as in options. For text.c and its tests. */
struct text_value {
    struct span text;
    uint64_t until;
    enum ioc_kind kind;
    bool kind_given, subdomains, url_hosts;
};
enum text_answer { TEXT_TAKEN, TEXT_OTHER, TEXT_FAULT };
enum text_answer text_value(const struct text_value *v, struct ioc_entry *ret, const char **ret_why);
/* Seconds since 1970 of "1767225600", "2026-01-01" (its end), "2026-01-01 12:00:00", "2026-01-01T12:00:00Z";
 * false when it is no time. Empty: 0. */
bool text_until(struct span s, uint64_t *ret);

/* text_csv.c: what a line that names columns says. */
enum text_column { COLUMN_NONE, COLUMN_VALUE, COLUMN_TYPE, COLUMN_UNTIL };
struct text_table {
    size_t n;
    struct {
        enum text_column what;
        bool kind_given, url;
        enum ioc_kind kind;
    } columns[TEXT_COLUMNS];
};
/* False when it names no column of values. */
bool text_table_head(struct span line, struct text_table *ret);
/* The next field of a CSV line, its quotes taken off, appended to out, where *ret lies; false at the end (the
 * reader has failed then). */
bool text_field(struct reader *line, struct writer *out, struct span *ret);
/* What a "type" column says: true and *ret_given with the kind, or *ret_url; false: a kind that no list
 * holds. */
bool text_type(struct span type, enum ioc_kind *ret, bool *ret_url);

#endif
