/* SPDX-License-Identifier: GPL-3.0-or-later
 * label_rules: the site's own protocols and categories, in the formats of `ndpiReader -p` and `-c`.
 *
 *   protocols     tcp:81,udp:5061-5062@NAME      host:"a.example",host:"*.b.example"@NAME
 *                 ip:192.0.2.1/24:443@NAME       ip_risk_mask:192.0.2.0/24=0   host_risk_mask:".lan"=0
 *                 trusted_issuer_dn:"CN=…"
 *   categories    name-or-address TAB number
 *
 * nDPI 4.2 reads these lines without checking them: an address that is none leaves it with whatever was on
 * the stack, an empty host makes it write before its buffer, port 65535 makes it loop for ever. So every line
 * is read here first, and only what follows its form to the byte is handed on (label.c). No state, any
 * thread; knows nothing of nDPI. */
#ifndef GH_SENSOR_LABEL_RULES_H
#define GH_SENSOR_LABEL_RULES_H

#include "base/writer.h"

#define LABEL_RULES_MAX (1u << 20) /* bytes of one file */
#define LABEL_RULE_LINE 4096
#define LABEL_PROTOCOLS_MAX 200 /* names that a file may bring: nDPI has room for 512 in all */
#define LABEL_CATEGORY_MAX 105  /* of nDPI 4.2 */

enum label_file { LABEL_PROTOCOLS, LABEL_CATEGORIES, LABEL_FILES };

struct label_rule {
    struct span line;     /* trimmed, without comment; empty: there is nothing on it */
    struct span protocol; /* the name behind '@'; empty: a risk mask or an issuer */
    struct span name;     /* of a category line: name or address */
    unsigned category;
};
/* One line, without its end. NULL, or why it is none. */
const char *label_rule_read(enum label_file f, struct span line, struct label_rule *ret);

/* A line that is no rule; line counts from 1. */
typedef void label_rules_fault_fn(void *arg, uint64_t line, const char *reason);
/* A whole file: every line, and that it does not bring more names than nDPI takes. The number of faults;
 * fault (may be NULL) hears the first 20. */
uint64_t label_rules_check(enum label_file f, struct span text, label_rules_fault_fn *fault, void *arg);

#endif
