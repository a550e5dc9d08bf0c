/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy_cmd: `gatehouse policy
 * check|test|explain|facts|replay|diff|shadow|keygen|sign|promote|rollback|status`. Exit codes as everywhere:
 * 0 good, 1 differences or failed tests, 2 usage or faulty input, 3 could not finish. */
#ifndef GH_POLICY_CMD_H
#define GH_POLICY_CMD_H

#include "base/conf.h"
#include "policy/lua/bundle.h"

int policy_command(int argc, char **argv);

/* The directory conf policy.dir names, or that of the standard policy: beside this program, or where it is
 * installed. */
void policy_default_dir(const char *configured, char *buf, size_t cap);

/* Shared by the commands: limits and safe verdict of a configuration. */
struct policy_cmd {
    struct conf conf;
    struct cage_limits limits;
    enum action safe;
    bool json, journal;
    const char *key, *note; /* sign: --key, --note */
    uint64_t number, floor; /* sign: --number, --floor */
    uint64_t since_us;      /* replay, diff, shadow: --since */
};
/* Loads a bundle or prints why not. */
struct bundle *policy_cmd_load(const struct policy_cmd *c, const char *dir);
int policy_cmd_check(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_test(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_explain(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_facts(struct policy_cmd *c, int argc, char **argv);
/* Loads and looks through every file; prints what is wrong. 0 or 2. */
int policy_look(const struct policy_cmd *c, const char *dir, struct bundle **ret);
/* Runs the tests in *_test.lua, printing failures only when quiet. 0 all pass; 1 some fail, or (unless quiet)
 * some rule is not covered; 2 there are none, or a test file is faulty. */
int policy_run_tests(const struct policy_cmd *c, struct bundle *b, const char *dir, bool quiet);
int policy_cmd_keygen(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_sign(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_promote(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_rollback(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_status(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_shadow(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_replay(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_diff(struct policy_cmd *c, int argc, char **argv);

#endif
