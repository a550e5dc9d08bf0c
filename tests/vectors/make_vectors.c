/* SPDX-License-Identifier: GPL-3.0-or-later
 * Prints one of each thing that travels between an appliance and its console, as JSON with hexadecimal bytes, made with keys that anybody
 * may know. vectors_test.py reads them without any code of ours. */
#include "base/envelope.h"
#include "base/fetch.h"
#include "base/goods.h"
#include "base/invitation.h"
#include "base/json.h"
#include "base/receipt.h"
#include "base/succession.h"

#include <stdio.h>

static struct jw j;
static struct seal_keys *appliance, *console, *next;

static struct seal_keys *keys_of(uint8_t seed)
{
    uint8_t *secret = seal_alloc(SEAL_SECRET);
    struct seal_keys *k;

    gh_check(secret);
    for (unsigned i = 0; i < SEAL_SECRET; i++)
        secret[i] = (uint8_t)(seed + i);
    k = seal_keys_import(secret);
    seal_free(secret);
    gh_check(k);
    return k;
}

static void put(const char *name, const struct writer *w)
{
    gh_check(writer_ok(w));
    jw_khex(&j, name, w->p, w->n);
}

static void put_batch(struct writer *w)
{
    const struct record r[] = {{.run = 7, .n = 1, .type = 3, .json = span_str("{\"event_type\":\"flow\",\"n\":1}")},
                               {.run = 7, .n = 1, .k = 1, .type = 0, .json = span_str("{\"event_type\":\"alert\",\"n\":1}")}};
    struct batch_header h = {.number = 2, .wall_us = 1763975513000000};
    uint8_t sig[SEAL_SIGNATURE], hash[SEAL_HASH];
    struct writer sealed;

    seal_id(seal_keys_public(appliance), h.appliance);
    memset(h.previous, 0xab, sizeof(h.previous));
    batch_sign(&h, r, GH_COUNT(r), appliance, sig);
    gh_check(batch_write(&h, r, GH_COUNT(r), sig, w) == 0);
    put("batch", w);
    batch_hash(&h, hash);
    jw_khex(&j, "batch_hash", hash, sizeof(hash));
    writer_init(&sealed, 65536);
    gh_check(envelope_seal(writer_span(w), seal_keys_public(console), &sealed) == 0);
    put("sealed", &sealed);
    writer_done(&sealed);
}

static void put_small(struct writer *w)
{
    struct receipt receipt = {.number = 2};
    struct upload_piece piece = {.total = 9, .offset = 4, .ahead = true, .bytes = span_str("after")};
    struct fetch_part part = {.offset = 3, .total = 7, .state = FETCH_BYTES, .bytes = span_str("tail")};
    struct goods_order order = {.kind = GOODS_RULES, .serial = 5, .made = 1763975513000000, .manifest_bytes = 99};
    struct goods_ask ask = {.what = GOODS_ASK_CHUNK, .most = GOODS_ASK_LEAST, .n = 1};
    struct succession word = {.made_us = 1763975513000000, .until_us = 1766567513000000};

    seal_id(seal_keys_public(appliance), receipt.appliance);
    memset(receipt.hash, 0xcd, sizeof(receipt.hash));
    writer_clear(w);
    gh_check(receipt_write(&receipt, console, w) == 0);
    put("receipt", w);
    upload_id(span_str("goesafter"), piece.id);
    writer_clear(w);
    upload_piece_write(&piece, w);
    put("piece", w);
    memset(part.token, 0x11, sizeof(part.token));
    writer_clear(w);
    fetch_part_write(&part, w);
    put("part", w);
    seal_id(seal_keys_public(appliance), order.appliance);
    memset(order.manifest, 0x22, sizeof(order.manifest));
    goods_order_sign(&order, console);
    writer_clear(w);
    goods_order_write(&order, w);
    put("order", w);
    ask.order = order;
    memset(ask.ids[0], 0x33, SEAL_HASH);
    writer_clear(w);
    goods_ask_write(&ask, w);
    put("ask", w);
    word.next = *seal_keys_public(next);
    memset(word.pin, 0x44, sizeof(word.pin));
    writer_clear(w);
    gh_check(writer_reserve(w, SUCCESSION_SIZE) != NULL);
    succession_write(&word, console, w->p);
    writer_advance(w, SUCCESSION_SIZE);
    put("succession", w);
}

static void put_hello(struct writer *w)
{
    struct fetch_hello h = {.first = 1, .number = 2, .wall_us = 1763975513000000};
    uint8_t bytes[3 * 8 + SEAL_HASH];
    struct writer signed_part;

    seal_id(seal_keys_public(appliance), h.appliance);
    memset(h.hash, 0xee, sizeof(h.hash));
    writer_fixed(&signed_part, bytes, sizeof(bytes));
    writer_le(&signed_part, h.first, 8);
    writer_le(&signed_part, h.number, 8);
    writer_le(&signed_part, h.wall_us, 8);
    writer_bytes(&signed_part, h.hash, sizeof(h.hash));
    seal_sign(appliance, "gatehouse-journal-head-v1", writer_span(&signed_part), h.signature);
    writer_clear(w);
    fetch_hello_write(&h, w);
    put("hello", w);
}

static void put_invitation(struct writer *w)
{
    struct invitation_host h = {.console = *seal_keys_public(console), .committee = *seal_keys_public(next), .pin = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    char code[INVITATION_CODE];
    struct invitation i;

    invitation_make(&h, &i);
    jw_kcstr(&j, "code", invitation_code(&i, code));
    jw_khex(&j, "secret", i.secret, sizeof(i.secret));
    writer_clear(w);
    gh_check(invitation_seal(&i, span_str("{\"request\":1}"), &h.console, w) == 0);
    put("join", w);
}

int main(void)
{
    struct writer out, w;

    gh_check(seal_init() == 0);
    appliance = keys_of(1);
    console = keys_of(101);
    next = keys_of(151);
    writer_init(&out, 1 << 20);
    writer_init(&w, 1 << 16);
    jw_init(&j, &out);
    jw_obj(&j);
    put_batch(&w);
    put_hello(&w);
    put_small(&w);
    put_invitation(&w);
    jw_end_obj(&j);
    printf("%s\n", writer_cstr(&out));
    writer_done(&out);
    writer_done(&w);
    seal_keys_free(appliance);
    seal_keys_free(console);
    seal_keys_free(next);
    return 0;
}
