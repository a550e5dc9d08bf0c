/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 1: reads and writes ([MS-CIFS] 2.2.4.11, .12, .20, .40, .42, .43). */
#include "sensor/decode/smb_v1.h"

/* Data at an offset of the message. What ends it may be passed on while it comes; otherwise it is all there.
 */
static void data(struct smb *s, struct smb_half *h, const struct smb1_command_of *c, struct smb_file *f,
                 enum smb_way way, uint64_t offset, size_t at, size_t n)
{
    struct span here = span_part(c->message, at, n);

    if (c->last && !h->chunk.left) {
        smb_data(s, h, f, way, offset, at, n);
        return;
    }
    if (here.n < n)
        proto_anomaly(s->cx, h->dir, "smb.malformed_data");
    smb_file_put(s, f, way, h->dir, offset, here, 0);
}

/* ---- reads ---- */

static void reads(struct smb *s, struct smb_half *h, const struct smb1_command_of *c, uint16_t id,
                  uint64_t offset, uint32_t length)
{
    struct smb_file *f = smb1_file(s, h, c, id);
    struct smb_request *q = f ? smb1_request(s, h, c, false) : NULL;

    if (!q)
        return;
    q->file = smb_file_ref(f);
    q->offset = offset;
    q->length = length;
}

void smb1_read_andx_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);

    reader_skip(&r, 4);
    uint16_t id = reader_le16(&r);
    uint64_t offset = reader_le32(&r);
    uint32_t length = reader_le16(&r);
    reader_skip(&r, 2);
    uint32_t high = reader_le32(&r);
    reader_skip(&r, 2);
    if (!reader_ok(&r))
        return;
    if (high != UINT32_MAX)
        length |= (high & 0xFFFF) << 16;
    if (c->words >= 12)
        offset |= (uint64_t)reader_le32(&r) << 32;
    reads(s, h, c, id, offset, length);
}

void smb1_read_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);
    uint16_t id = reader_le16(&r);
    uint32_t length = reader_le16(&r), offset = reader_le32(&r);

    if (reader_ok(&r))
        reads(s, h, c, id, offset, length);
}

static void answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c, size_t at, size_t n,
                   bool ok)
{
    struct smb_request *q = smb1_find(s, c);

    if (!q || !q->file) {
        if (c->good && n)
            proto_anomaly(s->cx, h->dir, "smb.answer_without_request");
    } else if (c->good && ok) {
        if (n)
            data(s, h, c, q->file, SMB_READ, q->offset, at, n);
        q->file->end_seen |= n < q->length && !c->status.code;
    } else if (!c->status.dos && c->status.code == SMB_END_OF_FILE) {
        q->file->end_seen = true;
    }
    smb1_answered(s, c, q);
}

void smb1_read_andx_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);

    reader_skip(&r, 10);
    size_t n = reader_le16(&r), at = reader_le16(&r);
    n |= (size_t)reader_le16(&r) << 16;
    answer(s, h, c, at, n, reader_ok(&r));
}

void smb1_read_answer(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);
    size_t n = reader_le16(&r);

    answer(s, h, c, c->at_bytes + 3, n, reader_ok(&r)); /* behind format byte and length */
}

/* ---- writes ---- */

void smb1_write_andx_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);

    reader_skip(&r, 4);
    uint16_t id = reader_le16(&r);
    uint64_t offset = reader_le32(&r);
    reader_skip(&r, 8);
    size_t high = reader_le16(&r), n = reader_le16(&r), at = reader_le16(&r);
    if (!reader_ok(&r))
        return;
    if (c->words >= 14)
        offset |= (uint64_t)reader_le32(&r) << 32;
    struct smb_file *f = smb1_file(s, h, c, id);
    if (f)
        data(s, h, c, f, SMB_WRITTEN, offset, at, n | high << 16);
}

void smb1_write_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);
    uint16_t id = reader_le16(&r);
    size_t n = reader_le16(&r);
    uint32_t offset = reader_le32(&r);
    struct smb_file *f = reader_ok(&r) ? smb1_file(s, h, c, id) : NULL;

    if (!f)
        return;
    if (n) {
        data(s, h, c, f, SMB_WRITTEN, offset, c->at_bytes + 3, n);
    } else { /* that is how a file is cut ([MS-CIFS] 2.2.4.12) */
        f->planned = offset;
        f->have_planned = true;
    }
}

void smb1_write_and_close_request(struct smb *s, struct smb_half *h, const struct smb1_command_of *c)
{
    struct reader r = smb1_words(c);
    uint16_t id = reader_le16(&r);
    size_t n = reader_le16(&r);
    uint32_t offset = reader_le32(&r);
    struct smb_file *f = reader_ok(&r) ? smb1_file(s, h, c, id) : NULL;

    if (!f)
        return;
    /* Behind one byte that pads it; the file ends with it, so it is not passed on while it comes. */
    smb_file_put(s, f, SMB_WRITTEN, h->dir, offset, span_part(c->message, c->at_bytes + 1, n), 0);
    smb_file_close(s, f, true);
}
