/* SPDX-License-Identifier: GPL-3.0-or-later
 * The list of a broker's servers, as the configuration has it; without the library. */
#include "base/broker.h"

#define PORT_MAX 65535

static int refuse(struct writer *err, const char *what, struct span server)
{
    if (err)
        writer_printf(err, "'%.*s': %s", (int)(server.n < 80 ? server.n : 80), (const char *)server.p, what);
    return ST_USAGE;
}

/* host:port, [v6]:port or a host alone. */
static bool is_place(struct span s)
{
    ptrdiff_t end = s.n && s.p[0] == '[' ? span_find_byte(s, ']', 0) + 1 : span_find_byte(s, ':', 0);
    struct span host, port;
    uint64_t n;

    if (s.n && s.p[0] == '[' && end < 3)
        return false;
    if (end < 0)
        end = (ptrdiff_t)s.n;
    host = span_part(s, 0, (size_t)end);
    port = span_part(s, (size_t)end, s.n);
    for (size_t i = 0; i < host.n; i++) {
        uint8_t c = host.p[i];
        if (c <= ' ' || c > '~' || strchr("/@?#,\\\"'", c))
            return false;
    }
    return host.n && (!port.n || (port.p[0] == ':' && span_number(span_part(port, 1, port.n), PORT_MAX, &n) && n));
}

int broker_list_parse(struct span text, struct broker_list *ret, struct writer *err)
{
    struct broker_list list = {.tls = false};
    int n = 0;

    for (size_t at = 0; at < text.n;) {
        struct span one = span_part(text, at, text.n);
        ptrdiff_t end = span_find_byte(one, ' ', 0);
        bool tls;

        one.n = end < 0 ? one.n : (size_t)end;
        at += one.n + 1;
        if (!one.n)
            continue;
        tls = span_starts(one, "tls://");
        if (!tls && !span_starts(one, "nats://"))
            return refuse(err, "a server begins with nats:// or tls://", one);
        if (span_find_byte(one, '@', 0) >= 0)
            return refuse(err, "user and password belong in a file of their own", span_str("a server"));
        if (!is_place(span_part(one, strlen(tls ? "tls://" : "nats://"), one.n)))
            return refuse(err, "no host:port", one);
        if (n && tls != list.tls)
            return refuse(err, "all servers of a list are nats://, or all are tls://", one);
        if (n == BROKER_SERVERS)
            return refuse(err, "too many servers", one);
        list.tls = tls;
        list.server[n++] = one;
    }
    *ret = list;
    return n;
}

int broker_list_check(struct span text, struct writer *err)
{
    struct broker_list list;
    int n = broker_list_parse(text, &list, err);

    return n < 0 ? n : 0;
}

int broker_prefix_check(struct span text, struct writer *err)
{
    uint8_t before = '.';

    for (size_t i = 0; i < text.n; before = text.p[i++]) {
        uint8_t c = text.p[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
        if (!word && (c != '.' || before == '.'))
            return refuse(err, "words of letters, digits, - and _, with dots between", text);
    }
    if (before == '.' || text.n > BROKER_PREFIX)
        return refuse(err, "a word is needed, 64 characters at most", text);
    return 0;
}
