/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/rules_stores/stores_make.h"

#define PAGE 512u
#define NODES_AT 1024u
#define BLOCKS_AT 1536u
#define FIRST_BLOCK 2048u
#define BLOCK_ROOM 4096u
#define ITEMS 12

static void pad(struct writer *w, size_t to)
{
    while (w->n < to)
        writer_u8(w, 0);
}

static void utf16(struct writer *w, const char *s)
{
    for (; *s; s++)
        writer_le(w, (uint8_t)*s, 2);
}

/* ---- properties on a heap ---- */

struct heap {
    struct writer item[ITEMS]; /* 0: the tree's head, 1: its records, then values */
    unsigned n;
};

static void heap_init(struct heap *h)
{
    for (unsigned i = 0; i < ITEMS; i++)
        writer_init(&h->item[i], 65536);
    writer_le(&h->item[0], 0x000602B5, 4); /* type, key 2, value 6, no index */
    writer_le(&h->item[0], 2 << 5, 4);
    h->n = 2;
}

static void property(struct heap *h, unsigned id, unsigned type, uint32_t value)
{
    writer_le(&h->item[1], id, 2);
    writer_le(&h->item[1], type, 2);
    writer_le(&h->item[1], value, 4);
}

static void text_property(struct heap *h, unsigned id, const char *s)
{
    property(h, id, 0x1F, (h->n + 1) << 5);
    utf16(&h->item[h->n++], s);
}

static void heap_end(struct heap *h, struct writer *out)
{
    struct writer map;

    writer_init(&map, 65536);
    writer_le(&map, h->n, 2);
    writer_le(&map, 0, 2);
    pad(out, 12);
    for (unsigned i = 0; i < h->n; i++) {
        writer_le(&map, out->n, 2);
        writer_put(out, writer_span(&h->item[i]));
    }
    writer_le(&map, out->n, 2);
    out->p[0] = (uint8_t)out->n;
    out->p[1] = (uint8_t)(out->n >> 8);
    memcpy(out->p + 2, "\xEC\xBC\x20\0\0\0", 6);
    writer_put(out, writer_span(&map));
    writer_done(&map);
    for (unsigned i = 0; i < ITEMS; i++)
        writer_done(&h->item[i]);
}

/* ---- the file ---- */

struct made {
    bool wide;
    struct writer nodes, blocks, data;
    unsigned n_nodes, n_blocks;
};

static void number(struct made *m, struct writer *w, uint64_t v)
{
    writer_le(w, v, m->wide ? 8 : 4);
}

static void block(struct made *m, uint64_t id, struct span bytes)
{
    number(m, &m->blocks, id);
    number(m, &m->blocks, FIRST_BLOCK + m->data.n);
    writer_le(&m->blocks, bytes.n, 2);
    writer_le(&m->blocks, 2, 2);
    if (m->wide)
        writer_le(&m->blocks, 0, 4);
    m->n_blocks++;
    writer_put(&m->data, bytes);
    pad(&m->data, m->n_blocks * BLOCK_ROOM);
}

static void node(struct made *m, uint32_t id, uint64_t data, uint64_t sub, uint32_t parent)
{
    number(m, &m->nodes, id);
    number(m, &m->nodes, data);
    number(m, &m->nodes, sub);
    writer_le(&m->nodes, parent, 4);
    if (m->wide)
        writer_le(&m->nodes, 0, 4);
    m->n_nodes++;
}

static void sub_block(struct made *m, uint64_t id, uint32_t node_id, uint64_t data, uint64_t sub)
{
    struct writer w;

    writer_init(&w, 256);
    writer_le(&w, 2, 1);
    writer_le(&w, 0, 1);
    writer_le(&w, 1, 2);
    if (m->wide)
        writer_le(&w, 0, 4);
    number(m, &w, node_id);
    number(m, &w, data);
    number(m, &w, sub);
    block(m, id, writer_span(&w));
    writer_done(&w);
}

static void tree_page(struct made *m, struct writer *out, const struct writer *entries, unsigned n,
                      unsigned size)
{
    size_t from = out->n;

    writer_put(out, writer_span(entries));
    pad(out, from + (m->wide ? 488 : 496));
    writer_u8(out, (uint8_t)n);
    writer_u8(out, (uint8_t)n);
    writer_u8(out, (uint8_t)size);
    pad(out, from + PAGE);
}

static void header(struct made *m, struct writer *out)
{
    writer_str(out, "!BDN");
    pad(out, 8);
    writer_str(out, "SM");
    writer_le(out, m->wide ? 23 : 14, 2);
    pad(out, m->wide ? 216 : 184);
    number(m, out, 0);
    number(m, out, NODES_AT);
    number(m, out, 0);
    number(m, out, BLOCKS_AT);
    pad(out, NODES_AT);
}

void pst_make(struct writer *out, bool wide, const char *subject, const char *body, const char *file,
              struct span bytes)
{
    struct made m = {.wide = wide};
    struct heap h;
    struct writer w;

    writer_init(&m.nodes, 65536);
    writer_init(&m.blocks, 65536);
    writer_init(&m.data, 1 << 20);
    writer_init(&w, 65536);
    heap_init(&h); /* block 4: the folder */
    text_property(&h, 0x3001, "Inbox");
    heap_end(&h, &w);
    block(&m, 4, writer_span(&w));
    writer_clear(&w);
    heap_init(&h); /* block 8: the message */
    text_property(&h, 0x37, subject);
    text_property(&h, 0x1000, body);
    text_property(&h, 0x7D, "X-Classification: RESTRICTED\r\nSubject: x\r\n");
    heap_end(&h, &w);
    block(&m, 8, writer_span(&w));
    writer_clear(&w);
    heap_init(&h); /* block 12: the attachment; its bytes are a node of its own */
    text_property(&h, 0x3707, file);
    property(&h, 0x3701, 0x102, 0x3F);
    heap_end(&h, &w);
    block(&m, 12, writer_span(&w));
    block(&m, 16, bytes);
    sub_block(&m, 18, 0x25, 12, 22);
    sub_block(&m, 22, 0x3F, 16, 0);
    node(&m, 0x42, 4, 0, 0);
    node(&m, 0x64, 8, 18, 0x42);
    header(&m, out);
    tree_page(&m, out, &m.nodes, m.n_nodes, wide ? 32 : 16);
    tree_page(&m, out, &m.blocks, m.n_blocks, wide ? 24 : 12);
    writer_put(out, writer_span(&m.data));
    writer_done(&m.nodes);
    writer_done(&m.blocks);
    writer_done(&m.data);
    writer_done(&w);
}

/* Encoded integers: seven bits a byte, the first ones first. */
static void encint(struct writer *w, uint32_t v)
{
    if (v >= 1 << 7)
        writer_u8(w, (uint8_t)(0x80 | v >> 7));
    writer_u8(w, v & 0x7F);
}

void chm_make(struct writer *out, const char *name, struct span page)
{
    static const uint8_t guids[32] = {0x10, 0xFD, 0x01, 0x7C, 0xAA, 0x7B, 0xD0, 0x11, 0x9E, 0x0C, 0x00,
                                      0xA0, 0xC9, 0x22, 0xE6, 0xEC, 0x11, 0xFD, 0x01, 0x7C, 0xAA, 0x7B,
                                      0xD0, 0x11, 0x9E, 0x0C, 0x00, 0xA0, 0xC9, 0x22, 0xE6, 0xEC};
    const size_t chunk = 4096, head = 96, section0 = 24, directory = head + section0,
                 content = directory + 84 + chunk;
    size_t at;

    writer_str(out, "ITSF");
    writer_le(out, 3, 4);
    writer_le(out, head, 4);
    writer_le(out, 1, 4);
    writer_le(out, 0, 4);
    writer_le(out, 0x409, 4);
    writer_bytes(out, guids, sizeof(guids));
    writer_le(out, head, 8);
    writer_le(out, section0, 8);
    writer_le(out, directory, 8);
    writer_le(out, 84 + chunk, 8);
    writer_le(out, content, 8);
    writer_le(out, 0x1FE, 4);
    writer_le(out, 0, 4);
    writer_le(out, content + page.n, 8);
    writer_le(out, 0, 8);
    writer_str(out, "ITSP");
    writer_le(out, 1, 4);
    writer_le(out, 84, 4);
    writer_le(out, 10, 4);
    writer_le(out, chunk, 4);
    writer_le(out, 2, 4);
    writer_le(out, 1, 4);
    writer_le(out, UINT32_MAX, 4); /* no index */
    writer_le(out, 0, 4);
    writer_le(out, 0, 4);
    writer_le(out, UINT32_MAX, 4);
    writer_le(out, 1, 4);
    writer_le(out, 0x409, 4);
    writer_bytes(out, guids, 16);
    writer_le(out, 84, 4);
    writer_le(out, UINT32_MAX, 4);
    writer_le(out, UINT32_MAX, 4);
    writer_le(out, UINT32_MAX, 4);
    at = out->n;
    writer_str(out, "PMGL");
    writer_le(out, chunk - 20 - (1 + strlen(name) + 1 + 1 + (page.n > 127 ? 2 : 1)), 4);
    writer_le(out, 0, 4);
    writer_le(out, UINT32_MAX, 4);
    writer_le(out, UINT32_MAX, 4);
    encint(out, (uint32_t)strlen(name));
    writer_str(out, name);
    encint(out, 0);
    encint(out, 0);
    encint(out, (uint32_t)page.n);
    pad(out, at + chunk - 2);
    writer_le(out, 1, 2);
    writer_put(out, page);
}
