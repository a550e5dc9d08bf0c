/* SPDX-License-Identifier: GPL-3.0-or-later
 * A look into a compound file (MS-CFB): the names in its directory say which program wrote it. */
#include "rules/kind_inside.h"

#include <stdlib.h>

#define ENTRY_SIZE 128
#define ENTRIES_MAX 4096 /* directory entries looked at */
#define NAME_MAX_UNITS 32

static const struct {
    const char *name; /* of a stream or storage */
    struct kind k;
} rows[] = {
    /* what encloses others comes first */
    {"EncryptedPackage", {"ole", "application/encrypted"}},
    {"EncryptionInfo", {"ole", "application/encrypted"}},
    {"\x09"
     "DRMContent",
     {"ole", "application/encrypted"}},
    {"__properties_version1.0", {"ole", "application/vnd.ms-outlook"}},
    {"WordDocument", {"ole", "application/msword"}},
    {"PowerPoint Document", {"ole", "application/vnd.ms-powerpoint"}},
    {"PP40", {"ole", "application/vnd.ms-powerpoint"}},
    {"Workbook", {"ole", "application/vnd.ms-excel"}},
    {"Book", {"ole", "application/vnd.ms-excel"}},
    {"VisioDocument", {"ole", "application/vnd.visio"}},
    {"HwpSummaryInformation", {"ole", "application/x-hwp"}},
    {"\x05HwpSummaryInformation", {"ole", "application/x-hwp"}},
    {"Quill", {"ole", "application/x-mspublisher"}},
    {"MatOST", {"ole", "application/vnd.ms-works"}},
    {"CONTENTS", {"ole", "application/vnd.ms-works"}},
    {"Catalog", {"ole", "application/x-thumbs-db"}},
};

struct cfb {
    struct span in;
    unsigned shift; /* of a sector's size */
};

static struct span sector(const struct cfb *c, uint32_t id)
{
    uint64_t at = ((uint64_t)id + 1) << c->shift;

    return id > 0xfffffff9u || at >= c->in.n ? span_of(NULL, 0)
                                             : span_part(c->in, (size_t)at, (size_t)1 << c->shift);
}

static uint32_t u32_at(struct span s, size_t off)
{
    struct reader r = reader_span(span_part(s, off, 4));

    return reader_left(&r) < 4 ? UINT32_MAX : reader_le32(&r);
}

/* The sector behind id in its chain; the allocation table's first 109 sectors are named in the header, and no
 * directory of ENTRIES_MAX entries needs more to be found. */
static uint32_t next_sector(const struct cfb *c, uint32_t id)
{
    uint32_t per = 1u << (c->shift - 2), table = id / per;

    if (table >= 109)
        return UINT32_MAX;
    return u32_at(sector(c, u32_at(c->in, 76 + 4 * (size_t)table)), 4 * (size_t)(id % per));
}

static bool name_is(struct span entry, const char *name)
{
    struct reader r = reader_span(span_part(entry, 0, 2 * NAME_MAX_UNITS));
    size_t n = strlen(name);

    for (size_t i = 0; i <= n; i++)
        if (reader_le16(&r) != (uint8_t)name[i])
            return false;
    return true;
}

/* The directory's entries lie in a chain of sectors; only those right below the root count, because an
 * embedded document has its own names further down. */
struct directory {
    struct cfb c;
    uint32_t sectors[ENTRIES_MAX * ENTRY_SIZE / 512];
    size_t n_sectors;
    uint32_t queue[ENTRIES_MAX];
    size_t n_queue;
    bool seen[ENTRIES_MAX];
};

static struct span entry(const struct directory *d, uint32_t id)
{
    size_t per = ((size_t)1 << d->c.shift) / ENTRY_SIZE;

    if (!per || id / per >= d->n_sectors)
        return span_of(NULL, 0);
    return span_part(sector(&d->c, d->sectors[id / per]), id % per * ENTRY_SIZE, ENTRY_SIZE);
}

static void enqueue(struct directory *d, uint32_t id)
{
    if (id < ENTRIES_MAX && !d->seen[id]) {
        d->seen[id] = true;
        d->queue[d->n_queue++] = id;
    }
}

bool kind_inside_ole(struct span in, struct kind *ret)
{
    struct directory *d = calloc(1, sizeof(*d));
    struct reader r = reader_span(in);
    size_t best = GH_COUNT(rows);
    uint32_t id;

    reader_skip(&r, 30);
    if (d)
        d->c = (struct cfb){in, reader_le16(&r)};
    reader_skip(&r, 16);
    id = reader_le32(&r);
    if (!d || !reader_ok(&r) || d->c.shift < 7 || d->c.shift > 12) {
        free(d);
        return false;
    }
    for (; d->n_sectors < GH_COUNT(d->sectors) && sector(&d->c, id).n; id = next_sector(&d->c, id))
        d->sectors[d->n_sectors++] = id;
    enqueue(d, u32_at(entry(d, 0), 76));
    for (size_t i = 0; i < d->n_queue; i++) {
        struct span e = entry(d, d->queue[i]);
        for (size_t k = 0; k < best; k++)
            if (name_is(e, rows[k].name))
                best = k;
        enqueue(d, u32_at(e, 68));
        enqueue(d, u32_at(e, 72));
    }
    free(d);
    if (best < GH_COUNT(rows))
        *ret = rows[best].k;
    return best < GH_COUNT(rows);
}
