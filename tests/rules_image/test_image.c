/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pictures: what is too small, too large, damaged or a photograph; that a page is recognised needs a language
 * model, without which that row is left out. */
#include "tests/rules_extract/examine.h"

#define WIDTH 220
#define HEIGHT 60

/* "SECRET" in a 5x7 face, a letter a row of seven. */
static const uint8_t face[6][7] = {
    {0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e}, {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f},
    {0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e}, {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11},
    {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f}, {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04},
};

/* A BMP of 24 bits, whose sizes may lie. */
static void bmp(struct writer *w, int32_t width, int32_t height, int32_t claimed_width, bool noise,
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

int main(void)
{
    static const struct {
        const char *name;
        int32_t width, height, claimed;
        bool noise;
        const char *read, *why;
    } rows[] = {
        {"too small to hold words", 20, 10, 20, false, "full", ""},
        {"photograph", WIDTH, HEIGHT, WIDTH, true, "none", "unsupported"},
        {"larger than it is", WIDTH, HEIGHT, 2000000000, false, "none", NULL},
        {"too many points", WIDTH, HEIGHT, 1000000, false, "none", NULL},
    };
    struct writer w;
    struct examined e;

    CHECK(document_warm_up() == 0);
    writer_init(&w, 8 << 20);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        writer_clear(&w);
        bmp(&w, rows[i].width, rows[i].height, rows[i].claimed, rows[i].noise, false);
        e = examine(writer_span(&w), "p.bmp", NULL);
        check_row(rows[i].name);
        CHECK_STR(json_text(e.json, "kind"), "image");
        if (strcmp(rows[i].read, "full") != 0 ||
            strcmp(json_text(e.json, "unread_reason"), "unsupported") != 0)
            CHECK_STR(json_text(e.json, "read"), rows[i].read);
        if (rows[i].why)
            CHECK(strcmp(json_text(e.json, "unread_reason"), rows[i].why) == 0 ||
                  strcmp(json_text(e.json, "unread_reason"), "unsupported") == 0);
        examine_done(&e);
    }
    writer_clear(&w);
    bmp(&w, WIDTH, HEIGHT, WIDTH, false, true);
    e = examine(writer_span(&w), "p.bmp", NULL);
    check_row("letters");
    if (strcmp(json_text(e.json, "unread_reason"), "unsupported") != 0) { /* no language model otherwise */
        CHECK(json_text(e.json, "text")[0] == 'S'); /* so coarse a face is not read to the last letter */
        CHECK_STR(json_text(e.json, "read"), "full");
    }
    examine_done(&e);
    e = examine(span_part(writer_span(&w), 0, 60), "p.bmp", NULL);
    check_row("cut");
    CHECK_STR(json_text(e.json, "read"), "none");
    examine_done(&e);
    writer_done(&w);
    return check_end();
}
