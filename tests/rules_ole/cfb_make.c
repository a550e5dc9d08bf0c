/* SPDX-License-Identifier: GPL-3.0-or-later
 * Layout: header, one FAT sector (so at most 127 sectors), directory, mini FAT, mini stream, big streams. */
#include "tests/rules_ole/cfb_make.h"

#define SECTOR 512u
#define MINI 64u
#define CUTOFF 4096u
#define END 0xFFFFFFFEu
#define FREE 0xFFFFFFFFu
#define FAT_MARK 0xFFFFFFFDu

void cfb_make_init(struct cfb_make *c)
{
    *c = (struct cfb_make){.n = 1};
    c->entries[0].name = "Root Entry";
    c->entries[0].parent = CFB_MAKE_MAX;
    writer_init(&c->out, 1 << 20);
}

unsigned cfb_make_storage(struct cfb_make *c, unsigned parent, const char *name)
{
    gh_check(c->n < CFB_MAKE_MAX);
    c->entries[c->n].name = name;
    c->entries[c->n].parent = parent;
    c->entries[c->n].storage = true;
    return c->n++;
}

void cfb_make_stream(struct cfb_make *c, unsigned parent, const char *name, struct span bytes)
{
    unsigned i = cfb_make_storage(c, parent, name);

    c->entries[i].storage = false;
    c->entries[i].bytes = bytes;
}

static size_t up(size_t n, size_t to)
{
    return (n + to - 1) / to;
}

static bool is_small(const struct cfb_make *c, unsigned i)
{
    return c->entries[i].bytes.n < CUTOFF;
}

static void pad(struct writer *w, size_t to)
{
    while (w->n % to)
        writer_u8(w, 0);
}

static void chain(uint32_t *table, size_t start, size_t n)
{
    for (size_t i = 0; i < n; i++)
        table[start + i] = i + 1 < n ? (uint32_t)(start + i + 1) : END;
}

/* The first entry of parent after i, or none: siblings are linked to the right. */
static uint32_t next_child(const struct cfb_make *c, unsigned parent, unsigned i)
{
    for (i++; i < c->n; i++)
        if (c->entries[i].parent == parent)
            return i;
    return FREE;
}

static void directory_entry(struct cfb_make *c, unsigned i, uint32_t start, size_t size)
{
    struct writer *w = &c->out;
    size_t n = strlen(c->entries[i].name), before = w->n;

    for (size_t k = 0; k < n; k++)
        writer_le(w, (uint8_t)c->entries[i].name[k], 2);
    while (w->n < before + 64)
        writer_u8(w, 0);
    writer_le(w, n * 2 + 2, 2);
    writer_u8(w, i == 0 ? 5 : c->entries[i].storage ? 1 : 2);
    writer_u8(w, 1);
    writer_le(w, FREE, 4);
    writer_le(w, i ? next_child(c, c->entries[i].parent, i) : FREE, 4);
    writer_le(w, i == 0 || c->entries[i].storage ? next_child(c, i, 0) : FREE, 4);
    for (int k = 0; k < 36; k++)
        writer_u8(w, 0);
    writer_le(w, start, 4);
    writer_le(w, size, 8);
}

struct span cfb_make_end(struct cfb_make *c)
{
    uint32_t fat[SECTOR / 4], mini[SECTOR / 4], start[CFB_MAKE_MAX] = {0};
    size_t dir = 1, dir_n = up(c->n, 4), minifat = dir + dir_n, ministream = minifat + 1, minis = 0, next;
    struct writer *w = &c->out;

    for (size_t i = 0; i < SECTOR / 4; i++)
        fat[i] = mini[i] = FREE;
    for (unsigned i = 1; i < c->n; i++)
        if (!c->entries[i].storage && is_small(c, i) && c->entries[i].bytes.n) {
            size_t n = up(c->entries[i].bytes.n, MINI);
            gh_check(minis + n <= SECTOR / 4);
            start[i] = (uint32_t)minis;
            chain(mini, minis, n);
            minis += n;
        }
    next = ministream + up(minis * MINI, SECTOR);
    fat[0] = FAT_MARK;
    chain(fat, dir, dir_n);
    chain(fat, minifat, 1);
    chain(fat, ministream, next - ministream);
    for (unsigned i = 1; i < c->n; i++)
        if (!c->entries[i].storage && !is_small(c, i)) {
            size_t n = up(c->entries[i].bytes.n, SECTOR);
            gh_check(next + n <= SECTOR / 4);
            start[i] = (uint32_t)next;
            chain(fat, next, n);
            next += n;
        }
    writer_bytes(w,
                 "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x3E\0\3\0\xFE\xFF\x09\0\6"
                 "\0\0\0\0\0\0\0\0\0\0\0",
                 44);
    writer_le(w, 1, 4); /* FAT sectors */
    writer_le(w, dir, 4);
    writer_le(w, 0, 4);
    writer_le(w, CUTOFF, 4);
    writer_le(w, minifat, 4);
    writer_le(w, 1, 4);
    writer_le(w, END, 4);
    writer_le(w, 0, 4);
    writer_le(w, 0, 4); /* the FAT's sector */
    while (w->n < SECTOR)
        writer_u8(w, 0xFF);
    for (size_t i = 0; i < SECTOR / 4; i++)
        writer_le(w, fat[i], 4);
    for (unsigned i = 0; i < c->n; i++)
        directory_entry(c, i,
                        i       ? start[i]
                        : minis ? (uint32_t)ministream
                                : END,
                        i ? c->entries[i].bytes.n : minis * MINI);
    pad(w, SECTOR);
    for (size_t i = 0; i < SECTOR / 4; i++)
        writer_le(w, mini[i], 4);
    for (unsigned i = 1; i < c->n; i++)
        if (!c->entries[i].storage && is_small(c, i)) {
            writer_put(w, c->entries[i].bytes);
            pad(w, MINI);
        }
    pad(w, SECTOR);
    for (unsigned i = 1; i < c->n; i++)
        if (!c->entries[i].storage && !is_small(c, i)) {
            writer_put(w, c->entries[i].bytes);
            pad(w, SECTOR);
        }
    gh_check(writer_ok(w));
    return writer_span(w);
}

void cfb_make_done(struct cfb_make *c)
{
    writer_done(&c->out);
}
