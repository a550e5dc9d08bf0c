/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_carry: the two commands of cmd_journal that carry batches by hand. Results are exit codes; messages are
 * printed. */
#ifndef GH_CORE_CMD_CARRY_H
#define GH_CORE_CMD_CARRY_H

#include "base/conf.h"

/* Batches from number since on (0: what has no receipt yet) as sealed files into dir. */
int carry_export(const struct conf *c, uint64_t since, const char *dir);
/* The console's answer to the last of them. */
int carry_import(const struct conf *c, const char *file);

#endif
