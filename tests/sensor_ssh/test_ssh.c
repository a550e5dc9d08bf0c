/* SPDX-License-Identifier: GPL-3.0-or-later
 * Conversations (seeds_ssh, made by hand) to events, in pieces of every size, cut and damaged; the
 * fingerprints were calculated apart. */
#include "../check.h"
#include "sensor/decode/ssh.h"
#include "transcript.h"

#define SEEDS "tests/sensor_ssh/seeds_ssh/"
#define EVENT "{\"event_type\":\"ssh\",\"dir\":\"to_server\",\"ssh\":{"
#define HASSH_C                                                                                              \
    "\"hassh\":{\"hash\":\"b2a99c119a2dc43cf02b01c1d8444d5d\",\"string\":\"curve25519-sha256,ext-info-c;"    \
    "aes256-gcm@openssh.com,aes128-ctr;hmac-sha2-256;none,zlib@openssh.com\"}"
#define HASSH_S                                                                                              \
    "\"hassh\":{\"hash\":\"263b9f91bbeccdccade0ae210e8d8793\",\"string\":\"curve25519-sha256;aes256-ctr;"    \
    "hmac-sha2-256;zlib\"}"

static const struct {
    const char *name, *want;
} rows[] = {
    {"both",
     EVENT "\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"PuTTY_Release_0.78\"," HASSH_C
           "},\"server\":{\"proto_version\":\"2.0\",\"software_version\":\"OpenSSH_9.2p1\"," HASSH_S "}}}\n"},
    {"banner_before", EVENT "\"client\":{\"proto_version\":\"1.99\",\"software_version\":\"y\"},"
                            "\"server\":{\"proto_version\":\"2.0\",\"software_version\":\"x\"}}}\n"},
    {"ssh1", EVENT "\"client\":{\"proto_version\":\"1.5\",\"software_version\":\"OldClient\"},"
                   "\"server\":{\"proto_version\":\"1.5\",\"software_version\":\"OldServer\"}}}\n"},
    {"gap", "! ssh.gap\n" EVENT "\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"c\"},"
            "\"server\":{\"proto_version\":\"2.0\",\"software_version\":\"s\"," HASSH_S "}}}\n"},
    {"ignore_first", "! ssh.invalid_record\n" EVENT
                     "\"client\":{\"proto_version\":\"2.0\",\"software_version\":\"c\"," HASSH_C "},"
                     "\"server\":{\"proto_version\":\"2.0\",\"software_version\":\"s\"}}}\n"},
};

static void check_probe(void)
{
    static const struct {
        const char *bytes;
        enum probe want;
    } probes[] = {{"SSH-2.0-x", PROBE_YES}, {"SSH-", PROBE_YES}, {"SS", PROBE_MORE},
                  {"", PROBE_MORE},         {"SSL-", PROBE_NO},  {"ssh-", PROBE_NO}};
    struct proto_ctx cx = {.now_us = 0};

    for (size_t i = 0; i < GH_COUNT(probes); i++) {
        check_row(probes[i].bytes);
        CHECK_U64(ssh_proto.probe(&cx, TO_CLIENT, span_str(probes[i].bytes)), probes[i].want);
    }
}

int main(void)
{
    static const size_t pieces[] = {0, 1, 2, 3, 7, 100};

    check_probe();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host host;
        struct writer seed;
        char path[128];
        check_row(rows[i].name);
        snprintf(path, sizeof(path), SEEDS "%s", rows[i].name);
        transcript_load(path, &seed);
        for (size_t k = 0; k < GH_COUNT(pieces); k++) {
            CHECK_STR(transcript_play(&ssh_proto, false, writer_span(&seed), pieces[k], &host), rows[i].want);
            fake_done(&host);
        }
        transcript_damage(&ssh_proto, false, writer_span(&seed));
        writer_done(&seed);
    }
    return check_end();
}
