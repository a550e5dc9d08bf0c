/* SPDX-License-Identifier: GPL-3.0-or-later
 * Exchanges (seeds_krb5, made by hand) over UDP and TCP to events, in pieces, cut and damaged; numbers and
 * lengths of BER. */
#include "../check.h"
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/asn1.h"
#include "sensor/decode/krb5.h"

#define SEEDS "tests/sensor_krb5/seeds_krb5/"
#define EVENT(dir, tx, type)                                                                                 \
    "{\"event_type\":\"krb5\",\"dir\":\"" dir "\",\"tx_id\":" tx ",\"krb5\":{\"msg_type\":\"" type "\","
#define NAMES(c, s) "\"cname\":\"" c "\",\"realm\":\"MAY.VN\",\"sname\":\"" s "\""
#define EXCHANGES                                                                                            \
    EVENT("to_client", "0", "KRB_ERROR")                                                                     \
    "\"failed_request\":\"KRB_AS_REQ\",\"error_code\":\"KDC_ERR_PREAUTH_REQUIRED\"," NAMES(                  \
        "an", "krbtgt/MAY.VN") "}}\n" EVENT("to_client", "1", "KRB_AS_REP")                                  \
        NAMES(                                                                                               \
            "an",                                                                                            \
            "krbtgt/MAY.VN") ",\"encryption\":\"AES256_CTS_HMAC_SHA1_96\",\"weak_encryption\":false,"        \
                             "\"ticket_encryption\":"                                                        \
                             "\"AES256_CTS_HMAC_SHA384_192\",\"ticket_weak_encryption\":false}}\n" EVENT(    \
                                 "to_client", "2", "KRB_TGS_REP")                                            \
                                 NAMES(                                                                      \
                                     "an",                                                                   \
                                     "cifs/fs1.may.vn") ",\"encryption\":\"RC4_HMAC\",\"weak_encryption\":"  \
                                                        "true,\"ticket_encryption\":"                        \
                                                        "\"EncryptionType(-140)\",\"ticket_weak_"            \
                                                        "encryption\":true}}\n" EVENT(                       \
                                                            "to_client", "3",                                \
                                                            "KRB_ERROR") "\"failed_request\":\"KRB_TGS_"     \
                                                                         "REQ\",\"error_code\":\"ErrorCode(" \
                                                                         "99)\",\"realm\":\"MAY.VN\","       \
                                                                         "\"sname\":\"http/x\"}}\n"

static const struct {
    const char *name;
    bool udp;
    const char *want;
} rows[] = {
    {"udp", true, EXCHANGES},
    {"tcp", false, EXCHANGES},
    {"unanswered", true,
     EVENT("to_server", "0", "KRB_AS_REQ") NAMES("an", "krbtgt/MAY.VN") "}}\n" EVENT("to_server", "1",
                                                                                     "KRB_AS_REQ")
         NAMES("binh", "krbtgt/MAY.VN") "}}\n" EVENT("to_client", "2", "KRB_TGS_REP")
             NAMES("c", "krbtgt/MAY.VN") ",\"encryption\":\"AES128_CTS_HMAC_SHA1_96\",\"weak_encryption\":"
                                         "false,\"ticket_encryption\":"
                                         "\"AES128_CTS_HMAC_SHA1_96\",\"ticket_weak_encryption\":false}}\n"},
    {"malformed", true,
     "! krb5.malformed_data\n! krb5.malformed_data\n! krb5.malformed_data\n! krb5.malformed_data\n"},
};

static void check_numbers(void)
{
    static const struct {
        const char *bytes;
        size_t n;
        bool ok;
        int64_t want;
    } numbers[] = {{"", 0, false, 0},          {"\x7f", 1, true, 127},      {"\x80", 1, true, -128},
                   {"\x00\x80", 2, true, 128}, {"\xff\x74", 2, true, -140}, {"123456789", 9, false, 0}};

    check_row("asn1_number");
    for (size_t i = 0; i < GH_COUNT(numbers); i++) {
        int64_t v = 0;
        CHECK(asn1_number(span_of(numbers[i].bytes, numbers[i].n), &v) == numbers[i].ok);
        CHECK(v == numbers[i].want);
    }
}

static void check_sizes(void)
{
    static const struct {
        const char *bytes;
        size_t n, want;
    } sizes[] = {{"\x30", 1, 0},
                 {"\x30\x05", 2, 7},
                 {"\x30\x82\x01", 3, 0},
                 {"\x30\x82\x01\x00", 4, 260},
                 {"\x30\x80", 2, SIZE_MAX},
                 {"\x30\x85", 2, SIZE_MAX},
                 {"\x3f\x05", 2, SIZE_MAX}};

    check_row("asn1_size");
    for (size_t i = 0; i < GH_COUNT(sizes); i++)
        CHECK_U64(asn1_size(span_of(sizes[i].bytes, sizes[i].n)), sizes[i].want);
}

static void check_probe(struct span seed, bool udp)
{
    struct proto_ctx cx = {.udp = udp};
    struct reader in = reader_span(seed);
    struct span first;

    reader_u8(&in);
    first = reader_take(&in, reader_be16(&in));
    CHECK_U64(krb5_proto.probe(&cx, TO_SERVER, first), PROBE_YES);
    CHECK_U64(krb5_proto.probe(&cx, TO_CLIENT, first), PROBE_NO);
    CHECK_U64(krb5_proto.probe(&cx, TO_SERVER, span_part(first, 0, 5)), udp ? PROBE_NO : PROBE_MORE);
    CHECK_U64(krb5_proto.probe(&cx, TO_SERVER, span_str("GET / HTTP/1.1\r\n\r\n")), PROBE_NO);
}

int main(void)
{
    static const size_t pieces[] = {0, 1, 2, 5, 64, 1000};

    check_numbers();
    check_sizes();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host host;
        struct writer seed;
        char path[128];
        check_row(rows[i].name);
        snprintf(path, sizeof(path), SEEDS "%s", rows[i].name);
        transcript_load(path, &seed);
        for (size_t k = 0; k < GH_COUNT(pieces); k++) {
            CHECK_STR(transcript_play(&krb5_proto, rows[i].udp, writer_span(&seed), pieces[k], &host),
                      rows[i].want);
            fake_done(&host);
        }
        transcript_damage(&krb5_proto, rows[i].udp, writer_span(&seed));
        if (i < 2)
            check_probe(writer_span(&seed), rows[i].udp);
        writer_done(&seed);
    }
    return check_end();
}
