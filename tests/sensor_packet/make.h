/* SPDX-License-Identifier: GPL-3.0-or-later
 * make: frames from a line of words, for tests: "eth vlan:5 ip4 udp:1000>53 data:20". Lengths, next-protocol
 * fields and header lengths are filled in; words that say otherwise lie on purpose. The words are in make.c's
 * table. */
#ifndef GH_TESTS_MAKE_H
#define GH_TESTS_MAKE_H

#include <stddef.h>
#include <stdint.h>

/* Length of the frame in buf; exits with a message on an unknown word or when it does not fit. */
size_t make_frame(const char *words, uint8_t *buf, size_t cap);

#endif
