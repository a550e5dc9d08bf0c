/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/flow.h"
#include "base/clock.h"
#include "sensor/decode/community.h"

#include <stdio.h>

/* ---- addresses ---- */

static char *put_dec(char *to, unsigned v)
{
    if (v >= 100)
        *to++ = (char)('0' + v / 100);
    if (v >= 10)
        *to++ = (char)('0' + v / 10 % 10);
    *to++ = (char)('0' + v % 10);
    return to;
}

static char *put_hex(char *to, unsigned v)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 12; shift >= 0; shift -= 4)
        if (v >> shift || shift == 0)
            *to++ = digits[v >> shift & 15];
    return to;
}

/* RFC 5952: the longest run of two or more zero groups becomes "::", the first of equals. */
static void longest_zeros(const unsigned group[8], int *ret_at, int *ret_n)
{
    int at = -1, n = 1;

    for (int i = 0; i < 8; i++) {
        int run = 0;
        while (i + run < 8 && group[i + run] == 0)
            run++;
        if (run > n) {
            at = i;
            n = run;
        }
        i += run;
    }
    *ret_at = at;
    *ret_n = n;
}

const char *flow_ip(const uint8_t addr[16], bool ipv6, char *buf)
{
    unsigned group[8];
    char *to = buf;
    int zeros_at, zeros;

    if (!ipv6) {
        for (int i = 0; i < 4; i++) {
            to = put_dec(to, addr[i]);
            *to++ = i < 3 ? '.' : 0;
        }
        return buf;
    }
    for (int i = 0; i < 8; i++)
        group[i] = (unsigned)addr[2 * i] << 8 | addr[2 * i + 1];
    longest_zeros(group, &zeros_at, &zeros);
    for (int i = 0; i < 8; i++) {
        if (i == zeros_at) {
            *to++ = ':';
            i += zeros - 1;
            if (i == 7)
                *to++ = ':';
            continue;
        }
        if (i)
            *to++ = ':';
        to = put_hex(to, group[i]);
    }
    *to = 0;
    return buf;
}

/* ---- protocols ---- */

/* Names as Suricata prints them; a protocol without one is its number in three digits. */
static const char *proto_name(uint8_t proto, char buf[static 8])
{
    static const char *const table[256] = {
        [1] = "ICMP",       [2] = "IGMP",   [4] = "IPv4",     [6] = "TCP",       [17] = "UDP",
        [41] = "IPv6",      [46] = "RSVP",  [47] = "GRE",     [50] = "ESP",      [51] = "AH",
        [58] = "IPv6-ICMP", [88] = "EIGRP", [89] = "OSPFIGP", [94] = "IPIP",     [103] = "PIM",
        [112] = "VRRP",     [115] = "L2TP", [132] = "SCTP",   [136] = "UDPLite",
    };
    if (table[proto])
        return table[proto];
    snprintf(buf, 8, "%03u", proto);
    return buf;
}

static bool has_ports(const struct flow *f)
{
    return f->proto == 6 || f->proto == 17 || f->proto == 132 || f->proto == 136;
}

/* Computed once a flow: SHA-1 costs as much as the rest of an event. */
static const char *community(struct flow *f, char buf[static COMMUNITY_TEXT])
{
    if (!f->has_community) {
        struct community_flow c = {.ipv6 = f->ipv6,
                                   .proto = f->proto,
                                   .src_port = f->port[TO_SERVER],
                                   .dst_port = f->port[TO_CLIENT],
                                   .icmp_type = f->icmp_type[TO_SERVER],
                                   .icmp_code = f->icmp_code[TO_SERVER]};
        memcpy(c.src, f->addr[TO_SERVER], 16);
        memcpy(c.dst, f->addr[TO_CLIENT], 16);
        community_hash(&c, f->community);
        f->has_community = true;
    }
    return community_text(f->community, buf);
}

/* ---- members ---- */

void flow_event_common(struct jw *j, struct flow *f, enum direction dir)
{
    char ip[FLOW_IP_SIZE], id[COMMUNITY_TEXT], number[8];
    int tagged = f->n_vlan[dir] ? (int)dir : !dir; /* tags may be on one direction only */

    jw_ku64(j, "flow_id", f->id);
    if (f->n_vlan[tagged]) {
        jw_karr(j, "vlan");
        for (unsigned i = 0; i < f->n_vlan[tagged] && i < 2; i++)
            jw_u64(j, f->vlan[tagged][i]);
        jw_end_arr(j);
    }
    jw_kplain(j, "src_ip", flow_ip(f->addr[dir], f->ipv6, ip));
    if (has_ports(f))
        jw_ku64(j, "src_port", f->port[dir]);
    jw_kplain(j, "dest_ip", flow_ip(f->addr[!dir], f->ipv6, ip));
    if (has_ports(f))
        jw_ku64(j, "dest_port", f->port[!dir]);
    jw_kplain(j, "proto", proto_name(f->proto, number));
    jw_kcstr(j, "app_proto", f->app_proto);
    jw_kplain(j, "community_id", community(f, id));
}

static void write_counters(struct jw *j, const struct flow *f, enum flow_reason reason)
{
    static const char *const states[] = {"new", "established", "closed"};
    static const char *const reasons[] = {"timeout", "forced", "shutdown", "tcp_reuse"};
    char iso[CLOCK_ISO_SIZE];

    jw_kobj(j, "flow");
    jw_ku64(j, "pkts_toserver", f->packets[TO_SERVER]);
    jw_ku64(j, "pkts_toclient", f->packets[TO_CLIENT]);
    jw_ku64(j, "bytes_toserver", f->bytes[TO_SERVER]);
    jw_ku64(j, "bytes_toclient", f->bytes[TO_CLIENT]);
    jw_kplain(j, "start", clock_iso(f->start_us, iso));
    jw_kplain(j, "end", clock_iso(f->last_us, iso));
    jw_ku64(j, "age", f->last_us / 1000000 - f->start_us / 1000000);
    jw_kplain(j, "state", states[f->state]);
    jw_kplain(j, "reason", reasons[reason]);
    jw_kbool(j, "alerted", false); /* who decides about alerts reads these events: nobody has yet */
    jw_end_obj(j);
}

static void write_tcp(struct jw *j, const struct flow *f)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } flags[] = {{TCP_SYN, "syn"}, {TCP_FIN, "fin"}, {TCP_RST, "rst"},
                 {TCP_PSH, "psh"}, {TCP_ACK, "ack"}, {TCP_URG, "urg"}};
    uint8_t ts = f->tcp_flags[TO_SERVER], tc = f->tcp_flags[TO_CLIENT], all = ts | tc;

    jw_kobj(j, "tcp");
    jw_khex(j, "tcp_flags", &all, 1);
    jw_khex(j, "tcp_flags_ts", &ts, 1);
    jw_khex(j, "tcp_flags_tc", &tc, 1);
    for (size_t i = 0; i < GH_COUNT(flags); i++)
        if (all & flags[i].flag)
            jw_kbool(j, flags[i].name, true);
    jw_kplain(j, "state", flow_tcp_state_name((enum flow_tcp_state)f->tcp_state));
    jw_end_obj(j);
}

static void write_icmp(struct jw *j, const struct flow *f)
{
    jw_ku64(j, "icmp_type", f->icmp_type[TO_SERVER]);
    jw_ku64(j, "icmp_code", f->icmp_code[TO_SERVER]);
    if (f->packets[TO_CLIENT]) {
        jw_ku64(j, "response_icmp_type", f->icmp_type[TO_CLIENT]);
        jw_ku64(j, "response_icmp_code", f->icmp_code[TO_CLIENT]);
    }
}

static void write_tunnel(struct jw *j, const struct flow_tunnel *t)
{
    char ip[FLOW_IP_SIZE];

    jw_kobj(j, "tunnel");
    jw_kplain(j, "src_ip", flow_ip(t->src, t->ipv6, ip));
    jw_kplain(j, "dest_ip", flow_ip(t->dst, t->ipv6, ip));
    jw_kplain(j, "proto", t->name);
    jw_end_obj(j);
}

void flow_event_body(struct jw *j, const struct flow *f, enum flow_reason reason, const struct labels *labels)
{
    if (f->proto == 1 || f->proto == 58)
        write_icmp(j, f);
    write_counters(j, f, reason);
    if (f->proto == 6)
        write_tcp(j, f);
    if (f->tunnel)
        write_tunnel(j, f->tunnel);
    label_write(labels, &f->label, j);
}
