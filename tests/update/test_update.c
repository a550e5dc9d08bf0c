/* SPDX-License-Identifier: GPL-3.0-or-later
 * Chunks, manifests, signatures, release keys, kernel names, floor. */
#include "base/cdc.h"
#include "firmware/update/esp.h"
#include "firmware/update/floor.h"
#include "release.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static size_t cuts(const uint8_t *p, size_t n, uint8_t (*ids)[SEAL_HASH], size_t max)
{
    size_t count = 0;

    for (size_t off = 0, k; off < n; off += k) {
        k = cdc_cut(p + off, n - off < CDC_MAX ? n - off : CDC_MAX);
        CHECK(k > 0 && k <= CDC_MAX && (k > CDC_MIN || off + k == n));
        if (count < max)
            update_chunk_id(span_of(p + off, k), ids[count]);
        count++;
    }
    return count;
}

static void test_cdc(void)
{
    static uint8_t a[2 << 20], b[(2 << 20) + 3];
    static uint8_t ia[600][SEAL_HASH], ib[600][SEAL_HASH];
    size_t na, nb, same = 0;

    CHECK(cdc_cut(a, 0) == 0);
    CHECK(cdc_cut(a, 1) == 1);
    CHECK(cdc_cut(a, CDC_MAX) == CDC_MAX); /* zeros have no place to cut */
    fill(a, sizeof(a), 1);
    na = cuts(a, sizeof(a), ia, 600);
    CHECK(na > sizeof(a) / CDC_TARGET / 2 && na < sizeof(a) / CDC_TARGET * 2);
    memcpy(b, a, 1 << 20);
    memcpy(b + (1 << 20), "xyz", 3); /* three bytes more in the middle */
    memcpy(b + (1 << 20) + 3, a + (1 << 20), sizeof(a) - (1 << 20));
    nb = cuts(b, sizeof(b), ib, 600);
    for (size_t i = 0; i < nb; i++)
        for (size_t j = 0; j < na; j++)
            same += !memcmp(ib[i], ia[j], SEAL_HASH);
    CHECK(nb - same <= 3);
}

static void test_manifest(void)
{
    const char *dir = make_bundle(
        3, 3, &(struct manifest){.min_epoch = 1, .floor = 2, .built = 1767225600, .note = "vá lỗi"});
    struct arena *a = arena_new(16 << 20);
    size_t n, n_sig;
    uint8_t *bytes, *sig;
    struct manifest m, other;
    char path[4096];
    const char *why;
    unsigned good;
    struct writer w;

    snprintf(path, sizeof(path), "%s/manifest", dir);
    bytes = get_file(path, &n);
    snprintf(path, sizeof(path), "%s/manifest.sig", dir);
    sig = get_file(path, &n_sig);
    CHECK(manifest_decode(a, span_of(bytes, n), &m, &why) == 0);
    CHECK(m.epoch == 3 && m.floor == 2 && m.image_bytes == IMAGE_BYTES && !strcmp(m.note, "vá lỗi"));
    writer_init(&w, MANIFEST_MAX);
    manifest_encode(&m, &w);
    CHECK(span_eq(writer_span(&w), span_of(bytes, n)));
    writer_done(&w);
    for (size_t k = 0; k < n; k++) /* cut anywhere it is refused */
        CHECK(manifest_decode(a, span_of(bytes, k), &other, &why) == ST_MALFORMED && *why);
    CHECK(manifest_verify(span_of(bytes, n), span_of(sig, n_sig), &test_keys, &good) == 0 && good == 3);
    for (size_t k = 0; k < (n < 400 ? n : 400); k++) { /* any bit changed: nobody signed that */
        bytes[k] ^= (uint8_t)(1u << k % 8);
        CHECK(manifest_verify(span_of(bytes, n), span_of(sig, n_sig), &test_keys, &good) ==
                  ST_BAD_SIGNATURE &&
              good == 0);
        bytes[k] ^= (uint8_t)(1u << k % 8);
    }
    for (size_t k = 0; k < n_sig; k++)
        CHECK(manifest_verify(span_of(bytes, n), span_of(sig, k), &test_keys, &good) == ST_MALFORMED);
    free(bytes);
    free(sig);
    arena_free(a);
}

static void test_signatures(void)
{
    const struct span text = span_str("a manifest");
    struct seal_keys *stranger = seal_keys_generate();
    struct writer one, two, forged;
    unsigned good;

    writer_init(&one, 4096);
    writer_init(&two, 4096);
    writer_init(&forged, 4096);
    CHECK(manifest_sign(text, span_of(NULL, 0), test_signers[0], &one) == 0);
    CHECK(manifest_verify(text, writer_span(&one), &test_keys, &good) == ST_BAD_SIGNATURE && good == 1);
    CHECK(manifest_sign(text, writer_span(&one), test_signers[0], &two) == ST_EXISTS);
    CHECK(manifest_sign(text, writer_span(&one), stranger, &two) == 0); /* a second one, but nobody's */
    CHECK(manifest_verify(text, writer_span(&two), &test_keys, &good) == ST_BAD_SIGNATURE && good == 1);
    writer_str(&forged, "GHSIG001"); /* the same signer twice is one signer */
    writer_u8(&forged, 2);
    writer_put(&forged, span_part(writer_span(&one), 9, 96));
    writer_put(&forged, span_part(writer_span(&one), 9, 96));
    CHECK(manifest_verify(text, writer_span(&forged), &test_keys, &good) == ST_BAD_SIGNATURE && good == 1);
    writer_clear(&forged);
    CHECK(manifest_sign(text, writer_span(&one), test_signers[2], &forged) == 0);
    CHECK(manifest_verify(text, writer_span(&forged), &test_keys, &good) == 0 && good == 2);
    writer_done(&one);
    writer_done(&two);
    writer_done(&forged);
    seal_keys_free(stranger);
}

static void test_keyset(void)
{
    const uint8_t *root = seal_keys_public(test_root)->sign;
    struct keyset k = test_keys, got;
    struct writer w;

    writer_init(&w, KEYSET_MAX);
    keyset_encode(&k, test_root, &w);
    CHECK(keyset_decode(writer_span(&w), root, &got) == 0 && got.n == 3 && got.threshold == 2);
    for (size_t i = 0; i < w.n; i++)
        CHECK(keyset_decode(span_part(writer_span(&w), 0, i), root, &got) != 0);
    for (size_t i = 0; i < w.n; i++) {
        w.p[i] ^= 4;
        CHECK(keyset_decode(writer_span(&w), root, &got) != 0);
        w.p[i] ^= 4;
    }
    CHECK(keyset_decode(writer_span(&w), seal_keys_public(test_device)->sign, &got) == ST_BAD_SIGNATURE);
    memcpy(k.sign[1], k.sign[0], SEAL_PUBLIC);
    writer_clear(&w);
    keyset_encode(&k, test_root, &w);
    CHECK(keyset_decode(writer_span(&w), root, &got) == ST_MALFORMED);
    writer_done(&w);
}

static const struct {
    const char *name;
    bool good, counted;
    uint64_t epoch;
    unsigned left, done;
} names[] = {
    {"gatehouse_7.efi", true, false, 7, 0, 0},
    {"gatehouse_7+3.efi", true, true, 7, 3, 0},
    {"gatehouse_12+0-2.efi", true, true, 12, 0, 2},
    {"gatehouse_.efi", false, false, 0, 0, 0},
    {"gatehouse_0.efi", false, false, 0, 0, 0},
    {"gatehouse_7.EFI", false, false, 0, 0, 0},
    {"gatehouse_7+.efi", false, false, 0, 0, 0},
    {"gatehouse_7+1-.efi", false, false, 0, 0, 0},
    {"gatehouse_7x.efi", false, false, 0, 0, 0},
    {"gatehouse_99999999999999999999.efi", false, false, 0, 0, 0},
    {"rescue.efi", false, false, 0, 0, 0},
    {"", false, false, 0, 0, 0},
};

static void test_names(void)
{
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        struct esp_kernel k;
        bool good = esp_parse(names[i].name, &k);
        CHECK(good == names[i].good);
        if (good)
            CHECK(k.epoch == names[i].epoch && k.counted == names[i].counted && k.left == names[i].left &&
                  k.done == names[i].done);
    }
}

static void test_floor(void)
{
    struct failed_release f[FAILED_MAX];
    struct seal_keys *other = seal_keys_generate();
    const char *dir = in_dir("");
    uint64_t v = 9;

    CHECK(floor_load(dir, seal_keys_public(test_device), &v) == 0 && v == 0);
    CHECK(floor_raise(dir, test_device, 5) == 0 && floor_raise(dir, test_device, 3) == 0);
    CHECK(floor_load(dir, seal_keys_public(test_device), &v) == 0 && v == 5);
    CHECK(floor_load(dir, seal_keys_public(other), &v) == ST_BAD_SIGNATURE &&
          v == 0); /* a file from another device */
    CHECK(failed_load(dir, f) == 0);
    CHECK(failed_add(dir, 6, "no\nlight") == 0 && failed_add(dir, 7, "dark") == 0 &&
          failed_add(dir, 6, "again") == 0);
    CHECK(failed_load(dir, f) == 2 && f[0].epoch == 7 && f[1].epoch == 6 && !strcmp(f[1].reason, "again"));
    CHECK(failed_forget(dir, 7) == 0 && failed_load(dir, f) == 1);
    for (uint64_t i = 100; i < 100 + FAILED_MAX; i++)
        CHECK(failed_add(dir, i, "x") == 0);
    CHECK(failed_load(dir, f) == FAILED_MAX && f[0].epoch == 100);
    unlink(in_dir("failed"));
    unlink(in_dir("floor"));
    seal_keys_free(other);
}

int main(void)
{
    release_setup();
    test_cdc();
    test_manifest();
    test_signatures();
    test_keyset();
    test_names();
    test_floor();
    release_teardown();
    return check_end();
}
