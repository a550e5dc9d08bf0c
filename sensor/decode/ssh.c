/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ssh.h"
#include "base/digest.h"
#include "sensor/decode/pdu.h"
#include "sensor/decode/ssh_kex.h"

#define KEPT_MAX 256u /* bytes of a version that are shown */
#define TRIES_MAX 8u  /* packets before the KEXINIT: none is expected, IGNORE and DEBUG are allowed */

/* One direction. */
struct half {
    uint8_t line[SSH_LINE_MAX];
    uint8_t proto[16], software[KEPT_MAX];
    char hassh[2 * MD5_SIZE + 1];
    struct writer text; /* of the HASSH */
    struct pdu pdu;
    uint16_t line_n, software_n;
    uint8_t proto_n, lines, packets;
    bool ident, over; /* the identification was read; nothing more is expected */
};
struct ssh {
    struct half half[2];
    bool done; /* the event is out */
};

static size_t packet_size(struct span s)
{
    struct reader in = reader_span(s);
    uint32_t length = reader_be32(&in);

    if (!reader_ok(&in))
        return PDU_MORE;
    /* RFC 4253 section 6: 5 bytes at least; what is longer than any KEXINIT is ciphertext or SSH 1 */
    return length < 5 || length > SSH_PACKET_MAX - 4 ? PDU_NONE : (size_t)length + 4;
}

static bool on_packet(void *arg, struct proto_ctx *cx, enum direction dir, struct span message)
{
    struct half *h = &((struct ssh *)arg)->half[dir];
    struct reader in = reader_span(message);
    uint32_t length = reader_be32(&in);
    uint8_t padding = reader_u8(&in), md5[MD5_SIZE];
    struct span payload;

    if (padding >= length) {
        proto_anomaly(cx, dir, "ssh.invalid_record");
        h->over = true;
        return false;
    }
    payload = reader_take(&in, length - padding - 1);
    if (ssh_hassh(payload, dir == TO_SERVER, &h->text)) {
        digest_md5(h->text.p, h->text.n, md5);
        digest_hex(md5, sizeof(md5), h->hassh);
    } else if (payload.n && (payload.p[0] == 2 || payload.p[0] == 4) && ++h->packets < TRIES_MAX) {
        return true;
    } else {
        writer_clear(&h->text);
        proto_anomaly(cx, dir, payload.n && payload.p[0] == 20 ? "ssh.invalid_kexinit" : "ssh.no_kexinit");
    }
    h->over = true;
    return false;
}

static const struct pdu_kind packets = {
    .max = SSH_PACKET_MAX,
    .size = packet_size,
    .message = on_packet,
    .invalid = "ssh.invalid_record",
    .too_long = "ssh.long_kex_record",
    .no_memory = "ssh.memory",
    .gap = "ssh.gap",
    .truncated = "ssh.truncated",
};

static enum probe ssh_probe(const struct proto_ctx *cx, enum direction dir, struct span first)
{
    static const char mark[] = "SSH-";
    size_t n = first.n < 4 ? first.n : 4;

    (void)cx;
    (void)dir;
    if (n && memcmp(first.p, mark, n) != 0)
        return PROBE_NO;
    return n == 4 ? PROBE_YES : PROBE_MORE;
}

static int ssh_open(void *state, struct proto_ctx *cx)
{
    struct ssh *s = state;

    (void)cx;
    for (size_t i = 0; i < GH_COUNT(s->half); i++) {
        pdu_init(&s->half[i].pdu, &packets);
        writer_init(&s->half[i].text, SSH_LISTS_MAX);
    }
    return 0;
}

static size_t keep(uint8_t *dst, size_t cap, struct span s)
{
    struct reader in = reader_span(s);
    size_t n = s.n < cap ? s.n : cap;

    reader_copy(&in, dst, n);
    return n;
}

static void side(struct jw *j, const char *key, const struct half *h)
{
    if (!h->ident)
        return;
    jw_kobj(j, key);
    jw_kstr(j, "proto_version", span_of(h->proto, h->proto_n));
    if (h->software_n)
        jw_kstr(j, "software_version", span_of(h->software, h->software_n));
    if (*h->hassh) {
        jw_kobj(j, "hassh");
        jw_kcstr(j, "hash", h->hassh);
        jw_kstr(j, "string", writer_span(&h->text));
        jw_end_obj(j);
    }
    jw_end_obj(j);
}

static void finish(struct ssh *s, struct proto_ctx *cx)
{
    struct jw j;

    if (!s->done && (s->half[TO_SERVER].ident || s->half[TO_CLIENT].ident)) {
        proto_event_begin(cx, EVENT_SSH, TO_SERVER, -1, &j);
        jw_kobj(&j, "ssh");
        side(&j, "client", &s->half[TO_SERVER]);
        side(&j, "server", &s->half[TO_CLIENT]);
        jw_end_obj(&j);
        proto_event_end(cx, &j, 0);
    }
    s->done = true;
    for (size_t i = 0; i < GH_COUNT(s->half); i++) {
        pdu_done(&s->half[i].pdu, cx);
        writer_done(&s->half[i].text);
    }
}

/* A line before the packets. Servers may say other things first (RFC 4253 section 4.2). */
static void on_line(struct half *h, struct proto_ctx *cx, enum direction dir)
{
    struct span line = span_trim(span_of(h->line, h->line_n));
    struct ssh_ident id;

    h->line_n = 0;
    if (!ssh_ident_read(line, &id)) {
        if (++h->lines < SSH_LINES_MAX && dir == TO_CLIENT && !span_starts(line, "SSH-"))
            return;
        h->over = true;
        proto_anomaly(cx, dir, "ssh.invalid_banner");
        return;
    }
    h->ident = true;
    h->proto_n = (uint8_t)keep(h->proto, sizeof(h->proto), id.proto);
    h->software_n = (uint16_t)keep(h->software, sizeof(h->software), id.software);
    if (!span_starts(id.proto, "2.") && !span_eq(id.proto, span_str("1.99"))) /* SSH 1 has other packets */
        h->over = true;
}

static void ssh_feed(void *state, struct proto_ctx *cx, enum direction dir, struct span bytes)
{
    struct ssh *s = state;
    struct half *h = &s->half[dir];
    struct reader in = reader_span(bytes);

    while (!s->done && !h->ident && !h->over && reader_left(&in)) {
        uint8_t c = reader_u8(&in);
        if (c == '\n') {
            on_line(h, cx, dir);
        } else if (h->line_n < sizeof(h->line)) {
            h->line[h->line_n++] = c;
        } else {
            h->over = true;
            proto_anomaly(cx, dir, "ssh.long_banner");
        }
    }
    if (!s->done && !h->over && h->ident && reader_left(&in))
        pdu_feed(&h->pdu, &packets, s, cx, dir, reader_rest(&in));
    if (h->pdu.closed)
        h->over = true;
    if (s->half[0].over && s->half[1].over)
        finish(s, cx);
}

/* The KEXINIT is the first packet: what comes behind a hole is no longer it, or is ciphertext. */
static void ssh_gap(void *state, struct proto_ctx *cx, enum direction dir, uint64_t missing)
{
    struct ssh *s = state;

    if (s->done || s->half[dir].over)
        return;
    pdu_gap(&s->half[dir].pdu, &packets, cx, dir, missing);
    s->half[dir].over = true;
    if (s->half[!dir].over)
        finish(s, cx);
}

static void ssh_end(void *state, struct proto_ctx *cx, enum direction dir)
{
    struct ssh *s = state;

    if (!s->done)
        pdu_end(&s->half[dir].pdu, &packets, cx, dir);
    s->half[dir].over = true;
}

static void ssh_close(void *state, struct proto_ctx *cx)
{
    finish(state, cx);
}

const struct proto ssh_proto = {
    .name = "ssh",
    .state_size = sizeof(struct ssh),
    .probe = ssh_probe,
    .open = ssh_open,
    .feed = ssh_feed,
    .gap = ssh_gap,
    .end = ssh_end,
    .close = ssh_close,
};
