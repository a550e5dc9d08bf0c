/* SPDX-License-Identifier: GPL-3.0-or-later
 * Bytes a second by hours: what is understood, and what is refused. */
#include "base/rates.h"
#include "tests/check.h"

static const struct {
    const char *text;
    bool good;
    uint64_t at0, at8, at12, at23;
} rows[] = {
    {"", true, 7, 7, 7, 7},
    {"8-18=4K", true, 7, 4096, 4096, 7},
    {"  8-18=4K   22-6=1M ", true, 1 << 20, 4096, 4096, 1 << 20},
    {"8-18=4K 12-13=0", true, 7, 4096, 0, 7},
    {"0-24=512", true, 512, 512, 512, 512},
    {"22-0=256", true, 7, 7, 7, 256},
    {"23-8=256", true, 256, 7, 7, 256},
    {"8-8=4K", false, 0, 0, 0, 0},
    {"24-1=4K", false, 0, 0, 0, 0},
    {"1-25=4K", false, 0, 0, 0, 0},
    {"8-18=255", false, 0, 0, 0, 0},
    {"8-18=", false, 0, 0, 0, 0},
    {"8-18=K", false, 0, 0, 0, 0},
    {"8-18=4G", false, 0, 0, 0, 0},
    {"8=4K", false, 0, 0, 0, 0},
    {"-8-18=4K", false, 0, 0, 0, 0},
    {"8-18=4K,9-10=4K", false, 0, 0, 0, 0},
    {"8-18=99999999999999999999", false, 0, 0, 0, 0},
};

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        char text[256];
        struct rates r = {{1}};
        struct writer err;
        check_row(rows[i].text);
        writer_fixed(&err, text, sizeof(text));
        CHECK(rates_parse(span_str(rows[i].text), 7, &r) == rows[i].good);
        CHECK((rates_check(span_str(rows[i].text), &err) == 0) == rows[i].good &&
              (err.n > 0) == !rows[i].good);
        if (!rows[i].good) {
            CHECK_U64(r.hour[0], 1); /* untouched */
            continue;
        }
        CHECK_U64(r.hour[0], rows[i].at0);
        CHECK_U64(r.hour[8], rows[i].at8);
        CHECK_U64(r.hour[12], rows[i].at12);
        CHECK_U64(r.hour[23], rows[i].at23);
    }
    return check_end();
}
