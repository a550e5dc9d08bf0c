/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench_op: what a room other than the policies' brings to gh-workbench. The program is linked from both;
 * each knows only this. */
#ifndef GH_BASE_BENCH_OP_H
#define GH_BASE_BENCH_OP_H

#include "base/json.h"

struct bench_op {
    const char *name;     /* "op" of the question */
    int (*warm_up)(void); /* before the jail: what a library opens at first use. 0 or a code */
    /* pack: {"files": {"NAME/path": "text"}}; name: of what is tried. Writes one JSON object with "good" and
     * "faults" (file, line, column, severity, text); false: {"error"} for a question that makes no sense. */
    bool (*run)(const char *name, struct span pack, struct writer *out);
};
extern const struct bench_op bench_rules; /* rules/rule_bench.c */

#endif
