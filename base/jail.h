/* SPDX-License-Identifier: GPL-3.0-or-later
 * jail: locks the calling process in: no new privileges, no core dump, resource limits, unprivileged user, Landlock where
 * the kernel has it, seccomp allow-list. One profile per process, in one table (jail.c); tests/cage tries each from inside.
 *
 * Call once, single-threaded, after everything that must be opened is open and before the first foreign byte. */
#ifndef GH_BASE_JAIL_H
#define GH_BASE_JAIL_H

#include "base/status.h"

enum jail_profile {
    JAIL_SENSOR,  /* inherited descriptors only: packet socket or capture file, channels, memfd */
    JAIL_SCAN,    /* inherited descriptors, fork of workers, kill of own children */
    JAIL_WORKER,  /* one socket in, memory; no file, no fork */
    JAIL_POLICY,  /* channels and memory only */
    JAIL_CORE,    /* files below its state directory; no network */
    JAIL_ENFORCE, /* raw sockets opened before, nft only through its helper */
    JAIL_UPLINK,  /* outgoing internet sockets; files below its state directory */
    JAIL_CONSOLE, /* a listening socket made before, no other; threads; files below its state directory */
    JAIL_COUNT
};
/* What the C library reads to look up a name, for ro of those who do that in their jail. */
#define JAIL_RESOLVER "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf"
struct jail_usage;
struct jail_options {
    const char *user;          /* to become when root, with its groups: a name, or NULL/"" for nobody (65534); ignored when not root */
    bool keep_user;            /* stay who we are (capabilities are dropped all the same) */
    const char *const *rw;     /* directories that stay readable and writable, NULL-ended, or NULL */
    const char *const *ro;     /* files or directories that stay readable, NULL-ended, or NULL */
    uint64_t memory;           /* head-room in bytes over what is in use now (RLIMIT_DATA, RLIMIT_AS); 0: no limit */
    uint64_t input;            /* read-only mappings that may come on top of it (RLIMIT_AS only) */
    const struct jail_usage *usage; /* what is in use, for a process that cannot look any more; NULL: look */
    uint64_t file_size;        /* longest file or memfd that may be made (RLIMIT_FSIZE); 0: leave */
    uint64_t files;            /* RLIMIT_NOFILE; 0: leave */
    const int *receive_only;   /* SENSOR: its packet sockets, on which nothing may be sent, 0-ended; NULL: none */
    bool threads;              /* SENSOR: threads may be made, still no process */
    int probe_fd;              /* where the trials of jail_probe.h report; 0: standard error */
};

/* Address space and private writable memory of this process now; zeros when /proc is out of reach. Children that enter a
 * jail of their own are measured by their parent before it locks itself in. */
struct jail_usage {
    uint64_t mapped, data;
};
void jail_measure(struct jail_usage *ret);
/* 0, or a negative code with a sentence in err (cap bytes). What the kernel lacks (Landlock) is not an error:
 * *ret_landlock_abi tells what was applied (0 none) when not NULL. With GATEHOUSE_JAIL_PROBE in the environment the process
 * first tries in children what it must not be able to do (jail_probe.h), then locks itself in and does its work. */
int jail_enter(enum jail_profile profile, const struct jail_options *opt, int *ret_landlock_abi, char *err, size_t cap);
/* The same without the trials, for those who make them. */
int jail_enter_quietly(enum jail_profile profile, const struct jail_options *opt, int *ret_landlock_abi, char *err, size_t cap);

/* For a process that starts programs and therefore takes no filter: it becomes the unprivileged user, lets go of all
 * capabilities, also for what it starts, and of core dumps, and dies with its keeper. As jail_enter. */
int jail_become(const struct jail_options *opt, char *err, size_t cap);

#endif
