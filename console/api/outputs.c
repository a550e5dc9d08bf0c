/* SPDX-License-Identifier: GPL-3.0-or-later
 * Outputs: made, changed, tried, and what became of what they sent. A secret is shown once, when it is made;
 * after that nobody can read it here. Every change is in the audit, without the secret. */
#include "console/api/once.h"
#include "console/api/outputs.h"
#include "console/api/query.h"
#include "console/outputs/engine.h"
#include "console/outputs/files.h"
#include "console/store/outputs.h"

#include <stdio.h>

#define KEPT_MAX (256u << 10)

static const char *const members[] = {"name",   "kind", "format", "source", "query",
                                      "target", "auth", "ca",     "enabled"};
static const char *const source_names[] = {"alerts", "events"};

void api_outputs_list(struct worker *w, struct request *r)
{
    struct jw j;
    int rc;

    if (!query_fields(r, NULL, 0))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = output_list(w->db, &j);
    jw_kbool(&j, "outlet", helpers_have(w->app->helpers, ROLE_OUTLET));
    reply_object_end(r, &j, rc);
}

/* ---- reading a body ---- */

static bool read_word(struct request *r, const char *name, const char *const *words, int n, bool required,
                      int *ret)
{
    struct span text = {NULL, 0};

    if (!body_text(r, name, 32, required, &text))
        return false;
    if (!text.p)
        return true;
    for (int i = 0; i < n; i++)
        if (span_eq(text, span_str(words[i]))) {
            *ret = i;
            return true;
        }
    reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' is none of the known words.", name);
    return false;
}

static bool read_text(struct request *r, const char *name, char *to, size_t cap, bool required)
{
    struct span text = {NULL, 0};

    if (!body_text(r, name, cap - 1, required, &text))
        return false;
    if (!text.p)
        return true;
    if (span_find_byte(text, 0, 0) >= 0) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'%s' holds a NUL.", name);
        return false;
    }
    memcpy(to, text.p, text.n);
    to[text.n] = 0;
    return true;
}

/* "host:port" or "[address]:port" of plain characters. */
static bool is_host_port(const char *s)
{
    const char *colon = strrchr(s, ':');
    uint64_t port;

    if (!colon || colon == s || !span_number(span_str(colon + 1), 65535, &port) || !port)
        return false;
    for (const char *c = s; c < colon; c++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[]", *c))
            return false;
    return s[0] == '[' ? colon[-1] == ']' : !memchr(s, ':', (size_t)(colon - s));
}

static bool is_plain(const char *s)
{
    for (; *s; s++)
        if (*s <= ' ' || *s >= 127 || *s == '\\' || *s == '"')
            return false;
    return true;
}

static const char *target_fault(const struct app *app, const struct output *o)
{
    if (o->kind == OUTPUT_FILE)
        return out_file_name_is_good(o->target) ? NULL
                                                : "A file's name has letters, digits, '-', '_' and '.'; the "
                                                  "directory is outputs/ of the console.";
    if (!is_plain(o->target))
        return "An address has no blanks, quotes or control characters.";
    if (o->kind == OUTPUT_SYSLOG)
        return is_host_port(o->target) ? NULL : "A syslog receiver is host:port, usually port 6514.";
    if (!strncmp(o->target, "https://", 8))
        return NULL;
    if (!strncmp(o->target, "http://", 7))
        return app->conf->console_output_http
                   ? NULL
                   : "Webhooks go over https://; console.output_http in the configuration allows http.";
    return "A webhook's address begins with https://.";
}

static bool read_output(struct worker *w, struct request *r, struct output *o, bool fresh)
{
    int kind = (int)o->kind, format = (int)o->format, auth = (int)o->auth, source = o->source == QUERY_EVENTS;
    const struct json *enabled;
    struct query_sql q;
    const char *why;

    if (!body_fields(r, members, GH_COUNT(members)) ||
        !read_text(r, "name", o->name, sizeof(o->name), fresh) ||
        !read_word(r, "kind", output_kind_names, OUTPUT_KIND_COUNT, fresh, &kind) ||
        !read_word(r, "format", output_format_names, FORMAT_COUNT, fresh, &format) ||
        !read_word(r, "source", source_names, 2, false, &source) ||
        !read_text(r, "query", o->query, sizeof(o->query), false) ||
        !read_text(r, "target", o->target, sizeof(o->target), fresh) ||
        !read_word(r, "auth", output_auth_names, OUTPUT_AUTH_COUNT, false, &auth) ||
        !read_text(r, "ca", o->ca, sizeof(o->ca), false))
        return false;
    if (!fresh && kind != (int)o->kind) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "The kind of an output stays; make another one.");
        return false;
    }
    enabled = json_get(r->json, "enabled");
    if (enabled && enabled->type != JSON_TRUE && enabled->type != JSON_FALSE) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "'enabled' is true or false.");
        return false;
    }
    o->enabled = json_bool(enabled, fresh ? true : o->enabled);
    o->kind = (enum output_kind)kind;
    o->format = (enum output_format)format;
    o->auth = o->kind == OUTPUT_WEBHOOK ? (enum output_auth)auth : OUTPUT_NO_AUTH;
    o->source = source ? QUERY_EVENTS : QUERY_ALERTS;
    why = !out_file_name_is_good(o->name) ? "A name has 1 to 64 letters, digits, '-', '_' and '.'."
                                          : target_fault(w->app, o);
    if (!why && *o->ca && !strstr(o->ca, "-----BEGIN CERTIFICATE-----"))
        why = "'ca' is a certificate as PEM text.";
    if (why) {
        reply_problem_say(r, PROBLEM_BAD_FIELD, "%s", why);
        return false;
    }
    return query_of(w, r, span_str(o->query), o->source, 0, &q);
}

/* ---- changes ---- */

/* Makes a secret when the output needs one; the text to show once, in the arena. */
static int make_secret(struct worker *w, struct request *r, struct db *d, const struct output *o,
                       const char **ret_text)
{
    uint8_t *secret = seal_alloc(SEAL_SECRET);
    char hex[2 * OUTPUT_SECRET + 1];
    struct seal_keys *k = NULL;
    int rc = secret ? 0 : ST_NOMEM;

    *ret_text = NULL;
    if (!rc && o->auth == OUTPUT_HMAC) {
        seal_random(secret, OUTPUT_SECRET);
        rc = output_secret_put(d, o->id, seal_keys_public(w->app->keys), span_of(secret, OUTPUT_SECRET),
                               (struct span){NULL, 0});
        for (unsigned i = 0; i < OUTPUT_SECRET; i++)
            snprintf(hex + (size_t)2 * i, 3, "%02x", secret[i]);
        *ret_text = arena_dup(r->arena, hex, sizeof(hex) - 1);
        seal_wipe(hex, sizeof(hex));
    } else if (!rc && o->auth == OUTPUT_ED25519) {
        k = seal_keys_generate();
        rc = k ? 0 : ST_NOMEM;
        if (!rc) {
            seal_keys_export(k, secret);
            rc = output_secret_put(d, o->id, seal_keys_public(w->app->keys), span_of(secret, SEAL_SECRET),
                                   span_of(seal_keys_public(k)->sign, SEAL_PUBLIC));
        }
        seal_keys_free(k);
    }
    seal_free(secret);
    return rc;
}

static int put_changed(struct db *d, int64_t id, const char *secret, struct jw *j)
{
    int rc;

    jw_obj(j);
    jw_key(j, "output");
    rc = output_put(d, id, j);
    jw_key(j, "secret");
    jw_cstr(j, secret);
    jw_end_obj(j);
    return rc;
}

/* Ends the step; the answer is the output as it is now, with a secret that is shown this once: what is kept
 * for a repetition has null there. */
static void finish(struct worker *w, struct request *r, struct db *d, int rc, int64_t id, int status,
                   const char *secret)
{
    struct writer kept;
    struct jw j;

    writer_init(&kept, KEPT_MAX);
    if (rc == ST_EXISTS) {
        reply_problem(r, PROBLEM_NAME_TAKEN);
        rc = 0;
    } else if (!rc) {
        jw_init(&j, &kept);
        rc = put_changed(d, id, NULL, &j);
        reply_json(r, status, &j);
        if (!rc)
            rc = put_changed(d, id, secret, &j);
        reply_json_end(r);
    }
    if (!rc && !writer_ok(&kept))
        rc = ST_NOMEM;
    (void)once_end_keep(w, r, d, rc, writer_span(&kept));
    writer_done(&kept);
}

static int note(struct db *d, const struct request *r, const char *action, const struct output *o)
{
    char detail[OUTPUT_TARGET + OUTPUT_QUERY + 128];

    snprintf(detail, sizeof(detail), "%s %s %s %s: %s", output_kind_names[o->kind],
             output_format_names[o->format], o->target, source_names[o->source == QUERY_EVENTS], o->query);
    return audit_append(d, r->who.name, r->address, action, o->name, detail);
}

void api_output_add(struct worker *w, struct request *r)
{
    struct output *o = arena_alloc(r->arena, sizeof(*o));
    const char *secret = NULL;
    struct db *d;
    int rc = 0;

    if (!o) {
        app_fail(r, ST_NOMEM);
        return;
    }
    memset(o, 0, sizeof(*o));
    if (!read_output(w, r, o, true) || !once_begin(w, r, &d))
        return;
    rc = output_add(d, o, r->who.name);
    if (rc == ST_FULL) {
        reply_problem_say(r, PROBLEM_WRONG_STATE, "There are %d outputs already.", OUTPUTS_MAX);
        (void)once_end(w, r, d, 0);
        return;
    }
    if (!rc)
        rc = make_secret(w, r, d, o, &secret);
    if (!rc)
        rc = note(d, r, "output_added", o);
    finish(w, r, d, rc, o->id, 201, secret);
}

/* The output in the path; NULL with the problem written. */
static struct output *find(struct db *d, struct request *r)
{
    struct output *o = arena_alloc(r->arena, sizeof(*o));
    int rc = o ? output_find(d, r->id, o) : ST_NOMEM;

    if (!rc)
        return o;
    app_fail(r, rc);
    return NULL;
}

/* Begins a step on the output in the path; NULL: the reply is made. */
static struct output *begin(struct worker *w, struct request *r, struct db **ret_db)
{
    struct output *o;

    if (!once_begin(w, r, ret_db))
        return NULL;
    o = find(*ret_db, r);
    if (!o)
        (void)once_end(w, r, *ret_db, 0);
    return o;
}

void api_output_change(struct worker *w, struct request *r)
{
    struct db *d;
    struct output *o = begin(w, r, &d);
    enum output_auth auth = o ? o->auth : OUTPUT_NO_AUTH;
    const char *secret = NULL;
    int rc;

    if (!o)
        return;
    if (!read_output(w, r, o, false)) {
        (void)once_end(w, r, d, 0);
        return;
    }
    rc = output_change(d, o);
    if (!rc && o->auth != auth)
        rc = make_secret(w, r, d, o, &secret);
    if (!rc)
        rc = note(d, r, "output_changed", o);
    finish(w, r, d, rc, o->id, 200, secret);
}

void api_output_secret(struct worker *w, struct request *r)
{
    struct db *d;
    struct output *o = body_fields(r, NULL, 0) ? begin(w, r, &d) : NULL;
    const char *secret = NULL;
    int rc;

    if (!o)
        return;
    if (o->auth == OUTPUT_NO_AUTH) {
        reply_problem_say(r, PROBLEM_WRONG_STATE, "This output signs nothing.");
        (void)once_end(w, r, d, 0);
        return;
    }
    rc = make_secret(w, r, d, o, &secret);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "output_secret_renewed", o->name, NULL);
    finish(w, r, d, rc, o->id, 200, secret);
}

void api_output_remove(struct worker *w, struct request *r)
{
    struct db *d;
    struct output *o = begin(w, r, &d);
    int rc;

    if (!o)
        return;
    rc = output_remove(d, o->id);
    if (!rc)
        rc = note(d, r, "output_removed", o);
    if (!rc)
        r->reply.status = 204;
    (void)once_end(w, r, d, rc);
}

void api_output_test(struct worker *w, struct request *r)
{
    struct output *o = body_fields(r, NULL, 0) ? find(w->db, r) : NULL;
    char reason[320] = "";
    bool ok = false;
    struct jw j;
    int rc;

    if (!o || !once_claim(w, r))
        return;
    rc = engine_try(w->app->conf, w->app->keys, w->app->helpers, w->db, o, &ok, reason, sizeof(reason));
    if (rc == ST_CLOSED)
        snprintf(reason, sizeof(reason),
                 "gh-outlet does not run; start the console with 'gatehouse console'");
    else if (rc == ST_TIMEOUT)
        snprintf(reason, sizeof(reason), "no answer within some seconds");
    if (rc && rc != ST_CLOSED && rc != ST_TIMEOUT) {
        app_fail(r, rc);
    } else {
        reply_json(r, 200, &j);
        jw_obj(&j);
        jw_kbool(&j, "ok", ok);
        jw_ktext(&j, "reason", span_str(reason));
        jw_end_obj(&j);
        reply_json_end(r);
    }
    (void)once_fill(w, r, "output_tested", o->name, ok ? "taken" : reason);
}

void api_output_refused(struct worker *w, struct request *r)
{
    int64_t before, limit;
    struct output *o;
    struct jw j;
    int rc;

    if (!page_asked(r, &before, &limit) || !(o = find(w->db, r)))
        return;
    reply_json(r, 200, &j);
    jw_obj(&j);
    rc = output_dead_list(w->db, o->id, before, limit, &j);
    reply_object_end(r, &j, rc);
}

void api_output_refused_clear(struct worker *w, struct request *r)
{
    struct db *d;
    struct output *o = body_fields(r, NULL, 0) ? begin(w, r, &d) : NULL;
    int rc;

    if (!o)
        return;
    rc = output_dead_clear(d, o->id);
    if (!rc)
        rc = audit_append(d, r->who.name, r->address, "output_refused_cleared", o->name, NULL);
    finish(w, r, d, rc, o->id, 200, NULL);
}
