/* SPDX-License-Identifier: GPL-3.0-or-later
 * apply_kinds: what each kind of goods has of its own: which command looks at it, what puts it in force, what
 * takes it back. serial 0 means: as the device was made. One thread. */
#ifndef GH_LINK_APPLY_KINDS_H
#define GH_LINK_APPLY_KINDS_H

#include "firmware/link/child.h"
#include "firmware/link/standing.h"
#include "firmware/link/unpack.h"
#include "firmware/link/watch.h"

struct apply_box {
    const struct conf *conf;
    char *const *conf_args;
    const char *state_dir;
};
/* Looks at the unpacked goods. 0, or a code with the reason in says. */
int kinds_check(const struct apply_box *b, enum goods_kind k, uint64_t serial, char says[static CHILD_SAYS]);
/* Must the whole appliance be started anew when serial becomes active, as its configuration changes? */
bool kinds_anew(const struct apply_box *b, enum goods_kind k, uint64_t serial);
int kinds_activate(const struct apply_box *b, enum goods_kind k, uint64_t serial,
                   char says[static CHILD_SAYS]);
/* Back to what was before. */
int kinds_revoke(const struct apply_box *b, enum goods_kind k, uint64_t before);
/* Firmware on its way: what the installer or the running kernel say. True when *s changed. */
bool kinds_firmware(const struct apply_box *b, struct standing *s);

#endif
