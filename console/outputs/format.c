/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/outputs/format.h"
#include "base/clock.h"

#include <stdio.h>

#define DEPTH 32
#define SYSLOG_FACILITY 13 /* log audit */
#define HOST_MAX 255

const char *const output_format_names[FORMAT_COUNT] = {"eve", "ecs", "ocsf", "cef"};

/* Nothing hides behind a NUL. */
static const char *whole_text(const struct format_event *f, const struct json *v)
{
    char *copy;

    if (!memchr(v->s.p, 0, v->s.n))
        return json_cstr(v, NULL);
    copy = arena_dup(f->arena, v->s.p, v->s.n);
    for (size_t i = 0; copy && i < v->s.n; i++)
        if (!copy[i])
            copy[i] = ' ';
    return copy;
}

const char *format_text(const struct format_event *f, const char *path)
{
    const struct json *v = json_path(f->e, path);

    if (!v)
        return NULL;
    switch (v->type) {
    case JSON_STRING:
        return v->s.n ? whole_text(f, v) : NULL;
    case JSON_NUMBER:
        return arena_dup(f->arena, v->raw.p, v->raw.n);
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return NULL;
    }
}

bool format_has(const struct format_event *f, const char *path)
{
    return json_path(f->e, path) != NULL;
}

void format_copy(const struct format_event *f, struct jw *j, const char *key, const char *path)
{
    const struct json *v = json_path(f->e, path);

    if (v && v->type == JSON_STRING && v->s.n)
        jw_kstr(j, key, v->s);
    else if (v && v->type == JSON_NUMBER && v->integer)
        jw_ki64(j, key, v->i);
    else if (v && (v->type == JSON_TRUE || v->type == JSON_FALSE))
        jw_kbool(j, key, v->type == JSON_TRUE);
}

static int look(struct arena *a, struct span event, const struct format_about *about, struct format_event *f)
{
    const struct json *stamp;
    struct json *e = NULL;
    int64_t severity;
    int rc;

    if (event.n > FORMAT_EVENT_MAX)
        return ST_LIMIT;
    rc = json_parse(a, event, DEPTH, &e, NULL);
    if (rc)
        return rc;
    if (e->type != JSON_OBJECT)
        return ST_MALFORMED;
    *f = (struct format_event){.e = e, .about = about, .arena = a};
    stamp = json_get(e, "timestamp");
    if (!stamp || stamp->type != JSON_STRING ||
        !clock_parse_iso((const char *)stamp->s.p, stamp->s.n, &f->time_us))
        f->time_us = 0;
    f->type = json_cstr(json_get(e, "event_type"), "unknown");
    f->level = json_cstr(json_path(e, "gatehouse.document.level"), NULL);
    severity = json_i64(json_path(e, "alert.severity"), 0);
    f->severity = strcmp(f->type, "alert") != 0 ? 0 : severity < 1 ? 1 : severity > 4 ? 4 : (int)severity;
    return 0;
}

/* The record itself, with who reported it. */
static void put_eve(const struct format_event *f, struct jw *j)
{
    json_each(m, f->e)
    {
        if (span_eq(m->key, span_str("gatehouse_console")))
            continue; /* only the console says this */
        jw_key_span(j, m->key);
        jw_raw(j, m->raw);
    }
    jw_kobj(j, "gatehouse_console");
    jw_ki64(j, "event", f->about->row);
    jw_kstr(j, "appliance", f->about->appliance);
    jw_kstr(j, "appliance_id", f->about->identity);
    jw_end_obj(j);
}

int format_event(enum output_format format, struct arena *a, struct span event,
                 const struct format_about *about, struct writer *out)
{
    size_t start = out->n;
    struct format_event f;
    struct jw j;
    int rc = look(a, event, about, &f);

    if (rc)
        return rc;
    if (format == FORMAT_CEF) {
        format_cef(&f, out);
    } else {
        jw_init(&j, out);
        jw_obj(&j);
        if (format == FORMAT_ECS)
            format_ecs(&f, &j);
        else if (format == FORMAT_OCSF)
            format_ocsf(&f, &j);
        else
            put_eve(&f, &j);
        jw_end_obj(&j);
    }
    if (!writer_ok(out))
        return ST_LIMIT;
    /* what an appliance wrote may have blanks between its members: a line end among them would end the line
     */
    for (size_t i = start; i < out->n; i++)
        if (out->p[i] < 0x20)
            out->p[i] = ' ';
    return 0;
}

/* What RFC 5424 calls PRINTUSASCII; other characters become '_', nothing becomes "-". */
static void put_word(struct writer *w, struct span s, size_t max)
{
    if (!s.n)
        writer_u8(w, '-');
    for (size_t i = 0; i < s.n && i < max; i++)
        writer_u8(w, s.p[i] > 32 && s.p[i] < 127 ? s.p[i] : '_');
}

/* Of an alert by its severity, otherwise informational. */
static unsigned syslog_severity(int severity)
{
    static const unsigned of[] = {6, 2, 4, 5, 6};

    return of[severity];
}

int format_syslog(struct arena *a, struct span event, const struct format_about *about, struct span line,
                  bool framed, struct writer *out)
{
    struct format_event f;
    char iso[CLOCK_ISO_SIZE];
    struct writer w;
    int rc = look(a, event, about, &f);

    if (rc)
        return rc;
    writer_init(&w, (size_t)2 * FORMAT_EVENT_MAX + 4096);
    writer_printf(&w, "<%u>1 ", SYSLOG_FACILITY * 8 + syslog_severity(f.severity));
    clock_iso(f.time_us, iso); /* "…123456+0000": a colon is wanted in the zone */
    writer_printf(&w, "%.26s+00:00 ", iso);
    put_word(&w, about->appliance, HOST_MAX);
    writer_str(&w, " gatehouse - ");
    put_word(&w, span_str(f.type), 32);
    writer_str(&w, " [origin software=\"gatehouse\" swVersion=\"" GH_VERSION "\"] ");
    writer_put(&w, line);
    if (framed)
        writer_printf(out, "%zu ", w.n);
    writer_put(out, writer_span(&w));
    if (!framed)
        writer_u8(out, '\n');
    rc = writer_ok(&w) && writer_ok(out) ? 0 : ST_LIMIT;
    writer_done(&w);
    return rc;
}
