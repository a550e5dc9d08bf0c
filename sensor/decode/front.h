/* SPDX-License-Identifier: GPL-3.0-or-later
 * front: from frames to jobs. It decodes a frame, waits for the fragments of its datagram, keeps the time of
 * the run, and hands on what is found: the innermost packet, the packet around a tunnel, oddities of
 * fragments, beats of the pulse. It knows no conversations.
 *
 * Jobs of one frame bear rising packet.order: number of the frame << 4 | 0, 1, 2 …; a tick comes before the
 * frame that made the pulse beat, and bears the order of its place.
 *
 * Memory: that of defrag (conf sensor.fragments, an eighth of sensor.memory). A front belongs to the thread
 * that reads frames. */
#ifndef GH_SENSOR_FRONT_H
#define GH_SENSOR_FRONT_H

#include "base/conf.h"
#include "sensor/capture/source.h"
#include "sensor/decode/job.h"
#include "sensor/decode/ledger.h"

struct front;
/* The job is valid during the call; who needs its packet longer holds j->frame and j->datagram. */
typedef void front_fn(void *arg, const struct job *j);

/* share: fronts among which the configured memory is divided. hold: jobs come with the blocks they lie in.
 * conf is borrowed during the call. NULL when memory is short. */
struct front *front_new(const struct conf *conf, unsigned share, bool hold, front_fn *fn, void *arg);
void front_free(struct front *f); /* NULL is fine */
/* One frame in capture order. */
void front_frame(struct front *f, const struct frame *in);
/* Lets time pass without packets. */
void front_tick(struct front *f, uint64_t wall_us);
/* The capture ends: fragments that wait are lost, then JOB_FINISH. */
void front_finish(struct front *f);
uint64_t front_frames(const struct front *f); /* read so far */
size_t front_memory(const struct front *f);   /* held now by fragments */
/* Adds its part of the packets' row. */
void front_account(const struct front *f, struct ledger *l);

#endif
