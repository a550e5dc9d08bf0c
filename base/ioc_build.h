/* SPDX-License-Identifier: GPL-3.0-or-later
 * ioc_build: makes a compiled list of indicators (ioc.h) out of entries that come in any order, doubles among
 * them. Memory is what the entries take and half as much again while they come, under a ceiling. One thread.
 */
#ifndef GH_BASE_IOC_BUILD_H
#define GH_BASE_IOC_BUILD_H

#include "base/ioc.h"

struct ioc_build;
/* memory_max: most bytes for entries. NULL when memory is short. */
struct ioc_build *ioc_build_new(uint64_t memory_max);
void ioc_build_free(struct ioc_build *b); /* NULL is fine */
/* 0, or ST_LIMIT (the ceiling) or ST_NOMEM. */
int ioc_build_add(struct ioc_build *b, const struct ioc_entry *e);
/* Entries added so far, doubles counted. */
uint64_t ioc_build_added(const struct ioc_build *b);
/* Sorts, drops doubles (the one that lasts longest stays) and writes the list at the beginning of the file
 * fd, which must be empty. name as ioc_name_ok wants it. The same entries, name and time make the same bytes.
 * 0, ST_NOMEM, or what the file says; ret_doubles may be NULL. The builder is empty afterwards. */
int ioc_build_write(struct ioc_build *b, const char *name, uint64_t built_s, int fd, uint64_t *ret_doubles);

#endif
