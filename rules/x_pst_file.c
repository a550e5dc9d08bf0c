/* SPDX-License-Identifier: GPL-3.0-or-later
 * The file (MS-PST 2.2): header, trees, blocks. */
#include "rules/x_pst.h"

#define LEVELS_MAX 8 /* of a tree; the format needs four for the largest file */
#define PAGE 512u
#define HEADER_MIN 564u

/* MS-PST 5.1: the obfuscation's tables. */
static const uint8_t table_r[256] = {
    65,  54,  19,  98,  168, 33,  110, 187, 244, 22,  204, 4,   127, 100, 232, 93,  30,  242, 203, 42,
    116, 197, 94,  53,  210, 149, 71,  158, 150, 45,  154, 136, 76,  125, 132, 63,  219, 172, 49,  182,
    72,  95,  246, 196, 216, 57,  139, 231, 35,  59,  56,  142, 200, 193, 223, 37,  177, 32,  165, 70,
    96,  78,  156, 251, 170, 211, 86,  81,  69,  124, 85,  0,   7,   201, 43,  157, 133, 155, 9,   160,
    143, 173, 179, 15,  99,  171, 137, 75,  215, 167, 21,  90,  113, 102, 66,  191, 38,  74,  107, 152,
    250, 234, 119, 83,  178, 112, 5,   44,  253, 89,  58,  134, 126, 206, 6,   235, 130, 120, 87,  199,
    141, 67,  175, 180, 28,  212, 91,  205, 226, 233, 39,  79,  195, 8,   114, 128, 207, 176, 239, 245,
    40,  109, 190, 48,  77,  52,  146, 213, 14,  60,  34,  50,  229, 228, 249, 159, 194, 209, 10,  129,
    18,  225, 238, 145, 131, 118, 227, 151, 230, 97,  138, 23,  121, 164, 183, 220, 144, 122, 92,  140,
    2,   166, 202, 105, 222, 80,  26,  17,  147, 185, 82,  135, 88,  252, 237, 29,  55,  73,  27,  106,
    224, 41,  51,  153, 189, 108, 217, 148, 243, 64,  84,  111, 240, 198, 115, 184, 214, 62,  101, 24,
    68,  31,  221, 103, 16,  241, 12,  25,  236, 174, 3,   161, 20,  123, 169, 11,  255, 248, 163, 192,
    162, 1,   247, 46,  188, 36,  104, 117, 13,  254, 186, 47,  181, 208, 218, 61,
};
static const uint8_t table_s[256] = {
    20,  83,  15,  86,  179, 200, 122, 156, 235, 101, 72,  23,  22,  21,  159, 2,   204, 84,  124, 131,
    0,   13,  12,  11,  162, 98,  168, 118, 219, 217, 237, 199, 197, 164, 220, 172, 133, 116, 214, 208,
    167, 155, 174, 154, 150, 113, 102, 195, 99,  153, 184, 221, 115, 146, 142, 132, 125, 165, 94,  209,
    93,  147, 177, 87,  81,  80,  128, 137, 82,  148, 79,  78,  10,  107, 188, 141, 127, 110, 71,  70,
    65,  64,  68,  1,   17,  203, 3,   63,  247, 244, 225, 169, 143, 60,  58,  249, 251, 240, 25,  48,
    130, 9,   46,  201, 157, 160, 134, 73,  238, 111, 77,  109, 196, 45,  129, 52,  37,  135, 27,  136,
    170, 252, 6,   161, 18,  56,  253, 76,  66,  114, 100, 19,  55,  36,  106, 117, 119, 67,  255, 230,
    180, 75,  54,  92,  228, 216, 53,  61,  69,  185, 44,  236, 183, 49,  43,  41,  7,   104, 163, 14,
    105, 123, 24,  158, 33,  57,  190, 40,  26,  91,  120, 245, 35,  202, 42,  176, 175, 62,  254, 4,
    140, 231, 229, 152, 50,  149, 211, 246, 74,  232, 166, 234, 233, 243, 213, 47,  112, 32,  242, 31,
    5,   103, 173, 85,  16,  206, 205, 227, 39,  59,  218, 186, 215, 194, 38,  212, 145, 29,  210, 28,
    34,  51,  248, 250, 241, 90,  239, 207, 144, 182, 139, 181, 189, 192, 191, 8,   151, 30,  108, 226,
    97,  224, 198, 193, 89,  171, 187, 88,  222, 95,  223, 96,  121, 126, 178, 138,
};
static const uint8_t table_i[256] = {
    71,  241, 180, 230, 11,  106, 114, 72,  133, 78,  158, 235, 226, 248, 148, 83,  224, 187, 160, 2,
    232, 90,  9,   171, 219, 227, 186, 198, 124, 195, 16,  221, 57,  5,   150, 48,  245, 55,  96,  130,
    140, 201, 19,  74,  107, 29,  243, 251, 143, 38,  151, 202, 145, 23,  1,   196, 50,  45,  110, 49,
    149, 255, 217, 35,  209, 0,   94,  121, 220, 68,  59,  26,  40,  197, 97,  87,  32,  144, 61,  131,
    185, 67,  190, 103, 210, 70,  66,  118, 192, 109, 91,  126, 178, 15,  22,  41,  60,  169, 3,   84,
    13,  218, 93,  223, 246, 183, 199, 98,  205, 141, 6,   211, 105, 92,  134, 214, 20,  247, 165, 102,
    117, 172, 177, 233, 69,  33,  112, 12,  135, 159, 116, 164, 34,  76,  111, 191, 31,  86,  170, 46,
    179, 120, 51,  80,  176, 163, 146, 188, 207, 25,  28,  167, 99,  203, 30,  77,  62,  75,  27,  155,
    79,  231, 240, 238, 173, 58,  181, 89,  4,   234, 64,  85,  37,  81,  229, 122, 137, 56,  104, 82,
    123, 252, 39,  174, 215, 189, 250, 7,   244, 204, 142, 95,  239, 53,  156, 132, 43,  21,  213, 119,
    52,  73,  182, 18,  10,  127, 113, 136, 253, 157, 24,  65,  125, 147, 216, 88,  44,  206, 254, 36,
    175, 222, 184, 54,  200, 161, 128, 166, 153, 152, 168, 47,  14,  129, 101, 115, 228, 194, 162, 138,
    212, 225, 17,  208, 8,   139, 42,  242, 237, 154, 100, 63,  193, 108, 249, 236,
};

static bool step(struct pst *p)
{
    if (p->steps >= PST_STEPS_MAX || ((++p->steps & 1023) == 0 && extract_expired(p->x))) {
        extract_unread(p->x, p->steps >= PST_STEPS_MAX ? UNREAD_TOO_LARGE : UNREAD_TIMEOUT);
        p->steps = PST_STEPS_MAX;
        return false;
    }
    return true;
}

static uint64_t number(const struct pst *p, struct reader *r)
{
    return reader_le(r, p->wide ? 8 : 4);
}

int pst_open(struct pst *p, struct extract *x, struct span in)
{
    struct reader r = reader_span(in);
    uint16_t version;

    *p = (struct pst){.x = x, .in = in};
    reader_skip(&r, 10);
    version = reader_le16(&r);
    if (in.n < HEADER_MIN)
        return ST_MALFORMED;
    if (version >= 36)
        return ST_UNSUPPORTED;
    p->wide = version >= 20;
    r = reader_span(in);
    reader_skip(&r, p->wide ? 216 : 184);
    number(p, &r);
    p->nodes_at = number(p, &r);
    number(p, &r);
    p->blocks_at = number(p, &r);
    p->crypt = span_part(in, p->wide ? 513 : 461, 1).p[0];
    return p->crypt > 2 ? ST_UNSUPPORTED : 0;
}

/* ---- trees ---- */

struct page {
    struct reader entries;
    unsigned count, size, level;
};

static bool page_at(struct pst *p, uint64_t at, struct page *ret)
{
    struct span s = at < p->in.n ? span_part(p->in, (size_t)at, PAGE) : span_of(NULL, 0);
    struct reader r = reader_span(s);

    if (!step(p))
        return false;
    reader_skip(&r, p->wide ? 488 : 496);
    ret->count = reader_u8(&r);
    reader_skip(&r, 1);
    ret->size = reader_u8(&r);
    ret->level = reader_u8(&r);
    ret->entries = reader_span(span_part(s, 0, p->wide ? 488 : 496));
    if (!reader_ok(&r) || !ret->size || ret->level >= LEVELS_MAX ||
        ret->count * ret->size > reader_left(&ret->entries)) {
        p->damaged = true;
        return false;
    }
    return true;
}

/* The page one level down in which key would be; false: before the first. */
static bool down(struct pst *p, struct page *page, uint64_t key)
{
    uint64_t at = 0;
    unsigned level = page->level;
    bool any = false;

    for (unsigned i = 0; i < page->count; i++) {
        struct reader e = reader_sub(&page->entries, page->size);
        uint64_t first = number(p, &e);
        if (first > key)
            break;
        number(p, &e);
        at = number(p, &e);
        any = reader_ok(&e);
    }
    return any && page_at(p, at, page) && page->level < level;
}

static bool node_read(struct pst *p, struct reader *e, bool sub, struct pst_node *n)
{
    n->id = (uint32_t)number(p, e);
    n->data = number(p, e);
    n->sub = number(p, e);
    n->parent = sub ? 0 : reader_le32(e);
    return reader_ok(e);
}

bool pst_find(struct pst *p, uint32_t id, struct pst_node *ret)
{
    struct page page;
    struct pst_node n;

    if (!page_at(p, p->nodes_at, &page))
        return false;
    while (page.level)
        if (!down(p, &page, id))
            return false;
    for (unsigned i = 0; i < page.count; i++) {
        struct reader e = reader_sub(&page.entries, page.size);
        if (node_read(p, &e, false, &n) && n.id == id) {
            *ret = n;
            return true;
        }
    }
    return false;
}

struct walk {
    bool (*each)(void *arg, const struct pst_node *n);
    void *arg;
    unsigned nodes;
};

static bool walk_nodes(struct pst *p, uint64_t at, unsigned above, struct walk *w)
{
    struct page page;
    struct pst_node n;

    if (!page_at(p, at, &page))
        return p->steps < PST_STEPS_MAX; /* a damaged page costs its own nodes only */
    if (page.level >= above) {
        p->damaged = true;
        return true;
    }
    for (unsigned i = 0; i < page.count; i++) {
        struct reader e = reader_sub(&page.entries, page.size);
        if (page.level) {
            number(p, &e);
            number(p, &e);
            if (!walk_nodes(p, number(p, &e), page.level, w))
                return false;
        } else if (node_read(p, &e, false, &n)) {
            if (++w->nodes > PST_NODES_MAX) {
                extract_unread(p->x, UNREAD_TOO_LARGE);
                return false;
            }
            if (!w->each(w->arg, &n))
                return false;
        }
    }
    return true;
}

void pst_each(struct pst *p, bool (*each)(void *arg, const struct pst_node *n), void *arg)
{
    struct walk w = {each, arg, 0};

    walk_nodes(p, p->nodes_at, LEVELS_MAX, &w);
}

/* ---- blocks ---- */

static bool block_find(struct pst *p, uint64_t id, struct span *ret)
{
    struct page page;

    id &= ~UINT64_C(1);
    if (!page_at(p, p->blocks_at, &page))
        return false;
    while (page.level)
        if (!down(p, &page, id))
            return false;
    for (unsigned i = 0; i < page.count; i++) {
        struct reader e = reader_sub(&page.entries, page.size);
        uint64_t have = number(p, &e), at = number(p, &e);
        uint16_t n = reader_le16(&e);
        if (!reader_ok(&e) || (have & ~UINT64_C(1)) != id)
            continue;
        *ret = at < p->in.n ? span_part(p->in, (size_t)at, n) : span_of(NULL, 0);
        if (ret->n < n)
            p->damaged = true;
        return ret->n > 0;
    }
    p->damaged = true;
    return false;
}

static uint8_t cyclic(uint8_t b, uint16_t w)
{
    b = table_r[(uint8_t)(b + (uint8_t)w)];
    b = table_s[(uint8_t)(b + (uint8_t)(w >> 8))];
    b = table_i[(uint8_t)(b - (uint8_t)(w >> 8))];
    return (uint8_t)(b - (uint8_t)w);
}

static void decode(const struct pst *p, uint64_t id, struct span in, struct writer *out)
{
    uint16_t w = (uint16_t)((uint32_t)id ^ (uint32_t)id >> 16);
    uint8_t *to = writer_reserve(out, in.n);

    if (!to)
        return;
    for (size_t i = 0; i < in.n; i++)
        to[i] = p->crypt == 1 ? table_i[in.p[i]] : p->crypt == 2 ? cyclic(in.p[i], w++) : in.p[i];
    writer_advance(out, in.n);
}

/* A block of data, or the blocks that a block lists (2.2.2.8.3.2). starts gets where each of them begins. */
static bool data_add(struct pst *p, uint64_t id, unsigned levels, struct writer *out, struct writer *starts)
{
    struct span s;
    struct reader r;
    uint8_t type, level;
    uint16_t count;

    if (!block_find(p, id, &s))
        return false;
    if (!(id & 2)) {
        if (!extract_budget(p->x, s.n))
            return false;
        if (starts)
            writer_le(starts, out->n, 4);
        decode(p, id, s, out);
        return writer_ok(out);
    }
    r = reader_span(s);
    type = reader_u8(&r);
    level = reader_u8(&r);
    count = reader_le16(&r);
    reader_skip(&r, 4);
    if (type != 1 || level < 1 || level > levels) {
        p->damaged = true;
        return false;
    }
    for (unsigned i = 0; i < count && reader_left(&r); i++)
        if (!data_add(p, number(p, &r), level - 1u, out, starts))
            return false;
    return true;
}

bool pst_data(struct pst *p, uint64_t id, struct writer *out, struct writer *starts)
{
    return id && data_add(p, id, 2, out, starts);
}

/* ---- nodes of a node ---- */

static bool sub_walk(struct pst *p, uint64_t id, unsigned levels, struct walk *w)
{
    struct span s;
    struct reader r;
    struct pst_node n;
    uint8_t type, level;
    uint16_t count;

    if (!block_find(p, id, &s))
        return p->steps < PST_STEPS_MAX;
    r = reader_span(s);
    type = reader_u8(&r);
    level = reader_u8(&r);
    count = reader_le16(&r);
    reader_skip(&r, p->wide ? 4 : 0);
    if (type != 2 || level >= levels) {
        p->damaged = true;
        return true;
    }
    for (unsigned i = 0; i < count && reader_left(&r); i++) {
        if (level) {
            number(p, &r);
            if (!sub_walk(p, number(p, &r), level, w))
                return false;
        } else if (node_read(p, &r, true, &n) && !w->each(w->arg, &n)) {
            return false;
        }
    }
    return true;
}

void pst_each_sub(struct pst *p, const struct pst_node *n, bool (*each)(void *arg, const struct pst_node *n),
                  void *arg)
{
    struct walk w = {each, arg, 0};

    if (n->sub)
        sub_walk(p, n->sub, 2, &w);
}

struct wanted {
    uint32_t id;
    struct pst_node n;
    bool found;
};

static bool is_wanted(void *arg, const struct pst_node *n)
{
    struct wanted *w = arg;

    if (n->id != w->id)
        return true;
    w->n = *n;
    w->found = true;
    return false;
}

bool pst_find_sub(struct pst *p, const struct pst_node *n, uint32_t id, struct pst_node *ret)
{
    struct wanted w = {.id = id};

    pst_each_sub(p, n, is_wanted, &w);
    if (w.found)
        *ret = w.n;
    return w.found;
}
