/* SPDX-License-Identifier: GPL-3.0-or-later
 * ArcSight Common Event Format, version 0: a header of seven fields apart by bars, then key=value pairs. */
#include "console/outputs/format.h"
#include "base/text.h"

/* Where the values of CEF's keys come from. Text of alerts comes last: the rest must not depend on its
 * length. */
static const struct {
    const char *key, *path;
} pairs[] = {
    {"src", "src_ip"},
    {"spt", "src_port"},
    {"dst", "dest_ip"},
    {"dpt", "dest_port"},
    {"proto", "proto"},
    {"app", "app_proto"},
    {"act", "gatehouse.verdict.action"},
    {"cat", "alert.category"},
    {"fname", "fileinfo.filename"},
    {"fsize", "fileinfo.size"},
    {"fileHash", "fileinfo.sha256"},
    {"fileType", "gatehouse.document.type"},
    {"request", "http.url"},
    {"requestMethod", "http.http_method"},
    {"requestClientApplication", "http.http_user_agent"},
    {"suser", "email.from"},
    {"in", "flow.bytes_toclient"},
    {"out", "flow.bytes_toserver"},
    {"reason", "gatehouse.verdict.reason"},
};
static const struct {
    const char *n, *label, *path;
} custom[] = {
    {"cs1", "level", "gatehouse.document.level"},
    {"cs2", "policy", "gatehouse.verdict.policy"},
    {"cs3", "communityId", "community_id"},
    {"cs4", "rule", "gatehouse.verdict.rule"},
    {"cs5", "flowId", "flow_id"},
};

/* Escapes of the header (\ and |) or of a value (\ = and line ends); other control characters become blanks.
 */
static void put(struct writer *w, struct span s, bool header)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t c = text_next(s, &i);
        if (c == '\\' || (header && c == '|') || (!header && c == '='))
            writer_u8(w, '\\');
        if (!header && (c == '\n' || c == '\r'))
            writer_str(w, c == '\n' ? "\\n" : "\\r");
        else
            text_put(w, c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ? ' ' : c);
    }
}

static void pair(struct writer *w, const char *key, const char *value)
{
    if (!value)
        return;
    writer_printf(w, " %s=", key);
    put(w, span_str(value), false);
}

static const char *name_of(const struct format_event *f)
{
    const char *name = format_text(f, "alert.signature");

    return name ? name : f->type;
}

void format_cef(const struct format_event *f, struct writer *w)
{
    static const unsigned severity[] = {0, 9, 6, 3, 1};
    const char *id = format_text(f, "alert.signature_id");

    writer_str(w, "CEF:0|Gatehouse|Gatehouse|" GH_VERSION "|");
    put(w, span_str(id ? id : f->type), true);
    writer_u8(w, '|');
    put(w, span_str(name_of(f)), true);
    writer_printf(w, "|%u|rt=%llu externalId=%lld", severity[f->severity],
                  (unsigned long long)(f->time_us / 1000), (long long)f->about->row);
    writer_str(w, " dvchost=");
    put(w, f->about->appliance, false);
    writer_str(w, " deviceExternalId=");
    put(w, f->about->identity, false);
    for (size_t i = 0; i < GH_COUNT(pairs); i++)
        pair(w, pairs[i].key, format_text(f, pairs[i].path));
    for (size_t i = 0; i < GH_COUNT(custom); i++) {
        const char *value = format_text(f, custom[i].path);
        if (value)
            writer_printf(w, " %sLabel=%s", custom[i].n, custom[i].label);
        pair(w, custom[i].n, value);
    }
}
