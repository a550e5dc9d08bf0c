/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pictures: what is too small, too large, damaged or a photograph; that a page is recognised needs a language
 * model, without which that row is left out. */
#include "tests/rules_extract/examine.h"
#include "tests/rules_image/bmp.h"

#define WIDTH 220
#define HEIGHT 60

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
