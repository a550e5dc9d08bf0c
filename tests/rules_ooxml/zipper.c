/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/rules_ooxml/zipper.h"

#define SIZE_MAX_ZIP (64u << 20)

static uint32_t crc32_of(struct span s)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < s.n; i++) {
        crc ^= s.p[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

void zipper_init(struct zipper *z)
{
    *z = (struct zipper){0};
    writer_init(&z->out, SIZE_MAX_ZIP);
    writer_init(&z->directory, SIZE_MAX_ZIP);
}

/* What local header and directory entry share. */
static void common(struct writer *w, struct span name, struct span bytes, uint32_t crc)
{
    writer_le(w, 20, 2);
    writer_le(w, 0, 2); /* flags */
    writer_le(w, 0, 2); /* stored */
    writer_le(w, 0, 4); /* time */
    writer_le(w, crc, 4);
    writer_le(w, bytes.n, 4);
    writer_le(w, bytes.n, 4);
    writer_le(w, name.n, 2);
    writer_le(w, 0, 2);
}

void zipper_add(struct zipper *z, const char *name, struct span bytes)
{
    struct span n = span_str(name);
    uint32_t crc = crc32_of(bytes);
    size_t at = z->out.n;

    writer_le(&z->out, 0x04034b50, 4);
    common(&z->out, n, bytes, crc);
    writer_put(&z->out, n);
    writer_put(&z->out, bytes);
    writer_le(&z->directory, 0x02014b50, 4);
    writer_le(&z->directory, 20, 2);
    common(&z->directory, n, bytes, crc);
    writer_le(&z->directory, 0, 2); /* comment */
    writer_le(&z->directory, 0, 2); /* disk */
    writer_le(&z->directory, 0, 2);
    writer_le(&z->directory, 0, 4);
    writer_le(&z->directory, at, 4);
    writer_put(&z->directory, n);
    z->n++;
}

struct span zipper_end(struct zipper *z)
{
    size_t at = z->out.n;

    writer_put(&z->out, writer_span(&z->directory));
    writer_le(&z->out, 0x06054b50, 4);
    writer_le(&z->out, 0, 4);
    writer_le(&z->out, z->n, 2);
    writer_le(&z->out, z->n, 2);
    writer_le(&z->out, z->directory.n, 4);
    writer_le(&z->out, at, 4);
    writer_le(&z->out, 0, 2);
    return writer_span(&z->out);
}

void zipper_done(struct zipper *z)
{
    writer_done(&z->out);
    writer_done(&z->directory);
}
