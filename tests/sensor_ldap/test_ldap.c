/* SPDX-License-Identifier: GPL-3.0-or-later
 * Conversations (seeds_ldap, made by hand) to events, in pieces, cut and damaged. No secret may be in what is
 * said. */
#include "../check.h"
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/ldap.h"

#define SEEDS "tests/sensor_ldap/seeds_ldap/"
#define EVENT(tx) "{\"event_type\":\"ldap\",\"dir\":\"to_server\",\"tx_id\":" tx ",\"ldap\":{"
#define REQUEST(id, op) "\"request\":{\"message_id\":" id ",\"operation\":\"" op "\""
#define RESPONSE(op, code, dn, msg)                                                                          \
    "{\"operation\":\"" op "\",\"" op "\":{\"result_code\":\"" code "\",\"matched_dn\":\"" dn                \
    "\",\"message\":\"" msg "\"}}"
#define ENTRY(dn)                                                                                            \
    "{\"operation\":\"search_result_entry\",\"search_result_entry\":{\"base_object\":\"" dn "\"}}"
#define PRESENT(what) ",\"gatehouse\":{\"ldap\":{\"filter_present\":\"" what "\"}}}\n"
#define AUTH(how) ",\"gatehouse\":{\"ldap\":{\"authentication\":\"" how "\"}}}\n"

static const struct {
    const char *name;
    bool udp;
    const char *want; /* NULL: see below */
} rows[] = {
    {"session", false,
     EVENT("0") REQUEST(
         "1",
         "bind_request") ",\"bind_request\":{\"version\":3,\"name\":\"cn=an,dc=may,dc=vn\"}},"
                         "\"responses\":[" RESPONSE("bind_response", "invalid_credentials", "",
                                                    "sai") "]}" AUTH("simple") EVENT("1")
                             REQUEST(
                                 "2",
                                 "bind_request") ",\"bind_request\":{\"version\":3,\"name\":\"\",\"sasl\":{"
                                                 "\"mechanism\":"
                                                 "\"DIGEST-MD5\"}}},\"responses\":[" RESPONSE(
                                                     "bind_response", "success", "",
                                                     "") "]}" AUTH("sasl") EVENT("2")
                                                     REQUEST("3",
                                                             "search_request") ",\"search_request\":{"
                                                                               "\"base_object\":\"dc=may,"
                                                                               "dc=vn\",\"scope\":2,"
                                                                               "\"deref_alias\":0,\"size_"
                                                                               "limit\":0,\"time_limit\":"
                                                                               "30,\"types_only\":true,"
                                                                               "\"attributes\":[\"cn\","
                                                                               "\"mail\"]}},\"responses\":"
                                                                               "[" ENTRY("cn=a") "," ENTRY("c"
                                                                                                           "n"
                                                                                                           "="
                                                                                                           "b") ",{\"operation\":\"search_result_reference\"}," RESPONSE(
                                                                                   "search_result_done", "success", "", "") "]}" PRESENT("objectClass") EVENT("3") REQUEST("4",
                                                                                                                      "modify_"
                                                                                                                      "request") ",\"modify_request\":{\"object\":\"cn=a\"}},\"responses\":[" RESPONSE("modify_response",
                                                                                                                                                                                                       "insufficient_"
                                                                                                                                                                                                       "access_rights",
                                                                                                                                                                                                       "", "") "]}}\n" EVENT("4")
                                                                                   REQUEST("5", "del_request") ",\"del_request\":{\"dn\":\"cn=b\"}},\"responses\":[" RESPONSE(
                                                                                       "del_response",
                                                                                       "no_such_object",
                                                                                       "dc=may",
                                                                                       "") "]}}\n" EVENT("5")
                                                                                       REQUEST(
                                                                                           "6",
                                                                                           "mod_dn_"
                                                                                           "reques"
                                                                                           "t") ","
                                                                                                "\""
                                                                                                "mo"
                                                                                                "d_"
                                                                                                "dn"
                                                                                                "_r"
                                                                                                "eq"
                                                                                                "ue"
                                                                                                "st"
                                                                                                "\""
                                                                                                ":{"
                                                                                                "\""
                                                                                                "en"
                                                                                                "tr"
                                                                                                "y"
                                                                                                "\""
                                                                                                ":"
                                                                                                "\""
                                                                                                "cn"
                                                                                                "=a"
                                                                                                "\""
                                                                                                ","
                                                                                                "\""
                                                                                                "ne"
                                                                                                "w_"
                                                                                                "rd"
                                                                                                "n"
                                                                                                "\""
                                                                                                ":"
                                                                                                "\""
                                                                                                "cn"
                                                                                                "=z"
                                                                                                "\""
                                                                                                ","
                                                                                                "\""
                                                                                                "de"
                                                                                                "le"
                                                                                                "te"
                                                                                                "_o"
                                                                                                "ld"
                                                                                                "_r"
                                                                                                "dn"
                                                                                                "\""
                                                                                                ":f"
                                                                                                "al"
                                                                                                "se"
                                                                                                ","
                                                                                                "\""
                                                                                                "ne"
                                                                                                "w_"
                                                                                                "su"
                                                                                                "pe"
                                                                                                "ri"
                                                                                                "or"
                                                                                                "\""
                                                                                                ":"
                                                                                                "\""
                                                                                                "ou"
                                                                                                "=x"
                                                                                                "\""
                                                                                                "}}"
                                                                                                ","
                                                                                                "\""
                                                                                                "re"
                                                                                                "sp"
                                                                                                "on"
                                                                                                "se"
                                                                                                "s"
                                                                                                "\""
                                                                                                ":"
                                                                                                "[" RESPONSE(
                                                                                                    "mod_dn_"
                                                                                                    "respons"
                                                                                                    "e",
                                                                                                    "success",
                                                                                                    "", "") "]}}\n" EVENT("7")
                                                                                                    REQUEST(
                                                                                                        "8",
                                                                                                        "unbi"
                                                                                                        "nd_"
                                                                                                        "requ"
                                                                                                        "est") "}}}\n" EVENT("6")
                                                                                                        REQUEST("7", "bind_request") ",\"bind_request\":{\"version\":3,\"name\":\"\"}}}" AUTH(
                                                                                                            "anonymous")},
    {"many", false, NULL},
    {"sealed", false,
     EVENT("0") REQUEST(
         "1", "bind_request") ",\"bind_request\":{\"version\":3,\"name\":\"\",\"sasl\":{\"mechanism\":"
                              "\"GSS-SPNEGO\"}}},\"responses\":[" RESPONSE(
                                  "bind_response", "success", "",
                                  "") "]}" AUTH("sasl") "! ldap.unreadable\n"},
    {"cldap", true,
     EVENT("0") REQUEST(
         "9",
         "search_request") ",\"search_request\":{\"base_object\":\"\",\"scope\":2,"
                           "\"deref_alias\":0,\"size_limit\":0,\"time_limit\":30,\"types_only\":true,"
                           "\"attributes\":[\"Netlogon\"]}},\"responses\":[" ENTRY(
                               "") "," RESPONSE("search_result_done", "success", "", "") "]}" PRESENT("objectClass")},
    {"starttls", false, NULL},
    {"damaged", false,
     "! ldap.invalid_data\n! ldap.wrong_direction\n" EVENT(
         "0") "\"responses\":[{\"message_id\":77,\"operation\":\"search_result_done\",\"search_result_done\":"
              "{\"result_code\":"
              "\"success\",\"matched_dn\":\"\",\"message\":\"\"}}]}}\n! ldap.unreadable\n"},
};

static void check_said(size_t row, const char *said)
{
    static const char *const secrets[] = {"bi mat", "secret", "SSHA"};

    for (size_t i = 0; i < GH_COUNT(secrets); i++)
        CHECK(!strstr(said, secrets[i]));
    if (rows[row].want) {
        CHECK_STR(said, rows[row].want);
    } else if (!strcmp(rows[row].name, "many")) {
        CHECK(strstr(said, "cn=31\"") && !strstr(said, "cn=32\""));
        CHECK(strstr(said, "\"size_limit_exceeded\"") &&
              strstr(said, "\"gatehouse\":{\"ldap\":{\"responses\":51}}"));
    } else {
        CHECK(strstr(said, "\"extended_request\":{\"name\":\"1.3.6.1.4.1.1466.20037\"}"));
        CHECK(strstr(said, "{\"event_type\":\"tls\",") && strstr(said, "\"sni\":\"may.example.vn\""));
        CHECK(!strchr(said, '!'));
    }
}

static void check_probe(void)
{
    static const struct {
        const char *name, *bytes;
        size_t n;
        enum direction dir;
        enum probe tcp;
    } probes[] = {
        {"bind", "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", 14, TO_SERVER, PROBE_YES},
        {"bind, long length", "\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x60\x07\x02\x01\x03", 14, TO_SERVER,
         PROBE_YES},
        {"beginning", "\x30\x0c\x02", 3, TO_SERVER, PROBE_MORE},
        {"an answer", "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", 14, TO_SERVER, PROBE_NO},
        {"an answer", "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", 14, TO_CLIENT, PROBE_YES},
        {"SNMP", "\x30\x26\x02\x01\x00\x04\x06public\xa0\x19", 15, TO_SERVER, PROBE_NO},
        {"text", "GET / HTTP/1.1\r\n", 16, TO_SERVER, PROBE_NO},
    };

    for (size_t i = 0; i < GH_COUNT(probes); i++) {
        struct proto_ctx cx = {.udp = false};
        struct span s = span_of(probes[i].bytes, probes[i].n);
        check_row(probes[i].name);
        CHECK_U64(ldap_proto.probe(&cx, probes[i].dir, s), probes[i].tcp);
        cx.udp = true;
        if (probes[i].tcp == PROBE_MORE)
            CHECK_U64(ldap_proto.probe(&cx, probes[i].dir, s), PROBE_NO);
    }
}

/* Over TCP the first grant ends LDAP; over UDP, where none should be given, nothing does. A second one must
 * not take the place of the first one's tunnel, whose memory would be lost: transcript_play looks at that. */
static void check_granted_twice(void)
{
    static const char oid[] = "1.3.6.1.4.1.1466.20037";

    for (int udp = 0; udp < 2; udp++) {
        struct proto_host host;
        struct writer all;
        const char *said;
        check_row(udp ? "StartTLS granted twice, UDP" : "StartTLS granted twice, TCP");
        writer_init(&all, 4096);
        for (char id = 1; id <= 2; id++) {
            char ask[32] = {0x30, 0x1d, 2, 1, id, 0x77, 0x18, (char)0x80, 0x16};
            memcpy(ask + 9, oid, sizeof(oid) - 1);
            transcript_add(&all, 0, ask, 9 + sizeof(oid) - 1);
        }
        for (char id = 1; id <= 2; id++) {
            char grant[14] = {0x30, 0x0c, 2, 1, id, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0};
            transcript_add(&all, 1, grant, sizeof(grant));
        }
        said = transcript_play(&ldap_proto, udp != 0, writer_span(&all), 0, &host);
        CHECK(strstr(said, "\"message_id\":1,") != NULL);
        CHECK(strstr(said, "\"message_id\":2,") != NULL);
        CHECK(!strstr(said, "tls"));
        fake_done(&host);
        writer_done(&all);
    }
}

int main(void)
{
    static const size_t pieces[] = {0, 1, 2, 5, 64, 1000};

    check_probe();
    check_granted_twice();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_host host;
        struct writer seed;
        char path[128];
        check_row(rows[i].name);
        snprintf(path, sizeof(path), SEEDS "%s", rows[i].name);
        transcript_load(path, &seed);
        for (size_t k = 0; k < (rows[i].udp ? 1 : GH_COUNT(pieces)); k++) {
            check_said(i, transcript_play(&ldap_proto, rows[i].udp, writer_span(&seed), pieces[k], &host));
            fake_done(&host);
        }
        transcript_damage(&ldap_proto, rows[i].udp, writer_span(&seed));
        writer_done(&seed);
    }
    return check_end();
}
