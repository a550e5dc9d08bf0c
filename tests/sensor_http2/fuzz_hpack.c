/* SPDX-License-Identifier: GPL-3.0-or-later
 * Header blocks, each behind two bytes of length. Whatever libnghttp2 reads, from the first block on, is read
 * here just so; it refuses more than a listener has to. */
#include "sensor/decode/hpack.h"
#include "tests/sensor_carve/fake_host.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(void *arg, struct span name, struct span value)
{
    struct writer *w = arg;

    writer_be(w, name.n, 4);
    writer_put(w, name);
    writer_be(w, value.n, 4);
    writer_put(w, value);
}

static bool theirs(nghttp2_hd_inflater *z, struct span block, struct writer *w)
{
    struct reader r = reader_span(block);

    for (;;) {
        struct reader rest = r;
        struct span left = reader_rest(&rest);
        nghttp2_nv nv;
        int flags = 0;
        ssize_t n = nghttp2_hd_inflate_hd2(z, &nv, &flags, left.p, left.n, 1);
        if (n < 0)
            return false;
        reader_skip(&r, (size_t)n);
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            put(w, span_of(nv.name, nv.namelen), span_of(nv.value, nv.valuelen));
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            nghttp2_hd_inflate_end_headers(z);
            return true;
        }
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && !reader_left(&r))
            return true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proto_host *host = fake_new(NULL, NULL);
    struct hpack *h = hpack_new(&host->cx);
    struct reader r = reader_of(data, size);
    nghttp2_hd_inflater *z;
    bool both = true;

    if (!h || nghttp2_hd_inflate_new(&z) != 0)
        abort();
    while (reader_left(&r)) {
        size_t n = reader_be16(&r);
        struct span block = reader_take(&r, n < reader_left(&r) ? n : reader_left(&r));
        struct writer a, b;
        writer_init(&a, 64 << 20);
        writer_init(&b, 64 << 20);
        enum hpack_result result = hpack_block(h, block, put, &a);
        both = both && theirs(z, block, &b);
        if (both && (result != HPACK_OK || !span_eq(writer_span(&a), writer_span(&b))))
            abort();
        writer_done(&a);
        writer_done(&b);
    }
    nghttp2_hd_inflate_del(z);
    hpack_free(h);
    fake_free(host);
    return 0;
}
