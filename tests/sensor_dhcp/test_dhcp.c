/* SPDX-License-Identifier: GPL-3.0-or-later
 * Datagrams (seeds_dhcp, made by hand) to events; cut and damaged. */
#include "../check.h"
#include "../sensor_ssh/transcript.h"
#include "sensor/decode/dhcp.h"

#define SEEDS "tests/sensor_dhcp/seeds_dhcp/"
#define EVENT(dir, tx) "{\"event_type\":\"dhcp\",\"dir\":\"" dir "\",\"tx_id\":" tx ",\"dhcp\":{"
#define MAC "\"client_mac\":\"02:00:00:11:22:33\","
#define NONE "\"assigned_ip\":\"0.0.0.0\",\"client_ip\":\"0.0.0.0\""

static const struct {
    const char *name, *want;
} rows[] = {
    {"request_ack",
     EVENT("to_server",
           "0") "\"type\":\"request\",\"id\":3735928559," MAC NONE
                ",\"dhcp_type\":\"request\",\"client_id\":\"01:02:00:00:11:22:33\","
                "\"requested_ip\":\"10.1.2.3\",\"hostname\":\"máy-1\","
                "\"vendor_class_identifier\":\"MSFT 5.0\",\"params\":[\"subnet_mask\",\"router\","
                "\"dns_server\",\"domain\",\"ntp_server\",\"tftp_server_name\",\"tftp_server_ip\","
                "\"arp_timeout\"]}}\n" EVENT(
                    "to_client",
                    "1") "\"type\":\"reply\",\"id\":3735928559," MAC
                         "\"assigned_ip\":\"10.1.2.3\",\"client_ip\":\"0.0.0.0\",\"relay_ip\":\"10.1.2.8\","
                         "\"next_server_ip\":\"10.1.2.9\",\"dhcp_type\":\"ack\",\"subnet_mask\":\"255.255."
                         "255.0\","
                         "\"routers\":[\"10.1.2.1\"],\"dns_servers\":[\"10.1.2.2\",\"8.8.8.8\"],\"lease_"
                         "time\":86400,"
                         "\"renewal_time\":43200,\"rebinding_time\":75600}}\n"},
    {"overload", EVENT("to_server", "0") "\"type\":\"request\",\"id\":7," MAC NONE
                                         ",\"dhcp_type\":\"discover\",\"hostname\":\"may-tinh\"}}\n"},
    {"bootp", EVENT("to_server", "0") "\"type\":\"request\",\"id\":8," MAC NONE "}}\n"},
    {"damaged_options",
     "! dhcp.malformed_options\n" EVENT("to_server", "0") "\"type\":\"request\",\"id\":9," MAC NONE
                                                          ",\"dhcp_type\":\"unknown\"}}\n"},
    {"bad_cookie", "! dhcp.malformed\n! dhcp.malformed\n! dhcp.malformed\n"},
};

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct proto_ctx cx = {.udp = true};
        struct proto_host host;
        struct writer seed;
        struct span first;
        char path[128];
        check_row(rows[i].name);
        snprintf(path, sizeof(path), SEEDS "%s", rows[i].name);
        transcript_load(path, &seed);
        CHECK_STR(transcript_play(&dhcp_proto, true, writer_span(&seed), 0, &host), rows[i].want);
        fake_done(&host);
        transcript_damage(&dhcp_proto, true, writer_span(&seed));
        first = span_part(writer_span(&seed), 3, 240);
        CHECK_U64(dhcp_proto.probe(&cx, TO_SERVER, first),
                  strcmp(rows[i].name, "bad_cookie") ? PROBE_YES : PROBE_NO);
        CHECK_U64(dhcp_proto.probe(&cx, TO_CLIENT, first), PROBE_NO);
        CHECK_U64(dhcp_proto.probe(&cx, TO_SERVER, span_part(first, 0, 239)), PROBE_NO);
        writer_done(&seed);
    }
    return check_end();
}
