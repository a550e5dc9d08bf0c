/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/audit_head.h"
#include "base/clock.h"
#include "base/digest.h"
#include "console/store/facts.h"

#include <stdio.h>

#define DOMAIN "gatehouse-audit-head-v1"
#define SIGNED (8 + 8 + SEAL_HASH)

static void frame(const struct audit_head *h, uint8_t out[static SIGNED])
{
    struct writer w;

    writer_fixed(&w, out, SIGNED);
    writer_le(&w, (uint64_t)h->id, 8);
    writer_le(&w, (uint64_t)h->time, 8);
    writer_bytes(&w, h->hash, SEAL_HASH);
    gh_check(writer_ok(&w));
}

static bool read_head(struct db_stmt *s, struct audit_head *h)
{
    if (db_blob(s, 2).n != SEAL_HASH || db_blob(s, 3).n != SEAL_SIGNATURE)
        return false;
    h->id = db_i64(s, 0);
    h->time = db_i64(s, 1);
    memcpy(h->hash, db_blob(s, 2).p, SEAL_HASH);
    memcpy(h->signature, db_blob(s, 3).p, SEAL_SIGNATURE);
    return true;
}

int audit_head_newest(struct db *d, struct audit_head *ret)
{
    struct db_stmt *s;
    bool good;
    int rc = db_query(d, &s, "SELECT id, time, hash, signature FROM audit_head ORDER BY id DESC LIMIT 1", "");

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    good = read_head(s, ret);
    db_reset(s);
    return good ? 0 : ST_MALFORMED;
}

static int last_entry(struct db *d, struct audit_head *h)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", "");

    if (rc || (rc = db_step(s)) != 1)
        return rc ? rc : ST_NOT_FOUND;
    h->id = db_i64(s, 0);
    if (db_blob(s, 1).n == SEAL_HASH)
        memcpy(h->hash, db_blob(s, 1).p, SEAL_HASH);
    db_reset(s);
    return 0;
}

bool audit_head_due(struct db *d)
{
    struct audit_head newest, end = {.id = 0};

    if (last_entry(d, &end) != 0)
        return false;
    if (audit_head_newest(d, &newest) != 0)
        return true;
    return newest.id != end.id && (int64_t)clock_wall_us() - newest.time > (int64_t)AUDIT_HEAD_EVERY_US;
}

int audit_head_sign(struct db *d, const struct seal_keys *k, struct audit_head *ret)
{
    struct audit_head h = {.time = (int64_t)clock_wall_us()}, newest;
    uint8_t text[SIGNED];
    int rc = last_entry(d, &h);

    if (rc)
        return rc;
    rc = audit_head_newest(d, &newest);
    if (rc == 0 && newest.id == h.id) {
        *ret = newest;
        return ST_EXISTS;
    }
    if (rc && rc != ST_NOT_FOUND)
        return rc;
    frame(&h, text);
    seal_sign(k, DOMAIN, span_of(text, sizeof(text)), h.signature);
    rc = db_exec(d, "INSERT INTO audit_head(id, time, hash, signature) VALUES(?, ?, ?, ?)", "iibb", h.id,
                 h.time, span_of(h.hash, SEAL_HASH), span_of(h.signature, SEAL_SIGNATURE));
    if (!rc)
        *ret = h;
    return rc;
}

const char *audit_head_text(const struct audit_head *h, char buf[static AUDIT_HEAD_TEXT])
{
    int n = snprintf(buf, AUDIT_HEAD_TEXT, "%lld:", (long long)h->id);

    digest_hex(h->hash, SEAL_HASH, buf + n);
    return buf;
}

bool audit_head_parse(struct span text, struct audit_head *ret)
{
    ptrdiff_t colon = span_find_byte(text, ':', 0);
    uint64_t id;

    *ret = (struct audit_head){.id = 0};
    if (colon < 0 || !span_number(span_part(text, 0, (size_t)colon), INT64_MAX, &id) || !id)
        return false;
    ret->id = (int64_t)id;
    return facts_hex(span_part(text, (size_t)colon + 1, text.n), ret->hash, SEAL_HASH);
}

/* The entry that a head names has that hash? */
static int hold(struct db *d, const struct audit_head *h, bool outside, struct audit_verdict *v)
{
    struct db_stmt *s;
    int rc = db_query(d, &s, "SELECT hash FROM audit WHERE id = ?", "i", h->id);

    if (!rc)
        rc = db_step(s);
    if (rc < 0)
        return rc;
    if (rc == 0)
        v->fault = AUDIT_CUT;
    else if (!span_eq(db_blob(s, 0), span_of(h->hash, SEAL_HASH)))
        v->fault = AUDIT_REWRITTEN;
    if (rc == 1)
        db_reset(s);
    if (v->fault) {
        v->id = h->id;
        v->held = outside;
    }
    return 0;
}

/* By the console's key, or one that it had before. */
static bool is_signed(const struct audit_keys *keys, struct span text, const uint8_t sig[static SEAL_SIGNATURE])
{
    if (seal_verify(keys->now->sign, DOMAIN, text, sig) == 0)
        return true;
    for (size_t i = keys->n_former; i > 0; i--)
        if (seal_verify(keys->former[i - 1].sign, DOMAIN, text, sig) == 0)
            return true;
    return false;
}

static int kept_heads(struct db *d, const struct audit_keys *keys, struct audit_verdict *v)
{
    struct audit_head h = {.id = 0};
    int rc = 0;

    while (!rc && !v->fault) {
        uint8_t text[SIGNED];
        struct db_stmt *s;
        rc = db_query(d, &s,
                      "SELECT id, time, hash, signature FROM audit_head WHERE id > ? ORDER BY id LIMIT 1",
                      "i", h.id);
        if (rc || (rc = db_step(s)) != 1)
            return rc;
        v->id = db_i64(s, 0);
        if (!read_head(s, &h)) {
            v->fault = AUDIT_FORGED;
            db_reset(s);
            return 0;
        }
        db_reset(s);
        frame(&h, text);
        if (!is_signed(keys, span_of(text, sizeof(text)), h.signature)) {
            v->fault = AUDIT_FORGED;
            return 0;
        }
        v->heads++;
        rc = hold(d, &h, false, v);
    }
    return rc;
}

int audit_prove(struct db *d, const struct audit_keys *keys, const struct audit_head *held, size_t n, struct audit_verdict *ret)
{
    struct audit_verdict v = {.fault = AUDIT_WHOLE};
    int rc = audit_verify(d, &v.id, &v.entries);

    if (rc == ST_BAD_SIGNATURE) {
        v.fault = AUDIT_CHANGED;
        rc = 0;
    }
    if (!rc && !v.fault)
        rc = kept_heads(d, keys, &v);
    for (size_t i = 0; i < n && !rc && !v.fault; i++)
        rc = hold(d, &held[i], true, &v);
    *ret = v;
    return rc;
}
