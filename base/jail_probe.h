/* SPDX-License-Identifier: GPL-3.0-or-later
 * jail_probe: what each process must not be able to do once it is locked in, tried from inside its own jail. One table of
 * trials serves three: tests/cage tries every profile, a running process tries its own with its real options when the
 * environment has GATEHOUSE_JAIL_PROBE (jail_enter calls jail_probe_all then), and the table of privileges in the docs is
 * made of it.
 *
 * A trial is made in a child that locks itself in exactly as its parent will; some end by SIGSYS, and that is their good
 * end. Single-threaded, before jail_enter; no state is left behind. Sanitized builds have a permissive jail: there every
 * comparison is void. */
#ifndef GH_BASE_JAIL_PROBE_H
#define GH_BASE_JAIL_PROBE_H

#include "base/jail.h"

#include <sys/types.h>

enum jail_outcome {
    JAIL_REFUSED, /* the call came back with an error */
    JAIL_WORKS,
    JAIL_DIES, /* the kernel killed who tried (SIGSYS) */
    JAIL_ODD   /* the trial could not be made */
};
/* "refused", "works", "dies", "odd". */
const char *jail_outcome_name(enum jail_outcome o);
/* "sensor", "scan", ... as in enum jail_profile. */
const char *jail_profile_name(enum jail_profile p);

/* The trials, numbered from 0. Names are static text: what is tried, in English and Vietnamese. */
size_t jail_probe_count(void);
const char *jail_probe_name(size_t i);
const char *jail_probe_name_vi(size_t i);
/* Is trial i made in this profile with these options? Some need a directory of its own, or a packet socket; opt NULL: with
 * everything there. */
bool jail_probe_applies(size_t i, enum jail_profile p, const struct jail_options *opt);
/* What must come of it where the kernel has all that we use; and whether an outcome is right on this kernel: a file outside
 * may be opened where there is no Landlock at all, a neighbour may be signalled by JAIL_SCAN below its ABI 6. */
enum jail_outcome jail_probe_want(size_t i, enum jail_profile p);
bool jail_probe_right(size_t i, enum jail_profile p, enum jail_outcome got);
/* Makes trial i in a child; neighbour is a process outside the jail that is signalled (with signal 0). */
enum jail_outcome jail_probe_try(size_t i, enum jail_profile p, const struct jail_options *opt, pid_t neighbour);

/* Makes all that apply, one line each to fd and a last one that counts; the number of wrong ones. The neighbour is the
 * parent. */
unsigned jail_probe_all(enum jail_profile p, const struct jail_options *opt, int fd);

#endif
