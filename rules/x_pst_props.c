/* SPDX-License-Identifier: GPL-3.0-or-later
 * Property contexts (MS-PST 2.3): a heap on the blocks of a node, in it a B-tree of properties. */
#include "rules/x_pst.h"

#define LEVELS_MAX 4
#define RECORD 8u
#define RECORDS_MAX 65536u
#define INDEX_MAX 20000u /* index records looked at in one tree */

/* The heap's allocation number id: 5 bits of zero, 11 of its place in a block, 16 of the block. */
static struct span item(const struct pst_props *c, uint32_t id)
{
    struct span starts = writer_span(&c->starts), data = writer_span(&c->data), block;
    struct reader r = reader_span(span_part(starts, (size_t)(id >> 16) * 4, 8)), map;
    size_t from = reader_le32(&r), to = reader_left(&r) ? reader_le32(&r) : data.n;
    unsigned at = id >> 5 & 0x7FF;
    uint16_t page_map, count, first, end;

    if ((id & 0x1F) || !at || !reader_ok(&r))
        return span_of(NULL, 0);
    block = span_part(data, from, to - from);
    r = reader_span(block);
    page_map = reader_le16(&r);
    map = reader_span(span_part(block, page_map, block.n));
    count = reader_le16(&map);
    reader_skip(&map, 2 + 2 * ((size_t)at - 1));
    first = reader_le16(&map);
    end = reader_le16(&map);
    if (!reader_ok(&r) || !reader_ok(&map) || at > count || end < first || end > block.n)
        return span_of(NULL, 0);
    return span_part(block, first, (size_t)end - first);
}

/* Leaves of the tree below the index in s, levels levels down. */
static bool leaves(struct pst_props *c, struct span s, unsigned levels, unsigned *steps)
{
    struct reader r = reader_span(s);

    if (!levels) {
        writer_put(&c->records, s);
        return writer_ok(&c->records);
    }
    while (reader_left(&r) >= 6) {
        reader_skip(&r, 2);
        if (++*steps > INDEX_MAX || !leaves(c, item(c, reader_le32(&r)), levels - 1, steps))
            return false;
    }
    return true;
}

bool pst_props_open(struct pst_props *c, struct pst *p, const struct pst_node *n)
{
    struct reader r;
    unsigned levels, steps = 0;
    uint8_t signature, client, type, key, value;
    uint32_t root;

    *c = (struct pst_props){.p = p, .node = *n};
    writer_init(&c->data, PST_VALUE_MAX);
    writer_init(&c->starts, PST_VALUE_MAX / 64);
    writer_init(&c->records, RECORDS_MAX * RECORD);
    if (!pst_data(p, n->data, &c->data, &c->starts))
        return false;
    r = reader_span(writer_span(&c->data));
    reader_skip(&r, 2);
    signature = reader_u8(&r);
    client = reader_u8(&r);
    root = reader_le32(&r);
    if (!reader_ok(&r) || signature != 0xEC || client != 0xBC)
        return false;
    r = reader_span(item(c, root));
    type = reader_u8(&r);
    key = reader_u8(&r);
    value = reader_u8(&r);
    levels = reader_u8(&r);
    root = reader_le32(&r);
    if (!reader_ok(&r) || type != 0xB5 || key != 2 || value != 6 || levels > LEVELS_MAX) {
        p->damaged = true;
        return false;
    }
    return leaves(c, item(c, root), levels, &steps) && c->records.n >= RECORD;
}

void pst_props_done(struct pst_props *c)
{
    writer_done(&c->data);
    writer_done(&c->starts);
    writer_done(&c->records);
}

bool pst_prop_at(const struct pst_props *c, size_t i, uint16_t *ret_id, uint16_t *ret_type)
{
    struct reader r = reader_span(span_part(writer_span(&c->records), i * RECORD, RECORD));

    *ret_id = reader_le16(&r);
    *ret_type = reader_le16(&r);
    return reader_ok(&r);
}

/* The value field of property id: the value itself, or where it lies. */
static bool lookup(const struct pst_props *c, uint16_t id, uint16_t *ret_type, uint32_t *ret_value)
{
    struct reader r = reader_span(writer_span(&c->records));

    while (reader_left(&r) >= RECORD) {
        uint16_t have = reader_le16(&r), type = reader_le16(&r);
        uint32_t value = reader_le32(&r);
        if (have == id) {
            *ret_type = type;
            *ret_value = value;
            return true;
        }
    }
    return false;
}

bool pst_prop(struct pst_props *c, uint16_t id, uint16_t *ret_type, struct writer *out)
{
    struct pst_node n;
    uint32_t where;

    writer_init(out, PST_VALUE_MAX);
    if (!lookup(c, id, ret_type, &where) || !where)
        return false;
    if (!(where & 0x1F))
        writer_put(out, item(c, where));
    else if (pst_find_sub(c->p, &c->node, where, &n))
        pst_data(c->p, n.data, out, NULL);
    return out->n > 0;
}

uint32_t pst_prop_u32(const struct pst_props *c, uint16_t id, uint32_t fallback)
{
    uint16_t type;
    uint32_t value;

    return lookup(c, id, &type, &value) && (type == 3 || type == 2 || type == 11) ? value : fallback;
}
