/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sensor_smb/smb_talk.h"
#include "sensor/decode/smb.h"
#include "tests/check.h"

static uint64_t ids = 1000; /* message ids of the shorthands */

void talk_open(struct talk *t, size_t step)
{
    *t = (struct talk){.h = fake_new(&smb_proto, NULL), .step = step, .session = 77, .tree = 5};
    writer_init(&t->w, 32 << 20);
}

void talk_close(struct talk *t)
{
    fake_end(t->h, TO_SERVER);
    fake_end(t->h, TO_CLIENT);
    fake_close(t->h);
}

void talk_free(struct talk *t)
{
    fake_free(t->h);
    writer_done(&t->w);
}

static void put_utf16(struct writer *w, const char *text)
{
    for (; *text; text++)
        writer_le(w, (uint8_t)*text, 2);
}

static void put_id(struct writer *w, uint8_t file)
{
    for (int i = 0; i < 16; i++)
        writer_u8(w, file);
}

static void patch(struct writer *w, size_t at, uint32_t v, bool big)
{
    for (int i = 0; i < 4; i++)
        w->p[at + (size_t)i] = (uint8_t)(v >> 8 * (big ? 3 - i : i));
}

void smb2(struct talk *t, uint16_t command, uint32_t flags, uint64_t id, const void *body, size_t n)
{
    struct writer *w = &t->w;

    if (!w->n) {
        writer_be(w, 0, 4);
    } else {
        while ((w->n - 4) % 8)
            writer_u8(w, 0);
        patch(w, t->unit + 20, (uint32_t)(w->n - t->unit), false);
        flags |= flags & ANSWER ? 0 : t->flags & RELATED;
    }
    t->unit = w->n;
    flags |= t->flags & ~RELATED;
    writer_be(w, 0xFE534D42, 4);
    writer_le(w, 64, 2);
    writer_le(w, 1, 2);
    writer_le(w, flags & ANSWER ? t->status : 0, 4);
    writer_le(w, command, 2);
    writer_le(w, 1, 2);
    writer_le(w, flags, 4);
    writer_le(w, 0, 4);
    writer_le(w, id, 8);
    if (flags & ASYNC) {
        writer_le(w, id + 1, 8);
    } else {
        writer_le(w, 0xFEFF, 4);
        writer_le(w, flags & RELATED ? UINT32_MAX : t->tree, 4);
    }
    writer_le(w, flags & RELATED ? UINT64_MAX : t->session, 8);
    writer_le(w, 0, 8);
    writer_le(w, 0, 8);
    writer_bytes(w, body, n);
}

void talk_send(struct talk *t, enum direction dir)
{
    patch(&t->w, 0, (uint32_t)t->w.n - 4, true);
    fake_feed(t->h, dir, t->w.p, t->w.n, t->step);
    writer_clear(&t->w);
}

static void body(struct talk *t, uint16_t command, uint32_t flags, uint64_t id, struct writer *b)
{
    smb2(t, command, flags, id, b->p, b->n);
    writer_done(b);
}

void ask_create(struct talk *t, uint64_t id, const char *name)
{
    struct writer b;

    writer_init(&b, 4096);
    writer_le(&b, 57, 2);
    writer_le(&b, 0, 2);
    writer_le(&b, 2, 4);
    for (int i = 0; i < 4; i++)
        writer_le(&b, 0, 8 - (i > 1) * 4);
    writer_le(&b, 7, 4);
    writer_le(&b, 3, 4);
    writer_le(&b, 0x40, 4);
    writer_le(&b, 120, 2);
    writer_le(&b, 2 * strlen(name), 2);
    writer_le(&b, 0, 8);
    put_utf16(&b, name);
    body(t, 5, 0, id, &b);
}

void say_create(struct talk *t, uint64_t id, uint8_t file, uint64_t size)
{
    struct writer b;

    writer_init(&b, 4096);
    writer_le(&b, 89, 4);
    writer_le(&b, 1, 4);
    for (int i = 0; i < 4; i++)
        writer_le(&b, 133500000000000000, 8);
    writer_le(&b, size, 8);
    writer_le(&b, size, 8);
    writer_le(&b, 0x80, 8);
    put_id(&b, file);
    writer_le(&b, 0, 8);
    body(t, 5, ANSWER, id, &b);
}

void ask_close(struct talk *t, uint64_t id, uint8_t file)
{
    struct writer b;

    writer_init(&b, 4096);
    writer_le(&b, 24, 8);
    put_id(&b, file);
    body(t, 6, 0, id, &b);
}

void say_close(struct talk *t, uint64_t id)
{
    uint8_t b[60] = {60};

    smb2(t, 6, ANSWER, id, b, sizeof(b));
}

void ask_read(struct talk *t, uint64_t id, uint8_t file, uint64_t offset, uint32_t length)
{
    struct writer b;

    writer_init(&b, 4096);
    writer_le(&b, 49, 2);
    writer_le(&b, 0x50, 2);
    writer_le(&b, length, 4);
    writer_le(&b, offset, 8);
    put_id(&b, file);
    writer_le(&b, 0, 8);
    writer_le(&b, 0, 8);
    writer_u8(&b, 0);
    body(t, 8, 0, id, &b);
}

void say_read(struct talk *t, uint64_t id, const void *p, size_t n)
{
    struct writer b;

    writer_init(&b, 32 << 20);
    writer_le(&b, 17, 2);
    writer_le(&b, 0x50, 2);
    writer_le(&b, n, 4);
    writer_le(&b, 0, 8);
    writer_bytes(&b, p, n);
    body(t, 8, ANSWER, id, &b);
}

void ask_write(struct talk *t, uint64_t id, uint8_t file, uint64_t offset, const void *p, size_t n)
{
    struct writer b;

    writer_init(&b, 32 << 20);
    writer_le(&b, 49, 2);
    writer_le(&b, 0x70, 2);
    writer_le(&b, n, 4);
    writer_le(&b, offset, 8);
    put_id(&b, file);
    writer_le(&b, 0, 8);
    writer_le(&b, 0, 8);
    writer_bytes(&b, p, n);
    body(t, 9, 0, id, &b);
}

void ask_tree(struct talk *t, uint64_t id, const char *share)
{
    struct writer b;

    writer_init(&b, 4096);
    writer_le(&b, 9, 4);
    writer_le(&b, 72, 2);
    writer_le(&b, 2 * strlen(share), 2);
    put_utf16(&b, share);
    body(t, 3, 0, id, &b);
}

void say_tree(struct talk *t, uint64_t id, uint8_t type)
{
    uint8_t b[16] = {16, 0, type};

    smb2(t, 3, ANSWER, id, b, sizeof(b));
}

void ask_end(struct talk *t, uint64_t id, uint8_t file, uint64_t size)
{
    struct writer b;

    writer_init(&b, 4096);
    writer_le(&b, 33, 2);
    writer_u8(&b, 1);
    writer_u8(&b, 20);
    writer_le(&b, 8, 4);
    writer_le(&b, 96, 8);
    put_id(&b, file);
    writer_le(&b, size, 8);
    body(t, 17, 0, id, &b);
}

void tree(struct talk *t, const char *share, uint8_t type)
{
    uint64_t id = ids++;

    ask_tree(t, id, share);
    talk_send(t, TO_SERVER);
    say_tree(t, id, type);
    talk_send(t, TO_CLIENT);
}

void opened(struct talk *t, const char *name, uint8_t file, uint64_t size)
{
    uint64_t id = ids++;

    ask_create(t, id, name);
    talk_send(t, TO_SERVER);
    say_create(t, id, file, size);
    talk_send(t, TO_CLIENT);
}

void closed(struct talk *t, uint8_t file)
{
    uint64_t id = ids++;

    ask_close(t, id, file);
    talk_send(t, TO_SERVER);
    say_close(t, id);
    talk_send(t, TO_CLIENT);
}

void read_all(struct talk *t, uint8_t file, uint64_t offset, const void *p, size_t n)
{
    uint64_t id = ids++;

    ask_read(t, id, file, offset, (uint32_t)n);
    talk_send(t, TO_SERVER);
    say_read(t, id, p, n);
    talk_send(t, TO_CLIENT);
}

void written(struct talk *t, uint8_t file, uint64_t offset, const void *p, size_t n)
{
    ask_write(t, ids++, file, offset, p, n);
    talk_send(t, TO_SERVER);
}

void smb1(struct talk *t, enum direction dir, uint8_t command, uint16_t id, const void *words, size_t n_words,
          const void *bytes, size_t n_bytes)
{
    struct writer *w = &t->w;

    writer_be(w, 33 + n_words + 2 + n_bytes - 1, 4);
    w->n = 4;
    writer_be(w, 0xFF534D42, 4);
    writer_u8(w, command);
    writer_le(w, dir == TO_CLIENT ? t->status : 0, 4);
    writer_u8(w, dir == TO_CLIENT ? 0x98 : 0x18);
    writer_le(w, t->oem ? 0x4001 : 0xC001, 2);
    writer_le(w, 0, 8);
    writer_le(w, 0, 4);
    writer_le(w, t->tree, 2);
    writer_le(w, 33, 2);
    writer_le(w, t->session, 2);
    writer_le(w, id, 2);
    writer_u8(w, (uint8_t)(n_words / 2));
    writer_bytes(w, words, n_words);
    writer_le(w, n_bytes, 2);
    writer_bytes(w, bytes, n_bytes);
    talk_send(t, dir);
}
