/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/dhcp.h"

#include <stdio.h>

#define COOKIE 0x63825363u
#define HEAD 240u /* bytes before the options, the cookie included */

enum option {
    OPT_PAD = 0,
    OPT_MASK = 1,
    OPT_ROUTERS = 3,
    OPT_DNS = 6,
    OPT_HOSTNAME = 12,
    OPT_REQUESTED_IP = 50,
    OPT_LEASE = 51,
    OPT_OVERLOAD = 52,
    OPT_TYPE = 53,
    OPT_PARAMETERS = 55,
    OPT_RENEWAL = 58,
    OPT_REBINDING = 59,
    OPT_VENDOR = 60,
    OPT_CLIENT_ID = 61,
    OPT_END = 255
};

struct message {
    uint8_t op, mac_n;
    uint32_t id;
    struct span client_ip, your_ip, next_ip, relay_ip, mac, sname, file, options;
};

static bool message_read(struct span s, struct message *ret)
{
    struct reader in = reader_span(s);
    struct span hardware;

    ret->op = reader_u8(&in);
    reader_skip(&in, 1); /* hardware type */
    ret->mac_n = reader_u8(&in);
    reader_skip(&in, 1); /* hops */
    ret->id = reader_be32(&in);
    reader_skip(&in, 4); /* seconds, flags */
    ret->client_ip = reader_take(&in, 4);
    ret->your_ip = reader_take(&in, 4);
    ret->next_ip = reader_take(&in, 4);
    ret->relay_ip = reader_take(&in, 4);
    hardware = reader_take(&in, 16);
    ret->sname = reader_take(&in, 64);
    ret->file = reader_take(&in, 128);
    if (reader_be32(&in) != COOKIE || ret->op < 1 || ret->op > 2 || ret->mac_n > hardware.n)
        return false;
    ret->mac = span_part(hardware, 0, ret->mac_n);
    ret->options = reader_rest(&in);
    return true;
}

/* Appends every part of the option in one area (RFC 3396 section 7). False when the area does not follow the
 * format. */
static bool option_gather(struct span area, uint8_t code, struct writer *ret, bool *found)
{
    struct reader in = reader_span(area);

    while (reader_left(&in)) {
        uint8_t c = reader_u8(&in);
        struct span value;
        if (c == OPT_END)
            return true;
        if (c == OPT_PAD)
            continue;
        value = reader_take(&in, reader_u8(&in));
        if (!reader_ok(&in))
            return false;
        if (c != code)
            continue;
        *found = true;
        writer_put(ret, span_part(value, 0, ret->cap - ret->n));
    }
    return true;
}

struct value {
    uint8_t bytes[DHCP_OPTION_MAX];
    struct span s;
};

/* The option in all areas that hold options. False when it is nowhere. */
static bool option(const struct message *m, uint8_t code, struct value *ret)
{
    struct writer w;
    bool found = false, overloaded = false;
    uint8_t overload = 0;

    writer_fixed(&w, &overload, 1);
    option_gather(m->options, OPT_OVERLOAD, &w, &overloaded);
    writer_fixed(&w, ret->bytes, sizeof(ret->bytes));
    option_gather(m->options, code, &w, &found);
    if (overloaded && overload & 1)
        option_gather(m->file, code, &w, &found);
    if (overloaded && overload & 2)
        option_gather(m->sname, code, &w, &found);
    ret->s = writer_span(&w);
    return found;
}

static void put_ip(struct jw *j, const char *key, struct span a)
{
    char text[16];
    struct reader in = reader_span(a);
    unsigned b[4];

    for (size_t i = 0; i < GH_COUNT(b); i++)
        b[i] = reader_u8(&in);
    if (!reader_ok(&in))
        return;
    snprintf(text, sizeof(text), "%u.%u.%u.%u", b[0] & 255, b[1] & 255, b[2] & 255, b[3] & 255);
    if (key)
        jw_key(j, key);
    jw_cstr(j, text);
}

static void put_hex(struct jw *j, const char *key, struct span s)
{
    uint8_t text[3 * DHCP_OPTION_MAX];
    struct writer w;

    writer_fixed(&w, text, sizeof(text));
    for (size_t i = 0; i < s.n; i++)
        writer_printf(&w, "%s%02x", i ? ":" : "", s.p[i]);
    jw_kstr(j, key, writer_span(&w));
}

static void option_ip(struct jw *j, const char *key, const struct message *m, uint8_t code)
{
    struct value v;

    if (option(m, code, &v))
        put_ip(j, key, v.s);
}

static void option_ips(struct jw *j, const char *key, const struct message *m, uint8_t code)
{
    struct value v;

    if (!option(m, code, &v))
        return;
    jw_karr(j, key);
    for (size_t i = 0; i + 4 <= v.s.n; i += 4)
        put_ip(j, NULL, span_part(v.s, i, 4));
    jw_end_karr(j, key);
}

static void option_number(struct jw *j, const char *key, const struct message *m, uint8_t code)
{
    struct value v;
    struct reader in;
    uint32_t n;

    if (!option(m, code, &v))
        return;
    in = reader_span(v.s);
    n = reader_be32(&in);
    if (reader_ok(&in))
        jw_ku64(j, key, n);
}

static void option_text(struct jw *j, const char *key, const struct message *m, uint8_t code)
{
    struct value v;

    if (option(m, code, &v) && v.s.n)
        jw_kstr(j, key, v.s);
}

static void option_type(struct jw *j, const struct message *m)
{
    static const char *const names[] = {"unknown", "discover", "offer",   "request", "decline",
                                        "ack",     "nak",      "release", "inform"};
    struct value v;

    if (option(m, OPT_TYPE, &v) && v.s.n)
        jw_kcstr(j, "dhcp_type", v.s.p[0] < GH_COUNT(names) ? names[v.s.p[0]] : names[0]);
}

/* Only the parameters that the standard vocabulary has names for. */
static void option_parameters(struct jw *j, const struct message *m)
{
    static const struct {
        uint8_t code;
        const char *name;
    } names[] = {{1, "subnet_mask"},  {3, "router"},      {6, "dns_server"},        {15, "domain"},
                 {35, "arp_timeout"}, {42, "ntp_server"}, {66, "tftp_server_name"}, {150, "tftp_server_ip"}};
    struct value v;

    if (!option(m, OPT_PARAMETERS, &v))
        return;
    jw_karr(j, "params");
    for (size_t i = 0; i < v.s.n; i++)
        for (size_t k = 0; k < GH_COUNT(names); k++)
            if (v.s.p[i] == names[k].code)
                jw_cstr(j, names[k].name);
    jw_end_karr(j, "params");
}

static void write_event(struct proto_ctx *cx, enum direction dir, const struct message *m)
{
    struct value v;
    struct jw j;

    proto_event_begin(cx, EVENT_DHCP, dir, cx->tx_next++, &j);
    jw_kobj(&j, "dhcp");
    jw_kcstr(&j, "type", m->op == 1 ? "request" : "reply");
    jw_ku64(&j, "id", m->id);
    put_hex(&j, "client_mac", m->mac);
    put_ip(&j, "assigned_ip", m->your_ip);
    put_ip(&j, "client_ip", m->client_ip);
    if (m->op == 2) {
        put_ip(&j, "relay_ip", m->relay_ip);
        put_ip(&j, "next_server_ip", m->next_ip);
    }
    option_type(&j, m);
    if (option(m, OPT_CLIENT_ID, &v))
        put_hex(&j, "client_id", v.s);
    option_ip(&j, "requested_ip", m, OPT_REQUESTED_IP);
    option_text(&j, "hostname", m, OPT_HOSTNAME);
    option_text(&j, "vendor_class_identifier", m, OPT_VENDOR);
    option_parameters(&j, m);
    option_ip(&j, "subnet_mask", m, OPT_MASK);
    option_ips(&j, "routers", m, OPT_ROUTERS);
    option_ips(&j, "dns_servers", m, OPT_DNS);
    option_number(&j, "lease_time", m, OPT_LEASE);
    option_number(&j, "renewal_time", m, OPT_RENEWAL);
    option_number(&j, "rebinding_time", m, OPT_REBINDING);
    jw_end_obj(&j);
    proto_event_end(cx, &j, 0);
}

static enum probe dhcp_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    struct message m;

    if (!cx->udp || first.n < HEAD || !message_read(first, &m))
        return PROBE_NO;
    return (m.op == 1) == (dir == TO_SERVER) ? PROBE_YES : PROBE_NO;
}

static int dhcp_open(void *state, struct proto_ctx *cx)
{
    (void)state;
    (void)cx;
    return 0;
}

static void dhcp_datagram(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct message m;
    struct writer none;
    bool found = false;

    (void)state;
    if (!message_read(bytes, &m)) {
        proto_anomaly(cx, dir, "dhcp.malformed");
        return;
    }
    writer_fixed(&none, NULL, 0);
    if (!option_gather(m.options, OPT_END, &none, &found))
        proto_anomaly(cx, dir, "dhcp.malformed_options");
    write_event(cx, dir, &m);
}

static void dhcp_close(void *state, struct proto_ctx *cx)
{
    (void)state;
    (void)cx;
}

const struct proto dhcp_proto = {
    .name = "dhcp",
    .state_size = 0,
    .probe = dhcp_probe,
    .open = dhcp_open,
    .close = dhcp_close,
    .datagram = dhcp_datagram,
};
