/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_zip: bounded access to the members of a zip held in memory (APPNOTE 6.3.10), for the zip reader itself,
 * for OOXML and ODF, and for the look inside that kind.c takes.
 *
 * The central directory is believed about names and places only; sizes are counted on what is really
 * unpacked. When it is missing or damaged the local headers are walked instead, and zip_damaged() says so.
 * Overlapping members, lying sizes and huge directories are no special cases: each member is bounded by the
 * input, the count by ZIP_ENTRIES_MAX, the bytes by the document's budget. Stored, deflate and deflate64-free
 * methods are unpacked here; the others by libarchive (x_archive). */
#ifndef GH_RULES_X_ZIP_H
#define GH_RULES_X_ZIP_H

#include "rules/extract.h"

#define ZIP_ENTRIES_MAX 200000 /* directory entries kept; more: zip_damaged() */

struct zip; /* lives in the arena */
struct zip_entry {
    struct span name; /* as found, '/'-separated; not NUL-ended, maybe not UTF-8, maybe "../": never a file
                         name to open */
    uint64_t size;    /* unpacked size as declared (may lie) */
    uint64_t packed;  /* packed size as declared */
    uint64_t offset;  /* of its local header */
    uint32_t crc;     /* as declared; checked while unpacking */
    uint16_t method;  /* 0 stored, 8 deflate, … */
    bool encrypted;   /* its bytes cannot be read */
    bool directory;   /* name ends in '/' */
    bool utf8;        /* the writer says that name is UTF-8 */
};

/* Does in end as a zip does (end record, then its comment to the last byte)? For what does not begin as one:
 * the last part of a spanned archive, a self-extracting program. */
bool zip_ends(struct span in);
/* Reads the directory. 0; ST_MALFORMED when there is not one member to be found; ST_NOMEM. in must outlive
 * *ret. */
int zip_open(struct arena *a, struct span in, struct zip **ret);
size_t zip_count(const struct zip *z);
const struct zip_entry *zip_at(const struct zip *z, size_t i);
/* First entry of that name (ASCII case-insensitive, as OPC wants), a leading '/' ignored; NULL when there is
 * none. Takes logarithmic time. */
const struct zip_entry *zip_find(const struct zip *z, const char *name);
const struct zip_entry *zip_find_span(const struct zip *z, struct span name);
/* Directory cut, missing or longer than ZIP_ENTRIES_MAX, or a part of a spanned archive: not all members are
 * known. */
bool zip_damaged(const struct zip *z);
/* Unpacks piece by piece: fn gets at most 64 KiB at a time and stops it by returning false (that is no
 * error). x pays with its budget (NULL: the caller's fn bounds the amount). 0; ST_ENCRYPTED; ST_UNSUPPORTED
 * (method); ST_MALFORMED (damaged; fn has had what came before); ST_LIMIT (budget, already reported);
 * ST_TIMEOUT; ST_NOMEM. Apart from ST_LIMIT nothing is reported to x: the caller knows what the member was
 * for. */
typedef bool zip_piece_fn(void *arg, struct span piece);
int zip_stream(struct extract *x, const struct zip *z, const struct zip_entry *e, zip_piece_fn *fn,
               void *arg);
/* The whole member appended to out (heap; the caller's writer with the caller's ceiling): codes as above, and
 * ST_LIMIT when out's ceiling is reached (then not reported). What was unpacked before a failure stays in
 * out. */
int zip_read(struct extract *x, const struct zip *z, const struct zip_entry *e, struct writer *out);

/* Why a member is unread, of the code (not 0) that zip_read or zip_stream gave. */
enum unread zip_unread(int rc);

/* One stream of another container (gzip member, PDF or Office stream) appended to out; the same codes.
 * *ret_used (may be NULL): how many bytes of data it took. */
enum zip_wrap { ZIP_RAW, ZIP_ZLIB, ZIP_GZIP };
int zip_inflate(struct extract *x, struct span data, enum zip_wrap wrap, struct writer *out,
                size_t *ret_used);

#endif
