/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules/sax.h"

#include "base/text.h"
#include "rules/charset.h"

#include <expat.h>

#define SEPARATOR '\n' /* between namespace and local name: cannot occur in either */
#define PIECE (64u << 10)

struct sax {
    XML_Parser parser;
    struct extract *x;
    const struct sax_handler *h;
    void *ctx;
    const char *name;   /* of the current element, with its namespace */
    const char **attrs; /* name, value, name, value, NULL; NULL outside start */
    size_t n_attrs;
    unsigned depth;
    bool stopped, too_deep;
};

static const char *local_name(const char *name)
{
    const char *cut = strrchr(name, SEPARATOR);
    return cut ? cut + 1 : name;
}

static struct span namespace_of(const char *name)
{
    const char *cut = strrchr(name, SEPARATOR);
    return cut ? span_of(name, (size_t)(cut - name)) : span_of("", 0);
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attrs)
{
    struct sax *s = arg;

    if (s->stopped)
        return;
    if (++s->depth > SAX_DEPTH_MAX) {
        s->too_deep = true;
        sax_stop(s);
        return;
    }
    if (!s->h->start)
        return;
    s->name = name;
    s->attrs = attrs;
    for (s->n_attrs = 0; attrs[2 * s->n_attrs];)
        s->n_attrs++;
    s->h->start(s->ctx, s, local_name(name));
    s->attrs = NULL;
}

static void on_end(void *arg, const XML_Char *name)
{
    struct sax *s = arg;

    if (s->stopped)
        return;
    s->name = name;
    if (s->h->end)
        s->h->end(s->ctx, s, local_name(name));
    s->depth--;
}

static void on_text(void *arg, const XML_Char *text, int n)
{
    struct sax *s = arg;

    if (!s->stopped && s->h->text && n > 0)
        s->h->text(s->ctx, s, span_of(text, (size_t)n));
}

/* An 8-bit encoding becomes a table of 256 code points; wider ones are refused, as expat wants a converter
 * for them that cannot be had without state. */
static int on_encoding(void *arg, const XML_Char *name, XML_Encoding *info)
{
    if (!charset_known(name))
        return XML_STATUS_ERROR;
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i, buf[32];
        struct writer w;
        size_t pos = 0;
        uint32_t cp = 0;

        writer_fixed(&w, buf, sizeof(buf));
        if (i >= 0x80)
            charset_decode(span_of(&byte, 1), name, &w);
        if (writer_ok(&w) && w.n)
            cp = text_next(writer_span(&w), &pos);
        info->map[i] = i < 0x80 ? (int)i : cp >= 0x80 && cp <= 0xFFFF ? (int)cp : (int)TEXT_REPLACEMENT;
    }
    info->data = NULL;
    info->convert = NULL;
    info->release = NULL;
    return XML_STATUS_OK;
}

/* What the end of the parse means, reported. */
static int outcome(struct sax *s, bool expired)
{
    enum XML_Error err = XML_GetErrorCode(s->parser);

    if (s->too_deep) {
        extract_unread(s->x, UNREAD_TOO_DEEP);
        return ST_LIMIT;
    }
    if (expired) {
        extract_unread(s->x, UNREAD_TIMEOUT);
        return ST_TIMEOUT;
    }
    if (s->stopped || err == XML_ERROR_NONE)
        return 0;
    if (err == XML_ERROR_NO_MEMORY || err == XML_ERROR_AMPLIFICATION_LIMIT_BREACH) {
        extract_unread(s->x, UNREAD_TOO_LARGE);
        return err == XML_ERROR_NO_MEMORY ? ST_NOMEM : ST_LIMIT;
    }
    extract_unread(s->x, err == XML_ERROR_UNKNOWN_ENCODING ? UNREAD_UNSUPPORTED : UNREAD_CORRUPT);
    return ST_MALFORMED;
}

int sax_read(struct extract *x, struct span xml, const struct sax_handler *h, void *ctx)
{
    struct sax s = {.x = x, .h = h, .ctx = ctx};
    bool expired = false;
    enum XML_Status status = XML_STATUS_OK;
    int rc;

    s.parser = XML_ParserCreateNS(NULL, SEPARATOR);
    if (!s.parser) {
        extract_unread(x, UNREAD_TOO_LARGE);
        return ST_NOMEM;
    }
    XML_SetUserData(s.parser, &s);
    XML_SetElementHandler(s.parser, on_start, on_end);
    XML_SetCharacterDataHandler(s.parser, on_text);
    XML_SetUnknownEncodingHandler(s.parser, on_encoding, NULL);
    for (size_t at = 0; status == XML_STATUS_OK; at += PIECE) {
        struct span piece = span_part(xml, at, PIECE);
        bool last = at + piece.n >= xml.n;

        expired = extract_expired(x);
        if (expired)
            break;
        status = XML_Parse(s.parser, (const char *)piece.p, (int)piece.n, last);
        if (last)
            break;
    }
    rc = outcome(&s, expired);
    XML_ParserFree(s.parser);
    return rc;
}

void sax_stop(struct sax *s)
{
    s->stopped = true;
    XML_StopParser(s->parser, XML_FALSE);
}

struct span sax_namespace(const struct sax *s)
{
    return namespace_of(s->name);
}

bool sax_in(const struct sax *s, const char *part)
{
    return span_find(namespace_of(s->name), span_str(part), 0) >= 0;
}

const char *sax_attr(const struct sax *s, const char *name)
{
    for (size_t i = 0; s->attrs && s->attrs[i]; i += 2)
        if (strcmp(local_name(s->attrs[i]), name) == 0)
            return s->attrs[i + 1];
    return NULL;
}

const char *sax_attr_in(const struct sax *s, const char *part, const char *name)
{
    for (size_t i = 0; s->attrs && s->attrs[i]; i += 2)
        if (strcmp(local_name(s->attrs[i]), name) == 0 &&
            span_find(namespace_of(s->attrs[i]), span_str(part), 0) >= 0)
            return s->attrs[i + 1];
    return NULL;
}

bool sax_attr_at(const struct sax *s, size_t i, struct span *ret_name, struct span *ret_value)
{
    if (!s->attrs || i >= s->n_attrs)
        return false;
    *ret_name = span_str(local_name(s->attrs[2 * i]));
    *ret_value = span_str(s->attrs[2 * i + 1]);
    return true;
}

unsigned sax_depth(const struct sax *s)
{
    return s->depth;
}

bool sax_true(const char *value, bool fallback)
{
    if (!value)
        return fallback;
    return strcmp(value, "1") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0;
}
