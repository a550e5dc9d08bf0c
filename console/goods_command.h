/* SPDX-License-Identifier: GPL-3.0-or-later
 * goods_command: `gatehouse console goods …` and `export-down`: what goes down to appliances, at the machine
 * itself, also while the console runs. */
#ifndef GH_CONSOLE_GOODS_COMMAND_H
#define GH_CONSOLE_GOODS_COMMAND_H

#include "console/state.h"

struct goods_words {
    const char *const *words; /* behind "goods", or behind "export-down" */
    size_t n;
    const char *name, *version, *note, *appliance, *ring; /* options, or NULL */
};
/* Exit codes. */
int goods_command(struct state *s, const struct goods_words *w);
int goods_export(struct state *s, const struct goods_words *w);

#endif
