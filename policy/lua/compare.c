/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/lua/compare.h"

/* What the event is about, in a few words. */
const char *compare_subject(const struct json *e)
{
    static const char *const paths[] = {"fileinfo.filename", "tls.sni",       "http.hostname", "dns.rrname",
                                        "quic.sni",          "ndpi.hostname", "ndpi.proto",    "dest_ip"};

    for (size_t i = 0; i < GH_COUNT(paths); i++) {
        const char *s = json_cstr(json_path(e, paths[i]), "");
        if (*s)
            return s;
    }
    return "";
}

/* The event's type by its text alone: most lines need no more. A name inside of a text would have its quote
 * escaped; an object with a member of that name comes behind. */
bool compare_type(struct span line, enum event_type *ret)
{
    struct span key = span_str("\"event_type\"");
    ptrdiff_t at = span_find(line, key, 0), end;

    if (at < 0)
        return false;
    line = span_trim(span_part(line, (size_t)at + key.n, 48));
    if (!line.n || line.p[0] != ':')
        return false;
    line = span_trim(span_part(line, 1, line.n));
    end = line.n && line.p[0] == '"' ? span_find_byte(line, '"', 1) : -1;
    return end > 1 && event_type_parse(span_part(line, 1, (size_t)end - 1), ret);
}

struct compared compare_verdict(const struct json *verdict)
{
    return (struct compared){
        json_cstr(json_get(verdict, "action"), NULL), json_cstr(json_get(verdict, "rule"), "?"),
        json_cstr(json_get(verdict, "policy"), ""), json_cstr(json_get(verdict, "reason"), "")};
}

struct compared compare_decided(const struct decision *d)
{
    return (struct compared){action_name(d->v[0].action), d->v[0].rule ? d->v[0].rule->id : "otherwise", "",
                             d->v[0].reason_en};
}

/* What was recorded of an event: with a document always something, otherwise only what was more than a log
 * line. */
struct compared compare_recorded(const struct json *e, enum event_type type)
{
    const struct json *v =
        json_path(e, type == EVENT_FILEINFO ? "gatehouse.document.verdict" : "gatehouse.verdict");

    if (!v && type != EVENT_FILEINFO)
        return (struct compared){"log", "otherwise", "", ""};
    return compare_verdict(v);
}
