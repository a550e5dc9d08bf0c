/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_html: a tolerant stripper of tags in linear time: what a reader sees, what is hidden, comments, title and
 * metadata. It does not build a tree: nesting costs nothing. */
#include "rules/formats.h"

#include "base/text.h"
#include "rules/charset.h"
#include "rules/x_html.h"
#include "rules/x_html_entity.h"
#include "rules/x_html_tag.h"

#define INPUT_MAX (64u << 20) /* of one page */
#define RUN_MAX (64u << 10)   /* text collected before it is handed over */
#define FONTS_MAX 64          /* nested <font>s and <span>s that are remembered */
#define META_WITHIN 4096      /* bytes in which a charset is declared */
#define CLOCK_EVERY 4096      /* tags between looks at the clock */

struct html {
    struct extract *x;
    struct span s;
    size_t pos;
    struct writer run;
    enum place place;
    bool blank;      /* the run ends in white space, or is empty at a line's start */
    unsigned pre;    /* inside <pre>, <textarea> */
    char hidden[16]; /* the element that hides its content, "" none; and how deep its own name is nested */
    unsigned hidden_depth;
    struct {
        char tag[16], font[32];
    } fonts[FONTS_MAX];
    unsigned n_fonts, fonts_over;
    char style_font[32]; /* what <style> gives to the whole page */
    bool no_more[3];     /* no '"', no '\'', no "-->" in what is left: keeps the search linear */
    bool in_title;
    unsigned tags;
};

static const char *font_now(const struct html *h)
{
    if (h->n_fonts && h->fonts[h->n_fonts - 1].font[0])
        return h->fonts[h->n_fonts - 1].font;
    return h->style_font[0] ? h->style_font : NULL;
}

static void flush(struct html *h)
{
    if (h->run.n)
        extract_text(h->x, h->place, 0, writer_span(&h->run), font_now(h));
    writer_clear(&h->run);
}

static enum place place_now(const struct html *h)
{
    return h->in_title ? PLACE_METADATA : h->hidden_depth ? PLACE_HIDDEN : PLACE_BODY;
}

static void set_place(struct html *h)
{
    enum place p = place_now(h);

    if (p == h->place)
        return;
    flush(h);
    extract_line(h->x, h->place, 0);
    h->place = p;
    h->blank = true;
}

static void new_line(struct html *h, char with)
{
    while (h->run.n && h->run.p[h->run.n - 1] == ' ')
        h->run.n--;
    if (h->run.n && h->run.p[h->run.n - 1] != '\n')
        writer_u8(&h->run, (uint8_t)with);
    else if (!h->run.n && with == '\n')
        extract_line(h->x, h->place, 0);
    else if (!h->run.n && !h->blank)
        writer_u8(&h->run, (uint8_t)with);
    h->blank = true;
}

/* White space runs become one blank, outside <pre>. */
static void put_data(struct html *h, struct span s)
{
    struct writer w;
    struct span text = s;

    writer_init(&w, s.n + 64);
    if (span_find_byte(s, '&', 0) >= 0) {
        html_decode(s, &w);
        text = writer_span(&w);
    }
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool white = c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
        if (white && !h->pre) {
            if (!h->blank)
                writer_u8(&h->run, ' ');
        } else {
            writer_u8(&h->run, c ? c : ' ');
        }
        h->blank = white;
    }
    writer_done(&w);
    if (h->run.n > RUN_MAX)
        flush(h);
}

static void meta(struct html *h, const struct html_tag *t)
{
    struct span name = html_attribute(t, "name"), value = html_attribute(t, "content");
    struct writer w;

    if (!name.n || !value.n || span_eq_nocase(name, "viewport"))
        return;
    writer_init(&w, value.n + 64);
    html_decode(value, &w);
    extract_label(h->x, "property", name, writer_span(&w));
    extract_text(h->x, PLACE_METADATA, 0, writer_span(&w), NULL);
    extract_line(h->x, PLACE_METADATA, 0);
    writer_done(&w);
}

/* A Vietnamese font anywhere in a style sheet is taken as the page's: such pages have no other. */
static void style_sheet(struct html *h, struct span css)
{
    static const char *const families[] = {".Vn", "VNI-"};

    for (size_t i = 0; i < GH_COUNT(families); i++) {
        ptrdiff_t at = span_find(css, span_str(families[i]), 0);
        if (at > 0 && !h->style_font[0] && strchr("\"': ,;", css.p[at - 1]))
            html_copy(span_part(css, (size_t)at, 15), h->style_font, sizeof(h->style_font));
    }
}

/* Elements whose end tag is often left out end where the next one of their kind begins. */
static bool ends_the_last(const char *name)
{
    static const char *const names[] = {"p", "li", "td", "th", "tr", "dd", "dt"};

    for (size_t i = 0; i < GH_COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void push_font(struct html *h, const struct html_tag *t)
{
    struct span face = html_attribute(t, "face");
    char font[32] = "";

    if (!h->fonts_over && h->n_fonts && strcmp(h->fonts[h->n_fonts - 1].tag, t->name) == 0 &&
        ends_the_last(t->name)) {
        flush(h);
        h->n_fonts--;
    }

    if (face.n)
        html_copy(face, font, sizeof(font));
    else
        html_style_font(html_attribute(t, "style"), font, sizeof(font));
    if (h->n_fonts == FONTS_MAX) {
        h->fonts_over++;
        return;
    }
    flush(h);
    if (!font[0] && h->n_fonts)
        memcpy(font, h->fonts[h->n_fonts - 1].font, sizeof(font));
    memcpy(h->fonts[h->n_fonts].font, font, sizeof(font));
    memcpy(h->fonts[h->n_fonts].tag, t->name, sizeof(t->name));
    h->n_fonts++;
}

static void pop_font(struct html *h, const struct html_tag *t)
{
    if (h->fonts_over) {
        h->fonts_over--;
        return;
    }
    for (unsigned i = h->n_fonts; i-- > 0;)
        if (strcmp(h->fonts[i].tag, t->name) == 0) {
            flush(h);
            h->n_fonts = i;
            return;
        }
}

static void track_hidden(struct html *h, const struct html_tag *t)
{
    if (t->kind & HTML_VOID)
        return;
    if (h->hidden_depth) {
        if (strcmp(h->hidden, t->name) == 0 && !t->closed)
            h->hidden_depth += t->end ? -1u : 1u;
    } else if (!t->end && !t->closed && html_is_hidden(t)) {
        memcpy(h->hidden, t->name, sizeof(t->name));
        h->hidden_depth = 1;
    }
    set_place(h);
}

static void references(struct html *h, const struct html_tag *t)
{
    struct span src = html_attribute(t, "src");

    if (strcmp(t->name, "object") == 0)
        src = html_attribute(t, "data");
    if (strcmp(t->name, "link") == 0)
        src = html_attribute(t, "href");
    if (span_starts_nocase(src, "http:") || span_starts_nocase(src, "https:") || span_starts(src, "//") ||
        span_starts_nocase(src, "file:") || span_starts(src, "\\\\"))
        extract_feature(h->x, FEATURE_EXTERNAL_REFS, 1);
}

static void text_attributes(struct html *h, const struct html_tag *t)
{
    static const char *const names[] = {"alt", "title", "placeholder", "label"};
    struct span value;

    for (size_t i = 0; i < GH_COUNT(names); i++) {
        value = html_attribute(t, names[i]);
        if (!value.n)
            continue;
        put_data(h, value);
        put_data(h, span_str(" "));
    }
    value = html_attribute(t, "value");
    if (strcmp(t->name, "input") == 0 && value.n)
        put_data(h, value);
}

static void tag(struct html *h, const struct html_tag *t)
{
    if (t->kind & HTML_FONT) {
        if (t->end)
            pop_font(h, t);
        else if (!t->closed)
            push_font(h, t);
    }
    if (strcmp(t->name, "title") == 0 && !h->hidden_depth) {
        h->in_title = !t->end;
        set_place(h);
    }
    track_hidden(h, t);
    if (t->kind & HTML_PRE)
        h->pre = t->end ? h->pre - (h->pre > 0) : h->pre + 1;
    if (t->kind & HTML_BLOCK)
        new_line(h, '\n');
    else if (t->kind & HTML_CELL && !t->end)
        new_line(h, '\t');
    if (t->end)
        return;
    if (strcmp(t->name, "meta") == 0)
        meta(h, t);
    if (html_has_script(t))
        extract_feature(h->x, FEATURE_JAVASCRIPT, 1);
    references(h, t);
    text_attributes(h, t);
}

/* <script>, <style>: up to their end tag, nothing inside is markup. */
static void skip_raw(struct html *h, const struct html_tag *t)
{
    struct span rest = span_part(h->s, h->pos, h->s.n);
    size_t end = html_find_end(rest, t->name);

    if (strcmp(t->name, "style") == 0)
        style_sheet(h, span_part(rest, 0, end));
    h->pos += end;
}

static void comment(struct html *h)
{
    ptrdiff_t end = h->no_more[2] ? -1 : span_find(h->s, span_str("-->"), h->pos + 4);
    struct span text;

    if (end < 0) {
        h->no_more[2] = true;
        end = span_find_byte(h->s, '>', h->pos);
        h->pos = end < 0 ? h->s.n : (size_t)end + 1;
        return;
    }
    flush(h);
    text = span_trim(span_part(h->s, h->pos + 4, (size_t)end - h->pos - 4));
    extract_text(h->x, PLACE_COMMENT, 0, text, NULL);
    extract_line(h->x, PLACE_COMMENT, 0);
    h->pos = (size_t)end + 3;
}

static void markup(struct html *h)
{
    struct html_tag t;
    struct span rest = span_part(h->s, h->pos, h->s.n);

    if (span_starts(rest, "<!--")) {
        comment(h);
    } else if (html_tag_read(h->s, &h->pos, h->no_more, &t)) {
        tag(h, &t);
        if (t.kind & HTML_RAW && !t.end && !t.closed)
            skip_raw(h, &t);
    } else { /* a '<' that begins nothing is text */
        put_data(h, span_str("<"));
        h->pos++;
    }
}

static void run(struct html *h)
{
    while (h->pos < h->s.n) {
        ptrdiff_t at = span_find_byte(h->s, '<', h->pos);
        size_t end = at < 0 ? h->s.n : (size_t)at;
        if (end > h->pos)
            put_data(h, span_part(h->s, h->pos, end - h->pos));
        h->pos = end;
        if (at < 0)
            break;
        markup(h);
        if (++h->tags % CLOCK_EVERY == 0 && extract_expired(h->x)) {
            extract_unread(h->x, UNREAD_TIMEOUT);
            break;
        }
    }
    flush(h);
}

/* <meta charset=…> or <meta http-equiv … content="…; charset=…">, in bytes that are ASCII so far; or XML's
 * encoding. */
static bool declared_charset(struct span in, char *buf, size_t cap)
{
    struct span head = span_part(in, 0, META_WITHIN);
    static const char *const keys[] = {"charset", "encoding"};

    for (size_t k = 0; k < GH_COUNT(keys); k++)
        for (size_t at = 0; at + 8 < head.n; at++) {
            struct span s = span_part(head, at, head.n);
            size_t n = strlen(keys[k]), len = 0;
            if (!span_starts_nocase(s, keys[k]))
                continue;
            while (n < s.n && (s.p[n] == ' ' || s.p[n] == '=' || s.p[n] == '"' || s.p[n] == '\''))
                n++;
            while (n + len < s.n && len + 1 < cap && s.p[n + len] > ' ' && !strchr("\"'>;/", s.p[n + len]))
                len++;
            html_copy(span_part(s, n, len), buf, cap);
            if (charset_known(buf))
                return true;
        }
    return false;
}

/* Which encoding: tags are English whatever the page is in, so that the words between them are asked when the
 * whole does not say it for certain. */
static const char *page_charset(struct span in, const char *declared)
{
    static const char *const certain[] = {"us-ascii", "utf-8",    "utf-16le",
                                          "utf-16be", "utf-32le", "utf-32be"};
    const char *name = charset_detect(in, declared, NULL);
    struct span head = span_part(in, 0, CHARSET_SAMPLE);
    struct writer w;
    bool tag = false;

    for (size_t i = 0; i < GH_COUNT(certain); i++)
        if (strcmp(name, certain[i]) == 0)
            return name;
    writer_init(&w, CHARSET_SAMPLE);
    for (size_t i = 0; i < head.n; i++) {
        tag = head.p[i] == '<' || (tag && head.p[i] != '>');
        if (!tag && head.p[i] != '>')
            writer_u8(&w, head.p[i]);
        else if (head.p[i] == '>')
            writer_u8(&w, ' ');
    }
    if (w.n)
        name = charset_detect(writer_span(&w), declared, NULL);
    writer_done(&w);
    /* Only tags and comments were beyond ASCII. */
    return strcmp(name, "us-ascii") == 0 ? charset_detect(in, declared, NULL) : name;
}

void html_text(struct extract *x, struct span in, const char *charset)
{
    struct html h = {.x = x, .blank = true};
    struct writer utf8;
    char declared[40];

    if (in.n > INPUT_MAX) {
        in = span_part(in, 0, INPUT_MAX);
        extract_unread(x, UNREAD_TOO_LARGE);
    }
    if (!charset && declared_charset(in, declared, sizeof(declared)))
        charset = declared;
    charset = page_charset(in, charset);
    if (strcmp(charset, "us-ascii") != 0)
        extract_encoding(x, charset);
    writer_init(&utf8, 4 * (size_t)INPUT_MAX + 64);
    if (strcmp(charset, "us-ascii") == 0 || (strcmp(charset, "utf-8") == 0 && text_is_utf8(in))) {
        h.s = in;
    } else {
        charset_decode(in, charset, &utf8);
        h.s = writer_span(&utf8);
        if (!writer_ok(&utf8))
            extract_unread(x, UNREAD_TOO_LARGE);
    }
    writer_init(&h.run, SIZE_MAX);
    run(&h);
    writer_done(&h.run);
    writer_done(&utf8);
}

void x_html(struct extract *x, struct span in)
{
    html_text(x, in, NULL);
}
