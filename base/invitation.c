/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/invitation.h"
#include "base/arena.h"
#include "base/base64.h"
#include "base/json.h"

#include <stdio.h>

#define MAGIC "GHJOIN01"
#define MAGIC_SIZE 8
#define GROUP_DATA 4 /* characters of a group that carry five bits each; one more checks them */
#define CODE_BYTES (INVITATION_SECRET + INVITATION_PRINT)
#define HOST_DEPTH 4

/* Crockford's: no letters that are taken for digits, none that make words with U. */
static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Times x in GF(32), modulo x^5 + x^2 + 1. */
static unsigned times_x(unsigned v)
{
    v <<= 1;
    return v & 32 ? v ^ 37 : v;
}

/* One wrong character, and two neighbours that changed places, always change it; so do groups that did. */
static unsigned check_of(unsigned group, const uint8_t v[static GROUP_DATA])
{
    unsigned sum = group + 1;

    for (int i = 0; i < GROUP_DATA; i++)
        sum = times_x(sum) ^ v[i];
    return times_x(sum);
}

static void print_of(const struct invitation_host *h, uint8_t out[static INVITATION_PRINT])
{
    const struct span parts[] = {span_of(h->console.sign, SEAL_PUBLIC), span_of(h->console.box, SEAL_PUBLIC),
                                 span_of(h->committee.sign, SEAL_PUBLIC), span_of(h->committee.box, SEAL_PUBLIC),
                                 span_str(h->pin)};
    uint8_t hash[SEAL_HASH];

    seal_hash("gatehouse-invitation-console-v1", parts, GH_COUNT(parts), hash);
    memcpy(out, hash, INVITATION_PRINT);
}

void invitation_make(const struct invitation_host *h, struct invitation *ret)
{
    seal_random(ret->secret, sizeof(ret->secret));
    print_of(h, ret->print);
}

bool invitation_fits(const struct invitation *i, const struct invitation_host *h)
{
    uint8_t print[INVITATION_PRINT];

    print_of(h, print);
    return seal_equal(print, i->print, sizeof(print));
}

const char *invitation_code(const struct invitation *i, char buf[static INVITATION_CODE])
{
    const uint8_t *bytes = (const uint8_t *)i;
    size_t n = 0;

    for (unsigned group = 0; group < INVITATION_GROUPS; group++) {
        uint8_t v[GROUP_DATA];
        for (unsigned k = 0; k < GROUP_DATA; k++) {
            unsigned bit = (group * GROUP_DATA + k) * 5;
            unsigned two = (unsigned)bytes[bit / 8] << 8 | (bit / 8 + 1 < CODE_BYTES ? bytes[bit / 8 + 1] : 0u);
            v[k] = (uint8_t)(two >> (11 - bit % 8) & 31);
            buf[n++] = letters[v[k]];
        }
        buf[n++] = letters[check_of(group, v)];
        buf[n++] = group + 1 < INVITATION_GROUPS ? '-' : 0;
    }
    return buf;
}

/* 0 to 31, -1: stands between, -2: is none. */
static int value_of(uint8_t c)
{
    const char *p;

    if (c >= 'a' && c <= 'z')
        c = (uint8_t)(c - 'a' + 'A');
    c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
    p = c ? strchr(letters, c) : NULL;
    return p ? (int)(p - letters) : c == '-' || c == ' ' || c == '\n' || c == '\r' || c == '\t' ? -1 : -2;
}

int invitation_read(struct span text, struct invitation *ret, unsigned *ret_group)
{
    uint8_t v[INVITATION_GROUPS * (GROUP_DATA + 1)], bytes[CODE_BYTES + 1] = {0};
    size_t n = 0;

    *ret_group = 0;
    for (size_t i = 0; i < text.n; i++) {
        int c = value_of(text.p[i]);
        if (c == -1)
            continue;
        if (n == sizeof(v))
            return ST_MALFORMED;
        if (c < 0) {
            *ret_group = (unsigned)(n / (GROUP_DATA + 1)) + 1;
            return ST_MALFORMED;
        }
        v[n++] = (uint8_t)c;
    }
    if (n != sizeof(v))
        return ST_MALFORMED;
    for (unsigned group = 0; group < INVITATION_GROUPS; group++) {
        const uint8_t *g = v + group * (GROUP_DATA + 1);
        if (check_of(group, g) != g[GROUP_DATA]) {
            *ret_group = group + 1;
            return ST_MALFORMED;
        }
        for (unsigned k = 0; k < GROUP_DATA; k++) {
            unsigned bit = (group * GROUP_DATA + k) * 5, two = (unsigned)g[k] << (11 - bit % 8);
            bytes[bit / 8] |= (uint8_t)(two >> 8);
            bytes[bit / 8 + 1] |= (uint8_t)two;
        }
    }
    memcpy(ret, bytes, CODE_BYTES);
    return 0;
}

void invitation_hash(const uint8_t secret[static INVITATION_SECRET], uint8_t out[static SEAL_HASH])
{
    const struct span part = span_of(secret, INVITATION_SECRET);

    seal_hash("gatehouse-invitation-v1", &part, 1, out);
}

static void put_key(struct jw *j, const char *key, const uint8_t *bytes)
{
    char text[BASE64_SIZE(SEAL_PUBLIC)];

    jw_kcstr(j, key, base64_encode(bytes, SEAL_PUBLIC, text, sizeof(text)));
}

void invitation_host_write(const struct invitation_host *h, struct writer *out)
{
    struct jw j;

    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "console-v1");
    put_key(&j, "console_sign", h->console.sign);
    put_key(&j, "console_box", h->console.box);
    put_key(&j, "committee_sign", h->committee.sign);
    put_key(&j, "committee_box", h->committee.box);
    jw_kcstr(&j, "tls_pin_sha256", h->pin);
    jw_end_obj(&j);
}

static bool get_key(const struct json *j, const char *key, uint8_t out[static SEAL_PUBLIC])
{
    return base64_decode(span_str(json_cstr(json_get(j, key), "")), out, SEAL_PUBLIC);
}

int invitation_host_read(struct span text, struct invitation_host *ret)
{
    struct arena *a = arena_new(256u << 10);
    struct invitation_host h;
    struct json *j = NULL;
    uint8_t hash[32];
    const char *pin;
    int rc = a ? json_parse(a, text, HOST_DEPTH, &j, NULL) : ST_NOMEM;

    pin = rc ? "" : json_cstr(json_get(j, "tls_pin_sha256"), "");
    if (!rc && (strcmp(json_cstr(json_get(j, "gatehouse"), ""), "console-v1") != 0 || !base64_decode(span_str(pin), hash, sizeof(hash)) ||
                !get_key(j, "console_sign", h.console.sign) || !get_key(j, "console_box", h.console.box) ||
                !get_key(j, "committee_sign", h.committee.sign) || !get_key(j, "committee_box", h.committee.box)))
        rc = ST_MALFORMED;
    if (!rc) {
        snprintf(h.pin, sizeof(h.pin), "%s", pin);
        *ret = h;
    }
    arena_free(a);
    return rc && rc != ST_NOMEM ? ST_MALFORMED : rc;
}

int invitation_seal(const struct invitation *i, struct span request, const struct seal_public *console, struct writer *out)
{
    struct writer plain;
    int rc;

    writer_init(&plain, INVITATION_JOIN_MAX);
    writer_bytes(&plain, i->secret, sizeof(i->secret));
    writer_put(&plain, request);
    writer_str(out, MAGIC);
    rc = writer_ok(&plain) ? seal_box(console, writer_span(&plain), out) : ST_LIMIT;
    if (plain.n)
        seal_wipe(plain.p, plain.n);
    writer_done(&plain);
    return rc;
}

int invitation_open(struct span sealed, const struct seal_keys *console, uint8_t hash[static SEAL_HASH], struct writer *out)
{
    struct writer plain;
    int rc;

    if (!span_starts(sealed, MAGIC) || sealed.n > INVITATION_JOIN_MAX)
        return ST_MALFORMED;
    writer_init(&plain, INVITATION_JOIN_MAX);
    rc = seal_box_open(console, span_part(sealed, MAGIC_SIZE, sealed.n), &plain);
    if (!rc && plain.n < INVITATION_SECRET)
        rc = ST_MALFORMED;
    if (!rc) {
        invitation_hash(plain.p, hash);
        writer_put(out, span_part(writer_span(&plain), INVITATION_SECRET, plain.n));
        rc = writer_ok(out) ? 0 : ST_LIMIT;
    }
    if (plain.n)
        seal_wipe(plain.p, plain.n);
    writer_done(&plain);
    return rc == ST_TRUNCATED ? ST_MALFORMED : rc;
}
