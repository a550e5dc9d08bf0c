/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/rules_pdf/recorder.h"

#include "base/text.h"
#include "rules/charset.h"

#define ARENA_MAX (64u << 20)
#define TEXT_MAX (64u << 20)

void recorder_init(struct extract *x)
{
    *x = (struct extract){.arena = arena_new(ARENA_MAX), .budget = 64u << 20};
    for (int i = 0; i < PLACE_COUNT; i++)
        writer_init(&x->text[i], TEXT_MAX);
    writer_init(&x->labels, TEXT_MAX);
    writer_init(&x->children, TEXT_MAX);
    writer_init(&x->child_bytes, TEXT_MAX);
}

void recorder_done(struct extract *x)
{
    for (int i = 0; i < PLACE_COUNT; i++)
        writer_done(&x->text[i]);
    writer_done(&x->labels);
    writer_done(&x->children);
    writer_done(&x->child_bytes);
    arena_free(x->arena);
}

const char *recorder_text(struct extract *x, enum place p)
{
    return writer_cstr(&x->text[p]);
}

bool recorder_has(struct extract *x, enum place p, const char *part)
{
    return span_find(writer_span(&x->text[p]), span_str(part), 0) >= 0;
}

bool recorder_label(struct extract *x, const char *line)
{
    return span_find(writer_span(&x->labels), span_str(line), 0) >= 0;
}

bool recorder_child(struct extract *x, const char *line)
{
    return span_find(writer_span(&x->children), span_str(line), 0) >= 0;
}

void extract_text(struct extract *x, enum place place, unsigned page, struct span utf8, const char *font)
{
    x->page[place] = page;
    if (font && utf8.n)
        writer_printf(&x->text[place], "{%s}", font);
    text_put_clean(&x->text[place], utf8);
}

void extract_line(struct extract *x, enum place place, unsigned page)
{
    struct writer *w = &x->text[place];

    if (w->n && w->p[w->n - 1] != '\n')
        writer_u8(w, '\n');
}

void extract_bytes(struct extract *x, enum place place, unsigned page, struct span bytes, const char *charset)
{
    x->page[place] = page;
    charset_decode(bytes, charset ? charset : "utf-8", &x->text[place]);
}

void extract_label(struct extract *x, const char *kind, struct span key, struct span value)
{
    writer_str(&x->labels, kind);
    writer_u8(&x->labels, ' ');
    writer_put(&x->labels, key);
    writer_u8(&x->labels, '=');
    writer_put(&x->labels, value);
    writer_u8(&x->labels, '\n');
}

void extract_feature(struct extract *x, enum feature f, unsigned count)
{
    x->features[f] += count;
}

int extract_child(struct extract *x, struct span name, struct span bytes)
{
    writer_put(&x->children, name);
    writer_printf(&x->children, " %zu\n", bytes.n);
    writer_clear(&x->child_bytes);
    writer_put(&x->child_bytes, bytes);
    return 0;
}

int extract_child_part(struct extract *x, struct span name, struct span bytes, enum unread why)
{
    extract_child_unread(x, name, bytes.n, why);
    return 0;
}

void extract_child_unread(struct extract *x, struct span name, uint64_t size, enum unread why)
{
    writer_put(&x->children, name);
    writer_printf(&x->children, " !%s\n", unread_name(why));
}

void extract_unread(struct extract *x, enum unread why)
{
    if (why == UNREAD_ENCRYPTED)
        x->features[FEATURE_ENCRYPTED] |= 1;
    if (x->unread == UNREAD_NONE || why == UNREAD_ENCRYPTED)
        x->unread = why;
}

void extract_unread_all(struct extract *x, enum unread why)
{
    extract_unread(x, why);
    x->all = true;
}

bool extract_budget(struct extract *x, uint64_t n)
{
    if (n > x->budget) {
        extract_unread(x, UNREAD_TOO_LARGE);
        return false;
    }
    x->budget -= n;
    return true;
}

uint64_t extract_budget_left(const struct extract *x)
{
    return x->budget;
}

uint64_t extract_members_left(const struct extract *x)
{
    return 1000;
}

bool extract_leave_picture(struct extract *x, bool page)
{
    return false;
}

uint64_t extract_time_left(const struct extract *x)
{
    return 60000;
}

bool extract_expired(struct extract *x)
{
    return ++x->ticks >= x->expire_after && x->expire_after;
}

struct arena *extract_arena(struct extract *x)
{
    return x->arena;
}

struct span extract_name(const struct extract *x)
{
    return x->name;
}

void extract_type(struct extract *x, const char *kind, const char *mime)
{
    x->kind = kind;
}

void extract_encoding(struct extract *x, const char *encoding)
{
    x->encoding = encoding;
}

const char *unread_name(enum unread u)
{
    static const char *const names[] = {NULL,      "encrypted", "too_large",   "too_deep",
                                        "timeout", "corrupt",   "unsupported", "crash"};

    return (size_t)u < GH_COUNT(names) ? names[u] : "?";
}

const char *place_name(enum place p)
{
    static const char *const names[PLACE_COUNT] = {"body",   "header",   "footer", "notes",   "comment",
                                                   "hidden", "metadata", "image",  "filename"};

    return (size_t)p < PLACE_COUNT ? names[p] : "?";
}
