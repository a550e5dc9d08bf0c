/* SPDX-License-Identifier: GPL-3.0-or-later
 * The published values: RFC 2202 (HMAC-SHA-1), RFC 6238 appendix B (last six digits), RFC 4648 section 10. */
#include "base/digest.h"
#include "base/totp.h"
#include "tests/check.h"

static const uint8_t secret[] = "12345678901234567890";
static const struct {
    uint64_t seconds;
    const char *code;
} codes[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
             {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
static const struct {
    const char *bytes, *text;
} base32[] = {{"", ""},
              {"f", "MY"},
              {"fo", "MZXQ"},
              {"foo", "MZXW6"},
              {"foob", "MZXW6YQ"},
              {"fooba", "MZXW6YTB"},
              {"foobar", "MZXW6YTBOI"}};

int main(void)
{
    char text[64], hex[41];
    uint8_t mac[20];

    totp_hmac(span_str("Jefe"), span_str("what do ya want for nothing?"), mac);
    digest_hex(mac, sizeof(mac), hex);
    CHECK(!strcmp(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
    for (size_t i = 0; i < GH_COUNT(codes); i++) {
        uint64_t step = codes[i].seconds / TOTP_STEP_S;
        struct span code = span_str(codes[i].code);
        check_row(codes[i].code);
        totp_code(secret, step, text);
        CHECK(!strcmp(text, codes[i].code));
        CHECK_U64(totp_check(secret, code, codes[i].seconds, 0), step);
        CHECK_U64(totp_check(secret, code, codes[i].seconds + TOTP_STEP_S, 0), step);
        CHECK_U64(totp_check(secret, code, codes[i].seconds - TOTP_STEP_S, 0), step);
        CHECK_U64(totp_check(secret, code, codes[i].seconds + 2 * TOTP_STEP_S, 0), 0);
        CHECK_U64(totp_check(secret, code, codes[i].seconds, step), 0); /* a second time */
        CHECK_U64(totp_check(secret, span_part(code, 0, 5), codes[i].seconds, 0), 0);
    }
    for (size_t i = 0; i < GH_COUNT(base32); i++) {
        check_row(base32[i].bytes);
        totp_base32(span_str(base32[i].bytes), text, sizeof(text));
        CHECK(!strcmp(text, base32[i].text));
    }
    return check_end();
}
