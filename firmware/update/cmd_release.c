/* SPDX-License-Identifier: GPL-3.0-or-later
 * build, keys, sign, verify: what is done where releases are made. */
#include "firmware/update/bundle.h"
#include "base/program.h"
#include "firmware/update/floor.h"
#include "firmware/update/install.h"
#include "firmware/update/update.h"
#include "firmware/update/words.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* 'build --disk': the image maker lies in the source tree beside the build, or where it is installed. */
static int make_image(const char *out, const char *version, uint64_t epoch)
{
    char place[2][PATH_MAX], number[32];
    char *argv[] = {NULL, (char *)out, number, (char *)version, NULL};

    snprintf(number, sizeof(number), "%llu", (unsigned long long)epoch);
    (void)program_beside("../firmware/image/build", place[0], sizeof(place[0]));
    snprintf(place[1], sizeof(place[1]), "/usr/share/gatehouse/image/build");
    for (size_t i = 0; i < 2; i++) {
        argv[0] = place[i];
        if (access(place[i], X_OK) == 0)
            execv(place[i], argv);
    }
    fprintf(stderr, "gatehouse firmware build: the image maker (%s) is not here\n", place[1]);
    return 3;
}

int update_build(const struct conf *c, int argc, char **argv)
{
    struct manifest m = {.hardware = 1};
    const char *out, *image = NULL, *uki = NULL, *sbom = NULL, *hash = NULL, *version, *note = "";
    uint64_t hardware = 1;
    bool disk = false, renew = false;
    char why[256] = "";
    const struct word words[] = {{"-o", .text = &out, .needed = true},
                                 {"--image", .text = &image},
                                 {"--uki", .text = &uki},
                                 {"--sbom", .text = &sbom},
                                 {"--root-hash", .text = &hash},
                                 {"--blocks", .number = &m.data_blocks},
                                 {"--epoch", .number = &m.epoch, .needed = true},
                                 {"--version", .text = &version, .needed = true},
                                 {"--min-epoch", .number = &m.min_epoch},
                                 {"--floor", .number = &m.floor},
                                 {"--hardware", .number = &hardware},
                                 {"--built", .number = &m.built},
                                 {"--note", .text = &note},
                                 {"--disk", .flag = &disk},
                                 {"--renew-lock", .flag = &renew}};
    int rc;

    (void)c;
    if (words_parse("build", words, GH_COUNT(words), argc, argv, NULL, 0) < 0)
        return 2;
    if (renew && (!disk || setenv("GH_LOCK", "renew", 1) != 0)) {
        fprintf(stderr, "gatehouse firmware build: --renew-lock goes with --disk\n");
        return 2;
    }
    if (disk)
        return make_image(out, version, m.epoch);
    if (!image || !uki || !hash || !update_hex32(span_str(hash), m.root_hash) || hardware > UINT32_MAX) {
        fprintf(stderr, "gatehouse firmware build: --image, --uki and --root-hash (64 hex digits) are "
                        "needed, or --disk\n");
        return 2;
    }
    m.hardware = (uint32_t)hardware;
    if (strlen(version) >= sizeof(m.version) || strlen(note) >= sizeof(m.note)) {
        fprintf(stderr, "gatehouse firmware build: the version may have %d bytes, the note %d\n",
                MANIFEST_VERSION - 1, MANIFEST_NOTE - 1);
        return 2;
    }
    snprintf(m.version, sizeof(m.version), "%s", version);
    snprintf(m.note, sizeof(m.note), "%s", note);
    rc = bundle_make(out, &m, image, uki, sbom, why);
    if (rc) {
        fprintf(stderr, "gatehouse firmware build: %s\n", why);
        return rc == ST_NOT_FOUND ? 2 : 3;
    }
    printf("%s: release %s, epoch %llu, %u chunks\nnext: gatehouse firmware sign %s --key KEY (by as many "
           "people as the release keys ask)\n",
           out, m.version, (unsigned long long)m.epoch, m.n_image + m.n_uki, out);
    return 0;
}

int update_keys(const struct conf *c, int argc, char **argv)
{
    const char *out, *root, *rest[SIGNATURES_MAX];
    uint64_t number, threshold;
    const struct word words[] = {{"-o", .text = &out, .needed = true},
                                 {"--root", .text = &root, .needed = true},
                                 {"--number", .number = &number, .needed = true},
                                 {"--threshold", .number = &threshold, .needed = true}};
    int n = words_parse("keys", words, GH_COUNT(words), argc, argv, rest, SIGNATURES_MAX), rc;
    struct keyset k = {0};
    struct seal_keys *key = NULL;
    struct writer w;

    (void)c;
    if (n < 0)
        return 2;
    if (!n || !threshold || threshold > (uint64_t)n || number > UINT32_MAX) {
        fprintf(stderr,
                "gatehouse firmware keys: the threshold is between 1 and the number of public keys given\n");
        return 2;
    }
    k = (struct keyset){.version = (uint32_t)number, .threshold = (uint8_t)threshold, .n = (uint8_t)n};
    for (int i = 0; i < n; i++) {
        struct seal_public pub;
        rc = keyfile_load_public(rest[i], &pub, NULL, 0);
        if (rc) {
            fprintf(stderr, "gatehouse firmware keys: %s: %s\n", rest[i], status_text(rc));
            return 2;
        }
        memcpy(k.sign[i], pub.sign, SEAL_PUBLIC);
    }
    rc = keyfile_load(root, &key);
    if (rc) {
        fprintf(stderr, "gatehouse firmware keys: %s: %s\n", root, status_text(rc));
        return 2;
    }
    writer_init(&w, KEYSET_MAX);
    keyset_encode(&k, key, &w);
    rc = keyset_decode(writer_span(&w), seal_keys_public(key)->sign, &k); /* one key twice is found here */
    if (rc)
        fprintf(stderr, "gatehouse firmware keys: each public key may be given once\n");
    else if ((rc = floor_file_write(NULL, out, writer_span(&w))) != 0)
        fprintf(stderr, "gatehouse firmware keys: %s: %s\n", out, status_text(rc));
    seal_keys_free(key);
    writer_done(&w);
    return rc ? 2 : 0;
}

int update_sign(const struct conf *c, int argc, char **argv)
{
    const char *key, *dir;
    const struct word words[] = {{"--key", .text = &key, .needed = true}};
    struct writer m, old, sig;
    struct seal_keys *k = NULL;
    int rc;

    (void)c;
    if (words_parse("sign", words, GH_COUNT(words), argc, argv, &dir, 1) != 1) {
        fprintf(stderr, "usage: gatehouse firmware sign DIR --key KEY\n");
        return 2;
    }
    writer_init(&m, MANIFEST_MAX + 65536);
    writer_init(&old, 65536);
    writer_init(&sig, SIGNATURE_FILE_MAX);
    rc = floor_file_read(dir, "manifest", MANIFEST_MAX, &m);
    if (rc)
        fprintf(stderr, "gatehouse firmware sign: %s/manifest: %s\n", dir, status_text(rc));
    if (!rc && (rc = keyfile_load(key, &k)) != 0)
        fprintf(stderr, "gatehouse firmware sign: %s: %s\n", key, status_text(rc));
    if (!rc && (rc = floor_file_read(dir, "manifest.sig", SIGNATURE_FILE_MAX, &old)) == ST_NOT_FOUND)
        rc = 0;
    if (!rc) {
        rc = manifest_sign(writer_span(&m), writer_span(&old), k, &sig);
        if (!rc)
            rc = floor_file_write(dir, "manifest.sig", writer_span(&sig));
        if (rc)
            fprintf(stderr, "gatehouse firmware sign: %s/manifest.sig: %s\n", dir,
                    rc == ST_EXISTS ? "this key has signed it already" : status_text(rc));
    }
    seal_keys_free(k);
    writer_done(&m);
    writer_done(&old);
    writer_done(&sig);
    return rc ? 2 : 0;
}

/* Keys given by hand instead of those that this machine trusts. */
static int keyset_of(const char *file, const char *root, struct keyset *ret)
{
    struct seal_public pub;
    struct writer w;
    int rc = keyfile_load_public(root, &pub, NULL, 0);

    writer_init(&w, 65536);
    if (!rc)
        rc = floor_file_read(NULL, file, KEYSET_MAX, &w);
    if (!rc)
        rc = keyset_decode(writer_span(&w), pub.sign, ret);
    if (rc)
        fprintf(stderr, "gatehouse firmware: %s with root key %s: %s\n", file, root, status_text(rc));
    writer_done(&w);
    return rc ? 2 : 0;
}

int update_verify(const struct conf *c, int argc, char **argv)
{
    const char *dir, *file = NULL, *root = NULL;
    bool manifest = false;
    const struct word words[] = {{"--keys", .text = &file}, {"--root", .text = &root}, {"--manifest", .flag = &manifest}};
    struct keyset keys;
    struct manifest m;
    struct writer bytes;
    struct arena *a;
    char why[256] = "";
    int rc;

    if (words_parse("verify", words, GH_COUNT(words), argc, argv, &dir, 1) != 1 || !file != !root) {
        fprintf(stderr, "usage: gatehouse firmware verify DIR [--manifest] [--keys FILE --root PUBLIC]\n");
        return 2;
    }
    rc = file ? keyset_of(file, root, &keys) : keyset_trusted(c, &keys);
    if (rc)
        return rc;
    a = arena_new(64u << 20);
    writer_init(&bytes, MANIFEST_MAX + 65536);
    rc = a ? bundle_open(dir, &keys, a, &bytes, &m, why) : ST_NOMEM;
    if (!rc && !manifest)
        rc = bundle_check(dir, &m, why);
    if (rc)
        fprintf(stderr, "gatehouse firmware verify: %s\n", *why ? why : status_text(rc));
    else
        printf("%s: release %s, epoch %llu: signed by enough%s (%llu bytes in %u chunks)\n", dir,
               m.version, (unsigned long long)m.epoch, manifest ? "" : ", whole", (unsigned long long)(m.image_bytes + m.uki_bytes),
               m.n_image + m.n_uki);
    writer_done(&bytes);
    arena_free(a);
    return rc ? 2 : 0;
}
