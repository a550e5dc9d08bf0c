/* SPDX-License-Identifier: GPL-3.0-or-later
 * target: what a receiver makes of bytes that it got twice with different values, TCP segments and IP
 * fragments that overlap while they wait for a hole before them to be filled.
 *
 * Systems differ, and an attacker who knows his target's system can show a sensor other bytes (Ptacek and
 * Newsham 1998; Shankar and Paxson, "Active Mapping", 2003; Novak, "Target-Based Fragmentation Reassembly",
 * 2005; Novak and Sturges, "Target-Based TCP Stream Reassembly", 2007). Who wins an overlap depends on
 * nothing but where the older and the newer piece begin and end:
 *
 *   policy   TCP: the newer one wins where it          IP: the newer one wins where it
 *   first    never                                     never
 *   last     always                                    always
 *   bsd      begins before the older one               begins before the older one
 *   linux    begins before it, or with it and          begins before it or with it
 *            ends behind it
 *   windows  never                                     begins before it and ends behind it
 *
 * "windows" is Vista and everything newer; Windows XP and 2003 did as bsd does. Bytes that a receiver passed
 * on to its application are never replaced, under no policy (RFC 9293 section 3.10.7.4: what lies before
 * RCV.NXT is cut off).
 *
 * Pure functions and plain data; any thread. */
#ifndef GH_BASE_TARGET_H
#define GH_BASE_TARGET_H

#include "base/writer.h"

#define TARGETS_MAX 64 /* networks in one list */

/* TARGET(NAME, "name") */
#define TARGET_POLICIES(X)                                                                                   \
    X(FIRST, "first")                                                                                        \
    X(LAST, "last")                                                                                          \
    X(BSD, "bsd")                                                                                            \
    X(LINUX, "linux")                                                                                        \
    X(WINDOWS, "windows")
enum target_policy {
#define X(name, text) TARGET_##name,
    TARGET_POLICIES(X)
#undef X
        TARGET_POLICY_COUNT
};
enum target_layer { TARGET_TCP, TARGET_IP };

struct targets {
    enum target_policy standard; /* of every address that no network has */
    size_t n;
    struct target_net {
        uint8_t addr[16]; /* IPv4 in the first four */
        uint8_t bits;
        bool ipv6;
        enum target_policy policy;
    } net[TARGETS_MAX];
};

const char *target_policy_name(enum target_policy p);
bool target_policy_find(struct span name, enum target_policy *ret);
/* Has the newer piece the bytes that both have? begins, ends: below 0 when the older piece begins (ends)
 * before the newer one, 0 together with it, above 0 behind it. */
bool target_newer_wins(enum target_policy p, enum target_layer layer, int begins, int ends);

/* "10.0.0.0/8=windows 2001:db8::/32=linux 192.0.2.7=bsd": networks, or single addresses, apart by blanks or
 * commas. Adds them to t. ST_USAGE with one sentence in err (no newline) when one is none, has bits behind
 * its prefix, names no policy, or overlaps another one: which of the two is meant would be a guess. */
int targets_parse(struct targets *t, struct span list, struct writer *err);
/* The same from a configuration, whose two values were checked when it was read. */
void targets_configured(struct targets *t, const char *policy, const char *list);
enum target_policy targets_find(const struct targets *t, const uint8_t addr[static 16], bool ipv6);

/* For conf.def: is the value a policy (a list of targets)? 0, or ST_USAGE with a sentence in err. */
int target_check_policy(struct span value, struct writer *err);
int target_check_list(struct span value, struct writer *err);

#endif
