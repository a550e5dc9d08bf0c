/* SPDX-License-Identifier: GPL-3.0-or-later
 * tape: frames that say whose they are and which one, and a look into the pcap files that a recorder answers
 * with. */
#ifndef GH_TESTS_TAPE_H
#define GH_TESTS_TAPE_H

#include "sensor/capture/recorder.h"

#define TAPE_FRAME_MAX (300u << 10)
#define TAPE_ANSWERS 256

/* One answer, taken apart. */
struct tape_answer {
    uint64_t request;
    enum recorder_state state;
    bool complete, sound; /* sound: a pcap file in which every frame is whole and in order */
    uint32_t frames;
    unsigned link_type;
    uint64_t flow, first, last; /* whose the frames are (0: of several), numbers of the first and the last */
    size_t bytes;
};
struct tape {
    struct recorder *recorder;
    uint64_t number, now_us;
    struct tape_answer answers[TAPE_ANSWERS];
    size_t n;
};
void tape_open(struct tape *t, size_t size, size_t flow_max, uint64_t after_us);
void tape_close(struct tape *t);
/* A frame of n bytes (at least 16); its number. */
uint64_t tape_add(struct tape *t, uint64_t flow, size_t n, bool first, unsigned link_type);
/* The same as a part, or as the frame that ends n_parts of them. */
uint64_t tape_part(struct tape *t, uint64_t flow, uint64_t key, size_t n);
uint64_t tape_whole(struct tape *t, uint64_t flow, uint64_t key, uint32_t n_parts, size_t n);
const struct tape_answer *tape_last(const struct tape *t);

#endif
