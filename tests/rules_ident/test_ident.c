/* SPDX-License-Identifier: GPL-3.0-or-later
 * Personal identifiers: counted where they are, and not where they only look like it. The numbers are made up
 * or the public test numbers of their issuers. */
#include "rules/ident.h"
#include "tests/check.h"

static const struct {
    const char *name, *text;
    unsigned cccd, mrz, card;
} rows[] = {
    {"citizen number with its word", "Số CCCD: 001085012345, cấp ngày", 1, 0, 0},
    {"without a word", "Mã đơn hàng 001085012345", 0, 0, 0},
    {"no such province", "CCCD 003085012345", 0, 0, 0},
    {"no such century", "CCCD 001985012345", 0, 0, 0},
    {"born in the future", "CCCD 001299012345", 0, 0, 0},
    {"eleven digits", "CCCD 00108501234", 0, 0, 0},
    {"thirteen digits", "CCCD 0010850123456", 0, 0, 0},
    {"part of a word", "CCCD x001085012345", 0, 0, 0},
    {"a list needs no word",
     "001085012345\n001085012346\n001085012347\n079085012348\n048085012349\n001085012350\n001085012351\n00108"
     "5012352\n"
     "001085012353\n001085012354\n",
     10, 0, 0},
    {"many other numbers beside",
     "001085012345 001085012346 001085012347 001085012348 001085012349 001085012350 001085012351 "
     "001085012352 001085012353 "
     "001085012354 999999999901 999999999902 999999999903 999999999904 999999999905 999999999906 "
     "999999999907 999999999908 "
     "999999999909 999999999910 999999999911",
     0, 0, 0},
    {"passport", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
     0, 1, 0},
    {"passport, wrong digit", "L898902C37UTO7408122F1204159ZE184226B<<<<<10", 0, 0, 0},
    {"passport, longer line", "L898902C36UTO7408122F1204159ZE184226B<<<<<100", 0, 0, 0},
    {"card", "4111111111111111", 0, 0, 0}, /* one digit over and over is an example, not a card */
    {"card in groups", "Thẻ 4012 8888 8888 1881.", 0, 0, 1},
    {"card with dashes", "5555-5555-5555-4444 378282246310005", 0, 0, 2},
    {"wrong sum", "4012 8888 8888 1882", 0, 0, 0},
    {"foreign prefix", "1012 8888 8888 1881", 0, 0, 0},
    {"twenty digits", "40128888888818810000", 0, 0, 0},
    {"empty", "", 0, 0, 0},
};

int main(void)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct ident_counts c = {.bare = 0};
        check_row(rows[i].name);
        ident_scan(span_str(rows[i].text), &c);
        ident_settle(&c);
        CHECK_U64(c.found[IDENT_CCCD], rows[i].cccd);
        CHECK_U64(c.found[IDENT_PASSPORT_MRZ], rows[i].mrz);
        CHECK_U64(c.found[IDENT_CARD], rows[i].card);
    }
    CHECK_STR(ident_name(IDENT_PASSPORT_MRZ), "passport_mrz");
    return check_end();
}
