/* SPDX-License-Identifier: GPL-3.0-or-later
 * Is it text, and which? Text has hardly any control characters once its encoding is known; the rest is told
 * by its first lines. */
#include "rules/kind_inside.h"

#include "rules/charset.h"

#define HEAD 8192 /* bytes that are decoded to be looked at */
#define CONTROL_SAMPLE 65536

static bool is_control(uint8_t c)
{
    return (c < 0x20 && !(c >= 0x07 && c <= 0x0d) && c != 0x1b && c != 0x1a) || c == 0x7f;
}

/* One control character in a hundred is a slip (or VISCII); a packed stream has ten. */
static bool is_plausible(struct span in)
{
    struct span parts[2] = {span_part(in, 0, CONTROL_SAMPLE), span_of(NULL, 0)};
    size_t controls = 0, zeros = 0, n = 0;

    if (in.n > 2 * CONTROL_SAMPLE)
        parts[1] = span_part(in, in.n - CONTROL_SAMPLE, CONTROL_SAMPLE);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < parts[k].n; i++, n++) {
            controls += is_control(parts[k].p[i]);
            zeros += parts[k].p[i] == 0;
        }
    return controls * 100 <= n && zeros * 200 <= n;
}

/* What a reader of HTML skips before it decides: blanks, comments, declarations. */
static struct span skip_prolog(struct span s)
{
    for (;;) {
        ptrdiff_t end = -1;
        s = span_trim(s);
        if (span_starts(s, "<!--"))
            end = span_find(s, span_str("-->"), 4);
        else if (span_starts(s, "<?"))
            end = span_find(s, span_str("?>"), 2);
        else if (span_starts_nocase(s, "<!doctype") && !span_starts_nocase(s, "<!doctype html"))
            end = span_find_byte(s, '>', 9);
        if (end < 0)
            return s;
        s = span_part(s, (size_t)end + (span_starts(s, "<!-") ? 3 : span_starts(s, "<?") ? 2 : 1), s.n);
    }
}

static bool is_html(struct span head)
{
    static const char *const tags[] = {
        "<!doctype html", "<html",  "<head", "<body", "<title", "<meta",   "<script", "<style",
        "<table",         "<div",   "<h1",   "<h2",   "<p>",    "<br",     "<a href", "<font",
        "<center",        "<frame", "<img",  "<b>",   "<link",  "<iframe", "<span"};
    struct span s = skip_prolog(head);

    for (size_t i = 0; i < GH_COUNT(tags); i++)
        if (span_starts_nocase(s, tags[i]))
            return true;
    return false;
}

/* Attributes of the root element stand in head, or the head is too short to judge. */
static bool has(struct span head, const char *text)
{
    return span_find(head, span_str(text), 0) >= 0;
}

bool kind_inside_xml(struct span head, struct kind *ret)
{
    static const struct {
        const char *root, *inside; /* local name of the root, what must stand near it ("" nothing) */
        struct kind k;
    } rows[] = {
        {"html", "", {"html", "application/xhtml+xml"}},
        {"document", "opendocument.text", {"fod", "application/vnd.oasis.opendocument.text-flat-xml"}},
        {"document",
         "opendocument.spreadsheet",
         {"fod", "application/vnd.oasis.opendocument.spreadsheet-flat-xml"}},
        {"document",
         "opendocument.presentation",
         {"fod", "application/vnd.oasis.opendocument.presentation-flat-xml"}},
        {"document",
         "opendocument.graphics",
         {"fod", "application/vnd.oasis.opendocument.graphics-flat-xml"}},
        {"svg", "", {"xml", "image/svg+xml"}},
        {"rss", "", {"xml", "application/rss+xml"}},
        {"feed", "2005/Atom", {"xml", "application/atom+xml"}},
        {"kml", "", {"xml", "application/vnd.google-earth.kml+xml"}},
        {"plist", "", {"xml", "application/x-plist"}},
    };
    struct span root = skip_prolog(head), name;
    size_t n = 1;
    ptrdiff_t colon;

    if (!span_starts(root, "<"))
        return false;
    while (n < root.n && root.p[n] > ' ' && root.p[n] != '>' && root.p[n] != '/')
        n++;
    name = span_part(root, 1, n - 1);
    colon = span_find_byte(name, ':', 0);
    if (colon >= 0)
        name = span_part(name, (size_t)colon + 1, name.n);
    *ret = (struct kind){"xml", "text/xml"};
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        if (span_eq_nocase(name, rows[i].root) && has(root, rows[i].inside)) {
            *ret = rows[i].k;
            break;
        }
    return true;
}

static bool is_field_name(struct span name)
{
    if (!name.n || name.n > 76)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] >= 127 || name.p[i] == ':')
            return false;
    return true;
}

/* RFC 5322: fields at the top, among them two that only mail has, or one of MIME's on the very first line. */
static bool is_mail(struct span head, bool whole)
{
    static const char *const known[] = {"from",
                                        "to",
                                        "subject",
                                        "date",
                                        "received",
                                        "return-path",
                                        "message-id",
                                        "mime-version",
                                        "cc",
                                        "bcc",
                                        "reply-to",
                                        "delivered-to",
                                        "content-type",
                                        "sender",
                                        "in-reply-to",
                                        "dkim-signature",
                                        "x-mailer",
                                        "content-transfer-encoding",
                                        "envelope-to",
                                        "authentication-results",
                                        "references",
                                        "x-originating-ip",
                                        "newsgroups",
                                        "x-mozilla-status",
                                        "x-mozilla-keys",
                                        "list-id",
                                        "arc-seal"};
    struct reader r = reader_span(head);
    struct span line;
    unsigned hits = 0, fields = 0, others = 0;
    bool mime_first = false, ended = false;

    while (!ended && reader_line(&r, &line)) {
        ptrdiff_t colon = span_find_byte(line, ':', 0);
        struct span name = colon > 0 ? span_trim(span_part(line, 0, (size_t)colon)) : span_of(NULL, 0);
        ended = !line.n;
        if (!line.n || (fields && (line.p[0] == ' ' || line.p[0] == '\t')))
            continue;
        if (!is_field_name(name)) {
            if (fields || others++ > 0 || (!span_starts(line, "From ") && !span_starts(line, ">From ")))
                break;
            continue;
        }
        for (size_t i = 0; i < GH_COUNT(known); i++)
            if (span_eq_nocase(name, known[i])) {
                hits++;
                mime_first |= !fields && (i == 7 || i == 12);
                break;
            }
        fields++;
    }
    if (mime_first && (ended || hits >= 2))
        return true;
    return hits >= 2 && (ended || hits >= 3 || (whole && !reader_left(&r)));
}

/* "From sender Mon Jun 01 10:00:00 2009" (RFC 4155): a sender, then a clock and a year. */
static bool is_mailbox(struct span head)
{
    struct reader r = reader_span(head);
    struct span line;
    ptrdiff_t colon;

    if (!span_starts(head, "From ") || !reader_line(&r, &line) || line.n > 300)
        return false;
    colon = span_find_byte(line, ':', 5);
    return colon > 0 && span_part(line, (size_t)colon, 6).n == 6 &&
           span_find(line, span_str(" 20"), 5) + span_find(line, span_str(" 19"), 5) > 0;
}

static struct kind by_lines(struct span head, bool whole)
{
    static const struct {
        const char *start;
        struct kind k;
    } rows[] = {
        {"-----BEGIN PGP MESSAGE", {"pgp", "application/pgp-encrypted"}},
        {"-----BEGIN PKCS7", {"cms", "application/pkcs7-mime"}},
        {"-----BEGIN CMS", {"cms", "application/pkcs7-mime"}},
        {"BEGIN:VCARD", {"text", "text/vcard"}},
        {"BEGIN:VCALENDAR", {"text", "text/calendar"}},
        {"WARC/1.", {"text", "application/warc"}},
    };
    struct span s = span_trim(head);
    struct kind k = {"text", "text/plain"};

    for (size_t i = 0; i < GH_COUNT(rows); i++)
        if (span_starts_nocase(s, rows[i].start))
            return rows[i].k;
    if (is_mailbox(head))
        return (struct kind){"mbox", "application/mbox"};
    if (is_mail(head, whole))
        return (struct kind){"eml", "message/rfc822"};
    if (is_html(head))
        k = (struct kind){"html", "text/html"};
    if ((span_starts(s, "<?xml") || span_starts_nocase(s, "<!doctype") || span_starts(s, "<svg")) &&
        strcmp(k.mime, "text/html") != 0)
        kind_inside_xml(s, &k);
    else if (span_starts(s, "<?xml"))
        k.mime = "application/xhtml+xml";
    if (strcmp(k.kind, "text") == 0 && whole && s.n > 1 &&
        ((s.p[0] == '{' && s.p[s.n - 1] == '}') || (s.p[0] == '[' && s.p[s.n - 1] == ']')) && has(s, "\":"))
        k.mime = "application/json";
    return k;
}

bool kind_inside_text(struct span in, struct kind *ret)
{
    struct span head = span_part(in, 0, HEAD);
    const char *charset = charset_wide(head);
    struct writer w;
    bool is_text;

    writer_init(&w, 4 * HEAD + 64);
    if (charset) {
        charset_decode(head, charset, &w);
        head = writer_span(&w);
        is_text = is_plausible(head);
    } else {
        if (span_starts(head, "\xef\xbb\xbf"))
            head = span_part(head, 3, head.n);
        /* A page with binary junk in it is still shown as a page. */
        is_text = is_plausible(in) || (is_html(head) && is_plausible(span_part(head, 0, 64)));
    }
    if (is_text)
        *ret = by_lines(head, in.n <= HEAD);
    writer_done(&w);
    return is_text;
}
