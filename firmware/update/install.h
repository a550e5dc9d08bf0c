/* SPDX-License-Identifier: GPL-3.0-or-later
 * install: puts the release of a bundle into the slot that does not run. May be killed at any moment and
 * called again: the slot and the kernel that run are never touched, what is written already is found again by
 * its hash, and no kernel is on the boot partition whose image is not whole. The one exception is a repair:
 * it writes into the running slot, and only what is not there as the release has it. One process at a time
 * (the caller locks). */
#ifndef GH_UPDATE_INSTALL_H
#define GH_UPDATE_INSTALL_H

#include "firmware/update/manifest.h"

/* The order of things that change the disk; tests stop before each. */
enum install_step {
    STEP_KERNEL_GONE,
    STEP_UNLABEL,
    STEP_CHUNK,
    STEP_TREE,
    STEP_LABEL,
    STEP_TRIAL,
    STEP_KERNEL_WRITE,
    STEP_KERNEL_NAME
};

struct install_request {
    const char *bundle;  /* directory of the release, or the address of one (source.h) */
    const char *slot[2]; /* both image slots */
    const char *esp;     /* directory of the kernels */
    const char *state;   /* directory of floor.h */
    uint64_t running;    /* epoch of what runs */
    uint8_t running_root[32];
    uint64_t floor;    /* highest that is known */
    uint32_t hardware; /* this machine's bit */
    const struct keyset *keys;
    bool again;  /* also a release that failed here */
    bool repair; /* the release that runs: written over what is damaged of it, its kernel stays */
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total); /* bytes; NULL: quiet */
    int (*step)(void *arg,
                enum install_step s); /* asked before each change; not 0: stop with that. NULL: go on */
    void *arg;
};
struct install_result {
    struct manifest release;            /* chunks is NULL */
    uint64_t bytes_here, bytes_fetched; /* what was there already, what came from the bundle */
    unsigned slot;                      /* 0 a, 1 b */
    bool repaired;                      /* it was the running one, in its own slot */
    char why[256];                      /* when refused: one sentence */
};

/* 0; ST_EXISTS when it runs already; ST_DENIED when it is refused (why says so); other codes with why. */
int install_run(const struct install_request *q, struct install_result *ret);

/* Reads and verifies a bundle's manifest; why (256 bytes) gets a sentence on failure. Used by verify, too. */
int bundle_open(const char *dir, const struct keyset *keys, struct arena *a, struct writer *bytes,
                struct manifest *ret, char why[static 256]);
/* Reads one chunk of a bundle into buf (CDC_MAX bytes), checked. */
int bundle_chunk(const char *dir, const struct update_chunk *c, uint8_t *buf);

#endif
