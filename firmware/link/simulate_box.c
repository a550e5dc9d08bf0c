/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/link/simulate_box.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *in(const struct sim_box *b, const char *name, char path[static SIM_PATH])
{
    snprintf(path, SIM_PATH, "%s/%s", b->dir, name);
    return path;
}

/* Keys, and the request that the console approves. */
static int make_identity(struct sim_box *b)
{
    char path[SIM_PATH], sign[BASE64_SIZE(SEAL_PUBLIC)], key[BASE64_SIZE(SEAL_PUBLIC)];
    const struct seal_public *pub;
    struct writer w;
    struct jw j;
    int rc;

    b->keys = seal_keys_generate();
    if (!b->keys)
        return ST_NOMEM;
    pub = seal_keys_public(b->keys);
    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "gatehouse", "enrol-request-v1");
    jw_kcstr(&j, "name", strrchr(b->dir, '/') + 1);
    jw_kcstr(&j, "sign", base64_encode(pub->sign, SEAL_PUBLIC, sign, sizeof(sign)));
    jw_kcstr(&j, "box", base64_encode(pub->box, SEAL_PUBLIC, key, sizeof(key)));
    jw_end_obj(&j);
    rc = file_replace_soon(in(b, "request.json", path), writer_span(&w), 0644);
    writer_done(&w);
    return rc ? rc : keyfile_save(in(b, "appliance.key", path), b->keys); /* last: with it the box is there */
}

/* "chain": number and hash of the last batch that was made. */
static void load_chain(struct sim_box *b)
{
    char path[SIM_PATH];
    struct reader r;
    struct writer w;

    writer_init(&w, 16384); /* the reader asks for room ahead */
    if (link_read_file(in(b, "chain", path), &w) == 0 && w.n == 8 + SEAL_HASH) {
        r = reader_span(writer_span(&w));
        b->number = reader_le64(&r);
        reader_copy(&r, b->hash, SEAL_HASH);
    }
    writer_done(&w);
}

int sim_box_open(struct sim_box *b, const char *dir, unsigned index)
{
    char path[SIM_PATH];
    int rc;

    *b = (struct sim_box){.index = index};
    snprintf(b->dir, sizeof(b->dir), "%s/%05u", dir, index);
    if (mkdir(b->dir, 0700) != 0 && errno != EEXIST)
        return status_from_errno(errno);
    in(b, "appliance.key", path);
    rc = access(path, F_OK) != 0 ? make_identity(b) : keyfile_load(path, &b->keys);
    b->enrolled = !rc && link_console_load(b->dir, &b->console) == 0;
    if (b->enrolled)
        load_chain(b);
    if (rc)
        sim_box_close(b);
    return rc;
}

void sim_box_close(struct sim_box *b)
{
    seal_keys_free(b->keys);
    b->keys = NULL;
}

int sim_box_make(const struct sim_box *b, const struct sim_mix *m, uint64_t wall_us, struct arena *a,
                 struct sim_batch *ret, struct writer *sealed)
{
    struct batch_header *h = &ret->head;
    uint8_t sig[SEAL_SIGNATURE];
    struct record *r;
    struct writer plain;
    int rc;

    *h = (struct batch_header){.number = b->number + 1, .wall_us = wall_us};
    seal_id(seal_keys_public(b->keys), h->appliance);
    memcpy(h->previous, b->hash, SEAL_HASH);
    arena_reset(a);
    writer_init(&plain, ENVELOPE_MAX);
    writer_clear(sealed);
    rc = simulate_records(m, h->number, a, &r, &ret->alerts);
    if (!rc) {
        batch_sign(h, r, m->records, b->keys, sig);
        rc = batch_write(h, r, m->records, sig, &plain);
    }
    ret->plain = plain.n;
    if (!rc)
        rc = envelope_seal(writer_span(&plain), &b->console.key, sealed);
    writer_done(&plain);
    return rc;
}

int sim_box_done(struct sim_box *b, const struct sim_batch *batch)
{
    char path[SIM_PATH];
    uint8_t bytes[8 + SEAL_HASH];
    struct writer w;

    b->number = batch->head.number;
    batch_hash(&batch->head, b->hash);
    writer_fixed(&w, bytes, sizeof(bytes));
    writer_le(&w, b->number, 8);
    writer_bytes(&w, b->hash, SEAL_HASH);
    return file_replace_soon(in(b, "chain", path), writer_span(&w), 0600);
}

int sim_box_keep(const struct sim_box *b, const struct sim_batch *batch, struct span sealed)
{
    char path[SIM_PATH], name[48];

    snprintf(name, sizeof(name), "batch-%012" PRIu64 ".ghb", batch->head.number);
    return file_replace_soon(in(b, name, path), sealed, 0600);
}
