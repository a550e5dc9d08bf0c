/* SPDX-License-Identifier: GPL-3.0-or-later
 * Envelopes in pieces: cut, doubled, out of order, mixed up, and what strangers make wait. */
#include "console/api/upload.h"
#include "tests/check.h"

#include <stdio.h>

static uint8_t whole[30000];

/* One piece; the answer, *ret_have. */
static int add(struct uploads *u, unsigned who, const uint8_t *id, uint32_t total, uint32_t offset,
               uint32_t n, uint32_t *have)
{
    uint8_t address[UPLOAD_ADDRESS] = {(uint8_t)who};
    struct upload_piece p = {.total = total, .offset = offset, .bytes = span_of(whole + offset, n)};
    struct span got = {NULL, 0};
    int rc;

    memcpy(p.id, id, UPLOAD_ID);
    rc = uploads_add(u, address, &p, have, &got);
    CHECK(rc != 1 || span_eq(got, span_of(whole, total)));
    return rc;
}

int main(void)
{
    struct uploads *u = uploads_new();
    uint8_t id[UPLOAD_ID], other[UPLOAD_ID] = {1};
    uint32_t have;

    if (seal_init() != 0 || !u)
        return EXIT_FAILURE;
    for (size_t i = 0; i < sizeof(whole); i++)
        whole[i] = (uint8_t)(i * i >> 8);
    upload_id(span_of(whole, sizeof(whole)), id);
    check_row("one after the other");
    CHECK(add(u, 1, id, 30000, 0, 8192, &have) == 0 && have == 8192);
    CHECK(add(u, 1, id, 30000, 8192, 8192, &have) == 0 && have == 16384);
    check_row("doubled, and one too early");
    CHECK(add(u, 1, id, 30000, 8192, 8192, &have) == 0 && have == 16384);
    CHECK(add(u, 1, id, 30000, 20000, 1000, &have) == 0 && have == 16384);
    check_row("one that overlaps");
    CHECK(add(u, 1, id, 30000, 16000, 4000, &have) == 0 && have == 20000);
    CHECK(add(u, 1, id, 30000, 20000, 10000, &have) == 1);
    check_row("it is over");
    CHECK(add(u, 1, id, 30000, 20000, 10000, &have) == 0 && have == 0);
    check_row("pieces of another whole");
    CHECK(add(u, 1, other, 30000, 0, 30000, &have) == 0 && have == 0);
    check_row("another's upload is not touched");
    CHECK(add(u, 1, id, 30000, 0, 100, &have) == 0 && add(u, 2, id, 30000, 100, 100, &have) == 0 &&
          have == 0);
    check_row("a stranger's many uploads push out their own");
    for (unsigned i = 0; i < 200; i++) {
        other[1] = (uint8_t)i;
        CHECK(add(u, 3, other, 8u << 20, 0, 10, &have) == 0 && have == 10);
    }
    CHECK(add(u, 1, id, 30000, 100, 29900, &have) == 1 || have == 0);
    uploads_free(u);
    return check_end();
}
