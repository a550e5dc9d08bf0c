/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "policy/enforce/guard.h"
#include "tests/check.h"

#include <arpa/inet.h>

static struct event_target target(const char *client, const char *server)
{
    struct event_target t = {.ipv6 = strchr(client, ':') != NULL};

    inet_pton(t.ipv6 ? AF_INET6 : AF_INET, client, t.client);
    inet_pton(t.ipv6 ? AF_INET6 : AF_INET, server, t.server);
    return t;
}

static const struct {
    const char *client, *server;
    bool refused;
} rows[] = {
    {"10.0.0.1", "203.0.113.1", false}, {"127.0.0.1", "203.0.113.1", true},
    {"203.0.113.1", "10.9.0.7", true},  {"2001:db8::1", "2001:db8::2", false},
    {"2001:db8::1", "::1", true},       {"10.9.1.7", "10.8.0.1", false},
};

int main(void)
{
    uint64_t now = 1000000;
    struct guard *g;
    struct event_target t = target("10.0.0.1", "203.0.113.1");
    char bad[64];

    clock_override(&now);
    CHECK(guard_new("127.0.0.0/8 ::1/128  10.9.0.0/24", 3, &g, bad, sizeof(bad)) == 0);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct event_target one = target(rows[i].client, rows[i].server);
        check_row(rows[i].client);
        CHECK((guard_refuses(g, &one) != NULL) == rows[i].refused);
    }
    check_row("rate: three a minute are used up, refusals did not count");
    CHECK(guard_refuses(g, &t) != NULL);
    now += 59000000;
    CHECK(guard_refuses(g, &t) != NULL);
    now += 1000000;
    CHECK(guard_refuses(g, &t) == NULL);
    check_row("the panic switch");
    now += 60000000;
    guard_switch(g, false);
    CHECK(!guard_is_on(g) && guard_refuses(g, &t) != NULL);
    guard_switch(g, true);
    CHECK(guard_is_on(g) && guard_refuses(g, &t) == NULL);
    check_row("what the machine depends on");
    t = target("10.0.0.1", "198.51.100.77");
    CHECK(guard_refuses(g, &t) == NULL);
    CHECK(guard_protect_system(g, "https://198.51.100.77:8443", "") > 0);
    CHECK(guard_refuses(g, &t) != NULL);
    t = target("2001:db8::1", "2001:db8::77");
    CHECK(guard_protect_system(g, "https://[2001:db8::77]:8443", "tls://198.51.100.88:4222 tls://[2001:db8::88]") > 0);
    CHECK(guard_refuses(g, &t) != NULL);
    guard_free(g);
    check_row("faulty list");
    CHECK(guard_new("10.0.0.0/8 nonsense", 3, &g, bad, sizeof(bad)) == ST_USAGE);
    CHECK_STR(bad, "nonsense");
    clock_override(NULL);
    return check_end();
}
