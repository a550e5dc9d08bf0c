/* SPDX-License-Identifier: GPL-3.0-or-later
 * init: what the files of gh-init share. One process, one thread, process 1; nothing is ever freed, as it
 * ends with execve or a restart. */
#ifndef GH_INIT_INIT_H
#define GH_INIT_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROOT "/root"

struct boot {
    char epoch[24], root_hash[65], salt[129], blocks[24], verity[16]; /* the kernel's command line, checked */
    char root_dev[64];
    bool rescue; /* a failure is not followed by a restart at once */
};
extern struct boot boot;

/* One line on the console. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Tells, notes in gh/fail.log, restarts: after 5 seconds, in the rescue after 10 minutes. */
void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void restart(unsigned seconds) __attribute__((noreturn));
/* Mounts; fails when that does not work. */
void mount_at(const char *what, const char *where, const char *type, unsigned long flags,
              const char *options);
/* /dev/NAME of the partition with that name; false when it is not there (yet). */
bool partition(const char *name, char *dev, size_t cap);
/* The device /dev/dm-0 over the slot: a block that does not fit its hash restarts the machine, or, when
 * lenient, cannot be read. */
void open_root(bool lenient);
/* The data partition, /var and /etc/gatehouse of the mounted root, the boot partition at ROOT/boot. */
void mount_data(void);

/* ---- esp.c: the boot partition ---- */

/* A line at the beginning of gh/fail.log, which keeps the newest 4 KiB. Fails silently: it is the last thing
 * that is tried. */
void note_failure(const char *why);
/* Lets another kernel that may start (good, or with tries left) be the next one, as 'gatehouse firmware
 * rollback' does. False when there is none. */
bool give_up_kernel(void);

/* ---- rescue.c ---- */

/* Counts this start, on the keys partition; the self-test of the running system takes the count away. How
 * many before it, in a row, did not come that far. */
unsigned count_start(void);
/* After several of those the whole image is read. It is whole: returns. It is damaged: the other release is
 * started, or, when there is none, the rescue, which tells what happened and takes a release from a stick. */
void examine(unsigned starts);
/* The same when no slot has the image: at first only a restart. */
void no_image(unsigned starts) __attribute__((noreturn));

#endif
