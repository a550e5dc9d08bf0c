/* SPDX-License-Identifier: GPL-3.0-or-later
 * lists: what the sensor was given to look for, as one thing: compiled lists of indicators (base/ioc.h) and
 * the site's own rules for nDPI (label_rules.h). It comes as sealed memfds from gh-lists, which has read
 * every byte of them; here they are mapped and opened so that no content can lead outside.
 *
 * One generation never changes once it is offered to the decoding threads; each thread holds a reference, and
 * the last one unmaps. Only its counters of hits move, atomically. Lists of at most LISTS_MAX; the bytes are
 * bounded by memory_max. */
#ifndef GH_SENSOR_LISTS_H
#define GH_SENSOR_LISTS_H

#include "base/ioc.h"
#include "base/json.h"
#include "sensor/decode/label_rules.h"

#define LISTS_MAX 64

struct lists;
struct lists *lists_new(uint32_t generation, uint64_t memory_max); /* NULL when memory is short */
struct lists *lists_ref(struct lists *l);
void lists_unref(struct lists *l); /* NULL is fine */

/* Takes over fd in all cases. 0, or ST_MALFORMED (no sealed memfd, no list, a name that is there), ST_LIMIT,
 * ST_NOMEM. */
int lists_add(struct lists *l, int fd);
int lists_add_rules(struct lists *l, enum label_file f, int fd);
/* Hits of lists of the same name go on from where they were. */
void lists_carry(struct lists *l, const struct lists *before);

uint32_t lists_generation(const struct lists *l);
size_t lists_count(const struct lists *l);
const char *lists_name(const struct lists *l, size_t i);
bool lists_have(const struct lists *l, enum ioc_kind k);
/* Does list i hold it? A hit is counted by lists_hit only. */
bool lists_find(const struct lists *l, size_t i, const struct ioc_query *q, uint64_t now_s,
                struct ioc_hit *ret);
void lists_hit(struct lists *l, size_t i);
struct span lists_rules(const struct lists *l, enum label_file f);
/* Adds "lists" to the JSON object that w ends with, as lists_write. l may be NULL. */
void lists_append(const struct lists *l, size_t max, struct writer *w);
/* [{"name","entries","bytes","built","hits"}]: at most max of them, those with hits first. */
void lists_write(const struct lists *l, size_t max, struct jw *j);

#endif
