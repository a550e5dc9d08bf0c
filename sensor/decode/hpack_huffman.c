/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/hpack_huffman.h"

#define LONGEST 30

/* The code is canonical: codes of one length are consecutive numbers, symbols of one length ascend. How many
 * there are of each length, and all symbols in that order, is therefore all of it. The last one of 30 bits
 * is the end symbol, which has no byte. */
static const uint8_t count[LONGEST + 1] = {0, 0, 0, 0, 0, 10, 26, 32, 6,  0, 5,  3,  2,  6, 2, 3,
                                           0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4};
static const uint8_t symbols[256] = {
    48,  49,  50,  97,  99,  101, 105, 111, 115, 116, 32,  37,  45,  46,  47,  51,  52,  53,  54,  55,
    56,  57,  61,  65,  95,  98,  100, 102, 103, 104, 108, 109, 110, 112, 114, 117, 58,  66,  67,  68,
    69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,  82,  83,  84,  85,  86,  87,  89,
    106, 107, 113, 118, 119, 120, 121, 122, 38,  42,  44,  59,  88,  90,  33,  34,  40,  41,  63,  39,
    43,  124, 35,  62,  0,   36,  64,  91,  93,  126, 94,  125, 60,  96,  123, 92,  195, 208, 128, 130,
    131, 162, 184, 194, 224, 226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129,
    132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
    196, 198, 228, 232, 233, 1,   135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157,
    158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239, 9,   142, 144, 145, 148, 159,
    171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210, 213, 218, 219,
    238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250,
    251, 252, 253, 254, 2,   3,   4,   5,   6,   7,   8,   11,  12,  14,  15,  16,  17,  18,  19,  20,
    21,  23,  24,  25,  26,  27,  28,  29,  30,  31,  127, 220, 249, 10,  13,  22,
};

bool hpack_huffman(struct span coded, struct writer *out)
{
    struct reader r = reader_span(coded);
    uint64_t bits = 0; /* the next ones, from the top down */
    unsigned have = 0;

    for (;;) {
        uint32_t code = 0, first = 0; /* the bits taken; the lowest code of that length */
        unsigned len = 0, before = 0; /* symbols with shorter codes */

        while (have <= 56 && reader_left(&r)) {
            bits |= (uint64_t)reader_u8(&r) << (56 - have);
            have += 8;
        }
        if (!have)
            return writer_ok(out);
        do {
            before += count[len];
            first = (first + count[len]) << 1;
            if (++len > have || len > LONGEST)
                break;
            code = (uint32_t)(bits >> (64 - len));
        } while (code - first >= count[len]);
        if (len > have || len > LONGEST) /* the rest is padding, or nothing */
            return have < 8 && bits >> (64 - have) == (1u << have) - 1 && writer_ok(out);
        if (before + code - first >= GH_COUNT(symbols))
            return false;
        writer_u8(out, symbols[before + code - first]);
        bits <<= len;
        have -= len;
    }
}
