/* SPDX-License-Identifier: GPL-3.0-or-later
 * print_index: the file of registered documents: which fingerprint is in which of them. Mapped read-only
 * before the jail and shared by all workers; only the pages that a look-up touches take memory.
 *
 * Layout, little-endian: a header of 64 bytes (magic, gram, window, key check, numbers and sizes); one record
 * of 64 bytes a document; their names; a directory of 2^bits + 1 numbers: where the entries of each bucket
 * begin; the entries, 8 bytes each, sorted: the low 40 bits of a fingerprint and the 24-bit number of a
 * document. A bucket is the top bits of the fingerprint, at least 8 of them, so that nothing of the 48 bits
 * is lost. A fingerprint that too many documents have says nothing: it has one entry, for PRINT_COMMON.
 *
 * The file may be damaged or hostile: sizes are checked at opening, every number when it is used. A file must
 * not be changed in place while it is mapped: print_build_write() replaces it as a whole. */
#ifndef GH_RULES_PRINT_INDEX_H
#define GH_RULES_PRINT_INDEX_H

#include "rules/print.h"

#define PRINT_DOCUMENTS_MAX 0xFFFFFEu
#define PRINT_COMMON 0xFFFFFFu
#define PRINT_POSTINGS_MAX 64 /* documents that one fingerprint can name */
#define PRINT_NAME_MAX 1024
#define PRINT_LEVEL_SIZE 12

struct print_document {
    struct span name;             /* as registered, UTF-8 */
    uint64_t text;                /* stands for the set of its fingerprints: equal texts are equal here */
    uint64_t when;                /* seconds since 1970 UTC */
    uint32_t distinct, telling;   /* its fingerprints; those that are not common */
    char level[PRINT_LEVEL_SIZE]; /* "toi_mat", "none" */
    char scheme[PRINT_LEVEL_SIZE];
};
struct print_index;

/* Maps the file at path, which must have been made with key. 0; ST_NOT_FOUND, ST_DENIED, ST_IO, ST_NOMEM;
 * ST_MALFORMED, ST_TRUNCATED: no index, or damaged; ST_UNSUPPORTED: other parameters; ST_BAD_SIGNATURE:
 * another key. */
int print_index_open(const char *path, const struct print_key *key, struct print_index **ret);
/* The same over bytes that stay the caller's. */
int print_index_over(struct span bytes, const struct print_key *key, struct print_index **ret);
void print_index_close(struct print_index *x); /* NULL is fine */
uint32_t print_index_documents(const struct print_index *x);
uint64_t print_index_entries(const struct print_index *x);
/* Document number n; false when there is none or its record is damaged. The name lives as long as x. */
bool print_index_document(const struct print_index *x, uint32_t n, struct print_document *ret);
/* Numbers of the documents that have this fingerprint, rising, at most PRINT_POSTINGS_MAX, each below
 * print_index_documents. *ret_common: it says nothing (the result is 0 then). Cost: a binary search in one
 * bucket. */
size_t print_index_find(const struct print_index *x, uint64_t name, uint32_t docs[static PRINT_POSTINGS_MAX],
                        bool *ret_common);

/* All entries in order, from {0}. False at the end. */
struct print_cursor {
    uint64_t bucket, pos;
};
bool print_index_next(const struct print_index *x, struct print_cursor *c, uint64_t *ret_name,
                      uint32_t *ret_doc);

/* For print_build.c: where what lies, from the numbers in the header. False when they do not fit 63 bits. */
#define PRINT_HEADER 64
#define PRINT_RECORD 64
struct print_shape {
    uint32_t documents, bits;
    uint64_t names, entries;                          /* bytes; number */
    uint64_t names_at, directory_at, entries_at, end; /* offsets */
};
bool print_shape(struct print_shape *s);
void print_put_header(const struct print_shape *s, const struct print_key *key, struct writer *out);
void print_put_record(const struct print_document *d, uint64_t name_at, struct writer *out);

#endif
