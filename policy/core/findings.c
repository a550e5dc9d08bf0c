/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/core/findings.h"
#include "base/json.h"
#include "policy/core/compact.h"

#include <stdio.h>
#include <stdlib.h>

#define PARSE_CEILING (512u << 20)

/* What the core says itself, or what stands elsewhere. */
static bool is_ours(struct span key)
{
    static const char *const ours[] = {"file", "sha256", "size", "read", "unread_reason", "text", "verdict"};

    for (size_t i = 0; i < GH_COUNT(ours); i++)
        if (span_eq(key, span_str(ours[i])))
            return true;
    return false;
}

/* Members as long as they fit; the rest is told as a number. */
static void put_members(struct jw *j, const struct json *list)
{
    uint64_t left_out = 0;

    jw_karr(j, "members");
    json_each(m, list)
    {
        size_t before = j->w->n;
        struct jw state = *j;
        if (!left_out)
            compact_json(j, m, true);
        if (left_out || j->w->n > FINDINGS_KEPT) {
            *j = state;
            j->w->n = before;
            left_out++;
        }
    }
    jw_end_arr(j);
    if (left_out)
        jw_ku64(j, "members_left_out", left_out);
}

static struct findings *make(const char *read, const char *reason, struct span body)
{
    struct findings *f = malloc(sizeof(*f) + body.n);

    if (!f)
        return NULL;
    snprintf(f->read, sizeof(f->read), "%s", read);
    snprintf(f->reason, sizeof(f->reason), "%s", reason);
    f->n = body.n;
    if (body.n)
        memcpy(f->body, body.p, body.n);
    return f;
}

int findings_read(struct span json, struct findings **ret)
{
    struct arena *a = arena_new(PARSE_CEILING);
    struct json *d = NULL;
    struct writer w;
    struct jw j;
    const char *read, *reason;
    int rc = a ? json_parse(a, json, COMPACT_DEPTH, &d, NULL) : ST_NOMEM;

    writer_init(&w, FINDINGS_MAX);
    read = json_cstr(json_get(d, "read"), "");
    reason = json_cstr(json_get(d, "unread_reason"), "");
    if (!rc && (d->type != JSON_OBJECT ||
                (strcmp(read, "full") != 0 && strcmp(read, "partial") != 0 && strcmp(read, "none") != 0)))
        rc = ST_MALFORMED;
    if (!rc && d->count > COMPACT_MEMBERS)
        rc = ST_LIMIT;
    if (!rc) {
        jw_init(&j, &w);
        jw_obj(&j);
        json_each(m, d)
        {
            if (is_ours(m->key) || compact_repeated(d, m))
                continue;
            if (span_eq(m->key, span_str("members")) && m->type == JSON_ARRAY) {
                put_members(&j, m);
            } else {
                jw_key_span(&j, m->key);
                compact_json(&j, m, true);
            }
        }
        rc = !writer_ok(&w)                                                    ? ST_LIMIT
             : (*ret = make(read, reason, span_part(writer_span(&w), 1, w.n))) ? 0
                                                                               : ST_NOMEM;
    }
    writer_done(&w);
    arena_free(a);
    return rc;
}

struct findings *findings_unread(const char *reason)
{
    return make("none", reason,
                span_str("\"mime\":\"application/"
                         "octet-stream\",\"kind\":\"data\",\"level\":\"none\",\"level_source\":\"none\""));
}

void findings_document(struct writer *out, const struct findings *f, struct span name,
                       const uint8_t sha256[static 32], uint64_t size, const char *incomplete)
{
    static const uint8_t none[32]; /* a document that was not kept has no hash */
    const char *read = f->read, *reason = f->reason;
    struct jw j;

    if (incomplete && !strcmp(read, "full"))
        read = "partial";
    if (incomplete && !*reason)
        reason = incomplete;
    jw_init(&j, out);
    jw_obj(&j);
    jw_kstr(&j, "file", name);
    if (memcmp(sha256, none, sizeof(none)) != 0)
        jw_khex(&j, "sha256", sha256, 32);
    jw_ku64(&j, "size", size);
    if (f->n) {
        writer_u8(out, ',');
        writer_bytes(out, f->body, f->n);
    }
    jw_kcstr(&j, "read", read);
    jw_kcstr(&j, "unread_reason", *reason ? reason : NULL);
}
