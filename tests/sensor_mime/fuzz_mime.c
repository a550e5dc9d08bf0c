/* SPDX-License-Identifier: GPL-3.0-or-later
 * First byte: mail or form, size of the pieces, whether a hole comes in the middle. What comes in pieces must
 * give the same documents as what comes at once. */
#include "sensor/decode/mime.h"
#include "tests/sensor_carve/fake_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct proto_host *run(struct span text, bool form, size_t step, bool hole)
{
    static const struct carve_options o = {.keep = true, .document_max = 1 << 20, .memory_max = 8 << 20};
    struct proto_host *h = fake_new(NULL, &o);
    struct mime *m =
        mime_new(&h->cx, form ? MIME_FORM : MIME_MAIL, TO_SERVER, 0, span_str(form ? "b" : ""), NULL, NULL);
    struct reader r = reader_span(text);

    while (reader_left(&r)) {
        mime_feed(m, reader_take(&r, step < reader_left(&r) ? step : reader_left(&r)));
        if (hole && reader_left(&r) < text.n / 2) {
            mime_gap(m, 10);
            hole = false;
        }
    }
    mime_end(m, true);
    mime_free(m);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(data, size);
    uint8_t how = reader_u8(&r);
    struct span text = reader_rest(&r);
    struct proto_host *a, *b;

    if (how & 2) {
        fake_free(run(text, how & 1, (size_t)(how >> 2) + 1, true));
        return 0;
    }
    a = run(text, how & 1, SIZE_MAX, false);
    b = run(text, how & 1, (size_t)(how >> 2) + 1, false);
    gh_check(a->n_doc == b->n_doc || text.n > 4000);
    for (size_t i = 0; i < a->n_doc && i < b->n_doc && text.n <= 4000; i++)
        gh_check(memcmp(a->doc[i].d.sha256, b->doc[i].d.sha256, 32) == 0);
    fake_free(a);
    fake_free(b);
    return 0;
}
