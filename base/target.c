/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/target.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>

static const char *const names[] = {
#define X(name, text) text,
    TARGET_POLICIES(X)
#undef X
};

const char *target_policy_name(enum target_policy p)
{
    return (size_t)p < GH_COUNT(names) ? names[p] : "unknown";
}

bool target_policy_find(struct span name, enum target_policy *ret)
{
    for (size_t i = 0; i < GH_COUNT(names); i++)
        if (span_eq_nocase(name, names[i])) {
            *ret = (enum target_policy)i;
            return true;
        }
    return false;
}

bool target_newer_wins(enum target_policy p, enum target_layer layer, int begins, int ends)
{
    switch (p) {
    case TARGET_LAST:
        return true;
    case TARGET_BSD:
        return begins > 0;
    case TARGET_LINUX:
        return begins > 0 || (begins == 0 && (layer == TARGET_IP || ends < 0));
    case TARGET_WINDOWS:
        return layer == TARGET_IP && begins > 0 && ends < 0;
    case TARGET_FIRST:
    case TARGET_POLICY_COUNT:
        break;
    }
    return false;
}

static void no_policy(struct span name, struct writer *err)
{
    char word[32];
    const char *near;

    snprintf(word, sizeof(word), "%.*s", (int)(name.n > 31 ? 31 : name.n), (const char *)name.p);
    near = text_nearest(word, names, GH_COUNT(names));
    writer_printf(err, "'%s' is no policy%s%s%s; there are first, last, bsd, linux and windows", word,
                  near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int target_check_policy(struct span value, struct writer *err)
{
    enum target_policy p;

    if (target_policy_find(value, &p))
        return 0;
    no_policy(value, err);
    return ST_USAGE;
}

/* Are the first bits of both the same? */
static bool same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, whole) == 0 && (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* "192.0.2.0/24"; on failure *why says what is wrong with it. */
static bool parse_net(struct span s, struct target_net *ret, const char **why)
{
    ptrdiff_t slash = span_find_byte(s, '/', 0);
    struct span addr = span_part(s, 0, slash < 0 ? s.n : (size_t)slash);
    char text[64];
    uint8_t none[16] = {0}, bits[16] = {0};
    uint64_t n;

    *ret = (struct target_net){.ipv6 = span_find_byte(addr, ':', 0) >= 0};
    *why = "is no address";
    if (addr.n >= sizeof(text) || !addr.n)
        return false;
    snprintf(text, sizeof(text), "%.*s", (int)addr.n, (const char *)addr.p);
    if (inet_pton(ret->ipv6 ? AF_INET6 : AF_INET, text, ret->addr) != 1)
        return false;
    n = ret->ipv6 ? 128 : 32;
    *why = ret->ipv6 ? "has a prefix that is not 0 to 128" : "has a prefix that is not 0 to 32";
    if (slash >= 0 && !span_number(span_part(s, (size_t)slash + 1, s.n), n, &n))
        return false;
    ret->bits = (uint8_t)n;
    for (unsigned i = 0; i < 16; i++) /* what is left behind the prefix */
        bits[i] = i * 8 >= n       ? ret->addr[i]
                  : n - i * 8 >= 8 ? 0
                                   : (uint8_t)(ret->addr[i] & 0xFF >> (n - i * 8));
    *why = "has bits behind its prefix: is another network meant?";
    return memcmp(bits, none, sizeof(bits)) == 0;
}

static int add(struct targets *t, struct span item, struct writer *err)
{
    ptrdiff_t eq = span_find_byte(item, '=', 0);
    struct span net = span_part(item, 0, eq < 0 ? item.n : (size_t)eq);
    struct target_net one;
    const char *why;
    int shown = (int)(item.n > 60 ? 60 : item.n);

    if (eq < 0) {
        writer_printf(err, "'%.*s': write it as network=policy", shown, (const char *)item.p);
        return ST_USAGE;
    }
    if (!parse_net(net, &one, &why)) {
        writer_printf(err, "'%.*s' %s", (int)(net.n > 60 ? 60 : net.n), (const char *)net.p, why);
        return ST_USAGE;
    }
    if (!target_policy_find(span_part(item, (size_t)eq + 1, item.n), &one.policy)) {
        writer_printf(err, "'%.*s': ", shown, (const char *)item.p);
        no_policy(span_part(item, (size_t)eq + 1, item.n), err);
        return ST_USAGE;
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->net[i].ipv6 == one.ipv6 &&
            same_prefix(t->net[i].addr, one.addr, one.bits < t->net[i].bits ? one.bits : t->net[i].bits)) {
            writer_printf(err, "'%.*s' overlaps network %zu of the list", shown, (const char *)item.p, i + 1);
            return ST_USAGE;
        }
    if (t->n == TARGETS_MAX) {
        writer_printf(err, "more than %d networks", TARGETS_MAX);
        return ST_USAGE;
    }
    t->net[t->n++] = one;
    return 0;
}

int targets_parse(struct targets *t, struct span list, struct writer *err)
{
    size_t at = 0;

    while (at < list.n) {
        size_t from = at;
        while (at < list.n && list.p[at] != ' ' && list.p[at] != ',' && list.p[at] != '\t')
            at++;
        if (at > from) {
            int rc = add(t, span_part(list, from, at - from), err);
            if (rc)
                return rc;
        }
        at++;
    }
    return 0;
}

int target_check_list(struct span value, struct writer *err)
{
    struct targets t = {.n = 0};

    return targets_parse(&t, value, err);
}

void targets_configured(struct targets *t, const char *policy, const char *list)
{
    struct writer err;

    *t = (struct targets){0};
    writer_init(&err, 1024);
    gh_check(target_policy_find(span_str(policy), &t->standard) &&
             targets_parse(t, span_str(list), &err) == 0);
    writer_done(&err);
}

enum target_policy targets_find(const struct targets *t, const uint8_t addr[static 16], bool ipv6)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->net[i].ipv6 == ipv6 && same_prefix(t->net[i].addr, addr, t->net[i].bits))
            return t->net[i].policy;
    return t->standard;
}
