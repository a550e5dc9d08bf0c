/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/totp.h"
#include "base/digest.h"
#include "base/seal.h"

#include <stdio.h>

#define BLOCK 64

void totp_hmac(struct span key, struct span text, uint8_t out[static 20])
{
    uint8_t frame[BLOCK + 64], outer[BLOCK + 20];

    gh_check(key.n <= BLOCK && text.n <= 64);
    memset(frame, 0, sizeof(frame));
    memset(outer, 0, sizeof(outer));
    if (key.n) {
        memcpy(frame, key.p, key.n);
        memcpy(outer, key.p, key.n);
    }
    for (size_t i = 0; i < BLOCK; i++) {
        frame[i] ^= 0x36;
        outer[i] ^= 0x5c;
    }
    if (text.n)
        memcpy(frame + BLOCK, text.p, text.n);
    digest_sha1(frame, BLOCK + text.n, outer + BLOCK);
    digest_sha1(outer, sizeof(outer), out);
    seal_wipe(frame, sizeof(frame));
    seal_wipe(outer, sizeof(outer));
}

void totp_code(const uint8_t secret[static TOTP_SECRET], uint64_t step, char out[static TOTP_DIGITS + 1])
{
    uint8_t counter[8], mac[20];
    uint32_t number;
    struct writer w;
    size_t at;

    writer_fixed(&w, counter, sizeof(counter));
    writer_be(&w, step, 8);
    totp_hmac(span_of(secret, TOTP_SECRET), span_of(counter, sizeof(counter)), mac);
    at = mac[19] & 15; /* at most 15: 15 + 3 is inside */
    number = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
             mac[at + 3];
    snprintf(out, TOTP_DIGITS + 1, "%06u", number % 1000000u);
}

uint64_t totp_check(const uint8_t secret[static TOTP_SECRET], struct span code, uint64_t now_s,
                    uint64_t after)
{
    uint64_t now = now_s / TOTP_STEP_S, found = 0;
    char want[TOTP_DIGITS + 1];

    if (code.n != TOTP_DIGITS)
        return 0;
    /* all of them, so that the time taken says nothing */
    for (uint64_t step = now > TOTP_DRIFT ? now - TOTP_DRIFT : 1; step <= now + TOTP_DRIFT; step++) {
        totp_code(secret, step, want);
        if (seal_equal(want, code.p, TOTP_DIGITS) && step > after)
            found = step;
    }
    seal_wipe(want, sizeof(want));
    return found;
}

void totp_base32(struct span bytes, char *out, size_t cap)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    struct reader r = reader_span(bytes);
    unsigned bits = 0;
    uint32_t have = 0;
    struct writer w;

    writer_fixed(&w, out, cap);
    while (reader_left(&r)) {
        have = have << 8 | reader_u8(&r);
        for (bits += 8; bits >= 5; bits -= 5)
            writer_u8(&w, (uint8_t)letters[have >> (bits - 5) & 31]);
    }
    if (bits)
        writer_u8(&w, (uint8_t)letters[have << (5 - bits) & 31]);
    writer_u8(&w, 0);
    gh_check(writer_ok(&w));
}
