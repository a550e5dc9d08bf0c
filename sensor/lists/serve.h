/* SPDX-License-Identifier: GPL-3.0-or-later
 * serve: the lists of the configuration, held as sealed memfds: read at the start and whenever the keeper
 * says so, handed to each sensor that comes.
 *
 * A file that is as it was (device, number, size, time) is not read again. One that cannot be read leaves the
 * list that was made of it before, and is named; one that is gone takes its list with it. All lists together
 * take at most conf lists.memory, and while one is read again it is there twice. One thread, in its jail
 * before the first byte. */
#ifndef GH_SENSOR_LISTS_SERVE_H
#define GH_SENSOR_LISTS_SERVE_H

#include "base/conf.h"
#include "base/msg.h"

struct serve;
/* conf is borrowed. NULL when memory is short. */
struct serve *serve_new(const struct conf *conf);
void serve_free(struct serve *s); /* NULL is fine */
/* Reads what has changed. The number of files that could not be used (each is said in the log). */
size_t serve_load(struct serve *s);
/* All that holds now, to a sensor; then what could not be used. 0 or what the channel says. */
int serve_send(const struct serve *s, struct msg_chan *to);
/* {"generation","lists":N,"entries","bytes","memory_max","refused":[{"file","reason"}]}: below 4 KiB. */
void serve_facts(const struct serve *s, struct writer *w);
/* Does the configuration name anything to serve? */
bool serve_wanted(const struct conf *conf);

#endif
