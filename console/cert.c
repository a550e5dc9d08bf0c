/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/cert.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <time.h>

#define DAY 86400
#define LIFE_DAYS 3650
#define EARLY_DAYS 2 /* clocks of browsers run late */
#define SERIAL_SIZE 16
#define HASH_SIZE 32

static int add_host(gnutls_x509_crt_t crt, const char *host)
{
    uint8_t address[16];
    unsigned n = inet_pton(AF_INET, host, address) == 1    ? 4
                 : inet_pton(AF_INET6, host, address) == 1 ? 16
                                                           : 0;

    if (n)
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, n,
                                                    GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, host, (unsigned)strlen(host),
                                                GNUTLS_FSAN_APPEND);
}

static int add_hosts(gnutls_x509_crt_t crt, const char *hosts)
{
    struct span all = span_str(hosts);
    int rc = 0;

    while (all.n && !rc) {
        char host[256];
        ptrdiff_t end = span_find_byte(all, ' ', 0);
        struct span one = span_part(all, 0, end < 0 ? all.n : (size_t)end);
        all = end < 0 ? (struct span){NULL, 0} : span_part(all, (size_t)end + 1, all.n);
        if (!one.n || one.n >= sizeof(host))
            continue;
        memcpy(host, one.p, one.n);
        host[one.n] = 0;
        rc = add_host(crt, host);
    }
    return rc;
}

static int fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *name, const char *hosts)
{
    uint8_t serial[SERIAL_SIZE], id[HASH_SIZE];
    size_t id_n = sizeof(id);
    time_t now = time(NULL);
    int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

    serial[0] &= 0x7f; /* a positive number (RFC 5280 section 4.1.2.2) */
    serial[0] |= 0x40;
    if (!rc)
        rc = gnutls_x509_crt_set_version(crt, 3);
    if (!rc)
        rc = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
    if (!rc)
        rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                           (unsigned)(strlen(name) < 64 ? strlen(name) : 64));
    if (!rc)
        rc = gnutls_x509_crt_set_activation_time(crt, now - EARLY_DAYS * DAY);
    if (!rc)
        rc = gnutls_x509_crt_set_expiration_time(crt, now + (time_t)LIFE_DAYS * DAY);
    if (!rc)
        rc = gnutls_x509_crt_set_key(crt, key);
    if (!rc)
        rc = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
    if (!rc)
        rc = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (!rc)
        rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (!rc)
        rc = add_hosts(crt, hosts);
    if (!rc)
        rc = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, id, &id_n);
    if (!rc)
        rc = gnutls_x509_crt_set_subject_key_id(crt, id, id_n);
    return rc ? rc : gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
}

int cert_make(const char *name, const char *hosts, struct writer *key_out, struct writer *crt_out)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t pem = {NULL, 0};
    int rc = gnutls_x509_privkey_init(&key);

    if (!rc)
        rc = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (!rc)
        rc = gnutls_x509_crt_init(&crt);
    if (!rc)
        rc = fill(crt, key, name, hosts);
    if (!rc)
        rc = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
    if (!rc) {
        writer_bytes(key_out, pem.data, pem.size);
        gnutls_memset(pem.data, 0, pem.size);
        gnutls_free(pem.data);
        rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
    }
    if (!rc) {
        writer_bytes(crt_out, pem.data, pem.size);
        gnutls_free(pem.data);
    }
    if (crt)
        gnutls_x509_crt_deinit(crt);
    if (key)
        gnutls_x509_privkey_deinit(key);
    return rc || !writer_ok(key_out) || !writer_ok(crt_out) ? ST_NOMEM : 0;
}

static int import(struct span pem, gnutls_x509_crt_t *ret)
{
    gnutls_datum_t datum = {(unsigned char *)pem.p, (unsigned)pem.n};

    if (gnutls_x509_crt_init(ret) != 0)
        return ST_NOMEM;
    if (gnutls_x509_crt_import(*ret, &datum, GNUTLS_X509_FMT_PEM) == 0)
        return 0;
    gnutls_x509_crt_deinit(*ret);
    return ST_MALFORMED;
}

int cert_pin(struct span crt_pem, char pin[static CERT_PIN])
{
    gnutls_x509_crt_t crt;
    uint8_t id[HASH_SIZE];
    size_t n = sizeof(id);
    int rc = import(crt_pem, &crt);

    if (rc)
        return rc;
    rc = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, id, &n) == 0 && n == sizeof(id)
             ? 0
             : ST_MALFORMED;
    if (!rc)
        base64_encode(id, sizeof(id), pin, CERT_PIN);
    gnutls_x509_crt_deinit(crt);
    return rc;
}

int cert_check(struct span key_pem, struct span crt_pem)
{
    gnutls_datum_t datum = {(unsigned char *)key_pem.p, (unsigned)key_pem.n};
    uint8_t of_key[HASH_SIZE], of_crt[HASH_SIZE];
    size_t n = sizeof(of_key), m = sizeof(of_crt);
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
    int rc = import(crt_pem, &crt);

    if (rc)
        return rc;
    if (gnutls_x509_privkey_init(&key) != 0) {
        gnutls_x509_crt_deinit(crt);
        return ST_NOMEM;
    }
    if (gnutls_x509_privkey_import2(key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0) != 0 ||
        gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &n) != 0 ||
        gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, of_crt, &m) != 0)
        rc = ST_MALFORMED;
    else if (n != m || memcmp(of_key, of_crt, n) != 0)
        rc = ST_BAD_SIGNATURE;
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_crt_deinit(crt);
    return rc;
}
