/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which outer locals can a function change? Asked of its compiled form (ldump.c of Lua 5.4), once while a
 * policy is loaded, so that nothing has to be watched for functions that change none, which is nearly all. */
#include "policy/lua/cage_lib.h"

#include "base/reader.h"
#include "base/writer.h"

#define DUMP_MOST (4u << 20)
#define HEADER_DATA 12   /* signature, version, format, LUAC_DATA */
#define HEADER_SIZES 3   /* of an instruction, an integer, a number */
#define HEADER_VALUES 16 /* one of each, to tell the byte order */
#define OP_SETUPVAL 10
#define OP_MASK 0x7f
#define B_SHIFT 16 /* where an instruction keeps which upvalue */
#define NESTED_MOST 200
#define EVERYTHING UINT64_MAX

/* Seven bits a byte, the highest first; the last one is marked. */
static uint64_t number(struct reader *r)
{
    uint64_t n = 0;
    uint8_t b = 0;

    for (int i = 0; i < 10 && !(b & 0x80) && reader_ok(r); i++) {
        b = reader_u8(r);
        n = n << 7 | (b & 0x7f);
    }
    return n;
}

static void skip_text(struct reader *r)
{
    uint64_t n = number(r);

    if (n > 1)
        reader_skip(r, (size_t)(n - 1));
}

static void skip_constants(struct reader *r)
{
    uint64_t n = number(r);

    for (uint64_t i = 0; i < n && reader_ok(r); i++)
        switch (reader_u8(r)) {
        case 0x00: /* nil, false, true */
        case 0x01:
        case 0x11:
            break;
        case 0x03: /* integer, number */
        case 0x13:
            reader_skip(r, 8);
            break;
        case 0x04: /* text, short and long */
        case 0x14:
            skip_text(r);
            break;
        default:
            r->bad = true;
        }
}

static void skip_debug(struct reader *r)
{
    uint64_t n = number(r);

    reader_skip(r, (size_t)n);
    n = number(r);
    for (uint64_t i = 0; i < n && reader_ok(r); i++) {
        (void)number(r);
        (void)number(r);
    }
    n = number(r);
    for (uint64_t i = 0; i < n && reader_ok(r); i++) {
        skip_text(r);
        (void)number(r);
        (void)number(r);
    }
    n = number(r);
    for (uint64_t i = 0; i < n && reader_ok(r); i++)
        skip_text(r);
}

static uint64_t bit(uint64_t i)
{
    return i < 64 ? 1ull << i : EVERYTHING;
}

static uint64_t set_by_code(struct reader *r)
{
    uint64_t n = number(r), sets = 0;

    for (uint64_t i = 0; i < n && reader_ok(r); i++) {
        uint32_t op = reader_le32(r);
        if ((op & OP_MASK) == OP_SETUPVAL)
            sets |= bit(op >> B_SHIFT & 0xff);
    }
    return sets;
}

/* What a function sets, of its own outer locals; *ret_outer: of those, what belongs to the one around it, by
 * that one's numbers. */
static uint64_t function(struct reader *r, unsigned depth, uint64_t *ret_outer)
{
    uint64_t sets, n, outer = 0;
    struct reader upvalues;

    if (depth > NESTED_MOST)
        r->bad = true;
    skip_text(r);
    (void)number(r);
    (void)number(r);
    reader_skip(r, 3);
    sets = set_by_code(r);
    skip_constants(r);
    n = number(r);
    upvalues = reader_sub(r, (size_t)(n > SIZE_MAX / 3 ? SIZE_MAX : n * 3));
    n = number(r);
    for (uint64_t i = 0; i < n && reader_ok(r); i++) {
        uint64_t of_me = 0;
        (void)function(r, depth + 1, &of_me);
        sets |= of_me;
    }
    skip_debug(r);
    for (uint64_t i = 0; reader_left(&upvalues) >= 3; i++) {
        bool in_stack = reader_u8(&upvalues) != 0; /* a local of the function around, not one further out */
        uint8_t at = reader_u8(&upvalues);
        (void)reader_u8(&upvalues);
        if (!in_stack && sets & bit(i))
            outer |= bit(at);
    }
    *ret_outer = outer;
    return sets;
}

static int on_dump(lua_State *l, const void *p, size_t n, void *arg)
{
    struct writer *w = arg;

    (void)l;
    writer_bytes(w, p, n);
    return !writer_ok(w);
}

uint64_t cage_sets_upvalues(lua_State *l, int index)
{
    uint64_t sets = EVERYTHING, outer;
    struct writer w;
    struct reader r;

    writer_init(&w, DUMP_MOST);
    lua_pushvalue(l, index);
    if (lua_dump(l, on_dump, &w, 1) == 0 && writer_ok(&w)) {
        r = reader_span(writer_span(&w));
        reader_skip(&r, HEADER_DATA + HEADER_SIZES + HEADER_VALUES + 1);
        sets = function(&r, 0, &outer);
        if (!reader_ok(&r) ||
            reader_left(&r)) /* not the form that is known here: nothing is taken for granted */
            sets = EVERYTHING;
    }
    lua_pop(l, 1);
    writer_done(&w);
    return sets;
}
