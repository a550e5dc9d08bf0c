/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/facts.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/fetch.h"
#include "base/text.h"
#include "console/store/alert_facts.h"
#include "console/store/schema.h"

#define JSON_DEPTH 64
#define NOTE_BYTES 4096

bool facts_hex(struct span text, uint8_t *out, size_t n)
{
    struct reader r = reader_span(text);
    struct writer w;

    if (text.n != 2 * n)
        return false;
    writer_fixed(&w, out, n);
    while (reader_left(&r)) {
        unsigned v = 0;
        for (int i = 0; i < 2; i++) {
            uint8_t c = reader_u8(&r);
            if (c >= '0' && c <= '9')
                v = v << 4 | (unsigned)(c - '0');
            else if (c >= 'a' && c <= 'f')
                v = v << 4 | (unsigned)(c - 'a' + 10);
            else
                return false;
        }
        writer_u8(&w, (uint8_t)v);
    }
    return true;
}

/* A record that is no JSON object is kept as far as it can be shown, and said to be one. */
static int note_of(struct arena *a, const struct record *r, struct facts *f)
{
    struct writer w;
    struct jw j;
    char *text;

    writer_init(&w, 8 * NOTE_BYTES);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "event_type", event_type_name(r->type));
    jw_kobj(&j, "gatehouse");
    jw_kstr(&j, "malformed", span_part(r->json, 0, NOTE_BYTES));
    jw_end_obj(&j);
    jw_end_obj(&j);
    text = arena_dup(a, w.p, w.n);
    f->json = text ? span_of(text, w.n) : (struct span){NULL, 0};
    f->malformed = true;
    writer_done(&w);
    return text ? 0 : ST_NOMEM;
}

uint64_t ledger_lost(const struct json *ledger)
{
    uint64_t sum = 0;

    json_each(part, ledger)
    {
        json_each(reason, json_get(part, "lost"))
        {
            int64_t n = json_i64(reason, 0);
            if (n > 0 && sum < INT64_MAX / 2)
                sum += (uint64_t)n;
        }
    }
    return sum < INT64_MAX ? sum : INT64_MAX;
}

static struct span raw_object(const struct json *j)
{
    return j && j->type == JSON_OBJECT ? j->raw : (struct span){NULL, 0};
}

static struct span text_of(const struct json *j)
{
    return j && j->type == JSON_STRING ? j->s : (struct span){NULL, 0};
}

static void read_document(const struct json *event, struct facts *f)
{
    const struct json *document = json_path(event, "gatehouse.document");
    struct span hash = text_of(json_get(document, "sha256"));

    if (!hash.n)
        hash = text_of(json_path(event, "fileinfo.sha256"));
    f->has_sha256 = facts_hex(hash, f->sha256, sizeof(f->sha256));
    f->level = document ? level_number(json_cstr(json_get(document, "level"), "none")) : -1;
    f->unread = document && strcmp(json_cstr(json_get(document, "read"), "full"), "full") != 0;
}

int facts_of(struct arena *a, const struct record *r, uint64_t batch_us, struct facts *ret)
{
    struct facts f = {
        .json = r->json, .type = r->type, .time = (int64_t)batch_us, .level = -1, .severity = 3};
    const struct json *v;
    struct json *event;
    uint64_t us;
    int rc = json_parse(a, r->json, JSON_DEPTH, &event, NULL);

    if (rc == ST_NOMEM)
        return rc;
    if (rc || event->type != JSON_OBJECT || r->type >= EVENT_TYPE_COUNT) {
        rc = note_of(a, r, &f);
        *ret = f;
        return rc;
    }
    f.event = event;
    v = json_get(event, "timestamp");
    if (v && v->type == JSON_STRING && clock_parse_iso((const char *)v->s.p, v->s.n, &us) && us < INT64_MAX)
        f.time = (int64_t)us;
    v = json_get(event, "flow_id");
    f.has_flow = v && v->type == JSON_NUMBER && v->integer;
    f.flow = json_i64(v, 0);
    f.community = text_of(json_get(event, "community_id"));
    read_document(event, &f);
    if (r->type == EVENT_STATS) {
        v = json_path(event, "gatehouse.ledger");
        f.ledger = raw_object(v);
        f.lost = ledger_lost(v);
        f.versions = raw_object(json_path(event, "gatehouse.versions"));
    }
    if (r->type == EVENT_ALERT) {
        f.capture_file = text_of(json_get(event, "capture_file"));
        if (!fetch_name_is_good(f.capture_file))
            f.capture_file = (struct span){NULL, 0};
        rc = alert_facts(a, event, &f);
    }
    *ret = f;
    return rc;
}
