/* SPDX-License-Identifier: GPL-3.0-or-later
 * apply: obeys the orders that lie in the state directory (goods_dir.h): everything is compared once more,
 * the kind's own command looks at it (policy check, rules check, lists check …), then it is put in force by
 * one rename, and the processes that use it are watched for a while: what they cannot live with is taken back
 * and the version before is in force again. What became of each order is kept in goods/KIND.json and told.
 *
 *     order ─▶ compared ─▶ unpacked ─▶ looked at ─▶ in force, on trial ─▶ running
 *                 └──────────┴─────────────┴──▶ refused      └──▶ failed (the one before is back)
 *
 * A death at any place is made good at the next start. The machine's own configuration goes before what comes
 * from afar: with lists.dir set no lists are taken, and so on. One thread; blocks while a command runs. */
#ifndef GH_LINK_APPLY_H
#define GH_LINK_APPLY_H

#include "firmware/link/goods_dir.h"

struct apply;
struct apply_hooks {
    void *arg;
    /* The keeper shall let the processes take it: anew says that the configuration changed, so all are
     * started anew. */
    void (*take)(void *arg, enum goods_kind kind, bool anew);
    /* What became of an order, as JSON: the object gatehouse.audit of a record. */
    void (*told)(void *arg, enum goods_kind kind, struct span json);
};
/* conf_args: the "-c FILE --set …" of this process, NULL-ended, for the commands. Everything borrowed. NULL
 * when memory is short or goods/ cannot be made. */
struct apply *apply_new(const struct conf *c, char *const *conf_args, const struct seal_public *console,
                        const uint8_t appliance[static SEAL_ID], const struct apply_hooks *hooks);
void apply_free(struct apply *a);
/* Looks for new orders and at what is on trial; now and then. */
void apply_look(struct apply *a, uint64_t now_ms);
/* Tells again what is known of every kind: the core is another one. */
void apply_tell(struct apply *a);

#endif
