/* SPDX-License-Identifier: GPL-3.0-or-later
 * SMB 2 and 3: negotiation, sessions and shares ([MS-SMB2] 2.2.3 to 2.2.12). */
#include "sensor/decode/smb_auth.h"
#include "sensor/decode/smb_code.h"
#include "sensor/decode/smb_event.h"
#include "sensor/decode/smb_name.h"
#include "sensor/decode/smb_v2.h"

#define DIALECTS_MAX 16
#define SHARE_PIPE 2

static struct reader body(struct span unit)
{
    struct reader r = reader_span(unit);

    reader_seek(&r, SMB2_HEAD);
    return r;
}

/* The 16 bytes of a GUID as people write them. */
static void put_guid(struct jw *j, const char *key, struct span guid)
{
    struct smb_file as_id = {.version = 2};
    struct reader r = reader_span(guid);

    reader_copy(&r, as_id.id, SMB_ID);
    smb_event_guid(j, key, as_id.id);
}

void smb2_negotiate_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb2_request(s, h, hd, true);
    struct reader r = body(unit);
    char text[8];
    struct jw j;

    if (!q)
        return;
    reader_skip(&r, 2);
    unsigned n = reader_le16(&r);
    reader_skip(&r, 8);
    struct span guid = reader_take(&r, 16);
    reader_skip(&r, 8);
    smb_facts(&j, &q->facts);
    jw_karr(&j, "client_dialects");
    for (unsigned i = 0; i < n && i < DIALECTS_MAX && reader_left(&r) >= 2; i++)
        jw_plain(&j, span_str(smb_code_dialect(reader_le16(&r), text)));
    jw_end_karr(&j, "client_dialects");
    put_guid(&j, "client_guid", guid);
    smb_request_charge(s, q);
}

void smb2_negotiate_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb_request_find(s, 2, SMB2_NEGOTIATE, hd->id);
    struct reader r = body(unit);
    struct jw j;

    reader_skip(&r, 4);
    uint16_t dialect = reader_le16(&r);
    reader_skip(&r, 2);
    struct span guid = reader_take(&r, 16);
    reader_skip(&r, 8);
    uint32_t max_read = reader_le32(&r), max_write = reader_le32(&r);
    if (hd->status == SMB_SUCCESS && reader_ok(&r)) {
        s->dialect = dialect;
        if (!q) /* the question was asked in SMB 1 */
            q = smb_request_find(s, 1, SMB1_NEGOTIATE, s->negotiate1);
        if (q) {
            smb_facts(&j, &q->facts);
            put_guid(&j, "server_guid", guid);
            jw_ku64(&j, "max_read_size", max_read);
            jw_ku64(&j, "max_write_size", max_write);
            smb_request_charge(s, q);
        }
    }
    smb2_answered(s, hd, q);
}

void smb2_session_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb2_request(s, h, hd, true);
    struct reader r = body(unit);
    struct jw j;

    if (!q)
        return;
    reader_skip(&r, 12);
    size_t at = reader_le16(&r), n = reader_le16(&r);
    if (!reader_ok(&r))
        return;
    smb_facts(&j, &q->facts);
    smb_auth_members(span_part(unit, at, n), &j);
    smb_request_charge(s, q);
}

void smb2_session_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb_request_find(s, 2, SMB2_SESSION_SETUP, hd->id);

    if (q)
        q->session = hd->session;
    smb2_answered(s, hd, q);
}

void smb2_tree_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb2_request(s, h, hd, true);
    struct reader r = body(unit);

    if (!q)
        return;
    reader_skip(&r, 4);
    size_t at = reader_le16(&r), n = reader_le16(&r);
    if (reader_ok(&r))
        smb_name_utf16(span_part(unit, at, n), &q->name);
    smb_request_charge(s, q);
}

void smb2_tree_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    static const char *const types[] = {"UNKNOWN", "FILE", "PIPE", "PRINT"};
    struct smb_request *q = smb_request_find(s, 2, SMB2_TREE_CONNECT, hd->id);
    struct reader r = body(unit);
    struct jw j;

    reader_skip(&r, 2);
    uint8_t type = reader_u8(&r);
    if (!q)
        return;
    bool pipe = reader_ok(&r) && type == SHARE_PIPE;
    smb_facts(&j, &q->facts);
    jw_kstr(&j, pipe ? "named_pipe" : "share", writer_span(&q->name));
    jw_kcstr(&j, "share_type", types[type < GH_COUNT(types) ? type : 0]);
    smb_request_charge(s, q);
    if (hd->status == SMB_SUCCESS) {
        if (!hd->async)
            q->tree = hd->tree;
        smb_tree_add(s, q->session, q->tree, writer_span(&q->name), pipe);
    }
    smb2_answered(s, hd, q);
}

void smb2_plain_request(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    smb2_request(s, h, hd, true);
}

void smb2_plain_answer(struct smb *s, struct smb_half *h, const struct smb2_head *hd, struct span unit)
{
    struct smb_request *q = smb_request_find(s, 2, hd->command, hd->id);

    if (q && hd->command == SMB2_TREE_DISCONNECT && hd->status == SMB_SUCCESS)
        smb_tree_remove(s, q->session, q->tree);
    smb2_answered(s, hd, q);
}
