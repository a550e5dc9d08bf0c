/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/floor.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define MAGIC "GHFLOOR1"
#define DOMAIN "gatehouse-floor-v1"
#define FAILED_FILE "failed"
#define FLOOR_FILE "floor"
#define FAILED_BYTES (FAILED_MAX * (FLOOR_REASON + 32))

static bool path_of(const char *dir, const char *name, const char *more, char *buf, size_t cap)
{
    return (size_t)snprintf(buf, cap, "%s%s%s%s", dir ? dir : "", dir ? "/" : "", name, more) < cap;
}

int floor_file_write(const char *dir, const char *name, struct span bytes)
{
    char path[PATH_MAX];

    return path_of(dir, name, "", path, sizeof(path)) ? file_replace(path, bytes, 0644) : ST_LIMIT;
}

int floor_file_read(const char *dir, const char *name, size_t max, struct writer *w)
{
    char path[PATH_MAX];

    return path_of(dir, name, "", path, sizeof(path)) ? file_read_regular(path, max, w) : ST_LIMIT;
}

int floor_load(const char *dir, const struct seal_public *device, uint64_t *ret)
{
    struct writer w;
    struct reader r;
    struct span body, sig;
    int rc;

    *ret = 0;
    writer_init(&w, 65536);
    rc = floor_file_read(dir, FLOOR_FILE, 1024, &w);
    if (rc == ST_NOT_FOUND) {
        writer_done(&w);
        return 0;
    }
    r = reader_span(writer_span(&w));
    body = reader_take(&r, 16);
    sig = reader_take(&r, SEAL_SIGNATURE);
    if (!rc && (!reader_ok(&r) || reader_left(&r) || !span_starts(body, MAGIC) ||
                seal_verify(device->sign, DOMAIN, body, sig.p) != 0))
        rc = ST_BAD_SIGNATURE;
    if (!rc) {
        struct reader number = reader_span(span_part(body, 8, 8));
        *ret = reader_le64(&number);
    }
    writer_done(&w);
    return rc;
}

int floor_raise(const char *dir, const struct seal_keys *device, uint64_t epoch)
{
    uint8_t sig[SEAL_SIGNATURE];
    struct writer w;
    uint64_t now;
    int rc = floor_load(dir, seal_keys_public(device), &now);

    if (rc && rc != ST_BAD_SIGNATURE)
        return rc;
    if (epoch <= now)
        return 0;
    writer_init(&w, 256);
    writer_str(&w, MAGIC);
    writer_le(&w, epoch, 8);
    seal_sign(device, DOMAIN, writer_span(&w), sig);
    writer_bytes(&w, sig, sizeof(sig));
    rc = writer_ok(&w) ? floor_file_write(dir, FLOOR_FILE, writer_span(&w)) : ST_NOMEM;
    writer_done(&w);
    return rc;
}

/* ---- releases that failed: lines of "EPOCH REASON" ---- */

int failed_load(const char *dir, struct failed_release *ret)
{
    struct writer w;
    struct reader r;
    struct span line;
    int n = 0, rc;

    writer_init(&w, FAILED_BYTES + 16384);
    rc = floor_file_read(dir, FAILED_FILE, FAILED_BYTES, &w);
    writer_u8(&w, '\n');
    r = reader_span(writer_span(&w));
    while (!rc && n < FAILED_MAX && reader_line(&r, &line)) {
        ptrdiff_t blank = span_find_byte(line, ' ', 0);
        struct span reason = span_part(line, (size_t)(blank + 1), FLOOR_REASON - 1);
        if (blank <= 0 || !span_number(span_part(line, 0, (size_t)blank), UINT64_MAX / 2, &ret[n].epoch))
            continue;
        if (reason.n)
            memcpy(ret[n].reason, reason.p, reason.n);
        ret[n++].reason[reason.n] = 0;
    }
    writer_done(&w);
    return rc == ST_NOT_FOUND ? 0 : rc ? rc : n;
}

static int failed_store(const char *dir, const struct failed_release *f, int n)
{
    struct writer w;
    int rc;

    writer_init(&w, FAILED_BYTES + 16384);
    for (int i = 0; i < n; i++)
        writer_printf(&w, "%llu %s\n", (unsigned long long)f[i].epoch, f[i].reason);
    rc = writer_ok(&w) ? floor_file_write(dir, FAILED_FILE, writer_span(&w)) : ST_NOMEM;
    writer_done(&w);
    return rc;
}

static int without(struct failed_release *f, int n, uint64_t epoch)
{
    int kept = 0;

    for (int i = 0; i < n; i++)
        if (f[i].epoch != epoch)
            f[kept++] = f[i];
    return kept;
}

int failed_add(const char *dir, uint64_t epoch, const char *reason)
{
    struct failed_release f[FAILED_MAX + 1] = {{.epoch = 0}};
    int n = failed_load(dir, f);

    if (n < 0)
        return n;
    n = without(f, n, epoch);
    f[n].epoch = epoch;
    snprintf(f[n].reason, sizeof(f[n].reason), "%s", reason);
    for (char *p = f[n].reason; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    n++;
    return n > FAILED_MAX ? failed_store(dir, f + 1, FAILED_MAX) : failed_store(dir, f, n);
}

int failed_forget(const char *dir, uint64_t epoch)
{
    struct failed_release f[FAILED_MAX] = {{.epoch = 0}};
    int n = failed_load(dir, f), kept;

    if (n < 0)
        return n;
    kept = without(f, n, epoch);
    return kept == n ? 0 : failed_store(dir, f, kept);
}
