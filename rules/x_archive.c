/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_archive: tar, 7z, rar, cab, cpio, ar, iso, lha, rpm, xar and single packed streams by libarchive. It has
 * no limits of its own: bytes, members and time are counted here, on what really comes out. Only formats and
 * filters that run inside the process are switched on; some of libarchive's filters would start programs. */
#include "rules/x_archive.h"

#include "rules/formats.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>

#define PIECE (64u << 10)
#define RETRIES 100 /* damaged headers that are stepped over */

/* Names come out as UTF-8 only in a UTF-8 locale; C.UTF-8 is part of the C library, so that no file is needed
 * later. */
void x_archive_warm_up(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
}

static struct archive *open_memory(struct span in, bool raw)
{
    struct archive *a = archive_read_new();

    if (!a)
        return NULL;
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_compress(a);
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_lz4(a);
    archive_read_support_filter_lzip(a);
    archive_read_support_filter_lzma(a);
    archive_read_support_filter_rpm(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
    if (raw) {
        archive_read_support_format_raw(a);
    } else {
        archive_read_support_format_7zip(a);
        archive_read_support_format_ar(a);
        archive_read_support_format_cab(a);
        archive_read_support_format_cpio(a);
        archive_read_support_format_iso9660(a);
        archive_read_support_format_lha(a);
        archive_read_support_format_rar(a);
        archive_read_support_format_rar5(a);
        archive_read_support_format_tar(a);
        /* What stands behind a tar's end mark is read by some programs: it is, too, here. */
        archive_read_set_format_option(a, "tar", "read_concatenated_archives", "1");
        archive_read_support_format_xar(a);
        archive_read_support_format_zip(a);
    }
    if (archive_read_open_memory(a, in.p, in.n) == ARCHIVE_OK)
        return a;
    archive_read_free(a);
    return NULL;
}

/* What libarchive did not like. Its codes do not tell encryption from damage, its sentences do. */
static enum unread fault(struct archive *a)
{
    const char *text = archive_error_string(a);

    if (text && (strstr(text, "ncrypt") || strstr(text, "rypto") || strstr(text, "assphrase") ||
                 strstr(text, "assword")))
        return UNREAD_ENCRYPTED;
    if (text && (strstr(text, "nsupported") || strstr(text, "not supported")))
        return UNREAD_UNSUPPORTED;
    return UNREAD_CORRUPT;
}

static struct span name_of(struct archive_entry *e)
{
    const char *name = archive_entry_pathname_utf8(e);

    if (!name)
        name = archive_entry_pathname(e);
    return span_str(name ? name : "");
}

/* Unpacks one member into out. UNREAD_NONE when it came whole. */
static enum unread unpack(struct extract *x, struct archive *a, struct writer *out)
{
    for (unsigned n = 1;; n++) {
        uint8_t *to = writer_reserve(out, PIECE);
        la_ssize_t got;
        if (!to)
            return UNREAD_TOO_LARGE;
        got = archive_read_data(a, to, PIECE);
        if (got == 0)
            return UNREAD_NONE;
        if (got < 0)
            return fault(a);
        if (!extract_budget(x, (uint64_t)got))
            return UNREAD_TOO_LARGE;
        writer_advance(out, (size_t)got);
        if (n % 16 == 0 && extract_expired(x))
            return UNREAD_TIMEOUT;
    }
}

/* 0 to go on. */
static int read_entry(struct extract *x, struct archive *a, struct archive_entry *e, struct span name)
{
    uint64_t size =
        archive_entry_size_is_set(e) && archive_entry_size(e) > 0 ? (uint64_t)archive_entry_size(e) : 0;
    struct writer w;
    enum unread why;
    int rc = 0;

    if (archive_entry_is_data_encrypted(e)) {
        extract_feature(x, FEATURE_ENCRYPTED, 1);
        extract_child_unread(x, name, size, UNREAD_ENCRYPTED);
        return extract_members_left(x) ? 0 : ST_LIMIT;
    }
    writer_init(&w, (size_t)extract_budget_left(x) + 2 * PIECE);
    why = unpack(x, a, &w);
    if (!why || w.n)
        rc = extract_child_part(x, name, writer_span(&w), why);
    else
        extract_child_unread(x, name, size, why);
    writer_done(&w);
    return why == UNREAD_TOO_LARGE || why == UNREAD_TIMEOUT ? ST_LIMIT : rc;
}

/* Next header: true when there is a member. Damage is reported; stepping over it is libarchive's own
 * (ARCHIVE_FAILED). */
static bool next_entry(struct extract *x, struct archive *a, struct archive_entry **ret, unsigned *retries)
{
    for (;;) {
        int rc = archive_read_next_header(a, ret);
        if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN)
            return true;
        if (rc == ARCHIVE_EOF)
            return false;
        extract_unread(x, fault(a));
        if (rc == ARCHIVE_FATAL || ++*retries > RETRIES)
            return false;
    }
}

/* Some formats leave the type out: only what is known to be a link, device or directory has none. */
static bool has_content(struct archive_entry *e)
{
    switch (archive_entry_filetype(e)) {
    case AE_IFLNK:
    case AE_IFSOCK:
    case AE_IFCHR:
    case AE_IFBLK:
    case AE_IFDIR:
    case AE_IFIFO:
        return false;
    default:
        return !archive_entry_hardlink(e);
    }
}

void x_archive(struct extract *x, struct span in)
{
    struct archive *a = open_memory(in, false);
    struct archive_entry *e;
    unsigned retries = 0;
    int rc = 0;

    if (!a) {
        extract_unread_all(x, UNREAD_CORRUPT);
        return;
    }
    while (!rc && next_entry(x, a, &e, &retries)) {
        if (archive_entry_filetype(e) == AE_IFDIR)
            continue;
        if (has_content(e))
            rc = read_entry(x, a, e, name_of(e));
        else /* links and devices have a name and nothing to read */
            rc = extract_child(x, name_of(e), span_of(NULL, 0));
        if (rc)
            extract_unread(x, extract_expired(x) ? UNREAD_TIMEOUT : UNREAD_TOO_LARGE);
    }
    archive_read_free(a);
}

void archive_members(struct extract *x, struct span in, size_t expected,
                     bool (*wanted)(void *arg, struct span name), void *arg)
{
    struct archive *a = open_memory(in, false);
    struct archive_entry *e;
    unsigned retries = 0;
    size_t done = 0;
    int rc = 0;

    while (a && !rc && done < expected && next_entry(x, a, &e, &retries)) {
        struct span name = name_of(e);
        if (!has_content(e) || !wanted(arg, name))
            continue;
        rc = read_entry(x, a, e, name);
        done++;
    }
    if (a)
        archive_read_free(a);
    if (done < expected)
        extract_unread(x, UNREAD_UNSUPPORTED);
}

void x_packed(struct extract *x, struct span in)
{
    struct archive *a = open_memory(in, true);
    struct archive_entry *e;
    unsigned retries = 0;

    /* A stream too damaged to be known would come out as it is, and be looked into again. */
    if (a && next_entry(x, a, &e, &retries) && archive_filter_code(a, 0) != ARCHIVE_FILTER_NONE)
        read_entry(x, a, e, packed_name(x));
    else
        extract_child_unread(x, packed_name(x), 0, UNREAD_CORRUPT);
    if (a)
        archive_read_free(a);
}
