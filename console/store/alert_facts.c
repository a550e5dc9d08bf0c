/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store/alert_facts.h"
#include "base/text.h"
#include "console/store/fold.h"
#include "console/store/schema.h"

#define ROW_MAX 65536 /* every text six times as long by escapes, and room */

/* Texts of an alert event by which people look for it. A path that ends at an array takes its strings. */
static const char *const searched[] = {
    "alert.signature",
    "gatehouse.verdict.title.en",
    "gatehouse.verdict.title.vi",
    "gatehouse.verdict.rule",
    "gatehouse.verdict.reason",
    "gatehouse.verdict.reason_vi",
    "fileinfo.filename",
    "src_ip",
    "dest_ip",
    "http.hostname",
    "http.url",
    "email.from",
    "email.to",
    "email.cc",
    "email.subject",
    "email.attachment",
    "smtp.mail_from",
    "smtp.rcpt_to",
    "tls.sni",
    "smb.share",
    "smb.filename",
    "gatehouse.document.file",
};

static struct span text_of(const struct json *j)
{
    return j && j->type == JSON_STRING ? j->s : (struct span){NULL, 0};
}

static struct span clipped(struct span s)
{
    return s.n <= ALERT_TEXT ? s : span_part(s, 0, text_utf8_prefix(span_part(s, 0, ALERT_TEXT)));
}

static void put_text(struct jw *j, const char *key, const struct json *v)
{
    struct span s = text_of(v);

    jw_key(j, key);
    if (s.n)
        jw_str(j, clipped(s));
    else
        jw_null(j);
}

static void put_number(struct jw *j, const char *key, const struct json *v)
{
    jw_key(j, key);
    if (v && v->type == JSON_NUMBER && v->integer)
        jw_i64(j, v->i);
    else
        jw_null(j);
}

static void put_title(struct jw *j, const struct json *title)
{
    jw_key(j, "title");
    if (!title || title->type != JSON_OBJECT) {
        jw_null(j);
        return;
    }
    jw_obj(j);
    put_text(j, "en", json_get(title, "en"));
    put_text(j, "vi", json_get(title, "vi"));
    jw_end_obj(j);
}

static void put_file(struct jw *j, const struct json *event)
{
    const struct json *info = json_get(event, "fileinfo"), *document = json_path(event, "gatehouse.document");
    const struct json *sha256 = json_get(document, "sha256");

    jw_key(j, "file");
    if (!info && !document) {
        jw_null(j);
        return;
    }
    jw_obj(j);
    put_text(j, "name", info ? json_get(info, "filename") : json_get(document, "file"));
    put_number(j, "size", info ? json_get(info, "size") : json_get(document, "size"));
    put_text(j, "kind", json_get(document, "kind"));
    put_text(j, "sha256", sha256 ? sha256 : json_get(info, "sha256"));
    jw_end_obj(j);
}

static void put_endpoint(struct jw *j, const char *key, const struct json *ip, const struct json *port)
{
    jw_kobj(j, key);
    put_text(j, "ip", ip);
    put_number(j, "port", port);
    jw_end_obj(j);
}

static const char *action_of(const struct json *event)
{
    static const char *const known[] = {"allow", "log", "alert", "quarantine", "block"};
    const char *action = json_cstr(json_path(event, "gatehouse.verdict.action"), "alert");

    for (size_t i = 0; i < GH_COUNT(known); i++)
        if (!strcmp(action, known[i]))
            return known[i];
    return "alert";
}

static void put_row(struct jw *j, const struct json *event)
{
    const struct json *verdict = json_path(event, "gatehouse.verdict");

    put_text(j, "signature", json_path(event, "alert.signature"));
    put_title(j, json_get(verdict, "title"));
    put_text(j, "category", json_path(event, "alert.category"));
    put_text(j, "rule", json_get(verdict, "rule"));
    put_text(j, "policy", json_get(verdict, "policy"));
    jw_kcstr(j, "action", action_of(event));
    jw_kbool(j, "shadow", json_bool(json_get(verdict, "shadow"), false));
    put_file(j, event);
    put_endpoint(j, "src", json_get(event, "src_ip"), json_get(event, "src_port"));
    put_endpoint(j, "dest", json_get(event, "dest_ip"), json_get(event, "dest_port"));
    put_text(j, "app_proto", json_get(event, "app_proto"));
}

static void put_words(struct writer *w, struct span s)
{
    if (!s.n || w->n >= ALERT_SEARCH)
        return;
    fold_text(w, clipped(s));
    writer_u8(w, ' ');
}

static void put_search(struct writer *w, const struct json *event)
{
    for (size_t i = 0; i < GH_COUNT(searched); i++) {
        const struct json *v = json_path(event, searched[i]);
        put_words(w, text_of(v));
        if (v && v->type == JSON_ARRAY)
            json_each(one, v) put_words(w, text_of(one));
    }
    json_each(marking, json_path(event, "gatehouse.document.markings"))
        put_words(w, text_of(json_get(marking, "text")));
}

static int keep(struct arena *a, struct span s, struct span *ret)
{
    char *copy = arena_dup(a, s.p, s.n);

    *ret = span_of(copy, copy ? s.n : 0);
    return copy ? 0 : ST_NOMEM;
}

int alert_facts(struct arena *a, const struct json *event, struct facts *f)
{
    int64_t severity = json_i64(json_path(event, "alert.severity"), 3);
    struct writer w;
    struct jw j;
    int rc;

    f->severity = severity < 1 ? 1 : severity > 4 ? 4 : (int)severity;
    f->rule = clipped(text_of(json_path(event, "gatehouse.verdict.rule")));
    f->host = clipped(text_of(json_get(event, "src_ip")));
    if (f->level < 0)
        f->level = 0;
    writer_init(&w, ROW_MAX);
    jw_init(&j, &w);
    jw_obj(&j);
    put_row(&j, event);
    jw_end_obj(&j);
    rc = keep(a, span_part(writer_span(&w), 1, w.n - 2), &f->row); /* without its braces */
    writer_done(&w);
    if (rc)
        return rc;
    writer_init(&w, ALERT_SEARCH + 4 * ALERT_TEXT + 16);
    put_search(&w, event);
    rc = keep(a, writer_span(&w), &f->search);
    writer_done(&w);
    return rc;
}
