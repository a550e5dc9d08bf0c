/* SPDX-License-Identifier: GPL-3.0-or-later
 * Published vectors: RFC 4231 (HMAC), RFC 9001 appendix A.1 (labels), FIPS 197 appendix B (AES), GCM
 * specification test cases 1 and 2. */
#include "../check.h"
#include "base/cipher.h"

static void unhex(const char *s, uint8_t *ret, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char two[3] = {s[2 * i], s[2 * i + 1], 0};
        ret[i] = (uint8_t)strtoul(two, NULL, 16);
    }
}

static void check_hmac(void)
{
    static const struct {
        const char *name;
        uint8_t key_byte;
        size_t key_n;
        const char *text, *want;
    } rows[] = {
        {"RFC 4231 case 1", 0x0b, 20, "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"RFC 4231 case 6", 0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        uint8_t key[131], mac[SHA256_SIZE];
        char hex[2 * SHA256_SIZE + 1];
        check_row(rows[i].name);
        memset(key, rows[i].key_byte, sizeof(key));
        cipher_hmac_sha256(span_of(key, rows[i].key_n), span_str(rows[i].text), mac);
        digest_hex(mac, sizeof(mac), hex);
        CHECK_STR(hex, rows[i].want);
    }
}

static void check_labels(void)
{
    static const struct {
        const char *label;
        size_t n;
        const char *want;
    } rows[] = {
        {"quic key", 16, "1f369613dd76d5467730efcbe3b1a22d"},
        {"quic iv", 12, "fa044b2f42a3fd3b46fb255c"},
        {"quic hp", 16, "9f50449e04a0e810283a1e9933adedd2"},
    };
    uint8_t secret[SHA256_SIZE];

    unhex("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea", secret, sizeof(secret));
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        uint8_t out[SHA256_SIZE];
        char hex[2 * SHA256_SIZE + 1];
        check_row(rows[i].label);
        cipher_hkdf_label(secret, rows[i].label, out, rows[i].n);
        digest_hex(out, rows[i].n, hex);
        CHECK_STR(hex, rows[i].want);
    }
}

static void check_aes(void)
{
    uint8_t key[16], in[16], out[16];
    char hex[33];

    check_row("FIPS 197 appendix B");
    unhex("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof(key));
    unhex("3243f6a8885a308d313198a2e0370734", in, sizeof(in));
    cipher_aes128(key, in, out);
    digest_hex(out, sizeof(out), hex);
    CHECK_STR(hex, "3925841d02dc09fbdc118597196a0b32");
}

static void check_gcm(void)
{
    static const uint8_t key[16], nonce[12], zero[16];
    uint8_t sealed[32], out[32], head[] = "x";

    check_row("GCM case 1");
    unhex("58e2fccefa7e3061367f1d57a4e7455a", sealed, 16);
    CHECK(cipher_aes128_gcm_open(key, nonce, span_of(NULL, 0), span_of(sealed, 16), out));
    CHECK(!cipher_aes128_gcm_open(key, nonce, span_of(head, 1), span_of(sealed, 16), out));
    CHECK(!cipher_aes128_gcm_open(key, nonce, span_of(NULL, 0), span_of(sealed, 15), out));
    check_row("GCM case 2");
    unhex("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf", sealed, 32);
    CHECK(cipher_aes128_gcm_open(key, nonce, span_of(NULL, 0), span_of(sealed, 32), out));
    CHECK(memcmp(out, zero, 16) == 0);
    check_row("in place, and changed");
    CHECK(cipher_aes128_gcm_open(key, nonce, span_of(NULL, 0), span_of(sealed, 32), sealed) &&
          memcmp(sealed, zero, 16) == 0);
    unhex("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bdde", sealed, 32);
    CHECK(!cipher_aes128_gcm_open(key, nonce, span_of(NULL, 0), span_of(sealed, 32), out));
}

int main(void)
{
    check_hmac();
    check_labels();
    check_aes();
    check_gcm();
    return check_end();
}
