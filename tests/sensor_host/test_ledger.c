/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor/decode/ledger.h"
#include "tests/check.h"

int main(void)
{
    struct ledger l;
    struct writer w;
    struct jw j;

    ledger_init(&l);
    check_row("empty");
    CHECK(ledger_balanced(&l) && ledger_close(&l));
    check_row("losses by reason");
    ledger_set(&l, LEDGER_PACKETS, 10, 6);
    ledger_lost(&l, LEDGER_PACKETS, "not_ip", 3);
    ledger_lost(&l, LEDGER_PACKETS, "not_ip", 1);
    ledger_lost(&l, LEDGER_PACKETS, "empty_frame", 0);
    CHECK(ledger_balanced(&l) && ledger_close(&l));
    check_row("what is missing is named");
    ledger_set(&l, LEDGER_FLOWS, 5, 3);
    CHECK(!ledger_balanced(&l) && !ledger_close(&l) && ledger_balanced(&l));
    check_row("what is too much is seen");
    ledger_set(&l, LEDGER_EVENTS, 1, 4);
    CHECK(!ledger_close(&l) && ledger_balanced(&l));
    writer_init(&w, 65536);
    jw_init(&j, &w);
    ledger_write(&l, &j);
    CHECK_STR(writer_cstr(&w), "{\"packets\":{\"in\":10,\"out\":6,\"lost\":{\"not_ip\":4}},"
                               "\"segments\":{\"in\":0,\"out\":0,\"lost\":{}},"
                               "\"flows\":{\"in\":5,\"out\":3,\"lost\":{\"unaccounted\":2}},"
                               "\"documents\":{\"in\":0,\"out\":0,\"lost\":{}},"
                               "\"events\":{\"in\":4,\"out\":4,\"lost\":{}}}");
    writer_done(&w);
    return check_end();
}
