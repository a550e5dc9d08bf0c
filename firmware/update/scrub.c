/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firmware/update/scrub.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "firmware/update/floor.h"
#include "firmware/update/slot.h"
#include "firmware/update/verity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define HASH VERITY_HASH
#define HASHES VERITY_HASHES
#define STEP (256u * SCRUB_BLOCK)

struct scrub {
    int fd;
    const struct scrub_tree *t;
    struct scrub_result r;
    struct digest *digest;
    uint8_t *buf;
};

static void bad_block(struct scrub *s, uint64_t block)
{
    if (!s->r.bad++ || block < s->r.first_bad)
        s->r.first_bad = block;
}

static bool fits(struct scrub *s, const uint8_t *block, const uint8_t want[static HASH])
{
    uint8_t got[HASH];

    digest_update(s->digest, s->t->salt, s->t->salt_n);
    digest_update(s->digest, block, SCRUB_BLOCK);
    digest_final(s->digest, got);
    return !memcmp(got, want, HASH);
}

/* Compares n blocks from block at (step bytes of them at once) with the hashes that begin in block hashes_at
 * of the tree. A whole step that cannot be read is read block by block. */
static void compare(struct scrub *s, uint64_t at, uint64_t n, uint64_t hashes_at)
{
    uint8_t *hashes = s->buf + STEP;

    for (uint64_t i = 0; i < n; i += HASHES) {
        uint64_t count = n - i < HASHES ? n - i : HASHES;
        bool whole = file_read_at(s->fd, s->buf, count * SCRUB_BLOCK, (at + i) * SCRUB_BLOCK) == 0;
        bool known = file_read_at(s->fd, hashes, SCRUB_BLOCK, (hashes_at + i / HASHES) * SCRUB_BLOCK) == 0;
        for (uint64_t k = 0; k < count; k++) {
            const uint8_t *block = s->buf + k * SCRUB_BLOCK;
            bool good = known && (whole || file_read_at(s->fd, s->buf + k * SCRUB_BLOCK, SCRUB_BLOCK,
                                                        (at + i + k) * SCRUB_BLOCK) == 0);
            if (!good || !fits(s, block, hashes + k * HASH))
                bad_block(s, at + i + k);
        }
        s->r.blocks += count;
    }
}

static void compare_all(struct scrub *s, const struct verity_shape *h)
{
    unsigned top = h->levels - 1;

    s->r.blocks++;
    if (file_read_at(s->fd, s->buf, SCRUB_BLOCK, h->at[top] * SCRUB_BLOCK) != 0 ||
        !fits(s, s->buf, s->t->root_hash))
        bad_block(s, h->at[top]);
    for (unsigned i = top; i-- > 0;)
        compare(s, h->at[i], h->blocks[i], h->at[i + 1]);
    compare(s, 0, s->t->data_blocks, h->at[0]);
}

int scrub_run(int fd, const struct scrub_tree *t, struct scrub_result *ret)
{
    struct scrub s = {.fd = fd, .t = t, .digest = digest_new_sha256()};
    int flags = fcntl(fd, F_GETFL), rc;
    struct verity_shape h;

    rc = s.digest && t->salt_n <= SCRUB_SALT_MAX ? verity_shape(t->data_blocks, &h)
         : s.digest                              ? ST_MALFORMED
                                                 : ST_NOMEM;
    if (!rc && posix_memalign((void **)&s.buf, SCRUB_BLOCK, STEP + SCRUB_BLOCK) != 0)
        rc = ST_NOMEM;
    if (!rc) {
        /* what memory remembers is not asked, the disk is */
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        bool direct = flags >= 0 && fcntl(fd, F_SETFL, flags | O_DIRECT) == 0;
        if (direct && file_read_at(fd, s.buf, SCRUB_BLOCK, 0) != 0)
            (void)fcntl(fd, F_SETFL, flags);
        compare_all(&s, &h);
        if (direct)
            (void)fcntl(fd, F_SETFL, flags);
        *ret = s.r;
    }
    digest_free(s.digest);
    free(s.buf);
    return rc;
}

int scrub_keep(const char *dir, uint64_t epoch, const struct scrub_result *r)
{
    char iso[CLOCK_ISO_SIZE];
    struct writer w;
    struct jw j;
    int rc;

    writer_init(&w, 4096);
    jw_init(&j, &w);
    jw_obj(&j);
    jw_kcstr(&j, "at", clock_iso(clock_wall_us(), iso));
    jw_ku64(&j, "epoch", epoch);
    jw_ku64(&j, "blocks", r->blocks);
    jw_ku64(&j, "bad", r->bad);
    if (r->bad)
        jw_ku64(&j, "first_bad", r->first_bad);
    jw_end_obj(&j);
    writer_u8(&w, '\n');
    rc = writer_ok(&w) ? floor_file_write(dir, SCRUB_FILE, writer_span(&w)) : ST_NOMEM;
    writer_done(&w);
    return rc;
}
