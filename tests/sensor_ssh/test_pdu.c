/* SPDX-License-Identifier: GPL-3.0-or-later
 * Messages of one length byte (the rest counted by it) through pdu: whole, in pieces, too long, damaged,
 * behind holes and without memory. */
#include "../check.h"
#include "../sensor_dns/fake_host.h"
#include "sensor/decode/pdu.h"

#define MAX 10

static size_t size(struct span s)
{
    return !s.n ? PDU_MORE : s.p[0] > 'a' ? PDU_NONE : (size_t)(s.p[0] - '0') + 1;
}

static bool message(void *arg, struct proto_ctx *cx, enum direction dir, struct span s)
{
    (void)cx;
    (void)dir;
    writer_put(arg, s);
    writer_u8(arg, '|');
    return !s.n || s.p[s.n - 1] != '$';
}

static const struct pdu_kind kind = {
    .max = MAX,
    .size = size,
    .message = message,
    .invalid = "t.invalid",
    .too_long = "t.too_long",
    .no_memory = "t.no_memory",
    .gap = "t.gap",
    .truncated = "t.truncated",
};

/* Input: messages as text; "~" and a digit is a hole of that many bytes, a blank ends one piece. */
static const struct {
    const char *name, *in, *want, *said;
    size_t limit;
} rows[] = {
    {"whole", "3abc0 2xy", "3abc|0|2xy|", "", 100},
    {"in pieces", "3 a b c0 2x y1 z", "3abc|0|2xy|1z|", "", 100},
    {"as long as may be", "9abcdefghi1z", "9abcdefghi|1z|", "", 100},
    {"too long", "1a=abcdefghijklm2xy", "1a|2xy|", "! t.too_long\n", 100},
    {"too long, in pieces", "= abcdefg hijklm2 xy", "2xy|", "! t.too_long\n", 100},
    {"no message", "1az123", "1a|", "! t.invalid\n", 100},
    {"no message in a kept one is none of ours", "3az b1c", "3azb|1c|", "", 100},
    {"the receiver has enough", "2a$1b 1c", "2a$|", "", 100},
    {"the receiver has enough, in pieces", "2a $1b 1c", "2a$|", "", 100},
    {"not finished", "1a3b", "1a|", "! t.truncated\n", 100},
    {"hole in a message", "5ab ~2 c1z", "1z|", "! t.gap\n", 100},
    {"hole to its end", "5ab ~3 1z", "1z|", "! t.gap\n", 100},
    {"hole past its end", "5ab ~5 9tail 2xy 1a", "2xy|1a|", "! t.gap\n", 100},
    {"hole between messages", "1a ~4 2xy", "1a|2xy|", "! t.gap\n", 100},
    {"hole in what is stepped over", "=abc ~9 j1a", "1a|", "! t.too_long\n! t.gap\n", 100},
    {"no memory", "1a5bcd efg1h", "1a|", "! t.no_memory\n", 2},
};

static void run(size_t row)
{
    struct proto_host host;
    struct proto_ctx cx;
    struct writer got;
    struct pdu p;
    struct reader in = reader_span(span_str(rows[row].in));

    check_row(rows[row].name);
    writer_init(&got, 1000);
    fake_start(&host, &cx, false, 1, 2);
    host.limit = rows[row].limit;
    pdu_init(&p, &kind);
    while (reader_left(&in)) {
        struct span rest = span_part(span_str(rows[row].in), in.pos, SIZE_MAX);
        ptrdiff_t blank = span_find_byte(rest, ' ', 0);
        struct span piece = span_part(rest, 0, blank < 0 ? rest.n : (size_t)blank);
        reader_skip(&in, piece.n + (blank >= 0));
        if (piece.p[0] == '~')
            pdu_gap(&p, &kind, &cx, TO_SERVER, (uint64_t)(piece.p[1] - '0'));
        else
            pdu_feed(&p, &kind, &got, &cx, TO_SERVER, piece);
    }
    pdu_end(&p, &kind, &cx, TO_SERVER);
    pdu_done(&p, &cx);
    pdu_done(&p, &cx);
    CHECK_STR(writer_cstr(&got), rows[row].want);
    CHECK_STR(fake_said(&host), rows[row].said);
    fake_done(&host);
    writer_done(&got);
}

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        run(i);
    return check_end();
}
