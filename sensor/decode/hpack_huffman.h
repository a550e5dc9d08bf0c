/* SPDX-License-Identifier: GPL-3.0-or-later
 * hpack_huffman: the string code of RFC 7541 section 5.2 and appendix B. Pure function, any thread. */
#ifndef GH_SENSOR_HPACK_HUFFMAN_H
#define GH_SENSOR_HPACK_HUFFMAN_H

#include "base/writer.h"

/* Appends what the coded string says. False when it is no such string: the end symbol inside, more than seven
 * bits of padding, padding that is not all ones; or when out is full. */
bool hpack_huffman(struct span coded, struct writer *out);

#endif
