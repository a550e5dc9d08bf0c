/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/pin.h"
#include "base/map.h"
#include "sensor/decode/ftp_addr.h"

#include <stdlib.h>

#define LOOKED_AT 512 /* longer payloads are no lines of commands and replies */
#define LINES 8

struct end {
    uint8_t addr[16];
    uint16_t port;
    uint16_t ipv6; /* no padding: compared as bytes */
};
struct tuple {
    struct end a, b; /* a is not above b */
};
struct pins {
    struct map *ends, *flows; /* struct end, struct tuple to unsigned */
};

struct pins *pins_new(void)
{
    struct pins *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    x->ends = map_new(PIN_ENDS, sizeof(struct end), sizeof(unsigned));
    x->flows = map_new(PIN_FLOWS, sizeof(struct tuple), sizeof(unsigned));
    if (x->ends && x->flows)
        return x;
    pins_free(x);
    return NULL;
}

void pins_free(struct pins *x)
{
    if (!x)
        return;
    map_free(x->ends);
    map_free(x->flows);
    free(x);
}

static struct end end_of(const uint8_t addr[16], bool ipv6, uint16_t port)
{
    struct end e;

    memset(&e, 0, sizeof(e));
    memcpy(e.addr, addr, ipv6 ? 16 : 4);
    e.port = port;
    e.ipv6 = ipv6;
    return e;
}

static void remember(struct map *m, const void *key, size_t key_size, unsigned thread)
{
    uint8_t copy[sizeof(struct tuple)];
    unsigned *v = map_find(m, key, true);
    const void *oldest;

    if (!v && map_count(m) == map_capacity(m) && map_oldest(m, &oldest)) {
        memcpy(copy, oldest, key_size);
        map_remove(m, copy);
    }
    if (!v)
        v = map_insert(m, key);
    if (v)
        *v = thread;
}

/* The line's announcement, when it is one of an address that the packet does not have. */
static bool announced(const struct packet *p, struct span line, struct ftp_addr *a)
{
    struct span rest = span_part(line, 4, LOOKED_AT);
    size_t n = p->ipv6 ? 16 : 4;

    if (span_starts(line, "227") || span_starts_nocase(line, "PORT")) {
        if (!ftp_addr_numbers(rest, a))
            return false;
    } else if (!span_starts_nocase(line, "EPRT") || !ftp_addr_extended(rest, a)) {
        return false;
    }
    return a->has_addr &&
           (a->ipv6 != p->ipv6 || (memcmp(a->addr, p->src, n) != 0 && memcmp(a->addr, p->dst, n) != 0));
}

static void look_for(struct pins *x, const struct packet *p, unsigned thread)
{
    struct reader r = reader_span(p->payload);
    struct span line;
    struct ftp_addr a;

    for (int i = 0; i < LINES && (reader_line(&r, &line) || (line = reader_rest(&r)).n); i++)
        if (announced(p, line, &a)) {
            struct end e = end_of(a.addr, a.ipv6, a.port);
            remember(x->ends, &e, sizeof(e), thread);
        }
}

unsigned pins_thread(struct pins *x, const struct packet *p, unsigned usual)
{
    bool begins = (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    unsigned thread = usual;
    const unsigned *found;

    if (p->proto != 6)
        return usual;
    if (map_count(x->flows) || (begins && map_count(x->ends))) {
        struct end src = end_of(p->src, p->ipv6, p->src_port), dst = end_of(p->dst, p->ipv6, p->dst_port);
        bool swap = memcmp(&src, &dst, sizeof(src)) > 0;
        struct tuple t = {swap ? dst : src, swap ? src : dst};
        found = map_find(x->flows, &t, true);
        if (!found && begins) {
            found = map_find(x->ends, &dst, false);
            if (found)
                remember(x->flows, &t, sizeof(t), *found);
        }
        if (found)
            thread = *found;
    }
    if (p->payload.n && p->payload.n <= LOOKED_AT)
        look_for(x, p, thread);
    return thread;
}
