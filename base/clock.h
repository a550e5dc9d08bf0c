/* SPDX-License-Identifier: GPL-3.0-or-later
 * clock: the only place that asks for the time. Tests put their own clock in. */
#ifndef GH_BASE_CLOCK_H
#define GH_BASE_CLOCK_H

#include "base/status.h"

/* Monotonic milliseconds and microseconds since some start; wall clock microseconds since 1970 UTC. */
uint64_t clock_mono_ms(void);
uint64_t clock_mono_us(void);
uint64_t clock_wall_us(void);
/* For tests: all three answer from *us until set back to NULL. */
void clock_override(const uint64_t *us);

#define CLOCK_ISO_SIZE 40
/* "2026-11-23T20:30:00.123456+0000", the form Suricata uses. Returns buf. */
const char *clock_iso(uint64_t wall_us, char buf[static CLOCK_ISO_SIZE]);
/* The reverse; accepts "Z", "+0000", "+00:00" and 0 to 9 fraction digits. */
bool clock_parse_iso(const char *s, size_t n, uint64_t *ret_wall_us);

#endif
