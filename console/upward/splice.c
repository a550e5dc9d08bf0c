/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/upward/splice.h"
#include "base/event.h"

#include <stdio.h>

#define JSON_DEPTH 64
#define ORIGIN_MAX 8192 /* of what a region below says of its origin; longer is left out */

static void put_origin(struct jw *j, const char *region, const struct forward_batch *b,
                       const struct splice_record *r, const struct json *inner)
{
    const struct record original = {r->run, r->n, r->k, r->type, r->json};
    uint8_t hash[SEAL_HASH];

    record_hash(&original, hash);
    jw_kobj(j, "origin");
    jw_kcstr(j, "region", region);
    jw_khex(j, "appliance", b->identity, SEAL_ID);
    jw_kcstr(j, "name", b->name);
    jw_ku64(j, "batch", b->number);
    jw_khex(j, "batch_hash", b->hash, SEAL_HASH);
    jw_khex(j, "record", hash, SEAL_HASH);
    if (b->region && inner && inner->type == JSON_OBJECT && inner->raw.n <= ORIGIN_MAX)
        jw_kraw(j, "origin", inner->raw);
    jw_end_obj(j);
}

/* The members of from but the one of that name. */
static void put_others(struct jw *j, const struct json *from, const char *but)
{
    json_each(m, from)
    {
        if (span_eq(m->key, span_str(but)))
            continue;
        jw_key_span(j, m->key);
        jw_raw(j, m->raw);
    }
}

int splice_event(struct arena *a, const char *region, const struct forward_batch *b, const struct splice_record *r,
                 bool whole, struct writer *out)
{
    struct json *event = NULL;
    const struct json *inner, *gatehouse;
    struct span text = r->json;
    struct writer seen;
    struct jw j;
    int rc;

    writer_init(&seen, r->json.n + 65536);
    rc = json_parse(a, text, JSON_DEPTH, &event, NULL);
    inner = rc ? NULL : json_path(event, "gatehouse.origin");
    if (!rc && !whole) {
        jw_init(&j, &seen);
        rc = sight_put_event(a, text, &j);
        text = writer_span(&seen);
        if (!rc)
            rc = json_parse(a, text, JSON_DEPTH, &event, NULL);
    }
    if (rc == ST_NOMEM) {
        writer_done(&seen);
        return rc;
    }
    jw_init(&j, out);
    jw_obj(&j);
    if (rc || event->type != JSON_OBJECT) {
        event = NULL;
        jw_kcstr(&j, "event_type", event_type_name((enum event_type)(r->type < EVENT_TYPE_COUNT ? r->type : EVENT_ANOMALY)));
    }
    put_others(&j, event, "gatehouse");
    gatehouse = json_get(event, "gatehouse");
    jw_kobj(&j, "gatehouse");
    put_others(&j, gatehouse && gatehouse->type == JSON_OBJECT ? gatehouse : NULL, "origin");
    put_origin(&j, region, b, r, inner);
    jw_end_obj(&j);
    jw_end_obj(&j);
    writer_done(&seen);
    return writer_ok(out) ? 0 : ST_LIMIT;
}

int splice_account(const struct forward_batch *b, const struct forward_sums *sums, int64_t now_us, struct writer *out)
{
    char time[TIME_TEXT];
    struct jw j;

    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "timestamp", time_text((uint64_t)now_us, time));
    jw_kcstr(&j, "event_type", "stats");
    jw_kobj(&j, "gatehouse");
    jw_kobj(&j, "account");
    jw_khex(&j, "appliance", b->identity, SEAL_ID);
    jw_kcstr(&j, "name", b->name);
    jw_ku64(&j, "batch", b->number);
    jw_khex(&j, "hash", b->hash, SEAL_HASH);
    forward_put_sums(sums, &j);
    jw_end_obj(&j);
    jw_end_obj(&j);
    jw_end_obj(&j);
    return writer_ok(out) ? 0 : ST_LIMIT;
}

uint64_t splice_run(const uint8_t identity[static SEAL_ID], const char *what, uint64_t run)
{
    uint8_t number[8], hash[SEAL_HASH];
    struct span parts[3];
    struct writer w;
    struct reader r;

    writer_fixed(&w, number, sizeof(number));
    writer_le(&w, run, 8);
    parts[0] = span_of(identity, SEAL_ID);
    parts[1] = span_str(what);
    parts[2] = writer_span(&w);
    seal_hash("gatehouse-forward-run-v1", parts, 3, hash);
    r = reader_span(span_of(hash, sizeof(hash)));
    return reader_le64(&r) >> 1; /* a positive number in every database */
}
