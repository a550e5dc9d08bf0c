/* SPDX-License-Identifier: GPL-3.0-or-later
 * Manifest, signature file and release keys from hostile bytes: the first byte chooses. What decodes encodes
 * to the same bytes. */
#include "firmware/update/manifest.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const uint8_t root[SEAL_PUBLIC];
    struct keyset k = {.threshold = 1, .n = 1};
    struct arena *a;
    struct manifest m;
    struct writer w;
    const char *why;
    unsigned good;

    if (!n || seal_init() != 0)
        return 0;
    if (p[0] == 's') {
        (void)manifest_verify(span_str("x"), span_of(p + 1, n - 1), &k, &good);
        return 0;
    }
    if (p[0] == 'k') {
        (void)keyset_decode(span_of(p + 1, n - 1), root, &k);
        return 0;
    }
    a = arena_new(16 << 20);
    if (a && manifest_decode(a, span_of(p + 1, n - 1), &m, &why) == 0) {
        writer_init(&w, MANIFEST_MAX);
        manifest_encode(&m, &w);
        gh_check(span_eq(writer_span(&w), span_of(p + 1, n - 1)));
        writer_done(&w);
    }
    arena_free(a);
    return 0;
}
