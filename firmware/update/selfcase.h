/* SPDX-License-Identifier: GPL-3.0-or-later
 * selfcase: a capture for the self-test: one web server inside gives a marked text to somebody outside. Pure. */
#ifndef GH_UPDATE_SELFCASE_H
#define GH_UPDATE_SELFCASE_H

#include "base/writer.h"

/* Appends a pcap file (about 1 kB): Ethernet, IPv4, one HTTP exchange from 10.0.0.2 to 198.18.0.2 with text as
 * its body (at most 1000 bytes). */
void selfcase_capture(const char *text, struct writer *out);

#endif
