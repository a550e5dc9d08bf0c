/* SPDX-License-Identifier: GPL-3.0-or-later
 * One value, whatever it is. */
#include "sensor/lists/text.h"

#include <time.h>

#define VALUE_MAX 2048

/* "evil[.]example", "1.2.3(.)4", "evil[dot]example" as they were before somebody made them harmless. */
static struct span refang(struct span s, char buf[static VALUE_MAX])
{
    static const char *const dots[] = {"[.]", "(.)", "{.}", "[dot]", "(dot)"};
    struct reader r = reader_span(s);
    size_t n = 0;

    while (reader_left(&r) && n < VALUE_MAX) {
        struct reader rest = r;
        struct span left = reader_rest(&rest);
        size_t skip = 0;
        for (size_t i = 0; i < GH_COUNT(dots) && !skip; i++)
            if (span_starts_nocase(left, dots[i]))
                skip = strlen(dots[i]);
        buf[n++] = skip ? '.' : (char)reader_u8(&r);
        reader_skip(&r, skip);
    }
    return span_of(buf, n);
}

static bool all_hex(struct span s)
{
    struct reader r = reader_span(s);

    while (reader_left(&r)) {
        uint8_t c = reader_u8(&r), low = c | 0x20;
        if (!(c >= '0' && c <= '9') && !(low >= 'a' && low <= 'f'))
            return false;
    }
    return s.n > 0;
}

/* "192.0.2.1:443" and "[2001:db8::1]:443" without the port. */
static struct span without_port(struct span s)
{
    ptrdiff_t colon = span_find_byte(s, ':', 0);
    uint64_t port;

    if (s.n && s.p[0] == '[') {
        ptrdiff_t end = span_find_byte(s, ']', 0);
        return end > 0 ? span_part(s, 1, (size_t)end - 1) : s;
    }
    if (colon > 0 && span_find_byte(s, ':', (size_t)colon + 1) < 0 &&
        span_number(span_part(s, (size_t)colon + 1, s.n), 65535, &port))
        s.n = (size_t)colon;
    return s;
}

/* Host of a URL, or nothing when it is none. */
static struct span url_host(struct span s)
{
    ptrdiff_t at = span_find(s, span_str("://"), 0);
    struct span host;
    size_t end = 0;

    if (at <= 0 || at > 12)
        return (struct span){NULL, 0};
    host = span_part(s, (size_t)at + 3, s.n);
    while (end < host.n && host.p[end] != '/' && host.p[end] != '?' && host.p[end] != '#')
        end++;
    host.n = end;
    at = span_find_byte(host, '@', 0);
    if (at >= 0)
        host = span_part(host, (size_t)at + 1, host.n);
    return without_port(host);
}

static bool is_address(struct span s)
{
    ptrdiff_t slash = span_find_byte(s, '/', 0);
    uint8_t addr[16];
    bool ipv6;

    return ioc_address(slash < 0 ? s : span_part(s, 0, (size_t)slash), addr, &ipv6);
}

/* What it is, by its form. */
static enum text_answer guess(struct span s, enum ioc_kind *ret, const char **ret_why)
{
    if (is_address(s)) {
        *ret = IOC_IP;
        return TEXT_TAKEN;
    }
    if (ioc_ja4(s)) {
        *ret = IOC_JA4;
        return TEXT_TAKEN;
    }
    if (all_hex(s) && s.n == 64) {
        *ret = IOC_SHA256;
        return TEXT_TAKEN;
    }
    if (all_hex(s) && s.n == 32) {
        *ret_why = "32 hexadecimal digits may be many things: say 'kind ja3' or 'kind ja3s'";
        return TEXT_FAULT;
    }
    if (all_hex(s) && (s.n == 40 || s.n == 96 || s.n == 128))
        return TEXT_OTHER;
    if (span_find_byte(s, '@', 0) >= 0)
        return TEXT_OTHER;
    *ret = IOC_DOMAIN;
    if (span_find_byte(s, '.', 0) < 0) {
        *ret_why = "this is neither a digest, an address, a name with a dot, nor a JA4";
        return TEXT_FAULT;
    }
    return TEXT_TAKEN;
}

/* ||name^ and ||name^$options */
static struct span block_name(struct span s, bool *ret)
{
    size_t n = 0;

    s = span_part(s, 2, s.n);
    while (n < s.n && s.p[n] != '^')
        n++;
    *ret = n < s.n;
    return span_part(s, 0, n);
}

enum text_answer text_value(const struct text_value *v, struct ioc_entry *ret, const char **ret_why)
{
    char buf[VALUE_MAX];
    enum ioc_kind kind = v->kind;
    bool tree = v->subdomains, given = v->kind_given;
    struct span s = refang(span_trim(v->text), buf), host;

    *ret_why = "it is too long";
    if (v->text.n > VALUE_MAX)
        return TEXT_FAULT;
    host = url_host(s);
    if (host.n) {
        if (!v->url_hosts)
            return TEXT_OTHER;
        s = host;
        kind = is_address(s) ? IOC_IP : IOC_DOMAIN;
        given = true;
    } else if (span_starts(s, "||")) {
        s = block_name(s, &tree);
    }
    if (!given || kind == IOC_IP) /* an address and its port are one value there */
        s = is_address(s) ? s : without_port(s);
    if (!given) {
        enum text_answer a = guess(s, &kind, ret_why);
        if (a != TEXT_TAKEN)
            return a;
    }
    if (kind == IOC_DOMAIN && is_address(s))
        kind = IOC_IP;
    *ret_why = ioc_entry_parse(s, kind, tree, ret);
    ret->until = v->until;
    return *ret_why ? TEXT_FAULT : TEXT_TAKEN;
}

/* "12:34:56" or "2027-01-31": three numbers with a sign between. */
static bool three(struct span s, uint8_t sign, size_t first, uint64_t ret[static 3])
{
    return s.n == first + 6 && s.p[first] == sign && s.p[first + 3] == sign &&
           span_number(span_part(s, 0, first), 9999, &ret[0]) &&
           span_number(span_part(s, first + 1, 2), 99, &ret[1]) &&
           span_number(span_part(s, first + 4, 2), 99, &ret[2]);
}

static bool is_utc(struct span s)
{
    return !s.n || span_eq(s, span_str("Z")) || span_eq(s, span_str("+00:00")) ||
           span_eq(s, span_str(" UTC"));
}

bool text_until(struct span s, uint64_t *ret)
{
    uint64_t day[3], time[3] = {23, 59, 59};
    struct tm tm;
    time_t t;

    *ret = 0;
    if (!s.n || span_number(s, UINT32_MAX, ret))
        return true;
    if (!three(span_part(s, 0, 10), '-', 4, day))
        return false;
    if (s.n > 10 && ((s.p[10] != ' ' && s.p[10] != 'T') || !three(span_part(s, 11, 8), ':', 2, time) ||
                     !is_utc(span_part(s, 19, s.n))))
        return false;
    if (day[0] < 1970 || day[0] > 2105 || !day[1] || day[1] > 12 || !day[2] || day[2] > 31 || time[0] > 23 ||
        time[1] > 59 || time[2] > 60)
        return false;
    tm = (struct tm){.tm_year = (int)day[0] - 1900,
                     .tm_mon = (int)day[1] - 1,
                     .tm_mday = (int)day[2],
                     .tm_hour = (int)time[0],
                     .tm_min = (int)time[1],
                     .tm_sec = (int)time[2]};
    t = timegm(&tm);
    *ret = t > 0 ? (uint64_t)t : 1;
    return true;
}
