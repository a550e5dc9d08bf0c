/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/x_ole_cfb.h"

#include "base/text.h"

#define HEADER_SIZE 512
#define HEADER_DIFAT 109
#define ENTRY_SIZE 128
#define SECTOR_MAX 0xFFFFFFFAu /* above: free, end of chain, table sectors */
#define MINI_SHIFT 6

struct cfb {
    struct span in;
    unsigned shift;    /* of a sector's size */
    uint32_t cutoff;   /* smaller streams lie in the mini stream */
    uint32_t sectors;  /* in the file, the last one maybe cut */
    uint32_t *fat;     /* of each sector the next one */
    uint32_t *minifat; /* the same of mini sectors */
    uint32_t n_minifat;
    uint32_t *ministream; /* sectors of the mini stream, in order */
    uint32_t n_ministream;
    struct cfb_entry *entries;
    uint32_t n_entries;
    bool damaged;
};

static struct span sector(const struct cfb *c, uint32_t id)
{
    return span_part(c->in, ((size_t)id + 1) << c->shift, (size_t)1 << c->shift);
}

/* ---- allocation tables ---- */

static void fat_sector(struct cfb *c, uint32_t *filled, uint32_t id)
{
    struct reader r = reader_span(sector(c, id));

    if (id >= c->sectors) {
        c->damaged = true;
        return;
    }
    for (uint32_t i = 0; i < 1u << (c->shift - 2) && *filled < c->sectors; i++)
        c->fat[(*filled)++] = reader_left(&r) >= 4 ? reader_le32(&r) : CFB_NONE;
}

/* The table's sectors are named in the header and, beyond 109, in a chain of sectors of their own. */
static void load_fat(struct cfb *c)
{
    struct reader r = reader_span(c->in);
    uint32_t filled = 0, next, per = (1u << (c->shift - 2)) - 1;

    reader_seek(&r, 68);
    next = reader_le32(&r);
    reader_skip(&r, 4);
    for (uint32_t i = 0; i < HEADER_DIFAT && filled < c->sectors; i++) {
        uint32_t id = reader_le32(&r);
        if (id < SECTOR_MAX)
            fat_sector(c, &filled, id);
    }
    for (uint32_t steps = 0; next < SECTOR_MAX && filled < c->sectors; steps++) {
        struct reader d = reader_span(sector(c, next));
        if (next >= c->sectors || steps > c->sectors) {
            c->damaged = true;
            break;
        }
        for (uint32_t i = 0; i < per && filled < c->sectors; i++) {
            uint32_t id = reader_le32(&d);
            if (reader_ok(&d) && id < SECTOR_MAX)
                fat_sector(c, &filled, id);
        }
        next = reader_le32(&d);
        if (!reader_ok(&d))
            break;
    }
    while (filled < c->sectors)
        c->fat[filled++] = CFB_NONE;
}

/* The sectors of a chain in order, at most max; a loop ends where its bound does. */
static uint32_t *chain(struct cfb *c, struct arena *a, uint32_t start, uint32_t max, uint32_t *ret_n)
{
    uint32_t n = 0, *v;

    for (uint32_t id = start; id < c->sectors && n < max && n < c->sectors; id = c->fat[id])
        n++;
    v = arena_array(a, (size_t)n + 1, sizeof(*v));
    *ret_n = v ? n : 0;
    for (uint32_t i = 0, id = start; v && i < n; i++, id = c->fat[id])
        v[i] = id;
    return v;
}

static int load_mini(struct cfb *c, struct arena *a)
{
    struct reader r = reader_span(c->in);
    uint32_t n, *v;

    reader_seek(&r, 60);
    v = chain(c, a, reader_le32(&r), c->sectors, &n);
    c->minifat = v ? arena_array(a, ((size_t)n << (c->shift - 2)) + 1, sizeof(*c->minifat)) : NULL;
    if (!c->minifat)
        return ST_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct reader s = reader_span(sector(c, v[i]));
        while (reader_left(&s) >= 4)
            c->minifat[c->n_minifat++] = reader_le32(&s);
    }
    c->ministream = chain(c, a, c->entries[CFB_ROOT].start, c->sectors, &c->n_ministream);
    return c->ministream ? 0 : ST_NOMEM;
}

/* ---- directory ---- */

static void load_entry(struct cfb *c, struct cfb_entry *e, struct reader r)
{
    uint16_t bytes, units;

    for (unsigned i = 0; i < CFB_NAME_MAX; i++)
        e->name[i] = reader_le16(&r);
    bytes = reader_le16(&r);
    units = bytes / 2;
    e->name[units < CFB_NAME_MAX && units ? units - 1 : CFB_NAME_MAX - 1] = 0;
    e->type = (enum cfb_type)reader_u8(&r);
    reader_skip(&r, 1);
    e->left = reader_le32(&r);
    e->right = reader_le32(&r);
    e->child = reader_le32(&r);
    reader_skip(&r, 36);
    e->start = reader_le32(&r);
    e->size = c->shift > 9 ? reader_le64(&r) : reader_le32(&r); /* the upper half is garbage in old files */
    e->parent = CFB_NONE;
}

/* Gives each entry its parent. Siblings are a tree; it is walked with a stack of entries still to be seen,
 * each pushed once. */
static int load_tree(struct cfb *c, struct arena *a)
{
    uint32_t *stack = arena_array(a, (size_t)c->n_entries * 2 + 2, sizeof(*stack)), n = 0;
    bool *seen = arena_array(a, c->n_entries, sizeof(*seen));

    if (!stack || !seen)
        return ST_NOMEM;
    seen[CFB_ROOT] = true;
    stack[n++] = CFB_ROOT;
    stack[n++] = c->entries[CFB_ROOT].child;
    while (n) {
        uint32_t i = stack[--n], parent = stack[--n];
        const struct cfb_entry *e;
        if (i >= c->n_entries || seen[i]) {
            c->damaged |= i != CFB_NONE;
            continue;
        }
        seen[i] = true;
        e = &c->entries[i];
        c->entries[i].parent = parent;
        /* Pushed only when not seen, and the stack holds every entry at most once from each of three sides.
         */
        const uint32_t next[3] = {e->left, e->right, e->type == CFB_STORAGE ? e->child : CFB_NONE};
        for (unsigned k = 0; k < 3; k++) {
            if (next[k] >= c->n_entries || seen[next[k]])
                continue;
            if (n + 2 > c->n_entries * 2) {
                c->damaged = true;
                continue;
            }
            stack[n++] = k == 2 ? i : parent;
            stack[n++] = next[k];
        }
    }
    return 0;
}

static int load_directory(struct cfb *c, struct arena *a)
{
    struct reader r = reader_span(c->in);
    uint32_t n, per = (1u << c->shift) / ENTRY_SIZE, *v;

    reader_seek(&r, 48);
    v = chain(c, a, reader_le32(&r), CFB_ENTRIES_MAX / per + 1, &n);
    c->entries = v ? arena_array(a, (size_t)n * per + 1, sizeof(*c->entries)) : NULL;
    if (!c->entries)
        return ST_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct reader s = reader_span(sector(c, v[i]));
        while (reader_left(&s) >= ENTRY_SIZE && c->n_entries < CFB_ENTRIES_MAX)
            load_entry(c, &c->entries[c->n_entries++], reader_sub(&s, ENTRY_SIZE));
    }
    if (!c->n_entries)
        return ST_MALFORMED;
    return load_tree(c, a);
}

int cfb_open(struct arena *a, struct span in, struct cfb **ret)
{
    struct cfb *c = arena_alloc(a, sizeof(*c));
    struct reader r = reader_span(in);
    uint64_t sectors;
    int rc;

    if (!c)
        return ST_NOMEM;
    reader_skip(&r, 30);
    c->in = in;
    c->shift = reader_le16(&r);
    reader_seek(&r, 56);
    c->cutoff = reader_le32(&r);
    if (!reader_ok(&r) || c->shift < 7 || c->shift > 16 || in.n >> c->shift == 0 || in.n <= HEADER_SIZE)
        return ST_MALFORMED;
    sectors = in.n >> c->shift; /* the header takes one; a cut one at the end counts */
    if (sectors >= SECTOR_MAX)
        return ST_LIMIT;
    c->sectors = (uint32_t)sectors;
    c->fat = arena_array(a, sectors + 1, sizeof(*c->fat));
    if (!c->fat)
        return ST_NOMEM;
    load_fat(c);
    rc = load_directory(c, a);
    if (!rc)
        rc = load_mini(c, a);
    if (!rc)
        *ret = c;
    return rc;
}

bool cfb_damaged(const struct cfb *c)
{
    return c->damaged;
}

uint32_t cfb_count(const struct cfb *c)
{
    return c->n_entries;
}

const struct cfb_entry *cfb_at(const struct cfb *c, uint32_t i)
{
    return i < c->n_entries ? &c->entries[i] : NULL;
}

static uint16_t lower(uint16_t u)
{
    return u >= 'A' && u <= 'Z' ? u | 0x20 : u;
}

static bool name_fits(const struct cfb_entry *e, const char *name, bool whole)
{
    size_t n = strlen(name);

    if (n >= CFB_NAME_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(e->name[i]) != lower((uint8_t)name[i]))
            return false;
    return !whole || e->name[n] == 0;
}

uint32_t cfb_find(const struct cfb *c, uint32_t parent, const char *name)
{
    for (uint32_t i = 0; i < c->n_entries; i++)
        if (c->entries[i].parent == parent && c->entries[i].type != CFB_EMPTY &&
            name_fits(&c->entries[i], name, true))
            return i;
    return CFB_NONE;
}

bool cfb_named(const struct cfb *c, uint32_t i, const char *name)
{
    return i < c->n_entries && name_fits(&c->entries[i], name, true);
}

bool cfb_starts(const struct cfb *c, uint32_t i, const char *prefix)
{
    return i < c->n_entries && name_fits(&c->entries[i], prefix, false);
}

void cfb_name(const struct cfb *c, uint32_t i, struct writer *out)
{
    for (unsigned k = 0; i < c->n_entries && k < CFB_NAME_MAX && c->entries[i].name[k]; k++) {
        if (c->entries[i].name[k] < ' ')
            writer_printf(out, "[%u]", c->entries[i].name[k]);
        else
            text_put(out, c->entries[i].name[k]);
    }
}

/* ---- streams ---- */

static int read_chain(const struct cfb *c, uint32_t id, uint64_t left, struct writer *out)
{
    for (uint32_t steps = 0; left; id = c->fat[id], steps++) {
        struct span s;
        if (id >= c->sectors || steps > c->sectors)
            return ST_MALFORMED;
        s = sector(c, id);
        if (!s.n)
            return ST_MALFORMED;
        s = span_part(s, 0, left < s.n ? (size_t)left : s.n);
        writer_put(out, s);
        if (!writer_ok(out))
            return ST_LIMIT;
        left -= s.n;
    }
    return 0;
}

static int read_mini(const struct cfb *c, uint32_t id, uint64_t left, struct writer *out)
{
    uint32_t per = 1u << (c->shift - MINI_SHIFT);

    for (uint32_t steps = 0; left; id = c->minifat[id], steps++) {
        struct span s;
        if (id >= c->n_minifat || steps > c->n_minifat || id / per >= c->n_ministream)
            return ST_MALFORMED;
        s = span_part(sector(c, c->ministream[id / per]), (size_t)(id % per) << MINI_SHIFT, 1u << MINI_SHIFT);
        s = span_part(s, 0, left < s.n ? (size_t)left : s.n);
        if (!s.n)
            return ST_MALFORMED;
        writer_put(out, s);
        if (!writer_ok(out))
            return ST_LIMIT;
        left -= s.n;
    }
    return 0;
}

int cfb_read(struct extract *x, const struct cfb *c, uint32_t i, struct writer *out)
{
    const struct cfb_entry *e = cfb_at(c, i);
    uint64_t size;

    if (!e || e->type != CFB_STREAM)
        return ST_NOT_FOUND;
    size = e->size < c->in.n ? e->size : c->in.n;
    if (!extract_budget(x, size))
        return ST_LIMIT;
    int rc = e->size < c->cutoff ? read_mini(c, e->start, size, out) : read_chain(c, e->start, size, out);
    return rc ? rc : size < e->size ? ST_MALFORMED : 0;
}
