/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sensor_http2/h2_make.h"
#include "sensor/decode/http2_frame.h"

static void put_string(struct writer *w, struct span s)
{
    if (s.n < 127) {
        writer_u8(w, (uint8_t)s.n);
    } else {
        size_t more = s.n - 127;
        writer_u8(w, 127);
        for (; more >= 128; more >>= 7)
            writer_u8(w, (uint8_t)(more | 128));
        writer_u8(w, (uint8_t)more);
    }
    writer_put(w, s);
}

void h2_field(struct writer *w, struct span name, struct span value)
{
    bool enter = span_starts(name, "+");

    writer_u8(w, enter ? 0x40 : 0);
    put_string(w, span_part(name, enter, name.n));
    put_string(w, value);
}

void h2_frame(struct writer *w, uint8_t type, uint8_t flags, uint32_t stream, struct span payload)
{
    writer_be(w, payload.n, 3);
    writer_u8(w, type);
    writer_u8(w, flags);
    writer_be(w, stream, 4);
    writer_put(w, payload);
}

void h2_make(struct writer *w, const struct h2_step *s)
{
    struct span data = span_of(s->data, s->n ? s->n : s->data ? strlen(s->data) : 0), line;
    struct reader r = reader_span(data);
    struct writer block;
    uint64_t index;

    writer_init(&block, 1 << 20);
    switch (s->kind) {
    case H2_RAW:
        writer_put(w, data);
        break;
    case H2_FRAME:
        h2_frame(w, s->type, s->flags, s->stream, data);
        break;
    case H2_FIELDS:
        if (s->flags & HTTP2_PADDED)
            writer_u8(&block, 3);
        if (s->flags & HTTP2_WITH_PRIORITY)
            writer_be(&block, 0x8000000110, 5);
        if (s->type == HTTP2_PUSH_PROMISE)
            writer_be(&block, 2, 4);
        while (reader_line(&r, &line)) {
            ptrdiff_t blank = span_find_byte(line, ' ', 0);
            if (blank < 0 && span_number(span_part(line, 1, line.n), 126, &index))
                writer_u8(&block, (uint8_t)(0x80 | index));
            else
                h2_field(&block, span_part(line, 0, (size_t)blank),
                         span_part(line, (size_t)blank + 1, line.n));
        }
        if (s->flags & HTTP2_PADDED)
            writer_bytes(&block, "\0\0\0", 3);
        h2_frame(w, s->type, s->flags, s->stream, writer_span(&block));
        break;
    case H2_HOLE:
        break;
    }
    writer_done(&block);
}
