/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/zip.h"

#include <string.h>
#include <time.h>

#define LOCAL_MAGIC 0x04034b50u
#define ENTRY_MAGIC 0x02014b50u
#define END_MAGIC 0x06054b50u
#define VERSION 20
#define DIRECTORY_MAX (8u << 20)

uint32_t zip_crc(struct span s)
{
    uint32_t table[16], crc = 0xffffffffu;

    for (uint32_t i = 0; i < 16; i++) {
        uint32_t c = i;
        for (int k = 0; k < 4; k++)
            c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
        table[i] = c;
    }
    for (size_t i = 0; i < s.n; i++) {
        crc = crc >> 4 ^ table[(crc ^ s.p[i]) & 15];
        crc = crc >> 4 ^ table[(crc ^ s.p[i] >> 4) & 15];
    }
    return ~crc;
}

void zip_begin(struct zip *z, struct writer *out, uint64_t us)
{
    time_t t = (time_t)(us / 1000000);
    struct tm tm;

    gmtime_r(&t, &tm);
    *z = (struct zip){.out = out};
    z->stamp = (uint32_t)(tm.tm_sec / 2 | tm.tm_min << 5 | tm.tm_hour << 11) |
               (uint32_t)(tm.tm_mday | (tm.tm_mon + 1) << 5 | (tm.tm_year - 80) << 9) << 16;
    writer_init(&z->directory, DIRECTORY_MAX);
}

/* What a file's head and its directory entry have in common. */
static void put_common(struct writer *w, const struct zip *z, uint32_t crc, size_t size, size_t name)
{
    writer_le(w, VERSION, 2);
    writer_le(w, 0, 2); /* flags */
    writer_le(w, 0, 2); /* stored */
    writer_le(w, z->stamp, 4);
    writer_le(w, crc, 4);
    writer_le(w, (uint32_t)size, 4);
    writer_le(w, (uint32_t)size, 4);
    writer_le(w, (uint16_t)name, 2);
    writer_le(w, 0, 2);
}

void zip_add(struct zip *z, const char *name, struct span content)
{
    uint32_t crc = zip_crc(content), at = (uint32_t)z->out->n;
    size_t n = strlen(name);

    writer_le(z->out, LOCAL_MAGIC, 4);
    put_common(z->out, z, crc, content.n, n);
    writer_str(z->out, name);
    writer_put(z->out, content);
    writer_le(&z->directory, ENTRY_MAGIC, 4);
    writer_le(&z->directory, VERSION, 2);
    put_common(&z->directory, z, crc, content.n, n);
    writer_le(&z->directory, 0, 2); /* comment */
    writer_le(&z->directory, 0, 2); /* disk */
    writer_le(&z->directory, 0, 2); /* a text or not: not said */
    writer_le(&z->directory, 0, 4);
    writer_le(&z->directory, at, 4);
    writer_str(&z->directory, name);
    z->files++;
}

bool zip_end(struct zip *z)
{
    size_t at = z->out->n, size = z->directory.n;
    bool good = z->files <= ZIP_FILES_MAX && writer_ok(&z->directory) && at <= UINT32_MAX - size;

    writer_put(z->out, writer_span(&z->directory));
    writer_le(z->out, END_MAGIC, 4);
    writer_le(z->out, 0, 4); /* disks */
    writer_le(z->out, (uint16_t)z->files, 2);
    writer_le(z->out, (uint16_t)z->files, 2);
    writer_le(z->out, (uint32_t)size, 4);
    writer_le(z->out, (uint32_t)at, 4);
    writer_le(z->out, 0, 2);
    writer_done(&z->directory);
    return good && writer_ok(z->out);
}
