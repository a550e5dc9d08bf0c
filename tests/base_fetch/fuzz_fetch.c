/* SPDX-License-Identifier: GPL-3.0-or-later
 * Hellos, parts, names, and the answer about a connection's packets: what is read and written again is the
 * same. */
#include "base/event.h"
#include "base/fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void same(const struct writer *w, struct span in)
{
    gh_check(writer_ok(w) && span_eq(writer_span(w), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = span_of(data, n);
    struct fetch_hello hello;
    struct fetch_part part;
    struct upload_piece piece;
    struct event_pcap pcap;
    struct writer w;

    writer_init(&w, n + 64);
    if (fetch_hello_read(in, &hello) == 0) {
        fetch_hello_write(&hello, &w);
        same(&w, in);
    }
    writer_clear(&w);
    if (fetch_part_read(in, &part) == 0) {
        gh_check(part.state == FETCH_MISSING || part.offset + part.bytes.n <= part.total);
        fetch_part_write(&part, &w);
        same(&w, in);
    }
    writer_clear(&w);
    if (upload_piece_read(in, 8u << 20, &piece) == 0) {
        gh_check((uint64_t)piece.offset + piece.bytes.n <= piece.total);
        upload_piece_write(&piece, &w);
        same(&w, in);
    }
    writer_clear(&w);
    if (event_pcap_get(in, &pcap) == 0) {
        event_pcap_put(&w, &pcap);
        same(&w, in);
    }
    if (fetch_name_is_good(in))
        gh_check(n < FETCH_NAME && !memchr(data, '/', n) && !memchr(data, 0, n));
    writer_done(&w);
    return 0;
}
