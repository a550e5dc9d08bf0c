/* SPDX-License-Identifier: GPL-3.0-or-later
 * Manifests, orders, asks and pieces of goods: what is read and written again is the same. */
#include "base/goods.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void same(const struct writer *w, struct span in)
{
    gh_check(writer_ok(w) && span_eq(writer_span(w), in));
}

static void manifest(struct span in, struct writer *w)
{
    struct arena *a = arena_new(8u << 20);
    struct goods g;
    const char *why = NULL;
    uint64_t sum = 0;

    gh_check(a);
    writer_clear(w);
    if (goods_read(in, a, &g, &why) == 0) {
        gh_check(goods_write(&g, w) == 0);
        same(w, in);
        for (uint32_t i = 0; i < g.n_files; i++) {
            gh_check(g.files[i].path[0] != '/' && !strstr(g.files[i].path, ".."));
            sum += g.files[i].bytes;
        }
        gh_check(sum == g.bytes && sum <= GOODS_BYTES);
    }
    arena_free(a);
}

static void pieces(struct span in, struct writer *w)
{
    static uint8_t to[CDC_MAX];
    struct reader r = reader_span(in);
    struct goods_piece p;
    int rc;

    writer_clear(w);
    while ((rc = goods_piece_next(&r, &p)) == 1) {
        (void)goods_piece_open(&p, to);
        goods_piece_write(&p, w);
    }
    if (!rc)
        same(w, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct goods_ask ask;
    struct span in = span_of(data, n);
    struct goods_order order;
    struct writer w;

    writer_init(&w, n + 64);
    manifest(in, &w);
    writer_clear(&w);
    if (goods_order_read(in, &order) == 0) {
        goods_order_write(&order, &w);
        same(&w, in);
    }
    writer_clear(&w);
    if (goods_ask_read(in, &ask) == 0) {
        goods_ask_write(&ask, &w);
        same(&w, in);
    }
    pieces(in, &w);
    writer_done(&w);
    return 0;
}
