/* SPDX-License-Identifier: GPL-3.0-or-later
 * esp: the boot partition's directory of kernels, as systemd-boot reads it (UAPI Boot Loader Specification,
 * automatic boot assessment): gatehouse_EPOCH[+LEFT[-DONE]].efi. The highest epoch boots; one with +0 tries
 * left comes last. A kernel without a counter has proved itself and no power cut can use it up. */
#ifndef GH_UPDATE_ESP_H
#define GH_UPDATE_ESP_H

#include "base/status.h"

#include <limits.h>

#define ESP_KERNELS 16
#define ESP_TRIES 3

struct esp_kernel {
    uint64_t epoch;
    bool counted; /* still to prove itself */
    unsigned left, done;
    char name[NAME_MAX + 1];
};

/* Fills ret with at most ESP_KERNELS kernels of dir, highest epoch first; their number, or a negative code.
 */
int esp_list(const char *dir, struct esp_kernel *ret);
/* The kernel of that epoch, or NULL. */
const struct esp_kernel *esp_find(const struct esp_kernel *k, int n, uint64_t epoch);
bool esp_parse(const char *name, struct esp_kernel *ret);
void esp_name(uint64_t epoch, int left, char buf[static NAME_MAX + 1]); /* left < 0: without a counter */
/* Renames within dir so that the change survives a power cut; from and to are names. */
int esp_rename(const char *dir, const char *from, const char *to);
int esp_remove(const char *dir, const char *name);
/* Makes what was done to the directory's entries last. */
int esp_sync(const char *dir);

#endif
