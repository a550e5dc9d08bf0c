/* SPDX-License-Identifier: GPL-3.0-or-later
 * bmp: pictures for tests of what reads pictures. */
#ifndef GH_TESTS_BMP_H
#define GH_TESTS_BMP_H

#include "base/writer.h"

/* "SECRET" in a 5x7 face, a letter a row of seven. */
static const uint8_t face[6][7] = {
    {0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e}, {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f},
    {0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e}, {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11},
    {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f}, {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04},
};

/* Appends a BMP of 24 bits: white, noise, or with that word at its top left. Its width may lie. */
static inline void bmp(struct writer *w, int32_t width, int32_t height, int32_t claimed_width, bool noise,
                       bool letters)
{
    uint32_t stride = ((uint32_t)width * 3 + 3) & ~3u, random = 1;

    writer_str(w, "BM");
    writer_le(w, 54 + (uint64_t)stride * (uint32_t)height, 4);
    writer_le(w, 0, 4);
    writer_le(w, 54, 4);
    writer_le(w, 40, 4);
    writer_le(w, (uint32_t)claimed_width, 4);
    writer_le(w, (uint32_t)height, 4);
    writer_le(w, 1, 2);
    writer_le(w, 24, 2);
    writer_le(w, 0, 4);
    writer_le(w, (uint64_t)stride * (uint32_t)height, 4);
    writer_le(w, 3780, 4);
    writer_le(w, 3780, 4);
    writer_le(w, 0, 8);
    for (int32_t y = height; y-- > 0;) {
        for (int32_t x = 0; x < width; x++) {
            int32_t col = (x - 20) / 4, row = (y - 14) / 4;
            bool ink = letters && x >= 20 && y >= 14 && col < 36 && row < 7 && col % 6 < 5 &&
                       face[col / 6][row] >> (4 - col % 6) & 1;
            random = random * 1664525 + 1013904223;
            for (unsigned k = 0; k < 3; k++)
                writer_u8(w, noise ? (uint8_t)(random >> 24) : ink ? 0 : 255);
        }
        for (uint32_t k = (uint32_t)width * 3; k < stride; k++)
            writer_u8(w, 0);
    }
}

#endif
