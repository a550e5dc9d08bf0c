/* SPDX-License-Identifier: GPL-3.0-or-later
 * Parcels off a broker. Nobody can have signed an answer for this console, so none is taken; the box is opened
 * before the parser, so its inside is sealed here first. */
#include "base/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct seal_public nobody = {{1}, {2}};
    static struct seal_keys *keys;
    struct parcel_answer a;
    struct writer sealed, plain, body;
    struct parcel p;

    if (!keys)
        gh_check(seal_init() == 0 && (keys = seal_keys_generate()) != NULL);
    writer_init(&sealed, n + 256);
    writer_init(&plain, PARCEL_BODY);
    writer_init(&body, PARCEL_BODY);
    gh_check(parcel_open(span_of(data, n), keys, &plain, &p) != 0);
    writer_clear(&plain);
    gh_check(seal_box(seal_keys_public(keys), span_of(data, n), &sealed) == 0);
    if (parcel_open(writer_span(&sealed), keys, &plain, &p) == 0)
        gh_check(p.path.n && p.path.n <= PARCEL_WORD && p.type.n && p.body.n <= n);
    gh_check(parcel_answer_read(span_of(data, n), &nobody, keys, &a, &body) != 0);
    gh_check(body.n == 0);
    writer_done(&sealed);
    writer_done(&plain);
    writer_done(&body);
    return 0;
}
