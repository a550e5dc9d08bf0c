/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/http/head.h"

#include <arpa/inet.h>
#include <stddef.h>

#define LENGTH_MAX (1ull << 40)

static const char *const methods[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_DELETE] = "DELETE"};

/* Headers that are kept, and that may come only once. */
static const struct {
    const char *name;
    size_t offset;
    size_t max;
} kept[] = {
    {"Host", offsetof(struct head, host), 255},
    {"Content-Length", offsetof(struct head, length_text), 20},
    {"Transfer-Encoding", offsetof(struct head, transfer_encoding), 64},
    {"Origin", offsetof(struct head, origin), 300},
    {"Sec-Fetch-Site", offsetof(struct head, fetch_site), 32},
    {"Content-Type", offsetof(struct head, content_type), 200},
    {"Cookie", offsetof(struct head, cookie), 4096},
    {"If-None-Match", offsetof(struct head, if_none_match), 512},
    {"Accept-Encoding", offsetof(struct head, accept_encoding), 512},
    {"Last-Event-ID", offsetof(struct head, last_event_id), 32},
    {"Idempotency-Key", offsetof(struct head, idempotency_key), 128},
    {"Authorization", offsetof(struct head, authorization), 128},
};

static void fault(struct head *h, enum problem p)
{
    if (h->problem == PROBLEM_NONE)
        h->problem = p;
}

/* RFC 9110 section 5.6.2. */
static bool is_token(struct span s)
{
    static const char extra[] = "!#$%&'*+-.^_`|~";
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (!c || !strchr(extra, c)))
            return false;
    }
    return s.n > 0;
}

static bool has_control(struct span s, bool tab_is_fine)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r);
        if ((c < 0x20 && !(c == '\t' && tab_is_fine)) || c == 0x7f)
            return true;
    }
    return false;
}

void head_line(struct head *h, struct span method, struct span target, struct span version)
{
    ptrdiff_t mark;

    *h = (struct head){.method = HTTP_METHOD_COUNT};
    for (int m = 0; m < HTTP_METHOD_COUNT; m++)
        if (span_eq(method, span_str(methods[m])))
            h->method = (enum http_method)m;
    if (!span_eq(version, span_str("HTTP/1.1")))
        fault(h, span_starts(version, "HTTP/") ? PROBLEM_VERSION : PROBLEM_BAD_REQUEST);
    if (!span_starts(target, "/") || has_control(target, false) || span_find_byte(target, ' ', 0) >= 0 ||
        span_find_byte(target, '#', 0) >= 0)
        fault(h, PROBLEM_BAD_REQUEST);
    if (target.n > HEAD_TARGET_MAX)
        fault(h, PROBLEM_HEADERS);
    if (h->method == HTTP_METHOD_COUNT)
        fault(h, PROBLEM_METHOD);
    mark = span_find_byte(target, '?', 0);
    h->path = mark < 0 ? target : span_part(target, 0, (size_t)mark);
    if (mark >= 0)
        h->query_text = span_part(target, (size_t)mark + 1, target.n);
}

void head_header(struct head *h, struct span name, struct span value)
{
    if (++h->headers > HEAD_HEADERS_MAX || value.n > HEAD_VALUE_MAX)
        fault(h, PROBLEM_HEADERS);
    if (!is_token(name) || has_control(value, true))
        fault(h, PROBLEM_BAD_REQUEST);
    value = span_trim(value);
    for (size_t i = 0; i < GH_COUNT(kept); i++) {
        if (!span_eq_nocase(name, kept[i].name))
            continue;
        if (h->seen >> i & 1)
            fault(h, PROBLEM_BAD_REQUEST);
        if (value.n > kept[i].max)
            fault(h, PROBLEM_HEADERS);
        h->seen |= 1u << i;
        *(struct span *)((char *)h + kept[i].offset) = value;
    }
}

static bool seen(const struct head *h, size_t offset)
{
    for (size_t i = 0; i < GH_COUNT(kept); i++)
        if (kept[i].offset == offset)
            return h->seen >> i & 1;
    return false;
}

enum problem head_end(struct head *h)
{
    bool length = seen(h, offsetof(struct head, length_text));
    bool coding = seen(h, offsetof(struct head, transfer_encoding));

    if (!seen(h, offsetof(struct head, host)) || !h->host.n)
        fault(h, PROBLEM_BAD_REQUEST);
    if (length && !span_number(h->length_text, LENGTH_MAX, &h->length))
        fault(h, PROBLEM_BAD_REQUEST);
    if (length && coding)
        fault(h, PROBLEM_BAD_REQUEST);
    if (coding || (!length && h->method == HTTP_POST))
        fault(h, PROBLEM_LENGTH);
    if (h->length && h->method != HTTP_POST)
        fault(h, PROBLEM_BAD_REQUEST);
    return h->problem;
}

/* Host without its port; false when it is no host. */
static bool host_name(struct span host, struct span *ret)
{
    ptrdiff_t end;
    uint64_t port;

    if (span_starts(host, "[")) {
        end = span_find_byte(host, ']', 0);
        if (end < 0)
            return false;
        *ret = span_part(host, 1, (size_t)end - 1);
        host = span_part(host, (size_t)end + 1, host.n);
    } else {
        end = span_find_byte(host, ':', 0);
        *ret = end < 0 ? host : span_part(host, 0, (size_t)end);
        host = end < 0 ? (struct span){NULL, 0} : span_part(host, (size_t)end, host.n);
    }
    if (host.n && (!span_starts(host, ":") || !span_number(span_part(host, 1, host.n), 65535, &port)))
        return false;
    return ret->n > 0 && ret->n < 254;
}

bool head_host_known(struct span host, const char *names)
{
    uint8_t address[16];
    char text[256];
    struct span name, all = span_str(names);

    if (!host_name(host, &name) || !name.p)
        return false;
    memcpy(text, name.p, name.n);
    text[name.n] = 0;
    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1)
        return true;
    if (span_eq_nocase(name, "localhost"))
        return true;
    while (all.n) {
        ptrdiff_t end = span_find_byte(all, ' ', 0);
        struct span one = span_part(all, 0, end < 0 ? all.n : (size_t)end);
        if (one.n && one.n < sizeof(text)) {
            memcpy(text, one.p, one.n);
            text[one.n] = 0;
            if (span_eq_nocase(name, text))
                return true;
        }
        all = end < 0 ? (struct span){NULL, 0} : span_part(all, (size_t)end + 1, all.n);
    }
    return false;
}

bool head_same_origin(const struct head *h, bool with_cookie)
{
    static const char scheme[] = "https://";

    if (h->fetch_site.n && !span_eq(h->fetch_site, span_str("same-origin")))
        return false;
    if (h->origin.n && (!span_starts(h->origin, scheme) ||
                        !span_eq(span_part(h->origin, sizeof(scheme) - 1, h->origin.n), h->host)))
        return false;
    return h->fetch_site.n || h->origin.n || !with_cookie;
}

bool content_type_is(struct span value, const char *type)
{
    ptrdiff_t end = span_find_byte(value, ';', 0);
    return span_eq_nocase(span_trim(end < 0 ? value : span_part(value, 0, (size_t)end)), type);
}
