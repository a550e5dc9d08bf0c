/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 2 and 3: opens, reads and writes ([MS-SMB2] 2.2.13 to 2.2.22, 2.2.37 to 2.2.40). */
#include "sensor/decode/smb_code.h"
#include "sensor/decode/smb_event.h"
#include "sensor/decode/smb_name.h"
#include "sensor/decode/smb_v2.h"

#define OPTION_DIRECTORY 0x1u
#define OPTION_DELETE 0x1000u
#define CLOSE_ATTRIBUTES 0x1u /* the answer to a close says them */
#define INFO_FILE 1
/* [MS-FSCC] 2.4 */
enum file_info {
    INFO_STANDARD = 5,
    INFO_RENAME = 10,
    INFO_DISPOSITION = 13,
    INFO_ALL = 18,
    INFO_END = 20,
    INFO_NETWORK = 34
};

static struct reader body(struct span unit)
{
    struct reader r = reader_span(unit);

    reader_seek(&r, SMB2_HEAD);
    return r;
}

/* A file of that session and share, about which nothing else is known; one reference. */
static struct smb_file *new_file(struct smb *s, const struct smb2_head *hd)
{
    struct smb_file *f = smb_file_new(s, 2);

    if (!f)
        return NULL;
    f->session = hd->session;
    f->tree = hd->tree;
    smb_file_share(f, smb_tree_find(s, hd->session, hd->tree));
    return f;
}

/* The file that a request means, and remembers it for related ones that follow. No reference. */
static struct smb_file *file_of(struct smb *s, struct smb_half *h, const struct smb2_head *hd,
                                struct reader *r)
{
    static const uint8_t same[SMB_ID] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                         0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    uint8_t id[SMB_ID];
    struct smb_file *f;

    reader_copy(r, id, SMB_ID);
    if (!reader_ok(r))
        return NULL;
    if (hd->related && !memcmp(id, same, SMB_ID))
        return h->chain.file;
    f = smb_file_find(s, hd->session, id);
    if (f) {
        smb_file_ref(f);
    } else {
        f = new_file(s, hd);
        if (!f)
            return NULL;
        smb_file_list(s, f, hd->session, id);
    }
    smb_file_unref(s, h->chain.file);
    h->chain.file = f;
    return f;
}

/* ---- create and close ---- */

void smb2_create_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb2_request(s, h, hd, true);
    struct reader r = body(unit);
    struct jw j;

    smb_file_unref(s, h->chain.file);
    h->chain.file = new_file(s, hd);
    if (!q || !h->chain.file)
        return;
    struct smb_file *f = q->file = smb_file_ref(h->chain.file);
    f->known = true;
    reader_skip(&r, 36);
    uint32_t disposition = reader_le32(&r), options = reader_le32(&r);
    size_t at = reader_le16(&r), n = reader_le16(&r);
    if (!reader_ok(&r))
        return;
    smb_name_utf16(span_part(unit, at, n), &f->name);
    f->directory = options & OPTION_DIRECTORY;
    smb_facts(&j, &q->facts);
    jw_kstr(&j, f->directory ? "directory" : "filename",
            f->name.n ? writer_span(&f->name) : span_str("<share_root>"));
    jw_kcstr(&j, "disposition", smb_code_disposition(disposition));
    jw_kcstr(&j, "access", options & OPTION_DELETE ? "delete on close" : "normal");
    smb_request_charge(s, q);
}

void smb2_create_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    static const char *const times[] = {"created", "accessed", "modified", "changed"};
    struct smb_request *q = smb_request_find(s, 2, SMB2_CREATE, hd->id);
    struct reader r = body(unit);
    uint64_t at[GH_COUNT(times)];
    uint8_t id[SMB_ID];
    struct jw j;

    if (!q || !q->file || hd->status != SMB_SUCCESS) {
        smb2_answered(s, hd, q);
        return;
    }
    reader_skip(&r, 8);
    for (size_t i = 0; i < GH_COUNT(times); i++)
        at[i] = reader_le64(&r);
    reader_skip(&r, 8);
    uint64_t size = reader_le64(&r);
    reader_skip(&r, 8);
    reader_copy(&r, id, SMB_ID);
    if (reader_ok(&r)) {
        q->file->have_size = true;
        q->file->size = size;
        smb_request_file(s, q, smb_file_list(s, q->file, q->session, id));
        smb_facts(&j, &q->facts);
        for (size_t i = 0; i < GH_COUNT(times); i++)
            jw_ku64(&j, times[i], smb_code_unix_time(at[i]));
        jw_ku64(&j, "size", size);
        smb_event_fuid(&j, q->file);
        smb_request_charge(s, q);
    }
    smb2_answered(s, hd, q);
}

void smb2_close_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct reader r = body(unit);

    reader_skip(&r, 8);
    struct smb_file *f = file_of(s, h, hd, &r);
    if (!f)
        return;
    struct smb_request *q = smb2_request(s, h, hd, false);
    if (q)
        q->file = smb_file_ref(f);
    smb_file_closing(s, f, smb_request_waits(s, 2, SMB2_CREATE));
}

void smb2_close_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb_request_find(s, 2, SMB2_CLOSE, hd->id);
    struct reader r = body(unit);

    if (!q)
        return;
    reader_skip(&r, 2);
    uint16_t flags = reader_le16(&r);
    reader_skip(&r, 44);
    uint64_t size = reader_le64(&r);
    if (hd->status == SMB_SUCCESS && reader_ok(&r) && (flags & CLOSE_ATTRIBUTES) && !q->file->have_size) {
        q->file->have_size = true;
        q->file->size = size;
    }
    smb_file_close(s, q->file, true);
    smb2_answered(s, hd, q);
}

/* ---- read and write ---- */

void smb2_read_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct reader r = body(unit);

    reader_skip(&r, 4);
    uint32_t length = reader_le32(&r);
    uint64_t offset = reader_le64(&r);
    struct smb_file *f = file_of(s, h, hd, &r);
    struct smb_request *q = f ? smb2_request(s, h, hd, false) : NULL;
    if (!q)
        return;
    q->file = smb_file_ref(f);
    q->offset = offset;
    q->length = length;
}

void smb2_read_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb_request_find(s, 2, SMB2_READ, hd->id);
    struct reader r = body(unit);

    if (!q) {
        if (hd->status == SMB_SUCCESS)
            proto_anomaly(s->cx, h->dir, "smb.answer_without_request");
        return;
    }
    reader_skip(&r, 2);
    uint32_t data = reader_u8(&r);
    reader_skip(&r, 1);
    uint32_t length = reader_le32(&r);
    if (hd->status == SMB_SUCCESS || hd->status == SMB_BUFFER_OVERFLOW) {
        if (reader_ok(&r))
            smb_data(s, h, q->file, SMB_READ, q->offset, data, length);
        else if (unit.n == h->unit) /* otherwise a hole is why */
            proto_anomaly(s->cx, h->dir, "smb.malformed_data");
        q->file->end_seen |= reader_ok(&r) && length < q->length && hd->status == SMB_SUCCESS;
    } else if (hd->status == SMB_END_OF_FILE) {
        q->file->end_seen = true;
    }
    smb2_answered(s, hd, q);
}

void smb2_write_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct reader r = body(unit);

    reader_skip(&r, 2);
    uint32_t data = reader_le16(&r), length = reader_le32(&r);
    uint64_t offset = reader_le64(&r);
    struct smb_file *f = file_of(s, h, hd, &r);
    if (!f)
        return;
    if (offset == UINT64_MAX) /* behind whatever is there ([MS-FSA] 2.1.5.4) */
        offset = f->track[SMB_WRITTEN].open ? f->track[SMB_WRITTEN].next : f->have_size ? f->size : 0;
    smb_data(s, h, f, SMB_WRITTEN, offset, data, length);
}

/* ---- what is asked and set about a file ---- */

void smb2_query_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct reader r = body(unit);

    reader_skip(&r, 2);
    uint8_t type = reader_u8(&r), what = reader_u8(&r);
    reader_skip(&r, 20);
    struct smb_file *f = file_of(s, h, hd, &r);
    if (!f || type != INFO_FILE || (what != INFO_STANDARD && what != INFO_ALL && what != INFO_NETWORK))
        return;
    struct smb_request *q = smb2_request(s, h, hd, false);
    if (!q)
        return;
    q->file = smb_file_ref(f);
    q->what = what;
}

void smb2_query_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb_request_find(s, 2, SMB2_QUERY_INFO, hd->id);
    struct reader r = body(unit);

    if (!q)
        return;
    reader_skip(&r, 2);
    size_t at = reader_le16(&r);
    if (reader_ok(&r))
        reader_seek(&r, at);
    reader_skip(&r, q->what == INFO_STANDARD ? 8 : q->what == INFO_ALL ? 48 : 40);
    uint64_t size = reader_le64(&r);
    if (reader_ok(&r) && (hd->status == SMB_SUCCESS || hd->status == SMB_BUFFER_OVERFLOW)) {
        q->file->have_size = true;
        q->file->size = size;
    }
    smb2_answered(s, hd, q);
}

/* A new name, or that the file goes when it is closed: worth telling. */
static void tell_set(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct smb_file *f,
                     uint8_t what, struct reader *r)
{
    struct smb_request *q = smb2_request(s, h, hd, true);
    struct jw j;

    if (!q)
        return;
    q->file = smb_file_ref(f);
    smb_facts(&j, &q->facts);
    jw_kobj(&j, "set_info");
    jw_kcstr(&j, "class", "FILE_INFO");
    jw_kcstr(&j, "info_level", what == INFO_RENAME ? "SMB2_FILE_RENAME_INFO" : "SMB2_FILE_DISPOSITION_INFO");
    jw_end_obj(&j);
    if (what == INFO_RENAME) {
        reader_skip(r, 16);
        size_t n = reader_le32(r);
        smb_name_utf16(reader_take(r, n < reader_left(r) ? n : reader_left(r)), &q->name);
        jw_kobj(&j, "rename");
        jw_kstr(&j, "from", f->name.n ? writer_span(&f->name) : span_str("<unknown>"));
        jw_kstr(&j, "to", writer_span(&q->name));
        jw_end_obj(&j);
    } else {
        jw_kstr(&j, "filename", f->name.n ? writer_span(&f->name) : span_str("<unknown>"));
        jw_kcstr(&j, "access", reader_u8(r) ? "delete on close" : "normal");
    }
    smb_event_fuid(&j, f);
    smb_request_charge(s, q);
}

void smb2_set_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct reader r = body(unit);

    reader_skip(&r, 2);
    uint8_t type = reader_u8(&r), what = reader_u8(&r);
    reader_skip(&r, 4);
    size_t at = reader_le16(&r);
    reader_skip(&r, 6);
    struct smb_file *f = file_of(s, h, hd, &r);
    if (!f || type != INFO_FILE)
        return;
    reader_seek(&r, at);
    if (what == INFO_RENAME || what == INFO_DISPOSITION) {
        tell_set(s, h, hd, f, what, &r);
    } else if (what == INFO_END) {
        f->planned = reader_le64(&r);
        f->have_planned = reader_ok(&r);
    }
}

void smb2_set_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    smb2_answered(s, hd, smb_request_find(s, 2, SMB2_SET_INFO, hd->id));
}
