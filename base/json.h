/* SPDX-License-Identifier: GPL-3.0-or-later
 * json: writer into a struct writer, and a strict small reader into an arena (RFC 8259).
 *
 * The writer cannot make invalid JSON: strings are escaped, invalid UTF-8 becomes U+FFFD, commas come by
 * themselves. The reader refuses: depth past its limit, duplicate-free is not checked (first wins), numbers
 * that are not JSON, invalid UTF-8, trailing bytes. Results live in the arena. One thread per writer/arena.
 */
#ifndef GH_BASE_JSON_H
#define GH_BASE_JSON_H

#include "base/arena.h"
#include "base/writer.h"

struct jw {
    struct writer *w;
    uint64_t more; /* one bit per level: a value was written there */
    unsigned depth;
    bool after_key;
};

void jw_init(struct jw *j, struct writer *w);
void jw_obj(struct jw *j); /* { */
void jw_arr(struct jw *j); /* [ */
void jw_end_obj(struct jw *j);
void jw_end_arr(struct jw *j);
/* The end of the array that jw_karr(j, key) began. When nothing was written into it the pair is taken out
 * again: the published schema of events refuses empty lists. */
void jw_end_karr(struct jw *j, const char *key);
void jw_key_plain(struct jw *j, const char *key, size_t n);
/* key must be plain ASCII without quotes */
static inline void jw_key(struct jw *j, const char *key)
{
    jw_key_plain(j, key, strlen(key));
}
void jw_key_span(struct jw *j, struct span key);
void jw_str(struct jw *j, struct span s);
void jw_cstr(struct jw *j, const char *s); /* NULL writes null */
void jw_u64(struct jw *j, uint64_t v);
void jw_i64(struct jw *j, int64_t v);
void jw_f64(struct jw *j, double v); /* at most 6 significant digits; NaN and infinities become 0 */
void jw_bool(struct jw *j, bool v);
void jw_null(struct jw *j);
/* s must be one valid JSON value already. */
void jw_raw(struct jw *j, struct span s);
void jw_hex(struct jw *j, const void *p, size_t n);
/* key and value in one call; inline, so that the length of a literal key is known when it is compiled */
static inline void jw_kobj(struct jw *j, const char *key)
{
    jw_key(j, key);
    jw_obj(j);
}
static inline void jw_karr(struct jw *j, const char *key)
{
    jw_key(j, key);
    jw_arr(j);
}
static inline void jw_kstr(struct jw *j, const char *key, struct span s)
{
    jw_key(j, key);
    jw_str(j, s);
}
/* NULL: the pair is left out */
static inline void jw_kcstr(struct jw *j, const char *key, const char *s)
{
    if (s)
        jw_kstr(j, key, span_str(s));
}
/* plain must be ASCII without quotes, backslashes and control characters: it is not looked through. */
void jw_plain(struct jw *j, struct span plain);
static inline void jw_kplain(struct jw *j, const char *key, const char *plain)
{
    jw_key(j, key);
    jw_plain(j, span_str(plain));
}
static inline void jw_ku64(struct jw *j, const char *key, uint64_t v)
{
    jw_key(j, key);
    jw_u64(j, v);
}
static inline void jw_ki64(struct jw *j, const char *key, int64_t v)
{
    jw_key(j, key);
    jw_i64(j, v);
}
static inline void jw_kf64(struct jw *j, const char *key, double v)
{
    jw_key(j, key);
    jw_f64(j, v);
}
static inline void jw_kbool(struct jw *j, const char *key, bool v)
{
    jw_key(j, key);
    jw_bool(j, v);
}
static inline void jw_kraw(struct jw *j, const char *key, struct span s)
{
    jw_key(j, key);
    jw_raw(j, s);
}
static inline void jw_khex(struct jw *j, const char *key, const void *p, size_t n)
{
    jw_key(j, key);
    jw_hex(j, p, n);
}

#define JSON_NUMBER_MAX 64 /* a number of more characters is refused */

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    bool integer;       /* number without fraction or exponent that fits i64 */
    int64_t i;          /* that integer */
    double d;           /* any number */
    struct span s;      /* string, decoded, NUL-terminated behind its end */
    struct span raw;    /* this value's text in the input (input must outlive the tree) */
    struct span key;    /* inside an object: the member's name */
    struct json *child; /* first member or element */
    struct json *next;  /* next sibling */
    size_t count;       /* members or elements */
};

/* Parses text wholly. max_depth counts nesting (use 64). 0, ST_MALFORMED, ST_LIMIT (depth) or ST_NOMEM (arena
 * ceiling); *ret_where is the byte offset of the fault when not NULL. */
int json_parse(struct arena *a, struct span text, unsigned max_depth, struct json **ret, size_t *ret_where);
/* Looks through one object that fills text wholly and begins with its first byte, as strictly as json_parse
 * would, but keeps nothing: for who hands on what somebody else wrote. member (may be NULL) is told each
 * member of the outermost object with its name and value as they are written; what it returns other than 0
 * ends the scan. No memory; the stack is bounded by max_depth. */
typedef int json_member_fn(void *arg, struct span name, struct span value);
int json_scan(struct span text, unsigned max_depth, json_member_fn *member, void *arg);
/* Member of an object (NULL when j is NULL, no object, or has none such). */
const struct json *json_get(const struct json *j, const char *key);
/* Member by dotted path: "gatehouse.document.level". */
const struct json *json_path(const struct json *j, const char *path);
/* Typed access with a default. */
const char *json_cstr(const struct json *j, const char *fallback);
int64_t json_i64(const struct json *j, int64_t fallback);
bool json_bool(const struct json *j, bool fallback);
#define json_each(it, parent)                                                                                \
    for (const struct json *it = (parent) ? (parent)->child : NULL; it; it = it->next)

#endif
