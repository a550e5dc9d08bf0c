/* SPDX-License-Identifier: GPL-3.0-or-later
 * Receipts: what was written is read; what somebody changed, shortened or signed with another key is not. */
#include "base/receipt.h"
#include "tests/check.h"

int main(void)
{
    static const struct {
        const char *name, *from, *to;
    } changes[] = {
        {"another number", "\"receipt\":41", "\"receipt\":42"},
        {"another kind", "receipt-v1", "receipt-v2"},
        {"no number", "\"receipt\":41", "\"receipt\":\"41\""},
        {"negative", "\"receipt\":41", "\"receipt\":-1"},
        {"another appliance", "\"0102", "\"0103"},
        {"upper case", "\"0a0b", "\"0A0B"},
        {"another hash", "0a0b", "0a0c"},
        {"no signature", "signature", "signatur"},
    };
    const struct receipt r = {.appliance = {1, 2}, .number = 41, .hash = {0x0a, 0x0b}};
    struct seal_keys *console = seal_init() == 0 ? seal_keys_generate() : NULL, *other = seal_keys_generate();
    struct receipt got;
    struct writer w;

    CHECK(console && other);
    writer_init(&w, RECEIPT_MAX);
    CHECK(receipt_write(&r, console, &w) == 0);
    check_row("whole");
    CHECK(receipt_read(writer_span(&w), seal_keys_public(console), &got) == 0);
    CHECK(got.number == 41 && !memcmp(&got.appliance, r.appliance, SEAL_ID) &&
          !memcmp(got.hash, r.hash, SEAL_HASH));
    check_row("another console");
    CHECK(receipt_read(writer_span(&w), seal_keys_public(other), &got) == ST_BAD_SIGNATURE);
    for (size_t i = 0; i < GH_COUNT(changes); i++) {
        const char *text = writer_cstr(&w), *at = strstr(text, changes[i].from);
        struct writer bad;
        check_row(changes[i].name);
        writer_init(&bad, RECEIPT_MAX);
        CHECK(at != NULL);
        writer_bytes(&bad, text, at ? (size_t)(at - text) : 0);
        writer_str(&bad, changes[i].to);
        writer_str(&bad, at ? at + strlen(changes[i].from) : "");
        CHECK(receipt_read(writer_span(&bad), seal_keys_public(console), &got) != 0);
        writer_done(&bad);
    }
    check_row("shortened");
    for (size_t n = 0; n + 1 < w.n; n++) /* without its newline it is still whole */
        CHECK(receipt_read(span_of(w.p, n), seal_keys_public(console), &got) != 0);
    writer_done(&w);
    seal_keys_free(console);
    seal_keys_free(other);
    return check_end();
}
