/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/outputs/batch.h"
#include "base/base64.h"
#include "base/cipher.h"
#include "base/clock.h"
#include "console/events/find.h"
#include "console/store/search.h"

#include <stdio.h>

#define QUERY_ARENA (4u << 20)

void out_batch_init(struct out_batch *b)
{
    *b = (struct out_batch){.n = 0};
    writer_init(&b->body, BATCH_BYTES + 2 * FORMAT_EVENT_MAX);
}

void out_batch_done(struct out_batch *b)
{
    writer_done(&b->body);
}

struct rows {
    int64_t row[BATCH_EVENTS];
    size_t n;
    int64_t counted;
};

static int keep_row(void *arg, int64_t row)
{
    struct rows *r = arg;

    if (r->n < BATCH_EVENTS)
        r->row[r->n++] = row;
    return 0;
}

static int count_row(void *arg, int64_t row)
{
    struct rows *r = arg;

    (void)row;
    r->counted++;
    return 0;
}

static int compile(struct arena *a, struct db *d, const struct output *o, struct query_sql *q, char *reason,
                   size_t cap)
{
    const struct query_context c = {.postgres = !db_is_sqlite(d),
                                    .oldest_us = events_oldest(d),
                                    .target = o->source,
                                    .now_us = clock_wall_us(),
                                    .user = ""};
    struct query_error e;
    int rc = query_compile(a, span_str(o->query), &c, q, &e);

    if (rc == ST_MALFORMED)
        snprintf(reason, cap, "the filter: %s", e.text);
    return rc;
}

static bool json_array(const struct output *o)
{
    return o->kind == OUTPUT_WEBHOOK && o->format != FORMAT_CEF;
}

/* One event behind the others. */
static int put_one(const struct output *o, struct arena *a, struct span event,
                   const struct format_about *about, struct out_batch *b)
{
    size_t start = b->body.n;
    struct writer line;
    int rc;

    writer_init(&line, (size_t)2 * FORMAT_EVENT_MAX);
    rc = format_event(o->format, a, event, about, &line);
    if (!rc && o->kind == OUTPUT_SYSLOG) {
        rc = format_syslog(a, event, about, writer_span(&line), true, &b->body);
    } else if (!rc) {
        if (json_array(o))
            writer_u8(&b->body, b->n ? ',' : '[');
        writer_put(&b->body, writer_span(&line));
        if (!json_array(o))
            writer_u8(&b->body, '\n');
    }
    writer_done(&line);
    if (rc)
        b->body.n = start;
    else
        b->n++;
    return rc;
}

struct loading {
    struct db *d;
    const struct output *o;
    struct arena *a;
    struct out_batch *b;
};

static int put_loaded(void *arg, const struct event_row *row, struct span json, bool clear)
{
    struct loading *l = arg;
    char identity[2 * SEAL_ID + 1] = "";
    struct format_about about = {.row = row->id};
    struct db_stmt *s;
    struct writer hex;
    int rc = db_query(l->d, &s, "SELECT name, identity FROM appliance WHERE id = ?", "i", row->appliance);

    (void)clear; /* the committee has ordered it for itself */
    if (rc || (rc = db_step(s)) != 1)
        return rc;
    writer_fixed(&hex, identity, sizeof(identity));
    writer_hex(&hex, db_blob(s, 1).p, db_blob(s, 1).n <= SEAL_ID ? db_blob(s, 1).n : 0);
    about.appliance = db_text(s, 0);
    about.identity = span_of(identity, hex.n);
    rc = put_one(l->o, l->a, json, &about, l->b);
    db_reset(s);
    if (rc == ST_MALFORMED || rc == ST_LIMIT || rc == ST_NOMEM) {
        l->b->unreadable++; /* an event that cannot be mapped must not hold up the others */
        rc = 0;
    }
    return rc;
}

static int load_one(struct db *d, const struct output *o, int64_t row, struct arena *a, struct out_batch *b)
{
    struct loading l = {d, o, a, b};
    struct event_row found;
    struct span json;
    struct arena *text = arena_new(FORMAT_MEMORY);
    int rc = text ? event_one(d, text, NULL, row, &found, &json, NULL) : ST_NOMEM;

    if (!rc)
        rc = put_loaded(&l, &found, json, true);
    else if (rc == ST_NOT_FOUND) {
        b->forgotten++;
        rc = 0;
    }
    arena_free(text);
    return rc;
}

int out_batch_fill(struct db *d, const struct output *o, size_t limit, struct out_batch *b, char *reason,
                   size_t cap)
{
    struct arena *a = arena_new(QUERY_ARENA), *each = arena_new(FORMAT_MEMORY);
    struct rows rows = {.n = 0};
    struct query_sql q;
    int rc = a && each ? compile(a, d, o, &q, reason, cap) : ST_NOMEM;

    b->upto = o->cursor;
    if (!rc)
        rc = search_forward(d, &q, o->source, &b->upto, INT64_MAX,
                            limit < BATCH_EVENTS ? limit : BATCH_EVENTS, keep_row, &rows);
    for (size_t i = 0; i < rows.n && !rc; i++) {
        if (b->body.n > BATCH_BYTES) {
            b->upto = rows.row[i - 1];
            break;
        }
        if (!b->first)
            b->first = rows.row[i];
        b->last = rows.row[i];
        rc = load_one(d, o, rows.row[i], each, b);
        arena_reset(each);
    }
    if (!rc && b->n && json_array(o))
        writer_u8(&b->body, ']');
    arena_free(each);
    arena_free(a);
    return rc ? rc : writer_ok(&b->body) ? 0 : ST_LIMIT;
}

int out_batch_count(struct db *d, const struct output *o, int64_t *after, int64_t upto, int64_t *ret_n,
                    char *reason, size_t cap)
{
    struct arena *a = arena_new(QUERY_ARENA);
    struct rows rows = {.n = 0};
    struct query_sql q;
    int rc = a ? compile(a, d, o, &q, reason, cap) : ST_NOMEM;

    if (!rc)
        rc = search_forward(d, &q, o->source, after, upto, SIZE_MAX >> 1, count_row, &rows);
    arena_free(a);
    if (!rc)
        *ret_n = rows.counted;
    return rc;
}

int out_batch_trial(const struct output *o, struct out_batch *b)
{
    static const char text[] =
        "{\"timestamp\":\"%s\",\"event_type\":\"alert\",\"alert\":{\"action\":\"allowed\",\"signature_id\":0,"
        "\"signature\":\"Gatehouse: a trial of this output\",\"category\":\"Trial\",\"severity\":4}}";
    static const char zeros[] = "00000000000000000000000000000000";
    const struct format_about about = {.appliance = span_str("trial"), .identity = span_str(zeros)};
    char iso[CLOCK_ISO_SIZE], event[512];
    struct arena *a = arena_new(FORMAT_MEMORY);
    int rc;

    snprintf(event, sizeof(event), text, clock_iso(clock_wall_us(), iso));
    rc = a ? put_one(o, a, span_str(event), &about, b) : ST_NOMEM;
    if (!rc && json_array(o))
        writer_u8(&b->body, ']');
    arena_free(a);
    return rc;
}

/* The signature covers the time and the body: "<seconds>.<body>". */
static int sign(const struct output *o, struct span body, struct span secret, uint64_t seconds, char *out,
                size_t cap)
{
    uint8_t mac[SHA256_SIZE], sig[SEAL_SIGNATURE];
    char text[BASE64_SIZE(SEAL_SIGNATURE)];
    struct seal_keys *k;
    struct writer w;

    writer_init(&w, body.n + 32);
    writer_printf(&w, "%llu.", (unsigned long long)seconds);
    writer_put(&w, body);
    if (!writer_ok(&w) || secret.n != (o->auth == OUTPUT_HMAC ? OUTPUT_SECRET : SEAL_SECRET)) {
        writer_done(&w);
        return ST_NOMEM;
    }
    if (o->auth == OUTPUT_HMAC) {
        char hex[2 * SHA256_SIZE + 1];
        cipher_hmac_sha256(secret, writer_span(&w), mac);
        digest_hex(mac, sizeof(mac), hex);
        snprintf(out, cap, "Gatehouse-Signature: hmac-sha256=%s", hex);
    } else if ((k = seal_keys_import(secret.p)) != NULL) {
        seal_sign_plain(k, writer_span(&w), sig);
        seal_keys_free(k);
        snprintf(out, cap, "Gatehouse-Signature: ed25519=%s",
                 base64_encode(sig, sizeof(sig), text, sizeof(text)));
    }
    writer_done(&w);
    return *out ? 0 : ST_NOMEM;
}

int out_batch_question(const struct output *o, const struct out_batch *b, struct span secret, uint64_t now_us,
                       uint64_t timeout_ms, bool trial, struct jw *j)
{
    char line[256] = "";
    int rc = 0;

    jw_obj(j);
    jw_kcstr(j, "do", "send");
    jw_kcstr(j, "kind", output_kind_names[o->kind]);
    jw_ki64(j, "output", trial ? 0 : o->id);
    jw_kcstr(j, "target", o->target);
    if (*o->ca)
        jw_kcstr(j, "ca", o->ca);
    jw_ku64(j, "timeout_ms", timeout_ms);
    jw_karr(j, "headers");
    if (o->kind == OUTPUT_WEBHOOK) {
        jw_cstr(j,
                json_array(o) ? "Content-Type: application/json" : "Content-Type: text/plain; charset=utf-8");
        snprintf(line, sizeof(line), "Gatehouse-Timestamp: %llu", (unsigned long long)(now_us / 1000000));
        jw_cstr(j, line);
        if (trial)
            snprintf(line, sizeof(line), "Gatehouse-Delivery: trial");
        else
            snprintf(line, sizeof(line), "Gatehouse-Delivery: %lld-%lld-%lld", (long long)o->id,
                     (long long)b->first, (long long)b->last);
        jw_cstr(j, line);
        line[0] = 0;
        if (o->auth != OUTPUT_NO_AUTH) {
            rc = sign(o, writer_span(&b->body), secret, now_us / 1000000, line, sizeof(line));
            jw_cstr(j, line);
        }
    }
    jw_end_arr(j);
    jw_end_obj(j);
    return rc;
}
