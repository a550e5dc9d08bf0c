/* SPDX-License-Identifier: GPL-3.0-or-later
 * ctl: what the subcommands of `gatehouse` share. Each command_* is one row of the table in main.c: argv[0] is the
 * subcommand's name; the result is the exit code (0 done, 1 found, 2 usage or input, 3 could not finish). */
#ifndef GH_CTL_CTL_H
#define GH_CTL_CTL_H

#include "base/conf.h"

int command_inspect(int argc, char **argv);
int command_classify(int argc, char **argv);
int command_run(int argc, char **argv);
int command_console(int argc, char **argv);
int command_status(int argc, char **argv);
int command_config(int argc, char **argv);
int command_owners(int argc, char **argv);
int command_clock(int argc, char **argv);
int command_host(int argc, char **argv);
int command_support(int argc, char **argv);
int command_log_level(int argc, char **argv);

/* The options every command takes: -c FILE and --set s.k=v. conf_args is what is handed on to the processes. */
struct ctl_options {
    struct conf conf;
    char *conf_args[64];
    size_t n_conf_args;
    bool failed;
};
void ctl_options_init(struct ctl_options *o);
/* Takes argv[*i] when it is a common option (and moves *i over its value). Faults are printed and remembered. */
bool ctl_option(struct ctl_options *o, int argc, char **argv, int *i);
/* Puts what the console set from afar (base/settings.h) over the configuration file, and the command line over that. */
void ctl_overlay(struct ctl_options *o);
/* The value behind option argv[*i], or NULL after a message. */
const char *ctl_value(int argc, char **argv, int *i);
/* "gatehouse inspect: unknown option '-x'; did you mean …" + how to get help; returns 2. */
int ctl_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Unknown option or word, with the nearest of n known ones. */
int ctl_unknown(const char *command, const char *word, const char *const *known, size_t n);
/* Replaces this process by the program exe beside it; returns 3 when that fails. */
int ctl_exec(const char *exe, int argc, char **argv);

#endif
