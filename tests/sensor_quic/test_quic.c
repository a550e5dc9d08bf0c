/* SPDX-License-Identifier: GPL-3.0-or-later
 * Datagrams (seeds_quic, sealed by another implementation around hellos of OpenSSL) to events; keys against
 * RFC 9001 appendix A.1 and RFC 9369 appendix A.1. */
#include "../check.h"
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/quic.h"
#include "sensor/decode/quic_crypto.h"
#include "sensor/decode/quic_packet.h"

#define SEEDS "tests/sensor_quic/seeds_quic/"
#define EVENT(version) "{\"event_type\":\"quic\",\"dir\":\"to_server\",\"quic\":{\"version\":\"" version "\""
#define CLIENT                                                                                               \
    ",\"sni\":\"may.example.vn\",\"ja3\":{\"hash\":\"9dffdb8b608a430b774a2ff7d36c1a0c\",\"string\":\"771,"   \
    "4866-4867-"                                                                                             \
    "4865-255,0-11-10-35-16-22-23-13-43-45-51,29-23-30-25-24-256-257-258-259-260,0-1-2\"}"
#define SERVER ",\"ja3s\":{\"hash\":\"15af977ce25de452b96affa2addb1036\",\"string\":\"771,4866,43-51\"}"
#define JA4                                                                                                  \
    ",\"ja4\":\"q13d0411h2_16476d049b0b_78f1d400d464\"},\"gatehouse\":{\"quic\":{\"client_alpns\":[\"h2\"]}" \
    "}}\n"

static const struct {
    const char *name, *want;
} rows[] = {
    {"v1", EVENT("1") CLIENT SERVER JA4},
    {"v2", EVENT("6b3343cf") CLIENT SERVER JA4},
    {"draft29", EVENT("ff00001d") CLIENT SERVER JA4},
    {"two_packets", EVENT("1") CLIENT JA4},
    {"retry", EVENT("1") CLIENT SERVER JA4},
    {"not_authentic", "! quic.failed_decrypt\n" EVENT("1") "}}\n"},
    {"bad_frame", "! quic.error_on_data\n" EVENT("1") CLIENT JA4},
    {"too_far", "! quic.crypto_too_long\n" EVENT("1") CLIENT JA4},
};

static void check_keys(void)
{
    static const uint8_t dcid[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
    static const struct {
        uint32_t version;
        const char *client_key, *client_iv, *client_hp, *server_key;
    } keys[] = {
        {1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
         "9f50449e04a0e810283a1e9933adedd2", "cf3a5331653c364c88f0f379b6067e37"},
        {0x6b3343cf, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
         "45b95e15235d6f45a6b19cbcb0294ba9", "82db637861d55e1d011f19ea71d5d2a7"},
    };
    struct quic_keys client, server;
    char hex[33];

    for (size_t i = 0; i < GH_COUNT(keys); i++) {
        check_row(keys[i].client_key);
        CHECK(quic_keys_derive(keys[i].version, span_of(dcid, sizeof(dcid)), &client, &server));
        digest_hex(client.key, 16, hex);
        CHECK_STR(hex, keys[i].client_key);
        digest_hex(client.iv, 12, hex);
        CHECK_STR(hex, keys[i].client_iv);
        digest_hex(client.hp, 16, hex);
        CHECK_STR(hex, keys[i].client_hp);
        digest_hex(server.key, 16, hex);
        CHECK_STR(hex, keys[i].server_key);
    }
    CHECK(!quic_keys_derive(0x51303433, span_of(dcid, sizeof(dcid)), &client, &server));
}

static void check_varint(void) /* RFC 9000 appendix A.1 */
{
    static const struct {
        const char *name;
        uint8_t bytes[8];
        size_t n;
        uint64_t want;
    } numbers[] = {
        {"eight", {0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}, 8, UINT64_C(151288809941952652)},
        {"four", {0x9d, 0x7f, 0x3e, 0x7d}, 4, 494878333},
        {"two", {0x7b, 0xbd}, 2, 15293},
        {"one", {0x25}, 1, 37},
        {"one in two", {0x40, 0x25}, 2, 37},
    };

    for (size_t i = 0; i < GH_COUNT(numbers); i++) {
        struct reader in = reader_of(numbers[i].bytes, numbers[i].n);
        check_row(numbers[i].name);
        CHECK_U64(quic_varint(&in), numbers[i].want);
        CHECK(reader_ok(&in) && !reader_left(&in));
    }
}

static void check_crypto(void)
{
    struct quic_crypto *c = calloc(1, sizeof(*c));
    struct span body = {0};
    uint8_t type = 0;

    check_row("crypto");
    gh_check(c != NULL);
    CHECK(quic_crypto_add(c, 5, span_str("bcd")) && !quic_crypto_message(c, &type, &body));
    CHECK(quic_crypto_add(c, 0, span_of("\1\0\0\4aXX", 7)) && quic_crypto_message(c, &type, &body));
    CHECK(type == 1 && span_eq(body, span_str("abcd")));
    CHECK(!quic_crypto_message(c, &type, &body));
    CHECK(quic_crypto_add(c, 8, span_of("\2\0\0\0", 4)) && quic_crypto_message(c, &type, &body));
    CHECK(type == 2 && !body.n);
    CHECK(!quic_crypto_add(c, QUIC_CRYPTO_MAX - 1, span_str("xy")));
    CHECK(!quic_crypto_add(c, UINT64_MAX, span_str("xy")));
    free(c);
}

static void check_probe(struct span seed)
{
    struct proto_ctx cx = {.udp = true};
    struct reader in = reader_span(seed);
    struct span first;
    uint8_t copy[1500];

    reader_u8(&in);
    first = reader_take(&in, reader_be16(&in));
    CHECK_U64(quic_proto.probe(&cx, TO_SERVER, first), PROBE_YES);
    CHECK_U64(quic_proto.probe(&cx, TO_CLIENT, first), PROBE_NO);
    gh_check(first.n && first.n <= sizeof(copy));
    memcpy(copy, first.p, first.n);
    copy[first.n - 1] ^= 1;
    CHECK_U64(quic_proto.probe(&cx, TO_SERVER, span_of(copy, first.n)), PROBE_NO);
    CHECK_U64(quic_proto.probe(&cx, TO_SERVER, span_part(first, 0, first.n - 1)), PROBE_NO);
    CHECK_U64(quic_proto.probe(&cx, TO_SERVER, span_str("")), PROBE_NO);
}

int main(void)
{
    check_keys();
    check_varint();
    check_crypto();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host host;
        struct writer seed;
        char path[128];
        check_row(rows[i].name);
        snprintf(path, sizeof(path), SEEDS "%s", rows[i].name);
        transcript_load(path, &seed);
        CHECK_STR(transcript_play(&quic_proto, true, writer_span(&seed), 0, &host), rows[i].want);
        fake_done(&host);
        transcript_damage(&quic_proto, true, writer_span(&seed));
        if (!i)
            check_probe(writer_span(&seed));
        writer_done(&seed);
    }
    return check_end();
}
