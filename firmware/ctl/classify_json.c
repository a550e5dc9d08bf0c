/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/ctl/classify_json.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/msg.h"

#define PARSE_ARENA (1u << 30)

/* A document object without "text"; its members are document objects too. */
static void put_document(struct jw *j, const struct json *d, unsigned depth)
{
    jw_obj(j);
    json_each(m, d) {
        if (span_eq(m->key, span_str("text")) || depth > 40)
            continue;
        jw_key_span(j, m->key);
        if (span_eq(m->key, span_str("members")) && m->type == JSON_ARRAY) {
            jw_arr(j);
            json_each(c, m)
                put_document(j, c, depth + 1);
            jw_end_arr(j);
        } else {
            jw_raw(j, m->raw);
        }
    }
    jw_end_obj(j);
}

int classify_facts(struct span document, struct writer *out)
{
    struct arena *a = arena_new(PARSE_ARENA);
    struct json *d;
    struct jw j;
    char iso[CLOCK_ISO_SIZE];
    int rc = a ? json_parse(a, document, 128, &d, NULL) : ST_NOMEM;

    if (!rc && d->type != JSON_OBJECT)
        rc = ST_MALFORMED;
    if (!rc) {
        jw_init(&j, out);
        jw_obj(&j);
        jw_kcstr(&j, "timestamp", clock_iso(clock_wall_us(), iso));
        jw_kcstr(&j, "event_type", "fileinfo");
        jw_kobj(&j, "fileinfo");
        jw_kcstr(&j, "filename", json_cstr(json_get(d, "file"), ""));
        jw_ki64(&j, "size", json_i64(json_get(d, "size"), 0));
        jw_kcstr(&j, "sha256", json_cstr(json_get(d, "sha256"), NULL));
        jw_kcstr(&j, "state", "CLOSED");
        jw_kbool(&j, "gaps", false);
        jw_end_obj(&j);
        jw_kobj(&j, "gatehouse");
        jw_key(&j, "document");
        put_document(&j, d, 0);
        jw_end_obj(&j);
        jw_end_obj(&j);
        rc = writer_ok(out) ? 0 : ST_LIMIT;
    }
    arena_free(a);
    return rc;
}

int classify_verdict(struct writer *document, struct span verdicts, bool *ret_blocked)
{
    struct arena *a = arena_new(8u << 20);
    struct json *v = NULL;
    int rc = a ? json_parse(a, verdicts, 64, &v, NULL) : ST_NOMEM;

    if (!rc && (v->type != JSON_ARRAY || !v->child || v->child->type != JSON_OBJECT || document->n < 2 ||
                document->p[document->n - 1] != '}'))
        rc = ST_MALFORMED;
    if (!rc) {
        document->n--;
        writer_str(document, ",\"verdict\":");
        writer_put(document, v->child->raw);
        writer_u8(document, '}');
        *ret_blocked = !strcmp(json_cstr(json_get(v->child, "action"), ""), "block");
        rc = writer_ok(document) ? 0 : ST_LIMIT;
    }
    arena_free(a);
    return rc;
}

void classify_unread(struct writer *out, const char *path, int memfd, const char *reason)
{
    struct span bytes = {NULL, 0};
    uint8_t hash[SHA256_SIZE];
    struct jw j;

    writer_clear(out);
    jw_init(&j, out);
    jw_obj(&j);
    jw_kcstr(&j, "file", path);
    if (memfd >= 0 && msg_map(memfd, SIZE_MAX, &bytes) == 0) {
        digest_sha256(bytes.p, bytes.n, hash);
        jw_khex(&j, "sha256", hash, sizeof(hash));
        jw_ku64(&j, "size", bytes.n);
        msg_unmap(bytes);
    }
    jw_kcstr(&j, "mime", "application/octet-stream");
    jw_kcstr(&j, "kind", "data");
    jw_kcstr(&j, "level", "none");
    jw_kcstr(&j, "level_source", "none");
    jw_kcstr(&j, "read", "none");
    jw_kcstr(&j, "unread_reason", reason);
    jw_end_obj(&j);
}
