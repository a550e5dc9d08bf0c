/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/verdict.h"
#include "base/seal.h"
#include "policy/core/compact.h"
#include "policy/core/splice.h"

#include <stdio.h>

#define ARENA_MAX (16u << 20)
#define TEXT_MAX (1u << 20)
#define RECORD_DEPTH 24
/* Our signature ids lie here, clear of the ranges that public rule sets use. */
#define SIGNATURE_BASE 100000000u
#define SIGNATURE_SPAN 900000000u

static const char *const names[ACTION_COUNT] = {"allow", "log", "alert", "quarantine", "block"};

const char *action_name(enum action a)
{
    return names[a];
}

bool action_parse(struct span name, enum action *ret)
{
    for (size_t i = 0; i < ACTION_COUNT; i++)
        if (span_eq(name, span_str(names[i]))) {
            *ret = (enum action)i;
            return true;
        }
    return false;
}

void verdict_init(struct verdict *v)
{
    *v = (struct verdict){.severity = 3};
    writer_init(&v->text, TEXT_MAX);
    writer_init(&v->shadow, TEXT_MAX);
}

void verdict_done(struct verdict *v)
{
    writer_done(&v->text);
    writer_done(&v->shadow);
}

uint32_t verdict_signature(const char *policy, const char *rule)
{
    struct span parts[2] = {span_of(policy, strcspn(policy, "@")), span_str(rule)};
    uint8_t hash[SEAL_HASH];
    struct reader r;

    seal_hash("gatehouse-signature-v1", parts, 2, hash);
    r = reader_of(hash, sizeof(hash));
    return SIGNATURE_BASE + reader_le32(&r) % SIGNATURE_SPAN;
}

static void take_fields(struct verdict *v, const struct json *o)
{
    const struct json *title = json_get(o, "title");
    const char *text = json_cstr(title, NULL);
    int64_t severity = json_i64(json_get(o, "severity"), 3);

    if (!text)
        text = json_cstr(json_get(title, "en"), json_cstr(json_get(o, "reason"), "document"));
    snprintf(v->title, sizeof(v->title), "%s", text);
    snprintf(v->category, sizeof(v->category), "%s", json_cstr(json_get(o, "category"), "Document"));
    v->severity = severity < 1 ? 1 : severity > 4 ? 4 : (unsigned)severity;
    v->signature_id =
        verdict_signature(json_cstr(json_get(o, "policy"), ""), json_cstr(json_get(o, "rule"), ""));
}

/* What was done is told by who did it. */
static bool is_ours(struct span key)
{
    static const char *const ours[] = {"quarantined", "quarantine_reason", "enforced", "enforced_reason"};

    for (size_t i = 0; i < GH_COUNT(ours); i++)
        if (span_eq(key, span_str(ours[i])))
            return true;
    return false;
}

/* Members of the object in one line, without the closing brace: what the core adds comes behind. */
static void put_open(struct writer *w, const struct json *o)
{
    struct jw j;

    jw_init(&j, w);
    jw_obj(&j);
    json_each(m, o)
    {
        if (is_ours(m->key) || compact_repeated(o, m))
            continue;
        jw_key_span(&j, m->key);
        compact_json(&j, m, false);
    }
}

int verdict_read(struct span json, struct verdict *v)
{
    struct arena *a = arena_new(ARENA_MAX);
    struct json *list = NULL;
    const struct json *first = NULL;
    const char *action;
    int rc = a ? json_parse(a, json, COMPACT_DEPTH, &list, NULL) : ST_NOMEM;

    if (!rc) {
        first = list->type == JSON_ARRAY ? list->child : NULL;
        action = json_cstr(json_get(first, "action"), "");
        if (!first || first->type != JSON_OBJECT || json_bool(json_get(first, "shadow"), false) ||
            !action_parse(span_str(action), &v->action))
            rc = ST_MALFORMED;
        else if (first->count > COMPACT_MEMBERS)
            rc = ST_LIMIT;
    }
    if (!rc) {
        take_fields(v, first);
        /* a rule that failed is told, whatever was decided without it */
        v->fault = json_get(first, "error") != NULL;
        snprintf(v->policy, sizeof(v->policy), "%s", json_cstr(json_get(first, "policy"), ""));
        put_open(&v->text, first);
        for (const struct json *s = first->next; s; s = s->next) {
            struct jw j;
            if (!json_bool(json_get(s, "shadow"), false))
                continue;
            if (v->shadow.n)
                writer_u8(&v->shadow, ',');
            jw_init(&j, &v->shadow);
            compact_json(&j, s, false);
        }
        if (!writer_ok(&v->text) || !writer_ok(&v->shadow))
            rc = ST_LIMIT;
    }
    arena_free(a);
    return rc;
}

void verdict_fault(struct verdict *v, enum action safe, const char *reason, const char *reason_vi)
{
    struct jw j;

    verdict_done(v);
    verdict_init(v);
    v->action = safe;
    v->fault = true;
    v->severity = 2;
    v->signature_id = verdict_signature("gatehouse", "policy-fault");
    snprintf(v->title, sizeof(v->title), "The policy did not decide; the safe verdict was applied");
    snprintf(v->category, sizeof(v->category), "Policy fault");
    jw_init(&j, &v->text);
    jw_obj(&j);
    jw_kcstr(&j, "action", action_name(safe));
    jw_kcstr(&j, "policy", "gatehouse@" GH_VERSION);
    jw_kcstr(&j, "rule", "policy-fault");
    jw_kcstr(&j, "reason", reason);
    jw_kcstr(&j, "reason_vi", reason_vi);
    jw_kobj(&j, "title");
    jw_kcstr(&j, "en", v->title);
    jw_kcstr(&j, "vi", "Chính sách không đưa ra quyết định; đã áp dụng phán quyết an toàn");
    jw_end_obj(&j);
    jw_ku64(&j, "severity", v->severity);
    jw_kcstr(&j, "category", v->category);
    jw_karr(&j, "facts");
    jw_end_arr(&j);
    jw_kbool(&j, "shadow", false);
}

static void put_alert(struct jw *j, const struct verdict *v)
{
    jw_kcstr(j, "event_type", "alert");
    jw_kobj(j, "alert");
    jw_kcstr(j, "action", v->action == ACTION_BLOCK ? "blocked" : "allowed");
    jw_ku64(j, "gid", 1);
    jw_ku64(j, "signature_id", v->signature_id);
    jw_ku64(j, "rev", 1);
    jw_kcstr(j, "signature", v->title);
    jw_kcstr(j, "category", v->category);
    jw_ku64(j, "severity", v->severity);
    jw_end_obj(j);
}

static void put_record(struct jw *j, const struct json *record, bool stored, const struct verdict *v)
{
    json_each(m, record)
    {
        if (span_eq(m->key, span_str("gatehouse")))
            continue; /* its members stand in the alert's own */
        if (span_eq(m->key, span_str("event_type"))) {
            put_alert(j, v);
        } else if (span_eq(m->key, span_str("fileinfo"))) {
            jw_kobj(j, "fileinfo");
            json_each(f, m)
            {
                if (span_eq(f->key, span_str("stored"))) {
                    jw_kbool(j, "stored", stored);
                } else {
                    jw_key_span(j, f->key);
                    jw_raw(j, f->raw);
                }
            }
            jw_end_obj(j);
        } else {
            jw_key_span(j, m->key);
            jw_raw(j, m->raw);
        }
    }
}

int verdict_alert(struct writer *out, struct span record, bool stored, const struct verdict *v,
                  struct span document)
{
    struct arena *a = arena_new(ARENA_MAX);
    struct json *r = NULL;
    struct jw j;
    int rc = a ? json_parse(a, record, RECORD_DEPTH, &r, NULL) : ST_NOMEM;

    jw_init(&j, out);
    jw_obj(&j);
    if (!rc && json_get(r, "event_type")) {
        put_record(&j, r, stored, v);
    } else {
        jw_kstr(&j, "timestamp", splice_timestamp(record));
        put_alert(&j, v);
        rc = ST_MALFORMED;
    }
    jw_kobj(&j, "gatehouse");
    jw_key(&j, "verdict");
    writer_put(out, writer_span(&v->text));
    writer_u8(out, '}');
    if (document.n) {
        writer_str(out, ",\"document\":");
        writer_put(out, document);
    }
    j.after_key = false;
    json_each(m, rc ? NULL : json_get(r, "gatehouse"))
    {
        jw_key_span(&j, m->key);
        jw_raw(&j, m->raw);
    }
    jw_end_obj(&j);
    jw_end_obj(&j);
    arena_free(a);
    return rc;
}
