/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/manifest.h"
#include "base/cdc.h"
#include "base/text.h"
#include "firmware/update/verity.h"

#define MAGIC "GHUPD001"
#define FORMAT 1
#define SIG_MAGIC "GHSIG001"
#define KEYS_MAGIC "GHKEYS01"
#define MAGIC_SIZE 8
#define SIGN_DOMAIN "gatehouse-update-v1"
#define KEYS_DOMAIN "gatehouse-release-keys-v1"

void update_chunk_id(struct span bytes, uint8_t out[static SEAL_HASH])
{
    seal_hash("gatehouse-chunk-v1", &bytes, 1, out);
}

void update_file_hash(struct span bytes, uint8_t out[static SEAL_HASH])
{
    seal_hash("gatehouse-image-v1", &bytes, 1, out);
}

/* ---- manifest ---- */

void manifest_encode(const struct manifest *m, struct writer *w)
{
    writer_str(w, MAGIC);
    writer_le(w, FORMAT, 2);
    writer_le(w, m->product, 2);
    writer_le(w, m->hardware, 4);
    writer_le(w, m->epoch, 8);
    writer_le(w, m->min_epoch, 8);
    writer_le(w, m->floor, 8);
    writer_le(w, m->built, 8);
    writer_bytes(w, m->root_hash, sizeof(m->root_hash));
    writer_le(w, m->data_blocks, 8);
    writer_le(w, m->image_bytes, 8);
    writer_le(w, m->uki_bytes, 8);
    writer_bytes(w, m->image_hash, SEAL_HASH);
    writer_bytes(w, m->uki_hash, SEAL_HASH);
    writer_bytes(w, m->sbom_hash, SEAL_HASH);
    writer_u8(w, (uint8_t)strlen(m->version));
    writer_str(w, m->version);
    writer_le(w, strlen(m->note), 2);
    writer_str(w, m->note);
    writer_le(w, m->n_image, 4);
    writer_le(w, m->n_uki, 4);
    for (uint32_t i = 0; i < m->n_image + m->n_uki; i++) {
        writer_le(w, m->chunks[i].n, 4);
        writer_bytes(w, m->chunks[i].id, SEAL_HASH);
    }
}

/* A text field: valid UTF-8 without control characters, shorter than cap. */
static bool take_text(struct reader *r, size_t n, char *to, size_t cap)
{
    struct span s = reader_take(r, n);

    if (s.n >= cap || !text_is_utf8(s))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    if (s.n)
        memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return true;
}

static bool take_chunks(struct reader *r, struct update_chunk *c, uint32_t n, uint64_t want)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        c[i].n = reader_le32(r);
        reader_copy(r, c[i].id, SEAL_HASH);
        if (!c[i].n || c[i].n > CDC_MAX)
            return false;
        sum += c[i].n;
    }
    return reader_ok(r) && sum == want;
}

static const char *check_numbers(const struct manifest *m)
{
    if (!m->epoch || m->min_epoch > m->epoch || m->floor > m->epoch)
        return "its epochs contradict each other";
    if (!m->image_bytes || m->image_bytes % VERITY_BLOCK || !m->data_blocks ||
        m->data_blocks > m->image_bytes / VERITY_BLOCK)
        return "the image's length does not fit its verity tree";
    if (!m->uki_bytes)
        return "it has no kernel";
    return NULL;
}

static const char *decode(struct arena *a, struct reader *r, struct manifest *m)
{
    struct span magic = reader_take(r, MAGIC_SIZE);
    const char *why;

    if (!span_eq(magic, span_str(MAGIC)))
        return "it is no Gatehouse update";
    if (reader_le16(r) != FORMAT)
        return "its format is newer than this program; update in smaller steps";
    m->product = reader_le16(r);
    m->hardware = reader_le32(r);
    m->epoch = reader_le64(r);
    m->min_epoch = reader_le64(r);
    m->floor = reader_le64(r);
    m->built = reader_le64(r);
    reader_copy(r, m->root_hash, sizeof(m->root_hash));
    m->data_blocks = reader_le64(r);
    m->image_bytes = reader_le64(r);
    m->uki_bytes = reader_le64(r);
    reader_copy(r, m->image_hash, SEAL_HASH);
    reader_copy(r, m->uki_hash, SEAL_HASH);
    reader_copy(r, m->sbom_hash, SEAL_HASH);
    if (!take_text(r, reader_u8(r), m->version, sizeof(m->version)) ||
        !take_text(r, reader_le16(r), m->note, sizeof(m->note)))
        return "its version or note is no text";
    m->n_image = reader_le32(r);
    m->n_uki = reader_le32(r);
    if (!reader_ok(r))
        return "it ends too early";
    why = check_numbers(m);
    if (why)
        return why;
    if ((uint64_t)m->n_image + m->n_uki != reader_left(r) / (4 + SEAL_HASH) ||
        reader_left(r) % (4 + SEAL_HASH))
        return "its list of chunks is not as long as it says";
    m->chunks = arena_array(a, (size_t)m->n_image + m->n_uki, sizeof(*m->chunks));
    if (!m->chunks)
        return "there is not enough memory for its list of chunks";
    if (!take_chunks(r, m->chunks, m->n_image, m->image_bytes) ||
        !take_chunks(r, m->chunks + m->n_image, m->n_uki, m->uki_bytes))
        return "its chunks do not add up to the image";
    return NULL;
}

int manifest_decode(struct arena *a, struct span bytes, struct manifest *ret, const char **ret_why)
{
    struct reader r = reader_span(bytes);
    struct manifest m = {0};
    const char *why = bytes.n > MANIFEST_MAX ? "it is too long" : decode(a, &r, &m);

    *ret_why = why ? why : "";
    if (why)
        return ST_MALFORMED;
    *ret = m;
    return 0;
}

/* ---- signatures ---- */

/* "GHSIG001", u8 number, then that many of: signer's public key, signature. */
static bool signatures(struct span sig, struct reader *ret, unsigned *ret_n)
{
    struct reader r = reader_span(sig);
    struct span magic = reader_take(&r, MAGIC_SIZE);

    *ret_n = reader_u8(&r);
    if (!span_eq(magic, span_str(SIG_MAGIC)) || *ret_n > SIGNATURES_MAX ||
        reader_left(&r) != (size_t)*ret_n * (SEAL_PUBLIC + SEAL_SIGNATURE) || !reader_ok(&r))
        return false;
    *ret = r;
    return true;
}

bool manifest_leaves_tree_out(const struct manifest *m)
{
    return m->image_bytes / VERITY_BLOCK == m->data_blocks;
}

int manifest_verify(struct span manifest, struct span sig, const struct keyset *keys, unsigned *ret_good)
{
    bool seen[SIGNATURES_MAX] = {false};
    struct reader r;
    unsigned n;

    *ret_good = 0;
    if (manifest.n > MANIFEST_MAX || !signatures(sig, &r, &n))
        return ST_MALFORMED;
    for (unsigned i = 0; i < n; i++) {
        struct span who = reader_take(&r, SEAL_PUBLIC), s = reader_take(&r, SEAL_SIGNATURE);
        for (unsigned k = 0; k < keys->n; k++) {
            if (seen[k] || !span_eq(who, span_of(keys->sign[k], SEAL_PUBLIC)))
                continue;
            if (seal_verify(keys->sign[k], SIGN_DOMAIN, manifest, s.p) == 0) {
                seen[k] = true;
                ++*ret_good;
            }
        }
    }
    return *ret_good >= keys->threshold ? 0 : ST_BAD_SIGNATURE;
}

int manifest_sign(struct span manifest, struct span sig, const struct seal_keys *k, struct writer *ret_sig)
{
    const struct seal_public *me = seal_keys_public(k);
    uint8_t mine[SEAL_SIGNATURE];
    struct reader r = {0};
    unsigned n = 0;

    if (sig.n && !signatures(sig, &r, &n))
        return ST_MALFORMED;
    if (n == SIGNATURES_MAX)
        return ST_LIMIT;
    for (struct reader look = r; reader_left(&look);) {
        if (span_eq(reader_take(&look, SEAL_PUBLIC), span_of(me->sign, SEAL_PUBLIC)))
            return ST_EXISTS;
        reader_skip(&look, SEAL_SIGNATURE);
    }
    seal_sign(k, SIGN_DOMAIN, manifest, mine);
    writer_str(ret_sig, SIG_MAGIC);
    writer_u8(ret_sig, (uint8_t)(n + 1));
    writer_put(ret_sig, reader_rest(&r));
    writer_bytes(ret_sig, me->sign, SEAL_PUBLIC);
    writer_bytes(ret_sig, mine, sizeof(mine));
    return writer_ok(ret_sig) ? 0 : ST_NOMEM;
}

/* ---- release keys ---- */

void keyset_encode(const struct keyset *k, const struct seal_keys *root, struct writer *w)
{
    uint8_t sig[SEAL_SIGNATURE];

    writer_str(w, KEYS_MAGIC);
    writer_le(w, k->version, 4);
    writer_u8(w, k->threshold);
    writer_u8(w, k->n);
    for (unsigned i = 0; i < k->n; i++)
        writer_bytes(w, k->sign[i], SEAL_PUBLIC);
    seal_sign(root, KEYS_DOMAIN, writer_span(w), sig);
    writer_bytes(w, sig, sizeof(sig));
}

int keyset_decode(struct span bytes, const uint8_t root[static SEAL_PUBLIC], struct keyset *ret)
{
    struct reader r = reader_span(bytes);
    struct keyset k = {0};
    struct span magic = reader_take(&r, MAGIC_SIZE), sig;
    size_t signed_bytes;

    k.version = reader_le32(&r);
    k.threshold = reader_u8(&r);
    k.n = reader_u8(&r);
    if (!span_eq(magic, span_str(KEYS_MAGIC)) || !k.n || k.n > SIGNATURES_MAX || !k.threshold ||
        k.threshold > k.n)
        return ST_MALFORMED;
    for (unsigned i = 0; i < k.n; i++) {
        reader_copy(&r, k.sign[i], SEAL_PUBLIC);
        for (unsigned j = 0; j < i; j++) /* one person twice would make a quorum alone */
            if (!memcmp(k.sign[i], k.sign[j], SEAL_PUBLIC))
                return ST_MALFORMED;
    }
    signed_bytes = r.pos;
    sig = reader_take(&r, SEAL_SIGNATURE);
    if (!reader_ok(&r) || reader_left(&r))
        return ST_MALFORMED;
    if (seal_verify(root, KEYS_DOMAIN, span_part(bytes, 0, signed_bytes), sig.p) != 0)
        return ST_BAD_SIGNATURE;
    *ret = k;
    return 0;
}
