/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/succession.h"

#define MAGIC "GHKEYS01"
#define DOMAIN "gatehouse-console-succession-v1"
#define SIGNED (SUCCESSION_SIZE - SEAL_SIGNATURE)

void succession_write(struct succession *s, const struct seal_keys *old, uint8_t out[static SUCCESSION_SIZE])
{
    struct writer w;

    seal_id(seal_keys_public(old), s->before);
    writer_fixed(&w, out, SUCCESSION_SIZE);
    writer_str(&w, MAGIC);
    writer_bytes(&w, s->before, SEAL_ID);
    writer_bytes(&w, s->next.sign, SEAL_PUBLIC);
    writer_bytes(&w, s->next.box, SEAL_PUBLIC);
    writer_bytes(&w, s->pin, SUCCESSION_PIN);
    writer_le(&w, s->made_us, 8);
    writer_le(&w, s->until_us, 8);
    gh_check(writer_ok(&w) && w.n == SIGNED);
    seal_sign(old, DOMAIN, span_of(out, SIGNED), out + SIGNED);
}

int succession_read(struct span bytes, const struct seal_public *old, struct succession *ret)
{
    struct reader r = reader_span(bytes);
    uint8_t id[SEAL_ID], sig[SEAL_SIGNATURE];
    struct succession s;
    struct span magic;

    if (bytes.n != SUCCESSION_SIZE)
        return ST_MALFORMED;
    magic = reader_take(&r, 8);
    reader_copy(&r, s.before, SEAL_ID);
    reader_copy(&r, s.next.sign, SEAL_PUBLIC);
    reader_copy(&r, s.next.box, SEAL_PUBLIC);
    reader_copy(&r, s.pin, SUCCESSION_PIN);
    s.made_us = reader_le64(&r);
    s.until_us = reader_le64(&r);
    reader_copy(&r, sig, SEAL_SIGNATURE);
    if (!reader_ok(&r) || !span_eq(magic, span_str(MAGIC)))
        return ST_MALFORMED;
    seal_id(old, id);
    if (memcmp(id, s.before, SEAL_ID) != 0 || seal_verify(old->sign, DOMAIN, span_part(bytes, 0, SIGNED), sig) != 0)
        return ST_BAD_SIGNATURE;
    *ret = s;
    return 0;
}
