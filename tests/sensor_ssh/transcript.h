/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcript: a conversation in a byte string, for tests of one parser: u8 how (bit 0: TO_CLIENT, bit 1: a
 * hole of that length instead of bytes), 16-bit length, bytes; over and over. Of a UDP parser each part is a
 * datagram. */
#ifndef GH_TESTS_TRANSCRIPT_H
#define GH_TESTS_TRANSCRIPT_H

#include "../sensor_dns/fake_host.h"

/* Plays it to a new parser, bytes of TCP in pieces of at most `piece` (0: as they are). What was said is
 * host's until fake_done. */
const char *transcript_play(const struct proto *p, bool udp, struct span all, size_t piece,
                            struct proto_host *host);
/* The same for fuzzers: also asks the probe, checks that the parser never holds more than `most` bytes. */
void transcript_fuzz(const struct proto *p, bool udp, const uint8_t *data, size_t size, size_t most);
/* For tables: appends one part. */
void transcript_add(struct writer *w, int how, const void *bytes, size_t n);
/* Reads a seed file; exits with a message when it is not there. Freed by writer_done. */
void transcript_load(const char *path, struct writer *ret);
/* Plays every cut of it and with every 17th byte changed: whatever is said, it must not crash, hang or leak.
 */
void transcript_damage(const struct proto *p, bool udp, struct span all);

#endif
