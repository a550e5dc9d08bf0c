/* SPDX-License-Identifier: GPL-3.0-or-later
 * Conversations (seeds_rdp, made by hand around a handshake of OpenSSL) to events, in pieces, cut and
 * damaged. */
#include "../check.h"
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/rdp.h"

#define SEEDS "tests/sensor_rdp/seeds_rdp/"
#define EVENT(dir, tx, type)                                                                                 \
    "{\"event_type\":\"rdp\",\"dir\":\"" dir "\",\"tx_id\":" tx ",\"rdp\":{\"tx_id\":" tx                    \
    ",\"event_type\":\"" type "\""
#define REQUESTED(what) ",\"gatehouse\":{\"rdp\":{" what "}}}\n"

static const struct {
    const char *name, *want; /* what is said first */
    const char *then;        /* and somewhere behind */
    enum probe probe;
} rows[] = {
    {"tls",
     EVENT(
         "to_server", "0",
         "initial_request") ",\"cookie\":\"quantri\"}" REQUESTED("\"flags\":[\"restricted_admin_mode_required\","
                            "\"correlation_info_present\"],\"requested\":[\"ssl\",\"hybrid\"]")
                                EVENT(
                                    "to_client", "1",
                                    "initial_response") "},\"gatehouse\":{\"rdp\":{\"server_supports\":[\"extended_client_data\","
                                                        "\"dynvc_gfx\","
                                                        "\"restricted_admin\",\"redirected_authentication\"],"
                                                        "\"protocol\":\"hybrid\"}}}\n{\"event_type\":\"tls\"",
     "\"sni\":\"may.example.vn\"", PROBE_YES},
    {"refused",
     EVENT("to_server", "0",
           "initial_request") "}" REQUESTED("\"routing_token\":\"msts=3640205228.15629.0000\","
                                            "\"requested\":[\"rdp\"]")
         EVENT("to_client", "1",
               "initial_response") "}" REQUESTED("\"error_code\":5,\"reason\":\"hybrid required by server\""),
     "", PROBE_YES},
    {"old",
     EVENT("to_server", "0", "initial_request") ",\"cookie\":\"a\"}" REQUESTED("\"requested\":[\"rdp\"]")
         EVENT("to_client", "1", "initial_response") "}" REQUESTED("\"protocol\":\"rdp\""),
     "", PROBE_YES},
    {"malformed", "! rdp.malformed\n! rdp.truncated\n", "", PROBE_NO},
    {"s7", "! rdp.malformed\n", "", PROBE_NO},
};

static void check_probe(struct span seed, enum probe want)
{
    struct proto_ctx cx = {.udp = false};
    struct reader in = reader_span(seed);
    struct span first;

    reader_u8(&in);
    first = reader_take(&in, reader_be16(&in));
    CHECK_U64(rdp_proto.probe(&cx, TO_SERVER, first), want);
    CHECK_U64(rdp_proto.probe(&cx, TO_CLIENT, first), PROBE_NO);
    CHECK_U64(rdp_proto.probe(&cx, TO_SERVER, span_part(first, 0, first.n - 1)), PROBE_MORE);
    CHECK_U64(rdp_proto.probe(&cx, TO_SERVER, span_str("\4\0\0\1")), PROBE_NO);
}

int main(void)
{
    static const size_t pieces[] = {0, 1, 2, 5, 64, 1000};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host host;
        struct writer seed;
        char path[128];
        check_row(rows[i].name);
        snprintf(path, sizeof(path), SEEDS "%s", rows[i].name);
        transcript_load(path, &seed);
        for (size_t k = 0; k < GH_COUNT(pieces); k++) {
            const char *said = transcript_play(&rdp_proto, false, writer_span(&seed), pieces[k], &host);
            size_t n = strlen(rows[i].want);
            CHECK(strncmp(said, rows[i].want, n) == 0);
            if (strncmp(said, rows[i].want, n) != 0 || !*rows[i].then)
                CHECK_STR(said, rows[i].want);
            else
                CHECK(strstr(said + n, rows[i].then));
            fake_done(&host);
        }
        transcript_damage(&rdp_proto, false, writer_span(&seed));
        check_probe(writer_span(&seed), rows[i].probe);
        writer_done(&seed);
    }
    return check_end();
}
