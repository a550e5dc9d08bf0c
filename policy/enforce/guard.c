/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/enforce/guard.h"
#include "base/clock.h"
#include "policy/lua/zones.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE_US 60000000u

struct guard {
    struct zones protected_nets;
    uint64_t rate, used, minute_us;
    bool on;
};

int guard_protect(struct guard *g, const char *net)
{
    unsigned other;

    return zones_add_net(&g->protected_nets, 1, net, &other);
}

void guard_switch(struct guard *g, bool on)
{
    g->on = on;
}

bool guard_is_on(const struct guard *g)
{
    return g->on;
}

int guard_new(const char *protect, uint64_t rate, struct guard **ret, char *bad, size_t cap)
{
    struct guard *g = calloc(1, sizeof(*g));
    struct span rest = span_trim(span_str(protect));
    int zone;

    if (!g)
        return ST_NOMEM;
    zones_init(&g->protected_nets);
    zone = zones_add(&g->protected_nets, "protected", "none");
    gh_check(zone > 0);
    while (rest.n) {
        ptrdiff_t blank = span_find_byte(rest, ' ', 0);
        struct span word = span_part(rest, 0, blank < 0 ? rest.n : (size_t)blank);
        snprintf(bad, cap, "%.*s", (int)word.n, (const char *)word.p);
        if (guard_protect(g, bad) != 0) {
            free(g);
            return ST_USAGE;
        }
        rest = span_trim(span_part(rest, word.n, rest.n));
    }
    g->on = true;
    g->rate = rate;
    g->minute_us = clock_mono_us();
    *ret = g;
    return 0;
}

void guard_free(struct guard *g)
{
    free(g);
}

static bool is_protected(const struct guard *g, const uint8_t *address, bool ipv6)
{
    char text[INET6_ADDRSTRLEN];

    if (!inet_ntop(ipv6 ? AF_INET6 : AF_INET, address, text, sizeof(text)))
        return true;
    return zones_find(&g->protected_nets, span_str(text), NULL) != 0;
}

const char *guard_refuses(struct guard *g, const struct event_target *t)
{
    uint64_t now = clock_mono_us();

    if (!g->on)
        return "enforcement is switched off (gatehouse enforce on)";
    if (is_protected(g, t->client, t->ipv6) || is_protected(g, t->server, t->ipv6))
        return "one of the two addresses is on the protected list (enforce.protect)";
    if (now - g->minute_us >= MINUTE_US) {
        g->minute_us = now;
        g->used = 0;
    }
    if (g->used >= g->rate)
        return "more actions a minute than enforce.rate allows";
    g->used++;
    return NULL;
}
