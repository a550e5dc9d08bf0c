/* SPDX-License-Identifier: GPL-3.0-or-later
 * What this machine cannot do without: blocking it would cut the officer off, whatever a policy says. */
#include "policy/enforce/guard.h"
#include "base/broker.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE 512

static unsigned protect(struct guard *g, const char *address)
{
    return guard_protect(g, address) == 0; /* one that is there already is added again: no harm */
}

static unsigned own_addresses(struct guard *g)
{
    struct ifaddrs *all = NULL;
    unsigned n = 0;

    if (getifaddrs(&all) != 0)
        return 0;
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        char text[INET6_ADDRSTRLEN];
        int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
        const void *at =
            family == AF_INET
                ? (const void *)&((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr
            : family == AF_INET6
                ? (const void *)&((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr
                : NULL;
        if (at && inet_ntop(family, at, text, sizeof(text)))
            n += protect(g, text);
    }
    freeifaddrs(all);
    return n;
}

/* nameserver ADDRESS */
static unsigned name_servers(struct guard *g)
{
    FILE *f = fopen("/etc/resolv.conf", "re");
    char line[LINE], address[64];
    unsigned n = 0;

    while (f && fgets(line, sizeof(line), f)) {
        struct span s = span_trim(span_str(line));
        if (!span_starts(s, "nameserver") || s.n < 12)
            continue;
        s = span_trim(span_part(s, 10, s.n));
        snprintf(address, sizeof(address), "%.*s", (int)(s.n < 63 ? s.n : 63), (const char *)s.p);
        address[strcspn(address, "% \t#")] = 0; /* fe80::1%eth0 */
        n += protect(g, address);
    }
    if (f)
        fclose(f);
    return n;
}

/* /proc/net/route: interface, destination, gateway … as the machine's own numbers in hexadecimal. */
static unsigned gateways4(struct guard *g)
{
    FILE *f = fopen("/proc/net/route", "re");
    char line[LINE], text[INET_ADDRSTRLEN];
    unsigned n = 0;

    while (f && fgets(line, sizeof(line), f)) {
        const char *tab = strchr(line, '\t'), *next = tab ? strchr(tab + 1, '\t') : NULL;
        struct in_addr gateway = {.s_addr = next ? (in_addr_t)strtoul(next + 1, NULL, 16) : 0};
        if (gateway.s_addr && inet_ntop(AF_INET, &gateway, text, sizeof(text)))
            n += protect(g, text);
    }
    if (f)
        fclose(f);
    return n;
}

/* /proc/net/ipv6_route: destination, its length, source, its length, next hop. */
static unsigned gateways6(struct guard *g)
{
    FILE *f = fopen("/proc/net/ipv6_route", "re");
    char line[LINE], text[INET6_ADDRSTRLEN];
    unsigned n = 0;

    while (f && fgets(line, sizeof(line), f)) {
        struct in6_addr hop;
        const char *at = line;
        bool some = false;
        for (int skip = 0; at && skip < 4; skip++)
            at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
        for (unsigned i = 0; at && i < 16 && strlen(at) >= 32; i++) {
            char two[3] = {at[2 * i], at[2 * i + 1], 0};
            hop.s6_addr[i] = (uint8_t)strtoul(two, NULL, 16);
            some = some || hop.s6_addr[i];
        }
        if (some && inet_ntop(AF_INET6, &hop, text, sizeof(text)))
            n += protect(g, text);
    }
    if (f)
        fclose(f);
    return n;
}

/* https://host:port, https://[v6]:port */
static unsigned console_addresses(struct guard *g, const char *url)
{
    const char *host = strstr(url, "://");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
    char name[256], text[INET6_ADDRSTRLEN];
    unsigned n = 0;

    host = host ? host + 3 : url;
    snprintf(name, sizeof(name), "%s", *host == '[' ? host + 1 : host);
    name[strcspn(name, *host == '[' ? "]" : ":/")] = 0;
    if (!*name || getaddrinfo(name, NULL, &hints, &all) != 0)
        return 0;
    for (const struct addrinfo *i = all; i; i = i->ai_next)
        if (getnameinfo(i->ai_addr, i->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0) {
            text[strcspn(text, "%")] = 0;
            n += protect(g, text);
        }
    freeaddrinfo(all);
    return n;
}

static unsigned broker_addresses(struct guard *g, const char *servers)
{
    struct broker_list list;
    int count = broker_list_parse(span_str(servers), &list, NULL);
    unsigned n = 0;

    for (int i = 0; i < count; i++) {
        char url[320];
        snprintf(url, sizeof(url), "%.*s", (int)list.server[i].n, (const char *)list.server[i].p);
        n += console_addresses(g, url);
    }
    return n;
}

unsigned guard_protect_system(struct guard *g, const char *console, const char *brokers)
{
    return own_addresses(g) + name_servers(g) + gateways4(g) + gateways6(g) +
           (*console ? console_addresses(g, console) : 0) + broker_addresses(g, brokers);
}
