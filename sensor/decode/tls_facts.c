/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/tls_facts.h"

#include <stdio.h>

static uint16_t keep(uint8_t *dst, size_t cap, struct span s)
{
    struct reader in = reader_span(s);
    size_t n = s.n < cap ? s.n : cap;

    reader_copy(&in, dst, n);
    return (uint16_t)n;
}

void tls_facts_client(struct tls_facts *f, const struct tls_hello *h, bool whole)
{
    struct writer text;

    f->client = true;
    f->sni_n = keep(f->sni, sizeof(f->sni), h->sni);
    if (!whole)
        return;
    f->client_alpn_n = keep(f->client_alpn, sizeof(f->client_alpn), h->alpn);
    writer_fixed(&text, f->ja3, sizeof(f->ja3));
    if (ja3_client(h, &text, f->ja3_hash))
        f->ja3_n = (uint16_t)text.n;
    ja4_client(h, f->ja4);
}

void tls_facts_server(struct tls_facts *f, const struct tls_hello *h)
{
    struct writer text;

    f->server = true;
    f->version = h->best_version;
    f->resumed = h->psk;
    f->server_alpn_n = keep(f->server_alpn, sizeof(f->server_alpn), h->alpn);
    writer_fixed(&text, f->ja3s, sizeof(f->ja3s));
    f->ja3s_n = ja3_server(h, &text, f->ja3s_hash) ? (uint16_t)text.n : 0;
}

bool tls_facts_certificate(struct tls_facts *f, struct span body)
{
    struct reader in = reader_span(body);
    struct span der;

    reader_be24(&in); /* of the whole chain */
    der = reader_take(&in, reader_be24(&in));
    if (!reader_ok(&in) || !der.n)
        return false;
    f->certificate = true;
    return tls_cert_read(der, &f->cert);
}

static const char *version_name(uint16_t v, char buf[static 24])
{
    switch (v) {
    case 0:
        return "UNDETERMINED";
    case 0x0002:
        return "SSLv2";
    case 0x0300:
        return "SSLv3";
    case 0x0301:
        return "TLSv1";
    case 0x0302:
        return "TLS 1.1";
    case 0x0303:
        return "TLS 1.2";
    case 0x0304:
        return "TLS 1.3";
    default:
        break;
    }
    if (v >> 8 == 0x7F)
        snprintf(buf, 24, "TLS 1.3 draft-%u", v & 0xFF);
    else
        snprintf(buf, 24, "0x%04x", v);
    return buf;
}

static void put(struct jw *j, const char *key, const char *value)
{
    if (*value)
        jw_kcstr(j, key, value);
}

static void put_name(struct jw *j, const char *key, const struct tls_name *name)
{
    if (name->n)
        jw_kstr(j, key, span_of(name->text, name->n));
}

static void put_ja3(struct jw *j, const char *key, const char *hash, struct span text)
{
    if (!*hash)
        return;
    jw_kobj(j, key);
    jw_kcstr(j, "hash", hash);
    jw_kstr(j, "string", text);
    jw_end_obj(j);
}

static void put_alpn(struct jw *j, const char *key, struct span list)
{
    struct reader in = reader_span(list);

    if (!list.n)
        return;
    jw_karr(j, key);
    while (reader_left(&in)) {
        struct span name = reader_take(&in, reader_u8(&in));
        if (reader_ok(&in))
            jw_str(j, name);
    }
    jw_end_karr(j, key);
}

static void put_fingerprints(const struct tls_facts *f, struct jw *j)
{
    put_ja3(j, "ja3", f->ja3_hash, span_of(f->ja3, f->ja3_n));
    put_ja3(j, "ja3s", f->ja3s_hash, span_of(f->ja3s, f->ja3s_n));
    put(j, "ja4", f->ja4);
}

void tls_facts_quic(const struct tls_facts *f, struct jw *j)
{
    if (f->sni_n)
        jw_kstr(j, "sni", span_of(f->sni, f->sni_n));
    put_fingerprints(f, j);
}

void tls_facts_quic_alpns(const struct tls_facts *f, struct jw *j)
{
    if (!f->client_alpn_n && !f->server_alpn_n)
        return;
    jw_kobj(j, "gatehouse");
    jw_kobj(j, "quic");
    put_alpn(j, "client_alpns", span_of(f->client_alpn, f->client_alpn_n));
    put_alpn(j, "server_alpns", span_of(f->server_alpn, f->server_alpn_n));
    jw_end_obj(j);
    jw_end_obj(j);
}

/* The published schema ends with the year 2999; certificates that never expire say 9999 (RFC 5280 4.1.2.5).
 */
static bool has_place(const char *time)
{
    return *time == '1' || *time == '2';
}

static void put_far_times(const struct tls_facts *f, struct jw *j)
{
    const char *before = f->cert.not_before, *after = f->cert.not_after;

    if ((!*before || has_place(before)) && (!*after || has_place(after)))
        return;
    jw_kobj(j, "gatehouse");
    jw_kobj(j, "tls");
    put(j, "notbefore", has_place(before) ? "" : before);
    put(j, "notafter", has_place(after) ? "" : after);
    jw_end_obj(j);
    jw_end_obj(j);
}

static void put_alt_names(struct jw *j, const struct tls_cert *c)
{
    struct reader in = reader_span(span_of(c->alt, c->alt_n));

    if (!c->alt_n)
        return;
    jw_karr(j, "subjectaltname");
    while (reader_left(&in))
        jw_str(j, reader_take(&in, reader_be16(&in)));
    jw_end_karr(j, "subjectaltname");
}

void tls_facts_event(const struct tls_facts *f, struct proto_ctx *cx, enum direction dir)
{
    char buf[24];
    struct jw j;

    proto_event_begin(cx, EVENT_TLS, dir, -1, &j);
    jw_kobj(&j, "tls");
    put_name(&j, "subject", &f->cert.subject);
    put_name(&j, "issuerdn", &f->cert.issuer);
    put_alt_names(&j, &f->cert);
    if (f->resumed)
        jw_kbool(&j, "session_resumed", true);
    put(&j, "serial", f->cert.serial);
    put(&j, "fingerprint", f->cert.fingerprint);
    if (f->sni_n)
        jw_kstr(&j, "sni", span_of(f->sni, f->sni_n));
    jw_kcstr(&j, "version", version_name(f->version, buf));
    put(&j, "notbefore", has_place(f->cert.not_before) ? f->cert.not_before : "");
    put(&j, "notafter", has_place(f->cert.not_after) ? f->cert.not_after : "");
    put_fingerprints(f, &j);
    put_alpn(&j, "client_alpns", span_of(f->client_alpn, f->client_alpn_n));
    put_alpn(&j, "server_alpns", span_of(f->server_alpn, f->server_alpn_n));
    jw_end_obj(&j);
    put_far_times(f, &j);
    proto_event_end(cx, &j, 0);
}
