/* SPDX-License-Identifier: GPL-3.0-or-later
 * policy_cmd: `gatehouse policy check|test|explain|facts|replay|diff`. Exit codes as everywhere: 0 good, 1
 * differences or failed tests, 2 usage or faulty input, 3 could not finish. */
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
    bool json;
};
/* Loads a bundle or prints why not. */
struct bundle *policy_cmd_load(const struct policy_cmd *c, const char *dir);
int policy_cmd_check(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_test(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_explain(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_facts(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_replay(struct policy_cmd *c, int argc, char **argv);
int policy_cmd_diff(struct policy_cmd *c, int argc, char **argv);

#endif
