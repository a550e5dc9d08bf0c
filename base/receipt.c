/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/receipt.h"
#include "base/base64.h"
#include "base/json.h"

#define KIND "receipt-v1"
#define DOMAIN "gatehouse-receipt-v1"
#define SIGNED_SIZE (SEAL_ID + 8 + SEAL_HASH)
#define DEPTH 4

static void signed_bytes(const struct receipt *r, uint8_t out[static SIGNED_SIZE])
{
    struct writer w;

    writer_fixed(&w, out, SIGNED_SIZE);
    writer_bytes(&w, r->appliance, SEAL_ID);
    writer_le(&w, r->number, 8);
    writer_bytes(&w, r->hash, SEAL_HASH);
    gh_check(writer_ok(&w));
}

int receipt_write(const struct receipt *r, const struct seal_keys *console, struct writer *out)
{
    uint8_t bytes[SIGNED_SIZE], signature[SEAL_SIGNATURE];
    char text[BASE64_SIZE(SEAL_SIGNATURE)];
    struct jw j;

    signed_bytes(r, bytes);
    seal_sign(console, DOMAIN, span_of(bytes, sizeof(bytes)), signature);
    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", KIND);
    jw_khex(&j, "appliance", r->appliance, SEAL_ID);
    jw_ku64(&j, "receipt", r->number);
    jw_khex(&j, "hash", r->hash, SEAL_HASH);
    jw_kcstr(&j, "signature", base64_encode(signature, sizeof(signature), text, sizeof(text)));
    jw_end_obj(&j);
    writer_u8(out, '\n');
    return writer_ok(out) ? 0 : ST_LIMIT;
}

/* 2n lower-case hex digits, no more and no less. */
static bool read_hex(const struct json *j, uint8_t *out, size_t n)
{
    if (!j || j->type != JSON_STRING || j->s.n != 2 * n)
        return false;
    for (size_t i = 0; i < 2 * n; i++) {
        uint8_t c = j->s.p[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f'))
            return false;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit ? c - '0' : c - 'a' + 10));
    }
    return true;
}

int receipt_read(struct span text, const struct seal_public *console, struct receipt *ret)
{
    uint8_t bytes[SIGNED_SIZE], signature[SEAL_SIGNATURE];
    struct arena *a = arena_new(256u << 10);
    struct receipt r = {.number = 0};
    const struct json *mark;
    struct json *j = NULL;
    int64_t number;
    int rc = !a ? ST_NOMEM : text.n > RECEIPT_MAX ? ST_MALFORMED : json_parse(a, text, DEPTH, &j, NULL);

    number = json_i64(json_get(j, "receipt"), 0);
    mark = json_get(j, "signature");
    if (!rc && (strcmp(json_cstr(json_get(j, "gatehouse"), ""), KIND) != 0 || number <= 0 ||
                !read_hex(json_get(j, "appliance"), r.appliance, SEAL_ID) ||
                !read_hex(json_get(j, "hash"), r.hash, SEAL_HASH) || !mark || mark->type != JSON_STRING ||
                !base64_decode(mark->s, signature, sizeof(signature))))
        rc = ST_MALFORMED;
    if (!rc) {
        r.number = (uint64_t)number;
        signed_bytes(&r, bytes);
        rc = seal_verify(console->sign, DOMAIN, span_of(bytes, sizeof(bytes)), signature);
    }
    arena_free(a);
    if (rc == ST_LIMIT)
        rc = ST_MALFORMED;
    if (!rc)
        *ret = r;
    return rc;
}
